//! Passkeys: what people have beside their password ([`crate::Factor`]) that says itself whose it is.
//!
//! A use is one transaction: the challenge that it answers is used up, and the counter moves on. Where either cannot be, nothing is
//! written.

use crate::audit::act::{Subject, SubjectKind};
use crate::audit::log::AuditLog;
use crate::audit::values::Values;
use crate::factors::{of_user, read_factor, touch};
use crate::spend::{self, Spend};
use crate::statements::Statement;
use crate::store::{read, write};
use crate::tx::{End::Keep, End::Undo, Tx};
use crate::value::values;
use crate::{Factor, Fault, Masked, Store};
use claviger_core::sign_in::FactorKind;
use serde_json::json;

/// The use of a passkey.
#[derive(Debug, Clone)]
pub struct UsePasskey {
    /// Whose it is.
    pub user: String,
    /// The factor's id.
    pub id: String,
    /// Where its counter is since.
    pub counter: u32,
    /// What is kept of it since.
    pub content: Masked<Vec<u8>>,
    /// The challenge that it answers.
    pub challenge: Spend,
}

/// What became of a use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasskeyUsed {
    /// It is used.
    Done,
    /// The challenge was answered before.
    Replayed,
    /// Its counter is not behind where it was last: there may be a copy of it (Web Authentication 6.1.1).
    WentBack {
        /// Where it was.
        counter: i64,
    },
    /// It is not there any more.
    Gone,
}

impl Store {
    /// The passkey of this id in a realm, and the id of the user whose it is.
    ///
    /// # Errors
    /// The store cannot read.
    pub async fn passkey(&self, realm: &str, id: &str) -> Result<Option<(String, Factor)>, Fault> {
        read!(self, |tx| {
            let found = tx
                .optional(Statement::Passkey, values![realm, id], |row| Ok(read_factor(row)?.zip(Some(row.string(7)?))))
                .await?;
            Ok(found.flatten().map(|(factor, user)| (user, factor)))
        })
    }

    /// Uses a passkey: true for one caller only with one challenge, and for none whose counter did not move on.
    ///
    /// # Errors
    /// The store cannot write; nothing was written.
    pub async fn use_passkey(&self, realm: &str, used: UsePasskey, now: i64) -> Result<PasskeyUsed, Fault> {
        let realm = realm.to_owned();
        write!(self, Several, |tx| {
            let UsePasskey { user, id, counter, content, challenge } = &used;
            if spend::all(tx, std::slice::from_ref(challenge)).await?.is_some() {
                return Ok(Undo(PasskeyUsed::Replayed));
            }
            let params = values![&realm, user, id, i64::from(*counter), now, &content.0];
            if tx.execute(Statement::UsePasskey, params).await? > 0 {
                return Ok(Keep(PasskeyUsed::Done));
            }
            let found = of_user(tx, &realm, user).await?.into_iter().find(|factor| factor.id == *id);
            // Its challenge is used up whatever came of it.
            Ok(Keep(found.map_or(PasskeyUsed::Gone, |was| PasskeyUsed::WentBack { counter: was.counter })))
        })
    }

    /// Writes down that a passkey's counter went back. A handle that writes nothing down does nothing.
    ///
    /// # Errors
    /// The store cannot write.
    pub async fn note_passkey_copied(
        &self,
        realm: &str,
        user: &str,
        id: &str,
        (was, is): (i64, u32),
        now: i64,
    ) -> Result<(), Fault> {
        let (realm, subject, audit) = (realm.to_owned(), Subject::new(SubjectKind::User, user), self.audit.clone());
        let values = [json!({ "passkey": id, "counter": was }), json!({ "passkey": id, "counter": is })].map(Some);
        write!(self, Several, |tx| {
            let log = AuditLog::open(tx, audit.as_deref()).await?;
            let [before, after] = values.clone();
            log.write(tx, &realm, &subject, Values::between(before, after), now).await?;
            Ok(Keep(()))
        })
    }

    /// Calls a passkey something else; whether there is such a one.
    ///
    /// # Errors
    /// The store cannot write.
    pub async fn rename_factor(&self, realm: &str, user: &str, id: &str, label: &str) -> Result<bool, Fault> {
        let (realm, user, id, label) = (realm.to_owned(), user.to_owned(), id.to_owned(), label.to_owned());
        write!(self, Single, |tx| {
            Ok(Keep(tx.execute(Statement::RenameFactor, values![&realm, &user, &id, &label]).await? > 0))
        })
    }

    /// Removes all passkeys of a user, for an operator; how many there were. With the last that is no code for the case that all else is
    /// lost, those go as well, and the browsers in which nobody is asked.
    ///
    /// # Errors
    /// The store cannot write; nothing was written.
    pub async fn remove_passkeys(&self, realm: &str, user: &str, now: i64) -> Result<usize, Fault> {
        let (realm, user, audit) = (realm.to_owned(), user.to_owned(), self.audit.clone());
        write!(self, Several, |tx| {
            let log = AuditLog::open(tx, audit.as_deref()).await?;
            let removed = usize::try_from(
                tx.execute(Statement::RemoveFactorsOfKind, values![&realm, &user, FactorKind::Passkey.name()]).await?,
            )
            .unwrap_or(usize::MAX);
            if removed == 0 {
                return Ok(Undo(0));
            }
            let left = of_user(tx, &realm, &user).await?;
            if left.iter().all(|factor| factor.kind == FactorKind::RecoveryCode) {
                let kind = FactorKind::RecoveryCode.name();
                tx.execute(Statement::RemoveFactorsOfKind, values![&realm, &user, kind]).await?;
                tx.execute(Statement::ForgetBrowsersOfUser, values![&realm, &user]).await?;
            }
            touch(tx, &realm, &user, now).await?;
            let values = Values::between(Some(json!({ "passkeys": removed })), Some(json!({ "passkeys": 0 })));
            log.write(tx, &realm, &Subject::new(SubjectKind::User, &user), values, now).await?;
            Ok(Keep(removed))
        })
    }
}
