//! Dates of header fields.

use jiff::fmt::rfc2822::DateTimeParser;

use crate::event::Time;

/// Senders get the day of the week wrong.
const PARSER: DateTimeParser = DateTimeParser::new().relaxed_weekday(true);

/// The words of a date: day of the week, day, month, year, time, zone.
const WORDS_MAX: usize = 6;

/// Reads a date of RFC 5322, or Exchange Online's own `02 Nov 2026 08:16:02.5789 (UTC)`: a fraction, which is cut, and the
/// zone in a comment.
pub(super) fn parse(text: &str) -> Option<Time> {
    let written = text.split('(').next().unwrap_or_default();
    let mut words: Vec<&str> = written.split_ascii_whitespace().take(WORDS_MAX + 1).collect();
    if let Some(time) = words.iter_mut().find(|word| word.contains(':')) {
        *time = time.split('.').next().unwrap_or_default();
    }
    match words.last_mut() {
        Some(zone) if zone.eq_ignore_ascii_case("UTC") => *zone = "+0000",
        Some(time) if time.contains(':') => words.push("+0000"),
        _ => {}
    }
    let instant = PARSER.parse_timestamp(words.join(" ")).ok()?;
    Some(Time::from_micros(instant.as_microsecond()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_one_time_is_that_time() {
        for text in [
            "Mon, 2 Nov 2026 08:16:02 +0000",
            "Mon,  2 Nov\t2026 09:16:02 +0100 (CET)",
            "2 Nov 2026 08:16:02 GMT",
            "Mon, 02 Nov 2026 08:16:02 UTC",
            "02 Nov 2026 08:16:02.5789 (UTC)",
            "Tue, 2 Nov 2026 08:16:02 +0000",
        ] {
            assert_eq!(parse(text).map(|time| time.to_string()).as_deref(), Some("2026-11-02T08:16:02Z"), "{text}");
        }
    }

    #[test]
    fn what_is_no_date_is_none() {
        for text in ["", "()", "yesterday", "32 Nov 2026 08:16:02 +0000", "2026-11-02T08:16:02Z", ":"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
