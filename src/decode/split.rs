//! Payloads to records.

use serde::de::IgnoredAny;

use super::framing::{Framing, unmarked};
use super::record::{RawRecord, Shape};
use super::reply::Reply;
use super::scan::{Scan, Stop};
use super::skim::Skim;
use super::trace_json;
use super::undecodable::{Reason, Undecodable};
use super::{Limits, csv, message};

/// Walks the records of one payload in order: one visit for each record, or for what could not be read.
///
/// A payload is one JSON document or several, one a line (LF or CRLF, blank lines between them are nothing). A document
/// is a record, an object with an array `records` (an Event Hubs batch), the reply of a query interface, or an array of
/// these. Or it is a report as CSV, or one message. Byte order marks in front are passed over. A row of the message trace
/// that names several recipients is visited once for each.
///
/// A document with a mistake anywhere is undecodable as a whole, and none of its records is visited: half a batch would
/// be counted, committed, and then counted again when the sender repeats it. A bad line does not touch the others.
pub fn records<'a>(payload: &'a [u8], limits: &Limits, visit: &mut impl FnMut(Result<RawRecord<'a>, Undecodable<'a>>)) {
    if payload.len() > limits.payload_bytes_max {
        return visit(Err(Undecodable::whole(Reason::TooLarge, payload)));
    }
    let text = unmarked(payload);
    match (Framing::of(text), text.trim_ascii()) {
        (Framing::Message, _) => visit(message::record(text)),
        (Framing::Csv(header), _) => csv::records(*header, text, limits, visit),
        (Framing::Json, []) => {}
        (Framing::Json, text) => Splitter { limits, found: Vec::new(), visit }.payload(text),
    }
}

struct Splitter<'a, 's, V> {
    limits: &'s Limits,
    /// The records of the document at hand; visited when all of it has been read.
    found: Vec<RawRecord<'a>>,
    visit: &'s mut V,
}

impl<'a, V: FnMut(Result<RawRecord<'a>, Undecodable<'a>>)> Splitter<'a, '_, V> {
    /// Reads the lines one by one, unless the first one alone is no document and the whole payload is.
    fn payload(&mut self, text: &'a [u8]) {
        let (mut line, mut rest) = split_line(text);
        let mut outcome = self.document(line);
        if outcome.is_err() && !rest.is_empty() {
            let whole = self.document(text);
            if whole.is_ok() || ends_a_document(text) {
                return self.tell(whole);
            }
        }
        loop {
            self.tell(outcome);
            if rest.is_empty() {
                return;
            }
            (line, rest) = split_line(rest);
            outcome = self.document(line);
        }
    }

    fn tell(&mut self, outcome: Result<(), Undecodable<'a>>) {
        match outcome {
            Ok(()) => self.found.drain(..).for_each(|record| (self.visit)(Ok(record))),
            Err(undecodable) => (self.visit)(Err(undecodable)),
        }
    }

    /// Finds the records of one document, all or none.
    fn document(&mut self, bytes: &'a [u8]) -> Result<(), Undecodable<'a>> {
        self.found.clear();
        let text = std::str::from_utf8(bytes).map_err(|error| Undecodable::new(Reason::NotUtf8, &error, bytes))?;
        self.items(&mut Scan::new(text)).map_err(|stop| match stop {
            Stop::Depth => Undecodable::whole(Reason::TooDeep, bytes),
            Stop::Records => Undecodable::whole(Reason::TooManyRecords, bytes),
            Stop::Syntax | Stop::Unusual => not_json(text),
        })
    }

    fn items(&mut self, scan: &mut Scan<'a>) -> Result<(), Stop> {
        match scan.peek() {
            Some(b'[') => scan.array(|scan| self.batch_or_record(scan))?,
            _ => self.batch_or_record(scan)?,
        }
        if scan.peek().is_none() { Ok(()) } else { Err(Stop::Syntax) }
    }

    fn batch_or_record(&mut self, scan: &mut Scan<'a>) -> Result<(), Stop> {
        if scan.peek() != Some(b'{') {
            return self.record(scan);
        }
        if self.skimmed(scan)? {
            return Ok(());
        }
        let mut start = scan.clone();
        let mut is_batch = false;
        let mut reply = Reply::default();
        scan.object(|scan, key| {
            if key.plain() == Some("records") && scan.peek() == Some(b'[') {
                is_batch = true;
                return scan.array(|scan| self.record(scan));
            }
            reply.member(scan, key, self.limits.depth_max)
        })?;
        match reply.rows() {
            Some((mut places, columns)) => {
                places.iter_mut().try_for_each(|rows| rows.array(|scan| self.row(scan, Shape::Row(columns))))
            }
            None if is_batch => Ok(()),
            None if reply.may_be_too_deep() => self.row(&mut start, Shape::Json(None)),
            None => self.cut(scan.since(&start), Shape::Json(None), reply.may_name_several),
        }
    }

    /// Whatever stands where a record should be.
    fn record(&mut self, scan: &mut Scan<'a>) -> Result<(), Stop> {
        if self.skimmed(scan)? { Ok(()) } else { self.row(scan, Shape::Json(None)) }
    }

    /// A record that is not skimmed, in one pass that also looks for a list of recipients.
    fn row(&mut self, scan: &mut Scan<'a>, shape: Shape<'a>) -> Result<(), Stop> {
        let mut may_name_several = false;
        let is_object = scan.peek() == Some(b'{');
        let start = scan.clone();
        if is_object {
            let depth = self.limits.depth_max.checked_sub(1).ok_or(Stop::Depth)?;
            scan.object(|scan, key| {
                may_name_several |= trace_json::may_name_several(key, scan.written_value(depth)?);
                Ok(())
            })?;
        } else {
            scan.value(self.limits.depth_max)?;
        }
        self.cut(scan.since(&start), shape, may_name_several)
    }

    /// Makes a record of a text, or one for each recipient that it names.
    fn cut(&mut self, json: &'a str, shape: Shape<'a>, may_name_several: bool) -> Result<(), Stop> {
        let record = RawRecord::new(json, shape);
        match if may_name_several { record.recipients() } else { 1 } {
            1 => self.push(record),
            count => (0..count).try_for_each(|place| self.push(RawRecord::new(json, Shape::Recipient(place)))),
        }
    }

    /// Takes a plain record, in the one pass that finds its end, or leaves the scan where it is.
    fn skimmed(&mut self, scan: &mut Scan<'a>) -> Result<bool, Stop> {
        scan.peek();
        let start = scan.clone();
        let Ok(skim) = Skim::read(scan, self.limits.depth_max) else {
            *scan = start;
            return Ok(false);
        };
        self.push(RawRecord::new(scan.since(&start), Shape::Json(Some(skim))))?;
        Ok(true)
    }

    fn push(&mut self, record: RawRecord<'a>) -> Result<(), Stop> {
        if self.found.len() == self.limits.records_max {
            return Err(Stop::Records);
        }
        self.found.push(record);
        Ok(())
    }
}

