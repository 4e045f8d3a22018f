//! One rule, one file; its documentation is the published page.

mod direct_send_spoof;
mod gateway_bypass;
mod header_from_spoof;
mod spoof_through_connector;

pub(super) use direct_send_spoof::DIRECT_SEND_SPOOF;
pub(super) use gateway_bypass::GATEWAY_BYPASS;
pub(super) use header_from_spoof::HEADER_FROM_SPOOF;
pub(super) use spoof_through_connector::SPOOF_THROUGH_CONNECTOR;

use super::alignment::Alignment;
use super::answer::{Answer, Gap};
use super::catalog::Condition;
use super::claim::Claim;
use super::entry::Entry;

/// Asked by every rule about the unauthenticated entrance.
const ENTERED_DIRECTLY: Condition = Condition {
    question: "Did it enter from the internet through no connector?",
    holds: |facts, _| facts.entry_answer(facts.entry == Entry::Direct),
};

/// Asked by every rule about a claim. An absent result proves nothing, so it does not count as a proof.
const NOTHING_PROVES_IT: Condition = Condition {
    question: "Is the claim unproven (no DMARC pass, no aligned SPF or DKIM pass)?",
    holds: |facts, _| {
        let gap = Gap::Authentication.of(facts.event.untold);
        Answer::unless(gap, facts.alignment != Alignment::Aligned)
    },
};

/// Asked by every rule that a configured source may break.
const NOT_SANCTIONED: Condition =
    Condition { question: "Is the source unsanctioned?", holds: |facts, _| facts.sanction.is_none().into() };

/// Asked by every rule about the header from.
const SHOWS_OWN_DOMAIN: Condition = Condition {
    question: "Does the From: header (P2) use an own domain?",
    holds: |facts, _| facts.header_claim.answer(Gap::HeaderFrom, Claim::is_own),
};
