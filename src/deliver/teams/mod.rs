//! Microsoft Teams, by a workflow that posts what it is sent: an Adaptive Card an alert.
//!
//! `TextBlock` and `FactSet` read Markdown, `TextRun` does not (Adaptive Cards schema, "TextRun"), so whatever came from
//! mail is a `TextRun`.

use serde_json::{Value, json};

use super::chat::{Chat, facts, headline};
use super::{Clock, DeliverError};
use crate::alert::Alert;
use crate::config::ChatSink;
use crate::judge::Severity;

pub(super) fn sink(name: &str, config: &ChatSink, clock: Clock) -> Result<Chat, DeliverError> {
    Chat::new(name, config, clock, message)
}

fn message(alert: &Alert, remark: Option<String>) -> Value {
    let run = |text: &str| json!({ "type": "TextRun", "text": text });
    let headline = json!({ "type": "TextRun", "text": headline(alert), "weight": "Bolder", "size": "Medium", "color": colour(alert.severity) });
    let mut body = vec![json!({ "type": "RichTextBlock", "inlines": [headline] })];
    for (label, value) in facts(alert) {
        let label = json!({ "type": "TextRun", "text": format!("{label}: "), "isSubtle": true });
        body.push(json!({ "type": "RichTextBlock", "inlines": [label, run(&value)], "spacing": "None" }));
    }
    body.extend(remark.map(|remark| json!({ "type": "RichTextBlock", "inlines": [run(&remark)], "separator": true })));
    json!({
        "type": "message",
        "attachments": [{
            "contentType": "application/vnd.microsoft.card.adaptive",
            "contentUrl": null,
            "content": {
                "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
                "type": "AdaptiveCard",
                "version": "1.4",
                "msteams": { "width": "Full" },
                "body": body,
            },
        }],
    })
}

const fn colour(severity: Severity) -> &'static str {
    match severity {
        Severity::Low => "Default",
        Severity::Medium => "Warning",
        Severity::High | Severity::Critical => "Attention",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deliver::harness::alert;

    /// What a workflow takes (Microsoft, "Create Incoming Webhooks with Workflows for Microsoft Teams").
    const BYTES_MAX: usize = 28_000;

    #[test]
    fn nothing_of_a_card_is_read_as_markdown() {
        let mut hostile = alert(1);
        hostile.subjects = vec!["[click](https://evil.example) **now**".into()];
        let message = message(&hostile, None);
        let body = message["attachments"][0]["content"]["body"].as_array().unwrap();
        for block in body {
            assert_eq!(block["type"], "RichTextBlock");
            assert!(block["inlines"].as_array().unwrap().iter().all(|inline| inline["type"] == "TextRun"));
        }
        assert!(message.to_string().contains("https[:]//evil.example"));
    }

    #[test]
    fn a_card_of_the_longest_texts_is_one_that_a_workflow_takes() {
        let mut long = alert(1);
        long.title = "\u{10348}".repeat(100_000);
        long.subjects = vec!["\"".repeat(100_000)];
        long.sources = vec!["\u{fffd}".repeat(100_000)];
        long.senders = vec!["ä".repeat(100_000)];
        long.actions = vec!["z".repeat(100_000)];
        long.link_domains = vec!["a.".repeat(50_000)];
        assert!(message(&long, Some("more".into())).to_string().len() < BYTES_MAX);
    }
}
