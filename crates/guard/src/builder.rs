//! Describing a guard. What is wrong with the description is told when it is built, never when a request comes.

use std::sync::Arc;
use std::time::Duration;

use claviger_core::dialect::Api;
use claviger_core::dpop::NonceKey;
use http::header::{AUTHORIZATION, HeaderName};
use reqwest::redirect::Policy;

use crate::dpop::Proofs;
use crate::guard::{Guard, Inner};
use crate::introspection::Introspection;
use crate::issuer::{Credentials, Issuer};
use crate::keys::Keys;
use crate::rejection::Presentation;
use crate::revocations::{self, Revocations};
use crate::{Clock, ProtectedResource, ResourceMetadata, SystemClock, Vocabulary};

/// Why a guard cannot be built.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// The issuer is no `http` or `https` URL, or has a query or a fragment (RFC 8414 section 2).
    #[error("the issuer is not an http or https URL without query and fragment")]
    Issuer,
    /// Neither an audience nor [`any_audience`](GuardBuilder::any_audience).
    #[error("the guard needs the audience of its API, or any_audience()")]
    NoAudience,
    /// No header to look into, or a name that no header can have.
    #[error("a bearer header's name is not valid, or there is none")]
    BearerHeader,
    /// A challenge's realm holds a quote, a backslash, or what is not printable ASCII.
    #[error("the realm can hold printable ASCII only, without quotes and backslashes")]
    Realm,
    /// The address for proofs is no `http` or `https` URL, or has a query or a fragment.
    #[error("the address for dpop() is not an http or https URL without query and fragment")]
    DpopUrl,
    /// The address of the API is no `http` or `https` URL, or has a query or a fragment.
    #[error("the address for protected_resource() is not an http or https URL without query and fragment")]
    Resource,
    /// There is nowhere to run the task that follows the revocation feed.
    #[error("a guard that follows the revocation feed is built inside a tokio runtime")]
    NoRuntime,
    /// The HTTP client cannot be set up.
    #[error("cannot set up the HTTP client: {0}")]
    Http(#[from] reqwest::Error),
}

/// A guard to be; see [`Guard::builder`].
#[must_use]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub struct GuardBuilder {
    issuer: String,
    audiences: Vec<String>,
    any_audience: bool,
    credentials: Option<Credentials>,
    follow_revocations: bool,
    feed: Option<String>,
    realm: Option<String>,
    bearer_headers: Vec<String>,
    vocabulary: Vocabulary,
    refuse_implicit: bool,
    plain_typ: bool,
    leeway: Duration,
    keys_lifetime: Duration,
    keys_retry: Duration,
    introspection_lifetime: Duration,
    introspection_capacity: usize,
    revocation_capacity: usize,
    dpop: Option<String>,
    dpop_nonces: Option<NonceKey>,
    resource: Option<ProtectedResource>,
    clock: Option<Arc<dyn Clock>>,
    http: Option<reqwest::Client>,
}

impl Guard {
    /// Starts to describe a guard for tokens of this issuer, spelled exactly as in its metadata.
    pub fn builder(issuer: impl Into<String>) -> GuardBuilder {
        GuardBuilder::new(issuer.into())
    }
}

impl GuardBuilder {
    fn new(issuer: String) -> Self {
        Self {
            issuer,
            audiences: Vec::new(),
            any_audience: false,
            credentials: None,
            follow_revocations: true,
            feed: None,
            realm: None,
            bearer_headers: vec![AUTHORIZATION.as_str().to_owned()],
            vocabulary: Vocabulary::Standard,
            refuse_implicit: false,
            plain_typ: false,
            leeway: Duration::from_secs(2),
            keys_lifetime: Duration::from_secs(600),
            keys_retry: Duration::from_secs(10),
            introspection_lifetime: Duration::from_secs(2),
            introspection_capacity: 10_000,
            revocation_capacity: 500_000,
            dpop: None,
            dpop_nonces: None,
            resource: None,
            clock: None,
            http: None,
        }
    }

    /// An audience of this API: a token for any one of them is for this API.
    pub fn audience(mut self, audience: impl Into<String>) -> Self {
        self.audiences.push(audience.into());
        self
    }

    /// Takes tokens for any API of this issuer. Only for issuers that have a single API: otherwise a token that somebody gave
    /// to one API opens the others (RFC 8725 section 3.9).
    pub fn any_audience(mut self) -> Self {
        self.any_audience = true;
        self
    }

