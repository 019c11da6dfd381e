//! What is said to others later and until they heard it: parcels of the store's outbox, tried again with growing pauses.
//!
//! 1. Who has something to say seals it and hands it in, in the transaction of what it tells about. 2. [`deliver_due`] takes
//!    each parcel whose time has come (one process gets it), hands it to the [`Carrier`] of its topic, and closes it. What could not be
//!    delivered is due again, later each time, until it is given up.
//!
//! A parcel that arrived just as the process died is delivered once more: carriers say things that may be said twice.

use claviger_store::{DueParcel, Fault, Parcel, Store};
use futures_util::future::join_all;

/// How many parcels are delivered in one go.
const AT_ONCE: i64 = 20;

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Attempt {
    /// It was heard.
    Delivered,
    /// Not now: try again later.
    Later(String),
    /// Never: what is in it is wrong, or nobody wants it.
    Hopeless(String),
}

/// Who delivers the parcels of a topic.
pub trait Carrier: Sync {
    /// The topic.
    fn topic(&self) -> &'static str;

    /// How long the pauses are.
    fn pauses(&self) -> Pauses;

    /// Whether what is given up stays a week with what is in it, so that an operator can have it tried again.
    fn keeps(&self) -> bool {
        false
    }

    /// Tries once.
    fn deliver(&self, parcel: &Parcel) -> impl Future<Output = Attempt> + Send;
}

/// How long it takes until a parcel is tried again, and until it is given up; in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pauses {
    /// After the first attempt; each time four times as long.
    pub first: i64,
    /// At most.
    pub longest: i64,
    /// What is older is tried once more, and then given up.
    pub give_up: i64,
}

impl Pauses {
    /// The pause after so many attempts.
    pub fn after(self, attempts: u32) -> i64 {
        let factor = 4_i64.saturating_pow(attempts.min(30));
        self.first.saturating_mul(factor).min(self.longest)
    }
}

/// Delivers what is due of a carrier's topic; how many parcels were tried. Safe to run in several processes at once.
///
/// # Errors
/// The database fails; what was taken until then is due again later.
pub async fn deliver_due(store: &Store, carrier: &impl Carrier, now: i64) -> Result<usize, Fault> {
    let due = store.due_parcels(carrier.topic(), now, AT_ONCE).await?;
    let tried = join_all(due.iter().map(|due| attempt(store, carrier, due, now))).await;
    tried.into_iter().try_fold(0, |sum, tried| tried.map(|tried| sum + usize::from(tried)))
}

/// Tries one; whether it was this process's turn. All that are due are tried at the same time: one that answers slowly holds
/// up no other.
async fn attempt(store: &Store, carrier: &impl Carrier, due: &DueParcel, now: i64) -> Result<bool, Fault> {
    let next = now.saturating_add(carrier.pauses().after(due.attempts));
    if !store.take_parcel(due, next).await? {
        return Ok(false);
    }
    let attempt = carrier.deliver(&due.parcel).await;
    settle(store, carrier, due, attempt, now).await?;
    Ok(true)
}

async fn settle(
    store: &Store,
    carrier: &impl Carrier,
    due: &DueParcel,
    attempt: Attempt,
    now: i64,
) -> Result<(), Fault> {
    let (id, topic) = (claviger_store::id_text(&due.parcel.id), carrier.topic());
    let (hopeless, why) = match attempt {
        Attempt::Delivered => return store.close_parcel(&due.parcel.id, "delivered", now).await.map(drop),
        Attempt::Hopeless(why) => (true, why),
        Attempt::Later(why) => (false, why),
    };
    if !hopeless && now.saturating_sub(due.created_at) <= carrier.pauses().give_up {
        tracing::info!(parcel = id, topic, why, attempts = due.attempts + 1, "a parcel is tried again later");
        return store.put_off_parcel(&due.parcel.id, &why).await;
    }
    if hopeless {
        tracing::warn!(parcel = id, topic, why, "a parcel cannot be delivered");
    } else {
        tracing::error!(parcel = id, topic, why, attempts = due.attempts + 1, "a parcel is given up");
    }
    if carrier.keeps() {
        store.give_up_parcel(&due.parcel.id, &why, now).await
    } else {
        store.close_parcel(&due.parcel.id, &format!("given up: {why}"), now).await.map(drop)
    }
}

#[cfg(test)]
mod tests;
