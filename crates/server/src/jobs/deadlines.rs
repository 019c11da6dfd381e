//! Deadlines of legacy behaviours: owners are told before they end, and what is to be enforced ends at its date.

use crate::admin::deadlines::look_at;
use crate::admin::partner_letters::Desk;
use crate::admin::{Admin, AdminError, new_reference};
use crate::state::State;
use claviger_store::{Actor, Fault, Way};
use tokio::sync::watch;

/// How many are looked at in a round.
const AT_ONCE: i64 = 50;

/// Does what is due; whether there may be more.
pub(super) async fn look_after(state: &State, stop: &watch::Receiver<bool>) -> Result<bool, Fault> {
    let now = state.clock.now();
    let due = state.store.due_deadlines(now, AT_ONCE).await?;
    if due.is_empty() {
        return Ok(false);
    }
    let actor = Actor { name: "claviger".to_owned(), way: Way::Server, reference: new_reference(now) };
    let admin = Admin { store: &state.store, actor: &actor, now };
    let pages = state.pages.load_full();
    let desk = Desk { secrets: &state.secrets, pages: &pages };
    let may_be_more = i64::try_from(due.len()).is_ok_and(|count| count >= AT_ONCE);
    for one in &due {
        if *stop.borrow() {
            return Ok(true);
        }
        match look_at(&admin, desk, one).await {
            Ok(_) => {}
            Err(AdminError::Store(fault)) => return Err(fault),
            Err(error) => {
                tracing::warn!(%error, realm = one.realm, client = one.client, "cannot tell of a deadline");
            }
        }
    }
    Ok(may_be_more)
}

#[cfg(test)]
mod tests;
