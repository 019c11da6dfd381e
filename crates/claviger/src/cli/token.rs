//! `claviger token`: what a token would hold.

use super::context::{Context, Data};
use super::place::{member, text};
use super::trouble::{Exit, Trouble};
use clap::{Args, Subcommand};
use claviger_server::admin::evaluate::{Wanted, evaluate};
use serde_json::Value;

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
    pub(super) app: String,
    /// The user, by name or id; without one, the app acts for itself
    #[arg(long)]
    pub(super) user: Option<String>,
    /// The scope; without one, what a request without one gets
    #[arg(long)]
    pub(super) scope: Option<String>,
    /// The API; may be repeated
    #[arg(long)]
    pub(super) audience: Vec<String>,
    /// The organisation that the user picks
    #[arg(long)]
    pub(super) organisation: Option<String>,
}

/// Does it, in the database.
pub(crate) async fn run(command: TokenCommand, context: &Context, data: &Data) -> Result<(), Trouble> {
    let TokenCommand::Evaluate(Evaluate { app, user, scope, audience, organisation }) = command;
    let realm = data.realm().await?;
    let wanted = Wanted { app, user, scope, audiences: audience, organisation };
    let found = evaluate(&data.store, &data.secrets().await?, &realm, &wanted, data.now()).await?;
    let found = serde_json::to_value(&found);
    shown(context, &found.map_err(|error| Trouble::new(Exit::Failure, format!("a claim cannot be spelled: {error}")))?)
}

/// Prints what a token would hold, as the admin API tells it.
pub(super) fn shown(context: &Context, found: &Value) -> Result<(), Trouble> {
    let claims = |name: &str| serde_json::to_string_pretty(member(found, name)).unwrap_or_default();
    let refresh = member(found, "refresh_token").as_bool().unwrap_or_default();
    let mut pairs = vec![
        ("grant", text(found, "grant_type")),
        ("format", text(found, "access_token_format")),
        ("lives", format!("{}s", member(found, "expires_in"))),
        ("refresh token", if refresh { "yes" } else { "no" }.to_owned()),
        ("scope", text(found, "scope")),
        ("access token", claims("access_token")),
    ];
    let more = [("ID token", "id_token"), ("userinfo", "userinfo")].into_iter();
    pairs.extend(more.filter(|(_, name)| !member(found, name).is_null()).map(|(word, name)| (word, claims(name))));
    context.format.one(found, &pairs)
}
