//! What a store is believed to do, in maps. No SQL, no cleverness; one thing after the other.

use crate::operations::HOUR;
use claviger_core::client::ClientStatus;
use claviger_store::{
    Approval, Change, ChangeKind, GrantRow, Id, Issue, Issued, NewAccessToken, NewCode, NewGrant, Replay, Revocation,
    RevocationKind, Rotate, SeatClaim, SeatRow, id_text,
};
use std::collections::{BTreeMap, BTreeSet};

/// What ended is still told apart from what never was for so long.
pub(crate) const REMEMBERED: i64 = HOUR;
/// Changes are kept for so long.
pub(crate) const KEPT: i64 = 7 * 24 * HOUR;

pub(crate) type Name = (String, String);
/// Scopes, organisations, and when it was last changed.
pub(crate) type Consented = (BTreeSet<String>, Vec<String>, i64);
type SeatKey = (String, String, String, String, Id);

#[derive(Debug, Clone, Default)]
pub(crate) struct Model {
    /// Status and document.
    pub(crate) clients: BTreeMap<Name, (ClientStatus, u8)>,
    /// Whether disabled.
    pub(crate) users: BTreeMap<Name, bool>,
    /// By realm, user and client.
    pub(crate) consents: BTreeMap<(String, String, String), Consented>,
    /// When it is over.
    pub(crate) answered: BTreeMap<Id, i64>,
    pub(crate) codes: BTreeMap<Id, (NewCode, Option<i64>)>,
    pub(crate) grants: BTreeMap<Id, Grant>,
    pub(crate) tokens: BTreeMap<Id, (NewAccessToken, bool)>,
    pub(crate) seats: BTreeMap<SeatKey, SeatRow>,
    revocations: BTreeMap<(String, &'static str, String), Revocation>,
    /// Those that are still known, with their time.
    pub(crate) changes: Vec<(Change, i64)>,
    pub(crate) last_change: i64,
    pub(crate) last_revocation: i64,
}

#[derive(Debug, Clone)]
pub(crate) struct Grant {
    pub(crate) row: GrantRow,
    /// Until when one that was revoked is needed.
    pub(crate) needed_until: i64,
}

/// Whose grants end.
#[derive(Clone, Copy)]
pub(crate) enum Whose<'a> {
    Client(&'a str),
    User(&'a str),
}

impl Whose<'_> {
    fn owns(self, client: &str, user: Option<&str>) -> bool {
        match self {
            Self::Client(id) => id == client,
            Self::User(id) => Some(id) == user,
        }
    }
}

impl Model {
    pub(crate) fn issue(&mut self, issue: &Issue) -> Issued {
        let mut after = self.clone();
        match after.try_issue(issue) {
            Ok(()) => {
                *self = after;
                Issued::Done
            }
            Err(refused) => refused,
        }
    }

    fn try_issue(&mut self, issue: &Issue) -> Result<(), Issued> {
        let now = issue.now;
        if let Some(redeem) = &issue.redeem {
            let mine = issue.new_grant.as_ref().is_some_and(|grant| self.has_begun(grant));
            let row = self.codes.get_mut(&redeem.code).filter(|(code, _)| *code.hash == redeem.hash);
            match row {
                None => return Err(Issued::CodeGone),
                Some((_, Some(_))) if mine => return Ok(()),
                Some((_, Some(at))) => return Err(Issued::CodeSpent { first_redeemed_at: *at }),
                Some((code, _)) if code.expires_at <= now => return Err(Issued::CodeGone),
                Some((_, redeemed_at)) => *redeemed_at = Some(now),
            }
        }
        if let Some(rotate) = &issue.rotate {
            if self.has_turned_over(rotate) {
                return Ok(());
            }
            self.turn_over(rotate, now)?;
        }
        if let Some(grant) = &issue.new_grant {
            if self.has_begun(grant) {
                return Ok(());
            }
            self.begin(grant)?;
        }
        for claim in &issue.seats {
            self.claim(claim, now)?;
        }
        if let Some(token) = &issue.access {
            self.tokens.entry(token.id).or_insert_with(|| (token.clone(), false));
        }
        Ok(())
    }

    /// Whether this very grant began already: the same request is written a second time.
    fn has_begun(&self, grant: &NewGrant) -> bool {
        self.grants.get(&grant.id).is_some_and(|known| *known.row.grant.nonce == *grant.nonce)
    }

