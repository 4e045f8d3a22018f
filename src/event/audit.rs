//! What an administrator, or somebody with an administrator's rights, did to the mail settings of a tenant.
//!
//! The vocabulary is Exchange Online's own: the operation of an audit record is the name of the PowerShell cmdlet, and
//! its parameters are the cmdlet's. Only cmdlets that can open the gate have a name here ([`Cmdlet`]); an audit stream
//! is mostly about other things, and a record of another operation is never made into an event.

use std::fmt;
use std::net::IpAddr;

use super::text::Text;
use super::time::Time;

/// One run of a cmdlet, as an audit record tells it: CloudAppEvents, OfficeActivity, or the unified audit log itself.
///
/// Texts are whole, however long: a list of allowed domains may fill pages, and the last of them counts like the first.
/// They are borrowed from the record wherever its form allows, so an event is never much larger than its record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEvent<'a> {
    /// `CreationTime`, `TimeGenerated`, or `Timestamp` of the row around the record.
    pub timestamp: Time,
    /// `Id`, `OfficeId`: the same in every repeat of the record, and in every table that tells it.
    pub id: Option<Text<'a>>,
    /// `Operation`.
    pub operation: Cmdlet,
    /// `ObjectId`, `OfficeObjectId`: the identity of what was changed; often empty for what was created.
    pub object: Option<Text<'a>>,
    /// `UserId`, as written.
    pub actor: Option<Text<'a>>,
    /// Whose account that is.
    pub actor_kind: ActorKind,
    /// `ClientIP` without its port; the service's own runs have none.
    pub client_ip: Option<IpAddr>,
    /// `ResultStatus`; `None` where it is missing or a word that is not documented.
    pub succeeded: Option<bool>,
    /// Whose settings were changed.
    pub organisation: Organisation<'a>,
    /// `Parameters`, in their order.
    pub parameters: Vec<Parameter<'a>>,
    /// The old values of `ModifiedProperties`. Documented for every admin event, seen in no published record: something
    /// to show, and nothing to decide by.
    pub before: Vec<Parameter<'a>>,
}

impl AuditEvent<'_> {
    /// The values that the cmdlet was given for a parameter; names are compared without case, as PowerShell does.
    pub fn values(&self, name: &str) -> impl Iterator<Item = &str> {
        self.parameters.iter().filter(move |it| it.name.eq_ignore_ascii_case(name)).map(|it| it.value.as_str())
    }

    /// A copy that outlives the text it was read from.
    #[must_use]
    pub fn into_owned(self) -> AuditEvent<'static> {
        let list = |parameters: Vec<Parameter<'_>>| parameters.into_iter().map(Parameter::into_owned).collect();
        AuditEvent {
            timestamp: self.timestamp,
            id: self.id.as_ref().map(owned),
            operation: self.operation,
            object: self.object.as_ref().map(owned),
            actor: self.actor.as_ref().map(owned),
            actor_kind: self.actor_kind,
            client_ip: self.client_ip,
            succeeded: self.succeeded,
            organisation: Organisation {
                id: self.organisation.id.as_ref().map(owned),
                name: self.organisation.name.as_ref().map(owned),
            },
            parameters: list(self.parameters),
            before: list(self.before),
        }
    }
}

/// The tenant, as an audit record names it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Organisation<'a> {
    /// `OrganizationId`: the Entra tenant id.
    pub id: Option<Text<'a>>,
    /// `OrganizationName`: its initial domain.
    pub name: Option<Text<'a>>,
}

/// A parameter of a cmdlet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Parameter<'a> {
    /// `Name`, as written.
    pub name: Text<'a>,
    /// `Value` as text; a list as it is written. Empty is PowerShell's `$null`.
    pub value: Text<'a>,
}

impl Parameter<'_> {
    /// A copy that outlives the text it was read from.
    #[must_use]
    pub fn into_owned(self) -> Parameter<'static> {
        Parameter { name: owned(&self.name), value: owned(&self.value) }
    }
}

/// Whose account ran a cmdlet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ActorKind {
    /// An account of the tenant.
    Admin,
    /// An administrator of a partner, with rights that the tenant delegated.
    Partner,
    /// An application with rights of its own.
    ServicePrincipal,
    /// The service itself.
    System,
    /// Microsoft's own people.
    MicrosoftOperator,
    /// The record does not tell.
    Unknown,
}

