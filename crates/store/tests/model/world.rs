//! A store and its model side by side: every step is done to both, and their answers are the same.

use crate::model::{Model, Whose, name, same_replay};
use crate::operations::{
    Back, CLIENTS, DAY, Extras, HOUR, MINUTE, Op, POOLS, Parties, REALMS, SCOPES, SECOND, TURNOVERS, USERS, Which,
};
use claviger_core::client::ClientStatus;
use claviger_core::{Client, Realm, ScopeSet, User};
use claviger_store::{
    Answered, Approval, ConsentGrant, Fault, GrantRow, Id, Issue, Issued, Masked, NewAccessToken, NewCode, NewGrant,
    Precondition, Redeem, Replay, RevocationKind, Rotate, SeatClaim, SeatRow, Store, id_text,
};
use proptest::test_runner::TestCaseError;
use std::collections::BTreeSet;
use std::fmt::Debug;

pub(crate) const START: i64 = 1_700_000_000_000;
/// How long a client that did not receive its answer may ask again.
pub(crate) const GRACE: i64 = 30 * SECOND;
const CODE_LIFE: i64 = MINUTE;

/// A step that did not go as the model says.
pub(crate) type Outcome = Result<(), TestCaseError>;

/// Both, and what the steps refer to.
pub(crate) struct World {
    pub(crate) store: Store,
    pub(crate) model: Model,
    pub(crate) now: i64,
    pub(crate) codes: Vec<Id>,
    pub(crate) grants: Vec<Id>,
    pub(crate) tokens: Vec<Id>,
    pub(crate) pending: Vec<(Id, Parties)>,
    /// How many seats the pools have.
    sizes: [u32; 2],
    /// The last write that may be made again as it is.
    last: Option<Write>,
    made: u64,
    pub(crate) seen_change: i64,
    pub(crate) seen_revocation: i64,
    /// Grants that were seen dead, and tokens that were seen revoked before they were over: they stay that.
    pub(crate) dead: BTreeSet<Id>,
    pub(crate) revoked: BTreeSet<Id>,
    /// Whether the last purge found nothing to do.
    pub(crate) idle_purge: bool,
}

/// A write after which the database may go away before it says how it ended, so that it is made again.
#[derive(Clone)]
enum Write {
    Issue(Box<Issue>),
    Approval(Box<Approval>),
}

/// What went wrong, in words.
pub(crate) fn wrong(text: impl Into<String>) -> TestCaseError {
    TestCaseError::fail(text.into())
}

/// The store did not do what it was asked.
#[expect(clippy::needless_pass_by_value, reason = "goes into map_err")]
pub(crate) fn failed(fault: Fault) -> TestCaseError {
    wrong(format!("the store failed: {fault}"))
}

/// The store's answer is the model's.
pub(crate) fn same<T: PartialEq + Debug>(what: &str, store: &T, model: &T) -> Outcome {
    if store == model { Ok(()) } else { Err(wrong(format!("{what}: the store says {store:?}, the model {model:?}"))) }
}

/// When the last access token that may be out there is over.
pub(crate) fn tokens_until(now: i64) -> i64 {
    now + HOUR
}

pub(crate) fn client(id: &str, status: ClientStatus, version: Which) -> Client {
    let client: Client = serde_json::from_value(serde_json::json!({
        "id": id, "name": format!("version {version}"), "kind": "confidential", "grants": ["authorization_code"],
    }))
    .unwrap();
    Client { status, ..client }
}

pub(crate) fn realm(id: &str) -> Realm {
    serde_json::from_value(serde_json::json!({
        "id": id, "name": id, "issuer": format!("https://{id}.example"), "authorities": [format!("{id}.example")],
        "dialect": {},
    }))
    .unwrap()
}

pub(crate) fn user(id: &str) -> User {
    serde_json::from_value(serde_json::json!({"id": id, "username": format!("{id}@example.com")})).unwrap()
}

