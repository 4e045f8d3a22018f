//! Verdicts on single messages: Postern's and everybody's.

use std::sync::Arc;

use super::options::{Format, Options};
use super::{Evaluation, NextLabel, json, label_of, markdown, page};
use crate::cli::failure::Failure;
use crate::cli::input::LIMITS;
use crate::evaluate::{Contender, Examiner, Scoreboard};
use crate::judge::Tenants;

/// Who fired on what.
pub(super) struct Scores {
    examiner: Examiner,
    pub(super) board: Scoreboard,
    records: u64,
}

impl Evaluation for Scores {
    fn new(tenants: Arc<Tenants>) -> Self {
        Self { examiner: Examiner::new(tenants, LIMITS), board: Scoreboard::default(), records: 0 }
    }

    fn payload(&mut self, payload: &[u8], next_label: NextLabel<'_>) -> Result<(), Failure> {
        let mut result = Ok(());
        let (board, records) = (&mut self.board, &mut self.records);
        self.examiner.examine(payload, &mut |examined| {
            if result.is_ok() {
                *records += 1;
                let mail = examined.mail.map(|mail| (mail.network_message_id.as_str(), mail.recipient.as_str()));
                result = label_of(*records, mail, next_label).map(|truth| {
                    if truth.is_mail() {
                        board.count(&truth, &examined.fired);
                    }
                });
            }
        });
        result
    }

    fn records(&self) -> u64 {
        self.records
    }
}

/// The result in a format.
pub(super) fn print(board: &Scoreboard, format: Format) -> String {
    match format {
        Format::Table => page::page(board),
        Format::Json => json::document(board),
        Format::Markdown => markdown::tables(board),
    }
}

/// What keeps the run from passing. The recall is asked of each family of attacks, because in a sum a small family that
/// is missed altogether does not show; and where there was nothing to find or nothing to spare, nothing was proven.
pub(super) fn complaints(board: &Scoreboard, options: &Options) -> Vec<String> {
    let mut complaints = Vec::new();
    if let Some(required) = options.require_recall {
        match board.worst_recall(Contender::PosternAnySeverity) {
            None => complaints.push("there was no attack to be found".to_owned()),
            Some((family, recall)) if recall.percent() < Some(required) => {
                let family = crate::cli::safe_text::safe_within(family, crate::cli::page::WIDTH / 2);
                complaints.push(format!("{recall} % of {family} found, {required} % required"));
            }
            Some(_) => {}
        }
    }
    if let Some(limit) = options.max_false_positives_per_million {
        match board.score(Contender::Postern).false_positives_per_million() {
            None => complaints.push("there was no benign mail to be spared".to_owned()),
            Some(rate) if rate > limit => {
                complaints.push(format!("{rate} false positives in a million benign records, {limit} allowed"));
            }
            Some(_) => {}
        }
    }
    complaints
}