    /// Whether the grant went through this very change of generation already, and through no other since.
    fn has_turned_over(&self, rotate: &Rotate) -> bool {
        let known = self.grants.get(&rotate.grant).map(|grant| &grant.row);
        known.is_some_and(|row| {
            row.replay.is_some() && same_replay(row.replay.as_ref(), rotate.replay.as_ref()) && row.revoked.is_none()
        })
    }

    fn turn_over(&mut self, rotate: &Rotate, now: i64) -> Result<(), Issued> {
        let row = &mut self.grants.get_mut(&rotate.grant).ok_or(Issued::Stale)?.row;
        if !row.is_live(now) || rotate.from.is_some_and(|from| from != row.grant.generation) {
            return Err(Issued::Stale);
        }
        row.grant.generation = row.grant.generation.max(rotate.to);
        row.grant.idle_expires_at = rotate.idle_expires_at;
        row.refreshed_at = now;
        row.replay.clone_from(&rotate.replay);
        Ok(())
    }

    fn begin(&mut self, grant: &NewGrant) -> Result<(), Issued> {
        let served = self.clients.get(&name(&grant.realm, &grant.client)).map(|(status, _)| *status);
        let disabled = grant.user.as_ref().map(|user| self.users.get(&name(&grant.realm, user)).copied());
        if served != Some(ClientStatus::Active) || !matches!(disabled, None | Some(Some(false))) {
            return Err(Issued::Barred);
        }
        let row = GrantRow { grant: grant.clone(), refreshed_at: grant.created_at, revoked: None, replay: None };
        self.grants.insert(grant.id, Grant { row, needed_until: 0 });
        Ok(())
    }

    fn claim(&mut self, claim: &SeatClaim, now: i64) -> Result<(), Issued> {
        let same_pool = |seat: &SeatRow| {
            (&seat.realm, &seat.pool, &seat.organisation) == (&claim.realm, &claim.pool, &claim.organisation)
        };
        let key = seat_key(&claim.realm, &claim.pool, &claim.organisation, &claim.holder, claim.grant);
        if let Some(held) = self.seats.get_mut(&key).filter(|seat| seat.expires_at > now) {
            held.expires_at = claim.expires_at;
            return Ok(());
        }
        self.seats.retain(|_, seat| !same_pool(seat) || seat.expires_at > now);
        let holders: BTreeSet<&str> =
            self.seats.values().filter(|seat| same_pool(seat)).map(|seat| &*seat.holder).collect();
        let in_use = u32::try_from(holders.len()).unwrap();
        if !holders.contains(&*claim.holder) && in_use >= claim.size {
            return Err(Issued::NoSeat { pool: claim.pool.clone(), in_use, size: claim.size });
        }
        let seat = SeatRow {
            realm: claim.realm.clone(),
            pool: claim.pool.clone(),
            organisation: claim.organisation.clone(),
            holder: claim.holder.clone(),
            grant: claim.grant,
            client: claim.client.clone(),
            user: claim.user.clone(),
            claimed_at: now,
            expires_at: claim.expires_at,
        };
        self.seats.insert(key, seat);
        Ok(())
    }

    pub(crate) fn approve(&mut self, approval: &Approval) -> bool {
        if let Some(answered) = &approval.answers {
            if self.answered.contains_key(&answered.id) {
                // Unless it was this very approval.
                return approval.code.as_ref().is_some_and(|code| self.codes.contains_key(&code.id));
            }
            self.answered.insert(answered.id, answered.expires_at);
        }
        if let Some(given) = &approval.consent {
            let key = (given.realm.clone(), given.user.clone(), given.client.clone());
            let consent = self.consents.entry(key).or_default();
            consent.0.extend(given.scope.iter().map(str::to_owned));
            consent.1.clone_from(&given.organisations);
            consent.2 = approval.now;
        }
        if let Some(code) = &approval.code {
            self.codes.insert(code.id, (code.clone(), None));
        }
        true
    }

    pub(crate) fn revoke_grant(&mut self, realm: &str, id: &Id, reason: &str, now: i64, tokens_until: i64) -> bool {
        let live = self.grants.get_mut(id).filter(|grant| grant.row.revoked.is_none());
        let ended = live.is_some();
        if let Some(grant) = live {
            end(grant, reason, now, tokens_until);
        }
        for (token, revoked) in self.tokens.values_mut() {
            *revoked |= token.grant == Some(*id);
        }
        self.seats.retain(|_, seat| seat.grant != *id);
        let name = id_text(id);
        let told = self.revocations.contains_key(&(realm.to_owned(), RevocationKind::Grant.name(), name.clone()));
        if ended || !told {
            self.revoke(realm, RevocationKind::Grant, &name, tokens_until, tokens_until, now);
        }
        ended
    }

