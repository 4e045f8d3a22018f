//! The names that we read: of the envelope and of all tables together, and apart from them those of the message trace.
//!
//! The trace has a set of its own so that the skim stays as cheap as it is. Together they are more than a word of bits
//! holds, and over two words the skim would shift for each column of each record, to notice names that it never meets.

use std::marker::PhantomData;

/// A set of names.
pub(super) trait Keys: Copy {
    /// How many there are.
    const COUNT: usize;

    /// Recognises a name.
    fn find(name: &[u8]) -> Option<Self>;

    /// The name on the wire.
    fn name(self) -> &'static str;

    /// The place in the set.
    fn place(self) -> usize;
}

/// Declares the keys and how they are recognised.
macro_rules! keys {
    ($(#[$about:meta])* $set:ident { $($key:ident = $name:literal),+ $(,)? }) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum $set {
            $($key,)+
        }

        impl $set {
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

        impl Keys for $set {
            const COUNT: usize = Self::COUNT;

            #[inline]
            fn find(name: &[u8]) -> Option<Self> {
                Self::find(name)
            }

            fn name(self) -> &'static str {
                self.name()
            }

            #[inline]
            fn place(self) -> usize {
                self as usize
            }
        }
    };
}

keys! {
    /// A key of an envelope or of a row.
    ///
    /// One set for all objects: a name that an object should not have is then noticed when it stands there twice or
    /// holds a container, which only makes the skim more careful, and no reader ever asks for it.
    Key {
        // The envelope.
        Category = "category",
        Properties = "properties",
        TenantId = "tenantId",
        Time = "time",
        // Columns that Log Analytics adds to a row.
        TableName = "Type",
        TimeGenerated = "TimeGenerated",
        WorkspaceId = "TenantId",
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
        UrlChain = "UrlChain",
        Workload = "Workload",
        // EmailPostDeliveryEvents.
        Action = "Action",
        ActionResult = "ActionResult",
        ActionTrigger = "ActionTrigger",
    }
}

keys! {
    /// A key of a message trace's row: as the cmdlet and its web service write it, and as Graph does.
    TraceKey {
        FromIp = "FromIP",
        MessageId = "MessageId",
        MessageTraceId = "MessageTraceId",
        Received = "Received",
        RecipientAddress = "RecipientAddress",
        SenderAddress = "SenderAddress",
        Status = "Status",
        Subject = "Subject",
        GraphFromIp = "fromIP",
        GraphId = "id",
        GraphMessageId = "messageId",
        GraphReceived = "receivedDateTime",
        GraphRecipientAddress = "recipientAddress",
        GraphSenderAddress = "senderAddress",
        GraphStatus = "status",
        GraphSubject = "subject",
    }
}

/// Keys already met in one object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct KeySet<K = Key> {
    bits: u64,
    of: PhantomData<K>,
}

impl<K> Default for KeySet<K> {
    fn default() -> Self {
        Self { bits: 0, of: PhantomData }
    }
}

impl<K: Keys> KeySet<K> {
    /// Adds a key; false when it was there.
    #[inline]
    pub(super) fn insert(&mut self, key: K) -> bool {
        let before = self.bits;
        self.bits |= Self::bit(key);
        self.bits != before
    }

    /// Whether a key is there.
    #[inline]
    pub(super) fn contains(self, key: K) -> bool {
        self.bits & Self::bit(key) != 0
    }

    #[inline]
    fn bit(key: K) -> u64 {
        const { assert!(K::COUNT <= u64::BITS as usize, "a key for each bit") };
        1 << key.place()
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
        let mut seen: KeySet = KeySet::default();
        assert!(!seen.contains(Key::Url) && seen.insert(Key::Url) && seen.insert(Key::ActionTrigger));
        assert!(seen.contains(Key::Url) && !seen.insert(Key::Url));
    }
}
