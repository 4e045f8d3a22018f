//! The quick start, as a newcomer follows it: its files are written, its commands run, its output compared.
//!
//! The page says fixed ports, because a page must; the test puts free ones in their place, so that it can run beside
//! others. What the page starts in the background it ends by itself; where a command before that fails, the guard does.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::readme::commands_show_what_is_said_in;
use crate::support::opensearch::OpenSearch;
use crate::support::ports;

/// Every port that the page names, and the address of the SIEM.
const PORTS: [&str; 2] = ["127.0.0.1:8088", "127.0.0.1:9464"];
const SIEM: &str = "http://127.0.0.1:9200";

/// A folder of one's own, in which no service outlives the test.
struct Desk(tempfile::TempDir);

impl Desk {
    fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        if let Ok(process) = fs::read_to_string(self.path().join("postern.pid")) {
            // It has ended already where all went well.
            let _ = Command::new("kill").args(["-9", process.trim()]).output();
        }
    }
}

/// The page with ports that are free, and this SIEM.
fn page(siem: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/quick-start.md");
    let page = fs::read_to_string(path).unwrap().replace(SIEM, siem);
    let listen = format!("listen = \"{}\"", PORTS[0]);
    // The page keeps the default for metrics, which other tests may hold.
    let page = page.replace(&listen, &format!("{listen}\n[metrics]\nlisten = \"{}\"", PORTS[1]));
    PORTS.into_iter().fold(page, |page, address| page.replace(address, &format!("127.0.0.1:{}", ports::free())))
}

/// The configurations of the page, in its order.
fn configurations(page: &str) -> Vec<&str> {
    page.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect()
}

#[test]
fn the_first_alert_comes_in_three_steps() {
    let page = page(SIEM);
    let (steps, _) = page.split_once("<!-- opensearch -->").unwrap();
    let desk = Desk(tempfile::tempdir().unwrap());
    fs::write(desk.path().join("postern.toml"), configurations(steps)[0]).unwrap();
    commands_show_what_is_said_in(desk.path(), steps, 10);
}

#[test]
fn the_first_alert_is_found_in_a_siem() {
    let Some(opensearch) = OpenSearch::shared() else { return };
    let page = page(&opensearch.url());
    let (_, steps) = page.split_once("<!-- opensearch -->").unwrap();
    let desk = Desk(tempfile::tempdir().unwrap());
    fs::write(desk.path().join("siem.toml"), configurations(&page)[1]).unwrap();
    commands_show_what_is_said_in(desk.path(), steps, 6);
}
