//! The queries for Sentinel executed over the rows that the sentinel sink would have written.
//!
//! No engine of Microsoft's can be had; `duckdb-kql` translates KQL into SQL and DuckDB runs that. Two things are put into
//! the queries for it: a fixed time for `now()` and `ago()`, so that the story stays where it is, and the time of a row for
//! `ingestion_time()`, which is the workspace's.

use std::collections::{BTreeMap, BTreeSet};

use postern::alert::Record;
use postern::alert::render::sentinel;
use postern::event::{Span, Time};
use serde_json::{Value, json};

use crate::kql::{answer, queries, tables};
use crate::sigma::tools;
use crate::story::{LATELY, NOW, is_clicked, is_high, is_mail, is_test, listed, seconds, sorted, story, text, texts};

const DAY: i64 = 24 * 3_600;

/// What a query finds, by one column, when it runs at this time.
fn found(query: &str, now: &str, column: &str) -> Vec<String> {
    found_at(query, &[now], column).remove(0)
}

/// The same for several times.
fn found_at(query: &str, times: &[&str], column: &str) -> Vec<Vec<String>> {
    let Some(tools) = tools() else { panic!("asked before") };
    let query = &queries()[query];
    let read = tables().into_iter().filter(|(name, _)| query.contains(name.as_str()));
    let tables: BTreeMap<_, _> =
        read.map(|(name, columns)| (name.clone(), json!({"columns": columns, "rows": table(&name)}))).collect();
    let queries: Vec<_> = times.iter().map(|now| json!({"until": now, "text": at(query, now)})).collect();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/python/sigma/kql.py");
    let task = json!({"tables": tables, "queries": queries});
    let answers = answer(tools.interpreter().arg(script), &task);
    let value = |row: &Value| row[column].as_str().unwrap_or_else(|| panic!("{row}")).to_owned();
    answers.as_array().unwrap().iter().map(|rows| sorted(rows.as_array().unwrap().iter().map(value))).collect()
}

fn at(query: &str, now: &str) -> String {
    let ago = query.split("ago(").enumerate().map(|(place, part)| match part.split_once(')') {
        Some((span, rest)) if place > 0 => format!("(datetime({now}) - {span}){rest}"),
        _ => part.to_owned(),
    });
    let fixed: String = ago.collect();
    fixed.replace("now()", &format!("datetime({now})")).replace("ingestion_time()", "TimeGenerated")
}

fn table(name: &str) -> Vec<Value> {
    let row = |record: Record| serde_json::from_str(&sentinel(&record)).unwrap();
    match name {
        "PosternAlerts_CL" => {
            // Log Analytics keeps a row that is sent twice.
            story().records().chain(story().records()).map(row).collect()
        }
        "EmailEvents" => {
            let days_before = (1..3)
                .flat_map(|days| story().mail.iter().filter(|it| is_daily(it)).map(move |mail| earlier(mail, days)));
            story().mail.iter().map(with_time).chain(days_before).collect()
        }
        "SigninLogs" => story().sign_ins.clone(),
        "UrlClickEvents" => story().clicks.iter().map(with_time).collect(),
        other => panic!("{other}"),
    }
}

/// What the story has for two days longer than an hour.
fn is_daily(mail: &Value) -> bool {
    let sender = mail["SenderMailFromAddress"].as_str().unwrap_or_default();
    ["printer@", "nas@"].iter().any(|device| sender.starts_with(device))
}

/// The same mail so many days before, under another name.
fn earlier(mail: &Value, days: i64) -> Value {
    let mut row = with_time(mail);
    row["TimeGenerated"] = json!((Time::parse(text(mail, "Timestamp")).unwrap() - Span::hours(24 * days)).to_string());
    row["NetworkMessageId"] = json!(format!("{} {days}", text(mail, "NetworkMessageId")));
    row
}

fn with_time(row: &Value) -> Value {
    let mut row = row.clone();
    row["TimeGenerated"] = row["Timestamp"].clone();
    row
}

/// The alerts of which the first record that is meant has been told at most so many seconds ago.
fn told_lately(now: &str, within: i64, is_meant: impl Fn(&Value) -> bool) -> Vec<String> {
    let mut first: BTreeMap<&str, &str> = BTreeMap::new();
    for alert in story().alerts.iter().filter(|it| is_meant(it) && !is_test(it)) {
        first.entry(text(alert, "id")).or_insert_with(|| text(alert, "last_seen"));
    }
    let lately = first.into_iter().filter(|(_, told)| (0..within).contains(&seconds(told, now)));
    sorted(lately.map(|(id, _)| id.to_owned()))
}

