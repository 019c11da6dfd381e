//! What is to be said to others, kept until it was: calls that must not be lost when a process ends.
//!
//! A row has a time at which it is due. Whoever takes it ([`Store::take_parcel`]) moves that time on, on condition that nobody
//! else did meanwhile: one owner for each attempt, and one whose owner dies is due again by itself. It is over when it was
//! delivered or given up ([`Store::close_parcel`]), and leaves a week later.

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
                    },
                    created_at: row.int(5)?,
                    attempts: row.small(6)?,
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
}

/// As [`Store::hand_in`], in the transaction of what it tells about.
pub(crate) async fn hand_in(tx: &mut impl Tx, parcel: &Parcel, now: i64) -> Result<(), Fault> {
    let Parcel { id, topic, realm, sealed, due_at } = parcel;
    tx.execute(Statement::HandIn, values![id, topic, realm, sealed, now, *due_at]).await?;
    Ok(())
}
