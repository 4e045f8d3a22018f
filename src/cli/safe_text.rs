//! Text from mail, made fit for a terminal.
//!
//! A subject may hold escape sequences that clear the screen, letters that turn the line around, and letters without
//! width that make two addresses look like one. None of them is printed; what stands in their place can be seen.

use unicode_width::UnicodeWidthChar;

use crate::event::visible;

/// The text without anything that steers a terminal, reorders letters or cannot be seen.
#[must_use]
pub fn safe(text: &str) -> String {
    visible(text).into_owned()
}

/// Safe text of at most so many columns; `…` stands for the rest.
#[must_use]
pub fn safe_within(text: &str, columns_max: usize) -> String {
    let mut shown = safe(text);
    if columns(&shown) > columns_max {
        let mut room = columns_max.saturating_sub(1);
        let fits = |letter: &char| {
            let width = letter.width().unwrap_or(0);
            let fits = width <= room;
            room = room.saturating_sub(width);
            fits
        };
        shown = shown.chars().take_while(fits).chain(['…']).collect();
    }
    shown
}

/// How many columns of a terminal the text takes.
#[must_use]
pub fn columns(text: &str) -> usize {
    text.chars().filter_map(UnicodeWidthChar::width).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_steers_the_terminal_or_hides() {
        for hostile in
            ["\u{1b}[2J", "\r", "\n", "\u{9b}31m", "\u{202e}", "\u{2066}", "\u{200b}", "\u{feff}", "\u{e0041}"]
        {
            let shown = safe(&format!("a{hostile}b"));
            assert!(shown.starts_with("a\u{fffd}") && shown.ends_with('b'), "{shown:?}");
            assert!(!shown.contains(hostile));
        }
    }

    #[test]
    fn honest_text_stays_as_it_is() {
        for honest in ["Quarterly report – März", "請求書", "שלום", "فاتورة", "नमस्ते", "e\u{301}", "📎 invoice"]
        {
            assert_eq!(safe(honest), honest);
        }
    }

    #[test]
    fn text_is_cut_by_what_it_takes_on_the_screen() {
        assert_eq!(safe_within("abcdef", 6), "abcdef");
        assert_eq!(safe_within("abcdefg", 6), "abcde…");
        assert_eq!(safe_within("請求書請求書", 6), "請求…");
        assert_eq!(columns(&safe_within("\u{1b}請求書", 4)), 4);
        assert_eq!(safe_within("abc", 0), "…");
    }
}
