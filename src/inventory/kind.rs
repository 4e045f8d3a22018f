//! What a source is taken for.

use serde::Serialize;

/// What Postern takes a source for, what needs a person first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Nothing proves it, and it does what no device does.
    Suspicious,
    /// Nothing proves it, and it has not been seen for long enough to say more.
    UnderObservation,
    /// Nothing proves it, and it has behaved as a device for seven days that are over.
    Device,
    /// It proves itself.
    Aligned,
    /// The configuration allows it.
    Sanctioned,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 5] =
        [Self::Suspicious, Self::UnderObservation, Self::Device, Self::Aligned, Self::Sanctioned];

    /// The public name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Suspicious => "suspicious",
            Self::UnderObservation => "under-observation",
            Self::Device => "device",
            Self::Aligned => "aligned",
            Self::Sanctioned => "sanctioned",
        }
    }

    /// What it means, in a few words.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Suspicious => "nothing proves it, and it does what no device does",
            Self::UnderObservation => "nothing proves it, and it is not known for seven days yet",
            Self::Device => "nothing proves it; seven days and more of one steady sender",
            Self::Aligned => "DMARC, or SPF for the same organisation, proves it",
            Self::Sanctioned => "a [[tenant.sanctioned]] entry allows it",
        }
    }
}

/// What no device does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sign {
    /// It wrote to its own sender, or as a protected person.
    Personal,
    /// Its network speaks as somebody else as well, without proof.
    SeveralIdentities,
    /// A day stands out from all days before it.
    BrokeRhythm,
}

impl Sign {
    /// The public name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Personal => "personal",
            Self::SeveralIdentities => "several-identities",
            Self::BrokeRhythm => "broke-rhythm",
        }
    }
}
