//! Where the sources come from.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::path::Path;

use crate::cli::failure::Failure;
use crate::detector::StateChange;
use crate::inventory::{Entry, SOURCE_KIND};
use crate::ledger::LedgerReader;

/// Sources that are held at once.
const PAGE: usize = 500;

/// A ledger, or what a scan remembers.
pub(super) enum Origin {
    Ledger(LedgerReader),
    Scanned(Scanned),
}

impl Origin {
    /// Opens the ledger of a data directory.
    pub(super) fn of_ledger(data_dir: &Path) -> Result<Self, Failure> {
        LedgerReader::open(data_dir).map(Self::Ledger).map_err(Failure::input)
    }

    /// The tenants that something is known of, by id.
    pub(super) fn tenants(&mut self) -> Result<Vec<String>, Failure> {
        match self {
            Self::Ledger(ledger) => ledger.tenants().map_err(Failure::input),
            Self::Scanned(scanned) => Ok(scanned.0.keys().cloned().collect()),
        }
    }

    /// Visits the sources of a tenant, in the order of their keys.
    pub(super) fn each(
        &mut self,
        tenant: &str,
        visit: &mut dyn FnMut(&Entry) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let mut after = String::new();
        loop {
            let page = self.page(tenant, &after)?;
            for (key, value) in &page {
                visit(&Entry::read(key, value).map_err(Failure::input)?)?;
            }
            let Some((last, _)) = page.into_iter().next_back() else { return Ok(()) };
            after = last;
        }
    }

    fn page(&mut self, tenant: &str, after: &str) -> Result<Vec<(String, String)>, Failure> {
        match self {
            Self::Ledger(ledger) => ledger.state(tenant, SOURCE_KIND, after, PAGE).map_err(Failure::input),
            Self::Scanned(scanned) => Ok(scanned.page(tenant, after)),
        }
    }
}

/// The sources that a scan has found, as a ledger would hold them: by tenant, then by key.
#[derive(Debug, Default)]
pub(super) struct Scanned(BTreeMap<String, BTreeMap<String, String>>);

impl Scanned {
    /// Takes in what changed in the detector's memory, and keeps what concerns sources.
    pub(super) fn keep(&mut self, changes: Vec<StateChange>) {
        for StateChange { tenant, key, value, .. } in changes.into_iter().filter(|it| it.kind == SOURCE_KIND) {
            let sources = self.0.entry(tenant).or_default();
            match value {
                Some(value) => drop(sources.insert(key, value)),
                None => drop(sources.remove(&key)),
            }
        }
    }

    fn page(&self, tenant: &str, after: &str) -> Vec<(String, String)> {
        let behind = (Bound::Excluded(after), Bound::Unbounded);
        let sources = self.0.get(tenant).into_iter().flat_map(|sources| sources.range::<str, _>(behind));
        sources.take(PAGE).map(|(key, value)| (key.clone(), value.clone())).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::correlate::Standing;
    use crate::inventory::{on, stored};

    fn change(kind: &str, sender: usize, is_there: bool) -> StateChange {
        let key = format!("203.0.113.0/24 {sender:04}@contoso.com");
        let value = is_there.then(|| stored(&key.parse().unwrap(), [on(0, Standing::Unaligned)]));
        StateChange { tenant: "6f0c1d7e".to_owned(), kind: kind.to_owned(), key, value }
    }

    fn senders(origin: &mut Origin, tenant: &str) -> Vec<String> {
        let mut found = Vec::new();
        origin
            .each(tenant, &mut |entry| {
                found.push(entry.sender.clone());
                Ok(())
            })
            .unwrap();
        found
    }

    #[test]
    fn a_scan_tells_the_sources_that_its_memory_ends_with() {
        let mut scanned = Scanned::default();
        scanned.keep(vec![change("source", 2, true), change("campaign", 3, true), change("source", 1, true)]);
        scanned.keep(vec![change("source", 2, false), change("source", 4, true)]);
        let mut origin = Origin::Scanned(scanned);
        assert_eq!(origin.tenants().unwrap(), ["6f0c1d7e"]);
        assert_eq!(senders(&mut origin, "6f0c1d7e"), ["0001@contoso.com", "0004@contoso.com"]);
        assert!(senders(&mut origin, "other").is_empty());
    }

    #[test]
    fn every_source_is_visited_once_however_many_pages_there_are() {
        for count in [PAGE - 1, PAGE, 2 * PAGE + 1] {
            let mut scanned = Scanned::default();
            scanned.keep((0..count).map(|sender| change("source", sender, true)).collect());
            let found = senders(&mut Origin::Scanned(scanned), "6f0c1d7e");
            assert!(found.iter().is_sorted() && found.len() == count);
        }
    }
}
