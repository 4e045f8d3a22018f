//! Without a fault, and with receivers that do nothing at all.

use std::collections::BTreeSet;

use super::receiver::{
    Kept, alertmanager, elasticsearch, file, firing, install_template, kept_by_collector, kept_by_opensearch,
    kept_by_rsyslog, kept_by_sentinel, kept_in_file, sentinel, splunk_hec, syslog,
};
use super::scene::{Key, Scene, counted, mail, wait_settled};
use crate::support::alertmanager::Alertmanager;
use crate::support::collector::Collector;
use crate::support::opensearch::OpenSearch;
use crate::support::rsyslog::Rsyslog;
use crate::support::sentinel::Sentinel;
use crate::support::until::until;

const INDEX: &str = "postern-alerts-everyone";

#[test]
fn everything_is_told_to_every_real_receiver() {
    let Some(opensearch) = OpenSearch::shared() else { return };
    let (Some(collector), Some(rsyslog)) = (Collector::start(), Rsyslog::start()) else { return };
    let Some(manager) = Alertmanager::start() else { return };
    let (scene, service) = (Scene::set(), Sentinel::open());
    install_template(opensearch);
    let (hec, journal) = (collector.listeners, scene.path().join("alerts.jsonl"));
    let sinks = [
        elasticsearch(&opensearch.url(), INDEX),
        splunk_hec(&scene, "hec", &format!("http://{}", hec.plain), false),
        splunk_hec(&scene, "hec-ack", &format!("http://{}", hec.acknowledging), true),
        ["tls", "tcp", "udp"].map(|transport| syslog(&rsyslog, transport)).concat(),
        alertmanager(&manager.url()),
        sentinel(&scene, &service.url),
        file(&journal),
    ];
    let mut postern = scene.start(&sinks.concat());
    scene.post(&mail(1));
    for sink in ["elasticsearch", "hec", "hec-ack", "tls", "tcp", "udp", "alertmanager", "sentinel", "file"] {
        wait_settled(&scene, &mut postern, sink);
        assert_eq!(counted(&postern, "refused_total", sink), Some(0.0), "{sink} refused something");
    }

    let records = scene.records();
    assert!(records.len() >= 50, "{} records show little", records.len());
    let exactly =
        |who: &str, kept: Kept| assert_eq!(sorted(kept), records.iter().cloned().collect::<Vec<_>>(), "{who}");
    exactly("OpenSearch", kept_by_opensearch(opensearch, INDEX));
    exactly("the Collector", kept_by_collector(&collector, "hec"));
    exactly("the Collector, acknowledging", kept_by_collector(&collector, "hec-ack"));
    exactly("Sentinel", kept_by_sentinel(&service));
    exactly("the file", kept_in_file(&journal));
    for transport in ["tls", "tcp"] {
        let all = || kept_by_rsyslog(&rsyslog, transport).len() >= records.len();
        until(&format!("rsyslog has written down what came over {transport}"), all);
        exactly(transport, kept_by_rsyslog(&rsyslog, transport));
    }
    // Nobody promises that a datagram arrives; but nothing else does, and none twice on one machine.
    let datagrams = sorted(kept_by_rsyslog(&rsyslog, "udp"));
    let distinct: BTreeSet<Key> = datagrams.iter().cloned().collect();
    assert!(distinct.len() == datagrams.len() && distinct.is_subset(&records), "{datagrams:?}");
    assert_eq!(sorted(firing(&manager)), scene.open_alerts().into_iter().collect::<Vec<_>>());
    assert_eq!(service.refusals(), Vec::<String>::new());
}

#[test]
fn receivers_that_hang_for_the_whole_run_delay_no_other() {
    let (Some(mut collector), Some(mut manager)) = (Collector::start(), Alertmanager::start()) else { return };
    let Some(rsyslog) = Rsyslog::start() else { return };
    let (scene, service) = (Scene::set(), Sentinel::open());
    let journal = scene.path().join("alerts.jsonl");
    let url = format!("http://{}", collector.listeners.plain);
    collector.process.freeze();
    manager.process.freeze();
    let sinks = [
        splunk_hec(&scene, "hec", &url, false),
        alertmanager(&manager.url()),
        syslog(&rsyslog, "tls"),
        sentinel(&scene, &service.url),
        file(&journal),
    ];
    let mut postern = scene.start(&sinks.concat());
    scene.post(&mail(2));
    for sink in ["tls", "sentinel", "file"] {
        wait_settled(&scene, &mut postern, sink);
    }

    let records: Vec<Key> = scene.records().into_iter().collect();
    until("rsyslog has written it down", || kept_by_rsyslog(&rsyslog, "tls").len() >= records.len());
    for kept in [kept_by_rsyslog(&rsyslog, "tls"), kept_by_sentinel(&service), kept_in_file(&journal)] {
        assert_eq!(sorted(kept), records);
    }
    for sink in ["hec", "alertmanager"] {
        postern.wait_until("the backlog shows", |postern| {
            counted(postern, "backlog_entries", sink) == Some(records.len() as f64)
        });
        assert_eq!(counted(&postern, "delivered_total", sink), Some(0.0));
    }
}

/// Told is told for a sink whose receiver says nothing. What rsyslog had not read when it died must come again, although
/// there is nothing else to tell.
#[test]
fn what_rsyslog_had_not_read_when_it_died_comes_again_without_another_alert() {
    let Some(mut rsyslog) = Rsyslog::start() else { return };
    let (scene, transports) = (Scene::set(), ["tls", "tcp"]);
    let mut postern = scene.start(&transports.map(|transport| syslog(&rsyslog, transport)).concat());
    let mail = mail(3);
    let (read, unread) = mail.split_at(mail.len() / 2);
    scene.post(read);
    transports.iter().for_each(|sink| wait_settled(&scene, &mut postern, sink));
    let before = scene.records().len();

    rsyslog.process.freeze();
    scene.post(unread);
    transports.iter().for_each(|sink| wait_settled(&scene, &mut postern, sink));
    let records = scene.records();
    assert!(records.len() > before, "nothing was told while nobody read");
    rsyslog.process.kill();
    rsyslog.process.restart();
    for transport in transports {
        let lost = || records.difference(&kept_by_rsyslog(&rsyslog, transport).into_iter().collect()).count();
        until(&format!("rsyslog has everything over {transport}"), || lost() == 0);
        assert_eq!(counted(&postern, "refused_total", transport), Some(0.0));
    }
}

fn sorted<T: Ord>(mut kept: Vec<T>) -> Vec<T> {
    kept.sort();
    kept
}