    /// Ends all grants of a client or user and frees their seats; how many ended.
    fn end_all(&mut self, realm: &str, whose: Whose<'_>, reason: &str, now: i64, tokens_until: i64) -> u64 {
        let mut ended = 0;
        for grant in self.grants.values_mut().filter(|grant| grant.row.revoked.is_none()) {
            let begun = &grant.row.grant;
            if begun.realm == realm && whose.owns(&begun.client, begun.user.as_deref()) {
                end(grant, reason, now, tokens_until);
                ended += 1;
            }
        }
        self.seats.retain(|_, seat| !(seat.realm == realm && whose.owns(&seat.client, seat.user.as_deref())));
        ended
    }

    /// Every token of a client or user that was given out until `before`.
    fn revoke_whole(&mut self, realm: &str, whose: Whose<'_>, before: i64, now: i64, tokens_until: i64) {
        let (kind, change, id) = match whose {
            Whose::Client(id) => (RevocationKind::Client, ChangeKind::Client, id),
            Whose::User(id) => (RevocationKind::User, ChangeKind::User, id),
        };
        self.revoke(realm, kind, id, before, tokens_until, now);
        self.note(change, realm, id, now);
    }

    pub(crate) fn revoke_all(&mut self, realm: &str, whose: Whose<'_>, now: i64, tokens_until: i64) -> u64 {
        let ended = self.end_all(realm, whose, "revoked", now, tokens_until);
        self.revoke_whole(realm, whose, now, now, tokens_until);
        ended
    }

    pub(crate) fn revoke(
        &mut self,
        realm: &str,
        kind: RevocationKind,
        value: &str,
        before: i64,
        expires_at: i64,
        now: i64,
    ) {
        match self.revocations.get(&(realm.to_owned(), kind.name(), value.to_owned())) {
            Some(old) if old.before >= before && old.expires_at >= expires_at => {}
            Some(old) => {
                let (before, expires_at) = (before.max(old.before), expires_at.max(old.expires_at));
                self.write_down(realm, kind, value, before, expires_at, now);
            }
            None => self.write_down(realm, kind, value, before, expires_at, now),
        }
    }

    fn lower(&mut self, realm: &str, kind: RevocationKind, value: &str, now: i64) {
        let old = self.revocations.get(&(realm.to_owned(), kind.name(), value.to_owned()));
        if let Some(expires_at) = old.filter(|old| old.before > now).map(|old| old.expires_at) {
            self.write_down(realm, kind, value, now, expires_at, now);
        }
    }

    fn write_down(&mut self, realm: &str, kind: RevocationKind, value: &str, before: i64, expires_at: i64, now: i64) {
        self.last_revocation += 1;
        let seq = self.last_revocation;
        let (realm_id, owned) = (realm.to_owned(), value.to_owned());
        let row = Revocation { seq, realm: realm_id, kind, value: owned, before, expires_at };
        self.revocations.insert((realm.to_owned(), kind.name(), value.to_owned()), row);
        self.note(ChangeKind::Revocation, realm, &seq.to_string(), now);
    }

    fn note(&mut self, kind: ChangeKind, realm: &str, id: &str, now: i64) {
        self.last_change += 1;
        let change = Change { seq: self.last_change, kind, realm: realm.to_owned(), id: id.to_owned() };
        self.changes.push((change, now));
    }

    /// Those of all realms, in the order in which followers hear of them.
    pub(crate) fn revocations(&self) -> Vec<Revocation> {
        let mut all: Vec<_> = self.revocations.values().cloned().collect();
        all.sort_by_key(|revocation| revocation.seq);
        all
    }

    pub(crate) fn forget_revocation(&mut self, seq: i64) {
        self.revocations.retain(|_, revocation| revocation.seq != seq);
    }

    /// Whether an opaque token is revoked: by itself, with its grant, its client or its user.
    pub(crate) fn is_revoked(&self, token: &NewAccessToken, revoked: bool) -> bool {
        let whole = |kind: RevocationKind, value: Option<&String>| {
            value
                .and_then(|value| self.revocations.get(&(token.realm.clone(), kind.name(), value.clone())))
                .is_some_and(|revocation| revocation.before >= token.issued_at)
        };
        revoked
            || whole(RevocationKind::Client, Some(&token.client))
            || whole(RevocationKind::User, token.user.as_ref())
    }

