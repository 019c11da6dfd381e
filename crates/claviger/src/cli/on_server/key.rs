//! `claviger key` at a server.

use crate::cli::ask;
use crate::cli::context::Context;
use crate::cli::key::{self, KeyCommand, Listed};
use crate::cli::place::{Server, answered, member};
use crate::cli::trouble::Trouble;
use serde_json::Value;

/// Does it.
pub(crate) async fn run(command: KeyCommand, context: &Context, server: &Server) -> Result<(), Trouble> {
    let realm = server.realm().await?;
    let found: Value = match command {
        KeyCommand::List => realm.get(&["keys"], &[]).await?,
        KeyCommand::Rotate => realm.act(&["keys", "rotate"]).await?,
        KeyCommand::Revoke { kid, yes } => {
            ask::confirm(yes, &key::revocation_question(&kid, &realm.name))?;
            let said = realm.act(&["keys", &kid, "revoke"]).await?;
            eprintln!("{kid} is revoked.");
            said
        }
    };
    key::listed(context, &answered::<Vec<Listed>>(member(&found, "items").clone())?)
}
