//! A realm as its file would be written: what is stored, in the file's own keys, so that a realm can be exported and a change be
//! told as whoever wrote the file knows it.

use claviger_core::brand::Logo;
use claviger_core::client::{Identity, SubjectType};
use claviger_core::span::Span;
use claviger_core::user::{Details, Organisation};
use claviger_core::{Client, Realm, User};
use serde::Serialize;
use serde_json::{Map, Value};

/// Keys whose numbers are lengths of time; and all that end in `-ttl`.
const SPANS: [&str; 7] =
    ["refresh-idle", "refresh-absolute", "key-age", "key-prepublish", "idle", "absolute", "pending"];

/// Parts of a realm that are sections of their own, as they are stored and as the file calls them.
const SECTIONS: &[(&str, &str)] = &[
    ("brand", "brand"),
    ("tokens", "tokens"),
    ("sessions", "sessions"),
    ("requests", "requests"),
    ("mtls", "mtls"),
    ("registration", "registration"),
    ("dpop", "dpop"),
    ("user_check", "user-check"),
    ("directory", "directory"),
    ("sign_in", "sign-in"),
    ("account", "account"),
    ("guide", "guide"),
    ("login_app", "login-app"),
    ("portal", "portal"),
    ("identity_providers", "identity-provider"),
    ("administration", "administration"),
    ("limits", "limits"),
    ("agents", "agents"),
    ("ciba", "ciba"),
    ("plans", "plan"),
    ("apis", "api"),
    ("scopes", "scope"),
    ("seat_pools", "seat-pool"),
    ("assertion_issuers", "assertion-issuer"),
];

/// Parts of a client that are parts of its entry in the file.
const PARTS_OF_CLIENT: &[&str] = &["authentication", "requests", "registered", "dpop", "limits"];

/// The sections of a realm: `realm`, `tokens`, `sessions`, `api`, `scope`, `seat-pool`. The dialect is its name.
///
/// # Errors
/// It cannot be spelled; that does not happen.
pub fn of_realm(realm: &Realm) -> Result<Map<String, Value>, serde_json::Error> {
    let Value::Object(mut stored) = serde_json::to_value(realm)? else { return Ok(Map::new()) };
    for source in ["user_check", "directory"] {
        if let Some(Value::Object(source)) = stored.get_mut(source) {
            source.shift_remove("sealed-secret");
        }
    }
    if let Some(Value::Object(brand)) = stored.get_mut("brand") {
        // The picture stands in the file itself. What an operator set does so too, and is the file's once that is applied.
        brand.shift_remove("here");
        let logo = realm.brand.logo.as_ref().and_then(Logo::data_url);
        brand.extend(logo.map(|logo| ("logo".to_owned(), logo.into())));
    }
    let sections =
        SECTIONS.iter().map(|(stored_as, name)| (*name, stored.shift_remove(*stored_as))).collect::<Vec<_>>();
    stored.insert("dialect".to_owned(), realm.dialect.name.clone().into());
    stored.shift_remove("claims");
    stored.insert("claims_locales".to_owned(), realm.claims.locales.clone().into());
    let mut file = Map::new();
    file.insert("realm".to_owned(), spelled("realm", Value::Object(stored), is_absent));
    for (name, section) in sections {
        let section = spelled(name, section.unwrap_or_default(), Value::is_null);
        if !is_absent(&section) {
            file.insert(name.to_owned(), section);
        }
    }
    if !realm.claims.rules.is_empty() {
        file.insert("claim".to_owned(), serde_json::to_value(&realm.claims.rules)?);
    }
    Ok(file)
}

/// A dialect with each of its keys, for whoever compares two of one name.
///
/// # Errors
/// As [`of_realm`].
pub fn of_dialect(realm: &Realm) -> Result<Value, serde_json::Error> {
    Ok(spelled("dialect", serde_json::to_value(&realm.dialect)?, Value::is_null))
}

