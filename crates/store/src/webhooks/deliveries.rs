//! What webhooks were told, and how that ended; kept for a month, of each webhook the newest thousand.

use crate::audit::act::{Subject, SubjectKind};
use crate::audit::log::AuditLog;
use crate::audit::values::Values;
use crate::events::{self, Event, KEPT};
use crate::statements::Statement;
use crate::store::{read, write};
use crate::tx::{End::Keep, End::Undo, Tx};
use crate::value::{Row, values};
use crate::{Fault, Id, Store};
use claviger_core::crypto::entropy::random_bytes;
use serde_json::json;

/// How many of those that are over are kept of a webhook.
const NEWEST: i64 = 1000;

/// How long before its end a secret is told of.
const ENDS_SOON: i64 = 14 * 86_400_000;

/// Something that a webhook is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Its id, which stays the same however often it is sent.
    pub id: Id,
    /// The webhook.
    pub webhook: String,
    /// The realm in which it happened.
    pub realm: String,
    /// The event; see [`EVENTS`](crate::EVENTS).
    pub event: String,
    /// What is told, as JSON, with users' own ids.
    pub data: String,
    /// When it happened.
    pub created_at: i64,
    /// When it was queued last: then, or by a replay.
    pub queued_at: i64,
    /// How it stands.
    pub status: String,
    /// How often it was sent.
    pub attempts: u32,
    /// When it was sent last.
    pub tried_at: Option<i64>,
    /// The status of the last answer.
    pub code: Option<i64>,
    /// What came of it.
    pub outcome: Option<String>,
}

/// What came of sending a delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tried {
    /// `delivered`, `waiting` for the next attempt, or `failed`.
    pub status: &'static str,
    /// The status of the answer; none: there was none.
    pub code: Option<u16>,
    /// What happened, for people.
    pub outcome: String,
}

impl Store {
    /// A delivery for trying a webhook out, which no parcel waits for; its id.
    ///
    /// # Errors
    /// The store cannot write.
    pub async fn add_test_delivery(&self, webhook: &str, realm: &str, now: i64) -> Result<Id, Fault> {
        let (webhook, realm, id) = (webhook.to_owned(), realm.to_owned(), random_bytes());
        write!(self, Single, |tx| {
            let doc = json!({ "message": "Hello from Claviger" }).to_string();
            let params = values![&id, &webhook, &realm, "test", &doc, now, now + KEPT];
            tx.execute(Statement::AddDelivery, params).await?;
            Ok(Keep(id))
        })
    }

    /// Notes what came of sending a delivery, at it and at its webhook; since when no call of that one was heard (now, where this
    /// one was).
    ///
    /// # Errors
    /// The store cannot write.
    pub async fn note_delivery(&self, delivery: &Delivery, tried: &Tried, now: i64) -> Result<i64, Fault> {
        let (id, webhook, tried) = (delivery.id, delivery.webhook.clone(), tried.clone());
        write!(self, Several, |tx| {
            let code = tried.code.map(i64::from);
            let params = values![&id, tried.status, now, code, &tried.outcome];
            tx.execute(Statement::NoteDelivery, params).await?;
            let failed_at = (tried.status != "delivered").then_some(now);
            let params = values![&webhook, failed_at, now, code, &tried.outcome];
            let since = tx.optional(Statement::NoteWebhook, params, |row| row.int(0)).await?;
            tx.execute(Statement::TrimDeliveries, values![&webhook, NEWEST]).await?;
            Ok(Keep(since.unwrap_or(now)))
        })
    }

    /// A delivery.
    ///
    /// # Errors
    /// The store cannot read.
    pub async fn delivery(&self, id: &Id) -> Result<Option<Delivery>, Fault> {
        read!(self, |tx| { tx.optional(Statement::Delivery, values![id], read_delivery).await })
    }

