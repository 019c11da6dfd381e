//! Many tasks at once at the same codes, grants, seats and waiting requests. What each was answered is written down with
//! when it was asked and when it was answered; [`crate::history`] looks whether all of it can be true.

use crate::history::{Did, Entry, History, Watched};
use crate::operations::{MINUTE, SECOND};
use crate::world::{START, client, realm, tokens_until, user};
use crate::{fresh, options, setting};
use claviger_core::ScopeSet;
use claviger_core::client::ClientStatus;
use claviger_store::{
    Answered, Approval, ConsentGrant, Id, Issue, Issued, Masked, NewAccessToken, NewCode, NewGrant, Precondition,
    Redeem, Replay, Revocation, Rotate, SeatClaim, Store, id_text,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

const TASKS: usize = 12;
const STEPS: usize = 14;
/// How many seats each round's pool has.
pub(crate) const SEATS: usize = 2;

/// What the tasks of a round share.
struct Round {
    number: u64,
    /// As many servers, one database.
    stores: Vec<Store>,
    /// The time as the servers believe it is.
    clock: AtomicI64,
    /// Puts what was asked and answered in order.
    order: AtomicU64,
    codes: Vec<Id>,
    pending: Vec<Id>,
    /// Grants that somebody was told of.
    grants: Mutex<Vec<Id>>,
    entries: Mutex<Vec<Entry>>,
}

/// Numbers that a seed gives; not random, only spread.
struct Spread(u64);

impl Spread {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % u64::try_from(end).unwrap()).unwrap()
    }
}

fn id() -> Id {
    *uuid::Uuid::now_v7().as_bytes()
}

impl Round {
    fn client(&self) -> String {
        format!("c{}", self.number)
    }

    fn user(&self) -> String {
        format!("u{}", self.number)
    }

    fn pool(&self) -> String {
        format!("p{}", self.number)
    }

    /// A realm, a client, a user, two codes and two waiting requests, and two grants that live already.
    async fn set_up(number: u64, stores: Vec<Store>) -> Arc<Self> {
        let mut round = Self {
            number,
            stores,
            clock: AtomicI64::new(START),
            order: AtomicU64::new(0),
            codes: vec![id(), id()],
            pending: vec![id(), id()],
            grants: Mutex::default(),
            entries: Mutex::default(),
        };
        let store = round.stores[0].clone();
        store.put_realm(&realm("r"), START).await.unwrap();
        store.put_client("r", &client(&round.client(), ClientStatus::Active, 0), START).await.unwrap();
        store.put_user("r", &user(&round.user()), None, START).await.unwrap();
        for code in round.codes.clone() {
            store.put_code(round.code(code)).await.unwrap();
        }
        for turnover in ["rotate", "reissue"] {
            let grant = round.grant(id(), turnover, START);
            let issue = Issue { now: START, new_grant: Some(grant.clone()), ..Issue::default() };
            assert_eq!(store.issue(issue).await.unwrap(), Issued::Done);
            round.grants.get_mut().unwrap().push(grant.id);
        }
        Arc::new(round)
    }

    fn code(&self, id: Id) -> NewCode {
        NewCode {
            id,
            hash: Masked([5; 32]),
            realm: "r".into(),
            client: self.client(),
            user: Some(self.user()),
            doc: "{}".into(),
            expires_at: START + 10 * MINUTE,
        }
    }

    fn grant(&self, grant: Id, turnover: &str, now: i64) -> NewGrant {
        NewGrant {
            id: grant,
            realm: "r".into(),
            client: self.client(),
            user: Some(self.user()),
            flow: "authorization_code".into(),
            doc: "{}".into(),
            nonce: Masked(id()),
            generation: 0,
            turnover: turnover.into(),
            created_at: now,
            idle_expires_at: now + 30 * MINUTE,
            expires_at: now + 60 * MINUTE,
        }
    }

    fn token(&self, grant: Id, now: i64) -> NewAccessToken {
        NewAccessToken {
            id: id(),
            hash: Masked([7; 32]),
            realm: "r".into(),
            client: self.client(),
            user: Some(self.user()),
            grant: Some(grant),
            doc: "{}".into(),
            issued_at: now,
            expires_at: now + 10 * MINUTE,
        }
    }

    /// A seat for a few seconds, so that seats fall back while others are taken.
    fn seat(&self, grant: Id, of_user: bool, now: i64) -> SeatClaim {
        SeatClaim {
            realm: "r".into(),
            pool: self.pool(),
            organisation: String::new(),
            holder: if of_user { self.user() } else { id_text(&grant) },
            grant,
            client: self.client(),
            user: Some(self.user()),
            size: u32::try_from(SEATS).unwrap(),
            expires_at: now + 5 * SECOND,
        }
    }

