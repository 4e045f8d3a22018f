//! An ordinary day: everything in a tenant's mail that is no attack.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::cast::{Cast, Colleague, Stranger, Walk};
use super::chance::Chance;
use super::label::Family;
use super::message::{Delivery, INBOX, JUNKED_AS_SPAM, LEFT_THE_TENANT, Message, QUARANTINED, Recipient, Source};
use super::options::Mix;
use super::subjects::Subject;

pub(super) const ALL_PASS: &str = r#"{"SPF":"pass","DKIM":"pass","DMARC":"pass","CompAuth":"pass"}"#;
pub(super) const SPF_ALIGNED: &str = r#"{"SPF":"pass","DKIM":"none","DMARC":"pass","CompAuth":"pass"}"#;
pub(super) const DKIM_ALIGNED: &str = r#"{"SPF":"fail","DKIM":"pass","DMARC":"pass","CompAuth":"pass"}"#;
pub(super) const NO_POLICY: &str = r#"{"SPF":"pass","DKIM":"none","DMARC":"bestguesspass","CompAuth":"pass"}"#;
const WITHIN_EXCHANGE: &str = r#"{"DKIM":"none","DMARC":"none"}"#;

/// How strangers fare who do not pass; they claim their own names, so none of it is Direct Send.
const STRANGERS_FAILURES: [&str; 6] = [
    r#"{"SPF":"softfail","DKIM":"none","DMARC":"none","CompAuth":"softpass"}"#,
    r#"{"SPF":"none","DKIM":"none","DMARC":"none","CompAuth":"none"}"#,
    r#"{"SPF":"fail","DKIM":"fail","DMARC":"fail","CompAuth":"fail"}"#,
    r#"{"SPF":"temperror","DKIM":"pass","DMARC":"temperror","CompAuth":"none"}"#,
    r#"{"SPF":"neutral","DKIM":"timeout","DMARC":"fail","CompAuth":"fail"}"#,
    r#"{"SPF":"permerror","DKIM":"none","DMARC":"permerror","CompAuth":"fail"}"#,
];

const BULK_SENDERS: [(&str, &str); 6] = [
    ("Billing", "billing"),
    ("Customer Service", "no-reply"),
    ("The Weekly Newsletter", "newsletter"),
    ("Notifications", "notifications"),
    ("Kundenservice", "kundenservice"),
    ("お客様サポート", "support"),
];

/// Draws the ordinary messages of one tenant.
#[derive(Debug)]
pub(super) struct Scene<'a> {
    pub(super) cast: &'a Cast,
    pub(super) chance: &'a mut Chance,
    pub(super) tenant: usize,
    /// As [`Message::timestamp`].
    pub(super) timestamp: String,
}

impl<'a> Scene<'a> {
    /// A message of the kind that the mix and chance choose.
    pub(super) fn ordinary(mut self, mix: Mix) -> Message {
        let draw = self.chance.below(mix.ordinary());
        let shares = [
            (mix.external, Self::external as fn(&mut Self) -> Message),
            (mix.outbound, Self::outbound),
            (mix.intra_org, Self::intra_org),
            (mix.own_domain, Self::own_domain),
        ];
        let mut below = 0;
        for (share, play) in shares {
            below += u64::from(share);
            if draw < below {
                return play(&mut self);
            }
        }
        self.own_domain()
    }

    /// What every message has: a moment, a subject, a size, recipients in the tenant.
    pub(super) fn draft(&mut self) -> Message {
        let subject = Subject::any(self.chance);
        let network_message_id = self.chance.guid();
        let attachments = if self.chance.per_mille(300) { self.chance.within(1..=3) } else { 0 };
        Message {
            family: Family::External,
            campaign: None,
            tenant: self.tenant,
            timestamp: self.timestamp.clone(),
            internet_message_id: exchange_message_id(&network_message_id),
            network_message_id,
            envelope_from: None,
            header_from: String::new(),
            display_name: String::new(),
            sender_object_id: None,
            source: Source::V4(Ipv4Addr::UNSPECIFIED),
            recipients: self.several_colleagues(),
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

    fn external(&mut self) -> Message {
        let stranger = self.cast.stranger(self.chance);
        match self.chance.below(100) {
            0 => self.bounce(stranger),
            1..=45 => self.bulk_mail(stranger),
            _ => self.personal_mail(stranger),
        }
    }

    fn personal_mail(&mut self, stranger: Stranger<'_>) -> Message {
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

    /// Null reverse-path.
    fn bounce(&mut self, stranger: Stranger<'_>) -> Message {
        let draft = self.draft();
        Message {
            display_name: "Mail Delivery System".to_owned(),
            header_from: ["postmaster@", stranger.domain].concat(),
            source: stranger.source(),
            subject: ["Undeliverable: ", &draft.subject].concat(),
            authentication: SPF_ALIGNED,
            ..draft
        }
    }

    fn outbound(&mut self) -> Message {
        let stranger = self.cast.stranger(self.chance);
        let walk = Walk::random(self.chance);
        Message {
            family: Family::Outbound,
            direction: "Outbound",
            delivery: &LEFT_THE_TENANT,
            recipients: (0..self.recipient_count()).map(|step| stranger.recipient(walk.person(step))).collect(),
            ..self.submitted()
        }
    }

    fn intra_org(&mut self) -> Message {
        Message { family: Family::IntraOrg, direction: "Intra-org", ..self.submitted() }
    }

    /// Sent by an account of the tenant, so nobody asks SPF.
    fn submitted(&mut self) -> Message {
        let sender = self.colleague();
        let address = if self.chance.per_mille(100) { capitalised_domain(&sender.address()) } else { sender.address() };
        Message {
            display_name: sender.name(),
            envelope_from: Some(address.clone()),
            header_from: address,
            sender_object_id: Some(sender.object_id()),
            source: Source::Both(
                Ipv4Addr::new(192, 0, 2, self.chance.within(1..=63) as u8),
                Ipv6Addr::new(0x2001, 0xdb8, 0x40, self.chance.within(0..=0xff) as u16, 0, 0, 0, 0),
            ),
            authentication: WITHIN_EXCHANGE,
            ..self.draft()
        }
    }

    fn strangers_authentication(&mut self) -> &'static str {
        match self.chance.below(100) {
            0..=7 => self.chance.one_of(&STRANGERS_FAILURES),
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

    fn several_colleagues(&mut self) -> Vec<Recipient> {
        let walk = Walk::random(self.chance);
        let count = self.recipient_count();
        (0..count).map(|step| self.cast.colleague(self.tenant, walk.person(step)).as_recipient()).collect()
    }

    /// The same for every family, so that shares of messages are shares of rows.
    fn recipient_count(&mut self) -> u32 {
        if self.chance.per_mille(200) { self.chance.within(2..=6) } else { 1 }
    }

    pub(super) fn colleague(&mut self) -> Colleague<'a> {
        self.cast.colleague(self.tenant, Walk::random(self.chance).person(0))
    }
}

/// Exchange Online's own form, made of the message's own id.
fn exchange_message_id(network_message_id: &str) -> String {
    let unique = network_message_id.replace('-', "").to_ascii_uppercase();
    format!("AM0PR01MB0001{unique}@AM0PR01MB0001.eurprd01.prod.exchangelabs.com")
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