/// An entry `[[organisation]]`.
///
/// # Errors
/// As [`of_realm`].
pub fn of_organisation(organisation: &Organisation) -> Result<Value, serde_json::Error> {
    entry(organisation)
}

/// An entry `[[user]]`, without a password.
///
/// # Errors
/// As [`of_realm`].
pub fn of_user(user: &User) -> Result<Value, serde_json::Error> {
    let Details { claims, groups, roles, organisation_roles, attributes, .. } = &user.details;
    let mut written = entry(&User { details: Details::default(), ..user.clone() })?;
    let details = [
        ("groups", serde_json::to_value(groups)?),
        ("roles", serde_json::to_value(roles)?),
        // Their names are as somebody chose them, and no keys of the file.
        ("organisation-roles", serde_json::to_value(organisation_roles)?),
        ("claims", Value::Object(claims.clone())),
        ("attributes", Value::Object(attributes.clone())),
    ];
    let known = details.into_iter().filter(|(_, value)| !is_absent(value));
    if let Some(fields) = written.as_object_mut() {
        fields.extend(known.map(|(name, value)| (name.to_owned(), value)));
    }
    Ok(written)
}

/// An entry `[[client]]`, without a secret. `acts_as` is what the client's says: a username where it comes from a file.
///
/// # Errors
/// As [`of_realm`].
pub fn of_client(client: &Client) -> Result<Value, serde_json::Error> {
    // A key set is a text in the file, whose members are not the file's.
    let keys = client.jwks.as_ref().map(serde_json::to_string).transpose()?;
    let mut written = entry(&Client { jwks: None, identity: Identity::default(), ..client.clone() })?;
    if let Some(fields) = written.as_object_mut() {
        if fields.get("status").is_some_and(|status| status == "active") {
            fields.shift_remove("status");
        }
        if let Some(keys) = keys {
            fields.insert("jwks".to_owned(), keys.into());
        }
        for part in PARTS_OF_CLIENT {
            if let Some(Value::Object(part)) = fields.shift_remove(*part) {
                fields.extend(part);
            }
        }
        let identity = &client.identity;
        if identity.subject_type != SubjectType::default() {
            fields.insert("subject-type".to_owned(), identity.subject_type.name().into());
        }
        if let Some(uri) = &identity.sector_identifier_uri {
            fields.insert("sector-identifier-uri".to_owned(), uri.as_str().into());
        }
        if !identity.claims.is_empty() {
            fields.insert("claim".to_owned(), serde_json::to_value(&identity.claims)?);
        }
    }
    Ok(written)
}

/// What a realm file can say of a realm; without secrets and passwords in plain.
#[derive(Debug, Clone)]
pub struct Written {
    /// The realm.
    pub realm: Realm,
    /// Its companies or sites.
    pub organisations: Vec<Organisation>,
    /// Its users, with the hash of the password where that is to be said.
    pub users: Vec<(User, Option<String>)>,
    /// Its clients; `acts_as` is a username.
    pub clients: Vec<Client>,
}

/// The text of a realm file that says just this: whoever applies it keeps the secrets and passwords that are stored.
///
/// # Errors
/// As [`of_realm`].
pub fn text(file: &Written) -> Result<String, Box<dyn std::error::Error + Send + Sync>> {
    let mut sections = of_realm(&file.realm)?;
    let mut list = |name: &str, entries: Vec<Value>| {
        if !entries.is_empty() {
            sections.insert(name.to_owned(), entries.into());
        }
    };
    list("organisation", file.organisations.iter().map(of_organisation).collect::<Result<_, _>>()?);
    list("user", file.users.iter().map(user_with_hash).collect::<Result<_, _>>()?);
    list("client", file.clients.iter().map(of_client).collect::<Result<_, _>>()?);
    let written = without_variables(Value::Object(sections));
    Ok(toml::to_string_pretty(&written)?)
}

