//! Which clients a session signed in to, so that its end can be told to each of them (OpenID Connect Back-Channel Logout 1.0,
//! Front-Channel Logout 1.0). A row for each client that wants to hear of it; the others cost nothing.
//!
//! When a session ends, whoever ends it, its rows become parcels of the outbox in the same transaction: what was committed is
//! told, however soon the process dies.

use crate::outbox::{self, Parcel};
use crate::statements::Statement;
use crate::tx::Tx;
use crate::value::{Row, values};
use crate::{Fault, Hash, Masked};
use claviger_core::crypto::entropy::random_bytes;
use serde::{Deserialize, Serialize};

/// The topic of the parcels.
pub const LOGOUT_TOPIC: &str = "back-channel-logout";

/// A client that a session signed in to, and that wants to hear when it ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedInTo {
    /// The session, by the SHA-256 of its cookie.
    pub session: Hash,
    /// `sid`, as the client knows it.
    pub sid: String,
    /// The realm.
    pub realm: String,
    /// The client.
    pub client: String,
    /// Who signed in.
    pub user: String,
    /// It is called when the session ends.
    pub back_channel: bool,
    /// When the session is over at the latest.
    pub expires_at: i64,
}

/// What a parcel of [`LOGOUT_TOPIC`] says: the client is to be told that this session of this user ended. There is no secret in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionEnded {
    /// The client.
    pub client: String,
    /// Who signed in.
    pub user: String,
    /// `sid`, as the client knows it.
    pub sid: String,
}

/// Whose sessions end.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Ending<'a> {
    /// One session.
    Session(&'a Hash),
    /// All of a user: realm and id.
    User(&'a str, &'a str),
}

/// A session has signed in to a client, while it goes on.
pub(crate) async fn put(tx: &mut impl Tx, to: &SignedInTo) -> Result<(), Fault> {
    let SignedInTo { session, sid, realm, client, user, back_channel, expires_at } = to;
    let params = values![session, sid, realm, client, user, *back_channel, *expires_at];
    tx.execute(Statement::PutSignedInTo, params).await.map(drop)
}

/// What a session signed in to belongs to another one of the same user from now on.
pub(crate) async fn hand_over(tx: &mut impl Tx, from: &Hash, to: &Hash) -> Result<(), Fault> {
    tx.execute(Statement::HandOverSignedInTo, values![from, to]).await.map(drop)
}

/// Has the clients told that these sessions ended; which they are. Those that are not called are among them.
pub(crate) async fn tell(tx: &mut impl Tx, of: Ending<'_>, now: i64) -> Result<Vec<SignedInTo>, Fault> {
    let all = match of {
        Ending::Session(hash) => tx.query(Statement::TakeSignedInTo, values![hash], read).await?,
        Ending::User(realm, user) => tx.query(Statement::TakeSignedInToOfUser, values![realm, user], read).await?,
    };
    for one in all.iter().filter(|one| one.back_channel) {
        let ended = SessionEnded { client: one.client.clone(), user: one.user.clone(), sid: one.sid.clone() };
        let parcel = Parcel {
            id: random_bytes(),
            topic: LOGOUT_TOPIC.to_owned(),
            realm: one.realm.clone(),
            sealed: Masked(serde_json::to_vec(&ended)?),
            addressee: String::new(),
            due_at: now,
        };
        outbox::hand_in(tx, &parcel, now).await?;
    }
    Ok(all)
}

/// Ends every session of a user, and has the clients told; how many there were.
pub(crate) async fn end_of_user(tx: &mut impl Tx, realm: &str, user: &str, now: i64) -> Result<u64, Fault> {
    let ended = tx.execute(Statement::EndSessionsOfUser, values![realm, user]).await?;
    tell(tx, Ending::User(realm, user), now).await?;
    Ok(ended)
}

fn read(row: &Row<'_>) -> Result<SignedInTo, Fault> {
    Ok(SignedInTo {
        session: row.array(0)?,
        sid: row.string(1)?,
        realm: row.string(2)?,
        client: row.string(3)?,
        user: row.string(4)?,
        back_channel: row.flag(5)?,
        expires_at: row.int(6)?,
    })
}
