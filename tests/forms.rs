//! The forms of the telemetry against one another: what can be told in several is read as the same, and judged as the
//! same; what a form does not tell is never guessed.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking, wherever it is written")]

use std::fs;
use std::path::Path;
use std::sync::Arc;

use postern::decode::{Body, Limits, records};
use postern::detector::{Arrival, Inspector, Slice};
use postern::event::{AuthResults, DeliveryAction, DeliveryLocation, Direction, Form, MailEvent, Untold};
use postern::judge::{AcceptedDomain, Tenant, Tenants};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value, json};

const TENANT: &str = "11111111-2222-3333-4444-555555555555";
const WORKSPACE: &str = "99999999-8888-4777-8666-555555555555";

// === verdicts ===

#[test]
fn an_attack_is_found_in_every_form_that_tells_it() {
    for case in [
        "stream/direct-send-spoof/input.json",
        "log-analytics/workspace-rows/input.json",
        "hunting/graph-reply/input.json",
    ] {
        assert_eq!(verdicts(case), ["benign not-own-domain", "suspicious direct-send-spoof"], "{case}");
    }
    for case in [
        "log-analytics/query-output/input.json",
        "hunting/old-reply/input.json",
        "hunting/schema-behind-results/input.json",
        "hunting/joined-tables/input.json",
    ] {
        assert_eq!(verdicts(case), ["suspicious direct-send-spoof"], "{case}");
    }
}

#[test]
fn what_a_query_did_not_take_is_not_guessed() {
    assert_eq!(verdicts("hunting/four-columns/input.json"), ["unknown unknown-envelope-from"]);
    assert_eq!(verdicts("hunting/without-connectors/input.json"), ["unknown unknown-entry"]);
    let lines = ["suspicious direct-send-spoof", "unknown unknown-entry", "unknown unknown-entry"];
    assert_eq!(verdicts("hunting/without-schema/input.ndjson"), lines);
}

#[test]
fn a_trace_tells_who_it_was_not_and_leaves_the_rest_open() {
    assert_eq!(
        verdicts("trace/own-sender-from-outside/input.json"),
        ["unknown unknown-header-from", "unknown unknown-entry"]
    );
    assert_eq!(verdicts("trace/internal-submission/input.json"), ["benign internal", "benign internal"]);
    assert_eq!(verdicts("trace/source-not-taken/input.json"), ["unknown unknown-entry"]);
    assert_eq!(
        verdicts("trace/graph/input.json"),
        ["unknown unknown-entry", "unknown unknown-entry", "benign internal"]
    );
    assert_eq!(verdicts("trace/reporting-web-service/input.ndjson"), ["unknown unknown-entry"; 2]);
    assert_eq!(verdicts("trace/several-recipients/input.json"), ["unknown unknown-entry"; 6]);
}

#[test]
fn a_workspace_belongs_to_the_tenant_that_names_it() {
    let other = Tenant { name: "other".into(), ..Tenant::default() };
    let payload = case("log-analytics/workspace-rows/input.json");
    let tenants = |workspaces| Tenants::new(vec![other.clone(), Tenant { workspaces, ..tenant() }]);
    let named = inspect(&payload, tenants(vec![WORKSPACE.to_uppercase()]));
    assert_eq!(named.1, ["contoso", "contoso"]);
    let by_recipient = inspect(&payload, tenants(vec![]));
    assert_eq!(by_recipient.1, ["contoso", "contoso"]);
}

/// Verdict and reason, or the rules, for each record of a golden case.
fn verdicts(path: &str) -> Vec<String> {
    inspect(&case(path), Tenants::new(vec![tenant()])).0
}

/// The verdicts, and whose the records are.
fn inspect(payload: &[u8], tenants: Tenants) -> (Vec<String>, Vec<String>) {
    let inspector = Inspector::new(Arc::new(tenants), Limits::default());
    let (mut slice, mut verdicts, mut owners) = (Slice::default(), Vec::new(), Vec::new());
    inspector.inspect(payload, Arrival { origin: "test", offset: 0, time: None }, &mut slice, &mut |line| {
        let rules: Vec<_> = line.rules.iter().map(|rule| rule.id.as_str()).collect();
        verdicts.push(format!("{} {}", line.verdict, line.reason.map_or(rules.join(" "), str::to_owned)));
        owners.extend(line.tenant.map(str::to_owned));
    });
    assert_eq!(slice.outcomes.total(), verdicts.len() as u64, "every record has one outcome");
    (verdicts, owners)
}

