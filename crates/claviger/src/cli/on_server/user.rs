//! `claviger user` at a server.

use super::not_here;
use crate::cli::ask;
use crate::cli::context::Context;
use crate::cli::place::{Server, answered, member, put, text};
use crate::cli::trouble::Trouble;
use crate::cli::user::{self, UserCommand};
use claviger_core::User;
use claviger_core::token::Plain;
use serde_json::{Value, json};

/// Does it.
pub(crate) async fn run(command: UserCommand, context: &Context, server: &Server) -> Result<(), Trouble> {
    let realm = server.realm().await?;
    let find = async |name: &str| realm.get(&["users", name], &[]).await.and_then(known);
    let (username, question, what, state) = match command {
        UserCommand::List => {
            let found = realm.all(&["users"], &[], usize::MAX).await?;
            return user::listed(context, &found.into_iter().map(known).collect::<Result<Vec<_>, _>>()?);
        }
        UserCommand::Show { username } => {
            let found: Value = realm.get(&["users", &username], &[]).await?;
            let factors: Vec<Value> = answered(member(&found, "factors").clone())?;
            let factors =
                factors.iter().map(|one| (text(one, "kind"), member(one, "count").as_u64().unwrap_or_default()));
            let factors: Vec<_> = factors.collect();
            return user::show::shown(context, &realm.id, &known(found)?, &factors);
        }
        UserCommand::Add(args) => {
            let (user, password) = args.wanted()?;
            if user.administrator || !user.details.organisation_roles.is_empty() {
                return Err(not_here("--administrator and roles in an organisation"));
            }
            let added = realm.post(&["users"], new(&user, password)).await.and_then(known)?;
            return user::done_in(context, &realm.id, &added, "active");
        }
        UserCommand::Delete { despite_file: true, .. } => return Err(not_here("--despite-file")),
        UserCommand::Delete { username, erase, yes, .. } => {
            let user = find(&username).await?;
            ask::confirm(yes, &format!("Remove `{}` and end all that they have?", user.username))?;
            let erase = [("erase", if erase { "true" } else { "false" })];
            realm.delete(&["users", &user.id], &erase).await?;
            return user::done_in(context, &realm.id, &user, "removed");
        }
        UserCommand::Invite { username } => (username, None, "invite", "invited"),
        UserCommand::ResetFactor { username, yes } => {
            (username, Some((yes, "Let `{}` sign in with their password alone?")), "reset-factors", "factors removed")
        }
        UserCommand::Disable { username, yes } => {
            (username, Some((yes, "Let `{}` in no more and end all their sessions?")), "disable", "disabled")
        }
        UserCommand::Enable { username } => (username, None, "enable", "active"),
        _ => return Err(not_here("this command of `claviger user`")),
    };
    let user = find(&username).await?;
    if let Some((yes, question)) = question {
        ask::confirm(yes, &question.replace("{}", &user.username))?;
    }
    realm.act::<Value>(&["users", &user.id, what]).await?;
    user::done_in(context, &realm.id, &user, state)
}

/// A new user as the API takes them.
fn new(user: &User, password: Option<Plain>) -> Value {
    let mut body = json!({
        "username": user.username, "email_verified": user.email_verified, "service": user.service,
        "organisations": user.organisations, "groups": user.details.groups, "roles": user.details.roles,
        "claims": user.details.claims, "attributes": user.details.attributes,
    });
    let id = Some(&user.id).filter(|id| !id.is_empty());
    let texts = [
        ("id", id),
        ("name", user.name.as_ref()),
        ("email", user.email.as_ref()),
        ("given_name", user.given_name.as_ref()),
        ("family_name", user.family_name.as_ref()),
    ];
    for (name, text) in texts.into_iter().filter_map(|(name, text)| Some((name, text?))) {
        put(&mut body, name, text.as_str());
    }
    if let Some(password) = password {
        put(&mut body, "password", password.expose());
    }
    body
}

/// A user as the API tells them.
pub(super) fn known(mut found: Value) -> Result<User, Trouble> {
    let mut details = json!({});
    for name in ["claims", "groups", "roles", "organisation_roles", "attributes"] {
        put(&mut details, name, member(&found, name).clone());
    }
    let changed = member(&found, "updated_at").as_str().and_then(crate::cli::output::parse_time);
    put(&mut details, "updated_at", changed.map(|at| at / 1000));
    put(&mut found, "details", details);
    answered(found)
}
