//! TLS in front of a listener that speaks none, for clients that speak nothing else.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio_rustls::TlsAcceptor;

use super::authority::Identity;

/// The listener; gone when it is dropped.
pub struct TlsFront {
    /// `https://127.0.0.1:port`.
    pub url: String,
    _executor: Runtime,
}

impl TlsFront {
    /// Shows this certificate and carries what comes on to `target`.
    ///
    /// # Panics
    /// When the certificate is none.
    #[must_use]
    pub fn open(identity: &Identity, target: SocketAddr) -> Self {
        let acceptor = TlsAcceptor::from(Arc::new(configuration(&identity.certificate, &identity.key)));
        let executor = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let listener = executor.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))).unwrap();
        let url = format!("https://{}", listener.local_addr().unwrap());
        executor.spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let acceptor = acceptor.clone();
                tokio::spawn(async move {
                    let mut client = acceptor.accept(client).await?;
                    let mut server = TcpStream::connect(target).await?;
                    copy_bidirectional(&mut client, &mut server).await
                });
            }
        });
        Self { url, _executor: executor }
    }
}

fn configuration(certificate: &Path, key: &Path) -> ServerConfig {
    let certificates = CertificateDer::pem_file_iter(certificate).unwrap().collect::<Result<_, _>>().unwrap();
    let key = PrivateKeyDer::from_pem_file(key).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(certificates, key)
        .unwrap()
}
