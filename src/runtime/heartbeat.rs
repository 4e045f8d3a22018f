//! The hourly word of each tenant: what was written, so that a receiver can tell whether it has it all.
//!
//! The count is over what the ledger holds, not over what this process remembers, so a restart changes nothing. A
//! heartbeat goes through the same stream as the alerts that it counts: a sink that has told it has told them.

use std::time::Duration;

use sha2::{Digest, Sha256};

use crate::alert::{HEARTBEAT_SCHEMA, Heartbeat};
use crate::event::{Fingerprint, Span, Time};
use crate::judge::{Tenant, Tenants};
use crate::ledger::{AlertRecord, Ledger, LedgerError, Pulse, Transaction};

/// Which tenants there are, and since when their next heartbeats count.
#[derive(Debug)]
pub(super) struct Heartbeats {
    interval: Span,
    tenants: Vec<(String, String)>,
    pulses: Vec<Pulse>,
}

impl Heartbeats {
    /// Goes on where a ledger stands.
    pub(super) fn new(tenants: &Tenants, interval: Duration, pulses: &[Pulse]) -> Self {
        let name = |tenant: &Tenant| (tenant.name.clone(), tenant.id.clone());
        let is_known = |pulse: &&Pulse| tenants.iter().any(|(_, tenant)| tenant.name == pulse.tenant);
        let pulses = pulses.iter().filter(is_known).cloned().collect();
        let interval = Span::micros(i64::try_from(interval.as_micros()).unwrap_or(i64::MAX));
        Self { interval, tenants: tenants.iter().map(|(_, tenant)| name(tenant)).collect(), pulses }
    }

    /// Whether anything is.
    pub(super) fn is_due(&self, now: Time) -> bool {
        self.pulses.len() < self.tenants.len() || self.pulses.iter().any(|pulse| is_over(pulse, now, self.interval))
    }

    /// Adds to a transaction what is due; `last` is the last alert record that is durable. A tenant that is new begins
    /// to be counted.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub(super) fn beat(
        &mut self,
        now: Time,
        last: u64,
        ledger: &mut dyn Ledger,
        transaction: &mut Transaction,
    ) -> Result<(), LedgerError> {
        for (name, id) in &self.tenants {
            let pulse = Pulse { tenant: name.clone(), since: now, sequence: last };
            match self.pulses.iter_mut().find(|pulse| pulse.tenant == *name) {
                None => self.pulses.push(pulse.clone()),
                // A clock that was put back begins to count anew.
                Some(before) if is_over(before, now, self.interval) => {
                    transaction.alerts.push(record(name, id, before, now, ledger)?);
                    *before = pulse.clone();
                }
                Some(_) => continue,
            }
            transaction.pulses.push(pulse);
        }
        Ok(())
    }
}

fn is_over(pulse: &Pulse, now: Time, interval: Span) -> bool {
    now < pulse.since || now - pulse.since >= interval
}

