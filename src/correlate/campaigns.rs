//! The campaigns of one tenant, found by what their messages share.

use std::collections::{BTreeMap, BTreeSet};

use crate::event::{Fingerprint, SourceNetwork, Span, Time};
use crate::judge::{Content, Observation, RuleId};

use super::campaign::{Campaign, Kind, LATENESS};
use super::deliveries::Row;
use super::finding::{Finding, Stage, Telling};
use super::flood::{Budgets, Purse};
use super::related::Related;

/// The grid that the event time of an opening message is cut by, for the campaign's identity.
///
/// As wide as the idle time: two campaigns with one key in one slot cannot both be opened by messages in time, because
/// the second would have joined the first.
const ANCHOR: Span = super::campaign::IDLE;

/// A message that is about to join.
#[derive(Debug, Clone, Copy)]
pub(super) struct Incoming<'a> {
    /// The message.
    pub(super) observation: &'a Observation,
    /// What its row means.
    pub(super) row: Row,
    /// What would hold it together with others.
    pub(super) kind: Kind,
}

/// What the identity of a new campaign needs beside the message that opens it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Opening {
    /// Whose campaign: one lure sent to two tenants is two alerts.
    pub(super) tenant: Fingerprint,
    /// The tenant's event time.
    pub(super) watermark: Time,
    /// Campaigns that were closed early: what comes after one may find its slot used up.
    pub(super) evicted: u64,
}

/// What campaigns are found by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Network(SourceNetwork),
    Content(Content),
    Standing(Kind),
    Storm(RuleId),
}

/// What comes of a campaign's time being over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Over {
    /// It is closed, and kept for what may still become of its messages.
    Closed,
    /// It is forgotten.
    Forgotten,
}

/// What would be lost with a campaign: the least comes first.
///
/// A flood of unrelated spoofs makes a campaign a message, and all that anybody is told of them is the storm. If those
/// pushed out what was told, each message would end the storm and begin another, and clicks would find no alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Loss {
    /// Nobody was told of it: it is a part of a storm.
    Part,
    /// What may still become of its messages.
    Afterwards,
    /// An alert that is open.
    Alert,
    /// The one alert of very many messages.
    Many,
}

impl Loss {
    const fn of(campaign: &Campaign) -> Self {
        match () {
            () if campaign.told.seq == 0 => Self::Part,
            () if campaign.is_closed => Self::Afterwards,
            () if campaign.kind.is_standing() || matches!(campaign.kind, Kind::Storm) => Self::Many,
            () => Self::Alert,
        }
    }
}

/// The campaigns of one tenant.
#[derive(Debug, Clone, Default)]
pub(super) struct Campaigns {
    entries: BTreeMap<Fingerprint, Campaign>,
    open: BTreeMap<Key, BTreeSet<Fingerprint>>,
    open_by_deadline: BTreeSet<(Time, Fingerprint)>,
    closed_by_deadline: BTreeSet<(Time, Fingerprint)>,
    by_loss: BTreeSet<(Loss, Time, Fingerprint)>,
    /// What campaigns were merged into.
    merged: BTreeMap<Fingerprint, Fingerprint>,
    budgets: Budgets,
    touched: BTreeSet<Fingerprint>,
}

impl Campaigns {
    /// Lets a message join, opening or merging campaigns as needed, and tells what there is to tell.
    ///
    /// Returns the identity of the campaign that it joined.
    pub(super) fn observe(
        &mut self,
        incoming: Incoming<'_>,
        opening: Opening,
        tell: &mut dyn FnMut(Finding),
    ) -> Fingerprint {
        let mut matching = self.matching(incoming).into_iter();
        let mut campaign = matching.next().unwrap_or_else(|| self.new_campaign(incoming, opening));
        let mut was_told_elsewhere = false;
        for younger in matching {
            if !campaign.may_be_one_with(&younger) {
                self.insert(younger);
                continue;
            }
            was_told_elsewhere |= younger.told.seq > 0;
            merge(&mut campaign, younger, tell);
        }
        campaign.absorb(incoming.observation, incoming.row);
        let id = campaign.id;
        match () {
            () if campaign.told.seq > 0 => update(&mut campaign, was_told_elsewhere, tell),
            () if was_told_elsewhere || self.may_be_told(&campaign, opening.watermark) => {
                campaign.told.in_storm = false;
                campaign.tell();
                tell(Finding::Campaign(Stage::Opened, campaign.clone()));
            }
            () => {
                campaign.told.in_storm = true;
                self.storm(id, incoming, opening, tell);
            }
        }
        self.insert(campaign);
        id
    }

