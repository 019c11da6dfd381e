//! The `claims` parameter (OpenID Connect Core 5.5): single claims, asked for by name.
//!
//! A claim that belongs to a scope is given only to a client that may have the scope, and only once its user has
//! consented to that: asking by name is no way around the question. A claim that nobody can give is never an error (5.5.1),
//! aside from `sub` and `acr`, which say what must hold for an answer at all.

use crate::claim_map::{Owner, Telling, owner, tell};
use crate::claim_rule::{Place, is_reserved};
use crate::claims::{Wanted, scope_of, user_claims};
use crate::client::Client;
use crate::realm::Realm;
use crate::refusal::Refusal;
use crate::scope::ScopeSet;
use crate::user::User;
use crate::user::standard::is_language;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// The most languages of `claims_locales` that are heard.
const MOST_LOCALES: usize = 8;
/// The most claims that a request asks for by name, and the longest name, in bytes: they travel in tokens.
const MOST_NAMES: usize = 64;
const LONGEST_NAME: usize = 120;

/// Which claims a request asks for by name.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ClaimsRequest {
    /// At userinfo.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub userinfo: Vec<String>,
    /// In the ID token.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub id_token: Vec<String>,
    /// The values with which claims are wanted at userinfo; with another value they are left out (5.5.1).
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub userinfo_values: BTreeMap<String, Vec<Value>>,
    /// As well in the ID token.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub id_token_values: BTreeMap<String, Vec<Value>>,
    /// The scopes of those that a realm or a client has made ([`crate::claim_map`]).
    #[serde(skip_serializing_if = "ScopeSet::is_empty")]
    pub made_scope: ScopeSet,
    /// The languages in which claims are wanted as well, the most wanted first (5.2).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub locales: Vec<String>,
    /// The only user whom an answer may be about (`sub` with a `value`, 5.5.1).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// `acr`, if it is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acr: Option<AcrRequest>,
}

/// `acr`, as it is asked for (5.5.1.1).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct AcrRequest {
    /// There is no answer without one of the values.
    pub essential: bool,
    /// The values, the most wanted first; none: any.
    pub values: Vec<String>,
}

impl AcrRequest {
    /// Whether an answer may say `acr`.
    pub fn is_met_by(&self, acr: &str) -> bool {
        !self.essential || self.values.is_empty() || self.values.iter().any(|value| value == acr)
    }
}

const WRONG: Refusal = Refusal::WrongParameter {
    name: "claims",
    why: "it must be a JSON object of OpenID Connect Core 5.5 with userinfo, id_token or both",
};

impl ClaimsRequest {
    /// Reads `claims`, `acr_values` and `claims_locales`. Members and claims that are not known are ignored (5.5).
    ///
    /// # Errors
    /// `claims` is not what 5.5 describes.
    pub fn read(claims: Option<&str>, acr_values: Option<&str>, locales: Option<&str>) -> Result<Self, Refusal> {
        let mut found = match claims {
            Some(text) => Self::parse(text)?,
            None => Self::default(),
        };
        if let Some(values) = acr_values.filter(|_| found.acr.is_none()) {
            let values = values.split(' ').filter(|value| !value.is_empty()).map(str::to_owned).collect();
            found.acr = Some(AcrRequest { essential: false, values });
        }
        let tags = locales.unwrap_or_default().split(' ').filter(|tag| is_language(tag));
        found.locales = tags.take(MOST_LOCALES).map(str::to_owned).collect();
        Ok(found)
    }

    fn parse(text: &str) -> Result<Self, Refusal> {
        let asked: Asked = serde_json::from_str(text).map_err(|_| WRONG)?;
        let userinfo = asked.userinfo.unwrap_or_default();
        let id_token = asked.id_token.unwrap_or_default();
        let subject = wish(&id_token, "sub")?.or(wish(&userinfo, "sub")?);
        let subject = subject.and_then(|wish| wish.values.into_iter().next());
        let acr = match wish(&id_token, "acr")? {
            None if !id_token.contains_key("acr") => None,
            wish => {
                Some(wish.unwrap_or_default()).map(|wish| AcrRequest { essential: wish.essential, values: wish.values })
            }
        };
        Ok(Self {
            userinfo: names(&userinfo)?,
            id_token: names(&id_token)?,
            userinfo_values: values(&userinfo),
            id_token_values: values(&id_token),
            locales: Vec::new(),
            made_scope: ScopeSet::default(),
            subject,
            acr,
        })
    }

