//! The facts as an analyst reads them: what was observed, what an honest message would show, and where it stands.
//!
//! "Where" depends on the form of the telemetry. Whoever looks into an alert goes to the column, the header or the cell that
//! is named here, so the names are those of the form that the message came in, all in one table. What a form has no place
//! for is "not told", which is something else than "absent": the column was there, and nothing stood in it.

use serde::{Deserialize, Serialize};

use crate::event::{AuthResults, CompAuth, DkimResult, DmarcResult, Form, Mailbox, SpfResult, Text};

use super::claim::Claim;
use super::entry::Entry;
use super::facts::Facts;
use super::sanction::Permission;

/// A fact as an analyst reads it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// Which fact.
    pub fact: String,
    /// What the record says.
    pub observed: String,
    /// What an honest message would say.
    pub expected: String,
    /// The field of the form that says it; `none` where the form has no such field.
    pub field: String,
}

/// What a form of the telemetry calls the places where the facts stand; `None` where it has none.
struct Fields {
    envelope_from: Option<&'static str>,
    header_from: Option<&'static str>,
    entry: Option<&'static str>,
    connector: Option<&'static str>,
    source: Option<&'static str>,
    spf: Option<&'static str>,
    dkim: Option<&'static str>,
    dmarc: Option<&'static str>,
    comp_auth: Option<&'static str>,
    delivery: Option<&'static str>,
}

const EMAIL_EVENTS: Fields = Fields {
    envelope_from: Some("SenderMailFromAddress"),
    header_from: Some("SenderFromAddress"),
    entry: Some("EmailDirection, Connectors"),
    connector: Some("Connectors"),
    source: Some("SenderIPv4, SenderIPv6"),
    spf: Some("AuthenticationDetails.SPF"),
    dkim: Some("AuthenticationDetails.DKIM"),
    dmarc: Some("AuthenticationDetails.DMARC"),
    comp_auth: Some("AuthenticationDetails.CompAuth"),
    delivery: Some("DeliveryAction"),
};

const MESSAGE: Fields = Fields {
    envelope_from: Some("smtp.mailfrom"),
    header_from: Some("From"),
    entry: Some("Received"),
    connector: None,
    source: Some("Received"),
    spf: Some("Authentication-Results: spf"),
    dkim: Some("Authentication-Results: dkim"),
    dmarc: Some("Authentication-Results: dmarc"),
    comp_auth: Some("Authentication-Results: compauth"),
    delivery: None,
};

/// Of the APIs, and behind the slash of the enhanced summary of a historical search, which is the same row as CSV.
const MESSAGE_TRACE: Fields = Fields {
    envelope_from: Some("SenderAddress / sender_address"),
    entry: Some("FromIP / directionality"),
    connector: Some("connector_id"),
    source: Some("FromIP / original_client_ip"),
    delivery: Some("Status / recipient_status"),
    ..NOTHING
};

const REPORT: Fields = Fields {
    envelope_from: Some("sender_address"),
    entry: Some("directionality, connector_id"),
    connector: Some("connector_id"),
    source: Some("original_client_ip"),
    delivery: Some("recipient_status"),
    ..NOTHING
};

const NOTHING: Fields = Fields {
    envelope_from: None,
    header_from: None,
    entry: None,
    connector: None,
    source: None,
    spf: None,
    dkim: None,
    dmarc: None,
    comp_auth: None,
    delivery: None,
};

const fn fields(form: Form) -> Fields {
    match form {
        Form::EmailEvents => EMAIL_EVENTS,
        Form::Message => MESSAGE,
        Form::MessageTrace => MESSAGE_TRACE,
        Form::MessageTraceDetail | Form::ConnectorReport => REPORT,
    }
}

