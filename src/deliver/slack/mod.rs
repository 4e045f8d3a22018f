//! Slack, by an incoming webhook: one message an alert.
//!
//! Everything that came from mail is `plain_text`, in which nothing is markup, nothing is a mention and nothing is a link
//! (Slack, "Reference: Message composition objects").

use serde_json::{Value, json};

use super::chat::{Chat, facts, headline};
use super::{Clock, DeliverError};
use crate::alert::Alert;
use crate::config::ChatSink;

/// The longest text of a header block, in characters.
const HEADER_CHARS_MAX: usize = 150;

pub(super) fn sink(name: &str, config: &ChatSink, clock: Clock) -> Result<Chat, DeliverError> {
    Chat::new(name, config, clock, message)
}

fn message(alert: &Alert, remark: Option<String>) -> Value {
    let headline = headline(alert);
    let lines = facts(alert).into_iter().map(|(label, value)| format!("{label}: {value}"));
    let text = lines.chain(remark).collect::<Vec<_>>().join("\n");
    let plain = |text: &str| json!({ "type": "plain_text", "text": text, "emoji": false });
    let header: String = headline.chars().take(HEADER_CHARS_MAX).collect();
    json!({
        // What a notification shows; here markup counts, so what would be markup is written out.
        "text": headline.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;"),
        "unfurl_links": false,
        "unfurl_media": false,
        "blocks": [
            { "type": "header", "text": plain(&header) },
            { "type": "section", "text": plain(&text) },
        ],
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deliver::harness::alert;

    #[test]
    fn a_message_is_plain_text_whatever_the_mail_said() {
        let mut hostile = alert(1);
        hostile.title = "<!channel> *bold* <https://evil.example|click> & more".into();
        hostile.subjects = vec!["<@U123> :tada: `x`\n*now*".into()];
        let message = message(&hostile, Some("3 more were not told".into()));
        assert!(!message["text"].as_str().unwrap().contains(['<', '>']));
        for block in message["blocks"].as_array().unwrap() {
            assert_eq!((&block["text"]["type"], &block["text"]["emoji"]), (&json!("plain_text"), &json!(false)));
        }
        let section = message["blocks"][1]["text"]["text"].as_str().unwrap();
        assert!(
            section.contains("Subject: <@U123> :tada: `x` *now*") && section.ends_with("3 more were not told"),
            "{section}"
        );
    }

    #[test]
    fn a_message_keeps_to_the_limits_of_slack() {
        let mut long = alert(1);
        long.title = "x".repeat(100_000);
        long.subjects = vec!["y".repeat(100_000)];
        long.actions = vec!["z".repeat(100_000)];
        let message = message(&long, None);
        assert!(message["blocks"][0]["text"]["text"].as_str().unwrap().chars().count() <= 150);
        assert!(message["blocks"][1]["text"]["text"].as_str().unwrap().chars().count() <= 3_000);
    }
}
