//! The Sigma rules executed: the SQLite backend makes queries of them, and SQLite runs these over real alerts and mail.

use std::collections::BTreeSet;

use rusqlite::types::Value as Cell;
use rusqlite::{Connection, params_from_iter};
use serde_json::{Value, json};

use crate::sigma::{converted, tools};
use crate::story::{is_clicked, is_high, is_mail, is_test, listed, record_id, seconds, sorted, story, text};

/// The columns of a row that is an alert, as the rules name them.
const FIELDS: [&str; 6] = ["rule", "severity", "state", "counts.clicked", "tenant_id", "test"];

const DAY: i64 = 24 * 3_600;

/// A table `logs` as the backend expects it, with every column that any row has.
fn logs(rows: &[Value]) -> Connection {
    let columns: BTreeSet<_> = rows.iter().flat_map(|row| row.as_object().unwrap().keys()).collect();
    let names: Vec<_> = columns.iter().map(|column| format!("`{column}`")).collect();
    let database = Connection::open_in_memory().unwrap();
    database.execute(&format!("CREATE TABLE logs ({})", names.join(", ")), []).unwrap();
    let insert = format!("INSERT INTO logs VALUES ({})", vec!["?"; columns.len()].join(", "));
    let mut insert = database.prepare(&insert).unwrap();
    for row in rows {
        insert.execute(params_from_iter(columns.iter().map(|column| cell(&row[column.as_str()])))).unwrap();
    }
    drop(insert);
    database
}

fn cell(value: &Value) -> Cell {
    match value {
        Value::Null => Cell::Null,
        Value::Bool(it) => Cell::Integer(i64::from(*it)),
        Value::Number(it) => it.as_i64().map_or_else(|| Cell::Real(it.as_f64().unwrap()), Cell::Integer),
        Value::String(it) => Cell::Text(it.clone()),
        other => Cell::Text(other.to_string()),
    }
}

/// What the rule finds, by one column.
fn found(rule: &str, rows: &[Value], column: &str) -> Vec<String> {
    let mut found = found_by_each(rule, rows, column);
    assert_eq!(found.len(), 1, "{rule} has one question");
    found.remove(0)
}

/// The same for a file that asks several questions.
fn found_by_each(rule: &str, rows: &[Value], column: &str) -> Vec<Vec<String>> {
    let Some(tools) = tools() else { panic!("asked before") };
    let queries = converted(&tools, "sqlite", "accepted_domains", &[rule]);
    let database = logs(rows);
    let ask = |query: &str| {
        let mut query = database.prepare(query).unwrap();
        let names: Vec<_> = query.column_names().map(str::to_owned).collect();
        let place = names.iter().position(|name| name == column).unwrap_or_else(|| panic!("{names:?}"));
        let rows = query.query_map([], |row| row.get::<_, String>(place)).unwrap();
        sorted(rows.map(Result::unwrap))
    };
    queries.lines().filter(|line| !line.is_empty()).map(ask).collect()
}

/// What a correlation finds: the value that its group has in common.
fn grouped(rule: &str, rows: &[Value]) -> Vec<String> {
    sorted(found(rule, rows, "group_keys").iter().map(|keys| group(keys)))
}

fn group(keys: &str) -> String {
    let parsed: Value = serde_json::from_str(keys).unwrap();
    let values: Vec<_> = match parsed {
        Value::Object(keys) => keys.into_values().collect(),
        Value::Array(keys) => keys,
        other => panic!("{other}"),
    };
    values.last().unwrap().as_str().unwrap_or_else(|| panic!("{keys}")).to_owned()
}

/// A row for each record, with the fields that the rules name.
fn alert_rows() -> Vec<Value> {
    story().alerts.iter().map(alert_row).collect()
}

fn alert_row(alert: &Value) -> Value {
    let at = |field: &str| alert.pointer(&format!("/{}", field.replace('.', "/"))).cloned().unwrap_or_default();
    let mut row: serde_json::Map<_, _> = FIELDS.iter().map(|field| ((*field).to_owned(), at(field))).collect();
    row.insert("record".to_owned(), json!(record_id(alert)));
    row.insert("timestamp".to_owned(), alert["last_seen"].clone());
    Value::Object(row)
}

