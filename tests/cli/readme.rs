//! What the README shows is what a reader gets: its commands are run, its alert is made.

use std::path::Path;
use std::process::Command;

use postern::alert::Alert;
use postern::cli::card::card;

fn readme() -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap()
}

/// Runs the commands of a page's `console` blocks one after the other in an empty folder, and compares what they show.
pub(crate) fn commands_show_what_is_said(page: &str, commands_min: usize) {
    let folder = tempfile::tempdir().unwrap();
    commands_show_what_is_said_in(folder.path(), page, commands_min);
}

/// The same in a folder that holds what the page tells to write. A command that hangs is ended after two minutes.
pub(crate) fn commands_show_what_is_said_in(folder: &Path, page: &str, commands_min: usize) {
    let binary = Path::new(env!("CARGO_BIN_EXE_postern"));
    let path = format!("{}:{}", binary.parent().unwrap().display(), std::env::var("PATH").unwrap());
    let commands = console(page);
    assert!(commands.len() >= commands_min);
    for (command, shown) in commands {
        let run = Command::new("timeout")
            .args(["120", "sh", "-c", &command])
            .current_dir(folder)
            .env("PATH", &path)
            .output()
            .unwrap();
        assert!(run.status.success(), "{command}\n{}", String::from_utf8_lossy(&run.stderr));
        let output = String::from_utf8(run.stdout).unwrap();
        let shown = shown.iter().take_while(|line| *line != "...");
        shown.zip(output.lines()).for_each(|(shown, line)| assert_eq!(shown, line, "{command}"));
    }
}

/// The commands of the `console` blocks, each with the output that is shown below it; `...` stands for more of it.
fn console(page: &str) -> Vec<(String, Vec<String>)> {
    let mut commands: Vec<(String, Vec<String>)> = Vec::new();
    for block in page.split("```console\n").skip(1) {
        for line in block.lines().take_while(|line| *line != "```") {
            match line.strip_prefix("$ ") {
                Some(command) => commands.push((command.to_owned(), Vec::new())),
                None => commands.last_mut().unwrap().1.push(line.to_owned()),
            }
        }
    }
    commands
}

#[test]
fn the_commands_of_the_readme_show_what_it_says() {
    commands_show_what_is_said(&readme(), 3);
}

#[test]
fn the_alert_of_the_pages_is_the_one_that_the_example_gives() {
    let folder = tempfile::tempdir().unwrap();
    let [mail, alerts] = ["mail.ndjson", "alerts.ndjson"].map(|name| folder.path().join(name));
    let simulate = ["simulate", "--records", "2000", "--domain", "contoso.com", "--out", mail.to_str().unwrap()];
    assert_eq!(crate::postern::postern(simulate).code, Some(0));
    let scan = [mail.to_str().unwrap(), "--domain", "contoso.com", "--alerts", alerts.to_str().unwrap()];
    assert_eq!(crate::postern::postern(["scan"].into_iter().chain(scan)).code, Some(0));
    let lines = std::fs::read_to_string(alerts).unwrap();
    let alert: Alert = serde_json::from_str(lines.lines().last().unwrap()).unwrap();

    let incident = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/incident.md");
    for page in [readme(), std::fs::read_to_string(incident).unwrap()] {
        let shown =
            page.split_once("<!-- alert -->\n```text\n").and_then(|(_, rest)| rest.split_once("```")).unwrap().0;
        assert_eq!(shown.trim_end(), card(&alert, 80, false).trim_end());
    }
}
