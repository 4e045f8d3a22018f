//! What a rule is made of: a line of a table that says which run of which cmdlet opens the gate.

use crate::event::{AuditEvent, Cmdlet, Parameter};
use crate::judge::tenant::Tenant;

use super::finding::Change;

/// What a sign may look at.
#[derive(Debug, Clone, Copy)]
pub struct Case<'c> {
    /// The run of a cmdlet.
    pub event: &'c AuditEvent<'c>,
    /// Whose settings were changed.
    pub tenant: &'c Tenant,
}

/// One way in which a record shows that the gate was opened.
#[derive(Debug, Clone, Copy)]
pub struct Sign {
    /// The question, answered by yes where the rule fires.
    pub question: &'static str,
    /// Runs of which cmdlets.
    pub on: &'static [Cmdlet],
    /// What must hold besides.
    pub given: fn(&Case<'_>) -> bool,
    /// Where it shows.
    pub shows: Shows,
    /// What the reader must know beside the values.
    pub note: Option<&'static str>,
}

/// Where a sign shows.
#[derive(Debug, Clone, Copy)]
pub enum Shows {
    /// In the run itself: what it was done to, where it opens the gate.
    InRun(fn(&Case<'_>) -> Option<String>),
    /// In the value of one of these parameters: the part of it that opens the gate. A `*` stands for the rest of a name.
    InParameter(&'static [&'static str], fn(&Case<'_>, &Parameter<'_>) -> Option<String>),
}

impl Sign {
    /// A sign without further conditions.
    pub(super) const fn new(question: &'static str, on: &'static [Cmdlet], shows: Shows) -> Self {
        Self { question, on, given: |_| true, shows, note: None }
    }

    /// The same sign, where something else holds as well.
    pub(super) const fn given(self, given: fn(&Case<'_>) -> bool) -> Self {
        Self { given, ..self }
    }

    /// The same sign, with a word to the reader.
    pub(super) const fn note(self, note: &'static str) -> Self {
        Self { note: Some(note), ..self }
    }

    /// The changes in which the record shows this sign.
    pub(super) fn changes(&self, case: &Case<'_>) -> Vec<Change> {
        if !self.on.contains(&case.event.operation) || !(self.given)(case) {
            return Vec::new();
        }
        match self.shows {
            Shows::InRun(done_to) => {
                done_to(case).map(|to| Change::new(case.event, "Identity", &to)).into_iter().collect()
            }
            Shows::InParameter(names, opens) => {
                let asked = |it: &&Parameter<'_>| names.iter().any(|name| is_named(&it.name, name));
                let change = |it: &Parameter<'_>| Some(Change::new(case.event, &it.name, &opens(case, it)?));
                case.event.parameters.iter().filter(asked).filter_map(change).collect()
            }
        }
    }
}

fn is_named(written: &str, name: &str) -> bool {
    match name.strip_suffix('*') {
        Some(start) => written.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start)),
        None => written.eq_ignore_ascii_case(name),
    }
}
