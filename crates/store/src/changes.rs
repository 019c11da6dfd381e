//! What changed, so that a process notices what another one did.

use crate::statements::Statement;
use crate::store::read;
use crate::tx::Tx;
use crate::value::values;
use crate::{Fault, Store};

/// What a change is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ChangeKind {
    /// A realm, its organisations included: `id` is the realm.
    Realm,
    /// A client, its status and its secrets: `id` is the client's.
    Client,
    /// A user: `id` is the user's.
    User,
    /// A realm's signing keys: `id` is the realm.
    Keys,
    /// A revocation: `id` is its number.
    Revocation,
    /// Something that only a newer program knows.
    Other,
}

impl ChangeKind {
    const fn name(self) -> &'static str {
        match self {
            Self::Realm => "realm",
            Self::Client => "client",
            Self::User => "user",
            Self::Keys => "keys",
            Self::Revocation => "revocation",
            Self::Other => "other",
        }
    }

    fn parse(name: &str) -> Self {
        [Self::Realm, Self::Client, Self::User, Self::Keys, Self::Revocation]
            .into_iter()
            .find(|kind| kind.name() == name)
            .unwrap_or(Self::Other)
    }
}

/// One change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Its number; they are given out without gaps and become visible in order.
    pub seq: i64,
    /// What it is about.
    pub kind: ChangeKind,
    /// The realm.
    pub realm: String,
    /// Which one; see [`ChangeKind`].
    pub id: String,
}

/// What changed since some number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changes {
    /// In order.
    pub items: Vec<Change>,
    /// The number to ask for next.
    pub seq: i64,
    /// Some are no longer known (or the database is another one): forget everything that was cached. There are no items
    /// then.
    pub reset: bool,
}

impl Store {
    /// The changes after number `seq`, at most `limit`.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn changes_after(&self, seq: i64, limit: i64) -> Result<Changes, Fault> {
        let last = self.last_change().await?;
        let items = read!(self, |tx| {
            tx.query(Statement::ChangesAfter, values![seq, limit], |row| {
                Ok(Change {
                    seq: row.int(0)?,
                    kind: ChangeKind::parse(row.text(1)?),
                    realm: row.string(2)?,
                    id: row.string(3)?,
                })
            })
            .await
        })?;
        let follows_on = items.first().map_or(last == seq, |first| first.seq == seq + 1);
        if !follows_on {
            return Ok(Changes { items: Vec::new(), seq: last, reset: true });
        }
        Ok(Changes { seq: items.last().map_or(seq, |change| change.seq), items, reset: false })
    }

    /// The number of the last change: where to start following from, before anything is cached.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn last_change(&self) -> Result<i64, Fault> {
        read!(self, |tx| { last(tx, "change").await })
    }
}

/// The last number that a sequence gave out.
pub(crate) async fn last(tx: &mut impl Tx, sequence: &'static str) -> Result<i64, Fault> {
    Ok(tx.optional(Statement::LastNumber, values![sequence], |row| row.int(0)).await?.unwrap_or(0))
}

/// The next number of a sequence. Whoever takes one holds the sequence until its transaction ends.
pub(crate) async fn next(tx: &mut impl Tx, sequence: &'static str) -> Result<i64, Fault> {
    let number = tx.optional(Statement::NextNumber, values![sequence], |row| row.int(0)).await?;
    number.ok_or_else(|| Fault::other("a sequence is missing"))
}

/// Writes down that something changed.
pub(crate) async fn note(tx: &mut impl Tx, kind: ChangeKind, realm: &str, id: &str, now: i64) -> Result<(), Fault> {
    let seq = next(tx, "change").await?;
    tx.execute(Statement::AddChange, values![seq, kind.name(), realm, id, now]).await?;
    Ok(())
}
