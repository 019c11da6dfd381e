//! Requests of clients whose users are elsewhere (OpenID CIBA Core 1.0): rows keyed by the id inside of the `auth_req_id`, holding its
//! hash; and the apps that people do not want to be asked by.

use crate::devices::{PollPolicy, Polled};
use crate::outbox::{self, Parcel};
use crate::sessions::{self, Answered};
use crate::statements::Statement;
use crate::store::{read, write};
use crate::tx::{End::Keep, End::Undo, Tx};
use crate::value::{Row, values};
use crate::{Fault, Hash, Id, Masked, Store};
use claviger_core::Client;

/// The topic of parcels by which clients hear that their user answered.
pub const PING_TOPIC: &str = "ciba-ping";

/// A request that begins to wait.
#[derive(Debug, Clone)]
pub struct NewBackchannel {
    /// Inside of the `auth_req_id`; that of the request which its user answers, and of the code which that gives.
    pub id: Id,
    /// SHA-256 of the `auth_req_id`.
    pub hash: Masked<Hash>,
    /// The realm.
    pub realm: String,
    /// The client.
    pub client: String,
    /// The user who is asked; or what stands for a name that nobody has, where the client is not told that.
    pub user: String,
    /// What it asks for, as its owner writes it.
    pub doc: String,
    /// When it came.
    pub created_at: i64,
    /// When it is over.
    pub expires_at: i64,
    /// Milliseconds between two polls.
    pub interval: i64,
}

/// How often somebody may be asked.
#[derive(Debug, Clone, Copy)]
pub struct AskPolicy {
    /// How many requests of one client wait for one user at most.
    pub open: i64,
    /// How often one client asks one user within the time.
    pub of_client: i64,
    /// How often all clients together do.
    pub of_all: i64,
    /// When that time began.
    pub since: i64,
}

/// A request as it is stored.
#[derive(Debug, Clone)]
pub struct BackchannelRow {
    /// As it came; `interval` may have grown.
    pub request: NewBackchannel,
    /// When its client asked last.
    pub polled_at: Option<i64>,
    /// Its user's answer, as it was sealed.
    pub answered: Option<Vec<u8>>,
}

/// An app that may not ask somebody any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockedApp {
    /// Its id.
    pub client: String,
    /// What people call it; none where it is gone.
    pub name: Option<String>,
    /// Since when.
    pub since: i64,
}

impl Store {
    /// A request begins to wait, as far as its user may be asked; whether it does. Of many at the same moment no more do than may.
    ///
    /// # Errors
    /// The store cannot write.
    pub async fn put_backchannel(&self, request: NewBackchannel, policy: AskPolicy) -> Result<bool, Fault> {
        write!(self, Several, |tx| {
            let NewBackchannel { id, hash, realm, client, user, doc, created_at, expires_at, interval } = &request;
            let AskPolicy { open, of_client, of_all, since } = policy;
            tx.optional(Statement::LockAsked, values![realm, user], |_| Ok(())).await?;
            let params = values![
                id,
                hash,
                realm,
                client,
                user,
                doc,
                *created_at,
                *expires_at,
                *interval,
                open,
                of_client,
                since,
                of_all
            ];
            Ok(Keep(tx.execute(Statement::AddBackchannel, params).await? > 0))
        })
    }

    /// A request by the id inside of its `auth_req_id`, whether it is answered, over, or neither.
    ///
    /// # Errors
    /// The store cannot read.
    pub async fn backchannel(&self, id: &Id) -> Result<Option<BackchannelRow>, Fault> {
        read!(self, |tx| { tx.optional(Statement::Backchannel, values![id], read_row).await })
    }

    /// The requests that wait for a user, the newest first, at most `limit`.
    ///
    /// # Errors
    /// The store cannot read.
    pub async fn backchannel_of_user(
        &self,
        realm: &str,
        user: &str,
        now: i64,
        limit: i64,
    ) -> Result<Vec<BackchannelRow>, Fault> {
        read!(self, |tx| { tx.query(Statement::BackchannelOfUser, values![realm, user, now, limit], read_row).await })
    }

