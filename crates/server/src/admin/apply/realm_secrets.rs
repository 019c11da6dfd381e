//! The secrets that a realm shows to others: sealed where its file has them, kept where it does not.

use super::changes::{Change, Field};
use super::{ApplyError, Plan};
use crate::secrets::Secrets;
use crate::state::passwords::sources::{DIRECTORY, USER_CHECK};
use claviger_core::Realm;
use claviger_core::token::Plain;
use claviger_files::realm::RealmFile;
use claviger_store::Fault;
use serde_json::Value;
use subtle::ConstantTimeEq;

impl Plan<'_> {
    /// The realm of a file, with its secrets as they are stored.
    pub(super) fn with_secrets(&self, file: &RealmFile, stored: Option<&Realm>) -> Result<Realm, ApplyError> {
        let mut realm = file.realm.clone();
        if let Some(check) = &mut realm.user_check {
            let before = stored.and_then(|stored| Some(&*stored.user_check.as_ref()?.sealed_secret));
            check.sealed_secret =
                kept(self.secrets, (&realm.id, USER_CHECK), file.secrets.user_check.as_ref(), before)?;
        }
        if let Some(directory) = &mut realm.directory {
            let before = stored.and_then(|stored| Some(&*stored.directory.as_ref()?.sealed_secret));
            directory.sealed_secret =
                kept(self.secrets, (&realm.id, DIRECTORY), file.secrets.directory.as_ref(), before)?;
        }
        Ok(realm)
    }
}

fn kept(
    secrets: &Secrets,
    (realm, purpose): (&str, &str),
    given: Option<&Plain>,
    before: Option<&str>,
) -> Result<String, ApplyError> {
    let before = before.unwrap_or_default();
    let Some(given) = given else { return Ok(before.to_owned()) };
    let known = secrets.open_realm_secret(realm, purpose, before);
    if known.is_some_and(|known| known.expose().as_bytes().ct_eq(given.expose().as_bytes()).into()) {
        return Ok(before.to_owned());
    }
    let sealed = secrets.seal_realm_secret(realm, purpose, given.expose());
    Ok(sealed.map_err(|error| Fault::Other(error.to_string()))?)
}

/// Says that a secret is another one, and not which.
pub(super) fn told(mut change: Change, before: Option<&Realm>, after: &Realm) -> Change {
    let sealed = |realm: &Realm| {
        let user_check = realm.user_check.as_ref().map(|check| check.sealed_secret.clone());
        let directory = realm.directory.as_ref().map(|directory| directory.sealed_secret.clone());
        [("user-check.secret", user_check), ("directory.bind-password", directory)]
    };
    let old = before.map(sealed);
    for (at, (field, new)) in sealed(after).into_iter().enumerate() {
        let old = old.as_ref().and_then(|old| old.get(at)?.1.clone()).filter(|old| !old.is_empty());
        let new = new.filter(|new| !new.is_empty());
        if old != new {
            let word = |set: Option<String>, word: &str| set.map_or(Value::Null, |_| word.into());
            let is_replaced = old.is_some();
            let after = word(new, if is_replaced { "replaced" } else { "set" });
            let (field, before) = (field.to_owned(), word(old, "set"));
            change.fields.push(Field { field, before, after, destructive: is_replaced });
        }
    }
    change
}
