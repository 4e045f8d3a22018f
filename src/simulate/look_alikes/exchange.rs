//! What Exchange Online and its provider write themselves.

use crate::simulate::authentication::{ALL_PASS, WITHIN_EXCHANGE};
use crate::simulate::label::Family;
use crate::simulate::message::{Message, Recipient};
use crate::simulate::networks;
use crate::simulate::options::TenantKind;
use crate::simulate::scene::{RELAY_CONNECTOR, Scene};

/// The subnet of the cloud provider, behind those of all strangers.
const PROVIDER: u32 = 250;

/// The journal mailbox, which no person has.
const JOURNAL_MAILBOX: u64 = 999;

impl Scene<'_> {
    /// Intra-org, unsigned, in a colleague's name.
    pub(super) fn group_or_share(&mut self) -> Message {
        let message = self.submitted();
        let subject = format!("{} shared \"Q3 plan {}\" with you", message.display_name, self.chance.within(1..=999));
        Message { family: Family::GroupOrShare, direction: "Intra-org", subject, urls: 1, language: "en", ..message }
    }

    /// The provider has a reserved name here, because nobody real shall be accused.
    pub(super) fn service_notice(&mut self) -> Message {
        let address = "noreply@cloud-provider.example".to_owned();
        let message = Message {
            family: Family::ServiceNotice,
            display_name: "Service notices".to_owned(),
            envelope_from: Some(address.clone()),
            header_from: address,
            source: networks::STRANGERS.subnet(PROVIDER).host(250, false),
            authentication: ALL_PASS,
            ..self.draft()
        };
        self.arrived(message)
    }

    /// Written by the tenant's own transport: inside, or on the premises.
    pub(super) fn journal_report(&mut self) -> Message {
        let is_on_premises = self.kind() == TenantKind::Hybrid;
        let message = self.submitted();
        let journal = Recipient {
            address: self.own_address("journal"),
            mailbox: self.tenant as u64 * 1_000 + JOURNAL_MAILBOX,
            object_id: None,
        };
        let source = networks::RELAYS_ON_PREMISES.subnet(self.tenant as u32).host(0, false);
        Message {
            family: Family::JournalReport,
            envelope_from: None,
            sender_object_id: None,
            recipients: vec![journal],
            source: if is_on_premises { source } else { message.source },
            connector: is_on_premises.then_some(RELAY_CONNECTOR),
            direction: if is_on_premises { "Inbound" } else { "Intra-org" },
            authentication: WITHIN_EXCHANGE,
            ..message
        }
    }
}
