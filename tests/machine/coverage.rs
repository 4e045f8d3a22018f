//! What was tried at all: a simulation that stops meeting something must say so.

use postern::correlate::{Kind, Seen};
use postern::detector::{Outcome, Slice};
use postern::judge::{Factor, Severity};

use crate::undisturbed::Undisturbed;

/// Declares the counters.
macro_rules! counters {
    ($($name:ident),+ $(,)?) => {
        /// How often what happened.
        #[derive(Debug, Clone, Default)]
        pub(crate) struct Coverage {
            $(pub(crate) $name: u64,)+
        }

        impl Coverage {
            /// The counters by name.
            pub(crate) fn counters(&self) -> Vec<(&'static str, u64)> {
                vec![$((stringify!($name), self.$name)),+]
            }

            /// Adds what another seed met.
            pub(crate) fn add(&mut self, other: &Self) {
                $(self.$name += other.$name;)+
            }
        }
    };
}

counters! {
    records, suspicious, own, departures, related, posture, undecodable, unknown_tenant,
    alerts, campaigns, merged, returns, lapses, storms, removed, clicked, critical, first_seen, known_network, likely_echo,
    silenced, gates, forgotten,
    commits, crashes, crashed_before, crashed_after, disk_full, lied, reassigned, skipped, pruned, silences, refusals,
    tight,
}

impl Coverage {
    /// Counts what a run met.
    pub(crate) fn of_run(&mut self, slices: &[Slice], run: &Undisturbed) {
        for slice in slices {
            self.records += slice.outcomes.total();
            self.undecodable += slice.outcomes.get(Outcome::Undecodable);
            self.unknown_tenant += slice.outcomes.get(Outcome::UnknownTenant);
            for step in &slice.steps {
                *match step.seen {
                    Seen::Suspicious(_) => &mut self.suspicious,
                    Seen::Own(_) => &mut self.own,
                    Seen::Departed(_) => &mut self.departures,
                    Seen::Related(_) => &mut self.related,
                    Seen::Posture(_) => &mut self.posture,
                } += 1;
            }
        }
        let campaigns = run.campaigns();
        for campaign in &campaigns {
            self.campaigns += 1;
            self.merged += u64::from(!campaign.told.merged.is_empty());
            self.returns += u64::from(campaign.kind == Kind::Returns);
            self.lapses += u64::from(campaign.kind == Kind::Lapses);
            self.storms += u64::from(campaign.kind == Kind::Storm);
            self.removed += u64::from(campaign.removed > 0);
            self.clicked += u64::from(!campaign.clicks.is_empty());
            self.critical += u64::from(campaign.weighing().severity == Severity::Critical);
            self.first_seen += u64::from(campaign.any.contains(Factor::FirstSeen));
            self.known_network += u64::from(campaign.any.contains(Factor::KnownNetwork));
            self.likely_echo += u64::from(campaign.any.contains(Factor::LikelyEcho));
        }
        let count = |kind: &str| run.state.keys().filter(|(_, of, _)| of == kind).count() as u64;
        self.alerts += run.told.len() as u64;
        self.silenced += run.silenced;
        self.gates += run.told.iter().filter(|alert| !alert.campaigns_since.is_empty()).count() as u64;
        self.forgotten += (campaigns.len() as u64).saturating_sub(count("campaign"));
    }
}
