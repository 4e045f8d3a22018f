//! The `[[sink.*]]` sections, all at their defaults. The name is the kind.

use std::fs;
use std::path::Path;

use crate::support::sentinel::{CLIENT, RULE, SECRET, TENANT};

pub(crate) fn file(path: &Path) -> String {
    format!("[[sink.file]]\nname = \"file\"\npath = {path:?}\n")
}

pub(crate) fn webhook(folder: &Path, name: &str, address: &str) -> String {
    let secret_file = secret(folder, "hook", "whsec_c2VjcmV0IG9mIHRoZSBiZW5jaG1hcms=");
    format!("[[sink.webhook]]\nname = {name:?}\nurl = \"http://{address}/\"\nsecret_file = {secret_file}\n")
}

pub(crate) fn splunk_hec(folder: &Path, address: &str) -> String {
    let token_file = secret(folder, "hec", "00000000-0000-4000-8000-000000000000");
    format!("[[sink.splunk-hec]]\nname = \"splunk-hec\"\nurl = \"http://{address}\"\ntoken_file = {token_file}\n")
}

pub(crate) fn elasticsearch(address: &str) -> String {
    format!(
        "[[sink.elasticsearch]]\nname = \"elasticsearch\"\nurl = \"http://{address}\"\nindex = \"postern-alerts\"\n"
    )
}

pub(crate) fn sentinel(folder: &Path, address: &str) -> String {
    let (url, secret_file) =
        (format!("http://{address}"), secret(folder, "entra", SECRET).replace("token_file", "secret_file"));
    format!(
        "[[sink.sentinel]]\nname = \"sentinel\"\nurl = {url:?}\ndcr = {RULE:?}\nauth = {{ kind = \"client-secret\", \
         authority = {url:?}, tenant_id = {TENANT:?}, client_id = {CLIENT:?}, secret_file = {secret_file} }}\n"
    )
}

pub(crate) fn syslog(address: &str) -> String {
    format!("[[sink.syslog]]\nname = \"syslog\"\naddress = {address:?}\ntransport = \"tcp\"\n")
}

pub(crate) fn kafka(bootstrap: &str, topic: &str) -> String {
    format!(
        "[[sink.kafka]]\nname = \"kafka\"\nbootstrap = {bootstrap:?}\ntopic = {topic:?}\nauth = {{ kind = \"none\" }}\n"
    )
}

/// The quoted path of a file that holds the secret.
fn secret(folder: &Path, name: &str, secret: &str) -> String {
    let file = folder.join(name);
    fs::write(&file, secret).unwrap();
    format!("{file:?}")
}
