use std::collections::{BTreeMap, BTreeSet};

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::detector::{DeadLetter, StateChange};
use crate::event::{Span, Time};
use crate::ledger::{AlertRecord, Cursor, Position, Pulse, Refusal};

const ALL: ReadLimit = ReadLimit { entries: usize::MAX, bytes: usize::MAX };

fn position(partition: i32, next_offset: i64) -> Position {
    Position { source: "kafka".to_owned(), topic: "mail".to_owned(), partition, next_offset }
}

fn change(key: &str, value: Option<&str>) -> StateChange {
    let [tenant, kind, key] = ["tenant", "campaign", key].map(str::to_owned);
    StateChange { tenant, kind, key, value: value.map(str::to_owned) }
}

fn alert(id: &str, seq: u32) -> AlertRecord {
    AlertRecord {
        id: id.to_owned(),
        seq,
        tenant: "contoso".to_owned(),
        body: format!(r#"{{"id":"{id}","seq":{seq}}}"#),
    }
}

fn dead_letter(origin: &str, raw: &[u8]) -> DeadLetter {
    let [reason, detail, origin] = ["not_json", "expected a value at byte 0", origin].map(str::to_owned);
    DeadLetter { reason, detail, origin, raw: raw.to_vec() }
}

fn cursor(sink: &str, sequence: u64) -> Cursor {
    Cursor { sink: sink.to_owned(), sequence }
}

fn alerts(ids: impl IntoIterator<Item = u32>) -> Transaction {
    Transaction { alerts: ids.into_iter().map(|id| alert(&id.to_string(), 1)).collect(), ..Transaction::default() }
}

fn one_of_each() -> Transaction {
    Transaction {
        positions: vec![position(0, 10), position(1, 20)],
        state: vec![change("a", Some("1")), change("b", Some("2"))],
        alerts: vec![alert("a", 1), alert("a", 2)],
        dead_letters: vec![dead_letter("kafka/mail/0/7", b"\xff"), dead_letter("kafka/mail/0/7", b"\xff")],
        cursors: vec![cursor("file", 1)],
        refusals: vec![Refusal { sink: "file".to_owned(), sequence: 1, reason: "too large".to_owned() }],
        absolved: Vec::new(),
        pulses: Vec::new(),
    }
}

/// All entries of the state.
fn all_state(ledger: &mut SqliteLedger) -> Vec<StateChange> {
    let mut entries = Vec::new();
    let mut each = |change| {
        entries.push(change);
        ControlFlow::Continue(())
    };
    ledger.state(&mut each).unwrap();
    entries
}

/// Everything that can be read from a ledger but when it was written, which is the machine's affair.
fn dump(ledger: &mut SqliteLedger) -> (Snapshot, Vec<StateChange>, Vec<Entry>, Vec<Entry>, i64) {
    let refusals = ledger.connection.query_row("SELECT count(*) FROM refusal", [], |row| row.get(0)).unwrap();
    let mut read = |stream| {
        let entries = ledger.read(stream, 0, ALL).unwrap().into_iter();
        entries.map(|entry| Entry { written: None, ..entry }).collect()
    };
    let streams = (read(Stream::Alerts), read(Stream::DeadLetters));
    (ledger.snapshot().unwrap(), all_state(ledger), streams.0, streams.1, refusals)
}

#[test]
fn what_was_committed_is_what_a_restart_gets() {
    let directory = tempfile::tempdir().unwrap();
    let mut ledger = SqliteLedger::open(directory.path()).unwrap();
    assert_eq!(ledger.snapshot().unwrap(), Snapshot::default());
    ledger.commit(&one_of_each()).unwrap();
    let before = dump(&mut ledger);
    assert_eq!(
        before.0,
        Snapshot {
            positions: vec![position(0, 10), position(1, 20)],
            cursors: vec![cursor("file", 1)],
            last: Sequences { alerts: 2, dead_letters: 2 },
            pulses: Vec::new(),
        }
    );
    assert_eq!(before.1, [change("a", Some("1")), change("b", Some("2"))]);
    drop(ledger);
    assert_eq!(dump(&mut SqliteLedger::open(directory.path()).unwrap()), before);
}

/// Fills an older file from a new one: every column that it has.
fn copy_what_it_knows(old: &Connection, new: &Path) {
    old.execute("ATTACH ?1 AS new", [new.to_str().unwrap()]).unwrap();
    let text = |query: &str, of: &str| -> Vec<String> {
        let mut select = old.prepare(query).unwrap();
        select.query_map([of], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    };
    for table in text("SELECT name FROM main.sqlite_schema WHERE type = ?1 AND name <> 'identity'", "table") {
        let columns = text("SELECT name FROM pragma_table_info(?1, 'main')", &table).join(", ");
        let copy = format!("INSERT OR REPLACE INTO main.{table} ({columns}) SELECT {columns} FROM new.{table}");
        old.execute(&copy, []).unwrap();
    }
}

#[test]
fn a_file_with_content_of_every_earlier_schema_is_carried_over_whole() {
    for version in 1..schema::MIGRATIONS.len() {
        let directory = tempfile::tempdir().unwrap();
        let mut new = SqliteLedger::open(&directory.path().join("new")).unwrap();
        new.commit(&one_of_each()).unwrap();
        let mut old = Connection::open(directory.path().join(LEDGER_FILE)).unwrap();
        schema::apply(&mut old, &schema::MIGRATIONS[..version]).unwrap();
        copy_what_it_knows(&old, &directory.path().join("new").join(LEDGER_FILE));
        drop(old);

        let mut ledger = SqliteLedger::open(directory.path()).unwrap();
        assert_eq!(dump(&mut ledger), dump(&mut new), "from version {version}");
        ledger.commit(&alerts([7])).unwrap();
        assert_eq!(ledger.snapshot().unwrap().last.alerts, 3, "from version {version}");
    }
}

#[test]
fn a_ledger_keeps_its_id_and_no_two_have_the_same() {
    let directory = tempfile::tempdir().unwrap();
    let id = SqliteLedger::open(directory.path()).unwrap().id();
    assert_eq!(SqliteLedger::open(directory.path()).unwrap().id(), id);
    let others: BTreeSet<_> = (0..9).map(|_| SqliteLedger::open_in_memory().unwrap().id().to_string()).collect();
    assert!(others.len() == 9 && !others.contains(&id.to_string()));
}

#[test]
fn what_a_killed_process_leaves_behind_is_the_last_commit() {
    let [life, afterlife] = [(); 2].map(|()| tempfile::tempdir().unwrap());
    let mut ledger = SqliteLedger::open(life.path()).unwrap();
    for offset in 0..20 {
        let state = vec![change("a", Some(&offset.to_string()))];
        ledger.commit(&Transaction { positions: vec![position(0, offset)], state, ..Transaction::default() }).unwrap();
    }
    // The connection is not closed: what a crash leaves is the file and its write-ahead log.
    for file in ["ledger.sqlite", "ledger.sqlite-wal"] {
        std::fs::copy(life.path().join(file), afterlife.path().join(file)).unwrap();
    }
    assert_eq!(dump(&mut SqliteLedger::open(afterlife.path()).unwrap()), dump(&mut ledger));
}

#[test]
fn committing_the_same_transaction_again_changes_nothing() {
    let mut ledger = SqliteLedger::open_in_memory().unwrap();
    ledger.commit(&one_of_each()).unwrap();
    let once = dump(&mut ledger);
    ledger.commit(&one_of_each()).unwrap();
    assert_eq!(dump(&mut ledger), once);
}

#[test]
fn positions_and_cursors_never_move_back() {
    let mut ledger = SqliteLedger::open_in_memory().unwrap();
    for (offset, sequence) in [(10, 5), (9, 4), (11, 6), (0, u64::MAX)] {
        let (positions, cursors) = (vec![position(0, offset)], vec![cursor("file", sequence)]);
        ledger.commit(&Transaction { positions, cursors, ..Transaction::default() }).unwrap();
    }
    let snapshot = ledger.snapshot().unwrap();
    assert_eq!(snapshot.positions, [position(0, 11)]);
    assert_eq!(snapshot.cursors, [cursor("file", i64::MAX as u64)]);
}

#[test]
fn an_alert_record_that_is_there_stays_as_it_is_and_uses_up_no_number() {
    let mut ledger = SqliteLedger::open_in_memory().unwrap();
    ledger.commit(&alerts([1, 2])).unwrap();
    let changed = AlertRecord { body: "{}".to_owned(), ..alert("1", 1) };
    ledger.commit(&Transaction { alerts: vec![changed, alert("3", 1)], ..Transaction::default() }).unwrap();
    let entries = ledger.read(Stream::Alerts, 0, ALL).unwrap();
    let numbered: Vec<_> = entries.iter().map(|entry| (entry.sequence, entry.key.as_str())).collect();
    assert_eq!(numbered, [(1, "1"), (2, "2"), (3, "3")]);
    assert_eq!(entries[0].body, alert("1", 1).body);
}

#[test]
fn state_changes_apply_in_order_and_removals_leave_nothing() {
    let mut ledger = SqliteLedger::open_in_memory().unwrap();
    let state = vec![change("a", Some("1")), change("a", None), change("b", Some("1")), change("b", Some("2"))];
    ledger.commit(&Transaction { state, ..Transaction::default() }).unwrap();
    assert_eq!(all_state(&mut ledger), [change("b", Some("2"))]);
}

#[test]
fn state_is_shown_in_order_until_nobody_wants_more() {
    let mut ledger = SqliteLedger::open_in_memory().unwrap();
    let entries: Vec<_> = ["c", "a", "b"].map(|key| change(key, Some("1"))).into();
    ledger.commit(&Transaction { state: entries, ..Transaction::default() }).unwrap();
    let mut shown = Vec::new();
    let mut each = |change: StateChange| {
        shown.push(change.key);
        if shown.len() < 2 { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    };
    ledger.state(&mut each).unwrap();
    assert_eq!(shown, ["a", "b"]);
}

#[test]
fn a_transaction_that_fails_half_way_leaves_nothing() {
    let mut ledger = SqliteLedger::open_in_memory().unwrap();
    ledger.commit(&one_of_each()).unwrap();
    let before = dump(&mut ledger);
    ledger.connection.execute_batch("ALTER TABLE refusal RENAME TO moved").unwrap();
    let refusals = vec![Refusal { sink: "file".to_owned(), sequence: 2, reason: String::new() }];
    let next = Transaction { positions: vec![position(0, 99)], alerts: vec![alert("z", 1)], refusals, ..one_of_each() };
    assert!(matches!(ledger.commit(&next), Err(LedgerError::Unusable(_))));
    ledger.connection.execute_batch("ALTER TABLE moved RENAME TO refusal").unwrap();
    assert_eq!(dump(&mut ledger), before);
}

#[test]
fn a_full_disk_is_waited_for_and_the_same_connection_goes_on() {
    let directory = tempfile::tempdir().unwrap();
    let mut ledger = SqliteLedger::open(directory.path()).unwrap();
    ledger.commit(&one_of_each()).unwrap();
    let before = dump(&mut ledger);
    let pages: i64 = ledger.connection.pragma_query_value(None, "page_count", |row| row.get(0)).unwrap();
    let size_max = |ledger: &SqliteLedger, pages: i64| {
        ledger.connection.pragma_update_and_check(None, "max_page_count", pages, |_| Ok(())).unwrap();
    };

    size_max(&ledger, pages + 1);
    let large = Transaction { state: vec![change("large", Some(&"x".repeat(100_000)))], ..alerts([7]) };
    for _ in 0..3 {
        assert!(matches!(ledger.commit(&large), Err(LedgerError::Unavailable(_))));
        assert_eq!(dump(&mut ledger), before);
    }
    size_max(&ledger, pages + 100);
    ledger.commit(&large).unwrap();
    assert_eq!(ledger.snapshot().unwrap().last.alerts, 3);
}

#[test]
fn a_tool_that_writes_behind_our_back_is_waited_for_and_one_that_reads_is_not_noticed() {
    let directory = tempfile::tempdir().unwrap();
    let mut ledger = SqliteLedger::open(directory.path()).unwrap();
    ledger.connection.busy_timeout(std::time::Duration::ZERO).unwrap();
    let tool = Connection::open(directory.path().join(LEDGER_FILE)).unwrap();
    tool.execute_batch("BEGIN; SELECT * FROM alert").unwrap();
    ledger.commit(&one_of_each()).unwrap();
    tool.execute_batch("END; BEGIN IMMEDIATE").unwrap();
    assert!(matches!(ledger.commit(&alerts([7])), Err(LedgerError::Unavailable(_))));
    tool.execute_batch("END").unwrap();
    ledger.commit(&alerts([7])).unwrap();
}

#[test]
fn a_second_process_is_refused_and_a_foreign_file_is_not_touched() {
    let directory = tempfile::tempdir().unwrap();
    let first = SqliteLedger::open(directory.path()).unwrap();
    assert!(matches!(SqliteLedger::open(directory.path()), Err(LedgerError::Locked { .. })));
    drop(first);
    let file = directory.path().join(LEDGER_FILE);
    std::fs::write(
        &file,
        "not a database, but somebody's file, and longer than a header of a database would be: ".repeat(9),
    )
    .unwrap();
    let before = std::fs::read(&file).unwrap();
    assert!(matches!(SqliteLedger::open(directory.path()), Err(LedgerError::Unusable(_))));
    assert_eq!(std::fs::read(&file).unwrap(), before);
}

#[test]
fn reading_is_limited_by_entries_and_by_bytes_but_always_gets_on() {
    let mut ledger = SqliteLedger::open_in_memory().unwrap();
    ledger.commit(&alerts(1..=9)).unwrap();
    let body = alert("1", 1).body.len();
    let mut read = |after, entries, bytes| {
        let entries = ledger.read(Stream::Alerts, after, ReadLimit { entries, bytes }).unwrap();
        entries.iter().map(|entry| entry.sequence).collect::<Vec<_>>()
    };
    assert_eq!(read(0, 3, usize::MAX), [1, 2, 3]);
    assert_eq!(read(3, 99, body * 2), [4, 5]);
    assert_eq!(read(3, 99, body * 2 - 1), [4]);
    assert_eq!(read(8, 99, 0), [9]);
    assert!(read(9, 99, usize::MAX).is_empty());
    assert!(read(u64::MAX, 99, usize::MAX).is_empty());
}

#[test]
fn a_dead_letter_reads_as_one_line_of_json() {
    let mut ledger = SqliteLedger::open_in_memory().unwrap();
    ledger.commit(&one_of_each()).unwrap();
    let entries = ledger.read(Stream::DeadLetters, 0, ALL).unwrap();
    assert_eq!(entries.len(), 2, "the same bad record twice in one payload is two");
    assert_eq!(
        entries[0].body,
        r#"{"reason":"not_json","detail":"expected a value at byte 0","origin":"kafka/mail/0/7","raw":"/w=="}"#
    );
}

#[test]
fn pruning_keeps_what_a_sink_still_needs_and_the_newest() {
    let mut ledger = SqliteLedger::open_in_memory().unwrap();
    let dead_letters = (0..10).map(|n| dead_letter(&format!("kafka/mail/0/{n}"), b"{")).collect();
    let refusals = [2, 8].map(|sequence| Refusal { sink: "fast".to_owned(), sequence, reason: String::new() }).to_vec();
    let cursors = vec![cursor("fast", 9), cursor("slow", 6), cursor("removed", 1), cursor("dead", 4)];
    ledger.commit(&Transaction { dead_letters, refusals, cursors, ..alerts(1..=10) }).unwrap();
    let [fast, slow, dead, new] = ["fast", "slow", "dead", "new"].map(str::to_owned);
    let mut prune = |sinks: &[String], kept| {
        let dead_letter_sinks = std::slice::from_ref(&dead);
        let retention = Retention {
            alert_sinks: sinks.to_vec(),
            dead_letter_sinks: dead_letter_sinks.to_vec(),
            tenants: Vec::new(),
            alerts_kept_max: kept,
        };
        ledger.prune(&retention).unwrap();
        let (snapshot, _, alerts, dead_letters, refusals) = dump(&mut ledger);
        assert_eq!((snapshot.last.alerts, snapshot.last.dead_letters), (10, 10));
        (alerts[0].sequence, dead_letters[0].sequence, refusals)
    };
    assert_eq!(prune(&[fast.clone(), slow.clone(), new], 0), (1, 5, 2));
    assert_eq!(prune(&[fast.clone(), slow.clone()], 8), (2, 5, 2), "what was refused waits for an operator");
    assert_eq!(prune(&[fast, slow.clone()], 0), (2, 5, 2));
    assert_eq!(prune(&[slow], 0), (7, 5, 2), "and no longer than its sink is there");
}

#[test]
fn an_entry_says_when_it_became_durable() {
    let mut ledger = SqliteLedger::open_in_memory().unwrap();
    let now = || Time::from_micros(jiff::Timestamp::now().as_microsecond());
    let before = now();
    ledger.commit(&one_of_each()).unwrap();
    for stream in [Stream::Alerts, Stream::DeadLetters] {
        let written = ledger.read(stream, 0, ALL).unwrap()[0].written.unwrap();
        // SQLite counts in milliseconds.
        assert!(before.floor_to(Span::micros(1_000)) <= written && written <= now(), "{before} {written}");
    }
}

#[test]
fn what_no_heartbeat_has_counted_is_not_pruned() {
    let mut ledger = SqliteLedger::open_in_memory().unwrap();
    let pulse = |tenant: &str, sequence| Pulse { tenant: tenant.to_owned(), since: Time::from_millis(1), sequence };
    ledger.commit(&Transaction { pulses: vec![pulse("contoso", 4), pulse("removed", 1)], ..alerts(1..=10) }).unwrap();
    let retention = Retention { tenants: vec!["contoso".to_owned()], ..Retention::default() };
    assert_eq!(ledger.prune(&retention).unwrap(), 4);
    assert_eq!(ledger.snapshot().unwrap().pulses, [pulse("contoso", 4), pulse("removed", 1)]);
}

#[test]
fn what_was_refused_is_sent_again_when_an_operator_wants_it_and_forgotten_when_it_was_taken() {
    let mut ledger = SqliteLedger::open_in_memory().unwrap();
    let refusal = |reason: &str| Refusal { sink: "file".to_owned(), sequence: 2, reason: reason.to_owned() };
    ledger.commit(&Transaction { refusals: vec![refusal("too large")], ..alerts(1..=3) }).unwrap();
    let wanted = |ledger: &mut SqliteLedger| {
        let wanted = ledger.wanted("file", Stream::Alerts, ALL).unwrap();
        wanted.entries.iter().map(|entry| entry.sequence).collect::<Vec<_>>()
    };
    assert!(wanted(&mut ledger).is_empty());
    let want = |ledger: &SqliteLedger| ledger.connection.execute("UPDATE refusal SET wanted = 'retry'", []).unwrap();
    want(&ledger);
    assert_eq!(wanted(&mut ledger), [2]);
    ledger.commit(&Transaction { refusals: vec![refusal("still too large")], ..Transaction::default() }).unwrap();
    assert!(wanted(&mut ledger).is_empty(), "a second refusal is asked about again");
    want(&ledger);
    ledger.commit(&Transaction { absolved: vec![cursor("file", 2)], ..Transaction::default() }).unwrap();
    assert_eq!(dump(&mut ledger).4, 0);
}

#[test]
fn numbers_go_on_where_everything_has_been_pruned() {
    let mut ledger = SqliteLedger::open_in_memory().unwrap();
    ledger.commit(&one_of_each()).unwrap();
    let nothing = Retention::default();
    assert_eq!(ledger.prune(&nothing).unwrap(), 4);
    assert_eq!(ledger.prune(&nothing).unwrap(), 0);
    ledger.commit(&alerts([7])).unwrap();
    assert_eq!(ledger.read(Stream::Alerts, 0, ALL).unwrap()[0].sequence, 3);
}

// === A naive ledger to compare with ===

#[derive(Default)]
struct Model {
    positions: BTreeMap<i32, i64>,
    state: BTreeMap<String, String>,
    alerts: Vec<AlertRecord>,
    dead_letters: Vec<DeadLetter>,
    dead_letters_seen: BTreeSet<(usize, Vec<u8>)>,
    cursors: BTreeMap<String, u64>,
}

impl Model {
    fn commit(&mut self, transaction: &Transaction) {
        for Position { partition, next_offset, .. } in &transaction.positions {
            let own = self.positions.entry(*partition).or_insert(*next_offset);
            *own = (*own).max(*next_offset);
        }
        for StateChange { key, value, .. } in &transaction.state {
            match value {
                Some(value) => self.state.insert(key.clone(), value.clone()),
                None => self.state.remove(key),
            };
        }
        for alert in &transaction.alerts {
            if !self.alerts.iter().any(|own| (&own.id, own.seq) == (&alert.id, alert.seq)) {
                self.alerts.push(alert.clone());
            }
        }
        for (place, letter) in transaction.dead_letters.iter().enumerate() {
            if self.dead_letters_seen.insert((place, letter.raw.clone())) {
                self.dead_letters.push(letter.clone());
            }
        }
        for Cursor { sink, sequence } in &transaction.cursors {
            let own = self.cursors.entry(sink.clone()).or_default();
            *own = (*own).max(*sequence);
        }
    }

    fn snapshot(&self) -> Snapshot {
        Snapshot {
            positions: self.positions.iter().map(|(partition, next)| position(*partition, *next)).collect(),
            cursors: self.cursors.iter().map(|(sink, sequence)| cursor(sink, *sequence)).collect(),
            last: Sequences { alerts: self.alerts.len() as u64, dead_letters: self.dead_letters.len() as u64 },
            pulses: Vec::new(),
        }
    }
}

prop_compose! {
    fn any_transaction()(
        positions in vec((0..3, 0..20_i64), 0..3),
        state in vec(("[a-e]", proptest::option::of("[0-9]")), 0..6),
        records in vec(("[a-e]", 1..4_u32, "[x-z]"), 0..6),
        letters in vec(vec(0..3_u8, 0..2), 0..4),
        cursors in vec(("[pq]", 0..9_u64), 0..3),
    ) -> Transaction {
        Transaction {
            positions: positions.into_iter().map(|(partition, next)| position(partition, next)).collect(),
            state: state.iter().map(|(key, value)| change(key, value.as_deref())).collect(),
            alerts: records.into_iter().map(|(id, seq, body)| AlertRecord { body, ..alert(&id, seq) }).collect(),
            dead_letters: letters.iter().map(|raw| dead_letter("webhook", raw)).collect(),
            cursors: cursors.iter().map(|(sink, sequence)| cursor(sink, *sequence)).collect(),
            ..Transaction::default()
        }
    }
}

proptest! {
    #[test]
    fn any_transactions_some_of_them_repeated_leave_what_the_naive_ledger_has(
        transactions in vec((any_transaction(), any::<bool>()), 0..12)
    ) {
        let (mut ledger, mut model) = (SqliteLedger::open_in_memory().unwrap(), Model::default());
        for (transaction, is_repeated) in &transactions {
            for _ in 0..=u8::from(*is_repeated) {
                ledger.commit(transaction).unwrap();
            }
            model.commit(transaction);
        }
        let (snapshot, state, alerts, dead_letters, _) = dump(&mut ledger);
        prop_assert_eq!(snapshot, model.snapshot());
        prop_assert!(state.into_iter().eq(model.state.iter().map(|(key, value)| change(key, Some(value)))));
        prop_assert!(alerts.iter().map(|entry| entry.sequence).eq(1..=model.alerts.len() as u64));
        prop_assert!(alerts.iter().map(|entry| &entry.body).eq(model.alerts.iter().map(|alert| &alert.body)));
        prop_assert_eq!(dead_letters.len(), model.dead_letters.len());
    }
}
