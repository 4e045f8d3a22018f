//! Golden cases: a folder each, with a record, every rendering of it, and the reason in the world.

use std::fs;

use postern::alert::render::{cef, ecs, leef, ocsf, sentinel};

use crate::cases::{cases, parsed, record};

/// As where nothing else bounds a line.
const LINE_BYTES_MAX: usize = 64 << 10;

#[test]
fn every_case_is_rendered_as_expected() {
    for case in cases() {
        assert!(!fs::read_to_string(case.join("WHY.md")).unwrap().is_empty(), "{case:?} says why");
        let record = record(&case);
        let json = |line: String| format!("{:#}\n", parsed(&line));
        let renderings = [
            ("expected.ecs.json", json(ecs(&record))),
            ("expected.ocsf.json", json(ocsf(&record))),
            ("expected.sentinel.json", json(sentinel(&record))),
            ("expected.cef.txt", cef(&record, LINE_BYTES_MAX) + "\n"),
            ("expected.leef.txt", leef(&record, LINE_BYTES_MAX) + "\n"),
        ];
        for (name, rendering) in renderings {
            // A release must not change a hundred files.
            let rendering = rendering.replace(env!("CARGO_PKG_VERSION"), "<version>");
            let file = case.join(name);
            if std::env::var_os("UPDATE_GOLDEN").is_some() {
                fs::write(&file, &rendering).unwrap();
            }
            assert_eq!(rendering, fs::read_to_string(&file).unwrap(), "{}", file.display());
        }
    }
}