impl Facts<'_> {
    /// The facts as evidence, in the order in which an analyst asks.
    #[must_use]
    pub fn evidence(&self) -> Vec<Evidence> {
        let fields = fields(self.event.form);
        let mut evidence = vec![self.envelope_evidence(&fields), self.header_evidence(&fields)];
        evidence.extend(self.entry_evidence(&fields));
        evidence.extend(self.result_evidence(&fields));
        let delivery = fields.delivery.map(|_| self.event.delivery_action.as_str());
        evidence.push(row("delivery", delivery, "Blocked", fields.delivery));
        evidence.extend(self.permission_evidence());
        evidence
    }

    fn envelope_evidence(&self, fields: &Fields) -> Evidence {
        let is_told = !self.event.untold.envelope_from;
        let observed = is_told.then(|| sender(&self.event.envelope_from, self.envelope_claim));
        row("envelope-from", observed, "foreign", fields.envelope_from)
    }

    /// What claims most comes first: evidence is cut, and an author that matters must not be pushed out of it.
    fn header_evidence(&self, fields: &Fields) -> Evidence {
        const AUTHORS_SHOWN_MAX: usize = 3;
        let mut authors: Vec<_> = self.event.header_mailboxes().zip(self.author_claims.iter().copied()).collect();
        authors.sort_by_key(|(_, claim)| *claim);
        let shown = authors.iter().take(AUTHORS_SHOWN_MAX).map(|(mailbox, claim)| sender(mailbox, *claim));
        let further = authors.len().checked_sub(AUTHORS_SHOWN_MAX).filter(|count| *count > 0);
        let observed = shown.chain(further.map(|count| format!("and {count} more"))).collect::<Vec<_>>().join(", ");
        row("header-from", (!self.event.untold.header_from).then_some(observed), "foreign", fields.header_from)
    }

    fn entry_evidence(&self, fields: &Fields) -> [Evidence; 3] {
        let event = self.event;
        let is_told = |value: &bool| *value || !event.untold.entry;
        let entry = Some(self.entry).filter(|entry| is_told(&(*entry != Entry::Unknown)));
        let connector = event.connectors.as_deref();
        let none = Some("none").filter(|_| is_told(&false) && fields.connector.is_some());
        let source = event.sender_ip().map_or_else(|| "unknown".to_owned(), |address| address.to_string());
        [
            row("entry", entry.map(Entry::as_str), "internal, gateway or connector", fields.entry),
            row("connector", connector.or(none), "a configured connector", fields.connector),
            row("source", Some(source), "a sanctioned network", fields.source),
        ]
    }

    fn result_evidence(&self, fields: &Fields) -> [Evidence; 4] {
        let results = self.event.authentication;
        let is_told = !self.event.untold.authentication;
        let result = |fact, word: Option<String>, field| {
            let observed = is_told.then(|| word.unwrap_or_else(|| "absent".to_owned()));
            row(fact, observed, "pass", field)
        };
        [
            result("spf", results.spf.map(|it: SpfResult| it.as_str().to_owned()), fields.spf),
            result("dkim", results.dkim.map(|it| dkim(it, &self.event.dkim_domains)), fields.dkim),
            result("dmarc", results.dmarc.map(|it: DmarcResult| it.as_str().to_owned()), fields.dmarc),
            result("compauth", comp_auth(results), fields.comp_auth),
        ]
    }

    /// Only where there is something to say: most messages are nowhere near a permission.
    fn permission_evidence(&self) -> Option<Evidence> {
        let matched = |name: &str| format!("\"{name}\": right network and sender");
        let (permission, observed) = match (self.sanction, self.simulation, &self.near_miss) {
            (Some(sanction), ..) => (Permission::Sanction, matched(sanction.name)),
            (None, Some(vendor), _) => (Permission::Simulation, matched(vendor)),
            (None, None, Some(near)) => (near.permission, near.to_string()),
            (None, None, None) => return None,
        };
        Some(row(permission.as_str(), Some(observed), "its network and its sender", Some(permission.section())))
    }
}

fn row(fact: &str, observed: Option<impl Into<String>>, expected: &str, field: Option<&str>) -> Evidence {
    Evidence {
        fact: fact.to_owned(),
        observed: observed.map_or_else(|| "not told".to_owned(), Into::into),
        expected: expected.to_owned(),
        field: field.unwrap_or("none").to_owned(),
    }
}

fn sender(mailbox: &Mailbox<'_>, claim: Claim) -> String {
    let written = mailbox.address.as_deref().or(mailbox.domain.as_deref()).unwrap_or("<>");
    format!("{written} ({})", claim.as_str())
}

