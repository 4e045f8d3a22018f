//! Between a client and a real receiver of HTTP: a fault as often as a test wants it, and then the receiver itself.

use std::collections::VecDeque;
use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// What is done with one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Closed without an answer, unread by the receiver.
    Closed,
    /// Never answered.
    Hung,
    /// Answered by the receiver, so late.
    Slow(Duration),
    /// This status, with these lines of the head, each ended by CRLF; unread by the receiver.
    Status(u16, &'static str),
    /// This status, and a `Retry-After` in the form of a date, a second from now.
    RetryAfterDate(u16),
    /// Answered by the receiver, but half of the answer is lost.
    Truncated,
}

/// The listener. It lives as long as the test's process.
pub struct FaultyPath {
    /// Where to send to.
    pub address: SocketAddr,
    faults: Arc<Mutex<VecDeque<Fault>>>,
}

impl FaultyPath {
    /// Carries each request to a receiver.
    ///
    /// # Panics
    /// When there is no port.
    #[must_use]
    pub fn to(receiver: SocketAddr) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let faults = Arc::<Mutex<VecDeque<Fault>>>::default();
        let script = Arc::clone(&faults);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let script = Arc::clone(&script);
                // Whoever has gone away meanwhile need not be told.
                thread::spawn(move || carry(client, receiver, &script).ok());
            }
        });
        Self { address, faults }
    }

    /// `http://host:port`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What is done with the next requests, one each.
    pub fn inject(&self, faults: &[Fault]) {
        self.faults.lock().unwrap().extend(faults);
    }

    /// Whether every fault has happened.
    #[must_use]
    pub fn is_clear(&self) -> bool {
        self.faults.lock().unwrap().is_empty()
    }
}

/// One request for each connection.
fn carry(mut client: TcpStream, receiver: SocketAddr, script: &Mutex<VecDeque<Fault>>) -> io::Result<()> {
    let request = request(&mut client)?;
    let fault = script.lock().unwrap().pop_front();
    match fault {
        Some(Fault::Closed) => Ok(()),
        Some(Fault::Hung) => client.read_to_end(&mut Vec::new()).map(drop),
        Some(Fault::Status(status, head)) => answer(&mut client, status, head),
        Some(Fault::RetryAfterDate(status)) => {
            let date = jiff::Timestamp::now() + Duration::from_secs(1);
            let date = jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&date).unwrap();
            answer(&mut client, status, &format!("Retry-After: {date}\r\n"))
        }
        Some(Fault::Slow(by)) => {
            thread::sleep(by);
            client.write_all(&forwarded(receiver, &request)?)
        }
        Some(Fault::Truncated) => {
            let whole = forwarded(receiver, &request)?;
            client.write_all(&whole[..whole.len() / 2])
        }
        None => client.write_all(&forwarded(receiver, &request)?),
    }
}

/// A request with the length of its body in its head, changed to be the only one of its connection.
fn request(client: &mut TcpStream) -> io::Result<Vec<u8>> {
    let (mut bytes, mut chunk) = (Vec::new(), [0; 16 << 10]);
    loop {
        let read = client.read(&mut chunk)?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        bytes.extend_from_slice(&chunk[..read]);
        let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
        let lines = head.split("\r\n").filter_map(|line| line.split_once(':'));
        let mut lengths = lines.filter(|(name, _)| name.eq_ignore_ascii_case("content-length"));
        let length = lengths.next().map_or(0, |(_, value)| value.trim().parse::<usize>().unwrap());
        if bytes.len() >= end + 4 + length {
            let body = bytes.split_off(end);
            return Ok([head.as_bytes(), b"\r\nConnection: close", &body].concat());
        }
    }
}

fn forwarded(receiver: SocketAddr, request: &[u8]) -> io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(receiver)?;
    stream.write_all(request)?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    Ok(answer)
}

fn answer(client: &mut TcpStream, status: u16, head: &str) -> io::Result<()> {
    write!(client, "HTTP/1.1 {status} Fault\r\n{head}Connection: close\r\nContent-Length: 0\r\n\r\n")
}