impl World {
    /// Two realms with two clients and two users each.
    pub(crate) async fn set_up(store: Store) -> Result<Self, TestCaseError> {
        let mut model = Model::default();
        for at in REALMS {
            store.put_realm(&realm(at), START).await.map_err(failed)?;
            model.put_realm(at, START);
            for id in CLIENTS {
                store.put_client(at, &client(id, ClientStatus::Active, 0), START).await.map_err(failed)?;
                model.put_client(at, id, ClientStatus::Active, 0, START);
            }
            for id in USERS {
                store.put_user(at, &user(id), None, START).await.map_err(failed)?;
                model.put_user(at, id, START);
            }
        }
        Ok(Self {
            store,
            model,
            now: START,
            codes: Vec::new(),
            grants: Vec::new(),
            tokens: Vec::new(),
            pending: Vec::new(),
            sizes: [2, 1],
            last: None,
            made: 0,
            seen_change: 0,
            seen_revocation: 0,
            dead: BTreeSet::new(),
            revoked: BTreeSet::new(),
            idle_purge: false,
        })
    }

    /// Does a step to both.
    pub(crate) async fn step(&mut self, op: Op) -> Outcome {
        let (now, until) = (self.now, tokens_until(self.now));
        match op {
            Op::Wait { ms } => self.now += ms,
            Op::Ask { parties } => self.ask(parties),
            Op::Approve { pending, consent } => return self.approve(pending, consent).await,
            Op::Code { parties } => {
                let code = self.code(parties);
                self.model.approve(&Approval { now, code: Some(code.clone()), ..Approval::default() });
                self.store.put_code(code).await.map_err(failed)?;
            }
            Op::Exchange { code, wrong, turnover, long, extras } => {
                let Some(id) = pick(&self.codes, code) else { return Ok(()) };
                return self.exchange(id, wrong, turnover, long, extras).await;
            }
            Op::Begin { parties, turnover, long, extras } => {
                let id = self.id();
                let grant = self.begun(id, parties, turnover, long);
                return self.begin(extras, Issue { new_grant: Some(grant), ..Issue::default() }).await;
            }
            Op::Present { grant, old, extras } => {
                let Some(id) = self.in_use(grant) else { return Ok(()) };
                return self.present(id, u32::from(old), extras).await;
            }
            Op::Use { grant, turns, extras } => {
                let Some(id) = self.in_use(grant) else { return Ok(()) };
                let long = self.model.grants.get(&id).is_some_and(|grant| is_long(&grant.row.grant));
                for _ in 0..turns {
                    self.now += if long { 50 * MINUTE } else { 19 * MINUTE };
                    self.present(id, 0, extras).await?;
                }
            }
            Op::Move { grant, old, extras } => {
                let Some(id) = self.in_use(grant) else { return Ok(()) };
                return self.advance(id, old, extras).await;
            }
            Op::Again => {
                // Nobody tries for longer than a few seconds.
                let is_late = |at: i64| now - at > 5 * SECOND;
                return match self.last.clone() {
                    Some(Write::Issue(issue)) if !is_late(issue.now) => self.issue(*issue).await,
                    Some(Write::Approval(approval)) if !is_late(approval.now) => self.approval(*approval).await,
                    _ => Ok(()),
                };
            }
            Op::Opaque { parties } => {
                let token = NewAccessToken {
                    id: self.id(),
                    hash: Masked([7; 32]),
                    realm: of(REALMS, parties.realm).into(),
                    client: of(CLIENTS, parties.client).into(),
                    user: parties.user.map(|user| of(USERS, user).into()),
                    grant: None,
                    doc: "{}".into(),
                    issued_at: now,
                    expires_at: now + 10 * MINUTE,
                };
                return self.issue(Issue { now, access: Some(token), ..Issue::default() }).await;
            }
            Op::RevokeGrant { grant, of_code } => {
                let Some(id) = pick(if of_code { &self.codes } else { &self.grants }, grant) else { return Ok(()) };
                let known = self.model.grants.get(&id).map(|grant| grant.row.grant.realm.clone());
                let realm = known.unwrap_or_else(|| "r".to_owned());
                let ended = self.store.revoke_grant(&realm, &id, "revoked", now, until).await.map_err(failed)?;
                same("revoke_grant", &ended, &self.model.revoke_grant(&realm, &id, "revoked", now, until))?;
            }
            Op::RevokeClient { realm, client } => {
                let (realm, id) = (of(REALMS, realm), of(CLIENTS, client));
                let ended = self.store.revoke_all_of_client(realm, id, now, until).await.map_err(failed)?;
                same("revoke_all_of_client", &ended, &self.model.revoke_all(realm, Whose::Client(id), now, until))?;
            }
            Op::RevokeUser { realm, user } => {
                let (realm, id) = (of(REALMS, realm), of(USERS, user));
                let ended = self.store.revoke_all_of_user(realm, id, now, until).await.map_err(failed)?;
                same("revoke_all_of_user", &ended, &self.model.revoke_all(realm, Whose::User(id), now, until))?;
            }
            Op::RevokeToken { token } => {
                let Some(id) = pick(&self.tokens, token) else { return Ok(()) };
                let ended = self.store.revoke_access_token(&id, now).await.map_err(failed)?;
                let wanted = self.model.tokens.get_mut(&id).is_some_and(|(_, gone)| !std::mem::replace(gone, true));
                same("revoke_access_token", &ended, &wanted)?;
            }
            Op::RevokeJti { realm, number, lifetime } => {
                let (realm, value, kind) = (of(REALMS, realm), format!("jti-{number}"), RevocationKind::Jti);
                self.store.revoke(realm, kind, &value, now, now + lifetime, now).await.map_err(failed)?;
                self.model.revoke(realm, kind, &value, now, now + lifetime, now);
            }
            Op::Resize { pool, size } => self.sizes[usize::from(pool)] = size,
            Op::ReleaseSeat { held } => return self.release(held).await,
            Op::Purge { limit } => return self.purge(limit).await,
            Op::PurgeAll { limit } => return self.purge_all(limit).await,
            Op::SetStatus { .. } | Op::DeleteClient { .. } | Op::PutClient { .. } | Op::DisableUser { .. } => {
                return self.administer(op).await;
            }
            Op::Consent { .. } | Op::Withdraw { .. } => return self.consent(op).await,
        }
        Ok(())
    }