fn case(path: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("corpora").join(path)).unwrap()
}

fn tenant() -> Tenant {
    Tenant {
        id: TENANT.into(),
        workspaces: vec![WORKSPACE.into()],
        name: "contoso".into(),
        accepted_domains: vec![AcceptedDomain { name: "contoso.com".into(), match_subdomains: false }],
        ..Tenant::default()
    }
}

// === properties ===

proptest! {
    /// FORMS: a mail is the same mail in every form that can tell it.
    #[test]
    fn every_form_of_a_whole_row_reads_the_same(row in row()) {
        let streamed = json!({"records": [{"tenantId": TENANT, "category": "AdvancedHunting-EmailEvents", "properties": row}]});
        let streamed = streamed.to_string();
        let expected = mails(&streamed);
        prop_assert_eq!(expected.len(), 1);
        let filled = |fill: fn(&Value) -> Value| row.iter().map(|(column, value)| (column.clone(), fill(value))).collect();
        let (empty, text): (Map<_, _>, Map<_, _>) = (filled(without_null), filled(as_text));
        let present = row.iter().filter(|(_, value)| !value.is_null()).map(|(column, value)| (column.clone(), value.clone()));
        let present: Map<String, Value> = present.collect();
        let (names, capitals) = (schema(&row, "name"), schema(&row, "Name"));
        for told in [
            json!({"records": [exported(&empty)]}),
            json!([exported(&text)]),
            exported(&present),
            json!({"@odata.context": "c", "schema": names, "results": [empty]}),
            json!({"Stats": {}, "Schema": capitals, "Results": [text]}),
            json!({"results": [present], "schema": names}),
            json!({"value": [row]}),
            Value::Object(row.clone()),
        ] {
            let told = told.to_string();
            prop_assert_eq!(&mails(&told), &expected, "{}", told);
        }
    }

    /// A query that leaves columns out changes what is told, and nothing else.
    #[test]
    fn a_projected_row_tells_what_was_taken(row in row(), taken in proptest::collection::vec(any::<bool>(), 24)) {
        let whole = Value::Object(row.clone()).to_string();
        let taken: Map<String, Value> = row
            .into_iter()
            .zip(taken)
            .filter(|((column, _), taken)| *taken || column == "Timestamp" || column == "RecipientEmailAddress")
            .map(|(member, _)| member)
            .collect();
        let has = |columns: &[&str]| columns.iter().any(|column| taken.contains_key(*column));
        let untold = Untold {
            entry: !has(&["Connectors"]) || !has(&["EmailDirection"]),
            envelope_from: !has(&["SenderMailFromAddress", "SenderMailFromDomain"]),
            header_from: !has(&["SenderFromAddress", "SenderFromDomain"]),
            authentication: !has(&["AuthenticationDetails"]),
        };
        let reply = json!({"schema": schema(&taken, "name"), "results": [taken]}).to_string();
        let (read, whole) = (mails(&reply), mails(&whole));
        prop_assert_eq!(read[0].untold, untold);
        let connectors = whole[0].connectors.clone().filter(|_| has(&["Connectors"]));
        prop_assert_eq!(&read[0].connectors, &connectors);
        prop_assert_eq!(&read[0].recipient, &whole[0].recipient);
        let results = if untold.authentication { AuthResults::default() } else { whole[0].authentication };
        prop_assert_eq!(read[0].authentication, results);
    }

    /// What is printed as a row reads back as it was.
    #[test]
    fn a_printed_mail_reads_back(row in row()) {
        let told = Value::Object(row).to_string();
        let mail = &mails(&told)[0];
        let printed = printed(mail).to_string();
        prop_assert_eq!(&mails(&printed)[0], mail);
    }

    /// TRACE: both spellings and all wrappers say the same, once for each recipient.
    #[test]
    fn every_spelling_of_a_trace_reads_the_same(
        millis in 0_i64..4_102_444_800_000, sender in value(), subject in value(), status in select(STATUS), source in select(SOURCES),
        recipients in proptest::collection::vec(select(RECIPIENTS), 1..4), separator in select([";", ",", " ; "].as_slice()),
    ) {
        let time = postern::event::Time::from_millis(millis).to_string();
        let list = recipients.join(separator);
        let row = |received: &str| json!({
            "MessageTraceId": "n", "MessageId": "<m>", "Received@data.type": "System.DateTime", "Received": received,
            "SenderAddress": sender, "RecipientAddress": list, "FromIP": source, "Subject": subject, "Status": status, "Size": 7,
        });
        let graph = json!({
            "id": "n", "messageId": "<m>", "receivedDateTime": time, "senderAddress": sender, "recipientAddress": list,
            "fromIP": source, "subject": subject, "status": status, "size": 7,
        });
        let one_by_one: Vec<String> = recipients
            .iter()
            .map(|recipient| {
                let mut row = row(&time);
                row["RecipientAddress"] = json!(recipient);
                row.to_string()
            })
            .collect();
        let expected: Vec<_> = one_by_one.iter().flat_map(|row| mails(row)).collect();
        prop_assert_eq!(expected.len(), recipients.len());
        prop_assert!(expected.iter().all(|mail| mail.form == Form::MessageTrace));
        for told in [
            row(&time),
            json!({"@odata.context": "c", "value": [row(&time)]}),
            json!({"d": {"results": [row(&format!("/Date({millis})/"))]}}),
            json!({"d": [row(&format!("/Date({millis}+0000)/"))]}),
            json!([graph]),
            json!({"value": [graph]}),
        ] {
            let told = told.to_string();
            prop_assert_eq!(&mails(&told), &expected, "{}", told);
        }
    }
}