    /// A client asks whether its user answered: of two calls at the same moment one is in time.
    ///
    /// # Errors
    /// The store cannot write.
    pub async fn poll_backchannel(&self, id: &Id, policy: PollPolicy, now: i64) -> Result<Polled, Fault> {
        let id = *id;
        write!(self, Several, |tx| {
            if tx.execute(Statement::NoteBackchannelPoll, values![&id, now, policy.slack]).await? > 0 {
                return Ok(Keep(Polled::InTime));
            }
            let params = values![&id, now, policy.step, policy.longest];
            let interval = tx.optional(Statement::SlowBackchannelDown, params, |row| row.int(0)).await?;
            Ok(Keep(Polled::TooEarly(interval.unwrap_or(policy.longest))))
        })
    }

    /// Ends a request with "no", and has its client told; true for one caller only. `block`: the app may not ask again.
    ///
    /// # Errors
    /// The store cannot write.
    pub async fn refuse_backchannel(
        &self,
        answered: Answered,
        ping: Option<Parcel>,
        block: Option<(String, String)>,
        now: i64,
    ) -> Result<bool, Fault> {
        write!(self, Several, |tx| {
            if let Some((user, client)) = &block {
                tx.execute(Statement::BlockBackchannel, values![&answered.realm, user, client, now]).await?;
            }
            if !sessions::put_answered(tx, &answered).await? {
                return Ok(if block.is_some() { Keep(false) } else { Undo(false) });
            }
            if let Some(parcel) = &ping {
                outbox::hand_in(tx, parcel, now).await?;
            }
            Ok(Keep(true))
        })
    }

    /// An app may ask somebody again; whether it might not before.
    ///
    /// # Errors
    /// The store cannot write.
    pub async fn unblock_backchannel(&self, realm: &str, user: &str, client: &str) -> Result<bool, Fault> {
        let (realm, user, client) = (realm.to_owned(), user.to_owned(), client.to_owned());
        write!(self, Single, |tx| {
            Ok(Keep(tx.execute(Statement::UnblockBackchannel, values![&realm, &user, &client]).await? > 0))
        })
    }

    /// Whether an app may not ask somebody.
    ///
    /// # Errors
    /// The store cannot read.
    pub async fn is_backchannel_blocked(&self, realm: &str, user: &str, client: &str) -> Result<bool, Fault> {
        read!(self, |tx| {
            let found = tx.optional(Statement::IsBackchannelBlocked, values![realm, user, client], |_| Ok(())).await?;
            Ok(found.is_some())
        })
    }

    /// The apps that may not ask somebody, at most `limit`.
    ///
    /// # Errors
    /// The store cannot read.
    pub async fn backchannel_blocks(&self, realm: &str, user: &str, limit: i64) -> Result<Vec<BlockedApp>, Fault> {
        read!(self, |tx| {
            tx.query(Statement::BackchannelBlocks, values![realm, user, limit], |row| {
                let client = row.text_or_null(1)?.map(serde_json::from_str::<Client>).transpose()?;
                Ok(BlockedApp { client: row.string(0)?, name: client.map(|client| client.name), since: row.int(2)? })
            })
            .await
        })
    }
}

fn read_row(row: &Row<'_>) -> Result<BackchannelRow, Fault> {
    Ok(BackchannelRow {
        request: NewBackchannel {
            id: row.array(0)?,
            hash: Masked(row.array(1)?),
            realm: row.string(2)?,
            client: row.string(3)?,
            user: row.string(4)?,
            doc: row.string(5)?,
            created_at: row.int(6)?,
            expires_at: row.int(7)?,
            interval: row.int(8)?,
        },
        polled_at: row.int_or_null(9)?,
        answered: row.bytes_or_null(10)?.map(<[u8]>::to_vec),
    })
}