    async fn administer(&mut self, op: Op) -> Outcome {
        let (now, until) = (self.now, tokens_until(self.now));
        let (store, model) = (&self.store, &mut self.model);
        match op {
            Op::SetStatus { realm, client, status } => {
                let (realm, id) = (of(REALMS, realm), of(CLIENTS, client));
                let known = store.set_client_status(realm, id, status, now, until).await.map_err(failed)?;
                same("set_client_status", &known, &model.set_status(realm, id, status, now, until))
            }
            Op::DeleteClient { realm, client } => {
                let (realm, id) = (of(REALMS, realm), of(CLIENTS, client));
                let known = store.delete_client(realm, id, now, until).await.map_err(failed)?;
                same("delete_client", &known, &model.delete_client(realm, id, now, until))
            }
            Op::PutClient { realm, client: id, version, status } => {
                let (realm, id) = (of(REALMS, realm), of(CLIENTS, id));
                let changed = store.put_client(realm, &client(id, status, version), now).await.map_err(failed)?;
                same("put_client", &changed, &model.put_client(realm, id, status, version, now))
            }
            Op::DisableUser { realm, user, disabled } => {
                let (realm, id) = (of(REALMS, realm), of(USERS, user));
                let changed = store.disable_user(realm, id, disabled, now, until).await.map_err(failed)?;
                same("disable_user", &changed, &model.disable_user(realm, id, disabled, now, until))
            }
            other => Err(wrong(format!("not an administrator's step: {other:?}"))),
        }
    }

    fn ask(&mut self, parties: Parties) {
        let id = self.id();
        self.pending.push((id, parties));
    }

