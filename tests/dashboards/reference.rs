//! `docs/metrics.md`, which is written from the list in the code.

use std::fmt::Write as _;
use std::fs;

use postern::observe::FAMILIES;

use crate::names::root;

const HEAD: &str = "# Metrics\n\nEverything that `/metrics` says, on the address of `[metrics] listen`. This page is \
written from the code and held equal to it by\na test (`UPDATE_GOLDEN=1 cargo test --test dashboards reference` writes \
it anew).\n\nLabels come from closed sets: names in the configuration, and words that this code chooses. No sender, address, subject or\n\
person is ever a label. Every counter whose labels are known in advance begins at 0, so that `rate()` sees its first \
step.\n`job` and `instance` are Prometheus's own.\n\n[Dashboards](dashboards.md) and [alerts](runbook.md) stand on \
them.\n\n| metric | kind | labels | |\n|---|---|---|---|\n";

#[test]
fn the_reference_is_what_the_code_says() {
    let mut page = HEAD.to_owned();
    for family in FAMILIES {
        let labels: Vec<_> = family.labels.iter().map(|label| format!("`{label}`")).collect();
        let help = family.help.trim();
        writeln!(page, "| `{}` | {} | {} | {help} |", family.name, family.kind.as_str(), labels.join(", ")).unwrap();
    }
    let file = root().join("docs/metrics.md");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&file, &page).unwrap();
    }
    assert_eq!(fs::read_to_string(&file).unwrap_or_default(), page, "UPDATE_GOLDEN=1 writes it anew");
}
