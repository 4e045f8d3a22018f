//! Who is known, and who never will be.

use postern::judge::BenignReason;

use crate::world::{DAY, HOUR, MINUTE, Mail, PASS, TEMPERROR, World, is_at_most_medium, is_benign, reasons};

/// A scanner's working days: a few scans on each, to a few people.
fn scans(world: &mut World, days: std::ops::Range<i64>) -> Vec<bool> {
    let mut known = Vec::new();
    for day in days {
        for scan in 0..5 {
            let to = format!("clerk{}@contoso.com", (day * 7 + scan * 3) % 23);
            let at = day * DAY + (8 + scan * 2) * HOUR;
            known.push(is_benign(world.mail(Mail { at, to: &to, ..Mail::default() }), BenignReason::KnownSource));
        }
    }
    known
}

#[test]
fn a_stable_device_gives_one_alert_of_at_most_medium_in_its_life() {
    let mut world = World::new();
    let known = scans(&mut world, 0..60);
    assert_eq!(known.iter().position(|known| *known), Some(7 * 5), "known on the eighth day, and from then on");
    assert!(known[7 * 5..].iter().all(|known| *known));
    assert!(is_at_most_medium(world.only()));
    assert!(world.alerts.iter().all(is_at_most_medium));
    assert!(world.alerts.len() <= 4, "{}", world.alerts.len());
}

#[test]
fn a_device_that_rests_on_weekends_is_still_one_alert() {
    let mut world = World::new();
    for week in 0..6 {
        scans(&mut world, week * 7..week * 7 + 5);
    }
    assert!(is_at_most_medium(world.only()));
}

#[test]
fn devices_of_one_maker_are_told_apart_although_they_write_the_same() {
    let mut world = World::new();
    for day in 0..12 {
        for device in 0..3 {
            let (ip, from) = (format!("198.18.{device}.5"), format!("copier{device}@contoso.com"));
            let at = day * DAY + (9 + device * 2) * HOUR;
            let mail =
                Mail { at, ip: &ip, from: &from, envelope: &from, subject: "Message from KM_C258", ..Mail::default() };
            let ruling = world.mail(mail);
            assert_eq!(is_benign(ruling, BenignReason::KnownSource), day >= 7, "{day}");
        }
    }
    assert!(world.latest().len() <= 3);
    assert!(world.alerts.iter().all(is_at_most_medium));
}

#[test]
fn nobody_becomes_known_in_fewer_than_seven_days_however_much_he_writes() {
    let mut world = World::new();
    for n in 0..2_000 {
        let ruling = world.mail(Mail { at: n * 6 * DAY / 2_000, to: "sam@contoso.com", ..Mail::default() });
        assert!(!is_benign(ruling, BenignReason::KnownSource));
    }
}

#[test]
fn a_network_that_speaks_as_several_is_never_a_device() {
    let mut world = World::new();
    for day in 0..20 {
        for (n, from) in ["printer@contoso.com", "hr@contoso.com"].into_iter().enumerate() {
            let ruling = world.mail(Mail { at: day * DAY + n as i64 * HOUR, from, envelope: from, ..Mail::default() });
            assert!(!is_benign(ruling, BenignReason::KnownSource), "{day} {from}");
        }
    }
}

#[test]
fn who_writes_to_himself_or_as_a_director_is_never_a_device() {
    for (from, to) in [("sam@contoso.com", "sam@contoso.com"), ("ceo@contoso.com", "sam@contoso.com")] {
        let mut world = World::new();
        for day in 0..20 {
            let ruling = world.mail(Mail { at: day * DAY, from, envelope: from, to, ..Mail::default() });
            assert!(!is_benign(ruling, BenignReason::KnownSource), "{day} {from}");
        }
    }
}

