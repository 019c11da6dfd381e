//! What the vendor's own pages said when they let somebody in and on: it goes into tokens, and stays with what was granted.

use crate::claim_rule::is_reserved;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The member of an access token that holds everything the app said for it, as APIs behind such apps know it.
const EXTRA: &str = "ext";

/// What the app said.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Told {
    /// For access tokens and introspection.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub access_token: Map<String, Value>,
    /// For ID tokens and userinfo.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub id_token: Map<String, Value>,
    /// How strong the sign-in was (OpenID Connect Core 2).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acr: Option<String>,
    /// How it was done (RFC 8176).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub amr: Vec<String>,
    /// How the user is named to this client in ID tokens and at userinfo, if not as everywhere else.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
}

impl Told {
    /// Adds to an access token's claims what is not there; never a claim that says what the token is, or for whom.
    pub fn add_to_access_token(&self, claims: &mut Map<String, Value>) {
        add(claims, &self.access_token);
        if !self.access_token.is_empty() {
            claims.entry(EXTRA).or_insert_with(|| self.access_token.clone().into());
        }
    }

    /// The same for an ID token and for userinfo. `acr` and `amr` are claims that the server tells.
    pub fn add_to_id_token(&self, claims: &mut Map<String, Value>) {
        add(claims, &self.id_token);
    }
}

fn add(claims: &mut Map<String, Value>, more: &Map<String, Value>) {
    for (name, value) in more.iter().filter(|(name, _)| !is_reserved(name)) {
        claims.entry(name.as_str()).or_insert_with(|| value.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::Told;
    use serde_json::{Map, Value, json};

    fn map(value: Value) -> Map<String, Value> {
        let Value::Object(map) = value else { panic!("{value}") };
        map
    }

    #[test]
    fn what_an_app_says_never_takes_the_place_of_what_the_server_says() {
        let said = json!({ "sub": "eve", "aud": "x", "cnf": {}, "tier": "gold", "name": "Eve" });
        let told = Told { access_token: map(said.clone()), id_token: map(said.clone()), ..Told::default() };
        let mut access = map(json!({ "name": "Ada" }));
        told.add_to_access_token(&mut access);
        assert_eq!(Value::from(access), json!({ "name": "Ada", "tier": "gold", "ext": said }));
        let mut id = map(json!({ "name": "Ada" }));
        told.add_to_id_token(&mut id);
        assert_eq!(Value::from(id), json!({ "name": "Ada", "tier": "gold" }));
        let mut none = Map::new();
        Told::default().add_to_access_token(&mut none);
        Told::default().add_to_id_token(&mut none);
        assert_eq!(none, Map::new());
    }
}
