//! Three tenants under attack, as the real binary tells of them, and who signed in meanwhile.
//!
//! The mail is simulated; two administrators open Direct Send besides, at contoso half an hour before its campaign and at
//! northwind two days before. The sign-ins are invented here, each with its reason, around the alerts that came out.

use std::fs;
use std::process::Command;
use std::sync::OnceLock;

use postern::alert::Record;
use postern::event::{Span, Time};
use serde_json::{Value, json};

/// When a SIEM looks at all this.
pub(crate) const NOW: &str = "2026-11-02T10:30:00Z";

/// When most of those sign in who do so after a campaign: within the hour before [`NOW`].
pub(crate) const LATELY: &str = "2026-11-02T10:02:00Z";

const CONTOSO: &str = "6f0c1d7e-0000-4000-8000-000000000001";
const FABRIKAM: &str = "6f0c1d7e-0000-4000-8000-000000000002";
const NORTHWIND: &str = "6f0c1d7e-0000-4000-8000-000000000003";

/// What was told, what was read, and who signed in.
pub(crate) struct Story {
    /// Every record of every alert in the native format, in order, with one that is marked as a test.
    pub(crate) alerts: Vec<Value>,
    /// Heartbeats; fabrikam's have stopped.
    pub(crate) heartbeats: Vec<Value>,
    /// Rows of EmailEvents.
    pub(crate) mail: Vec<Value>,
    /// Rows of UrlClickEvents.
    pub(crate) clicks: Vec<Value>,
    /// Rows of SigninLogs.
    pub(crate) sign_ins: Vec<Value>,
}

impl Story {
    /// Alerts and heartbeats as a sink gets them.
    pub(crate) fn records(&self) -> impl Iterator<Item = Record> {
        let all = self.alerts.iter().chain(&self.heartbeats);
        all.map(|record| Record::parse(&record.to_string()).unwrap())
    }

    /// The records that satisfy it, in the order of their record ids.
    pub(crate) fn ids(&self, is_meant: impl Fn(&Value) -> bool) -> Vec<String> {
        sorted(self.alerts.iter().filter(|alert| is_meant(alert)).map(record_id))
    }
}

/// The story, told once for all tests.
pub(crate) fn story() -> &'static Story {
    static STORY: OnceLock<Story> = OnceLock::new();
    STORY.get_or_init(tell)
}

/// The two parts that name a record everywhere.
pub(crate) fn record_id(alert: &Value) -> String {
    format!("{}-{}", text(alert, "id"), alert["seq"])
}

pub(crate) fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value[key].as_str().unwrap()
}

pub(crate) fn texts<'v>(value: &'v Value, key: &str) -> Vec<&'v str> {
    value[key].as_array().unwrap().iter().map(|it| it.as_str().unwrap()).collect()
}

/// The entries of a list that is left out where it is empty.
pub(crate) fn listed<'v>(value: &'v Value, key: &str) -> Vec<&'v str> {
    if value[key].is_null() { Vec::new() } else { texts(value, key) }
}

pub(crate) fn sorted(texts: impl Iterator<Item = String>) -> Vec<String> {
    let mut texts: Vec<_> = texts.collect();
    texts.sort();
    texts.dedup();
    texts
}

/// Whether it tells of mail, not of a change of settings.
pub(crate) fn is_mail(alert: &Value) -> bool {
    ["direct-send-spoof", "header-from-spoof", "gateway-bypass", "spoof-through-connector"]
        .contains(&text(alert, "rule"))
}

pub(crate) fn is_high(alert: &Value) -> bool {
    ["high", "critical"].contains(&text(alert, "severity"))
}

pub(crate) fn is_clicked(alert: &Value) -> bool {
    is_mail(alert) && alert["counts"]["clicked"].as_u64() > Some(0)
}

pub(crate) fn is_test(alert: &Value) -> bool {
    alert["test"] == true
}

/// Seconds from one time of a record to another.
pub(crate) fn seconds(from: &str, to: &str) -> i64 {
    let [from, to] = [from, to].map(|time| Time::parse(time).unwrap());
    (to - from).as_micros() / 1_000_000
}

