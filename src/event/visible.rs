//! Which characters a person sees, and which only do something to the text around them.
//!
//! A subject may hold escape sequences that clear a terminal, letters that turn the line around, letters without width that
//! make two addresses look like one, and line ends that begin a record of their own. Terminals, log lines, chat messages
//! and alerts all need the same answer to "may this be shown", so it is given once, here.

use std::borrow::Cow;

/// Stands for a character that is not shown.
const REPLACEMENT: &str = "\u{fffd}";

/// Controls, line separators, marks of direction, everything without width that is no combining mark, tags, blanks that
/// are letters, and what Unicode calls a noncharacter.
#[must_use]
pub fn is_hidden(letter: char) -> bool {
    letter.is_control()
        || matches!(
            letter,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
                | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}'
                | '\u{fdd0}'..='\u{fdef}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
                | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}'
        )
        || letter as u32 & 0xfffe == 0xfffe
}

/// The text with U+FFFD for each character that [`is_hidden`], so that it can be seen that there was one.
#[must_use]
pub fn visible(text: &str) -> Cow<'_, str> {
    if text.contains(is_hidden) { Cow::Owned(text.replace(is_hidden, REPLACEMENT)) } else { Cow::Borrowed(text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_steers_turns_around_or_hides() {
        let hostile = [
            "\u{1b}",
            "\r",
            "\n",
            "\t",
            "\0",
            "\u{7f}",
            "\u{85}",
            "\u{9b}",
            "\u{202e}",
            "\u{2066}",
            "\u{200b}",
            "\u{2028}",
            "\u{feff}",
            "\u{e0041}",
            "\u{fdd0}",
            "\u{ffff}",
            "\u{10fffe}",
        ];
        for hostile in hostile {
            assert_eq!(visible(&format!("a{hostile}b")), "a\u{fffd}b", "{hostile:?}");
        }
    }

    #[test]
    fn honest_text_stays_as_it_is_and_where_it_is() {
        for honest in ["Quarterly report – März", "請求書", "שלום", "فاتورة", "नमस्ते", "e\u{301}", "📎 invoice", ""]
        {
            assert!(matches!(visible(honest), Cow::Borrowed(same) if same == honest));
        }
    }
}