/// The mails of a payload that has nothing else.
fn mails(payload: &str) -> Vec<MailEvent<'_>> {
    let mut mails = Vec::new();
    records(payload.as_bytes(), &Limits::default(), &mut |visit| match visit
        .and_then(|raw| raw.decode())
        .map(|record| record.body)
    {
        Ok(Body::Mail(mail)) => mails.push(mail),
        other => panic!("{other:?}: {payload}"),
    });
    mails
}

fn exported(row: &Map<String, Value>) -> Value {
    let mut row = row.clone();
    row.extend([("TenantId".into(), json!(WORKSPACE)), ("Type".into(), json!("EmailEvents"))]);
    row.insert("TimeGenerated".into(), json!("2020-01-01T00:00:00Z"));
    Value::Object(row)
}

fn schema(row: &Map<String, Value>, name: &str) -> Value {
    row.keys().map(|column| json!({ name: column, "type": "String" })).collect()
}

fn without_null(value: &Value) -> Value {
    if value.is_null() { json!("") } else { value.clone() }
}

fn as_text(value: &Value) -> Value {
    match value {
        Value::Null => json!(""),
        Value::String(text) => json!(text),
        other => json!(other.to_string()),
    }
}

/// A row of EmailEvents with all columns that we read.
fn row() -> impl Strategy<Value = Map<String, Value>> {
    let texts = proptest::collection::vec(value(), TEXTS.len());
    let words = (select(DIRECTIONS), select(ACTIONS), select(LOCATIONS), select(DETAILS));
    let others = (any::<u32>(), any::<Option<bool>>(), select(SOURCES), select(RECIPIENTS), 0_i64..4_102_444_800);
    (texts, words, others).prop_map(|(texts, words, (count, flag, source, recipient, seconds))| {
        let mut row: Map<String, Value> = TEXTS.iter().map(|text| text.to_string()).zip(texts).collect();
        let time = postern::event::Time::from_millis(seconds * 1_000).to_string();
        let members = json!({
            "Timestamp": time, "NetworkMessageId": "n", "RecipientEmailAddress": recipient, "EmailDirection": words.0,
            "DeliveryAction": words.1, "DeliveryLocation": words.2, "AuthenticationDetails": words.3, "SenderIPv4": source,
            "AttachmentCount": count, "UrlCount": null, "EmailClusterId": u64::from(count) << 8, "IsFirstContact": flag,
        });
        row.extend(members.as_object().unwrap().clone());
        row
    })
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        Just(json!("")),
        select(["contoso.com", "alex@contoso.com", "\"quoted\", é ☎ 📞\n", "{\"Connectors\":\"x\"}"].as_slice())
            .prop_map(|text| json!(text)),
        "[ -~é]{0,12}".prop_map(|text| json!(text)),
    ]
}

