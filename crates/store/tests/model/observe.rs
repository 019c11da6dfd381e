//! Looking at everything there is to see after each step, and purging, where what may leave is known but not in which
//! order.

use crate::model::{KEPT, Model, REMEMBERED, same_replay};
use crate::operations::{CLIENTS, DAY, REALMS, USERS};
use crate::world::{Outcome, World, failed, same, wrong};
use claviger_store::{GrantRow, Id, SeatRow};
use std::collections::BTreeSet;

/// More than any sequence leaves behind.
const ALL: i64 = 10_000;

impl World {
    /// Everything that can be seen is as the model has it, and nothing that was over came back.
    pub(crate) async fn observe(&mut self) -> Outcome {
        for id in self.grants.clone() {
            self.observe_grant(&id).await?;
        }
        for id in self.tokens.clone() {
            self.observe_token(&id).await?;
        }
        for id in &self.codes {
            let row = self.store.code(id).await.map_err(failed)?.map(|row| (row.code.expires_at, row.redeemed_at));
            let known = self.model.codes.get(id).map(|(code, redeemed_at)| (code.expires_at, *redeemed_at));
            same("a code", &row, &known)?;
        }
        for (id, _) in &self.pending {
            let row = self.store.answered(id).await.map_err(failed)?.map(|row| row.expires_at);
            same("an answered request", &row, &self.model.answered.get(id).copied())?;
        }
        for realm in REALMS {
            self.observe_realm(realm).await?;
        }
        self.observe_news().await
    }

    async fn observe_grant(&mut self, id: &Id) -> Outcome {
        let row = self.store.grant(id).await.map_err(failed)?;
        let known = self.model.grants.get(id).map(|grant| &grant.row);
        same("a grant", &row.as_ref().map(facts), &known.map(facts))?;
        let (kept, wanted) = (row.as_ref().map(|row| row.replay.as_ref()), known.map(|row| row.replay.as_ref()));
        if !same_replay(kept.flatten(), wanted.flatten()) {
            return Err(wrong(format!("what is kept for a retry of {id:?}: {kept:?} in place of {wanted:?}")));
        }
        let live = row.is_some_and(|row| row.is_live(self.now));
        if live && self.dead.contains(id) {
            return Err(wrong("a grant that was over is live again"));
        }
        if !live {
            self.dead.insert(*id);
        }
        Ok(())
    }

    async fn observe_token(&mut self, id: &Id) -> Outcome {
        let row = self.store.access_token(id).await.map_err(failed)?;
        let seen = row.as_ref().map(|row| (row.token.issued_at, row.token.grant, row.revoked));
        let known = self.model.tokens.get(id);
        let known = known.map(|(token, gone)| (token.issued_at, token.grant, self.model.is_revoked(token, *gone)));
        same("an access token", &seen, &known)?;
        let Some(row) = row.filter(|row| row.token.expires_at > self.now) else { return Ok(()) };
        if row.revoked {
            self.revoked.insert(*id);
        } else if self.revoked.contains(id) {
            return Err(wrong("a token that was revoked is not any more"));
        }
        Ok(())
    }

    async fn observe_realm(&mut self, realm: &str) -> Outcome {
        for id in CLIENTS {
            let row = self.store.client_with_secrets(realm, id).await.map_err(failed)?;
            same("a client's status", &row.map(|(client, _)| client.status), &self.status(realm, id))?;
        }
        for id in USERS {
            let row = self.store.user(realm, id).await.map_err(failed)?.map(|stored| stored.user.disabled);
            same("a user", &row, &self.model.users.get(&(realm.to_owned(), id.to_owned())).copied())?;
            for client in CLIENTS {
                let row = self.store.consent(realm, id, client).await.map_err(failed)?;
                let seen = row.map(|row| {
                    let scope: BTreeSet<String> = row.scope.iter().map(str::to_owned).collect();
                    (scope, row.organisations, row.updated_at)
                });
                let key = (realm.to_owned(), id.to_owned(), client.to_owned());
                same("a consent", &seen, &self.model.consents.get(&key).cloned())?;
            }
        }
        same("the seats", &self.seats(realm, self.now).await?, &self.known_seats(realm, self.now))
    }

    async fn seats(&self, realm: &str, now: i64) -> Result<Vec<SeatRow>, proptest::test_runner::TestCaseError> {
        let mut seats = self.store.seats(realm, now).await.map_err(failed)?;
        seats.sort_by_key(order);
        Ok(seats)
    }

