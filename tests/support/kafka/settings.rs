//! What a broker is told before it starts: ports, accounts, certificate.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::super::ports;

/// The user name that Event Hubs expects of everybody, literally.
pub(super) const EVENT_HUBS_USER: &str = "$ConnectionString";
/// A connection string as the Azure portal shows it; the key is invented.
pub(super) const EVENT_HUBS_PASSWORD: &str = "Endpoint=sb://postern-test.servicebus.windows.net/;SharedAccessKeyName=listen;\
     SharedAccessKey=bm90IGEgc2VjcmV0LCBmb3IgdGVzdHMgb25seQ+/Zz0=";
/// The account of the SCRAM listener.
pub(super) const SCRAM_USER: &str = "postern";
/// Its password.
pub(super) const SCRAM_PASSWORD: &str = "scram for tests only";

const KEYSTORE_PASSWORD: &str = "for tests only";

/// Where each listener of one broker stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ports {
    /// Without authentication.
    pub(super) client: u16,
    /// `SASL_SSL` with `PLAIN`.
    pub(super) event_hubs: u16,
    /// `SASL_PLAINTEXT` with `SCRAM-SHA-256`.
    pub(super) scram: u16,
    controller: u16,
}

impl Ports {
    /// Four free ones.
    pub(super) fn reserve() -> Self {
        Self { client: ports::free(), event_hubs: ports::free(), scram: ports::free(), controller: ports::free() }
    }
}

/// The address of a loopback port, as a client wants it.
pub(super) fn address(port: u16) -> String {
    format!("127.0.0.1:{port}")
}

/// The broker's configuration file.
pub(super) fn properties_file(home: &Path) -> PathBuf {
    home.join("server.properties")
}

/// The certificate that clients of the Event Hubs listener must trust, as PEM.
pub(super) fn ca_file(home: &Path) -> PathBuf {
    home.join("ca.pem")
}

/// Writes configuration, key and certificate into `home`.
///
/// # Panics
/// When the folder cannot be written to, or the JDK has no `keytool`.
pub(super) fn write(home: &Path, ports: Ports) {
    fs::write(properties_file(home), properties(home, ports)).expect("a temporary folder is writable");
    let keystore = home.join("keystore.p12");
    keytool(
        &keystore,
        &["-genkeypair", "-alias", "broker", "-keyalg", "EC", "-groupname", "secp256r1", "-dname", "CN=localhost"],
        &["-validity", "2", "-ext", "san=ip:127.0.0.1,dns:localhost", "-ext", "bc:critical=ca:true"],
    );
    let certificate = ca_file(home).display().to_string();
    keytool(&keystore, &["-exportcert", "-rfc", "-alias", "broker"], &["-file", &certificate]);
}

fn properties(home: &Path, ports: Ports) -> String {
    [
        ("@home@", home.display().to_string()),
        ("@client_port@", ports.client.to_string()),
        ("@event_hubs_port@", ports.event_hubs.to_string()),
        ("@scram_port@", ports.scram.to_string()),
        ("@controller_port@", ports.controller.to_string()),
        ("@event_hubs_user@", EVENT_HUBS_USER.to_owned()),
        ("@event_hubs_password@", EVENT_HUBS_PASSWORD.to_owned()),
        ("@keystore_password@", KEYSTORE_PASSWORD.to_owned()),
    ]
    .iter()
    .fold(include_str!("server.properties").to_owned(), |text, (name, value)| text.replace(name, value))
}

fn keytool(keystore: &Path, verb: &[&str], options: &[&str]) {
    let done = Command::new("keytool")
        .args(verb)
        .args(["-storetype", "PKCS12", "-storepass", KEYSTORE_PASSWORD, "-keystore"])
        .arg(keystore)
        .args(options)
        .output()
        .expect("the JDK has `keytool`");
    assert!(done.status.success(), "keytool {}: {}", verb[0], String::from_utf8_lossy(&done.stdout));
}
