//! Campaigns of Direct Send abuse, and when they strike.
//!
//! A burst is quick and then there is silence, so attacks cannot be drawn record by record as other mail is: a campaign
//! is launched when the launched rows fall behind their share of the stream, and its rows are then due at records of
//! their own. Were the pace so high that many campaigns had to overlap, they are quickened instead.

mod forms;
mod plan;

use super::chance::Chance;
use super::message::Message;
use super::options::{Options, SimulatedTenant};
use super::scene::Scene;
use forms::Attack;
use plan::{Size, Turns};

/// The first campaign is launched here, so that a demonstration has something to show soon.
const FIRST_LAUNCH_RECORD: u64 = 100;

/// How many campaigns run at once, on average, at most; slow ones may be more.
const AT_ONCE: u64 = 3;
const SLOW_AT_ONCE: u64 = 24;

/// What is silent for an hour is over, and what comes after it is another campaign. Well below that, a campaign that goes
/// on shows, at whatever pace.
const PAUSE_SECONDS_MAX: u64 = 40 * 60;

/// The schedule of all campaigns.
#[derive(Debug)]
pub(super) struct Attacks {
    /// All records of the stream.
    records: u64,
    records_per_second: u32,
    turns: Turns,
    /// Rows of attacks that the whole stream shall have, repeats not counted.
    rows: u64,
    rows_launched: u64,
    rows_played: u64,
    campaigns: u32,
    running: Vec<Campaign>,
    /// Whether there is nothing else to fill the stream with.
    alone: bool,
}

impl Attacks {
    pub(super) fn new(options: &Options, tenants: &[SimulatedTenant]) -> Self {
        let fresh = u128::from(options.records) * 1_000 / u128::from(1_000 + options.repeats_per_mille.min(1_000));
        let rows = fresh * u128::from(options.mix.attack) / u128::from(options.mix.whole().max(1));
        Self {
            records: options.records,
            records_per_second: options.records_per_second.get(),
            turns: Turns::new(tenants),
            rows: rows as u64,
            rows_launched: 0,
            rows_played: 0,
            campaigns: 0,
            running: Vec::new(),
            alone: options.mix.ordinary() == 0,
        }
    }

    /// Whether every record that is left is needed for an attack.
    pub(super) fn cannot_wait(&self, record: u64) -> bool {
        let owed = self.rows.saturating_sub(self.rows_played);
        self.alone || (owed > 0 && owed > self.records.saturating_sub(record))
    }

    /// The next campaign to strike: one with a row that is due or, in a hurry, any.
    pub(super) fn strike(&mut self, record: u64, hurry: bool, chance: &mut Chance) -> Option<Strike> {
        if self.is_behind(record) || (hurry && self.running.is_empty()) {
            let campaign = self.launch(record, chance)?;
            self.running.push(campaign);
        }
        let at = self.running.iter().position(|campaign| hurry || campaign.is_due(record))?;
        let campaign = &mut self.running[at];
        let strike = Strike { attack: campaign.attack, step: campaign.rows_played };
        campaign.rows_played += 1;
        if campaign.rows_played == campaign.rows {
            self.running.remove(at);
        }
        self.rows_played += 1;
        Some(strike)
    }

    /// Whether less was launched than is due by now of the whole stream's share.
    fn is_behind(&self, record: u64) -> bool {
        let due = u128::from(self.rows) * u128::from(record);
        record >= FIRST_LAUNCH_RECORD
            && self.rows_launched < self.rows
            && u128::from(self.rows_launched) * u128::from(self.records) <= due
    }

