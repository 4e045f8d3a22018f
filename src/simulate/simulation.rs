//! The stream as it comes over the wire: the mail, and what other tables say of it.

use super::label::SimulatedRecord;
use super::mail::Mail;
use super::options::Options;
use super::related::Related;

/// A repeatable stream of labelled records, as long as the options say.
///
/// Without tenants, without any weight in the mix, or with tenants that own every reserved name there is nobody to
/// write to anybody, and the stream is empty.
#[derive(Debug)]
pub struct Simulation {
    mail: Mail,
    related: Option<Related>,
    /// The number of the record in the making, from 1.
    record: u64,
}

impl Simulation {
    /// The beginning of the stream.
    #[must_use]
    pub fn new(options: Options) -> Self {
        let related = options.related.then(|| Related::new(&options));
        Self { mail: Mail::new(options), related, record: 0 }
    }
}

impl Iterator for Simulation {
    type Item = SimulatedRecord;

    fn next(&mut self) -> Option<SimulatedRecord> {
        let mut next = match &mut self.related {
            Some(related) => related.next(&mut self.mail)?,
            None => self.mail.next()?.record,
        };
        self.record = self.record.saturating_add(1);
        next.label.record = self.record;
        Some(next)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};
    use std::num::NonZeroU32;

    use serde_json::Value;

    use super::super::{EnvelopeShape, Family, Label, Mix, SimulatedTenant};
    use super::*;
    use crate::event::Time;

    /// Enough attacks to see many in a short run.
    const UNDER_SIEGE: Mix = Mix { external: 600, outbound: 100, intra_org: 100, look_alike: 50, attack: 150 };

    fn play(options: Options) -> Vec<SimulatedRecord> {
        Simulation::new(options).collect()
    }

    fn properties(record: &SimulatedRecord) -> Value {
        serde_json::from_str::<Value>(&record.json).unwrap()["properties"].take()
    }

    fn two_tenants(seed: u64) -> Options {
        let tenants =
            [("1", "contoso.com"), ("2", "fabrikam.com")].map(|(id, domain)| SimulatedTenant::eop(id, domain));
        Options { seed, tenants: tenants.to_vec(), ..Options::default() }
    }

    #[test]
    fn the_same_options_give_the_same_bytes_and_another_seed_gives_others() {
        let bytes = |seed| play(Options { records: 1_000, ..two_tenants(seed) });
        assert_eq!(bytes(7), bytes(7));
        assert_ne!(bytes(7), bytes(8));
    }

    #[test]
    fn the_bytes_are_the_same_on_every_machine() {
        let mut hasher = blake3::Hasher::new();
        for record in Simulation::new(Options { records: 2_000, ..Options::default() }) {
            hasher.update(record.json.as_bytes());
            hasher.update(&serde_json::to_vec(&record.label).unwrap());
        }
        let known = "eb23730689bc350132233b951e2e878afe2251a52e261393fd4d8cf67d11898b";
        assert_eq!(hasher.finalize().to_hex().as_str(), known, "if the change is meant, note the new digest here");
    }

    #[test]
    fn the_shares_of_the_mix_are_those_of_the_records() {
        let records = 10_000;
        for pace in [1, 20, 10_000] {
            let records_per_second = NonZeroU32::new(pace).unwrap();
            let mut counts = BTreeMap::new();
            for record in Simulation::new(Options { records, records_per_second, ..Options::default() }) {
                let share = match record.label.family {
                    Family::External => "external",
                    Family::Outbound => "outbound",
                    Family::IntraOrg => "intra-org",
                    family if family.is_malicious() => "attack",
                    _ => "look-alike",
                };
                *counts.entry(share).or_insert(0_u64) += 1;
            }
            for (share, per_mille) in [("external", 600), ("outbound", 240), ("intra-org", 100), ("look-alike", 50)] {
                let found = counts[share] * 1_000 / records;
                assert!(found.abs_diff(per_mille) <= 15, "{share}: {found} of {per_mille} at pace {pace}");
            }
            let attacks = counts["attack"];
            assert!(attacks.abs_diff(records / 100) <= records / 1_000, "{attacks} attacks at pace {pace}");
        }
    }

    #[test]
    fn a_stream_may_be_nothing_but_attack() {
        let mix = Mix { external: 0, outbound: 0, intra_org: 0, look_alike: 0, attack: 1 };
        let records = play(Options { mix, records: 2_000, ..Options::default() });
        assert_eq!(records.len(), 2_000);
        assert!(records.iter().all(|record| record.label.malicious));
    }

    #[test]
    fn a_stream_without_anybody_to_write_is_empty() {
        let silent = Mix { external: 0, outbound: 0, intra_org: 0, look_alike: 0, attack: 0 };
        assert!(play(Options { mix: silent, ..Options::default() }).is_empty());
        assert!(play(Options { tenants: Vec::new(), ..Options::default() }).is_empty());
    }

    #[test]
    fn bursts_begin_early_are_quick_and_reach_nobody_twice() {
        let options = Options { mix: UNDER_SIEGE, repeats_per_mille: 0, ..Options::default() };
        let mut campaigns: BTreeMap<u32, Vec<Label>> = BTreeMap::new();
        for label in Simulation::new(options).map(|record| record.label) {
            if let Some(campaign) = label.campaign {
                campaigns.entry(campaign).or_default().push(label);
            }
        }
        assert!(campaigns[&1][0].record <= 200);
        assert!(campaigns.len() > 3);
        for rows in campaigns.values() {
            let recipients: BTreeSet<&str> = rows.iter().map(|label| label.recipient.as_str()).collect();
            assert_eq!(recipients.len(), rows.len());
            assert!(rows.len() <= 300);
            assert!(rows[rows.len() - 1].record - rows[0].record <= 15 * 60 * 20);
        }
    }