    /// One task's share.
    async fn work(self: Arc<Self>, task: usize, mut spread: Spread) {
        let store = self.stores[task % self.stores.len()].clone();
        for step in 0..STEPS {
            let now = self.clock.fetch_add(i64::try_from(spread.below(400)).unwrap(), Ordering::SeqCst);
            let began = self.order.fetch_add(1, Ordering::SeqCst);
            let did = self.act(&store, (task, step), now, &mut spread).await;
            let ended = self.order.fetch_add(1, Ordering::SeqCst);
            if let Did::Issue { begun: Some(grant), answer: Issued::Done, .. } = &did {
                self.grants.lock().unwrap().push(*grant);
            }
            self.entries.lock().unwrap().push(Entry { began, ended, now, did });
        }
    }

    async fn act(&self, store: &Store, (task, step): (usize, usize), now: i64, spread: &mut Spread) -> Did {
        let until = tokens_until(now);
        let code = self.codes[spread.below(self.codes.len())];
        let grant = {
            let known = self.grants.lock().unwrap();
            known[spread.below(known.len())]
        };
        // Suspension ends the round for most others, so it comes late.
        match spread.below(if step > STEPS - 3 { 100 } else { 97 }) {
            0..12 => {
                let redeem = Redeem { code, hash: [5; 32], precondition: Precondition::default() };
                let begun = self.grant(code, "rotate", now);
                self.issue(store, Issue { now, redeem: Some(redeem), new_grant: Some(begun), ..Issue::default() }).await
            }
            12..55 => self.refresh(store, grant, now, spread.below(2) == 0).await,
            55..70 => {
                let grant = self.grant(id(), "reissue", now);
                let seats = vec![self.seat(grant.id, spread.below(2) == 0, now)];
                self.issue(store, Issue { now, new_grant: Some(grant), seats, ..Issue::default() }).await
            }
            70..75 => {
                store.revoke_grant("r", &grant, "revoked", now, until).await.unwrap();
                Did::RevokeGrant(grant)
            }
            75..77 => {
                store.revoke_all_of_user("r", &self.user(), now, until).await.unwrap();
                Did::RevokeAll
            }
            77..79 => {
                store.revoke_all_of_client("r", &self.client(), now, until).await.unwrap();
                Did::RevokeAll
            }
            79..84 => {
                let seats = store.seats("r", now).await.unwrap();
                if let Some(seat) = seats.iter().find(|seat| seat.pool == self.pool()) {
                    store.release_seat("r", &seat.pool, "", &seat.holder, now, until).await.unwrap();
                }
                Did::Nothing
            }
            84..90 => {
                let pending = self.pending[spread.below(self.pending.len())];
                let code = self.code(id());
                let given = Some(code.id);
                let expires_at = START + 60 * MINUTE;
                let answers = Some(Answered { id: pending, realm: "r".into(), sealed: vec![1], expires_at });
                let approval = Approval { now, answers, code: Some(code), ..Approval::default() };
                let approved = store.approve(approval).await.unwrap();
                Did::Approve { pending, code: given.filter(|_| approved) }
            }
            90..94 => {
                let scope = format!("t{task}s{step}");
                let consent = ConsentGrant {
                    realm: "r".into(),
                    user: self.user(),
                    client: self.client(),
                    scope: ScopeSet::parse(&scope).unwrap(),
                    organisations: Vec::new(),
                    until: None,
                };
                store.grant_consent(consent, now).await.unwrap();
                Did::Consent(scope)
            }
            94..97 => {
                store.purge(now, 3).await.unwrap();
                Did::Nothing
            }
            97..99 => {
                store.set_client_status("r", &self.client(), ClientStatus::Suspended, now, until).await.unwrap();
                Did::Suspend
            }
            _ => {
                store.disable_user("r", &self.user(), true, now, until).await.unwrap();
                Did::Suspend
            }
        }
    }

    /// A refresh as a server does it: it looks, and then writes; others may have been there meanwhile.
    async fn refresh(&self, store: &Store, grant: Id, now: i64, seat: bool) -> Did {
        let Some(row) = store.grant(&grant).await.unwrap() else { return Did::Nothing };
        let generation = row.grant.generation;
        let keeps = row.grant.turnover == "rotate";
        let sealed = Masked(id().to_vec());
        let rotate = Rotate {
            grant,
            from: keeps.then_some(generation),
            to: generation + 1,
            idle_expires_at: now + 30 * MINUTE,
            precondition: Precondition::default(),
            replay: keeps.then_some(Replay { sealed, until: now + 30 * SECOND, generation }),
        };
        let seats = if seat { vec![self.seat(grant, false, now)] } else { Vec::new() };
        self.issue(store, Issue { now, rotate: Some(rotate), seats, ..Issue::default() }).await
    }

