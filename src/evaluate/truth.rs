//! What a record truly is: a line of the labels file.

use serde::Deserialize;

/// The label of one record, as `postern simulate --labels` writes it. Whoever labels other mail needs these fields alone;
/// what else the line says is not read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct Truth {
    /// The number of the record in the run, from 1.
    pub record: u64,
    /// `NetworkMessageId` of the message.
    pub network_message_id: String,
    /// `RecipientEmailAddress` of the row.
    pub recipient: String,
    /// What kind of mail it is, in the words of whoever labelled it.
    pub family: String,
    /// Whether a detector must find it.
    pub malicious: bool,
    /// Whether the record alone cannot tell; nobody is scored on it.
    #[serde(default)]
    pub ambiguous: bool,
    /// The table of the record; missing, it is EmailEvents.
    #[serde(default)]
    pub table: Option<String>,
    /// The number of the attack that it belongs to, unique within the tenant.
    #[serde(default)]
    pub campaign: Option<u64>,
    /// The device or service of the tenant that sent it, where one did: all its mail is one standing thing.
    #[serde(default)]
    pub source: Option<String>,
}

impl Truth {
    /// Whether the record is mail. What other tables say of a message is labelled as it is, and is no message.
    #[must_use]
    pub fn is_mail(&self) -> bool {
        self.table.as_ref().is_none_or(|table| table == "EmailEvents")
    }

    /// How a detector that fires on it is to be judged.
    #[must_use]
    pub const fn nature(&self) -> Nature {
        match (self.ambiguous, self.malicious) {
            (true, _) => Nature::Ambiguous,
            (false, true) => Nature::Attack,
            (false, false) => Nature::Benign,
        }
    }
}

/// What it means when a detector fires.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Nature {
    /// It is right.
    Attack,
    /// It is wrong.
    Benign,
    /// Nobody can say.
    Ambiguous,
}

impl Nature {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 3] = [Self::Attack, Self::Benign, Self::Ambiguous];

    /// The word in reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Attack => "attack",
            Self::Benign => "benign",
            Self::Ambiguous => "ambiguous",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_the_simulator_is_a_label_and_an_older_one_is_unambiguous() {
        let line = r#"{"record":1,"tenant":"t","network_message_id":"n","recipient":"r","family":"own-domain",
            "malicious":false,"campaign":null,"repeat":false}"#;
        let truth: Truth = serde_json::from_str(line).unwrap();
        assert_eq!((truth.nature(), truth.family.as_str()), (Nature::Benign, "own-domain"));
        let nature = |malicious, ambiguous| Truth { malicious, ambiguous, ..truth.clone() }.nature();
        assert_eq!(nature(true, false), Nature::Attack);
        assert_eq!(nature(true, true), Nature::Ambiguous);
    }

    #[test]
    fn a_record_is_mail_unless_its_label_names_another_table() {
        let truth = |table: &str| {
            let line = r#"{"record":1,"network_message_id":"n","recipient":"r","family":"f","malicious":true"#;
            serde_json::from_str::<Truth>(&format!("{line}{table}}}")).unwrap()
        };
        assert!(truth("").is_mail() && truth(r#","table":"EmailEvents""#).is_mail());
        assert!(!truth(r#","table":"EmailUrlInfo""#).is_mail());
    }
}
