//! The double of the Logs Ingestion API before Microsoft's own client: what the client sends is taken, so the double is
//! not stricter than the service in anything that the client does.

use std::fs;
use std::net::SocketAddr;

use serde_json::{Value, json};

use crate::support::authority::Authority;
use crate::support::components::found_or_say_so;
use crate::support::python::Python;
use crate::support::sentinel::{CLIENT, RULE, SECRET, STREAM, Sentinel, TENANT};
use crate::support::tls::TlsFront;

/// Calls the client, with these rows.
fn upload(python: &Python, sentinel: &Sentinel, rows: &Value, secret: &str) -> Result<(), String> {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::create(folder.path());
    let target: SocketAddr = sentinel.url.trim_start_matches("http://").parse().unwrap();
    let front = TlsFront::open(&authority.issue("server"), target);
    let file = folder.path().join("rows.json");
    fs::write(&file, rows.to_string()).unwrap();
    let mut client = python.interpreter();
    client
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/python/azure/upload.py"))
        .args([&front.url, &format!("{}/{TENANT}/oauth2/v2.0/token", front.url)])
        .arg(authority.certificate())
        .args([RULE, STREAM, CLIENT, secret])
        .arg(file)
        .env("NO_PROXY", "127.0.0.1");
    let done = client.output().unwrap();
    if done.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&done.stderr).into_owned()) }
}

fn row(seq: usize, words: &str) -> Value {
    json!({ "TimeGenerated": "2026-11-20T10:04:00Z", "RecordType": "alert", "Seq": seq, "Summary": words })
}

#[test]
fn the_double_takes_what_microsofts_own_client_sends() {
    let possible = Authority::is_possible().and_then(|()| Python::of("azure"));
    let Some(python) = found_or_say_so("Microsoft's client of the Logs Ingestion API", possible) else { return };
    let sentinel = Sentinel::open();
    // More than one call takes: the client splits them by itself.
    let rows: Vec<Value> = (0..60).map(|seq| row(seq, &"spoof ".repeat(5_000))).collect();
    assert_eq!(upload(&python, &sentinel, &json!(rows), SECRET), Ok(()));
    assert_eq!((sentinel.rows(), sentinel.refusals()), (rows, Vec::new()));
}

#[test]
fn the_double_refuses_what_the_service_refuses_microsofts_own_client() {
    let possible = Authority::is_possible().and_then(|()| Python::of("azure"));
    let Some(python) = found_or_say_so("Microsoft's client of the Logs Ingestion API", possible) else { return };
    let sentinel = Sentinel::open();
    let refused = upload(&python, &sentinel, &json!([row(1, "spoof")]), "not the secret").unwrap_err();
    assert!(refused.contains("401"), "{refused}");
    let refused = upload(&python, &sentinel, &json!([{ "NoSuchColumn": 1 }]), SECRET).unwrap_err();
    assert!(refused.contains("HttpResponseError"), "{refused}");
    assert_eq!(sentinel.rows(), Vec::<Value>::new());
}
