//! Whose mail it is: from `--domain` or from `--config`.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;

use super::config;
use super::failure::Failure;
use crate::config::Config;
use crate::judge::Tenants;

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
        let tenants = match &self.config {
            Some(path) => config::load(path).map_err(Failure::usage)?.tenants,
            None => Config::for_domains(self.domain.iter().map(String::as_str)).map_err(Failure::usage)?,
        };
        Ok(Arc::new(tenants))
    }
}