/// A pass says little without whose it is.
fn dkim(result: DkimResult, signers: &[Text<'_>]) -> String {
    const SIGNERS_SHOWN_MAX: usize = 3;
    let shown: Vec<&str> = signers.iter().take(SIGNERS_SHOWN_MAX).map(Text::as_str).collect();
    if shown.is_empty() { result.as_str().to_owned() } else { format!("{} of {}", result.as_str(), shown.join(", ")) }
}

fn comp_auth(results: AuthResults) -> Option<String> {
    let reason = results.comp_auth_reason.map(|reason| format!(" (reason {reason}: {})", reason.meaning()));
    results.comp_auth.map(CompAuth::as_str).map(|word| word.to_owned() + &reason.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{CompAuthReason, MailEvent, Untold};
    use crate::judge::{AcceptedDomain, Tenant};

    fn tenant() -> Tenant {
        let own = AcceptedDomain { name: "contoso.com".to_owned(), match_subdomains: false };
        Tenant { accepted_domains: vec![own], ..Tenant::default() }
    }

    fn evidence(event: &MailEvent<'_>) -> Vec<Evidence> {
        let tenant = tenant();
        Facts::of(event, &tenant).evidence()
    }

    /// What was observed of a fact, and where.
    fn told(event: &MailEvent<'_>, fact: &str) -> (String, String) {
        let found = evidence(event).into_iter().find(|evidence| evidence.fact == fact).unwrap();
        (found.observed, found.field)
    }

    fn pair(observed: &str, field: &str) -> (String, String) {
        (observed.to_owned(), field.to_owned())
    }

    #[test]
    fn an_empty_column_is_absent_and_a_form_without_it_does_not_tell() {
        let row = MailEvent::default();
        assert_eq!(told(&row, "spf"), pair("absent", "AuthenticationDetails.SPF"));
        assert_eq!(told(&row, "connector"), pair("none", "Connectors"));
        assert_eq!(told(&row, "header-from"), pair("<> (null)", "SenderFromAddress"));
        let untold = Untold { entry: true, envelope_from: false, header_from: true, authentication: true };
        let trace = MailEvent { form: Form::MessageTrace, untold, ..MailEvent::default() };
        for fact in ["spf", "dkim", "dmarc", "compauth", "header-from"] {
            assert_eq!(told(&trace, fact), pair("not told", "none"), "{fact}");
        }
        assert_eq!(told(&trace, "entry"), pair("not told", "FromIP / directionality"));
        assert_eq!(told(&trace, "envelope-from").1, "SenderAddress / sender_address");
        let partial =
            MailEvent { untold: Untold { authentication: true, ..Untold::default() }, ..MailEvent::default() };
        assert_eq!(told(&partial, "dmarc"), pair("not told", "AuthenticationDetails.DMARC"));
    }

    #[test]
    fn every_form_names_its_own_fields() {
        let source = |form| told(&MailEvent { form, ..MailEvent::default() }, "source").1;
        assert_eq!(source(Form::EmailEvents), "SenderIPv4, SenderIPv6");
        assert_eq!(source(Form::Message), "Received");
        assert_eq!(source(Form::MessageTrace), "FromIP / original_client_ip");
        assert_eq!(source(Form::MessageTraceDetail), "original_client_ip");
        let message = MailEvent { form: Form::Message, ..MailEvent::default() };
        assert_eq!(told(&message, "connector"), pair("not told", "none"));
        assert_eq!(told(&message, "spf"), pair("absent", "Authentication-Results: spf"));
    }

    #[test]
    fn a_pass_names_its_signers_and_compauth_its_reason() {
        let event = MailEvent {
            authentication: AuthResults {
                dkim: Some(DkimResult::Pass),
                comp_auth: Some(CompAuth::Fail),
                comp_auth_reason: CompAuthReason::parse("601"),
                ..AuthResults::default()
            },
            dkim_domains: vec!["evil.example".into()],
            ..MailEvent::default()
        };
        assert_eq!(told(&event, "dkim").0, "pass of evil.example");
        assert_eq!(
            told(&event, "compauth").0,
            "fail (reason 601: implicit fail, and the domain is one of the tenant's own)"
        );
    }

    #[test]
    fn the_author_that_claims_most_is_shown_first_with_its_own_claim() {
        let mailbox = |address: &'static str| Mailbox { address: Some(address.into()), domain: None };
        let mut event = MailEvent {
            header_from: mailbox("x@evil.example"),
            further_from: vec![mailbox("ceo@contoso.com")],
            ..MailEvent::default()
        };
        assert_eq!(told(&event, "header-from").0, "ceo@contoso.com (own), x@evil.example (foreign)");
        event.further_from.splice(0..0, (0..100).map(|_| mailbox("x@evil.example")));
        assert!(told(&event, "header-from").0.starts_with("ceo@contoso.com (own), "));
        assert!(told(&event, "header-from").0.ends_with(", and 99 more"));
    }

    #[test]
    fn a_permission_is_a_fact_only_where_there_is_something_to_say() {
        assert!(
            !evidence(&MailEvent::default()).iter().any(|it| ["sanction", "simulation"].contains(&it.fact.as_str()))
        );
    }
}
