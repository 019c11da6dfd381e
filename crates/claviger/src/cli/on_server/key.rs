//! `claviger key` at a server.

use crate::cli::ask;
use crate::cli::context::Context;
use crate::cli::key::{self, KeyCommand, Listed};
use crate::cli::place::{Server, answered, member};
use crate::cli::trouble::Trouble;
use serde_json::json;

/// Does it.
pub(crate) async fn run(command: KeyCommand, context: &Context, server: &Server) -> Result<(), Trouble> {
    let realm = server.realm().await?;
    let keys = ["realms", &*realm.id, "keys"];
    let found = match command {
        KeyCommand::List => server.get(&keys, &[]).await?,
        KeyCommand::Rotate => server.post(&["realms", &realm.id, "keys", "rotate"], json!({})).await?,
        KeyCommand::Revoke { kid, yes } => {
            ask::confirm(yes, &key::revocation_question(&kid, &realm.name))?;
            let said = server.post(&["realms", &realm.id, "keys", &kid, "revoke"], json!({})).await?;
            eprintln!("{kid} is revoked.");
            said
        }
    };
    key::listed(context, &answered::<Vec<Listed>>(member(&found, "items").clone())?)
}
