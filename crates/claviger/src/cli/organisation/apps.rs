//! `claviger organisation apps`, `block`, `allow`, `only-listed`, `end-access`: which apps act for an organisation, and which may.

use crate::cli::ask;
use crate::cli::context::{Context, Data};
use crate::cli::output;
use crate::cli::trouble::Trouble;
use claviger_core::Realm;
use claviger_server::admin::organisation_apps;
use serde::Serialize;
use std::collections::BTreeMap;

#[derive(Serialize)]
struct Listed {
    app: String,
    name: Option<String>,
    user: Option<String>,
    user_id: Option<String>,
    rule: Option<&'static str>,
    since: Option<String>,
    last_used_at: Option<String>,
}

/// Lists the apps that act for it, and what it says of apps.
pub(super) async fn list(context: &Context, data: &Data, realm: &Realm, id: &str) -> Result<(), Trouble> {
    let (acting, rules) = organisation_apps::list(&data.store, realm, id, data.now()).await?;
    let rule = |allowed| if allowed { "allowed" } else { "blocked" };
    let mut left: BTreeMap<String, &'static str> = rules.into_iter().map(|one| (one.app, rule(one.allowed))).collect();
    let said = left.clone();
    let mut all: Vec<Listed> = Vec::new();
    for one in acting {
        left.remove(&one.app);
        all.push(Listed {
            rule: said.get(&one.app).copied(),
            app: one.app,
            name: one.app_name,
            user: one.username,
            user_id: one.user,
            since: Some(output::time(one.since)),
            last_used_at: Some(output::time(one.used_at)),
        });
    }
    for (app, word) in left {
        let (app, rule) = if app.is_empty() { ("*".to_owned(), Some(word)) } else { (app, Some(word)) };
        all.push(Listed { app, name: None, user: None, user_id: None, rule, since: None, last_used_at: None });
    }
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
    let item = serde_json::json!({ "realm": realm.id, "organisation": id, "app": app, "allowed": allowed });
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
    let item = serde_json::json!({ "realm": realm.id, "organisation": id, "only_listed": only });
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
    let what = app.map_or_else(|| "every app".to_owned(), |app| format!("`{app}`"));
    ask::confirm(yes, &format!("End what {what} may do for `{id}`?"))?;
    let ended = organisation_apps::end(&data.admin(), realm, id, app).await?;
    let item = serde_json::json!({ "realm": realm.id, "organisation": id, "app": app, "grants": ended });
    context.format.one(&item, &[("organisation", id.to_owned()), ("grants", ended.to_string())])
}
