//! The issuer over the network: its metadata, and bounded reading of what it answers.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwapOption;
use claviger_core::client_auth::form_encoded;
use claviger_core::token::Plain;
use reqwest::{Client, RequestBuilder, StatusCode};
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// How long an answer may take.
const TIMEOUT: Duration = Duration::from_secs(3);
/// More than any metadata, key set or introspection answer needs.
const MAX_ANSWER: usize = 256 * 1024;
/// A first answer of the feed brings all revocations that are still of interest.
const MAX_FEED: usize = 64 * 1024 * 1024;

/// Why the issuer did not help. For the log only.
#[derive(Debug, thiserror::Error)]
pub(crate) enum IssuerError {
    #[error("cannot reach the issuer: {0}")]
    Network(#[from] reqwest::Error),
    #[error("the issuer answered {0}")]
    Status(StatusCode),
    #[error("the issuer's answer is too long")]
    TooLong,
    #[error("the issuer's answer cannot be read: {0}")]
    Json(#[from] serde_json::Error),
    #[error("the metadata is of another issuer")]
    OtherIssuer,
    #[error("the metadata has no {0}")]
    NoEndpoint(&'static str),
    #[error("no usable key set: {0}")]
    Keys(#[from] claviger_core::jose::JwkError),
    #[error("asked a moment ago, without success")]
    TooSoon,
}

/// What the guard needs of the metadata (RFC 8414 section 2).
#[derive(Debug, Deserialize)]
pub(crate) struct Metadata {
    issuer: String,
    pub(crate) jwks_uri: Option<String>,
    pub(crate) introspection_endpoint: Option<String>,
}

/// The credentials of the API's own client.
pub(crate) struct Credentials {
    /// Both as they go into HTTP Basic: form-encoded (RFC 6749 section 2.3.1).
    id: Plain,
    secret: Plain,
}

impl Credentials {
    pub(crate) fn new(id: &str, secret: &str) -> Self {
        Self { id: form_encoded(id), secret: form_encoded(secret) }
    }

    pub(crate) fn sign(&self, request: RequestBuilder) -> RequestBuilder {
        request.basic_auth(self.id.expose(), Some(self.secret.expose()))
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Credentials({}, ***)", self.id.expose())
    }
}

/// One issuer.
pub(crate) struct Issuer {
    /// As it stands in tokens and metadata, to the letter.
    pub(crate) url: String,
    pub(crate) http: Client,
    metadata: ArcSwapOption<Metadata>,
}

impl Issuer {
    pub(crate) fn new(url: String, http: Client) -> Self {
        Self { url, http, metadata: ArcSwapOption::empty() }
    }

    /// An endpoint under the issuer.
    pub(crate) fn under(&self, path: &str) -> String {
        format!("{}{path}", self.url.trim_end_matches('/'))
    }

    /// The metadata, from memory when it was read before.
    pub(crate) async fn metadata(&self) -> Result<Arc<Metadata>, IssuerError> {
        match self.metadata.load_full() {
            Some(metadata) => Ok(metadata),
            None => self.fetch_metadata().await,
        }
    }

    /// Reads the metadata again: the OpenID form first, then the OAuth form (RFC 8414 section 3.1), which puts the
    /// well-known part between host and path.
    pub(crate) async fn fetch_metadata(&self) -> Result<Arc<Metadata>, IssuerError> {
        let openid = self.under("/.well-known/openid-configuration");
        let answer = match self.fetch_json::<Metadata>(self.http.get(openid)).await {
            Err(IssuerError::Status(StatusCode::NOT_FOUND)) => {
                self.fetch_json(self.http.get(self.oauth_metadata_url())).await?
            }
            answer => answer?,
        };
        if answer.issuer != self.url {
            return Err(IssuerError::OtherIssuer);
        }
        let metadata = Arc::new(answer);
        self.metadata.store(Some(Arc::clone(&metadata)));
        Ok(metadata)
    }

    fn oauth_metadata_url(&self) -> String {
        let url = self.url.trim_end_matches('/');
        let authority = url.find("://").map_or(0, |scheme| scheme + 3);
        let path = url.get(authority..).and_then(|rest| rest.find('/')).map_or(url.len(), |slash| authority + slash);
        let (origin, path) = url.split_at_checked(path).unwrap_or((url, ""));
        format!("{origin}/.well-known/oauth-authorization-server{path}")
    }

    /// Sends a request and reads a JSON answer of moderate size.
    pub(crate) async fn fetch_json<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T, IssuerError> {
        read_json(request.timeout(TIMEOUT), MAX_ANSWER).await
    }

    /// The same with an answer that may take `wait` and be long.
    pub(crate) async fn fetch_feed<T: DeserializeOwned>(
        &self,
        request: RequestBuilder,
        wait: Duration,
    ) -> Result<T, IssuerError> {
        read_json(request.timeout(wait + Duration::from_secs(10)), MAX_FEED).await
    }
}

async fn read_json<T: DeserializeOwned>(request: RequestBuilder, limit: usize) -> Result<T, IssuerError> {
    let mut answer = request.send().await?;
    if !answer.status().is_success() {
        return Err(IssuerError::Status(answer.status()));
    }
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await? {
        if body.len() + chunk.len() > limit {
            return Err(IssuerError::TooLong);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(serde_json::from_slice(&body)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metadata_url(issuer: &str) -> String {
        Issuer::new(issuer.to_owned(), Client::new()).oauth_metadata_url()
    }

    #[test]
    fn rfc8414_puts_the_well_known_part_behind_the_host() {
        let well_known = "https://host:1/.well-known/oauth-authorization-server";
        assert_eq!(metadata_url("https://host:1"), well_known);
        assert_eq!(metadata_url("https://host:1/"), well_known);
        assert_eq!(metadata_url("https://host:1/a/b"), format!("{well_known}/a/b"));
    }

    #[test]
    fn basic_credentials_are_form_encoded() {
        let credentials = Credentials::new("a b:c", "d+é~");
        assert_eq!((credentials.id.expose(), credentials.secret.expose()), ("a+b%3Ac", "d%2B%C3%A9%7E"));
        assert_eq!(format!("{:?}", Credentials::new("api", "hush")), "Credentials(api, ***)");
    }
}
