//! The little that later stages need of a suspicious message.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::event::{DeliveryAction, Fingerprint, MailEvent, SourceNetwork, Text, Time};

use super::catalog::RuleSet;
use super::evidence::Evidence;
use super::severity::FactorSet;
use super::tenant::Tenant;
use super::travel::Arrival;
use super::verdict::Judgement;
use super::visit::Visit;

/// Longest attacker-chosen text that is carried beyond the record, in characters.
const TEXT_CHARS_MAX: usize = 256;

/// A suspicious message, owned and small: everything that correlation may know of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observation {
    /// Event time.
    pub time: Time,
    /// The rules that fired; never empty.
    pub rules: RuleSet,
    /// What makes it worse or less bad.
    pub factors: FactorSet,
    /// Names the message: of its NetworkMessageId, or where the form does not tell one, of what it does tell.
    pub message: Fingerprint,
    /// Names the recipient.
    pub recipient: Fingerprint,
    /// Names the row: of its ReportId. A repeat of the row has it again.
    pub row: Fingerprint,
    /// The address it is for: `RecipientEmailAddress`, folded, cut; empty where the form does not tell one.
    pub recipient_address: String,
    /// The address it came from.
    pub source: Option<IpAddr>,
    /// What it says, for joining by content.
    pub content: Option<Content>,
    /// Whom it claims to be: the header from, else the envelope from; folded.
    pub sender: Option<String>,
    /// The subject, cut.
    pub subject: Option<String>,
    /// NetworkMessageId, cut, for samples; empty where the form does not tell one.
    pub message_id: String,
    /// What became of it.
    pub delivery: DeliveryAction,
    /// The facts as evidence.
    pub evidence: Vec<Evidence>,
    /// Who spoke in the tenant's name at the direct door, where that is what happened.
    pub visit: Option<Visit>,
    /// What it would be the return of.
    pub arrival: Option<Arrival>,
}

impl Observation {
    /// Copies what is needed out of a judged message.
    #[must_use]
    pub fn of(judgement: &Judgement<'_>, tenant: &Tenant) -> Self {
        let event = judgement.facts.event;
        let sender = event.header_from.folded_address().or_else(|| event.envelope_from.folded_address());
        Self {
            time: event.timestamp,
            rules: judgement.rules,
            factors: judgement.factors,
            message: name_of(event),
            recipient: recipient_of(event),
            row: row_of(event),
            recipient_address: cut(&event.recipient.to_lowercase()),
            source: event.sender_ip().map(|address| address.to_canonical()),
            content: Content::of(event),
            sender: sender.map(|address| cut(&address)),
            subject: event.subject.as_deref().map(cut),
            message_id: cut(&event.network_message_id),
            delivery: event.delivery_action,
            evidence: judgement.facts.evidence().into_iter().map(cut_evidence).collect(),
            visit: Visit::of(&judgement.facts, tenant),
            arrival: Arrival::of(&judgement.facts),
        }
    }

    /// The network that it came from.
    #[must_use]
    pub fn network(&self) -> Option<SourceNetwork> {
        self.source.map(SourceNetwork::of)
    }
}

/// Names a recipient.
pub(super) fn recipient_of(event: &MailEvent<'_>) -> Fingerprint {
    recipient_name(&event.recipient)
}

/// The name of a recipient's address.
#[must_use]
pub fn recipient_name(address: &str) -> Fingerprint {
    Fingerprint::of("postern recipient", &[address.to_lowercase().as_bytes()])
}

/// The name of a message that has a NetworkMessageId.
#[must_use]
pub fn message_name(network_message_id: &str) -> Fingerprint {
    Fingerprint::of("postern message", &[network_message_id.as_bytes()])
}

/// Names a row of EmailEvents.
pub(super) fn row_of(event: &MailEvent<'_>) -> Fingerprint {
    Fingerprint::of("postern row", &[event.report_id.as_deref().unwrap_or_default().as_bytes()])
}

/// Two messages without a name are two, unless everything that tells them apart is equal.
pub(super) fn name_of(event: &MailEvent<'_>) -> Fingerprint {
    if !event.network_message_id.is_empty() {
        return message_name(&event.network_message_id);
    }
    let text = |text: &Option<Text<'_>>| text.as_deref().unwrap_or_default().as_bytes().to_vec();
    let source = event.sender_ip().map(|address| address.to_string()).unwrap_or_default();
    let parts = [
        event.timestamp.to_string().into_bytes(),
        text(&event.internet_message_id),
        text(&event.envelope_from.address),
        text(&event.header_from.address),
        text(&event.subject),
        source.into_bytes(),
    ];
    Fingerprint::of("postern unnamed message", &parts.each_ref().map(Vec::as_slice))
}

