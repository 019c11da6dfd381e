//! Users (resource owners) and the organisations they belong to.

use crate::audit::act::{Subject, SubjectKind};
use crate::audit::log::AuditLog;
use crate::audit::values::Values;
use crate::changes::{ChangeKind, note};
use crate::clients;
use crate::endings::{CHUNK, Whose, end_some, revoke_each, revoke_whole};
use crate::logouts;
use crate::precondition::Precondition;
use crate::revocations::{self, RevocationKind};
use crate::statements::Statement;
use crate::store::{read, write};
use crate::tx::{End::Keep, Tx};
use crate::value::{Row, values};
use crate::{Fault, Masked, Store};
use claviger_core::User;
use claviger_core::user::Organisation;
use serde_json::json;
use std::collections::BTreeMap;

/// A user with the hash of their password.
#[derive(Debug, Clone)]
pub struct StoredUser {
    /// Who it is.
    pub user: User,
    /// An Argon2 PHC string; absent for a user without a password.
    pub password_hash: Option<Masked<String>>,
}

impl Store {
    /// Writes a user; whether that changed anything. Without a `password_hash` the one they have stays.
    ///
    /// # Errors
    /// [`Fault::SameId`] where a client of the realm has the id; the store cannot write, or another user has the username.
    pub async fn put_user(
        &self,
        realm: &str,
        user: &User,
        password_hash: Option<Masked<String>>,
        now: i64,
    ) -> Result<bool, Fault> {
        let (realm, user) = (realm.to_owned(), user.clone());
        write!(self, Several, |tx| { Ok(Keep(put(tx, &realm, &user, password_hash.as_ref(), now).await?)) })
    }

    /// A user by id (`sub`).
    ///
    /// # Errors
    /// The store cannot read.
    pub async fn user(&self, realm: &str, id: &str) -> Result<Option<StoredUser>, Fault> {
        read!(self, |tx| { find(tx, realm, id).await })
    }

    /// As [`Store::user`], and a condition for what rests on this very password: see [`Issue`](crate::Issue).
    ///
    /// # Errors
    /// The store cannot read.
    pub async fn user_to_verify(&self, realm: &str, id: &str) -> Result<Option<(StoredUser, Precondition)>, Fault> {
        read!(self, |tx| { tx.optional(Statement::User, values![realm, id], read_to_verify).await })
    }

    /// The users of a realm behind `after` (empty: from the first), in order of their ids, at most `limit`.
    ///
    /// # Errors
    /// The store cannot read.
    pub async fn list_users(&self, realm: &str, after: &str, limit: i64) -> Result<Vec<User>, Fault> {
        read!(self, |tx| {
            tx.query(Statement::ListUsers, values![realm, after, limit], |row| {
                Ok(User { disabled: row.flag(1)?, ..serde_json::from_str(row.text(0)?)? })
            })
            .await
        })
    }

    /// Replaces a password, and ends what the old one gave: sessions, grants of the password grant, and all that was given
    /// to clients whose secret it is. Whether there is such a user. `tokens_until` is when the last access token that may be
    /// out there expires.
    ///
    /// # Errors
    /// The store cannot write; nothing was written.
    pub async fn set_password(
        &self,
        realm: &str,
        id: &str,
        hash: Masked<String>,
        now: i64,
        tokens_until: i64,
    ) -> Result<bool, Fault> {
        let (realm, id, audit) = (realm.to_owned(), id.to_owned(), self.audit.clone());
        write!(self, Several, |tx| {
            let log = AuditLog::open(tx, audit.as_deref()).await?;
            let was = if log.is_kept() { find(tx, &realm, &id).await? } else { None };
            let known = tx.execute(Statement::SetPassword, values![&realm, &id, &hash, now]).await? > 0;
            if known {
                ByPassword::default().end(tx, &realm, &id, now, tokens_until).await?;
                note(tx, ChangeKind::User, &realm, &id, now).await?;
                if let Some(was) = was {
                    let is = StoredUser { user: was.user.clone(), password_hash: Some(hash.clone()) };
                    let subject = Subject::new(SubjectKind::User, &id);
                    log.write(tx, &realm, &subject, difference(Some(&was), &is)?, now).await?;
                }
            }
            Ok(Keep(known))
        })
    }

