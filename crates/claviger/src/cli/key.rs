//! `claviger key`: a realm's signing keys.

use super::context::Context;
use super::output;
use super::trouble::Trouble;
use clap::Subcommand;
use claviger_server::admin::keys;
use claviger_store::SigningKeyRow;
use serde::Serialize;

/// What is done with keys.
#[derive(Debug, Subcommand)]
pub(crate) enum KeyCommand {
    /// List a realm's signing keys: published, active, retired
    List,
    /// Give every active key a successor, which signs once APIs have had time to learn it
    #[command(after_help = "\
Examples:
  claviger key rotate --realm standard
  claviger key list --realm standard

The successor is published at once and signs after the realm's `key-prepublish`. Keys are rotated by age as well;
this is for a key that may have leaked, or before a machine is given away.")]
    Rotate,
}

#[derive(Serialize)]
struct Listed {
    kid: String,
    alg: String,
    state: &'static str,
    created_at: String,
    signs_from: String,
    retires_at: Option<String>,
}

impl From<SigningKeyRow> for Listed {
    fn from(key: SigningKeyRow) -> Self {
        Self {
            state: key.state.name(),
            created_at: output::time(key.created_at),
            signs_from: output::time(key.activates_at),
            retires_at: key.retires_at.map(output::time),
            kid: key.kid,
            alg: key.alg,
        }
    }
}

/// Does it.
pub(crate) async fn run(command: KeyCommand, context: &Context) -> Result<(), Trouble> {
    let data = context.data().await?;
    let realm = data.realm().await?;
    if let KeyCommand::Rotate = command {
        keys::rotate(&data.admin(), &data.master_key()?, data.clock.clone(), &realm).await?;
    }
    let listed: Vec<Listed> = keys::list(&data.store, &realm).await?.into_iter().map(Into::into).collect();
    context.format.list(["key id", "algorithm", "state", "created", "signs from", "retires"], &listed, |key| {
        [
            key.kid.clone(),
            key.alg.clone(),
            key.state.to_owned(),
            key.created_at.clone(),
            key.signs_from.clone(),
            key.retires_at.clone().unwrap_or_else(|| "-".to_owned()),
        ]
    })
}
