//! Files and streams of bytes, cut into payloads that the decoder takes.
//!
//! A file of JSON Lines, or of CSV, has no end that matters: it is handed over in blocks of whole lines, from one buffer
//! that is used again, so a hundred gigabytes cost what the first block costs. A block is small enough to stay in a
//! core's cache between being read and being decoded. Anything else (a pretty-printed export, one array of everything) is
//! one document, of which half cannot be read: it is held whole, up to a limit, and refused above. Of a message only the
//! headers are held: its body is as large as the sender likes, and may look like anything.
//!
//! Which of the two it is shows in the first block, and only where a file is larger than that does it matter: what fits
//! is left to the decoder, as if it had come by any other way. A block behind the first has lost what the file began
//! with, so whatever tells the decoder what follows is kept and put in front of each: an empty batch, or the header of
//! the columns. Neither is a record, and records have the same numbers however large a block is.

mod input;

use std::io::{self, Read};

use serde::de::IgnoredAny;

use crate::decode::{self, CsvHeader, HEADER_BYTES_MAX};
use input::Input;

/// The longest line, and the longest document that is not made of lines.
pub const DOCUMENT_BYTES_MAX: usize = 64 << 20;

/// What is read at once.
const BLOCK_BYTES: usize = 512 << 10;

/// One byte more than the limit, so that what lies above it shows.
const BUFFER_BYTES_MAX: usize = DOCUMENT_BYTES_MAX + 1;

/// An empty batch on a line of its own, in front of each block of JSON Lines: it tells the decoder that lines follow, so
/// that what becomes of a line does not depend on its place in a block.
const LINES_FOLLOW: &[u8] = b"[]\n";

/// Why a file could not be read to its end.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// The system, or the gzip stream, says no.
    #[error("reading failed; is the file complete, and may this user read it?")]
    Io(#[from] io::Error),
    /// Neither lines nor a document of bounded size.
    #[error(
        "the input is one document of more than {} MiB; write one record a line, for example with `jq -c '.[]'`",
        DOCUMENT_BYTES_MAX >> 20
    )]
    TooLarge,
}

/// The payloads of one file or stream, one after the other.
pub struct Payloads<R> {
    input: Input<R>,
    /// First what stands in front of every block, then the bytes that count, up to `end`.
    buffer: Vec<u8>,
    /// Where the bytes that count begin.
    front: usize,
    end: usize,
    /// What has been handed over ends here.
    taken: usize,
    framing: Framing,
    /// The line at hand was cut short: what is left of it is read and forgotten.
    in_long_line: bool,
    has_ended: bool,
}

/// Where a file may be cut.
enum Framing {
    Unknown,
    /// Behind any line.
    Lines,
    /// Behind any row of CSV, which may be several lines.
    Rows(Box<CsvHeader>),
    /// Nowhere.
    Document,
    /// Behind the longest header block; what follows is the body.
    Message,
}

