//! What every grant begins with: a token request, and the client that makes it, authenticated.

use crate::failure::Failure;
use crate::issue::Issuer;
use crate::protocol::authenticate::Authenticated;
use crate::state::State;
use crate::state::sites::Site;
use claviger_core::Refusal;
use claviger_core::dialect::Legacy;
use claviger_core::token_request::TokenRequest;

/// What is asked, by whom.
#[derive(Clone, Copy)]
pub(super) struct Call<'a> {
    pub(super) state: &'a State,
    pub(super) site: &'a Site,
    pub(super) client: &'a Authenticated,
    pub(super) request: &'a TokenRequest,
}

impl<'a> Call<'a> {
    /// What issues for it, now.
    pub(super) fn issuer(&self) -> Issuer<'a> {
        Issuer::of(self.state, self.site, self.request.confirmation, &self.client.spending)
    }

    /// Uses up what the request is good for once, before something is done on the strength of it that is no answer.
    ///
    /// # Errors
    /// It was used before; the store cannot write.
    pub(super) async fn settle(&self) -> Result<(), Failure> {
        self.client.spending.settle(&self.state.store, self.state.clock.now()).await
    }

    /// As [`use_legacy`].
    ///
    /// # Errors
    /// The client was not given it.
    pub(super) fn use_legacy(&self, legacy: Legacy) -> Result<(), Failure> {
        use_legacy(self.state, self.site, self.client, legacy)
    }
}

/// Refuses a legacy behaviour that the client was not given; counts it otherwise.
///
/// # Errors
/// The client was not given it.
pub(super) fn use_legacy(state: &State, site: &Site, client: &Authenticated, legacy: Legacy) -> Result<(), Failure> {
    let client = client.client();
    if !site.realm.allows(client, legacy) {
        return Err(Refusal::legacy(client, legacy).into());
    }
    state.meter.count(&site.realm.id, &client.id, legacy);
    Ok(())
}
