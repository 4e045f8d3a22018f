//! The names that we read, of the envelope and of all tables together.

/// Declares the keys and how they are recognised.
macro_rules! keys {
    ($($key:ident = $name:literal),+ $(,)?) => {
        /// A key of an envelope or of a row.
        ///
        /// One set for all objects: a name that an object should not have is then noticed when it stands there twice or
        /// holds a container, which only makes the skim more careful, and no reader ever asks for it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Key {
            $($key,)+
        }

        impl Key {
            /// How many there are.
            pub(super) const COUNT: usize = [$(Self::$key),+].len();

            /// Recognises a name. The compiler turns the match into a jump on the length and a few comparisons.
            #[expect(non_upper_case_globals, reason = "each pattern is called as its key is")]
            pub(super) const fn find(name: &[u8]) -> Option<Self> {
                $(const $key: &[u8] = $name.as_bytes();)+
                match name {
                    $($key => Some(Self::$key),)+
                    _ => None,
                }
            }

            /// The name on the wire.
            pub(super) const fn name(self) -> &'static str {
                match self {
                    $(Self::$key => $name,)+
                }
            }
        }
    };
}

keys! {
    // The envelope.
    Category = "category",
    Properties = "properties",
    TenantId = "tenantId",
    Time = "time",
    // EmailEvents, and what other tables share with it.
    AttachmentCount = "AttachmentCount",
    AuthenticationDetails = "AuthenticationDetails",
    Connectors = "Connectors",
    DeliveryAction = "DeliveryAction",
    DeliveryLocation = "DeliveryLocation",
    DetectionMethods = "DetectionMethods",
    EmailClusterId = "EmailClusterId",
    EmailDirection = "EmailDirection",
    InternetMessageId = "InternetMessageId",
    IsFirstContact = "IsFirstContact",
    NetworkMessageId = "NetworkMessageId",
    OrgLevelPolicy = "OrgLevelPolicy",
    RecipientEmailAddress = "RecipientEmailAddress",
    ReportId = "ReportId",
    SenderDisplayName = "SenderDisplayName",
    SenderFromAddress = "SenderFromAddress",
    SenderFromDomain = "SenderFromDomain",
    SenderIpv4 = "SenderIPv4",
    SenderIpv6 = "SenderIPv6",
    SenderMailFromAddress = "SenderMailFromAddress",
    SenderMailFromDomain = "SenderMailFromDomain",
    Subject = "Subject",
    ThreatTypes = "ThreatTypes",
    Timestamp = "Timestamp",
    UrlCount = "UrlCount",
    // The message trace.
    Received = "Received",
    // Inside AuthenticationDetails.
    CompAuth = "CompAuth",
    Dkim = "DKIM",
    Dmarc = "DMARC",
    Spf = "SPF",
    // EmailUrlInfo.
    Url = "Url",
    UrlDomain = "UrlDomain",
    UrlLocation = "UrlLocation",
    // EmailAttachmentInfo.
    FileName = "FileName",
    FileSize = "FileSize",
    FileType = "FileType",
    Sha256 = "SHA256",
    // UrlClickEvents.
    AccountUpn = "AccountUpn",
    ActionType = "ActionType",
    IpAddress = "IPAddress",
    IsClickedThrough = "IsClickedThrough",
    Workload = "Workload",
    // EmailPostDeliveryEvents.
    Action = "Action",
    ActionResult = "ActionResult",
    ActionTrigger = "ActionTrigger",
}

/// Keys already met in one object.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct KeySet(u64);

impl KeySet {
    /// Adds a key; false when it was there.
    pub(super) const fn insert(&mut self, key: Key) -> bool {
        let before = self.0;
        self.0 |= Self::bit(key);
        self.0 != before
    }

    /// Whether a key is there.
    pub(super) const fn contains(self, key: Key) -> bool {
        self.0 & Self::bit(key) != 0
    }

    const fn bit(key: Key) -> u64 {
        const { assert!(Key::COUNT <= u64::BITS as usize, "a key for each bit") };
        1 << key as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_found_by_its_name_and_by_nothing_else() {
        for key in [Key::Category, Key::Timestamp, Key::SenderIpv4, Key::Sha256, Key::ActionTrigger] {
            assert_eq!(Key::find(key.name().as_bytes()), Some(key));
        }
        for name in ["", "timestamp", "Timestamp ", "Timestam", "SHA1"] {
            assert_eq!(Key::find(name.as_bytes()), None, "{name:?}");
        }
    }

    #[test]
    fn a_key_is_new_once() {
        let mut seen = KeySet::default();
        assert!(!seen.contains(Key::Url) && seen.insert(Key::Url) && seen.insert(Key::ActionTrigger));
        assert!(seen.contains(Key::Url) && !seen.insert(Key::Url));
    }
}
