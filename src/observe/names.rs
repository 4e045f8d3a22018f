//! The closed sets that labels are taken from.

use crate::config::Config;
use crate::decode::Reason;

/// The names that the configuration gives, in its order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names {
    /// Kafka sources.
    pub kafka_sources: Vec<String>,
    /// Webhook sources.
    pub webhook_sources: Vec<String>,
    /// Tenants, at their index.
    pub tenants: Vec<String>,
    /// Sinks, that of dead letters included.
    pub sinks: Vec<String>,
}

impl Names {
    /// The names in a configuration.
    #[must_use]
    pub fn of(config: &Config) -> Self {
        let sinks = config.sinks.iter().chain([&config.dead_letter]);
        Self {
            kafka_sources: config.kafka_sources.iter().map(|source| source.name.clone()).collect(),
            webhook_sources: config.webhook_sources.iter().map(|source| source.name.clone()).collect(),
            tenants: config.tenants.iter().map(|(_, tenant)| tenant.name.clone()).collect(),
            sinks: sinks.map(|sink| sink.name.clone()).collect(),
        }
    }

    /// Every source.
    pub(super) fn sources(&self) -> impl Iterator<Item = &str> {
        self.kafka_sources.iter().chain(&self.webhook_sources).map(String::as_str)
    }
}

/// Why something is a dead letter: what decoding says, what the inspector says, what the webhook says.
pub(super) fn dead_letter_reasons() -> impl Iterator<Item = &'static str> {
    Reason::ALL.map(Reason::as_str).into_iter().chain(["unknown_tenant", "not_gzip", "inflates_too_far", OTHER])
}

/// The label of what is in no closed set. Nothing should be; a series too many would be worse.
pub(super) const OTHER: &str = "other";
