//! How grants end: one, or all of a client or user, with their tokens and seats.

use crate::changes::{ChangeKind, note};
use crate::revocations::{self, RevocationKind};
use crate::statements::Statement;
use crate::store::write;
use crate::tx::{End::Keep, Tx};
use crate::value::values;
use crate::{Fault, Id, Store, id_text};

/// How many grants end in one transaction at most, so that others wait for milliseconds only.
pub(crate) const CHUNK: u64 = 500;

/// Whose grants end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Whose {
    Client,
    User,
}

impl Store {
    /// Ends the live grants of a client or user, some in each transaction, until there are none.
    pub(crate) async fn end_all(
        &self,
        whose: Whose,
        realm: &str,
        id: &str,
        reason: &'static str,
        now: i64,
        tokens_until: i64,
    ) -> Result<u64, Fault> {
        let mut ended = 0;
        loop {
            let (realm, id) = (realm.to_owned(), id.to_owned());
            let some = write!(self, Several, |tx| {
                Ok(Keep(end_some(tx, whose, &realm, &id, reason, now, tokens_until).await?))
            })?;
            ended += some;
            if some < CHUNK {
                return Ok(ended);
            }
        }
    }
}

/// As [`Store::revoke_grant`].
pub(crate) async fn revoke(
    tx: &mut impl Tx,
    realm: &str,
    id: &Id,
    reason: &str,
    now: i64,
    tokens_until: i64,
) -> Result<bool, Fault> {
    Ok(revoke_each(tx, realm, &[*id], reason, now, tokens_until).await? > 0)
}

/// As [`Store::revoke_grant`], for several; how many were live.
pub(crate) async fn revoke_each(
    tx: &mut impl Tx,
    realm: &str,
    ids: &[Id],
    reason: &str,
    now: i64,
    tokens_until: i64,
) -> Result<u64, Fault> {
    let mut ids = ids.to_vec();
    ids.sort_unstable();
    let mut lives = Vec::with_capacity(ids.len());
    // All grants before all seats, as everybody else locks them.
    for id in &ids {
        lives.push(tx.execute(Statement::RevokeGrant, values![id, now, reason, tokens_until]).await?);
    }
    let (mut ended, mut untold) = (0, Vec::with_capacity(ids.len()));
    for (id, live) in ids.iter().zip(lives) {
        tx.execute(Statement::RevokeTokensOfGrant, values![id, now]).await?;
        tx.execute(Statement::FreeSeatsOfGrant, values![id]).await?;
        ended += live;
        let name = id_text(id);
        // Who presents something spent again and again writes nothing after the first time.
        if live > 0 || revocations::known(tx, realm, RevocationKind::Grant, &name).await?.is_none() {
            untold.push(name);
        }
    }
    // The sequence numbers last: whoever holds them waits for nobody.
    for name in &untold {
        // Nothing of the family is ever valid again, so whatever it is given until then is revoked beforehand.
        revocations::put(tx, realm, RevocationKind::Grant, name, tokens_until, tokens_until, now).await?;
    }
    Ok(ended)
}

/// Ends at most [`CHUNK`] live grants of a client or user, and frees all seats that any of them hold; how many ended.
pub(crate) async fn end_some(
    tx: &mut impl Tx,
    whose: Whose,
    realm: &str,
    id: &str,
    reason: &str,
    now: i64,
    tokens_until: i64,
) -> Result<u64, Fault> {
    let (end, free) = match whose {
        Whose::Client => (Statement::RevokeGrantsOfClient, Statement::FreeSeatsOfClient),
        Whose::User => (Statement::RevokeGrantsOfUser, Statement::FreeSeatsOfUser),
    };
    let limit = i64::try_from(CHUNK).unwrap_or(i64::MAX);
    let ended = tx.execute(end, values![realm, id, now, reason, tokens_until, limit]).await?;
    tx.execute(free, values![realm, id]).await?;
    Ok(ended)
}

/// Revokes every token of a client or user that was given out until `before`, of either format.
pub(crate) async fn revoke_whole(
    tx: &mut impl Tx,
    whose: Whose,
    realm: &str,
    id: &str,
    before: i64,
    now: i64,
    tokens_until: i64,
) -> Result<(), Fault> {
    let (kind, change) = match whose {
        Whose::Client => (RevocationKind::Client, ChangeKind::Client),
        Whose::User => (RevocationKind::User, ChangeKind::User),
    };
    revocations::put(tx, realm, kind, id, before, tokens_until, now).await?;
    note(tx, change, realm, id, now).await
}
