//! What an integrator does, step by step, with plain HTTP.

use super::browser::{Connection, Visit, Waiting, random_word};
use super::vendors::{Asking, Flow, Sending, Vendor};
use super::wire::{Ask, Exchanged, form};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use claviger_core::Params;
use reqwest::Client;
use serde_json::Value;

/// The vendor's login page, with all that the guide wants in its query.
pub(super) fn authorization_url(vendor: &Vendor, visit: &Visit) -> String {
    let pkce = matches!(vendor.flow, Flow::Code(Asking::Pkce));
    let waiting = Waiting { state: random_word(), verifier: pkce.then(random_word), nonce: random_word() };
    let challenge = waiting
        .verifier
        .as_ref()
        .map(|verifier| URL_SAFE_NO_PAD.encode(claviger_core::crypto::sha256(verifier.as_bytes())));
    let mut fields = vec![
        ("client_id", vendor.client_id.as_str()),
        ("redirect_uri", vendor.redirect_uri.as_str()),
        ("state", waiting.state.as_str()),
    ];
    match vendor.flow {
        Flow::Code(Asking::Bare) => {}
        Flow::Implicit => fields.push(("response_type", "token")),
        _ => fields.push(("response_type", "code")),
    }
    if let Some(scope) = vendor.scope {
        fields.push(("scope", scope));
        if scope.split(' ').any(|name| name == "openid") {
            fields.push(("nonce", &waiting.nonce));
        }
    }
    if let Some(challenge) = &challenge {
        fields.extend([("code_challenge", challenge.as_str()), ("code_challenge_method", "S256")]);
    }
    let url = format!("{}?{}", vendor.authorization, form(&fields));
    visit.with(vendor.id, |connection| {
        connection.problem = None;
        connection.waiting = Some(waiting);
    });
    url
}

/// The browser is back: the state is checked, the code exchanged.
pub(super) async fn come_back(http: &Client, vendor: &Vendor, visit: &Visit, params: &Params<'_>) {
    let checked = check_return(vendor, visit, params);
    let (code, waiting) = match checked {
        Ok(found) => found,
        Err(problem) => return visit.with(vendor.id, |connection| connection.problem = Some(problem)),
    };
    let mut fields = vec![
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", vendor.redirect_uri.as_str()),
    ];
    if let Some(verifier) = &waiting.verifier {
        fields.push(("code_verifier", verifier));
    }
    let exchanged = token_request("Exchange the code", vendor, fields).send(http).await;
    visit.with(vendor.id, |connection| {
        take_answer(connection, exchanged);
        check_id_token(connection, &waiting);
    });
}

/// The code, if this is the answer to the request that this browser waits for (RFC 6749 10.12, RFC 9207 2.4).
fn check_return(vendor: &Vendor, visit: &Visit, params: &Params<'_>) -> Result<(String, Waiting), String> {
    let waiting = visit.with(vendor.id, |connection| connection.waiting.take());
    let waiting = waiting.ok_or("No connection was under way; press Connect.")?;
    if params.get("state") != Some(&waiting.state) {
        return Err("The state that came back is not the one that was sent: somebody else started this.".into());
    }
    if params.get("iss").is_some_and(|issuer| issuer != vendor.issuer) {
        return Err("The answer names another issuer than the one that was asked.".into());
    }
    if let Some(error) = params.get("error") {
        return Err(refused(error, params.get("error_description")));
    }
    let code = params.get("code").ok_or("There is neither a code nor an error in the answer.")?;
    Ok((code.to_owned(), waiting))
}

/// What stands behind the `#` (RFC 6749 4.2.2).
pub(super) fn take_fragment(vendor: &Vendor, visit: &Visit, fragment: &str) {
    let fragment = fragment.trim();
    let fragment = fragment.rsplit_once('#').map_or(fragment, |(_, after)| after);
    let params = Params::form(fragment.as_bytes()).unwrap_or_default();
    visit.with(vendor.id, |connection| {
        let waiting = connection.waiting.take();
        let problem = match (params.get("state"), &waiting) {
            (_, None) => Some("No connection was under way; press Connect.".to_owned()),
            (state, Some(waiting)) if state != Some(&waiting.state) => {
                Some("The state that came back is not the one that was sent: somebody else started this.".to_owned())
            }
            _ => params.get("error").map(|error| refused(error, params.get("error_description"))),
        };
        if problem.is_some() {
            connection.problem = problem;
            return;
        }
        connection.problem = None;
        connection.api_answer = None;
        connection.access_token = params.get("access_token").map(str::to_owned);
        connection.refresh_token = None;
        connection.raw_answer = Some(fragment.to_owned());
    });
}

