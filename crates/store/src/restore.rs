//! A new epoch: what a database that was brought back must not bring back with it.
//!
//! A backup is a moment of the past. Codes that were spent since are unspent in it, refresh tokens are of an old
//! generation, seats are held by those who gave them back. So before it is served:
//!
//! 1. The sequences of changes and revocations jump ahead of every number that was given out after the backup. Who follows
//!    them (servers, APIs) notices: a gap in the changes means "forget what you know", and no number means two things.
//! 2. Codes, requests under way, sessions, seats, one-time links, brakes, leases and unsent mails go.
//! 3. Every grant and every opaque access token is revoked.
//! 4. For every client there is a new revocation of all tokens until now, so that those which are checked by their
//!    signature alone are refused as well.
//! 5. The note that keeps servers away is removed, and the line in the audit log is written.
//!
//! Each step is one transaction or several; a step that was cut off is run again.

use crate::audit::act::{Subject, SubjectKind};
use crate::audit::log::AuditLog;
use crate::audit::values::Values;
use crate::copy::unfinished::{Ended, STATE, Unfinished, Work};
use crate::endings::CHUNK;
use crate::mail::{MAIL_TOPIC, take_over};
use crate::revocations::{RevocationKind, write_down};
use crate::statements::Statement;
use crate::store::write;
use crate::tx::{End::Keep, Tx};
use crate::value::values;
use crate::{Fault, Id, Store};
use serde_json::json;
use std::collections::BTreeSet;

/// How far the sequences jump at least. See [`ahead_of`].
const GAP: i64 = 1 << 20;

/// No id is greater.
const LAST: Id = [0xff; 16];

/// Where something is counted.
type Count = fn(&mut Ended) -> &mut u64;

/// The statements that remove what must not come back, and where that is counted.
const GONE: [(Statement, Count); 6] = [
    (Statement::ForgetCodes, |ended| &mut ended.codes),
    (Statement::ForgetPending, |ended| &mut ended.requests),
    (Statement::ForgetSessions, |ended| &mut ended.sessions),
    (Statement::ForgetSeats, |ended| &mut ended.seats),
    (Statement::ForgetLinks, |ended| &mut ended.links),
    (Statement::ForgetUnsent, |ended| &mut ended.mails),
];

/// The number from which a sequence goes on: greater than `last`, and than every number that was given out after the
/// backup, in whichever life of the database. Those are not known; but a sequence that begins at the time of its epoch in
/// microseconds is never behind the clock unless it gives out a million numbers a second. JSON's numbers hold it until the
/// year 2255.
const fn ahead_of(last: i64, now: i64) -> i64 {
    let (jumped, clock) = (last.saturating_add(GAP), now.saturating_mul(1000));
    if clock > jumped { clock } else { jumped }
}

