//! A refused request, described without its secrets: for whoever wants to know later what was wrong with it.

use crate::http::Incoming;
use crate::protocol::read::is_json;
use crate::state::requests::said::{Described, Param};
use crate::state::secrets::Secrets;
use claviger_core::client_auth::Credentials;
use claviger_core::params::is_read;
use claviger_core::text::{printable, short_digest, shortened};
use claviger_core::token::unless_secret;
use claviger_core::{Dialect, Params};
use http::header::{AUTHORIZATION, CONTENT_TYPE};

/// What is no secret, and names no person.
const SHOWN: [&str; 15] = [
    "grant_type",
    "client_id",
    "scope",
    "audience",
    "resource",
    "response_type",
    "response_mode",
    "code_challenge_method",
    "token_type_hint",
    "client_assertion_type",
    "subject_token_type",
    "actor_token_type",
    "requested_token_type",
    "prompt",
    "max_age",
];

/// What people choose themselves: not even a digest of it is kept.
const CHOSEN: [&str; 3] = ["username", "password", "login_hint"];

/// More parameters are not described.
const MOST: usize = 32;

/// How much of a value or a name is shown, in characters.
const LONGEST: usize = 200;

/// Describes it.
pub(crate) fn described(secrets: &Secrets, dialect: &Dialect, incoming: &Incoming) -> Described {
    let media = incoming.header(CONTENT_TYPE.as_str()).unwrap_or_default();
    let authorization = incoming.header(AUTHORIZATION.as_str()).unwrap_or_default();
    let params = params_of(incoming, media);
    let mut all: Vec<Param> = params.iter().take(MOST).map(|(name, value)| param(secrets, name, value)).collect();
    all.extend(basic(secrets, dialect, incoming, &params));
    Described {
        method: incoming.head.method.to_string(),
        media_type: shown(media),
        authorization: shown(authorization.split(' ').next().filter(|scheme| scheme.len() < 20).unwrap_or_default()),
        dpop: incoming.head.headers.contains_key("dpop"),
        certificate: incoming.presented.is_some(),
        params: all,
    }
}

/// The parameters of the body, or of the query where there is none; what cannot be read is not there.
fn params_of<'a>(incoming: &'a Incoming, media: &str) -> Params<'a> {
    let media = media.split(';').next().unwrap_or_default().trim();
    if incoming.body.is_empty() {
        return Params::form(incoming.query().as_bytes()).unwrap_or_default();
    }
    let read = if is_json(media, &incoming.body) { Params::json(&incoming.body) } else { Params::form(&incoming.body) };
    read.unwrap_or_default()
}

fn param(secrets: &Secrets, name: &str, value: &str) -> Param {
    // A name that nobody reads may be anything: a body that is no form at all is one long name.
    let name = if is_read(name) { name } else { "(another)" };
    let shown = SHOWN.contains(&name).then(|| shown(value));
    let digest = match name {
        _ if shown.is_some() || CHOSEN.contains(&name) || name == "(another)" => String::new(),
        // As it is stored of a secret that Claviger made, so that the two can be compared.
        "client_secret" => short_digest(&secrets.client_secret_tag(value)),
        _ => short_digest(&secrets.request_digest(value)),
    };
    Param { name: name.to_owned(), length: value.len(), digest, value: shown }
}

/// What HTTP Basic carries, under the names of the parameters that it stands for.
fn basic(secrets: &Secrets, dialect: &Dialect, incoming: &Incoming, params: &Params<'_>) -> Vec<Param> {
    let header = incoming.head.headers.get(AUTHORIZATION).map(http::HeaderValue::as_bytes);
    match header.map(|header| Credentials::read(Some(header), params, dialect)) {
        Some(Ok(Credentials::Basic { decoded, .. })) => {
            vec![param(secrets, "client_id", &decoded.id), param(secrets, "client_secret", decoded.secret.expose())]
        }
        _ => Vec::new(),
    }
}

fn shown(text: &str) -> String {
    shortened(&printable(unless_secret(text)), LONGEST).into_owned()
}
