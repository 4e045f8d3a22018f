//! `postern report`: who uses Direct Send, from the ledger or from files.
//!
//! It walks twice over the sources of each tenant, first to learn what no source knows of itself, then to write, so that
//! a million of them need no more memory than one page. From a ledger it reads while the service runs; from files it runs
//! the service's detection and takes what that remembers of its sources.

mod options;
mod origin;
mod scan;
mod table;

use super::failure::{Exit, Failure};
use super::output::{Output, print};
use crate::inventory::{Counts, Entry, Form, Kind, Owner, Source, Survey};
use crate::judge::Tenants;
use options::FormName;
pub(super) use options::Options;
use origin::Origin;

/// Reports tenant by tenant, in the order of their ids.
pub(super) fn run(options: &Options) -> Result<Exit, Failure> {
    options.refuse_to_overwrite_input()?;
    let known = options.known()?;
    let mut origin = match &known.data_dir {
        Some(data_dir) => Origin::of_ledger(data_dir)?,
        None => Origin::Scanned(scan::sources(&options.paths, &known.tenants)?),
    };
    let ids = chosen(origin.tenants()?, &known.tenants, options.tenant.as_deref())?;
    let mut report = Report { form: options.form(), kinds: &options.kinds, writer: Writer::new(options)? };
    report.form.open(&mut report.writer.text);
    for id in ids {
        report.tenant(&mut origin, &owner(&id, &known.tenants))?;
    }
    report.form.close(&mut report.writer.text);
    report.writer.finish()?;
    Ok(Exit::Done)
}

/// The ids to report on: all, or that of the tenant that is asked for.
fn chosen(ids: Vec<String>, tenants: &Tenants, wanted: Option<&str>) -> Result<Vec<String>, Failure> {
    let Some(wanted) = wanted else { return Ok(ids) };
    let is_wanted = |owner: &Owner<'_>| owner.name == wanted || owner.id.eq_ignore_ascii_case(wanted);
    let found: Vec<_> = ids.iter().filter(|id| is_wanted(&owner(id, tenants))).cloned().collect();
    let is_configured = tenants.iter().any(|(_, tenant)| tenant.name == wanted || tenant.id == wanted);
    if found.is_empty() && !is_configured {
        let names: Vec<_> = ids.iter().map(|id| owner(id, tenants).name).collect();
        let advice = if names.is_empty() { "nothing is known of any".to_owned() } else { names.join(", ") };
        return Err(Failure::usage(anyhow::anyhow!("there is no tenant {wanted:?} to report on; there is: {advice}")));
    }
    Ok(found)
}

fn owner<'a>(id: &'a str, tenants: &'a Tenants) -> Owner<'a> {
    let tenant = tenants.find(id).map(|index| tenants.get(index));
    Owner { id, name: tenant.map_or(id, |tenant| &tenant.name), tenant }
}

struct Report<'o> {
    form: Box<dyn Form>,
    /// The kinds to show; none means all.
    kinds: &'o [Kind],
    writer: Writer,
}

impl Report<'_> {
    fn tenant(&mut self, origin: &mut Origin, owner: &Owner<'_>) -> Result<(), Failure> {
        let mut survey = Survey::default();
        origin.each(owner.id, &mut |entry| {
            survey.add(entry);
            Ok(())
        })?;
        let mut counts: Counts = Kind::ALL.map(|kind| (kind, 0)).into();
        self.form.tenant(owner, &survey, &mut self.writer.text);
        origin.each(owner.id, &mut |entry| self.source(owner, entry, &survey, &mut counts))?;
        self.form.tenant_end(&counts, &mut self.writer.text);
        self.writer.flush()
    }

    fn source(
        &mut self,
        owner: &Owner<'_>,
        entry: &Entry,
        survey: &Survey,
        counts: &mut Counts,
    ) -> Result<(), Failure> {
        let assessment = survey.assess(entry, owner.tenant);
        *counts.entry(assessment.kind).or_default() += 1;
        if self.kinds.is_empty() || self.kinds.contains(&assessment.kind) {
            let up_to = survey.up_to().unwrap_or(entry.last_seen);
            self.form.source(&Source { owner, entry, assessment: &assessment, up_to }, &mut self.writer.text);
        }
        self.writer.flush()
    }
}

/// Writes what a form has said to where it belongs, in its styles only where they can be seen.
struct Writer {
    text: String,
    /// Where a program may read it; else it is a page for a person.
    output: Option<Output>,
}

impl Writer {
    fn new(options: &Options) -> Result<Self, Failure> {
        let is_page = options.format == FormName::Text && options.is_to_standard_output();
        let output = if is_page { None } else { Some(Output::create(&options.out)?) };
        Ok(Self { text: String::new(), output })
    }

    fn flush(&mut self) -> Result<(), Failure> {
        match &mut self.output {
            Some(output) => output.write(self.text.as_bytes())?,
            None if !self.text.is_empty() => print(&self.text)?,
            None => {}
        }
        self.text.clear();
        Ok(())
    }

    fn finish(mut self) -> Result<(), Failure> {
        self.flush()?;
        self.output.map_or(Ok(()), Output::finish)
    }
}
