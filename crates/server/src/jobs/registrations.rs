//! Clients that registered themselves end by themselves: one that nobody ever used soon, one that nobody uses any more later.

use crate::state::State;
use claviger_core::client::ClientStatus;
use claviger_core::realm::RegistrationPolicy;
use claviger_store::{Act, Actor, DueRegistration, Fault, Way};
use tokio::sync::watch;

/// How many are looked at in a round.
const AT_ONCE: i64 = 50;

/// Looks at those whose time has come; whether there may be more.
pub(super) async fn look_after(state: &State, stop: &watch::Receiver<bool>) -> Result<bool, Fault> {
    let now = state.clock.now();
    let due = state.store.due_registrations(now, AT_ONCE).await?;
    let may_be_more = i64::try_from(due.len()).is_ok_and(|count| count >= AT_ONCE);
    for one in due {
        if *stop.borrow() {
            return Ok(true);
        }
        look_at(state, &one, now).await?;
    }
    Ok(may_be_more)
}

/// Removes it, or looks at it again when it may be unused next.
async fn look_at(state: &State, due: &DueRegistration, now: i64) -> Result<(), Fault> {
    let Some(realm) = state.store.realm(&due.realm).await? else { return Ok(()) };
    let client = state.store.client_with_secrets(&due.realm, &due.client).await?.map(|(client, _)| client);
    let used_at = state.store.last_use(&due.realm, &due.client).await?;
    let is_pending = client.is_some_and(|client| client.status == ClientStatus::Pending);
    let waits = is_pending && is_wanted(state, due).await?;
    let ends_at = ends_at(&realm.registration, due.created_at, used_at, waits);
    if ends_at >= now {
        // Its last use is known to the minute.
        state.store.check_registration_later(due, ends_at + 60_000).await?;
        return Ok(());
    }
    let actor =
        Actor { name: "claviger".to_owned(), way: Way::Registration, reference: crate::admin::new_reference(now) };
    let store = state.store.audited(&actor, Act::AppDelete);
    store.delete_client(&due.realm, &due.client, now, now + realm.longest_token()).await?;
    tracing::info!(realm = due.realm, client = due.client, "a registered client that nobody uses was removed");
    Ok(())
}

/// Whether anybody waits for its approval: whoever registered, or whoever asked for it. Of a document's client alone nobody may know.
async fn is_wanted(state: &State, due: &DueRegistration) -> Result<bool, Fault> {
    let document = state.store.client_document(&due.realm, &due.client).await?;
    Ok(document.is_none() || !state.store.asked_for_client(&due.realm, &due.client, 1).await?.is_empty())
}

fn ends_at(policy: &RegistrationPolicy, created_at: i64, used_at: Option<i64>, waits: bool) -> i64 {
    match used_at {
        Some(used_at) => used_at.max(created_at) + policy.unused_ttl.as_millis(),
        None if waits => created_at + policy.unused_ttl.as_millis(),
        None => created_at + policy.never_used_ttl.as_millis(),
    }
}

#[cfg(test)]
mod tests;
