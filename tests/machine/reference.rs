//! The detector once more, slow and obvious: lists of everything that was ever seen, read from end to end for each
//! question.
//!
//! It shares with the machine what one message shows (the judged steps) and how factors are weighed, and nothing of how
//! anything is remembered: no index, no sketch, no bound, no stored sum, nothing that could be restored wrongly. What
//! has been told it does not know; so storms, who opened a campaign, and its identity are not compared.

mod campaign;
mod source;

use postern::correlate::{Fate, Kind, Related, Says, Seen};
use postern::detector::Slice;
use postern::event::{DeliveryAction, Fingerprint, Span, Time};
use postern::judge::{Arrival, Departure, Factor, FactorSet, Observation, OwnMail, Standing};

use crate::summary::Summary;
use campaign::Campaign;
use source::Sightings;

/// How long a delivery, a departure, and a row without its message are remembered.
const DELIVERY: Span = Span::hours(48);
const DEPARTURE: Span = Span::hours(5 * 24);
const WAIT: Span = Span::minutes(30);
/// From when on a new source is worth a word.
const LEARNING: Span = Span::hours(7 * 24);
/// How often one mail may come back, and as how many messages without a proof.
const RETURNS_MAX: usize = 25;
const CLAIMS_MAX: usize = 3;

/// All tenants.
#[derive(Default)]
pub(crate) struct Reference(Vec<(u32, Tenant)>);

impl Reference {
    /// Takes in what a payload contributed.
    pub(crate) fn see(&mut self, slice: &Slice) {
        for step in &slice.steps {
            let tenant = self.tenant(step.tenant.0);
            tenant.pass(step.watermark);
            tenant.observe(&step.seen);
        }
        for (tenant, watermark) in &slice.watermarks {
            self.tenant(tenant.0).pass(*watermark);
        }
    }

    /// Every campaign there ever was, but for storms.
    pub(crate) fn summaries(&self, tenant: u32) -> Vec<Summary> {
        let of_tenant = self.0.iter().filter(|(name, _)| *name == tenant);
        of_tenant.flat_map(|(_, tenant)| tenant.summaries()).collect()
    }

    fn tenant(&mut self, name: u32) -> &mut Tenant {
        let place = self.0.iter().position(|(other, _)| *other == name).unwrap_or_else(|| {
            self.0.push((name, Tenant::default()));
            self.0.len() - 1
        });
        &mut self.0[place].1
    }
}

struct Tenant {
    now: Time,
    began: Option<Time>,
    deliveries: Vec<Delivery>,
    /// A campaign that became part of another is empty.
    campaigns: Vec<Campaign>,
    sightings: Sightings,
    departures: Vec<Departure>,
    returns: Vec<Return>,
    waiting: Vec<Related>,
}

impl Default for Tenant {
    fn default() -> Self {
        Self {
            now: Time::MIN,
            began: None,
            deliveries: Vec::new(),
            campaigns: Vec::new(),
            sightings: Sightings::default(),
            departures: Vec::new(),
            returns: Vec::new(),
            waiting: Vec::new(),
        }
    }
}

/// The newest row of a message to a recipient.
struct Delivery {
    message: Fingerprint,
    recipient: Fingerprint,
    row: (Time, Fingerprint),
    fate: Fate,
    moved: Option<(Time, Fingerprint, Fate)>,
    /// The campaign that it is in, and what the memory added to its factors; `None` where nothing is told of it.
    joined: Option<(usize, FactorSet)>,
}

/// A message that came in under the name of mail that left.
struct Return {
    mail: Fingerprint,
    message: Fingerprint,
    is_proven: bool,
}

impl Tenant {
    fn pass(&mut self, watermark: Time) {
        self.now = self.now.max(watermark);
        let now = self.now;
        self.campaigns.iter_mut().for_each(|campaign| campaign.is_closed |= campaign.deadline() <= now);
        self.forget_waiting();
    }

    fn observe(&mut self, seen: &Seen) {
        self.began = Some(self.began.map_or(seen.time(), |began| began.min(seen.time())));
        match seen {
            Seen::Suspicious(observation) => self.suspect(observation),
            Seen::Own(mail) => self.meet(mail),
            Seen::Departed(departure) => self.departures.push(*departure),
            Seen::Related(related) => self.relate(related),
            Seen::Posture(_) => {}
        }
        self.forget_waiting();
    }

    // === deliveries ===

    fn find(&self, message: Fingerprint, recipient: Fingerprint) -> Option<usize> {
        let is_it = |delivery: &Delivery| (delivery.message, delivery.recipient) == (message, recipient);
        self.remembered().find(|place| is_it(&self.deliveries[*place]))
    }

