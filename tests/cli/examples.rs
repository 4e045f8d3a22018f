//! Every command shows an example in its help, and every example is one that the command takes.

use std::process::Stdio;

use crate::postern::{command, postern};

const COMMANDS: [&str; 13] = [
    "run",
    "demo",
    "scan",
    "explain",
    "report",
    "simulate",
    "evaluate",
    "rules",
    "status",
    "dead-letters",
    "test-alert",
    "doctor",
    "config",
];

/// The examples of a command's help: each is a line that begins with the name of the program.
fn examples(name: &str) -> Vec<String> {
    let run = postern([name, "--help"]);
    assert_eq!(run.code, Some(0));
    let lines = run.stdout.lines().map(str::trim).filter(|line| line.starts_with("postern "));
    lines.map(str::to_owned).collect()
}

#[test]
fn every_command_is_listed_and_shows_an_example_of_itself() {
    let help = postern(["--help"]).stdout;
    for name in COMMANDS {
        assert!(help.contains(&format!("  {name} ")), "{help}");
        let examples = examples(name);
        assert!(!examples.is_empty() && examples.iter().all(|it| it.starts_with(&format!("postern {name}"))), "{name}");
    }
}

/// Whether it would work depends on files and servers; that its options exist and go together does not. The demo needs
/// nothing, so its example would run until somebody ends it.
#[test]
fn every_example_is_understood() {
    let folder = tempfile::tempdir().unwrap();
    for example in COMMANDS.iter().filter(|name| **name != "demo").flat_map(|name| examples(name)) {
        // What a release build does in seconds would take a test minutes.
        let example = example.replace("--records 1000000", "--records 10").replace("--days 14", "--records 10");
        let words = example.split_whitespace().skip(1).take_while(|word| *word != "<");
        let output = command().args(words).current_dir(&folder).stdin(Stdio::null()).output().unwrap();
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(!told.contains("Usage:"), "{example}\n{told}");
    }
}
