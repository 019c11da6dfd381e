//! The token endpoint (RFC 6749 3.2).
//!
//! 1. Parameters out of a form, or JSON where the dialect and the client allow it. 2. Who is the client? 3. What does it
//!    ask for? 4. Load what the grant names. 5. Decide ([`claviger_core::grant`]). 6. Mint and commit ([`crate::issue`]).

use crate::failure::{self, Failure};
use crate::http::trace::Left;
use crate::http::{Answer, Incoming, trace};
use crate::issue::{self, Origin};
use crate::people::factor::has_any;
use crate::people::password::{Verified, check_password};
use crate::protocol::authenticate::{Authenticated, authenticate_unspent};
use crate::protocol::call::{Call, use_legacy};
use crate::protocol::exchange::Exchange;
use crate::protocol::possession::{give_nonce, shown, wants_nonce};
use crate::protocol::read::{allow_any_origin, preflight, read_credentials, read_params};
use crate::protocol::refresh::Refresh;
use crate::protocol::{assertion, backchannel_poll, device_poll, token_exchange};
use crate::state::State;
use crate::state::brakes::Peer;
use crate::state::sites::Site;
use claviger_core::crypto::sha256;
use claviger_core::dialect::Legacy;
use claviger_core::grant;
use claviger_core::token::Plain;
use claviger_core::token_request::{Grant, TokenRequest};
use claviger_core::{Params, Refusal, User};
use http::header::{ACCESS_CONTROL_EXPOSE_HEADERS, AUTHORIZATION};
use http::{HeaderName, HeaderValue, Method, StatusCode};
use std::net::IpAddr;

const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// Answers a token request.
pub(crate) async fn answer(state: &State, site: &Site, incoming: &Incoming) -> Answer {
    if incoming.head.method == Method::OPTIONS {
        return preflight(incoming);
    }
    if incoming.head.method != Method::POST {
        return failure::wrong_method("POST, OPTIONS");
    }
    let responded = respond(state, site, incoming).await;
    let nonce = wants_nonce(site, incoming, responded.as_ref().err().and_then(Failure::refusal));
    let mut answer = match responded {
        Ok(body) => failure::json(StatusCode::OK, body),
        Err(failure) => {
            let basic = incoming.head.headers.contains_key(AUTHORIZATION);
            failure.to_json(&site.realm.dialect, basic, incoming.id)
        }
    };
    allow_any_origin(&mut answer);
    say_limit(&mut answer);
    if nonce {
        give_nonce(state, site, &mut answer);
    }
    answer
}

/// What is left of the client's limit, where it has one (draft-ietf-httpapi-ratelimit-headers 3, 4).
fn say_limit(answer: &mut Answer) {
    let Some(Left { limit, calls, seconds }) = trace::left() else { return };
    let fields = [
        (RATE_LIMIT_POLICY, format!("\"minute\";q={limit};w=60")),
        (RATE_LIMIT, format!("\"minute\";r={calls};t={seconds}")),
    ];
    for (name, value) in fields {
        if let Ok(value) = HeaderValue::try_from(value) {
            answer.headers_mut().insert(name, value);
        }
    }
    let exposed = HeaderValue::from_static("RateLimit, RateLimit-Policy, Retry-After");
    answer.headers_mut().insert(ACCESS_CONTROL_EXPOSE_HEADERS, exposed);
}

async fn respond(state: &State, site: &Site, incoming: &Incoming) -> Result<Vec<u8>, Failure> {
    let (params, json) = read_params(&site.realm.dialect, incoming)?;
    let credentials = read_credentials(&site.realm.dialect, incoming, &params)?;
    let client = authenticate_unspent(state, &site.realm, &credentials, incoming.client).await?;
    let answer = decide(state, site, incoming, (&params, json), &client).await;
    if matches!(answer, Ok(_) | Err(Failure::Refusal(_))) {
        // What was good once is used up by a request that is refused or that wrote nothing as well.
        client.spending.settle(&state.store, state.clock.now()).await?;
    }
    answer
}

