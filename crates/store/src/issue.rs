//! The central intention: what a token request comes to, in one transaction.

use crate::grants::{NewGrant, Replay, read_grant};
use crate::postgres::{self, Combined};
use crate::precondition::Precondition;
use crate::retry::Retry;
use crate::seats::{self, SeatClaim};
use crate::spend::{self, Spend, SpendKind};
use crate::statements::Statement;
use crate::store::{Engine, write};
use crate::tokens::{NewAccessToken, access_token_values, put_access_token};
use crate::tx::{End, Extent, Tx};
use crate::value::{Value, values};
use crate::{Fault, Hash, Id, Store};
use std::sync::Arc;

/// What is to be written before an answer may leave. Every part is optional, and either all of it is done or nothing.
#[derive(Debug, Clone, Default)]
pub struct Issue {
    /// Now, in milliseconds.
    pub now: i64,
    /// What is used up with it: assertions and proofs, each of which is good once.
    pub spends: Vec<Spend>,
    /// The code that is exchanged.
    pub redeem: Option<Redeem>,
    /// The grant that is refreshed.
    pub rotate: Option<Rotate>,
    /// The grant that begins.
    pub new_grant: Option<NewGrant>,
    /// What a grant rests on that comes of no code, and must still be current when it begins: the user whose password was
    /// found right, who may have another one by then.
    pub backed_by: Precondition,
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
    /// What the answer rests on, and must still be current when the grant begins: it may have been read long ago.
    pub precondition: Precondition,
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
    /// What the answer rests on, and must still be current: it may have been read long ago.
    pub precondition: Precondition,
    /// The answer, for a client that does not receive it.
    pub replay: Option<Replay>,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Issued {
    /// Everything is durable.
    Done,
    /// Something that is good once was used before.
    Spent(SpendKind),
    /// The code was exchanged before, at this time.
    CodeSpent {
        /// In milliseconds.
        first_redeemed_at: i64,
    },
    /// There is no such code, or it is over.
    CodeGone,
    /// The grant is over or revoked, its generation is no longer the one that was presented, or what it rests on has
    /// changed.
    Stale,
    /// The client is not active, the user is disabled, or what the grant rests on has changed.
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
        let statements = self.spends.len()
            + usize::from(self.redeem.is_some())
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
    /// Where the database went away in the middle of it, it is written again as soon as the database is back: what was
    /// written the first time is recognised, so nothing is issued twice and nothing is lost that was kept.
    ///
    /// # Errors
    /// The store cannot write. Nothing was issued then, or nobody was told.
    pub async fn issue(&self, issue: Issue) -> Result<Issued, Fault> {
        // Shared with the engine, which may have to hold it for longer than its caller waits.
        let issue = Arc::new(issue);
        let mut retry = Retry::new(self.patience());
        loop {
            let outcome = self.issue_once(&issue, retry.is_first()).await;
            if let Some(settled) = retry.settle(outcome).await {
                return settled;
            }
        }
    }

    /// Uses something up that nothing is written for. Durable when it returns, once among all servers on the database.
    ///
    /// # Errors
    /// The store cannot write. Nothing was used up then, or nobody was told.
    pub async fn spend(&self, spends: Vec<Spend>, now: i64) -> Result<Issued, Fault> {
        self.issue(Issue { now, spends, ..Issue::default() }).await
    }

    async fn issue_once(&self, issue: &Arc<Issue>, first: bool) -> Result<Issued, Fault> {
        // A second attempt may meet what the first one wrote, and would spoil a batch.
        if let Engine::Postgres(engine) = &*self.engine
            && first
            && Box::pin(issue_batched(engine, issue)).await?
        {
            return Ok(Issued::Done);
        }
        let owned = Arc::clone(issue);
        match issue.extent() {
            Extent::Single => write!(self, Single, |tx| { run(tx, &owned).await }),
            Extent::Several => write!(self, Several, |tx| { run(tx, &owned).await }),
        }
    }
}

/// Writes it in one batch with what others issue. False, and nothing is written, where that cannot be done or some
/// condition does not hold; [`run`] finds out why.
async fn issue_batched(engine: &postgres::Engine, issue: &Issue) -> Result<bool, Fault> {
    if !issue.seats.is_empty() {
        // How many are taken is counted under the pool's lock, step by step.
        return Ok(false);
    }
    if !issue.spends.is_empty() {
        return spend_batched(engine, issue).await;
    }
    let access = issue.access.as_ref().map_or([Value::Null; 9], access_token_values);
    match (&issue.redeem, &issue.rotate, &issue.new_grant, &issue.access) {
        (Some(redeem), None, Some(grant), _) => {
            let (code, grant) = (redeem_values(redeem, issue.now), grant_values(grant, issue));
            engine.write_batched(Combined::ExchangeCodes, &redeem.code, &[&code, &grant, &access]).await
        }
        (None, Some(rotate), None, _) => {
            let values = rotate_values(rotate, issue.now);
            engine.write_batched(Combined::RotateGrants, &rotate.grant, &[&values, &access]).await
        }
        (None, None, Some(grant), _) => {
            let values = grant_values(grant, issue);
            engine.write_batched(Combined::AddGrants, &grant.id, &[&values, &access]).await
        }
        (None, None, None, Some(token)) => engine.write_batched(Combined::AddTokens, &token.id, &[&access]).await,
        _ => Ok(false),
    }
}

/// As [`issue_batched`], for the use of one thing that nothing else is written for.
async fn spend_batched(engine: &postgres::Engine, issue: &Issue) -> Result<bool, Fault> {
    let alone = issue.redeem.is_none() && issue.rotate.is_none() && issue.new_grant.is_none() && issue.access.is_none();
    match &*issue.spends {
        [spend] if alone => engine.write_batched(Combined::Spend, &spend.row(), &[&spend.values()]).await,
        _ => Ok(false),
    }
}

/// Safe to be run again with the same [`Issue`] after nobody heard how the first time ended.
async fn run(tx: &mut impl Tx, issue: &Issue) -> Result<End<Issued>, Fault> {
    let now = issue.now;
    if let Some(kind) = spend::all(tx, &issue.spends).await? {
        return Ok(End::Undo(Issued::Spent(kind)));
    }
    if let Some(redeem) = &issue.redeem
        && tx.execute(Statement::RedeemCode, &redeem_values(redeem, now)).await? == 0
    {
        let mine = is_mine(tx, issue.new_grant.as_ref()).await?;
        return Ok(End::Undo(if mine { Issued::Done } else { why_not_redeemed(tx, redeem).await? }));
    }
    if let Some(rotate) = &issue.rotate
        && tx.execute(Statement::RotateGrant, &rotate_values(rotate, now)).await? == 0
    {
        return Ok(End::Undo(if is_my_turn(tx, rotate).await? { Issued::Done } else { Issued::Stale }));
    }
    if let Some(grant) = &issue.new_grant
        && tx.execute(Statement::AddGrant, &grant_values(grant, issue)).await? == 0
    {
        let mine = is_mine(tx, Some(grant)).await?;
        return Ok(End::Undo(if mine { Issued::Done } else { Issued::Barred }));
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

/// Whether the grant was begun by an earlier attempt at this very issue.
async fn is_mine(tx: &mut impl Tx, grant: Option<&NewGrant>) -> Result<bool, Fault> {
    let Some(grant) = grant else { return Ok(false) };
    Ok(tx.optional(Statement::IsMyGrant, values![&grant.id, &grant.nonce], |_| Ok(())).await?.is_some())
}

/// Whether the grant was turned over by an earlier attempt at this very issue: nobody else has its sealed answer.
async fn is_my_turn(tx: &mut impl Tx, rotate: &Rotate) -> Result<bool, Fault> {
    let Some(replay) = &rotate.replay else { return Ok(false) };
    let row = tx.optional(Statement::Grant, values![&rotate.grant], read_grant).await?;
    Ok(row.is_some_and(|row| {
        let kept = row.replay.is_some_and(|kept| kept.sealed.as_slice() == replay.sealed.as_slice());
        row.revoked.is_none() && row.grant.generation == rotate.to && kept
    }))
}

async fn why_not_redeemed(tx: &mut impl Tx, redeem: &Redeem) -> Result<Issued, Fault> {
    let spent = tx.optional(Statement::CodeRedeemedAt, values![&redeem.code, &redeem.hash], |row| row.int(0)).await?;
    Ok(spent.map_or(Issued::CodeGone, |first_redeemed_at| Issued::CodeSpent { first_redeemed_at }))
}

fn redeem_values(redeem: &Redeem, now: i64) -> [Value<'_>; 3] {
    *values![&redeem.code, &redeem.hash, now]
}

fn rotate_values(rotate: &Rotate, now: i64) -> [Value<'_>; 10] {
    let replay = rotate.replay.as_ref();
    let [user, consent] = rotate.precondition.values();
    *values![
        &rotate.grant,
        rotate.from.map(i64::from),
        rotate.to,
        now,
        rotate.idle_expires_at,
        replay.map(|replay| replay.sealed.as_slice()),
        replay.map(|replay| replay.until),
        replay.map(|replay| i64::from(replay.generation)),
        user,
        consent,
    ]
}

fn grant_values<'v>(grant: &'v NewGrant, issue: &'v Issue) -> [Value<'v>; 14] {
    let [user, consent] = issue.redeem.as_ref().map_or(&issue.backed_by, |redeem| &redeem.precondition).values();
    *values![
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
        user,
        consent,
    ]
}
