//! `postern simulate`: to a webhook and to a topic, tenants of every kind with their configuration, and its page.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::time::Duration;

use postern::simulate::Family;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::mocking::MockCluster;
use rdkafka::{ClientConfig, Message};
use serde_json::Value;

use crate::postern::{postern, text};
use crate::readme::commands_show_what_is_said;

/// A receiver that takes so many requests and returns their authorisations and bodies.
fn receive(listener: &TcpListener, requests: usize) -> Vec<(String, Value)> {
    let mut received = Vec::new();
    while received.len() < requests {
        let (stream, _) = listener.accept().unwrap();
        let mut reader = BufReader::new(stream);
        while received.len() < requests
            && let Some(request) = request(&mut reader)
        {
            reader.get_mut().write_all(b"HTTP/1.1 204 No Content\r\n\r\n").unwrap();
            received.push(request);
        }
    }
    received
}

fn request(reader: &mut BufReader<TcpStream>) -> Option<(String, Value)> {
    let (mut authorization, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap() == 0 {
            return None;
        }
        match line.trim().split_once(": ") {
            Some((name, value)) if name.eq_ignore_ascii_case("authorization") => authorization = value.to_owned(),
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => length = value.parse().unwrap(),
            None if line.trim().is_empty() => break,
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    Some((authorization, serde_json::from_slice(&body).unwrap()))
}

#[test]
fn a_webhook_gets_every_record_in_batches_with_the_token() {
    let folder = tempfile::tempdir().unwrap();
    let token = folder.path().join("token");
    std::fs::write(&token, "s3cret\n").unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let receiver = std::thread::spawn(move || receive(&listener, 3));
    let run = postern(["simulate", "--records", "50", "--batch", "20", "--url", &url, "--bearer-file", text(&token)]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let received = receiver.join().unwrap();
    assert!(received.iter().all(|(authorization, _)| authorization == "Bearer s3cret"));
    let sizes: Vec<_> = received.iter().map(|(_, body)| body["records"].as_array().unwrap().len()).collect();
    assert_eq!(sizes, [20, 20, 10]);
}

#[test]
fn an_address_where_nobody_answers_is_an_error_with_its_cause() {
    let run = postern(["simulate", "--records", "5", "--url", "http://127.0.0.1:1/"]);
    assert_eq!(run.code, Some(4));
    assert!(run.stderr.contains("no answer") && run.stderr.contains("caused by"), "{}", run.stderr);
    let run = postern(["simulate", "--records", "5", "--url", "http://hook.example/"]);
    assert_eq!(run.code, Some(2));
}

#[test]
fn a_topic_gets_every_record_and_a_tenant_stays_in_one_partition() {
    let cluster = MockCluster::new(1).unwrap();
    cluster.create_topic("mail", 3, 1).unwrap();
    let bootstrap = cluster.bootstrap_servers();
    let simulate = |topic| {
        let tenants = ["--domain", "contoso.com", "--domain", "fabrikam.com"];
        postern(["simulate", "--records", "50", "--bootstrap", &bootstrap, "--topic", topic].iter().chain(&tenants))
    };
    assert_eq!(simulate("mail").code, Some(0));
    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", &bootstrap)
        .set("group.id", "test")
        .set("auto.offset.reset", "earliest")
        .create()
        .unwrap();
    consumer.subscribe(&["mail"]).unwrap();
    let mut partitions = BTreeMap::<String, BTreeSet<i32>>::new();
    let polls = std::iter::repeat_with(|| consumer.poll(Duration::from_secs(1))).take(120);
    let mut records = 0;
    for message in polls.flatten().take(50) {
        let message = message.unwrap();
        records += 1;
        let record: Value = serde_json::from_slice(message.payload().unwrap()).unwrap();
        let key = String::from_utf8(message.key().unwrap().to_vec()).unwrap();
        assert_eq!(record["tenantId"], key.as_str());
        partitions.entry(key).or_default().insert(message.partition());
    }
    assert_eq!(records, 50);
    assert_eq!(partitions.values().map(BTreeSet::len).collect::<Vec<_>>(), [1, 1]);
}

/// The lines of a file that holds one JSON value each.
fn lines(file: &Path) -> Vec<Value> {
    std::fs::read_to_string(file).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn with_the_configuration_that_is_written_every_record_that_tells_is_judged_by_its_label() {
    let folder = tempfile::tempdir().unwrap();
    let [mail, labels, config, verdicts] =
        ["mail.jsonl", "labels.jsonl", "postern.toml", "verdicts.jsonl"].map(|name| folder.path().join(name));
    let tenants = ["contoso.com", "fabrikam.com:gateway", "northwind.example:hybrid"];
    let tenants = tenants.iter().flat_map(|tenant| ["--domain", tenant]);
    let files = ["--out", text(&mail), "--labels", text(&labels), "--write-config", text(&config)];
    let mix = ["--records", "6000", "--attacks", "300", "--look-alikes", "300"];
    let run = postern(["simulate"].into_iter().chain(tenants).chain(files).chain(mix));
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let scan = ["scan", text(&mail), "--config", text(&config), "--verdicts", text(&verdicts)];
    assert_eq!(postern(scan).code, Some(0));
    let (labels, verdicts) = (lines(&labels), lines(&verdicts));
    assert_eq!(labels.len(), verdicts.len());
    let mut families = BTreeSet::new();
    for (label, verdict) in labels.iter().zip(&verdicts) {
        // A training is told of, only with less severity.
        if label["ambiguous"] == false && label["family"] != "phishing-simulation" {
            assert_eq!(label["malicious"] == true, verdict["verdict"] == "suspicious", "{label} {verdict}");
            families.insert(label["family"].to_string());
        }
    }
    assert!(families.len() > 30, "{families:?}");
}

#[test]
fn a_tenant_is_its_domain_and_its_kind() {
    let refused = |arguments: &[&str], told: &str| {
        let run = postern(["simulate", "--records", "5", "--out", "/dev/null"].iter().chain(arguments));
        assert_eq!(run.code, Some(2), "{arguments:?}");
        assert!(run.stderr.contains(told), "{}", run.stderr);
    };
    refused(&["--domain", "contoso.com:cloud"], "eop, gateway or hybrid");
    refused(&["--domain", "contoso"], "contoso");
    let twice = ["--domain", "contoso.com", "--domain", "Contoso.com.:hybrid", "--write-config", "/dev/null"];
    refused(&twice, "cannot be configured together");
}

/// The page about the simulation.
fn page() -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/simulation.md")).unwrap()
}

#[test]
fn the_commands_of_the_page_show_what_it_says() {
    commands_show_what_is_said(&page(), 3);
}

#[test]
fn the_page_names_every_family_and_no_other() {
    let page = page();
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`'));
    let described: BTreeSet<&str> = rows.map(|(family, _)| family).collect();
    let families = Family::ALL.map(|family| serde_json::to_value(family).unwrap());
    let families: BTreeSet<&str> = families.iter().map(|family| family.as_str().unwrap()).collect();
    assert_eq!(described, families);
}
