//! One input of a scan: its name, and where in it we are.

use std::io::Write;

use crate::detector::VerdictLine;

/// Names an input and numbers its records.
pub(super) struct Input {
    /// The path, or `-`.
    pub(super) name: String,
    /// How many records came before the payload at hand.
    pub(super) records: u64,
    /// `{"input":"stream.ndjson","record":`, with which every verdict line begins.
    head: Vec<u8>,
}

impl Input {
    /// An input of which nothing has been read.
    pub(super) fn new(name: String) -> Self {
        let head = format!("{{\"input\":{},\"record\":", serde_json::Value::from(name.as_str())).into_bytes();
        Self { name, records: 0, head }
    }

    /// The number of the record in this input, from 1.
    pub(super) const fn number(&self, line: &VerdictLine<'_>) -> u64 {
        self.records + line.record
    }

    /// Adds a line of `--verdicts` to the text. Nothing here can fail, because the text is in memory.
    pub(super) fn write_verdict(&self, line: &VerdictLine<'_>, text: &mut Vec<u8>) {
        text.extend_from_slice(&self.head);
        let _ = write!(text, "{}", self.number(line));
        let join = text.len();
        let _ = serde_json::to_writer(&mut *text, line);
        text[join] = b',';
        text.push(b'\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detector::Slice;

    #[test]
    fn a_verdict_line_has_the_published_form() {
        let payload = r#"{"category":"AdvancedHunting-EmailEvents"}"#;
        let input = Input { records: 16, ..Input::new("a \"b\".ndjson".to_owned()) };
        let mut text = Vec::new();
        let (inspector, arrival) = crate::cli::scan::tests::inspector();
        inspector.inspect(payload.as_bytes(), arrival, &mut Slice::default(), &mut |line| {
            input.write_verdict(line, &mut text);
        });
        assert_eq!(
            String::from_utf8(text).unwrap(),
            concat!(
                r#"{"input":"a \"b\".ndjson","record":17,"tenant":null,"table":"EmailEvents","network_message_id":null,"#,
                r#""recipient":null,"verdict":"undecodable","reason":"missing_column","rules":[],"severity":null,"#,
                r#""entry":null,"alignment":null}"#,
                "\n"
            )
        );
    }
}
