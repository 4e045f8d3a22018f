//! Which source a message comes from.

use std::fmt;
use std::str::FromStr;

use crate::event::{Fingerprint, SourceNetwork};

/// Letters of a sender that tell it apart; a mailbox of RFC 5321 fits, and what is longer is the attacker's text.
const SENDER_LETTERS_MAX: usize = 256;

/// One sender at one network.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceKey {
    /// Where it sends from.
    pub network: SourceNetwork,
    /// Whom it speaks as: a folded address. What follows its 256th letter tells nothing apart.
    pub sender: String,
}

impl SourceKey {
    /// Stands for the source wherever it is looked up: senders are the attacker's to choose, so a shorter name would be
    /// one that can be met on purpose.
    pub(super) fn name(&self) -> Fingerprint {
        name(self.network, self.sender())
    }

    /// The sender, as far as it tells sources apart.
    pub(super) fn sender(&self) -> &str {
        let end = self.sender.char_indices().nth(SENDER_LETTERS_MAX).map(|(end, _)| end);
        end.and_then(|end| self.sender.get(..end)).unwrap_or(&self.sender)
    }

    /// The same, without what follows it.
    pub(super) fn into_sender(mut self) -> Box<str> {
        self.sender.truncate(self.sender().len());
        self.sender.into()
    }
}

/// The name of a source whose sender is cut already.
pub(super) fn name(network: SourceNetwork, sender: &str) -> Fingerprint {
    let sender = sender.as_bytes();
    match network {
        SourceNetwork::V4(octets) => Fingerprint::of("postern source", &[&octets, sender]),
        SourceNetwork::V6(segments) => {
            let mut octets = [0; 8];
            for (pair, segment) in octets.chunks_exact_mut(2).zip(segments) {
                pair.copy_from_slice(&segment.to_be_bytes());
            }
            Fingerprint::of("postern source", &[&octets, sender])
        }
    }
}

impl fmt::Display for SourceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.network, self.sender())
    }
}

/// The text is not a network and a sender.
#[derive(Debug, thiserror::Error)]
#[error("not a source; write it as 203.0.113.0/24 scanner@contoso.com")]
pub struct SourceKeyError;

impl FromStr for SourceKey {
    type Err = SourceKeyError;

    fn from_str(text: &str) -> Result<Self, SourceKeyError> {
        let (network, sender) = text.split_once(' ').ok_or(SourceKeyError)?;
        Ok(Self { network: network.parse().map_err(|_| SourceKeyError)?, sender: sender.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_reads_back() {
        for text in ["203.0.113.0/24 scanner@contoso.com", "2001:db8:1:2::/64 a b@contoso.com"] {
            assert_eq!(text.parse::<SourceKey>().unwrap().to_string(), text);
        }
        assert!("scanner@contoso.com".parse::<SourceKey>().is_err());
    }

    #[test]
    fn a_sender_without_end_is_known_by_its_beginning() {
        let key =
            |letters: usize| SourceKey { network: SourceNetwork::V4([203, 0, 113]), sender: "ü".repeat(letters) };
        assert_eq!(key(300).name(), key(256).name());
        assert_eq!(key(300).to_string(), key(256).to_string());
        assert_ne!(key(255).name(), key(256).name());
    }

    #[test]
    fn networks_of_both_kinds_have_names_of_their_own() {
        let names = ["203.0.113.0/24", "2001:db8:1:2::/64", "2001:db8:1:3::/64"].map(|network| {
            SourceKey { network: network.parse().unwrap(), sender: "scanner@contoso.com".to_owned() }.name()
        });
        assert!(names[0] != names[1] && names[1] != names[2]);
    }
}
