//! What people prove who they are with beside their password, and the browsers in which they are not asked for it.
//!
//! Whatever is good once is used by a conditional write whose row count is checked: a code that changes with the time only behind
//! the last one that was used, a code that was shown once only while it is not used.

use crate::audit::act::{Subject, SubjectKind};
use crate::audit::log::AuditLog;
use crate::audit::values::Values;
use crate::changes::{ChangeKind, note};
use crate::clients;
use crate::statements::Statement;
use crate::store::{read, write};
use crate::tx::{End::Keep, End::Undo, Tx};
use crate::users::ByPassword;
use crate::value::{Row, values};
use crate::{Fault, Hash, Masked, Store};
use claviger_core::sign_in::FactorKind;
use serde_json::json;

/// Something that a user has beside their password.
#[derive(Debug, Clone)]
pub struct Factor {
    /// Unique among those of the user.
    pub id: String,
    /// What it is.
    pub kind: FactorKind,
    /// What the user calls it.
    pub label: String,
    /// A sealed secret, or the tag of a code that is good once.
    pub content: Masked<Vec<u8>>,
    /// What was used last.
    pub counter: i64,
    /// When it was set up.
    pub created_at: i64,
    /// When it was used last.
    pub used_at: Option<i64>,
}

/// A browser in which a user is not asked for their second factor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RememberedBrowser {
    /// The SHA-256 of what the browser keeps.
    pub hash: Hash,
    /// What the user knows it by.
    pub name: String,
    /// Since when.
    pub created_at: i64,
    /// When it was used last.
    pub used_at: i64,
    /// Until when.
    pub expires_at: i64,
}

impl Store {
    /// What a user has beside their password, the oldest first.
    ///
    /// # Errors
    /// The store cannot read.
    pub async fn factors(&self, realm: &str, user: &str) -> Result<Vec<Factor>, Fault> {
        read!(self, |tx| { of_user(tx, realm, user).await })
    }

    /// Adds these; with codes that are good once, in place of those that were there. With the first that a user has, what their password
    /// alone gave to programs ends: grants of the password grant, and all that was given to clients whose secret it is. Whether they
    /// were added: not where one of them is there, or there is no such user. `tokens_until` is when the last access token that may be out
    /// there expires.
    ///
    /// # Errors
    /// The store cannot write; nothing was written.
    pub async fn add_factors(
        &self,
        realm: &str,
        user: &str,
        factors: Vec<Factor>,
        now: i64,
        tokens_until: i64,
    ) -> Result<bool, Fault> {
        let (realm, user) = (realm.to_owned(), user.to_owned());
        write!(self, Several, |tx| {
            let is_first = of_user(tx, &realm, &user).await?.is_empty();
            if factors.iter().any(|factor| factor.kind == FactorKind::RecoveryCode) {
                let kind = FactorKind::RecoveryCode.name();
                tx.execute(Statement::RemoveFactorsOfKind, values![&realm, &user, kind]).await?;
            }
            for factor in &factors {
                let Factor { id, kind, label, content, counter, created_at, .. } = factor;
                let params = values![&realm, &user, id, kind.name(), label, &content.0, *counter, *created_at];
                if tx.execute(Statement::AddFactor, params).await? == 0 {
                    return Ok(Undo(false));
                }
            }
            touch(tx, &realm, &user, now).await?;
            if is_first {
                ByPassword::default().end_of_programs(tx, &realm, &user, now, tokens_until).await?;
            }
            Ok(Keep(true))
        })
    }

    /// Removes one; whether there was such a one. With the last that is no code for the case that all else is lost, those go as well,
    /// and the browsers in which nobody is asked.
    ///
    /// # Errors
    /// The store cannot write; nothing was written.
    pub async fn remove_factor(&self, realm: &str, user: &str, id: &str, now: i64) -> Result<bool, Fault> {
        let (realm, user, id) = (realm.to_owned(), user.to_owned(), id.to_owned());
        write!(self, Several, |tx| {
            let removed = tx.execute(Statement::RemoveFactor, values![&realm, &user, &id]).await? > 0;
            let left = of_user(tx, &realm, &user).await?;
            if removed && left.iter().all(|factor| factor.kind == FactorKind::RecoveryCode) {
                let kind = FactorKind::RecoveryCode.name();
                tx.execute(Statement::RemoveFactorsOfKind, values![&realm, &user, kind]).await?;
                tx.execute(Statement::ForgetBrowsersOfUser, values![&realm, &user]).await?;
            }
            if removed {
                touch(tx, &realm, &user, now).await?;
            }
            Ok(Keep(removed))
        })
    }

    /// Removes all that a user has beside their password, as an act, and the browsers in which they are not asked for it; how many
    /// there were.
    ///
    /// # Errors
    /// The store cannot write; nothing was written.
    pub async fn reset_factors(&self, realm: &str, user: &str, now: i64) -> Result<u64, Fault> {
        let (realm, user, audit) = (realm.to_owned(), user.to_owned(), self.audit.clone());
        write!(self, Several, |tx| {
            let log = AuditLog::open(tx, audit.as_deref()).await?;
            let removed = tx.execute(Statement::RemoveFactorsOfUser, values![&realm, &user]).await?;
            if removed == 0 {
                return Ok(Undo(0));
            }
            tx.execute(Statement::ForgetBrowsersOfUser, values![&realm, &user]).await?;
            touch(tx, &realm, &user, now).await?;
            let changed = Values::change(json!({ "factors": removed }), json!({ "factors": 0 }));
            log.write(tx, &realm, &Subject::new(SubjectKind::User, &user), changed, now).await?;
            Ok(Keep(removed))
        })
    }

