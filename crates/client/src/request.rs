//! One token request and its answer (RFC 6749 4 to 6).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use claviger_core::client_auth::form_encoded;
use http::header::{ACCEPT, AUTHORIZATION};
use http::{HeaderMap, HeaderValue, Method};
use reqwest::{RequestBuilder, StatusCode, Url};
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::error::{Error, Refused};
use crate::grant::{BodyForm, ClientAuthentication, Grant};
use crate::possession::is_asked_for;
use crate::secret::{AccessToken, Secret};
use crate::settings::{Server, Settings};
use crate::wire::{self, unexpected};

/// The header with the server's name for a request.
const REFERENCE: &str = "x-request-id";

/// What is asked with.
#[derive(Clone, Copy)]
pub(crate) enum Ask<'a> {
    /// The grant that was configured.
    Original,
    /// A refresh token.
    Refresh(&'a Secret),
}

/// What the server gave.
pub(crate) struct Given {
    pub(crate) access_token: AccessToken,
    pub(crate) refresh_token: Option<Secret>,
}

#[derive(Deserialize)]
struct Answer {
    access_token: Secret,
    token_type: Option<String>,
    expires_in: Option<Seconds>,
    refresh_token: Option<Secret>,
    scope: Option<String>,
}

/// RFC 6749 5.1 says a number; some servers write it as text.
#[derive(Deserialize)]
#[serde(untagged)]
enum Seconds {
    Number(f64),
    Text(String),
}

#[derive(Deserialize)]
struct Refusal {
    error: String,
    error_description: Option<String>,
    reference: Option<String>,
}

/// Asks the token endpoint; once more where it gave a nonce for the proof (RFC 9449 8).
pub(crate) async fn send(settings: &Settings, endpoint: &Url, ask: Ask<'_>) -> Result<Given, Error> {
    let nonce = || settings.possession.as_ref().and_then(|possession| possession.nonce(endpoint));
    let before = nonce();
    match exchange(settings, endpoint, ask).await {
        Err(error) if is_asked_for(&error) && nonce() != before => exchange(settings, endpoint, ask).await,
        given => given,
    }
}

/// Sends one request.
async fn exchange(settings: &Settings, endpoint: &Url, ask: Ask<'_>) -> Result<Given, Error> {
    // The answer's lifetime starts before it was sent: counting from here errs on the safe side.
    let asked_at = settings.clock.now();
    let mut request = build(settings, endpoint, ask)?;
    if let Some(possession) = &settings.possession {
        let mut headers = HeaderMap::new();
        possession.put(&mut headers, (&Method::POST, endpoint), None, asked_at)?;
        request = request.headers(headers);
    }
    let response = request.send().await.map_err(Error::unreachable)?;
    if let Some(possession) = &settings.possession {
        possession.hear(endpoint, response.headers());
    }
    let reference = response.headers().get(REFERENCE).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let (status, body) = wire::body(response).await?;
    if status == StatusCode::OK {
        return read_answer(settings, &body, asked_at);
    }
    Err(read_refusal(status, &body, reference))
}

fn build(settings: &Settings, endpoint: &Url, ask: Ask<'_>) -> Result<RequestBuilder, Error> {
    let assertion = assertion(settings, endpoint)?;
    let mut parameters: Vec<(&str, &str)> = Vec::with_capacity(8);
    match ask {
        Ask::Refresh(token) => {
            parameters.push(("grant_type", "refresh_token"));
            parameters.push(("refresh_token", token.expose()));
        }
        Ask::Original => original(settings, &mut parameters),
    }
    let mut request = settings.http.post(endpoint.clone()).timeout(settings.timeout).header(ACCEPT, "application/json");
    let secret = settings.client_secret.as_ref().map_or("", Secret::expose);
    match settings.authentication {
        ClientAuthentication::Basic => {
            let pair = Zeroizing::new(format!(
                "{}:{}",
                form_encoded(&settings.client_id).expose(),
                form_encoded(secret).expose()
            ));
            request = request.header(AUTHORIZATION, basic(&pair)?);
        }
        ClientAuthentication::RawBasic => {
            let pair = Zeroizing::new(format!("{}:{secret}", settings.client_id));
            request = request.header(AUTHORIZATION, basic(&pair)?);
        }
        ClientAuthentication::Body => {
            parameters.push(("client_id", &settings.client_id));
            parameters.push(("client_secret", secret));
        }
        ClientAuthentication::PrivateKeyJwt => {
            parameters.push(("client_assertion_type", claviger_core::client_assertion::TYPE));
            parameters.push(("client_assertion", &assertion));
        }
        ClientAuthentication::None => parameters.push(("client_id", &settings.client_id)),
    }
    Ok(match settings.body {
        BodyForm::Form => request.form(&parameters),
        BodyForm::Json => request.json(&parameters.into_iter().collect::<std::collections::BTreeMap<_, _>>()),
    })
}

/// A new assertion, where the app has a key: for the issuer where that is known, else for the token endpoint.
fn assertion(settings: &Settings, endpoint: &Url) -> Result<Zeroizing<String>, Error> {
    let Some(key) = &settings.client_key else { return Ok(Zeroizing::default()) };
    let audience = match &settings.server {
        Server::Issuer(issuer, _) => issuer,
        Server::Endpoint(_) => endpoint.as_str(),
    };
    key.assertion(&settings.client_id, audience, settings.clock.now()).map(Zeroizing::new)
}

