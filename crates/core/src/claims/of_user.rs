//! What is told of a user: by scope (OpenID Connect Core 5.4), by name (5.5), in the languages that were asked for (5.2).

use super::scope_of;
use crate::scope::ScopeSet;
use crate::user::User;
use crate::user::standard::split;
use serde_json::{Map, Value};

/// Which claims are wanted.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wanted<'a> {
    /// All claims of these scopes.
    pub scope: Option<&'a ScopeSet>,
    /// These claims, whatever their scope.
    pub names: &'a [String],
    /// Claims in these languages as well, where there are any.
    pub locales: &'a [String],
}

impl Wanted<'_> {
    /// Whether a claim without a language is wanted.
    pub fn has(&self, claim: &str) -> bool {
        self.is_named(claim)
            || self.scope.is_some_and(|scope| scope_of(claim).is_some_and(|owner| scope.contains(owner)))
    }

    fn is_named(&self, claim: &str) -> bool {
        self.names.iter().any(|name| name == claim)
    }

    /// Whether what is told in this language is wanted: the very language, or one of its regions.
    fn speaks(&self, tag: &str) -> bool {
        let covers = |wanted: &str| {
            tag.get(..wanted.len()).is_some_and(|start| start.eq_ignore_ascii_case(wanted))
                && matches!(tag.as_bytes().get(wanted.len()), None | Some(b'-'))
        };
        self.locales.iter().any(|wanted| covers(wanted))
    }

    /// Whether a claim is wanted that may have a language.
    fn has_tagged(&self, claim: &str) -> bool {
        match split(claim) {
            (_, None) => self.has(claim),
            (name, Some(tag)) => self.is_named(claim) || self.has(name) && self.speaks(tag),
        }
    }
}

/// What is known of a user, as far as it is wanted.
pub fn user_claims(user: &User, wanted: &Wanted<'_>) -> Map<String, Value> {
    let details = &user.details;
    let text = |text: Option<&String>| text.map(|text| Value::from(text.as_str()));
    let phone = details.claims.contains_key("phone_number");
    let all = [
        ("name", text(user.name.as_ref())),
        ("given_name", text(user.given_name.as_ref())),
        ("family_name", text(user.family_name.as_ref())),
        ("preferred_username", Some(Value::from(user.username.as_str()))),
        ("email", text(user.email.as_ref())),
        ("email_verified", user.email.as_ref().map(|_| Value::from(user.email_verified))),
        ("updated_at", details.updated_at.map(Value::from)),
        ("phone_number_verified", phone.then_some(Value::Bool(false))),
    ];
    let known = all.into_iter().filter(|(name, value)| value.is_some() && wanted.has(name));
    let mut told: Map<_, _> = known.filter_map(|(name, value)| value.map(|value| (name.to_owned(), value))).collect();
    // These come last: a `preferred_username` takes the place of the name to sign in with.
    let more = details.claims.iter().filter(|(name, _)| wanted.has_tagged(name));
    told.extend(more.map(|(name, value)| (name.clone(), value.clone())));
    told
}

#[cfg(test)]
mod tests {
    use super::{Wanted, user_claims};
    use crate::scope::ScopeSet;
    use crate::user::User;
    use serde_json::{Value, json};

    fn ada() -> User {
        let user = json!({
            "id": "u1", "username": "ada", "name": "Ada", "email": "ada@x.example",
            "details": {
                "claims": {
                    "name#de": "Gräfin Ada", "name#de-AT": "Frau Gräfin", "name#den": "Dene", "nickname": "A",
                    "phone_number": "+44 20 1", "preferred_username": "countess", "address": { "country": "GB" }
                },
                "updated_at": 1_700_000_000
            }
        });
        serde_json::from_value(user).unwrap()
    }

    fn told(scope: &str, names: &[&str], locales: &[&str]) -> Value {
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let (names, locales) = (owned(names), owned(locales));
        let scope = ScopeSet::parse(scope).unwrap();
        user_claims(&ada(), &Wanted { scope: Some(&scope), names: &names, locales: &locales }).into()
    }

    #[test]
    fn scopes_bring_their_claims_and_names_bring_single_ones() {
        let profile =
            json!({ "name": "Ada", "preferred_username": "countess", "updated_at": 1_700_000_000, "nickname": "A" });
        assert_eq!(told("openid profile", &[], &[]), profile);
        assert_eq!(told("email", &[], &[]), json!({ "email": "ada@x.example", "email_verified": false }));
        assert_eq!(told("phone", &[], &[]), json!({ "phone_number": "+44 20 1", "phone_number_verified": false }));
        assert_eq!(told("address", &[], &[]), json!({ "address": { "country": "GB" } }));
        assert_eq!(told("openid", &["name", "gender"], &[]), json!({ "name": "Ada" }));
    }

    #[test]
    fn languages_are_told_where_they_are_asked_for() {
        let german = json!({ "name": "Ada", "name#de": "Gräfin Ada", "name#de-AT": "Frau Gräfin" });
        assert_eq!(told("openid", &["name"], &["fr", "DE"]), german);
        assert_eq!(told("openid", &["name#de-AT"], &[]), json!({ "name#de-AT": "Frau Gräfin" }));
        assert_eq!(told("openid", &["nickname"], &["de"]), json!({ "nickname": "A" }));
        assert_eq!(told("openid", &["name"], &["de-AT"]), json!({ "name": "Ada", "name#de-AT": "Frau Gräfin" }));
    }
}
