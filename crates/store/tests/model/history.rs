//! Whether what many tasks were told can all be true, whichever order their steps took effect in.

use crate::together::SEATS;
use crate::world::tokens_until;
use claviger_core::client::ClientStatus;
use claviger_store::{Id, Issued, Store};
use std::collections::{BTreeMap, BTreeSet};

/// What a task did, and what it was told.
pub(crate) enum Did {
    Nothing,
    /// A token request's writes: an opaque access token with each.
    Issue {
        /// The code that was exchanged.
        code: Option<Id>,
        /// The grant that was to begin.
        begun: Option<Id>,
        /// The grant.
        family: Id,
        /// The generation that was to be the present one.
        from: Option<u32>,
        access: Id,
        answer: Issued,
    },
    RevokeGrant(Id),
    /// Everything of the round's one client, or its one user, which is the same.
    RevokeAll,
    /// The same, and nothing begins afterwards.
    Suspend,
    Approve {
        pending: Id,
        code: Option<Id>,
    },
    Consent(String),
}

/// A step between when it was asked for and when it was answered.
pub(crate) struct Entry {
    pub(crate) began: u64,
    pub(crate) ended: u64,
    pub(crate) now: i64,
    pub(crate) did: Did,
}

/// What somebody saw who only looked.
#[derive(Default)]
pub(crate) struct Watched {
    pub(crate) most_seats: usize,
    pub(crate) gaps: Vec<String>,
    /// The last that was heard of each revocation.
    pub(crate) heard: BTreeMap<(String, &'static str, String), i64>,
    pub(crate) looks: u32,
}

/// A round's history, and the store as it is afterwards.
pub(crate) struct History<'a> {
    pub(crate) store: &'a Store,
    pub(crate) entries: &'a [Entry],
    pub(crate) watched: &'a Watched,
    pub(crate) client: String,
    pub(crate) user: String,
}

/// A token request's writes, as in [`Did::Issue`].
struct Write<'a> {
    entry: &'a Entry,
    code: Option<Id>,
    begun: Option<Id>,
    family: Id,
    from: Option<u32>,
    access: Id,
    answer: &'a Issued,
}

impl Write<'_> {
    fn is_done(&self) -> bool {
        *self.answer == Issued::Done
    }
}