    /// Lets a user sign in no more, and ends their sessions, grants, seats and tokens; or lets them in again. Whether
    /// that changed anything. `tokens_until` is when the last access token that may be out there expires.
    ///
    /// # Errors
    /// The store cannot write. What was done until then stays done; to be called again.
    pub async fn disable_user(
        &self,
        realm: &str,
        id: &str,
        disabled: bool,
        now: i64,
        tokens_until: i64,
    ) -> Result<bool, Fault> {
        if !disabled {
            // What a request under way on another server was still given when the user was disabled.
            self.end_all_of_disabled(realm, id, now, tokens_until).await?;
        }
        let (owned_realm, owned_id, audit) = (realm.to_owned(), id.to_owned(), self.audit.clone());
        let changed = write!(self, Several, |tx| {
            let (realm, id) = (&*owned_realm, &*owned_id);
            let log = AuditLog::open(tx, audit.as_deref()).await?;
            let was = if log.is_kept() { find(tx, realm, id).await? } else { None };
            let changed = tx.execute(Statement::SetDisabled, values![realm, id, disabled, now]).await? > 0;
            if disabled {
                logouts::end_of_user(tx, realm, id, now).await?;
                end_some(tx, Whose::User, realm, id, "user", now, tokens_until).await?;
                // Also what a request under way is about to be given.
                revoke_whole(tx, Whose::User, realm, id, tokens_until, now, tokens_until).await?;
            } else if changed {
                revocations::lower(tx, realm, RevocationKind::User, id, now).await?;
            }
            if changed {
                note(tx, ChangeKind::User, realm, id, now).await?;
            }
            // To disable somebody again ends what is left of them; to let in again who is in does nothing.
            if let Some(was) = was.filter(|_| changed || disabled) {
                let (before, after) = (json!({ "disabled": was.user.disabled }), json!({ "disabled": disabled }));
                let values = Values::change(before, after).named(&was.user.username);
                log.write(tx, realm, &Subject::new(SubjectKind::User, id), values, now).await?;
            }
            Ok(Keep(changed))
        })?;
        if disabled {
            self.end_all(Whose::User, realm, id, "user", now, tokens_until).await?;
        }
        Ok(changed)
    }

    async fn end_all_of_disabled(&self, realm: &str, id: &str, now: i64, tokens_until: i64) -> Result<(), Fault> {
        if self.user(realm, id).await?.is_some_and(|found| found.user.disabled) {
            self.end_all(Whose::User, realm, id, "user", now, tokens_until).await?;
        }
        Ok(())
    }

    /// Writes an organisation; whether that changed anything.
    ///
    /// # Errors
    /// The store cannot write.
    pub async fn put_organisation(&self, realm: &str, organisation: &Organisation, now: i64) -> Result<bool, Fault> {
        let (realm, organisation) = (realm.to_owned(), organisation.clone());
        write!(self, Several, |tx| { Ok(Keep(put_organisation(tx, &realm, &organisation, now).await?)) })
    }

    /// The organisations with these ids, in their order; those that do not exist are left out.
    ///
    /// # Errors
    /// The store cannot read.
    pub async fn organisations(&self, realm: &str, ids: &[String]) -> Result<Vec<Organisation>, Fault> {
        read!(self, |tx| {
            let mut found = Vec::with_capacity(ids.len());
            for id in ids {
                found.extend(find_organisation(tx, realm, id).await?);
            }
            Ok(found)
        })
    }

    /// The organisations of a realm behind `after` (empty: from the first), in order of their ids, at most `limit`.
    ///
    /// # Errors
    /// The store cannot read.
    pub async fn list_organisations(&self, realm: &str, after: &str, limit: i64) -> Result<Vec<Organisation>, Fault> {
        read!(self, |tx| {
            let params = values![realm, after, limit];
            tx.query(Statement::ListOrganisations, params, |row| Ok(serde_json::from_str(row.text(0)?)?)).await
        })
    }
}

/// As [`Store::put_user`].
pub(crate) async fn put(
    tx: &mut impl Tx,
    realm: &str,
    user: &User,
    password_hash: Option<&Masked<String>>,
    now: i64,
) -> Result<bool, Fault> {
    let Some(key) = key_of(tx, realm, user).await? else {
        return Err(Fault::Other(format!("the username {:?} belongs to another user", user.username)));
    };
    let doc = serde_json::to_string(user)?;
    let hash = password_hash.map(|hash| hash.as_str());
    let email = user.email_key();
    let params = values![realm, &user.id, &key, user.disabled, hash, &doc, now, &email];
    let changed = tx.execute(Statement::PutUser, params).await.map_err(|fault| fault.of_id(&user.id))? > 0;
    if changed {
        note(tx, ChangeKind::User, realm, &user.id, now).await?;
    }
    Ok(changed)
}

/// The form under which a user's name is stored; none where the name is another user's. Whoever has a name that became somebody
/// else's goes on having it.
pub(crate) async fn key_of(tx: &mut impl Tx, realm: &str, user: &User) -> Result<Option<String>, Fault> {
    let key = User::username_key(&user.username);
    if tx.optional(Statement::UsernameTaken, values![realm, &key, &user.id], |_| Ok(())).await?.is_none() {
        return Ok(Some(key));
    }
    let stored = tx
        .optional(Statement::UserKeys, values![realm, &user.id], |row| {
            Ok((row.string(0)?, serde_json::from_str::<User>(row.text(1)?)?))
        })
        .await?;
    Ok(stored.filter(|(_, stored)| stored.username == user.username).map(|(key, _)| key))
}

/// What passwords gave, and that ends with them. Knows which clients have a password for a secret, once they were looked up.
#[derive(Default)]
pub(crate) struct ByPassword {
    /// By realm: pairs of user and client.
    clients: BTreeMap<String, Vec<(String, String)>>,
}