    fn of_message(&self, message: Fingerprint) -> impl Iterator<Item = usize> {
        self.remembered().filter(move |place| self.deliveries[*place].message == message)
    }

    fn remembered(&self) -> impl Iterator<Item = usize> {
        (0..self.deliveries.len()).filter(|place| self.deliveries[*place].row.0 > self.now - DELIVERY)
    }

    fn suspect(&mut self, observation: &Observation) {
        let row = (observation.time, observation.row);
        if let Some(place) = self.find(observation.message, observation.recipient) {
            return self.correct(place, row, observation);
        }
        let joined = self.rule(observation);
        self.deliveries.push(Delivery {
            message: observation.message,
            recipient: observation.recipient,
            row,
            fate: fate(observation.delivery),
            moved: None,
            joined,
        });
        if joined.is_some() {
            let (called, others) =
                std::mem::take(&mut self.waiting).into_iter().partition(|row| row.message == observation.message);
            self.waiting = others;
            let mut called: Vec<Related> = called;
            called.sort_by_key(|row| (row.time, row.row));
            called.iter().for_each(|row| self.relate(row));
        }
    }

    fn correct(&mut self, place: usize, row: (Time, Fingerprint), observation: &Observation) {
        let delivery = &mut self.deliveries[place];
        if row <= delivery.row {
            return;
        }
        delivery.row = row;
        delivery.fate = fate(observation.delivery);
        if let Some((campaign, learnt)) = delivery.joined {
            self.campaigns[campaign].members.push(Observation { content: None, ..with(observation, learnt) });
        }
    }

    fn meet(&mut self, mail: &OwnMail) {
        let row = (mail.time, mail.row);
        if let Some(place) = self.find(mail.message, mail.recipient) {
            let delivery = &mut self.deliveries[place];
            delivery.row = delivery.row.max(row);
            return;
        }
        self.sightings.add(&mail.visit, mail.time);
        let (message, recipient) = (mail.message, mail.recipient);
        self.deliveries.push(Delivery { message, recipient, row, fate: Fate::Unknown, moved: None, joined: None });
    }

    // === rulings ===

    /// The campaign that a message joins, with what is known beside the message itself; `None` where nothing is told.
    fn rule(&mut self, observation: &Observation) -> Option<(usize, FactorSet)> {
        let returned = observation.arrival.as_ref().and_then(|arrival| self.returned(arrival, observation));
        if returned == Some(true) {
            return None;
        }
        let mut learnt = FactorSet::default();
        let mut is_settled = false;
        if let Some(visit) = &observation.visit {
            self.sightings.add(visit, observation.time);
            let known = self.sightings.acquaintance(visit, observation.time);
            let is_proven_or_transient = matches!(visit.standing, Standing::Aligned | Standing::Transient);
            if (known.is_aligned_of_old && is_proven_or_transient) || known.is_device_of_old {
                return None;
            }
            is_settled = !visit.is_personal && known.is_settled;
            let has_history = self.began.is_some_and(|began| began + LEARNING <= observation.time);
            let is_transient = visit.standing == Standing::Transient;
            learnt.insert_if(Factor::FirstSeen, known.is_new && has_history);
            learnt.insert_if(Factor::KnownNetwork, known.knows_network);
            learnt.insert_if(Factor::AlignedHistory, known.was_aligned && is_transient);
        }
        learnt.insert_if(Factor::LikelyEcho, returned == Some(false));
        let kind = kind(observation.factors.union(learnt));
        // The scanners of one maker all write the same subject, so what a settled source writes joins nobody.
        let content = observation.content.filter(|_| !is_settled);
        Some((self.join(Observation { content, ..with(observation, learnt) }, kind), learnt))
    }

    /// Whether it is mail that left: `Some(true)` where that is proven, `Some(false)` where it is likely.
    fn returned(&mut self, arrival: &Arrival, observation: &Observation) -> Option<bool> {
        let left: Vec<_> = self.departures.iter().filter(|departure| departure.mail == arrival.mail).collect();
        let first = left.iter().map(|departure| departure.time).min()?;
        if first > observation.time || first <= self.now - DEPARTURE {
            return None;
        }
        let before: Vec<_> = self.returns.iter().filter(|other| other.mail == arrival.mail).collect();
        let is_proven = left.iter().any(|departure| Some(departure.towards) == arrival.proven_from);
        let message = observation.message;
        let mut claims: Vec<_> = before.iter().filter(|other| !other.is_proven).map(|other| other.message).collect();
        claims.sort_unstable();
        claims.dedup();
        let is_one_too_many = !is_proven && !claims.contains(&message) && claims.len() >= CLAIMS_MAX;
        if before.len() >= RETURNS_MAX || is_one_too_many {
            return None;
        }
        self.returns.push(Return { mail: arrival.mail, message, is_proven });
        Some(is_proven)
    }

