//! `claviger secret` at a server.

use super::not_here;
use crate::cli::ask;
use crate::cli::context::Context;
use crate::cli::output;
use crate::cli::place::{Server, member, put, text};
use crate::cli::secret::{self, SecretCommand};
use crate::cli::trouble::Trouble;
use claviger_server::clock::Clock;
use serde_json::{Value, json};

/// Does it.
pub(crate) async fn run(command: SecretCommand, context: &Context, server: &Server) -> Result<(), Trouble> {
    let realm = server.realm().await?;
    match command {
        SecretCommand::Add { import: Some(_), .. } => Err(not_here("`claviger secret add --import`")),
        SecretCommand::Add { client, label, expires, import: None } => {
            let mut body = json!({});
            if !label.is_empty() {
                put(&mut body, "label", label);
            }
            if let Some(span) = expires {
                put(&mut body, "expires_at", output::time(Clock::default().now() + span.as_millis()));
            }
            let made: Value = realm.post(&["apps", &client, "secrets"], body).await?;
            let expires_at = member(&made, "expires_at").as_str().map(str::to_owned);
            secret::made(
                context,
                &realm.id,
                &client,
                (&text(&made, "id"), &text(&made, "secret")),
                expires_at.as_deref(),
            )
        }
        SecretCommand::List { client } => {
            secret::listed(context, &realm.items(&["apps", &client, "secrets"], &[]).await?)
        }
        SecretCommand::Retire { client, id, yes } => {
            ask::confirm(yes, &format!("Stop the secret {id} of `{client}` at once?"))?;
            realm.delete(&["apps", &client, "secrets", &id], &[]).await?;
            secret::retired(context, &realm.id, &client, &id)
        }
    }
}