    async fn approve(&mut self, pending: Back, consent: bool) -> Outcome {
        let Some((id, parties)) = pick(&self.pending, pending) else { return Ok(()) };
        let code = self.code(parties);
        let consent = consent.then(|| given(parties, 2, true));
        let (realm, expires_at) = (of(REALMS, parties.realm).to_owned(), self.now + 10 * MINUTE);
        let answers = Some(Answered { id, realm, sealed: vec![1], expires_at });
        let approval = Approval { now: self.now, answers, consent, code: Some(code), ..Approval::default() };
        self.approval(approval).await
    }

    async fn approval(&mut self, approval: Approval) -> Outcome {
        let approved = self.store.approve(approval.clone()).await.map_err(failed)?;
        let wanted = self.model.approve(&approval);
        self.last = Some(Write::Approval(Box::new(approval)));
        same("approve", &approved, &wanted)
    }

    async fn consent(&mut self, op: Op) -> Outcome {
        match op {
            Op::Consent { parties, scope, organisation } => {
                let consent = given(parties, scope, organisation);
                self.store.grant_consent(consent.clone(), self.now).await.map_err(failed)?;
                self.model.approve(&Approval { now: self.now, consent: Some(consent), ..Approval::default() });
                Ok(())
            }
            Op::Withdraw { parties } => {
                let ConsentGrant { realm, user, client, .. } = given(parties, 0, false);
                let was = self.store.withdraw_consent(&realm, &user, &client).await.map_err(failed)?;
                same("withdraw_consent", &was, &self.model.consents.remove(&(realm, user, client)).is_some())
            }
            other => Err(wrong(format!("not about consent: {other:?}"))),
        }
    }

    async fn exchange(&mut self, id: Id, wrong: bool, turnover: Which, long: bool, extras: Extras) -> Outcome {
        // A code that was forgotten was for somebody all the same.
        let code = self.model.codes.get(&id).map(|(code, _)| code.clone());
        let user = code.as_ref().map_or_else(|| "u".to_owned(), |code| code.doc.clone());
        let place = |names: [&str; 2], name: &str| Which::from(names[1] == name);
        let (realm, client) = code.map_or(("r".into(), "c".into()), |code| (code.realm, code.client));
        let user = (user != "-").then(|| place(USERS, &user));
        let parties = Parties { realm: place(REALMS, &realm), client: place(CLIENTS, &client), user };
        let grant = self.begun(id, parties, turnover, long);
        let redeem =
            Redeem { code: id, hash: if wrong { [6; 32] } else { [5; 32] }, precondition: Precondition::default() };
        self.begin(extras, Issue { redeem: Some(redeem), new_grant: Some(grant), ..Issue::default() }).await
    }

    /// A refresh as a server does it: it looks first, and decides.
    async fn present(&mut self, id: Id, old: u32, extras: Extras) -> Outcome {
        let now = self.now;
        let row = self.store.grant(&id).await.map_err(failed)?;
        let wanted = self.model.grants.get(&id).map(|grant| &grant.row);
        same(
            "whether the grant is live",
            &row.as_ref().map(|row| row.is_live(now)),
            &wanted.map(|row| row.is_live(now)),
        )?;
        let Some(row) = row.filter(|row| row.is_live(now)) else { return Ok(()) };
        let Some(presented) = row.grant.generation.checked_sub(old) else { return Ok(()) };
        if row.grant.turnover != TURNOVERS[0] {
            let to = row.grant.generation + u32::from(row.grant.turnover == TURNOVERS[1]);
            return self.refresh(&row, None, to, extras).await;
        }
        if old == 0 {
            return self.refresh(&row, Some(presented), presented + 1, extras).await;
        }
        let again =
            |row: &GrantRow| row.replay.clone().filter(|replay| replay.generation == presented && now < replay.until);
        let (kept, known) = (again(&row), wanted.and_then(again));
        if !same_replay(kept.as_ref(), known.as_ref()) {
            return Err(wrong(format!("the answer for a retry: the store has {kept:?}, the model {known:?}")));
        }
        if kept.is_some() {
            return Ok(());
        }
        let (realm, until) = (row.grant.realm, tokens_until(now));
        let ended = self.store.revoke_grant(&realm, &id, "reuse", now, until).await.map_err(failed)?;
        same("revoke_grant after reuse", &ended, &self.model.revoke_grant(&realm, &id, "reuse", now, until))
    }

