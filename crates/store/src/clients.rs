//! Clients, their secrets, and where they stand.

use crate::app_events::{self, EventKind};
use crate::audit::act::{Act, Subject, SubjectKind};
use crate::audit::log::AuditLog;
use crate::audit::values::Values;
use crate::changes::{ChangeKind, note};
use crate::endings::{CHUNK, Whose, end_some, revoke_whole};
use crate::revocations::{self, RevocationKind};
use crate::statements::Statement;
use crate::store::{read, write};
use crate::tx::{End::Keep, End::Undo, Tx};
use crate::value::{Row, values};
use crate::{Fault, Mail, Masked, Store, mail, managed};
use claviger_core::Client;
use claviger_core::client::ClientStatus;
use serde_json::json;

/// How a secret is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecretKind {
    /// Made by Claviger, so random enough for an HMAC-SHA-256 under a key of the server.
    Hmac,
    /// Brought along, so stretched: an Argon2 PHC string.
    Argon2,
    /// Needed in plain to check what is made with it, so sealed under a key of the server.
    Sealed,
}

impl SecretKind {
    /// As the column spells it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hmac => "hmac",
            Self::Argon2 => "argon2",
            Self::Sealed => "sealed",
        }
    }

    fn parse(name: &str) -> Result<Self, Fault> {
        match name {
            "hmac" => Ok(Self::Hmac),
            "argon2" => Ok(Self::Argon2),
            "sealed" => Ok(Self::Sealed),
            _ => Err(Fault::other("an unknown kind of client secret")),
        }
    }
}

/// A client's secret; never the secret itself in plain.
#[derive(Debug, Clone)]
pub struct ClientSecret {
    /// Names it among the client's secrets.
    pub id: String,
    /// What `hash` is.
    pub kind: SecretKind,
    /// The MAC's 32 bytes, the PHC string, or the sealed secret.
    pub hash: Masked<Vec<u8>>,
    /// What its owner calls it.
    pub label: String,
    /// When it was made.
    pub created_at: i64,
    /// When it stops working by itself.
    pub expires_at: Option<i64>,
    /// When it was retired.
    pub retired_at: Option<i64>,
}

impl ClientSecret {
    /// Whether it works.
    pub fn is_live(&self, now: i64) -> bool {
        self.retired_at.is_none() && self.expires_at.is_none_or(|at| at > now)
    }
}

/// Whether a secret was added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecretAdded {
    /// It works from now on.
    Added,
    /// The client has two live ones already: one must be retired first.
    TooMany,
    /// There is no such client.
    NoSuchClient,
    /// Somebody else decided about the client meanwhile.
    Decided,
}

impl Store {
    /// Writes a client; whether that changed anything. The status counts only for a client that is new: afterwards
    /// [`Store::set_client_status`] alone changes it, so that applying a file again revives nobody.
    ///
    /// # Errors
    /// [`Fault::SameId`] where a user of the realm has the id; the store cannot write.
    pub async fn put_client(&self, realm: &str, client: &Client, now: i64) -> Result<bool, Fault> {
        let (realm, client) = (realm.to_owned(), client.clone());
        write!(self, Several, |tx| { Ok(Keep(put(tx, &realm, &client, now).await?)) })
    }

    /// A client and all its secrets from the oldest to the newest, retired ones included; one look into the database.
    ///
    /// # Errors
    /// The store cannot read.
    pub async fn client_with_secrets(
        &self,
        realm: &str,
        id: &str,
    ) -> Result<Option<(Client, Vec<ClientSecret>)>, Fault> {
        let mut client = None;
        let secrets = read!(self, |tx| {
            tx.query(Statement::Client, values![realm, id], |row| {
                if client.is_none() {
                    client = Some(read_whole(row)?);
                }
                row.text_or_null(2)?.map(|id| read_secret(row, id)).transpose()
            })
            .await
        })?;
        let mut secrets: Vec<_> = secrets.into_iter().flatten().collect();
        secrets.sort_by_key(|secret: &ClientSecret| secret.created_at);
        Ok(client.map(|client| (client, secrets)))
    }

