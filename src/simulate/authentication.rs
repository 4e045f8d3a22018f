//! What Exchange Online found out about a sender: `AuthenticationDetails`.

use super::chance::Chance;

/// One result, or no key at all, which is something else than a failure.
type Word = Option<&'static str>;

/// The four results of a record, in the order of the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Authentication {
    pub(super) spf: Word,
    pub(super) dkim: Word,
    pub(super) dmarc: Word,
    pub(super) comp_auth: Word,
}

pub(super) const ALL_PASS: Authentication = results("pass", "pass", "pass", "pass");
pub(super) const SPF_ALIGNED: Authentication = results("pass", "none", "pass", "pass");
pub(super) const DKIM_ALIGNED: Authentication = results("fail", "pass", "pass", "pass");
pub(super) const NO_POLICY: Authentication = results("pass", "none", "bestguesspass", "pass");
pub(super) const DNS_FAILED: Authentication = results("temperror", "none", "temperror", "none");
/// Sent by an account of the tenant, so nobody asks SPF and nobody weighs the whole.
pub(super) const WITHIN_EXCHANGE: Authentication =
    Authentication { spf: None, dkim: Some("none"), dmarc: Some("none"), comp_auth: None };

/// What SPF says of a source that is not in it, and what it says when it cannot say.
pub(super) const SPF_UNPROVEN: [Word; 7] =
    [Some("fail"), Some("softfail"), Some("none"), Some("neutral"), Some("temperror"), Some("permerror"), None];

impl Authentication {
    /// Nothing proves the sender: every result is drawn for itself, and none of them passes.
    ///
    /// Where there is not even a result of SPF, DMARC may be missing as well, and then the record proves nothing at all.
    pub(super) fn unproven(chance: &mut Chance) -> Self {
        let spf = chance.one_of(&SPF_UNPROVEN);
        let dmarc = chance.weighted(&[
            (14, Some("fail")),
            (3, Some("none")),
            (1, Some("temperror")),
            (1, Some("permerror")),
            (if spf.is_none() { 5 } else { 0 }, None),
        ]);
        Self {
            spf,
            dkim: chance.weighted(&[(9, Some("none")), (1, Some("fail"))]),
            dmarc,
            comp_auth: chance.weighted(&[(5, Some("fail")), (4, Some("none")), (1, Some("softpass"))]),
        }
    }

    /// As behind a third-party filter: the address that delivers is the filter's, which is in nobody's SPF, and what the
    /// filter writes into a message breaks signatures. With Enhanced Filtering nothing of that shows.
    pub(super) fn seen_through_filter(self, chance: &mut Chance) -> Self {
        let has_enhanced_filtering = chance.per_mille(200);
        if has_enhanced_filtering {
            return self;
        }
        let is_signed = self.dkim == Some("pass") && chance.per_mille(600);
        Self {
            spf: chance.weighted(&[(3, Some("fail")), (3, Some("softfail")), (1, Some("none"))]),
            dkim: if is_signed { self.dkim } else { self.dkim.map(|dkim| if dkim == "pass" { "fail" } else { dkim }) },
            dmarc: if is_signed { self.dmarc } else { Some("fail") },
            comp_auth: Some("none"),
        }
    }

    /// Whether there is neither a result of SPF nor one of DMARC.
    pub(super) const fn proves_nothing(self) -> bool {
        self.spf.is_none() && self.dmarc.is_none()
    }

    /// The keys that are there.
    pub(super) fn keys(self) -> impl Iterator<Item = (&'static str, &'static str)> {
        let keys = [("SPF", self.spf), ("DKIM", self.dkim), ("DMARC", self.dmarc), ("CompAuth", self.comp_auth)];
        keys.into_iter().filter_map(|(key, word)| Some((key, word?)))
    }
}

pub(super) const fn results(
    spf: &'static str,
    dkim: &'static str,
    dmarc: &'static str,
    comp_auth: &'static str,
) -> Authentication {
    Authentication { spf: Some(spf), dkim: Some(dkim), dmarc: Some(dmarc), comp_auth: Some(comp_auth) }
}
