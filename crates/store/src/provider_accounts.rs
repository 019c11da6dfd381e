//! Which user somebody is who signed in at a provider: by the provider's issuer and its unchanging name for them.

use crate::changes::{ChangeKind, note};
use crate::statements::Statement;
use crate::store::{read, write};
use crate::tx::{End::Keep, End::Undo, Tx};
use crate::value::values;
use crate::{Fault, Store, users};
use claviger_core::User;

/// Somebody at a provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderAccount {
    /// The realm.
    pub realm: String,
    /// The provider's issuer.
    pub issuer: String,
    /// Its name for them (`sub`).
    pub subject: String,
}

/// The same, as an account of a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkedAccount {
    /// The provider's issuer.
    pub issuer: String,
    /// Its name for them (`sub`).
    pub subject: String,
    /// Since when.
    pub created_at: i64,
}

/// What became of somebody who came for the first time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Newcomer {
    /// They are a user from now on.
    Created,
    /// They are one already.
    Known,
    /// Another user has the name; nothing was written.
    NameTaken,
}

impl Store {
    /// The id of the user that somebody at a provider is; none where nobody is linked.
    ///
    /// # Errors
    /// The store cannot read.
    pub async fn provider_user(&self, account: &ProviderAccount) -> Result<Option<String>, Fault> {
        let ProviderAccount { realm, issuer, subject } = account;
        read!(self, |tx| {
            tx.optional(Statement::ProviderUser, values![realm, issuer, subject], |row| row.string(0)).await
        })
    }

    /// The accounts at providers of a user, the oldest first.
    ///
    /// # Errors
    /// The store cannot read.
    pub async fn provider_accounts(&self, realm: &str, user: &str) -> Result<Vec<LinkedAccount>, Fault> {
        read!(self, |tx| {
            tx.query(Statement::ProviderAccounts, values![realm, user], |row| {
                Ok(LinkedAccount { issuer: row.string(0)?, subject: row.string(1)?, created_at: row.int(2)? })
            })
            .await
        })
    }

    /// Links somebody at a provider to a user; false where they are linked already, or there is no such user who may sign in.
    ///
    /// # Errors
    /// The store cannot write.
    pub async fn link_provider(&self, account: &ProviderAccount, user: &str, now: i64) -> Result<bool, Fault> {
        let (account, user) = (account.clone(), user.to_owned());
        write!(self, Single, |tx| { Ok(Keep(link(tx, &account, &user, now).await?)) })
    }

    /// Makes a user of somebody at a provider, and links them.
    ///
    /// # Errors
    /// [`Fault::SameId`] where a client of the realm has the id; the store cannot write; nothing was written.
    pub async fn create_linked(&self, account: &ProviderAccount, user: &User, now: i64) -> Result<Newcomer, Fault> {
        let (account, user) = (account.clone(), user.clone());
        write!(self, Several, |tx| {
            let ProviderAccount { realm, issuer, subject } = &account;
            let known =
                tx.optional(Statement::ProviderUser, values![realm, issuer, subject], |row| row.string(0)).await?;
            if known.is_some() {
                return Ok(Undo(Newcomer::Known));
            }
            if users::key_of(tx, realm, &user).await?.is_none() {
                return Ok(Undo(Newcomer::NameTaken));
            }
            users::put(tx, realm, &user, None, now).await?;
            if link(tx, &account, &user.id, now).await? {
                Ok(Keep(Newcomer::Created))
            } else {
                Ok(Undo(Newcomer::Known))
            }
        })
    }

    /// Takes an account at a provider from a user; whether it was theirs, and not all that they can sign in with.
    ///
    /// # Errors
    /// The store cannot write; nothing was written.
    pub async fn unlink_provider(&self, account: &ProviderAccount, user: &str, now: i64) -> Result<bool, Fault> {
        let (account, user) = (account.clone(), user.to_owned());
        write!(self, Several, |tx| {
            let ProviderAccount { realm, issuer, subject } = &account;
            // First, so that of two at once each sees what the other took.
            tx.execute(Statement::TouchUser, values![realm, &user, now]).await?;
            let params = values![realm, issuer, subject, &user];
            if tx.execute(Statement::DeleteProviderAccount, params).await? == 0 {
                return Ok(Undo(false));
            }
            note(tx, ChangeKind::User, realm, &user, now).await?;
            Ok(Keep(true))
        })
    }
}

async fn link(tx: &mut impl Tx, account: &ProviderAccount, user: &str, now: i64) -> Result<bool, Fault> {
    let ProviderAccount { realm, issuer, subject } = account;
    Ok(tx.execute(Statement::PutProviderAccount, values![realm, issuer, subject, user, now]).await? > 0)
}
