//! What the attacks look like on the wire.
//!
//! A family fixes what makes it what it is. Everything else of a campaign, the result of SPF, the kind of address, the
//! name it claims, what stands on the envelope, is drawn for itself, so that no two of them go together by accident and a
//! detector cannot learn one from the other.

use crate::simulate::authentication::{ALL_PASS, Authentication, SPF_ALIGNED};
use crate::simulate::cast::{Colleague, Walk};
use crate::simulate::chance::Chance;
use crate::simulate::label::Family;
use crate::simulate::look_alikes::{BEHIND_FILTER, HR_PORTAL, SANCTIONED, sanctioned_subnet};
use crate::simulate::message::{Delivery, INBOX, JUNKED_AS_SPOOF, JUNKED_BY_DMARC, Message, QUARANTINED, Source};
use crate::simulate::names::OwnName;
use crate::simulate::networks;
use crate::simulate::options::TenantKind;
use crate::simulate::scene::{FILTER_CONNECTOR, RELAY_CONNECTOR, Scene};
use crate::simulate::subjects::{LURES, Lure, PAYROLL, REQUESTS, VOICEMAILS};

/// As many messages as a campaign with another source for each may have.
const MOVES_MAX: u32 = 40;

/// What the messages of a campaign have in common.
#[derive(Debug, Clone, Copy)]
pub(super) struct Attack {
    pub(super) campaign: u32,
    pub(super) tenant: usize,
    family: Family,
    lure: Lure,
    victims: Walk,
    cluster_id: u32,
    name: OwnName,
    envelope: Envelope,
    authentication: Authentication,
    is_ipv6: bool,
    has_qr_code_in_pdf: bool,
}

/// Whose name stands on the envelope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Envelope {
    /// The same as in the header.
    AsHeader,
    /// The attacker's.
    Foreign,
    /// Nobody's.
    Null,
}

impl Attack {
    pub(super) fn random(campaign: u32, family: Family, tenant: usize, chance: &mut Chance) -> Self {
        let envelope = envelope(family, chance);
        Self {
            campaign,
            tenant,
            family,
            lure: lure(family, chance),
            victims: Walk::random(chance),
            cluster_id: chance.within(100_000_000..=u32::MAX),
            name: name(family, chance),
            envelope,
            authentication: authentication(family, envelope, chance),
            is_ipv6: family == Family::Ipv6Only || chance.per_mille(333),
            has_qr_code_in_pdf: family == Family::QrPdfVoicemail || chance.per_mille(600),
        }
    }

    /// The message to the victim of this step.
    pub(super) fn play(&self, step: u32, scene: &mut Scene<'_>) -> Message {
        let victim = scene.cast.colleague(self.tenant, self.victims.person(step));
        let (display_name, header_from) = self.author(victim, scene);
        let has_payload = self.family != Family::ExecutiveToStaff;
        Message {
            family: self.family,
            campaign: Some(self.campaign),
            ambiguous: self.is_hidden(scene.kind()),
            envelope_from: self.envelope_from(&header_from, scene),
            header_from: self.shown(header_from, scene),
            display_name,
            source: self.source(step, scene),
            connector: self.connector(),
            recipients: vec![victim.as_recipient()],
            subject: self.lure.subject.numbered(scene.chance),
            language: self.lure.subject.language,
            cluster_id: self.cluster_id,
            delivery: self.delivery(scene.chance),
            authentication: self.authentication,
            attachments: u32::from(has_payload && self.has_qr_code_in_pdf),
            urls: u32::from(has_payload && !self.has_qr_code_in_pdf),
            size_bytes: scene.chance.within(38_000..=64_000),
            first_contact: scene.chance.per_mille(900),
            ..scene.draft()
        }
    }

    /// The display name and the address that the attack borrows.
    fn author(&self, victim: Colleague<'_>, scene: &mut Scene<'_>) -> (String, String) {
        match self.family {
            Family::SelfAddressedBurst => (self.lure.pretends_to_be.to_owned(), victim.address()),
            Family::ExecutiveToStaff => {
                let executive = scene.cast.executive(self.tenant, scene.chance);
                (executive.name(), scene.own_address_at(&executive.local(), self.name))
            }
            Family::BorrowedSender => {
                let (name, local) = scene.chance.one_of(&SANCTIONED);
                (name.to_owned(), scene.own_address(local))
            }
            Family::GatewayBypass => {
                let stranger = scene.cast.stranger(scene.chance);
                (self.lure.pretends_to_be.to_owned(), [self.lure.local, "@", stranger.domain].concat())
            }
            _ => (self.lure.pretends_to_be.to_owned(), scene.own_address_at(self.lure.local, self.name)),
        }
    }

    fn envelope_from(&self, header_from: &str, scene: &mut Scene<'_>) -> Option<String> {
        match self.envelope {
            Envelope::AsHeader => Some(header_from.to_owned()),
            Envelope::Foreign => {
                Some(format!("www-data@vps{}.{}", self.campaign, scene.cast.stranger(scene.chance).domain))
            }
            Envelope::Null => None,
        }
    }

