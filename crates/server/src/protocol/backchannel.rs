//! The backchannel authentication endpoint (OpenID CIBA Core 1.0 7): a client asks for somebody who is elsewhere.
//!
//! 1. The client proves who it is, and what it asks for is checked. 2. Its user is found by the one hint. 3. As far as they may be asked
//!    (see the statement that adds the row), the request waits, and they get a mail. What they do then is in `people/account`.
//!
//! A client for which nobody vouches is not told that a name is nobody's: its request waits like any other, with the same brakes and after
//! the same work, and nobody answers.

use crate::admin::letters::Post;
use crate::failure::{Failure, json, wrong_method};
use crate::http::{Answer, Incoming};
use crate::ids;
use crate::issue::ping;
use crate::pages::mails::NoticeKind;
use crate::people::hint::hint;
use crate::protocol::authenticate::{Authenticated, authenticate};
use crate::protocol::read::{read_credentials, read_params};
use crate::protocol::request_object;
use crate::state::State;
use crate::state::sites::Site;
use claviger_core::authorize::AuthorizationRequest;
use claviger_core::authorize::backchannel::{UserHint, notification_token, requested_expiry};
use claviger_core::authorize::device::{Device, INTERVAL};
use claviger_core::client::{DeliveryMode, GrantType};
use claviger_core::crypto::sha256;
use claviger_core::jose::base64url;
use claviger_core::refusal::Further;
use claviger_core::token::{self, Kind, Plain};
use claviger_core::{Params, Refusal, User};
use claviger_store::{AskPolicy, Masked, NewBackchannel};
use http::{Method, StatusCode};

/// An hour, in milliseconds: for so long it is counted how often somebody was asked.
const HOUR: i64 = 3_600_000;
/// After how many seconds another attempt makes sense.
const LATER: i64 = 300;

/// Answers at the backchannel authentication endpoint.
pub(crate) async fn answer(state: &State, site: &Site, incoming: &Incoming) -> Answer {
    if incoming.head.method != Method::POST {
        return wrong_method("POST");
    }
    match begin(state, site, incoming).await {
        Ok(body) => json(StatusCode::OK, body),
        Err(failure) => {
            // CIBA Core 1.0 13.
            let is_blocked = matches!(failure.refusal(), Some(Refusal::Further(Further::Blocked)));
            let basic = incoming.head.headers.contains_key(http::header::AUTHORIZATION);
            let mut answer = failure.to_json(&site.realm.dialect, basic, incoming.id);
            if is_blocked {
                *answer.status_mut() = StatusCode::FORBIDDEN;
            }
            answer
        }
    }
}

async fn begin(state: &State, site: &Site, incoming: &Incoming) -> Result<Vec<u8>, Failure> {
    let (params, _) = read_params(&site.realm.dialect, incoming)?;
    let credentials = read_credentials(&site.realm.dialect, incoming, &params)?;
    let client = authenticate(state, &site.realm, &credentials, incoming.client).await?;
    if !client.proved || !client.client().may(GrantType::Ciba) {
        return Err(Refusal::grant_not_allowed(client.client()).into());
    }
    if params.get("request_uri").is_some() {
        return Err(Refusal::RequestUri("such a request is sent as it is, or signed in the parameter request").into());
    }
    let inside = request_object::read(state, site, &client.entry, &params, incoming.client).await?;
    let must_sign = client.client().requests.require_signed_request_object;
    if inside.as_ref().map_or(must_sign, |inside| !inside.is_signed) {
        return Err(Refusal::SignedRequired.into());
    }
    let params = inside.as_ref().map_or(&params, |inside| &inside.params);
    Asked { state, site, client: &client, params }.begin().await
}

/// A client that asks.
struct Asked<'a> {
    state: &'a State,
    site: &'a Site,
    client: &'a Authenticated,
    params: &'a Params<'a>,
}