/// The first line, and what follows it behind blank lines.
fn split_line(text: &[u8]) -> (&[u8], &[u8]) {
    let end = memchr::memchr(b'\n', text).unwrap_or(text.len());
    (text[..end].trim_ascii_end(), text[end..].trim_ascii_start())
}

/// Whether the last line begins with a closing bracket, as that of a document over several lines does, and as none of
/// JSON Lines can.
fn ends_a_document(text: &[u8]) -> bool {
    let last = memchr::memrchr(b'\n', text).map_or(text, |end| &text[end..]);
    matches!(last.trim_ascii_start().first(), Some(b'}' | b']'))
}

/// Has the JSON library say what is wrong and where.
fn not_json(text: &str) -> Undecodable<'_> {
    match serde_json::from_str::<IgnoredAny>(text) {
        Err(error) => Undecodable::new(Reason::NotJson, &error, text.as_bytes()),
        Ok(_) => Undecodable::whole(Reason::NotJson, text.as_bytes()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is visited: the text of a record, or the reason and the bytes that could not be read.
    fn visits(payload: &[u8], limits: &Limits) -> Vec<String> {
        let mut visits = Vec::new();
        records(payload, limits, &mut |visit| {
            visits.push(match visit {
                Ok(record) => record.text().to_owned(),
                Err(undecodable) => format!("{}: {}", undecodable.reason, String::from_utf8_lossy(undecodable.raw)),
            });
        });
        visits
    }

    fn split(payload: &str) -> Vec<String> {
        visits(payload.as_bytes(), &Limits::default())
    }

    #[test]
    fn every_framing_gives_the_same_records() {
        for payload in [
            r#"{"records":[{"a":1},{"b":2}]}"#,
            r#"{ "x": [3], "records" : [ {"a":1} , {"b":2} ] }"#,
            r#"[{"a":1},{"b":2}]"#,
            r#"[{"records":[{"a":1}]},{"b":2}]"#,
            "{\"a\":1}\n{\"b\":2}",
            "\r\n{\"a\":1}\r\n\r\n {\"b\":2} \r\n",
            "{\"records\":[{\"a\":1},\n{\"b\":2}]}",
            "\u{feff}{\"records\":[\n{\"a\":1},\n{\"b\":2}\n]\n}\n",
        ] {
            assert_eq!(split(payload), [r#"{"a":1}"#, r#"{"b":2}"#], "{payload}");
        }
    }

    #[test]
    fn a_document_may_span_lines() {
        assert_eq!(split("{\n \"a\": [\n1]}"), ["{\n \"a\": [\n1]}"]);
    }

    #[test]
    fn every_reply_gives_its_rows() {
        for payload in [
            r#"{"@odata.context":"c","schema":[{"name":"a"}],"results":[{"a":1},{"b":2}]}"#,
            r#"{"Results":[{"a":1},{"b":2}],"Schema":[{"Name":"a"}],"Stats":{"x":[{}]}}"#,
            r#"{"value":[{"a":1},{"b":2}],"@odata.nextLink":"n"}"#,
            r#"{"d":{"__count":"2","results":[{"a":1},{"b":2}]}}"#,
            r#"{"d":[{"a":1},{"b":2}]}"#,
            r#"{"results":[{"b":2}],"records":[{"a":1}]}"#,
            r#"[{"value":[{"a":1}]},{"value":[{"b":2}],"value":[]}]"#,
            "{\n\"value\": [\n{\"a\":1},\n{\"b\":2}\n]\n}",
        ] {
            assert_eq!(split(payload), [r#"{"a":1}"#, r#"{"b":2}"#], "{payload}");
        }
    }

    #[test]
    fn a_record_is_no_reply_whatever_its_columns_are_called() {
        for payload in [
            r#"{"category":"c","value":[{"a":1}]}"#,
            r#"{"results":[{"a":1}],"Type":"t"}"#,
            r#"{"value":{"results":[]},"results":"r","d":{"e":[]}}"#,
            r#"{"schema":[{"name":"Timestamp"}]}"#,
        ] {
            assert_eq!(split(payload), [payload]);
        }
    }

    #[test]
    fn a_row_is_visited_for_each_recipient() {
        let row = r#"{"MessageTraceId":"i","RecipientAddress":"a@x;b@y"}"#;
        assert_eq!(split(row), [row, row]);
        assert_eq!(split(&format!(r#"{{"value":[{row}]}}"#)), [row, row]);
        let escaped = r#"{"Recipient\u0041ddress":"a@x\u002cb@y","MessageTraceId":"i"}"#;
        assert_eq!(split(escaped), [escaped, escaped]);
        for other in
            [r#"{"RecipientAddress":"a@x;b@y"}"#, r#"{"category":"c","MessageTraceId":"i","RecipientAddress":";"}"#]
        {
            assert_eq!(split(other), [other]);
        }
    }

    #[test]
    fn a_payload_without_records_is_not_visited() {
        for payload in
            ["", " \r\n", "\u{feff}", r#"{"records":[]}"#, "[]", r#"{"value":[]}"#, r#"{"d":{"results":[]}}"#]
        {
            assert!(split(payload).is_empty(), "{payload:?}");
        }
    }

    #[test]
    fn a_broken_batch_is_one_visit_with_all_of_it() {
        for payload in [
            r#"{"records":[{"a":1},{"b":]}"#,
            r#"{"records":[{"a":1},{"b":2}]"#,
            "{\"records\":[\n{\"a\":1},\n{\"b\":}\n]}",
            r#"{"a":1}{"b":2}"#,
            r#"{"results":[{"a":1},{"b":2}]"#,
            r#"{"results":[{"a":1}],"schema":[{"name":}]}"#,
        ] {
            assert_eq!(split(payload), [format!("not_json: {payload}")]);
        }
    }

    #[test]
    fn a_bad_line_does_not_touch_the_others() {
        assert_eq!(split("{\"a\":1}\n{\"b\n{\"c\":3}"), [r#"{"a":1}"#, r#"not_json: {"b"#, r#"{"c":3}"#]);
        assert_eq!(split("{\"a\n{\"c\":3}"), [r#"not_json: {"a"#, r#"{"c":3}"#]);
        let latin1 = b"{\"a\":\"\xe9\"}\n{\"b\":2}";
        assert_eq!(visits(latin1, &Limits::default()), ["not_utf8: {\"a\":\"\u{fffd}\"}", r#"{"b":2}"#]);
    }

    #[test]
    fn what_is_no_object_is_still_visited() {
        assert_eq!(split("[1,[{}],null]"), ["1", "[{}]", "null"]);
    }

    #[test]
    fn limits_hold_at_their_edge() {
        let limits = Limits { payload_bytes_max: 20, records_max: 2, depth_max: 2 };
        let outcome = |payload: &str| visits(payload.as_bytes(), &limits);
        assert_eq!(outcome("[{},{}]").len(), 2);
        assert_eq!(outcome("[{},{},{}]"), ["too_many_records: [{},{},{}]"]);
        assert_eq!(outcome("{}\n{}\n{}\n").len(), 3);
        assert_eq!(outcome(r#"[{"a":[]}]"#), [r#"{"a":[]}"#]);
        assert_eq!(outcome(r#"{"a":[[]]}"#), [r#"too_deep: {"a":[[]]}"#]);
        assert_eq!(outcome(&" ".repeat(21)).len(), 1);
        let limits = Limits { payload_bytes_max: 200, ..limits };
        let outcome = |payload: &str| visits(payload.as_bytes(), &limits);
        assert_eq!(outcome(r#"{"value":[{},{"a":[]}]}"#), ["{}", r#"{"a":[]}"#]);
        assert_eq!(outcome(r#"{"value":[{"a":[[]]}]}"#), [r#"too_deep: {"value":[{"a":[[]]}]}"#]);
        assert_eq!(outcome(r#"{"Type":"t","value":[[]]}"#), [r#"too_deep: {"Type":"t","value":[[]]}"#]);
        assert_eq!(outcome(r#"{"value":[{},{},{}]}"#), ["too_many_records: {\"value\":[{},{},{}]}"]);
        let row = r#"{"MessageTraceId":"i","RecipientAddress":"a@x;b@x;c@x"}"#;
        assert_eq!(outcome(row), [format!("too_many_records: {row}")]);
    }
}
