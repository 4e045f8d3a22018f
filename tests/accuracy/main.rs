//! Every combination there is: not a sample of what can be spoofed, but the whole of it, and its benign twin.
//!
//! A message claims the tenant's name or does not, in one of many spellings; it comes by one door; it carries one result
//! for each method, or none. The matrices are the products of those dimensions, written as the records of the wire and
//! run through the inspector that the service runs. Which of them is an attack follows from how a cell was made, never
//! from what a rule would say of it. The numbers of cells are asserted, so that no matrix can shrink unseen.
//!
//! `cargo test --test accuracy -- --nocapture` prints the counts, also those of the published rules.
#![cfg(test)]

mod attacks;
mod benign;
mod dimensions;
mod outcome;
mod product;
mod record;
mod tenants;

use std::sync::LazyLock;

use postern::evaluate::{Contender, PUBLISHED};

use outcome::{Outcome, run};
use tenants::{behind_a_filter, contoso};

static SPOOFS: LazyLock<[Outcome; 3]> = LazyLock::new(|| {
    [
        run("spoofs: every claim, spelling, source and door", contoso(), &attacks::wide()),
        run("spoofs: every claim with every result", contoso(), &attacks::deep()),
        run("spoofs: half of a sanctioned pair", contoso(), &attacks::near_a_sanction()),
    ]
});

static BENIGN: LazyLock<[Outcome; 7]> = LazyLock::new(|| {
    [
        run("benign: proven by DMARC", contoso(), &benign::proven_by_dmarc()),
        run("benign: proven by SPF of one organisation", contoso(), &benign::proven_by_spf()),
        run("benign: submitted inside, or going out", contoso(), &benign::inside_and_outgoing()),
        run("benign: through a filter or a connector", contoso(), &benign::through_a_connector()),
        run("benign: strangers and look-alikes under their own names", contoso(), &benign::look_alikes()),
        run("benign: a sanctioned pair", contoso(), &benign::sanctioned()),
        run("benign: strangers through the tenant's filter", behind_a_filter(), &benign::through_the_filter()),
    ]
});

#[test]
fn every_spoof_is_found_by_its_rule() {
    all_as_expected(&*SPOOFS);
    assert_eq!(SPOOFS.each_ref().map(Outcome::cells), [16_368, 6_600, 300]);
}

#[test]
fn every_benign_message_is_spared() {
    all_as_expected(&*BENIGN);
    assert_eq!(BENIGN.each_ref().map(Outcome::cells), [10_368, 828, 5_808, 13_200, 4_224, 2_520, 528]);
}

/// Where the MX is a filter, mail that walked around it is told, whoever wrote it and whatever it proves.
#[test]
fn mail_around_the_filter_is_told() {
    let bypass = run("bypass: strangers around the tenant's filter", behind_a_filter(), &attacks::around_the_filter());
    all_as_expected(std::slice::from_ref(&bypass));
    assert_eq!(bypass.cells(), 1_056);
}

/// Each of the published rules passes spoofs by, or accuses the innocent, or both.
#[test]
fn no_published_rule_finds_every_spoof_and_spares_everybody() {
    println!("{:28} {:>13} {:>16}", "PUBLISHED RULE", "SPOOFS MISSED", "BENIGN ACCUSED");
    for contender in (0..PUBLISHED.len()).map(Contender::Published) {
        let missed: usize = SPOOFS.iter().map(|outcome| outcome.silent(contender).count()).sum();
        let accused: usize = BENIGN.iter().map(|outcome| outcome.accused(contender).count()).sum();
        println!("{:28} {missed:>13} {accused:>16}", contender.name());
        if let Some(example) = SPOOFS.iter().find_map(|outcome| outcome.silent(contender).next()) {
            println!("    misses  {example}");
        }
        if let Some(example) = BENIGN.iter().find_map(|outcome| outcome.accused(contender).next()) {
            println!("    accuses {example}");
        }
        assert!(missed > 0 || accused > 0, "{} is perfect here; docs/accuracy.md must say so", contender.name());
    }
}

fn all_as_expected(outcomes: &[Outcome]) {
    for outcome in outcomes {
        outcome.print();
        assert_eq!(outcome.not_as_expected(), Vec::<String>::new());
    }
}
