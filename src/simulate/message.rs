//! What happened, before anybody writes it down.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use super::authentication::Authentication;
use super::label::Family;

/// One message. Its rows differ in the recipient alone.
#[derive(Debug)]
pub(super) struct Message {
    pub(super) family: Family,
    pub(super) campaign: Option<u32>,
    /// As in the label.
    pub(super) ambiguous: bool,
    /// The index of the tenant.
    pub(super) tenant: usize,
    /// To the second, without zone, which is UTC: `2026-11-02T08:16:02`.
    pub(super) timestamp: String,
    pub(super) network_message_id: String,
    /// Without the angle brackets.
    pub(super) internet_message_id: String,
    /// RFC 5321 `MAIL FROM`; `None` for bounces.
    pub(super) envelope_from: Option<String>,
    pub(super) header_from: String,
    pub(super) display_name: String,
    pub(super) sender_object_id: Option<String>,
    pub(super) source: Source,
    /// In `To:` unless something else is shown there, and one row each.
    pub(super) recipients: Vec<Recipient>,
    /// What `To:` shows instead of the recipients.
    pub(super) shown_to: Option<String>,
    /// In `Cc:`, and outside the tenant, so without rows.
    pub(super) copied_to: Vec<String>,
    pub(super) subject: String,
    pub(super) language: &'static str,
    pub(super) cluster_id: u32,
    pub(super) direction: &'static str,
    pub(super) delivery: &'static Delivery,
    pub(super) authentication: Authentication,
    pub(super) attachments: u32,
    pub(super) urls: u32,
    pub(super) connector: Option<&'static str>,
    pub(super) size_bytes: u32,
    pub(super) first_contact: bool,
}

/// One row of EmailEvents: a message as one recipient got it.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub(super) message: Arc<Message>,
    nth: usize,
}

impl Row {
    /// The row of the first recipient, of whom there must be one.
    pub(super) fn first_of(message: Message) -> Self {
        Self { message: Arc::new(message), nth: 0 }
    }

    /// Whether it is the row of the first recipient.
    pub(super) const fn is_first(&self) -> bool {
        self.nth == 0
    }

    /// The row of the recipient after this one.
    pub(super) fn next(&self) -> Option<Self> {
        let nth = self.nth + 1;
        (nth < self.message.recipients.len()).then(|| Self { message: Arc::clone(&self.message), nth })
    }

    pub(super) fn recipient(&self) -> &Recipient {
        &self.message.recipients[self.nth]
    }
}

/// Who gets a message.
#[derive(Debug)]
pub(super) struct Recipient {
    pub(super) address: String,
    /// Stable for a mailbox; becomes the digits of its report ids.
    pub(super) mailbox: u64,
    /// `None` outside the tenants.
    pub(super) object_id: Option<String>,
}

/// The relay that Exchange Online saw last.
#[derive(Debug, Clone, Copy)]
pub(super) enum Source {
    V4(Ipv4Addr),
    V6(Ipv6Addr),
    /// As captured within a tenant.
    Both(Ipv4Addr, Ipv6Addr),
}

impl Source {
    pub(super) const fn v4(self) -> Option<Ipv4Addr> {
        match self {
            Self::V4(address) | Self::Both(address, _) => Some(address),
            Self::V6(_) => None,
        }
    }

    pub(super) const fn v6(self) -> Option<Ipv6Addr> {
        match self {
            Self::V6(address) | Self::Both(_, address) => Some(address),
            Self::V4(_) => None,
        }
    }
}

/// What Microsoft made of a message and why; all in the words of the columns.
#[derive(Debug)]
pub(super) struct Delivery {
    pub(super) action: &'static str,
    pub(super) location: &'static str,
    pub(super) threat_types: Option<&'static str>,
    pub(super) detection_methods: Option<&'static str>,
    pub(super) confidence: Option<&'static str>,
    pub(super) email_action: Option<&'static str>,
    pub(super) policy: Option<&'static str>,
    /// The override of the organisation that decided: the action and its policy.
    pub(super) org_level: Option<(&'static str, &'static str)>,
}

pub(super) static INBOX: Delivery = undisturbed("Inbox/folder");
pub(super) static LEFT_THE_TENANT: Delivery = undisturbed("On-premises/External");

pub(super) static JUNKED_AS_SPAM: Delivery = Delivery {
    action: "Junked",
    location: "Junk folder",
    threat_types: Some("Spam"),
    detection_methods: Some(r#"{"Spam":["Advanced filter"]}"#),
    confidence: Some(r#"{"Spam":"5"}"#),
    email_action: Some("Move message to junk mail folder"),
    policy: Some("Antispam"),
    org_level: None,
};

pub(super) static JUNKED_AS_SPOOF: Delivery = JUNKED_AS_SPOOF_BY_POLICY;

const JUNKED_AS_SPOOF_BY_POLICY: Delivery = Delivery {
    action: "Junked",
    location: "Junk folder",
    threat_types: Some("Phish"),
    detection_methods: Some(r#"{"Phish":["Spoof intra-org"]}"#),
    confidence: Some(r#"{"Phish":"Normal"}"#),
    email_action: Some("Move message to junk mail folder"),
    policy: Some("Anti-phishing spoof"),
    org_level: None,
};

/// DMARC failed at a domain that asks for rejection, and the tenant honours it halfway.
pub(super) static JUNKED_BY_DMARC: Delivery =
    Delivery { detection_methods: Some(r#"{"Phish":["Spoof DMARC"]}"#), ..JUNKED_AS_SPOOF_BY_POLICY };

/// Let through by the list of allowed simulations. That the columns say it in these words is an assumption.
pub(super) static ALLOWED_AS_SIMULATION: Delivery =
    Delivery { org_level: Some(("Allow", "Phishing simulation")), ..undisturbed("Inbox/folder") };

pub(super) static QUARANTINED: Delivery = Delivery {
    action: "Blocked",
    location: "Quarantine",
    threat_types: Some("Phish"),
    detection_methods: Some(r#"{"Phish":["Advanced filter"]}"#),
    confidence: Some(r#"{"Phish":"High"}"#),
    email_action: Some("Send to quarantine"),
    policy: Some("Antispam phishing"),
    org_level: None,
};

const fn undisturbed(location: &'static str) -> Delivery {
    Delivery {
        action: "Delivered",
        location,
        threat_types: None,
        detection_methods: None,
        confidence: None,
        email_action: None,
        policy: None,
        org_level: None,
    }
}
