//! The sinks' sections, in the order in which their readers ask.

use std::path::Path;

use super::{Page, quoted, secret};
use crate::config::{
    AlertmanagerSink, Attention, ChatSink, ElasticTarget, ElasticsearchSink, Endpoint, EntraAuth, Format, HttpAuth,
    SentinelSink, SinkConfig, SinkKind, SplunkHecSink, SyslogFraming, SyslogSink, SyslogTransport, Trust,
};

impl Page {
    pub(super) fn sink(&mut self, sink: &SinkConfig) {
        self.header(&format!("[[sink.{}]]", sink.kind.as_str()));
        self.text("name", &sink.name);
        self.kind(&sink.kind);
        self.patience(sink);
    }

    pub(super) fn dead_letter(&mut self, sink: &SinkConfig) {
        self.header("[dead_letter]");
        match &sink.kind {
            SinkKind::Kafka(kafka) => {
                self.text("kind", "kafka");
                self.connection(&kafka.connection);
                self.text("topic", &kafka.topic);
            }
            SinkKind::File(file) => {
                self.text("kind", "file");
                self.file(&file.path, file.rotate_bytes, file.files_max);
            }
            // The reader makes nothing else of this section.
            _ => {}
        }
        self.patience(sink);
    }

    fn kind(&mut self, kind: &SinkKind) {
        match kind {
            SinkKind::Stdout(stdout) => self.format(stdout.format),
            SinkKind::File(file) => {
                self.file(&file.path, file.rotate_bytes, file.files_max);
                self.format(file.format);
            }
            SinkKind::Kafka(kafka) => {
                self.connection(&kafka.connection);
                self.text("topic", &kafka.topic);
                self.format(kafka.format);
            }
            SinkKind::Webhook(webhook) => {
                self.endpoint(&webhook.endpoint);
                self.line(&secret("secret", &webhook.secret));
                self.format(webhook.format);
                self.value("in_flight_max", webhook.in_flight_max);
            }
            SinkKind::SplunkHec(splunk) => self.splunk_hec(splunk),
            SinkKind::Elasticsearch(elastic) => self.elasticsearch(elastic),
            SinkKind::Sentinel(sentinel) => self.sentinel(sentinel),
            SinkKind::Syslog(syslog) => self.syslog(syslog),
            SinkKind::Teams(chat) | SinkKind::Slack(chat) => self.chat(chat),
            SinkKind::Alertmanager(alertmanager) => self.alertmanager(alertmanager),
        }
    }

    fn patience(&mut self, sink: &SinkConfig) {
        self.value("batch_entries_max", sink.batch_entries_max);
        self.value("batch_bytes_max", sink.batch_bytes_max);
        self.millis("timeout_ms", sink.timeout);
        self.millis("backoff_ms_min", sink.backoff_min);
        self.millis("backoff_ms_max", sink.backoff_max);
    }

    fn file(&mut self, path: &Path, rotate_bytes: u64, files_max: u32) {
        self.path("path", path);
        self.value("rotate_bytes", rotate_bytes);
        self.value("files_max", files_max);
    }

    fn splunk_hec(&mut self, splunk: &SplunkHecSink) {
        self.endpoint(&splunk.endpoint);
        self.line(&secret("token", &splunk.token));
        splunk.index.iter().for_each(|index| self.text("index", index));
        self.text("source", &splunk.source);
        self.text("sourcetype", &splunk.sourcetype);
        splunk.host.iter().for_each(|host| self.text("host", host));
        self.format(splunk.format);
        self.value("gzip", splunk.gzip);
        self.value("acknowledge", splunk.acknowledge);
        self.value("acknowledge_timeout_s", splunk.acknowledged_within.as_secs());
    }

    fn elasticsearch(&mut self, elastic: &ElasticsearchSink) {
        self.endpoint(&elastic.endpoint);
        self.http_auth(&elastic.auth);
        match &elastic.target {
            ElasticTarget::Daily(index) => self.text("index", index),
            ElasticTarget::DataStream(stream) => self.text("data_stream", stream),
        }
        self.value("gzip", elastic.gzip);
    }

