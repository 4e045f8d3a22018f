//! The open campaigns of one tenant, found by network and by content.

use std::collections::{BTreeMap, BTreeSet};

use crate::event::{Fingerprint, SourceNetwork, Span, Time};
use crate::judge::{Content, Observation, RuleId};

use super::campaign::{Campaign, Finding, LATENESS};
use super::deliveries::Row;

/// The grid that the event time of an opening message is cut by, for the campaign's identity.
///
/// As wide as the idle time: two campaigns with one key in one slot cannot both be opened by messages in time, because
/// the second would have joined the first.
const ANCHOR: Span = super::campaign::IDLE;

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

/// The open campaigns of one tenant.
#[derive(Debug, Clone, Default)]
pub(super) struct Campaigns {
    open: BTreeMap<Fingerprint, Campaign>,
    by_network: BTreeMap<SourceNetwork, BTreeSet<Fingerprint>>,
    by_content: BTreeMap<Content, BTreeSet<Fingerprint>>,
    by_deadline: BTreeSet<(Time, Fingerprint)>,
}

impl Campaigns {
    /// Lets a message join, opening or merging campaigns as needed, and tells what there is to tell.
    ///
    /// Returns the identity of the campaign that it joined.
    pub(super) fn observe(
        &mut self,
        observation: &Observation,
        row: Row,
        opening: Opening,
        tell: &mut dyn FnMut(Finding),
    ) -> Fingerprint {
        let mut matching = self.matching(observation).into_iter();
        let mut campaign = match matching.next() {
            Some(oldest) => oldest,
            None => new_campaign(observation, opening),
        };
        let is_new = campaign.told.seq == 0;
        let mut is_merged = false;
        for mut younger in matching {
            is_merged = true;
            campaign.merge(younger.clone());
            younger.tell();
            tell(Finding::Merged(younger, campaign.id));
        }
        campaign.absorb(observation, row);
        if is_merged || campaign.has_news() {
            campaign.tell();
            tell(if is_new { Finding::Opened(campaign.clone()) } else { Finding::Updated(campaign.clone()) });
        }
        let id = campaign.id;
        self.insert(campaign);
        id
    }

    /// Applies a changed delivery to the campaign that its message belongs to, unless that is over.
    pub(super) fn correct(
        &mut self,
        observation: &Observation,
        row: Row,
        tell: &mut dyn FnMut(Finding),
    ) -> Option<Fingerprint> {
        let mut campaign = self.matching_ids(observation).first().and_then(|id| self.remove(*id))?;
        campaign.absorb(observation, row);
        if campaign.has_news() {
            campaign.tell();
            tell(Finding::Updated(campaign.clone()));
        }
        let id = campaign.id;
        self.insert(campaign);
        Some(id)
    }

    /// Closes and returns one campaign whose time is over.
    pub(super) fn close_one(&mut self, watermark: Time) -> Option<Campaign> {
        let (deadline, id) = self.by_deadline.first().copied()?;
        if deadline > watermark { None } else { self.remove(id) }
    }

    /// Closes and returns the campaign that would be over first, where there are too many.
    pub(super) fn evict_one(&mut self, open_max: usize) -> Option<Campaign> {
        let (_, id) = self.by_deadline.first().copied().filter(|_| self.open.len() > open_max)?;
        self.remove(id)
    }

    /// Adds a campaign, or puts one back as it was stored.
    pub(super) fn insert(&mut self, campaign: Campaign) {
        let id = campaign.id;
        for network in &campaign.networks {
            self.by_network.entry(*network).or_default().insert(id);
        }
        for content in &campaign.contents {
            self.by_content.entry(*content).or_default().insert(id);
        }
        self.by_deadline.insert((campaign.deadline(), id));
        self.open.insert(id, campaign);
    }

    /// The open campaign with this identity.
    pub(super) fn get(&self, id: Fingerprint) -> Option<&Campaign> {
        self.open.get(&id)
    }

    /// How many are open.
    pub(super) fn len(&self) -> usize {
        self.open.len()
    }

    /// Takes out every campaign that the message belongs to, the oldest first.
    fn matching(&mut self, observation: &Observation) -> Vec<Campaign> {
        self.matching_ids(observation).into_iter().filter_map(|id| self.remove(id)).collect()
    }

    fn matching_ids(&self, observation: &Observation) -> Vec<Fingerprint> {
        let by_network = observation.network().and_then(|network| self.by_network.get(&network));
        let by_content = observation.content.and_then(|content| self.by_content.get(&content));
        let ids: BTreeSet<_> = by_network.into_iter().chain(by_content).flatten().copied().collect();
        let mut matching: Vec<_> = ids
            .into_iter()
            .filter_map(|id| self.open.get(&id))
            .filter(|campaign| campaign.covers(observation.time))
            .map(|campaign| (campaign.opened, campaign.id))
            .collect();
        matching.sort_unstable();
        matching.into_iter().map(|(_, id)| id).collect()
    }

    fn remove(&mut self, id: Fingerprint) -> Option<Campaign> {
        let campaign = self.open.remove(&id)?;
        self.by_deadline.remove(&(campaign.deadline(), id));
        campaign.networks.iter().for_each(|network| forget(&mut self.by_network, network, id));
        campaign.contents.iter().for_each(|content| forget(&mut self.by_content, content, id));
        Some(campaign)
    }
}

fn forget<K: Ord>(index: &mut BTreeMap<K, BTreeSet<Fingerprint>>, key: &K, id: Fingerprint) {
    if let Some(ids) = index.get_mut(key) {
        ids.remove(&id);
        if ids.is_empty() {
            index.remove(key);
        }
    }
}

/// The identity of a campaign rests on the tenant and on what opened it: the rule, the content (or network), and the slot of event time.
/// A message that comes later than lateness allows may find its slot's identity used up; its own name goes in.
fn new_campaign(observation: &Observation, opening: Opening) -> Campaign {
    let rule = observation.rules.first().map_or(RuleId::DirectSendSpoof, |rule| rule.id);
    let key = match (observation.content, observation.network()) {
        (Some(Content(content)), _) => content.to_string(),
        (None, Some(network)) => network.to_string(),
        (None, None) => observation.message.to_string(),
    };
    let is_late = observation.time < opening.watermark - LATENESS;
    let name = if is_late { observation.message.as_bytes().as_slice() } else { &[] };
    let anchor = observation.time.floor_to(ANCHOR).as_micros().to_le_bytes();
    let evicted = opening.evicted.to_le_bytes();
    let tenant = opening.tenant.as_bytes();
    let parts: [&[u8]; 6] = [tenant, rule.as_str().as_bytes(), key.as_bytes(), &anchor, name, &evicted];
    Campaign::open(Fingerprint::of("postern campaign", &parts), rule, observation)
}
