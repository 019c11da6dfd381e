//! Clients that registered themselves (RFC 7591), what let them, and the pictures that they named.
//!
//! A client, its secret and the token with which it manages itself come to be in one transaction, on condition that the realm has
//! room and that the initial access token has a use left. Whoever is not used by anybody is removed by the jobs
//! ([`Store::due_registrations`]).

use crate::audit::act::{Act, Subject, SubjectKind};
use crate::audit::log::AuditLog;
use crate::audit::values::Values;
use crate::changes::{ChangeKind, note};
use crate::clients::{self, read_client, secret_of, shown};
use crate::statements::Statement;
use crate::store::{read, write};
use crate::tx::{End::Keep, End::Undo, Tx};
use crate::value::{Row, values};
use crate::{ClientSecret, Edited, Fault, Hash, Masked, Store};
use claviger_core::Client;
use serde_json::json;

/// A registration, to be written.
#[derive(Debug, Clone)]
pub struct Registering {
    /// The client.
    pub client: Client,
    /// Its secret, where it has one.
    pub secret: Option<ClientSecret>,
    /// The hash of the token with which it manages itself.
    pub token_hash: Masked<Hash>,
    /// What it may ask for, as its owner spells it.
    pub allows: String,
    /// The id of the initial access token that it came with.
    pub initial_token: Option<String>,
    /// How many such clients the realm has at most.
    pub most: i64,
    /// When it is looked at whether anybody uses it.
    pub check_at: i64,
}

/// What became of a registration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RegisteredBy {
    /// It is there.
    Done,
    /// The realm has as many as it may have.
    Full,
    /// The initial access token has no use left, is over or was taken back.
    TokenSpent,
    /// The id is taken.
    IdTaken,
}

/// What is kept of a registration beside its client.
#[derive(Debug, Clone)]
pub struct Registration {
    /// The hash of the token with which the client manages itself.
    pub token_hash: Masked<Hash>,
    /// What it may ask for, as its owner spells it.
    pub allows: String,
}

/// A registration that is to be looked at.
#[derive(Debug, Clone)]
pub struct DueRegistration {
    /// The realm.
    pub realm: String,
    /// The client's id.
    pub client: String,
    /// When it was made.
    pub created_at: i64,
    /// When it was to be looked at.
    pub check_at: i64,
}

/// What lets clients register themselves (RFC 7591 3, "initial access token").
#[derive(Debug, Clone)]
pub struct InitialToken {
    /// Its id, which its text carries.
    pub id: String,
    /// The hash of its text.
    pub hash: Masked<Hash>,
    /// What it allows, as its owner spells it.
    pub doc: String,
    /// When it was made.
    pub created_at: i64,
    /// When it is over.
    pub expires_at: i64,
    /// How often it may be used yet; `None`: as often as one likes.
    pub uses_left: Option<i64>,
    /// When it was taken back.
    pub revoked_at: Option<i64>,
}

impl InitialToken {
    /// Whether it may be used.
    pub fn is_live(&self, now: i64) -> bool {
        self.revoked_at.is_none() && self.expires_at > now && self.uses_left.is_none_or(|left| left > 0)
    }
}

/// A client's picture, drawn anew.
#[derive(Debug, Clone)]
pub struct Logo {
    /// Where it came from.
    pub source: String,
    /// PNG.
    pub picture: Vec<u8>,
}

impl Store {
    /// Writes a client that registers itself.
    ///
    /// # Errors
    /// [`Fault::SameId`] where a user of the realm has the id; the store cannot write; nothing was written.
    pub async fn register_by_itself(&self, realm: &str, asked: Registering, now: i64) -> Result<RegisteredBy, Fault> {
        let (realm, audit) = (realm.to_owned(), self.audit.clone());
        write!(self, Several, |tx| {
            let log = AuditLog::open(tx, audit.as_deref()).await?;
            let outcome = register(tx, &realm, &asked, now).await?;
            if outcome != RegisteredBy::Done {
                return Ok(Undo(outcome));
            }
            let subject = Subject::new(SubjectKind::App, &asked.client.id);
            log.write(tx, &realm, &subject, Values::of_app(None, Some(&asked.client))?, now).await?;
            Ok(Keep(RegisteredBy::Done))
        })
    }

    /// What is kept of a client's registration; `None` where it did not register itself.
    ///
    /// # Errors
    /// The store cannot read.
    pub async fn registration(&self, realm: &str, client: &str) -> Result<Option<Registration>, Fault> {
        read!(self, |tx| {
            tx.optional(Statement::Registration, values![realm, client], |row| {
                Ok(Registration { token_hash: Masked(row.array(0)?), allows: row.string(1)? })
            })
            .await
        })
    }

