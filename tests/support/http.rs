//! The plainest client of HTTP/1.1: one request a connection, for asking a receiver what it has and for sending it what
//! the client under test would never send.

use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// For each read and write; a receiver that is silent for longer hangs.
const TIMEOUT: Duration = Duration::from_secs(30);

/// What was answered.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// Lines of the head, without the first.
    pub headers: Vec<(String, String)>,
    /// The body, whole.
    pub body: String,
}

impl Answer {
    /// A line of the head, whatever the case of its name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The body as JSON.
    ///
    /// # Panics
    /// When it is none.
    #[must_use]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }
}

/// Gets a page.
///
/// # Errors
/// Of the connection, or an answer that is not HTTP.
pub fn get(address: SocketAddr, path: &str) -> io::Result<Answer> {
    send(address, "GET", path, &[], b"")
}

/// Posts JSON.
///
/// # Errors
/// As [`get`].
pub fn post(address: SocketAddr, path: &str, body: &str) -> io::Result<Answer> {
    send(address, "POST", path, &[("Content-Type", "application/json")], body.as_bytes())
}

/// Sends a request, and returns the answer even where it comes before the request is written.
///
/// # Errors
/// As [`get`].
pub fn send(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> io::Result<Answer> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    stream.set_write_timeout(Some(TIMEOUT))?;
    let length = body.len();
    let mut head =
        format!("{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Length: {length}");
    for (name, value) in headers {
        head += &format!("\r\n{name}: {value}");
    }
    stream.write_all((head + "\r\n\r\n").as_bytes())?;
    let written = stream.write_all(body);
    let mut answer = Vec::new();
    let read = stream.read_to_end(&mut answer);
    parse(&answer).ok_or_else(|| written.and(read).err().unwrap_or_else(|| io::ErrorKind::InvalidData.into()))
}

/// None where it is not HTTP, or not whole.
fn parse(answer: &[u8]) -> Option<Answer> {
    let (head, body) = split_at(answer, b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(head);
    let mut lines = head.split("\r\n");
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let headers = lines.filter_map(|line| line.split_once(':'));
    let headers = headers.map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned())).collect();
    let mut answer = Answer { status, headers, body: String::new() };
    let body = match answer.header("Content-Length") {
        Some(length) => body.get(..length.parse().ok()?)?.to_vec(),
        None if answer.header("Transfer-Encoding") == Some("chunked") => joined_chunks(body)?,
        None => body.to_vec(),
    };
    answer.body = String::from_utf8_lossy(&body).into_owned();
    Some(answer)
}

fn joined_chunks(mut rest: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let (size, chunks) = split_at(rest, b"\r\n")?;
        let size = usize::from_str_radix(std::str::from_utf8(size).ok()?.split(';').next()?.trim(), 16).ok()?;
        if size == 0 {
            return Some(body);
        }
        body.extend_from_slice(chunks.get(..size)?);
        rest = chunks.get(size..)?.strip_prefix(b"\r\n")?;
    }
}

fn split_at<'a>(bytes: &'a [u8], mark: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let at = bytes.windows(mark.len()).position(|window| window == mark)?;
    Some((&bytes[..at], &bytes[at + mark.len()..]))
}