impl Store {
    /// Begins a new epoch in a database that was brought back from a copy: ends everything that the copy brings back, and
    /// refuses every token that was issued before. Cut off, it is called again and goes on; what it says then counts
    /// from the beginning. Nobody serves the database meanwhile.
    ///
    /// `now` is in milliseconds; where a server was told a later time, that counts. `lost` are clients (realm and id) of the life
    /// that is left behind, where somebody knows them: their tokens are refused too, whether or not they are in the copy.
    ///
    /// # Errors
    /// The store cannot write; or the database is still being filled.
    pub async fn begin_epoch(&self, now: i64, lost: &[(String, String)]) -> Result<Ended, Fault> {
        let source = self.shown();
        // Some server may have been ahead of whoever calls.
        let now = now.max(self.latest_time().await?);
        let mut state = write!(self, Several, |tx| { Ok(Keep(jump(tx, &source, now).await?)) })?;
        let now = state.ended.at;
        let realms = self.every_realm().await?;
        let tokens_until = realms.iter().map(|(_, longest)| now + longest).max().unwrap_or(now);
        for (upto, revoke, grants) in [
            (Statement::GrantsUpTo, Statement::RevokeGrantsUpTo, true),
            (Statement::TokensUpTo, Statement::RevokeTokensUpTo, false),
        ] {
            let mut after = Some(Vec::new());
            while let Some(from) = after.take() {
                let before = state.clone();
                (state, after) = write!(self, Several, |tx| {
                    let mut state = before.clone();
                    let next = revoke_some(tx, (upto, revoke, grants), &from, &mut state, tokens_until).await?;
                    Ok(Keep((state, next)))
                })?;
            }
        }
        state.ended.clients = 0;
        for (realm, longest) in &realms {
            let mut clients = self.every_client(realm).await?;
            clients.extend(lost.iter().filter(|(of, _)| of == realm).map(|(_, client)| client.clone()));
            let clients: Vec<String> = clients.into_iter().collect();
            for some in clients.chunks(usize::try_from(CHUNK).unwrap_or(usize::MAX)) {
                self.refuse_tokens(realm, some, now, now + longest).await?;
            }
            state.ended.clients += clients.len() as u64;
        }
        let (audit, subject) = (self.audit.clone(), Subject::new(SubjectKind::Database, self.shown()));
        let what = json!({ "source": state.source, "taken_at": state.taken_at, "epoch": state.ended.epoch });
        write!(self, Several, |tx| {
            let log = AuditLog::open(tx, audit.as_deref()).await?;
            tx.execute(Statement::RemoveNote, values![STATE]).await?;
            log.write(tx, "", &subject, Values::added(what.clone()), now).await?;
            Ok(Keep(()))
        })?;
        Ok(state.ended)
    }

    /// Every realm's id, and how long its tokens live at most.
    async fn every_realm(&self) -> Result<Vec<(String, i64)>, Fault> {
        const PAGE: i64 = 1000;
        let mut realms: Vec<(String, i64)> = Vec::new();
        loop {
            let after = realms.last().map(|(id, _)| id.clone()).unwrap_or_default();
            let page = self.list_realms(&after, PAGE).await?;
            if page.is_empty() {
                return Ok(realms);
            }
            for id in page {
                let longest = self.realm(&id).await?.map_or(0, |realm| realm.longest_token());
                realms.push((id, longest));
            }
        }
    }

    /// The ids of a realm's clients, in order and each once.
    async fn every_client(&self, realm: &str) -> Result<BTreeSet<String>, Fault> {
        let page = i64::try_from(CHUNK).unwrap_or(i64::MAX);
        let mut all: BTreeSet<String> = BTreeSet::new();
        loop {
            let after = all.last().cloned().unwrap_or_default();
            let clients = self.list_clients(realm, None, &after, page).await?;
            if clients.is_empty() {
                return Ok(all);
            }
            all.extend(clients.into_iter().map(|client| client.id));
        }
    }

    /// Refuses the tokens of clients that were issued until `now`.
    async fn refuse_tokens(&self, realm: &str, clients: &[String], now: i64, until: i64) -> Result<(), Fault> {
        let (realm, clients) = (realm.to_owned(), clients.to_vec());
        write!(self, Several, |tx| {
            for client in &clients {
                // Under a new number even where the same is revoked already: a follower may have heard otherwise since.
                let times = [now, until, now];
                write_down(tx, Statement::RaiseRevocation, &realm, RevocationKind::Client, client, times).await?;
            }
            Ok(Keep(()))
        })
    }
}

