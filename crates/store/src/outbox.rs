//! What is to be said to others, kept until it was: calls that must not be lost when a process ends.
//!
//! A row has a time at which it is due. Whoever takes it ([`Store::take_parcel`]) moves that time on, on condition that nobody
//! else did meanwhile: one owner for each attempt, and one whose owner dies is due again by itself. It is over when it was
//! delivered or cannot be ([`Store::close_parcel`]), and leaves a week later. What operators may want to have tried again is given
//! up ([`Store::give_up_parcel`]) with what is in it.

use crate::statements::Statement;
use crate::store::{read, write};
use crate::tx::{End::Keep, Tx};
use crate::value::values;
use crate::{Fault, Id, Masked, Store};

/// Something to be delivered.
#[derive(Debug, Clone)]
pub struct Parcel {
    /// Its id.
    pub id: Id,
    /// What kind of thing it is: who delivers it is found by this.
    pub topic: String,
    /// The realm.
    pub realm: String,
    /// What is to be delivered where, sealed by its owner.
    pub sealed: Masked<Vec<u8>>,
    /// When it may be tried first.
    pub due_at: i64,
    /// To whom, for operators who look; empty where nobody does.
    pub addressee: String,
}

/// A parcel whose time has come.
#[derive(Debug, Clone)]
pub struct DueParcel {
    /// What is to be delivered.
    pub parcel: Parcel,
    /// When it was handed in.
    pub created_at: i64,
    /// How often it was tried.
    pub attempts: u32,
}

/// A parcel, as operators look at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParcelLine {
    /// Its id.
    pub id: Id,
    /// To whom.
    pub addressee: String,
    /// When it was handed in.
    pub created_at: i64,
    /// When it was delivered.
    pub closed_at: Option<i64>,
    /// How often it was tried.
    pub attempts: u32,
    /// When it is tried next.
    pub due_at: i64,
    /// Why it was not delivered the last time.
    pub last_error: Option<String>,
    /// When it was given up.
    pub given_up_at: Option<i64>,
}

impl Store {
    /// Hands parcels in; all of them or none. One that is there already stays as it is.
    ///
    /// # Errors
    /// The store cannot write.
    pub async fn hand_in(&self, parcels: Vec<Parcel>, now: i64) -> Result<(), Fault> {
        write!(self, Several, |tx| {
            for parcel in &parcels {
                hand_in(tx, parcel, now).await?;
            }
            Ok(Keep(()))
        })
    }

    /// The parcels of a topic that are due, the longest waiting first, at most `limit`.
    ///
    /// # Errors
    /// The store cannot read.
    pub async fn due_parcels(&self, topic: &str, now: i64, limit: i64) -> Result<Vec<DueParcel>, Fault> {
        read!(self, |tx| {
            tx.query(Statement::DueParcels, values![topic, now, limit], |row| {
                Ok(DueParcel {
                    parcel: Parcel {
                        id: row.array(0)?,
                        topic: row.string(1)?,
                        realm: row.string(2)?,
                        sealed: Masked(row.bytes(3)?.to_vec()),
                        due_at: row.int(4)?,
                        addressee: row.string(5)?,
                    },
                    created_at: row.int(6)?,
                    attempts: row.small(7)?,
                })
            })
            .await
        })
    }

    /// Takes a due parcel for one attempt; true for one caller only. Unless it is closed, it is due again at `next`.
    ///
    /// # Errors
    /// The store cannot write.
    pub async fn take_parcel(&self, due: &DueParcel, next: i64) -> Result<bool, Fault> {
        let (id, attempts) = (due.parcel.id, due.attempts);
        write!(self, Single, |tx| {
            Ok(Keep(tx.execute(Statement::TakeParcel, values![&id, attempts, next]).await? > 0))
        })
    }

    /// A parcel was delivered, or is given up (`outcome` says which and why); whether that was news. What was in it is gone.
    ///
    /// # Errors
    /// The store cannot write.
    pub async fn close_parcel(&self, id: &Id, outcome: &str, now: i64) -> Result<bool, Fault> {
        let (id, outcome) = (*id, outcome.to_owned());
        write!(self, Single, |tx| {
            let params = values![&id, &outcome, now, &[0u8; 0]];
            Ok(Keep(tx.execute(Statement::CloseParcel, params).await? > 0))
        })
    }

    /// A parcel was not delivered, and is tried again when it is due.
    ///
    /// # Errors
    /// The store cannot write.
    pub async fn put_off_parcel(&self, id: &Id, why: &str) -> Result<(), Fault> {
        let (id, why) = (*id, why.to_owned());
        write!(self, Single, |tx| {
            Ok(Keep(tx.execute(Statement::PutOffParcel, values![&id, &why]).await.map(drop)?))
        })
    }

    /// A parcel will not be delivered by itself: it was refused for good, or tried for long enough. It stays a week, and may
    /// be tried again.
    ///
    /// # Errors
    /// The store cannot write.
    pub async fn give_up_parcel(&self, id: &Id, why: &str, now: i64) -> Result<(), Fault> {
        let (id, why) = (*id, why.to_owned());
        write!(self, Single, |tx| { Ok(Keep(give_up(tx, &id, &why, now).await?)) })
    }

    /// The parcels of a topic behind `after` (none: from the oldest) that are remembered, at most `limit`; those that were
    /// delivered among them.
    ///
    /// # Errors
    /// The store cannot read.
    pub async fn list_parcels(&self, topic: &str, after: Option<&Id>, limit: i64) -> Result<Vec<ParcelLine>, Fault> {
        let after = after.map_or([].as_slice(), |id| id.as_slice());
        read!(self, |tx| {
            tx.query(Statement::Parcels, values![topic, after, limit], |row| {
                Ok(ParcelLine {
                    id: row.array(0)?,
                    addressee: row.string(1)?,
                    created_at: row.int(2)?,
                    closed_at: row.int_or_null(3)?,
                    attempts: row.small(4)?,
                    due_at: row.int(5)?,
                    last_error: row.string_or_null(6)?,
                    given_up_at: row.int_or_null(7)?,
                })
            })
            .await
        })
    }
}

/// As [`Store::give_up_parcel`].
pub(crate) async fn give_up(tx: &mut impl Tx, id: &Id, why: &str, now: i64) -> Result<(), Fault> {
    tx.execute(Statement::GiveUpParcel, values![id, why, now, i64::MAX]).await?;
    Ok(())
}

/// As [`Store::hand_in`], in the transaction of what it tells about.
pub(crate) async fn hand_in(tx: &mut impl Tx, parcel: &Parcel, now: i64) -> Result<(), Fault> {
    let Parcel { id, topic, realm, sealed, due_at, addressee } = parcel;
    tx.execute(Statement::HandIn, values![id, topic, realm, sealed, now, *due_at, addressee]).await?;
    Ok(())
}
