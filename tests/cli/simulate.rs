//! `postern simulate` to a webhook and to a topic; files are covered by the scans over them.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::mocking::MockCluster;
use rdkafka::{ClientConfig, Message};
use serde_json::Value;

use crate::postern::{postern, text};

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
