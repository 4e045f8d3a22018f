//! An ordinary day: what strangers write, what leaves the tenant, and what stays inside.

use super::authentication::{ALL_PASS, Authentication, DKIM_ALIGNED, NO_POLICY, SPF_ALIGNED, WITHIN_EXCHANGE};
use super::cast::{Stranger, Walk};
use super::label::Family;
use super::message::{Delivery, INBOX, JUNKED_AS_SPAM, LEFT_THE_TENANT, Message, QUARANTINED};
use super::networks;
use super::options::Mix;
use super::scene::{Scene, SentMessage};

const BULK_SENDERS: [(&str, &str); 6] = [
    ("Billing", "billing"),
    ("Customer Service", "no-reply"),
    ("The Weekly Newsletter", "newsletter"),
    ("Notifications", "notifications"),
    ("Kundenservice", "kundenservice"),
    ("お客様サポート", "support"),
];

/// How one message comes about.
pub(super) type Play<'a> = fn(&mut Scene<'a>) -> Message;

impl<'a> Scene<'a> {
    /// A message of the kind that the mix and chance choose; the mix must weigh something.
    pub(super) fn ordinary(mut self, mix: Mix) -> Message {
        let play = self.chance.weighted(&[
            (mix.external, Self::external as Play<'a>),
            (mix.outbound, Self::outbound),
            (mix.intra_org, Self::intra_org),
            (mix.look_alike, Self::look_alike),
        ]);
        play(&mut self)
    }

    fn external(&mut self) -> Message {
        let stranger = self.cast.stranger(self.chance);
        let message = if self.chance.per_mille(450) { self.bulk_mail(stranger) } else { self.personal_mail(stranger) };
        self.arrived(message)
    }

    /// From a person, under a name that nobody doubts.
    pub(super) fn personal_mail(&mut self, stranger: Stranger<'_>) -> Message {
        let walk = Walk::random(self.chance);
        let (display_name, address) = stranger.person(walk.person(0));
        let copies = if self.chance.per_mille(400) { self.chance.within(1..=6) } else { 0 };
        Message {
            display_name,
            envelope_from: Some(address.clone()),
            header_from: address,
            source: stranger.source(),
            copied_to: (1..=copies).map(|step| stranger.person(walk.person(step)).1).collect(),
            authentication: self.strangers_authentication(),
            delivery: self.strangers_delivery(),
            first_contact: self.chance.per_mille(120),
            ..self.draft()
        }
    }

    /// Envelope and header differ, as they do at every mailer that counts its bounces.
    fn bulk_mail(&mut self, stranger: Stranger<'_>) -> Message {
        let (name, local) = self.chance.one_of(&BULK_SENDERS);
        let draft = self.draft();
        let returns = self.chance.guid();
        Message {
            display_name: [name, " | ", stranger.domain].concat(),
            envelope_from: Some(format!("bounces+{returns}@mail.{}", stranger.domain)),
            header_from: [local, "@", stranger.domain].concat(),
            source: stranger.source(),
            internet_message_id: format!("{returns}.{}@mail.{}", draft.cluster_id, stranger.domain),
            authentication: self.strangers_authentication(),
            delivery: self.strangers_delivery(),
            ..draft
        }
    }

    fn outbound(&mut self) -> Message {
        let stranger = self.cast.stranger(self.chance);
        let walk = Walk::random(self.chance);
        let message = Message {
            family: Family::Outbound,
            direction: "Outbound",
            delivery: &LEFT_THE_TENANT,
            recipients: (0..self.recipient_count()).map(|step| stranger.recipient(walk.person(step))).collect(),
            ..self.submitted()
        };
        self.sent.remember(SentMessage {
            internet_message_id: message.internet_message_id.clone(),
            sender: message.header_from.clone(),
            display_name: message.display_name.clone(),
            subject: message.subject.clone(),
            language: message.language,
            cluster_id: message.cluster_id,
            stranger: stranger.number,
        });
        message
    }

    fn intra_org(&mut self) -> Message {
        Message { family: Family::IntraOrg, direction: "Intra-org", ..self.submitted() }
    }

    /// Sent by an account of the tenant.
    pub(super) fn submitted(&mut self) -> Message {
        let sender = self.colleague();
        let address = if self.chance.per_mille(100) { capitalised_domain(&sender.address()) } else { sender.address() };
        Message {
            display_name: sender.name(),
            envelope_from: Some(address.clone()),
            header_from: address,
            sender_object_id: Some(sender.object_id()),
            source: networks::EXCHANGE_ONLINE.host_of_both(self.chance.within(0..=61)),
            authentication: WITHIN_EXCHANGE,
            ..self.draft()
        }
    }

    /// Strangers fail in every way that there is; they claim their own names, so none of it is Direct Send.
    pub(super) fn strangers_authentication(&mut self) -> Authentication {
        match self.chance.below(100) {
            0..=7 => Authentication::unproven(self.chance),
            8..=17 => NO_POLICY,
            18..=27 => SPF_ALIGNED,
            28..=32 => DKIM_ALIGNED,
            _ => ALL_PASS,
        }
    }

    fn strangers_delivery(&mut self) -> &'static Delivery {
        match self.chance.below(100) {
            0..=5 => &JUNKED_AS_SPAM,
            6 => &QUARANTINED,
            _ => &INBOX,
        }
    }
}

/// `sam@Contoso.com`: case is preserved on the wire, and it does occur.
fn capitalised_domain(address: &str) -> String {
    let first = address.find('@').map_or(0, |at| at + 1);
    let mut address = address.to_owned();
    if let Some(letter) = address.get_mut(first..=first) {
        letter.make_ascii_uppercase();
    }
    address
}
