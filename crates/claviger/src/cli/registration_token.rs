//! `claviger registration-token`: what lets clients register themselves (RFC 7591 3).

use super::ask;
use super::context::Context;
use super::output;
use super::trouble::Trouble;
use clap::{Args, Subcommand};
use claviger_core::registration::TokenAllows;
use claviger_core::span::Span;
use claviger_server::admin::registrations;
use claviger_store::InitialToken;
use serde::Serialize;

/// What is done with these tokens.
#[derive(Debug, Subcommand)]
pub(crate) enum RegistrationTokenCommand {
    /// Make a token with which clients register themselves, and print it; it is never shown again
    #[command(after_help = "\
Examples:
  claviger registration-token create --label \"Acme's developers\" --uses 5 --expires 30d
  claviger registration-token create --uses 1 --scope \"openid orders.read\" --redirect-host acme.example
  claviger registration-token create > token.txt          only the token goes to stdout

The realm's [registration] says who may register. With a token the realm's rates do not count, and a client need not
wait for approval unless --approval says so. The client sends it as `Authorization: Bearer TOKEN`.")]
    Create(Create),
    /// List the tokens; never the tokens themselves
    List,
    /// Take a token back: nobody registers with it any more; clients that did stay
    Revoke {
        /// The token's id, from `claviger registration-token list`
        id: String,
        /// Do not ask
        #[arg(long, short)]
        yes: bool,
    },
}

/// A new token.
#[derive(Debug, Args)]
pub(crate) struct Create {
    /// What you call it
    #[arg(long, default_value = "")]
    label: String,
    /// How many clients may be registered with it; left out: as many as the realm has room for
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    uses: Option<u32>,
    /// It is over after so long: `30d`, `12h`
    #[arg(long, default_value = "7d")]
    expires: Span,
    /// The scopes that its clients may have, in place of the realm's
    #[arg(long)]
    scope: Option<String>,
    /// A host that their redirect URIs may lead to, in place of the realm's; may be repeated
    #[arg(long, value_name = "HOST")]
    redirect_host: Vec<String>,
    /// Its clients wait for approval
    #[arg(long)]
    approval: bool,
}

#[derive(Serialize)]
struct Listed {
    id: String,
    label: String,
    state: &'static str,
    uses_left: Option<i64>,
    scopes: Option<Vec<String>>,
    redirect_hosts: Option<Vec<String>>,
    approval: bool,
    created_at: String,
    expires_at: String,
}

impl Listed {
    fn of((token, allows): (InitialToken, TokenAllows), now: i64) -> Self {
        let state = match &token {
            token if token.revoked_at.is_some() => "revoked",
            token if token.is_live(now) => "live",
            token if token.expires_at <= now => "expired",
            _ => "used up",
        };
        Self {
            id: token.id,
            label: allows.label,
            state,
            uses_left: token.uses_left,
            scopes: allows.scopes,
            redirect_hosts: allows.redirect_hosts,
            approval: allows.approval,
            created_at: output::time(token.created_at),
            expires_at: output::time(token.expires_at),
        }
    }
}

impl Create {
    fn allows(&self) -> TokenAllows {
        let scopes = self.scope.as_ref().map(|scope| scope.split_whitespace().map(str::to_owned).collect());
        TokenAllows {
            label: self.label.clone(),
            scopes,
            redirect_hosts: Some(self.redirect_host.clone()).filter(|hosts| !hosts.is_empty()),
            approval: self.approval,
        }
    }
}

/// Does it.
pub(crate) async fn run(command: RegistrationTokenCommand, context: &Context) -> Result<(), Trouble> {
    let data = context.data().await?;
    let realm = data.realm().await?;
    let admin = data.admin();
    match command {
        RegistrationTokenCommand::Create(create) => {
            let made = registrations::create(&admin, &realm, &create.allows(), (create.uses, create.expires)).await?;
            eprintln!("The registration token {} of {}. It is not shown again.", made.id, realm.name);
            let item = serde_json::json!({
                "realm": realm.id, "id": made.id, "token": made.token.expose(),
                "expires_at": output::time(made.expires_at), "uses": create.uses,
            });
            match context.format {
                output::Format::Json | output::Format::Yaml => context.format.one(&item, &[]),
                output::Format::Table | output::Format::Csv | output::Format::Id => {
                    output::put(&format!("{}\n", made.token.expose()))
                }
            }
        }
        RegistrationTokenCommand::List => {
            let found = registrations::list(&data.store, &realm).await?;
            let listed: Vec<Listed> = found.into_iter().map(|one| Listed::of(one, data.now())).collect();
            let columns = ["id", "label", "state", "uses left", "scopes", "expires"];
            context.format.list(columns, &listed, |token| {
                [
                    token.id.clone(),
                    token.label.clone(),
                    token.state.to_owned(),
                    token.uses_left.map_or_else(|| "-".to_owned(), |left| left.to_string()),
                    token.scopes.as_ref().map_or_else(|| "-".to_owned(), |scopes| scopes.join(" ")),
                    token.expires_at.clone(),
                ]
            })
        }
        RegistrationTokenCommand::Revoke { id, yes } => {
            ask::confirm(yes, &format!("Take the registration token {id} of {} back?", realm.name))?;
            registrations::revoke(&admin, &realm, &id).await?;
            let item = serde_json::json!({ "realm": realm.id, "id": id, "state": "revoked" });
            context.format.one(&item, &[("id", id.clone()), ("state", "revoked".to_owned())])
        }
    }
}