    /// A refresh as a server does it that looked a while ago.
    async fn advance(&mut self, id: Id, old: i8, extras: Extras) -> Outcome {
        let Some(row) = self.model.grants.get(&id).map(|grant| grant.row.clone()) else { return Ok(()) };
        let Some(from) = row.grant.generation.checked_add_signed(-i32::from(old)) else { return Ok(()) };
        match row.grant.turnover.as_str() {
            "rotate" => self.refresh(&row, Some(from), from + 1, extras).await,
            "reissue" => self.refresh(&row, None, from + 1, extras).await,
            _ => self.refresh(&row, None, from, extras).await,
        }
    }

    /// Does a token request's writes to both.
    async fn issue(&mut self, issue: Issue) -> Outcome {
        let answer = self.store.issue(issue.clone()).await.map_err(failed)?;
        let done = answer == Issued::Done;
        if let Some(grant) = issue.new_grant.as_ref().filter(|grant| done && !self.grants.contains(&grant.id)) {
            self.grants.push(grant.id);
        }
        if let Some(token) = issue.access.as_ref().filter(|token| done && !self.tokens.contains(&token.id)) {
            self.tokens.push(token.id);
        }
        let wanted = self.model.issue(&issue);
        self.last = Some(Write::Issue(Box::new(issue)));
        same("issue", &answer, &wanted)
    }

    async fn release(&mut self, held: u8) -> Outcome {
        let mut seats: Vec<SeatRow> = self.model.seats.values().cloned().collect();
        seats.sort_by_key(|seat| (seat.claimed_at, seat.grant));
        let Some(seat) = seats.get(usize::from(held)) else { return Ok(()) };
        let (now, until) = (self.now, tokens_until(self.now));
        let released =
            self.store.release_seat(&seat.realm, &seat.pool, &seat.organisation, &seat.holder, now, until).await;
        same("release_seat", &released.map_err(failed)?, &self.model.release_seat(seat, now, until))
    }

    /// A grant to go on with: mostly one that lives.
    fn in_use(&self, back: Back) -> Option<Id> {
        let live = |id: &&Id| self.model.grants.get(*id).is_some_and(|grant| grant.row.is_live(self.now));
        let all: Vec<Id> = self.grants.iter().filter(|id| back > 2 || live(id)).copied().collect();
        pick(&all, if back > 2 { back - 3 } else { back })
    }

    /// An id that no step made before, in order of time.
    fn id(&mut self) -> Id {
        self.made += 1;
        (u128::try_from(self.now).unwrap() << 80 | u128::from(self.made)).to_be_bytes()
    }

    fn code(&mut self, parties: Parties) -> NewCode {
        let id = self.id();
        self.codes.push(id);
        NewCode {
            id,
            hash: Masked([5; 32]),
            realm: of(REALMS, parties.realm).into(),
            client: of(CLIENTS, parties.client).into(),
            user: parties.user.map(|user| of(USERS, user).into()),
            doc: parties.user.map_or("-", |user| of(USERS, user)).into(),
            expires_at: self.now + CODE_LIFE,
        }
    }

    fn begun(&mut self, id: Id, parties: Parties, turnover: Which, long: bool) -> NewGrant {
        let (idle, absolute) = if long { (HOUR, DAY) } else { (20 * MINUTE, HOUR) };
        NewGrant {
            id,
            realm: of(REALMS, parties.realm).into(),
            client: of(CLIENTS, parties.client).into(),
            user: parties.user.map(|user| of(USERS, user).into()),
            flow: "authorization_code".into(),
            doc: "{}".into(),
            nonce: Masked(self.id()),
            generation: 0,
            turnover: TURNOVERS[usize::from(turnover)].into(),
            created_at: self.now,
            idle_expires_at: self.now + idle,
            expires_at: self.now + absolute,
        }
    }