    /// Applies a changed delivery to the campaign that its message joined.
    pub(super) fn correct(
        &mut self,
        joined: Fingerprint,
        observation: &Observation,
        row: Row,
        tell: &mut dyn FnMut(Finding),
    ) {
        self.change(joined, |campaign| campaign.absorb(observation, row), tell);
    }

    /// Applies what another table says of a message to the campaign that it joined, with the deliveries that it changes.
    pub(super) fn relate(
        &mut self,
        joined: Fingerprint,
        related: &Related,
        rows: &[(Fingerprint, Row)],
        tell: &mut dyn FnMut(Finding),
    ) {
        let apply = |campaign: &mut Campaign| {
            campaign.relate(related);
            rows.iter().for_each(|(_, row)| campaign.count(*row));
        };
        self.change(joined, apply, tell);
    }

    /// Closes one campaign whose time is over, or forgets one that was closed long ago.
    pub(super) fn pass(&mut self, watermark: Time, tell: &mut dyn FnMut(Finding)) -> Option<Over> {
        let is_over = |(deadline, _): &&(Time, Fingerprint)| *deadline <= watermark;
        if let Some((_, id)) = self.open_by_deadline.first().filter(is_over).copied() {
            self.close(id, tell);
            return Some(Over::Closed);
        }
        let (_, id) = self.closed_by_deadline.first().filter(is_over).copied()?;
        self.remove(id);
        Some(Over::Forgotten)
    }

    /// Forgets the campaign of which the least is lost, where there are too many, and of those that which would end first;
    /// an open one is closed before.
    pub(super) fn evict_one(&mut self, campaigns_max: usize, tell: &mut dyn FnMut(Finding)) -> Option<Over> {
        if self.entries.len() <= campaigns_max {
            return None;
        }
        let (_, _, id) = self.by_loss.first().copied()?;
        let is_closed = self.get(id).is_some_and(|campaign| campaign.is_closed);
        if !is_closed {
            self.close(id, tell);
        }
        self.remove(id);
        Some(if is_closed { Over::Forgotten } else { Over::Closed })
    }

    /// Adds a campaign, or puts one back as it was stored.
    pub(super) fn insert(&mut self, campaign: Campaign) {
        let id = campaign.id;
        self.touched.insert(id);
        for other in &campaign.told.merged {
            self.merged.insert(*other, id);
        }
        let ends = ends(&campaign);
        self.by_loss.insert((Loss::of(&campaign), ends, id));
        if campaign.is_closed {
            self.closed_by_deadline.insert((ends, id));
        } else {
            self.open_by_deadline.insert((ends, id));
            for key in keys(&campaign) {
                self.open.entry(key).or_default().insert(id);
            }
        }
        self.entries.insert(id, campaign);
    }

    /// The campaign with this identity.
    pub(super) fn get(&self, id: Fingerprint) -> Option<&Campaign> {
        self.entries.get(&id)
    }

    /// Under which name a message is told that joined this campaign.
    pub(super) fn telling(&self, joined: Fingerprint, observation: &Observation) -> Option<Telling> {
        let campaign = self.get(self.merged.get(&joined).copied().unwrap_or(joined))?;
        let storms = self.open.get(&Key::Storm(first_rule(observation))).filter(|_| campaign.told.seq == 0);
        Some(Telling { campaign: campaign.id, storm: storms.and_then(|ids| ids.first().copied()) })
    }

    /// How many are open.
    pub(super) fn open(&self) -> usize {
        self.open_by_deadline.len()
    }

