//! `claviger token` at a server.

use crate::cli::context::Context;
use crate::cli::place::{Server, put_some};
use crate::cli::token::{self, Evaluate, TokenCommand};
use crate::cli::trouble::Trouble;
use serde_json::json;

/// Does it.
pub(crate) async fn run(command: TokenCommand, context: &Context, server: &Server) -> Result<(), Trouble> {
    let TokenCommand::Evaluate(Evaluate { app, user, scope, audience, organisation }) = command;
    let mut wanted = json!({ "app": app, "audiences": audience });
    for (name, value) in [("user", user), ("scope", scope), ("organisation", organisation)] {
        put_some(&mut wanted, name, value);
    }
    token::shown(context, &server.realm().await?.post(&["tokens", "evaluate"], wanted).await?)
}