    /// Takes access tokens whose header says `JWT` as well as `at+jwt` (RFC 9068 2.1): for an API that asked its realm for that
    /// because of another library. An ID token, which says `JWT` too, is still refused: it names no client as an access token
    /// does.
    pub fn accept_jwt_typ(mut self) -> Self {
        self.plain_typ = true;
        self
    }

    /// The client id and secret of the API itself, for introspection and for the revocation feed. Without them only JWTs are
    /// understood, and revocations are not learnt.
    pub fn credentials(mut self, client_id: &str, secret: &str) -> Self {
        self.credentials = Some(Credentials::new(client_id, secret));
        self
    }

    /// Whether to follow the revocation feed; it is by default when there are credentials.
    pub fn follow_revocations(mut self, follow: bool) -> Self {
        self.follow_revocations = follow;
        self
    }

    /// Where the revocation feed is; `{issuer}/revocations` by default. A dialect can put it elsewhere.
    pub fn revocation_feed(mut self, url: impl Into<String>) -> Self {
        self.feed = Some(url.into());
        self
    }

    /// The `realm` of the challenge; the issuer by default.
    pub fn realm(mut self, realm: impl Into<String>) -> Self {
        self.realm = Some(realm.into());
        self
    }

    /// The headers in which the token may stand; `Authorization` by default. When several are there, they must agree.
    pub fn bearer_headers<N: Into<String>>(mut self, names: impl IntoIterator<Item = N>) -> Self {
        self.bearer_headers = names.into_iter().map(Into::into).collect();
        self
    }

    /// The words for what is wrong.
    pub fn vocabulary(mut self, vocabulary: Vocabulary) -> Self {
        self.vocabulary = vocabulary;
        self
    }

    /// Headers and words as a dialect has them.
    pub fn dialect(self, api: &Api) -> Self {
        self.bearer_headers(api.bearer_headers.iter().cloned()).vocabulary(api.errors.clone())
    }

    /// Takes no token of the implicit grant, on any route.
    pub fn refuse_implicit(mut self) -> Self {
        self.refuse_implicit = true;
        self
    }

    /// By how much the clocks of issuer and API may differ; 2 s by default.
    pub fn leeway(mut self, leeway: Duration) -> Self {
        self.leeway = leeway;
        self
    }

    /// How long the issuer's keys are used without asking again; 10 min by default. When the issuer is down they are used for
    /// longer.
    pub fn keys_lifetime(mut self, lifetime: Duration) -> Self {
        self.keys_lifetime = lifetime;
        self
    }

    /// The least time between two questions for keys because of a token with an unknown one; 10 s by default.
    pub fn keys_retry(mut self, retry: Duration) -> Self {
        self.keys_retry = retry;
        self
    }

    /// How long an introspection answer is used, be it yes or no; 2 s by default. It is how long a revocation of such a token
    /// can go unnoticed when the feed is cut.
    pub fn introspection_lifetime(mut self, lifetime: Duration) -> Self {
        self.introspection_lifetime = lifetime;
        self
    }

    /// How many introspection answers are kept; 10,000 by default.
    pub fn introspection_capacity(mut self, answers: usize) -> Self {
        self.introspection_capacity = answers;
        self
    }

    /// How many revocations are kept at most; 500,000 by default, about 100 bytes each. When there are more, those that end
    /// soonest are forgotten, the log says so, and the issuer is asked about each token that one of them may have meant.
    pub fn revocation_capacity(mut self, revocations: usize) -> Self {
        self.revocation_capacity = revocations;
        self
    }

    /// Takes tokens that are bound to a key, each with a proof of that key (RFC 9449). `url`: where clients reach this API, as they
    /// spell it in their proofs: `https://api.example.com`, with the path that is cut off before requests arrive here, if one
    /// is. It is never taken from a request, which could name any. Without it such tokens are refused.
    pub fn dpop(mut self, url: impl Into<String>) -> Self {
        self.dpop = Some(url.into());
        self
    }

    /// Proofs must carry a nonce of this API (RFC 9449 section 9). All instances of an API have the same 32 secret bytes, so
    /// that each knows the nonces of the others.
    pub fn dpop_nonces(mut self, key: &[u8; 32]) -> Self {
        self.dpop_nonces = Some(NonceKey::new(key));
        self
    }

    /// The API says of itself what it is and where its tokens come from (RFC 9728). Refusals name that document, and the layer
    /// serves it; where requests for it do not pass through a layer, [`Guard::resource_metadata`] has it.
    pub fn protected_resource(mut self, resource: ProtectedResource) -> Self {
        self.resource = Some(resource);
        self
    }

