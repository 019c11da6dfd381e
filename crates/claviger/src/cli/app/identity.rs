//! How an app's users are named to it, as options.

use clap::Args;
use claviger_core::client::{Identity, SubjectType};

/// How its users are named to it.
#[derive(Debug, Args)]
pub(super) struct IdentityArgs {
    /// How its users are named to it: `public`, as to all others, or `pairwise`, as to its sector alone
    #[arg(long, value_parser = subject_type, value_name = "TYPE")]
    pub(super) subject_type: Option<SubjectType>,
    /// Where a JSON array of all redirect URIs of its sector is, for `pairwise` and several hosts; empty: nowhere
    #[arg(long, value_name = "URL")]
    pub(super) sector_identifier_uri: Option<String>,
}

impl IdentityArgs {
    /// What a new app is to have.
    pub(super) fn new_identity(self) -> Identity {
        let sector_identifier_uri = self.sector_identifier_uri.filter(|uri| !uri.is_empty());
        Identity { subject_type: self.subject_type.unwrap_or_default(), sector_identifier_uri, claims: Vec::new() }
    }
}

fn subject_type(name: &str) -> Result<SubjectType, String> {
    let found = [SubjectType::Public, SubjectType::Pairwise].into_iter().find(|known| known.name() == name);
    found.ok_or_else(|| "there is: public, pairwise".to_owned())
}