/// Where nobody signs in: the token at once.
pub(super) async fn ask_at_once(http: &Client, vendor: &Vendor, visit: &Visit) {
    let mut fields = match &vendor.flow {
        Flow::Password { username, password } => {
            vec![("grant_type", "password"), ("username", username.as_str()), ("password", password.as_str())]
        }
        _ => vec![("grant_type", "client_credentials")],
    };
    if let Some(scope) = vendor.scope {
        fields.push(("scope", scope));
    }
    if let Some(audience) = &vendor.audience {
        fields.push(("audience", audience));
    }
    let exchanged = token_request("Ask for a token", vendor, fields).send(http).await;
    visit.with(vendor.id, |connection| take_answer(connection, exchanged));
}

/// Uses the refresh token; whatever the answer carries in its place is kept.
pub(super) async fn refresh(http: &Client, vendor: &Vendor, visit: &Visit) {
    let token = visit.with(vendor.id, |connection| connection.refresh_token.clone());
    let Some(token) = token else { return };
    let fields = vec![("grant_type", "refresh_token"), ("refresh_token", token.as_str())];
    let exchanged = token_request("Refresh", vendor, fields).send(http).await;
    visit.with(vendor.id, |connection| take_answer(connection, exchanged));
}

/// Calls the API; where no person is needed, a 401 is answered with one new token and one more call.
pub(super) async fn call_api(http: &Client, vendor: &Vendor, visit: &Visit) {
    let alone = matches!(vendor.flow, Flow::ClientCredentials | Flow::Password { .. });
    if call_once(http, vendor, visit).await != Some(401) || !alone {
        return;
    }
    // A session that lives on is used: a new one might take a second licence.
    let held = visit.with(vendor.id, |connection| connection.refresh_token.is_some());
    if held {
        refresh(http, vendor, visit).await;
    }
    if !held || visit.with(vendor.id, |connection| connection.problem.is_some()) {
        ask_at_once(http, vendor, visit).await;
    }
    call_once(http, vendor, visit).await;
}

async fn call_once(http: &Client, vendor: &Vendor, visit: &Visit) -> Option<u16> {
    let token = visit.with(vendor.id, |connection| connection.access_token.clone())?;
    let site = claims(&token).and_then(|claims| first_text(claims.get("org")?)).unwrap_or_default();
    let url = vendor.api.replace("{site}", &site);
    let exchanged = Ask::get("Call the API", url)
        .header(vendor.bearer_header, format!("Bearer {token}"))
        .header("Accept", "application/json")
        .send(http)
        .await;
    let status = exchanged.status;
    visit.with(vendor.id, |connection| {
        connection.problem = problem_of(&exchanged);
        connection.api_answer = Some(indented(&exchanged.body).unwrap_or_else(|| exchanged.response.clone()));
        connection.note(exchanged);
    });
    status
}

/// Gives everything back: logs off where the vendor has that, else revokes (RFC 7009).
pub(super) async fn disconnect(http: &Client, vendor: &Vendor, visit: &Visit) {
    let (access, refresh) =
        visit.with(vendor.id, |connection| (connection.access_token.clone(), connection.refresh_token.clone()));
    let ask = match (&vendor.logoff, &vendor.revocation, access, refresh) {
        (Some(logoff), _, Some(access), _) => {
            Some(Ask::post("Log off", logoff).header(vendor.bearer_header, format!("Bearer {access}")))
        }
        (_, Some(revocation), _, Some(refresh)) => Some(revoke(vendor, revocation, "refresh_token", &refresh)),
        (_, Some(revocation), Some(access), None) => Some(revoke(vendor, revocation, "access_token", &access)),
        _ => None,
    };
    let Some(ask) = ask else { return };
    let exchanged = ask.send(http).await;
    visit.with(vendor.id, |connection| {
        let problem = problem_of(&exchanged);
        connection.note(exchanged);
        if problem.is_none() {
            (connection.access_token, connection.refresh_token) = (None, None);
            (connection.raw_answer, connection.api_answer) = (None, None);
        }
        connection.problem = problem;
    });
}