impl ByPassword {
    /// Ends what the password of a user gave, in this transaction.
    pub(crate) async fn end(
        &mut self,
        tx: &mut impl Tx,
        realm: &str,
        id: &str,
        now: i64,
        tokens_until: i64,
    ) -> Result<(), Fault> {
        logouts::end_of_user(tx, realm, id, now).await?;
        tx.execute(Statement::ForgetBrowsersOfUser, values![realm, id]).await?;
        tx.execute(Statement::ForgetPasswordLinks, values![realm, id]).await?;
        self.end_of_programs(tx, realm, id, now, tokens_until).await
    }

    /// Ends what programs have that know the password; people stay signed in.
    pub(crate) async fn end_of_programs(
        &mut self,
        tx: &mut impl Tx,
        realm: &str,
        id: &str,
        now: i64,
        tokens_until: i64,
    ) -> Result<(), Fault> {
        let grants = tx.query(Statement::GrantsByPassword, values![realm, id], |row| row.array(0)).await?;
        revoke_each(tx, realm, &grants, "password", now, tokens_until).await?;
        if !self.clients.contains_key(realm) {
            self.clients.insert(realm.to_owned(), clients::by_password(tx, realm).await?);
        }
        for (_, client) in self.clients.get(realm).into_iter().flatten().filter(|(user, _)| user == id) {
            while end_some(tx, Whose::Client, realm, client, "password", now, tokens_until).await? >= CHUNK {}
            revoke_whole(tx, Whose::Client, realm, client, now, now, tokens_until).await?;
        }
        Ok(())
    }
}

/// Ends the sessions, grants, seats and tokens of a user who was disabled, in this transaction.
pub(crate) async fn end_disabled(
    tx: &mut impl Tx,
    realm: &str,
    id: &str,
    now: i64,
    tokens_until: i64,
) -> Result<(), Fault> {
    logouts::end_of_user(tx, realm, id, now).await?;
    while end_some(tx, Whose::User, realm, id, "user", now, tokens_until).await? >= CHUNK {}
    // Also what a request under way is about to be given.
    revoke_whole(tx, Whose::User, realm, id, tokens_until, now, tokens_until).await
}

/// The user, as they are before they are written.
pub(crate) async fn find(tx: &mut impl Tx, realm: &str, id: &str) -> Result<Option<StoredUser>, Fault> {
    tx.optional(Statement::User, values![realm, id], read_user).await
}

/// The organisation, as it is before it is written.
pub(crate) async fn find_organisation(tx: &mut impl Tx, realm: &str, id: &str) -> Result<Option<Organisation>, Fault> {
    let read = |row: &Row<'_>| Ok(serde_json::from_str(row.text(0)?)?);
    tx.optional(Statement::Organisation, values![realm, id], read).await
}

/// As [`Store::put_organisation`].
pub(crate) async fn put_organisation(
    tx: &mut impl Tx,
    realm: &str,
    organisation: &Organisation,
    now: i64,
) -> Result<bool, Fault> {
    let doc = serde_json::to_string(organisation)?;
    let changed = tx.execute(Statement::PutOrganisation, values![realm, &organisation.id, &doc]).await? > 0;
    if changed {
        note(tx, ChangeKind::Realm, realm, realm, now).await?;
    }
    Ok(changed)
}

/// What a line of the audit log says of a change. Of the password it says only whether there is one, and whether that is
/// another one now.
///
/// # Errors
/// One of them is no JSON.
pub(crate) fn difference(before: Option<&StoredUser>, after: &StoredUser) -> Result<Values, Fault> {
    let json = |stored: &StoredUser| {
        let mut value = serde_json::to_value(&stored.user)?;
        if let Some(fields) = value.as_object_mut() {
            fields.insert("password".to_owned(), password(stored, before).into());
        }
        Ok::<_, Fault>(value)
    };
    Ok(Values::of_user(before.map(json).transpose()?, json(after)?, &after.user.username))
}

fn password(stored: &StoredUser, before: Option<&StoredUser>) -> &'static str {
    let hash = |stored: &StoredUser| stored.password_hash.as_ref().map(|hash| hash.0.clone());
    match (hash(stored), before.and_then(hash)) {
        (None, _) => "none",
        (Some(now), Some(before)) if now != before => "replaced",
        (Some(_), _) => "set",
    }
}

pub(crate) fn read_to_verify(row: &Row<'_>) -> Result<(StoredUser, Precondition), Fault> {
    Ok((read_user(row)?, Precondition::of_user(row, 3)?))
}

pub(crate) fn read_user(row: &Row<'_>) -> Result<StoredUser, Fault> {
    read_user_at(row, 0)?.ok_or_else(|| Fault::other("a user without a document"))
}

/// The user in three columns from `first` on; none where a join found none.
pub(crate) fn read_user_at(row: &Row<'_>, first: usize) -> Result<Option<StoredUser>, Fault> {
    let Some(doc) = row.text_or_null(first)? else { return Ok(None) };
    let user: User = serde_json::from_str(doc)?;
    let user = User { disabled: row.flag(first + 1)?, ..user };
    Ok(Some(StoredUser { user, password_hash: row.string_or_null(first + 2)?.map(Masked) }))
}
