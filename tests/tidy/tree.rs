//! The files of the project, and how a check reports.

use std::fs;
use std::path::Path;

/// Built, fetched or private: never part of the project. (In a git worktree `.git` is a file.)
const SKIPPED: [&str; 5] = ["target", ".git", "node_modules", ".idea", ".vscode"];

/// One file, by its path from the root of the project.
pub(crate) struct File {
    pub(crate) path: String,
    pub(crate) bytes: Vec<u8>,
}

/// A line of code, counted from one, as editors do.
pub(crate) struct Line<'a> {
    pub(crate) number: usize,
    pub(crate) text: &'a str,
}

/// Every file, in order of path.
pub(crate) fn files() -> Vec<File> {
    let mut found = Vec::new();
    collect(Path::new(env!("CARGO_MANIFEST_DIR")), "", &mut found);
    found.sort_by(|a, b| a.path.cmp(&b.path));
    assert!(found.iter().any(|file| file.path == "Cargo.toml"), "the tree was not found");
    found
}

/// The Rust files below a folder; an empty name means all.
pub(crate) fn rust_files(folder: &str) -> impl Iterator<Item = File> {
    files().into_iter().filter(move |file| file.path.starts_with(folder) && file.path.ends_with(".rs"))
}

/// The text of one file; none if there is no such file yet.
pub(crate) fn text_of(path: &str) -> Option<String> {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).ok()
}

/// Fails with one line for each problem.
pub(crate) fn report(problems: impl IntoIterator<Item = String>) {
    let problems: Vec<String> = problems.into_iter().collect();
    assert!(problems.is_empty(), "\n\n{}\n", problems.join("\n"));
}

fn collect(folder: &Path, prefix: &str, found: &mut Vec<File>) {
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let name = entry.file_name().into_string().unwrap_or_else(|name| panic!("{name:?}: name files in UTF-8"));
        let path = format!("{prefix}{name}");
        let kind = entry.file_type().unwrap();
        if SKIPPED.contains(&name.as_str()) {
            continue;
        }
        if kind.is_dir() {
            collect(&entry.path(), &format!("{path}/"), found);
        } else if kind.is_file() {
            found.push(File { path, bytes: fs::read(entry.path()).unwrap() });
        }
    }
}

// === impl File ===

impl File {
    /// The whole text; empty for what is not text.
    pub(crate) fn text(&self) -> &str {
        str::from_utf8(&self.bytes).unwrap_or_default()
    }

    /// The text up to the tests of the file, which stand last.
    pub(crate) fn text_without_tests(&self) -> &str {
        let text = self.text();
        let tests = text.find("\n#[cfg(test)]\nmod tests {");
        tests.map_or(text, |start| &text[..=start])
    }

    /// The lines before the tests, but for comments.
    pub(crate) fn code_lines(&self) -> impl Iterator<Item = Line<'_>> {
        numbered(self.text_without_tests()).filter(|line| !line.text.trim_start().starts_with("//"))
    }

    /// A problem for each line of code that breaks a rule.
    pub(crate) fn code_that(&self, breaks: impl Fn(&str) -> bool, advice: &str) -> Vec<String> {
        self.problems(self.code_lines(), breaks, advice)
    }

    /// A problem for each line at all, comments and tests included, that breaks a rule.
    pub(crate) fn lines_that(&self, breaks: impl Fn(&str) -> bool, advice: &str) -> Vec<String> {
        self.problems(numbered(self.text()), breaks, advice)
    }

    fn problems<'a>(
        &self,
        lines: impl Iterator<Item = Line<'a>>,
        breaks: impl Fn(&str) -> bool,
        advice: &str,
    ) -> Vec<String> {
        let broken = lines.filter(|line| breaks(line.text));
        broken.map(|line| format!("{}:{}: {advice}: {}", self.path, line.number, line.text.trim())).collect()
    }
}

fn numbered(text: &str) -> impl Iterator<Item = Line<'_>> {
    text.lines().zip(1..).map(|(text, number)| Line { number, text })
}
