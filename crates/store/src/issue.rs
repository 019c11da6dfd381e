//! The central intention: what a token request comes to, in one transaction.

use crate::grants::{NewGrant, Replay};
use crate::seats::{self, SeatClaim};
use crate::statements::Statement;
use crate::store::write;
use crate::tokens::{NewAccessToken, put_access_token};
use crate::tx::{End, Extent, Tx};
use crate::value::values;
use crate::{Fault, Hash, Id, Store};

/// What is to be written before an answer may leave. Every part is optional, and either all of it is done or nothing.
#[derive(Debug, Clone, Default)]
pub struct Issue {
    /// Now, in milliseconds.
    pub now: i64,
    /// The code that is exchanged.
    pub redeem: Option<Redeem>,
    /// The grant that is refreshed.
    pub rotate: Option<Rotate>,
    /// The grant that begins.
    pub new_grant: Option<NewGrant>,
    /// The seats that it takes, or goes on holding.
    pub seats: Vec<SeatClaim>,
    /// The opaque access token that is given out.
    pub access: Option<NewAccessToken>,
}

/// The exchange of a code.
#[derive(Debug, Clone)]
pub struct Redeem {
    /// The id inside of the code.
    pub code: Id,
    /// SHA-256 of the code.
    pub hash: Hash,
}

/// The refresh of a grant.
#[derive(Debug, Clone)]
pub struct Rotate {
    /// The grant.
    pub grant: Id,
    /// The generation that was presented and must be the present one; `None` where every generation is served.
    pub from: Option<u32>,
    /// The generation that is given out; the grant's never goes down.
    pub to: u32,
    /// When the grant is over unless it is refreshed again.
    pub idle_expires_at: i64,
    /// The answer, for a client that does not receive it.
    pub replay: Option<Replay>,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Issued {
    /// Everything is durable.
    Done,
    /// The code was exchanged before, at this time.
    CodeSpent {
        /// In milliseconds.
        first_redeemed_at: i64,
    },
    /// There is no such code, or it is over.
    CodeGone,
    /// The grant is over or revoked, or its generation is no longer the one that was presented.
    Stale,
    /// The client is not active, or the user is disabled.
    Barred,
    /// No seat is free.
    NoSeat {
        /// Of which pool.
        pool: String,
        /// How many are taken.
        in_use: u32,
        /// How many there are.
        size: u32,
    },
}

impl Issue {
    /// A lone statement needs no savepoint.
    fn extent(&self) -> Extent {
        let statements = usize::from(self.redeem.is_some())
            + usize::from(self.rotate.is_some())
            + usize::from(self.new_grant.is_some())
            + usize::from(self.access.is_some())
            + 2 * self.seats.len();
        if statements > 1 { Extent::Several } else { Extent::Single }
    }
}

impl Store {
    /// Writes all that an answer of the token endpoint (or of the implicit grant) rests on.
    ///
    /// # Errors
    /// The store cannot write. Nothing was issued then, or nobody was told.
    pub async fn issue(&self, issue: Issue) -> Result<Issued, Fault> {
        match issue.extent() {
            Extent::Single => write!(self, Single, |tx| { run(tx, &issue).await }),
            Extent::Several => write!(self, Several, |tx| { run(tx, &issue).await }),
        }
    }
}

async fn run(tx: &mut impl Tx, issue: &Issue) -> Result<End<Issued>, Fault> {
    let now = issue.now;
    if let Some(redeem) = &issue.redeem
        && tx.execute(Statement::RedeemCode, values![&redeem.code, &redeem.hash, now]).await? == 0
    {
        return Ok(End::Undo(why_not_redeemed(tx, redeem).await?));
    }
    if let Some(rotate) = &issue.rotate
        && !turn_over(tx, rotate, now).await?
    {
        return Ok(End::Undo(Issued::Stale));
    }
    if let Some(grant) = &issue.new_grant
        && !begin(tx, grant).await?
    {
        return Ok(End::Undo(Issued::Barred));
    }
    for claim in &issue.seats {
        if let Some(in_use) = seats::claim(tx, claim, now).await? {
            return Ok(End::Undo(Issued::NoSeat { pool: claim.pool.clone(), in_use, size: claim.size }));
        }
    }
    if let Some(token) = &issue.access {
        put_access_token(tx, token).await?;
    }
    Ok(End::Keep(Issued::Done))
}

async fn why_not_redeemed(tx: &mut impl Tx, redeem: &Redeem) -> Result<Issued, Fault> {
    let spent = tx.optional(Statement::CodeRedeemedAt, values![&redeem.code, &redeem.hash], |row| row.int(0)).await?;
    Ok(spent.map_or(Issued::CodeGone, |first_redeemed_at| Issued::CodeSpent { first_redeemed_at }))
}

async fn turn_over(tx: &mut impl Tx, rotate: &Rotate, now: i64) -> Result<bool, Fault> {
    let replay = rotate.replay.as_ref();
    let params = values![
        &rotate.grant,
        rotate.from.map(i64::from),
        rotate.to,
        now,
        rotate.idle_expires_at,
        replay.map(|replay| replay.sealed.as_slice()),
        replay.map(|replay| replay.until),
        replay.map(|replay| i64::from(replay.generation)),
    ];
    Ok(tx.execute(Statement::RotateGrant, params).await? > 0)
}

async fn begin(tx: &mut impl Tx, grant: &NewGrant) -> Result<bool, Fault> {
    let params = values![
        &grant.id,
        &grant.realm,
        &grant.client,
        &grant.user,
        &grant.flow,
        &grant.doc,
        &grant.nonce,
        grant.generation,
        &grant.turnover,
        grant.created_at,
        grant.idle_expires_at,
        grant.expires_at,
    ];
    Ok(tx.execute(Statement::AddGrant, params).await? > 0)
}
