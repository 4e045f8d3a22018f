//! Whose mail it is: from `--domain` or from `--config`.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;

use super::failure::Failure;
use crate::event::Domain;
use crate::judge::{AcceptedDomain, Tenant, Tenants};

/// The options that say which domains are one's own.
#[derive(Debug, Clone, Args)]
#[group(required = true, multiple = false)]
pub(super) struct TenantOptions {
    /// An accepted domain of the tenant; repeat it for each. All records count as this tenant's
    #[arg(long, value_name = "DOMAIN")]
    domain: Vec<String>,
    /// A configuration file, for its tenants
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

impl TenantOptions {
    /// The tenants to judge for.
    pub(super) fn load(&self) -> Result<Arc<Tenants>, Failure> {
        match &self.config {
            Some(path) => Err(Failure::usage(anyhow::anyhow!("{}: not read yet; use --domain", path.display()))),
            None => self.of_domains().map(Arc::new),
        }
    }

    fn of_domains(&self) -> Result<Tenants, Failure> {
        let accepted = |name: &String| AcceptedDomain {
            name: Domain::fold(name).into_owned().to_string(),
            match_subdomains: false,
        };
        Ok(Tenants::catch_all(Tenant {
            name: self.domain.first().cloned().unwrap_or_default(),
            accepted_domains: self.domain.iter().map(accepted).collect(),
            ..Tenant::default()
        }))
    }
}