fn original<'a>(settings: &'a Settings, parameters: &mut Vec<(&'a str, &'a str)>) {
    match &settings.grant {
        Grant::ClientCredentials => parameters.push(("grant_type", "client_credentials")),
        Grant::Password { username, password } => {
            parameters.push(("grant_type", "password"));
            parameters.push(("username", username));
            parameters.push(("password", password.expose()));
        }
        Grant::AuthorizationCode { code, redirect_uri, pkce } => {
            parameters.push(("grant_type", "authorization_code"));
            parameters.push(("code", code.expose()));
            parameters.push(("redirect_uri", redirect_uri));
            parameters.extend(pkce.iter().map(|pkce| ("code_verifier", pkce.verifier().expose())));
            return;
        }
        Grant::RefreshToken(token) => {
            parameters.push(("grant_type", "refresh_token"));
            parameters.push(("refresh_token", token.expose()));
            return;
        }
    }
    if let Some(scope) = &settings.scope {
        parameters.push(("scope", scope));
    }
    if let Some(audience) = &settings.audience {
        parameters.push(("audience", audience));
    }
}

fn basic(pair: &str) -> Result<HeaderValue, Error> {
    let text = Zeroizing::new(format!("Basic {}", STANDARD.encode(pair)));
    let mut value = HeaderValue::try_from(text.as_str())
        .map_err(|_| Error::Configuration("the client's id and secret make no header".into()))?;
    value.set_sensitive(true);
    Ok(value)
}

fn read_answer(settings: &Settings, body: &[u8], asked_at: i64) -> Result<Given, Error> {
    let ok = StatusCode::OK;
    let answer: Answer =
        serde_json::from_slice(body).map_err(|_| unexpected(ok, "not a JSON object with an access_token"))?;
    // RFC 9449 5: a token that is not bound is as good for whoever steals it.
    match (&settings.possession, answer.token_type.as_deref()) {
        (None, None) => {}
        (None, Some(kind)) if kind.eq_ignore_ascii_case("bearer") => {}
        (None, Some(_)) => return Err(unexpected(ok, "the token is not a bearer token")),
        (Some(_), Some(kind)) if kind.eq_ignore_ascii_case("DPoP") => {}
        (Some(_), _) => return Err(unexpected(ok, "the token is not bound to the key")),
    }
    let text = answer.access_token.expose();
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(unexpected(ok, "the access token cannot stand in a header"));
    }
    let life = match answer.expires_in {
        None => None,
        Some(seconds) => Some(milliseconds(&seconds).ok_or_else(|| unexpected(ok, "expires_in is no number"))?),
    };
    let margin = i64::try_from(settings.margin.as_millis()).unwrap_or(i64::MAX);
    let expires_at = life.map(|life| asked_at.saturating_add(life));
    let renew_at = life.map(|life| asked_at.saturating_add(life - margin.min(life / 4)));
    Ok(Given {
        access_token: AccessToken::new(answer.access_token, answer.scope, expires_at, renew_at),
        refresh_token: answer.refresh_token.filter(|token| !token.expose().is_empty()),
    })
}

fn milliseconds(seconds: &Seconds) -> Option<i64> {
    let seconds = match seconds {
        Seconds::Number(number) => *number,
        Seconds::Text(text) => text.trim().parse().ok()?,
    };
    // 31 years; what is longer is a mistake, and what is negative is over.
    #[expect(clippy::cast_possible_truncation, reason = "finite and between 0 and 1e12")]
    seconds.is_finite().then(|| (seconds.clamp(0.0, 1e9) * 1000.0) as i64)
}

fn read_refusal(status: StatusCode, body: &[u8], reference: Option<String>) -> Error {
    match serde_json::from_slice::<Refusal>(body) {
        Ok(refusal) => Error::Refused(Refused {
            status: status.as_u16(),
            code: printable(&refusal.error, 64),
            description: refusal.error_description.map(|text| printable(&text, 500)),
            reference: reference.or(refusal.reference).map(|text| printable(&text, 64)),
        }),
        Err(_) => unexpected(status, "no OAuth error in it"),
    }
}

/// What a server says goes into logs: no control characters, and not without end.
fn printable(text: &str, limit: usize) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(limit).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lifetimes_as_number_or_text() {
        assert_eq!(milliseconds(&Seconds::Number(1800.0)), Some(1_800_000));
        assert_eq!(milliseconds(&Seconds::Text(" 60 ".into())), Some(60_000));
        assert_eq!(milliseconds(&Seconds::Number(-5.0)), Some(0));
        assert_eq!(milliseconds(&Seconds::Number(1e300)), Some(1_000_000_000_000));
        assert_eq!(milliseconds(&Seconds::Text("soon".into())), None);
        assert_eq!(milliseconds(&Seconds::Text("NaN".into())), None);
    }

    #[test]
    fn refusals_are_made_printable() {
        let error = read_refusal(
            StatusCode::BAD_REQUEST,
            br#"{"error":"invalid_grant","error_description":"over\r\nnow"}"#,
            None,
        );
        assert_eq!(error.to_string(), "invalid_grant: over  now (HTTP 400)");
        assert_eq!(
            read_refusal(StatusCode::BAD_GATEWAY, b"<html>", None).to_string(),
            "unexpected answer (HTTP 502): no OAuth error in it"
        );
    }
}