fn user_with_hash((user, hash): &(User, Option<String>)) -> Result<Value, serde_json::Error> {
    let mut written = of_user(user)?;
    if let (Some(fields), Some(hash)) = (written.as_object_mut(), hash) {
        fields.insert("password-hash".to_owned(), hash.as_str().into());
    }
    Ok(written)
}

/// One of a list whose entries leave out what is false or empty.
fn entry(value: &impl Serialize) -> Result<Value, serde_json::Error> {
    Ok(spelled("", serde_json::to_value(value)?, is_nothing))
}

/// As [`is_absent`], for entries in which every flag is off unless it is set.
fn is_nothing(value: &Value) -> bool {
    *value == Value::Bool(false) || is_absent(value)
}

/// What a file need not say: each of these is what a key has that is not there.
fn is_absent(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        _ => false,
    }
}

/// In the file's spelling: keys in kebab case, lengths of time with their unit, without what `left_out` says.
fn spelled(key: &str, value: Value, left_out: fn(&Value) -> bool) -> Value {
    match value {
        Value::Object(fields) => {
            let fields = fields.into_iter().filter(|(_, value)| !left_out(value)).map(|(name, value)| {
                let name = name.replace('_', "-");
                let value = spelled(&name, value, left_out);
                (name, value)
            });
            Value::Object(fields.collect())
        }
        Value::Array(items) => items.into_iter().map(|item| spelled("", item, left_out)).collect(),
        Value::Number(number) if key.ends_with("-ttl") || SPANS.contains(&key) => {
            let seconds = number.as_u64().and_then(|seconds| u32::try_from(seconds).ok());
            seconds.map_or(Value::Number(number), |seconds| Span::seconds(seconds).to_string().into())
        }
        other => other,
    }
}