impl History<'_> {
    /// What cannot be true, a line each.
    pub(crate) async fn judge(&self, codes: &[Id], pending: &[Id]) -> Vec<String> {
        let mut wrong = self.watched.gaps.clone();
        if self.watched.most_seats > SEATS {
            wrong.push(format!("{} seats of {SEATS} were held at once", self.watched.most_seats));
        }
        for code in codes {
            self.one_winner(code, &mut wrong).await;
        }
        self.one_successor(&mut wrong).await;
        self.answers_are_kept(&mut wrong).await;
        self.nothing_lives(&mut wrong).await;
        self.approvals(pending, &mut wrong).await;
        self.consents(&mut wrong).await;
        self.everything_is_heard(&mut wrong).await;
        self.nothing_comes_back(&mut wrong).await;
        wrong
    }

    fn writes(&self) -> impl Iterator<Item = Write<'_>> {
        self.entries.iter().filter_map(|entry| match &entry.did {
            Did::Issue { code, begun, family, from, access, answer } => {
                Some(Write { entry, code: *code, begun: *begun, family: *family, from: *from, access: *access, answer })
            }
            _ => None,
        })
    }

    async fn one_winner(&self, code: &Id, wrong: &mut Vec<String>) {
        let row = self.store.code(code).await.unwrap().unwrap();
        let of_code: Vec<_> = self.writes().filter(|write| write.code == Some(*code)).collect();
        let winners = of_code.iter().filter(|write| write.is_done()).count();
        if winners > 1 || (winners == 1) != row.redeemed_at.is_some() {
            wrong.push(format!("{winners} exchanged a code that says {:?}", row.redeemed_at));
        }
        for write in of_code {
            if let Issued::CodeSpent { first_redeemed_at } = write.answer
                && Some(*first_redeemed_at) != row.redeemed_at
            {
                wrong.push(format!("a code of {:?} was said to be of {first_redeemed_at}", row.redeemed_at));
            }
        }
    }

    async fn one_successor(&self, wrong: &mut Vec<String>) {
        let mut turns: BTreeMap<Id, Vec<u32>> = BTreeMap::new();
        for write in self.writes().filter(Write::is_done) {
            if let Some(from) = write.from {
                turns.entry(write.family).or_default().push(from);
            }
        }
        for (grant, mut from) in turns {
            from.sort_unstable();
            let generation = self.store.grant(&grant).await.unwrap().unwrap().grant.generation;
            if !from.iter().copied().eq(0..generation) {
                wrong.push(format!("a grant went on from {from:?} and is at {generation}"));
            }
        }
    }

    /// What was answered is there, and what was refused left nothing.
    async fn answers_are_kept(&self, wrong: &mut Vec<String>) {
        for write in self.writes() {
            let there = self.store.access_token(&write.access).await.unwrap().is_some();
            if there != write.is_done() {
                wrong.push(format!("answered {:?}, and whether its token is there: {there}", write.answer));
            }
            if write.is_done() && self.store.grant(&write.family).await.unwrap().is_none() {
                wrong.push("a grant that was answered is not there".into());
            }
        }
    }

    /// After a revocation was answered, nothing lives that was there when it was asked for, and nothing goes on.
    async fn nothing_lives(&self, wrong: &mut Vec<String>) {
        for entry in self.entries {
            let (what, everything, forever) = match &entry.did {
                Did::RevokeGrant(grant) => (Some(*grant), false, true),
                Did::RevokeAll => (None, true, false),
                Did::Suspend => (None, true, true),
                _ => continue,
            };
            for write in self.writes().filter(|write| everything || what == Some(write.family)) {
                let asked_later = write.entry.began > entry.ended;
                let was_there = write.entry.ended < entry.began;
                if asked_later && write.is_done() && forever && !(everything && self.began_at_once(&write, entry)) {
                    wrong.push("something was issued after a revocation was answered".into());
                }
                if write.is_done() && (was_there || forever) {
                    let token = self.store.access_token(&write.access).await.unwrap();
                    let counts = token.is_some_and(|token| !token.revoked);
                    let grant = self.store.grant(&write.family).await.unwrap();
                    // What begins at the same moment as its client is stopped may have begun after that; it is of no use
                    // (see `nothing_comes_back`), and its tokens are revoked already.
                    let live = grant.is_some_and(|grant| grant.is_live(entry.now)) && (was_there || what.is_some());
                    if counts || live {
                        wrong.push(format!(
                            "after a revocation (suspension: {forever}, of one grant: {}): the token counts: {counts}, \
                             the grant is live: {live}; it began: {}, and was answered before: {was_there}",
                            what.is_some(),
                            write.begun.is_some()
                        ));
                    }
                }
            }
            if what.is_some() {
                let held = self.store.seats("r", 0).await.unwrap();
                if held.iter().any(|seat| Some(seat.grant) == what) {
                    wrong.push("a seat is held after a revocation of its grant".into());
                }
            }
        }
    }

    /// Whether a write's grant began while its client was being stopped: the store may put that after the stop, and the
    /// server, which looks at the client, refuses what comes of it.
    fn began_at_once(&self, write: &Write<'_>, stop: &Entry) -> bool {
        self.writes()
            .filter(|other| other.begun == Some(write.family) && other.is_done())
            .any(|other| other.entry.began < stop.ended && other.entry.ended > stop.began)
    }

    /// When a client that was stopped, or a user, is let in again, nothing of before lives.
    async fn nothing_comes_back(&self, wrong: &mut Vec<String>) {
        if !self.entries.iter().any(|entry| matches!(entry.did, Did::Suspend)) {
            return;
        }
        let now = self.entries.iter().map(|entry| entry.now).max().unwrap_or(0);
        let until = tokens_until(now);
        self.store.set_client_status("r", &self.client, ClientStatus::Active, now, until).await.unwrap();
        self.store.disable_user("r", &self.user, false, now, until).await.unwrap();
        for write in self.writes().filter(Write::is_done) {
            let grant = self.store.grant(&write.family).await.unwrap();
            let token = self.store.access_token(&write.access).await.unwrap();
            let lives = grant.is_some_and(|grant| grant.is_live(now));
            let counts = token.is_some_and(|token| !token.revoked);
            if lives || counts {
                wrong.push(format!("of before a suspension a grant lives: {lives}, a token counts: {counts}"));
            }
        }
        if self.store.seats("r", 0).await.unwrap().iter().any(|seat| seat.client == self.client) {
            wrong.push("a seat of before a suspension is held".into());
        }
    }

    async fn approvals(&self, pending: &[Id], wrong: &mut Vec<String>) {
        for id in pending {
            let approved = self.entries.iter().filter_map(|entry| match &entry.did {
                Did::Approve { pending, code } if pending == id => Some(*code),
                _ => None,
            });
            let (all, codes): (Vec<_>, Vec<Id>) = (approved.clone().collect(), approved.flatten().collect());
            if codes.len() > 1 || codes.is_empty() != all.is_empty() {
                wrong.push(format!("of {} approvals of one request {} counted", all.len(), codes.len()));
            }
            for code in codes {
                if self.store.code(&code).await.unwrap().is_none() {
                    wrong.push("the code of an approval is not there".into());
                }
            }
        }
    }

    async fn consents(&self, wrong: &mut Vec<String>) {
        let given: BTreeSet<&String> = self
            .entries
            .iter()
            .filter_map(|entry| if let Did::Consent(scope) = &entry.did { Some(scope) } else { None })
            .collect();
        let kept = self.store.consent("r", &self.user, &self.client).await.unwrap();
        let missing: Vec<_> =
            given.iter().filter(|scope| !kept.as_ref().is_some_and(|kept| kept.scope.contains(scope))).collect();
        if !missing.is_empty() {
            wrong.push(format!("consents were lost: {missing:?}"));
        }
    }

    /// Who followed from the beginning knows what one knows who asks now.
    async fn everything_is_heard(&self, wrong: &mut Vec<String>) {
        let all = self.store.revocations_after(None, 0, 1_000_000).await.unwrap().items;
        let there: BTreeMap<_, _> =
            all.into_iter().map(|item| ((item.realm, item.kind.name(), item.value), item.before)).collect();
        if self.watched.heard != there {
            let heard = &self.watched.heard;
            let missed = there.iter().filter(|(key, before)| heard.get(key) != Some(before)).count();
            wrong.push(format!("a follower heard {} revocations of {}, {missed} differ", heard.len(), there.len()));
        }
    }
}