fn tell() -> Story {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let [mail, config, input, output] = ["mail.jsonl", "postern.toml", "input.jsonl", "alerts.jsonl"].map(path);
    postern(&[
        "simulate",
        "--seed",
        "2",
        "--records",
        "3000",
        "--attacks",
        "60",
        "--per-second",
        "1",
        "--related",
        "--domain",
        "contoso.com",
        "--domain",
        "fabrikam.com:gateway",
        "--domain",
        "northwind.example:hybrid",
        "--out",
        &mail,
        "--write-config",
        &config,
    ]);
    let mail = fs::read_to_string(mail).unwrap();
    let gates = [
        opened(NORTHWIND, "2026-10-31T08:00:00Z", "northwind.example"),
        opened(CONTOSO, "2026-11-02T07:30:00Z", "contoso.com"),
    ];
    fs::write(&input, gates.map(|gate| format!("{gate}\n")).concat() + &mail).unwrap();
    postern(&["scan", &input, "--config", &config, "--alerts", &output]);
    let mut alerts = lines(&fs::read_to_string(output).unwrap());
    alerts.push(as_unnamed(alerts.iter().find(|alert| is_clicked(alert)).unwrap()));
    alerts.push(as_test(alerts.iter().find(|alert| is_mail(alert) && is_high(alert)).unwrap()));
    let lines = lines(&mail);
    let rows = |table: &str| {
        let of_it = lines.iter().filter(|line| line["category"] == format!("AdvancedHunting-{table}"));
        of_it.map(|line| line["properties"].clone()).collect()
    };
    let (mail, clicks): (Vec<_>, _) = (rows("EmailEvents"), rows("UrlClickEvents"));
    let sign_ins = sign_ins(&alerts, &mail);
    Story { alerts, heartbeats: heartbeats(), mail, clicks, sign_ins }
}

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn postern(arguments: &[&str]) {
    let run = Command::new(env!("CARGO_BIN_EXE_postern")).args(arguments).output().unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
}

/// An administrator opens Direct Send.
fn opened(tenant: &str, at: &str, domain: &str) -> Value {
    json!({
        "time": at, "tenantId": tenant, "operationName": "Publish", "category": "AdvancedHunting-CloudAppEvents",
        "properties": {"ActionType": "Set-OrganizationConfig", "Timestamp": at, "RawEventData": {
            "CreationTime": at.trim_end_matches('Z'), "Id": format!("audit-{domain}"), "RecordType": 1,
            "Operation": "Set-OrganizationConfig", "ObjectId": domain, "UserType": 2, "ResultStatus": "True",
            "Parameters": [{"Name": "RejectDirectSend", "Value": "False"}], "UserId": format!("admin@{domain}"),
            "Workload": "Exchange", "ClientIP": "203.0.113.7:51234", "OrganizationId": tenant,
            "OrganizationName": domain,
        }},
    })
}

/// Another campaign like it, of whose clicks the rows do not say whose they are.
fn as_unnamed(alert: &Value) -> Value {
    let mut alert = alert.clone();
    alert["id"] = json!("0c11c4ed000000000000000000000000");
    alert.as_object_mut().unwrap().remove("clicked_by");
    alert
}

/// What `postern test-alert` does to an alert: nothing but a mark says that it is none.
fn as_test(alert: &Value) -> Value {
    let mut alert = alert.clone();
    alert["id"] = json!("7e570000000000000000000000000000");
    alert["test"] = json!(true);
    for people in ["senders", "recipients", "clicked_by"] {
        alert[people] = json!(["tess.tester@contoso.com"]);
    }
    alert["counts"]["clicked"] = json!(1);
    alert
}

/// Every hour at contoso and northwind; fabrikam's stopped long before [`NOW`].
fn heartbeats() -> Vec<Value> {
    let beats = [
        (CONTOSO, "contoso.com", &["08:00", "09:00", "10:00"][..]),
        (FABRIKAM, "fabrikam.com", &["06:10", "07:10", "08:10"][..]),
        (NORTHWIND, "northwind.example", &["07:40", "08:40", "09:40"][..]),
    ];
    let beat = |(tenant, name, times): (&str, &str, &[&str])| {
        let beat = |(place, time): (usize, &&str)| {
            let until = format!("2026-11-02T{time}:00Z");
            let since = (Time::parse(&until).unwrap() - Span::seconds(3_600)).to_string();
            json!({
                "schema": "postern.heartbeat/1", "id": format!("{}{place:024x}", &tenant[28..]), "seq": 1,
                "tenant": name, "tenant_id": tenant, "since": since, "until": until, "records": 0,
                "digest": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            })
        };
        times.iter().enumerate().map(beat).collect::<Vec<_>>()
    };
    beats.into_iter().flat_map(beat).collect()
}

