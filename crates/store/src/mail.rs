//! Mails: parcels of the outbox ([`crate::Parcel`]) whose addressee operators see, and which they may have tried again.

use crate::audit::act::{Subject, SubjectKind};
use crate::audit::log::AuditLog;
use crate::audit::values::Values;
use crate::outbox::{give_up, hand_in};
use crate::statements::Statement;
use crate::store::write;
use crate::tx::{End::Keep, Tx};
use crate::value::values;
use crate::{Fault, Id, Masked, Parcel, Store, id_text};
use serde_json::json;

/// What mails are called among the parcels.
pub const MAIL_TOPIC: &str = "mail";

/// A mail to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// Its id.
    pub id: Id,
    /// To whom.
    pub recipient: String,
    /// What it says, as its owner writes and seals it.
    pub doc: String,
}

impl Store {
    /// Queues a mail.
    ///
    /// # Errors
    /// The store cannot write.
    pub async fn queue_mail(&self, mail: Mail, now: i64) -> Result<(), Fault> {
        write!(self, Single, |tx| { Ok(Keep(queue(tx, &mail, now).await?)) })
    }

    /// Has a mail that did not leave tried again at once, as an act; whether there is one.
    ///
    /// # Errors
    /// The store cannot write.
    pub async fn retry_mail(&self, id: &Id, now: i64) -> Result<bool, Fault> {
        let (id, audit) = (*id, self.audit.clone());
        write!(self, Several, |tx| {
            let log = AuditLog::open(tx, audit.as_deref()).await?;
            let known = tx.execute(Statement::RetryParcel, values![&id, MAIL_TOPIC, now]).await? > 0;
            if known {
                let changed = Values::added(json!({ "next_attempt_at": now }));
                log.write(tx, "", &Subject::new(SubjectKind::Mail, id_text(&id)), changed, now).await?;
            }
            Ok(Keep(known))
        })
    }

    /// Takes over what a program of before has put where mails were then, at most `limit` of them; how many there were.
    ///
    /// # Errors
    /// The store cannot read or write.
    pub async fn take_over_mails(&self, limit: i64) -> Result<usize, Fault> {
        write!(self, Several, |tx| { Ok(Keep(take_over(tx, limit).await?)) })
    }
}

/// As [`Store::take_over_mails`].
pub(crate) async fn take_over(tx: &mut impl Tx, limit: i64) -> Result<usize, Fault> {
    let old = tx
        .query(Statement::OldMails, values![i64::MAX, limit], |row| {
            let mail = Mail { id: row.array(0)?, recipient: row.string(1)?, doc: row.string(2)? };
            Ok((mail, row.int(3)?, row.int(4)?, row.int_or_null(5)?, row.string_or_null(6)?))
        })
        .await?;
    for (mail, created_at, due_at, refused_at, why) in &old {
        if tx.execute(Statement::TakeOverMail, values![&mail.id]).await? == 0 {
            continue;
        }
        hand_in(tx, &Parcel { due_at: *due_at, ..parcel(mail) }, *created_at).await?;
        if let Some(refused_at) = refused_at {
            give_up(tx, &mail.id, why.as_deref().unwrap_or_default(), *refused_at).await?;
        }
    }
    Ok(old.len())
}

/// As [`Store::queue_mail`].
pub(crate) async fn queue(tx: &mut impl Tx, mail: &Mail, now: i64) -> Result<(), Fault> {
    hand_in(tx, &Parcel { due_at: now, ..parcel(mail) }, now).await
}

/// The mail as it lies in the outbox.
fn parcel(mail: &Mail) -> Parcel {
    Parcel {
        id: mail.id,
        topic: MAIL_TOPIC.to_owned(),
        realm: String::new(),
        sealed: Masked(mail.doc.clone().into_bytes()),
        due_at: 0,
        addressee: mail.recipient.clone(),
    }
}
