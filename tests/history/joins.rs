//! What other tables say of a message, before it and after it.

use postern::alert::State;
use postern::judge::Severity;
use serde_json::{Value, json};

use crate::world::{HOUR, MINUTE, Mail, World, reasons, streamed, time};

fn qr_code(at: i64) -> Value {
    streamed(
        "EmailUrlInfo",
        &json!({
            "Timestamp": time(at), "NetworkMessageId": "n", "Url": "https://login.example/x", "UrlDomain": "login.example",
            "UrlLocation": "QRCode", "ReportId": "n-url",
        }),
    )
}

fn attachment(at: i64) -> Value {
    streamed(
        "EmailAttachmentInfo",
        &json!({
            "Timestamp": time(at), "NetworkMessageId": "n", "RecipientEmailAddress": "sam@contoso.com",
            "FileName": "voicemail.pdf", "FileType": "pdf", "SHA256": "00", "ReportId": "n-file",
        }),
    )
}

fn click(at: i64, action: &str, through: bool) -> Value {
    streamed(
        "UrlClickEvents",
        &json!({
            "Timestamp": time(at), "NetworkMessageId": "n", "Url": "https://login.example/x", "ActionType": action,
            "AccountUpn": "sam@contoso.com", "Workload": "Email", "IsClickedThrough": through, "ReportId": "n-click",
        }),
    )
}

fn moved(at: i64, action: &str, kind: &str, location: &str) -> Value {
    streamed(
        "EmailPostDeliveryEvents",
        &json!({
            "Timestamp": time(at), "NetworkMessageId": "n", "RecipientEmailAddress": "SAM@contoso.com", "Action": action,
            "ActionType": kind, "ActionTrigger": "ZAP", "ActionResult": "Success", "DeliveryLocation": location,
            "ReportId": format!("n-{at}"),
        }),
    )
}

/// The first record of the mail's alert, or the last one that says more.
fn told_last(records: &[Value]) -> postern::alert::Alert {
    let mut world = World::new();
    records.iter().for_each(|record| {
        world.feed(record);
    });
    world.wait_until(30 * 24 * HOUR);
    world.only().clone()
}

fn mail() -> Value {
    let mut world_mail = streamed("EmailEvents", &json!({}));
    world_mail["properties"] = json!({
        "Timestamp": time(0), "NetworkMessageId": "n", "InternetMessageId": "<n@x.example>",
        "SenderMailFromAddress": "printer@contoso.com", "SenderFromAddress": "printer@contoso.com",
        "RecipientEmailAddress": "sam@contoso.com", "Subject": "Voicemail", "EmailDirection": "Inbound",
        "DeliveryAction": "Delivered", "DeliveryLocation": "Inbox/folder", "SenderIPv4": "203.0.113.9",
        "AuthenticationDetails": crate::world::FAIL, "ReportId": "n-1",
    });
    world_mail
}

#[test]
fn links_codes_and_attachments_join_in_any_order() {
    let rows = [mail(), qr_code(5), attachment(6)];
    let alerts: Vec<_> = [[0, 1, 2], [1, 0, 2], [2, 1, 0], [1, 2, 0], [0, 2, 1], [2, 0, 1]]
        .map(|order| told_last(&order.map(|place| rows[place].clone())))
        .into();
    for alert in &alerts {
        let reasons = reasons(alert);
        assert!(["qr-code", "url-payload", "attachment-payload"].iter().all(|it| reasons.contains(it)), "{reasons:?}");
        assert_eq!(alert.link_domains, ["login.example"]);
        assert_eq!((alert.severity, alert.counts), (alerts[0].severity, alerts[0].counts));
    }
}

#[test]
fn a_click_makes_it_critical_and_is_told_even_after_the_campaign_is_over() {
    for clicked_at in [5 * MINUTE, 30 * HOUR] {
        let mut world = World::new();
        world.mail_named("n", Mail { from: "ceo@contoso.com", envelope: "ceo@contoso.com", ..Mail::default() });
        world.wait_until(clicked_at - 1);
        world.feed(&click(clicked_at, "ClickAllowed", false));
        let alert = world.only();
        assert_eq!((alert.severity, alert.counts.clicked), (Severity::Critical, 1));
        assert_eq!(
            (&*alert.recipients, &*alert.clicked_by),
            (&["sam@contoso.com".into()][..], &["sam@contoso.com".into()][..])
        );
        assert_eq!(alert.state, State::Updated);
        world.feed(&click(clicked_at, "ClickAllowed", false));
        assert_eq!(world.only().counts.clicked, 1, "a repeat is none");
    }
}

