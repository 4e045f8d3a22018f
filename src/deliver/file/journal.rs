//! Appends lines so that a crash, a full disk or another program's rotation never loses or glues one.
//!
//! The file is opened for each batch. That costs microseconds beside the fsync that has to be waited for anyway, and it
//! leaves nothing to go stale: a file that somebody moved away is simply made anew, and what an interrupted write left
//! behind is cut by whoever opens the file next, which after an error is us and after a crash our successor.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use tracing::warn;

use crate::config::FileSink;

/// How much is read at once in search of the last line's end.
const BLOCK_BYTES: u64 = 4096;

/// A file and its predecessors.
pub(super) struct Journal {
    config: FileSink,
}

/// The file that is written to.
struct Current {
    file: BufWriter<File>,
    len: u64,
}

impl Journal {
    pub(super) const fn new(config: FileSink) -> Self {
        Self { config }
    }

    /// Appends whole lines and waits until the disk has them. A file grows past its bound only by a line that is longer
    /// than a whole file.
    pub(super) fn append(&self, lines: &[u8]) -> io::Result<()> {
        let mut current = self.open()?;
        for line in lines.split_inclusive(|byte| *byte == b'\n') {
            if current.len > 0 && current.len + line.len() as u64 > self.config.rotate_bytes {
                current.sync()?;
                self.rotate()?;
                current = self.open()?;
            }
            current.write(line)?;
        }
        current.sync()
    }

    fn open(&self) -> io::Result<Current> {
        let path = &self.config.path;
        let file = OpenOptions::new().read(true).append(true).create(true).open(path)?;
        let (found, len) = (file.metadata()?.len(), cut_torn_line(&file)?);
        if len < found {
            warn!(path = %path.display(), bytes = found - len, "cut a line that was never finished");
        }
        if len == 0 {
            sync_directory(path)?;
        }
        Ok(Current { file: BufWriter::new(file), len })
    }

    /// Moves every file one number up; the last one is overwritten.
    fn rotate(&self) -> io::Result<()> {
        if self.config.files_max == 0 {
            return fs::remove_file(&self.config.path);
        }
        for number in (1..self.config.files_max).rev() {
            match fs::rename(self.numbered(number), self.numbered(number + 1)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        fs::rename(&self.config.path, self.numbered(1))
    }

    fn numbered(&self, number: u32) -> PathBuf {
        let mut name = OsString::from(&self.config.path);
        name.push(format!(".{number}"));
        name.into()
    }
}

impl Current {
    fn write(&mut self, line: &[u8]) -> io::Result<()> {
        self.len += line.len() as u64;
        self.file.write_all(line)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.file.flush()?;
        self.file.get_ref().sync_data()
    }
}

/// Cuts what comes after the last line end: it was never settled, so it is about to be written again. The new length.
fn cut_torn_line(mut file: &File) -> io::Result<u64> {
    let len = file.seek(SeekFrom::End(0))?;
    let mut end = len;
    while end > 0 {
        let start = end.saturating_sub(BLOCK_BYTES);
        let mut block = Vec::new();
        file.seek(SeekFrom::Start(start))?;
        file.take(end - start).read_to_end(&mut block)?;
        if let Some(at) = memchr::memrchr(b'\n', &block) {
            end = start + at as u64 + 1;
            break;
        }
        end = start;
    }
    if end < len {
        file.set_len(end)?;
    }
    Ok(end)
}

/// A new name is only as durable as the directory that holds it.
fn sync_directory(path: &Path) -> io::Result<()> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(directory)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Format;

    fn journal(rotate_bytes: u64, files_max: u32) -> (tempfile::TempDir, Journal) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("alerts.jsonl");
        (dir, Journal::new(FileSink { path, format: Format::Native, rotate_bytes, files_max }))
    }

    fn content(journal: &Journal, number: u32) -> Option<String> {
        let path = if number == 0 { journal.config.path.clone() } else { journal.numbered(number) };
        fs::read_to_string(path).ok()
    }

    #[test]
    fn the_newest_rotated_file_has_the_lowest_number_and_the_oldest_go() {
        let (_dir, journal) = journal(8, 2);
        for line in ["1\n", "2222222\n", "3333333\n", "4\n5\n666\n7\n"] {
            journal.append(line.as_bytes()).unwrap();
        }
        let files = [0, 1, 2, 3].map(|number| content(&journal, number));
        assert_eq!(files.each_ref().map(Option::as_deref), [Some("7\n"), Some("4\n5\n666\n"), Some("3333333\n"), None]);
    }

    #[test]
    fn a_line_that_is_longer_than_a_file_gets_a_file_of_its_own() {
        let (_dir, journal) = journal(4, 9);
        journal.append(b"1\n22222222\n3\n").unwrap();
        let files = [0, 1, 2, 3].map(|number| content(&journal, number));
        assert_eq!(files.each_ref().map(Option::as_deref), [Some("3\n"), Some("22222222\n"), Some("1\n"), None]);
    }

    #[test]
    fn without_rotated_files_the_full_one_goes() {
        let (_dir, journal) = journal(4, 0);
        journal.append(b"1\n2\n3\n").unwrap();
        assert_eq!((content(&journal, 0).as_deref(), content(&journal, 1)), (Some("3\n"), None));
    }

    #[test]
    fn a_torn_line_is_cut_wherever_the_crash_came() {
        for whole in ["", "1\n", "1\n2\n"] {
            for torn in [1, 4095, 4096, 4097, 10_000] {
                let (_dir, journal) = journal(1_000_000, 1);
                fs::write(&journal.config.path, format!("{whole}{}", "x".repeat(torn))).unwrap();
                journal.append(b"next\n").unwrap();
                assert_eq!(content(&journal, 0).unwrap(), format!("{whole}next\n"), "{torn}");
            }
        }
    }

    #[test]
    fn a_file_that_was_moved_away_is_made_anew() {
        let (dir, journal) = journal(1_000, 1);
        journal.append(b"1\n").unwrap();
        fs::rename(&journal.config.path, dir.path().join("taken")).unwrap();
        journal.append(b"2\n").unwrap();
        assert_eq!(content(&journal, 0).unwrap(), "2\n");
        assert_eq!(fs::read_to_string(dir.path().join("taken")).unwrap(), "1\n");
    }
}
