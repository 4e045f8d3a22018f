//! What comes back: forwarders, lists and automatic replies.
//!
//! An echo repeats what left the tenant earlier in the same stream, under the same Message-Id, and comes from where it was
//! sent. Without anything to repeat there is no echo, and a forwarder that leaves the signature whole takes its place.

use crate::simulate::authentication::{Authentication, DKIM_ALIGNED, SPF_ALIGNED, results};
use crate::simulate::label::Family;
use crate::simulate::message::Message;
use crate::simulate::scene::{Scene, SentMessage};

/// The forwarder is in nobody's SPF and has changed what was signed.
const BROKEN: [Authentication; 3] = [
    results("softfail", "fail", "fail", "fail"),
    results("fail", "fail", "fail", "none"),
    results("none", "fail", "fail", "softpass"),
];

impl Scene<'_> {
    /// The signature is whole, so DMARC passes.
    pub(super) fn forwarded_intact(&mut self) -> Message {
        let sender = self.colleague();
        let message = Message {
            family: Family::ForwardedIntact,
            display_name: sender.name(),
            envelope_from: Some(sender.address()),
            header_from: sender.address(),
            source: self.cast.stranger(self.chance).source(),
            authentication: DKIM_ALIGNED,
            ..self.draft()
        };
        self.arrived(message)
    }

    /// The forwarder keeps the envelope and breaks the signature.
    pub(super) fn forwarded_broken(&mut self) -> Message {
        let Some(sent) = self.sent.take() else { return self.forwarded_intact() };
        let message = Message {
            family: Family::ForwardedBroken,
            envelope_from: Some(sent.sender.clone()),
            authentication: self.chance.one_of(&BROKEN),
            ..self.echo(sent)
        };
        self.arrived(message)
    }

    /// The list writes its own envelope, for which SPF passes, and a footer, which breaks the signature.
    pub(super) fn mailing_list(&mut self) -> Message {
        let Some(sent) = self.sent.take() else { return self.forwarded_intact() };
        let domain = self.cast.stranger_of(sent.stranger).domain;
        let message = Message {
            family: Family::MailingList,
            envelope_from: Some(format!("users-bounces@{domain}")),
            authentication: results("pass", "fail", "fail", "fail"),
            subject: ["[users] ", &sent.subject].concat(),
            ..self.echo(sent)
        };
        self.arrived(message)
    }

    /// No envelope sender, and a stranger in the header.
    pub(super) fn automatic_reply(&mut self) -> Message {
        let stranger = self.cast.stranger(self.chance);
        let draft = self.draft();
        let is_undelivered = self.chance.per_mille(400);
        let (name, sender) = stranger.person(self.chance.within(0..=99));
        let (prefix, display_name, header_from) = match is_undelivered {
            true => ("Undeliverable: ", "Mail Delivery System".to_owned(), ["postmaster@", stranger.domain].concat()),
            false => ("Automatic reply: ", name, sender),
        };
        let message = Message {
            family: Family::AutomaticReply,
            display_name,
            header_from,
            source: stranger.source(),
            subject: [prefix, &draft.subject].concat(),
            authentication: self.chance.weighted(&[(3, SPF_ALIGNED), (1, results("none", "none", "none", "none"))]),
            ..draft
        };
        self.arrived(message)
    }

    fn echo(&mut self, sent: SentMessage) -> Message {
        Message {
            ambiguous: true,
            internet_message_id: sent.internet_message_id,
            header_from: sent.sender,
            display_name: sent.display_name,
            subject: sent.subject,
            language: sent.language,
            cluster_id: sent.cluster_id,
            source: self.cast.stranger_of(sent.stranger).source(),
            ..self.draft()
        }
    }
}
