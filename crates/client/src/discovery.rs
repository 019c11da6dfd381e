//! From an issuer to its token endpoint.

use reqwest::{StatusCode, Url};
use serde::Deserialize;

use crate::error::Error;
use crate::settings::{Server, Settings, address};
use crate::wire;

#[derive(Deserialize)]
struct Metadata {
    issuer: String,
    token_endpoint: String,
}

/// The token endpoint: configured, or from the issuer's metadata.
pub(crate) async fn token_endpoint(settings: &Settings) -> Result<Url, Error> {
    let (issuer, url) = match &settings.server {
        Server::Endpoint(url) => return Ok(url.clone()),
        Server::Issuer(issuer, url) => (issuer, url),
    };
    let mut found = ask(settings, openid_form(url)).await?;
    if found.0 == StatusCode::NOT_FOUND {
        found = ask(settings, oauth_form(url)).await?;
    }
    let (status, body) = found;
    if status != StatusCode::OK {
        return Err(Error::Discovery(format!("HTTP {}", status.as_u16())));
    }
    let metadata: Metadata = serde_json::from_slice(&body)
        .map_err(|_| Error::Discovery("not a JSON object with issuer and token_endpoint".to_owned()))?;
    // Without this check one issuer could pass for another (RFC 8414 3.3). A slash at the end is forgiven: people
    // copy issuers from addresses.
    if metadata.issuer.trim_end_matches('/') != issuer.trim_end_matches('/') {
        return Err(Error::Discovery(format!("it is of another issuer, {}", metadata.issuer)));
    }
    address(&metadata.token_endpoint, settings.plain_http)
}

async fn ask(settings: &Settings, url: Url) -> Result<(StatusCode, zeroize::Zeroizing<Vec<u8>>), Error> {
    let request = settings.http.get(url).header(http::header::ACCEPT, "application/json").timeout(settings.timeout);
    wire::body(request.send().await.map_err(Error::unreachable)?).await
}

/// OpenID Connect Discovery 4: appended.
fn openid_form(issuer: &Url) -> Url {
    let mut url = issuer.clone();
    let path = issuer.path().trim_end_matches('/');
    url.set_path(&format!("{path}/.well-known/openid-configuration"));
    url
}

/// RFC 8414 3.1: after the host.
fn oauth_form(issuer: &Url) -> Url {
    let mut url = issuer.clone();
    let path = issuer.path().trim_end_matches('/');
    url.set_path(&format!("/.well-known/oauth-authorization-server{path}"));
    url
}