    /// A client changes itself. Where a new secret comes, or `others_until` says so, the secrets of before end: the latest of them then,
    /// those that another took the place of before at once.
    ///
    /// # Errors
    /// The store cannot write; nothing was written.
    pub async fn change_itself(
        &self,
        realm: &str,
        (before, after): (&Client, &Client),
        (secret, others_until): (Option<ClientSecret>, Option<i64>),
        now: i64,
    ) -> Result<Edited, Fault> {
        let (realm, before, after, audit) = (realm.to_owned(), before.clone(), after.clone(), self.audit.clone());
        write!(self, Several, |tx| {
            let log = AuditLog::open(tx, audit.as_deref()).await?;
            if clients::find(tx, &realm, &after.id).await?.as_ref() != Some(&before) {
                return Ok(Undo(Edited::Changed));
            }
            if before != after && clients::put(tx, &realm, &after, now).await? {
                let values = Values::of_app(Some(&before), Some(&after))?;
                log.write(tx, &realm, &Subject::new(SubjectKind::App, &after.id), values, now).await?;
                if before.logo_uri() != after.logo_uri() {
                    tx.execute(Statement::DeleteLogo, values![&realm, &after.id]).await?;
                }
            }
            if let Some(until) = others_until {
                tx.execute(Statement::DeleteEndingSecrets, values![&realm, &after.id, until]).await?;
                tx.execute(Statement::EndOtherSecrets, values![&realm, &after.id, "", until]).await?;
                note(tx, ChangeKind::Client, &realm, &after.id, now).await?;
            }
            if let Some(secret) = &secret {
                clients::put_secret(tx, &realm, &after.id, secret, now).await?;
                let line = secret_of(&after.id, &secret.id);
                log.of(Act::SecretAdd).write(tx, &realm, &line, Values::added(shown(secret)), now).await?;
            }
            Ok(Keep(Edited::Done))
        })
    }

    /// The registrations that are to be looked at, at most `limit`.
    ///
    /// # Errors
    /// The store cannot read.
    pub async fn due_registrations(&self, now: i64, limit: i64) -> Result<Vec<DueRegistration>, Fault> {
        read!(self, |tx| {
            tx.query(Statement::DueRegistrations, values![now, limit], |row| {
                Ok(DueRegistration {
                    realm: row.string(0)?,
                    client: row.string(1)?,
                    created_at: row.int(2)?,
                    check_at: row.int(3)?,
                })
            })
            .await
        })
    }

    /// When a client was used last, to the minute.
    ///
    /// # Errors
    /// The store cannot read.
    pub async fn last_use(&self, realm: &str, client: &str) -> Result<Option<i64>, Fault> {
        read!(self, |tx| { tx.optional(Statement::LastUseOfClient, values![realm, client], |row| row.int(0)).await })
    }

    /// Looks at a registration again at another time; whether nobody else decided that meanwhile.
    ///
    /// # Errors
    /// The store cannot write.
    pub async fn check_registration_later(&self, due: &DueRegistration, at: i64) -> Result<bool, Fault> {
        let due = due.clone();
        write!(self, Single, |tx| {
            let params = values![&due.realm, &due.client, due.check_at, at];
            Ok(Keep(tx.execute(Statement::CheckRegistrationLater, params).await? > 0))
        })
    }

    /// Writes a token that lets clients register themselves.
    ///
    /// # Errors
    /// The store cannot write.
    pub async fn add_initial_token(&self, realm: &str, token: InitialToken, now: i64) -> Result<(), Fault> {
        let (realm, audit) = (realm.to_owned(), self.audit.clone());
        write!(self, Several, |tx| {
            let log = AuditLog::open(tx, audit.as_deref()).await?;
            let InitialToken { id, hash, doc, expires_at, uses_left, .. } = &token;
            let params = values![&realm, id, &hash.0, doc, now, *expires_at, *uses_left];
            tx.execute(Statement::AddInitialToken, params).await?;
            let told = json!({ "allows": doc, "expires_at": expires_at, "uses": uses_left });
            let subject = Subject::new(SubjectKind::InitialToken, id);
            log.write(tx, &realm, &subject, Values::added(told), now).await?;
            Ok(Keep(()))
        })
    }

    /// The token of this id.
    ///
    /// # Errors
    /// The store cannot read.
    pub async fn initial_token(&self, realm: &str, id: &str) -> Result<Option<InitialToken>, Fault> {
        read!(self, |tx| { tx.optional(Statement::InitialToken, values![realm, id], read_token).await })
    }

