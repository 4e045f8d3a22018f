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
}