    // === campaigns ===

    fn join(&mut self, member: Observation, kind: Kind) -> usize {
        let mut matching: Vec<usize> =
            (0..self.campaigns.len()).filter(|place| self.campaigns[*place].would_take(&member, kind)).collect();
        matching.sort_by_key(|place| self.campaigns[*place].opened());
        let Some((&first, others)) = matching.split_first() else {
            self.campaigns.push(Campaign::of(kind, member));
            return self.campaigns.len() - 1;
        };
        for other in others {
            if !self.campaigns[first].may_be_one_with(&self.campaigns[*other]) {
                continue;
            }
            let younger = std::mem::replace(&mut self.campaigns[*other], Campaign::gone());
            self.campaigns[first].members.extend(younger.members);
            self.campaigns[first].related.extend(younger.related);
            let joined = self.deliveries.iter_mut().filter_map(|delivery| delivery.joined.as_mut());
            joined.filter(|(campaign, _)| campaign == other).for_each(|(campaign, _)| *campaign = first);
        }
        self.campaigns[first].members.push(member);
        first
    }

    fn relate(&mut self, related: &Related) {
        let of_message: Vec<usize> = self.of_message(related.message).collect();
        let joined = of_message.iter().find_map(|place| self.deliveries[*place].joined);
        let moved: Vec<usize> = match related.says {
            Says::Moved { recipient, .. } => of_message
                .into_iter()
                .filter(|place| recipient.is_none_or(|whose| self.deliveries[*place].recipient == whose))
                .collect(),
            _ => Vec::new(),
        };
        let lacks_its_delivery = matches!(related.says, Says::Moved { recipient: Some(_), .. }) && moved.is_empty();
        let Some((campaign, _)) = joined.filter(|_| !lacks_its_delivery) else {
            if !self.waiting.contains(related) {
                self.waiting.push(related.clone());
            }
            return;
        };
        if let Says::Moved { to, .. } = related.says {
            for place in moved {
                let delivery = &mut self.deliveries[place];
                delivery.moved = delivery.moved.max(Some((related.time, related.row, to)));
            }
        }
        self.campaigns[campaign].related.push(related.clone());
    }

    fn forget_waiting(&mut self) {
        let rows = self.waiting.clone();
        let newest = |message| rows.iter().filter(|row| row.message == message).map(|row| row.time).max();
        let now = self.now;
        self.waiting.retain(|row| newest(row.message) > Some(now - WAIT));
    }

    fn summaries(&self) -> Vec<Summary> {
        let living = self.campaigns.iter().enumerate().filter(|(_, campaign)| !campaign.members.is_empty());
        living
            .map(|(place, campaign)| {
                let own = self.deliveries.iter().filter(|it| it.joined.is_some_and(|(campaign, _)| campaign == place));
                let fates: Vec<_> = own.map(|it| it.moved.map_or(it.fate, |(_, _, to)| to)).collect();
                campaign.summary(&fates)
            })
            .collect()
    }
}

fn with(observation: &Observation, learnt: FactorSet) -> Observation {
    Observation { factors: observation.factors.union(learnt), ..observation.clone() }
}

/// What holds a message together with others. What is personal is nobody's routine.
fn kind(factors: FactorSet) -> Kind {
    let is_personal = factors.contains(Factor::SelfAddressed) || factors.contains(Factor::ProtectedPerson);
    if factors.contains(Factor::SimulationVendor) {
        Kind::Exercise
    } else if factors.contains(Factor::LikelyEcho) && !is_personal {
        Kind::Returns
    } else if factors.contains(Factor::OwnAndAligned) && !is_personal {
        Kind::Proven
    } else if factors.contains(Factor::AlignedHistory) && !is_personal {
        Kind::Lapses
    } else {
        Kind::Ordinary
    }
}

const fn fate(action: DeliveryAction) -> Fate {
    match action {
        DeliveryAction::Delivered | DeliveryAction::Replaced => Fate::Delivered,
        DeliveryAction::Junked => Fate::Junked,
        DeliveryAction::Blocked => Fate::Blocked,
        DeliveryAction::Unknown => Fate::Unknown,
    }
}