    /// The tokens of a realm behind `after` (empty: from the first), in order of their ids, at most `limit`.
    ///
    /// # Errors
    /// The store cannot read.
    pub async fn list_initial_tokens(&self, realm: &str, after: &str, limit: i64) -> Result<Vec<InitialToken>, Fault> {
        read!(self, |tx| { tx.query(Statement::ListInitialTokens, values![realm, after, limit], read_token).await })
    }

    /// Takes a token back; whether there was one that was not taken back before.
    ///
    /// # Errors
    /// The store cannot write.
    pub async fn revoke_initial_token(&self, realm: &str, id: &str, now: i64) -> Result<bool, Fault> {
        let (realm, id, audit) = (realm.to_owned(), id.to_owned(), self.audit.clone());
        write!(self, Several, |tx| {
            let log = AuditLog::open(tx, audit.as_deref()).await?;
            let revoked = tx.execute(Statement::RevokeInitialToken, values![&realm, &id, now]).await? > 0;
            if revoked {
                let changed = Values::change(json!({ "revoked_at": null }), json!({ "revoked_at": now }));
                log.write(tx, &realm, &Subject::new(SubjectKind::InitialToken, &id), changed, now).await?;
            }
            Ok(Keep(revoked))
        })
    }

    /// The clients of a realm at which a sign-in can begin (OpenID Connect Core 4), at most `limit`.
    ///
    /// # Errors
    /// The store cannot read.
    pub async fn launchable_clients(&self, realm: &str, limit: i64) -> Result<Vec<Client>, Fault> {
        read!(self, |tx| { tx.query(Statement::LaunchableClients, values![realm, limit], read_client).await })
    }

    /// Keeps a client's picture.
    ///
    /// # Errors
    /// The store cannot write.
    pub async fn put_logo(&self, realm: &str, client: &str, logo: Logo) -> Result<(), Fault> {
        let (realm, client) = (realm.to_owned(), client.to_owned());
        write!(self, Single, |tx| {
            let params = values![&realm, &client, &logo.source, &logo.picture];
            tx.execute(Statement::PutLogo, params).await?;
            Ok(Keep(()))
        })
    }

    /// A client's picture.
    ///
    /// # Errors
    /// The store cannot read.
    pub async fn logo(&self, realm: &str, client: &str) -> Result<Option<Logo>, Fault> {
        read!(self, |tx| {
            tx.optional(Statement::Logo, values![realm, client], |row| {
                Ok(Logo { source: row.string(0)?, picture: row.bytes(1)?.to_vec() })
            })
            .await
        })
    }
}

/// The transaction of [`Store::register_by_itself`], but for its line in the log.
pub(crate) async fn register(
    tx: &mut impl Tx,
    realm: &str,
    asked: &Registering,
    now: i64,
) -> Result<RegisteredBy, Fault> {
    let Registering { client, secret, token_hash, allows, initial_token, most, check_at } = asked;
    if let Some(id) = initial_token
        && tx.execute(Statement::UseInitialToken, values![realm, id, now]).await? == 0
    {
        return Ok(RegisteredBy::TokenSpent);
    }
    let count = tx.optional(Statement::CountRegistrations, values![realm], |row| row.int(0)).await?;
    if count.unwrap_or_default() >= *most {
        return Ok(RegisteredBy::Full);
    }
    let doc = serde_json::to_string(&Client { status: claviger_core::client::ClientStatus::Active, ..client.clone() })?;
    let params = values![realm, &client.id, client.status.name(), &doc, now];
    if tx.execute(Statement::RegisterClient, params).await.map_err(|fault| fault.of_id(&client.id))? == 0 {
        return Ok(RegisteredBy::IdTaken);
    }
    tx.execute(Statement::AddRegistration, values![realm, &client.id, &token_hash.0, allows, now, *check_at]).await?;
    if let Some(secret) = secret {
        clients::put_secret(tx, realm, &client.id, secret, now).await?;
    }
    note(tx, ChangeKind::Client, realm, &client.id, now).await?;
    Ok(RegisteredBy::Done)
}

fn read_token(row: &Row<'_>) -> Result<InitialToken, Fault> {
    Ok(InitialToken {
        id: row.string(0)?,
        hash: Masked(row.array(1)?),
        doc: row.string(2)?,
        created_at: row.int(3)?,
        expires_at: row.int(4)?,
        uses_left: row.int_or_null(5)?,
        revoked_at: row.int_or_null(6)?,
    })
}
