//! How bad it is, as a sum that a person can check.
//!
//! A rule brings points of its own; named factors add to them or take from them; the sum falls into a level. Points
//! instead of whole levels, because a spoof that Microsoft also called one is not "one level" worse, but several such
//! facts together are. Every factor that counted is shown in the alert with its effect, so nothing is magic.
//!
//! A campaign is weighed from its members: an amplifier counts when *any* message shows it, a dampener only when *all*
//! do. So more abuse never lowers a severity (invariant MONOTONE).

use serde::{Deserialize, Serialize};

/// How soon somebody should look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// When there is time.
    Low,
    /// Today.
    Medium,
    /// Now.
    High,
    /// Now, and wake somebody.
    Critical,
}

impl Severity {
    /// All levels, rising.
    pub const ALL: [Self; 4] = [Self::Low, Self::Medium, Self::High, Self::Critical];

    /// The word in alerts, verdicts and metric labels.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }

    /// What the sum comes to at least at this level; `None` for the lowest, which takes the rest.
    #[must_use]
    pub const fn floor(self) -> Option<i32> {
        match self {
            Self::Low => None,
            Self::Medium => Some(30),
            Self::High => Some(60),
            Self::Critical => Some(90),
        }
    }

    /// The points that a rule of this severity brings: its level's floor, so that any dampener counts.
    #[must_use]
    pub const fn points(self) -> i32 {
        match self.floor() {
            Some(floor) => floor,
            None => 10,
        }
    }

    fn of_points(points: i32) -> Self {
        let reached = |level: &Self| level.floor().is_none_or(|floor| points >= floor);
        Self::ALL.into_iter().rev().find(reached).unwrap_or(Self::Low)
    }
}

/// Declares the factors with their word, their effect in points and their reason. Sets of factors are stored by place, so
/// a new one goes to the end.
macro_rules! factors {
    ($(#[doc = $reason:literal] $variant:ident = $word:literal, $effect:literal;)+) => {
        /// Something about a message or a campaign that makes it worse or less bad.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum Factor {
            $(#[doc = $reason] $variant,)+
        }

        impl Factor {
            /// All factors, in the order in which alerts list them.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The word in an alert's `severity_reasons`.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }

            /// The effect in points: positive for an amplifier, negative for a dampener.
            #[must_use]
            pub const fn effect(self) -> i32 {
                match self { $(Self::$variant => $effect,)+ }
            }

            /// Why it counts, as its documentation says.
            #[must_use]
            pub const fn reason(self) -> &'static str {
                match self { $(Self::$variant => $reason.trim_ascii(),)+ }
            }
        }
    };
}

factors! {
    /// It reached an inbox: a person can act on it.
    DeliveredToInbox = "delivered-to-inbox", 10;
    /// The sender claims to be the recipient: the shape of most published campaigns, and of almost no honest mail.
    SelfAddressed = "self-addressed", 10;
    /// It claims to be a configured protected person.
    ProtectedPerson = "protected-person", 20;
    /// CompAuth is `none`: Microsoft did not check, so no spoof policy ran.
    CompAuthNone = "compauth-none", 3;
    /// CompAuth is `fail`: Microsoft's own verdict on the claim.
    CompAuthFail = "compauth-fail", 3;
    /// Microsoft named it a spoof in DetectionMethods, or a spoof of the tenant's own domain by compauth reason 010 or 6xx.
    SpoofVerdict = "microsoft-spoof-verdict", 3;
    /// It carries at least one link.
    UrlPayload = "url-payload", 1;
    /// It carries an attachment; the published lures hide their QR code in one.
    AttachmentPayload = "attachment-payload", 1;
    /// Ten recipients and more in one campaign.
    Burst = "burst", 15;
    /// Three own identities and more in one campaign: never a device.
    SeveralIdentities = "several-own-identities", 10;
    /// The claim is own and authenticated: a device in SPF that walked around the filter.
    OwnAndAligned = "own-and-aligned", -20;
    /// It comes from a configured phishing-simulation vendor, as one of its senders.
    SimulationVendor = "simulation-vendor", -100;
    /// Microsoft blocked or quarantined it.
    Blocked = "blocked-by-microsoft", -30;
    /// It carries a QR code, which takes the reader to a telephone that nobody watches.
    QrCode = "qr-code", 10;
    /// Somebody followed one of its links.
    Clicked = "clicked", 60;
    /// Its source was never seen before, by a memory that goes back a week and more.
    FirstSeen = "first-seen-source", 2;
    /// A source that has been known for a week speaks as somebody else.
    KnownNetwork = "known-source-as-another", 15;
    /// The same source has proven the claim before.
    AlignedHistory = "aligned-history", -20;
    /// It has the name of a mail that left the tenant before. Nothing proves who sends it back, so it is not silenced.
    LikelyEcho = "likely-echo", -45;
    /// No delivery of it is in a mailbox any more: all were removed, and nobody followed a link.
    Removed = "removed-after-delivery", -20;
}

impl Factor {
    const fn bit(self) -> u32 {
        1 << self as u8
    }
}

/// A set of factors.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FactorSet(u32);

