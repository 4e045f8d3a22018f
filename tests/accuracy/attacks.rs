//! Spoofs: an own name, the unauthenticated door, and nothing that proves it.

use postern::judge::RuleId;

use crate::dimensions::{
    DMARC_ANY, DMARC_NO_PASS, LOOK_ALIKES, P1_CLAIMS, P2_CLAIMS, SCANNER_IPS, SPELLINGS, SPF_ANY, SPF_NO_PASS,
    STRANGE_IPS, Side,
};
use crate::product::Product;
use crate::record::{Cell, Ip};

/// What `RejectDirectSend` would stop.
const ON_THE_ENVELOPE: Product<'_> = Product {
    claims: &P1_CLAIMS,
    spf: &SPF_NO_PASS,
    dmarc: &DMARC_NO_PASS,
    expected: Some(RuleId::DirectSendSpoof),
    ..Product::STRAIGHT
};

/// What it would not: the envelope is the attacker's, and so is the SPF that passes.
const IN_THE_HEADER: Product<'_> = Product {
    claims: &P2_CLAIMS,
    spf: &SPF_ANY,
    dmarc: &DMARC_NO_PASS,
    expected: Some(RuleId::HeaderFromSpoof),
    ..Product::STRAIGHT
};

/// Every claim in every spelling by every form of the door.
pub(crate) fn wide() -> Vec<Cell> {
    [ON_THE_ENVELOPE, IN_THE_HEADER].into_iter().flat_map(Product::wide).collect()
}

/// Every claim with every result of every method.
pub(crate) fn deep() -> Vec<Cell> {
    [ON_THE_ENVELOPE, IN_THE_HEADER].into_iter().flat_map(Product::deep).collect()
}

/// The scanner's address from another network, another address from the scanner's network, and the scanner's envelope
/// around somebody else's header.
pub(crate) fn near_a_sanction() -> Vec<Cell> {
    let from = |local, ips: &[Ip]| {
        let names = &SPELLINGS[..1];
        Product { claims: &[(Side::Own, Side::Own)], names, local, ips, ..ON_THE_ENVELOPE }.wide()
    };
    let mut around = from("scanner", &SCANNER_IPS);
    around.iter_mut().filter_map(|cell| cell.header.as_mut()).for_each(|header| header.0 = "ceo");
    [from("scanner", &STRANGE_IPS), from("ceo", &SCANNER_IPS), around].concat()
}

/// Strangers under their own names, straight to Exchange Online, whatever they can prove.
pub(crate) fn around_the_filter() -> Vec<Cell> {
    let claims = &[(Side::Own, Side::Own)];
    let expected = Some(RuleId::GatewayBypass);
    Product { claims, names: &LOOK_ALIKES, spf: &SPF_ANY, dmarc: &DMARC_ANY, expected, ..Product::STRAIGHT }.wide()
}