impl Asked<'_> {
    async fn begin(&self) -> Result<Vec<u8>, Failure> {
        let Self { state, site, client, params } = *self;
        let (realm, own, now) = (&site.realm, client.client(), state.clock.now());
        let hint = UserHint::read(params)?;
        let life = realm.ciba.life(requested_expiry(params)?);
        let (id, secret) = ids::new_with_secret(now);
        let code = token::mint(Kind::Backchannel, &id, &secret);
        let device = Device {
            id,
            hash: code.hash(),
            user_code: String::new(),
            from: None,
            expires_at: now + life.as_millis(),
            confirmed: true,
            backchannel: None,
        };
        let mut request = AuthorizationRequest::of_backchannel(realm, own, params, device, now)?;
        let ping = self.ping(&code)?;
        if let Some(asked) = request.device.as_mut().and_then(|device| device.backchannel.as_mut()) {
            asked.ping = ping;
        }
        let user = self.user(hint).await?;
        let asked = user.as_ref().map_or_else(|| nobody(hint), |user| user.id.clone());
        if state.store.is_backchannel_blocked(&realm.id, &asked, &own.id).await? {
            return Err(Refusal::from(Further::Blocked).into());
        }
        // The page of whoever is asked looks for their requests by the row's user, which nobody is here.
        request.only_user = Some(asked.clone());
        let row = NewBackchannel {
            id,
            hash: Masked(code.hash()),
            realm: realm.id.clone(),
            client: own.id.clone(),
            user: asked,
            doc: serde_json::to_string(&request)?,
            created_at: now,
            expires_at: now + life.as_millis(),
            interval: INTERVAL * 1000,
        };
        let brakes = &realm.ciba;
        let policy = AskPolicy {
            open: brakes.open_per_user.into(),
            of_client: brakes.hourly_per_user.into(),
            of_all: brakes.hourly_of_all.into(),
            since: now - HOUR,
        };
        if !state.store.put_backchannel(row, policy).await? {
            return Err(Refusal::from(Further::TooManyAsked(LATER)).into());
        }
        if realm.ciba.mails {
            self.tell(user, &request)?;
        }
        let body = serde_json::json!({
            "auth_req_id": code.expose(),
            "expires_in": life.as_seconds(),
            "interval": INTERVAL,
        });
        Ok(serde_json::to_vec(&body)?)
    }

    /// What is kept for telling the client, where it is told.
    fn ping(&self, code: &Plain) -> Result<Option<String>, Failure> {
        if self.client.client().ciba.backchannel_token_delivery_mode != DeliveryMode::Ping {
            return Ok(None);
        }
        let token = notification_token(self.params)?;
        ping::seal(&self.state.secrets, &self.site.realm.id, code, token).map(Some)
    }

    /// Whom the hint names; `None`: nobody, and the client is not told.
    async fn user(&self, named: UserHint<'_>) -> Result<Option<User>, Failure> {
        let Self { state, site, client, .. } = *self;
        let found = match named {
            UserHint::Login(name) => state.store.user_by_login(&site.realm.id, name).await?,
            UserHint::IdToken(text) => {
                let told = hint(state, site, text).filter(|hint| hint.aud == client.client().id);
                let why = "it is no ID token that this client was given";
                let hint = told.ok_or(Refusal::WrongParameter { name: "id_token_hint", why })?;
                state.store.user(&site.realm.id, &hint.sub).await?
            }
        };
        let user = found.map(|stored| stored.user).filter(|user| !user.disabled);
        let nobody_vouches = client.client().registered.self_registered && matches!(named, UserHint::Login(_));
        if user.is_none() && !nobody_vouches {
            return Err(Refusal::from(Further::UserUnknown).into());
        }
        Ok(user)
    }

    /// The mail is made whether somebody with an address has the name or not, and handed in beside the answer: how long the answer takes
    /// says nothing of who there is.
    fn tell(&self, user: Option<User>, request: &AuthorizationRequest) -> Result<(), Failure> {
        let Self { state, site, client, .. } = *self;
        let (store, pages, now) = (&state.store, state.pages.load_full(), state.clock.now());
        let post = Post { store, secrets: &state.secrets, pages: &pages, realm: &site.realm, now };
        let message = request.backchannel().and_then(|asked| asked.binding_message.clone()).unwrap_or_default();
        let known = user.filter(|user| user.email.is_some());
        let is_somebody = known.is_some();
        let mail = post.notice(
            &known.unwrap_or_else(in_nobodys_place),
            NoticeKind::AgentAsks,
            (&client.client().name, message),
        )?;
        let Some(mail) = mail.filter(|_| is_somebody) else { return Ok(()) };
        let store = store.clone();
        tokio::spawn(async move {
            if let Err(fault) = store.queue_mail(mail, now).await {
                tracing::warn!(%fault, "a user was not told by mail that an app asks");
            }
        });
        Ok(())
    }
}

/// What stands for a name that nobody has: no user's id begins like this, and the brakes count each name by itself.
fn nobody(named: UserHint<'_>) -> String {
    let (UserHint::Login(name) | UserHint::IdToken(name)) = named;
    format!("?{}", base64url(&sha256(User::username_key(name).as_bytes())))
}

/// For whom a mail is made that is thrown away.
fn in_nobodys_place() -> User {
    User {
        name: Some("Nobody Anywhere".to_owned()),
        email: Some("nobody@example.invalid".to_owned()),
        ..User::new("", "nobody")
    }
}
