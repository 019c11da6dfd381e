//! `claviger user` at a server.

use super::not_here;
use crate::cli::ask;
use crate::cli::context::Context;
use crate::cli::place::{InRealm, Server, answered, member, put, put_some, text};
use crate::cli::trouble::{Exit, Trouble};
use crate::cli::user::edit::{EditArgs, Wish, told};
use crate::cli::user::{self, UserCommand};
use claviger_core::User;
use claviger_core::token::Plain;
use claviger_server::admin::apply::changes::Change;
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
        UserCommand::Edit(args) => return edit(args, context, &realm).await,
        UserCommand::Password { username, file } => {
            let user = find(&username).await?;
            let password = ask::secret(file.as_deref(), "password")?;
            realm.patch::<Value>(&["users", &user.id], &json!({ "password": password.expose() })).await?;
            return user::done_in(context, &realm.id, &user, "password set");
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

/// Changes a user, and says what is different.
async fn edit(args: EditArgs, context: &Context, realm: &InRealm<'_>) -> Result<(), Trouble> {
    if args.is_despite_file() {
        return Err(not_here("--despite-file"));
    }
    let before = known(realm.get(&["users", args.username()], &[]).await?)?;
    let Wish { wanted, password, state } = args.wish(&before)?;
    let is_told = |user: &User| (user.service, user.administrator, user.details.organisation_roles.clone());
    if is_told(&wanted) != is_told(&before) {
        return Err(not_here("--service, --administrator and roles in an organisation"));
    }
    let mut edited = None;
    if password.is_some() || wanted != before {
        let set = password.as_ref().map(|_| "set");
        let mut body = different(&before, &wanted);
        put_some(&mut body, "password", password.as_ref().map(Plain::expose));
        let after = known(realm.patch(&["users", &before.id], &body).await?)?;
        let change = Change::of_user(&realm.id, Some(&before), &after, set);
        edited = Some((after, change.map_err(|error| Trouble::new(Exit::Failure, error.to_string()))?));
    }
    match state {
        Some("disabled") => drop(realm.act::<Value>(&["users", &before.id, "disable"]).await?),
        Some(_) => drop(realm.act::<Value>(&["users", &before.id, "enable"]).await?),
        None => {}
    }
    told(context, &realm.id, &before, edited, state)
}

/// What of a user shall be different, as the API takes it.
fn different(before: &User, wanted: &User) -> Value {
    let (was, shall) = (as_sent(before), as_sent(wanted));
    let mut body = json!({});
    for (name, value) in shall.as_object().into_iter().flatten() {
        if was.get(name) != Some(value) {
            put(&mut body, name, value.clone());
        }
    }
    body
}

/// The fields of a user that the API changes; what is empty is none.
fn as_sent(user: &User) -> Value {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    json!({
        "username": user.username, "name": text(&user.name), "email": text(&user.email),
        "email_verified": user.email_verified, "given_name": text(&user.given_name),
        "family_name": text(&user.family_name), "organisations": user.organisations,
        "groups": user.details.groups, "roles": user.details.roles, "claims": user.details.claims,
        "attributes": user.details.attributes,
    })
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
