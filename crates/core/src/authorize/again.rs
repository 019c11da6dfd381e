//! An authorization request as it would be sent again.

use super::{AuthorizationRequest, ResponseMode};
use crate::client::Client;
use crate::dialect::ResponseType;
use crate::granted::default_audience;
use crate::params::form_encode;
use crate::realm::Realm;

impl AuthorizationRequest {
    /// The query of a request that asks for the same, with the same `state`; for a link by which a person starts again.
    pub fn again(&self, realm: &Realm, client: &Client) -> String {
        let is_code = self.response_type == ResponseType::Code;
        let mode = match self.destination.mode {
            ResponseMode::FormPost => Some("form_post"),
            ResponseMode::Fragment if is_code => Some("fragment"),
            ResponseMode::Query | ResponseMode::Fragment => None,
        };
        let audience = Some(self.audience.as_str()).filter(|audience| *audience != default_audience(realm, client));
        let (scope, prompt, max_age) =
            (self.scope.to_string(), self.prompt.words(), self.max_age.map(|age| age.to_string()));
        let challenge = self.challenge.as_ref().map(crate::pkce::Challenge::as_str);
        let pairs = [
            ("client_id", Some(self.client.as_str())),
            ("response_type", Some(if is_code { "code" } else { "token" })),
            ("redirect_uri", self.destination.sent.then_some(self.destination.redirect_uri.as_str())),
            ("scope", Some(scope.as_str()).filter(|scope| !scope.is_empty())),
            ("audience", audience),
            ("code_challenge", challenge),
            ("code_challenge_method", challenge.map(|_| "S256")),
            ("nonce", self.nonce.as_deref()),
            ("response_mode", mode),
            ("prompt", Some(prompt.as_str()).filter(|prompt| !prompt.is_empty())),
            ("max_age", max_age.as_deref()),
            ("login_hint", self.login_hint.as_deref().filter(|hint| !hint.is_empty())),
            ("ui_locales", self.ui_locales.as_deref()),
        ];
        let mut query = String::new();
        for (name, value) in pairs.iter().filter_map(|(name, value)| value.map(|value| (name, value))) {
            form_encode(&mut query, name, value);
        }
        if let Some(state) = &self.destination.state {
            form_encode(&mut query, "state", state.as_bytes());
        }
        query
    }
}