    /// Uses a factor up to `counter`; true for one caller only, and for none that comes with an earlier one.
    ///
    /// # Errors
    /// The store cannot write.
    pub async fn use_factor(&self, realm: &str, user: &str, id: &str, counter: i64, now: i64) -> Result<bool, Fault> {
        let (realm, user, id) = (realm.to_owned(), user.to_owned(), id.to_owned());
        write!(self, Single, |tx| {
            Ok(Keep(tx.execute(Statement::UseFactor, values![&realm, &user, &id, counter, now]).await? > 0))
        })
    }

    /// Uses up a code that is good once; true for one caller only.
    ///
    /// # Errors
    /// The store cannot write.
    pub async fn use_recovery_code(&self, realm: &str, user: &str, id: &str, now: i64) -> Result<bool, Fault> {
        let (realm, user, id) = (realm.to_owned(), user.to_owned(), id.to_owned());
        write!(self, Single, |tx| {
            Ok(Keep(tx.execute(Statement::UseOnce, values![&realm, &user, &id, now]).await? > 0))
        })
    }

    /// The names of the clients that have something by the password of a user alone: live grants of the password grant, and those whose
    /// secret it is.
    ///
    /// # Errors
    /// The store cannot read.
    pub async fn programs_by_password(&self, realm: &str, user: &str) -> Result<Vec<String>, Fault> {
        read!(self, |tx| {
            let mut ids =
                tx.query(Statement::ClientsWithPasswordGrants, values![realm, user], |row| row.string(0)).await?;
            let whose = clients::by_password(tx, realm).await?;
            ids.extend(whose.into_iter().filter(|(of, _)| of == user).map(|(_, client)| client));
            ids.sort_unstable();
            ids.dedup();
            let mut names = Vec::with_capacity(ids.len());
            for id in ids {
                names.push(clients::find(tx, realm, &id).await?.map_or(id, |client| client.name));
            }
            Ok(names)
        })
    }

    /// Remembers a browser of a user.
    ///
    /// # Errors
    /// The store cannot write.
    pub async fn remember_browser(&self, realm: &str, user: &str, browser: RememberedBrowser) -> Result<(), Fault> {
        let (realm, user) = (realm.to_owned(), user.to_owned());
        write!(self, Single, |tx| {
            let RememberedBrowser { hash, name, created_at, expires_at, .. } = &browser;
            let params = values![hash, &realm, &user, name, *created_at, *expires_at];
            tx.execute(Statement::RememberBrowser, params).await.map(|_| Keep(()))
        })
    }

    /// Whether a browser is remembered for a user; notes that it was used.
    ///
    /// # Errors
    /// The store cannot write.
    pub async fn is_remembered(&self, realm: &str, user: &str, hash: &Hash, now: i64) -> Result<bool, Fault> {
        let (realm, user, hash) = (realm.to_owned(), user.to_owned(), *hash);
        write!(self, Single, |tx| {
            Ok(Keep(tx.execute(Statement::RememberedBrowser, values![&hash, &realm, &user, now]).await? > 0))
        })
    }

    /// The browsers of a user that are remembered, the last used first.
    ///
    /// # Errors
    /// The store cannot read.
    pub async fn remembered_browsers(
        &self,
        realm: &str,
        user: &str,
        now: i64,
    ) -> Result<Vec<RememberedBrowser>, Fault> {
        read!(self, |tx| {
            tx.query(Statement::BrowsersOfUser, values![realm, user, now], |row| {
                Ok(RememberedBrowser {
                    hash: row.array(0)?,
                    name: row.string(1)?,
                    created_at: row.int(2)?,
                    used_at: row.int(3)?,
                    expires_at: row.int(4)?,
                })
            })
            .await
        })
    }

    /// Forgets a browser of a user; whether it was remembered.
    ///
    /// # Errors
    /// The store cannot write.
    pub async fn forget_browser(&self, realm: &str, user: &str, hash: &Hash) -> Result<bool, Fault> {
        let (realm, user, hash) = (realm.to_owned(), user.to_owned(), *hash);
        write!(self, Single, |tx| {
            Ok(Keep(tx.execute(Statement::ForgetBrowser, values![&realm, &user, &hash]).await? > 0))
        })
    }
}

/// They are another one since: what rests on them as they were is written no more, and what servers remember of them is forgotten.
pub(crate) async fn touch(tx: &mut impl Tx, realm: &str, user: &str, now: i64) -> Result<(), Fault> {
    tx.execute(Statement::TouchUser, values![realm, user, now]).await?;
    note(tx, ChangeKind::User, realm, user, now).await
}

pub(crate) async fn of_user(tx: &mut impl Tx, realm: &str, user: &str) -> Result<Vec<Factor>, Fault> {
    let rows = tx.query(Statement::Factors, values![realm, user], read_factor).await?;
    Ok(rows.into_iter().flatten().collect())
}

/// `None` for a kind of a newer program's.
pub(crate) fn read_factor(row: &Row<'_>) -> Result<Option<Factor>, Fault> {
    let Some(kind) = FactorKind::named(row.text(1)?) else { return Ok(None) };
    Ok(Some(Factor {
        id: row.string(0)?,
        kind,
        label: row.string(2)?,
        content: Masked(row.bytes(3)?.to_vec()),
        counter: row.int(4)?,
        created_at: row.int(5)?,
        used_at: row.int_or_null(6)?,
    }))
}
