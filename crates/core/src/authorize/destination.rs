//! Who asks, and where may the answer go? Until that is known, what fails is a page and never a redirect.

use crate::client::{Client, ClientStatus};
use crate::dialect::{Legacy, WithoutClient};
use crate::params::{Opaque, Params};
use crate::realm::Realm;
use crate::redirect::RedirectUri;
use crate::refusal::Refusal;
use crate::response::{ResponseMode, ResponseType};
use serde::{Deserialize, Serialize};

/// What a request that reaches the authorization endpoint is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entry<'a> {
    /// A request of this client.
    Client(&'a str),
    /// Nobody's: the ordinary login page (never leads to a code).
    SignIn,
}

/// Whether the request names a client.
///
/// # Errors
/// No client; `client_id` or `redirect_uri` stands twice. Shown as a page.
pub fn entry<'a>(realm: &Realm, params: &'a Params<'_>) -> Result<Entry<'a>, Refusal> {
    for name in ["client_id", "redirect_uri"] {
        if params.repeats(name) {
            return Err(Refusal::duplicate(name));
        }
    }
    match params.get("client_id") {
        Some(id) => Ok(Entry::Client(id)),
        None if params.get("redirect_uri").is_none()
            && realm.dialect.authorization.without_client == WithoutClient::SignIn =>
        {
            Ok(Entry::SignIn)
        }
        None => Err(Refusal::MissingParameter("client_id")),
    }
}

/// Where the answer goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Destination {
    /// The validated redirect URI.
    pub redirect_uri: String,
    /// The request carried it; then the token request must as well (RFC 6749 4.1.3).
    pub sent: bool,
    /// Whoever listens there cannot be known (RFC 8252 8.6).
    pub native: bool,
    /// It is registered as a wildcard only.
    #[serde(default)]
    pub wildcard: bool,
    /// `state`, to be given back as it came; none where the mode cannot carry it, and the request is refused.
    pub state: Option<Opaque>,
    /// How the answer travels.
    pub mode: ResponseMode,
}

/// Stage one: where the answer may go (RFC 6749 3.1.2.4).
///
/// # Errors
/// Unknown or inactive client; no, an unusable or an unregistered redirect URI. Shown as a page.
pub fn destination(realm: &Realm, client: Option<&Client>, params: &Params<'_>) -> Result<Destination, Refusal> {
    let client = client.ok_or_else(|| Refusal::unknown_client(params.get("client_id").unwrap_or_default()))?;
    if client.status != ClientStatus::Active {
        return Err(Refusal::ClientInactive(None));
    }
    let mut registered = usable_redirects(realm, client);
    let (redirect_uri, uri) = match params.get("redirect_uri") {
        Some(sent) => (sent, registered_redirect(realm, client, sent).ok_or(Refusal::RedirectUnregistered)?),
        None if realm.dialect.authorization.redirect_uri_required => return Err(Refusal::RedirectMissing),
        None => match (registered.next(), registered.next()) {
            (Some(only), None) if !only.is_wildcard() => (only.as_str(), only),
            _ => return Err(Refusal::RedirectMissing),
        },
    };
    let mode = error_mode(realm, params);
    Ok(Destination {
        redirect_uri: redirect_uri.to_owned(),
        sent: params.get("redirect_uri").is_some(),
        native: uri.is_native() && !(client.is_confidential() && uri.is_server_here()),
        wildcard: uri.is_wildcard(),
        state: params.state().filter(|state| mode.carries_bytes() || state.as_text().is_some()),
        mode,
    })
}

/// The registered redirect URIs that count: a wildcard only for a confidential client that was given it, a scheme without a dot only
/// where the realm names it.
fn usable_redirects<'a>(realm: &Realm, client: &'a Client) -> impl Iterator<Item = &'a RedirectUri> {
    let wildcards = client.is_confidential() && realm.allows(client, Legacy::WildcardRedirect);
    let named = move |scheme: &str| realm.registration.private_schemes.iter().any(|known| known == scheme);
    let usable = move |uri: &&RedirectUri| (wildcards || !uri.is_wildcard()) && uri.short_scheme().is_none_or(named);
    client.redirect_uris.iter().filter(usable)
}

/// The registered redirect URI that a received one is, exact ones first; `None` if it is none that counts.
pub fn registered_redirect<'a>(realm: &Realm, client: &'a Client, received: &str) -> Option<&'a RedirectUri> {
    let matching = |wildcard: bool| {
        usable_redirects(realm, client).find(move |uri| {
            // A page in a browser has one address; RFC 8252 7.3 is about programs that take the port they get.
            uri.is_wildcard() == wildcard
                && if client.in_browser { uri.as_str() == received } else { uri.matches(received) }
        })
    };
    matching(false).or_else(|| matching(true))
}

/// The mode by which even a refusal travels: what was asked for if it can be, else what the response type implies.
fn error_mode(realm: &Realm, params: &Params<'_>) -> ResponseMode {
    let asked = params.get("response_type").and_then(|text| ResponseType::parse(text).ok());
    let default = realm.dialect.authorization.default_response_type;
    let response_type = asked.or(default).unwrap_or(ResponseType::CODE);
    let mode = ResponseMode::read(params.get("response_mode"), response_type);
    mode.filter(|mode| mode.fits(response_type)).unwrap_or(ResponseMode::usual(response_type))
}

/// What is to be given out.
///
/// # Errors
/// None is named, or one that this realm does not serve: a token goes through the browser only where the dialect permits it
/// (RFC 9700 2.1.2).
pub(super) fn response_type(realm: &Realm, params: &Params<'_>) -> Result<ResponseType, Refusal> {
    let Some(text) = params.get("response_type") else {
        return realm.dialect.authorization.default_response_type.ok_or(Refusal::ResponseTypeMissing);
    };
    let unknown = || Refusal::ResponseTypeUnknown(crate::metadata::response_types(realm));
    let response_type = ResponseType::parse(text).map_err(|_| unknown())?;
    let permitted = !response_type.has_token() || realm.dialect.permits.contains(&Legacy::Implicit);
    if permitted { Ok(response_type) } else { Err(unknown()) }
}
