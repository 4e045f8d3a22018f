//! How the machine tells its receivers what there is to tell.

use postern::ledger::{Cursor, Entry, ReadLimit, Refusal, Request};
use tokio::sync::oneshot;

use super::Machine;
use crate::receiver::Answer;

impl Machine<'_> {
    pub(super) fn tell(&mut self) -> Result<(), String> {
        let place = self.chance.usize(..self.receivers.len());
        let batch = self.read(place)?;
        if batch.is_empty() {
            return Ok(());
        }
        let receiver = &mut self.receivers[place];
        let answer = receiver.hear(&batch, &mut self.chance);
        let sink = receiver.name.clone();
        self.note(|| format!("{sink} is told {} entries: {answer:?}", batch.len()));
        let settled = match answer {
            Answer::Silence => {
                self.coverage.silences += 1;
                return Ok(());
            }
            Answer::Stored(count) => batch[count - 1].sequence,
            Answer::Refused => {
                self.coverage.refusals += 1;
                let refusal =
                    Refusal { sink: sink.clone(), sequence: batch[0].sequence, reason: "too large".to_owned() };
                self.ask(Request::Refuse(refusal))?;
                batch[0].sequence
            }
        };
        self.process.cursors[place] = settled;
        self.ask(Request::Settle(Cursor { sink, sequence: settled }))
    }

    pub(super) fn read(&mut self, place: usize) -> Result<Vec<Entry>, String> {
        let (reply, mut answer) = oneshot::channel();
        let limit = ReadLimit { entries: self.chance.usize(1..=8), bytes: usize::MAX };
        let after = self.process.cursors[place];
        self.ask(Request::Read { stream: self.receivers[place].stream, after, limit, reply })?;
        answer.try_recv().map_err(|error| error.to_string())
    }

    pub(super) fn ask(&mut self, request: Request) -> Result<(), String> {
        self.process.kernel.serve(request, &mut self.disk).map_err(|error| error.to_string())
    }
}
