//! A record and the truth about it.

use serde::Serialize;

use super::message::Message;

/// One record as it comes over the wire, with its label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SimulatedRecord {
    /// The envelope record: compact JSON on one line, without the line's end.
    pub json: String,
    /// What it truly is.
    pub label: Label,
}

/// The truth about one record; serialises to one line of the labels file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Label {
    /// The number of the record in the stream, from 1.
    pub record: u64,
    /// The Entra tenant id.
    pub tenant: String,
    /// `NetworkMessageId` of the message.
    pub network_message_id: String,
    /// Whom the row is about: `RecipientEmailAddress`, of a click `AccountUpn`. Empty where the table names nobody.
    pub recipient: String,
    /// What kind of mail it is.
    pub family: Family,
    /// Whether it is an attack.
    pub malicious: bool,
    /// Whether the record, read with the tenant's configuration and nothing else, says the opposite of the truth: an
    /// attack that looks like honest mail, or honest mail that looks like an attack. What tells them apart is elsewhere,
    /// in the history of the stream or nowhere in it.
    pub ambiguous: bool,
    /// The number of the attack that it belongs to, from 1.
    pub campaign: Option<u32>,
    /// Whether the same row was delivered before.
    pub repeat: bool,
    /// The device or service of the tenant that sent it, by its address. All its mail is one standing thing, of which an
    /// alert is due once, if ever.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The table that the record is a row of, where it is not EmailEvents. What the label says is then true of the message
    /// that the row speaks of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub table: Option<&'static str>,
}

impl Label {
    /// The truth about a message as this recipient got it, for the first time, without the number of the record.
    pub(super) fn of(message: &Message, tenant: &str, recipient: &str) -> Self {
        Self {
            record: 0,
            tenant: tenant.to_owned(),
            network_message_id: message.network_message_id.clone(),
            recipient: recipient.to_owned(),
            family: message.family,
            malicious: message.family.is_malicious(),
            ambiguous: message.ambiguous,
            campaign: message.campaign,
            repeat: false,
            source: message.family.has_standing_sender().then(|| message.header_from.clone()),
            table: None,
        }
    }
}

/// The kinds of mail that occur. In the labels file they are in kebab case: `self-addressed-burst`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Family {
    /// From strangers, under their own names, authenticated or not.
    External,
    /// From the tenant to strangers.
    Outbound,
    /// Within the tenant.
    IntraOrg,
    /// A scanner on Direct Send, done right: its address is in SPF.
    DeviceInSpf,
    /// A printer, a storage, an ERP system on Direct Send: not in SPF, but sanctioned in the configuration.
    SanctionedDevice,
    /// A device on Direct Send that nobody has registered: always one sender from one address.
    UnregisteredDevice,
    /// A service that sends for the tenant with the tenant's DKIM key or out of the tenant's SPF.
    ServiceSigned,
    /// A service that sends for the tenant and takes the bounces itself: only the header is the tenant's.
    ServiceWithOwnBounces,
    /// A newsletter from below the tenant's domain, aligned.
    OwnNewsletter,
    /// Mail in the tenant's name that came through the third-party filter, which breaks SPF and signatures.
    GatewayTraffic,
    /// The same, with a source of the filter and no connector: misattributed by Exchange Online.
    GatewayWithoutConnector,
    /// Mail of the tenant's own servers on the premises, through their connector.
    OnPremisesRelay,
    /// A colleague's mail that a forwarder sends back with its signature whole.
    ForwardedIntact,
    /// A colleague's mail that a forwarder sends back with its signature broken: an echo of what left the tenant.
    ForwardedBroken,
    /// A colleague's mail to a list that comes back under the list's envelope: an echo as well.
    MailingList,
    /// An automatic reply or a report of non-delivery: no envelope sender, a stranger in the header.
    AutomaticReply,
    /// A group's post or a shared file: Exchange Online itself writes in a colleague's name.
    GroupOrShare,
    /// A notice of the cloud provider, under the provider's name.
    ServiceNotice,
    /// A journal report to the journal mailbox, without an envelope sender.
    JournalReport,
    /// From a stranger whose domain looks like the tenant's and is not.
    SimilarDomain,
    /// From a stranger to the stranger's own domain, as `To:` shows it; the colleague was copied blindly.
    ForeignSelfAddressed,
    /// A training that spoofs with permission, from the configured vendor.
    PhishingSimulation,
    /// From a service of the tenant while its DNS did not answer.
    TransientDnsError,
    /// A burst in which everybody seems to write to themselves.
    SelfAddressedBurst,
    /// A director asks one colleague after the other: few messages, slowly, each from another address.
    ExecutiveToStaff,
    /// One subject of the personnel department to many.
    PayrollBurst,
    /// A voicemail or fax whose PDF shows a QR code.
    QrPdfVoicemail,
    /// Each message from another network, IPv4 and IPv6 in turns.
    RotatingSource,
    /// The attacker's name on the envelope, the tenant's in the header, through a relay; SPF may pass.
    HeaderFromSpoof,
    /// The tenant's name on the envelope, a stranger's in the header.
    EnvelopeFromSpoof,
    /// No envelope sender, the tenant's name in the header.
    NullSenderSpoof,
    /// From IPv6 alone, which queries that ask for `SenderIPv4` never see.
    Ipv6Only,
    /// In the name of the tenant's onmicrosoft.com domain.
    InitialDomain,
    /// In the name of a domain below the tenant's that was never accepted.
    UnacceptedSubdomain,
    /// In the name of an accepted domain, spelled in another way.
    DisguisedDomain,
    /// Composite authentication passes while DMARC fails.
    CompauthPass,
    /// DMARC fails at a domain that asks for rejection, and the mail is delivered or junked all the same.
    DmarcReject,
    /// The address of a sanctioned device, from another network.
    BorrowedSender,
    /// From the network of a sanctioned device, in another name.
    MisusedDevice,
    /// A stranger under a name of their own, authenticated or not, past the filter straight into the tenant.
    GatewayBypass,
    /// In the tenant's name past the filter; composite authentication was skipped.
    SpoofPastGateway,
    /// The filter's connector carries a spoof from a source that is not the filter's.
    SpoofThroughConnector,
    /// From a host of the tenant's SPF that somebody has taken over: everything passes.
    CompromisedHostInSpf,
    /// In the tenant's name through the filter itself, which let it pass.
    SpoofThroughGateway,
    /// In the tenant's name through the relay on the premises, from a machine that somebody has taken over.
    SpoofThroughRelay,
}