#[test]
fn high_campaigns_and_clicks_and_opened_gates_come_back_and_nothing_else() {
    if tools().is_none() {
        return;
    }
    let rows = alert_rows();
    let story = story();
    let expected: [(_, Vec<String>); 3] = [
        ("postern_campaign_high", story.ids(|it| is_mail(it) && is_high(it) && !is_test(it))),
        ("postern_campaign_clicked", story.ids(|it| is_clicked(it) && !is_test(it))),
        ("postern_gate_opened", story.ids(|it| !is_mail(it) && it["state"] == "open")),
    ];
    for (rule, ids) in expected {
        assert!(!ids.is_empty() && ids.len() < rows.len(), "{rule}: {ids:?}");
        assert_eq!(found(&format!("alerts/{rule}"), &rows, "record"), ids, "{rule}");
    }
}

#[test]
fn a_campaign_within_a_day_of_an_opened_gate_comes_back_by_its_tenant() {
    if tools().is_none() {
        return;
    }
    let alerts = &story().alerts;
    let gates = alerts.iter().filter(|it| !is_mail(it) && it["state"] == "open");
    let is_grave = |it: &&Value| is_mail(it) && !is_test(it) && text(it, "severity") != "low";
    let has_campaign = |gate: &&Value| {
        alerts.iter().filter(is_grave).any(|campaign| {
            let later = seconds(text(gate, "last_seen"), text(campaign, "last_seen"));
            campaign["tenant_id"] == gate["tenant_id"] && (0..=DAY).contains(&later)
        })
    };
    let tenants = sorted(gates.filter(has_campaign).map(|gate| text(gate, "tenant_id").to_owned()));
    assert_eq!(tenants.len(), 1, "contoso; at northwind two days lie between: {tenants:?}");
    assert_eq!(grouped("alerts/mr_postern_gate_then_campaign", &alert_rows()), tenants);
}

#[test]
fn an_unfamiliar_sign_in_of_who_got_a_spoof_or_clicked_comes_back_by_the_account() {
    if tools().is_none() {
        return;
    }
    let story = story();
    // As a SIEM expands lists: one person a row.
    let one_a_row = |alert: &Value, people: &str| {
        let row = alert_row(alert);
        let with = |person: &str| {
            let mut row = row.clone();
            row[people] = json!(person);
            row
        };
        listed(alert, people).into_iter().map(with).collect::<Vec<_>>()
    };
    let lists = ["senders", "recipients", "clicked_by"];
    let mut rows: Vec<_> =
        lists.iter().flat_map(|people| story.alerts.iter().flat_map(|alert| one_a_row(alert, people))).collect();
    rows.extend(story.sign_ins.iter().map(|sign_in| {
        let mut row = sign_in.clone();
        row["timestamp"] = row["TimeGenerated"].clone();
        row["ResultType"] = json!(text(sign_in, "ResultType").parse::<u32>().unwrap());
        row
    }));
    let accounts = |people: &str| sorted(story.sign_ins.iter().filter(|it| follows_a_spoof(it, people)).map(account));
    let [senders, got_it, clicked] = lists.map(accounts);
    assert_eq!((got_it.len(), clicked.len()), (3, 1), "{got_it:?} {clicked:?}");
    assert!(senders.iter().any(|who| !got_it.contains(who)), "somebody's name was only used: {senders:?}");
    let mut found = found_by_each("alerts/mr_postern_spoof_then_signin", &rows, "group_keys").into_iter();
    let mut next = || sorted(found.next().unwrap().iter().map(|keys| group(keys)));
    assert_eq!([next(), next()], [got_it, clicked]);
    assert_eq!(found.next(), None);
}

fn account(sign_in: &Value) -> String {
    text(sign_in, "UserPrincipalName").to_lowercase()
}