    /// The deliveries of a webhook before this time and id (none: from the newest), at most `limit`.
    ///
    /// # Errors
    /// The store cannot read.
    pub async fn deliveries(
        &self,
        webhook: &str,
        below: Option<(i64, Id)>,
        limit: i64,
    ) -> Result<Vec<Delivery>, Fault> {
        let (at, id) = below.unwrap_or((i64::MAX, [0xff; 16]));
        read!(self, |tx| { tx.query(Statement::Deliveries, values![webhook, at, &id, limit], read_delivery).await })
    }

    /// Has deliveries of a webhook sent again, under their ids: one, or all that happened since a time and wait for nothing, at
    /// most a thousand. How many.
    ///
    /// # Errors
    /// The store cannot write.
    pub async fn replay(&self, webhook: &str, which: Replayed, now: i64) -> Result<u64, Fault> {
        let (webhook, audit) = (webhook.to_owned(), self.audit.clone());
        write!(self, Several, |tx| {
            let log = AuditLog::open(tx, audit.as_deref()).await?;
            let Some(of) = super::find(tx, &webhook).await? else { return Ok(Undo(0)) };
            let again: Vec<(Id, String)> = match &which {
                Replayed::One(id) => {
                    let found = tx.optional(Statement::Delivery, values![id], read_delivery).await?;
                    found.filter(|one| one.webhook == webhook).map(|one| (one.id, one.realm)).into_iter().collect()
                }
                Replayed::Since(at) => {
                    let params = values![&webhook, *at, NEWEST];
                    tx.query(Statement::DeliveriesSince, params, |row| Ok((row.array(0)?, row.string(1)?))).await?
                }
            };
            let mut count = 0;
            for (id, realm) in &again {
                if tx.execute(Statement::QueueDelivery, values![id, &webhook, now, now + KEPT]).await? > 0 {
                    events::queue(tx, realm, id, now).await?;
                    count += 1;
                }
            }
            if count == 0 {
                return Ok(Undo(0));
            }
            let subject = Subject::new(SubjectKind::Webhook, &webhook);
            log.write(tx, &of.realm, &subject, Values::added(json!({ "deliveries": count })), now).await?;
            Ok(Keep(count))
        })
    }

    /// Tells of secrets that end within two weeks, each once, at most `limit` of them; how many.
    ///
    /// # Errors
    /// The store cannot write.
    pub async fn tell_of_ending_secrets(&self, now: i64, limit: i64) -> Result<usize, Fault> {
        let ending = read!(self, |tx| {
            tx.query(Statement::EndingSecrets, values![now, now + ENDS_SOON, limit], |row| {
                Ok((row.string(0)?, row.string(1)?, row.string(2)?, row.string(3)?, row.int(4)?))
            })
            .await
        })?;
        if ending.is_empty() {
            return Ok(0);
        }
        write!(self, Several, |tx| {
            for (realm, client, secret, label, ends) in &ending {
                if tx.execute(Statement::TellOfEndingSecret, values![realm, client, secret, now]).await? > 0 {
                    let data = json!({ "secret": secret, "label": label, "expires_at": ends });
                    events::raise(tx, realm, &Event::of_app("secret.ends_soon", client, data), now).await?;
                }
            }
            Ok(Keep(ending.len()))
        })
    }
}

/// Which deliveries are sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replayed {
    /// This one.
    One(Id),
    /// All that happened since then, in milliseconds.
    Since(i64),
}

fn read_delivery(row: &Row<'_>) -> Result<Delivery, Fault> {
    Ok(Delivery {
        id: row.array(0)?,
        webhook: row.string(1)?,
        realm: row.string(2)?,
        event: row.string(3)?,
        data: row.string(4)?,
        created_at: row.int(5)?,
        queued_at: row.int(6)?,
        status: row.string(7)?,
        attempts: row.small(8)?,
        tried_at: row.int_or_null(9)?,
        code: row.int_or_null(10)?,
        outcome: row.string_or_null(11)?,
    })
}