    /// A client whose tokens are of this user, if there is one.
    ///
    /// # Errors
    /// The store cannot read.
    pub async fn client_that_acts_as(&self, realm: &str, user: &str) -> Result<Option<String>, Fault> {
        read!(self, |tx| {
            let perhaps = tx.query(Statement::ClientsThatActAs, values![realm], read_client).await?;
            Ok(perhaps.into_iter().find(|client| client.acts_as.as_deref() == Some(user)).map(|client| client.id))
        })
    }

    /// The clients of a realm behind `after` (empty: from the first), in order of their ids, at most `limit`; only those
    /// of `status` where one is given.
    ///
    /// # Errors
    /// The store cannot read.
    pub async fn list_clients(
        &self,
        realm: &str,
        status: Option<ClientStatus>,
        after: &str,
        limit: i64,
    ) -> Result<Vec<Client>, Fault> {
        read!(self, |tx| {
            match status {
                None => tx.query(Statement::ListClients, values![realm, after, limit], read_client).await,
                Some(status) => {
                    let params = values![realm, status.name(), after, limit];
                    tx.query(Statement::ListClientsByStatus, params, read_client).await
                }
            }
        })
    }

    /// Gives a client one more secret; at most two may be live at once.
    ///
    /// # Errors
    /// The store cannot write.
    pub async fn add_secret(
        &self,
        realm: &str,
        client: &str,
        secret: ClientSecret,
        now: i64,
    ) -> Result<SecretAdded, Fault> {
        let (realm, client, audit) = (realm.to_owned(), client.to_owned(), self.audit.clone());
        write!(self, Several, |tx| {
            let log = AuditLog::open(tx, audit.as_deref()).await?;
            let added = add_secret(tx, &realm, &client, &secret, now).await?;
            if added != SecretAdded::Added {
                return Ok(Undo(added));
            }
            let changed = Values::added(shown(&secret));
            log.write(tx, &realm, &secret_of(&client, &secret.id), changed, now).await?;
            Ok(Keep(added))
        })
    }

    /// Writes a secret under its id, in the place of the one that had it; whether that changed anything.
    ///
    /// # Errors
    /// The store cannot write.
    pub async fn put_secret(&self, realm: &str, client: &str, secret: ClientSecret, now: i64) -> Result<bool, Fault> {
        let (realm, client) = (realm.to_owned(), client.to_owned());
        write!(self, Several, |tx| { Ok(Keep(put_secret(tx, &realm, &client, &secret, now).await?)) })
    }

    /// Stops a secret; whether it was live.
    ///
    /// # Errors
    /// The store cannot write.
    pub async fn retire_secret(&self, realm: &str, client: &str, id: &str, now: i64) -> Result<bool, Fault> {
        let (realm, client, id, audit) = (realm.to_owned(), client.to_owned(), id.to_owned(), self.audit.clone());
        write!(self, Several, |tx| {
            let log = AuditLog::open(tx, audit.as_deref()).await?;
            let retired = tx.execute(Statement::RetireSecret, values![&realm, &client, &id, now]).await? > 0;
            if retired {
                note(tx, ChangeKind::Client, &realm, &client, now).await?;
                let changed = Values::change(json!({ "retired_at": null }), json!({ "retired_at": now }));
                log.write(tx, &realm, &secret_of(&client, &id), changed, now).await?;
            }
            Ok(Keep(retired))
        })
    }

    /// Moves a client to another status; whether there is such a client. Any status but active ends all that it was
    /// given: its grants, its seats, its tokens, and those that a request under way is about to be given.
    /// `tokens_until` is when the last access token that may be out there expires.
    ///
    /// # Errors
    /// The store cannot write. What was done until then stays done; to be called again.
    pub async fn set_client_status(
        &self,
        realm: &str,
        id: &str,
        status: ClientStatus,
        now: i64,
        tokens_until: i64,
    ) -> Result<bool, Fault> {
        self.set_client_status_and_tell((realm, id), status, Vec::new(), now, tokens_until).await
    }