    /// The campaigns that changed since this was asked last.
    pub(super) fn take_touched(&mut self) -> BTreeSet<Fingerprint> {
        std::mem::take(&mut self.touched)
    }

    /// What is left of the budgets.
    pub(super) const fn budgets(&self) -> &Budgets {
        &self.budgets
    }

    /// Puts the budgets back as they were stored.
    pub(super) fn restore_budgets(&mut self, budgets: Budgets) {
        self.budgets = budgets;
    }

    /// Changes a campaign that a message joined, whatever it is called by now; what is over comes to life again.
    fn change(&mut self, joined: Fingerprint, act: impl FnOnce(&mut Campaign), tell: &mut dyn FnMut(Finding)) {
        let id = self.merged.get(&joined).copied().unwrap_or(joined);
        let Some(mut campaign) = self.remove(id) else { return };
        act(&mut campaign);
        if campaign.told.seq > 0 {
            let has_news = campaign.has_news();
            campaign.is_closed &= !has_news;
            update(&mut campaign, false, tell);
        } else if campaign.is_grave() {
            campaign.told.in_storm = false;
            campaign.is_closed = false;
            campaign.tell();
            tell(Finding::Campaign(Stage::Opened, campaign.clone()));
        }
        self.insert(campaign);
    }

    fn close(&mut self, id: Fingerprint, tell: &mut dyn FnMut(Finding)) {
        let Some(mut campaign) = self.remove(id) else { return };
        campaign.is_closed = true;
        if campaign.told.seq > 0 {
            campaign.tell();
            tell(Finding::Campaign(Stage::Closed, campaign.clone()));
        }
        self.insert(campaign);
    }

    /// Whether a campaign that was not told yet may be told now. While a storm lasts, only what is grave may.
    fn may_be_told(&mut self, campaign: &Campaign, watermark: Time) -> bool {
        match () {
            () if campaign.is_grave() => self.budgets.spend(campaign.rule, Purse::Grave, watermark),
            () if self.open.contains_key(&Key::Storm(campaign.rule)) => false,
            () => self.budgets.spend(campaign.rule, Purse::Ordinary, watermark),
        }
    }

    /// Tells a message as a part of its rule's storm.
    fn storm(&mut self, of: Fingerprint, incoming: Incoming<'_>, opening: Opening, tell: &mut dyn FnMut(Finding)) {
        let rule = first_rule(incoming.observation);
        let open = self.open.get(&Key::Storm(rule)).and_then(|ids| ids.first().copied());
        let mut storm = open.and_then(|id| self.remove(id)).unwrap_or_else(|| {
            let incoming = Incoming { kind: Kind::Storm, ..incoming };
            self.new_campaign(incoming, opening)
        });
        storm.absorb(incoming.observation, incoming.row);
        if let Some(parts) = &mut storm.storm {
            parts.absorb(of, incoming.observation);
        }
        if storm.told.seq > 0 {
            update(&mut storm, false, tell);
        } else {
            storm.tell();
            tell(Finding::Campaign(Stage::Opened, storm.clone()));
        }
        self.insert(storm);
    }

    /// Takes out every campaign that the message belongs to, the oldest first.
    fn matching(&mut self, incoming: Incoming<'_>) -> Vec<Campaign> {
        let ids: BTreeSet<_> =
            wanted(incoming).into_iter().filter_map(|key| self.open.get(&key)).flatten().copied().collect();
        let mut matching: Vec<_> = ids
            .into_iter()
            .filter_map(|id| self.entries.get(&id))
            .filter(|campaign| campaign.covers(incoming.observation))
            .map(|campaign| (campaign.opened, campaign.id))
            .collect();
        matching.sort_unstable();
        matching.into_iter().filter_map(|(_, id)| self.remove(id)).collect()
    }

