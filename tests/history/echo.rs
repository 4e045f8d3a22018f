//! Own mail that comes back, and those who pretend to be it.

use postern::judge::BenignReason;

use crate::world::{DAY, FAIL, LIST, Mail, World, is_benign, reasons};

const SENT: Mail<'static> = Mail {
    at: 0,
    envelope: "sam@contoso.com",
    from: "sam@contoso.com",
    to: "users@lists.fabrikam.com",
    ip: "192.0.2.1",
    subject: "Minutes of Monday",
    message_id: "<minutes@contoso.com>",
    direction: "Outbound",
    results: FAIL,
    delivery: "Delivered",
};

/// The same mail, as the list sends it to a colleague.
const BACK: Mail<'static> = Mail {
    at: 60,
    envelope: "users-bounces@lists.fabrikam.com",
    to: "alex@contoso.com",
    ip: "198.51.100.25",
    subject: "[users] Minutes of Monday",
    direction: "Inbound",
    results: LIST,
    ..SENT
};

fn after_it_left() -> World {
    let mut world = World::new();
    assert_eq!(world.mail(SENT), None);
    world
}

#[test]
fn what_left_and_is_sent_back_by_whom_it_went_to_is_an_echo() {
    let mut world = after_it_left();
    assert!(is_benign(world.mail(BACK), BenignReason::Echo));
    assert!(world.alerts.is_empty());
}

#[test]
fn an_attacker_who_replays_a_message_id_that_he_received_is_an_alert() {
    let attacker = Mail { envelope: "x@northwind.example", ip: "203.0.113.66", ..BACK };
    let unproven = Mail { results: FAIL, ..BACK };
    let other_subject = Mail { subject: "Payroll", ..BACK };
    let other_author = Mail { from: "ceo@contoso.com", ..BACK };
    let other_id = Mail { message_id: "<other@contoso.com>", ..BACK };
    for replay in [attacker, unproven, other_subject, other_author, other_id] {
        let mut world = after_it_left();
        assert!(!is_benign(world.mail(replay), BenignReason::Echo), "{replay:?}");
        assert_eq!(world.latest().len(), 1, "{replay:?}");
    }
}

#[test]
fn nothing_is_an_echo_of_what_has_not_left_or_left_long_ago() {
    let mut world = World::new();
    assert!(!is_benign(world.mail(BACK), BenignReason::Echo));
    let mut world = after_it_left();
    world.wait_until(6 * DAY);
    assert!(!is_benign(world.mail(Mail { at: 6 * DAY, ..BACK }), BenignReason::Echo));
}

#[test]
fn a_mail_comes_back_a_bounded_number_of_times() {
    let mut world = after_it_left();
    let echoes = (0..100).filter(|n| is_benign(world.mail(Mail { at: 60 + n, ..BACK }), BenignReason::Echo)).count();
    assert_eq!(echoes, 25);
    assert_eq!(world.latest().len(), 1);
}

#[test]
fn a_forwarder_that_proves_nothing_lowers_the_severity_and_silences_nothing() {
    let mut world = after_it_left();
    let forwarded = Mail { envelope: "sam@contoso.com", results: FAIL, subject: SENT.subject, ..BACK };
    assert!(!is_benign(world.mail(forwarded), BenignReason::Echo));
    assert_eq!((world.only().severity.as_str(), reasons(world.only()).contains(&"likely-echo")), ("low", true));
}

#[test]
fn a_newer_row_does_not_take_back_what_the_memory_knew_of_the_message() {
    let mut world = after_it_left();
    let forwarded = Mail { envelope: "sam@contoso.com", results: FAIL, subject: SENT.subject, ..BACK };
    world.mail_named("n", forwarded);
    world.mail_named("n", Mail { at: 1_800, delivery: "Junked", ..forwarded });
    world.wait_until(10 * DAY);
    assert_eq!((world.only().severity.as_str(), reasons(world.only()).contains(&"likely-echo")), ("low", true));
}

#[test]
fn the_returns_of_many_forwarders_are_one_alert() {
    let mut world = World::new();
    for n in 0..40 {
        let (id, ip, from) = (format!("<{n}@contoso.com>"), format!("198.18.{n}.5"), format!("u{n}@contoso.com"));
        let subject = format!("Subject {}", ["a", "b", "c", "d"][n % 4].repeat(n + 1));
        let at = n as i64 * 3 * 3_600;
        let sent = Mail { at, message_id: &id, from: &from, envelope: &from, subject: &subject, ..SENT };
        world.mail(sent);
        world.mail(Mail { at: at + 60, results: FAIL, direction: "Inbound", to: "sam@contoso.com", ip: &ip, ..sent });
    }
    assert_eq!(world.only().severity.as_str(), "low");
}
