//! Golden cases of decoders: a folder each, with an input, what is expected of it, and the reason in the world.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, wherever it is written")]

use std::fs;
use std::path::{Path, PathBuf};

/// The cases in one folder of `corpora`.
pub(crate) fn cases(form: &str) -> Vec<PathBuf> {
    files(&root().join("corpora").join(form))
}

/// The case of this name.
pub(crate) fn case(form: &str, name: &str) -> PathBuf {
    root().join("corpora").join(form).join(name)
}

/// The bytes of a case's input.
pub(crate) fn input(case: &Path) -> Vec<u8> {
    let is_input = |file: &PathBuf| file.file_stem().is_some_and(|stem| stem == "input");
    fs::read(files(case).into_iter().find(is_input).unwrap()).unwrap()
}

/// What is expected of a case.
pub(crate) fn expected(case: &Path) -> String {
    fs::read_to_string(case.join("expected.txt")).unwrap()
}

/// Holds what came out against what is expected; `UPDATE_GOLDEN=1` makes it what is expected.
pub(crate) fn check(case: &Path, rendered: &str) {
    assert!(!fs::read_to_string(case.join("WHY.md")).unwrap().is_empty(), "{case:?} says why");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(case.join("expected.txt"), rendered).unwrap();
    }
    assert_eq!(rendered, expected(case), "{case:?}");
}

/// The inputs that fuzzing has found for a decoder.
pub(crate) fn fuzzed(decoder: &str) -> Vec<Vec<u8>> {
    let corpus = files(&root().join("fuzz/corpus").join(decoder));
    assert!(!corpus.is_empty());
    corpus.into_iter().map(|file| fs::read(file).unwrap()).collect()
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}