impl<R: Read> Payloads<R> {
    /// Looks at the first bytes: plain or gzip of one member or many, UTF-8 or UTF-16.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn new(reader: R) -> Result<Self, FileError> {
        Ok(Self {
            input: Input::new(reader)?,
            buffer: vec![0; BLOCK_BYTES],
            front: 0,
            end: 0,
            taken: 0,
            framing: Framing::Unknown,
            in_long_line: false,
            has_ended: false,
        })
    }

    /// Reads the next payload, in UTF-8: whole lines or rows, or the whole document; `None` at the end.
    ///
    /// A line that is too long is cut just above what the decoder takes, [`DOCUMENT_BYTES_MAX`] or the longest row, so
    /// that it refuses it; the lines behind it follow as if nothing had been.
    ///
    /// # Errors
    /// When reading fails, or what has no lines is too large to hold.
    pub fn read(&mut self) -> Result<Option<&[u8]>, FileError> {
        self.forget_taken();
        self.fill()?;
        while !self.take_payload() {
            self.grow()?;
        }
        Ok(Some(&self.buffer[..self.taken]).filter(|_| self.taken > self.front))
    }

    fn forget_taken(&mut self) {
        self.buffer.copy_within(self.taken..self.end, self.front);
        self.end -= self.taken - self.front;
        self.taken = self.front;
        self.buffer.truncate(self.end.max(self.front + BLOCK_BYTES));
    }

    /// Reads until the buffer is full or the input ends.
    fn fill(&mut self) -> Result<(), FileError> {
        while self.end < self.buffer.len() && !self.has_ended {
            match self.input.read(&mut self.buffer[self.end..]) {
                Ok(0) => self.has_ended = true,
                Ok(count) => self.end += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
            if self.in_long_line {
                self.skip_to_line_end();
            }
        }
        if matches!(self.framing, Framing::Unknown) {
            self.recognise();
        }
        Ok(())
    }

    fn skip_to_line_end(&mut self) {
        let line_end = memchr::memchr(b'\n', self.data());
        self.in_long_line = line_end.is_none();
        self.taken = line_end.map_or(self.end, |at| self.front + at);
        self.forget_taken();
    }

    /// What fits into one block may stay one document. A header that binds a column twice makes its file one dead letter,
    /// and a dead letter is told once.
    fn recognise(&mut self) {
        self.taken = self.end - decode::unmarked(self.data()).len();
        self.forget_taken();
        self.framing = match decode::Framing::of(self.data()) {
            _ if self.has_ended => Framing::Document,
            decode::Framing::Json => self.json(),
            decode::Framing::Csv(header) if header.is_sound() => {
                self.begin_behind(header.length());
                Framing::Rows(header)
            }
            decode::Framing::Csv(_) => Framing::Document,
            decode::Framing::Message => Framing::Message,
        };
        if matches!(self.framing, Framing::Lines) {
            self.buffer.splice(..0, LINES_FOLLOW.iter().copied());
            self.end += LINES_FOLLOW.len();
            self.begin_behind(LINES_FOLLOW.len());
        }
    }

    /// Lines, where any line of the first block is an object or an array by itself: in a document over several lines,
    /// one that is has an indent in front of it or a comma behind it.
    fn json(&self) -> Framing {
        let is_json = |line: &[u8]| serde_json::from_slice::<IgnoredAny>(line).is_ok();
        let is_whole = |line: &[u8]| matches!(line.first(), Some(b'{' | b'[')) && is_json(line);
        match memchr::memrchr(b'\n', self.data()) {
            Some(end) if self.data()[..end].split(|byte| *byte == b'\n').any(is_whole) => Framing::Lines,
            Some(_) => Framing::Document,
            None => Framing::Unknown,
        }
    }

    /// Keeps the first bytes of the buffer in front of every block.
    const fn begin_behind(&mut self, front: usize) {
        self.front = front;
        self.taken = front;
    }

    /// Takes what can be handed over; false where more must be read for that.
    fn take_payload(&mut self) -> bool {
        let data = self.data();
        let (whole, is_too_long) = match &self.framing {
            _ if self.has_ended => (data.len(), false),
            Framing::Lines => (memchr::memrchr(b'\n', data).map_or(0, |at| at + 1), self.is_full()),
            Framing::Rows(header) => (header.whole_rows(data), header.is_too_long(data)),
            Framing::Message => return self.take_headers(),
            Framing::Unknown | Framing::Document => return false,
        };
        self.in_long_line = whole == 0 && is_too_long;
        self.taken = if self.in_long_line { self.end } else { self.front + whole };
        self.has_ended || self.taken > self.front
    }

    /// Takes what may be headers, with a byte more for the decoder to see that there are too many, and ends the input.
    fn take_headers(&mut self) -> bool {
        let has_headers = self.data().trim_ascii_start().len() > HEADER_BYTES_MAX;
        if has_headers {
            self.has_ended = true;
            self.taken = self.end;
        }
        has_headers
    }

    fn grow(&mut self) -> Result<(), FileError> {
        if self.is_full() {
            return Err(FileError::TooLarge);
        }
        self.buffer.resize(BUFFER_BYTES_MAX.min(self.buffer.len() * 2), 0);
        self.fill()
    }

    const fn is_full(&self) -> bool {
        self.buffer.len() >= BUFFER_BYTES_MAX
    }

    fn data(&self) -> &[u8] {
        &self.buffer[self.front..self.end]
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;
    use crate::decode::{self, Limits};

    /// Hands out a few bytes at a time, as a pipe does.
    struct Trickle<'a>(&'a [u8], usize);

    impl Read for Trickle<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let count = self.1.min(buffer.len()).min(self.0.len());
            buffer[..count].copy_from_slice(&self.0[..count]);
            self.0 = &self.0[count..];
            Ok(count)
        }
    }

    /// The records, or the reasons why there is none.
    fn records(reader: impl Read) -> Result<Vec<String>, FileError> {
        let limits = Limits { payload_bytes_max: DOCUMENT_BYTES_MAX, records_max: 1_000_000, depth_max: 64 };
        let mut payloads = Payloads::new(reader)?;
        let mut records = Vec::new();
        while let Some(payload) = payloads.read()? {
            decode::records(payload, &limits, &mut |visit| {
                records.push(visit.map_or_else(|it| it.reason.to_string(), |record| record.text().to_owned()));
            });
        }
        Ok(records)
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    /// Several blocks of lines of uneven length, the last without an end.
    fn lines() -> Vec<String> {
        (0..5_000).map(|number| format!(r#"{{"n":{number},"x":"{}"}}"#, "x".repeat(number % 1_000))).collect()
    }

    #[test]
    fn lines_come_whole_and_in_order_however_they_are_read() {
        let lines = lines();
        for text in [lines.join("\n"), lines.join("\r\n"), format!("\u{feff}\n\n{}\n", lines.join("\n"))] {
            assert!(text.len() > 3 * BLOCK_BYTES);
            assert_eq!(records(text.as_bytes()).unwrap(), lines);
            assert_eq!(records(Trickle(text.as_bytes(), 4_093)).unwrap(), lines);
        }
    }

    #[test]
    fn gzip_of_several_members_is_read_to_its_end_and_a_cut_one_is_an_error() {
        let lines = lines();
        let (first, second) = lines.split_at(2_000);
        let members = [gzip(format!("{}\n", first.join("\n")).as_bytes()), gzip(second.join("\n").as_bytes())].concat();
        assert_eq!(records(members.as_slice()).unwrap(), lines);
        assert!(matches!(records(&members[..members.len() - 9]), Err(FileError::Io(_))));
    }

    #[test]
    fn a_document_larger_than_a_block_is_one_payload() {
        let lines = lines();
        for text in [
            format!("[{}]", lines.join(",")),
            format!("[\n{}\n]\n", lines.join(",\n")),
            format!("{{\n  \"records\": [\n    {{}},\n    {}\n  ]\n}}\n", lines.join(",\n    ")),
        ] {
            let records = records(text.as_bytes()).unwrap();
            assert_eq!(records[records.len() - lines.len()..], lines);
        }
    }

    #[test]
    fn a_bad_line_is_one_dead_letter_wherever_it_stands() {
        let mut lines = lines();
        for bad in [0, 777, 4_999] {
            lines[bad] = "}".to_owned();
        }
        let text = lines.join("\n");
        for size in [usize::MAX, 100_003] {
            let records = records(Trickle(text.as_bytes(), size)).unwrap();
            assert_eq!(records.len(), lines.len());
            assert_eq!(records.iter().filter(|record| *record == "not_json").count(), 3);
        }
    }

    #[test]
    fn a_line_beyond_the_limit_is_one_dead_letter_and_a_document_is_refused() {
        let long = "x".repeat(DOCUMENT_BYTES_MAX + BLOCK_BYTES);
        let text = format!("{{}}\n{{\"x\":\"{long}\"}}\n{{\"b\":2}}");
        assert_eq!(records(text.as_bytes()).unwrap(), ["{}", "too_large", r#"{"b":2}"#]);
        assert!(matches!(records(&text.as_bytes()[3..]), Err(FileError::TooLarge)));
    }

    #[test]
    fn nothing_is_no_payload() {
        for empty in [b"".as_slice(), &gzip(b""), b"\xef\xbb\xbf", b"\n\n"] {
            assert!(records(empty).unwrap().is_empty());
        }
    }
}
