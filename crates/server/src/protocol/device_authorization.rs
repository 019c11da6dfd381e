//! The device authorization endpoint (RFC 8628 3.1, 3.2).
//!
//! What waits is stored, because the device and the browser of its user share nothing else. So it is bounded: by address for
//! whoever does not prove who they are, by realm for all, and by time.

use crate::failure::{Failure, json, wrong_method};
use crate::http::{Answer, Incoming};
use crate::ids;
use crate::protocol::authenticate::{Authenticated, authenticate};
use crate::protocol::read::{allow_any_origin, preflight, read_credentials, read_params};
use crate::state::State;
use crate::state::brakes::Subject;
use crate::state::sites::Site;
use claviger_core::authorize::AuthorizationRequest;
use claviger_core::authorize::device::{Device, INTERVAL};
use claviger_core::client::GrantType;
use claviger_core::dialect::Endpoint;
use claviger_core::params::form_encode;
use claviger_core::refusal::Further;
use claviger_core::token::{self, Kind, Plain};
use claviger_core::user_code::UserCode;
use claviger_core::{Params, Refusal};
use claviger_store::{Begun, Masked, NewDevice};
use http::{Method, StatusCode};
use std::net::IpAddr;

/// How many devices wait in a realm at most.
const MOST: i64 = 10_000;
/// After how many seconds one that found no room may try again.
const LATER: i64 = 30;
/// How often another user code is made where one is taken.
const TRIES: usize = 5;

/// Answers at the device authorization endpoint.
pub(crate) async fn answer(state: &State, site: &Site, incoming: &Incoming) -> Answer {
    let mut answer = match incoming.head.method {
        Method::POST => match begin(state, site, incoming).await {
            Ok(body) => json(StatusCode::OK, body),
            Err(failure) => {
                let basic = incoming.head.headers.contains_key(http::header::AUTHORIZATION);
                failure.to_json(&site.realm.dialect, basic, incoming.id)
            }
        },
        Method::OPTIONS => return preflight(incoming),
        _ => return wrong_method("POST, OPTIONS"),
    };
    allow_any_origin(&mut answer);
    answer
}

async fn begin(state: &State, site: &Site, incoming: &Incoming) -> Result<Vec<u8>, Failure> {
    let (params, _) = read_params(&site.realm.dialect, incoming)?;
    let credentials = read_credentials(&site.realm.dialect, incoming, &params)?;
    let client = authenticate(state, &site.realm, &credentials, incoming.client).await?;
    if !client.client().may(GrantType::DeviceCode) {
        return Err(Refusal::grant_not_allowed(client.client()).into());
    }
    let mut asked = Asked { state, site, client: &client, params: &params, from: incoming.client };
    for _ in 0..TRIES {
        if let Some(begun) = asked.once().await? {
            return Ok(begun);
        }
    }
    Err(Failure::Fault("no user code is free".to_owned()))
}

/// A device that asks.
struct Asked<'a> {
    state: &'a State,
    site: &'a Site,
    client: &'a Authenticated,
    params: &'a Params<'a>,
    from: IpAddr,
}

impl Asked<'_> {
    /// `None` where the user code is taken.
    async fn once(&mut self) -> Result<Option<Vec<u8>>, Failure> {
        let Self { state, site, client, params, from } = *self;
        let now = state.clock.now();
        let (id, secret) = ids::new_with_secret(now);
        let (device_code, user_code) = (token::mint(Kind::Device, &id, &secret), UserCode::generate());
        let device = Device {
            id,
            hash: device_code.hash(),
            user_code: user_code.shown(),
            from: Some(from.to_canonical().to_string()),
            expires_at: now + site.realm.tokens.device_code_ttl.as_millis(),
            confirmed: false,
            backchannel: None,
        };
        let expires_at = device.expires_at;
        let request = AuthorizationRequest::of_device(&site.realm, client.client(), params, device, now)?;
        // What is wrong costs nothing; what is right is stored.
        self.slow_down(now).await?;
        let row = NewDevice {
            id,
            hash: Masked(device_code.hash()),
            user_code: Masked(user_code.hash(&site.realm.id)),
            realm: site.realm.id.clone(),
            client: client.client().id.clone(),
            doc: serde_json::to_string(&request)?,
            expires_at,
            interval: INTERVAL * 1000,
        };
        match state.store.put_device(row, MOST, now).await? {
            Begun::Waits => Ok(Some(self.spell(&device_code, &user_code)?)),
            Begun::CodeTaken => Ok(None),
            Begun::Full => Err(Refusal::from(Further::TooManyDevices(LATER)).into()),
        }
    }

    /// Whoever only names a client counts by address.
    async fn slow_down(&self, now: i64) -> Result<(), Failure> {
        let Some(subject) = Subject::device_requests(self.from).filter(|_| !self.client.proved) else { return Ok(()) };
        match self.state.brakes.start(&subject, now).await {
            // Each of them counts.
            Ok(attempt) => {
                drop(attempt);
                Ok(())
            }
            Err(seconds) => Err(Refusal::from(Further::TooManyDevices(seconds)).into()),
        }
    }

    /// RFC 8628 3.2.
    fn spell(&self, device_code: &Plain, user_code: &UserCode) -> Result<Vec<u8>, Failure> {
        let realm = &self.site.realm;
        let page = realm.url(Endpoint::DeviceVerification).unwrap_or_default();
        let mut complete = format!("{page}?");
        form_encode(&mut complete, "user_code", user_code.shown().as_bytes());
        let body = serde_json::json!({
            "device_code": device_code.expose(),
            "user_code": user_code.shown(),
            "verification_uri": page,
            "verification_uri_complete": complete,
            "expires_in": realm.tokens.device_code_ttl.as_seconds(),
            "interval": INTERVAL,
        });
        Ok(serde_json::to_vec(&body)?)
    }
}
