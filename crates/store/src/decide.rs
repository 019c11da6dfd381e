//! What the vendor decides about an app, with the mail that tells its owner: approved, turned down, told once more.

use crate::app_events::{EventKind, decided};
use crate::audit::act::{Subject, SubjectKind};
use crate::audit::log::AuditLog;
use crate::audit::values::Values;
use crate::clients::{self, ClientSecret, SecretAdded};
use crate::edit::Edited;
use crate::links::{self, OneTimeLink};
use crate::mail::{self, Mail};
use crate::statements::Statement;
use crate::store::write;
use crate::tx::{End::Keep, End::Undo, Tx};
use crate::value::values;
use crate::{Fault, Store};
use claviger_core::client::ClientStatus;
use serde_json::json;

/// How an app stands that can be approved.
const UNDECIDED: [&str; 2] = [ClientStatus::Pending.name(), ClientStatus::Rejected.name()];

/// How an app stands, while nobody else decides about it.
async fn held_status(tx: &mut impl Tx, realm: &str, client: &str, now: i64) -> Result<Option<String>, Fault> {
    tx.execute(Statement::LockClient, values![realm, client, now]).await?;
    clients::status(tx, realm, client).await
}

impl Store {
    /// Approves an app: it becomes active, and gets a secret, the link that shows it, and the mail that says so.
    ///
    /// # Errors
    /// The store cannot write; nothing happened.
    pub async fn approve_client(
        &self,
        realm: &str,
        client: &str,
        secret: Option<(ClientSecret, OneTimeLink)>,
        mail: Option<Mail>,
        now: i64,
    ) -> Result<SecretAdded, Fault> {
        let (realm, client, audit) = (realm.to_owned(), client.to_owned(), self.audit.clone());
        write!(self, Several, |tx| {
            let log = AuditLog::open(tx, audit.as_deref()).await?;
            let Some(was) = held_status(tx, &realm, &client, now).await? else {
                return Ok(Undo(SecretAdded::NoSuchClient));
            };
            if !UNDECIDED.contains(&&*was) {
                return Ok(Undo(SecretAdded::Decided));
            }
            clients::set_status(tx, &realm, &client, ClientStatus::Active, now, now).await?;
            let given = give(tx, (&realm, &client), secret.as_ref(), mail.as_ref(), now).await?;
            if given != SecretAdded::Added {
                return Ok(Undo(given));
            }
            let secret = secret.as_ref().map(|(secret, _)| &secret.id);
            let after = json!({ "status": ClientStatus::Active.name(), "secret": secret });
            let changed = Values::change(json!({ "status": was }), after);
            log.write(tx, &realm, &Subject::new(SubjectKind::App, &client), changed, now).await?;
            decided(tx, (&realm, &client), EventKind::Approved, (audit.as_deref(), ""), now).await?;
            Ok(Keep(SecretAdded::Added))
        })
    }

    /// Turns down an app that waits, and queues the mail that says so. [`Edited::Same`] where there is no such app,
    /// [`Edited::Changed`] where somebody else decided meanwhile.
    ///
    /// # Errors
    /// The store cannot write; nothing happened.
    pub async fn reject_client(
        &self,
        realm: &str,
        client: &str,
        (reason, mail): (&str, Option<Mail>),
        now: i64,
        tokens_until: i64,
    ) -> Result<Edited, Fault> {
        let (realm, client, audit) = (realm.to_owned(), client.to_owned(), self.audit.clone());
        let reason = reason.to_owned();
        write!(self, Several, |tx| {
            let log = AuditLog::open(tx, audit.as_deref()).await?;
            let Some(was) = held_status(tx, &realm, &client, now).await? else { return Ok(Undo(Edited::Same)) };
            if was != ClientStatus::Pending.name() {
                return Ok(Undo(Edited::Changed));
            }
            clients::set_status(tx, &realm, &client, ClientStatus::Rejected, now, tokens_until).await?;
            if let Some(mail) = &mail {
                mail::queue(tx, mail, now).await?;
            }
            let after = json!({ "status": ClientStatus::Rejected.name() });
            let changed = Values::change(json!({ "status": was }), after);
            log.write(tx, &realm, &Subject::new(SubjectKind::App, &client), changed, now).await?;
            decided(tx, (&realm, &client), EventKind::Rejected, (audit.as_deref(), &reason), now).await?;
            Ok(Keep(Edited::Done))
        })
    }

    /// Queues the mail of an approval once more: with another secret behind another link, where the app has secrets. Links
    /// that nobody opened work no more, and the secrets behind them are stopped.
    ///
    /// # Errors
    /// The store cannot write; nothing happened.
    pub async fn resend_approval(
        &self,
        realm: &str,
        client: &str,
        secret: Option<(ClientSecret, OneTimeLink)>,
        mail: Option<Mail>,
        now: i64,
    ) -> Result<SecretAdded, Fault> {
        let (realm, client, audit) = (realm.to_owned(), client.to_owned(), self.audit.clone());
        write!(self, Several, |tx| {
            let log = AuditLog::open(tx, audit.as_deref()).await?;
            let mut stopped = Vec::new();
            for link in links::links_of(tx, &realm, &client).await?.into_iter().filter(|link| link.used_at.is_none()) {
                // Whoever opens it at this very moment has the secret.
                if tx.execute(Statement::DropLink, values![&link.hash]).await? > 0
                    && let Some(secret) = link.secret
                    && tx.execute(Statement::RetireSecret, values![&realm, &client, &secret, now]).await? > 0
                {
                    stopped.push(secret);
                }
            }
            let given = give(tx, (&realm, &client), secret.as_ref(), mail.as_ref(), now).await?;
            if given != SecretAdded::Added {
                return Ok(Undo(given));
            }
            let secret = secret.as_ref().map(|(secret, _)| &secret.id);
            let changed = Values::change(json!({ "secrets": stopped }), json!({ "secret": secret }));
            log.write(tx, &realm, &Subject::new(SubjectKind::App, &client), changed, now).await?;
            Ok(Keep(SecretAdded::Added))
        })
    }
}

/// What an approval gives to the app of a realm: a secret, the link that shows it, and the mail that says so. Where the
/// secret cannot be added, nothing else is written.
async fn give(
    tx: &mut impl Tx,
    (realm, client): (&str, &str),
    secret: Option<&(ClientSecret, OneTimeLink)>,
    mail: Option<&Mail>,
    now: i64,
) -> Result<SecretAdded, Fault> {
    if let Some((secret, link)) = secret {
        let added = clients::add_secret(tx, realm, client, secret, now).await?;
        if added != SecretAdded::Added {
            return Ok(added);
        }
        links::put_link(tx, link).await?;
    }
    if let Some(mail) = mail {
        mail::queue(tx, mail, now).await?;
    }
    Ok(SecretAdded::Added)
}
