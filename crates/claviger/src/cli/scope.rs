//! `claviger scope`: what apps of a realm may ask for.

use super::context::{Context, Data};
use super::trouble::Trouble;
use clap::Subcommand;
use claviger_core::realm::Scope;
use serde::{Deserialize, Serialize};

/// What is done with scopes.
#[derive(Debug, Clone, Copy, Subcommand)]
pub(crate) enum ScopeCommand {
    /// List the scopes of a realm, and what each lets an app do; a realm file changes them
    List,
}

/// A scope as it is listed, and as the admin API tells it.
#[derive(Serialize, Deserialize)]
pub(super) struct Listed {
    name: String,
    sentence: String,
    sensitive: bool,
    api: Option<String>,
    seat: Option<String>,
}

impl From<Scope> for Listed {
    fn from(Scope { name, sentence, sensitive, api, seat, .. }: Scope) -> Self {
        Self { name, sentence, sensitive, api, seat }
    }
}

/// Does it, in the database.
pub(crate) async fn run(command: ScopeCommand, context: &Context, data: &Data) -> Result<(), Trouble> {
    let ScopeCommand::List = command;
    listed(context, &data.realm().await?.scopes.into_iter().map(Into::into).collect::<Vec<_>>())
}

/// Prints scopes.
pub(super) fn listed(context: &Context, listed: &[Listed]) -> Result<(), Trouble> {
    context.format.list(["scope", "sentence", "sensitive", "API", "seat"], listed, |one| {
        let dash = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
        let sensitive = if one.sensitive { "yes" } else { "no" }.to_owned();
        [one.name.clone(), one.sentence.clone(), sensitive, dash(&one.api), dash(&one.seat)]
    })
}