    /// Another clock, for tests.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = Some(clock);
        self
    }

    /// An HTTP client of your own: shared with others, with a proxy or with certificates. It should follow no redirects.
    pub fn http_client(mut self, client: reqwest::Client) -> Self {
        self.http = Some(client);
        self
    }

    /// Builds the guard. It asks the issuer for nothing yet but its revocations, so the issuer need not be up.
    ///
    /// # Errors
    /// See [`BuildError`].
    pub fn build(self) -> Result<Guard, BuildError> {
        if !is_issuer(&self.issuer) {
            return Err(BuildError::Issuer);
        }
        if self.audiences.is_empty() && !self.any_audience {
            return Err(BuildError::NoAudience);
        }
        let realm = self.realm.unwrap_or_else(|| self.issuer.clone());
        if !realm.bytes().all(|byte| matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\') {
            return Err(BuildError::Realm);
        }
        let bearer_headers = self
            .bearer_headers
            .iter()
            .map(|name| HeaderName::from_bytes(name.as_bytes()))
            .collect::<Result<Vec<_>, _>>()
            .map_err(|_| BuildError::BearerHeader)?;
        if bearer_headers.is_empty() {
            return Err(BuildError::BearerHeader);
        }
        let proofs = match &self.dpop {
            None => None,
            Some(url) => Some(Proofs::new(url, self.dpop_nonces).ok_or(BuildError::DpopUrl)?),
        };
        let metadata = match self.resource {
            None => None,
            Some(resource) => {
                Some(ResourceMetadata::new(resource, &self.issuer, proofs.is_some()).ok_or(BuildError::Resource)?)
            }
        };
        let http = match self.http {
            Some(http) => http,
            None => default_client(&self.issuer)?,
        };
        let clock = self.clock.unwrap_or_else(|| Arc::new(SystemClock::new()));
        let issuer = Arc::new(Issuer::new(self.issuer.clone(), http));
        let credentials = self.credentials.map(Arc::new);
        let revocations = Arc::new(Revocations::new(Arc::clone(&clock), self.revocation_capacity));
        let feed = match &credentials {
            Some(credentials) if self.follow_revocations => {
                let runtime = tokio::runtime::Handle::try_current().map_err(|_| BuildError::NoRuntime)?;
                let url = self.feed.unwrap_or_else(|| issuer.under("/revocations"));
                let task =
                    revocations::follow(Arc::clone(&issuer), url, Arc::clone(credentials), Arc::clone(&revocations));
                Some(runtime.spawn(task).abort_handle())
            }
            _ => None,
        };
        let introspection = credentials.map(|credentials| {
            let (issuer, clock) = (Arc::clone(&issuer), Arc::clone(&clock));
            Introspection::new(issuer, credentials, clock, self.introspection_lifetime, self.introspection_capacity)
        });
        let keys = Keys::new(issuer, Arc::clone(&clock), self.keys_lifetime, self.keys_retry);
        let keys = if self.plain_typ { keys.with_plain_typ() } else { keys };
        Ok(Guard(Arc::new(Inner {
            issuer: self.issuer,
            audiences: self.audiences,
            bearer_headers,
            refuse_implicit: self.refuse_implicit,
            leeway: self.leeway,
            presentation: Arc::new(Presentation { realm, vocabulary: self.vocabulary, metadata }),
            clock,
            keys: Arc::new(keys),
            introspection,
            revocations,
            proofs,
            feed,
        })))
    }
}

impl std::fmt::Debug for GuardBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("GuardBuilder").field("issuer", &self.issuer).finish_non_exhaustive()
    }
}

/// A client that goes where it is told and nowhere else.
fn default_client(issuer: &str) -> Result<reqwest::Client, reqwest::Error> {
    let client = reqwest::Client::builder()
        .redirect(Policy::none())
        .connect_timeout(Duration::from_secs(2))
        .user_agent(concat!("claviger-guard/", env!("CARGO_PKG_VERSION")));
    // A plain issuer needs no certificates, and reading the system's takes longer than anything else here; nor does one on
    // this machine need a proxy.
    let plain = issuer.starts_with("http:");
    let client = if plain { client.tls_certs_only([]) } else { client };
    let client = if is_loopback(issuer) { client.no_proxy() } else { client };
    client.build()
}

fn is_loopback(issuer: &str) -> bool {
    let host =
        reqwest::Url::parse(issuer).ok().and_then(|url| url.host_str().map(ToOwned::to_owned)).unwrap_or_default();
    host == "localhost"
        || host.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn is_issuer(issuer: &str) -> bool {
    reqwest::Url::parse(issuer).is_ok_and(|url| {
        matches!(url.scheme(), "http" | "https")
            && url.host().is_some()
            && url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none()
    })
}