/// When a rule that runs every five minutes looks; what lies between the days is empty.
fn looks() -> impl Iterator<Item = String> {
    let begin = Time::parse("2026-11-02T07:25:00Z").unwrap();
    let later = (0..22).map(move |look| (begin + Span::minutes(5 * look)).to_string());
    ["2026-10-31T08:04:00Z".to_owned()].into_iter().chain(later)
}

#[test]
fn each_high_campaign_fires_once_when_it_becomes_high() {
    fires_once("PosternCampaignHigh", |it| is_mail(it) && is_high(it));
}

/// The session is revoked by its account; where the rows of clicks name none, the campaign fires.
#[test]
fn each_account_that_clicked_fires_once() {
    if tools().is_none() {
        return;
    }
    let mut told: BTreeMap<(&str, &str), &str> = BTreeMap::new();
    for alert in story().alerts.iter().filter(|it| is_clicked(it) && !is_test(it)) {
        let accounts = listed(alert, "clicked_by");
        for account in if accounts.is_empty() { vec![""] } else { accounts } {
            told.entry((text(alert, "id"), account)).or_insert_with(|| text(alert, "last_seen"));
        }
    }
    let times: Vec<_> = looks().collect();
    let times: Vec<_> = times.iter().map(String::as_str).collect();
    let lately = |now: &&str| {
        let lately = told.iter().filter(|(_, told)| (0..300).contains(&seconds(told, now)));
        sorted(lately.map(|((_, account), _)| (*account).to_owned()))
    };
    let expected: Vec<_> = times.iter().map(lately).collect();
    let named = expected.concat();
    let is_of_a_sender = |who: &String| story().alerts.iter().any(|it| texts(it, "senders").contains(&who.as_str()));
    assert_eq!(named.iter().filter(|who| who.is_empty()).count(), 1, "{named:?}");
    assert!(named.len() > 1 && !named.iter().any(is_of_a_sender), "{named:?}");
    assert_eq!(found_at("PosternCampaignClicked", &times, "Account"), expected);
}

#[test]
fn each_opened_gate_fires_once_although_it_is_told_again() {
    fires_once("PosternGateOpened", |it| !is_mail(it));
}

/// Runs it at every look that it would have, and asks that each alert comes once, at the look after it was told.
fn fires_once(rule: &str, is_meant: fn(&Value) -> bool) {
    if tools().is_none() {
        return;
    }
    let times: Vec<_> = looks().collect();
    let times: Vec<_> = times.iter().map(String::as_str).collect();
    let expected: Vec<_> = times.iter().map(|now| told_lately(now, 300, is_meant)).collect();
    assert_eq!(found_at(rule, &times, "AlertId"), expected, "{rule}");
    let all = story().alerts.iter().filter(|it| is_meant(it) && !is_test(it)).map(|it| text(it, "id").to_owned());
    let fired: Vec<_> = expected.concat();
    assert_eq!(fired.len(), sorted(fired.clone().into_iter()).len(), "{rule} fires twice");
    assert_eq!(sorted(fired.into_iter()), sorted(all), "{rule}");
}

#[test]
fn a_campaign_within_a_day_of_an_opened_gate_fires() {
    if tools().is_none() {
        return;
    }
    let now = "2026-11-02T09:00:00Z";
    let alerts = &story().alerts;
    let is_after_a_gate = |campaign: &&Value| {
        let gates = alerts.iter().filter(|it| !is_mail(it) && it["tenant_id"] == campaign["tenant_id"]);
        let spans = gates.map(|gate| seconds(text(gate, "first_seen"), text(campaign, "first_seen")));
        spans.into_iter().any(|span| (0..=DAY).contains(&span))
    };
    let grave = alerts.iter().filter(|it| is_mail(it) && !is_test(it) && text(it, "severity") != "low");
    let expected = sorted(grave.filter(is_after_a_gate).map(|it| text(it, "id").to_owned()));
    assert!(!expected.is_empty());
    assert_eq!(found("PosternGateThenCampaign", now, "AlertId"), expected);
    assert!(found("PosternGateThenCampaign", "2026-11-02T12:00:00Z", "AlertId").is_empty(), "it fires once");
}

