//! Times as PowerShell and the portals print them for people.
//!
//! `Export-Csv` writes a time as the language of the machine has it. American English is read, `11/2/2026 8:16:02 AM`:
//! it is what servers run with, and its mark is that neither the month nor the day has a leading zero and that noon
//! divides the day. `02/11/2026 08:16:02` may be either month in half of the world; it is left as it is, and refused by
//! whoever parses it, because a guess would move a mail by months. No zone is written in any of them; all are UTC.

use jiff::civil::DateTime;

use crate::event::Text;

/// Seconds may have a fraction.
const LAYOUTS: [&str; 3] = ["%m/%d/%Y %I:%M:%S%.f %p", "%m/%d/%Y, %I:%M:%S%.f %p", "%b %d, %Y %I:%M:%S%.f %p"];

/// A year of two digits would be one of the first century.
const YEAR_MIN: i16 = 1970;

/// Longer than any of them.
const BYTES_MAX: usize = 40;

/// Rewrites such a time; everything else is handed back.
pub(super) fn rfc3339(written: Text<'_>) -> Text<'_> {
    american(&written).map_or(written, |time| Text::from(format!("{time}Z")))
}

fn american(written: &str) -> Option<DateTime> {
    let has_half = written.len() <= BYTES_MAX && (written.ends_with("AM") || written.ends_with("PM"));
    if !has_half || written.starts_with('0') || written.contains("/0") {
        return None;
    }
    // Newer libraries put a narrow no-break space in front of the half of the day.
    let plain = written.replace('\u{202f}', " ");
    LAYOUTS.iter().find_map(|layout| DateTime::strptime(layout, &plain).ok()).filter(|time| time.year() >= YEAR_MIN)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Time;

    fn time(written: &str) -> Option<String> {
        Time::parse(&rfc3339(Text::from(written))).ok().map(|time| time.to_string())
    }

    #[test]
    fn american_times_are_read() {
        for written in [
            "11/2/2026 8:16:02 AM",
            "11/2/2026 8:16:02\u{202f}AM",
            "11/2/2026, 8:16:02.000 AM",
            "Nov 2, 2026 8:16:02 AM",
            "2026-11-02 08:16:02Z",
            "2026-11-02 08:16:02.000Z",
            "2026-11-02T08:16:02",
            "2026-11-02 08:16:02",
        ] {
            assert_eq!(time(written).as_deref(), Some("2026-11-02T08:16:02Z"), "{written}");
        }
        assert_eq!(time("12/31/2026 12:00:00 AM").as_deref(), Some("2026-12-31T00:00:00Z"));
        assert_eq!(time("2026-11-02 08:16:02.048Z").as_deref(), Some("2026-11-02T08:16:02.048Z"));
    }

    #[test]
    fn what_may_be_another_day_elsewhere_is_not_guessed() {
        for written in [
            "02/11/2026 08:16:02",
            "11/02/2026 8:16:02 AM",
            "2/03/2026 8:16:02 AM",
            "31/12/2026 8:16:02 AM",
            "2/11/2026 8:16:02 am",
            "11/2/2026 8:16",
            "11/2/26 8:16:02 AM",
            "13:16:02 AM",
            "46328.344467592595",
            "AM",
        ] {
            assert_eq!(time(written), None, "{written}");
        }
    }
}
