//! What realm, organisations and client together ask of somebody.

use super::policy::{Demand, FactorKind};
use crate::client::Client;
use crate::realm::Realm;
use crate::user::User;

/// What is asked of one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Demanded {
    /// They sign in with a second factor.
    pub is_required: bool,
    /// Which will do.
    pub kinds: Vec<FactorKind>,
}

impl Realm {
    /// What is asked of `user`, who goes on to `client` or to a page of the realm's own: the strictest word of realm,
    /// organisations and client; and administrators always have a second factor, where there is any: everybody of an admin realm is one,
    /// since a role can be given to each.
    pub fn demanded(&self, client: Option<&Client>, user: &User) -> Demanded {
        let policy = &self.sign_in;
        if !policy.is_on() {
            return Demanded { is_required: false, kinds: Vec::new() };
        }
        let own = policy.organisations.iter().filter(|one| user.organisations.contains(&one.id));
        let asks = own.map(|one| (one.second_factor, &one.second_factor_kinds));
        let of_client = client.map(|client| (client.requests.second_factor, &client.requests.second_factor_kinds));
        let mut demanded = Demanded {
            is_required: policy.second_factor == Demand::Required || user.administrator || self.is_admin(),
            kinds: policy.second_factor_kinds.clone(),
        };
        for (demand, kinds) in asks.chain(of_client) {
            demanded.is_required |= demand == Demand::Required;
            if !kinds.is_empty() {
                demanded.kinds.retain(|kind| kinds.contains(kind));
            }
        }
        demanded
    }

    /// What `acr` may say, from the weakest to the strongest.
    pub fn acr_values(&self) -> Vec<&str> {
        let policy = &self.sign_in;
        let second = policy.is_on().then_some(policy.second_factor_acr.as_str());
        std::iter::once(self.sessions.acr.as_str()).chain(second).collect()
    }

    /// How strong a sign-in is that `acr` speaks of: 1 for a password alone; `None` for what is nobody's word here.
    pub fn level_of(&self, acr: &str) -> Option<usize> {
        self.acr_values().iter().position(|known| *known == acr).map(|at| at + 1)
    }
}
