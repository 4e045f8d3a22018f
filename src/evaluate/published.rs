//! The detection rules that others have published for Direct Send, as references.
//!
//! Each is written down as it was published, with the mistakes that its users live with: `SenderIPv4` alone, `fail`
//! without `softfail`, a comparison of cases. They are not improved, because then they would be ours. Three liberties are
//! taken, all in their favour. A null column is an empty one, as it is in KQL, though it is not in the streamed JSON.
//! Words of results and directions compare without case, as the event has them parsed. And what EmailEvents has no column
//! for counts as met.
//!
//! KQL compares with `==` and `in` by case, with `in~`, `contains` and `has` without. The accepted domains stand in a
//! query as an administrator types them: lower case, A-labels, no subdomains.

use serde_json::Value;

use crate::event::{CompAuth, DeliveryLocation, Direction, DkimResult, DmarcResult, MailEvent, SpfResult, Text};
use crate::judge::Tenant;

/// A published rule.
#[derive(Debug, Clone, Copy)]
pub struct PublishedRule {
    /// What we call it; most have no name of their own.
    pub name: &'static str,
    /// Who published it, and where.
    pub source: &'static str,
    /// Its conditions, in one line.
    pub conditions: &'static str,
    /// Whether it fires.
    pub fires: fn(&MailEvent<'_>, &Tenant) -> bool,
}

/// The published rules, in the order of their columns.
pub const PUBLISHED: [PublishedRule; 10] = [
    EXCHANGE_TEAM,
    EXCHANGE_TEAM_OWN_DOMAIN,
    EXCHANGE_TEAM_DMARC_FAIL,
    OWN_DOMAIN_DMARC_FAIL,
    SELF_ADDRESSED_FAIL,
    MIRROR_MASQUERADE,
    DIRECT_SEND_ANALYZER,
    ACCEPTED_DOMAIN_TEMPERROR,
    SPOOF_WITH_AUTH_FAILURE,
    SPOOF_INTRA_ORG,
];

/// The query of Microsoft's article, copied into most guides since. It was meant to list mail without a connector, not to
/// tell spoofs from the rest; it is used for that all the same. Where the MX is Exchange Online, that is all internet mail.
const EXCHANGE_TEAM: PublishedRule = PublishedRule {
    name: "exchange-team",
    source: "Microsoft, Exchange Team Blog 4439865, \"Direct Send vs sending directly to an Exchange Online tenant\"",
    conditions: "EmailDirection == 'Inbound' and Connectors == '' and isnotempty(SenderIPv4)",
    fires: |event, _| is_exchange_team(event),
};

/// The same with the accepted domains, as articles derived from it have it. Whether with `in` or with `in~` could not be
/// verified; `in~`, which misses less, is assumed.
const EXCHANGE_TEAM_OWN_DOMAIN: PublishedRule = PublishedRule {
    name: "exchange-team-own-domain",
    source: "Articles derived from the Exchange Team's query",
    conditions: "the Exchange Team's query and SenderFromDomain in~ (accepted domains)",
    fires: |event, tenant| is_exchange_team(event) && shows_accepted_domain(event, tenant),
};

/// The same with a failed DMARC instead.
const EXCHANGE_TEAM_DMARC_FAIL: PublishedRule = PublishedRule {
    name: "exchange-team-dmarc-fail",
    source: "AdminDroid blog, August 2025, on Direct Send in Microsoft 365",
    conditions: "the Exchange Team's query and AuthenticationDetails.DMARC == 'fail'",
    fires: |event, _| is_exchange_team(event) && event.authentication.dmarc == Some(DmarcResult::Fail),
};

/// What the advice "hunt for your own domain failing DMARC" comes to. No single source; `in~` as above.
const OWN_DOMAIN_DMARC_FAIL: PublishedRule = PublishedRule {
    name: "own-domain-dmarc-fail",
    source: "General advice in write-ups of 2025; no single source",
    conditions: "SenderFromDomain in~ (accepted domains) and DMARC == 'fail'",
    fires: |event, tenant| {
        shows_accepted_domain(event, tenant) && event.authentication.dmarc == Some(DmarcResult::Fail)
    },
};

/// The hallmarks of the reports of 2025 (From equals To; SPF, DKIM and DMARC fail) as a query. No single source.
const SELF_ADDRESSED_FAIL: PublishedRule = PublishedRule {
    name: "self-addressed-fail",
    source: "The hallmarks that the attack reports of 2025 list, as a query; no single source",
    conditions: "Inbound, SenderFromAddress == RecipientEmailAddress, SPF == 'fail' and DMARC == 'fail'",
    fires: |event, _| {
        event.direction == Direction::Inbound
            && is(&event.header_from.address, &event.recipient)
            && event.authentication.spf == Some(SpfResult::Fail)
            && event.authentication.dmarc == Some(DmarcResult::Fail)
    },
};

/// A hunting query for T1672. Its list of the tenant's own filters is left at its placeholders, which exclude nothing.
const MIRROR_MASQUERADE: PublishedRule = PublishedRule {
    name: "mirror-masquerade",
    source: "BunchOfWetFrogs, KQL threat hunting queries, \"Mirror Masquerade Spoofing\"",
    conditions: "both senders == RecipientEmailAddress, SPF in~ (fail, softfail), DMARC in~ (fail, temperror, \
        permerror), DeliveryLocation == 'Inbox/folder'",
    fires: |event, _| {
        let (spf, dmarc) = (event.authentication.spf, event.authentication.dmarc);
        is(&event.header_from.address, &event.recipient)
            && is(&event.envelope_from.address, &event.recipient)
            && matches!(spf, Some(SpfResult::Fail | SpfResult::SoftFail))
            && matches!(dmarc, Some(DmarcResult::Fail | DmarcResult::TempError | DmarcResult::PermError))
            && event.delivery_location == DeliveryLocation::Inbox
    },
};

/// A web page for one message's headers, which must meet all of its criteria. What the headers alone have is taken as
/// met: the hop through Exchange Online and none through Proofpoint, `AuthAs: Anonymous`, SCL 0 or 1. `To:` is taken to be
/// the recipient alone. Its DKIM word `invalid` is none of Exchange Online's.
const DIRECT_SEND_ANALYZER: PublishedRule = PublishedRule {
    name: "direct-send-analyzer",
    source: "jasonsford/directsendanalyzer on GitHub, 2025",
    conditions: "Incoming, From equals To without case, SPF fail, temperror or softfail, DKIM none, fail or temperror, \
        DMARC fail, temperror or none, CompAuth none or fail; AuthAs, SCL and hops taken as met",
    fires: |event, _| {
        let results = event.authentication;
        let from = event.header_from.address.as_deref();
        event.direction == Direction::Inbound
            && from.is_some_and(|from| from.eq_ignore_ascii_case(&event.recipient))
            && matches!(results.spf, Some(SpfResult::Fail | SpfResult::TempError | SpfResult::SoftFail))
            && matches!(results.dkim, Some(DkimResult::None | DkimResult::Fail | DkimResult::TempError))
            && matches!(results.dmarc, Some(DmarcResult::Fail | DmarcResult::TempError | DmarcResult::None))
            && matches!(results.comp_auth, Some(CompAuth::None | CompAuth::Fail))
    },
};

/// A template for a custom detection. Its description invites to put other results in the place of `temperror`; taken as
/// it stands, with the case-sensitive `in` that it has.
const ACCEPTED_DOMAIN_TEMPERROR: PublishedRule = PublishedRule {
    name: "accepted-domain-temperror",
    source: "Azure-Sentinel, \"Message from an Accepted Domain with DMARC TempError\"",
    conditions: "Inbound, SenderMailFromDomain in (accepted domains), DMARC == 'temperror' or SPF == 'temperror'",
    fires: |event, tenant| {
        let results = event.authentication;
        let sender = event.envelope_from.domain.as_deref();
        event.direction == Direction::Inbound
            && sender.is_some_and(|sender| tenant.accepted_domains.iter().any(|own| own.name == sender))
            && (results.dmarc == Some(DmarcResult::TempError) || results.spf == Some(SpfResult::TempError))
    },
};

/// What Microsoft called a spoof already, where a result is exactly "fail".
const SPOOF_WITH_AUTH_FAILURE: PublishedRule = PublishedRule {
    name: "spoof-with-auth-failure",
    source: "Azure-Sentinel, \"Spoof attempts with auth failure\"",
    conditions: "DetectionMethods contains 'spoof' and SPF, DMARC, DKIM or CompAuth == 'fail'",
    fires: |event, _| {
        let results = event.authentication;
        let methods = event.detection_methods.as_deref();
        methods.is_some_and(|methods| methods.to_ascii_lowercase().contains("spoof"))
            && (results.spf == Some(SpfResult::Fail)
                || results.dmarc == Some(DmarcResult::Fail)
                || results.dkim == Some(DkimResult::Fail)
                || results.comp_auth == Some(CompAuth::Fail))
    },
};

/// What Microsoft called a spoof of the tenant already; the original counts it by sender, here each message counts.
const SPOOF_INTRA_ORG: PublishedRule = PublishedRule {
    name: "spoof-intra-org",
    source: "Azure-Sentinel, \"Top Spoof intra-org detections by Sender domain (P1/P2)\"",
    conditions: "Inbound and DetectionMethods.Phish holds 'Spoof intra-org'",
    fires: |event, _| {
        let methods = event.detection_methods.as_deref().and_then(|json| serde_json::from_str::<Value>(json).ok());
        let phish = methods.as_ref().and_then(|methods| methods.get("Phish")?.as_array());
        event.direction == Direction::Inbound
            && phish.is_some_and(|methods| methods.iter().any(|method| method == "Spoof intra-org"))
    },
};

fn is_exchange_team(event: &MailEvent<'_>) -> bool {
    event.direction == Direction::Inbound && event.connectors.is_none() && event.sender_ipv4.is_some()
}

/// `SenderFromDomain in~ (accepted domains)`: the column alone, and no name below a domain.
fn shows_accepted_domain(event: &MailEvent<'_>, tenant: &Tenant) -> bool {
    let shown = event.header_from.domain.as_deref();
    shown.is_some_and(|shown| tenant.accepted_domains.iter().any(|own| own.name.eq_ignore_ascii_case(shown)))
}

/// KQL's `==`.
fn is(column: &Option<Text<'_>>, other: &Text<'_>) -> bool {
    column.as_ref() == Some(other)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{AuthResults, Mailbox};
    use crate::judge::AcceptedDomain;

    fn fired(event: &MailEvent<'_>) -> Vec<&'static str> {
        let accepted_domains = vec![AcceptedDomain { name: "contoso.com".to_owned(), match_subdomains: true }];
        let tenant = Tenant { accepted_domains, ..Tenant::default() };
        PUBLISHED.iter().filter(|rule| (rule.fires)(event, &tenant)).map(|rule| rule.name).collect()
    }

    /// The spoof of the reports: everything about it fails.
    fn textbook() -> MailEvent<'static> {
        let alex =
            || Mailbox { address: Some(Text::from("alex@contoso.com")), domain: Some(Text::from("contoso.com")) };
        MailEvent {
            recipient: Text::from("alex@contoso.com"),
            envelope_from: alex(),
            header_from: alex(),
            sender_ipv4: Some("203.0.113.9".parse().unwrap()),
            direction: Direction::Inbound,
            delivery_location: DeliveryLocation::Inbox,
            detection_methods: Some(Text::from(r#"{"Phish":["Spoof intra-org"]}"#)),
            authentication: results(SpfResult::Fail, DmarcResult::Fail),
            ..MailEvent::default()
        }
    }

    fn results(spf: SpfResult, dmarc: DmarcResult) -> AuthResults {
        AuthResults {
            spf: Some(spf),
            dkim: Some(DkimResult::None),
            dmarc: Some(dmarc),
            comp_auth: Some(CompAuth::Fail),
            comp_auth_reason: None,
        }
    }

    #[test]
    fn the_textbook_spoof_is_found_by_all_but_the_one_for_errors() {
        let all = PUBLISHED.iter().map(|rule| rule.name);
        assert_eq!(fired(&textbook()), all.filter(|name| *name != "accepted-domain-temperror").collect::<Vec<_>>());
        let error = MailEvent { authentication: results(SpfResult::None, DmarcResult::TempError), ..textbook() };
        assert!(fired(&error).contains(&"accepted-domain-temperror"));
    }

    #[test]
    fn without_ipv4_the_exchange_teams_queries_see_nothing() {
        let fired = fired(&MailEvent { sender_ipv4: None, ..textbook() });
        assert!(fired.iter().all(|name| !name.starts_with("exchange-team")), "{fired:?}");
    }

    #[test]
    fn a_softfail_is_no_fail_to_those_who_ask_for_fail() {
        let soft = MailEvent { authentication: results(SpfResult::SoftFail, DmarcResult::Fail), ..textbook() };
        assert!(!fired(&soft).contains(&"self-addressed-fail"));
        assert!(fired(&soft).contains(&"mirror-masquerade"));
    }

    #[test]
    fn cases_compare_as_the_operators_do() {
        let shouted =
            Mailbox { address: Some(Text::from("Alex@Contoso.com")), domain: Some(Text::from("Contoso.com")) };
        let authentication = results(SpfResult::Fail, DmarcResult::TempError);
        let event = MailEvent { envelope_from: shouted.clone(), header_from: shouted, authentication, ..textbook() };
        let fired = fired(&event);
        assert!(fired.contains(&"exchange-team-own-domain") && fired.contains(&"direct-send-analyzer"), "{fired:?}");
        assert!(!fired.contains(&"mirror-masquerade") && !fired.contains(&"accepted-domain-temperror"), "{fired:?}");
    }

    #[test]
    fn detection_methods_of_any_form_do_no_harm() {
        for methods in ["", "[]", r#"{"Phish":7}"#, r#"{"Phish":["Spoof intra-org""#, r#"{"Spam":["Spoof intra-org"]}"#]
        {
            let event = MailEvent { detection_methods: Some(Text::from(methods)), ..textbook() };
            assert!(!fired(&event).contains(&"spoof-intra-org"), "{methods}");
        }
    }
}
