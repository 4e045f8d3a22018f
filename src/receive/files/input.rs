//! The text of a file: out of its compression, and in UTF-8.
//!
//! Both show in the first bytes, gzip in those of the file, UTF-16 in those behind the compression. UTF-16 is decoded
//! while it is read, because a report of a hundred thousand rows should cost what one of ten costs.

use std::io::{self, BufReader, Chain, Cursor, Read};

use flate2::read::MultiGzDecoder;

use crate::decode::Utf16;

const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

const GZIP_BUFFER_BYTES: usize = 64 << 10;
const UTF16_BUFFER_BYTES: usize = 64 << 10;

/// A file's text.
pub(super) enum Input<R> {
    /// In UTF-8, or in what nobody can tell.
    Plain(Whole<Uncompressed<R>>),
    Utf16(Box<Transcoded<Whole<Uncompressed<R>>>>),
}

impl<R: Read> Input<R> {
    /// Looks at the first bytes.
    pub(super) fn new(reader: R) -> io::Result<Self> {
        let (beginning, reader) = look::<{ Utf16::SNIFFED_BYTES }, _>(Uncompressed::new(reader)?)?;
        Ok(match Utf16::sniff(&beginning) {
            Some(decoder) => Self::Utf16(Box::new(Transcoded::new(reader, decoder))),
            None => Self::Plain(reader),
        })
    }
}

impl<R: Read> Read for Input<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(reader) => reader.read(buffer),
            Self::Utf16(reader) => reader.read(buffer),
        }
    }
}

/// A reader, with the bytes that were looked at put back in front.
type Whole<R> = Chain<Cursor<Vec<u8>>, R>;

/// The first bytes, and a reader of all of them.
fn look<const BYTES: usize, R: Read>(mut reader: R) -> io::Result<(Vec<u8>, Whole<R>)> {
    let mut beginning = Vec::new();
    reader.by_ref().take(BYTES as u64).read_to_end(&mut beginning)?;
    Ok((beginning.clone(), Cursor::new(beginning).chain(reader)))
}

/// The bytes behind the compression, if there is one: gzip of one member or many.
pub(super) enum Uncompressed<R> {
    Plain(Whole<R>),
    Gzip(Box<MultiGzDecoder<BufReader<Whole<R>>>>),
}

impl<R: Read> Uncompressed<R> {
    fn new(reader: R) -> io::Result<Self> {
        let (magic, reader) = look::<{ GZIP_MAGIC.len() }, _>(reader)?;
        let gzip = |reader| MultiGzDecoder::new(BufReader::with_capacity(GZIP_BUFFER_BYTES, reader));
        Ok(if magic == GZIP_MAGIC { Self::Gzip(Box::new(gzip(reader))) } else { Self::Plain(reader) })
    }
}

impl<R: Read> Read for Uncompressed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(reader) => reader.read(buffer),
            Self::Gzip(reader) => reader.read(buffer),
        }
    }
}

/// UTF-16, read as UTF-8.
pub(super) struct Transcoded<R> {
    reader: R,
    decoder: Utf16,
    bytes: Vec<u8>,
    text: Vec<u8>,
    /// How much of the text has been handed over.
    taken: usize,
}

impl<R: Read> Transcoded<R> {
    fn new(reader: R, decoder: Utf16) -> Self {
        Self { reader, decoder, bytes: vec![0; UTF16_BUFFER_BYTES], text: Vec::new(), taken: 0 }
    }

    /// Decodes some more; false at the end.
    fn refill(&mut self) -> io::Result<bool> {
        let count = self.reader.read(&mut self.bytes)?;
        self.text.clear();
        self.taken = 0;
        match count {
            0 => self.decoder.finish(&mut self.text),
            _ => self.decoder.decode(&self.bytes[..count], &mut self.text),
        }
        Ok(count > 0)
    }
}

impl<R: Read> Read for Transcoded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.taken == self.text.len() && self.refill()? {}
        let count = (&self.text[self.taken..]).read(buffer)?;
        self.taken += count;
        Ok(count)
    }
}
