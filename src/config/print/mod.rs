//! The effective configuration: what was read and what was assumed, in the form in which it can be read again.
//!
//! Secrets are shown as where they are kept, never as what they are. Order and names follow the reference page.

mod sinks;

use std::fmt::Display;
use std::path::Path;
use std::time::Duration;

use crate::judge::{AcceptedDomain, MxTarget, SenderPattern, Tenant};

use super::sources::{LostPosition, Start};
use super::{Config, KafkaAuth, KafkaConnection, KafkaSource, SecretSource, WebhookAuth, WebhookSource};

/// The configuration as TOML, with all defaults filled in and secrets redacted. [`Config::parse`] reads it back to an
/// equal configuration, given the same environment.
#[must_use]
pub fn effective(config: &Config) -> String {
    let mut page = Page::default();
    page.path("data_dir", &config.data_dir);
    page.value("shards", config.shards);
    page.millis("shutdown_ms", config.drain);
    page.value("alerts_kept_max", config.alerts_kept_max);
    page.header("[commit]");
    page.millis("interval_ms", config.commit.interval);
    page.value("records_max", config.commit.records_max);
    page.header("[heartbeat]");
    page.value("interval_s", config.heartbeat.as_secs());
    page.header("[metrics]");
    page.text("listen", config.metrics_listen);
    page.value("anyone_may_read", !config.metrics_listen.ip().is_loopback());
    config.tenants.iter().for_each(|(_, tenant)| page.tenant(tenant));
    config.kafka_sources.iter().for_each(|source| page.kafka_source(source));
    config.webhook_sources.iter().for_each(|source| page.webhook_source(source));
    config.sinks.iter().for_each(|sink| page.sink(sink));
    page.dead_letter(&config.dead_letter);
    page.0
}

/// The `[[tenant]]` sections alone, for a file in which nothing else is said.
#[must_use]
pub fn tenant_sections<'t>(tenants: impl IntoIterator<Item = &'t Tenant>) -> String {
    let mut page = Page::default();
    tenants.into_iter().for_each(|tenant| page.tenant(tenant));
    page.0.trim_start().to_owned()
}

/// What has been written so far.
#[derive(Default)]
struct Page(String);

impl Page {
    fn tenant(&mut self, tenant: &Tenant) {
        self.header("[[tenant]]");
        self.text("id", &tenant.id);
        self.text("name", &tenant.name);
        self.list("workspaces", tenant.workspaces.iter().map(quoted));
        self.text("mx", if tenant.mx == MxTarget::Eop { "eop" } else { "gateway" });
        self.list("accepted_domains", tenant.accepted_domains.iter().map(domain));
        self.list("protected_people", tenant.protected_people.iter().map(quoted));
        self.list("spoof_rules", tenant.spoof_rules.iter().map(quoted));
        for gateway in &tenant.gateways {
            self.header("[[tenant.gateway]]");
            gateway.connector.iter().for_each(|name| self.text("connector", name));
            self.list("networks", gateway.networks.iter().map(quoted));
        }
        for source in &tenant.sanctioned {
            self.header("[[tenant.sanctioned]]");
            self.text("name", &source.name);
            self.list("networks", source.networks.iter().map(quoted));
            self.list("senders", source.senders.iter().map(sender));
            source.expires.iter().for_each(|day| self.value("expires", day));
        }
        for vendor in &tenant.simulations {
            self.header("[[tenant.simulation]]");
            self.text("name", &vendor.name);
            self.list("networks", vendor.networks.iter().map(quoted));
            self.list("senders", vendor.senders.iter().map(sender));
            vendor.expires.iter().for_each(|day| self.value("expires", day));
        }
    }

