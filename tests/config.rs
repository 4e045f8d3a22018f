//! The configuration, by example: `corpora/config/<case>/{input.toml, expected.txt, WHY.md}` and every sample in the
//! documentation. `UPDATE_GOLDEN=1` rewrites what is expected; the difference is then what a review has to read.

#![expect(clippy::unwrap_used, reason = "a missing file of the repository fails the test, as it should")]

use std::path::{Path, PathBuf};
use std::{env, fs};

use postern::config::{Config, ConfigError, effective};
use proptest::prelude::*;

const SECRET: &str = "whsec_bm90IGEgc2VjcmV0LCBvbmx5IGEgdGVzdA==";

fn environment(name: &str) -> Option<String> {
    match name {
        "EVENT_HUBS" | "KAFKA_PASSWORD" | "HOOK_SECRET" => Some(SECRET.to_owned()),
        "EMPTY" => Some(String::new()),
        _ => None,
    }
}

fn parse(text: &str) -> Result<Config, ConfigError> {
    Config::parse(text, &environment)
}

fn paths_below(directory: &str) -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(directory);
    let mut paths: Vec<PathBuf> = fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

/// What the text comes to: the effective configuration, which reads back as the same, or the mistakes.
fn outcome(text: &str) -> String {
    match parse(text) {
        Ok(config) => {
            let printed = effective(&config);
            assert_eq!(parse(&printed).unwrap(), config, "what is printed reads back\n{printed}");
            printed
        }
        Err(error) => format!("{error}\n"),
    }
}

#[test]
fn every_case_comes_to_what_is_expected() {
    let cases = paths_below("corpora/config");
    assert!(!cases.is_empty());
    for case in cases {
        let got = outcome(&fs::read_to_string(case.join("input.toml")).unwrap());
        assert!(!got.contains(SECRET), "{}: a secret is shown", case.display());
        assert!(case.join("WHY.md").is_file(), "{}: say why in WHY.md", case.display());
        let expected = case.join("expected.txt");
        if env::var_os("UPDATE_GOLDEN").is_some() {
            fs::write(&expected, &got).unwrap();
        }
        assert_eq!(got, fs::read_to_string(expected).unwrap(), "{}", case.display());
    }
}

#[test]
fn every_example_is_a_configuration() {
    for path in paths_below("examples").iter().filter(|path| path.extension().is_some_and(|of| of == "toml")) {
        assert_sample(&path.display().to_string(), &fs::read_to_string(path).unwrap());
    }
}

#[test]
fn every_toml_block_of_the_documentation_is_a_configuration() {
    let mut pages = paths_below("docs");
    pages.extend(paths_below("docs/sinks"));
    pages.push(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md"));
    for page in pages.iter().filter(|page| page.is_file()) {
        let text = fs::read_to_string(page).unwrap();
        for (number, block) in toml_blocks(&text).enumerate() {
            assert_sample(&format!("{}, block {}", page.display(), number + 1), block);
        }
    }
}

fn toml_blocks(page: &str) -> impl Iterator<Item = &str> {
    page.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next())
}

fn assert_sample(name: &str, text: &str) {
    let any_variable_is_set = |_: &str| Some(SECRET.to_owned());
    if let Err(error) = Config::parse(text, &any_variable_is_set) {
        panic!("{name}:\n{error}");
    }
}

/// A case of the corpus with one stretch replaced: nearly right is where a parser is surprised.
fn nearly_right() -> impl Strategy<Value = String> {
    let texts: Vec<String> =
        paths_below("corpora/config").iter().map(|case| fs::read_to_string(case.join("input.toml")).unwrap()).collect();
    (prop::sample::select(texts), any::<prop::sample::Index>(), 0..20_usize, ".{0,8}").prop_map(
        |(text, at, cut, put)| {
            let mut chars: Vec<char> = text.chars().collect();
            let start = at.index(chars.len());
            let end = (start + cut).min(chars.len());
            chars.splice(start..end, put.chars());
            chars.into_iter().collect()
        },
    )
}

proptest! {
    #[test]
    fn arbitrary_text_is_a_configuration_or_a_list_of_mistakes(text in any::<String>()) {
        prop_assert!(parse(&text).is_err_and(|error| !error.mistakes.is_empty()));
    }

    #[test]
    fn nearly_right_text_is_a_configuration_that_reads_back_or_a_list_of_mistakes(text in nearly_right()) {
        prop_assert!(!outcome(&text).trim().is_empty());
    }
}
