//! Mails on their way, and links that show a secret once.

use crate::audit::act::{Subject, SubjectKind};
use crate::audit::log::AuditLog;
use crate::audit::values::Values;
use crate::statements::Statement;
use crate::store::{read, write};
use crate::tx::{End::Keep, Tx};
use crate::value::values;
use crate::{Fault, Hash, Id, Masked, Store, id_text};
use serde_json::json;

/// A mail to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// Its id.
    pub id: Id,
    /// To whom.
    pub recipient: String,
    /// What it says, as its owner writes it. Never a secret: that is behind the one-time link.
    pub doc: String,
}

/// A mail whose time has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueMail {
    /// What is to be sent.
    pub mail: Mail,
    /// When it was queued.
    pub created_at: i64,
    /// How often it was tried.
    pub attempts: u32,
}

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

/// A mail, as operators look at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailLine {
    /// Its id.
    pub id: Id,
    /// To whom.
    pub recipient: String,
    /// When it was queued.
    pub created_at: i64,
    /// When it left.
    pub sent_at: Option<i64>,
    /// How often it was tried.
    pub attempts: u32,
    /// When it is tried next.
    pub next_attempt_at: i64,
    /// Why it did not leave the last time.
    pub last_error: Option<String>,
    /// When it was refused for good, or given up.
    pub refused_at: Option<i64>,
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
    /// Queues a mail.
    ///
    /// # Errors
    /// The store cannot write.
    pub async fn queue_mail(&self, mail: Mail, now: i64) -> Result<(), Fault> {
        write!(self, Single, |tx| { Ok(Keep(queue(tx, &mail, now).await?)) })
    }

    /// The mails that are to be tried now, at most `limit`.
    ///
    /// # Errors
    /// The store cannot read.
    pub async fn due_mails(&self, now: i64, limit: i64) -> Result<Vec<DueMail>, Fault> {
        read!(self, |tx| {
            tx.query(Statement::DueMails, values![now, limit], |row| {
                Ok(DueMail {
                    mail: Mail { id: row.array(0)?, recipient: row.string(1)?, doc: row.string(2)? },
                    created_at: row.int(3)?,
                    attempts: row.small(4)?,
                })
            })
            .await
        })
    }

    /// Takes a due mail for one attempt; true for one caller only. Unless it is sent, it is due again at `next_attempt_at`.
    ///
    /// # Errors
    /// The store cannot write.
    pub async fn claim_mail(&self, id: &Id, attempts: u32, next_attempt_at: i64) -> Result<bool, Fault> {
        let id = *id;
        write!(self, Single, |tx| {
            Ok(Keep(tx.execute(Statement::ClaimMail, values![&id, attempts, next_attempt_at]).await? > 0))
        })
    }

    /// A mail has left; whether that was news.
    ///
    /// # Errors
    /// The store cannot write.
    pub async fn mail_sent(&self, id: &Id, now: i64) -> Result<bool, Fault> {
        let id = *id;
        write!(self, Single, |tx| { Ok(Keep(tx.execute(Statement::MailSent, values![&id, now]).await? > 0)) })
    }

    /// A mail did not leave, and is tried again when it is due.
    ///
    /// # Errors
    /// The store cannot write.
    pub async fn mail_failed(&self, id: &Id, why: &str) -> Result<(), Fault> {
        let (id, why) = (*id, why.to_owned());
        write!(self, Single, |tx| { Ok(Keep(tx.execute(Statement::MailFailed, values![&id, &why]).await.map(drop)?)) })
    }

    /// A mail will not leave by itself: it was refused for good, or tried for long enough.
    ///
    /// # Errors
    /// The store cannot write.
    pub async fn mail_refused(&self, id: &Id, why: &str, now: i64) -> Result<(), Fault> {
        let (id, why) = (*id, why.to_owned());
        write!(self, Single, |tx| {
            Ok(Keep(tx.execute(Statement::MailRefused, values![&id, &why, now, i64::MAX]).await.map(drop)?))
        })
    }

    /// Has a mail that did not leave tried again at once, as an act; whether there is one.
    ///
    /// # Errors
    /// The store cannot write.
    pub async fn retry_mail(&self, id: &Id, now: i64) -> Result<bool, Fault> {
        let (id, audit) = (*id, self.audit.clone());
        write!(self, Several, |tx| {
            let log = AuditLog::open(tx, audit.as_deref()).await?;
            let known = tx.execute(Statement::RetryMail, values![&id, now]).await? > 0;
            if known {
                let changed = Values::added(json!({ "next_attempt_at": now }));
                log.write(tx, "", &Subject::new(SubjectKind::Mail, id_text(&id)), changed, now).await?;
            }
            Ok(Keep(known))
        })
    }

    /// The mails behind `after` (none: from the oldest) that are remembered, at most `limit`; those that were sent among them.
    ///
    /// # Errors
    /// The store cannot read.
    pub async fn list_mails(&self, after: Option<&Id>, limit: i64) -> Result<Vec<MailLine>, Fault> {
        let after = after.map_or([].as_slice(), |id| id.as_slice());
        read!(self, |tx| {
            tx.query(Statement::Mails, values![after, limit], |row| {
                Ok(MailLine {
                    id: row.array(0)?,
                    recipient: row.string(1)?,
                    created_at: row.int(2)?,
                    sent_at: row.int_or_null(3)?,
                    attempts: row.small(4)?,
                    next_attempt_at: row.int(5)?,
                    last_error: row.string_or_null(6)?,
                    refused_at: row.int_or_null(7)?,
                })
            })
            .await
        })
    }

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

/// As [`Store::queue_mail`].
pub(crate) async fn queue(tx: &mut impl Tx, mail: &Mail, now: i64) -> Result<(), Fault> {
    tx.execute(Statement::QueueMail, values![&mail.id, &mail.recipient, &mail.doc, now]).await?;
    Ok(())
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
