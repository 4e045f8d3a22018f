//! What belongs together, and what does not.

use postern::alert::State;
use postern::judge::Severity;

use crate::world::{DAY, HOUR, MINUTE, Mail, World};

#[test]
fn one_template_from_rotating_addresses_is_one_campaign_and_told_with_its_first_message() {
    let mut world = World::new();
    for n in 0..30 {
        let (ip, subject) = (format!("198.18.{n}.7"), format!("Invoice {n:03} is due"));
        let (from, to) = (format!("billing{n}@contoso.com"), format!("victim{n}@contoso.com"));
        world.mail(Mail {
            at: n * 20,
            ip: &ip,
            subject: &subject,
            from: &from,
            envelope: &from,
            to: &to,
            ..Mail::default()
        });
        assert!(!world.alerts.is_empty());
    }
    let alert = world.only();
    assert_eq!((alert.counts.messages, alert.counts.recipients), (10, 10), "told at the powers of ten and of severity");
    world.wait_until(DAY);
    assert_eq!((world.only().counts.messages, world.only().state), (30, State::Closed));
    assert!(world.only().severity >= Severity::High);
}

#[test]
fn one_address_with_many_subjects_is_one_campaign() {
    let mut world = World::new();
    for n in 0..30 {
        let subject = format!("{} for you", ["Payroll", "A fax", "Voicemail", "A document"][n as usize % 4]);
        let to = format!("victim{n}@contoso.com");
        world.mail(Mail { at: n * 20, subject: &subject, to: &to, ..Mail::default() });
    }
    world.wait_until(9 * DAY);
    assert_eq!(world.only().counts.messages, 30);
    assert_eq!(world.only().subjects.len(), 4);
}

#[test]
fn two_unrelated_ones_never_become_one() {
    let mut world = World::new();
    for n in 0..20 {
        world.mail(Mail { at: n * 30, ip: "203.0.113.9", subject: "Payroll", ..Mail::default() });
        world.mail(Mail { at: n * 30, ip: "198.51.100.9", subject: "Voicemail", ..Mail::default() });
    }
    assert_eq!(world.latest().len(), 2);
    assert!(world.latest().iter().all(|alert| alert.subjects.len() == 1 && alert.sources.len() == 1));
}

#[test]
fn two_that_turn_out_to_be_one_are_merged_into_the_older() {
    let mut world = World::new();
    world.mail(Mail { at: 0, ip: "203.0.113.9", subject: "Payroll", ..Mail::default() });
    world.mail(Mail { at: 60, ip: "198.51.100.9", subject: "Voicemail", ..Mail::default() });
    let older = world.alerts[0].id;
    world.mail(Mail { at: 120, ip: "203.0.113.9", subject: "Voicemail", ..Mail::default() });
    assert_eq!(world.only().id, older);
    let merged: Vec<_> = world.alerts.iter().filter_map(|alert| alert.merged_into).collect();
    assert_eq!(merged, [older]);
}

#[test]
fn a_campaign_is_over_after_an_idle_hour_and_what_comes_then_is_another() {
    let mut world = World::new();
    let lure = |at, to| Mail { at, to, from: "ceo@contoso.com", envelope: "ceo@contoso.com", ..Mail::default() };
    world.mail(lure(0, "sam@contoso.com"));
    world.mail(lure(59 * MINUTE, "alex@contoso.com"));
    assert_eq!(world.latest().len(), 1);
    world.wait_until(3 * HOUR);
    assert_eq!(world.told().1, State::Closed);
    world.mail(lure(4 * HOUR, "kim@contoso.com"));
    assert_eq!(world.latest().len(), 2);
}

#[test]
fn a_row_that_comes_twice_counts_once_and_a_newer_row_corrects_the_delivery() {
    let mut world = World::new();
    for _ in 0..3 {
        world.mail_named("n", Mail::default());
    }
    world.mail_named("n", Mail { at: 30, delivery: "Junked", ..Mail::default() });
    world.wait_until(20 * DAY);
    let counts = world.only().counts;
    assert_eq!((counts.messages, counts.delivered, counts.junked), (1, 0, 1));
}

#[test]
fn whoever_speaks_beside_a_device_is_told_apart_from_it_whichever_comes_first() {
    let own = |day: i64| Mail { at: day * DAY + 9 * HOUR, ..Mail::default() };
    let other = Mail { from: "hr@contoso.com", envelope: "hr@contoso.com", subject: "Payroll", ..own(2) };
    for rows in [[own(2), other], [other, own(2)]] {
        let mut world = World::new();
        for row in [own(0), own(1)].into_iter().chain(rows) {
            world.mail(row);
        }
        world.wait_until(40 * DAY);
        let mut messages: Vec<_> = world.latest().iter().map(|alert| alert.counts.messages).collect();
        messages.sort_unstable();
        assert_eq!(messages, [1, 3]);
    }
}

#[test]
fn an_exercise_of_the_configured_vendor_is_one_low_alert_however_long_it_lasts() {
    let mut world = World::new();
    for n in 0..40 {
        let (to, subject) = (format!("clerk{n}@contoso.com"), format!("Lure {}", "x".repeat(n as usize)));
        let from = format!("hr{n}@contoso.com");
        world.mail(Mail {
            at: n * 3 * HOUR,
            ip: "192.0.2.70",
            to: &to,
            from: &from,
            subject: &subject,
            ..Mail::default()
        });
    }
    assert_eq!(world.only().severity, Severity::Low);
    world.mail(Mail { at: 120 * HOUR, ip: "203.0.113.9", subject: "Lure x", ..Mail::default() });
    assert_eq!(world.latest().len(), 2, "an attack that copies the lure is no part of it");
}