    /// The same, and queues mails where it stood otherwise before, in the same transaction.
    ///
    /// # Errors
    /// As [`Store::set_client_status`].
    pub async fn set_client_status_and_tell(
        &self,
        (realm, id): (&str, &str),
        status: ClientStatus,
        mails: Vec<Mail>,
        now: i64,
        tokens_until: i64,
    ) -> Result<bool, Fault> {
        if status == ClientStatus::Active {
            // What a stopped program may have left behind when the client was suspended, and what a request under way on
            // another server was still given then.
            let was = read!(self, |tx| { self::status(tx, realm, id).await })?;
            let suspended = was.is_some_and(|now| now != status.name());
            if suspended {
                self.end_all(Whose::Client, realm, id, "client", now, tokens_until).await?;
            }
        }
        let (owned_realm, owned_id, audit) = (realm.to_owned(), id.to_owned(), self.audit.clone());
        let known = write!(self, Several, |tx| {
            let (realm, id) = (&*owned_realm, &*owned_id);
            let log = AuditLog::open(tx, audit.as_deref()).await?;
            let is_asked = log.is_kept() || !mails.is_empty();
            let was = if is_asked { self::status(tx, realm, id).await? } else { None };
            let known = set_status(tx, realm, id, status, now, tokens_until).await?;
            if known {
                let changed = Values::change(json!({ "status": was }), json!({ "status": status.name() }));
                log.write(tx, realm, &Subject::new(SubjectKind::App, id), changed, now).await?;
                if was.as_deref() != Some(status.name()) {
                    let kind = if status == ClientStatus::Active { EventKind::Resumed } else { EventKind::Suspended };
                    app_events::decided(tx, (realm, id), kind, (audit.as_deref(), ""), now).await?;
                    for one in &mails {
                        mail::queue(tx, one, now).await?;
                    }
                }
            }
            Ok(Keep(known))
        })?;
        if known && status != ClientStatus::Active {
            self.end_all(Whose::Client, realm, id, "client", now, tokens_until).await?;
        }
        Ok(known)
    }

    /// Removes a client with its secrets, grants, seats and consents, and revokes its tokens; whether there was one.
    ///
    /// # Errors
    /// The store cannot write. What was done until then stays done; to be called again.
    pub async fn delete_client(&self, realm: &str, id: &str, now: i64, tokens_until: i64) -> Result<bool, Fault> {
        self.delete_client_and_tell((realm, id), Vec::new(), now, tokens_until).await
    }

    /// The same, and queues mails in the transaction that removes it.
    ///
    /// # Errors
    /// As [`Store::delete_client`].
    pub async fn delete_client_and_tell(
        &self,
        (realm, id): (&str, &str),
        mails: Vec<Mail>,
        now: i64,
        tokens_until: i64,
    ) -> Result<bool, Fault> {
        let mut acting = self.audit.clone();
        loop {
            let (owned_realm, owned_id, audit) = (realm.to_owned(), id.to_owned(), acting.clone());
            let mails = mails.clone();
            let deleted = write!(self, Several, |tx| {
                let (realm, id, subject) = (&*owned_realm, &*owned_id, Subject::new(SubjectKind::App, &owned_id));
                let log = AuditLog::open(tx, audit.as_deref()).await?;
                let Some(was) = find(tx, realm, id).await? else { return Ok(Undo(Some(false))) };
                let all_ended = end_some(tx, Whose::Client, realm, id, "client", now, tokens_until).await? < CHUNK;
                set_status(tx, realm, id, ClientStatus::Suspended, now, tokens_until).await?;
                if !all_ended {
                    // Too many grants for one transaction: it is stopped meanwhile.
                    let (before, after) = (was.status, ClientStatus::Suspended);
                    if before != after {
                        let changed =
                            Values::change(json!({ "status": before.name() }), json!({ "status": after.name() }));
                        log.of(Act::AppSuspend).write(tx, realm, &subject, changed, now).await?;
                    }
                    return Ok(Keep(None));
                }
                let deleted = tx.execute(Statement::DeleteClient, values![realm, id]).await? > 0;
                tx.execute(Statement::DeleteSecrets, values![realm, id]).await?;
                tx.execute(Statement::DeleteConsentsOfClient, values![realm, id]).await?;
                tx.execute(Statement::EndEvidenceOfClient, values![realm, id, now]).await?;
                tx.execute(Statement::ForgetSecretUses, values![realm, id]).await?;
                tx.execute(Statement::DeleteRegistration, values![realm, id]).await?;
                tx.execute(Statement::DeleteWebhooksOfClient, values![realm, id]).await?;
                tx.execute(Statement::DeleteLogo, values![realm, id]).await?;
                tx.execute(Statement::DeleteDeadlinesOfClient, values![realm, id]).await?;
                tx.execute(Statement::DeleteAppEvents, values![realm, id]).await?;
                tx.execute(Statement::DeleteClientDocument, values![realm, id]).await?;
                tx.execute(Statement::DropRolesOfClient, values![realm, id]).await?;
                tx.execute(Statement::DeleteAskedForClient, values![realm, id]).await?;
                managed::put(tx, realm, (SubjectKind::App.name(), id), None).await?;
                note(tx, ChangeKind::Client, realm, id, now).await?;
                log.write(tx, realm, &subject, Values::of_app(Some(&was), None)?, now).await?;
                for one in mails.iter().filter(|_| deleted) {
                    mail::queue(tx, one, now).await?;
                }
                Ok(Keep(Some(deleted)))
            })?;
            if let Some(deleted) = deleted {
                return Ok(deleted);
            }
            // What comes next rests on what was just written.
            acting = acting.map(|audit| audit.met());
            self.end_all(Whose::Client, realm, id, "client", now, tokens_until).await?;
        }
    }
}

