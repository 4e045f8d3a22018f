//! A certificate authority of the test's own, made on the fly by `openssl`, which Debian has: no certificate is
//! committed, so none expires, and no crate is needed for it.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::components;

/// Who vouches for the certificates of one test.
pub struct Authority {
    folder: PathBuf,
}

/// A certificate and its key.
#[derive(Debug, Clone)]
pub struct Identity {
    /// PEM.
    pub certificate: PathBuf,
    /// PEM, not encrypted.
    pub key: PathBuf,
}

impl Authority {
    /// Whether it can be had.
    ///
    /// # Errors
    /// What to install.
    pub fn is_possible() -> Result<(), String> {
        components::program("openssl", "openssl").map(drop)
    }

    /// Makes one in a folder.
    ///
    /// # Panics
    /// When `openssl` fails.
    #[must_use]
    pub fn create(folder: &Path) -> Self {
        let authority = Self { folder: folder.to_owned() };
        let Identity { certificate, key } = authority.identity("ca");
        openssl(&certificate, &key, &["-subj", "/CN=Postern tests", "-addext", "basicConstraints=critical,CA:TRUE"]);
        authority
    }

    /// PEM of the certificate to trust.
    #[must_use]
    pub fn certificate(&self) -> PathBuf {
        self.identity("ca").certificate
    }

    /// A certificate for a server at 127.0.0.1, or for a client, in files with this name.
    ///
    /// # Panics
    /// When `openssl` fails.
    #[must_use]
    pub fn issue(&self, name: &str) -> Identity {
        let (ca, identity) = (self.identity("ca"), self.identity(name));
        let issuer = ["-CA", path(&ca.certificate), "-CAkey", path(&ca.key), "-subj", &format!("/CN={name}")];
        // Not an authority itself: rustls refuses a server that shows a certificate of one.
        let extensions =
            ["-addext", "basicConstraints=critical,CA:FALSE", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"];
        openssl(&identity.certificate, &identity.key, &[&issuer[..], &extensions].concat());
        identity
    }

    fn identity(&self, name: &str) -> Identity {
        Identity {
            certificate: self.folder.join(format!("{name}.pem")),
            key: self.folder.join(format!("{name}.key.pem")),
        }
    }
}

fn openssl(certificate: &Path, key: &Path, options: &[&str]) {
    let done = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"])
        .args(["-keyout", path(key), "-out", path(certificate)])
        .args(options)
        .output()
        .expect("`openssl` is on the PATH");
    assert!(done.status.success(), "openssl: {}", String::from_utf8_lossy(&done.stderr));
}

fn path(path: &Path) -> &str {
    path.to_str().expect("a temporary folder has a name in UTF-8")
}
