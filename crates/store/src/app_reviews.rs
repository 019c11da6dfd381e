//! What an app's owner and the vendor say and do about an app: asked for, withdrawn, talked about.

use crate::app_events::{AppEvent, EventKind, Speaker, put, read_event};
use crate::audit::act::{Act, Subject, SubjectKind};
use crate::audit::log::AuditLog;
use crate::audit::values::Values;
use crate::changes::{ChangeKind, note};
use crate::clients::{self, ClientSecret, SecretAdded, read_client};
use crate::mail::{Mail, queue};
use crate::statements::Statement;
use crate::store::{read, write};
use crate::tx::{End::Keep, End::Undo, Tx};
use crate::value::{Row, values};
use crate::{Fault, Store};
use claviger_core::Client;
use claviger_core::client::ClientStatus;
use serde_json::json;

/// An app that waits for a decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitingApp {
    /// The app.
    pub client: Client,
    /// Since when it is known.
    pub created_at: i64,
    /// What happened last.
    pub last: Option<AppEvent>,
}

impl Store {
    /// What happened to an app below number `below`, from the newest to the oldest, at most `limit`.
    ///
    /// # Errors
    /// The store cannot read.
    pub async fn app_events(&self, realm: &str, client: &str, below: i64, limit: i64) -> Result<Vec<AppEvent>, Fault> {
        read!(self, |tx| {
            tx.query(Statement::AppEvents, values![realm, client, below, limit], |row| read_event(row, 0)).await
        })
    }

    /// Apps that wait, the oldest first, behind a time and an id, at most `limit`.
    ///
    /// # Errors
    /// The store cannot read.
    pub async fn waiting_apps(&self, realm: &str, (at, id): (i64, &str), limit: i64) -> Result<Vec<WaitingApp>, Fault> {
        read!(self, |tx| { tx.query(Statement::WaitingApps, values![realm, at, id, limit], read_waiting).await })
    }

    /// Says something about an app, with the mail that tells whom it is for; false where there is no such app, or it does not stand
    /// as `only_if` says.
    ///
    /// # Errors
    /// The store cannot write; nothing was written.
    pub async fn say_of_app(
        &self,
        (realm, client): (&str, &str),
        only_if: Option<ClientStatus>,
        (kind, by, words): (EventKind, &Speaker, &str),
        mail: Option<Mail>,
        now: i64,
    ) -> Result<bool, Fault> {
        let [realm, client, words] = [realm, client, words].map(str::to_owned);
        let (by, audit) = (by.clone(), self.audit.clone());
        write!(self, Several, |tx| {
            let log = AuditLog::open(tx, audit.as_deref()).await?;
            if tx.execute(Statement::LockClient, values![&realm, &client, now]).await? == 0 {
                return Ok(Undo(false));
            }
            let status = clients::status(tx, &realm, &client).await?;
            if only_if.is_some_and(|wanted| status.as_deref() != Some(wanted.name())) {
                return Ok(Undo(false));
            }
            put(tx, (&realm, &client), kind, &by, &words, now).await?;
            if let Some(mail) = &mail {
                queue(tx, mail, now).await?;
            }
            let changed = Values::added(json!({ "said": kind.name() }));
            log.write(tx, &realm, &Subject::new(SubjectKind::App, &client), changed, now).await?;
            Ok(Keep(true))
        })
    }

    /// Writes an app that its owner asks approval for: a new one, or one that was turned down or withdrawn before. False where it waits
    /// or was approved already.
    ///
    /// # Errors
    /// [`Fault::SameId`] where a user of the realm has the id; the store cannot write; nothing was written.
    pub async fn submit_client(
        &self,
        realm: &str,
        client: &Client,
        (by, words): (&Speaker, &str),
        now: i64,
    ) -> Result<bool, Fault> {
        let (realm, words, by) = (realm.to_owned(), words.to_owned(), by.clone());
        let (client, audit) = (Client { status: ClientStatus::Pending, ..client.clone() }, self.audit.clone());
        write!(self, Several, |tx| {
            let log = AuditLog::open(tx, audit.as_deref()).await?;
            tx.execute(Statement::LockClient, values![&realm, &client.id, now]).await?;
            let was = clients::find(tx, &realm, &client.id).await?;
            if was.as_ref().is_some_and(|was| was.status != ClientStatus::Rejected) {
                return Ok(Undo(false));
            }
            clients::put(tx, &realm, &client, now).await?;
            clients::wait(tx, &realm, &client.id, now).await?;
            put(tx, (&realm, &client.id), EventKind::Requested, &by, &words, now).await?;
            let values = Values::of_app(was.as_ref(), Some(&client))?;
            log.write(tx, &realm, &Subject::new(SubjectKind::App, &client.id), values, now).await?;
            Ok(Keep(true))
        })
    }

    /// Takes back what its owner asked for: an app that waits is as one that was turned down. False where it does not wait.
    ///
    /// # Errors
    /// The store cannot write; nothing was written.
    pub async fn withdraw_client(
        &self,
        realm: &str,
        client: &str,
        (by, words): (&Speaker, &str),
        now: i64,
    ) -> Result<bool, Fault> {
        let [realm, client, words] = [realm, client, words].map(str::to_owned);
        let (by, audit) = (by.clone(), self.audit.clone());
        write!(self, Several, |tx| {
            let log = AuditLog::open(tx, audit.as_deref()).await?;
            tx.execute(Statement::LockClient, values![&realm, &client, now]).await?;
            if clients::status(tx, &realm, &client).await?.as_deref() != Some(ClientStatus::Pending.name()) {
                return Ok(Undo(false));
            }
            clients::set_status(tx, &realm, &client, ClientStatus::Rejected, now, now).await?;
            put(tx, (&realm, &client), EventKind::Withdrawn, &by, &words, now).await?;
            let changed = Values::change(json!({ "status": "pending" }), json!({ "status": "rejected" }));
            log.write(tx, &realm, &Subject::new(SubjectKind::App, &client), changed, now).await?;
            Ok(Keep(true))
        })
    }

    /// Writes a new app that is served at once, with its first secret; false, and nothing written, where there is one of the id.
    ///
    /// # Errors
    /// [`Fault::SameId`] where a user of the realm has the id; the store cannot write; nothing was written.
    pub async fn open_client(
        &self,
        realm: &str,
        client: &Client,
        secret: Option<ClientSecret>,
        now: i64,
    ) -> Result<bool, Fault> {
        let (realm, audit) = (realm.to_owned(), self.audit.clone());
        let client = Client { status: ClientStatus::Active, ..client.clone() };
        write!(self, Several, |tx| {
            let log = AuditLog::open(tx, audit.as_deref()).await?;
            if clients::find(tx, &realm, &client.id).await?.is_some() {
                return Ok(Undo(false));
            }
            clients::put(tx, &realm, &client, now).await?;
            if let Some(secret) = &secret
                && clients::add_secret(tx, &realm, &client.id, secret, now).await? != SecretAdded::Added
            {
                return Ok(Undo(false));
            }
            note(tx, ChangeKind::Client, &realm, &client.id, now).await?;
            let subject = Subject::new(SubjectKind::App, &client.id);
            log.of(Act::AppCreate).write(tx, &realm, &subject, Values::of_app(None, Some(&client))?, now).await?;
            Ok(Keep(true))
        })
    }
}

fn read_waiting(row: &Row<'_>) -> Result<WaitingApp, Fault> {
    let last = row.int_or_null(4)?.map(|_| read_event(row, 4)).transpose()?;
    Ok(WaitingApp { client: read_client(row)?, created_at: row.int(2)?, last })
}