/// A successful, unfamiliar sign-in of somebody whom the alert of a campaign names in this list, within a day of it.
fn follows_a_spoof(sign_in: &Value, people: &str) -> bool {
    let is_unfamiliar = text(sign_in, "ResultType") == "0" && text(sign_in, "RiskEventTypes_V2").contains("unfamiliar");
    is_unfamiliar
        && story().alerts.iter().filter(|it| is_mail(it) && !is_test(it) && text(it, "severity") != "low").any(
            |alert| {
                let later = seconds(text(alert, "last_seen"), text(sign_in, "TimeGenerated"));
                listed(alert, people).contains(&account(sign_in).as_str()) && (0..=DAY).contains(&later)
            },
        )
}

fn is_direct(mail: &Value) -> bool {
    mail["EmailDirection"] == "Inbound" && mail["Connectors"].as_str().is_none_or(str::is_empty)
}

fn passed(mail: &Value, check: &str) -> bool {
    mail["AuthenticationDetails"].as_str().is_some_and(|it| it.contains(&format!("\"{check}\":\"pass\"")))
}

fn is_own_unproven(mail: &Value) -> bool {
    let domain = mail["SenderMailFromDomain"].as_str().unwrap_or_default().to_lowercase();
    is_direct(mail)
        && ["contoso.com", "contoso.onmicrosoft.com"].contains(&domain.as_str())
        && !passed(mail, "SPF")
        && !passed(mail, "DMARC")
}

fn key(mail: &Value) -> String {
    format!("{} {}", text(mail, "NetworkMessageId"), text(mail, "RecipientEmailAddress"))
}

#[test]
fn the_rules_over_mail_find_what_one_record_shows() {
    if tools().is_none() {
        return;
    }
    let rows: Vec<_> = story().mail.iter().map(mail_row).collect();
    let is_self = |mail: &Value| {
        is_direct(mail)
            && mail["SenderFromAddress"] == mail["RecipientEmailAddress"]
            && !passed(mail, "DMARC")
            && mail["DeliveryAction"] != "Blocked"
    };
    let expected = [
        ("self_addressed", story().mail.iter().filter(|it| is_self(it)).map(key).collect::<Vec<_>>()),
        ("own_domain", story().mail.iter().filter(|it| is_own_unproven(it)).map(key).collect()),
    ];
    for (rule, keys) in expected {
        assert!(keys.len() > 10 && keys.len() < 500, "{rule}: {}", keys.len());
        let found = found(&format!("mail/emailevents_direct_send_{rule}"), &rows, "key");
        assert_eq!(found, sorted(keys.into_iter()), "{rule}");
    }
}

fn mail_row(mail: &Value) -> Value {
    let mut row = mail.clone();
    // SQLite takes the two for one name.
    row["timestamp"] = row.as_object_mut().unwrap().remove("Timestamp").unwrap();
    row["key"] = json!(key(mail));
    row
}

#[test]
fn a_burst_comes_back_by_the_domain_that_it_claims() {
    if tools().is_none() {
        return;
    }
    let own: Vec<_> = story().mail.iter().filter(|it| is_own_unproven(it)).collect();
    let domain = |mail: &Value| text(mail, "SenderMailFromDomain").to_lowercase();
    let reached = |first: &Value| {
        let in_time = |it: &&&Value| {
            let later = seconds(text(first, "Timestamp"), text(it, "Timestamp"));
            domain(it) == domain(first) && (0..=900).contains(&later)
        };
        own.iter().filter(in_time).map(|it| text(it, "RecipientEmailAddress").to_lowercase()).collect::<BTreeSet<_>>()
    };
    let bursts = sorted(own.iter().filter(|first| reached(first).len() >= 20).map(|it| domain(it)));
    assert_eq!(bursts.len(), 1, "{bursts:?}");
    let rows: Vec<_> = story().mail.iter().map(mail_row).collect();
    assert_eq!(grouped("mail/mr_emailevents_direct_send_burst", &rows), bursts);
}
