//! Clients whose id is the address of a document: when it was read, what it was then, and who asked the operator for them.
//!
//! The client and its registration are rows like those of a client that registered itself, so that it ends by itself as well
//! when nobody uses it.

use crate::audit::act::{Subject, SubjectKind};
use crate::audit::log::AuditLog;
use crate::audit::values::Values;
use crate::clients;
use crate::registrations::{Registering, register};
use crate::statements::Statement;
use crate::store::{read, write};
use crate::tx::{End::Keep, End::Undo, Tx};
use crate::value::values;
use crate::{Edited, Fault, Hash, Masked, RegisteredBy, Store};
use claviger_core::Client;
use claviger_core::client::ClientStatus;

/// What was read at a client's address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientDocument {
    /// The host of the address.
    pub host: String,
    /// The SHA-256 of the document.
    pub digest: Hash,
    /// When it was read, in milliseconds.
    pub fetched_at: i64,
    /// From when on it is read anew, in milliseconds.
    pub fresh_until: i64,
}

/// A client of a document that was not known, to be written.
#[derive(Debug, Clone)]
pub struct NewDocument {
    /// The client.
    pub client: Client,
    /// Its document.
    pub document: ClientDocument,
    /// How many clients of documents the realm has at most.
    pub most: i64,
    /// How many of them this host has at most.
    pub most_of_host: i64,
    /// The domain that somebody registered for it: the host, or an end of it behind a dot.
    pub domain: String,
    /// How many of them all hosts of the domain have at most.
    pub most_of_domain: i64,
    /// When it is looked at whether anybody uses it.
    pub check_at: i64,
}

/// Somebody who asked the operator for a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskedFor {
    /// Who; `None`: people who were not signed in.
    pub user: Option<String>,
    /// The first time.
    pub first_at: i64,
    /// The last time.
    pub last_at: i64,
    /// How often.
    pub times: i64,
}

impl Store {
    /// What was read at a client's address; `None` where it is no client of a document.
    ///
    /// # Errors
    /// The store cannot read.
    pub async fn client_document(&self, realm: &str, client: &str) -> Result<Option<ClientDocument>, Fault> {
        read!(self, |tx| {
            tx.optional(Statement::ClientDocument, values![realm, client], |row| {
                Ok(ClientDocument {
                    host: row.string(0)?,
                    digest: row.array(1)?,
                    fetched_at: row.int(2)?,
                    fresh_until: row.int(3)?,
                })
            })
            .await
        })
    }

    /// Writes a client of a document that was not known.
    ///
    /// # Errors
    /// [`Fault::SameId`] where a user of the realm has the id; the store cannot write; nothing was written.
    pub async fn add_client_document(&self, realm: &str, new: NewDocument, now: i64) -> Result<RegisteredBy, Fault> {
        let (realm, audit) = (realm.to_owned(), self.audit.clone());
        write!(self, Several, |tx| {
            let log = AuditLog::open(tx, audit.as_deref()).await?;
            let NewDocument { client, document, most, most_of_host, domain, most_of_domain, check_at } = &new;
            let [all, of_host, of_domain] = count(tx, &realm, &document.host, domain).await?;
            if all >= *most || of_host >= *most_of_host || of_domain >= *most_of_domain {
                return Ok(Undo(RegisteredBy::Full));
            }
            // Nobody has a token whose hash this is: such a client changes by its document alone.
            let asked = Registering {
                client: client.clone(),
                secret: None,
                token_hash: Masked([0; 32]),
                allows: "{}".to_owned(),
                initial_token: None,
                most: i64::MAX,
                check_at: *check_at,
            };
            let outcome = register(tx, &realm, &asked, now).await?;
            if outcome != RegisteredBy::Done {
                return Ok(Undo(outcome));
            }
            put(tx, &realm, &client.id, document).await?;
            let subject = Subject::new(SubjectKind::App, &client.id);
            log.write(tx, &realm, &subject, Values::of_app(None, Some(client))?, now).await?;
            Ok(Keep(RegisteredBy::Done))
        })
    }

