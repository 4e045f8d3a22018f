//! The moment in which one message of one tenant is written.

use std::collections::VecDeque;

use super::authentication::ALL_PASS;
use super::cast::{Cast, Colleague, Walk};
use super::chance::Chance;
use super::label::Family;
use super::message::{INBOX, Message, Recipient, Source};
use super::names::OwnName;
use super::networks;
use super::options::TenantKind;
use super::subjects::Subject;

/// The connector of the third-party filter.
pub(super) const FILTER_CONNECTOR: &str = "Inbound from filter";
/// The connector of the relay on the premises.
pub(super) const RELAY_CONNECTOR: &str = "Inbound from headquarters";

/// Who writes, and what is known at that moment.
#[derive(Debug)]
pub(super) struct Scene<'a> {
    pub(super) cast: &'a Cast,
    pub(super) chance: &'a mut Chance,
    /// What left the tenant and may come back.
    pub(super) sent: &'a mut Sent,
    pub(super) tenant: usize,
    /// As [`Message::timestamp`].
    pub(super) timestamp: String,
}

impl<'a> Scene<'a> {
    pub(super) fn kind(&self) -> TenantKind {
        self.cast.tenants[self.tenant].kind
    }

    /// What every message has: a moment, a subject, a size, recipients in the tenant.
    pub(super) fn draft(&mut self) -> Message {
        let subject = Subject::any(self.chance);
        let network_message_id = self.chance.guid();
        let attachments = if self.chance.per_mille(300) { self.chance.within(1..=3) } else { 0 };
        Message {
            family: Family::External,
            campaign: None,
            ambiguous: false,
            tenant: self.tenant,
            timestamp: self.timestamp.clone(),
            internet_message_id: exchange_message_id(&network_message_id),
            network_message_id,
            envelope_from: None,
            header_from: String::new(),
            display_name: String::new(),
            sender_object_id: None,
            source: networks::STRANGERS.subnet(0).host(0, false),
            recipients: self.several_colleagues(),
            shown_to: None,
            copied_to: Vec::new(),
            subject: subject.numbered(self.chance),
            language: subject.language,
            cluster_id: self.chance.within(100_000_000..=u32::MAX),
            direction: "Inbound",
            delivery: &INBOX,
            authentication: ALL_PASS,
            attachments,
            urls: self.chance.within(0..=12),
            connector: None,
            size_bytes: self.chance.within(6_000..=90_000) + attachments * self.chance.within(20_000..=2_000_000),
            first_contact: false,
        }
    }

    /// A message that was sent to the tenant's MX, as it arrives: where the MX is a filter, the filter delivers it.
    ///
    /// The filter's door is trusted, so a record that would look like an attack at the open door no longer does.
    pub(super) fn arrived(&mut self, message: Message) -> Message {
        if self.kind() != TenantKind::Gateway {
            return message;
        }
        Message {
            source: self.filter_host(),
            connector: Some(FILTER_CONNECTOR),
            authentication: message.authentication.seen_through_filter(self.chance),
            ambiguous: false,
            ..message
        }
    }

    pub(super) fn filter_host(&mut self) -> Source {
        networks::FILTER.host(self.chance.within(0..=29), self.chance.per_mille(100))
    }

    pub(super) fn colleague(&mut self) -> Colleague<'a> {
        self.cast.colleague(self.tenant, Walk::random(self.chance).person(0))
    }

    /// An address at the tenant's first domain.
    pub(super) fn own_address(&self, local: &str) -> String {
        [local, "@", &self.cast.names[self.tenant].primary].concat()
    }

    /// An address at another name of the tenant.
    pub(super) fn own_address_at(&mut self, local: &str, name: OwnName) -> String {
        [local, "@", &self.cast.names[self.tenant].write(name, self.chance)].concat()
    }

    /// The same for every family, so that shares of messages are shares of rows.
    pub(super) fn recipient_count(&mut self) -> u32 {
        if self.chance.per_mille(200) { self.chance.within(2..=6) } else { 1 }
    }

    fn several_colleagues(&mut self) -> Vec<Recipient> {
        let walk = Walk::random(self.chance);
        let count = self.recipient_count();
        (0..count).map(|step| self.cast.colleague(self.tenant, walk.person(step)).as_recipient()).collect()
    }
}

/// What left a tenant lately, oldest first: only that can come back as an echo.
#[derive(Debug, Default)]
pub(super) struct Sent(VecDeque<SentMessage>);

/// What an echo repeats.
#[derive(Debug)]
pub(super) struct SentMessage {
    pub(super) internet_message_id: String,
    pub(super) sender: String,
    pub(super) display_name: String,
    pub(super) subject: String,
    pub(super) language: &'static str,
    pub(super) cluster_id: u32,
    /// The number of the stranger that it went to.
    pub(super) stranger: u16,
}

impl Sent {
    /// More would come back so late that nobody would take it for an echo.
    const KEPT_MAX: usize = 24;

    pub(super) fn remember(&mut self, message: SentMessage) {
        if self.0.len() == Self::KEPT_MAX {
            self.0.pop_front();
        }
        self.0.push_back(message);
    }

    /// The oldest, each once.
    pub(super) fn take(&mut self) -> Option<SentMessage> {
        self.0.pop_front()
    }
}

/// Exchange Online's own form, made of the message's own id.
fn exchange_message_id(network_message_id: &str) -> String {
    let mut id = String::with_capacity(96);
    id.push_str("AM0PR01MB0001");
    id.extend(network_message_id.chars().filter(|char| *char != '-').map(|char| char.to_ascii_uppercase()));
    id.push_str("@AM0PR01MB0001.eurprd01.prod.exchangelabs.com");
    id
}