fn record(
    name: &str,
    id: &str,
    before: &Pulse,
    now: Time,
    ledger: &mut dyn Ledger,
) -> Result<AlertRecord, LedgerError> {
    let (mut records, mut hash) = (0, Sha256::new());
    ledger.told(name, before.sequence, &mut |id, seq| {
        let separator = if records == 0 { "" } else { "," };
        hash.update(format!("{separator}{id}-{seq}"));
        records += 1;
    })?;
    let since = before.since.as_micros().to_be_bytes();
    let heartbeat = Heartbeat {
        schema: HEARTBEAT_SCHEMA.to_owned(),
        id: Fingerprint::of("heartbeat", &[id.as_bytes(), &since]).to_string(),
        seq: 1,
        tenant: name.to_owned(),
        tenant_id: id.to_owned(),
        since: before.since,
        until: now,
        records,
        digest: hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect(),
    };
    // Encoding cannot fail: it is text and numbers.
    let body = serde_json::to_string(&heartbeat).unwrap_or_default();
    Ok(AlertRecord { id: heartbeat.id, seq: heartbeat.seq, tenant: heartbeat.tenant, body })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::{ReadLimit, SqliteLedger, Stream};

    const HOUR: Duration = Duration::from_secs(3_600);

    fn tenants() -> Tenants {
        let tenant = |name: &str| Tenant { id: format!("{name}-id"), name: name.to_owned(), ..Tenant::default() };
        Tenants::new(vec![tenant("contoso"), tenant("fabrikam")])
    }

    fn at(minutes: i64) -> Time {
        Time::from_millis(minutes * 60_000)
    }

    fn alert(tenant: &str, id: &str, seq: u32) -> AlertRecord {
        AlertRecord { id: id.into(), seq, tenant: tenant.into(), body: format!("{{\"{id}\":{seq}}}") }
    }

    /// Commits what is due at a time behind these alerts; the heartbeats so far.
    fn beat(beats: &mut Heartbeats, ledger: &mut SqliteLedger, now: Time, alerts: Vec<AlertRecord>) -> Vec<Heartbeat> {
        let last = ledger.commit(&Transaction { alerts, ..Transaction::default() }).unwrap().alerts;
        let mut transaction = Transaction::default();
        beats.beat(now, last, ledger, &mut transaction).unwrap();
        ledger.commit(&transaction).unwrap();
        let limit = ReadLimit { entries: 100, bytes: 1 << 20 };
        let entries = ledger.read(Stream::Alerts, 0, limit).unwrap();
        entries.iter().filter_map(|entry| serde_json::from_str(&entry.body).ok()).collect()
    }

    #[test]
    fn every_record_of_a_tenant_is_counted_once_also_over_a_restart() {
        let mut ledger = SqliteLedger::open_in_memory().unwrap();
        let mut beats = Heartbeats::new(&tenants(), HOUR, &[]);
        assert_eq!(
            beat(&mut beats, &mut ledger, at(0), vec![alert("contoso", "a", 1)]),
            [],
            "what was before counts not"
        );
        let told = vec![alert("contoso", "b", 2), alert("contoso", "b", 1), alert("fabrikam", "c", 1)];
        assert_eq!(beat(&mut beats, &mut ledger, at(59), told), []);
        let pulses = ledger.snapshot().unwrap().pulses;
        let mut beats = Heartbeats::new(&tenants(), HOUR, &pulses);
        let heartbeats = beat(&mut beats, &mut ledger, at(60), vec![]);
        let counted: Vec<_> = heartbeats.iter().map(|beat| (beat.tenant.as_str(), beat.records)).collect();
        assert_eq!(counted, [("contoso", 2), ("fabrikam", 1)]);
        // printf 'b-1,b-2' | sha256sum
        assert_eq!(heartbeats[0].digest, "699be7a0dd75e16b905e6b6b8c28937b03c01e90e4f18d7f93df666588b6d793");
        assert_eq!((heartbeats[0].since, heartbeats[0].until), (at(0), at(60)));
        let heartbeats = beat(&mut beats, &mut ledger, at(120), vec![alert("fabrikam", "d", 1)]);
        let counted: Vec<_> = heartbeats[2..].iter().map(|beat| (beat.tenant.as_str(), beat.records)).collect();
        assert_eq!(counted, [("contoso", 0), ("fabrikam", 1)], "heartbeats do not count themselves");
    }

    #[test]
    fn a_clock_that_was_put_back_loses_no_record() {
        let mut ledger = SqliteLedger::open_in_memory().unwrap();
        let mut beats = Heartbeats::new(&tenants(), HOUR, &[]);
        beat(&mut beats, &mut ledger, at(600), vec![]);
        let heartbeats = beat(&mut beats, &mut ledger, at(10), vec![alert("contoso", "a", 1)]);
        assert_eq!(heartbeats[0].records, 1);
        let heartbeats = beat(&mut beats, &mut ledger, at(70), vec![alert("contoso", "a", 2)]);
        assert_eq!(heartbeats.iter().map(|beat| beat.records).sum::<u64>(), 2);
    }
}
