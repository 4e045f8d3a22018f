//! A listener on a port that must be this one, in front of a listener on a port that happened to be free.

use std::net::Ipv4Addr;
use std::time::Duration;

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio::time::{sleep, timeout};

/// How long another test run may hold the port.
const PATIENCE: Duration = Duration::from_secs(60);

/// The listener; dropping it frees the port and cuts the connections.
pub struct Relay {
    _executor: Runtime,
}

impl Relay {
    /// Carries every connection to a port of 127.0.0.1 on to `target`.
    ///
    /// # Panics
    /// When somebody else keeps the port.
    pub fn open(port: u16, target: String) -> Self {
        let executor = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let listener = executor.block_on(async { timeout(PATIENCE, listen(port)).await }).expect("the port is free");
        executor.spawn(async move {
            while let Ok((mut client, _)) = listener.accept().await {
                let mut server = TcpStream::connect(&target).await.unwrap();
                tokio::spawn(async move { copy_bidirectional(&mut client, &mut server).await });
            }
        });
        Self { _executor: executor }
    }
}

async fn listen(port: u16) -> TcpListener {
    loop {
        match TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await {
            Ok(listener) => return listener,
            Err(_) => sleep(Duration::from_millis(200)).await,
        }
    }
}
