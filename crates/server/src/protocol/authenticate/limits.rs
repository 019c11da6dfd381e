//! How often clients may call, looked at before a secret is and counted after: each by itself, and together those that came by
//! themselves.

use super::{Authenticator, too_many};
use crate::http::trace;
use crate::state::limits::Limits;
use claviger_core::refusal::Further;
use claviger_core::{Client, Refusal};

/// As what all clients together are counted that came by themselves; no client has such an id.
const TOGETHER: &str = "\0self-registered";

impl<'a> Authenticator<'a> {
    /// Refuses a client that has called as often as it may, before its secret is looked at.
    pub(super) fn look_at_limit(&self, client: &Client) -> Result<(), Refusal> {
        let now = self.clock.now();
        if let Some((limits, limit)) = self.limit_together(client) {
            let left = limits.left((&self.realm.id, TOGETHER), limit, now);
            if left.calls == 0 {
                return Err(Further::TooManyTogether { limit, seconds: left.seconds }.into());
            }
        }
        let Some((limits, limit)) = self.limit_of(client) else { return Ok(()) };
        let left = limits.left((&self.realm.id, &client.id), limit, now);
        if left.calls > 0 {
            // Nothing is said of it: whoever has no secret of a client learns from no answer that there is one.
            return Ok(());
        }
        trace::leave(left);
        Err(too_many(left))
    }

    /// Counts a call of a client that proved who it is: whoever does not uses up nothing of its limit.
    pub(super) fn count(&self, client: &Client) -> Result<(), Refusal> {
        let now = self.clock.now();
        if let Some((limits, limit)) = self.limit_of(client) {
            let taken = limits.take((&self.realm.id, &client.id), limit, now);
            let (Ok(left) | Err(left)) = taken;
            trace::leave(left);
            taken.map_err(too_many)?;
        }
        if let Some((limits, limit)) = self.limit_together(client) {
            let taken = limits.take((&self.realm.id, TOGETHER), limit, now);
            taken.map_err(|left| Further::TooManyTogether { limit, seconds: left.seconds })?;
        }
        Ok(())
    }

    fn limit_of(&self, client: &Client) -> Option<(&'a Limits, u32)> {
        self.limits.zip(self.realm.token_calls_per_minute(&client.limits))
    }

    /// What all clients together may that came by themselves, for one of them.
    fn limit_together(&self, client: &Client) -> Option<(&'a Limits, u32)> {
        let limit = self.realm.limits.self_registered_calls_per_minute.filter(|_| client.registered.self_registered);
        self.limits.zip(limit.filter(|limit| *limit > 0))
    }
}
