//! Who uses Direct Send: each sender at each network, with what it proved, for how long, and what Postern takes it for.
//!
//! Whoever shuts Direct Send breaks whatever uses it, and the printers are on no list. The profiles that the detector
//! keeps of its sources are that list; here they are told. An [`Entry`] is a profile as it stands, nothing but facts.
//! What it is taken for, its [`Kind`], needs two more things that no entry knows of itself: who else speaks at its
//! network, and what time it is. Both come from a [`Survey`], a first walk over the entries of a tenant. So a report walks
//! twice and holds no entry: there may be a million.
//!
//! The judgement is the detector's own (`correlate::sources`), so that a report never calls a device what an alert calls
//! an attack. What would break, were Direct Send shut, is not said here: these are the facts that it will rest on.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod csv;
mod entry;
#[cfg(test)]
mod fixtures;
mod json;
mod kind;
mod survey;

use std::collections::BTreeMap;

use crate::event::Time;
use crate::judge::Tenant;

pub use csv::Csv;
pub use entry::{Entry, EntryError, Messages, SOURCE_KIND, date};
pub use json::Json;
pub use kind::{Kind, Sign};
pub use survey::{Assessment, Survey};

#[cfg(test)]
pub(crate) use fixtures::{entry_of, on, stored};

/// A form that a report can have. What it has to say is added to a text, which the caller empties as it likes: a report
/// is written while it is made.
pub trait Form {
    /// What stands in front of everything.
    fn open(&mut self, text: &mut String);
    /// A tenant begins.
    fn tenant(&mut self, owner: &Owner<'_>, survey: &Survey, text: &mut String);
    /// A source of that tenant.
    fn source(&mut self, source: &Source<'_>, text: &mut String);
    /// The tenant ends; how many sources it has of each kind, whether they were shown or not.
    fn tenant_end(&mut self, counts: &Counts, text: &mut String);
    /// What stands behind everything.
    fn close(&mut self, text: &mut String);
}

/// A source with everything that is said of it.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    /// Whose.
    pub owner: &'a Owner<'a>,
    /// The facts.
    pub entry: &'a Entry,
    /// What it is taken for.
    pub assessment: &'a Assessment<'a>,
    /// Until when the inventory tells.
    pub up_to: Time,
}

/// A number for each kind, zero included.
pub type Counts = BTreeMap<Kind, u64>;

/// Whose inventory it is, as a report names it.
#[derive(Debug, Clone, Copy)]
pub struct Owner<'a> {
    /// The Entra tenant id; empty where a scan took all records for one tenant's.
    pub id: &'a str,
    /// What people call the tenant; its id where no configuration names it.
    pub name: &'a str,
    /// What is configured of it.
    pub tenant: Option<&'a Tenant>,
}
