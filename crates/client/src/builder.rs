//! Describing an app and its server, checked once.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::HeaderName;

use crate::clock::{Clock, SystemClock};
use crate::error::Error;
use crate::grant::{BodyForm, ClientAuthentication, Grant};
use crate::key::ClientKey;
use crate::possession::Possession;
use crate::proof_key::ProofKey;
use crate::secret::Secret;
use crate::settings::{Server, Settings, address, wrong};
use crate::storage::Storage;
use crate::tokens::Tokens;

/// Describes an app and its server; [`build`](Self::build) checks it. From [`Tokens::builder`].
#[must_use]
#[derive(Default)]
pub struct Builder {
    endpoint: Option<String>,
    issuer: Option<String>,
    client_id: Option<String>,
    client_secret: Option<Secret>,
    client_key: Option<ClientKey>,
    authentication: Option<ClientAuthentication>,
    proof_key: Option<ProofKey>,
    grant: Option<Grant>,
    scope: Option<String>,
    audience: Option<String>,
    body: BodyForm,
    margin: Option<Duration>,
    timeout: Option<Duration>,
    header: Option<String>,
    storage: Option<Arc<dyn Storage>>,
    clock: Option<Arc<dyn Clock>>,
    http: Option<reqwest::Client>,
    plain_http: bool,
}

impl Tokens {
    /// Starts to describe an app and its server.
    pub fn builder() -> Builder {
        Builder::default()
    }
}

impl Builder {
    /// The token endpoint's URL. Either this or [`issuer`](Self::issuer).
    pub fn token_endpoint(mut self, url: impl Into<String>) -> Self {
        self.endpoint = Some(url.into());
        self
    }

    /// The issuer, whose metadata says where the token endpoint is (OpenID Connect Discovery 4, RFC 8414 3). It is
    /// asked once, when the first token is needed.
    pub fn issuer(mut self, url: impl Into<String>) -> Self {
        self.issuer = Some(url.into());
        self
    }

    /// A confidential client: its id and secret.
    pub fn client(mut self, id: impl Into<String>, secret: impl Into<Secret>) -> Self {
        self.client_id = Some(id.into());
        self.client_secret = Some(secret.into());
        self
    }

    /// A confidential client that is known by its key (`private_key_jwt`, RFC 7523 2.2): its id and key.
    pub fn client_with_key(mut self, id: impl Into<String>, key: ClientKey) -> Self {
        self.client_id = Some(id.into());
        self.client_secret = None;
        self.client_key = Some(key);
        self
    }

    /// A public client: an id without a secret.
    pub fn public_client(mut self, id: impl Into<String>) -> Self {
        self.client_id = Some(id.into());
        self.client_secret = None;
        self
    }

    /// How id and secret are sent; without it [`ClientAuthentication::Basic`], or `None` for a public client.
    pub fn authentication(mut self, way: ClientAuthentication) -> Self {
        self.authentication = Some(way);
        self
    }

    /// Binds the tokens to a key (DPoP, RFC 9449): each request carries a proof of it, and a token that the server did not bind is refused.
    pub fn dpop(mut self, key: ProofKey) -> Self {
        self.proof_key = Some(key);
        self
    }

    /// What the first token is asked with.
    pub fn grant(mut self, grant: Grant) -> Self {
        self.grant = Some(grant);
        self
    }

    /// The scope to ask for, names separated by spaces (RFC 6749 3.3).
    pub fn scope(mut self, scope: impl Into<String>) -> Self {
        self.scope = Some(scope.into());
        self
    }

    /// The API that the token is for, as the `audience` parameter.
    pub fn audience(mut self, audience: impl Into<String>) -> Self {
        self.audience = Some(audience.into());
        self
    }

    /// How bodies are written.
    pub fn body(mut self, form: BodyForm) -> Self {
        self.body = form;
        self
    }

    /// How long before its end a token is replaced: 30 seconds unless said otherwise, and never more than a quarter
    /// of its life, or short-lived tokens would be replaced at every call.
    pub fn margin(mut self, margin: Duration) -> Self {
        self.margin = Some(margin);
        self
    }

