//! What the headers of a message say, and which of it was believed: for `explain`.
//!
//! An analyst who has the block in front of him sees a pass and wants to know why it did not count. Everything that could
//! be taken for a proof is listed with the reason, and nothing here is read by a rule.

use serde::Serialize;

use super::authentication_results::AuthenticationResults;
use super::fields::{Field, Fields};
use super::trust::Trust;
use crate::event::{CompAuthReason, Time};

/// The longest text that is shown of a field.
const SHOWN_CHARS_MAX: usize = 1_000;

/// The most entries of one kind; honest mail has a dozen.
const ENTRIES_MAX: usize = 100;

/// The headers of a message, looked through.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HeaderReview {
    /// The message never left Exchange Online, as far as anything in the block says.
    pub is_internal: bool,
    /// The way of the message, the latest hop first, at most 100.
    pub hops: Vec<HopReview>,
    /// Results of authentication, in the order of the block, at most 100.
    pub results: Vec<ResultReview>,
    /// Other fields that could be taken for a proof, at most 100.
    pub statements: Vec<StatementReview>,
}

/// One `Received` field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HopReview {
    /// The client, as it called itself.
    pub helo: Option<String>,
    /// The client's address, as the server saw it.
    pub ip: Option<String>,
    /// The server.
    pub by: Option<String>,
    /// The protocol.
    pub with: Option<String>,
    /// The link.
    pub via: Option<String>,
    /// When.
    pub date: Option<Time>,
    /// Whether Exchange Online took the message in here.
    pub is_front_door: bool,
    /// Whether the line is Exchange Online's own: the front door, or above it.
    pub is_believed: bool,
}

/// One header with results of authentication.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ResultReview {
    /// The field's name.
    pub header: String,
    /// The server that says it is the author; Exchange Online does not say.
    pub server: Option<String>,
    /// The results in canonical form, without comments.
    pub results: String,
    /// The reason of CompAuth.
    pub comp_auth_reason: Option<String>,
    /// What this reason means.
    pub comp_auth_meaning: Option<&'static str>,
    /// Whether it was believed.
    pub is_believed: bool,
    /// Why, or why not.
    pub because: &'static str,
}

/// A field that is shown and not believed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StatementReview {
    /// The field's name.
    pub header: String,
    /// What it says.
    pub value: String,
    /// The part that matters of a field with many: `CIP=203.0.113.9`, `TenantId=…`.
    pub parts: Vec<(String, String)>,
    /// Why it does not count.
    pub because: &'static str,
}

impl HeaderReview {
    pub(super) fn of(fields: &Fields<'_>, trust: &Trust<'_>) -> Self {
        let placed = || fields.iter().enumerate();
        let results = placed().filter_map(|(place, field)| ResultReview::of(place, field, trust));
        let statements = placed().filter_map(|(_, field)| StatementReview::of(field));
        Self {
            is_internal: trust.is_internal,
            hops: (0..trust.hops.len()).take(ENTRIES_MAX).filter_map(|number| HopReview::of(number, trust)).collect(),
            results: results.take(ENTRIES_MAX).collect(),
            statements: statements.take(ENTRIES_MAX).collect(),
        }
    }

    /// The hop at which Exchange Online took the message in.
    #[must_use]
    pub fn front_door(&self) -> Option<&HopReview> {
        self.hops.iter().find(|hop| hop.is_front_door)
    }
}

impl HopReview {
    fn of(number: usize, trust: &Trust<'_>) -> Option<Self> {
        let (_, hop) = trust.hops.get(number)?;
        let text = |text: Option<&str>| text.map(shown);
        Some(Self {
            helo: text(hop.helo),
            ip: hop.ip.map(|ip| ip.to_string()),
            by: text(hop.by),
            with: text(hop.with),
            via: text(hop.via),
            date: hop.date,
            is_front_door: trust.door == Some(number),
            is_believed: trust.door.is_some_and(|door| number <= door),
        })
    }
}

impl ResultReview {
    fn of(place: usize, field: &Field<'_>, trust: &Trust<'_>) -> Option<Self> {
        let name = field.name.to_ascii_lowercase();
        if !name.contains("authentication-results") {
            return None;
        }
        let value = if name.starts_with("arc-") { without_instance(&field.value) } else { &field.value };
        let parsed = AuthenticationResults::parse(value);
        let is_believed = trust.results.as_ref().is_some_and(|(believed, _)| *believed == place);
        let reason = parsed.comp_auth_reason();
        Some(Self {
            header: shown(field.name),
            server: parsed.authserv_id.as_deref().map(shown),
            results: shown(&AuthenticationResults { authserv_id: None, ..parsed.clone() }.to_string()),
            comp_auth_reason: reason.map(|reason| reason.to_string()),
            comp_auth_meaning: reason.map(CompAuthReason::meaning),
            is_believed,
            because: if is_believed { BELIEVED } else { doubt(&name, place, &parsed, trust) },
        })
    }
}

