//! `claviger organisation apps`, `block`, `allow`, `only-listed`, `end-access`: which apps act for an organisation, and which may.

use crate::cli::ask;
use crate::cli::context::{Context, Data};
use crate::cli::output;
use crate::cli::trouble::Trouble;
use claviger_core::Realm;
use claviger_server::admin::organisation_apps;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// An app that acts, or of which something is said; and as the admin API tells of one that acts.
#[derive(Serialize, Deserialize)]
pub(crate) struct Listed {
    app: String,
    #[serde(rename(deserialize = "app_name"))]
    name: Option<String>,
    #[serde(rename(deserialize = "username"))]
    user: Option<String>,
    #[serde(rename(deserialize = "user"))]
    user_id: Option<String>,
    #[serde(skip_deserializing)]
    rule: Option<&'static str>,
    since: Option<String>,
    last_used_at: Option<String>,
}

/// Lists the apps that act for it, and what it says of apps.
pub(super) async fn list(context: &Context, data: &Data, realm: &Realm, id: &str) -> Result<(), Trouble> {
    let (acting, rules) = organisation_apps::list(&data.store, realm, id, data.now()).await?;
    let acting = acting.into_iter().map(|one| Listed {
        app: one.app,
        name: one.app_name,
        user: one.username,
        user_id: one.user,
        rule: None,
        since: Some(output::time(one.since)),
        last_used_at: Some(output::time(one.used_at)),
    });
    listed(context, acting.collect(), &rules.into_iter().map(|one| (one.app, one.allowed)).collect())
}

/// Prints the apps that act for it, and behind them those of which it says something besides; of the empty name it says what holds for
/// all others.
pub(crate) fn listed(context: &Context, mut all: Vec<Listed>, rules: &BTreeMap<String, bool>) -> Result<(), Trouble> {
    let word = |allowed: &bool| if *allowed { "allowed" } else { "blocked" };
    for one in &mut all {
        one.rule = rules.get(&one.app).map(word);
    }
    let acts = |app: &String| all.iter().any(|one| one.app == *app);
    let left: Vec<_> = rules.iter().filter(|(app, _)| !acts(app)).collect();
    all.extend(left.into_iter().map(|(app, allowed)| Listed {
        app: if app.is_empty() { "*".to_owned() } else { app.clone() },
        name: None,
        user: None,
        user_id: None,
        rule: Some(word(allowed)),
        since: None,
        last_used_at: None,
    }));
    context.format.list(["app", "name", "user", "rule", "since", "last used"], &all, |one| {
        let text = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
        let rule = one.rule.unwrap_or("-").to_owned();
        [one.app.clone(), text(&one.name), text(&one.user), rule, text(&one.since), text(&one.last_used_at)]
    })
}

/// Lets an app act for it, or not.
pub(super) async fn set(
    context: &Context,
    data: &Data,
    realm: &Realm,
    (id, app): (&str, &str),
    allowed: bool,
) -> Result<(), Trouble> {
    organisation_apps::set(&data.admin(), realm, id, app, allowed).await?;
    is_set(context, &realm.id, (id, app), allowed)
}

/// Says whether an app may act for it now.
pub(crate) fn is_set(context: &Context, realm: &str, (id, app): (&str, &str), allowed: bool) -> Result<(), Trouble> {
    let item = serde_json::json!({ "realm": realm, "organisation": id, "app": app, "allowed": allowed });
    let state = if allowed { "allowed" } else { "blocked" };
    context.format.one(&item, &[("app", app.to_owned()), ("state", state.to_owned())])
}

/// Lets only apps act for it that it allowed by name.
pub(super) async fn only_listed(
    context: &Context,
    data: &Data,
    realm: &Realm,
    id: &str,
    only: bool,
) -> Result<(), Trouble> {
    organisation_apps::only_listed(&data.admin(), realm, id, only).await?;
    is_only_listed(context, &realm.id, id, only)
}

/// Says which apps may act for it now.
pub(crate) fn is_only_listed(context: &Context, realm: &str, id: &str, only: bool) -> Result<(), Trouble> {
    let item = serde_json::json!({ "realm": realm, "organisation": id, "only_listed": only });
    let state = if only { "only listed apps" } else { "every app that is not blocked" };
    context.format.one(&item, &[("organisation", id.to_owned()), ("apps", state.to_owned())])
}

/// Ends what apps may do for it.
pub(super) async fn end(
    context: &Context,
    data: &Data,
    realm: &Realm,
    (id, app): (&str, Option<&str>),
    yes: bool,
) -> Result<(), Trouble> {
    ask::confirm(yes, &end_question(id, app))?;
    let ended = organisation_apps::end(&data.admin(), realm, id, app).await?;
    is_ended(context, &realm.id, (id, app), ended)
}

/// Whether it shall end.
pub(crate) fn end_question(id: &str, app: Option<&str>) -> String {
    let what = app.map_or_else(|| "every app".to_owned(), |app| format!("`{app}`"));
    format!("End what {what} may do for `{id}`?")
}

/// Says from how many grants it was taken.
pub(crate) fn is_ended(
    context: &Context,
    realm: &str,
    (id, app): (&str, Option<&str>),
    ended: u64,
) -> Result<(), Trouble> {
    let item = serde_json::json!({ "realm": realm, "organisation": id, "app": app, "grants": ended });
    context.format.one(&item, &[("organisation", id.to_owned()), ("grants", ended.to_string())])
}
