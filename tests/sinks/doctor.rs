//! `postern doctor` and `postern test-alert` before a real receiver, in the order in which an operator uses them.

use std::fs;
use std::process::Command;

use crate::support::http;
use crate::support::opensearch::OpenSearch;

const INDEX: &str = "postern-doctor";

#[test]
fn the_doctor_finds_that_the_template_is_missing_installs_it_and_a_test_alert_arrives() {
    let Some(opensearch) = OpenSearch::shared() else { return };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("postern.toml");
    let config = format!(
        "data_dir = {:?}\n[[tenant]]\nid = \"6f0c1d7e-0000-4000-8000-000000000001\"\nname = \"contoso\"\n\
         accepted_domains = [\"contoso.com\"]\n[[source.webhook]]\nlisten = \"127.0.0.1:0\"\n\
         [[sink.elasticsearch]]\nurl = {:?}\nindex = \"{INDEX}\"\n",
        folder.path(),
        opensearch.url()
    );
    fs::write(&file, config).unwrap();
    let run = |arguments: &[&str]| {
        let done = Command::new(env!("CARGO_BIN_EXE_postern"))
            .args(arguments)
            .arg("--config")
            .arg(&file)
            .current_dir(folder.path())
            .output()
            .unwrap();
        let said = [done.stdout, done.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat();
        // Lines are wrapped for people.
        (done.status.code(), said.split_whitespace().collect::<Vec<_>>().join(" "))
    };
    let template = || http::get(opensearch.address, &format!("/_index_template/{INDEX}")).unwrap();

    let (code, said) = run(&["doctor"]);
    assert_eq!(code, Some(4), "{said}");
    assert!(said.contains("the index template is missing; `postern doctor --fix` installs it"), "{said}");
    assert_eq!(template().status, 404, "without --fix nothing is changed");

    let (code, said) = run(&["doctor", "--fix"]);
    assert_eq!(code, Some(0), "{said}");
    let installed = template().json();
    let installed = &installed["index_templates"][0]["index_template"];
    assert_eq!(installed["index_patterns"][0], format!("{INDEX}-*"), "{installed}");
    assert_eq!(run(&["doctor"]).0, Some(0));

    let (code, said) = run(&["test-alert", "--sink", "elasticsearch"]);
    assert_eq!(code, Some(0), "{said}");
    let documents = opensearch.documents(&format!("{INDEX}-*"));
    assert_eq!(documents.len(), 1);
    assert_eq!(documents[0]["_source"]["labels"]["test"], "true");
}