impl ActorKind {
    /// Tells from what a record says of the account. `UserType` is a number in the unified audit log and a word in
    /// OfficeActivity; the shape of the id is looked at first, because re-shaped records lose the type.
    ///
    /// `ExternalAccess` alone does not mean Microsoft: administrators of a partner have it too.
    #[must_use]
    pub fn of(user_id: &str, user_type: Option<&str>, has_external_access: bool) -> Self {
        let starts = |prefix: &str| user_id.get(..prefix.len()).is_some_and(|head| head.eq_ignore_ascii_case(prefix));
        match user_type.map(str::to_ascii_lowercase).as_deref() {
            _ if starts(r"NT AUTHORITY\") => Self::System,
            _ if starts("ServicePrincipal_") => Self::ServicePrincipal,
            _ if starts("Microsoft Operator") => Self::MicrosoftOperator,
            Some("3" | "dcadmin") => Self::MicrosoftOperator,
            Some("4" | "system") => Self::System,
            Some("5" | "application" | "6" | "serviceprincipal") => Self::ServicePrincipal,
            Some("9" | "partnertechnician") => Self::Partner,
            _ if has_external_access && user_id.contains('@') => Self::Partner,
            _ if has_external_access => Self::MicrosoftOperator,
            Some("0" | "regular" | "2" | "admin") => Self::Admin,
            _ if user_id.contains('@') => Self::Admin,
            _ => Self::Unknown,
        }
    }

    /// The word in evidence.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Partner => "partner",
            Self::ServicePrincipal => "service-principal",
            Self::System => "system",
            Self::MicrosoftOperator => "microsoft-operator",
            Self::Unknown => "unknown",
        }
    }
}

/// Declares the cmdlets that we watch.
macro_rules! cmdlets {
    ($($cmdlet:ident = $name:literal),+ $(,)?) => {
        /// A cmdlet that can open the gate.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Cmdlet {
            $(#[doc = concat!("`", $name, "`.")] $cmdlet,)+
        }

        impl Cmdlet {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$cmdlet),+];

            /// Recognises an operation; `None` where it is not on the watch list.
            #[must_use]
            pub fn parse(operation: &str) -> Option<Self> {
                let operation = operation.trim();
                $(if operation.eq_ignore_ascii_case($name) { return Some(Self::$cmdlet); })+
                None
            }

            /// The name.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$cmdlet => $name,)+ }
            }
        }
    };
}

cmdlets! {
    SetOrganizationConfig = "Set-OrganizationConfig",
    NewInboundConnector = "New-InboundConnector",
    SetInboundConnector = "Set-InboundConnector",
    RemoveInboundConnector = "Remove-InboundConnector",
    NewTransportRule = "New-TransportRule",
    SetTransportRule = "Set-TransportRule",
    DisableTransportRule = "Disable-TransportRule",
    RemoveTransportRule = "Remove-TransportRule",
    NewAntiPhishPolicy = "New-AntiPhishPolicy",
    SetAntiPhishPolicy = "Set-AntiPhishPolicy",
    RemoveAntiPhishPolicy = "Remove-AntiPhishPolicy",
    DisableAntiPhishRule = "Disable-AntiPhishRule",
    RemoveAntiPhishRule = "Remove-AntiPhishRule",
    NewSpoofItems = "New-TenantAllowBlockListSpoofItems",
    SetSpoofItems = "Set-TenantAllowBlockListSpoofItems",
    NewConnectionFilterPolicy = "New-HostedConnectionFilterPolicy",
    SetConnectionFilterPolicy = "Set-HostedConnectionFilterPolicy",
    NewContentFilterPolicy = "New-HostedContentFilterPolicy",
    SetContentFilterPolicy = "Set-HostedContentFilterPolicy",
    NewAcceptedDomain = "New-AcceptedDomain",
    SetAcceptedDomain = "Set-AcceptedDomain",
    RemoveAcceptedDomain = "Remove-AcceptedDomain",
}

impl fmt::Display for Cmdlet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

fn owned(text: &Text<'_>) -> Text<'static> {
    Text::from(text.as_str().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_actor_is_known_by_its_id_before_its_type() {
        use ActorKind::{Admin, MicrosoftOperator, Partner, ServicePrincipal, System, Unknown};
        for (kind, id, user_type, is_external) in [
            (Admin, "admin@contoso.com", Some("2"), false),
            (Admin, "aaaaaaaa-0000-4000-8000-000000000001", Some("Admin"), false),
            (System, r"NT AUTHORITY\SYSTEM (Microsoft.Exchange.ServiceHost)", Some("3"), true),
            (ServicePrincipal, "ServicePrincipal_aaaaaaaa-0000-4000-8000-000000000001", Some("2"), false),
            (MicrosoftOperator, "Microsoft Operator", None, true),
            (MicrosoftOperator, "aaaaaaaa-0000-4000-8000-000000000001", Some("DcAdmin"), true),
            (Partner, "admin@fabrikam.com", Some("2"), true),
            (Unknown, "Not Available", None, false),
            (Unknown, "", None, false),
        ] {
            assert_eq!(ActorKind::of(id, user_type, is_external), kind, "{id}");
        }
    }

    #[test]
    fn a_cmdlet_is_found_by_its_name_without_case() {
        for cmdlet in Cmdlet::ALL {
            assert_eq!(Cmdlet::parse(&cmdlet.as_str().to_uppercase()), Some(*cmdlet));
        }
        for other in ["", "Get-InboundConnector", "FileAccessed", "Set-OrganizationConfigX"] {
            assert_eq!(Cmdlet::parse(other), None, "{other}");
        }
    }
}
