//! The tables that we read.

/// A table of Advanced Hunting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Table {
    Mail,
    Url,
    Attachment,
    Click,
    PostDelivery,
    /// Of Defender for Cloud Apps, with the audit records of Exchange Online among others.
    CloudApp,
    /// Of Sentinel, with the same records in columns of its own.
    OfficeActivity,
}

impl Table {
    /// Recognises a `category`, without case and with or without its prefix.
    pub(super) fn of(category: &str) -> Option<Self> {
        let name = match category.split_at_checked(PREFIX.len()) {
            Some((prefix, name)) if prefix.eq_ignore_ascii_case(PREFIX) => name,
            _ => category,
        };
        TABLES.iter().find(|(table, _)| table.eq_ignore_ascii_case(name)).map(|&(_, table)| table)
    }
}

/// What the streaming API writes before the name of the table.
const PREFIX: &str = "AdvancedHunting-";

const TABLES: [(&str, Table); 7] = [
    ("EmailEvents", Table::Mail),
    ("EmailUrlInfo", Table::Url),
    ("EmailAttachmentInfo", Table::Attachment),
    ("UrlClickEvents", Table::Click),
    ("EmailPostDeliveryEvents", Table::PostDelivery),
    ("CloudAppEvents", Table::CloudApp),
    ("OfficeActivity", Table::OfficeActivity),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_recognised_without_case_and_without_its_prefix() {
        for category in ["AdvancedHunting-EmailEvents", "advancedhunting-EMAILEVENTS", "EmailEvents"] {
            assert_eq!(Table::of(category), Some(Table::Mail), "{category}");
        }
        assert_eq!(Table::of("AdvancedHunting-UrlClickEvents"), Some(Table::Click));
    }

    #[test]
    fn other_tables_are_not_ours() {
        for category in ["", "AdvancedHunting-", "AdvancedHunting-DeviceEvents", "AdvancedHuntin\u{e9}EmailEvents"] {
            assert_eq!(Table::of(category), None, "{category}");
        }
    }
}