    /// The identity of a campaign rests on the tenant and on what opened it: the rule, the content (or network), and the
    /// slot of event time. A message that comes later than lateness allows may find its slot's identity used up; its own
    /// name goes in.
    fn new_campaign(&self, incoming: Incoming<'_>, opening: Opening) -> Campaign {
        let observation = incoming.observation;
        let rule = first_rule(observation);
        let is_late = observation.time < opening.watermark - LATENESS;
        let name = if is_late { observation.message.as_bytes().as_slice() } else { &[] };
        let anchor = observation.time.floor_to(ANCHOR).as_micros().to_le_bytes();
        let key = anchor_key(incoming);
        let evicted = opening.evicted.to_le_bytes();
        let parts: [&[u8]; 6] =
            [opening.tenant.as_bytes(), rule.as_str().as_bytes(), key.as_bytes(), &anchor, name, &evicted];
        let mut id = Fingerprint::of("postern campaign", &parts);
        while self.entries.contains_key(&id) || self.merged.contains_key(&id) {
            id = Fingerprint::of("postern further campaign", &[id.as_bytes(), observation.message.as_bytes()]);
        }
        Campaign::open(id, incoming.kind, rule, observation)
    }

    fn remove(&mut self, id: Fingerprint) -> Option<Campaign> {
        let campaign = self.entries.remove(&id)?;
        self.touched.insert(id);
        for other in &campaign.told.merged {
            self.merged.remove(other);
        }
        let ends = ends(&campaign);
        self.by_loss.remove(&(Loss::of(&campaign), ends, id));
        self.open_by_deadline.remove(&(ends, id));
        self.closed_by_deadline.remove(&(ends, id));
        for key in keys(&campaign) {
            if let Some(ids) = self.open.get_mut(&key) {
                ids.remove(&id);
                if ids.is_empty() {
                    self.open.remove(&key);
                }
            }
        }
        Some(campaign)
    }
}

/// When an open campaign is over, or one that is over is forgotten.
fn ends(campaign: &Campaign) -> Time {
    if campaign.is_closed { campaign.forgotten() } else { campaign.deadline() }
}

/// Merges a younger campaign into an older one, and tells so where it was told at all.
fn merge(campaign: &mut Campaign, mut younger: Campaign, tell: &mut dyn FnMut(Finding)) {
    campaign.merge(younger.clone());
    if younger.told.seq > 0 {
        younger.tell();
        tell(Finding::Campaign(Stage::Merged(campaign.id), younger));
    }
}

fn update(campaign: &mut Campaign, is_forced: bool, tell: &mut dyn FnMut(Finding)) {
    if is_forced || campaign.has_news() {
        campaign.tell();
        tell(Finding::Campaign(Stage::Updated, campaign.clone()));
    }
}

fn first_rule(observation: &Observation) -> RuleId {
    observation.rules.first().map_or(RuleId::DirectSendSpoof, |rule| rule.id)
}

/// What a campaign is found by while it is open.
fn keys(campaign: &Campaign) -> Vec<Key> {
    match campaign.kind {
        kind if kind.is_standing() => vec![Key::Standing(kind)],
        Kind::Storm => vec![Key::Storm(campaign.rule)],
        _ => {
            let networks = campaign.networks.iter().copied().map(Key::Network);
            networks.chain(campaign.contents.iter().copied().map(Key::Content)).collect()
        }
    }
}

/// What the campaigns of a message would be found by.
fn wanted(incoming: Incoming<'_>) -> Vec<Key> {
    let Incoming { observation, kind, .. } = incoming;
    if kind.is_standing() {
        return vec![Key::Standing(kind)];
    }
    let content = observation.content.map(Key::Content);
    observation.network().map(Key::Network).into_iter().chain(content).collect()
}

/// What a new campaign is named by.
fn anchor_key(incoming: Incoming<'_>) -> String {
    let Incoming { observation, kind, .. } = incoming;
    let content = observation.content.map(|Content(content)| content.to_string());
    match kind {
        Kind::Returns => "returns".to_owned(),
        Kind::Exercise => "exercise".to_owned(),
        Kind::Proven => "proven".to_owned(),
        Kind::Lapses => "lapses".to_owned(),
        Kind::Storm => "storm".to_owned(),
        Kind::Ordinary => content
            .or_else(|| observation.network().map(|network| network.to_string()))
            .unwrap_or_else(|| observation.message.to_string()),
    }
}
