//! What a sign-in lacks for a request (OpenID Connect Core 5.5.1.1, RFC 9470 5).

use super::AuthorizationRequest;
use crate::client::Client;
use crate::realm::Realm;
use crate::sign_in::{FactorKind, How};
use crate::user::User;

/// What is still to be proved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// What will do.
    pub kinds: Vec<FactorKind>,
    /// The request would rather have it, and goes on without it where its person cannot.
    pub is_voluntary: bool,
}

/// What the session lacks: what realm, organisation or client require, then the strength that the request asks for.
pub(super) fn missing(
    realm: &Realm,
    client: &Client,
    request: &AuthorizationRequest,
    user: &User,
    how: Option<&How>,
) -> Option<Missing> {
    if !realm.sign_in.is_on() {
        return None;
    }
    let by_password = How::default();
    let how = how.unwrap_or(&by_password);
    let demanded = realm.demanded(Some(client), user);
    if demanded.is_required && !how.meets(realm, &demanded.kinds) {
        return Some(Missing { kinds: demanded.kinds, is_voluntary: false });
    }
    let asked = request.claims.acr.as_ref()?;
    let wanted = asked.values.iter().filter_map(|word| realm.level_of(word)).min()?;
    let told = how.acr.as_ref().is_some_and(|told| asked.values.contains(told));
    (how.level(realm) < wanted && !told).then_some(Missing { kinds: demanded.kinds, is_voluntary: !asked.essential })
}