    /// Writes it together with an opaque access token.
    async fn issue(&self, store: &Store, issue: Issue) -> Did {
        let begun = issue.new_grant.as_ref().map(|grant| grant.id);
        let family = begun.or(issue.rotate.as_ref().map(|rotate| rotate.grant)).unwrap();
        let token = self.token(family, issue.now);
        let code = issue.redeem.as_ref().map(|redeem| redeem.code);
        let from = issue.rotate.as_ref().and_then(|rotate| rotate.from);
        let access = token.id;
        let answer = store.issue(Issue { access: Some(token), ..issue }).await.unwrap();
        Did::Issue { code, begun, family, from, access, answer }
    }

    /// Looks at the seats, the changes and the revocations until the work is done.
    async fn watch(self: Arc<Self>, done: Arc<AtomicBool>) -> Watched {
        let store = self.stores.last().unwrap().clone();
        let mut watched = Watched::default();
        let (mut change, mut revocation) = (0, 0);
        loop {
            let last = done.load(Ordering::SeqCst);
            let mut pools: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
            for seat in store.seats("r", 0).await.unwrap() {
                pools.entry(seat.pool).or_default().insert(seat.holder);
            }
            watched.most_seats = pools.values().map(BTreeSet::len).chain([watched.most_seats]).max().unwrap_or(0);
            let changes = store.changes_after(change, 50).await.unwrap();
            let whole = changes.items.iter().map(|item| item.seq).eq(change + 1..=changes.seq);
            if changes.reset || !whole {
                watched.gaps.push(format!("behind change {change}: {changes:?}"));
            }
            let revocations = store.revocations_after(None, revocation, 50).await.unwrap();
            for Revocation { realm, kind, value, before, .. } in revocations.items {
                watched.heard.insert((realm, kind.name(), value), before);
            }
            let idle = change == changes.seq && revocation == revocations.seq;
            (change, revocation) = (changes.seq, revocations.seq);
            watched.looks += 1;
            if last && idle {
                return watched;
            }
            if idle {
                tokio::time::sleep(std::time::Duration::from_millis(1)).await;
            }
        }
    }
}

/// One round on a database: its history, as it must not be.
async fn play(number: u64, stores: Vec<Store>) -> Vec<String> {
    let round = Round::set_up(number, stores).await;
    let done = Arc::new(AtomicBool::new(false));
    let watch = tokio::spawn(Arc::clone(&round).watch(Arc::clone(&done)));
    let tasks: Vec<_> = (0..TASKS)
        .map(|task| {
            let seed = number.wrapping_mul(1_000_003).wrapping_add(u64::try_from(task).unwrap());
            tokio::spawn(Arc::clone(&round).work(task, Spread(seed)))
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    done.store(true, Ordering::SeqCst);
    let watched = watch.await.unwrap();
    let entries = std::mem::take(&mut *round.entries.lock().unwrap());
    let (client, user) = (round.client(), round.user());
    let history = History { store: &round.stores[0], entries: &entries, watched: &watched, client, user };
    history.judge(&round.codes, &round.pending).await
}

fn rounds(on_postgres: bool, servers: usize) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_all().build().unwrap();
    let first = u64::from(setting("CLAVIGER_MODEL_SEED", std::process::id() % 100_000 * 1_000));
    runtime.block_on(async {
        let url = fresh(on_postgres);
        let mut stores = Vec::new();
        for _ in 0..servers {
            stores.push(Store::connect(&url, &options()).await.unwrap());
        }
        let rounds = setting("CLAVIGER_MODEL_ROUNDS", if on_postgres { 8 } else { 20 });
        for number in first..first + u64::from(rounds) {
            let wrong = play(number, stores.clone()).await;
            assert!(wrong.is_empty(), "round {number} (CLAVIGER_MODEL_SEED={number}):\n{}", wrong.join("\n"));
        }
    });
}

#[test]
fn sqlite_keeps_its_promises_to_many_at_once() {
    rounds(false, 1);
}

#[test]
fn postgresql_keeps_its_promises_to_many_servers_at_once() {
    rounds(true, 3);
}