    /// Moves a grant on, with what goes with it.
    async fn refresh(&mut self, row: &GrantRow, from: Option<u32>, to: u32, extras: Extras) -> Outcome {
        let now = self.now;
        let idle = if is_long(&row.grant) { HOUR } else { 20 * MINUTE };
        let replay =
            from.map(|generation| Replay { sealed: Masked(self.id().to_vec()), until: now + GRACE, generation });
        let idle_expires_at = (now + idle).min(row.grant.expires_at);
        let rotate =
            Rotate { grant: row.grant.id, from, to, idle_expires_at, precondition: Precondition::default(), replay };
        let issue = Issue { rotate: Some(rotate), ..Issue::default() };
        let issue = self.with(&row.grant, idle_expires_at, extras, issue);
        self.issue(issue).await
    }

    /// Begins a grant, with what goes with it.
    async fn begin(&mut self, extras: Extras, issue: Issue) -> Outcome {
        let grant = issue.new_grant.clone().ok_or_else(|| wrong("no grant begins"))?;
        let issue = self.with(&grant, grant.idle_expires_at, extras, issue);
        self.issue(issue).await
    }

    /// The same, with an access token and seats for the grant, which is idle until `idle`.
    fn with(&mut self, grant: &NewGrant, idle: i64, extras: Extras, issue: Issue) -> Issue {
        let access_end = self.now + 10 * MINUTE;
        let access = extras.access.then(|| NewAccessToken {
            id: self.id(),
            hash: Masked([7; 32]),
            realm: grant.realm.clone(),
            client: grant.client.clone(),
            user: grant.user.clone(),
            grant: Some(grant.id),
            doc: "{}".into(),
            issued_at: self.now,
            expires_at: access_end,
        });
        let wanted = POOLS.iter().zip(self.sizes).enumerate().filter(|(number, _)| extras.pools & (1 << number) != 0);
        let seats = wanted.map(|(number, (pool, size))| SeatClaim {
            realm: grant.realm.clone(),
            pool: (*pool).to_owned(),
            organisation: if extras.organisation { "x".into() } else { String::new() },
            holder: grant.user.clone().filter(|_| number == 1).unwrap_or_else(|| id_text(&grant.id)),
            grant: grant.id,
            client: grant.client.clone(),
            user: grant.user.clone(),
            size,
            expires_at: idle.max(access_end),
        });
        Issue { now: self.now, access, seats: seats.collect(), ..issue }
    }

    /// The client as the model has it.
    pub(crate) fn status(&self, realm: &str, id: &str) -> Option<ClientStatus> {
        self.model.clients.get(&name(realm, id)).map(|(status, _)| *status)
    }
}

/// A consent that is given.
fn given(parties: Parties, scope: u8, organisation: bool) -> ConsentGrant {
    ConsentGrant {
        realm: of(REALMS, parties.realm).into(),
        user: of(USERS, parties.user.unwrap_or(0)).into(),
        client: of(CLIENTS, parties.client).into(),
        scope: ScopeSet::parse(SCOPES[usize::from(scope)]).unwrap(),
        organisations: if organisation { vec!["x".into()] } else { Vec::new() },
        until: None,
    }
}

/// Which of the two kinds of lives it has.
fn is_long(grant: &NewGrant) -> bool {
    grant.expires_at - grant.created_at > HOUR
}

/// A name by its number.
pub(crate) fn of(names: [&str; 2], which: Which) -> &str {
    names[usize::from(which)]
}

fn pick<T: Copy>(all: &[T], back: Back) -> Option<T> {
    all.len().checked_sub(usize::from(back) + 1).and_then(|at| all.get(at)).copied()
}
