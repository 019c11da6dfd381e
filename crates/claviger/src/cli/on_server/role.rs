//! `claviger role` at a server: the roles of the admin realm that one is logged in to.

use super::not_here_since;
use crate::cli::ask;
use crate::cli::context::Context;
use crate::cli::place::{Server, answered, member, put, text};
use crate::cli::role::{self, Listed, RoleCommand, Which};
use crate::cli::trouble::Trouble;
use reqwest::Method;
use serde_json::{Value, json};

/// Does it.
pub(crate) async fn run(command: RoleCommand, context: &Context, server: &Server) -> Result<(), Trouble> {
    match command {
        RoleCommand::Give(which) => {
            let is = |one: &&Listed| one.is(&which);
            let held = all(&server.get(&["roles"], &[]).await?)?.iter().any(|one| one.is(&which));
            let after = all(&change(server, "give", &which).await?)?;
            let id = after.iter().find(is).map_or(which.holder.as_str(), |one| one.id.as_str());
            let state = if held { "held before" } else { "given" };
            role::done(context, (&home(server).await?, id), &which, state)
        }
        RoleCommand::Take { even_last: true, .. } => {
            let why = "who may do nothing any more could not give it back through a server";
            Err(not_here_since("`claviger role take --even-last`", why))
        }
        RoleCommand::Take { which, yes, .. } => {
            ask::confirm(yes, &which.question())?;
            let before = all(&server.get(&["roles"], &[]).await?)?;
            let id = before.iter().find(|one| one.is(&which)).map_or(which.holder.as_str(), |one| one.id.as_str());
            change(server, "take", &which).await?;
            role::done(context, (&home(server).await?, id), &which, "taken")
        }
        RoleCommand::List => role::listed(context, &all(&server.get(&["roles"], &[]).await?)?),
        RoleCommand::FirstOwner { .. } => {
            let why = "before there is an owner, nobody may say through a server who is one";
            Err(not_here_since("`claviger role first-owner`", why))
        }
    }
}

/// The admin realm.
async fn home(server: &Server) -> Result<String, Trouble> {
    Ok(text(&server.get(&["caller"], &[]).await?, "realm"))
}

fn all(found: &Value) -> Result<Vec<Listed>, Trouble> {
    answered(member(found, "items").clone())
}

async fn change(server: &Server, what: &str, which: &Which) -> Result<Value, Trouble> {
    let mut wanted =
        json!({ "kind": which.kind().name(), "holder": which.holder, "role": which.role, "over": which.over });
    if !which.organisation.is_empty() {
        put(&mut wanted, "organisation", which.organisation.clone());
    }
    server.act(&Method::POST, &["roles", what], &[], Some(&wanted)).await
}