/// As [`Store::put_client`].
pub(crate) async fn put(tx: &mut impl Tx, realm: &str, client: &Client, now: i64) -> Result<bool, Fault> {
    // The status has a column of its own; inside of the document it always reads the same.
    let doc = serde_json::to_string(&Client { status: ClientStatus::Active, ..client.clone() })?;
    let params = values![realm, &client.id, client.status.name(), &doc, now];
    let changed = tx.execute(Statement::PutClient, params).await.map_err(|fault| fault.of_id(&client.id))? > 0;
    if changed {
        if status(tx, realm, &client.id).await?.as_deref() == Some(ClientStatus::Active.name()) {
            // The tokens of one that had this id before stay revoked, those of this one count.
            revocations::lower(tx, realm, RevocationKind::Client, &client.id, now).await?;
        }
        note(tx, ChangeKind::Client, realm, &client.id, now).await?;
    }
    Ok(changed)
}

/// Where a client stands.
pub(crate) async fn status(tx: &mut impl Tx, realm: &str, id: &str) -> Result<Option<String>, Fault> {
    tx.optional(Statement::ClientStatus, values![realm, id], |row| row.string(0)).await
}

/// The client, as it is before it is written.
pub(crate) async fn find(tx: &mut impl Tx, realm: &str, id: &str) -> Result<Option<Client>, Fault> {
    tx.optional(Statement::Client, values![realm, id], read_whole).await
}

/// The clients whose secret is the password of a user: pairs of user and client.
pub(crate) async fn by_password(tx: &mut impl Tx, realm: &str) -> Result<Vec<(String, String)>, Fault> {
    let found = tx.query(Statement::ClientsByPassword, values![realm], read_client).await?;
    let pair = |client: Client| Some((client.acts_as.filter(|_| client.secret_is_password)?, client.id));
    Ok(found.into_iter().filter_map(pair).collect())
}

/// A secret, as the subject of an act.
pub(crate) fn secret_of(client: &str, id: &str) -> Subject {
    Subject::new(SubjectKind::Secret, format!("{client}/{id}"))
}

/// What a line of the audit log says of a secret: everything but its hash.
pub(crate) fn shown(secret: &ClientSecret) -> serde_json::Value {
    json!({ "label": secret.label, "kind": secret.kind.name(), "expires_at": secret.expires_at })
}

/// As [`Store::put_secret`].
pub(crate) async fn put_secret(
    tx: &mut impl Tx,
    realm: &str,
    client: &str,
    secret: &ClientSecret,
    now: i64,
) -> Result<bool, Fault> {
    let changed = tx.execute(Statement::PutSecret, &secret_values(realm, client, secret)).await? > 0;
    if changed {
        note(tx, ChangeKind::Client, realm, client, now).await?;
    }
    Ok(changed)
}

