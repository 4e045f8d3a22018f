//! A real OpenSearch of one node, without its security plugin: `_bulk`, index templates, data streams, search.
//!
//! It is the distribution that the OpenSearch project publishes to Maven Central for such tests: the server and its
//! transport, no JDK, no plugin. So nobody has to log in, and 401 and 403 are for a fake to answer. It refuses to run as
//! root; root runs it as `nobody`, and therefore from a copy in a folder that `nobody` can reach.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use serde_json::{Value, json};

use super::components::{self, found_or_say_so};
use super::daemon::{self, Daemon};
use super::http;
use super::ports;

/// The last line that runs on Java 17.
const VERSION: &str = "2.19.5";

const JAVA_RELEASE_MIN: u32 = 17;

/// Pinned, because what a bare `mvn dependency:` resolves to differs from machine to machine.
const UNPACK_GOAL: &str = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:unpack";

/// What OpenSearch returns at most in one search, unless an index is told otherwise.
const DOCUMENTS_MAX: usize = 10_000;

/// Ends as soon as all that was stored can be read and written again; 408 before.
const READY: &str = "/_cluster/health?wait_for_status=yellow&wait_for_no_initializing_shards=true&timeout=1s";

/// To the standard output only: what the distribution would write, it would rotate and compress.
const LOGGING: &str = "\
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = [%d{ISO8601}][%p][%c{1.}] %m%n
rootLogger.level = info
rootLogger.appenderRef.console.ref = console
";

/// The node.
pub struct OpenSearch {
    /// To stop, to kill and to restart; what was acknowledged is still there then.
    pub process: Daemon,
    /// Where it answers, in plain HTTP.
    pub address: SocketAddr,
}

impl OpenSearch {
    /// The node that all tests of this binary share, each with an index of its own. It cannot be stopped.
    ///
    /// # Panics
    /// As [`OpenSearch::start`].
    pub fn shared() -> Option<&'static Self> {
        static SHARED: OnceLock<Option<OpenSearch>> = OnceLock::new();
        SHARED.get_or_init(Self::start).as_ref()
    }

    /// A node of one's own. None, after saying so, where this machine cannot run it.
    ///
    /// # Panics
    /// When it should run and does not, or cannot run and `POSTERN_REQUIRE_COMPONENTS=1`.
    #[must_use]
    pub fn start() -> Option<Self> {
        Self::start_with("")
    }

    /// A node with more lines in its `opensearch.yml`, such as `http.max_content_length: 256kb`.
    ///
    /// # Panics
    /// As [`OpenSearch::start`].
    #[must_use]
    pub fn start_with(settings: &str) -> Option<Self> {
        Self::launch(settings, &["-Xms512m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"])
    }

    /// A node that starts more slowly and then works as one that serves somebody: the others are compiled for a short life.
    ///
    /// # Panics
    /// As [`OpenSearch::start`].
    #[must_use]
    pub fn start_for_long() -> Option<Self> {
        Self::launch("", &["-Xms1g", "-Xmx1g", "-XX:+UseParallelGC"])
    }

    fn launch(settings: &str, machine: &[&str]) -> Option<Self> {
        let distribution = found_or_say_so("a real OpenSearch", fetched())?;
        let home = daemon::new_home("opensearch");
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, ports::free()));
        write_settings(home.path(), address, settings);
        run(Command::new("cp")
            .arg("-R")
            .arg(distribution.join("lib"))
            .arg(distribution.join("modules"))
            .arg(home.path()));
        let java = java(home.path(), machine);
        let command = if is_root() { as_nobody(home.path(), &java) } else { java };
        let is_ready = move || http::get(address, READY).is_ok_and(|answer| answer.status == 200);
        Some(Self { process: Daemon::start(home, command, is_ready), address })
    }

    /// `http://host:port`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Puts a setting, a template or an index in place.
    ///
    /// # Panics
    /// When it is refused.
    pub fn put(&self, path: &str, body: &Value) {
        let json = [("Content-Type", "application/json")];
        let answer = http::send(self.address, "PUT", path, &json, body.to_string().as_bytes()).unwrap();
        assert_eq!(answer.status, 200, "{}", answer.body);
    }

    /// Has an index, or those behind a data stream, take nothing more, as on a full disk; or take it again.
    ///
    /// # Panics
    /// When there is no such index.
    pub fn set_read_only(&self, index: &str, read_only: bool) {
        let block = if read_only { Value::Bool(true) } else { Value::Null };
        self.put(&format!("/{index}/_settings"), &json!({ "index.blocks.read_only_allow_delete": block }));
    }

    /// Everything in an index or a data stream, as `{"_id": …, "_source": …, …}`, in order of `_id`; nothing where it
    /// does not exist.
    ///
    /// # Panics
    /// When it is more than one search returns.
    #[must_use]
    pub fn documents(&self, index: &str) -> Vec<Value> {
        let refreshed = http::post(self.address, &format!("/{index}/_refresh"), "").unwrap();
        if refreshed.status == 404 {
            return Vec::new();
        }
        let query = json!({ "size": DOCUMENTS_MAX, "track_total_hits": true }).to_string();
        let mut found = http::post(self.address, &format!("/{index}/_search"), &query).unwrap().json();
        let total = found["hits"]["total"]["value"].as_u64();
        let Value::Array(mut documents) = found["hits"]["hits"].take() else { panic!("no hits: {found}") };
        assert_eq!(Some(documents.len() as u64), total, "a search returns {DOCUMENTS_MAX} documents at most");
        documents.sort_by_cached_key(|document| document["_id"].as_str().map(str::to_owned));
        documents
    }
}