    /// The next campaign, or `None` where there is nobody to attack.
    fn launch(&mut self, record: u64, chance: &mut Chance) -> Option<Campaign> {
        let (family, tenant) = self.turns.turn(self.campaigns)?;
        let size = Size::of(family);
        let still_missing = self.rows.saturating_sub(self.rows_launched).clamp(1, u64::from(u32::MAX)) as u32;
        let rows = chance.within(size.recipients).min(still_missing);
        let seconds = u64::from(chance.within(size.seconds)).min(u64::from(rows) * PAUSE_SECONDS_MAX);
        let span = seconds * u64::from(self.records_per_second);
        let at_once = if size.is_slow { SLOW_AT_ONCE } else { AT_ONCE };
        let quickened = (self.records / self.rows.max(1)).saturating_mul(at_once * u64::from(rows));

        self.rows_launched += u64::from(rows);
        self.campaigns = self.campaigns.saturating_add(1);
        let attack = Attack::random(self.campaigns, family, tenant, chance);
        Some(Campaign { attack, launched: record, span: span.min(quickened), rows, rows_played: 0 })
    }
}

/// A running campaign: so many rows, spread evenly over so many records.
#[derive(Debug)]
struct Campaign {
    attack: Attack,
    launched: u64,
    span: u64,
    rows: u32,
    rows_played: u32,
}

impl Campaign {
    fn is_due(&self, record: u64) -> bool {
        let due = u128::from(self.span) * u128::from(self.rows_played) / u128::from(self.rows);
        u128::from(record - self.launched) >= due
    }
}

/// One row of a campaign: the next victim.
#[derive(Debug)]
pub(super) struct Strike {
    attack: Attack,
    step: u32,
}

impl Strike {
    pub(super) const fn tenant(&self) -> usize {
        self.attack.tenant
    }

    pub(super) fn play(&self, scene: &mut Scene<'_>) -> Message {
        self.attack.play(self.step, scene)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;
    use crate::simulate::{Mix, TenantKind};

    /// The records of each campaign, with its tenant.
    fn campaigns(days: u64, records_per_second: u32, attack: u32) -> BTreeMap<u32, Vec<(u64, usize)>> {
        let tenants = TenantKind::ALL.map(|kind| SimulatedTenant { kind, ..SimulatedTenant::eop("", "") });
        let options = Options {
            records: days * 86_400 * u64::from(records_per_second),
            records_per_second: records_per_second.try_into().unwrap(),
            mix: Mix::of(attack, 50),
            ..Options::default()
        };
        let (mut attacks, mut chance) = (Attacks::new(&options, &tenants), Chance::seeded(1));
        let mut campaigns = BTreeMap::<u32, Vec<(u64, usize)>>::new();
        for record in 1..=options.records {
            if let Some(strike) = attacks.strike(record, attacks.cannot_wait(record), &mut chance) {
                campaigns.entry(strike.attack.campaign).or_default().push((record, strike.tenant()));
            }
        }
        campaigns
    }

    #[test]
    fn a_campaign_never_pauses_for_as_long_as_would_end_it_and_lasts_no_day() {
        for (days, pace, attack) in [(14, 1, 10), (14, 1, 1), (2, 1, 300), (1, 20, 10)] {
            for (campaign, strikes) in campaigns(days, pace, attack) {
                let gaps = strikes.windows(2).map(|pair| (pair[1].0 - pair[0].0) / u64::from(pace));
                let longest = gaps.max().unwrap_or_default();
                assert!(longest < 45 * 60, "campaign {campaign} at {pace} a second pauses for {longest} seconds");
                assert!(strikes[strikes.len() - 1].0 - strikes[0].0 < 12 * 3_600 * u64::from(pace));
            }
        }
    }

    #[test]
    fn a_number_is_one_campaign_against_one_tenant() {
        let campaigns = campaigns(14, 1, 10);
        assert!(campaigns.len() > 200, "{}", campaigns.len());
        assert!(campaigns.keys().copied().eq(1..=campaigns.len() as u32));
        for strikes in campaigns.values() {
            let tenants: BTreeSet<usize> = strikes.iter().map(|(_, tenant)| *tenant).collect();
            assert_eq!(tenants.len(), 1);
        }
    }
}
