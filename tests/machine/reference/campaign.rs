//! A campaign as the list of its messages, and what follows from it.

use std::collections::BTreeSet;

use postern::correlate::{Distinct, Fate, Kind, Related, Says};
use postern::event::{Fingerprint, SourceNetwork, Span, Time};
use postern::judge::{Content, Factor, FactorSet, Observation, RuleSet, Standing, Visit, weigh};

use crate::summary::Summary;

const IDLE: Span = Span::hours(1);
const LIFE_MAX: Span = Span::hours(24);
const QUIET: Span = Span::hours(4 * 24);
const STEADY_LIFE_MAX: Span = Span::hours(30 * 24);
const LATENESS: Span = Span::minutes(10);
const VOICES_MAX: usize = 8;
const BURST: usize = 10;
const IDENTITIES: usize = 3;

/// Messages that belong together.
pub(super) struct Campaign {
    kind: Kind,
    /// Every row that was taken in, corrections included.
    pub(super) members: Vec<Observation>,
    pub(super) related: Vec<Related>,
    pub(super) is_closed: bool,
}

impl Campaign {
    pub(super) fn of(kind: Kind, member: Observation) -> Self {
        Self { kind, members: vec![member], related: Vec::new(), is_closed: false }
    }

    /// What is left of one that became part of another.
    pub(super) const fn gone() -> Self {
        Self { kind: Kind::Ordinary, members: Vec::new(), related: Vec::new(), is_closed: true }
    }

    /// Whether a message would join.
    pub(super) fn would_take(&self, message: &Observation, kind: Kind) -> bool {
        !self.is_closed && self.kind == kind && self.shares(message) && self.covers(message)
    }

    /// Time of the message that opened it.
    pub(super) fn opened(&self) -> Option<Time> {
        self.members.first().map(|member| member.time)
    }

    /// Whether two are not too long for one.
    pub(super) fn may_be_one_with(&self, other: &Self) -> bool {
        let members = self.members.iter().chain(&other.members).cloned().collect();
        let both = Self { kind: self.kind, members, related: Vec::new(), is_closed: false };
        let life_max = if both.is_steady() { STEADY_LIFE_MAX } else { LIFE_MAX };
        both.last_seen() - both.first_seen() <= life_max
    }

    fn shares(&self, message: &Observation) -> bool {
        let shares_network = message.network().is_some_and(|network| self.networks().contains(&network));
        let shares_content = message.content.is_some_and(|content| self.contents().contains(&content));
        self.is_standing() || shares_network || shares_content
    }

    fn covers(&self, message: &Observation) -> bool {
        let is_known = |visit: &Visit| self.voices().is_some_and(|all| all.contains(&voice(visit)));
        let is_acquainted = self.is_standing() || message.visit.as_ref().is_some_and(is_known);
        self.is_near(message.time, IDLE, LIFE_MAX)
            || (self.is_steady() && is_acquainted && self.is_near(message.time, QUIET, STEADY_LIFE_MAX))
    }

    fn is_near(&self, time: Time, idle: Span, life_max: Span) -> bool {
        let (first, last) = (self.first_seen(), self.last_seen());
        first - idle <= time && time <= last + idle && last.max(time) - first.min(time) <= life_max
    }

    /// When it is over.
    pub(super) fn deadline(&self) -> Time {
        if self.members.is_empty() {
            return Time::MIN;
        }
        let (first, last) = (self.first_seen(), self.last_seen());
        let over = match self.is_steady() {
            true => (last + QUIET).min(first + STEADY_LIFE_MAX),
            false => (last + IDLE).min(first + LIFE_MAX),
        };
        over.max(self.last_touched().map_or(over, |touched| touched + IDLE)) + LATENESS
    }

    /// The whole of it, for a comparison; the fates are those of its deliveries.
    pub(super) fn summary(&self, fates: &[Fate]) -> Summary {
        let count = |fate| fates.iter().filter(|other| **other == fate).count() as u64;
        let counts = [Fate::Delivered, Fate::Junked, Fate::Blocked, Fate::Removed].map(count);
        let clicks = distinct(self.related.iter().filter(|row| row.says == Says::Click).map(|row| row.row));
        let [delivered, _, _, removed] = counts;
        let (any, all) = (self.any(), self.all());
        let rules = self.members.iter().fold(RuleSet::default(), |rules, member| rules.union(member.rules));
        let senders: BTreeSet<_> = self.members.iter().filter_map(|member| member.sender.as_ref()).collect();
        let (mut amplifiers, mut dampeners) = (any, all);
        amplifiers.insert_if(Factor::Burst, !self.is_standing() && self.is_burst());
        amplifiers.insert_if(Factor::SeveralIdentities, !self.is_standing() && senders.len() >= IDENTITIES);
        amplifiers.insert_if(Factor::Clicked, !clicks.is_empty());
        dampeners.insert_if(Factor::Removed, removed > 0 && delivered == 0 && clicks.is_empty());
        Summary {
            first_seen: self.first_seen(),
            last_seen: self.last_seen(),
            last_touched: self.last_touched(),
            kind: self.kind,
            messages: distinct(self.members.iter().map(|member| member.message)),
            recipients: distinct(self.members.iter().map(|member| member.recipient)),
            counts,
            clicks,
            networks: if self.is_standing() { BTreeSet::new() } else { self.networks() },
            contents: if self.is_standing() { BTreeSet::new() } else { self.contents() },
            link_domains: self.link_domains(),
            recipient_addresses: earliest(self.members.iter().map(|it| (it.time, it.recipient_address.clone()))),
            clicked_by: earliest(self.related.iter().filter_map(|row| Some((row.time, row.by.clone()?)))),
            is_steady: self.is_steady(),
            rules,
            any,
            all,
            severity: weigh(rules.severity(), amplifiers, dampeners).severity,
        }
    }

