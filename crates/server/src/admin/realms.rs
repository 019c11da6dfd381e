//! Realms, as they are served, and who still needs what the standards have left behind.

use super::AdminError;
use claviger_core::Realm;
use claviger_files::did_you_mean;
use claviger_store::{LegacyUse, Store};
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
