//! Noise, and the one mail that matters.

use postern::alert::AlertId;
use postern::judge::Severity;

use crate::world::{DAY, Mail, World};

/// Five thousand spoofs in ten minutes, each from somewhere else, as somebody else, about something else.
fn flood(world: &mut World, numbers: std::ops::Range<u32>) {
    for n in numbers {
        let mut random = fastrand::Rng::with_seed(u64::from(n));
        let ip = std::net::Ipv4Addr::from_bits(random.u32(0x0b00_0000..0xdf00_0000)).to_string();
        let word =
            |random: &mut fastrand::Rng| std::iter::repeat_with(|| random.lowercase()).take(9).collect::<String>();
        let (from, subject) = (format!("{}@contoso.com", word(&mut random)), word(&mut random));
        let to = format!("victim{}@contoso.com", random.u32(0..400));
        let at = i64::from(n) * 600 / 5_000;
        world.mail(Mail { at, ip: &ip, from: &from, envelope: &from, subject: &subject, to: &to, ..Mail::default() });
    }
}

#[test]
fn a_flood_costs_few_records_and_does_not_hide_the_one_that_matters() {
    let mut world = World::new();
    flood(&mut world, 0..2_500);
    let target = Mail {
        at: 300,
        ip: "198.51.100.66",
        from: "ceo@contoso.com",
        envelope: "ceo@contoso.com",
        to: "finance@contoso.com",
        subject: "Transfer today",
        ..Mail::default()
    };
    world.mail(target);
    let alert = world.latest().into_iter().find(|alert| alert.subjects == ["Transfer today"]).expect("told at once");
    assert_eq!((alert.severity, alert.seq), (Severity::High, 1));
    let spoof: AlertId = alert.id;
    flood(&mut world, 2_500..5_000);
    world.wait_until(10 * DAY);
    let cost = world.alerts.iter().filter(|alert| alert.id != spoof).count();
    assert!(cost <= 20, "{cost}");
    let storm = world.latest().into_iter().find(|alert| alert.storm.is_some()).expect("a flood is a finding");
    assert!(storm.severity >= Severity::High);
    assert!(storm.storm.as_ref().unwrap().campaigns > 4_000);
    assert!(storm.counts.messages > 4_500, "nothing is dropped: {:?}", storm.counts);
}

#[test]
fn what_turns_grave_inside_a_storm_comes_out_of_it() {
    let mut world = World::new();
    flood(&mut world, 0..1_000);
    let lure = |at, from: &'static str| Mail {
        at,
        ip: "198.51.100.66",
        subject: "Bonus",
        from,
        envelope: from,
        ..Mail::default()
    };
    world.mail(lure(200, "hr@contoso.com"));
    assert!(world.alerts.iter().all(|alert| alert.storm.is_some() || !alert.subjects.contains(&"Bonus".to_owned())));
    world.mail(lure(210, "ceo@contoso.com"));
    let alert = world.latest().into_iter().find(|it| it.storm.is_none() && it.subjects.contains(&"Bonus".to_owned()));
    assert_eq!(alert.expect("told").counts.messages, 2);
}

/// More than the memory has room for: those that were told of only as a part give way, and not the storm.
#[test]
fn a_flood_of_more_campaigns_than_are_kept_stays_one_storm() {
    let mut world = World::new();
    let lure = |at| Mail { at, ip: "198.51.100.66", subject: "Payroll", ..Mail::default() };
    world.mail(lure(0));
    flood(&mut world, 0..12_000);
    world.mail(lure(600));
    let told = world.alerts.len();
    assert!(told <= 20, "{told}");
    let storms = world.latest().into_iter().filter(|alert| alert.storm.is_some()).count();
    assert_eq!(storms, 1);
    let alert = world.latest().into_iter().find(|alert| alert.subjects == ["Payroll"]).expect("it was told first");
    let counts = world.alerts.iter().filter(|other| other.id == alert.id).map(|alert| alert.counts.messages);
    assert_eq!(counts.max(), Some(1), "a second message is no news, and opens no second alert");
}