/// Each of the first twenty is somebody whose sessions have to be revoked now, not when the campaign is over.
#[test]
fn each_person_who_clicks_is_told_by_name_up_to_twenty() {
    let mut world = World::new();
    world.mail_named("n", Mail::default());
    let opened = world.told().0;
    let clicks = |person: usize, times: usize| {
        (0..times).map(move |time| {
            let mut row = click(MINUTE + i64::try_from(person).unwrap(), "ClickAllowed", false);
            row["properties"]["AccountUpn"] = json!(format!("Person{person:02}@contoso.com"));
            row["properties"]["ReportId"] = json!(format!("{person}-{time}"));
            row
        })
    };
    for person in 1..=3 {
        for row in clicks(person, 2) {
            world.feed(&row);
        }
        assert_eq!(world.told(), (opened + person, State::Updated), "one who clicks twice is told once");
    }
    assert_eq!(world.only().clicked_by, ["person01@contoso.com", "person02@contoso.com", "person03@contoso.com"]);
    for row in (4..=40).flat_map(|person| clicks(person, 1)) {
        world.feed(&row);
    }
    assert_eq!(world.told(), (opened + 20, State::Updated), "whoever comes then is a number");
    assert_eq!(world.only().clicked_by.len(), 20);
}

#[test]
fn a_click_that_was_held_back_is_none_unless_somebody_went_on() {
    assert_eq!(told_last(&[mail(), click(60, "ClickBlocked", false)]).counts.clicked, 0);
    assert_eq!(told_last(&[mail(), click(60, "ClickBlocked", true)]).counts.clicked, 1);
    assert_eq!(told_last(&[click(60, "ClickAllowed", false), mail()]).counts.clicked, 1, "before its mail");
}

#[test]
fn a_removal_and_a_redelivery_are_told_and_counted() {
    let mut world = World::new();
    world.mail_named("n", Mail::default());
    world.feed(&moved(HOUR, "Moved to quarantine", "Phish ZAP", "Quarantine"));
    let counts = world.only().counts;
    assert_eq!((counts.delivered, counts.removed, world.told()), (0, 1, (2, State::Updated)));
    assert!(reasons(world.only()).contains(&"removed-after-delivery"));
    world.feed(&moved(2 * HOUR, "Reprocessed", "Redelivery", "Inbox"));
    let counts = world.only().counts;
    assert_eq!((counts.delivered, counts.removed, world.told()), (1, 0, (3, State::Updated)));
    assert!(!reasons(world.only()).contains(&"removed-after-delivery"));
}

#[test]
fn a_removal_joins_in_any_order_and_the_latest_one_counts() {
    let zap = moved(60, "Moved to quarantine", "Phish ZAP", "Quarantine");
    let back = moved(120, "Reprocessed", "Redelivery", "Inbox");
    let manual = moved(180, "Soft delete", "Manual remediation", "Deleted items");
    let rows = [mail(), zap, back, manual];
    for order in [[0, 1, 2, 3], [3, 2, 1, 0], [1, 0, 3, 2], [2, 3, 0, 1]] {
        let counts = told_last(&order.map(|place| rows[place].clone())).counts;
        assert_eq!((counts.delivered, counts.removed), (0, 1), "{order:?}");
    }
}

#[test]
fn what_failed_or_is_about_other_mail_changes_nothing() {
    let mut failed = moved(60, "Moved to quarantine", "Phish ZAP", "Quarantine");
    failed["properties"]["ActionResult"] = json!("Error");
    let mut other = click(60, "ClickAllowed", false);
    other["properties"]["NetworkMessageId"] = json!("another");
    let counts = told_last(&[mail(), failed, other]).counts;
    assert_eq!((counts.delivered, counts.removed, counts.clicked), (1, 0, 0));
}
