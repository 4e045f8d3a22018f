//! What people and Microsoft do about a message once it was delivered. How often and when is our own assumption.

use super::contents::links;
use super::tables::{ClickRow, RelatedRow, Remedy, RemedyRow};
use crate::simulate::chance::Chance;
use crate::simulate::message::Row;
use crate::simulate::networks::DESKS;

static ZAP: Remedy = Remedy {
    action: "Moved to quarantine",
    kind: "Phish ZAP",
    trigger: "ZAP",
    location: "Quarantine",
    is_threat: true,
};

static MANUAL: Remedy = Remedy { kind: "Manual remediation", trigger: "AdminAction", ..ZAP };

/// The way back, which the documentation does not know.
static REDELIVERY: Remedy =
    Remedy { action: "Reprocessed", kind: "Redelivery", trigger: "SpecialAction", location: "Inbox", is_threat: false };

/// What happens about this row, and how many seconds after delivery.
pub(super) fn aftermath(row: &Row, chance: &mut Chance) -> Vec<(u32, RelatedRow)> {
    if row.message.direction != "Inbound" {
        return Vec::new();
    }
    let mut events = Vec::new();
    events.extend(click(row, chance));
    remedies(row, chance, &mut events);
    events
}

fn click(row: &Row, chance: &mut Chance) -> Option<(u32, RelatedRow)> {
    let message = &row.message;
    let share = if message.family.is_malicious() { 120 } else { 15 };
    if message.delivery.action != "Delivered" || !chance.per_mille(share) {
        return None;
    }
    let link = links(message).into_iter().find(|link| link.can_be_clicked())?;
    let is_blocked = message.family.is_malicious() && chance.per_mille(300);
    let click = ClickRow {
        row: row.clone(),
        link,
        action: if is_blocked { "ClickBlocked" } else { "ClickAllowed" },
        is_clicked_through: is_blocked && chance.per_mille(200),
        address: DESKS.of_tenant(message.tenant, 0).host(row.recipient().mailbox as u32, chance.per_mille(500)),
        report_id: chance.guid(),
        timestamp: String::new(),
    };
    Some((chance.within(60..=40 * 60), RelatedRow::Click(click)))
}

/// Attacks are removed, now and then in error or in vain; what was kept back is released.
fn remedies(row: &Row, chance: &mut Chance, events: &mut Vec<(u32, RelatedRow)>) {
    let is_kept_back = row.message.delivery.action == "Blocked";
    let found = match is_kept_back {
        true => chance.per_mille(200).then_some(&REDELIVERY),
        false if row.message.family.is_malicious() => {
            chance.weighted(&[(850, None), (110, Some(&ZAP)), (40, Some(&MANUAL))])
        }
        false => None,
    };
    let Some(remedy) = found else { return };
    let seconds = chance.within(2 * 60..=30 * 60);
    let is_in_vain = chance.per_mille(50);
    let mut event = |seconds, remedy, result| {
        let row = RemedyRow { row: row.clone(), remedy, result, timestamp: String::new() };
        events.push((seconds, RelatedRow::Remedy(row)));
    };
    event(seconds, remedy, if is_in_vain { "Error" } else { "Success" });
    if !is_kept_back && !is_in_vain && chance.per_mille(150) {
        event(seconds + chance.within(2 * 60..=20 * 60), &REDELIVERY, "Success");
    }
}
