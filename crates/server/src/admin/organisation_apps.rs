//! Which apps act for an organisation, and which may.

use super::{Act, Admin, AdminError, apps, organisations};
use claviger_core::Realm;
use claviger_store::{ActingFor, AppRule, Store};

/// How many grants are looked at.
const MOST: i64 = 5_000;

/// The apps that act for an organisation, and what it says of apps; `now` in milliseconds.
///
/// # Errors
/// There is no such organisation, or the store cannot be read.
pub async fn list(
    store: &Store,
    realm: &Realm,
    id: &str,
    now: i64,
) -> Result<(Vec<ActingFor>, Vec<AppRule>), AdminError> {
    organisations::find(store, realm, id).await?;
    let acting = store.acting_for(&realm.id, id, now, MOST).await?;
    let rules = store.app_rules(&realm.id).await?.into_iter().filter(|rule| rule.organisation == id);
    Ok((acting, rules.collect()))
}

/// Lets an app act for an organisation, or not; one that may not loses what it has there. Whether anything changed.
///
/// # Errors
/// There is no such organisation or app, or the store cannot write.
pub async fn set(admin: &Admin<'_>, realm: &Realm, id: &str, app: &str, allowed: bool) -> Result<bool, AdminError> {
    organisations::find(admin.store, realm, id).await?;
    apps::find(admin.store, realm, app).await?;
    let store = admin.act(Act::OrganisationApps);
    let changed = store.set_app_rule(&realm.id, id, app, Some(allowed), admin.now).await?;
    if !allowed {
        end(admin, realm, id, Some(app)).await?;
    }
    Ok(changed)
}

/// Lets only apps act for an organisation that it allowed by name, or every one that it did not block; those that may not any more lose
/// what they have there. Whether anything changed.
///
/// # Errors
/// There is no such organisation, or the store cannot write.
pub async fn only_listed(admin: &Admin<'_>, realm: &Realm, id: &str, only: bool) -> Result<bool, AdminError> {
    let (acting, rules) = list(admin.store, realm, id, admin.now).await?;
    let store = admin.act(Act::OrganisationApps);
    let changed = store.set_app_rule(&realm.id, id, "", only.then_some(false), admin.now).await?;
    if only {
        let is_listed = |app: &str| rules.iter().any(|rule| rule.app == app && rule.allowed);
        let mut unlisted: Vec<&str> = acting.iter().map(|one| one.app.as_str()).filter(|app| !is_listed(app)).collect();
        unlisted.dedup();
        for app in unlisted {
            end(admin, realm, id, Some(app)).await?;
        }
    }
    Ok(changed)
}

/// Ends what apps may do for an organisation, one of them or all; how many grants it was taken from.
///
/// # Errors
/// There is no such organisation, or the store cannot write; what ended until then stays so.
pub async fn end(admin: &Admin<'_>, realm: &Realm, id: &str, app: Option<&str>) -> Result<u64, AdminError> {
    organisations::find(admin.store, realm, id).await?;
    let until = admin.now + realm.longest_token();
    Ok(admin.act(Act::GrantRevoke).end_acting_for(&realm.id, id, app, admin.now, until).await?)
}
