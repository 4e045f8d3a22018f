//! The columns that a row can have, and what follows from them.
//!
//! A query takes the columns it likes, so a row of its reply is not a row of a table any more. A column that was taken and
//! is empty tells something: no connector. A column that was not taken tells nothing, and to take it for empty would make
//! every mail of a reply without `Connectors` one that came through no connector.

use super::key::{Key, KeySet};
use super::members::Members;
use super::table::Table;
use crate::event::Untold;

/// What is known of a row's columns from where it stood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Columns {
    /// Nothing: it stood by itself, or in a batch.
    Unstated,
    /// It stands in a reply whose schema, if there is one, names these.
    OfReply(KeySet),
    /// The reply has two schemas.
    Twice,
}

impl Columns {
    /// Whether the row can have the column: the schema names it, or it stands there.
    fn tell(self, row: &Members<'_>, key: Key) -> bool {
        matches!(self, Self::OfReply(named) if named.contains(key)) || row.has(key)
    }

    /// What the columns leave open.
    pub(super) fn untold(self, row: &Members<'_>) -> Untold {
        let none_of = |keys: &[Key]| !keys.iter().any(|key| self.tell(row, *key));
        Untold {
            entry: none_of(&[Key::Connectors]) || none_of(&[Key::EmailDirection]),
            envelope_from: none_of(&[Key::SenderMailFromAddress, Key::SenderMailFromDomain]),
            header_from: none_of(&[Key::SenderFromAddress, Key::SenderFromDomain]),
            authentication: none_of(&[Key::AuthenticationDetails]),
        }
    }

    /// The table that the columns come from; `None` where they show none that we read.
    ///
    /// Columns that EmailEvents alone has come first: hunters join the other tables to it, and what comes out is still a
    /// mail to be judged. What EmailEvents shares with others comes last.
    pub(super) fn table(self, row: &Members<'_>) -> Option<Table> {
        let any = |keys: &[Key]| keys.iter().any(|key| self.tell(row, *key));
        let is_click = any(&[Key::AccountUpn]) && any(&[Key::ActionType]) && any(&OF_A_CLICK);
        match () {
            () if any(&OF_MAIL_ALONE) => Some(Table::Mail),
            () if any(&[Key::UrlChain]) || is_click => Some(Table::Click),
            () if any(&[Key::Url]) && any(&[Key::UrlDomain, Key::UrlLocation]) => Some(Table::Url),
            () if any(&[Key::FileName, Key::Sha256]) => Some(Table::Attachment),
            () if any(&[Key::ActionTrigger, Key::ActionResult]) => Some(Table::PostDelivery),
            () if any(&OF_MAIL_TOO) => Some(Table::Mail),
            () => None,
        }
    }
}

const OF_MAIL_ALONE: [Key; 7] = [
    Key::AuthenticationDetails,
    Key::Connectors,
    Key::SenderFromDomain,
    Key::SenderIpv4,
    Key::SenderIpv6,
    Key::SenderMailFromAddress,
    Key::SenderMailFromDomain,
];

const OF_MAIL_TOO: [Key; 3] = [Key::EmailDirection, Key::RecipientEmailAddress, Key::SenderFromAddress];

/// Sign-in tables have an action and an account too; a click has one of these as well.
const OF_A_CLICK: [Key; 4] = [Key::IsClickedThrough, Key::NetworkMessageId, Key::Url, Key::Workload];

#[cfg(test)]
mod tests {
    use super::*;

    fn table(columns: &[&str]) -> Option<Table> {
        let named: Vec<String> = columns.iter().map(|name| format!("{name:?}:null")).collect();
        let row = format!("{{{}}}", named.join(","));
        let by_row = Columns::Unstated.table(&Members::of(&row).unwrap());
        let mut schema = KeySet::default();
        for key in columns.iter().filter_map(|name| Key::find(name.as_bytes())) {
            schema.insert(key);
        }
        assert_eq!(Columns::OfReply(schema).table(&Members::of("{}").unwrap()), by_row, "{columns:?}");
        by_row
    }

    #[test]
    fn each_table_is_known_by_its_columns() {
        assert_eq!(table(&["Timestamp", "SenderFromDomain", "Connectors"]), Some(Table::Mail));
        assert_eq!(table(&["Timestamp", "RecipientEmailAddress"]), Some(Table::Mail));
        assert_eq!(table(&["Timestamp", "Url", "UrlLocation", "NetworkMessageId"]), Some(Table::Url));
        assert_eq!(table(&["RecipientEmailAddress", "SHA256", "SenderFromAddress"]), Some(Table::Attachment));
        assert_eq!(table(&["Url", "ActionType", "AccountUpn"]), Some(Table::Click));
        assert_eq!(table(&["EmailDirection", "ActionTrigger", "ActionType"]), Some(Table::PostDelivery));
    }

    #[test]
    fn a_mail_that_was_joined_with_another_table_is_a_mail() {
        assert_eq!(table(&["Connectors", "Url", "UrlDomain", "FileName", "ActionTrigger"]), Some(Table::Mail));
    }

    #[test]
    fn other_tables_are_not_guessed() {
        for columns in [&["Timestamp", "Subject"][..], &["Timestamp", "ActionType", "AccountUpn"], &[]] {
            assert_eq!(table(columns), None, "{columns:?}");
        }
    }

    #[test]
    fn a_column_that_was_taken_is_told_even_where_it_is_empty() {
        let untold = |row: &str| Columns::OfReply(KeySet::default()).untold(&Members::of(row).unwrap());
        let all = r#"{"Connectors":"","EmailDirection":null,"SenderMailFromDomain":"","SenderFromAddress":"","AuthenticationDetails":""}"#;
        assert_eq!(untold(all), Untold::default());
        let none = Untold { entry: true, envelope_from: true, header_from: true, authentication: true };
        assert_eq!(untold(r#"{"Timestamp":"t"}"#), none);
        assert!(untold(r#"{"Connectors":""}"#).entry && untold(r#"{"EmailDirection":"Inbound"}"#).entry);
    }
}