    fn kafka_source(&mut self, source: &KafkaSource) {
        self.header("[[source.kafka]]");
        self.text("name", &source.name);
        self.connection(&source.connection);
        self.list("topics", source.topics.iter().map(quoted));
        self.text("group", &source.group);
        match source.start {
            Start::Earliest => self.text("start", "earliest"),
            Start::Latest => self.text("start", "latest"),
            Start::At(time) => self.text("start", time),
        }
        let word = LostPosition::WORDS.iter().find(|(_, meaning)| *meaning == source.lost_position);
        word.iter().for_each(|(word, _)| self.text("lost_position", word));
        self.value("prefetch_bytes_max", source.prefetch_bytes_max);
        self.millis("session_timeout_ms", source.session_timeout);
        self.millis("poll_timeout_ms", source.poll_timeout);
    }

    fn connection(&mut self, connection: &KafkaConnection) {
        self.text("bootstrap", &connection.bootstrap);
        let login = |kind: &str, username: &str, password| {
            format!("{{ kind = {}, username = {}, {} }}", quoted(kind), quoted(username), secret("password", password))
        };
        let auth = match &connection.auth {
            KafkaAuth::None => r#"{ kind = "none" }"#.to_owned(),
            KafkaAuth::Plain { username, password } => login("plain", username, password),
            KafkaAuth::Scram { mechanism, username, password } => login(&mechanism.to_lowercase(), username, password),
            KafkaAuth::EventHubs { connection_string } => {
                format!(r#"{{ kind = "event-hubs-connection-string", {} }}"#, secret("value", connection_string))
            }
        };
        self.value("auth", auth);
        self.value("tls", connection.tls);
        connection.ca_file.iter().for_each(|path| self.path("ca_file", path));
    }

    fn webhook_source(&mut self, source: &WebhookSource) {
        self.header("[[source.webhook]]");
        self.text("name", &source.name);
        self.text("listen", source.listen);
        self.text("path", &source.path);
        match &source.auth {
            None => {}
            Some(WebhookAuth::Bearer { token }) => {
                self.value("auth", format_args!(r#"{{ kind = "bearer", {} }}"#, secret("token", token)));
            }
            Some(WebhookAuth::Hmac { secret: key, replay_window }) => {
                let (key, window) = (secret("secret", key), replay_window.as_secs());
                self.value("auth", format_args!(r#"{{ kind = "hmac", {key}, replay_window_s = {window} }}"#));
            }
        }
        self.value("body_bytes_max", source.body_bytes_max);
        self.value("inflated_bytes_max", source.inflated_bytes_max);
        self.millis("timeout_ms", source.timeout);
        self.list("allowed_origins", source.allowed_origins.iter().map(quoted));
    }

    fn header(&mut self, header: &str) {
        self.line("");
        self.line(header);
    }

    fn text(&mut self, key: &str, text: impl Display) {
        self.value(key, quoted(text));
    }

    fn path(&mut self, key: &str, path: &Path) {
        self.text(key, path.display());
    }

    fn millis(&mut self, key: &str, span: Duration) {
        self.value(key, span.as_millis());
    }

    fn list(&mut self, key: &str, items: impl Iterator<Item = String>) {
        self.value(key, format_args!("[{}]", items.collect::<Vec<_>>().join(", ")));
    }

    fn value(&mut self, key: &str, value: impl Display) {
        self.line(&format!("{key} = {value}"));
    }

    fn line(&mut self, line: &str) {
        self.0.push_str(line);
        self.0.push('\n');
    }
}

/// Text as TOML writes it.
fn quoted(text: impl Display) -> String {
    toml::Value::String(text.to_string()).to_string()
}

fn secret(key: &str, source: &SecretSource) -> String {
    match source {
        SecretSource::File(path) => format!("{key}_file = {}", quoted(path.display())),
        SecretSource::Environment { name, .. } => format!("{key} = \"${{{name}}}\""),
    }
}

fn domain(domain: &AcceptedDomain) -> String {
    match domain.match_subdomains {
        true => format!("{{ name = {}, match_subdomains = true }}", quoted(&domain.name)),
        false => quoted(&domain.name),
    }
}

fn sender(sender: &SenderPattern) -> String {
    match sender {
        SenderPattern::Address(address) => quoted(address),
        SenderPattern::AnyAt(domain) => quoted(format_args!("*@{domain}")),
    }
}
