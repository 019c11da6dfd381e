//! The token endpoint (RFC 6749 3.2).
//!
//! 1. Parameters out of a form, or JSON where the dialect and the client allow it. 2. Who is the client? 3. What does it
//!    ask for? 4. Load what the grant names. 5. Decide ([`claviger_core::grant`]). 6. Mint and commit ([`crate::issue`]).

use crate::failure::{self, Failure};
use crate::http::{Answer, Incoming};
use crate::issue::{self, Origin};
use crate::protocol::call::{Call, use_legacy};
use crate::protocol::exchange::Exchange;
use crate::protocol::refresh::Refresh;
use crate::router::App;
use crate::state::brakes::{Attempt, Subject};
use crate::state::clients;
use crate::state::sites::Site;
use claviger_core::client_auth::Credentials;
use claviger_core::dialect::Legacy;
use claviger_core::grant;
use claviger_core::token::Plain;
use claviger_core::token_request::{Grant, TokenRequest};
use claviger_core::user::User;
use claviger_core::{Params, Refusal};
use claviger_store::StoredUser;
use http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderValue, Method, StatusCode};
use std::net::IpAddr;

/// Answers a token request.
pub(crate) async fn answer(app: &App, site: &Site, incoming: &Incoming) -> Answer {
    if incoming.head.method == Method::OPTIONS {
        return preflight();
    }
    if incoming.head.method != Method::POST {
        return failure::wrong_method("POST, OPTIONS");
    }
    let mut answer = match respond(app, site, incoming).await {
        Ok(body) => failure::json(StatusCode::OK, body),
        Err(failure) => {
            let basic = incoming.head.headers.contains_key(AUTHORIZATION);
            failure.to_json(&site.realm.dialect, basic, incoming.id)
        }
    };
    allow_any_origin(&mut answer);
    answer
}

async fn respond(app: &App, site: &Site, incoming: &Incoming) -> Result<Vec<u8>, Failure> {
    let (params, json) = read_params(site, incoming)?;
    let credentials = read_credentials(site, incoming, &params)?;
    let client = clients::authenticate(app, site, &credentials).await?;
    if json {
        use_legacy(app, site, &client, Legacy::JsonBody)?;
    }
    let request = TokenRequest::parse(&params, client.client())?;
    let call = Call { app, site, client: &client, request: &request };
    match &request.grant {
        Grant::ClientCredentials => client_credentials(call).await,
        Grant::AuthorizationCode { id, code, .. } => Exchange { call, id, code }.answer().await,
        Grant::Password { username, password } => password_grant(call, (username, password), incoming.client).await,
        Grant::RefreshToken { presented, token } => Refresh { call, presented, token }.answer().await,
    }
}

/// The parameters of a request with a body, and whether they came as JSON. Refuses credentials in the URL before it
/// looks at the body.
pub(crate) fn read_params<'a>(site: &Site, incoming: &'a Incoming) -> Result<(Params<'a>, bool), Failure> {
    const SECRET: [&str; 7] =
        ["client_secret", "password", "refresh_token", "code", "token", "client_assertion", "code_verifier"];
    let query = Params::form(incoming.query().as_bytes())?;
    if SECRET.iter().any(|name| query.get(name).is_some()) {
        return Err(Refusal::CredentialsInUri.into());
    }
    let media = incoming.header(CONTENT_TYPE.as_str()).unwrap_or("").split(';').next().unwrap_or("").trim();
    let dialect = &site.realm.dialect;
    let json = media.eq_ignore_ascii_case("application/json") && dialect.permits.contains(&Legacy::JsonBody);
    let params = if json {
        Params::json(&incoming.body)?
    } else if media.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        Params::form(&incoming.body)?
    } else {
        return Err(Refusal::WrongMediaType.into());
    };
    Ok((params.ignoring(&dialect.token.ignore).without_duplicates()?, json))
}

/// What the client presents; exactly one `Authorization` header, if any.
pub(crate) fn read_credentials(site: &Site, incoming: &Incoming, params: &Params<'_>) -> Result<Credentials, Failure> {
    let mut headers = incoming.head.headers.get_all(AUTHORIZATION).iter();
    let header = headers.next();
    if headers.next().is_some() {
        return Err(Refusal::TwoAuthentications.into());
    }
    Ok(Credentials::read(header.map(HeaderValue::as_bytes), params, &site.realm.dialect)?)
}

async fn client_credentials(call: Call<'_>) -> Result<Vec<u8>, Failure> {
    let Call { app, site, client, request } = call;
    if !client.proved {
        return Err(Refusal::GrantNotAllowed.into());
    }
    let acts_as = match &client.client().acts_as {
        Some(id) => app.store.user(&site.realm.id, id).await?.map(|stored| stored.user),
        None => None,
    };
    let decision = grant::client_credentials(&site.realm, client.client(), request, acts_as.as_ref())?;
    issue::token_answer(app, site, client.client(), decision, Origin::Fresh).await
}

async fn password_grant(call: Call<'_>, login: (&str, &Plain), from: IpAddr) -> Result<Vec<u8>, Failure> {
    let Call { app, site, client, request } = call;
    call.use_legacy(Legacy::Password)?;
    let user = check_password(app, site, login, from).await?.ok_or(Refusal::WrongPassword)?;
    let decision = grant::password(&site.realm, client.client(), request, &user)?;
    issue::token_answer(app, site, client.client(), decision, Origin::Fresh).await
}

/// Finds the user with this name and password; `None` if there is none such, at the same cost. Guessing is braked for the
/// user, and for the address that it comes `from`, where somebody tries many users a few times each.
///
/// # Errors
/// Braked, or no room for another hash.
pub(crate) async fn check_password(
    app: &App,
    site: &Site,
    (username, password): (&str, &Plain),
    from: IpAddr,
) -> Result<Option<User>, Failure> {
    let realm = &site.realm.id;
    let key = User::username_key(username);
    let found = app.store.user_by_username(realm, &key).await?;
    let subject =
        found.as_ref().map_or_else(|| Subject::unknown_user(realm, &key), |found| Subject::user(realm, &found.user.id));
    let braked = |seconds| Refusal::Braked { seconds, user: true };
    // The user's first: who is braked there does not use up the address.
    let subjects = [Some(subject), Subject::address(from)].into_iter().flatten();
    let attempts = app.brakes.start_each(subjects, app.clock.now()).await.map_err(braked)?;
    let checked = match &found {
        Some(StoredUser { password_hash: Some(hash), .. }) => app.hasher.verify(password.clone(), hash.as_str()).await,
        _ => app.hasher.verify_against_nothing().await.map(|()| false),
    };
    match checked {
        Err(_) => {
            attempts.into_iter().for_each(Attempt::undecided);
            Err(Failure::Busy("password hashing"))
        }
        Ok(false) => Ok(None),
        Ok(true) => {
            attempts.into_iter().for_each(Attempt::succeeded);
            Ok(found.map(|found| found.user).filter(|user| !user.disabled))
        }
    }
}

/// Browsers may read the answer from any page: it is the caller's own credentials that count, and no cookie (RFC 9700 2.6).
pub(crate) fn allow_any_origin(answer: &mut Answer) {
    answer.headers_mut().insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
}

/// The answer to a browser's question whether it may call.
pub(crate) fn preflight() -> Answer {
    let mut answer = failure::empty(StatusCode::NO_CONTENT);
    allow_any_origin(&mut answer);
    let headers = answer.headers_mut();
    headers.insert(http::header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST"));
    headers.insert(http::header::ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static("authorization, content-type"));
    headers.insert(http::header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("86400"));
    answer
}