impl Family {
    /// All families: honest mail first, then attacks.
    pub const ALL: [Self; 45] = [
        Self::External,
        Self::Outbound,
        Self::IntraOrg,
        Self::DeviceInSpf,
        Self::SanctionedDevice,
        Self::UnregisteredDevice,
        Self::ServiceSigned,
        Self::ServiceWithOwnBounces,
        Self::OwnNewsletter,
        Self::GatewayTraffic,
        Self::GatewayWithoutConnector,
        Self::OnPremisesRelay,
        Self::ForwardedIntact,
        Self::ForwardedBroken,
        Self::MailingList,
        Self::AutomaticReply,
        Self::GroupOrShare,
        Self::ServiceNotice,
        Self::JournalReport,
        Self::SimilarDomain,
        Self::ForeignSelfAddressed,
        Self::PhishingSimulation,
        Self::TransientDnsError,
        Self::SelfAddressedBurst,
        Self::ExecutiveToStaff,
        Self::PayrollBurst,
        Self::QrPdfVoicemail,
        Self::RotatingSource,
        Self::HeaderFromSpoof,
        Self::EnvelopeFromSpoof,
        Self::NullSenderSpoof,
        Self::Ipv6Only,
        Self::InitialDomain,
        Self::UnacceptedSubdomain,
        Self::DisguisedDomain,
        Self::CompauthPass,
        Self::DmarcReject,
        Self::BorrowedSender,
        Self::MisusedDevice,
        Self::GatewayBypass,
        Self::SpoofPastGateway,
        Self::SpoofThroughConnector,
        Self::CompromisedHostInSpf,
        Self::SpoofThroughGateway,
        Self::SpoofThroughRelay,
    ];

    /// Whether mail of this kind is an attack.
    #[must_use]
    pub fn is_malicious(self) -> bool {
        self >= Self::SelfAddressedBurst
    }

    /// Whether mail of this kind comes from a device or service of the tenant, always under its own address.
    pub(super) const fn has_standing_sender(self) -> bool {
        matches!(
            self,
            Self::DeviceInSpf
                | Self::SanctionedDevice
                | Self::UnregisteredDevice
                | Self::ServiceSigned
                | Self::ServiceWithOwnBounces
                | Self::OwnNewsletter
                | Self::TransientDnsError
        )
    }
}
