//! A matrix as the product of its dimensions.
//!
//! The whole product of everything would be some hundred million cells. What a decision turns on is in full: SPF, the
//! source, both senders, the spelling, the connector. DMARC, CompAuth and the delivery go round meanwhile, out of step with
//! the others, so that each of their values meets each value of every dimension; [`Product::deep`] has them in full.

use postern::judge::RuleId;

use crate::dimensions::{COMP_AUTH, DELIVERIES, NO_CONNECTOR, NO_RESULTS, SPELLINGS, STRANGE_IPS, Side, Spelling};
use crate::record::{Cell, Column, Ip, Results};

type Word = Option<&'static str>;

/// The dimensions of one matrix.
#[derive(Clone, Copy)]
pub(crate) struct Product<'a> {
    /// P1 and P2.
    pub(crate) claims: &'a [(Side, Side)],
    /// What they claim, by spelling.
    pub(crate) names: &'a [Spelling],
    /// What stands before the `@`.
    pub(crate) local: &'static str,
    pub(crate) spf: &'a [Word],
    pub(crate) dmarc: &'a [Word],
    /// In place of results: a column without any.
    pub(crate) no_results: &'a [Results],
    pub(crate) ips: &'a [Ip],
    pub(crate) connectors: &'a [Column],
    pub(crate) direction: &'static str,
    pub(crate) expected: Option<RuleId>,
}

impl Product<'_> {
    /// Straight from a stranger's address, and no rule may fire; claims and results are to be filled in.
    pub(crate) const STRAIGHT: Self = Self {
        claims: &[],
        names: &SPELLINGS,
        local: "alex",
        spf: &[],
        dmarc: &[],
        no_results: &NO_RESULTS,
        ips: &STRANGE_IPS,
        connectors: &NO_CONNECTOR,
        direction: "Inbound",
        expected: None,
    };

    /// Claims, names, SPF, sources and connectors in full; DMARC, CompAuth and the delivery go round.
    pub(crate) fn wide(self) -> Vec<Cell> {
        let mut cells = Vec::new();
        for (row, claim) in self.claims.iter().enumerate() {
            for (column, name) in self.names.iter().enumerate() {
                for &spf in self.spf {
                    self.doors(&mut cells, claim, name, &|step| {
                        let dmarc = self.dmarc[(step + row + column) % self.dmarc.len()];
                        let comp_auth = COMP_AUTH[(step / self.dmarc.len() + row + column) % COMP_AUTH.len()];
                        Results::Words { spf, dmarc, comp_auth }
                    });
                }
                for &none in self.no_results {
                    self.doors(&mut cells, claim, name, &|_| none);
                }
            }
        }
        cells
    }

    /// Claims, SPF, DMARC, CompAuth and deliveries in full, for the first name; the source goes round.
    pub(crate) fn deep(self) -> Vec<Cell> {
        let mut cells = Vec::new();
        for claim in self.claims {
            for &spf in self.spf {
                for &dmarc in self.dmarc {
                    for comp_auth in COMP_AUTH {
                        for delivery in DELIVERIES {
                            let ip = self.ips[cells.len() % self.ips.len()];
                            let cell = self.cell(claim, &self.names[0], Results::Words { spf, dmarc, comp_auth });
                            cells.push(Cell { ip, delivery, ..cell });
                        }
                    }
                }
            }
        }
        cells
    }

    /// By every door from every source, with the results of the step.
    fn doors(&self, cells: &mut Vec<Cell>, claim: &(Side, Side), name: &Spelling, results: &dyn Fn(usize) -> Results) {
        for &ip in self.ips {
            let step = cells.len() / self.connectors.len();
            for &connector in self.connectors {
                let delivery = DELIVERIES[step % DELIVERIES.len()];
                cells.push(Cell { ip, connector, delivery, ..self.cell(claim, name, results(step)) });
            }
        }
    }

    fn cell(&self, &(envelope, header): &(Side, Side), &(spelling, own): &Spelling, results: Results) -> Cell {
        Cell {
            envelope: envelope.sender(self.local, own),
            header: header.sender(self.local, own),
            spelling,
            results,
            ip: self.ips[0],
            connector: self.connectors[0],
            delivery: DELIVERIES[0],
            direction: self.direction,
            expected: self.expected,
        }
    }
}
