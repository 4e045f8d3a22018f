//! Parameters as one line, as PowerShell would take them: `-Name "x" -Enabled "True" -Types ("Bulk","Spam")`.
//!
//! Some records hold this line instead of a list. Its grammar is published nowhere, so we read it as PowerShell would: a
//! quote inside quotes is doubled, a list stands in parentheses and is kept as it is written, a parameter without a
//! value is a switch. Any text is read to its end; what fits nowhere is passed over.

use crate::event::{Parameter, Text};

/// The parameters of a line, in their order.
pub(super) fn parameters(line: &str) -> impl Iterator<Item = Parameter<'_>> {
    let mut rest = line;
    std::iter::from_fn(move || {
        loop {
            rest = rest.trim_start();
            if rest.is_empty() {
                return None;
            }
            if is_name(rest) {
                return Some(parameter(&mut rest));
            }
            value(&mut rest);
        }
    })
}

/// Whether a parameter's name is next; `-1` is a value.
fn is_name(rest: &str) -> bool {
    rest.strip_prefix('-').is_some_and(|name| name.starts_with(|letter: char| letter.is_ascii_alphabetic()))
}

fn parameter<'a>(rest: &mut &'a str) -> Parameter<'a> {
    let end = rest.find(|letter: char| letter.is_whitespace() || letter == ':').unwrap_or(rest.len());
    let name = rest[..end].trim_start_matches('-');
    *rest = rest[end..].trim_start_matches(':').trim_start();
    let is_switch = rest.is_empty() || is_name(rest);
    Parameter { name: Text::borrowed(name), value: if is_switch { Text::borrowed("True") } else { value(rest) } }
}

fn value<'a>(rest: &mut &'a str) -> Text<'a> {
    match rest.chars().next() {
        Some(quote @ ('"' | '\'')) => quoted(rest, quote),
        Some('(' | '@' | '{') => Text::borrowed(take(rest, end_of_list(rest))),
        _ => Text::borrowed(take(rest, rest.find(char::is_whitespace).unwrap_or(rest.len()))),
    }
}

/// Up to the next quote that is not doubled, or to the end.
fn quoted<'a>(rest: &mut &'a str, quote: char) -> Text<'a> {
    let inside = &rest[1..];
    let mut from = 0;
    let end = loop {
        match inside[from..].find(quote) {
            None => break inside.len(),
            Some(at) if inside[from + at + 1..].starts_with(quote) => from += at + 2,
            Some(at) => break from + at,
        }
    };
    *rest = inside.get(end + 1..).unwrap_or_default();
    let text = &inside[..end];
    if from == 0 {
        Text::borrowed(text)
    } else {
        Text::from(text.replace(&format!("{quote}{quote}"), &quote.to_string()))
    }
}

/// Where the brackets that open here are closed again, outside of quotes; a word without brackets ends at a blank.
fn end_of_list(text: &str) -> usize {
    let (mut depth, mut within) = (0_usize, None);
    for (at, letter) in text.char_indices() {
        match (within, letter) {
            (Some(quote), _) if quote == letter => within = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => within = Some(letter),
            (None, '(' | '{') => depth += 1,
            (None, ')' | '}') if depth <= 1 => return at + 1,
            (None, ')' | '}') => depth -= 1,
            (None, _) if depth == 0 && letter.is_whitespace() => return at,
            (None, _) => {}
        }
    }
    text.len()
}

fn take<'a>(rest: &mut &'a str, end: usize) -> &'a str {
    let (taken, left) = rest.split_at(end);
    *rest = left;
    taken
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(line: &str) -> Vec<(String, String)> {
        parameters(line).map(|it| (it.name.to_string(), it.value.to_string())).collect()
    }

    fn quote(text: &str) -> String {
        format!("\"{}\"", text.replace('"', "\"\""))
    }

    #[test]
    fn the_published_example_is_read() {
        let line = r#"-StartReceivedDate "4/25/2021 7:00:00 AM" -PageSize "100" -MyItems "True" -QuarantineTypes ("Bulk","Spam","Phish")"#;
        let expected = [
            ("StartReceivedDate", "4/25/2021 7:00:00 AM"),
            ("PageSize", "100"),
            ("MyItems", "True"),
            ("QuarantineTypes", r#"("Bulk","Spam","Phish")"#),
        ];
        assert_eq!(read(line), expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }

    #[test]
    fn switches_bare_words_and_hash_tables_are_read() {
        let line = "-Force -SetSCL -1 -IPAllowList @{Add=\"192.0.2.1\", \"192.0.2.2\"} -Enabled:$false -Name 'it''s'";
        let expected = [
            ("Force", "True"),
            ("SetSCL", "-1"),
            ("IPAllowList", "@{Add=\"192.0.2.1\", \"192.0.2.2\"}"),
            ("Enabled", "$false"),
            ("Name", "it's"),
        ];
        assert_eq!(read(line), expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }

    #[test]
    fn a_value_cannot_pretend_to_be_the_next_parameter() {
        let line = format!("-Name {} -Enabled \"True\"", quote(r#"x" -Enabled "False"#));
        assert_eq!(read(&line)[0].1, r#"x" -Enabled "False"#);
        assert_eq!(read(&line)[1], ("Enabled".to_owned(), "True".to_owned()));
    }

    proptest! {
        #[test]
        fn what_is_printed_reads_back(
            all in proptest::collection::vec(("[A-Za-z][A-Za-z0-9]{0,9}", any::<String>(), 0_usize..4), 0..8)
        ) {
            let written: Vec<_> = all.into_iter().map(|(name, text, items)| match items {
                0 => (name, quote(&text), text),
                _ => {
                    let list = format!("({})", vec![quote(&text); items].join(","));
                    (name, list.clone(), list)
                }
            }).collect();
            let line: Vec<_> = written.iter().map(|(name, value, _)| format!("-{name} {value}")).collect();
            let expected: Vec<_> = written.into_iter().map(|(name, _, value)| (name, value)).collect();
            prop_assert_eq!(read(&line.join(" ")), expected);
        }

        #[test]
        fn any_text_is_read_to_its_end(line in r#"([-"'(){}@: a-zé,$=1]|""){0,60}"#) {
            prop_assert!(parameters(&line).count() <= line.len());
        }
    }
}
