//! How often one agent may ask one person for consent: whoever is asked every minute agrees to anything in the end.

use crate::state::State;
use crate::state::rates::Counted;
use crate::state::sites::Site;
use claviger_core::refusal::Further;
use claviger_core::{Client, Refusal};

/// Counts a page of consent of an agent.
///
/// # Errors
/// There were as many within the hour as there may be.
pub(crate) fn count(state: &State, site: &Site, client: &Client, user: &str) -> Result<(), Refusal> {
    if !client.is_agent() {
        return Ok(());
    }
    let asked = Counted::of_pair("consent", &site.realm.id, (&client.id, user), site.realm.agents.asks_per_hour);
    state.rates.take(&[asked], state.clock.now()).map_err(|seconds| Further::TooMuchConsent(seconds).into())
}