/// The folder that holds `lib` and `modules`.
fn fetched() -> Result<PathBuf, String> {
    components::java(JAVA_RELEASE_MIN)?;
    let folder = components::cached(&format!("opensearch-{VERSION}"), |folder| {
        components::maven(&[
            UNPACK_GOAL,
            &format!("-Dartifact=org.opensearch.distribution.integ-test-zip:opensearch:{VERSION}:zip"),
            "-Dmdep.unpack.includes=*/lib/*.jar,*/modules/**",
            &format!("-DoutputDirectory={}", folder.display()),
        ])
    })?;
    Ok(folder.join(format!("opensearch-{VERSION}")))
}

fn write_settings(home: &Path, address: SocketAddr, more: &str) {
    let (config, here) = (home.join("config"), home.display());
    fs::create_dir(&config).expect("a temporary folder is writable");
    let settings = format!(
        "\
cluster.name: postern-tests
discovery.type: single-node
network.host: {}
http.port: {}
transport.port: {}
path.data: {here}/data
path.logs: {here}/logs
# The disk of whoever runs the tests may be fuller than OpenSearch likes.
cluster.routing.allocation.disk.threshold_enabled: false
{more}
",
        address.ip(),
        address.port(),
        ports::free(),
    );
    fs::write(config.join("opensearch.yml"), settings).expect("a temporary folder is writable");
    fs::write(config.join("log4j2.properties"), LOGGING).expect("a temporary folder is writable");
}

/// What `bin/opensearch` would run, with a JVM that starts fast rather than runs fast: it lives for seconds.
fn java(home: &Path, machine: &[&str]) -> Command {
    let here = home.display();
    let mut java = Command::new("java");
    java.args(machine)
        .args(["-Djava.security.manager=allow", "-Djna.nosys=true", "-Dlog4j2.disable.jmx=true"])
        // It knows only the names of what is published for servers, and this is most like the archive.
        .args(["-Dopensearch.distribution.type=tar", "-Dopensearch.bundled_jdk=false"])
        .args([format!("-Dopensearch.path.home={here}"), format!("-Dopensearch.path.conf={here}/config")])
        .args([format!("-Djava.io.tmpdir={here}"), "-cp".to_owned(), format!("{here}/lib/*")])
        .arg("org.opensearch.bootstrap.OpenSearch");
    java
}

fn as_nobody(home: &Path, command: &Command) -> Command {
    run(Command::new("chown").args(["-R", "nobody"]).arg(home));
    let mut as_nobody = Command::new("setpriv");
    as_nobody.args(["--reuid=nobody", "--regid=nogroup", "--clear-groups"]);
    as_nobody.arg(command.get_program()).args(command.get_args());
    as_nobody
}

fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}

fn run(command: &mut Command) {
    let done = command.output().expect("a Unix system");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}
