//! Registration by the client itself (RFC 7591, RFC 7592, OpenID Connect Dynamic Registration 1.0): from the metadata that it sends to
//! the [`Description`] that the rules of all clients check, and back to the metadata that it is answered.
//!
//! Which members there are, and where each stands in a client, is a table ([`members`]). Unknown members are ignored, null and empty
//! ones are as if they were not there. What a realm permits narrows the grants and scopes that are asked for; what this server cannot do
//! and whatever would make the client less safe than it believes is refused.

mod allowance;
mod document;
mod members;
mod settle;
mod statement;
#[cfg(test)]
mod tests;

pub use allowance::{Allowance, TokenAllows};
pub use document::{LARGEST_DOCUMENT, of_document};
pub use members::answered;
pub use statement::believed;

use crate::client::rules::{self, Description, Field, Found, LOCALIZED, Problem};
use crate::client::{Client, ClientStatus, Dpop, Identity};
use crate::dialect::Legacy;
use crate::realm::Realm;
use members::{Draft, MEMBERS};
use serde_json::{Map, Value};

/// Why a client is not registered (RFC 7591 3.2.2).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {description}", code.name())]
pub struct RegistrationRefusal {
    /// The error code.
    pub code: RegistrationError,
    /// What was wrong.
    pub description: String,
}

/// RFC 7591 3.2.2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RegistrationError {
    /// A redirect URI.
    InvalidRedirectUri,
    /// Any other member.
    InvalidClientMetadata,
    /// A software statement that cannot be read or is not what it says.
    InvalidSoftwareStatement,
    /// A software statement of somebody who has no say here.
    UnapprovedSoftwareStatement,
}

impl RegistrationError {
    /// As the standard spells it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::InvalidRedirectUri => "invalid_redirect_uri",
            Self::InvalidClientMetadata => "invalid_client_metadata",
            Self::InvalidSoftwareStatement => "invalid_software_statement",
            Self::UnapprovedSoftwareStatement => "unapproved_software_statement",
        }
    }

    fn because(self, description: impl Into<String>) -> RegistrationRefusal {
        RegistrationRefusal { code: self, description: description.into() }
    }
}

/// A member that is wrong.
pub fn wrong(member: &str, why: impl std::fmt::Display) -> RegistrationRefusal {
    let code = match member {
        "redirect_uris" => RegistrationError::InvalidRedirectUri,
        _ => RegistrationError::InvalidClientMetadata,
    };
    code.because(format!("{member}: {why}"))
}

/// The metadata of a request: one JSON object.
///
/// # Errors
/// It is something else.
pub fn parse(body: &[u8]) -> Result<Map<String, Value>, RegistrationRefusal> {
    let read: Result<Value, _> = serde_json::from_slice(body);
    match read {
        Ok(Value::Object(members)) => Ok(members),
        _ => Err(RegistrationError::InvalidClientMetadata.because("the body must be one JSON object")),
    }
}

/// The client that the metadata describes, as far as realm and token allow it. `id`: of the client; `status`: where it is to stand.
///
/// # Errors
/// What cannot be registered.
pub fn client(
    metadata: &Map<String, Value>,
    (id, status): (&str, ClientStatus),
    realm: &Realm,
    allowance: &Allowance,
) -> Result<Client, RegistrationRefusal> {
    let mut draft = Draft::new(Description { status, ..Description::new(id, "") });
    for member in MEMBERS {
        if let Some(value) = metadata.get(member.name).filter(|value| !is_nothing(value)) {
            (member.read)(value, &mut draft).map_err(|why| wrong(member.name, why))?;
        }
    }
    localized(metadata, &mut draft)?;
    let description = settle::settle(draft, realm, allowance)?;
    rules::check(description, realm).map_err(|problems| refusal(&problems))
}

/// The client with other metadata in the place of what it registered (RFC 7592 2.2). What an operator gave it beside that stays.
///
/// # Errors
/// What cannot be registered.
pub fn changed(
    metadata: &Map<String, Value>,
    before: &Client,
    realm: &Realm,
    allowance: &Allowance,
) -> Result<Client, RegistrationRefusal> {
    let asked = client(metadata, (&before.id, before.status), realm, allowance)?;
    let kept = Description::of(before, Found::User);
    let own = Description::of(&asked, Found::User);
    let mut legacy = own.legacy.clone();
    legacy.extend(kept.legacy.into_iter().filter(|one| !OF_REGISTRATION.contains(one)));
    let description = Description {
        publisher: kept.publisher,
        owner_email: kept.owner_email,
        turnover: kept.turnover,
        access_token: kept.access_token,
        access_token_ttl: kept.access_token_ttl,
        limits: kept.limits,
        resource_server: kept.resource_server,
        trusted: kept.trusted,
        in_browser: kept.in_browser,
        agent: kept.agent,
        ciba: kept.ciba,
        id_token_claims: kept.id_token_claims,
        pkce: kept.pkce,
        legacy,
        identity: Identity { claims: kept.identity.claims, ..own.identity },
        dpop: Dpop { nonces: kept.dpop.nonces, ..own.dpop },
        ..own
    };
    rules::check(description, realm).map_err(|problems| refusal(&problems))
}

/// The legacy behaviours that follow from metadata and realm.
const OF_REGISTRATION: [Legacy; 2] = [Legacy::Implicit, Legacy::NoPkce];

/// Null and empty texts are as if they were not there: clients that name nothing send either.
fn is_nothing(value: &Value) -> bool {
    value.is_null() || value.as_str() == Some("")
}

/// Members in further languages (RFC 7591 2.2).
fn localized(metadata: &Map<String, Value>, draft: &mut Draft) -> Result<(), RegistrationRefusal> {
    for (name, value) in metadata.iter().filter(|(_, value)| !is_nothing(value)) {
        if !name.split_once('#').is_some_and(|(member, _)| LOCALIZED.contains(&member)) {
            continue;
        }
        let Some(text) = value.as_str() else { return Err(wrong(name, "it must be a text")) };
        draft.asked.registered.localized.insert(name.clone(), text.to_owned());
    }
    Ok(())
}

/// The first problem, in the words of the protocol; one of a redirect URI before all others.
fn refusal(problems: &[Problem]) -> RegistrationRefusal {
    let of_redirect = problems.iter().find(|problem| problem.field() == Field::RedirectUris);
    match of_redirect.or(problems.first()) {
        Some(problem) => wrong(&member_of(problem.field()), problem),
        None => RegistrationError::InvalidClientMetadata.because("the client cannot be registered"),
    }
}

/// The member that stands behind a field.
fn member_of(field: Field) -> String {
    match field {
        Field::Name => "client_name".to_owned(),
        Field::Grants => "grant_types".to_owned(),
        Field::IdTokenSigning => "id_token_signed_response_alg".to_owned(),
        Field::OwnerEmail => "contacts".to_owned(),
        field => field.name().replace('-', "_"),
    }
}