/// What a message says, in a form in which variations of one template are equal.
///
/// Microsoft's EmailClusterId where it is given; else the subject, normalised: compatibility-folded, in lower case,
/// without reply prefixes, with digits and white space collapsed, because templates vary in exactly those.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Content(pub Fingerprint);

impl Content {
    fn of(event: &MailEvent<'_>) -> Option<Self> {
        let cluster = event.cluster_id.as_deref().map(str::trim).filter(|id| !matches!(*id, "" | "0"));
        match cluster {
            Some(id) => Some(Self(Fingerprint::of("postern content cluster", &[id.as_bytes()]))),
            None => Self::of_subject(event.subject.as_deref()?),
        }
    }

    fn of_subject(subject: &str) -> Option<Self> {
        let normal = normalise_subject(subject);
        (!normal.is_empty()).then(|| Self(Fingerprint::of("postern content subject", &[normal.as_bytes()])))
    }
}

/// A subject without what replies, lists, filters and counters add to it.
pub(super) fn normalise_subject(subject: &str) -> String {
    let folded = fold_subject(subject);
    let mut rest = folded.trim();
    while let Some(shorter) = without_prefix(rest) {
        rest = shorter.trim_start();
    }
    collapse(rest)
}

/// Most subjects are ASCII, which compatibility composition leaves as it is.
fn fold_subject(subject: &str) -> String {
    use unicode_normalization::UnicodeNormalization;

    if subject.is_ascii() {
        subject[..subject.len().min(TEXT_CHARS_MAX)].to_ascii_lowercase()
    } else {
        subject.nfkc().take(TEXT_CHARS_MAX).collect::<String>().to_lowercase()
    }
}

/// Without the mark of a reply or a forward, or a tag in brackets, which lists and filters write; a tag is not all there is.
fn without_prefix(subject: &str) -> Option<&str> {
    let reply = ["re:", "fw:", "fwd:", "aw:", "wg:"].iter().find_map(|prefix| subject.strip_prefix(prefix));
    let tag = || subject.strip_prefix('[').and_then(|rest| rest.split_once(']')).map(|(_, rest)| rest);
    reply.or_else(|| tag().filter(|rest| !rest.trim().is_empty()))
}

/// Runs of digits become `#`, runs of white space one blank.
fn collapse(text: &str) -> String {
    let mut collapsed = String::with_capacity(text.len());
    for character in text.chars() {
        let class = match character {
            _ if character.is_numeric() => '#',
            _ if character.is_whitespace() => ' ',
            other => other,
        };
        if !(matches!(class, '#' | ' ') && collapsed.ends_with(class)) {
            collapsed.push(class);
        }
    }
    collapsed.trim_end().to_owned()
}

pub(super) fn cut(text: &str) -> String {
    text.chars().take(TEXT_CHARS_MAX).collect()
}

fn cut_evidence(evidence: Evidence) -> Evidence {
    Evidence { observed: cut(&evidence.observed), ..evidence }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variations_of_one_template_have_one_content() {
        let content = |subject| Content::of_subject(subject);
        assert_eq!(content("Caller Left VM Message 0:47"), content("RE: Fwd:  caller left VM  message 1:03 "));
        assert_eq!(content("Ｐayroll Update - 11/02/2026"), content("payroll update - 1/12/2026"));
        assert_ne!(content("Payroll"), content("Invoice"));
        assert_eq!(content(" Re: "), None);
    }

    #[test]
    fn two_messages_without_an_id_are_two() {
        let event = |id: &'static str, subject: &'static str| MailEvent {
            network_message_id: id.into(),
            subject: Some(subject.into()),
            ..MailEvent::default()
        };
        assert_ne!(name_of(&event("", "a")), name_of(&event("", "b")));
        assert_eq!(name_of(&event("", "a")), name_of(&event("", "a")));
        assert_eq!(name_of(&event("n", "a")), name_of(&event("n", "b")));
    }

    #[test]
    fn microsofts_cluster_wins_over_the_subject() {
        let event = |cluster: Option<&'static str>, subject: &'static str| MailEvent {
            cluster_id: cluster.map(Into::into),
            subject: Some(subject.into()),
            ..MailEvent::default()
        };
        assert_eq!(Content::of(&event(Some("7"), "a")), Content::of(&event(Some("7"), "b")));
        assert_eq!(Content::of(&event(Some("0"), "a")), Content::of(&event(None, "a")));
    }

    #[test]
    fn long_text_is_cut_at_a_character() {
        assert_eq!(cut(&"é".repeat(1000)).chars().count(), TEXT_CHARS_MAX);
    }
}
