//! A real receiver of the Splunk HTTP Event Collector's protocol: the OpenTelemetry Collector, built from `main.go`.
//!
//! It is not Splunk. It asks for no token; refuses a request as a whole where one event of it is wrong, and says not
//! always which; on the acknowledging listener takes requests without a channel, and acknowledges at once. What Splunk
//! answers in those cases a fake has to answer.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::authority::Authority;
use super::components::found_or_say_so;
use super::daemon::{self, Daemon};
use super::go;
use super::http;
use super::ports;

mod telemetry;

pub use telemetry::Event;

const SOURCE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/collector");

/// Everything that the program is made of; Go sees to the rest by the sums.
const SOURCES: [&str; 3] = [include_str!("main.go"), include_str!("go.mod"), include_str!("go.sum")];

const PROGRAM: &str = "hec-receiver";

/// The process.
pub struct Collector {
    /// To stop, to kill and to restart; what it answered with 200 is written by then. Acknowledgements begin anew.
    pub process: Daemon,
    /// Where it listens.
    pub listeners: Listeners,
    /// PEM of the certificate that clients of the TLS listener must trust.
    pub ca_file: PathBuf,
}

/// One for each way to configure an HTTP Event Collector; all write to the same place.
#[derive(Debug, Clone, Copy)]
pub struct Listeners {
    /// Plain HTTP, without acknowledgements.
    pub plain: SocketAddr,
    /// Plain HTTP, with acknowledgements for requests that name a channel.
    pub acknowledging: SocketAddr,
    /// HTTPS, without acknowledgements.
    pub tls: SocketAddr,
}

impl Collector {
    /// One of one's own. None, after saying so, where this machine cannot build it.
    ///
    /// # Panics
    /// When it does not start, or cannot be built and `POSTERN_REQUIRE_COMPONENTS=1`.
    #[must_use]
    pub fn start() -> Option<Self> {
        let program = found_or_say_so("a real HEC receiver", built())?;
        let home = daemon::new_home("collector");
        let authority = Authority::create(home.path());
        let [plain, acknowledging, tls] = [(); 3].map(|()| (Ipv4Addr::LOCALHOST, ports::free()).into());
        let listeners = Listeners { plain, acknowledging, tls };
        let configuration = home.path().join("collector.yaml");
        let text = text_of_configuration(home.path(), &listeners, &authority);
        fs::write(&configuration, text).expect("a temporary folder is writable");
        let mut command = Command::new(program);
        command.arg("--config").arg(configuration);
        let is_ready = move || [plain, acknowledging].into_iter().all(is_healthy) && http::get(tls, "/").is_ok();
        let ca_file = authority.certificate();
        Some(Self { process: Daemon::start(home, command, is_ready), listeners, ca_file })
    }

    /// The events that came so far, in the order of their requests; within one, those of the same host, source,
    /// sourcetype and index stand together.
    ///
    /// # Panics
    /// When what is written is not what the Collector writes.
    #[must_use]
    pub fn events(&self) -> Vec<Event> {
        // Not there before the first request.
        let written = fs::read(events_file(self.process.home())).unwrap_or_default();
        let requests = serde_json::Deserializer::from_slice(&written).into_iter::<Value>();
        // The last one may be half written.
        let whole = requests.take_while(|request| !request.as_ref().is_err_and(serde_json::Error::is_eof));
        whole.flat_map(|request| telemetry::events(&request.expect("JSON"))).collect()
    }
}

fn is_healthy(address: SocketAddr) -> bool {
    http::get(address, "/services/collector/health/1.0").is_ok_and(|answer| answer.status == 200)
}

/// The program; to build it takes minutes.
fn built() -> Result<PathBuf, String> {
    Authority::is_possible()?;
    go::program(PROGRAM, Path::new(SOURCE), &SOURCES)
}

fn events_file(home: &Path) -> PathBuf {
    home.join("events.json")
}

fn text_of_configuration(home: &Path, listeners: &Listeners, authority: &Authority) -> String {
    let server = authority.issue("server");
    [
        ("@plain@", listeners.plain.to_string()),
        ("@acknowledging@", listeners.acknowledging.to_string()),
        ("@tls@", listeners.tls.to_string()),
        ("@certificate@", server.certificate.display().to_string()),
        ("@key@", server.key.display().to_string()),
        ("@events@", events_file(home).display().to_string()),
    ]
    .iter()
    .fold(include_str!("collector.yaml").to_owned(), |text, (name, value)| text.replace(name, value))
}