    /// Notes what was read at a client's address, and what the client became by it: [`Edited::Changed`] where it is not as it was
    /// read before, and nothing is written then.
    ///
    /// # Errors
    /// The store cannot write; nothing was written.
    pub async fn renew_client_document(
        &self,
        realm: &str,
        (before, after): (&Client, &Client),
        document: ClientDocument,
        now: i64,
        tokens_until: i64,
    ) -> Result<Edited, Fault> {
        let (realm, before, after, audit) = (realm.to_owned(), before.clone(), after.clone(), self.audit.clone());
        write!(self, Several, |tx| {
            let log = AuditLog::open(tx, audit.as_deref()).await?;
            if clients::find(tx, &realm, &after.id).await?.as_ref() != Some(&before) {
                return Ok(Undo(Edited::Changed));
            }
            let as_before = Client { status: before.status, ..after.clone() };
            let changed = before != as_before && clients::put(tx, &realm, &as_before, now).await?;
            if before.status != after.status {
                clients::set_status(tx, &realm, &after.id, after.status, now, tokens_until).await?;
            }
            if changed || before.status != after.status {
                let values = Values::of_app(Some(&before), Some(&after))?;
                log.write(tx, &realm, &Subject::new(SubjectKind::App, &after.id), values, now).await?;
                if before.logo_uri() != after.logo_uri() {
                    tx.execute(Statement::DeleteLogo, values![&realm, &after.id]).await?;
                }
            }
            put(tx, &realm, &after.id, &document).await?;
            Ok(Keep(Edited::Done))
        })
    }

    /// Notes that somebody asks the operator for a client that waits for approval; whether it does.
    ///
    /// # Errors
    /// The store cannot write.
    pub async fn ask_for_client(&self, realm: &str, client: &str, user: Option<&str>, now: i64) -> Result<bool, Fault> {
        let (realm, client, user) = (realm.to_owned(), client.to_owned(), user.unwrap_or_default().to_owned());
        write!(self, Single, |tx| {
            let params = values![&realm, &client, &user, now, ClientStatus::Pending.name()];
            Ok(Keep(tx.execute(Statement::AskForClient, params).await? > 0))
        })
    }

    /// Who asked the operator for a client, the last one first, at most `limit`.
    ///
    /// # Errors
    /// The store cannot read.
    pub async fn asked_for_client(&self, realm: &str, client: &str, limit: i64) -> Result<Vec<AskedFor>, Fault> {
        read!(self, |tx| {
            tx.query(Statement::AskedForClient, values![realm, client, limit], |row| {
                Ok(AskedFor {
                    user: Some(row.string(0)?).filter(|user| !user.is_empty()),
                    first_at: row.int(1)?,
                    last_at: row.int(2)?,
                    times: row.int(3)?,
                })
            })
            .await
        })
    }
}

/// How many clients of documents a realm has, how many of them are of this host, and how many of all hosts of this domain.
async fn count(tx: &mut impl Tx, realm: &str, host: &str, domain: &str) -> Result<[i64; 3], Fault> {
    // A host holds neither `%` nor `_`.
    let below = format!("%.{domain}");
    let counts = tx
        .optional(Statement::CountClientDocuments, values![realm, host, domain, &below], |row| {
            Ok([row.int(0)?, row.int(1)?, row.int(2)?])
        })
        .await?;
    Ok(counts.unwrap_or_default())
}

async fn put(tx: &mut impl Tx, realm: &str, client: &str, document: &ClientDocument) -> Result<(), Fault> {
    let ClientDocument { host, digest, fetched_at, fresh_until } = document;
    let params = values![realm, client, host, digest, *fetched_at, *fresh_until];
    tx.execute(Statement::PutClientDocument, params).await?;
    Ok(())
}
