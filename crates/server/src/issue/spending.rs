//! What a request uses up: assertions and proofs that are good once.
//!
//! At the token endpoint it is used up in the transaction that gives the tokens. Wherever nothing else is written, and where the
//! request is refused after all, it is used up by a write of its own. Only what is used up is answered.

use crate::failure::Failure;
use claviger_core::Refusal;
use claviger_core::refusal::Further;
use claviger_store::{Issued, Spend, SpendKind, Store};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

/// What one request uses up, and whether that is done.
#[derive(Debug, Default)]
pub(crate) struct Spending {
    spends: Vec<Spend>,
    /// An assertion that is given a token for; known only once it was found good.
    assertion: OnceLock<Box<Spend>>,
    is_done: AtomicBool,
}

impl Spending {
    /// Of these.
    pub(crate) const fn of(spends: Vec<Spend>) -> Self {
        Self { spends, assertion: OnceLock::new(), is_done: AtomicBool::new(false) }
    }

    /// What is still to be used up, for the transaction that does it.
    pub(crate) fn left(&self) -> Vec<Spend> {
        if self.is_done.load(Ordering::Acquire) {
            return Vec::new();
        }
        match self.assertion.get() {
            None => self.spends.clone(),
            Some(assertion) => self.spends.iter().chain([assertion.as_ref()]).cloned().collect(),
        }
    }

    /// Uses up an assertion with the rest, in the transaction that gives a token for it: a request that is refused leaves it.
    pub(crate) fn add_assertion(&self, spend: Spend) {
        // A request has one at most.
        let _ = self.assertion.set(Box::new(spend));
    }

    /// It is durable.
    pub(crate) fn done(&self) {
        self.is_done.store(true, Ordering::Release);
    }

    /// Uses up what is left of what the client showed.
    ///
    /// # Errors
    /// It was used before; the store cannot write.
    pub(crate) async fn settle(&self, store: &Store, now: i64) -> Result<(), Failure> {
        if self.spends.is_empty() || self.is_done.load(Ordering::Acquire) {
            return Ok(());
        }
        if let Issued::Spent(kind) = Box::pin(store.spend(self.spends.clone(), now)).await? {
            return Err(spent(kind).into());
        }
        self.done();
        Ok(())
    }
}

/// What is said of something that was used before.
pub(crate) const fn spent(kind: SpendKind) -> Refusal {
    match kind {
        SpendKind::ClientAssertion => Refusal::AssertionReplayed,
        SpendKind::Grant => Refusal::Further(Further::Assertion("it was used before; each is good once")),
        SpendKind::Challenge => Refusal::WrongParameter { name: "passkey", why: "its challenge was used before" },
        SpendKind::Proof => Refusal::WrongParameter { name: "DPoP", why: "it was used before" },
    }
}
