//! Records, put together as they travel.

use std::collections::BTreeMap;

use crate::simulate::SimulatedRecord;

/// Collects records until a payload is full.
///
/// A topic is keyed by tenant, so there each payload holds one tenant's records; everywhere else the order of the stream
/// is kept, so that the numbers of the labels are those of the records.
pub(super) struct Batches {
    size: Option<usize>,
    by_tenant: bool,
    pending: BTreeMap<String, Batch>,
}

#[derive(Default)]
struct Batch {
    records: usize,
    text: String,
}

impl Batches {
    /// Batches of this size, or single records where there is none.
    pub(super) const fn new(size: Option<usize>, by_tenant: bool) -> Self {
        Self { size, by_tenant, pending: BTreeMap::new() }
    }

    /// Adds a record; returns the payload that it completes, without a line's end.
    pub(super) fn add(&mut self, record: &SimulatedRecord) -> Option<String> {
        let Some(size) = self.size else { return Some(record.json.clone()) };
        let tenant = if self.by_tenant { record.label.tenant.as_str() } else { "" };
        let batch = self.pending.entry(tenant.to_owned()).or_default();
        batch.push(&record.json);
        (batch.records == size).then(|| std::mem::take(batch).into_payload())
    }

    /// What is left, with its tenant.
    pub(super) fn finish(self) -> impl Iterator<Item = (String, String)> {
        let left = self.pending.into_iter().filter(|(_, batch)| batch.records > 0);
        left.map(|(tenant, batch)| (tenant, batch.into_payload()))
    }
}

impl Batch {
    fn push(&mut self, json: &str) {
        self.text.push_str(if self.records == 0 { r#"{"records":["# } else { "," });
        self.text.push_str(json);
        self.records += 1;
    }

    fn into_payload(mut self) -> String {
        self.text.push_str("]}");
        self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulate::{Options, SimulatedTenant, Simulation};

    fn payloads(size: usize, by_tenant: bool) -> Vec<serde_json::Value> {
        let tenant = |n: u8| SimulatedTenant::eop(format!("id-{n}"), format!("contoso{n}.example"));
        let options = Options { records: 10, tenants: vec![tenant(1), tenant(2)], ..Options::default() };
        let mut batches = Batches::new(Some(size), by_tenant);
        let full: Vec<_> = Simulation::new(options).filter_map(|record| batches.add(&record)).collect();
        let left = batches.finish().map(|(_, payload)| payload);
        full.into_iter().chain(left).map(|payload| serde_json::from_str(&payload).unwrap()).collect()
    }

    #[test]
    fn every_record_travels_once_and_the_last_batch_is_as_large_as_what_is_left() {
        let sizes: Vec<_> = payloads(4, false).iter().map(|it| it["records"].as_array().unwrap().len()).collect();
        assert_eq!(sizes, [4, 4, 2]);
    }

    #[test]
    fn a_keyed_batch_holds_one_tenant() {
        let payloads = payloads(3, true);
        assert_eq!(payloads.iter().map(|it| it["records"].as_array().unwrap().len()).sum::<usize>(), 10);
        for payload in payloads {
            let records = payload["records"].as_array().unwrap();
            assert!(records.iter().all(|record| record["tenantId"] == records[0]["tenantId"]));
        }
    }
}