/// With `$${` for each `${` that is no variable.
fn without_variables(value: Value) -> Value {
    match value {
        Value::String(text) => text.replace("${", "$${").into(),
        Value::Array(items) => items.into_iter().map(without_variables).collect(),
        Value::Object(fields) => {
            Value::Object(fields.into_iter().map(|(name, value)| (name, without_variables(value))).collect())
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::{Written, text};
    use crate::Variables;
    use crate::dialect::Dialects;
    use crate::realm::{Password, RealmFile, parse};
    use std::path::Path;

    const FILE: &str = r##"
[realm]
id = "r"
name = "R $${x} and \"quotes\""
dialect = "standard"
issuer = "https://r.example"
authorities = ["r.example"]
languages = ["de"]
claims-locales = ["fr"]
[tokens]
access-token = "opaque"
access-token-ttl = "20m"
refresh-idle = 90
[brand]
name = "R & Co"
accent = "#0a5fb4"
logo = "<svg/>"
[brand.links]
forgotten-password = "https://r.example/forgotten"
[agents]
claim = "act"
asks-per-hour = 7
[ciba]
enabled = true
[sessions]
idle = "1h"
[requests]
pushed-ttl = "2m"
[registration]
mode = "initial-access-token"
scopes = ["read"]
grants = ["authorization_code"]
response-types = ["code"]
redirect-hosts = ["*.r.example"]
private-schemes = ["editor"]
legacy = ["no-pkce"]
never-used-ttl = "2h"
most-clients = 5
[registration.documents]
mode = "approval"
scopes = ["read"]
most-per-host = 4
most-per-domain = 6
hourly-per-domain = 30
[[registration.documents.domain]]
name = "*.r.example"
mode = "open"
scopes = ["read"]
most-clients = 2
[[registration.software-issuer]]
issuer = "https://trust.example"
jwks = '{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","kid":"a"}]}'
[directory]
urls = ["ldap://dc1.example"]
start-tls = true
bind-dn = "cn=reader"
base = "dc=x"
filter = "(uid={username})"
[directory.attributes]
email-verified = true
phone-number = "telephoneNumber"
[[directory.group]]
dn = "cn=a,dc=x"
organisation = "acme"
role = "buyer"
[login-app]
login-url = "https://r.example/login?x=1"
consent-url = "https://r.example/consent"
logout-url = "https://r.example/logout"
token-sha256 = ["3c469e9d6c5875d37a43f353d4f88e61fcf812c66eee3457465a40b0da4153e0"]
trust-network = true
organisations = ["acme"]
[[api]]
audience = "api"
name = "API"
implicit = false
access-token-ttl = 61
[[claim]]
name = "groups"
from = "groups"
scope = "read"
in = ["access-token"]
[[claim]]
name = "realm_access.roles"
value = { a_b = [1, false] }
[[scope]]
name = "read"
sentence = "Read."
api = "api"
seat = "full"
[[seat-pool]]
name = "full"
size = 3
count = "user"
per = "organisation"
[[organisation]]
id = "acme"
name = "Acme"
[[user]]
id = "u"
username = "Ädä"
email = "ada@r.example"
email-verified = true
organisations = ["acme"]
claims = { "name#fr" = "Ada", phone_number = "+1 2", phone_number_verified = false, address = { street_address = "1 A" } }
groups = ["g"]
roles = ["r"]
organisation-roles = { acme = ["x"] }
attributes = { cost_centre = 4, on = false, list = ["a", 1.5] }
password-hash = "$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$aGFzaA"
[[client]]
id = "c"
name = "C"
status = "pending"
grants = ["client_credentials"]
scope = "read"
audiences = ["api"]
acts-as = "ädä"
access-token-ttl = "1m"
subject-type = "pairwise"
sector-identifier-uri = "https://c.example/sector.json"
[[client.claim]]
name = "groups"
from = "none"
[[client]]
id = "k"
name = "K"
grants = ["client_credentials"]
audiences = ["api"]
jwks = '{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","kid":"a"}]}'
token-endpoint-auth-method = "private_key_jwt"
token-endpoint-auth-signing-alg = "EdDSA"
require-signed-request-object = true
[[client]]
id = "p"
name = "P"
kind = "public"
grants = ["authorization_code", "refresh_token"]
redirect-uris = ["https://p.example/back", "com.example.p:/back"]
response-types = ["code"]
application-type = "native"
contacts = ["dev@p.example"]
client-uri = "https://p.example/"
policy-uri = "https://p.example/policy"
tos-uri = "https://p.example/terms"
logo-uri = "https://p.example/logo.png"
software-id = "p"
software-version = "1"
initiate-login-uri = "https://p.example/login"
default-max-age = 60
require-auth-time = true
default-acr-values = ["1"]
usual-scope = "read"
self-registered = true
[client.localized]
"client-name#de" = "P auf Deutsch"
"##;

    #[test]
    fn what_is_written_is_read_as_the_same() {
        let dialects = Dialects::embedded().unwrap();
        let read = |content: &str| {
            let files = [(Path::new("r.toml"), content.as_bytes())];
            let read = parse(&files, &dialects, &Variables::new()).unwrap_or_else(|p| panic!("{p}\n{content}"));
            read.into_iter().next().unwrap()
        };
        let first = read(FILE);
        let of = |file: &RealmFile| Written {
            realm: file.realm.clone(),
            organisations: file.organisations.clone(),
            users: file
                .users
                .iter()
                .map(|user| {
                    let hash = match user.password {
                        Some(Password::Hash(hash)) => Some(hash),
                        _ => None,
                    };
                    (user.user, hash)
                })
                .collect(),
            clients: file.clients.iter().map(|client| client.client.clone()).collect(),
        };
        let written = text(&of(&first)).unwrap();
        let second = read(&written);
        assert_eq!(first.realm, second.realm, "{written}");
        let parts = |file: &RealmFile| {
            let Written { organisations, users, clients, .. } = of(file);
            (organisations, users, clients)
        };
        assert_eq!(parts(&first), parts(&second), "{written}");
        assert!(written.starts_with("[realm]\n") && written.contains("refresh-idle = \"90s\""), "{written}");
    }
}