#[test]
fn a_tenant_whose_heartbeat_stopped_fires_and_the_others_do_not() {
    if tools().is_none() {
        return;
    }
    let last = |tenant: &str| {
        let of_it = story().heartbeats.iter().filter(|it| it["tenant"] == tenant);
        of_it.map(|it| text(it, "until")).max().unwrap()
    };
    let tenants = sorted(story().heartbeats.iter().map(|it| text(it, "tenant").to_owned()));
    let silent = tenants.into_iter().filter(|tenant| seconds(last(tenant), NOW) > 2 * 3_600);
    let silent = sorted(silent);
    assert_eq!(silent, ["fabrikam.com"]);
    assert_eq!(found("PosternSilent", NOW, "TenantName"), silent);
}

#[test]
fn a_sign_in_from_a_new_place_after_a_spoof_fires() {
    if tools().is_none() {
        return;
    }
    assert_eq!(found("PosternSpoofThenSignIn", NOW, "Account"), new_places(NOW));
    assert_eq!(
        new_places(NOW).len(),
        4,
        "who clicked, who got it in another's name and in his own, and one beyond the sample"
    );
    assert_eq!(found("PosternSpoofThenSignIn", NOW, "Role"), ["clicked", "recipient"]);
    let is_in = |who: &str, people: &str| {
        story().alerts.iter().any(|it| is_mail(it) && !is_test(it) && listed(it, people).contains(&who))
    };
    let elsewhere = story().sign_ins.iter().filter(|it| text(it, "TimeGenerated") == LATELY && it["Location"] == "AT");
    let only_used = elsewhere.map(account).filter(|who| is_in(who, "senders") && !is_in(who, "recipients"));
    let only_used: Vec<_> = only_used.collect();
    assert!(
        only_used.len() == 1 && !new_places(NOW).contains(&only_used[0]),
        "somebody's name was used: {only_used:?}"
    );
    let after_two_days = "2026-11-03T14:30:00Z";
    assert_eq!(found("PosternSpoofThenSignIn", after_two_days, "Account"), new_places(after_two_days));
    assert!(new_places(after_two_days).is_empty());
}

/// Who signed in within the last hour from a country that the account had not signed in from, within a day of a spoof that
/// reached the account.
fn new_places(now: &str) -> Vec<String> {
    let succeeded = |it: &&Value| it["ResultType"] == "0";
    let is_new = |it: &&Value| {
        let is_earlier = |other: &&Value| {
            account(other) == account(it)
                && other["Location"] == it["Location"]
                && seconds(text(other, "TimeGenerated"), text(it, "TimeGenerated")) > 0
        };
        !story().sign_ins.iter().filter(succeeded).any(|other| is_earlier(&other))
    };
    let is_lately = |it: &&Value| (0..3_600).contains(&seconds(text(it, "TimeGenerated"), now));
    let is_target = |it: &&Value| {
        story().alerts.iter().filter(|alert| is_mail(alert) && !is_test(alert) && text(alert, "severity") != "low").any(
            |alert| {
                let after = seconds(text(alert, "first_seen"), text(it, "TimeGenerated"));
                (0..=DAY).contains(&after) && concerns(alert, &account(it))
            },
        )
    };
    let lately = story().sign_ins.iter().filter(succeeded).filter(is_lately).filter(is_new).filter(is_target);
    sorted(lately.map(account))
}

fn account(sign_in: &Value) -> String {
    text(sign_in, "UserPrincipalName").to_lowercase()
}

/// Whether it names the account among who got it or clicked, or mail of it went there.
fn concerns(alert: &Value, account: &str) -> bool {
    let named = [listed(alert, "recipients"), listed(alert, "clicked_by")].concat();
    let reached = |mail: &&Value| text(mail, "RecipientEmailAddress").to_lowercase() == account && is_of(mail, alert);
    named.contains(&account) || story().mail.iter().any(|mail| reached(&mail))
}

/// Whether it came from an address of the campaign while that ran, in a name of a domain that it used.
fn is_of(mail: &Value, alert: &Value) -> bool {
    let is_from = |key: &str| mail[key].as_str().is_some_and(|ip| texts(alert, "sources").contains(&ip));
    let domain = mail["SenderFromDomain"].as_str().unwrap_or_default().to_lowercase();
    let is_used = |sender: &str| sender.split_once('@').is_some_and(|(_, of_it)| of_it.to_lowercase() == domain);
    let at = text(mail, "Timestamp");
    mail["EmailDirection"] == "Inbound"
        && (is_from("SenderIPv4") || is_from("SenderIPv6"))
        && texts(alert, "senders").into_iter().any(is_used)
        && seconds(text(alert, "first_seen"), at) >= 0
        && seconds(at, text(alert, "last_seen")) >= 0
}