impl FactorSet {
    /// Adds a factor where the condition holds.
    pub fn insert_if(&mut self, factor: Factor, condition: bool) {
        if condition {
            self.0 |= factor.bit();
        }
    }

    /// Whether the factor is in the set.
    #[must_use]
    pub const fn contains(self, factor: Factor) -> bool {
        self.0 & factor.bit() != 0
    }

    /// What is in either.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// What is in both.
    #[must_use]
    pub const fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}

/// How the members of a campaign are weighed together, for whoever wants to check the sum.
pub const CAMPAIGN_WEIGHING: &str = "A campaign begins with the gravest severity that its rules have on their own. A factor \
    that adds points counts when any of its messages shows it, one that takes points only when all of them do; so more \
    abuse never lowers a severity.";

/// A factor that counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SeverityReason {
    /// What.
    pub factor: Factor,
}

/// The result of weighing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Weighing {
    /// The level.
    pub severity: Severity,
    /// Every factor that counted: those that add in the order of [`Factor::ALL`], then those that take.
    pub reasons: Vec<SeverityReason>,
}

/// Weighs a rule's own severity with the factors that any, and that all, of the messages show.
///
/// For a single message both sets are the same.
#[must_use]
pub fn weigh(own: Severity, any: FactorSet, all: FactorSet) -> Weighing {
    let counts = |factor: &Factor| if factor.effect() > 0 { any.contains(*factor) } else { all.contains(*factor) };
    let counted = Factor::ALL.iter().copied().filter(counts);
    let mut reasons: Vec<_> = counted.map(|factor| SeverityReason { factor }).collect();
    reasons.sort_by_key(|reason| reason.factor.effect() < 0);
    let points = own.points() + reasons.iter().map(|reason| reason.factor.effect()).sum::<i32>();
    Weighing { severity: Severity::of_points(points), reasons }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(factors: &[Factor]) -> FactorSet {
        let mut set = FactorSet::default();
        factors.iter().for_each(|factor| set.insert_if(*factor, true));
        set
    }

    fn severity(own: Severity, factors: &[Factor]) -> Severity {
        weigh(own, set(factors), set(factors)).severity
    }

    #[test]
    fn a_single_unremarkable_spoof_in_an_inbox_is_medium() {
        use Factor::{CompAuthNone, DeliveredToInbox, SpoofVerdict, UrlPayload};
        assert_eq!(severity(Severity::Medium, &[]), Severity::Medium);
        let spoof = [DeliveredToInbox, CompAuthNone, SpoofVerdict, UrlPayload];
        assert_eq!(severity(Severity::Medium, &spoof), Severity::Medium);
    }

    #[test]
    fn a_self_addressed_burst_in_inboxes_is_high() {
        use Factor::{
            AttachmentPayload, Burst, CompAuthFail, DeliveredToInbox, SelfAddressed, SpoofVerdict, UrlPayload,
        };
        let single = [DeliveredToInbox, SelfAddressed, CompAuthFail, SpoofVerdict, UrlPayload, AttachmentPayload];
        assert_eq!(severity(Severity::Medium, &single), Severity::Medium);
        assert_eq!(severity(Severity::Medium, &[DeliveredToInbox, SelfAddressed, Burst]), Severity::High);
    }

    #[test]
    fn a_simulation_is_low_and_so_is_a_device_in_spf_that_walks_around_the_filter() {
        use Factor::{Burst, DeliveredToInbox, OwnAndAligned, SelfAddressed, SimulationVendor};
        let simulation = [DeliveredToInbox, SelfAddressed, SimulationVendor, Burst];
        assert_eq!(severity(Severity::Medium, &simulation), Severity::Low);
        assert_eq!(severity(Severity::Medium, &[OwnAndAligned]), Severity::Low);
    }

    #[test]
    fn a_dampener_counts_only_when_every_message_shows_it() {
        let blocked = set(&[Factor::Blocked]);
        let inbox = set(&[Factor::DeliveredToInbox]);
        let both = weigh(Severity::Medium, blocked.union(inbox), blocked.intersection(inbox));
        assert!(both.severity >= weigh(Severity::Medium, blocked, blocked).severity);
        assert_eq!(both.reasons, vec![SeverityReason { factor: Factor::DeliveredToInbox }]);
    }

    #[test]
    fn levels_begin_at_their_floors() {
        use Severity::{Critical, High, Low, Medium};
        assert_eq!(
            [-100, 29, 30, 59, 60, 89, 90, 200].map(Severity::of_points),
            [Low, Low, Medium, Medium, High, High, Critical, Critical]
        );
        assert!(Severity::ALL.into_iter().all(|level| Severity::of_points(level.points()) == level));
    }

    #[test]
    fn every_factor_says_why() {
        assert!(Factor::ALL.iter().all(|factor| factor.reason().ends_with('.') && !factor.reason().starts_with(' ')));
    }

    #[test]
    fn every_factor_has_its_own_bit() {
        assert!(Factor::ALL.len() <= 32);
        let all = Factor::ALL.iter().fold(0, |bits, factor| bits | factor.bit());
        assert_eq!(all.count_ones() as usize, Factor::ALL.len());
    }
}
