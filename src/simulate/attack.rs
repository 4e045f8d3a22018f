//! Campaigns of Direct Send abuse, and when they strike.
//!
//! A burst is quick and then there is silence, so attacks cannot be drawn record by record as other mail is: a campaign
//! is launched when the launched rows fall behind their share of the stream, and its rows are then due at records of
//! their own. Were the pace so high that many campaigns had to overlap, they are quickened instead.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::cast::Walk;
use super::chance::Chance;
use super::label::Family;
use super::message::{Delivery, INBOX, JUNKED_AS_SPOOF, Message, QUARANTINED, Source};
use super::options::Options;
use super::ordinary::Scene;
use super::subjects::{LURES, Lure};

/// The first campaign is launched here, so that a demonstration has something to show soon.
const FIRST_LAUNCH_RECORD: u64 = 100;

const RECIPIENTS_MIN: u32 = 20;
const RECIPIENTS_MAX: u32 = 300;
const DURATION_MIN_SECONDS: u32 = 2 * 60;
const DURATION_MAX_SECONDS: u32 = 15 * 60;

/// How many campaigns run at once, on average, at most.
const AT_ONCE: u64 = 3;

/// No alignment in any of them, and no connector: what `RejectDirectSend` would refuse.
const UNAUTHENTICATED: [&str; 6] = [
    r#"{"SPF":"softfail","DKIM":"none","DMARC":"fail","CompAuth":"fail"}"#,
    r#"{"SPF":"softfail","DKIM":"none","DMARC":"fail","CompAuth":"none"}"#,
    r#"{"SPF":"fail","DKIM":"none","DMARC":"fail","CompAuth":"fail"}"#,
    r#"{"SPF":"fail","DKIM":"none","DMARC":"fail","CompAuth":"none"}"#,
    r#"{"SPF":"none","DKIM":"none","DMARC":"fail","CompAuth":"fail"}"#,
    r#"{"SPF":"none","DKIM":"none","DMARC":"fail","CompAuth":"none"}"#,
];

/// The schedule of all campaigns.
#[derive(Debug)]
pub(super) struct Attacks {
    /// All records of the stream.
    records: u64,
    records_per_second: u32,
    tenants: usize,
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
    pub(super) fn new(options: &Options, tenants: usize) -> Self {
        let fresh = u128::from(options.records) * 1_000 / u128::from(1_000 + options.repeats_per_mille.min(1_000));
        let rows = fresh * u128::from(options.mix.attack) / u128::from(options.mix.whole().max(1));
        Self {
            records: options.records,
            records_per_second: options.records_per_second.get(),
            tenants,
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
            let campaign = self.launch(record, chance);
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

    fn launch(&mut self, record: u64, chance: &mut Chance) -> Campaign {
        let still_missing = self.rows.saturating_sub(self.rows_launched).clamp(1, u64::from(u32::MAX)) as u32;
        let rows = chance.within(RECIPIENTS_MIN..=RECIPIENTS_MAX).min(still_missing);
        let seconds = chance.within(DURATION_MIN_SECONDS..=DURATION_MAX_SECONDS);
        let span = u64::from(seconds) * u64::from(self.records_per_second);
        let quickened = (self.records / self.rows.max(1)).saturating_mul(AT_ONCE * u64::from(rows));

        let tenant = self.campaigns as usize % self.tenants;
        self.rows_launched += u64::from(rows);
        self.campaigns = self.campaigns.saturating_add(1);
        let attack = Attack::random(self.campaigns, tenant, chance);
        Campaign { attack, launched: record, span: span.min(quickened), rows, rows_played: 0 }
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

    /// A message from a colleague to the same colleague, whom nobody asked.
    pub(super) fn play(&self, scene: &mut Scene<'_>) -> Message {
        let attack = &self.attack;
        let victim = scene.cast.colleague(attack.tenant, attack.victims.person(self.step));
        Message {
            family: Family::SelfAddressedBurst,
            campaign: Some(attack.campaign),
            envelope_from: Some(victim.address()),
            header_from: victim.address(),
            display_name: attack.lure.pretends_to_be.to_owned(),
            source: attack.source(scene.chance),
            recipients: vec![victim.as_recipient()],
            subject: attack.lure.subject.numbered(scene.chance),
            language: attack.lure.subject.language,
            cluster_id: attack.cluster_id,
            delivery: delivery(scene.chance),
            authentication: attack.authentication,
            attachments: u32::from(attack.has_qr_code_in_pdf),
            urls: u32::from(!attack.has_qr_code_in_pdf),
            size_bytes: scene.chance.within(38_000..=64_000),
            first_contact: scene.chance.per_mille(900),
            ..scene.draft()
        }
    }
}

/// What the messages of a campaign have in common.
#[derive(Debug, Clone, Copy)]
struct Attack {
    campaign: u32,
    tenant: usize,
    lure: Lure,
    victims: Walk,
    cluster_id: u32,
    authentication: &'static str,
    has_qr_code_in_pdf: bool,
}

impl Attack {
    fn random(campaign: u32, tenant: usize, chance: &mut Chance) -> Self {
        Self {
            campaign,
            tenant,
            lure: chance.one_of(&LURES),
            victims: Walk::random(chance),
            cluster_id: chance.within(100_000_000..=u32::MAX),
            authentication: chance.one_of(&UNAUTHENTICATED),
            has_qr_code_in_pdf: chance.per_mille(600),
        }
    }

    /// A few hosts of one network. Every third campaign comes over IPv6 alone, which queries that ask for
    /// `SenderIPv4` never see.
    fn source(&self, chance: &mut Chance) -> Source {
        let host = (self.campaign % 240 * 31 % 240) as u8 + chance.within(1..=6) as u8;
        match self.campaign % 3 {
            0 => Source::V6(Ipv6Addr::new(0x2001, 0xdb8, 0xbad, self.campaign as u16, 0, 0, 0, u16::from(host))),
            _ => Source::V4(Ipv4Addr::new(203, 0, 113, host)),
        }
    }
}

/// Most of it arrives, which is the point of the abuse.
fn delivery(chance: &mut Chance) -> &'static Delivery {
    match chance.below(100) {
        0..=16 => &JUNKED_AS_SPOOF,
        17..=19 => &QUARANTINED,
        _ => &INBOX,
    }
}
