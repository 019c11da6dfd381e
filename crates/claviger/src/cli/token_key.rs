//! `claviger token-key`: the key that refresh tokens are made with.

use super::ask;
use super::context::Context;
use super::trouble::Trouble;
use clap::Subcommand;
use claviger_server::admin::keys;

/// What is done with the token key.
#[derive(Debug, Subcommand)]
pub(crate) enum TokenKeyCommand {
    /// Make a new token key; what the old one made goes on working
    #[command(after_help = "\
Examples:
  claviger token-key rotate
  claviger token-key rotate --revoke-old --yes

New refresh tokens are made with the new key at once, on every server. Those of the old key are accepted until their
grants end. With --revoke-old they are refused at once, and people have to sign in to their apps again; access tokens
live until they expire. Apps' secrets go on working either way: each is stored under the new key when it is used next.")]
    Rotate {
        /// Refuse every refresh token that was made until now: for a key that has leaked
        #[arg(long)]
        revoke_old: bool,
        /// Do not ask
        #[arg(long, short)]
        yes: bool,
    },
}

/// Does it.
pub(crate) async fn run(command: TokenKeyCommand, context: &Context) -> Result<(), Trouble> {
    let data = context.data().await?;
    let masters = data.master_keys()?;
    let TokenKeyCommand::Rotate { revoke_old, yes } = command;
    if revoke_old {
        ask::confirm(
            yes,
            "Refuse every refresh token of every realm that was made until now? People have to sign in to their apps again.",
        )?;
    }
    let number = keys::rotate_token_key(&data.admin(), &masters, revoke_old).await?;
    let item = serde_json::json!({ "token_key": number, "old_tokens_accepted": !revoke_old });
    let old = if revoke_old { "refused from now on" } else { "accepted until their grants end" };
    context.format.one(&item, &[("token key", format!("number {number}")), ("earlier refresh tokens", old.to_owned())])
}
