//! What a realm says of claims (OpenID Connect Discovery 1.0 3).

use crate::claim_rule::{Place, path};
use crate::realm::Realm;
use crate::user::standard;
use serde::Serialize;

/// Which claims there are, and in which languages.
#[derive(Serialize)]
#[expect(clippy::struct_field_names, reason = "the standard's fields")]
pub(super) struct Claims<'a> {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    claims_supported: Vec<&'a str>,
    claim_types_supported: [&'static str; 1],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    claims_locales_supported: &'a [String],
}

/// The claims of ID tokens that say nothing of what somebody is called.
pub(super) const OF_TOKENS: [&str; 12] =
    ["iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "at_hash", "c_hash", "azp", "acr", "amr"];

impl<'a> Claims<'a> {
    /// Those of a realm: what its scopes and its rules bring.
    pub(super) fn of(realm: &'a Realm, has_users: bool) -> Self {
        let mut supported: Vec<&str> = Vec::new();
        if has_users {
            supported.extend(OF_TOKENS);
            supported.extend(standard::all().filter(|(_, scope)| realm.scope(scope).is_some()).map(|(name, _)| name));
            let shown =
                realm.claims.rules.iter().filter(|rule| rule.places.iter().any(|place| *place != Place::AccessToken));
            for name in shown.filter_map(|rule| path(&rule.name).next()) {
                if !supported.contains(&name) {
                    supported.push(name);
                }
            }
        }
        Self {
            claims_supported: supported,
            claim_types_supported: ["normal"],
            claims_locales_supported: &realm.claims.locales,
        }
    }
}
