//! What a request uses up: assertions and proofs that are good once.
//!
//! At the token endpoint it is used up in the transaction that gives the tokens. Wherever nothing else is written, and where the
//! request is refused after all, it is used up by a write of its own. Only what is used up is answered.

use crate::failure::Failure;
use claviger_core::Refusal;
use claviger_store::{Issued, Spend, SpendKind, Store};
use std::sync::atomic::{AtomicBool, Ordering};

/// What one request uses up, and whether that is done.
#[derive(Debug, Default)]
pub(crate) struct Spending {
    spends: Vec<Spend>,
    is_done: AtomicBool,
}

impl Spending {
    /// Of these.
    pub(crate) const fn of(spends: Vec<Spend>) -> Self {
        Self { spends, is_done: AtomicBool::new(false) }
    }

    /// What is still to be used up, for the transaction that does it.
    pub(crate) fn left(&self) -> Vec<Spend> {
        if self.is_done.load(Ordering::Acquire) { Vec::new() } else { self.spends.clone() }
    }

    /// It is durable.
    pub(crate) fn done(&self) {
        self.is_done.store(true, Ordering::Release);
    }

    /// Uses up what is left.
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
        SpendKind::Grant => Refusal::WrongParameter { name: "assertion", why: "it was used before" },
        SpendKind::Proof => Refusal::WrongParameter { name: "DPoP", why: "it was used before" },
    }
}
