//! An authorization request as it would be sent again.

use super::AuthorizationRequest;
use crate::audience::Audience;
use crate::client::Client;
use crate::granted::usual_audience;
use crate::params::form_encode;
use crate::realm::Realm;
use crate::response::ResponseMode;

impl AuthorizationRequest {
    /// The query of a request that asks for the same, with the same `state`; for a link by which a person starts again.
    pub fn again(&self, realm: &Realm, client: &Client) -> String {
        let (mode, usual) = (self.destination.mode, ResponseMode::usual(self.response_type));
        let mode = (mode != usual).then(|| mode.name());
        let default = Audience::from(usual_audience(realm, client, &self.scope));
        let claims = self.claims.to_json();
        let locales = Some(self.claims.locales.join(" ")).filter(|locales| !locales.is_empty());
        let (scope, prompt, max_age) =
            (self.scope.to_string(), self.prompt.words(), self.max_age.map(|age| age.to_string()));
        let challenge = self.challenge.as_ref().map(crate::pkce::Challenge::as_str);
        let pairs = [
            ("client_id", Some(self.client.as_str())),
            ("response_type", Some(self.response_type.name())),
            ("redirect_uri", self.destination.sent.then_some(self.destination.redirect_uri.as_str())),
            ("scope", Some(scope.as_str()).filter(|scope| !scope.is_empty())),
            ("code_challenge", challenge),
            ("code_challenge_method", challenge.map(|_| "S256")),
            ("nonce", self.nonce.as_deref()),
            ("response_mode", mode),
            ("prompt", Some(prompt.as_str()).filter(|prompt| !prompt.is_empty())),
            ("max_age", max_age.as_deref()),
            ("login_hint", self.login_hint.as_deref().filter(|hint| !hint.is_empty())),
            ("ui_locales", self.ui_locales.as_deref()),
            ("claims", claims.as_deref()),
            ("claims_locales", locales.as_deref()),
        ];
        let mut query = String::new();
        for (name, value) in pairs.iter().filter_map(|(name, value)| value.map(|value| (name, value))) {
            form_encode(&mut query, name, value);
        }
        for name in self.audience.iter().filter(|_| self.audience != default) {
            form_encode(&mut query, "resource", name);
        }
        if let Some(state) = &self.destination.state {
            form_encode(&mut query, "state", state.as_bytes());
        }
        query
    }
}
