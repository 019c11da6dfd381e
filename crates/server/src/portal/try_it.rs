//! Calls against the sandbox from a page: the request as it was sent, the answer, what is in the token.

use super::app::{client, made};
use super::desk::Desk;
use crate::failure::Failure;
use crate::http::{Answer, Incoming};
use crate::pages::views::{PortalBody, TryPage};
use crate::protocol::token;
use claviger_core::Params;
use claviger_core::client::GrantType;
use claviger_core::crypto::entropy::random_bytes;
use claviger_core::crypto::sha256;
use claviger_core::dialect::Endpoint;
use claviger_core::jose::{base64url, from_base64url};
use claviger_core::params::form_encode;
use claviger_core::text::printable_lines;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use http_body_util::BodyExt;
use std::fmt::Write as _;

/// A request that was sent, and its answer.
pub(super) struct Tried {
    request: String,
    answer: String,
    token: Option<String>,
}

pub(super) async fn open(desk: &Desk<'_>, id: &str, tried: Option<Tried>) -> Result<Answer, Failure> {
    let Some((app, _)) = made(desk, id).await? else { return Ok(desk.not_found()) };
    let Some(sandbox) = desk.lands().await?.sandbox else { return Ok(desk.not_found()) };
    let Some(client) = client(desk, &sandbox, &app.app.sandbox).await? else { return Ok(desk.not_found()) };
    let verifier = base64url(&random_bytes::<32>());
    let authorize_url = match (sandbox.url(Endpoint::Authorization), client.redirect_uris.first()) {
        (Some(url), Some(redirect)) if client.may(GrantType::AuthorizationCode) => {
            let mut query = String::new();
            for (name, value) in [
                ("response_type", "code"),
                ("client_id", &client.id),
                ("redirect_uri", redirect.as_str()),
                ("scope", &client.scope.to_string()),
                ("state", &base64url(&random_bytes::<12>())),
                ("code_challenge", &base64url(&sha256(verifier.as_bytes()))),
                ("code_challenge_method", "S256"),
            ] {
                form_encode(&mut query, name, value);
            }
            Some(format!("{url}?{}", query.trim_start_matches('&')))
        }
        _ => None,
    };
    let (request, answer, token) =
        tried.map_or((None, String::new(), None), |tried| (Some(tried.request), tried.answer, tried.token));
    let page = TryPage {
        name: app.app.name,
        url: format!("{}/apps/{id}", desk.base),
        has_own: client.may(GrantType::ClientCredentials) && client.has_own_secret(),
        authorize_url,
        verifier,
        request,
        answer,
        token,
    };
    Ok(desk.show(PortalBody::Try(page), Vec::new()))
}

pub(super) async fn take(desk: &Desk<'_>, id: &str, params: &Params<'_>) -> Result<Answer, Failure> {
    let Some((app, _)) = made(desk, id).await? else { return Ok(desk.not_found()) };
    let Some(sandbox) = desk.lands().await?.sandbox else { return Ok(desk.not_found()) };
    let state = desk.flow.state;
    let Some(site) = state.sites.of_realm(&state.store, &state.keys, &sandbox.id).await? else {
        return Ok(desk.not_found());
    };
    let mut body = String::new();
    form_encode(&mut body, "grant_type", GrantType::ClientCredentials.name());
    if let Some(scope) = params.get("scope").filter(|scope| !scope.trim().is_empty()) {
        form_encode(&mut body, "scope", scope.trim());
    }
    let body = body.trim_start_matches('&').to_owned();
    let path = site.endpoint_path(Endpoint::Token).unwrap_or_default();
    let authority = sandbox.authorities.first().map_or("", String::as_str);
    let shown = format!(
        "POST {path} HTTP/1.1\nHost: {authority}\nAuthorization: Basic {}:***\nContent-Type: \
         application/x-www-form-urlencoded\n\n{body}",
        app.app.sandbox
    );
    let secret = params.get("client_secret").unwrap_or_default();
    let Some(call) = call(desk.flow.incoming, (&path, authority), (&app.app.sandbox, secret), body) else {
        return open(desk, id, None).await;
    };
    let answer = token::answer(state, &site, &call).await;
    let tried = told(shown, answer).await;
    open(desk, id, Some(tried)).await
}

/// The request as an app would send it, from the address of whoever tries it.
fn call(
    incoming: &Incoming,
    (path, authority): (&str, &str),
    (id, secret): (&str, &str),
    body: String,
) -> Option<Incoming> {
    let encoded = |word: &str| {
        let mut out = String::new();
        form_encode(&mut out, "", word);
        out.trim_start_matches(['&', '=']).to_owned()
    };
    let basic = base64_standard(format!("{}:{}", encoded(id), encoded(secret)).as_bytes());
    let request = http::Request::post(path)
        .header(HOST, authority)
        .header(AUTHORIZATION, format!("Basic {basic}"))
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(())
        .ok()?;
    let (peer, client, id) = (incoming.peer, incoming.client, incoming.id);
    Some(Incoming { head: request.into_parts().0, body: body.into(), peer, client, id, presented: None })
}

async fn told(request: String, answer: Answer) -> Tried {
    let (head, body) = answer.into_parts();
    let mut shown = format!("HTTP/1.1 {}\n", head.status);
    for (name, value) in &head.headers {
        // A String takes every write.
        let _ = writeln!(shown, "{name}: {}", value.to_str().unwrap_or("..."));
    }
    let bytes = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    let _ = write!(shown, "\n{}", printable_lines(&text));
    let json: serde_json::Value = serde_json::from_slice(&bytes).unwrap_or_default();
    let token = json.get("access_token").and_then(serde_json::Value::as_str).and_then(decoded);
    Tried { request, answer: shown, token }
}

/// Header and payload of a signed token; none for one that only introspection reads.
fn decoded(token: &str) -> Option<String> {
    let mut parts = token.split('.');
    let mut part = || {
        let json: serde_json::Value = serde_json::from_slice(&from_base64url(parts.next()?)?).ok()?;
        serde_json::to_string_pretty(&json).ok()
    };
    let (header, payload) = (part()?, part()?);
    Some(format!("{header}\n{payload}"))
}

/// As the `Authorization` header spells it (RFC 4648 4).
fn base64_standard(bytes: &[u8]) -> String {
    let plain = base64url(bytes).replace('-', "+").replace('_', "/");
    let padding = (4 - plain.len() % 4) % 4;
    plain + &"=".repeat(padding)
}
