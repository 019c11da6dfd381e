//! `claviger role` at a server: the roles of the admin realm that one is logged in to.

use super::not_here;
use crate::cli::ask;
use crate::cli::context::Context;
use crate::cli::place::{Server, member, put, text};
use crate::cli::role::{RoleCommand, Which};
use crate::cli::trouble::Trouble;
use serde_json::{Value, json};

/// Does it.
pub(crate) async fn run(command: RoleCommand, context: &Context, server: &Server) -> Result<(), Trouble> {
    match command {
        RoleCommand::Give(which) => {
            let role = which.role.to_string();
            server.post(&["roles", "give"], body(&which)).await?;
            context.format.one(&body(&which), &[("role", role), ("state", "given".to_owned())])
        }
        RoleCommand::Take { even_last: true, .. } => Err(not_here("`claviger role take --even-last`")),
        RoleCommand::Take { which, yes, .. } => {
            ask::confirm(yes, &format!("Let `{}` be {} no more?", which.holder, which.role))?;
            let role = which.role.to_string();
            server.post(&["roles", "take"], body(&which)).await?;
            context.format.one(&body(&which), &[("role", role), ("state", "taken".to_owned())])
        }
        RoleCommand::List => {
            let found = server.get(&["roles"], &[]).await?;
            let items = member(&found, "items").as_array().cloned().unwrap_or_default();
            context.format.list(["kind", "id", "role", "over", "organisation", "since"], &items, |one| {
                let organisation = member(one, "organisation").as_str().unwrap_or("-").to_owned();
                [
                    text(one, "kind"),
                    text(one, "id"),
                    text(one, "role"),
                    text(one, "over"),
                    organisation,
                    text(one, "since"),
                ]
            })
        }
        RoleCommand::FirstOwner { .. } => Err(not_here("`claviger role first-owner`")),
    }
}

fn body(which: &Which) -> Value {
    let mut body = json!({
        "kind": if which.app { "client" } else { "user" }, "holder": which.holder, "role": which.role, "over": which.over,
    });
    if !which.organisation.is_empty() {
        put(&mut body, "organisation", which.organisation.clone());
    }
    body
}