#[test]
fn a_known_device_that_starts_to_flood_is_an_alert_again() {
    let mut world = World::new();
    scans(&mut world, 0..10);
    let told = world.alerts.len();
    let rulings: Vec<_> = (0..200)
        .map(|n| {
            let to = format!("victim{n}@contoso.com");
            let ruling = world.mail(Mail { at: 10 * DAY + n * 10, to: &to, ..Mail::default() });
            is_benign(ruling, BenignReason::KnownSource)
        })
        .collect();
    assert!(rulings.iter().filter(|known| **known).count() <= 50);
    assert!(world.alerts.len() > told);
    assert!(world.latest().iter().any(|alert| reasons(alert).contains(&"burst")));
}

#[test]
fn a_slow_ramp_does_not_poison_the_rhythm() {
    let mut world = World::new();
    let mut known = 0;
    for day in 0..24 {
        let messages = 1_i64 << (day / 2).min(9);
        for n in 0..messages {
            let to = format!("victim{n}@contoso.com");
            let ruling = world.mail(Mail { at: day * DAY + n * DAY / messages, to: &to, ..Mail::default() });
            known += i64::from(day >= 20 && is_benign(ruling, BenignReason::KnownSource));
        }
    }
    assert!(known < 400, "{known} of 3,072 messages of the last four days passed as a device's");
}

#[test]
fn a_source_that_was_aligned_for_a_week_is_shielded_from_a_lookup_that_fails() {
    let mut world = World::new();
    let portal =
        |at, results| Mail { at, from: "hr@contoso.com", envelope: "hr@contoso.com", results, ..Mail::default() };
    for day in 0..8 {
        assert_eq!(world.mail(portal(day * DAY, PASS)), None);
    }
    assert!(is_benign(world.mail(portal(8 * DAY, TEMPERROR)), BenignReason::KnownSource));
    assert!(world.alerts.is_empty());
    let elsewhere = Mail { ip: "198.51.100.9", ..portal(8 * DAY + HOUR, TEMPERROR) };
    assert!(!is_benign(world.mail(elsewhere), BenignReason::KnownSource), "another network has no history");
    let failing = world.mail(Mail {
        at: 8 * DAY + 2 * HOUR,
        from: "hr@contoso.com",
        envelope: "hr@contoso.com",
        ..Mail::default()
    });
    assert!(!is_benign(failing, BenignReason::KnownSource), "a failure for good is news");
}

#[test]
fn a_source_that_was_aligned_for_less_is_dampened_and_still_told() {
    let mut world = World::new();
    let portal =
        |at, results| Mail { at, from: "hr@contoso.com", envelope: "hr@contoso.com", results, ..Mail::default() };
    world.mail(portal(0, PASS));
    world.mail(portal(HOUR, TEMPERROR));
    assert!(reasons(world.only()).contains(&"aligned-history"));
    assert_eq!(world.only().severity.as_str(), "low");
}

#[test]
fn a_known_source_that_starts_to_speak_as_somebody_else_is_a_finding() {
    let mut world = World::new();
    scans(&mut world, 0..10);
    let told = world.latest().len();
    world.mail(Mail { at: 10 * DAY, from: "payroll@contoso.com", envelope: "payroll@contoso.com", ..Mail::default() });
    assert_eq!(world.latest().len(), told + 1);
    assert!(reasons(world.latest()[told]).contains(&"known-source-as-another"));
}

#[test]
fn a_sanctioned_source_that_starts_to_speak_as_somebody_else_is_a_finding() {
    let mut world = World::new();
    let scanner = |at, from| Mail { at, from, envelope: from, ip: "198.51.100.7", ..Mail::default() };
    for day in 0..10 {
        assert_eq!(world.mail(scanner(day * DAY, "scanner@contoso.com")), None);
    }
    world.mail(scanner(10 * DAY, "payroll@contoso.com"));
    assert!(reasons(world.only()).contains(&"known-source-as-another"));
    assert_eq!(world.mail(scanner(11 * DAY + MINUTE, "scanner@contoso.com")), None, "and the sanction still holds");
}

#[test]
fn a_repeat_of_an_aligned_row_is_not_counted_twice() {
    let mut world = World::new();
    for _ in 0..3 {
        world.mail_named("n", Mail { results: PASS, ..Mail::default() });
    }
    assert!(world.alerts.is_empty());
}