    /// The same for this user, who acts for these organisations: without the claims that were asked for with values of which
    /// theirs is none. That is no error (5.5.1).
    pub fn met_by(&self, realm: &Realm, client: &Client, user: &User, organisations: &[String]) -> Cow<'_, Self> {
        if self.userinfo_values.is_empty() && self.id_token_values.is_empty() {
            return Cow::Borrowed(self);
        }
        let names: Vec<String> = self.userinfo_values.keys().chain(self.id_token_values.keys()).cloned().collect();
        let mut known = user_claims(user, &Wanted { names: &names, ..Wanted::default() });
        let scope = &ScopeSet::default();
        let telling = Telling { place: Place::Userinfo, user: Some(user), scope, organisations, names: &names };
        tell(realm, client, &telling, &mut known);
        let is_met = |values: &BTreeMap<String, Vec<Value>>, name: &str| {
            values.get(name).is_none_or(|wanted| known.get(name).is_some_and(|known| wanted.contains(known)))
        };
        let mut met = self.clone();
        met.userinfo.retain(|name| is_met(&self.userinfo_values, name));
        met.id_token.retain(|name| is_met(&self.id_token_values, name));
        Cow::Owned(met)
    }

    /// Whether nothing is asked for by name.
    pub fn is_empty(&self) -> bool {
        self.userinfo.is_empty() && self.id_token.is_empty()
    }

    /// The same without the claims that nobody can give to this client, or whose scope is not among these.
    #[must_use]
    pub fn within(mut self, realm: &Realm, client: &Client, scope: &ScopeSet) -> Self {
        retain_within(realm, client, &mut self.userinfo, scope);
        retain_within(realm, client, &mut self.id_token, scope);
        let owners = self.userinfo.iter().chain(&self.id_token).map(|name| owner(realm, client, name));
        self.made_scope =
            owners.filter_map(|owner| if let Owner::Scope(scope) = owner { Some(scope) } else { None }).collect();
        self
    }

    /// The scopes that the claims belong to.
    pub fn scope(&self) -> ScopeSet {
        let standard = self.userinfo.iter().chain(&self.id_token).filter_map(|name| scope_of(name));
        self.made_scope.iter().chain(standard).collect()
    }

    /// The parameter as it would be sent again; `None` where nothing is asked for.
    pub fn to_json(&self) -> Option<String> {
        let members = |names: &[String], values: &BTreeMap<String, Vec<Value>>| {
            let wish = |name| values.get(name).map_or(Value::Null, |values| serde_json::json!({ "values": values }));
            names.iter().map(|name| (name.clone(), wish(name))).collect::<Map<_, _>>()
        };
        let mut id_token = members(&self.id_token, &self.id_token_values);
        if let Some(subject) = &self.subject {
            id_token.insert("sub".to_owned(), serde_json::json!({ "value": subject }));
        }
        if let Some(acr) = &self.acr {
            id_token.insert("acr".to_owned(), serde_json::json!({ "essential": acr.essential, "values": acr.values }));
        }
        let userinfo = members(&self.userinfo, &self.userinfo_values);
        let is_empty = userinfo.is_empty() && id_token.is_empty();
        (!is_empty).then(|| serde_json::json!({ "userinfo": userinfo, "id_token": id_token }).to_string())
    }
}

/// Drops the claims that nobody can give to this client, or whose scope is not among these.
pub fn retain_within(realm: &Realm, client: &Client, names: &mut Vec<String>, scope: &ScopeSet) {
    names.retain(|name| owner(realm, client, name).allows(scope));
}

#[derive(Deserialize)]
struct Asked {
    userinfo: Option<Map<String, Value>>,
    id_token: Option<Map<String, Value>>,
}

/// What is said of one claim.
#[derive(Default)]
struct Wish {
    essential: bool,
    values: Vec<String>,
}

/// What is said of a claim; `None` where it is not asked for, or nothing is said of it.
fn wish(member: &Map<String, Value>, name: &str) -> Result<Option<Wish>, Refusal> {
    let Some(said) = member.get(name) else { return Ok(None) };
    let said = match said {
        Value::Null => return Ok(None),
        Value::Object(said) => said,
        _ => return Err(WRONG),
    };
    let text = |value: &Value| value.as_str().map(str::to_owned).or_else(|| value.as_i64().map(|n| n.to_string()));
    let mut wish = Wish::default();
    match said.get("essential") {
        None => {}
        Some(Value::Bool(essential)) => wish.essential = *essential,
        Some(_) => return Err(WRONG),
    }
    if let Some(value) = said.get("value") {
        wish.values.extend(text(value));
    }
    match said.get("values") {
        None => {}
        Some(Value::Array(values)) => wish.values.extend(values.iter().filter_map(text)),
        Some(_) => return Err(WRONG),
    }
    Ok(Some(wish))
}

