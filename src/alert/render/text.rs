//! What of a text is shown, and how texts share too little room.
//!
//! Every text of a record goes through [`shown`] before it is rendered, in every format: what JSON could escape would
//! still be shown unescaped by the console at the end, which has as little use for an escape sequence as a log line has.

use std::borrow::Cow;

use crate::event::visible;

/// The longest text that is told, in bytes of UTF-8. A tenth of a page is read; Lucene refuses a whole document for one term
/// of more than 32,766 bytes.
pub(super) const TEXT_BYTES_MAX: usize = 8 << 10;

/// The most entries of a list that are told; lists of alerts are shorter ([`crate::alert::SAMPLES_MAX`]).
pub(super) const LIST_MAX: usize = 64;

/// Ends a text that was cut.
const CUT: char = '…';

/// A text as it is told: nothing hidden in it, no space around it, at most [`TEXT_BYTES_MAX`] long.
pub(super) fn shown(text: &str) -> Cow<'_, str> {
    let text = text.trim();
    // A character more than there is room for, so that it is seen that something was cut.
    match visible(&text[..text.floor_char_boundary(TEXT_BYTES_MAX + 4)]) {
        Cow::Borrowed(text) => cut(text, TEXT_BYTES_MAX, char::len_utf8),
        Cow::Owned(text) => Cow::Owned(cut(&text, TEXT_BYTES_MAX, char::len_utf8).into_owned()),
    }
}

/// Several texts as one, for formats that have no lists.
pub(super) fn joined<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    let shown: Vec<_> = texts.into_iter().take(LIST_MAX).map(shown).filter(|text| !text.is_empty()).collect();
    shown.join("; ")
}

/// As much of a text as costs no more, cut between characters; what is cut ends with `…` where there is room for it.
pub(super) fn cut(text: &str, cost_max: usize, cost: impl Fn(char) -> usize) -> Cow<'_, str> {
    let mark = cost(CUT);
    let (mut spent, mut end) = (0, 0);
    for (place, letter) in text.char_indices() {
        if spent + mark <= cost_max {
            end = place;
        }
        spent += cost(letter);
        if spent > cost_max {
            let mark = (mark <= cost_max).then_some(CUT);
            return Cow::Owned(text[..end].chars().chain(mark).collect());
        }
    }
    Cow::Borrowed(text)
}

/// The cost that each may have at most, so that all together keep to the budget: the longest are cut, and down to the same
/// length. `usize::MAX` where nothing has to be cut.
pub(super) fn level(mut costs: Vec<usize>, budget: usize) -> usize {
    costs.sort_unstable();
    let (mut left, mut sharers) = (budget, costs.len());
    for cost in costs {
        if cost > left / sharers {
            return left / sharers;
        }
        left -= cost;
        sharers -= 1;
    }
    usize::MAX
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_between_characters_and_says_so() {
        for (cost_max, expected) in [(9, "größe"), (7, "größe"), (6, "gr…"), (5, "gr…"), (3, "…"), (2, "")] {
            assert_eq!(cut("größe", cost_max, char::len_utf8), expected, "{cost_max}");
        }
        assert_eq!(cut("", 0, char::len_utf8), "");
    }

    #[test]
    fn what_is_shown_is_bounded_however_it_was_written() {
        for text in ["x".repeat(100_000), "ä".repeat(100_000), "\u{1b}".repeat(100_000), " ".repeat(100_000) + "x"] {
            assert!((1..=TEXT_BYTES_MAX).contains(&shown(&text).len()));
        }
        assert!(shown(&"x".repeat(TEXT_BYTES_MAX + 1)).ends_with("x…"));
        assert_eq!(shown(&"x".repeat(TEXT_BYTES_MAX)).len(), TEXT_BYTES_MAX);
        assert_eq!(shown(" a\r\nb\t"), "a\u{fffd}\u{fffd}b");
    }

    #[test]
    fn the_longest_are_cut_first_and_alike() {
        assert_eq!(level(vec![5, 100, 80], 200), usize::MAX);
        assert_eq!(level(vec![5, 100, 80], 105), 50);
        assert_eq!(level(vec![5, 100, 30], 105), 70);
        assert_eq!(level(vec![5, 100], 0), 0);
        assert_eq!(level(Vec::new(), 0), usize::MAX);
    }
}