    pub(crate) fn set_status(
        &mut self,
        realm: &str,
        id: &str,
        status: ClientStatus,
        now: i64,
        tokens_until: i64,
    ) -> bool {
        let Some((mine, _)) = self.clients.get_mut(&name(realm, id)) else { return false };
        let changed = *mine != status;
        *mine = status;
        if status != ClientStatus::Active {
            let whose = Whose::Client(id);
            self.revoke_whole(realm, whose, tokens_until, now, tokens_until);
            self.end_all(realm, whose, "client", now, tokens_until);
        } else if changed {
            self.lower(realm, RevocationKind::Client, id, now);
        }
        if changed {
            self.note(ChangeKind::Client, realm, id, now);
        }
        true
    }

    pub(crate) fn delete_client(&mut self, realm: &str, id: &str, now: i64, tokens_until: i64) -> bool {
        if !self.set_status(realm, id, ClientStatus::Suspended, now, tokens_until) {
            return false;
        }
        self.clients.remove(&name(realm, id));
        self.consents.retain(|(of, _, client), _| !(of == realm && client == id));
        self.note(ChangeKind::Client, realm, id, now);
        true
    }

    pub(crate) fn put_client(&mut self, realm: &str, id: &str, status: ClientStatus, version: u8, now: i64) -> bool {
        let mine = self.clients.entry(name(realm, id)).or_insert((status, u8::MAX));
        if mine.1 == version {
            return false;
        }
        mine.1 = version;
        if mine.0 == ClientStatus::Active {
            self.lower(realm, RevocationKind::Client, id, now);
        }
        self.note(ChangeKind::Client, realm, id, now);
        true
    }

    pub(crate) fn put_user(&mut self, realm: &str, id: &str, now: i64) {
        self.users.insert(name(realm, id), false);
        self.note(ChangeKind::User, realm, id, now);
    }

    pub(crate) fn put_realm(&mut self, realm: &str, now: i64) {
        self.note(ChangeKind::Realm, realm, realm, now);
    }

    pub(crate) fn disable_user(&mut self, realm: &str, id: &str, disabled: bool, now: i64, tokens_until: i64) -> bool {
        let changed = self.users.get(&name(realm, id)).is_some_and(|was| *was != disabled);
        if changed {
            self.users.insert(name(realm, id), disabled);
        }
        if disabled {
            self.end_all(realm, Whose::User(id), "user", now, tokens_until);
            self.revoke_whole(realm, Whose::User(id), tokens_until, now, tokens_until);
        } else if changed {
            self.lower(realm, RevocationKind::User, id, now);
        }
        if changed {
            self.note(ChangeKind::User, realm, id, now);
        }
        changed
    }

    pub(crate) fn release_seat(&mut self, seat: &SeatRow, now: i64, tokens_until: i64) -> usize {
        let same = |other: &&SeatRow| {
            (&other.realm, &other.pool, &other.organisation, &other.holder)
                == (&seat.realm, &seat.pool, &seat.organisation, &seat.holder)
        };
        let grants: Vec<Id> = self.seats.values().filter(same).map(|held| held.grant).collect();
        for grant in &grants {
            self.revoke_grant(&seat.realm, grant, "seat", now, tokens_until);
        }
        grants.len()
    }

    /// Whether a grant is over for so long that it may be forgotten.
    pub(crate) fn may_forget(grant: &Grant, now: i64) -> bool {
        let before = now - REMEMBERED;
        let begun = &grant.row.grant;
        match grant.row.revoked {
            Some(_) => grant.needed_until < before,
            None => begun.idle_expires_at < before || begun.expires_at < before,
        }
    }
}

fn end(grant: &mut Grant, reason: &str, now: i64, tokens_until: i64) {
    grant.row.revoked = Some((now, reason.to_owned()));
    grant.row.replay = None;
    grant.needed_until = tokens_until;
}

fn seat_key(realm: &str, pool: &str, organisation: &str, holder: &str, grant: Id) -> SeatKey {
    (realm.to_owned(), pool.to_owned(), organisation.to_owned(), holder.to_owned(), grant)
}

pub(crate) fn name(realm: &str, id: &str) -> Name {
    (realm.to_owned(), id.to_owned())
}

/// Whether two answers kept for a retry are the same.
pub(crate) fn same_replay(one: Option<&Replay>, other: Option<&Replay>) -> bool {
    let parts = |replay: &Replay| (replay.sealed.0.clone(), replay.until, replay.generation);
    one.map(parts) == other.map(parts)
}