/// The claims about a user.
fn names(member: &Map<String, Value>) -> Result<Vec<String>, Refusal> {
    let mut found = Vec::new();
    for name in member.keys() {
        wish(member, name)?;
        if !is_reserved(name) && name.len() <= LONGEST_NAME && found.len() < MOST_NAMES {
            found.push(name.clone());
        }
    }
    Ok(found)
}

/// The values with which claims are wanted, where any are said.
fn values(member: &Map<String, Value>) -> BTreeMap<String, Vec<Value>> {
    let of = |said: &Value| {
        let several = said.get("values").and_then(Value::as_array).cloned().unwrap_or_default();
        said.get("value").cloned().into_iter().chain(several).collect::<Vec<_>>()
    };
    let known = member.iter().filter(|(name, _)| !is_reserved(name) && name.len() <= LONGEST_NAME).take(MOST_NAMES);
    known.map(|(name, said)| (name.clone(), of(said))).filter(|(_, values)| !values.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A realm and a client of it that have nothing.
    fn parts() -> (Realm, Client) {
        let realm = serde_json::json!({
            "id": "r", "name": "R", "issuer": "https://r.example", "authorities": [], "dialect": crate::Dialect::default()
        });
        let client = serde_json::json!({ "id": "c", "name": "C", "kind": "public", "grants": [] });
        (serde_json::from_value(realm).unwrap(), serde_json::from_value(client).unwrap())
    }

    fn read(claims: &str) -> Result<ClaimsRequest, Refusal> {
        ClaimsRequest::read(Some(claims), None, None)
    }

    #[test]
    fn the_example_of_the_standard_is_read() {
        // OpenID Connect Core 5.5.
        let asked = read(
            r#"{"userinfo": {"given_name": {"essential": true}, "nickname": null, "email": {"essential": true},
                "email_verified": {"essential": true}, "picture": null, "http://example.info/claims/groups": null},
                "id_token": {"auth_time": {"essential": true}, "acr": {"values": ["urn:mace:incommon:iap:silver"]}}}"#,
        )
        .unwrap();
        let (realm, client) = parts();
        let all = ScopeSet::parse("profile email").unwrap();
        let asked = asked.within(&realm, &client, &all);
        assert_eq!(asked.userinfo, ["given_name", "nickname", "email", "email_verified", "picture"]);
        assert!(asked.id_token.is_empty() && asked.subject.is_none());
        let acr = asked.acr.clone().unwrap();
        assert_eq!((acr.essential, acr.values.as_slice()), (false, &["urn:mace:incommon:iap:silver".to_owned()][..]));
        assert_eq!(asked.scope(), ScopeSet::parse("profile email").unwrap());
        let narrowed = asked.within(&realm, &client, &ScopeSet::parse("openid email").unwrap());
        assert_eq!(narrowed.userinfo, ["email", "email_verified"]);
    }

    #[test]
    fn what_is_no_claims_request_is_refused_and_what_is_unknown_ignored() {
        for good in ["{}", "{\"userinfo\":null}", "{\"other\":[1]}", "{\"id_token\":{\"exp\":{\"value\":{}}}}"] {
            assert_eq!(read(good), Ok(ClaimsRequest::default()), "{good}");
        }
        for bad in [
            "",
            "x",
            "[]",
            "null",
            "{\"userinfo\":[]}",
            "{\"userinfo\":{\"email\":true}}",
            "{\"id_token\":{\"email\":{\"essential\":\"yes\"}}}",
            "{\"id_token\":{\"acr\":{\"values\":\"1\"}}}",
        ] {
            assert_eq!(read(bad), Err(WRONG), "{bad}");
        }
    }

    #[test]
    fn subject_and_acr_say_what_must_hold() {
        let asked = read(r#"{"id_token":{"sub":{"value":"u1"},"acr":{"essential":true,"values":["2","1"]}}}"#).unwrap();
        assert_eq!(asked.subject.as_deref(), Some("u1"));
        let acr = asked.acr.clone().unwrap();
        assert!(acr.is_met_by("1") && acr.is_met_by("2") && !acr.is_met_by("3"));
        assert!(AcrRequest { essential: false, ..acr }.is_met_by("3"));
        assert_eq!(read(&asked.to_json().unwrap()), Ok(asked));
        let voluntary = ClaimsRequest::read(None, Some("1  2"), None).unwrap();
        assert_eq!(voluntary.acr.unwrap().values, ["1", "2"]);
        assert!(read(r#"{"id_token":{"acr":null}}"#).unwrap().acr.is_some());
        assert_eq!(ClaimsRequest::default().to_json(), None);
    }
}
