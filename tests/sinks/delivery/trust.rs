//! A receiver whose certificate is not believed: everything waits, and goes on once the right authority is trusted.

use std::fs;

use super::receiver::{kept_by_collector, kept_by_rsyslog, splunk_hec};
use super::scene::{Scene, counted, mail, wait_settled};
use crate::support::authority::Authority;
use crate::support::collector::Collector;
use crate::support::rsyslog::Rsyslog;
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