const TEXTS: &[&str] = &[
    "ReportId",
    "InternetMessageId",
    "SenderMailFromAddress",
    "SenderMailFromDomain",
    "SenderFromAddress",
    "SenderFromDomain",
    "SenderDisplayName",
    "Subject",
    "ThreatTypes",
    "DetectionMethods",
    "Connectors",
    "OrgLevelPolicy",
];
const DIRECTIONS: &[Option<&str>] = &[Some("Inbound"), Some("Outbound"), Some("intra-org"), Some("Sideways"), None];
const ACTIONS: &[Option<&str>] = &[Some("Delivered"), Some("Junked"), Some("Blocked"), Some("Replaced"), None];
const LOCATIONS: &[Option<&str>] =
    &[Some("Inbox/folder"), Some("Junk folder"), Some("Quarantine"), Some("Dropped"), None];
const DETAILS: &[Option<&str>] = &[
    Some(r#"{"SPF":"softfail","DKIM":"none","DMARC":"fail","CompAuth":"fail"}"#),
    Some(r#"{"DKIM":"none","DMARC":"bestguesspass"}"#),
    Some("{"),
    Some(""),
    None,
];
const STATUS: &[&str] = &["Delivered", "filteredAsSpam", "Quarantined", "Resolved", ""];
const SOURCES: &[Option<&str>] = &[Some("192.0.2.7"), Some("2001:db8::7"), Some("nowhere"), Some(""), None];
const RECIPIENTS: &[&str] = &["alex@contoso.com", "sam@contoso.com", "k\"im\"@contoso.com"];

/// The mail as a query would write it.
fn printed(mail: &MailEvent<'_>) -> Value {
    let AuthResults { spf, dkim, dmarc, comp_auth, .. } = mail.authentication;
    let details = json!({
        "SPF": spf.map(|it| it.as_str()), "DKIM": dkim.map(|it| it.as_str()), "DMARC": dmarc.map(|it| it.as_str()),
        "CompAuth": comp_auth.map(|it| it.as_str()),
    });
    let text = |text: &Option<postern::event::Text<'_>>| text.as_deref().map(str::to_owned);
    json!({
        "Timestamp": mail.timestamp,
        "NetworkMessageId": mail.network_message_id.as_str(),
        "RecipientEmailAddress": mail.recipient.as_str(),
        "ReportId": text(&mail.report_id),
        "InternetMessageId": text(&mail.internet_message_id),
        "SenderMailFromAddress": text(&mail.envelope_from.address),
        "SenderMailFromDomain": text(&mail.envelope_from.domain),
        "SenderFromAddress": text(&mail.header_from.address),
        "SenderFromDomain": text(&mail.header_from.domain),
        "SenderDisplayName": text(&mail.display_name),
        "SenderIPv4": mail.sender_ipv4,
        "SenderIPv6": mail.sender_ipv6,
        "Subject": text(&mail.subject),
        "EmailClusterId": text(&mail.cluster_id),
        "EmailDirection": direction(mail.direction),
        "DeliveryAction": Some(mail.delivery_action).filter(|it| *it != DeliveryAction::Unknown).map(DeliveryAction::as_str),
        "DeliveryLocation": location(mail.delivery_location),
        "ThreatTypes": text(&mail.threat_types),
        "DetectionMethods": text(&mail.detection_methods),
        "AuthenticationDetails": details.to_string(),
        "Connectors": text(&mail.connectors),
        "OrgLevelPolicy": text(&mail.org_level_policy),
        "AttachmentCount": mail.attachment_count,
        "UrlCount": mail.url_count,
        "IsFirstContact": mail.is_first_contact,
    })
}

fn direction(direction: Direction) -> Option<&'static str> {
    match direction {
        Direction::Inbound => Some("Inbound"),
        Direction::Outbound => Some("Outbound"),
        Direction::IntraOrg => Some("Intra-org"),
        Direction::Unknown => None,
    }
}

fn location(location: DeliveryLocation) -> Option<&'static str> {
    match location {
        DeliveryLocation::Inbox => Some("Inbox/folder"),
        DeliveryLocation::Junk => Some("Junk folder"),
        DeliveryLocation::Quarantine => Some("Quarantine"),
        DeliveryLocation::Elsewhere => Some("Dropped"),
        DeliveryLocation::Unknown => None,
    }
}