    fn known_seats(&self, realm: &str, now: i64) -> Vec<SeatRow> {
        let held = self.model.seats.values().filter(|seat| seat.realm == realm && seat.expires_at > now);
        let mut seats: Vec<_> = held.cloned().collect();
        seats.sort_by_key(order);
        seats
    }

    /// What a follower hears that asked after each step, and what one hears that begins now.
    async fn observe_news(&mut self) -> Outcome {
        let store = &self.store;
        same("the last change", &store.last_change().await.map_err(failed)?, &self.model.last_change)?;
        let changes = store.changes_after(self.seen_change, ALL).await.map_err(failed)?;
        let news = self.model.changes.iter().map(|(change, _)| change).filter(|change| change.seq > self.seen_change);
        same("the changes since the step before", &changes.items, &news.cloned().collect())?;
        let expected = (self.model.last_change, false);
        same("where the follower is", &(changes.seq, changes.reset), &expected)?;
        if changes.items.iter().zip(self.seen_change + 1..).any(|(change, seq)| change.seq != seq) {
            return Err(wrong(format!("a gap in {:?} behind {}", changes.items, self.seen_change)));
        }
        self.seen_change = changes.seq;

        let known = self.model.revocations();
        same("the last revocation", &store.last_revocation().await.map_err(failed)?, &self.model.last_revocation)?;
        let all = store.revocations_after(None, 0, ALL).await.map_err(failed)?;
        same("all revocations", &(all.items, all.seq), &(known.clone(), self.model.last_revocation))?;
        let news = store.revocations_after(Some("r"), self.seen_revocation, ALL).await.map_err(failed)?;
        let wanted = known.into_iter().filter(|item| item.realm == "r" && item.seq > self.seen_revocation);
        same("a realm's revocations since the step before", &news.items, &wanted.collect())?;
        same("where its follower is", &(news.seq, news.reset), &(self.model.last_revocation, false))?;
        self.seen_revocation = news.seq;
        Ok(())
    }

    /// Purges. Of what is over, at most `limit` of each kind leave, and nothing else does.
    pub(crate) async fn purge(&mut self, limit: i64) -> Outcome {
        let (now, before) = (self.now, self.now - REMEMBERED);
        let gone = self.store.purge(now, limit).await.map_err(failed)?;
        let mut counted = 0;

        let over: Vec<Id> =
            self.model.codes.iter().filter(|(_, (code, _))| code.expires_at < before).map(|(id, _)| *id).collect();
        let mut left = 0;
        for id in &over {
            if self.store.code(id).await.map_err(failed)?.is_none() {
                self.model.codes.remove(id);
                left += 1;
            }
        }
        counted += leaving("codes", left, over.len(), limit)?;

        let over = self.model.tokens.iter().filter(|(_, (token, _))| token.expires_at < before);
        let over: Vec<Id> = over.map(|(id, _)| *id).collect();
        left = 0;
        for id in &over {
            if self.store.access_token(id).await.map_err(failed)?.is_none() {
                self.model.tokens.remove(id);
                left += 1;
            }
        }
        counted += leaving("access tokens", left, over.len(), limit)?;

        let over: Vec<Id> =
            self.model.answered.iter().filter(|(_, expires_at)| **expires_at < now).map(|(id, _)| *id).collect();
        left = 0;
        for id in &over {
            if self.store.answered(id).await.map_err(failed)?.is_none() {
                self.model.answered.remove(id);
                left += 1;
            }
        }
        counted += leaving("answered requests", left, over.len(), limit)?;

        let over: Vec<Id> =
            self.model.grants.iter().filter(|(_, grant)| Model::may_forget(grant, now)).map(|(id, _)| *id).collect();
        left = 0;
        for id in &over {
            if self.store.grant(id).await.map_err(failed)?.is_none() {
                self.model.grants.remove(id);
                left += 1;
            }
        }
        // A grant that was refreshed is looked at again before it leaves, so a small purge may take fewer.
        let at_least = if limit == ALL { over.len() } else { 0 };
        if left < at_least || i64::try_from(left).unwrap() > limit {
            return Err(wrong(format!("of {} grants that are over, {left} left", over.len())));
        }
        counted += left;

        counted += self.purged_seats(limit).await?;
        counted += self.purged_news(limit).await?;
        // Those that turned out to be in use are counted as well; which they are cannot be seen.
        let in_use = self.model.grants.values().filter(|grant| !Model::may_forget(grant, now)).count();
        let most = counted + in_use.min(usize::try_from(limit).unwrap());
        let gone = usize::try_from(gone).unwrap();
        if gone < counted || gone > most {
            return Err(wrong(format!("{gone} were purged, and {counted} to {most} were over or in use")));
        }
        self.idle_purge = gone == 0;
        Ok(())
    }

