//! Legitimate mail that looks like the abuse: from outside and in the tenant's name, or with something else about it
//! that a careless rule takes for proof.
//!
//! Every row of the field's table of look-alikes is here. Most are told apart by the record and the configuration; a
//! detector that asks for less than alignment, for the wrong domain, or does not know the tenant's own sources cries
//! wolf. Some are not: an echo, a device that nobody registered, a name server that did not answer. Those are labelled
//! ambiguous, and only the history of the stream can excuse them.

mod devices;
mod exchange;
mod outsiders;
mod returning;
mod routes;
mod services;

pub(super) use devices::{SANCTIONED, sanctioned_subnet};
pub(super) use routes::BEHIND_FILTER;
pub(super) use services::HR_PORTAL;

use super::message::Message;
use super::options::TenantKind;
use super::ordinary::Play;
use super::scene::Scene;

impl<'a> Scene<'a> {
    /// Weights: what is told apart is common, what is ambiguous is rare.
    const EVERYWHERE: [(u32, Play<'a>); 17] = [
        (160, Scene::device_in_spf),
        (100, Scene::sanctioned_device),
        (10, Scene::unregistered_device),
        (130, Scene::service_signed),
        (120, Scene::service_with_own_bounces),
        (60, Scene::own_newsletter),
        (80, Scene::forwarded_intact),
        (10, Scene::forwarded_broken),
        (10, Scene::mailing_list),
        (90, Scene::automatic_reply),
        (60, Scene::group_or_share),
        (40, Scene::service_notice),
        (30, Scene::journal_report),
        (50, Scene::similar_domain),
        (30, Scene::foreign_self_addressed),
        (20, Scene::phishing_simulation),
        (10, Scene::transient_dns_error),
    ];

    const AT_GATEWAY: [(u32, Play<'a>); 2] = [(160, Scene::gateway_traffic), (30, Scene::gateway_without_connector)];
    const AT_HYBRID: [(u32, Play<'a>); 1] = [(200, Scene::on_premises_relay)];

    pub(super) fn look_alike(&mut self) -> Message {
        let of_kind: &[(u32, Play<'a>)] = match self.kind() {
            TenantKind::Eop => &[],
            TenantKind::Gateway => &Self::AT_GATEWAY,
            TenantKind::Hybrid => &Self::AT_HYBRID,
        };
        let weight = |plays: &[(u32, Play<'a>)]| plays.iter().map(|(weight, _)| *weight).sum();
        let everywhere = &Self::EVERYWHERE[..];
        let plays = self.chance.weighted(&[(weight(everywhere), everywhere), (weight(of_kind), of_kind)]);
        let play = self.chance.weighted(plays);
        play(self)
    }
}
