//! Whom a receiver's certificate is believed by, and how we show who we are.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use tokio_rustls::TlsConnector;

use crate::config::Trust;
use crate::deliver::DeliverError;
use crate::deliver::decision::Fault;

/// Makes TLS connections. Our own certificate is read for each, so that a renewed one needs no restart.
pub(super) struct Tls {
    provider: Arc<CryptoProvider>,
    verifier: Arc<dyn ServerCertVerifier>,
    client: Option<(PathBuf, PathBuf)>,
}

impl Tls {
    pub(super) fn new(sink: &str, trust: &Trust, client: Option<&(PathBuf, PathBuf)>) -> Result<Self, DeliverError> {
        let provider = Arc::new(ring::default_provider());
        let verifier: Arc<dyn ServerCertVerifier> = match &trust.ca_file {
            _ if !trust.verify => {
                tracing::warn!(sink, "certificates are not checked: anybody on the way can read and change the alerts");
                Arc::new(Credulous(Arc::clone(&provider)))
            }
            Some(path) => authorities(path, &provider)
                .ok_or_else(|| DeliverError::Authority { sink: sink.to_owned(), path: path.clone() })?,
            None => {
                let system = rustls_platform_verifier::Verifier::new(Arc::clone(&provider));
                Arc::new(system.map_err(|source| DeliverError::Certificates { sink: sink.to_owned(), source })?)
            }
        };
        Ok(Self { provider, verifier, client: client.cloned() })
    }

    /// What makes the next connection.
    pub(super) fn connector(&self) -> Result<TlsConnector, Fault> {
        let unusable = |error: rustls::Error| Fault::hold(format!("the client certificate cannot be used: {error}"));
        let builder = ClientConfig::builder_with_provider(Arc::clone(&self.provider));
        let builder = builder.with_safe_default_protocol_versions().map_err(unusable)?;
        let builder = builder.dangerous().with_custom_certificate_verifier(Arc::clone(&self.verifier));
        let config = match &self.client {
            None => builder.with_no_client_auth(),
            Some((certificate, key)) => {
                let certificates = certificates(certificate).ok_or_else(|| unreadable(certificate))?;
                let key = PrivateKeyDer::from_pem_file(key).map_err(|_| unreadable(key))?;
                builder.with_client_auth_cert(certificates, key).map_err(unusable)?
            }
        };
        Ok(TlsConnector::from(Arc::new(config)))
    }
}

fn unreadable(path: &Path) -> Fault {
    Fault::hold(format!("{} cannot be read as PEM; postern's user must be allowed to read it", path.display()))
}

/// Every certificate in a file, of which there is one at least.
fn certificates(path: &Path) -> Option<Vec<CertificateDer<'static>>> {
    let pem = fs::read(path).ok()?;
    let certificates: Vec<_> = CertificateDer::pem_slice_iter(&pem).collect::<Result<_, _>>().ok()?;
    Some(certificates).filter(|certificates| !certificates.is_empty())
}

fn authorities(path: &Path, provider: &Arc<CryptoProvider>) -> Option<Arc<dyn ServerCertVerifier>> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(path)? {
        roots.add(certificate).ok()?;
    }
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider)).build();
    Some(verifier.ok()?)
}

/// Believes any certificate (`tls_verify = false`); that the receiver holds its key is still checked.
#[derive(Debug)]
struct Credulous(Arc<CryptoProvider>);

impl ServerCertVerifier for Credulous {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