fn revoke(vendor: &Vendor, url: &str, hint: &str, token: &str) -> Ask {
    let fields = vec![("token", token), ("token_type_hint", hint)];
    // Revocation takes a form only (RFC 7009 2.1), also where the token endpoint is asked in JSON.
    let sending = if vendor.sending == Sending::Basic { Sending::Basic } else { Sending::Form };
    signed(Ask::post("Revoke", url), sending, vendor, fields)
}

fn token_request(title: &'static str, vendor: &Vendor, fields: Vec<(&str, &str)>) -> Ask {
    let ask = Ask::post(title, &vendor.token).header("Accept", "application/json");
    signed(ask, vendor.sending, vendor, fields)
}

/// Adds id and secret as this vendor wants them.
fn signed<'a>(ask: Ask, sending: Sending, vendor: &'a Vendor, mut fields: Vec<(&'a str, &'a str)>) -> Ask {
    match (&vendor.secret, sending) {
        (Some(secret), Sending::Basic) => ask.basic(&vendor.client_id, secret).form(&fields),
        (secret, sending) => {
            fields.push(("client_id", &vendor.client_id));
            if let Some(secret) = secret {
                fields.push(("client_secret", secret));
            }
            if sending == Sending::Json { ask.json(&fields) } else { ask.form(&fields) }
        }
    }
}

/// Keeps what the token endpoint answered. A failed request leaves the tokens that there were.
fn take_answer(connection: &mut Connection, exchanged: Exchanged) {
    connection.problem = problem_of(&exchanged);
    let answer: Value = serde_json::from_str(&exchanged.body).unwrap_or_default();
    let text = |name: &str| answer.get(name).and_then(Value::as_str).map(str::to_owned);
    connection.raw_answer = Some(indented(&exchanged.body).unwrap_or_else(|| exchanged.response.clone()));
    if let Some(token) = text("access_token") {
        connection.access_token = Some(token);
        connection.api_answer = None;
        connection.refresh_token = text("refresh_token").or(connection.refresh_token.take());
    }
    connection.note(exchanged);
}

/// The ID token must answer this browser's request (OpenID Connect Core 3.1.3.7, 11). It came from the token endpoint
/// itself, so its signature need not be checked (3.1.3.7, 6).
fn check_id_token(connection: &mut Connection, waiting: &Waiting) {
    let answer: Option<Value> = connection.raw_answer.as_ref().and_then(|raw| serde_json::from_str(raw).ok());
    let Some(id_token) = answer.as_ref().and_then(|answer| answer.get("id_token")).and_then(Value::as_str) else {
        return;
    };
    let nonce = claims(id_token).and_then(|claims| claims.get("nonce")?.as_str().map(str::to_owned));
    if nonce.as_deref() != Some(&waiting.nonce) {
        connection.problem = Some("The ID token's nonce is not the one that was sent.".into());
        connection.access_token = None;
        connection.refresh_token = None;
    }
}

fn problem_of(exchanged: &Exchanged) -> Option<String> {
    let status = exchanged.status.map_or_else(|| "no answer".to_owned(), |status| status.to_string());
    if exchanged.status.is_some_and(|status| status < 400) {
        return None;
    }
    let body: Value = serde_json::from_str(&exchanged.body).unwrap_or_default();
    let text = |name: &str| body.get(name).and_then(Value::as_str);
    match text("error") {
        Some(error) => Some(format!("{}: {}", exchanged.title, refused(error, text("error_description")))),
        None => Some(format!("{}: {status}", exchanged.title)),
    }
}

fn refused(error: &str, description: Option<&str>) -> String {
    match description {
        Some(description) => format!("{description} ({error})"),
        None => error.to_owned(),
    }
}

/// A JWT's header (0) or claims (1), unchecked: for looking at.
pub(super) fn part(token: &str, index: usize) -> Option<Value> {
    let parts: Vec<&str> = token.split('.').collect();
    let text = parts.get(index).filter(|_| parts.len() == 3)?;
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok()
}

fn claims(token: &str) -> Option<Value> {
    part(token, 1)
}

/// A text, or the first of a list.
fn first_text(value: &Value) -> Option<String> {
    value.as_str().or_else(|| value.get(0)?.as_str()).map(str::to_owned)
}

fn indented(body: &str) -> Option<String> {
    let value: Value = serde_json::from_str(body).ok()?;
    serde_json::to_string_pretty(&value).ok()
}
