//! `claviger token`: what a token would hold.

use super::context::Context;
use super::trouble::Trouble;
use clap::{Args, Subcommand};
use claviger_server::admin::evaluate::{Wanted, evaluate};

/// What is asked of tokens.
#[derive(Debug, Subcommand)]
pub(crate) enum TokenCommand {
    /// What a token would hold, without issuing one
    #[command(after_help = "\
Examples:
  claviger token evaluate --realm orders --app fleet-planner --user alice --scope \"openid profile\"
  claviger token evaluate --realm orders --app night-job --audience https://api.example -o json

It is decided as at the token endpoint, for somebody who signed in just now and allowed everything. What a token gets only when it is
made is not in it: the id of its grant, a nonce, a key that it is bound to.")]
    Evaluate(Evaluate),
}

/// For what.
#[derive(Debug, Args)]
pub(crate) struct Evaluate {
    /// The app
    #[arg(long, value_name = "CLIENT_ID")]
    app: String,
    /// The user, by name or id; without one, the app acts for itself
    #[arg(long)]
    user: Option<String>,
    /// The scope; without one, what a request without one gets
    #[arg(long)]
    scope: Option<String>,
    /// The API; may be repeated
    #[arg(long)]
    audience: Vec<String>,
    /// The organisation that the user picks
    #[arg(long)]
    organisation: Option<String>,
}

/// Does it.
pub(crate) async fn run(command: TokenCommand, context: &Context) -> Result<(), Trouble> {
    let TokenCommand::Evaluate(Evaluate { app, user, scope, audience, organisation }) = command;
    let data = context.data().await?;
    let realm = data.realm().await?;
    let wanted = Wanted { app, user, scope, audiences: audience, organisation };
    let found = evaluate(&data.store, &data.secrets().await?, &realm, &wanted, data.now()).await?;
    let text =
        |claims: &serde_json::Map<String, serde_json::Value>| serde_json::to_string_pretty(claims).unwrap_or_default();
    let mut pairs = vec![
        ("grant", found.grant_type.to_owned()),
        ("format", found.access_token_format.to_owned()),
        ("lives", format!("{}s", found.expires_in)),
        ("refresh token", if found.refresh_token { "yes" } else { "no" }.to_owned()),
        ("scope", found.scope.clone()),
        ("access token", text(&found.access_token)),
    ];
    pairs.extend(found.id_token.as_ref().map(|claims| ("ID token", text(claims))));
    pairs.extend(found.userinfo.as_ref().map(|claims| ("userinfo", text(claims))));
    context.format.one(&found, &pairs)
}