    /// How long the server may take to answer; 15 seconds unless said otherwise.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// The header in which [`Tokens::send`] puts `Bearer ..`, or `DPoP ..`; `Authorization` (RFC 6750 2.1) unless said otherwise.
    pub fn bearer_header(mut self, name: impl Into<String>) -> Self {
        self.header = Some(name.into());
        self
    }

    /// Where tokens outlive the process, and are shared with other processes.
    pub fn storage(mut self, storage: impl Storage + 'static) -> Self {
        self.storage = Some(Arc::new(storage));
        self
    }

    /// Another clock than the machine's.
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Some(Arc::new(clock));
        self
    }

    /// The HTTP client that talks to the server: one with a proxy, or further roots. It should follow no redirects,
    /// as the built-in one does not: credentials are meant for one address.
    pub fn http_client(mut self, client: reqwest::Client) -> Self {
        self.http = Some(client);
        self
    }

    /// Sends credentials over plain HTTP to other machines as well. Without it `http:` works for this machine only.
    pub fn allow_plain_http(mut self) -> Self {
        self.plain_http = true;
        self
    }

    /// Checks everything. Nothing is sent yet.
    ///
    /// # Errors
    /// [`Error::Configuration`] says what is missing or contradicts itself.
    pub fn build(self) -> Result<Tokens, Error> {
        let server = self.server()?;
        let client_id = self.client_id.filter(|id| !id.is_empty()).ok_or_else(|| wrong("a client id is needed"))?;
        let secret = self.client_secret.filter(|secret| !secret.expose().is_empty());
        let authentication = match (self.authentication, secret.is_some()) {
            (None | Some(ClientAuthentication::PrivateKeyJwt), false) if self.client_key.is_some() => {
                ClientAuthentication::PrivateKeyJwt
            }
            (Some(ClientAuthentication::PrivateKeyJwt), _) => {
                return Err(wrong("private_key_jwt needs a client key, and no secret"));
            }
            (Some(way), true) => way,
            (None, true) => ClientAuthentication::Basic,
            (None | Some(ClientAuthentication::None), false) => ClientAuthentication::None,
            (Some(_), false) => {
                return Err(wrong("this way of client authentication needs a client secret"));
            }
        };
        let grant = self.grant.ok_or_else(|| wrong("a grant is needed"))?;
        if matches!(grant, Grant::ClientCredentials) && authentication == ClientAuthentication::None {
            return Err(wrong("client credentials need a client secret (RFC 6749 4.4)"));
        }
        let header = self.header.as_deref().unwrap_or("Authorization");
        let header = HeaderName::try_from(header).map_err(|_| wrong("the bearer header is not a header's name"))?;
        let http = match self.http {
            Some(client) => client,
            None => reqwest::Client::builder()
                .redirect(reqwest::redirect::Policy::none())
                .build()
                .map_err(|_| wrong("no HTTP client could be made"))?,
        };
        Ok(Tokens::new(Settings {
            server,
            client_id,
            client_secret: secret,
            client_key: self.client_key,
            authentication,
            possession: self.proof_key.map(Possession::new),
            grant,
            scope: self.scope,
            audience: self.audience,
            body: self.body,
            margin: self.margin.unwrap_or(Duration::from_secs(30)),
            timeout: self.timeout.unwrap_or(Duration::from_secs(15)),
            header,
            storage: self.storage,
            clock: self.clock.unwrap_or_else(|| Arc::new(SystemClock)),
            http,
            plain_http: self.plain_http,
        }))
    }

    fn server(&self) -> Result<Server, Error> {
        match (&self.endpoint, &self.issuer) {
            (Some(url), None) => Ok(Server::Endpoint(address(url, self.plain_http)?)),
            (None, Some(issuer)) => Ok(Server::Issuer(issuer.clone(), address(issuer, self.plain_http)?)),
            _ => Err(wrong("either a token endpoint or an issuer is needed, not both")),
        }
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("endpoint", &self.endpoint)
            .field("issuer", &self.issuer)
            .field("client_id", &self.client_id)
            .field("client_secret", &self.client_secret)
            .field("grant", &self.grant)
            .finish_non_exhaustive()
    }
}
