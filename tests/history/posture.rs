//! Somebody opens the gate.

use postern::alert::State;
use serde_json::{Value, json};

use crate::world::{HOUR, Mail, TENANT, World, streamed, time};

/// One run for each rule: the rule, the cmdlet, the object, a parameter and its value.
const RUNS: [(&str, &str, &str, &str, &str); 8] = [
    ("reject-direct-send-disabled", "Set-OrganizationConfig", "contoso", "RejectDirectSend", "False"),
    ("inbound-connector-widened", "Set-InboundConnector", "Partner", "SenderIPAddresses", "203.0.113.0/24"),
    ("inbound-connector-removed", "Remove-InboundConnector", "Inbound from filter", "Confirm", "False"),
    ("treat-as-internal-enabled", "Set-InboundConnector", "Partner", "TreatMessagesAsInternal", "True"),
    ("spoof-rule-weakened", "Disable-TransportRule", "Block own-domain spoof", "Confirm", "False"),
    ("anti-phish-weakened", "Set-AntiPhishPolicy", "Default", "EnableSpoofIntelligence", "False"),
    ("spoof-allowed", "New-TenantAllowBlockListSpoofItems", "", "SpoofedUser", "contoso.com"),
    ("accepted-domains-changed", "New-AcceptedDomain", "", "DomainName", "tailspin.example"),
];

fn unified(number: usize, at: i64) -> Value {
    let (_, operation, object, name, value) = RUNS[number];
    let mut parameters = vec![json!({"Name": name, "Value": value})];
    if operation == "New-TenantAllowBlockListSpoofItems" {
        parameters.push(json!({"Name": "Action", "Value": "Allow"}));
        parameters.push(json!({"Name": "SendingInfrastructure", "Value": "198.51.100.0/24"}));
    }
    json!({
        "CreationTime": time(at).trim_end_matches('Z'), "Id": format!("audit-{number}-{at}"), "RecordType": 1,
        "Operation": operation, "ObjectId": object, "Parameters": parameters, "UserType": 2, "ResultStatus": "True",
        "UserId": "admin@contoso.com", "Workload": "Exchange", "ClientIP": "203.0.113.7:51234",
        "OrganizationId": TENANT, "OrganizationName": "contoso.onmicrosoft.com",
    })
}

/// The shapes in which one run arrives.
fn shapes(number: usize, at: i64) -> [Value; 4] {
    let record = unified(number, at);
    let row = |raw: Value| {
        let properties = json!({"ActionType": record["Operation"], "Timestamp": time(at), "RawEventData": raw});
        streamed("CloudAppEvents", &properties)
    };
    let office = json!({
        "Type": "OfficeActivity", "TimeGenerated": time(at), "Operation": record["Operation"], "OfficeId": record["Id"],
        "OfficeWorkload": "Exchange", "OfficeObjectId": record["ObjectId"], "UserId": "admin@contoso.com",
        "Parameters": record["Parameters"].to_string(), "ResultStatus": "True", "ClientIP": "203.0.113.7",
    });
    [row(record.clone()), row(json!(record.to_string())), office, record]
}

#[test]
fn every_kind_is_found_in_every_shape_and_says_who_when_where_and_what() {
    for (number, (rule, operation, object, name, value)) in RUNS.into_iter().enumerate() {
        for record in shapes(number, HOUR) {
            let mut world = World::new();
            world.feed(&record);
            let alert = world.alerts.iter().find(|alert| alert.rule.as_str() == rule);
            let alert = alert.unwrap_or_else(|| panic!("{rule}: {record}"));
            assert_eq!((alert.state, alert.first_seen.to_string()), (State::Open, time(HOUR)));
            assert_eq!(
                (&alert.senders[..], &alert.sources[..]),
                (&["admin@contoso.com".to_owned()][..], &["203.0.113.7".to_owned()][..])
            );
            let shows = |text: &str| {
                alert.evidence.iter().any(|fact| fact.observed.contains(text) || fact.field.contains(text))
            };
            assert!(shows(operation) && (object.is_empty() || shows(object)), "{:?}", alert.evidence);
            assert!(name == "Confirm" || shows(value), "{:?}", alert.evidence);
        }
    }
}

#[test]
fn one_run_is_one_alert_in_however_many_tables_it_is_told() {
    let mut world = World::new();
    shapes(0, HOUR).iter().for_each(|record| {
        world.feed(record);
    });
    assert_eq!(world.alerts.len(), 1);
}

#[test]
fn failed_runs_and_tightening_are_silent() {
    let mut world = World::new();
    let mut failed = unified(0, 0);
    failed["ResultStatus"] = json!("False");
    world.feed(&failed);
    let mut closed = unified(0, 60);
    closed["Parameters"][0]["Value"] = json!("True");
    world.feed(&closed);
    assert!(world.alerts.is_empty());
}

#[test]
fn the_alert_names_the_campaigns_that_were_seen_since() {
    let mut world = World::new();
    world.mail(Mail { at: 0, ip: "198.51.100.9", subject: "before", ..Mail::default() });
    world.feed(&unified(0, HOUR));
    let gate = world.alerts[1].id;
    for n in 0..12 {
        let (ip, subject) = (format!("198.18.{n}.9"), "x".repeat(n + 1));
        world.mail(Mail {
            at: (2 + n as i64) * HOUR,
            ip: &ip,
            subject: &subject,
            from: "ceo@contoso.com",
            ..Mail::default()
        });
    }
    let records: Vec<_> = world.alerts.iter().filter(|alert| alert.id == gate).collect();
    assert_eq!(
        records.iter().map(|it| (it.seq, it.campaigns_since.len())).collect::<Vec<_>>(),
        [(1, 0), (2, 1), (3, 10)]
    );
    assert!(!records[1].campaigns_since.contains(&world.alerts[0].id));
    assert!(records[1].summary.contains("1 campaign seen since"));
}
