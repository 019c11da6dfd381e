//! The device authorization grant (RFC 8628): what a device asks for.
//!
//! A device's request waits like any other authorization request, and its answer is a code: the device code, which the device
//! has had from the beginning and which nobody can redeem before its user said yes.

use super::{AuthorizationRequest, Destination, Prompt, audience, no_duplicates};
use crate::audience::Audience;
use crate::claims_request::ClaimsRequest;
use crate::client::Client;
use crate::dialect::Endpoint;
use crate::granted::resolve_scope;
use crate::params::Params;
use crate::realm::Realm;
use crate::refusal::Refusal;
use crate::response::{ResponseMode, ResponseType};
use crate::scope::ScopeSet;
use crate::token::Id;
use crate::token_request;
use serde::{Deserialize, Serialize};

/// The seconds between two polls that an answer asks for, and by which each poll that came too early makes them more (RFC 8628
/// 3.5).
pub const INTERVAL: i64 = 5;
/// The most that they become.
pub const LONGEST_INTERVAL: i64 = 120;

/// What a request for a user who is elsewhere (OpenID CIBA Core 1.0 7.1) says beside what any request says.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Backchannel {
    /// What it is about, as the client says it on its side as well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub binding_message: Option<String>,
    /// Where there is somebody to tell: what they are told, sealed by whoever tells them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ping: Option<String>,
}

/// What ties an authorization request to the device that waits for its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    /// The device code's row.
    pub id: Id,
    /// The SHA-256 of the device code.
    pub hash: [u8; 32],
    /// The user code, as people are shown it.
    pub user_code: String,
    /// Where the device asked from.
    pub from: Option<String>,
    /// When its code is over, in milliseconds.
    pub expires_at: i64,
    /// Whoever is in front of the page said that this is the code which their device shows.
    #[serde(default)]
    pub confirmed: bool,
    /// It is no device: its client asks while its user is elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backchannel: Option<Box<Backchannel>>,
}

impl AuthorizationRequest {
    /// Reads a device authorization request (RFC 8628 3.1). Its answer goes to the page on which the user code is typed, where the
    /// user is told how it ended; who asked cannot be known, so consent is asked for each time (RFC 8628 5.4).
    ///
    /// # Errors
    /// A parameter that stands twice; scope or audience; the realm has no page for the user code.
    pub fn of_device(
        realm: &Realm,
        client: &Client,
        params: &Params<'_>,
        device: Device,
        now: i64,
    ) -> Result<Self, Refusal> {
        no_duplicates(params)?;
        let requested = token_request::scope(params)?;
        let default = realm.dialect.authorization.default_scope.as_deref();
        let scope = resolve_scope(realm, client, requested.as_ref(), default)?;
        let page = realm.url(Endpoint::DeviceVerification).ok_or(Refusal::EndpointNotAllowed)?;
        let scope_differs = requested.is_none_or(|requested| !requested.same(&scope));
        let audience = audience(realm, client, params, &scope)?;
        Ok(Self { scope_differs, ..Self::to_wait(client, page, (scope, audience), device, now) })
    }

    /// What waits for a user who was not sent here by a browser, and whose answer is polled for.
    pub(super) fn to_wait(
        client: &Client,
        page: String,
        (scope, audience): (ScopeSet, Audience),
        device: Device,
        now: i64,
    ) -> Self {
        let response_type = ResponseType::CODE;
        Self {
            client: client.id.clone(),
            destination: Destination {
                redirect_uri: page,
                sent: false,
                native: true,
                wildcard: false,
                state: None,
                mode: ResponseMode::usual(response_type),
            },
            response_type,
            scope_differs: false,
            audience,
            scope,
            challenge: None,
            nonce: None,
            prompt: Prompt::default(),
            max_age: None,
            login_hint: None,
            ui_locales: None,
            hinted_user: None,
            only_user: None,
            claims: ClaimsRequest::default(),
            dpop_jkt: None,
            is_sealed: true,
            device: Some(device),
            arrived_at: now,
        }
    }
}
