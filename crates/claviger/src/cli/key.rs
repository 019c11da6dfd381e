//! `claviger key`: a realm's signing keys.

use super::context::{Context, Data};
use super::trouble::Trouble;
use super::{ask, output};
use clap::Subcommand;
use claviger_core::Realm;
use claviger_server::admin::keys;
use claviger_store::SigningKeyRow;
use serde::{Deserialize, Serialize};

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

The successor is published at once and signs after the realm's `key-prepublish`. Keys are rotated by age as well.
What the old key signed stays good. After a leak, use `claviger key revoke`.")]
    Rotate,
    /// Take a key that has leaked out of the key set at once: whatever it signed is refused
    #[command(after_help = "\
Examples:
  claviger key list --realm standard
  claviger key revoke --realm standard pE1aF3ksVwYk8XGWLQpcUMvkw6Bbz --yes

At once, on every server: the key is out of the key set and its successor signs (one is made if there is none).
Access tokens that it signed are refused by introspection, userinfo and every API with Claviger's guard, and ID
tokens that it signed are no hints any more. Apps get new access tokens with their refresh tokens; nobody has to
sign in again. APIs with another library refuse the old tokens when they read the key set again.
It cannot be taken back.")]
    Revoke {
        /// The key, as `key list` names it
        #[arg(value_name = "KID")]
        kid: String,
        /// Do not ask
        #[arg(long, short)]
        yes: bool,
    },
}

#[derive(Serialize, Deserialize)]
pub(super) struct Listed {
    kid: String,
    alg: String,
    state: String,
    created_at: String,
    #[serde(alias = "activates_at")]
    signs_from: String,
    retires_at: Option<String>,
}

impl From<SigningKeyRow> for Listed {
    fn from(key: SigningKeyRow) -> Self {
        Self {
            state: key.state.name().to_owned(),
            created_at: output::time(key.created_at),
            signs_from: output::time(key.activates_at),
            retires_at: key.retires_at.map(output::time),
            kid: key.kid,
            alg: key.alg,
        }
    }
}

/// What is asked before a key is revoked.
pub(super) fn revocation_question(kid: &str, realm: &str) -> String {
    format!(
        "Revoke the signing key {kid} of {realm}? Every access token and ID token that it signed is refused from now on; \
         apps have to get new ones. Nobody has to sign in again."
    )
}

async fn revoke(data: &Data, realm: &Realm, kid: &str, yes: bool) -> Result<(), Trouble> {
    // Before anybody is asked: a key or a master key that is not there.
    let masters = data.master_keys()?;
    keys::known(&data.store, realm, kid).await?;
    ask::confirm(yes, &revocation_question(kid, &realm.name))?;
    let done = keys::revoke(&data.admin(), &masters, data.clock.clone(), realm, kid).await?;
    match (done.state, done.successor) {
        (_, Some(successor)) => eprintln!("{kid} is revoked; {successor} signs in its place."),
        (Some(_), None) => eprintln!("{kid} is revoked; it did not sign."),
        (None, None) => eprintln!("{kid} is revoked; it had left the key set before."),
    }
    Ok(())
}

/// Does it, in the database.
pub(crate) async fn run(command: KeyCommand, context: &Context, data: &Data) -> Result<(), Trouble> {
    let realm = data.realm().await?;
    match command {
        KeyCommand::List => {}
        KeyCommand::Rotate => {
            keys::rotate(&data.admin(), &data.master_keys()?, data.clock.clone(), &realm).await?;
        }
        KeyCommand::Revoke { kid, yes } => revoke(data, &realm, &kid, yes).await?,
    }
    let listed: Vec<Listed> = keys::list(&data.store, &realm).await?.into_iter().map(Into::into).collect();
    self::listed(context, &listed)
}

/// Prints keys.
pub(super) fn listed(context: &Context, listed: &[Listed]) -> Result<(), Trouble> {
    context.format.list(["key id", "algorithm", "state", "created", "signs from", "retires"], listed, |key| {
        [
            key.kid.clone(),
            key.alg.clone(),
            key.state.clone(),
            key.created_at.clone(),
            key.signs_from.clone(),
            key.retires_at.clone().unwrap_or_else(|| "-".to_owned()),
        ]
    })
}
