//! Each rule, where it fires and where the nearest harmless change does not.

use postern::judge::posture::{PostureFinding, PostureRuleId, judge_audit};

use crate::shapes::{Line, Run, tenant};

/// What is found in every shape of a run, which must be the same.
fn findings(run: &Run) -> Vec<PostureFinding> {
    let spoof_rules = ["Quarantine outsiders".to_owned()];
    let judged: Vec<_> = run
        .shapes()
        .iter()
        .map(|(read, row)| {
            let event = read(row).unwrap().unwrap_or_else(|| panic!("not watched: {row}"));
            judge_audit(&event, &postern::judge::Tenant { spoof_rules: spoof_rules.to_vec(), ..tenant() })
        })
        .collect();
    let told = |all: &[PostureFinding]| all.iter().map(|it| (it.rule, it.changes.clone(), it.note)).collect::<Vec<_>>();
    for other in &judged {
        assert_eq!(told(other), told(&judged[0]), "{run:?}");
    }
    judged[0].clone()
}

fn rules(run: &Run) -> Vec<&'static str> {
    findings(run).iter().map(|finding| finding.rule.as_str()).collect()
}

/// What a rule shows of a run on which it alone fires.
fn shown(run: &Run, rule: &str) -> String {
    let found = findings(run);
    assert_eq!(found.iter().map(|it| it.rule.as_str()).collect::<Vec<_>>(), [rule], "{run:?}");
    let changes: Vec<_> = found[0].changes.iter().map(|it| format!("{} {}", it.parameter, it.to)).collect();
    changes.join("; ")
}