    fn sentinel(&mut self, sentinel: &SentinelSink) {
        self.endpoint(&sentinel.endpoint);
        self.text("dcr", &sentinel.rule);
        self.text("stream", &sentinel.stream);
        self.entra_auth(&sentinel.auth);
        self.text("audience", &sentinel.audience);
    }

    fn syslog(&mut self, syslog: &SyslogSink) {
        self.text("address", &syslog.address);
        match &syslog.transport {
            SyslogTransport::Udp => self.text("transport", "udp"),
            SyslogTransport::Tcp => self.text("transport", "tcp"),
            SyslogTransport::Tls { trust, client } => {
                self.text("transport", "tls");
                self.trust(trust);
                if let Some((certificate, key)) = client {
                    self.path("client_cert_file", certificate);
                    self.path("client_key_file", key);
                }
            }
        }
        self.format(syslog.format);
        if syslog.transport != SyslogTransport::Udp {
            let is_counted = syslog.framing == SyslogFraming::OctetCounting;
            self.text("framing", if is_counted { "octet-counting" } else { "lf" });
        }
        self.value("facility", syslog.facility);
        self.text("hostname", &syslog.hostname);
        self.value("message_bytes_max", syslog.message_bytes_max);
        self.value("resend_max", syslog.resend_max);
    }

    fn chat(&mut self, chat: &ChatSink) {
        self.line(&secret("url", &chat.url));
        self.trust(&chat.trust);
        self.attention(chat.attention);
    }

    fn alertmanager(&mut self, alertmanager: &AlertmanagerSink) {
        self.endpoint(&alertmanager.endpoint);
        self.http_auth(&alertmanager.auth);
        self.attention(alertmanager.attention);
    }

    fn format(&mut self, format: Format) {
        self.text("format", format.as_str());
    }

    fn attention(&mut self, attention: Attention) {
        self.text("severity_min", attention.severity_min.as_str());
        self.value("per_hour_max", attention.per_hour_max);
    }

    fn endpoint(&mut self, endpoint: &Endpoint) {
        self.text("url", &endpoint.url);
        self.trust(&endpoint.trust);
    }

    fn trust(&mut self, trust: &Trust) {
        trust.ca_file.iter().for_each(|path| self.path("ca_file", path));
        self.value("tls_verify", trust.verify);
    }

    fn http_auth(&mut self, auth: &HttpAuth) {
        let auth = match auth {
            HttpAuth::None => r#"kind = "none""#.to_owned(),
            HttpAuth::Basic { username, password } => {
                format!(r#"kind = "basic", username = {}, {}"#, quoted(username), secret("password", password))
            }
            HttpAuth::ApiKey { key } => format!(r#"kind = "api-key", {}"#, secret("key", key)),
            HttpAuth::Bearer { token } => format!(r#"kind = "bearer", {}"#, secret("token", token)),
        };
        self.value("auth", format_args!("{{ {auth} }}"));
    }

    fn entra_auth(&mut self, auth: &EntraAuth) {
        let application = |kind: &str, authority: &str, tenant: &str, client: &str| {
            let [kind, authority, tenant, client] = [kind, authority, tenant, client].map(quoted);
            format!("kind = {kind}, authority = {authority}, tenant_id = {tenant}, client_id = {client}")
        };
        let auth = match auth {
            EntraAuth::ClientSecret { authority, tenant, client, secret: key } => {
                application("client-secret", authority, tenant, client) + ", " + &secret("secret", key)
            }
            EntraAuth::WorkloadIdentity { authority, tenant, client, token_file } => {
                let file = quoted(token_file.display());
                application("workload-identity", authority, tenant, client) + ", token_file = " + &file
            }
            EntraAuth::ManagedIdentity { metadata, client } => {
                let client = client.as_ref().map(|id| format!(", client_id = {}", quoted(id))).unwrap_or_default();
                format!(r#"kind = "managed-identity", metadata = {}{client}"#, quoted(metadata))
            }
        };
        self.value("auth", format_args!("{{ {auth} }}"));
    }
}
