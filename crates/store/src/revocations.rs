//! Revocations, in the order in which followers hear of them.
//!
//! There is one row per thing revoked, with the number of its last change: a follower replaces what it knows about the
//! same kind and value.

use crate::changes::{self, ChangeKind, note};
use crate::statements::Statement;
use crate::store::{read, write};
use crate::tx::{End::Keep, Tx};
use crate::value::{Row, values};
use crate::{Fault, Store};

pub use claviger_core::revocation::RevocationKind;

/// One revocation: tokens of `realm` with this `value` that were issued at or before `before` are revoked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revocation {
    /// Its number.
    pub seq: i64,
    /// The realm.
    pub realm: String,
    /// What `value` is.
    pub kind: RevocationKind,
    /// Which one; a grant as [`crate::id_text`] spells it.
    pub value: String,
    /// In milliseconds; may lie ahead.
    pub before: i64,
    /// When the last token that it is about expires, and it can be forgotten.
    pub expires_at: i64,
}

/// What a follower has to hear.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revocations {
    /// In order of their numbers.
    pub items: Vec<Revocation>,
    /// The number to ask for next.
    pub seq: i64,
    /// The follower is ahead of the database (it was restored): forget everything and ask again from 0.
    pub reset: bool,
}

impl Store {
    /// Revokes tokens that were issued at or before `before`; see [`Revocation`]. Followers hear of it.
    ///
    /// # Errors
    /// The store cannot write.
    pub async fn revoke(
        &self,
        realm: &str,
        kind: RevocationKind,
        value: &str,
        before: i64,
        expires_at: i64,
        now: i64,
    ) -> Result<(), Fault> {
        let (realm, value) = (realm.to_owned(), value.to_owned());
        write!(self, Several, |tx| { Ok(Keep(put(tx, &realm, kind, &value, before, expires_at, now).await?)) })
    }

    /// The revocations of a realm (`None`: of all) behind number `after`, at most `limit`. From 0: all that are known.
    ///
    /// # Errors
    /// The store cannot read.
    pub async fn revocations_after(&self, realm: Option<&str>, after: i64, limit: i64) -> Result<Revocations, Fault> {
        // Read before the items: a number given out meanwhile must not be skipped.
        let last = self.last_revocation().await?;
        if after > last {
            return Ok(Revocations { items: Vec::new(), seq: 0, reset: true });
        }
        let items = read!(self, |tx| {
            match realm {
                Some(realm) => {
                    tx.query(Statement::RevocationsAfter, values![realm, after, limit], read_revocation).await
                }
                None => tx.query(Statement::AllRevocationsAfter, values![after, limit], read_revocation).await,
            }
        })?;
        let all = i64::try_from(items.len()).is_ok_and(|count| count < limit);
        let seq = items.last().map_or(after, |item| item.seq);
        Ok(Revocations { seq: if all { seq.max(last) } else { seq }, items, reset: false })
    }

    /// Whether a token of `realm` that was issued at `issued_at` (milliseconds) is revoked by any of its names, for those who do
    /// not follow all revocations.
    ///
    /// # Errors
    /// The store cannot read.
    pub async fn is_revoked(
        &self,
        realm: &str,
        names: [(RevocationKind, Option<&str>); 4],
        issued_at: i64,
    ) -> Result<bool, Fault> {
        read!(self, |tx| {
            for (kind, value) in names {
                let Some(value) = value else { continue };
                if known(tx, realm, kind, value).await?.is_some_and(|(before, _)| issued_at <= before) {
                    return Ok(true);
                }
            }
            Ok(false)
        })
    }

    /// The number of the last revocation.
    ///
    /// # Errors
    /// The store cannot read.
    pub async fn last_revocation(&self) -> Result<i64, Fault> {
        read!(self, |tx| { changes::last(tx, "revocation").await })
    }
}

/// As [`Store::revoke`]; nothing happens where the same is revoked already.
pub(crate) async fn put(
    tx: &mut impl Tx,
    realm: &str,
    kind: RevocationKind,
    value: &str,
    before: i64,
    expires_at: i64,
    now: i64,
) -> Result<(), Fault> {
    if let Some((old_before, old_end)) = known(tx, realm, kind, value).await?
        && old_before >= before
        && old_end >= expires_at
    {
        return Ok(());
    }
    write_down(tx, Statement::RaiseRevocation, realm, kind, value, [before, expires_at, now]).await
}

/// Lets tokens issued after `now` count again, where a revocation said otherwise. Those of this very millisecond do not: some of
/// them may be of before the revocation.
pub(crate) async fn lower(
    tx: &mut impl Tx,
    realm: &str,
    kind: RevocationKind,
    value: &str,
    now: i64,
) -> Result<(), Fault> {
    match known(tx, realm, kind, value).await? {
        Some((old, expires_at)) if old > now => {
            write_down(tx, Statement::PutRevocation, realm, kind, value, [now, expires_at, now]).await
        }
        _ => Ok(()),
    }
}

/// Until when tokens of this kind and value are revoked, and until when that is remembered.
pub(crate) async fn known(
    tx: &mut impl Tx,
    realm: &str,
    kind: RevocationKind,
    value: &str,
) -> Result<Option<(i64, i64)>, Fault> {
    tx.optional(Statement::Revocation, values![realm, kind.name(), value], |row| Ok((row.int(0)?, row.int(1)?))).await
}

/// Gives a revocation a new number: followers hear of it.
pub(crate) async fn write_down(
    tx: &mut impl Tx,
    statement: Statement,
    realm: &str,
    kind: RevocationKind,
    value: &str,
    [before, expires_at, now]: [i64; 3],
) -> Result<(), Fault> {
    let seq = changes::next(tx, "revocation").await?;
    tx.execute(statement, values![seq, realm, kind.name(), value, before, expires_at]).await?;
    note(tx, ChangeKind::Revocation, realm, &seq.to_string(), now).await
}

fn read_revocation(row: &Row<'_>) -> Result<Revocation, Fault> {
    Ok(Revocation {
        seq: row.int(0)?,
        realm: row.string(1)?,
        kind: RevocationKind::from_name(row.text(2)?).ok_or_else(|| Fault::other("an unknown kind of revocation"))?,
        value: row.string(3)?,
        before: row.int(4)?,
        expires_at: row.int(5)?,
    })
}