#[test]
fn the_hunts_find_what_they_are_for() {
    if tools().is_none() {
        return;
    }
    let last =
        |it: &&Value| !story().alerts.iter().any(|o| o["id"] == it["id"] && o["seq"].as_u64() > it["seq"].as_u64());
    let told = || story().alerts.iter().filter(|it| is_mail(it) && !is_test(it)).filter(last);
    let networks = |it: &Value| {
        let network = |source: &str| match source.contains(':') {
            true => source.split(':').take(3).collect::<Vec<_>>().join(":"),
            false => source.rsplit_once('.').unwrap().0.to_owned(),
        };
        sorted(texts(it, "sources").into_iter().map(network)).len()
    };
    let rotates = |it: &&Value| networks(it) >= 3 || texts(it, "sources").len() >= 5;
    let rotating = sorted(told().filter(rotates).map(|it| text(it, "id").to_owned()));
    assert!(!rotating.is_empty());
    assert_eq!(found("PosternRotatingSources", NOW, "AlertId"), rotating);
    let messages = |it: &Value| {
        let of_it = story().mail.iter().filter(|mail| is_of(mail, it)).map(|mail| text(mail, "NetworkMessageId"));
        of_it.chain(texts(it, "sample_message_ids")).map(str::to_owned).collect::<Vec<_>>()
    };
    let of_campaigns = sorted(told().flat_map(messages));
    let followed = |click: &&Value| {
        click["ActionType"] == "ClickAllowed" && of_campaigns.contains(&text(click, "NetworkMessageId").to_owned())
    };
    let clicked = sorted(story().clicks.iter().filter(followed).map(|it| text(it, "AccountUpn").to_owned()));
    assert!(!clicked.is_empty());
    assert_eq!(found("PosternWhoClicked", NOW, "AccountUpn"), clicked);
    let claimed = sorted(told().flat_map(|it| texts(it, "senders")).map(str::to_lowercase));
    assert_eq!(found("PosternSendersFirstSeen", NOW, "Sender"), claimed);
    let mail = story().mail.iter().filter(|mail| told().any(|it| is_of(mail, it)));
    let mail = sorted(mail.map(|it| text(it, "NetworkMessageId").to_owned()));
    assert!(mail.len() > 100, "more than any alert names");
    assert_eq!(found("PosternMailOfACampaign", NOW, "NetworkMessageId"), mail);
}

#[test]
fn the_hunt_for_devices_finds_who_sends_from_one_address_every_day() {
    if tools().is_none() {
        return;
    }
    let lower = |mail: &Value, key: &str| mail[key].as_str().unwrap_or_default().to_lowercase();
    let inside = story().mail.iter().filter(|it| it["EmailDirection"] == "Intra-org");
    let own: Vec<_> = sorted(inside.map(|it| lower(it, "SenderFromDomain")));
    let is_unproven = |mail: &&Value| {
        let results = mail["AuthenticationDetails"].as_str().unwrap_or_default();
        mail["EmailDirection"] == "Inbound"
            && mail["Connectors"].as_str().is_none_or(str::is_empty)
            && !["SPF", "DMARC"].iter().any(|check| results.contains(&format!("\"{check}\":\"pass\"")))
            && own.contains(&lower(mail, "SenderMailFromDomain"))
    };
    let source = |mail: &Value| mail["SenderIPv4"].as_str().or(mail["SenderIPv6"].as_str()).unwrap().to_owned();
    let mut reached: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
    let all = sorted(story().mail.iter().filter(is_unproven).map(|it| lower(it, "SenderMailFromAddress")));
    for mail in story().mail.iter().filter(|it| is_unproven(it) && is_daily(it)) {
        let pair = (lower(mail, "SenderMailFromAddress"), source(mail));
        reached.entry(pair).or_default().insert(text(mail, "RecipientEmailAddress").to_owned());
    }
    let few = reached.iter().filter(|(_, recipients)| recipients.len() <= 20).map(|((sender, _), _)| sender.clone());
    let few = sorted(few);
    assert!(few.contains(&"printer@contoso.com".to_owned()) && few.len() < all.len(), "{few:?} {all:?}");
    assert_eq!(found("PosternDevicesWithoutProof", NOW, "Sender"), few);
}