/// Everybody has signed in at home for days. After the campaign some sign in elsewhere, and others do what looks like it.
fn sign_ins(alerts: &[Value], mail: &[Value]) -> Vec<Value> {
    let is_broad = |alert: &&Value| text(alert, "severity") == "critical" && texts(alert, "senders").len() >= 5;
    let campaign = alerts.iter().rfind(|alert| is_broad(alert) && !is_test(alert)).unwrap();
    let of = |rule: fn(&Value) -> bool| alerts.iter().rfind(|alert| rule(alert)).unwrap();
    let [taken, at_home, refused, earlier, late] = texts(campaign, "recipients")[..5] else { panic!() };
    let low = texts(of(|alert| text(alert, "severity") == "low"), "recipients")[0];
    let [stranger, tester] = ["nobody.special@contoso.com", texts(of(is_test), "recipients")[0]];
    let clicked = of(|alert| !listed(alert, "clicked_by").is_empty() && !is_test(alert));
    let clicker = texts(clicked, "clicked_by")[0];
    // Written to in another's name.
    let reached = *texts(clicked, "recipients").iter().find(|who| **who != clicker).unwrap();
    // A colleague in whose name somebody wrote to others.
    let is_to_another = |alert: &Value| {
        text(alert, "rule") == "direct-send-spoof"
            && is_high(alert)
            && texts(alert, "senders") != texts(alert, "recipients")
    };
    let impersonated =
        texts(alerts.iter().find(|alert| is_to_another(alert) && !is_test(alert)).unwrap(), "senders")[0];
    let beyond = beyond_the_sample(campaign, mail);
    let everybody =
        [taken, at_home, refused, earlier, late, low, stranger, tester, clicker, reached, impersonated, &beyond];
    let days = ["2026-10-29", "2026-10-30", "2026-11-01"];
    let usual =
        days.iter().flat_map(|day| everybody.map(|who| sign_in(who, &format!("{day}T07:15:00Z"), "DE", 0, false)));
    let elsewhere = |who: &str, at: &str| sign_in(who, at, "AT", 0, true);
    let told = [
        sign_in(at_home, LATELY, "DE", 0, false),
        sign_in(refused, LATELY, "AT", 50_126, true),
        elsewhere(earlier, "2026-11-02T07:59:00Z"),
        elsewhere(late, "2026-11-03T14:05:00Z"),
    ];
    let taken =
        [taken, low, stranger, tester, clicker, reached, impersonated, &beyond].map(|who| elsewhere(who, LATELY));
    usual.chain(told).chain(taken).collect()
}

/// Who got mail of a campaign that wrote to people in their own name, and is not among those whom its alert names.
fn beyond_the_sample(campaign: &Value, mail: &[Value]) -> String {
    let address = |mail: &Value, key: &str| mail[key].as_str().unwrap_or_default().to_lowercase();
    let is_of_it = |mail: &&Value| {
        let source = mail["SenderIPv4"].as_str().or(mail["SenderIPv6"].as_str()).unwrap_or_default();
        let to = address(mail, "RecipientEmailAddress");
        texts(campaign, "sources").contains(&source)
            && to == address(mail, "SenderFromAddress")
            && !texts(campaign, "recipients").contains(&to.as_str())
    };
    address(mail.iter().find(is_of_it).unwrap(), "RecipientEmailAddress")
}

fn sign_in(who: &str, at: &str, country: &str, result: u32, is_unfamiliar: bool) -> Value {
    // As Entra writes a name: the case is whatever somebody typed once.
    let name = format!("{}{}", who[..1].to_uppercase(), &who[1..]);
    let risks = if is_unfamiliar { r#"["unfamiliarFeatures"]"# } else { "[]" };
    json!({
        "TimeGenerated": at, "UserPrincipalName": name, "UserId": format!("id-of-{who}"), "IPAddress": "203.0.113.77",
        "Location": country, "ResultType": result.to_string(), "RiskEventTypes_V2": risks, "AppDisplayName": "Outlook",
    })
}
