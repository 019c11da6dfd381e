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

/// All of them, in the order in which they are answered (RFC 7591 2, OpenID Connect Dynamic Registration 1.0 2, RFC 8705, RFC 9101,
/// RFC 9126, RFC 9449, RFC 9701, JARM, and the logout specifications).
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
    Member {
        name: "scope",
        read: read_scope,
        write: |client| said(client.registered.usual_scope.as_ref().unwrap_or(&client.scope)),
    },
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
    same!("id_token_encrypted_response_alg", protection.id_token_encrypted_response_alg),
    same!("id_token_encrypted_response_enc", protection.id_token_encrypted_response_enc),
    same!("userinfo_signed_response_alg", protection.userinfo_signed_response_alg),
    same!("userinfo_encrypted_response_alg", protection.userinfo_encrypted_response_alg),
    same!("userinfo_encrypted_response_enc", protection.userinfo_encrypted_response_enc),
    same!("subject_type", identity.subject_type),
    same!("sector_identifier_uri", identity.sector_identifier_uri),
    same!("default_max_age", registered.default_max_age),
    same!("require_auth_time", registered.require_auth_time),
    same!("default_acr_values", registered.default_acr_values),
    same!("initiate_login_uri", registered.initiate_login_uri),
    same!("request_uris", requests.request_uris),
    same!("request_object_signing_alg", requests.request_object_signing_alg),
    same!("request_object_encryption_alg", protection.request_object_encryption_alg),
    same!("request_object_encryption_enc", protection.request_object_encryption_enc),
    same!("require_signed_request_object", requests.require_signed_request_object),
    same!("require_pushed_authorization_requests", requests.require_pushed_authorization_requests),
    same!("introspection_signed_response_alg", requests.introspection_signed_response_alg),
    same!("authorization_signed_response_alg", requests.authorization_signed_response_alg),
    same!("authorization_encrypted_response_alg", protection.authorization_encrypted_response_alg),
    same!("authorization_encrypted_response_enc", protection.authorization_encrypted_response_enc),
    same!("post_logout_redirect_uris", post_logout_redirect_uris),
    same!("frontchannel_logout_uri", logout.frontchannel_logout_uri),
    same!("frontchannel_logout_session_required", logout.frontchannel_logout_session_required),
    same!("backchannel_logout_uri", logout.backchannel_logout_uri),
    same!("backchannel_logout_session_required", logout.backchannel_logout_session_required),
    same!("tls_client_auth_subject_dn", authentication.certificate.subject_dn),
    same!("tls_client_auth_san_dns", authentication.certificate.san_dns),
    same!("tls_client_auth_san_uri", authentication.certificate.san_uri),
    same!("tls_client_auth_san_ip", authentication.certificate.san_ip),
    same!("tls_client_auth_san_email", authentication.certificate.san_email),
    same!("tls_client_certificate_bound_access_tokens", authentication.certificate.binds_tokens),
    same!("dpop_bound_access_tokens", dpop.dpop_bound_access_tokens),
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
