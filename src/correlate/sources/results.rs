//! The results of the latest message, as they are stored: `spf=softfail dkim=none dmarc=fail compauth=fail reason=001`.
//!
//! The words of the headers and no structure of ours, because whoever opens the ledger knows them.

use std::fmt::Write;

use serde::{Deserialize, Deserializer, Serializer};

use crate::event::{AuthResults, CompAuth, CompAuthReason, DkimResult, DmarcResult, SpfResult};

/// Whether nothing was told.
pub(super) fn are_missing(results: &AuthResults) -> bool {
    *results == AuthResults::default()
}

/// The results in words.
pub(super) fn words(results: AuthResults) -> String {
    let AuthResults { spf, dkim, dmarc, comp_auth, comp_auth_reason } = results;
    let mut text = String::new();
    let mut say = |key: &str, word: Option<&str>| {
        let gap = if text.is_empty() { "" } else { " " };
        // Writing to a string cannot fail.
        let _ = word.map(|word| write!(text, "{gap}{key}={word}"));
    };
    say("spf", spf.map(SpfResult::as_str));
    say("dkim", dkim.map(DkimResult::as_str));
    say("dmarc", dmarc.map(DmarcResult::as_str));
    say("compauth", comp_auth.map(CompAuth::as_str));
    say("reason", comp_auth_reason.map(|reason| reason.to_string()).as_deref());
    text
}

/// The results that the words tell. What is none of ours is passed over.
fn read(text: &str) -> AuthResults {
    let mut results = AuthResults::default();
    for (key, word) in text.split(' ').filter_map(|part| part.split_once('=')) {
        match key {
            "spf" => results.spf = Some(SpfResult::parse(word)),
            "dkim" => results.dkim = Some(DkimResult::parse(word)),
            "dmarc" => results.dmarc = Some(DmarcResult::parse(word)),
            "compauth" => results.comp_auth = Some(CompAuth::parse(word)),
            "reason" => results.comp_auth_reason = CompAuthReason::parse(word),
            _ => {}
        }
    }
    results
}

/// For `#[serde(with)]`.
pub(super) fn serialize<S: Serializer>(results: &AuthResults, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&words(*results))
}

/// For `#[serde(with)]`.
pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<AuthResults, D::Error> {
    Ok(read(&std::borrow::Cow::<'de, str>::deserialize(deserializer)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_read_back() {
        for text in [
            "",
            "spf=softfail",
            "spf=pass dkim=timeout dmarc=bestguesspass compauth=softpass reason=001",
            "dmarc=other reason=451",
        ] {
            assert_eq!(words(read(text)), text);
        }
        assert!(are_missing(&read("")) && !are_missing(&read("spf=none")));
    }
}
