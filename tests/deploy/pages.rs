//! The pages for administrators: what they tell to type can be typed.

use std::process::{Command, Stdio};

use crate::project::{path, text};

const PAGES: [&str; 4] = ["docs/deploy.md", "docs/azure.md", "docs/release.md", "helm/postern/README.md"];
/// What stands in a block: a shell's words, a configuration of Postern, or values of the chart.
const LANGUAGES: [&str; 3] = ["sh", "toml", "yaml"];

/// `(language, text)` of each block of a page.
fn blocks(page: &str) -> Vec<(String, String)> {
    let text = text(page);
    let parts: Vec<&str> = text.split("```").collect();
    let inside = parts.iter().skip(1).step_by(2).filter_map(|part| part.split_once('\n'));
    inside.map(|(language, text)| (language.to_owned(), text.to_owned())).collect()
}

#[test]
fn every_block_says_what_it_is_and_the_shell_reads_it() {
    for page in PAGES {
        let blocks = blocks(page);
        assert!(!blocks.is_empty(), "{page}");
        for (language, block) in blocks {
            assert!(LANGUAGES.contains(&language.as_str()), "{page}: `{language}`\n{block}");
            if language == "sh" {
                let read = Command::new("sh").args(["-n", "-c", &block]).output().unwrap();
                assert!(read.status.success(), "{page}\n{block}\n{}", String::from_utf8_lossy(&read.stderr));
            }
        }
    }
}

/// That its options exist and go together; what it would find depends on the machine.
#[test]
fn every_command_of_postern_is_understood() {
    let folder = tempfile::tempdir().unwrap();
    let commands = PAGES.into_iter().flat_map(blocks).filter(|(language, _)| language == "sh");
    let lines: Vec<String> =
        commands.flat_map(|(_, block)| block.lines().map(str::to_owned).collect::<Vec<_>>()).collect();
    let ours: Vec<&String> = lines.iter().filter(|line| line.starts_with("postern ")).collect();
    assert!(ours.len() > 3);
    for line in ours {
        let words = line.split_whitespace().skip(1).take_while(|word| !["#", ">", "|"].contains(word));
        let mut command = Command::new(env!("CARGO_BIN_EXE_postern"));
        let said = command.args(words).current_dir(&folder).stdin(Stdio::null()).output().unwrap();
        let said = String::from_utf8_lossy(&said.stderr).into_owned();
        assert!(!said.contains("Usage:"), "{line}\n{said}");
    }
}

#[test]
fn every_file_that_a_page_names_is_there() {
    for page in PAGES {
        let folder = path(page).parent().unwrap().to_owned();
        let text = text(page);
        for link in text.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(link, _)| link) {
            let file = link.split('#').next().unwrap();
            assert!(link.starts_with("https://") || file.is_empty() || folder.join(file).exists(), "{page}: {link}");
        }
        let words = text.split([' ', '\n', '`', '(', ')', '"', '=']);
        for word in words.filter(|word| word.starts_with("deploy/") || word.starts_with("helm/")) {
            assert!(path(word.trim_end_matches(['.', ',', ';'])).exists(), "{page}: {word}");
        }
    }
}
