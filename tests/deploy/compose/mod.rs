//! The demonstration: what its file says, and every configuration in it by the program that reads it.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Map, Value};

use crate::project::{config_check, path, read, text};
use crate::support::components::{self, found_or_say_so};

mod loader;

const FOLDER: &str = "deploy/compose";
/// Its start script writes into the image.
const NOT_READ_ONLY: &str = "apache/kafka:";

fn file() -> Option<Value> {
    read("yaml", [&format!("{FOLDER}/compose.yaml")]).map(|[file]| file)
}

fn services(file: &Value) -> &Map<String, Value> {
    file["services"].as_object().unwrap()
}

fn texts(list: &Value) -> impl Iterator<Item = &str> {
    list.as_array().into_iter().flatten().map(|item| item.as_str().unwrap())
}

#[test]
fn every_image_has_a_version() {
    let Some(file) = file() else { return };
    for (name, service) in services(&file) {
        let (_, tag) = service["image"].as_str().unwrap().rsplit_once(':').unwrap_or_else(|| panic!("{name}"));
        let version = tag.trim_start_matches('v').split('.').collect::<Vec<_>>();
        assert!(version.len() == 3 && version.iter().all(|part| part.parse::<u32>().is_ok()), "{name}: {tag}");
    }
}

#[test]
fn every_service_has_no_more_rights_than_it_needs() {
    let Some(file) = file() else { return };
    for (name, service) in services(&file) {
        assert_eq!(texts(&service["cap_drop"]).collect::<Vec<_>>(), ["ALL"], "{name}");
        assert_eq!(texts(&service["security_opt"]).collect::<Vec<_>>(), ["no-new-privileges:true"], "{name}");
        let user = service["user"].as_str().and_then(|user| user.split(':').next()).unwrap();
        assert!(user.parse::<u32>().is_ok_and(|user| user != 0), "{name}: {user}");
        let is_kafka = service["image"].as_str().unwrap().starts_with(NOT_READ_ONLY);
        assert_eq!(service["read_only"] == true, !is_kafka, "{name}");
        assert!(service["privileged"].is_null() && service["cap_add"].is_null(), "{name}");
        assert!(texts(&service["ports"]).all(|port| port.starts_with("127.0.0.1:")), "{name}: only this machine");
    }
}

#[test]
fn what_it_refers_to_is_there() {
    let Some(file) = file() else { return };
    let names: Vec<&String> = services(&file).keys().collect();
    for (name, service) in services(&file) {
        let needed = service["depends_on"].as_object().into_iter().flat_map(Map::keys);
        assert!(needed.clone().all(|other| names.contains(&other)), "{name}");
        for volume in texts(&service["volumes"]) {
            let from = volume.split(':').next().unwrap();
            let is_there = match from.starts_with('.') {
                true => path(FOLDER).join(from).exists(),
                false => file["volumes"].as_object().unwrap().contains_key(from),
            };
            assert!(is_there, "{name}: {from}");
        }
        if let Some(build) = service["build"].as_object() {
            let context = path(FOLDER).join(build["context"].as_str().unwrap());
            assert!(context.join(build["dockerfile"].as_str().unwrap()).is_file(), "{name}");
        }
        if let Some(shared) = service["network_mode"].as_str() {
            assert!(names.iter().any(|other| shared == format!("service:{other}")), "{name}: {shared}");
        }
    }
}

/// The tenant that is simulated has to be the one that is watched, on the topic that is read.
#[test]
fn what_is_simulated_is_what_is_watched() {
    let Some(file) = file() else { return };
    let command: Vec<&str> = texts(&services(&file)["simulate"]["command"]).collect();
    let options: BTreeMap<&str, &str> = command.iter().filter_map(|word| word.split_once('=')).collect();
    let config: toml::Table = text(&format!("{FOLDER}/postern.toml")).parse().unwrap();
    let source = &config["source"]["kafka"][0];
    assert_eq!(source["topics"][0].as_str(), options.get("--topic").copied());
    assert_eq!(source["bootstrap"].as_str(), options.get("--bootstrap").copied());
    let topic = format!("--topic={}", options["--topic"]);
    assert!(texts(&services(&file)["topic"]["command"]).any(|word| word == topic));

    let folder = tempfile::tempdir().unwrap();
    // What goes to a file cannot go to Kafka, and not a hundred a second; the rest is word for word.
    let elsewhere = ["--bootstrap", "--topic", "--rate", "--records"];
    let words = command.iter().filter(|word| !elsewhere.iter().any(|option| word.starts_with(option)));
    postern(folder.path(), words.copied().chain(["--records=1000", "--out=mail.ndjson"]));
    let config = path(FOLDER).join("postern.toml");
    let scan = ["scan", "mail.ndjson", "--alerts=alerts.ndjson", "--config", config.to_str().unwrap()];
    postern(folder.path(), scan.into_iter());
    let alerts = fs::read_to_string(folder.path().join("alerts.ndjson")).unwrap();
    assert!(alerts.lines().count() > 0, "an attack is simulated and nobody is told");
}

fn postern<'w>(folder: &Path, words: impl Iterator<Item = &'w str>) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_postern"));
    let Output { status, stderr, .. } = command.args(words).current_dir(folder).output().unwrap();
    assert!(status.success(), "{command:?}: {}", String::from_utf8_lossy(&stderr));
}

#[test]
fn every_program_takes_its_configuration() {
    let checked = config_check(&text(&format!("{FOLDER}/postern.toml")));
    assert_eq!(checked.as_deref(), Ok("ok: 1 tenant, 1 source, 3 sinks\n"));

    // The rules where they are here.
    let rules = path("deploy/prometheus").display().to_string();
    let prometheus = text(&format!("{FOLDER}/prometheus.yml")).replace("/etc/prometheus/rules", &rules);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("prometheus.yml");
    fs::write(&file, prometheus).unwrap();
    for (program, package, arguments, file) in [
        ("promtool", "prometheus", ["check", "config"].as_slice(), file),
        ("amtool", "prometheus-alertmanager", &["check-config"], path(FOLDER).join("alertmanager.yml")),
    ] {
        let Some(place) = found_or_say_so(program, components::program(program, package)) else { continue };
        let Output { status, stdout, stderr } = Command::new(place).args(arguments).arg(&file).output().unwrap();
        assert!(status.success(), "{program}: {}", String::from_utf8_lossy(&[stdout, stderr].concat()));
    }
}

#[test]
fn grafana_finds_prometheus_and_the_dashboards() {
    let Some(file) = file() else { return };
    let folder = format!("{FOLDER}/grafana/provisioning");
    let names = [format!("{folder}/datasources/prometheus.yaml"), format!("{folder}/dashboards/postern.yaml")];
    let [sources, dashboards] = read("yaml", [&names[0], &names[1]]).unwrap();
    assert_eq!(sources["datasources"][0]["url"], "http://prometheus:9090");
    assert!(services(&file).contains_key("prometheus"));
    let place = dashboards["providers"][0]["options"]["path"].as_str().unwrap();
    let mounted = format!("../grafana/dashboards:{place}:ro");
    assert!(texts(&services(&file)["grafana"]["volumes"]).any(|volume| volume == mounted));
}
