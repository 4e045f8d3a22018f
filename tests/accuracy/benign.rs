//! The benign twin of each spoof: the same claim, and something that makes it right, or no claim at all.

use crate::dimensions::{
    DMARC_ANY, DMARC_NO_PASS, FILTER_IPS, LOOK_ALIKES, P1_CLAIMS, P2_CLAIMS, SCANNER_IPS, SPELLINGS, SPF_ANY,
    SPF_NO_PASS, STRANGE_IPS, Side,
};
use crate::product::Product;
use crate::record::{Cell, Column};

/// Whatever the results are.
const ANY: Product<'_> = Product { spf: &SPF_ANY, dmarc: &DMARC_ANY, ..Product::STRAIGHT };

/// Nothing that proves anything.
const UNPROVEN: Product<'_> = Product { spf: &SPF_NO_PASS, dmarc: &DMARC_NO_PASS, ..Product::STRAIGHT };

/// The own name in the header, which is what DMARC speaks of, and DMARC passed.
pub(crate) fn proven_by_dmarc() -> Vec<Cell> {
    let claims: Vec<_> = every_claim().into_iter().filter(|(_, header)| is_own(*header)).collect();
    let proven = Product { claims: &claims, dmarc: &[Some("pass"), Some("bestguesspass")], no_results: &[], ..ANY };
    [proven.wide(), proven.deep()].concat()
}

/// Envelope and header of one organisation, and SPF passed for it; whatever DMARC and CompAuth say.
pub(crate) fn proven_by_spf() -> Vec<Cell> {
    let claims: Vec<_> = every_claim().into_iter().filter(|(p1, p2)| is_own(*p1) && is_own(*p2)).collect();
    let proven = Product { claims: &claims, spf: &[Some("pass")], dmarc: &DMARC_NO_PASS, no_results: &[], ..ANY };
    [proven.wide(), proven.deep()].concat()
}

/// By doors at which nobody has to prove anything.
pub(crate) fn inside_and_outgoing() -> Vec<Cell> {
    let claims = every_claim();
    let going = |direction| {
        Product { claims: &claims, ips: &STRANGE_IPS[2..], connectors: &[Column::Null], direction, ..ANY }.wide()
    };
    [going("Intra-org"), going("Outbound")].concat()
}

/// Unproven own names through another connector from anywhere, and through the filter from where the filter is: by its
/// connector, or by its address alone.
pub(crate) fn through_a_connector() -> Vec<Cell> {
    let claims = every_claim();
    let other = Product { claims: &claims, connectors: &[Column::Text("Printers")], ..UNPROVEN };
    let by_name_and_by_address = [Column::Text("INBOUND from filter"), Column::Null];
    let filter = Product { claims: &claims, ips: &FILTER_IPS, connectors: &by_name_and_by_address, ..UNPROVEN };
    [other.wide(), filter.wide()].concat()
}

/// Whatever the results: who claims nobody's name spoofs nobody, here.
pub(crate) fn look_alikes() -> Vec<Cell> {
    let claims =
        [(Side::Own, Side::Own), (Side::Null, Side::Own), (Side::Own, Side::Foreign), (Side::Below, Side::Own)];
    Product { claims: &claims, names: &LOOK_ALIKES, ..ANY }.wide()
}

/// The registered scanner from its own address, with nothing to prove it; its domain in every spelling that folds.
pub(crate) fn sanctioned() -> Vec<Cell> {
    let names: Vec<_> = SPELLINGS.into_iter().filter(|(kind, _)| !OTHER_DOMAINS.contains(kind)).collect();
    let claims =
        [(Side::Own, Side::Own), (Side::Own, Side::Foreign), (Side::Foreign, Side::Own), (Side::Null, Side::Own)];
    Product { claims: &claims, names: &names, local: "scanner", ips: &SCANNER_IPS, ..UNPROVEN }.wide()
}

/// Strangers by the way that the tenant wants.
pub(crate) fn through_the_filter() -> Vec<Cell> {
    let connectors = [Column::Text("Inbound from filter"), Column::Null];
    let claims = [(Side::Own, Side::Own)];
    Product { claims: &claims, names: &LOOK_ALIKES, ips: &FILTER_IPS, connectors: &connectors, ..ANY }.wide()
}

/// The spellings of domains that the scanner does not use.
const OTHER_DOMAINS: [&str; 4] = ["initial domain", "below match_subdomains", "U-label", "A-label"];

fn every_claim() -> Vec<(Side, Side)> {
    P1_CLAIMS.into_iter().chain(P2_CLAIMS).collect()
}

const fn is_own(side: Side) -> bool {
    matches!(side, Side::Own | Side::Below)
}
