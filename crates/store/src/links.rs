//! Links that show a secret once.

use crate::statements::Statement;
use crate::store::{read, write};
use crate::tx::{End::Keep, Tx};
use crate::value::values;
use crate::{Fault, Hash, Masked, Store};

/// A link that shows a sealed secret once.
#[derive(Debug, Clone)]
pub struct OneTimeLink {
    /// SHA-256 of what is in the link.
    pub hash: Masked<Hash>,
    /// The realm.
    pub realm: String,
    /// Whose secret it is.
    pub client: String,
    /// The secret, sealed under a key that only the link gives.
    pub sealed: Masked<Vec<u8>>,
    /// When the link is over.
    pub expires_at: i64,
    /// The id of the secret, so that one that nobody has seen can be stopped.
    pub secret: Option<String>,
}

/// A link that is remembered.
#[derive(Debug, Clone)]
pub struct LinkUse {
    /// SHA-256 of what is in the link.
    pub hash: Masked<Hash>,
    /// The id of its secret, where that is known.
    pub secret: Option<String>,
    /// When it was used.
    pub used_at: Option<i64>,
}

/// What is behind a link.
#[derive(Debug, Clone)]
pub struct BehindLink {
    /// The realm.
    pub realm: String,
    /// Whose secret it is.
    pub client: String,
    /// The sealed secret.
    pub sealed: Masked<Vec<u8>>,
    /// When the link is over.
    pub expires_at: i64,
}

impl Store {
    /// The links to secrets of a client that are remembered: those that are not over, used or not.
    ///
    /// # Errors
    /// The store cannot read.
    pub async fn links_of(&self, realm: &str, client: &str) -> Result<Vec<LinkUse>, Fault> {
        read!(self, |tx| { links_of(tx, realm, client).await })
    }

    /// Keeps a sealed secret behind a link.
    ///
    /// # Errors
    /// The store cannot write.
    pub async fn put_link(&self, link: OneTimeLink) -> Result<(), Fault> {
        write!(self, Single, |tx| { Ok(Keep(put_link(tx, &link).await?)) })
    }

    /// What is behind a link that has not been used and is not over.
    ///
    /// # Errors
    /// The store cannot read.
    pub async fn link(&self, hash: &Hash, now: i64) -> Result<Option<BehindLink>, Fault> {
        read!(self, |tx| {
            tx.optional(Statement::Link, values![hash, now], |row| {
                let (realm, client) = (row.string(0)?, row.string(1)?);
                Ok(BehindLink { realm, client, sealed: Masked(row.bytes(2)?.to_vec()), expires_at: row.int(3)? })
            })
            .await
        })
    }

    /// Uses a link up, and keeps nothing of what was behind it: true for one caller only, and only while its client is active
    /// and the secret with this id is live.
    ///
    /// # Errors
    /// The store cannot write.
    pub async fn consume_link(&self, hash: &Hash, secret: &str, now: i64) -> Result<bool, Fault> {
        let (hash, secret) = (*hash, secret.to_owned());
        write!(self, Several, |tx| {
            let used = tx.execute(Statement::ConsumeLink, values![&hash, now, &secret]).await? > 0;
            if used {
                tx.execute(Statement::EmptyLink, values![&hash, &[0u8; 0]]).await?;
            }
            Ok(Keep(used))
        })
    }
}

/// As [`Store::put_link`].
pub(crate) async fn put_link(tx: &mut impl Tx, link: &OneTimeLink) -> Result<(), Fault> {
    let OneTimeLink { hash, realm, client, sealed, expires_at, secret } = link;
    tx.execute(Statement::PutLink, values![hash, realm, client, sealed, *expires_at, secret]).await?;
    Ok(())
}

/// As [`Store::links_of`].
pub(crate) async fn links_of(tx: &mut impl Tx, realm: &str, client: &str) -> Result<Vec<LinkUse>, Fault> {
    tx.query(Statement::LinksOf, values![realm, client], |row| {
        Ok(LinkUse { hash: Masked(row.array(0)?), secret: row.string_or_null(1)?, used_at: row.int_or_null(2)? })
    })
    .await
}
