//! One rule, one file; its documentation is the published page.

mod accepted_domains_changed;
mod anti_phish_weakened;
mod inbound_connector_removed;
mod inbound_connector_widened;
mod reject_direct_send_disabled;
mod spoof_allowed;
mod spoof_rule_weakened;
mod treat_as_internal_enabled;

pub(super) use accepted_domains_changed::ACCEPTED_DOMAINS_CHANGED;
pub(super) use anti_phish_weakened::ANTI_PHISH_WEAKENED;
pub(super) use inbound_connector_removed::INBOUND_CONNECTOR_REMOVED;
pub(super) use inbound_connector_widened::INBOUND_CONNECTOR_WIDENED;
pub(super) use reject_direct_send_disabled::REJECT_DIRECT_SEND_DISABLED;
pub(super) use spoof_allowed::SPOOF_ALLOWED;
pub(super) use spoof_rule_weakened::SPOOF_RULE_WEAKENED;
pub(super) use treat_as_internal_enabled::TREAT_AS_INTERNAL_ENABLED;