/// What the client asks for, and what comes of it.
async fn decide(
    state: &State,
    site: &Site,
    incoming: &Incoming,
    (params, json): (&Params<'_>, bool),
    client: &Authenticated,
) -> Result<Vec<u8>, Failure> {
    if json {
        use_legacy(state, site, client, Legacy::JsonBody)?;
    }
    let request = TokenRequest::parse(params, &site.realm, client.client())?;
    let request = TokenRequest { confirmation: shown(state, site, incoming, client.client())?, ..request };
    let call = Call { state, site, client, request: &request };
    match &request.grant {
        Grant::ClientCredentials => client_credentials(call).await,
        Grant::AuthorizationCode { id, code, .. } => Exchange { call, id, code }.answer().await,
        Grant::DeviceCode { id, code } => Box::pin(device_poll::answer(call, id, code)).await,
        Grant::Ciba { id, code } => Box::pin(backchannel_poll::answer(call, id, code)).await,
        Grant::Password { username, password } => password_grant(call, (username, password), incoming.client).await,
        Grant::RefreshToken { presented, token } => Refresh { call, presented, token }.answer().await,
        Grant::TokenExchange(exchange) => Box::pin(token_exchange::answer(call, exchange)).await,
        Grant::JwtBearer { assertion } => Box::pin(assertion::answer(call, assertion)).await,
    }
}

async fn client_credentials(call: Call<'_>) -> Result<Vec<u8>, Failure> {
    let Call { state, site, client, request } = call;
    if !client.proved {
        return Err(Refusal::grant_not_allowed(client.client()).into());
    }
    let (acts_as, precondition) = match &client.client().acts_as {
        Some(id) => state.store.user_to_verify(&site.realm.id, id).await?.unzip(),
        None => (None, None),
    };
    if client.client().secret_is_password && !client.proved_password_of(acts_as.as_ref()) {
        // They have another one since.
        return Err(Refusal::WrongClient.into());
    }
    let met = |user: User| site.company_rules.meet(user, &client.client().id);
    let user = acts_as.map(|stored| met(stored.user)).transpose()?;
    let decision = grant::client_credentials(&site.realm, client.client(), request, user.as_ref())?;
    // Another user's changes are no reason to refuse a client with a secret of its own.
    let backed_by = precondition.filter(|_| client.client().secret_is_password).unwrap_or_default();
    let origin = Origin::Fresh { backed_by };
    issue::token_answer(call.issuer(), client.client(), decision, origin).await
}

/// Whether the user of this name has a second factor, which nobody can be asked for here. Asked before the password is looked at,
/// so that nobody learns by the answer that it was right.
async fn has_second_factor(call: Call<'_>, username: &str) -> Result<bool, Failure> {
    let Call { state, site, .. } = call;
    if !site.realm.sign_in.is_on() {
        return Ok(false);
    }
    let realm = &site.realm.id;
    let Some((found, _)) = state.store.login_to_verify(realm, username).await? else { return Ok(false) };
    let demanded = site.realm.demanded(None, &found.user).is_required;
    Ok(demanded || has_any(&state.store.factors(realm, &found.user.id).await?))
}

async fn password_grant(call: Call<'_>, login: (&str, &Plain), from: IpAddr) -> Result<Vec<u8>, Failure> {
    let Call { state, site, client, request } = call;
    call.use_legacy(Legacy::Password)?;
    // A client that proved who it is stands for the users that came through it; a public one could be anybody.
    let proof = client.proved.then(|| sha256(format!("client\0{}", client.client().id).as_bytes()));
    let has_more = has_second_factor(call, login.0).await?;
    let may = |user: &User| grant::may_use_password(&site.realm, user) && !has_more;
    let checked = check_password(state, &site.realm, login, Peer { address: from, proof }, may).await?;
    let Verified { user, precondition } = checked.ok_or(Refusal::WrongPassword)?;
    let user = site.company_rules.meet(user, &client.client().id)?;
    let decision = grant::password(&site.realm, client.client(), request, &user)?;
    let origin = Origin::Fresh { backed_by: precondition };
    issue::token_answer(call.issuer(), client.client(), decision, origin).await
}
