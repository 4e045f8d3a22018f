//! A line of header and fields, cut to what a transport takes.
//!
//! Syslog over UDP takes 2,048 bytes and some receivers less, so a line has to lose something. It loses the ends of its
//! longest values first; where values would become stumps, the fields that matter least go altogether. The fields by which
//! alerts are joined, counted and ordered always stay whole.

use super::text::{cut, level};

/// A value is not cut below this; the field is left out instead, or the next one.
const STUMP_BYTES: usize = 16;

/// A piece of a line: fixed text, a value, fixed text.
pub(super) struct Part {
    before: String,
    value: String,
    after: String,
    escaped: &'static [char],
    value_cost: usize,
    may_be_cut: bool,
    may_be_left_out: bool,
}

impl Part {
    /// A field that stays as it is.
    pub(super) fn fixed(before: String, value: String, escaped: &'static [char]) -> Self {
        let value_cost = value.chars().map(|letter| cost(letter, escaped)).sum();
        let after = String::new();
        Self { before, value, after, escaped, value_cost, may_be_cut: false, may_be_left_out: false }
    }

    /// A field that is whole or not there: of an address or a number, a piece says something else.
    pub(super) fn whole(before: String, value: String, escaped: &'static [char]) -> Self {
        Self { may_be_left_out: true, ..Self::fixed(before, value, escaped) }
    }

    /// A field that stays, but whose value may be cut.
    pub(super) fn cut(before: String, value: String, after: &str, escaped: &'static [char]) -> Self {
        Self { after: after.to_owned(), may_be_cut: true, ..Self::fixed(before, value, escaped) }
    }

    /// A field that may be cut or left out.
    pub(super) fn text(before: String, value: String, escaped: &'static [char]) -> Self {
        Self { may_be_cut: true, may_be_left_out: true, ..Self::fixed(before, value, escaped) }
    }

    /// Cutting comes before escaping, so that no escape is ever cut in two.
    fn write(&self, level: usize, line: &mut String) {
        let level = if self.may_be_cut { level } else { usize::MAX };
        line.push_str(&self.before);
        for letter in cut(&self.value, level, |letter| cost(letter, self.escaped)).chars() {
            if self.escaped.contains(&letter) {
                line.push('\\');
            }
            line.push(letter);
        }
        line.push_str(&self.after);
    }
}

fn cost(letter: char, escaped: &[char]) -> usize {
    letter.len_utf8() + usize::from(escaped.contains(&letter))
}

/// The line of these parts, the most important first, in at most so many bytes; longer only where the parts that stay
/// take more.
pub(super) fn line(mut parts: Vec<Part>, bytes_max: usize) -> String {
    let level = loop {
        let level = level_of(&parts, bytes_max);
        let least = parts.iter().rposition(|part| part.may_be_left_out).filter(|_| level < STUMP_BYTES);
        let Some(least) = least else { break level };
        parts.remove(least);
    };
    let mut line = String::with_capacity(bytes_max.min(16 << 10));
    parts.iter().for_each(|part| part.write(level, &mut line));
    line
}

fn level_of(parts: &[Part], bytes_max: usize) -> usize {
    let fixed = |part: &Part| {
        let whole = if part.may_be_cut { 0 } else { part.value_cost };
        part.before.len() + part.after.len() + whole
    };
    let costs = parts.iter().filter(|part| part.may_be_cut).map(|part| part.value_cost).collect();
    level(costs, bytes_max.saturating_sub(parts.iter().map(fixed).sum()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts() -> Vec<Part> {
        vec![
            Part::cut("H|".to_owned(), "title ".repeat(20), "|", &['|']),
            Part::fixed("id=".to_owned(), "0123456789abcdef".to_owned(), &[]),
            Part::text(" a=".to_owned(), "=\\".repeat(100), &['=', '\\']),
            Part::whole(" ip=".to_owned(), "2001:db8:0:1:2:3:4:5".to_owned(), &[]),
            Part::text(" b=".to_owned(), "short".to_owned(), &[]),
        ]
    }

    #[test]
    fn a_line_keeps_its_bound_and_what_must_stay() {
        let whole = line(parts(), 10_000);
        for bytes_max in 60..whole.len() + 10 {
            let line = line(parts(), bytes_max);
            assert!(line.len() <= bytes_max && line.contains("|id=0123456789abcdef"), "{bytes_max}: {line}");
            assert!(!line.contains(" ip=") || line.contains(" ip=2001:db8:0:1:2:3:4:5"), "{line}");
        }
    }

    #[test]
    fn the_longest_value_is_cut_first_and_never_inside_an_escape() {
        let line = line(parts(), 300);
        assert!(line.contains(&"title ".repeat(20)) && line.contains(" b=short"), "{line}");
        let value = line.split_once(" a=").unwrap().1.split_once("… ip=").unwrap().0;
        assert!(value.len() > 100 && value.replace("\\=", "").replace("\\\\", "").is_empty(), "{line}");
    }

    #[test]
    fn what_matters_least_is_left_out_before_values_become_stumps() {
        let line = line(parts(), 75);
        assert!(!line.contains(" b=") && line.contains("title title"), "{line}");
    }
}
