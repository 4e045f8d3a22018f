//! A real rsyslog, as Debian ships it, that takes messages over UDP, TCP and TLS and writes each down as JSON.
//!
//! TCP and TLS take octet counting and lines alike (RFC 6587). Its limit is the one that operators have: of a message over
//! 8,096 bytes the rest is taken for messages of their own, with a made-up head.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;

use super::authority::{Authority, Identity};
use super::components::{self, found_or_say_so};
use super::daemon::{self, Daemon};
use super::ports;

/// What makes rsyslog speak TLS, and where the distributions put it.
const TLS_MODULE: &str = "rsyslog/lmnsd_ossl.so";
const LIBRARIES: [&str; 2] = ["/usr/lib", "/usr/lib64"];

/// The process.
pub struct Rsyslog {
    /// To stop, to kill and to restart.
    pub process: Daemon,
    /// Where it listens.
    pub listeners: Listeners,
    /// PEM of the certificate that clients of the TLS listeners must trust.
    pub ca_file: PathBuf,
    /// What clients of [`Listeners::mutual_tls`] must show.
    pub client: Identity,
}

/// One for each transport.
#[derive(Debug, Clone, Copy)]
pub struct Listeners {
    /// Datagrams.
    pub udp: SocketAddr,
    /// Without TLS.
    pub tcp: SocketAddr,
    /// Asks no client for a certificate.
    pub tls: SocketAddr,
    /// Asks each client for a certificate. With TLS 1.3 one without sees its handshake succeed, and is cut off after it.
    pub mutual_tls: SocketAddr,
}

/// A message as rsyslog understood it. Nil is `-`, and what a message of the older form lacks is made up.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Message {
    /// `udp`, `tcp`, `tls` or `mutual_tls`.
    pub listener: String,
    /// 1 for RFC 5424, 0 for the older form.
    pub version: u8,
    /// By number.
    pub facility: u8,
    /// By number.
    pub severity: u8,
    /// As sent.
    pub timestamp: String,
    /// As sent.
    pub hostname: String,
    /// As sent.
    pub app_name: String,
    /// As sent.
    pub procid: String,
    /// As sent.
    pub msgid: String,
    /// As sent, with brackets and escapes.
    pub structured_data: String,
    /// What follows all that.
    pub text: String,
    /// The whole message, without its frame.
    pub raw: String,
}

impl Rsyslog {
    /// One of one's own. None, after saying so, where it is not installed.
    ///
    /// # Panics
    /// When it does not start, or is not installed and `POSTERN_REQUIRE_COMPONENTS=1`.
    #[must_use]
    pub fn start() -> Option<Self> {
        let program = found_or_say_so("a real rsyslog", installed())?;
        let home = daemon::new_home("rsyslog");
        let authority = Authority::create(home.path());
        let server = authority.issue("server");
        let listeners = Listeners::reserve();
        let (configuration, pid_file) = (home.path().join("rsyslog.conf"), home.path().join("pid"));
        let text = text_of_configuration(home.path(), &listeners, &authority, &server);
        fs::write(&configuration, text).expect("a temporary folder is writable");
        let mut command = Command::new(program);
        command.arg("-n").arg("-f").arg(configuration).arg("-i").arg(pid_file);
        let (ca_file, client) = (authority.certificate(), authority.issue("client"));
        let process = Daemon::start(home, command, move || listeners.are_open());
        Some(Self { process, listeners, ca_file, client })
    }

    /// What came so far, in the order it was written down, which is that of arrival for each connection only.
    ///
    /// # Panics
    /// When a line is not as the template has it.
    #[must_use]
    pub fn messages(&self) -> Vec<Message> {
        // Not there before the first message.
        let written = fs::read(messages_file(self.process.home())).unwrap_or_default();
        let written = String::from_utf8_lossy(&written);
        // The last line may be half written.
        let whole = written.rsplit_once('\n').map_or("", |(whole, _)| whole);
        whole.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"))).collect()
    }
}

impl Listeners {
    fn reserve() -> Self {
        let [udp, tcp, tls, mutual_tls] = [(); 4].map(|()| (Ipv4Addr::LOCALHOST, ports::free()).into());
        Self { udp, tcp, tls, mutual_tls }
    }

    /// Looked up and not tried. A connection that is closed before its handshake has rsyslog close its descriptor twice
    /// (rsyslog issue 3404), and the second time it may be that of a connection which another listener has just taken: what
    /// came over it is gone. UDP is not asked; but rsyslog opens it first.
    fn are_open(&self) -> bool {
        let sockets = fs::read_to_string("/proc/net/tcp").unwrap_or_default();
        let listening: Vec<u16> = sockets.lines().filter_map(listening_port).collect();
        [self.tcp, self.tls, self.mutual_tls].iter().all(|listener| listening.contains(&listener.port()))
    }
}

/// Of a line of `/proc/net/tcp`: its number, the local address and port in hexadecimal digits, the other's, the state.
fn listening_port(line: &str) -> Option<u16> {
    const LISTEN: &str = "0A";
    let mut fields = line.split_whitespace().skip(1);
    let (local, state) = (fields.next()?, fields.nth(1)?);
    let (_, port) = local.split_once(':').filter(|_| state == LISTEN)?;
    u16::from_str_radix(port, 16).ok()
}

fn installed() -> Result<PathBuf, String> {
    Authority::is_possible()?;
    let folders = LIBRARIES.iter().flat_map(|library| {
        // `/usr/lib/rsyslog`, or one folder further down, by processor.
        let inside = fs::read_dir(library).into_iter().flatten().flatten().map(|entry| entry.path());
        inside.chain([PathBuf::from(library)])
    });
    let has_tls = folders.map(|folder| folder.join(TLS_MODULE)).any(|module| module.is_file());
    let program = components::program("rsyslogd", "rsyslog")?;
    if has_tls { Ok(program) } else { Err("rsyslog has no TLS: install Debian's package rsyslog-openssl".to_owned()) }
}

fn messages_file(home: &Path) -> PathBuf {
    home.join("messages.jsonl")
}

fn text_of_configuration(home: &Path, listeners: &Listeners, authority: &Authority, server: &Identity) -> String {
    [
        ("@home@", home.display().to_string()),
        ("@ca_file@", authority.certificate().display().to_string()),
        ("@certificate@", server.certificate.display().to_string()),
        ("@key@", server.key.display().to_string()),
        ("@messages@", messages_file(home).display().to_string()),
        ("@udp_port@", listeners.udp.port().to_string()),
        ("@tcp_port@", listeners.tcp.port().to_string()),
        ("@tls_port@", listeners.tls.port().to_string()),
        ("@mutual_tls_port@", listeners.mutual_tls.port().to_string()),
    ]
    .iter()
    .fold(include_str!("rsyslog.conf").to_owned(), |text, (name, value)| text.replace(name, value))
}
