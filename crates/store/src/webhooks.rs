//! Webhooks: the addresses that are told what happened, each with its line in the log when it is made, changed or removed.
//!
//! What they are told is in [`deliveries`].

pub(crate) mod deliveries;

use crate::audit::act::{Subject, SubjectKind};
use crate::audit::log::AuditLog;
use crate::audit::values::Values;
use crate::statements::Statement;
use crate::store::{read, write};
use crate::tx::{End::Keep, End::Undo, Tx};
use crate::value::{Row, values};
use crate::{Fault, Masked, Store};
use serde_json::json;

/// An address that is told what happened.
#[derive(Debug, Clone)]
pub struct Webhook {
    /// Its id.
    pub id: String,
    /// The realm; empty: every realm, for operators.
    pub realm: String,
    /// The app that it belongs to, which is told of itself alone; empty: the operator's.
    pub client: String,
    /// Where it is called.
    pub url: String,
    /// The events that it wants; `*` is every one.
    pub events: Vec<String>,
    /// Whether it is called.
    pub is_active: bool,
    /// What its calls are signed with, sealed by its owner.
    pub secret: Masked<String>,
    /// The secret before that, which signs as well until then; sealed.
    pub old_secret: Option<(Masked<String>, i64)>,
    /// When it was made.
    pub created_at: i64,
    /// Since when no call was heard.
    pub failing_since: Option<i64>,
    /// The last call: when, with what status (none: no answer), and what came of it.
    pub last: Option<(i64, Option<i64>, String)>,
}

impl Webhook {
    const fn status(&self) -> &'static str {
        if self.is_active { "active" } else { "disabled" }
    }

    /// What a line of the log says of it.
    fn shown(&self) -> serde_json::Value {
        json!({ "url": self.url, "events": self.events, "status": self.status(), "app": self.client })
    }

    fn subject(&self) -> Subject {
        Subject::new(SubjectKind::Webhook, &self.id)
    }
}

impl Store {
    /// Adds a webhook.
    ///
    /// # Errors
    /// The store cannot write.
    pub async fn add_webhook(&self, webhook: &Webhook, now: i64) -> Result<(), Fault> {
        let (webhook, audit) = (webhook.clone(), self.audit.clone());
        write!(self, Several, |tx| {
            let log = AuditLog::open(tx, audit.as_deref()).await?;
            let Webhook { id, realm, client, url, secret, created_at, .. } = &webhook;
            let events = serde_json::to_string(&webhook.events)?;
            let params = values![id, realm, client, url, &events, webhook.status(), secret, *created_at];
            tx.execute(Statement::AddWebhook, params).await?;
            log.write(tx, realm, &webhook.subject(), Values::added(webhook.shown()), now).await?;
            Ok(Keep(()))
        })
    }

    /// Changes where a webhook is called, what it is told, and whether; true where there is one. What failed before counts no
    /// more.
    ///
    /// # Errors
    /// The store cannot write.
    pub async fn edit_webhook(&self, after: &Webhook, now: i64) -> Result<bool, Fault> {
        let (after, audit) = (after.clone(), self.audit.clone());
        write!(self, Several, |tx| {
            let log = AuditLog::open(tx, audit.as_deref()).await?;
            let Some(before) = find(tx, &after.id).await? else { return Ok(Undo(false)) };
            let events = serde_json::to_string(&after.events)?;
            tx.execute(Statement::EditWebhook, values![&after.id, &after.url, &events, after.status()]).await?;
            let values = Values::of(Some(&before.shown()), Some(&after.shown()))?;
            log.write(tx, &before.realm, &before.subject(), values, now).await?;
            Ok(Keep(true))
        })
    }

