//! Realms, as they are served, and who still needs what the standards have left behind.

use super::{Act, Admin, AdminError};
use claviger_core::{Dialect, Realm};
use claviger_files::dialect::Dialects;
use claviger_files::did_you_mean;
use claviger_store::{LegacyUse, Put, Store};
use std::collections::BTreeMap;

/// The ids of all realms, in order.
///
/// # Errors
/// The store cannot be read.
pub async fn ids(store: &Store) -> Result<Vec<String>, AdminError> {
    const PAGE: i64 = 1000;
    let mut all: Vec<String> = Vec::new();
    loop {
        let after = all.last().cloned().unwrap_or_default();
        let page = store.list_realms(&after, PAGE).await?;
        if page.is_empty() {
            return Ok(all);
        }
        all.extend(page);
    }
}

/// All realms, in order of their ids.
///
/// # Errors
/// The store cannot be read.
pub async fn list(store: &Store) -> Result<Vec<Realm>, AdminError> {
    let mut realms = Vec::new();
    for id in ids(store).await? {
        realms.extend(store.realm(&id).await?);
    }
    Ok(realms)
}

/// A realm as whoever reads may be told it: without what it keeps sealed.
pub fn without_secrets(mut realm: Realm) -> Realm {
    if let Some(check) = &mut realm.user_check {
        check.sealed_secret.clear();
    }
    if let Some(directory) = &mut realm.directory {
        directory.sealed_secret.clear();
    }
    realm
}

/// The realm of this id.
///
/// # Errors
/// There is none, or the store cannot be read.
pub async fn find(store: &Store, id: &str) -> Result<Realm, AdminError> {
    if let Some(realm) = store.realm(id).await? {
        return Ok(realm);
    }
    let known = store.list_realms("", 1000).await?;
    Err(AdminError::NoSuchRealm { id: id.to_owned(), hint: did_you_mean(id, known.iter().map(String::as_str)) })
}

/// Gives each realm its dialect as it reads now, where that is among `dialects`; the ids of the realms that changed. A realm
/// keeps its dialect with it, so that every server spells the same.
///
/// # Errors
/// A realm does not fit its dialect any more, and nothing is changed then; the store fails.
pub async fn take_dialects(admin: &Admin<'_>, dialects: &Dialects) -> Result<Vec<String>, AdminError> {
    let (mut changed, mut puts) = (Vec::new(), Vec::new());
    for realm in list(admin.store).await? {
        let Some(dialect) = dialects.named(&realm.dialect.name).filter(|dialect| **dialect != realm.dialect) else {
            continue;
        };
        if let Some(why) = misfit(&realm, dialect) {
            return Err(AdminError::Misfit { realm: realm.id, dialect: dialect.name.clone(), why });
        }
        changed.push(realm.id.clone());
        puts.push(Put::Realm(Box::new(Realm { dialect: dialect.clone(), ..realm })));
    }
    if !puts.is_empty() {
        admin.act(Act::RealmApply).apply(puts, admin.now).await?;
    }
    Ok(changed)
}

/// What a realm lacks that this dialect needs.
fn misfit(realm: &Realm, dialect: &Dialect) -> Option<String> {
    let host = dialect.endpoints.at.values().filter_map(|place| place.host.as_ref());
    if let Some(name) = host.into_iter().find(|name| !realm.hosts.contains_key(*name)) {
        return Some(format!("it has no [realm.hosts.{name}]"));
    }
    let defaults = [&dialect.authorization.default_scope, &dialect.token.default_scope].into_iter().flatten();
    let wanted = defaults.flat_map(|scope| scope.split(' '));
    if let Some(name) = wanted.into_iter().find(|name| realm.scope(name).is_none()) {
        return Some(format!("the default scope `{name}` is none of its scopes"));
    }
    let urls = std::iter::once(&realm.issuer).chain(realm.hosts.values().map(|host| &host.origin));
    let needs_plain_http = realm.dialect.endpoints.plain_http && !dialect.endpoints.plain_http;
    let plain = urls.into_iter().find(|url| needs_plain_http && url.starts_with("http://"));
    plain.map(|url| format!("{url} is plain HTTP, which the dialect no longer allows"))
}

/// How often an app used a legacy behaviour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LegacyTotal {
    /// The app.
    pub client: String,
    /// The behaviour.
    pub legacy: String,
    /// How often.
    pub uses: i64,
    /// The last day, in days since the epoch.
    pub last_day: i64,
}

/// Who used what since a day (in days since the epoch), most of it first.
///
/// # Errors
/// The store cannot be read.
pub async fn legacy_uses(store: &Store, realm: &Realm, since: i64) -> Result<Vec<LegacyTotal>, AdminError> {
    let mut sums: BTreeMap<(String, String), (i64, i64)> = BTreeMap::new();
    for LegacyUse { client, legacy, day, count, .. } in store.legacy_uses(&realm.id, since).await? {
        let (uses, last) = sums.entry((client, legacy)).or_default();
        *uses += count;
        *last = day.max(*last);
    }
    let total = |((client, legacy), (uses, last_day))| LegacyTotal { client, legacy, uses, last_day };
    let mut totals: Vec<LegacyTotal> = sums.into_iter().map(total).collect();
    totals.sort_by_key(|total| std::cmp::Reverse(total.uses));
    Ok(totals)
}