const BELIEVED: &str = "Exchange Online wrote it above its front door";

/// Why a result header is not believed; what it is called comes first, then where it stands, then who wrote it.
fn doubt(name: &str, place: usize, parsed: &AuthenticationResults, trust: &Trust<'_>) -> &'static str {
    match name {
        "authentication-results-original" => "a copy of what a filter or another server wrote before",
        name if name.contains("untrusted") => "Exchange Online itself calls this copy untrusted",
        name if name.starts_with("arc-") => "ARC: a statement of the servers before, and only as good as they are",
        name if name != "authentication-results" => "a copy under another name",
        _ if trust.is_internal => "the message is internal, and needs no results",
        _ if trust.is_from_elsewhere() => "another server wrote above the front door, so the block is from elsewhere",
        _ if trust.door.is_none() => "this block has no front door of Exchange Online, so anybody may have written it",
        _ if !trust.is_above_the_door(place) => "it stands below the front door, where the sender writes",
        _ if parsed.authserv_id.is_some() => "it names another server as its author",
        _ if !parsed.is_in_eop_dialect() => "it has neither SPF nor CompAuth, which Exchange Online always gives",
        _ => "another one of Exchange Online stands above it",
    }
}

/// ARC puts the number of the instance in front.
fn without_instance(value: &str) -> &str {
    match value.split_once(';') {
        Some((instance, rest)) if instance.trim_start().starts_with("i=") => rest,
        _ => value,
    }
}

/// The fields that look like a proof, in lower case, each with why it is none and which of its parts are worth a look.
const STATEMENTS: [(&str, &str, &[&str]); 16] = [
    ("x-ms-exchange-organization-authas", UNPROVEN, &[]),
    ("x-ms-exchange-organization-authsource", UNPROVEN, &[]),
    ("x-ms-exchange-organization-authmechanism", UNPROVEN, &[]),
    ("x-ms-exchange-organization-messagedirectionality", UNPROVEN, &[]),
    ("x-ms-exchange-organization-isanonymousdirectsend", UNDOCUMENTED, &[]),
    ("x-ms-exchange-organization-internalorgsender", UNDOCUMENTED, &[]),
    ("x-ms-exchange-organization-mxpointstous", UNDOCUMENTED, &[]),
    ("x-ms-exchange-crosstenant-authas", UNPROVEN, &[]),
    ("x-ms-exchange-crosstenant-authsource", UNPROVEN, &[]),
    ("x-ms-exchange-crosstenant-id", UNPROVEN, &[]),
    ("x-ms-exchange-crosstenant-fromentityheader", UNPROVEN, &[]),
    ("x-ms-exchange-crosstenant-originalattributedtenantconnectingip", ATTRIBUTED, &["TenantId", "Ip", "Helo"]),
    ("x-eoptenantattributedmessage", UNPROVEN, &[]),
    ("x-forefront-antispam-report", UNPROVEN, &["CIP", "SFV", "CAT", "SCL", "DIR"]),
    (
        "x-forefront-antispam-report-untrusted",
        "another tenant's copy, carried along",
        &["CIP", "SFV", "CAT", "SCL", "DIR"],
    ),
    ("received-spf", "the same as `spf`, and anybody may write it", &[]),
];

const UNPROVEN: &str = "Exchange Online writes it among the sender's fields; a pasted block may have a forged one";
const UNDOCUMENTED: &str = "seen in the wild, not documented, and a pasted block may have a forged one";
const ATTRIBUTED: &str =
    "a connector of this tenant took the mail in, if the field is not forged; compare TenantId with your own";

impl StatementReview {
    fn of(field: &Field<'_>) -> Option<Self> {
        let (_, because, parts) = STATEMENTS.iter().find(|(name, ..)| field.is(name))?;
        let part = |name: &&str| Some(((*name).to_owned(), shown(part(&field.value, name)?)));
        Some(Self {
            header: shown(field.name),
            value: shown(&field.value),
            parts: parts.iter().filter_map(part).collect(),
            because,
        })
    }

    /// The value of a part.
    #[must_use]
    pub fn part(&self, name: &str) -> Option<&str> {
        self.parts.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }
}

/// `CIP:203.0.113.9;CTRY:UA` and `TenantId=…;Ip=[203.0.113.9]`.
fn part<'v>(value: &'v str, name: &str) -> Option<&'v str> {
    value.split(';').find_map(|part| {
        let (own, value) = part.trim().split_once([':', '='])?;
        own.eq_ignore_ascii_case(name).then(|| value.trim_matches(['[', ']']))
    })
}

fn shown(text: &str) -> String {
    text.chars().take(SHOWN_CHARS_MAX).collect()
}
