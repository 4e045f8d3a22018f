//! A whole `postern run` while one tenant is spoken for by senders, networks and subjects that are all different: what an
//! attacker would send who wants it to grow.
//!
//! Each record is suspicious, so that campaigns, deliveries and floods are what they are in an attack. They come by
//! webhook, over twenty days of event time. What is resident is read from the system while they come.

use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZeroU32;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use postern::event::Span;
use postern::simulate::{Mix, Options, Simulation};
use serde_json::{Value, json};

use crate::support::{http, ports, postern::Postern};

/// Records of a request.
const BATCH: usize = 1_000;
/// Days of event time, in milliseconds.
const PERIOD_MILLIS: usize = 20 * 86_400_000;
/// How long a request may be put off, and what is between two attempts.
const PATIENCE: Duration = Duration::from_mins(5);
const PAUSE: Duration = Duration::from_millis(50);
/// Requests between two looks at what is resident.
const LOOK: usize = 500;

pub(crate) fn measure(senders: usize) -> Result<()> {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, ports::free()));
    let config = format!(
        "data_dir = {:?}\n[[tenant]]\nid = \"6f0c1d7e-0000-4000-8000-000000000001\"\nname = \"contoso\"\n\
         accepted_domains = [\"contoso.com\"]\n[[source.webhook]]\nlisten = \"{listen}\"\n\
         [[sink.file]]\npath = {:?}\n",
        folder.path(),
        folder.path().join("alerts.jsonl")
    );
    let mut postern = Postern::start(folder.path(), &config);
    postern.wait_ready();
    let idle = postern.resident_memory();
    println!("idle: {} MiB resident", idle >> 20);
    let (mut attack, started) = (attack()?, Instant::now());
    for (request, first) in (0..senders).step_by(BATCH).enumerate() {
        let records: Vec<String> =
            (first..senders.min(first + BATCH)).map(|number| distinct(&mut attack, number, senders)).collect();
        post(listen, &format!(r#"{{"records":[{}]}}"#, records.join(",")))?;
        if request % LOOK == LOOK - 1 {
            print(&postern, first + BATCH, started);
        }
    }
    print(&postern, senders, started);
    for metric in ["postern_remembered_entries", "postern_crowded_out_total", "postern_evicted_campaigns_total"] {
        println!("{metric} {}", postern.metric(metric, &[]).context("the service answers")?);
    }
    Ok(())
}

/// Posts until it is taken: 503 is how the service says that it is behind.
fn post(listen: SocketAddr, body: &str) -> Result<()> {
    let deadline = Instant::now() + PATIENCE;
    while Instant::now() < deadline {
        match http::post(listen, "/", body)?.status {
            200 => return Ok(()),
            503 => std::thread::sleep(PAUSE),
            status => bail!("{status}"),
        }
    }
    bail!("not taken within {PATIENCE:?}")
}

fn print(postern: &Postern, senders: usize, started: Instant) {
    let (now, peak) = (postern.resident_memory() >> 20, postern.peak_memory() >> 20);
    println!(
        "{senders:10} senders: {now:4} MiB resident, peak {peak:4} MiB, {:5.0} s",
        started.elapsed().as_secs_f64()
    );
}

/// One attack of the simulation.
fn attack() -> Result<Value> {
    let options = Options {
        records: 1,
        records_per_second: NonZeroU32::MIN,
        mix: Mix { external: 0, outbound: 0, intra_org: 0, look_alike: 0, attack: 1 },
        ..Options::default()
    };
    let record = Simulation::new(options).next().context("a record")?;
    Ok(serde_json::from_str(&record.json)?)
}

/// The same from another sender, at another network, about something else. Digits of a subject are not looked at, so it is
/// numbered in letters.
fn distinct(attack: &mut Value, number: usize, of: usize) -> String {
    let time = Options::default().start + Span::micros((number * (PERIOD_MILLIS * 1_000 / of)) as i64);
    let letters: String = format!("{number:08}").bytes().map(|digit| char::from(digit - b'0' + b'a')).collect();
    let sender = format!("{letters}@contoso.com");
    let properties = &mut attack["properties"];
    properties["Timestamp"] = json!(time.to_string());
    properties["NetworkMessageId"] = json!(format!("00000000-0000-4000-8000-{number:012x}"));
    properties["InternetMessageId"] = json!(format!("<{number}@mail.example>"));
    properties["Subject"] = json!(format!("Invoice {letters}"));
    properties["EmailClusterId"] = Value::Null;
    properties["SenderFromAddress"] = json!(sender);
    properties["SenderMailFromAddress"] = json!(sender);
    properties["SenderIPv4"] = Value::Null;
    properties["SenderIPv6"] = json!(format!("2001:db8:{:x}:{:x}::1", number >> 16, number & 0xffff));
    attack["time"] = json!(time.to_string());
    attack.to_string()
}
