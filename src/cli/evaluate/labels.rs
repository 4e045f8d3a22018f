//! The labels file, a line at a time.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use anyhow::{Context, anyhow};

use crate::cli::failure::Failure;
use crate::cli::input::open;
use crate::evaluate::Truth;

/// The longest line; a label has a few hundred bytes.
const LINE_BYTES_MAX: u64 = 1 << 20;

/// Reads labels in the order of the records.
pub(super) struct Labels {
    name: String,
    reader: BufReader<Box<dyn Read>>,
    line: u64,
    text: Vec<u8>,
}

impl Labels {
    pub(super) fn open(path: &Path) -> Result<Self, Failure> {
        let name = path.display().to_string();
        let opened = open(path).with_context(|| format!("cannot read {name}")).map_err(Failure::input)?;
        Ok(Self { name, reader: BufReader::new(opened), line: 0, text: Vec::new() })
    }

    /// The next label; `None` at the end of the file.
    pub(super) fn read(&mut self) -> Result<Option<Truth>, Failure> {
        self.text.clear();
        self.line += 1;
        let mut limited = self.reader.by_ref().take(LINE_BYTES_MAX);
        let unreadable = || format!("cannot read {}", self.name);
        let bytes = limited.read_until(b'\n', &mut self.text).with_context(unreadable).map_err(Failure::input)?;
        if bytes == 0 {
            return Ok(None);
        }
        let bad = || format!("{}, line {}, is no label; write them with `simulate --labels`", self.name, self.line);
        serde_json::from_slice(&self.text).map(Some).with_context(bad).map_err(Failure::input)
    }
}

/// Whether a label is that of this record. The wrong labels would give a wrong and believable result, so they must agree
/// on the number, and where the record is mail, on that, on the message and on the recipient.
pub(super) fn check(truth: &Truth, record: u64, mail: Option<(&str, &str)>) -> Result<(), Failure> {
    let advice = "the labels belong to other records, or to another order of them";
    if truth.record != record {
        return Err(Failure::input(anyhow!("record {record} meets the label of record {}; {advice}", truth.record)));
    }
    let expected = (truth.network_message_id.as_str(), truth.recipient.as_str());
    if mail.is_some_and(|found| !truth.is_mail() || found != expected) {
        let error = anyhow!("record {record} is not the message or not the recipient of its label; {advice}");
        return Err(Failure::input(error));
    }
    Ok(())
}
