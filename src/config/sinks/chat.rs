//! `[[sink.teams]]`, `[[sink.slack]]`, `[[sink.alertmanager]]`: what wakes a person, and so must not tire one.

use super::SinkKind;
use super::endpoint::{Endpoint, Trust};
use super::siem::HttpAuth;
use crate::config::secret::SecretSource;
use crate::config::section::Section;
use crate::judge::Severity;

/// A channel of Microsoft Teams, by a workflow, or of Slack, by an incoming webhook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChatSink {
    /// `url_file` or `url = "${NAME}"`: the address is the secret.
    pub url: SecretSource,
    /// Whom to trust.
    pub trust: Trust,
    /// What is worth a message.
    pub attention: Attention,
}

/// Prometheus Alertmanager, API v2.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertmanagerSink {
    /// `url`; one sink for each member of a cluster.
    pub endpoint: Endpoint,
    /// `auth`.
    pub auth: HttpAuth,
    /// What is worth a notification.
    pub attention: Attention,
}

/// How much a person is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attention {
    /// `severity_min`, default medium.
    pub severity_min: Severity,
    /// `per_hour_max`: alerts that are told one by one in an hour, default 30; the rest is told as a number.
    pub per_hour_max: u32,
}

impl ChatSink {
    pub(super) fn read(section: &mut Section<'_>) -> Option<Self> {
        let url = SecretSource::read(section, "url");
        let trust = Trust::read(section);
        let attention = Attention::read(section);
        Some(Self { url: url?, trust: trust?, attention: attention? })
    }
}

impl AlertmanagerSink {
    pub(super) fn read(section: &mut Section<'_>) -> Option<SinkKind> {
        let endpoint = Endpoint::read(section, "https://alertmanager.example:9093");
        let auth = HttpAuth::read(section.section("auth"), false);
        let attention = Attention::read(section);
        Some(SinkKind::Alertmanager(Self { endpoint: endpoint?, auth: auth?, attention: attention? }))
    }
}

impl Attention {
    fn read(section: &mut Section<'_>) -> Option<Self> {
        let words = Severity::ALL.map(|severity| (severity.as_str(), severity));
        let severity_min = section.or("severity_min", Severity::Medium, |field| field.choice(&words));
        let per_hour_max = section.number("per_hour_max", 1..=1_000, 30);
        Some(Self { severity_min: severity_min?, per_hour_max: per_hour_max? })
    }
}
