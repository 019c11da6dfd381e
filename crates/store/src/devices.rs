//! Devices that wait for their users (RFC 8628): rows keyed by the id inside of the device code, holding its hash.

use crate::statements::Statement;
use crate::store::{read, write};
use crate::tx::{End::Keep, Tx};
use crate::value::{Row, values};
use crate::{Fault, Hash, Id, Masked, Store};

/// A device that begins to wait.
#[derive(Debug, Clone)]
pub struct NewDevice {
    /// Inside of the device code; that of the request which its user answers, and of the code which that gives.
    pub id: Id,
    /// SHA-256 of the device code.
    pub hash: Masked<Hash>,
    /// The digest of the user code, with its realm.
    pub user_code: Masked<Hash>,
    /// The realm.
    pub realm: String,
    /// The client.
    pub client: String,
    /// What it asks for, as its owner writes it.
    pub doc: String,
    /// When it is over.
    pub expires_at: i64,
    /// Milliseconds between two polls.
    pub interval: i64,
}

/// Whether a device waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Begun {
    /// It does.
    Waits,
    /// Another one has its user code.
    CodeTaken,
    /// As many wait in its realm as may.
    Full,
}

/// A device as it is stored.
#[derive(Debug, Clone)]
pub struct DeviceRow {
    /// Inside of the device code.
    pub id: Id,
    /// SHA-256 of the device code.
    pub hash: Masked<Hash>,
    /// The realm.
    pub realm: String,
    /// The client.
    pub client: String,
    /// What it asks for.
    pub doc: String,
    /// When it is over.
    pub expires_at: i64,
    /// Milliseconds between two polls.
    pub interval: i64,
    /// When it asked last.
    pub polled_at: Option<i64>,
    /// Its user's answer, as it was sealed.
    pub answered: Option<Vec<u8>>,
}

/// How a device polls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Polled {
    /// Not too often.
    InTime,
    /// Too early; from now on it waits so many milliseconds.
    TooEarly(i64),
}

/// How polls are measured, in milliseconds.
#[derive(Debug, Clone, Copy)]
pub struct PollPolicy {
    /// So much too early is in time.
    pub slack: i64,
    /// So much longer the interval becomes with each poll that is too early.
    pub step: i64,
    /// The longest interval.
    pub longest: i64,
}

impl Store {
    /// A device begins to wait, unless `most` wait in its realm.
    ///
    /// # Errors
    /// The store cannot write.
    pub async fn put_device(&self, device: NewDevice, most: i64, now: i64) -> Result<Begun, Fault> {
        write!(self, Several, |tx| {
            let NewDevice { id, hash, user_code, realm, client, doc, expires_at, interval } = &device;
            let params = values![id, hash, user_code, realm, client, doc, *expires_at, *interval, now, most];
            if tx.execute(Statement::AddDevice, params).await? > 0 {
                return Ok(Keep(Begun::Waits));
            }
            let taken = tx.optional(Statement::IsUserCodeTaken, values![user_code], |_| Ok(())).await?;
            Ok(Keep(if taken.is_some() { Begun::CodeTaken } else { Begun::Full }))
        })
    }

    /// A device by the id inside of its code, whether it is answered, over, or neither.
    ///
    /// # Errors
    /// The store cannot read.
    pub async fn device(&self, id: &Id) -> Result<Option<DeviceRow>, Fault> {
        read!(self, |tx| { tx.optional(Statement::Device, values![id], read_device).await })
    }

    /// The same by the digest of its user code.
    ///
    /// # Errors
    /// The store cannot read.
    pub async fn device_by_user_code(&self, digest: &Hash) -> Result<Option<DeviceRow>, Fault> {
        read!(self, |tx| { tx.optional(Statement::DeviceByUserCode, values![digest], read_device).await })
    }

    /// A device asks whether it was answered: of two that ask at the same moment one is in time.
    ///
    /// # Errors
    /// The store cannot write.
    pub async fn poll_device(&self, id: &Id, policy: PollPolicy, now: i64) -> Result<Polled, Fault> {
        let id = *id;
        write!(self, Several, |tx| {
            if tx.execute(Statement::NotePoll, values![&id, now, policy.slack]).await? > 0 {
                return Ok(Keep(Polled::InTime));
            }
            let params = values![&id, now, policy.step, policy.longest];
            let interval = tx.optional(Statement::SlowDown, params, |row| row.int(0)).await?;
            Ok(Keep(Polled::TooEarly(interval.unwrap_or(policy.longest))))
        })
    }
}

fn read_device(row: &Row<'_>) -> Result<DeviceRow, Fault> {
    Ok(DeviceRow {
        id: row.array(0)?,
        hash: Masked(row.array(1)?),
        realm: row.string(2)?,
        client: row.string(3)?,
        doc: row.string(4)?,
        expires_at: row.int(5)?,
        interval: row.int(6)?,
        polled_at: row.int_or_null(7)?,
        answered: row.bytes_or_null(8)?.map(<[u8]>::to_vec),
    })
}
