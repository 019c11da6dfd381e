//! What a token manager works with, checked.

use std::sync::Arc;
use std::time::Duration;

use http::HeaderName;
use reqwest::Url;

use crate::clock::Clock;
use crate::error::Error;
use crate::grant::{BodyForm, ClientAuthentication, Grant};
use crate::key::ClientKey;
use crate::possession::Possession;
use crate::secret::Secret;
use crate::storage::Storage;

/// Where the token endpoint is, or how to find it.
#[derive(Debug, Clone)]
pub(crate) enum Server {
    Endpoint(Url),
    Issuer(String, Url),
}

/// What a [`Tokens`](crate::Tokens) works with.
pub(crate) struct Settings {
    pub(crate) server: Server,
    pub(crate) client_id: String,
    pub(crate) client_secret: Option<Secret>,
    pub(crate) client_key: Option<ClientKey>,
    pub(crate) authentication: ClientAuthentication,
    /// The key that tokens are bound to, where there is one.
    pub(crate) possession: Option<Possession>,
    pub(crate) grant: Grant,
    pub(crate) scope: Option<String>,
    pub(crate) audience: Option<String>,
    pub(crate) body: BodyForm,
    pub(crate) margin: Duration,
    pub(crate) timeout: Duration,
    pub(crate) header: HeaderName,
    pub(crate) storage: Option<Arc<dyn Storage>>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) http: reqwest::Client,
    pub(crate) plain_http: bool,
}

/// An absolute URL to which credentials may go.
pub(crate) fn address(text: &str, plain_http: bool) -> Result<Url, Error> {
    let url = Url::parse(text).map_err(|_| wrong("the server's address is not a URL"))?;
    let loopback = match url.host_str() {
        Some("localhost" | "127.0.0.1" | "[::1]") => true,
        Some(_) => false,
        None => return Err(wrong("the server's address has no host")),
    };
    match url.scheme() {
        "https" => Ok(url),
        "http" if loopback || plain_http => Ok(url),
        _ => Err(wrong("the server's address is not https; allow_plain_http() sends credentials over plain HTTP")),
    }
}

pub(crate) fn wrong(text: &str) -> Error {
    Error::Configuration(text.to_owned())
}
