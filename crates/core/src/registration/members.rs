//! The members of a client's metadata: what each is called, how it is read, and how it is answered. One line for each.

use crate::client::rules::Description;
use crate::client::{AuthMethod, Client, ClientKind};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// A client that is being read; what cannot be said in a [`Description`] stands beside it.
pub(super) struct Draft {
    /// As far as it is known.
    pub(super) asked: Description,
    /// `client_name`, where it was sent.
    pub(super) name: Option<String>,
    /// `redirect_uris`, where they were sent.
    pub(super) redirect_uris: Option<Vec<String>>,
    /// `grant_types`, by name.
    pub(super) grants: Option<BTreeSet<String>>,
    /// `scope`, its words.
    pub(super) scope: Option<Vec<String>>,
}

impl Draft {
    /// Nothing was read yet.
    pub(super) const fn new(asked: Description) -> Self {
        Self { asked, name: None, redirect_uris: None, grants: None, scope: None }
    }
}

/// One member.
pub(super) struct Member {
    /// Its name.
    pub(super) name: &'static str,
    /// Takes what was sent.
    pub(super) read: fn(&Value, &mut Draft) -> Result<(), String>,
    /// What is answered; none where there is nothing to say.
    pub(super) write: fn(&Client) -> Option<Value>,
}

/// A member that stands at the same place in a description and in a client.
macro_rules! same {
    ($name:literal, $($path:ident).+) => {
        Member {
            name: $name,
            read: |value, draft| set(value, &mut draft.asked.$($path).+),
            write: |client| said(&client.$($path).+),
        }
    };
}

/// A member that is read into the draft, and written from wherever it came to stand.
macro_rules! own {
    ($name:literal, $field:ident, $write:expr) => {
        Member { name: $name, read: |value, draft| set(value, &mut draft.$field), write: $write }
    };
}

/// A member of which this server knows one value.
macro_rules! only {
    ($name:literal, $value:literal) => {
        Member {
            name: $name,
            read: |value, _| match value.as_str() {
                Some($value) => Ok(()),
                _ => Err(concat!("the one value here is ", $value).to_owned()),
            },
            write: |_| Some($value.into()),
        }
    };
}

/// A member that asks for something that this server does not do.
macro_rules! cannot {
    ($name:literal) => {
        Member {
            name: $name,
            read: |value, _| match value {
                Value::Bool(false) => Ok(()),
                _ => Err("this server cannot do that".to_owned()),
            },
            write: |_| None,
        }
    };
}

/// All of them, in the order in which they are answered (RFC 7591 2, OpenID Connect Dynamic Registration 1.0 2, RFC 8705, RFC 9101,
/// RFC 9126, RFC 9449, JARM, and the logout specifications).
pub(super) const MEMBERS: &[Member] = &[
    own!("client_name", name, |client| said(&client.name)),
    own!("redirect_uris", redirect_uris, |client| said(&client.redirect_uris)),
    own!("grant_types", grants, |client| said(&client.grants.iter().map(|grant| grant.name()).collect::<Vec<_>>())),
    same!("response_types", registered.response_types),
    Member {
        name: "token_endpoint_auth_method",
        read: |value, draft| set(value, &mut draft.asked.authentication.method),
        write: |client| said(&method_of(client)),
    },
    same!("token_endpoint_auth_signing_alg", authentication.signing_alg),
    Member { name: "scope", read: read_scope, write: |client| said(&client.scope) },
    same!("application_type", registered.application_type),
    same!("contacts", registered.contacts),
    same!("client_uri", registered.client_uri),
    same!("logo_uri", registered.logo_uri),
    same!("policy_uri", registered.policy_uri),
    same!("tos_uri", registered.tos_uri),
    same!("software_id", registered.software_id),
    same!("software_version", registered.software_version),
    same!("software_statement", registered.software_statement),
    Member { name: "jwks", read: read_jwks, write: |client| said(&client.jwks) },
    same!("jwks_uri", jwks_uri),
    same!("id_token_signed_response_alg", id_token_signing),
    cannot!("id_token_encrypted_response_alg"),
    cannot!("id_token_encrypted_response_enc"),
    cannot!("userinfo_signed_response_alg"),
    cannot!("userinfo_encrypted_response_alg"),
    cannot!("userinfo_encrypted_response_enc"),
    only!("subject_type", "public"),
    cannot!("sector_identifier_uri"),
    same!("default_max_age", registered.default_max_age),
    same!("require_auth_time", registered.require_auth_time),
    same!("default_acr_values", registered.default_acr_values),
    same!("initiate_login_uri", registered.initiate_login_uri),
    same!("request_uris", requests.request_uris),
    same!("request_object_signing_alg", requests.request_object_signing_alg),
    cannot!("request_object_encryption_alg"),
    cannot!("request_object_encryption_enc"),
    same!("require_signed_request_object", requests.require_signed_request_object),
    same!("require_pushed_authorization_requests", requests.require_pushed_authorization_requests),
    same!("authorization_signed_response_alg", requests.authorization_signed_response_alg),
    cannot!("authorization_encrypted_response_alg"),
    cannot!("authorization_encrypted_response_enc"),
    same!("post_logout_redirect_uris", post_logout_redirect_uris),
    cannot!("frontchannel_logout_uri"),
    cannot!("frontchannel_logout_session_required"),
    cannot!("backchannel_logout_uri"),
    cannot!("backchannel_logout_session_required"),
    cannot!("tls_client_auth_subject_dn"),
    cannot!("tls_client_auth_san_dns"),
    cannot!("tls_client_auth_san_uri"),
    cannot!("tls_client_auth_san_ip"),
    cannot!("tls_client_auth_san_email"),
    cannot!("tls_client_certificate_bound_access_tokens"),
    cannot!("dpop_bound_access_tokens"),
];

/// The metadata of a client (RFC 7591 3.2.1), without what only its registration knows.
pub fn answered(client: &Client) -> Map<String, Value> {
    let mut answer = Map::new();
    for member in MEMBERS {
        if let Some(value) = (member.write)(client) {
            answer.insert(member.name.to_owned(), value);
        }
    }
    for (name, text) in &client.registered.localized {
        answer.insert(name.clone(), text.as_str().into());
    }
    answer
}

fn set<T: DeserializeOwned>(value: &Value, into: &mut T) -> Result<(), String> {
    *into = T::deserialize(value).map_err(|error| error.to_string())?;
    Ok(())
}

/// A value as it is answered; what is absent, empty or false need not be said.
fn said<T: Serialize>(value: &T) -> Option<Value> {
    let value = serde_json::to_value(value).ok()?;
    let is_nothing = match &value {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => false,
    };
    (!is_nothing).then_some(value)
}

fn read_scope(value: &Value, draft: &mut Draft) -> Result<(), String> {
    let mut text = String::new();
    set(value, &mut text)?;
    draft.scope = Some(text.split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect());
    Ok(())
}

fn read_jwks(value: &Value, draft: &mut Draft) -> Result<(), String> {
    if !value.is_object() {
        return Err("it must be a JWK set, which is an object".to_owned());
    }
    draft.asked.jwks = Some(value.to_string());
    Ok(())
}

/// What a client that says nothing of it does (RFC 7591 2).
fn method_of(client: &Client) -> AuthMethod {
    client.authentication.method.unwrap_or(match client.kind {
        ClientKind::Public => AuthMethod::None,
        ClientKind::Confidential => AuthMethod::ClientSecretBasic,
    })
}