/// Notes that an epoch begins, moves the sequences, and removes what must not come back; once, however often it is
/// called.
async fn jump(tx: &mut impl Tx, source: &str, now: i64) -> Result<Unfinished, Fault> {
    let mut state = match Unfinished::known(tx).await? {
        Some(state) if state.ended.epoch > 0 => return Ok(state),
        Some(state) if matches!(state.work, Work::Copy | Work::Restore) && !state.ending => {
            return Err(Fault::Unfinished(state.to_string()));
        }
        Some(state) if state.work == Work::Restore => state,
        // A backup's own file, or a database that was brought back by other means.
        other => {
            let taken_at = other.filter(|state| state.work == Work::Backup).map(|state| state.at);
            Unfinished { taken_at, ..Unfinished::new(Work::Epoch, source.to_owned(), now) }
        }
    };
    state.ending = true;
    state.ended.epoch = crate::changes::next(tx, "epoch").await?;
    state.ended.at = now;
    for sequence in ["change", "revocation"] {
        let last = crate::changes::last(tx, sequence).await?;
        tx.execute(Statement::RaiseNumber, values![sequence, ahead_of(last, now)]).await?;
    }
    forget(tx, &mut state.ended).await?;
    note(tx, &state).await?;
    Ok(state)
}

async fn note(tx: &mut impl Tx, state: &Unfinished) -> Result<(), Fault> {
    tx.execute(Statement::PutNote, values![STATE, &state.doc()?]).await?;
    Ok(())
}

async fn forget(tx: &mut impl Tx, ended: &mut Ended) -> Result<(), Fault> {
    while take_over(tx, i64::from(u16::MAX)).await? > 0 {}
    ended.recipients = tx.query(Statement::Addressees, values![MAIL_TOPIC, 1000_i64], |row| row.string(0)).await?;
    for (statement, count) in GONE {
        *count(ended) = tx.execute(statement, values![]).await?;
    }
    for statement in [
        Statement::ForgetSignedInTo,
        Statement::ForgetBrakes,
        Statement::ForgetLeases,
        Statement::ForgetDevices,
        Statement::ForgetBackchannel,
        Statement::ForgetBrowsers,
        Statement::ForgetAllUserLinks,
    ] {
        tx.execute(statement, values![]).await?;
    }
    Ok(())
}

/// Revokes some grants or tokens behind an id, and counts those that were live; the id to go on behind, if there are more.
async fn revoke_some(
    tx: &mut impl Tx,
    (upto, revoke, grants): (Statement, Statement, bool),
    after: &[u8],
    state: &mut Unfinished,
    tokens_until: i64,
) -> Result<Option<Vec<u8>>, Fault> {
    let chunk = i64::try_from(4 * CHUNK).unwrap_or(i64::MAX);
    let last = tx.optional(upto, values![after, chunk], |row| Ok(row.bytes(0)?.to_vec())).await?;
    let to = last.clone().unwrap_or_else(|| LAST.to_vec());
    let now = state.ended.at;
    let live = if grants {
        tx.query(revoke, values![after, &to, now, tokens_until], |row| row.flag(0)).await?
    } else {
        tx.query(revoke, values![after, &to, now], |row| row.flag(0)).await?
    };
    let alive = live.iter().filter(|live| **live).count() as u64;
    if grants {
        state.ended.grants += live.len() as u64;
        state.ended.grants_live += alive;
    } else {
        state.ended.access_tokens += alive;
    }
    note(tx, state).await?;
    Ok(last)
}

#[cfg(test)]
impl Store {
    /// The first transaction of an epoch, and no more: as if the process had been killed behind it.
    pub(crate) async fn jump_only(&self, now: i64) -> Result<(), Fault> {
        let source = self.shown();
        write!(self, Several, |tx| {
            jump(tx, &source, now).await?;
            Ok(Keep(()))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{GAP, ahead_of};

    #[test]
    fn a_sequence_is_ahead_of_every_life_of_the_database() {
        const BACKUP: i64 = 1_800_000_000_000;
        let first = ahead_of(500, BACKUP + 1_000);
        // A lively hour, then the same backup is restored once more.
        let given_out = first + 3_600_000;
        assert!(ahead_of(500, BACKUP + 3_601_000) > given_out);
        assert!(ahead_of(first, BACKUP) >= first + GAP, "a clock that was set back");
        assert!(ahead_of(500, BACKUP) < 1 << 53, "a number of JSON");
    }
}