    /// Purges until everything that is over has left, however few leave at a time.
    pub(crate) async fn purge_all(&mut self, limit: i64) -> Outcome {
        let model = &self.model;
        let rows = [model.grants.len(), model.codes.len(), model.tokens.len(), model.answered.len(), model.seats.len()];
        for _ in 0..=rows.iter().sum::<usize>() + model.changes.len() + model.revocations().len() {
            self.purge(limit).await?;
        }
        let over = self.model.grants.values().filter(|grant| Model::may_forget(grant, self.now)).count();
        same("grants that are over and never leave", &over, &0)?;
        same("whether a purge comes to its end", &self.idle_purge, &true)
    }

    async fn purged_seats(&mut self, limit: i64) -> Result<usize, proptest::test_runner::TestCaseError> {
        let mut kept = Vec::new();
        for realm in REALMS {
            kept.extend(self.seats(realm, 0).await?);
        }
        let now = self.now;
        let over = self.model.seats.values().filter(|seat| seat.expires_at <= now).count();
        let all = self.model.seats.len();
        self.model.seats.retain(|_, seat| seat.expires_at > now || kept.contains(seat));
        leaving("seats", all - self.model.seats.len(), over, limit)
    }

    async fn purged_news(&mut self, limit: i64) -> Result<usize, proptest::test_runner::TestCaseError> {
        let kept = self.store.revocations_after(None, 0, ALL).await.map_err(failed)?.items;
        let (mut over, mut left) = (0, 0);
        for old in self.model.revocations().into_iter().filter(|old| old.expires_at < self.now - REMEMBERED) {
            over += 1;
            if !kept.contains(&old) {
                self.model.forget_revocation(old.seq);
                left += 1;
            }
        }
        let revocations = leaving("revocations", left, over, limit)?;
        let before = self.now - KEPT;
        let old = self.model.changes.iter().filter(|(_, at)| *at < before).count();
        let leave = old.min(usize::try_from(limit).unwrap());
        self.model.changes.drain(..leave);
        Ok(revocations + leave)
    }

    /// Long after everything, nothing is left of what was given out.
    pub(crate) async fn finish(&mut self) -> Outcome {
        self.now += 40 * DAY;
        self.purge(ALL).await?;
        self.observe().await?;
        let model = &self.model;
        let left = (model.grants.len(), model.codes.len(), model.tokens.len(), model.answered.len(), model.seats.len());
        same("what is left of grants, codes, tokens, answered requests, seats", &left, &(0, 0, 0, 0, 0))?;
        same("the revocations that are left", &self.model.revocations(), &Vec::new())?;
        for realm in REALMS {
            same("the seats that are left", &self.seats(realm, 0).await?, &Vec::new())?;
        }
        same("a second purge", &self.store.purge(self.now, ALL).await.map_err(failed)?, &0)
    }
}

/// As many left as were over, or as the limit lets go.
fn leaving(what: &str, left: usize, over: usize, limit: i64) -> Result<usize, proptest::test_runner::TestCaseError> {
    let wanted = over.min(usize::try_from(limit).unwrap());
    same(&format!("how many {what} left"), &left, &wanted)?;
    Ok(left)
}

fn order(seat: &SeatRow) -> (String, String, String, Id) {
    (seat.pool.clone(), seat.organisation.clone(), seat.holder.clone(), seat.grant)
}

/// What can be compared of a grant; the answer that is kept for a retry is compared by itself.
fn facts(row: &GrantRow) -> impl PartialEq + std::fmt::Debug + use<> {
    let grant = &row.grant;
    (
        (grant.realm.clone(), grant.client.clone(), grant.user.clone(), grant.turnover.clone(), *grant.nonce),
        (grant.generation, grant.created_at, row.refreshed_at, grant.idle_expires_at, grant.expires_at),
        row.revoked.clone(),
    )
}