/// As [`Store::add_secret`]; the client's row is held first, so that two at once do not both find room.
pub(crate) async fn add_secret(
    tx: &mut impl Tx,
    realm: &str,
    client: &str,
    secret: &ClientSecret,
    now: i64,
) -> Result<SecretAdded, Fault> {
    if tx.execute(Statement::LockClient, values![realm, client, now]).await? == 0 {
        return Ok(SecretAdded::NoSuchClient);
    }
    if tx.execute(Statement::AddSecret, &secret_values(realm, client, secret)).await? == 0 {
        return Ok(SecretAdded::TooMany);
    }
    note(tx, ChangeKind::Client, realm, client, now).await?;
    Ok(SecretAdded::Added)
}

/// The part of [`Store::set_client_status`] that is one transaction.
pub(crate) async fn set_status(
    tx: &mut impl Tx,
    realm: &str,
    id: &str,
    status: ClientStatus,
    now: i64,
    tokens_until: i64,
) -> Result<bool, Fault> {
    let changed = tx.execute(Statement::SetClientStatus, values![realm, id, status.name(), now]).await? > 0;
    if !changed && tx.optional(Statement::ClientStatus, values![realm, id], |_| Ok(())).await?.is_none() {
        return Ok(false);
    }
    if status != ClientStatus::Active {
        // The sequence numbers last: whoever holds them waits for nobody.
        end_some(tx, Whose::Client, realm, id, "client", now, tokens_until).await?;
        revoke_whole(tx, Whose::Client, realm, id, tokens_until, now, tokens_until).await?;
    } else if changed {
        // From now on its tokens count again; those of before stay revoked.
        revocations::lower(tx, realm, RevocationKind::Client, id, now).await?;
    }
    if changed {
        note(tx, ChangeKind::Client, realm, id, now).await?;
    }
    Ok(true)
}

/// Has a client that was turned down wait again.
pub(crate) async fn wait(tx: &mut impl Tx, realm: &str, id: &str, now: i64) -> Result<(), Fault> {
    let pending = ClientStatus::Pending.name();
    if tx.execute(Statement::SetClientStatus, values![realm, id, pending, now]).await? > 0 {
        note(tx, ChangeKind::Client, realm, id, now).await?;
    }
    Ok(())
}

fn secret_values<'a>(realm: &'a str, client: &'a str, secret: &'a ClientSecret) -> [crate::value::Value<'a>; 8] {
    *values![
        realm,
        client,
        &secret.id,
        secret.kind.name(),
        &secret.hash,
        &secret.label,
        secret.created_at,
        secret.expires_at,
    ]
}

pub(crate) fn read_client(row: &Row<'_>) -> Result<Client, Fault> {
    client_of(row.text(0)?, row.text(1)?)
}

/// The same with what ended for it, of a row that has that.
fn read_whole(row: &Row<'_>) -> Result<Client, Fault> {
    let mut client = read_client(row)?;
    if let Some(ended) = row.text_or_null(9)? {
        client.legacy_ended = serde_json::from_str(ended)?;
    }
    Ok(client)
}

/// The client of a document, as it stands.
pub(crate) fn client_of(doc: &str, status: &str) -> Result<Client, Fault> {
    let mut client: Client = serde_json::from_str(doc)?;
    client.status = match status {
        "pending" => ClientStatus::Pending,
        "active" => ClientStatus::Active,
        "rejected" => ClientStatus::Rejected,
        // A status that a newer program knows is not served by this one.
        _ => ClientStatus::Suspended,
    };
    Ok(client)
}

fn read_secret(row: &Row<'_>, id: &str) -> Result<ClientSecret, Fault> {
    Ok(ClientSecret {
        id: id.to_owned(),
        kind: SecretKind::parse(row.text(3)?)?,
        hash: Masked(row.bytes(4)?.to_vec()),
        label: row.string(5)?,
        created_at: row.int(6)?,
        expires_at: row.int_or_null(7)?,
        retired_at: row.int_or_null(8)?,
    })
}
