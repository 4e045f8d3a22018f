//! A receiver whose certificate is not believed, or that does not believe us: everything waits, and goes on once an
//! operator has mended it.

use std::fs;

use super::receiver::{kept_by_collector, kept_by_rsyslog, kept_by_sentinel, sentinel, splunk_hec};
use super::scene::{Scene, counted, mail, wait_settled};
use crate::support::authority::Authority;
use crate::support::collector::Collector;
use crate::support::rsyslog::Rsyslog;
use crate::support::sentinel::{SECRET, Sentinel};
use crate::support::until::until;

#[test]
fn what_an_unknown_certificate_holds_is_told_once_its_authority_is_trusted() {
    let (Some(collector), Some(rsyslog)) = (Collector::start(), Rsyslog::start()) else { return };
    let scene = Scene::set();
    let stranger = Authority::create(scene.path()).certificate();
    let trusted = ["hec", "tls"].map(|sink| scene.path().join(format!("{sink}-ca.pem")));
    for file in &trusted {
        fs::copy(&stranger, file).unwrap();
    }
    let hec = splunk_hec(&scene, "hec", &format!("https://{}", collector.listeners.tls), false);
    let sinks = format!(
        "{hec}ca_file = {:?}\n[[sink.syslog]]\nname = \"tls\"\ntransport = \"tls\"\naddress = \"{}\"\nca_file = {:?}\n",
        trusted[0], rsyslog.listeners.tls, trusted[1]
    );
    let mut postern = scene.start(&sinks);
    scene.post(&mail(300));
    for sink in ["hec", "tls"] {
        postern.wait_until("it holds", |postern| counted(postern, "holding", sink) == Some(1.0));
        assert_eq!(counted(&postern, "delivered_total", sink), Some(0.0));
        assert_eq!(counted(&postern, "dead_letters", sink), Some(0.0));
    }
    assert!(postern.stop().0.success());
    assert_eq!((collector.events().len(), rsyslog.messages().len()), (0, 0));

    fs::copy(&collector.ca_file, &trusted[0]).unwrap();
    fs::copy(&rsyslog.ca_file, &trusted[1]).unwrap();
    let mut postern = scene.start(&sinks);
    wait_settled(&scene, &mut postern, "hec");
    wait_settled(&scene, &mut postern, "tls");
    let records: Vec<_> = scene.records().into_iter().collect();
    until("rsyslog has written it down", || kept_by_rsyslog(&rsyslog, "tls").len() >= records.len());
    for mut kept in [kept_by_collector(&collector, "hec"), kept_by_rsyslog(&rsyslog, "tls")] {
        kept.sort();
        assert_eq!(kept, records);
    }
}

#[test]
fn what_entra_refuses_a_token_for_is_told_once_the_secret_is_the_right_one() {
    let service = Sentinel::open();
    let scene = Scene::set();
    let sinks = sentinel(&scene, &service.url) + "backoff_ms_min = 50\nbackoff_ms_max = 500\n";
    scene.secret("entra-secret", "one that has expired");
    let mut postern = scene.start(&sinks);
    scene.post(&mail(301));
    postern.wait_until("it holds", |postern| counted(postern, "holding", "sentinel") == Some(1.0));
    assert_eq!((service.rows().len(), counted(&postern, "dead_letters", "sentinel")), (0, Some(0.0)));

    // A secret that is rotated counts without a restart; and so does a token that is taken back.
    scene.secret("entra-secret", SECRET);
    wait_settled(&scene, &mut postern, "sentinel");
    service.revoke();
    scene.post(&mail(302));
    wait_settled(&scene, &mut postern, "sentinel");
    let mut kept = kept_by_sentinel(&service);
    kept.sort();
    assert_eq!(kept, scene.records().into_iter().collect::<Vec<_>>());
}