    #[test]
    fn few_campaigns_run_at_once_however_fast_time_goes() {
        for pace in [1, 100, 100_000] {
            let records_per_second = NonZeroU32::new(pace).unwrap();
            let mut spans: BTreeMap<u32, (u64, u64)> = BTreeMap::new();
            let options = Options { mix: UNDER_SIEGE, records_per_second, ..Options::default() };
            for label in Simulation::new(options).map(|record| record.label).filter(|label| !label.repeat) {
                if let Some(campaign) = label.campaign {
                    spans.entry(campaign).or_insert((label.record, 0)).1 = label.record;
                }
            }
            let most =
                spans.values().map(|(begin, _)| spans.values().filter(|(b, e)| b <= begin && begin <= e).count());
            assert!(most.max().unwrap() <= 6, "pace {pace}");
        }
    }

    #[test]
    fn a_victim_seems_to_write_to_themselves() {
        for record in play(two_tenants(5)).iter().filter(|record| record.label.family == Family::SelfAddressedBurst) {
            let properties = properties(record);
            assert_eq!(properties["SenderFromAddress"], properties["RecipientEmailAddress"]);
            assert_eq!(properties["SenderMailFromAddress"], properties["RecipientEmailAddress"]);
        }
    }

    #[test]
    fn a_repeat_is_the_same_row_in_a_later_envelope() {
        let mut seen: BTreeMap<String, String> = BTreeMap::new();
        let mut repeats = 0;
        for record in Simulation::new(Options::default()) {
            let row = properties(&record);
            let text = row.to_string();
            let key = format!("{} {}", row["ReportId"], row["RecipientEmailAddress"]);
            let before = seen.insert(key, text.clone());
            assert_eq!(before.is_some(), record.label.repeat, "{}", record.json);
            assert!(before.is_none_or(|before| before == text));
            repeats += u64::from(record.label.repeat);
        }
        assert!((200..=400).contains(&repeats), "{repeats}");
    }

    #[test]
    fn records_are_about_as_large_as_real_ones() {
        let records = play(Options { records: 3_000, ..Options::default() });
        let average = records.iter().map(|record| record.json.len()).sum::<usize>() / records.len();
        assert!((1_900..=2_300).contains(&average), "{average}");
    }

    #[test]
    fn the_record_of_2026_has_the_keys_of_the_capture_in_their_order() {
        let record = &play(Options { records: 1, ..Options::default() })[0];
        let keys: Vec<&str> =
            record.json.split('"').skip(1).step_by(2).filter(|word| KEYS_2026.contains(word)).collect();
        assert_eq!(keys, KEYS_2026);
    }

    #[test]
    fn the_record_of_2022_has_its_keys_in_alphabetical_order() {
        let record = &play(Options { records: 1, shape: EnvelopeShape::Defender2022, ..Options::default() })[0];
        assert!(record.json.starts_with(r#"{"Tenant":"DefaultTenant","category":"#));
        let row = properties(record);
        let keys: Vec<&String> = row.as_object().unwrap().keys().collect();
        assert_eq!(keys.len(), 37);
        let mut last = 0;
        for key in keys {
            let at = record.json.find(&format!("\"{key}\":")).unwrap();
            assert!(at > last, "{key}");
            last = at;
        }
        assert!(row["InternetMessageId"].as_str().unwrap().starts_with(r"\u003c"));
        assert!(row["ReportId"].as_str().unwrap().parse::<u16>().is_ok());
    }

    #[test]
    fn nothing_panics_at_the_edges_of_time_and_number() {
        for start in [Time::MIN, Time::from_micros(i64::MAX)] {
            let options = Options { start, records: u64::MAX, repeats_per_mille: u32::MAX, ..Options::default() };
            assert_eq!(Simulation::new(options).take(3_000).count(), 3_000);
        }
    }

    const KEYS_2026: &[&str] = &[
        "time",
        "tenantId",
        "operationName",
        "category",
        "_TimeReceivedBySvc",
        "properties",
        "Timestamp",
        "NetworkMessageId",
        "InternetMessageId",
        "SenderMailFromAddress",
        "SenderFromAddress",
        "SenderDisplayName",
        "SenderObjectId",
        "SenderMailFromDomain",
        "SenderFromDomain",
        "SenderIPv4",
        "SenderIPv6",
        "RecipientEmailAddress",
        "RecipientObjectId",
        "Subject",
        "EmailClusterId",
        "EmailDirection",
        "DeliveryAction",
        "DeliveryLocation",
        "ThreatTypes",
        "ThreatNames",
        "DetectionMethods",
        "ConfidenceLevel",
        "BulkComplaintLevel",
        "EmailAction",
        "EmailActionPolicy",
        "EmailActionPolicyGuid",
        "AuthenticationDetails",
        "AttachmentCount",
        "UrlCount",
        "EmailLanguage",
        "Connectors",
        "OrgLevelAction",
        "OrgLevelPolicy",
        "UserLevelAction",
        "UserLevelPolicy",
        "ReportId",
        "AdditionalFields",
        "ExchangeTransportRule",
        "DistributionList",
        "ForwardingInformation",
        "Context",
        "To",
        "Cc",
        "ThreatClassification",
        "RecipientDomain",
        "EmailSize",
        "IsFirstContact",
        "Tenant",
    ];
}
