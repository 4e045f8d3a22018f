//! The dimensions of a matrix, value by value.

use crate::record::{Column, Ip, Results};

/// An own name as it is written, and what it is called in the tables.
pub(crate) type Spelling = (&'static str, &'static str);

/// Own names: of each kind, and one of them in every spelling that folds onto it.
pub(crate) const SPELLINGS: [Spelling; 11] = [
    ("accepted", "contoso.com"),
    ("initial domain", "contoso.onmicrosoft.com"),
    ("below match_subdomains", "hr.contoso.example"),
    ("upper case", "CONTOSO.COM"),
    ("trailing dot", "contoso.com."),
    ("full-width", "ｃｏｎｔｏｓｏ.com"),
    ("mathematical bold", "𝐜𝐨𝐧𝐭𝐨𝐬𝐨.𝐜𝐨𝐦"),
    ("ideographic full stop", "contoso。com"),
    ("U-label", "münchen.example"),
    ("A-label", "XN--mnchen-3ya.example"),
    ("escaped in JSON", r"\u0063ontoso.com"),
];

/// Names that look like own ones and are not.
pub(crate) const LOOK_ALIKES: [Spelling; 8] = [
    ("a stranger", "fabrikam.com"),
    ("a Cyrillic letter", "cоntoso.com"),
    ("another suffix", "contoso.co"),
    ("own name as a label", "contoso.com.evil.example"),
    ("own name as an ending", "notcontoso.com"),
    ("hyphen", "contoso-com.example"),
    ("no dot", "contosocom.example"),
    ("another A-label", "xn--contso-fdc.com"),
];

/// A side of the sender.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    /// An own name.
    Own,
    /// Below an own name.
    Below,
    /// A stranger's.
    Foreign,
    /// Nobody.
    Null,
}

impl Side {
    /// What stands in the columns.
    pub(crate) fn sender(self, local: &'static str, own: &str) -> Option<(&'static str, String)> {
        match self {
            Self::Own => Some((local, own.to_owned())),
            Self::Below => Some((local, format!("news.{own}"))),
            Self::Foreign => Some((local, "vps.example.net".to_owned())),
            Self::Null => None,
        }
    }
}

/// P1 and P2, where P1 claims the tenant: what `RejectDirectSend` would stop.
pub(crate) const P1_CLAIMS: [(Side, Side); 8] = [
    (Side::Own, Side::Own),
    (Side::Own, Side::Below),
    (Side::Own, Side::Foreign),
    (Side::Own, Side::Null),
    (Side::Below, Side::Own),
    (Side::Below, Side::Below),
    (Side::Below, Side::Foreign),
    (Side::Below, Side::Null),
];

/// P1 and P2, where only P2 does: what it would not.
pub(crate) const P2_CLAIMS: [(Side, Side); 4] =
    [(Side::Foreign, Side::Own), (Side::Foreign, Side::Below), (Side::Null, Side::Own), (Side::Null, Side::Below)];

/// SPF without a pass; `None` is a missing key.
pub(crate) const SPF_NO_PASS: [Option<&str>; 7] =
    [Some("fail"), Some("softfail"), Some("none"), Some("neutral"), Some("temperror"), Some("permerror"), None];

/// DMARC without a pass.
pub(crate) const DMARC_NO_PASS: [Option<&str>; 5] =
    [Some("fail"), Some("none"), Some("temperror"), Some("permerror"), None];

/// CompAuth, which proves nothing either way.
pub(crate) const COMP_AUTH: [Option<&str>; 5] = [Some("pass"), Some("fail"), Some("softpass"), Some("none"), None];

/// No results at all.
pub(crate) const NO_RESULTS: [Results; 3] =
    [Results::Column(Column::Null), Results::Column(Column::Empty), Results::Column(Column::Missing)];

/// No connector, in its three forms.
pub(crate) const NO_CONNECTOR: [Column; 3] = [Column::Null, Column::Empty, Column::Missing];

/// Sources that nobody configured.
pub(crate) const STRANGE_IPS: [Ip; 4] = [
    Ip(Some("203.0.113.9"), None),
    Ip(None, Some("2001:db8:bad::9")),
    Ip(Some("203.0.113.9"), Some("2001:db8:bad::9")),
    Ip(None, None),
];

/// Sources in the filter's networks.
pub(crate) const FILTER_IPS: [Ip; 3] = [
    Ip(Some("198.51.100.7"), None),
    Ip(None, Some("2001:db8:f1::7")),
    Ip(Some("198.51.100.7"), Some("2001:db8:f1::7")),
];

/// The scanner's addresses.
pub(crate) const SCANNER_IPS: [Ip; 3] =
    [Ip(Some("192.0.2.7"), None), Ip(None, Some("2001:db8:5c::7")), Ip(Some("192.0.2.7"), Some("2001:db8:5c::7"))];

/// What Microsoft did with it.
pub(crate) const DELIVERIES: [&str; 3] = ["Delivered", "Junked", "Blocked"];

/// SPF of a stranger's envelope, or of the name in HELO where the envelope is empty: the attacker's own may pass.
pub(crate) const SPF_ANY: [Option<&str>; 8] = {
    let [a, b, c, d, e, f, g] = SPF_NO_PASS;
    [Some("pass"), a, b, c, d, e, f, g]
};

/// DMARC, whatever it says.
pub(crate) const DMARC_ANY: [Option<&str>; 7] = {
    let [a, b, c, d, e] = DMARC_NO_PASS;
    [Some("pass"), Some("bestguesspass"), a, b, c, d, e]
};
