//! Results of sender authentication, as Exchange Online reports them.
//!
//! The vocabulary is RFC 8601's plus Microsoft's own words (`bestguesspass`, CompAuth). The full value set of the
//! `AuthenticationDetails` column is not published, so an unknown word is carried as "other": it is present, and it is
//! not a pass.

/// Declares a closed vocabulary with an "other" for words that Microsoft has not documented.
macro_rules! vocabulary {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)+
            /// A word outside the documented set.
            Other,
        }

        impl $name {
            /// Reads a word, ignoring case.
            #[must_use]
            pub fn parse(word: &str) -> Self {
                let word = word.trim();
                $(if word.eq_ignore_ascii_case($word) { return Self::$variant; })+
                Self::Other
            }

            /// The word as Microsoft writes it.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                    Self::Other => "other",
                }
            }
        }
    };
}

vocabulary! {
    /// SPF (RFC 7208, 2.6).
    SpfResult {
        /// The client may use the domain.
        Pass = "pass",
        /// The client may not.
        Fail = "fail",
        /// Probably not; what `~all` gives, and what a typical spoof gets.
        SoftFail = "softfail",
        /// The domain makes no statement.
        Neutral = "neutral",
        /// No record.
        None = "none",
        /// A transient error, usually DNS.
        TempError = "temperror",
        /// A record that cannot be read.
        PermError = "permerror",
    }
}

vocabulary! {
    /// DKIM (RFC 8601, 2.7.1), with EOP's undocumented `timeout`.
    DkimResult {
        /// A signature verified; says nothing about whose.
        Pass = "pass",
        /// A signature did not verify.
        Fail = "fail",
        /// Not signed.
        None = "none",
        /// A transient error.
        TempError = "temperror",
        /// A signature that can never verify.
        PermError = "permerror",
        /// Key query timed out.
        Timeout = "timeout",
    }
}

vocabulary! {
    /// DMARC (RFC 9989), with Microsoft's `bestguesspass`.
    DmarcResult {
        /// Aligned and authenticated.
        Pass = "pass",
        /// Not.
        Fail = "fail",
        /// No policy published.
        None = "none",
        /// No policy published, and it would have passed (Microsoft's invention).
        BestGuessPass = "bestguesspass",
        /// A transient error.
        TempError = "temperror",
        /// A policy that cannot be read.
        PermError = "permerror",
    }
}

vocabulary! {
    /// Microsoft's composite authentication. Evidence, never alignment: `compauth=pass` with `dmarc=fail` occurs.
    CompAuth {
        /// Explicit or implicit pass.
        Pass = "pass",
        /// Explicit or implicit failure.
        Fail = "fail",
        /// Low-confidence pass.
        SoftPass = "softpass",
        /// Not checked, or bypassed.
        None = "none",
    }
}

/// The four results that a record may carry. `None` means that the key is missing, which is no failure: intra-org mail
/// has no SPF and no CompAuth.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AuthResults {
    /// `SPF`.
    pub spf: Option<SpfResult>,
    /// `DKIM`.
    pub dkim: Option<DkimResult>,
    /// `DMARC`.
    pub dmarc: Option<DmarcResult>,
    /// `CompAuth`.
    pub comp_auth: Option<CompAuth>,
    /// The reason of `CompAuth`; only the headers of a message tell.
    pub comp_auth_reason: Option<CompAuthReason>,
}

/// The three digits behind `compauth=`, as in `reason=451` (Microsoft, "Anti-spam message headers").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CompAuthReason(u16);

impl CompAuthReason {
    /// Reads exactly three digits.
    #[must_use]
    pub fn parse(digits: &str) -> Option<Self> {
        let is_code = digits.len() == 3 && digits.bytes().all(|byte| byte.is_ascii_digit());
        digits.parse().ok().filter(|_| is_code).map(Self)
    }

    /// Whether Microsoft says by it that the mail claims an accepted domain of the recipient's own tenant: 010 and 6xx.
    #[must_use]
    pub const fn names_own_domain(self) -> bool {
        matches!(self.0, 10 | 600..=699)
    }

    /// What the code, or the family that it belongs to, means. Families 4xx and 9xx are documented as "bypassed" only;
    /// what 451 and 905 stand for is what the community has found.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        match self.0 {
            0 => "explicit fail: DMARC fails, and its policy is quarantine or reject",
            1 => "implicit fail: no records, or weak ones",
            2 => "the tenant's policy forbids this pair of sender and domain",
            10 => "DMARC fails, and the domain is one of the tenant's own",
            130 => "pass: a trusted ARC seal overrode the failure",
            100..=199 | 700..=799 => "pass",
            200..=299 => "soft pass",
            300..=399 => "not checked",
            405 => "bypassed: through a filter without Enhanced Filtering",
            451 => "bypassed: straight to Exchange Online, while the MX points elsewhere",
            905 => "bypassed: the MX points to a filter or to the premises, so DMARC was not enforced",
            400..=499 | 900..=999 => "bypassed",
            600..=699 => "implicit fail, and the domain is one of the tenant's own",
            _ => "undocumented",
        }
    }
}

impl std::fmt::Display for CompAuthReason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:03}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_without_case_and_unknown_ones_are_present_but_no_pass() {
        assert_eq!(SpfResult::parse("SoftFail"), SpfResult::SoftFail);
        assert_eq!(DmarcResult::parse(" bestguesspass "), DmarcResult::BestGuessPass);
        assert_eq!(CompAuth::parse("unknown"), CompAuth::Other);
        assert_eq!(DkimResult::Timeout.as_str(), "timeout");
    }

    #[test]
    fn a_reason_is_three_digits_and_two_families_name_the_own_domain() {
        let own = |digits| CompAuthReason::parse(digits).map(CompAuthReason::names_own_domain);
        assert_eq!(
            (own("010"), own("601"), own("001"), own("451")),
            (Some(true), Some(true), Some(false), Some(false))
        );
        assert_eq!((own("10"), own("+10"), own("0010"), own("")), (None, None, None, None));
        assert_eq!(CompAuthReason::parse("010").unwrap().to_string(), "010");
    }
}