    /// What the reader is shown, given what was borrowed.
    fn shown(&self, borrowed: String, scene: &mut Scene<'_>) -> String {
        match self.family {
            Family::EnvelopeFromSpoof => [self.lure.local, "@", scene.cast.stranger(scene.chance).domain].concat(),
            _ => borrowed,
        }
    }

    /// A few hosts of one subnet, unless it is another for each message.
    fn source(&self, step: u32, scene: &mut Scene<'_>) -> Source {
        let host = scene.chance.within(1..=6);
        match self.family {
            Family::RotatingSource | Family::ExecutiveToStaff => {
                let subnet = self.campaign.wrapping_mul(MOVES_MAX).wrapping_add(step);
                networks::MOVING_ATTACKERS.subnet(subnet).host(host, scene.chance.per_mille(400))
            }
            Family::HeaderFromSpoof => networks::BAD_RELAYS.subnet(self.campaign).host(host, self.is_ipv6),
            Family::MisusedDevice => {
                let device = self.campaign as usize % SANCTIONED.len();
                sanctioned_subnet(self.tenant, device).host(host, self.is_ipv6)
            }
            Family::CompromisedHostInSpf => HR_PORTAL.subnet(self.tenant).host(8, self.is_ipv6),
            Family::SpoofThroughGateway => networks::FILTER.host(scene.chance.within(0..=29), self.is_ipv6),
            Family::SpoofThroughRelay => networks::RELAYS_ON_PREMISES.subnet(self.tenant as u32).host(0, self.is_ipv6),
            _ => networks::ATTACKERS.subnet(self.campaign).host(host, self.is_ipv6),
        }
    }

    fn connector(&self) -> Option<&'static str> {
        match self.family {
            Family::SpoofThroughConnector | Family::SpoofThroughGateway => Some(FILTER_CONNECTOR),
            Family::SpoofThroughRelay => Some(RELAY_CONNECTOR),
            _ => None,
        }
    }

    /// Most of it arrives, which is the point of the abuse.
    fn delivery(&self, chance: &mut Chance) -> &'static Delivery {
        let junked = if self.family == Family::DmarcReject { &JUNKED_BY_DMARC } else { &JUNKED_AS_SPOOF };
        match self.family {
            Family::CompromisedHostInSpf | Family::SpoofThroughGateway | Family::SpoofThroughRelay => &INBOX,
            _ => chance.weighted(&[(80, &INBOX), (17, junked), (3, &QUARANTINED)]),
        }
    }

    /// Whether the record and the configuration do not reveal it: it came by a trusted door or under a proven name, or
    /// there is no result at all. Behind a filter the door alone gives it away.
    fn is_hidden(&self, kind: TenantKind) -> bool {
        match self.family {
            Family::CompromisedHostInSpf | Family::SpoofThroughGateway | Family::SpoofThroughRelay => true,
            _ => self.authentication.proves_nothing() && kind != TenantKind::Gateway,
        }
    }
}

fn lure(family: Family, chance: &mut Chance) -> Lure {
    match family {
        Family::ExecutiveToStaff => chance.one_of(&REQUESTS),
        Family::PayrollBurst => chance.one_of(&PAYROLL),
        Family::QrPdfVoicemail => chance.one_of(&VOICEMAILS),
        _ => chance.one_of(&LURES),
    }
}

fn name(family: Family, chance: &mut Chance) -> OwnName {
    match family {
        Family::InitialDomain => OwnName::Initial,
        Family::UnacceptedSubdomain => OwnName::Unaccepted,
        Family::DisguisedDomain => OwnName::disguised(chance),
        _ => OwnName::any(chance),
    }
}

fn envelope(family: Family, chance: &mut Chance) -> Envelope {
    match family {
        Family::SelfAddressedBurst
        | Family::EnvelopeFromSpoof
        | Family::BorrowedSender
        | Family::CompromisedHostInSpf
        | Family::SpoofPastGateway => Envelope::AsHeader,
        Family::HeaderFromSpoof => Envelope::Foreign,
        Family::NullSenderSpoof => Envelope::Null,
        _ => chance.weighted(&[(7, Envelope::AsHeader), (2, Envelope::Foreign), (1, Envelope::Null)]),
    }
}

fn authentication(family: Family, envelope: Envelope, chance: &mut Chance) -> Authentication {
    let unproven = Authentication::unproven(chance);
    let passes_for_attacker = envelope == Envelope::Foreign && chance.per_mille(400);
    let unproven = if passes_for_attacker { Authentication { spf: Some("pass"), ..unproven } } else { unproven };
    match family {
        Family::CompromisedHostInSpf => SPF_ALIGNED,
        Family::SpoofThroughGateway | Family::SpoofThroughRelay => chance.one_of(&BEHIND_FILTER),
        Family::GatewayBypass if chance.per_mille(400) => ALL_PASS,
        Family::CompauthPass => Authentication { dmarc: Some("fail"), comp_auth: Some("pass"), ..unproven },
        Family::DmarcReject | Family::SpoofThroughConnector => Authentication { dmarc: Some("fail"), ..unproven },
        Family::SpoofPastGateway => Authentication { comp_auth: Some("none"), ..unproven },
        _ => unproven,
    }
}
