//! Seats: licences of a pool, never more of them held than there are.

use crate::audit::act::{Subject, SubjectKind};
use crate::audit::log::AuditLog;
use crate::audit::values::Values;
use crate::endings::revoke_each;
use crate::overview::username;
use crate::statements::Statement;
use crate::store::{read, write};
use crate::tx::{End::Keep, End::Undo, Tx};
use crate::value::{Row, values};
use crate::{Fault, Id, Store, id_text};
use claviger_core::Client;
use serde_json::json;

/// A seat that a grant wants, or goes on holding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeatClaim {
    /// The realm.
    pub realm: String,
    /// The pool.
    pub pool: String,
    /// The organisation whose pool it is; empty where the pool is the realm's.
    pub organisation: String,
    /// What the pool counts: the grant's id as text, or the user's id. Grants with one holder share one seat, which ends
    /// with the last of them.
    pub holder: String,
    /// The grant that holds it.
    pub grant: Id,
    /// The grant's client.
    pub client: String,
    /// The grant's user.
    pub user: Option<String>,
    /// How many seats the pool has.
    pub size: u32,
    /// When it falls back by itself: the grant's idle limit.
    pub expires_at: i64,
}

/// A seat that is held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeatRow {
    /// The realm.
    pub realm: String,
    /// The pool.
    pub pool: String,
    /// Empty where the pool is the realm's.
    pub organisation: String,
    /// See [`SeatClaim::holder`].
    pub holder: String,
    /// The grant through which it is held; a holder may have several.
    pub grant: Id,
    /// The grant's client.
    pub client: String,
    /// The grant's user.
    pub user: Option<String>,
    /// Since when.
    pub claimed_at: i64,
    /// When it falls back by itself.
    pub expires_at: i64,
}

/// A seat that is held, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeatLine {
    /// The seat.
    pub seat: SeatRow,
    /// What people call its user.
    pub username: Option<String>,
    /// What people call its client.
    pub client_name: Option<String>,
}

impl Store {
    /// The seats of a realm that are held.
    ///
    /// # Errors
    /// The store cannot read.
    pub async fn seats(&self, realm: &str, now: i64) -> Result<Vec<SeatRow>, Fault> {
        read!(self, |tx| { tx.query(Statement::Seats, values![realm, now], read_seat).await })
    }

    /// The same with the names of users and clients.
    ///
    /// # Errors
    /// The store cannot read.
    pub async fn list_seats(&self, realm: &str, now: i64) -> Result<Vec<SeatLine>, Fault> {
        read!(self, |tx| {
            tx.query(Statement::SeatLines, values![realm, now], |row| {
                let client = row.text_or_null(10)?.map(serde_json::from_str::<Client>).transpose()?;
                let client_name = client.map(|client| client.name);
                Ok(SeatLine { seat: read_seat(row)?, username: username(row, 9)?, client_name })
            })
            .await
        })
    }

    /// Takes a seat away from its holder: every grant through which it is held ends, with its tokens. How many did.
    ///
    /// # Errors
    /// The store cannot write.
    pub async fn release_seat(
        &self,
        realm: &str,
        pool: &str,
        organisation: &str,
        holder: &str,
        now: i64,
        tokens_until: i64,
    ) -> Result<usize, Fault> {
        let [realm, pool, organisation, holder] = [realm, pool, organisation, holder].map(str::to_owned);
        let audit = self.audit.clone();
        write!(self, Several, |tx| {
            let log = AuditLog::open(tx, audit.as_deref()).await?;
            let params = values![&realm, &pool, &organisation, &holder];
            let grants: Vec<Id> = tx.query(Statement::SeatGrants, params, |row| row.array(0)).await?;
            if grants.is_empty() {
                return Ok(Undo(0));
            }
            revoke_each(tx, &realm, &grants, "seat", now, tokens_until).await?;
            let ended: Vec<String> = grants.iter().map(id_text).collect();
            let changed = Values::change(json!({ "grants": ended }), json!({ "grants": [] }));
            log.write(tx, &realm, &seat(&pool, &organisation, &holder), changed, now).await?;
            Ok(Keep(grants.len()))
        })
    }
}

/// Takes a seat or goes on holding it; where none is free, how many are in use.
///
/// Whoever holds one only moves its end. Whoever does not holds the pool's row until the transaction ends, so that
/// nobody else counts meanwhile.
pub(crate) async fn claim(tx: &mut impl Tx, claim: &SeatClaim, now: i64) -> Result<Option<u32>, Fault> {
    let SeatClaim { realm, pool, organisation, holder, grant, client, user, size, expires_at } = claim;
    let held = values![realm, pool, organisation, holder, grant, *expires_at, now];
    if tx.execute(Statement::ExtendSeat, held).await? > 0 {
        return Ok(None);
    }
    tx.execute(Statement::LockPool, values![realm, pool, organisation, *size]).await?;
    tx.execute(Statement::ExpireSeats, values![realm, pool, organisation, now]).await?;
    let wanted = values![realm, pool, organisation, holder, grant, client, user, now, *expires_at, *size];
    if tx.execute(Statement::ClaimSeat, wanted).await? > 0 {
        return Ok(None);
    }
    let count = values![realm, pool, organisation, now];
    Ok(Some(tx.optional(Statement::CountSeats, count, |row| row.small(0)).await?.unwrap_or(0)))
}

/// A seat, as the subject of an act.
fn seat(pool: &str, organisation: &str, holder: &str) -> Subject {
    let parts = [pool, organisation, holder].into_iter().filter(|part| !part.is_empty());
    Subject::new(SubjectKind::Seat, parts.collect::<Vec<_>>().join("/"))
}

pub(crate) fn read_seat(row: &Row<'_>) -> Result<SeatRow, Fault> {
    Ok(SeatRow {
        realm: row.string(0)?,
        pool: row.string(1)?,
        organisation: row.string(2)?,
        holder: row.string(3)?,
        grant: row.array(4)?,
        client: row.string(5)?,
        user: row.string_or_null(6)?,
        claimed_at: row.int(7)?,
        expires_at: row.int(8)?,
    })
}