    /// Gives a webhook another secret; the one before signs as well until `old_until`. True where there is one.
    ///
    /// # Errors
    /// The store cannot write.
    pub async fn rotate_webhook(
        &self,
        id: &str,
        sealed: Masked<String>,
        old_until: i64,
        now: i64,
    ) -> Result<bool, Fault> {
        let (id, audit) = (id.to_owned(), self.audit.clone());
        write!(self, Several, |tx| {
            let log = AuditLog::open(tx, audit.as_deref()).await?;
            let Some(webhook) = find(tx, &id).await? else { return Ok(Undo(false)) };
            tx.execute(Statement::RotateWebhook, values![&id, &sealed, old_until]).await?;
            let values = Values::added(json!({ "old_secret_until": old_until }));
            log.write(tx, &webhook.realm, &webhook.subject(), values, now).await?;
            Ok(Keep(true))
        })
    }

    /// Stops a webhook that is called; whether it was.
    ///
    /// # Errors
    /// The store cannot write.
    pub async fn disable_webhook(&self, id: &str, why: &str, now: i64) -> Result<bool, Fault> {
        let (id, why, audit) = (id.to_owned(), why.to_owned(), self.audit.clone());
        write!(self, Several, |tx| {
            let log = AuditLog::open(tx, audit.as_deref()).await?;
            let Some(webhook) = find(tx, &id).await? else { return Ok(Undo(false)) };
            if tx.execute(Statement::DisableWebhook, values![&id]).await? == 0 {
                return Ok(Undo(false));
            }
            let values = Values::change(json!({ "status": "active" }), json!({ "status": "disabled", "why": why }));
            log.write(tx, &webhook.realm, &webhook.subject(), values, now).await?;
            Ok(Keep(true))
        })
    }

    /// Removes a webhook with what it was told; true where there was one.
    ///
    /// # Errors
    /// The store cannot write.
    pub async fn remove_webhook(&self, id: &str, now: i64) -> Result<bool, Fault> {
        let (id, audit) = (id.to_owned(), self.audit.clone());
        write!(self, Several, |tx| {
            let log = AuditLog::open(tx, audit.as_deref()).await?;
            let Some(webhook) = find(tx, &id).await? else { return Ok(Undo(false)) };
            tx.execute(Statement::DeleteWebhook, values![&id]).await?;
            tx.execute(Statement::DeleteDeliveries, values![&id]).await?;
            let values = Values::between(Some(webhook.shown()), None);
            log.write(tx, &webhook.realm, &webhook.subject(), values, now).await?;
            Ok(Keep(true))
        })
    }

    /// The webhook of this id.
    ///
    /// # Errors
    /// The store cannot read.
    pub async fn webhook(&self, id: &str) -> Result<Option<Webhook>, Fault> {
        read!(self, |tx| { find(tx, id).await })
    }

    /// The webhooks behind `after` in order of their ids, at most `limit`: of a realm (an empty one: those of every realm), of an app
    /// (an empty one: the operator's).
    ///
    /// # Errors
    /// The store cannot read.
    pub async fn list_webhooks(
        &self,
        (realm, client): (Option<&str>, Option<&str>),
        after: &str,
        limit: i64,
    ) -> Result<Vec<Webhook>, Fault> {
        read!(self, |tx| { tx.query(Statement::Webhooks, values![after, realm, client, limit], read_webhook).await })
    }
}

async fn find(tx: &mut impl Tx, id: &str) -> Result<Option<Webhook>, Fault> {
    tx.optional(Statement::Webhook, values![id], read_webhook).await
}

fn read_webhook(row: &Row<'_>) -> Result<Webhook, Fault> {
    let old = row.string_or_null(7)?.map(Masked).zip(row.int_or_null(8)?);
    let (code, outcome) = (row.int_or_null(12)?, row.string_or_null(13)?.unwrap_or_default());
    Ok(Webhook {
        id: row.string(0)?,
        realm: row.string(1)?,
        client: row.string(2)?,
        url: row.string(3)?,
        events: serde_json::from_str(row.text(4)?)?,
        is_active: row.text(5)? == "active",
        secret: Masked(row.string(6)?),
        old_secret: old,
        created_at: row.int(9)?,
        failing_since: row.int_or_null(10)?,
        last: row.int_or_null(11)?.map(|at| (at, code, outcome)),
    })
}
