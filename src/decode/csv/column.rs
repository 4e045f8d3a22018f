//! The names that we read, of all reports together.
//!
//! Every writer spells them its own way: `network_message_id` in a historical search, `MessageTraceId` from PowerShell,
//! `Timestamp [UTC]` from Log Analytics. A name is compared by its letters and digits alone, without case.

/// Declares the columns and the names by which each goes.
macro_rules! columns {
    ($($column:ident = $($name:literal)+;)+) => {
        /// A column that some report has.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Column {
            $($column,)+
        }

        impl Column {
            /// How many there are.
            pub(super) const COUNT: usize = [$(Self::$column),+].len();

            /// Recognises a column by its normalised name.
            fn find(normalised: &str) -> Option<Self> {
                match normalised {
                    $($($name)|+ => Some(Self::$column),)+
                    _ => None,
                }
            }
        }
    };
}

columns! {
    // The message trace, in every report.
    Received = "received" "receiveddatetime" "origintimestamputc" "datetimeutc" "date";
    NetworkMessageId = "networkmessageid" "messagetraceid";
    MessageId = "messageid" "internetmessageid";
    Sender = "senderaddress" "sender";
    Recipient = "recipientaddress" "recipient" "recipients";
    Subject = "subject" "messagesubject";
    Status = "status" "deliverystatus";
    RecipientStatus = "recipientstatus";
    ClientIp = "clientip" "fromip";
    OriginalClientIp = "originalclientip";
    Directionality = "directionality" "direction" "connectordirection";
    ConnectorId = "connectorid";
    // The extended report.
    EventId = "eventid";
    Source = "source";
    ReturnPath = "returnpath";
    TenantId = "tenantid";
    // The connector report, of which no two descriptions agree.
    ConnectorName = "connectorname" "connector";
    ConnectorType = "connectortype";
    ConnectorDirectionAndName = "connectordirectionandname";
    Volume = "volume";
    // EmailEvents; what it shares with the trace stands above.
    AttachmentCount = "attachmentcount";
    AuthenticationDetails = "authenticationdetails";
    Connectors = "connectors";
    DeliveryAction = "deliveryaction";
    DeliveryLocation = "deliverylocation";
    DetectionMethods = "detectionmethods";
    EmailClusterId = "emailclusterid";
    EmailDirection = "emaildirection";
    IsFirstContact = "isfirstcontact";
    OrgLevelPolicy = "orglevelpolicy";
    RecipientEmailAddress = "recipientemailaddress";
    ReportId = "reportid";
    SenderDisplayName = "senderdisplayname";
    SenderFromAddress = "senderfromaddress";
    SenderFromDomain = "senderfromdomain";
    SenderIpv4 = "senderipv4";
    SenderIpv6 = "senderipv6";
    SenderMailFromAddress = "sendermailfromaddress";
    SenderMailFromDomain = "sendermailfromdomain";
    ThreatTypes = "threattypes";
    Timestamp = "timestamp" "timestamputc";
    UrlCount = "urlcount";
}

impl Column {
    /// Recognises a column by its name as written.
    pub(super) fn of(name: &str) -> Option<Self> {
        if name.len() > NAME_BYTES_MAX {
            return None;
        }
        Self::find(&normalised(name))
    }
}

/// Longer than any name that we read, however it is spelt.
const NAME_BYTES_MAX: usize = 100;

/// Letters and digits, in lower case.
pub(super) fn normalised(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_lowercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_is_known_by_each_of_its_names_however_it_is_spelt() {
        for name in ["network_message_id", "NetworkMessageId", "\u{feff}Network-Message ID", "MessageTraceId"] {
            assert_eq!(Column::of(name), Some(Column::NetworkMessageId), "{name}");
        }
        assert_eq!(Column::of("Timestamp [UTC]"), Some(Column::Timestamp));
        for name in ["", "internal_message_id", "Timestamp [Local Time]", "StartDate", "Sender\u{2028}Object"] {
            assert_eq!(Column::of(name), None, "{name}");
        }
    }
}
