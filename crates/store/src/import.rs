//! Users who come along from elsewhere: many at once, each of whom is new or left as they are; and the hash of another
//! program, which makes place for one of our own.

use crate::audit::act::{Subject, SubjectKind};
use crate::audit::log::AuditLog;
use crate::audit::values::Values;
use crate::changes::{ChangeKind, note};
use crate::precondition::Precondition;
use crate::statements::Statement;
use crate::store::write;
use crate::tx::{End::Keep, End::Undo, Tx};
use crate::users::read_to_verify;
use crate::value::values;
use crate::{Fault, Masked, Store};
use claviger_core::User;
use std::sync::Arc;

/// The most ids that the line of a batch names.
const NAMED: usize = 100;

/// A user who comes along.
#[derive(Debug, Clone)]
pub struct NewUser {
    /// Who it is.
    pub user: User,
    /// The id was made for them: whoever has the name is taken for the same person.
    pub id_is_made: bool,
    /// What is stored of their password.
    pub password_hash: Option<Masked<String>>,
}

/// What became of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Imported {
    /// They are a user of the realm now.
    Created,
    /// They were one before, and are left as they are.
    Exists,
    /// Another user has the name.
    NameTaken {
        /// That one's id.
        by: String,
    },
    /// Another user has the id.
    IdTaken {
        /// That one's name.
        by: String,
    },
    /// A client has the id.
    IdOfClient,
}

impl Store {
    /// Writes those who are new, in one transaction with one line in the log; what became of each. With `rehearse` nothing is
    /// kept. Nobody hears of them: who was not there is remembered nowhere.
    ///
    /// # Errors
    /// The store cannot write; nothing was written.
    pub async fn import_users(
        &self,
        realm: &str,
        users: Arc<[NewUser]>,
        rehearse: bool,
        now: i64,
    ) -> Result<Vec<Imported>, Fault> {
        let (realm, audit) = (realm.to_owned(), self.audit.clone());
        write!(self, Several, long_patience, |tx| {
            let log = AuditLog::open(tx, audit.as_deref()).await?;
            let (mut all, mut created) = (Vec::with_capacity(users.len()), Vec::new());
            for new in users.iter() {
                let outcome = import(tx, &realm, new, now).await?;
                if outcome == Imported::Created {
                    created.push(new.user.id.as_str());
                }
                all.push(outcome);
            }
            if rehearse {
                return Ok(Undo(all));
            }
            if !created.is_empty() {
                let (count, first) = (created.len(), created.get(..NAMED).unwrap_or(&created));
                let values = Values::added(serde_json::json!({ "users": { "created": count, "first": first } }));
                log.write(tx, &realm, &Subject::new(SubjectKind::Realm, &realm), values, now).await?;
            }
            Ok(Keep(all))
        })
    }

    /// Puts a hash in the place of the one that was read as `before`, of the same password: nothing ends with it. The condition
    /// for what rests on the password from now on; none where the user has another one meanwhile.
    ///
    /// # Errors
    /// The store cannot write.
    pub async fn replace_hash(
        &self,
        realm: &str,
        id: &str,
        before: &Masked<String>,
        after: Masked<String>,
        now: i64,
    ) -> Result<Option<Precondition>, Fault> {
        let (realm, id, before) = (realm.to_owned(), id.to_owned(), before.clone());
        write!(self, Several, |tx| {
            let params = values![&realm, &id, &before, &after, now];
            if tx.execute(Statement::ReplaceHash, params).await? == 0 {
                return Ok(Undo(None));
            }
            note(tx, ChangeKind::User, &realm, &id, now).await?;
            let found = tx.optional(Statement::User, values![&realm, &id], read_to_verify).await?;
            Ok(Keep(found.map(|(_, precondition)| precondition)))
        })
    }
}

async fn import(tx: &mut impl Tx, realm: &str, new: &NewUser, now: i64) -> Result<Imported, Fault> {
    let NewUser { user, id_is_made, password_hash } = new;
    let (key, email) = (User::username_key(&user.username), user.email_key());
    let doc = serde_json::to_string(user)?;
    let hash = password_hash.as_ref().map(|hash| hash.as_str());
    let params = values![realm, &user.id, &key, user.disabled, hash, &doc, now, &email];
    if tx.execute(Statement::ImportUser, params).await? > 0 {
        return Ok(Imported::Created);
    }
    let others = tx
        .query(Statement::UsersInTheWay, values![realm, &user.id, &key], |row| {
            Ok((row.string(0)?, row.string(1)?, serde_json::from_str::<User>(row.text(2)?)?.username))
        })
        .await?;
    let named = others.iter().find(|(_, other, _)| *other == key);
    let of_id = others.iter().find(|(id, _, _)| *id == user.id);
    Ok(match (named, of_id) {
        (Some((id, ..)), _) if *id == user.id || *id_is_made => Imported::Exists,
        (Some((id, ..)), _) => Imported::NameTaken { by: id.clone() },
        (None, Some((.., name))) => Imported::IdTaken { by: name.clone() },
        (None, None) => Imported::IdOfClient,
    })
}
