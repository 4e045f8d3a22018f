//! Strangers who look like the tenant, and one who may.

use crate::simulate::authentication::Authentication;
use crate::simulate::label::Family;
use crate::simulate::message::{ALLOWED_AS_SIMULATION, JUNKED_AS_SPAM, Message};
use crate::simulate::networks;
use crate::simulate::scene::Scene;
use crate::simulate::subjects::LURES;

impl Scene<'_> {
    /// Another organisation whose name begins, ends or goes on like the tenant's.
    pub(super) fn similar_domain(&mut self) -> Message {
        let stranger = self.cast.stranger(self.chance);
        let address = ["sales@", &self.cast.names[self.tenant].similar(self.chance)].concat();
        let message = Message {
            family: Family::SimilarDomain,
            envelope_from: Some(address.clone()),
            header_from: address,
            ..self.personal_mail(stranger)
        };
        self.arrived(message)
    }

    /// From and `To:` are of one domain, and it is not the tenant's.
    pub(super) fn foreign_self_addressed(&mut self) -> Message {
        let stranger = self.cast.stranger(self.chance);
        let message = self.personal_mail(stranger);
        let message = Message {
            family: Family::ForeignSelfAddressed,
            shown_to: Some(message.header_from.clone()),
            authentication: Authentication::unproven(self.chance),
            delivery: &JUNKED_AS_SPAM,
            ..message
        };
        self.arrived(message)
    }

    /// Spoofs by design and with permission.
    pub(super) fn phishing_simulation(&mut self) -> Message {
        let lure = self.chance.one_of(&LURES);
        let address = self.own_address(lure.local);
        Message {
            family: Family::PhishingSimulation,
            display_name: lure.pretends_to_be.to_owned(),
            envelope_from: Some(address.clone()),
            header_from: address,
            source: networks::SIMULATION_VENDOR.subnet(0).host(self.chance.within(0..=9), self.chance.per_mille(100)),
            subject: lure.subject.numbered(self.chance),
            language: lure.subject.language,
            authentication: Authentication::unproven(self.chance),
            delivery: &ALLOWED_AS_SIMULATION,
            attachments: 0,
            urls: 1,
            ..self.draft()
        }
    }
}