fn fires(rule: &str, cases: &[Line<'_>]) {
    for (operation, object, parameters) in cases {
        let run = Run::new(operation, parameters).on(object);
        assert!(!shown(&run, rule).is_empty());
        assert!(
            rules(&Run { has_failed: true, ..run }).is_empty(),
            "a cmdlet that failed changes nothing: {operation}"
        );
    }
}

fn is_silent(cases: &[Line<'_>]) {
    for (operation, object, parameters) in cases {
        let run = Run::new(operation, parameters).on(object);
        assert!(rules(&run).is_empty(), "{run:?}: {:?}", findings(&run));
    }
}

#[test]
fn direct_send_is_open_when_the_setting_is_off_or_unset() {
    let rule = "reject-direct-send-disabled";
    for value in ["False", "false", "$false", "0", "", "$null"] {
        let run = Run::new("Set-OrganizationConfig", &[("Identity", "contoso"), ("rejectdirectsend", value)]);
        assert!(!shown(&run, rule).is_empty(), "{value}");
    }
    fires(rule, &[("Set-OrganizationConfig", "contoso.onmicrosoft.com", &[("RejectDirectSend", "False")])]);
    is_silent(&[
        ("Set-OrganizationConfig", "", &[("RejectDirectSend", "True")]),
        ("Set-OrganizationConfig", "", &[("SendFromAliasEnabled", "False"), ("Name", "RejectDirectSend")]),
        ("Set-OrganizationConfig", "", &[]),
    ]);
}

#[test]
fn a_connector_that_makes_mail_internal_is_the_gravest_change() {
    let rule = "treat-as-internal-enabled";
    fires(
        rule,
        &[
            ("Set-InboundConnector", "Relay", &[("TreatMessagesAsInternal", "True")]),
            ("New-InboundConnector", "", &[("Name", "Relay"), ("CloudServicesMailEnabled", "$true")]),
        ],
    );
    is_silent(&[
        ("Set-InboundConnector", "Relay", &[("TreatMessagesAsInternal", "False")]),
        ("New-InboundConnector", "Relay", &[("CloudServicesMailEnabled", "")]),
    ]);
}

#[test]
fn one_record_may_break_several_rules_and_the_gravest_is_told_first() {
    let run = Run::new(
        "Set-InboundConnector",
        &[("SenderIPAddresses", "198.51.100.0/24"), ("TreatMessagesAsInternal", "True"), ("Enabled", "False")],
    );
    let expected = ["treat-as-internal-enabled", "inbound-connector-removed", "inbound-connector-widened"];
    assert_eq!(rules(&run), expected);
}

#[test]
fn a_connector_that_is_gone_or_off_is_told() {
    fires(
        "inbound-connector-removed",
        &[
            ("Remove-InboundConnector", "Inbound from filter", &[]),
            ("Remove-InboundConnector", "", &[("Identity", "Inbound from filter")]),
            ("Set-InboundConnector", "Inbound from filter", &[("Enabled", "False")]),
        ],
    );
    is_silent(&[("Set-InboundConnector", "Relay", &[("Enabled", "True"), ("Comment", "False")])]);
}

#[test]
fn a_connector_is_widened_by_what_no_configured_filter_has() {
    let rule = "inbound-connector-widened";
    fires(
        rule,
        &[
            ("New-InboundConnector", "Relay", &[("SenderIPAddresses", "198.51.100.7")]),
            ("Set-InboundConnector", "Relay", &[("SenderIPAddresses", "")]),
            ("Set-InboundConnector", "Relay", &[("TlsSenderCertificateName", "$null")]),
            ("New-InboundConnector", "Relay", &[("SenderDomains", "smtp:*;1")]),
            ("Set-InboundConnector", "Relay", &[("RestrictDomainsToIPAddresses", "False")]),
            ("Set-InboundConnector", "Relay", &[("RequireTls", "False")]),
        ],
    );
    let listed = |list: &str| shown(&Run::new("Set-InboundConnector", &[("SenderIPAddresses", list)]), rule);
    assert_eq!(listed("203.0.113.0/24;198.51.100.7"), "SenderIPAddresses 198.51.100.7");
    assert_eq!(listed("203.0.112.0/23"), "SenderIPAddresses 203.0.112.0/23");
    assert_eq!(listed(r#"@{Add="192.0.2.70"; Remove="203.0.113.1"}"#), "SenderIPAddresses 192.0.2.70");
    assert_eq!(listed("203.0.113.7;no address"), "SenderIPAddresses no, address");
    let long = format!("{}198.51.100.7", "203.0.113.7;".repeat(1_000));
    assert_eq!(listed(&long), "SenderIPAddresses 198.51.100.7");
}

#[test]
fn a_connector_that_is_tightened_or_stays_with_the_filters_is_silent() {
    is_silent(&[
        ("Set-InboundConnector", "Relay", &[("SenderIPAddresses", "203.0.113.7;203.0.113.128/25")]),
        ("Set-InboundConnector", "Relay", &[("SenderIPAddresses", r#"@{Remove="198.51.100.7"}"#)]),
        ("Set-InboundConnector", "Relay", &[("RequireTls", "True"), ("RestrictDomainsToCertificate", "True")]),
        (
            "Set-InboundConnector",
            "Relay",
            &[("RestrictDomainsToIPAddresses", "False"), ("RestrictDomainsToCertificate", "True")],
        ),
        ("Set-InboundConnector", "Relay", &[("SenderIPAddresses", ""), ("TlsSenderCertificateName", "*.contoso.com")]),
        (
            "New-InboundConnector",
            "Relay",
            &[
                ("SenderDomains", "smtp:*;1"),
                ("SenderIPAddresses", "203.0.113.0/24"),
                ("RequireTls", "False"),
                ("RestrictDomainsToIPAddresses", "False"),
            ],
        ),
        ("New-InboundConnector", "Relay", &[("SenderDomains", "smtp:fabrikam.com;1")]),
    ]);
}

#[test]
fn a_rule_against_spoofs_is_weakened_by_exceptions_audit_and_removal() {
    let rule = "spoof-rule-weakened";
    fires(
        rule,
        &[
            ("Remove-TransportRule", "Block own-domain spoof", &[]),
            ("Disable-TransportRule", r"contoso.onmicrosoft.com\Block Direct-Send", &[]),
            ("Disable-TransportRule", "", &[("Identity", "Reject DMARC failures")]),
            ("Remove-TransportRule", "QUARANTINE outsiders", &[]),
            ("Set-TransportRule", "Impersonation", &[("ExceptIfFrom", "payroll@contoso.com")]),
            ("Set-TransportRule", "Anti-spoof", &[("ExceptIfHasSenderOverride", "True")]),
            ("Set-TransportRule", "Anti-spoof", &[("Mode", "AuditAndNotify")]),
            ("Set-TransportRule", "Anti-spoof", &[("State", "Disabled")]),
        ],
    );
    let exempted = Run::new("Set-TransportRule", &[("ExceptIfSenderIpRanges", "203.0.113.0/24;198.51.100.7")]);
    assert_eq!(shown(&exempted.on("Anti-spoof"), rule), "ExceptIfSenderIpRanges 198.51.100.7");
    is_silent(&[
        ("Remove-TransportRule", "Disclaimer", &[]),
        ("Disable-TransportRule", "aaaaaaaa-0000-4000-8000-000000000001", &[]),
        ("Set-TransportRule", "Disclaimer", &[("ExceptIfFrom", "ceo@contoso.com"), ("Mode", "Audit")]),
        ("Set-TransportRule", "Anti-spoof", &[("ExceptIfSenderIpRanges", "203.0.113.0/24;192.0.2.65")]),
        ("Set-TransportRule", "Anti-spoof", &[("ExceptIfFrom", ""), ("ExceptIfHasSenderOverride", "False")]),
        ("Set-TransportRule", "Anti-spoof", &[("Mode", "Enforce"), ("Quarantine", "True")]),
    ]);
}

#[test]
fn a_rule_that_gives_trust_away_needs_no_name() {
    fires(
        "spoof-rule-weakened",
        &[
            ("New-TransportRule", "", &[("Name", "Newsletter"), ("SetSCL", "-1")]),
            ("Set-TransportRule", "Newsletter", &[("SetSCL", "-1"), ("SenderIpRanges", "203.0.113.7;198.51.100.7")]),
            ("New-TransportRule", "", &[("SetHeaderName", "X-MS-Exchange-Organization-AuthAs")]),
            ("New-TransportRule", "", &[("SetHeaderName", "authentication-results")]),
        ],
    );
    is_silent(&[
        ("New-TransportRule", "", &[("Name", "Junk"), ("SetSCL", "9")]),
        ("New-TransportRule", "", &[("SetSCL", "-1"), ("SenderIpRanges", "203.0.113.0/24;192.0.2.64/27")]),
        ("New-TransportRule", "", &[("SetHeaderName", "X-Contoso-Archived"), ("PrependSubject", "SetSCL -1")]),
    ]);
}

#[test]
fn spoof_protection_is_weakened_by_milder_actions_too() {
    fires(
        "anti-phish-weakened",
        &[
            ("Set-AntiPhishPolicy", "Default", &[("EnableSpoofIntelligence", "False")]),
            ("New-AntiPhishPolicy", "VIP", &[("HonorDmarcPolicy", "False")]),
            ("Set-AntiPhishPolicy", "Default", &[("AuthenticationFailAction", "MoveToJmf")]),
            ("Set-AntiPhishPolicy", "Default", &[("DmarcQuarantineAction", "MoveToJmf")]),
            ("Set-AntiPhishPolicy", "Default", &[("DmarcRejectAction", "Quarantine")]),
            ("Remove-AntiPhishPolicy", "VIP", &[]),
            ("Remove-AntiPhishRule", "VIP", &[]),
            ("Disable-AntiPhishRule", "VIP", &[]),
        ],
    );
    is_silent(&[
        ("Set-AntiPhishPolicy", "Default", &[("EnableSpoofIntelligence", "True"), ("HonorDmarcPolicy", "True")]),
        (
            "Set-AntiPhishPolicy",
            "Default",
            &[("AuthenticationFailAction", "Quarantine"), ("DmarcRejectAction", "Reject")],
        ),
        ("New-AntiPhishPolicy", "VIP", &[("AuthenticationFailAction", "MoveToJmf")]),
        ("Set-AntiPhishPolicy", "Default", &[("EnableMailboxIntelligence", "False")]),
    ]);
}

#[test]
fn an_allow_list_matters_where_it_has_an_own_name() {
    let rule = "spoof-allowed";
    let spoofed = |user: &'static str| {
        Run::new("New-TenantAllowBlockListSpoofItems", &[("SpoofedUser", user), ("Action", "Allow")])
    };
    for user in ["contoso.com", "CEO@Contoso.com", "*", "news.contoso.com", "payroll.contoso.example"] {
        assert_eq!(shown(&spoofed(user), rule), format!("SpoofedUser {user}"));
    }
    fires(
        rule,
        &[
            ("Set-TenantAllowBlockListSpoofItems", "", &[("Ids", "7"), ("Action", "Allow")]),
            ("Set-HostedConnectionFilterPolicy", "Default", &[("IPAllowList", "@{Add=198.51.100.7}")]),
            ("New-HostedContentFilterPolicy", "", &[("AllowedSenders", "ceo@contoso.com")]),
        ],
    );
    let list = format!("{}contoso.com", "fabrikam.com;".repeat(1_000));
    let allowed = Run::new("Set-HostedContentFilterPolicy", &[("AllowedSenderDomains", &list)]);
    assert_eq!(shown(&allowed, rule), "AllowedSenderDomains contoso.com");
    is_silent(&[
        ("New-TenantAllowBlockListSpoofItems", "", &[("SpoofedUser", "contoso.com"), ("Action", "Block")]),
        ("New-TenantAllowBlockListSpoofItems", "", &[("SpoofedUser", "fabrikam.com"), ("Action", "Allow")]),
        ("Set-HostedContentFilterPolicy", "", &[("AllowedSenderDomains", "fabrikam.com;notcontoso.com")]),
        ("Set-HostedContentFilterPolicy", "", &[("AllowedSenderDomains", "@{Remove=contoso.com}")]),
        (
            "Set-HostedConnectionFilterPolicy",
            "",
            &[("IPAllowList", "203.0.113.7;192.0.2.65"), ("IPBlockList", "198.51.100.9")],
        ),
        ("Set-HostedConnectionFilterPolicy", "", &[("IPAllowList", "")]),
    ]);
}

#[test]
fn a_change_of_domains_is_told_where_the_configuration_does_not_know_it() {
    let rule = "accepted-domains-changed";
    let path = "EURPR01A002.prod.outlook.com/Hosted Organizations/contoso.onmicrosoft.com/fabrikam.com";
    fires(
        rule,
        &[
            ("New-AcceptedDomain", "", &[("Name", "Fabrikam"), ("DomainName", "fabrikam.com")]),
            ("New-AcceptedDomain", path, &[]),
            ("New-AcceptedDomain", "news.contoso.com", &[]),
            ("Remove-AcceptedDomain", "contoso.com", &[]),
            ("Set-AcceptedDomain", "fabrikam.com", &[("DomainType", "InternalRelay")]),
            ("Set-AcceptedDomain", "contoso.com", &[("MatchSubDomains", "True")]),
        ],
    );
    let added = findings(&Run::new("New-AcceptedDomain", &[("DomainName", "Fabrikam.COM")]));
    assert_eq!((added[0].changes[0].to.as_str(), added[0].note.is_some()), ("fabrikam.com", true));
    is_silent(&[
        ("New-AcceptedDomain", "", &[("Name", "x"), ("DomainName", "CONTOSO.com")]),
        ("New-AcceptedDomain", "news.contoso.example", &[]),
        ("Remove-AcceptedDomain", "fabrikam.com", &[]),
        ("Set-AcceptedDomain", "contoso.com", &[("MatchSubDomains", "False"), ("DomainType", "InternalRelay")]),
        ("Set-AcceptedDomain", "contoso.example", &[("MatchSubDomains", "True")]),
    ]);
}

#[test]
fn a_finding_says_who_did_it_and_from_where() {
    let found = &findings(&Run::new("Remove-InboundConnector", &[("Identity", "Relay")]))[0];
    assert_eq!(found.rule, PostureRuleId::InboundConnectorRemoved);
    assert_eq!((found.actor.as_deref(), found.actor_kind.as_str()), (Some("admin@contoso.com"), "admin"));
    assert_eq!(found.client_ip, "203.0.113.7".parse().ok());
    assert_eq!((found.object.as_deref(), found.operation.as_str()), (Some("Relay"), "Remove-InboundConnector"));
    assert_eq!(found.record_id.as_deref(), Some("5d0c3f0e-3f8e-4a53-9d2a-08de19f0aa01"));
}

#[test]
fn a_finding_is_small_whatever_the_record_holds() {
    let addresses: Vec<_> = (0..10_000).map(|n| format!("198.51.{}.{}", n / 250, n % 250)).collect();
    let run = Run::new("Set-HostedConnectionFilterPolicy", &[("IPAllowList", &addresses.join(";"))]);
    assert!(findings(&run)[0].changes[0].to.len() <= 4096);
    let exceptions: Vec<_> = (0..150).map(|n| (format!("ExceptIf{n}"), "x".to_owned())).collect();
    let run = Run { parameters: exceptions, ..Run::new("Set-TransportRule", &[]) }.on("Anti-spoof");
    assert_eq!(findings(&run)[0].changes.len(), 20);
}