    /// Whether it is one of the tenant's, whatever its messages share.
    const fn is_standing(&self) -> bool {
        matches!(self.kind, Kind::Returns | Kind::Exercise | Kind::Proven | Kind::Lapses)
    }

    fn first_seen(&self) -> Time {
        self.members.iter().map(|member| member.time).min().unwrap()
    }

    fn last_seen(&self) -> Time {
        self.members.iter().map(|member| member.time).max().unwrap()
    }

    fn last_touched(&self) -> Option<Time> {
        self.related.iter().map(|row| row.time).max()
    }

    fn networks(&self) -> BTreeSet<SourceNetwork> {
        self.members.iter().filter_map(Observation::network).collect()
    }

    fn contents(&self) -> BTreeSet<Content> {
        self.members.iter().filter_map(|member| member.content).collect()
    }

    fn link_domains(&self) -> BTreeSet<String> {
        let domain = |row: &Related| if let Says::Link { domain, .. } = &row.says { domain.clone() } else { None };
        self.related.iter().filter_map(domain).collect()
    }

    fn any(&self) -> FactorSet {
        let mut any = self.members.iter().fold(FactorSet::default(), |any, member| any.union(member.factors));
        for row in &self.related {
            any.insert_if(Factor::UrlPayload, matches!(row.says, Says::Link { .. }));
            any.insert_if(Factor::QrCode, matches!(row.says, Says::Link { is_qr: true, .. }));
            any.insert_if(Factor::AttachmentPayload, row.says == Says::Attachment);
        }
        any
    }

    fn all(&self) -> FactorSet {
        let factors = self.members.iter().map(|member| member.factors);
        factors.reduce(FactorSet::intersection).unwrap_or_default()
    }

    fn is_steady(&self) -> bool {
        let any = self.any();
        let is_personal = any.contains(Factor::SelfAddressed) || any.contains(Factor::ProtectedPerson);
        let are_of_devices = self.voices().is_some_and(|voices| {
            let networks: BTreeSet<_> = voices.iter().map(|(network, _)| *network).collect();
            networks.len() == voices.len()
        });
        self.is_standing() || (!is_personal && !self.is_burst() && are_of_devices)
    }

    /// Who spoke from where; `None` where that cannot be told, or they are too many.
    fn voices(&self) -> Option<BTreeSet<(SourceNetwork, String)>> {
        let voices: Option<BTreeSet<_>> = self.members.iter().map(|member| member.visit.as_ref().map(voice)).collect();
        voices.filter(|voices| voices.len() <= VOICES_MAX)
    }

    /// Whether ten people were reached in two neighbouring half hours.
    fn is_burst(&self) -> bool {
        let slot = Span::minutes(30);
        self.members.iter().any(|member| {
            let begin = member.time.floor_to(slot);
            let within = self.members.iter().filter(|other| begin <= other.time && other.time < begin + slot + slot);
            within.map(|other| other.recipient).collect::<BTreeSet<_>>().len() >= BURST
        })
    }
}

/// Whoever proves the claim is one voice.
fn voice(visit: &Visit) -> (SourceNetwork, String) {
    let is_proven = visit.standing == Standing::Aligned;
    (visit.network, if is_proven { String::new() } else { visit.sender.clone() })
}

/// The first twenty texts, each at the first time that it was seen at.
fn earliest(seen: impl Iterator<Item = (Time, String)>) -> Vec<String> {
    let mut all: Vec<_> = seen.collect();
    all.sort();
    let mut texts: Vec<String> = Vec::new();
    for (_, text) in all {
        if !texts.contains(&text) {
            texts.push(text);
        }
    }
    texts.truncate(20);
    texts
}

fn distinct(things: impl Iterator<Item = Fingerprint>) -> Distinct {
    let mut distinct = Distinct::default();
    things.for_each(|thing| distinct.insert(thing));
    distinct
}
