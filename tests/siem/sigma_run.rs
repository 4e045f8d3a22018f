//! The Sigma rules executed: the SQLite backend makes queries of them, and SQLite runs these over real alerts and mail.

use std::collections::BTreeSet;

use rusqlite::types::Value as Cell;
use rusqlite::{Connection, params_from_iter};
use serde_json::{Value, json};

use crate::sigma::{converted, tools};
use crate::story::{is_high, is_mail, is_test, record_id, seconds, sorted, story, text, texts};

/// The columns of a row that is an alert, as the rules name them.
const FIELDS: [&str; 7] = ["rule", "severity", "state", "counts.clicked", "tenant_id", "senders", "test"];

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
    let Some(tools) = tools() else { panic!("asked before") };
    let query = converted(&tools, "sqlite", "accepted_domains", &[rule]);
    let database = logs(rows);
    let mut query = database.prepare(&query).unwrap();
    let names: Vec<_> = query.column_names().map(str::to_owned).collect();
    let place = names.iter().position(|name| name == column).unwrap_or_else(|| panic!("{names:?}"));
    let rows = query.query_map([], |row| row.get::<_, String>(place)).unwrap();
    sorted(rows.map(Result::unwrap))
}

/// What a correlation finds: the value that its group has in common.
fn grouped(rule: &str, rows: &[Value]) -> Vec<String> {
    let groups = found(rule, rows, "group_keys").into_iter().map(|keys| {
        let keys: Value = serde_json::from_str(&keys).unwrap();
        let mut values = match &keys {
            Value::Object(keys) => keys.values().cloned().collect::<Vec<_>>(),
            Value::Array(keys) => keys.clone(),
            other => panic!("{other}"),
        };
        values.pop().unwrap().as_str().unwrap_or_else(|| panic!("{keys}")).to_owned()
    });
    sorted(groups)
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
        (
            "postern_campaign_clicked",
            story.ids(|it| is_mail(it) && it["counts"]["clicked"].as_u64() > Some(0) && !is_test(it)),
        ),
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
fn an_unfamiliar_sign_in_after_a_spoof_comes_back_by_the_account() {
    if tools().is_none() {
        return;
    }
    let story = story();
    let one_sender_a_row = |alert: &Value| {
        let row = alert_row(alert);
        let with = |sender: &str| {
            let mut row = row.clone();
            row["senders"] = json!(sender);
            row
        };
        texts(alert, "senders").into_iter().map(with).collect::<Vec<_>>()
    };
    let mut rows: Vec<_> = story.alerts.iter().flat_map(one_sender_a_row).collect();
    rows.extend(story.sign_ins.iter().map(|sign_in| {
        let mut row = sign_in.clone();
        row["timestamp"] = row["TimeGenerated"].clone();
        row["ResultType"] = json!(text(sign_in, "ResultType").parse::<u32>().unwrap());
        row
    }));
    let accounts = sorted(story.sign_ins.iter().filter(|it| follows_a_spoof(it)).map(account));
    assert_eq!(accounts.len(), 1, "{accounts:?}");
    assert_eq!(grouped("alerts/mr_postern_spoof_then_signin", &rows), accounts);
}

fn account(sign_in: &Value) -> String {
    text(sign_in, "UserPrincipalName").to_lowercase()
}

/// A successful, unfamiliar sign-in of somebody in whose name a campaign wrote within the day before.
fn follows_a_spoof(sign_in: &Value) -> bool {
    let is_unfamiliar = text(sign_in, "ResultType") == "0" && text(sign_in, "RiskEventTypes_V2").contains("unfamiliar");
    is_unfamiliar
        && story().alerts.iter().filter(|it| is_mail(it) && !is_test(it) && text(it, "severity") != "low").any(
            |alert| {
                let later = seconds(text(alert, "last_seen"), text(sign_in, "TimeGenerated"));
                texts(alert, "senders").contains(&account(sign_in).as_str()) && (0..=DAY).contains(&later)
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
