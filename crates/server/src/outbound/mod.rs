//! Calls to addresses that others named: a client's `jwks_uri` and `backchannel_logout_uri`, a request's
//! `request_uri`.
//!
//! Whoever may name an address could otherwise make this server ask its own network for them (RFC 9101 10.4, OWASP SSRF). So:
//! https alone; the address that a name leads to is checked, and the connection goes to the very address that was checked,
//! without a second look at the name; no redirect is followed, no proxy of the environment asked, no cookie kept. An answer has a
//! status of 200, a media type that was expected and 64 KiB at most, and all of it takes three seconds at most. So many calls at
//! once and no more.
//!
//! The operator may name hosts whose addresses are not public and are called all the same (`outbound.private-hosts`): apps of the own
//! network. A realm that is tried out on one machine may let its clients name `http://` addresses of that machine (`loopback`).

mod address;
mod operator;
mod private;
mod provider;
mod sector;
mod webhook;

use address::is_public;
use bytes::{Bytes, BytesMut};
use http::StatusCode;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use private::PrivateHosts;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::redirect::Policy;
use reqwest::{Client, Response, Url};
use std::error::Error;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::timeout;

/// The longest that a call takes, all in all.
const PATIENCE: Duration = Duration::from_secs(3);
/// The largest answer, in bytes.
const LARGEST: usize = 64 * 1024;
/// What a form is.
const FORM: &str = "application/x-www-form-urlencoded";
/// How many calls are under way at once.
const AT_ONCE: usize = 32;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OutboundError {
    /// The text is no address that may be called at all.
    #[error("this is not an https:// address without a user name")]
    Address,
    /// It leads into a network that is not the public one.
    #[error("the address is not a public one")]
    NotPublic,
    /// Too many calls are under way.
    #[error("too many calls are under way")]
    Busy,
    /// Nobody answered in time.
    #[error("there was no answer in time")]
    TooLate,
    /// The connection failed.
    #[error("the call failed: {0}")]
    Failed(String),
    /// Another status than 200; a redirect is one.
    #[error("the answer's status is {0}")]
    Status(StatusCode),
    /// The same of an endpoint that says why (RFC 6749 5.2).
    #[error("the answer is {0}")]
    Refused(String),
    /// Another media type than was expected.
    #[error("the answer is of another media type than expected")]
    MediaType,
    /// More bytes than anybody needs.
    #[error("the answer is larger than 64 KiB")]
    TooLarge,
}

impl OutboundError {
    /// Whether it may be otherwise at another time.
    pub(crate) fn may_pass(&self) -> bool {
        match self {
            Self::Busy | Self::TooLate | Self::Failed(_) => true,
            Self::Status(status) => status.is_server_error(),
            Self::Address | Self::NotPublic | Self::Refused(_) | Self::MediaType | Self::TooLarge => false,
        }
    }
}

/// Where names are looked up.
type Lookup =
    Arc<dyn Fn(String) -> Pin<Box<dyn Future<Output = std::io::Result<Vec<SocketAddr>>> + Send>> + Send + Sync>;

/// Makes the calls; cheap to clone.
#[derive(Clone)]
pub(crate) struct Outbound {
    shared: Arc<Shared>,
}

struct Shared {
    lookup: Lookup,
    is_allowed: fn(IpAddr) -> bool,
    private_hosts: Arc<PrivateHosts>,
    patience: Duration,
    permits: Semaphore,
    /// For questions to addresses that the operator wrote.
    questions: Semaphore,
    /// For what is asked of providers while somebody waits: a slow one keeps nobody from the rest.
    sign_ins: Semaphore,
    /// For what webhooks are told: a slow one holds up nobody else.
    deliveries: Semaphore,
    /// Made when they are first needed: reading the certificates of the public authorities takes a while.
    public: OnceLock<Client>,
    on_this_machine: OnceLock<Client>,
    of_operators: OnceLock<Client>,
}

impl Outbound {
    /// Nothing has been called yet.
    pub(crate) fn new() -> Self {
        let lookup: Lookup =
            Arc::new(|name| Box::pin(async move { Ok(tokio::net::lookup_host((name, 0)).await?.collect()) }));
        Self::with(lookup, is_public, PATIENCE)
    }

    fn with(lookup: Lookup, is_allowed: fn(IpAddr) -> bool, patience: Duration) -> Self {
        let (public, on_this_machine) = (OnceLock::new(), OnceLock::new());
        let [permits, questions, sign_ins, deliveries] = std::array::from_fn(|_| Semaphore::new(AT_ONCE));
        let of_operators = OnceLock::new();
        let private_hosts = Arc::default();
        Self {
            shared: Arc::new(Shared {
                lookup,
                is_allowed,
                private_hosts,
                patience,
                permits,
                questions,
                sign_ins,
                deliveries,
                public,
                on_this_machine,
                of_operators,
            }),
        }
    }

    /// From now on these hosts are called, whatever their addresses: names, addresses, `*.` and a domain.
    pub(crate) fn let_in(&self, private_hosts: &[String]) {
        self.shared.private_hosts.set(private_hosts);
    }

    /// The answer of an address that somebody named. `loopback`: it may be `http://` on this machine; `media`: the types that are
    /// expected.
    ///
    /// # Errors
    /// As [`OutboundError`] has them.
    pub(crate) async fn get(&self, address: &str, loopback: bool, media: &[&str]) -> Result<Bytes, OutboundError> {
        Ok(self.get_fresh(address, loopback, media).await?.0)
    }

    /// The same, and for how long the answer is good by its own words (RFC 9111 5.2.2, `max-age`), in milliseconds.
    ///
    /// # Errors
    /// As [`OutboundError`] has them.
    pub(crate) async fn get_fresh(
        &self,
        address: &str,
        loopback: bool,
        media: &[&str],
    ) -> Result<(Bytes, Option<i64>), OutboundError> {
        let url = self.checked(address, loopback)?;
        let _permit = self.shared.permits.try_acquire().map_err(|_| OutboundError::Busy)?;
        let call = async {
            let client = self.client(loopback && is_on_this_machine(&url))?;
            let response = client.get(url).send().await.map_err(|error| failed(&error))?;
            let fresh = freshness(&response);
            Ok((read(response, media).await?, fresh))
        };
        timeout(self.shared.patience, call).await.map_err(|_| OutboundError::TooLate)?
    }

    /// Whether an address may be called, as far as it can be told without looking names up.
    pub(crate) fn may_call(&self, address: &str, loopback: bool) -> bool {
        self.checked(address, loopback).is_ok()
    }

    /// Posts a form to an address that somebody named; the status that it is answered with. What else is answered is not read.
    ///
    /// # Errors
    /// As [`OutboundError`] has them.
    pub(crate) async fn post_form(
        &self,
        address: &str,
        loopback: bool,
        form: String,
    ) -> Result<StatusCode, OutboundError> {
        let url = self.checked(address, loopback)?;
        let _permit = self.shared.permits.try_acquire().map_err(|_| OutboundError::Busy)?;
        let call = async {
            let client = self.client(loopback && is_on_this_machine(&url))?;
            let request = client.post(url).header(CONTENT_TYPE, FORM).body(form);
            request.send().await.map(|response| response.status()).map_err(|error| failed(&error))
        };
        timeout(self.shared.patience, call).await.map_err(|_| OutboundError::TooLate)?
    }

    /// The address, if it may be called as far as it can be told without looking names up.
    fn checked(&self, address: &str, loopback: bool) -> Result<Url, OutboundError> {
        let url: Url = address.parse().map_err(|_| OutboundError::Address)?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(OutboundError::Address);
        }
        let here = loopback && is_on_this_machine(&url);
        match url.scheme() {
            "https" => {}
            "http" if here => {}
            _ => return Err(OutboundError::Address),
        }
        // A literal is not looked up, so nobody else checks it.
        match literal(&url) {
            Some(ip) if !here && !(self.shared.is_allowed)(ip) && !self.shared.private_hosts.has(&ip.to_string()) => {
                Err(OutboundError::NotPublic)
            }
            _ => Ok(url),
        }
    }

    fn client(&self, here: bool) -> Result<&Client, OutboundError> {
        let cell = if here { &self.shared.on_this_machine } else { &self.shared.public };
        if let Some(client) = cell.get() {
            return Ok(client);
        }
        let is_allowed = if here { |ip: IpAddr| ip.is_loopback() } else { self.shared.is_allowed };
        let private_hosts = Arc::clone(&self.shared.private_hosts);
        let resolver = Checked { lookup: Arc::clone(&self.shared.lookup), is_allowed, private_hosts };
        let client = Client::builder()
            .redirect(Policy::none())
            .no_proxy()
            .referer(false)
            .https_only(!here)
            .pool_max_idle_per_host(0)
            .dns_resolver(Arc::new(resolver))
            .build()
            .map_err(|error| failed(&error))?;
        Ok(cell.get_or_init(|| client))
    }
}

/// The host, where it is an address itself, however it was spelled.
fn literal(url: &Url) -> Option<IpAddr> {
    let host = url.host_str()?;
    host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host).parse().ok()
}

fn is_on_this_machine(url: &Url) -> bool {
    url.host_str() == Some("localhost") || literal(url).is_some_and(|ip| ip.is_loopback())
}

/// Looks a name up and answers only what was checked; who asked then connects to that.
struct Checked {
    lookup: Lookup,
    is_allowed: fn(IpAddr) -> bool,
    private_hosts: Arc<PrivateHosts>,
}

impl Resolve for Checked {
    fn resolve(&self, name: Name) -> Resolving {
        let (found, is_allowed) = ((self.lookup)(name.as_str().to_owned()), self.is_allowed);
        let is_named = self.private_hosts.has(name.as_str());
        Box::pin(async move {
            let found = found.await?;
            // One address that is not public is enough: a name that leads to both is a trap.
            if found.is_empty() || !(is_named || found.iter().all(|address| is_allowed(address.ip()))) {
                return Err(OutboundError::NotPublic.into());
            }
            let all: Addrs = Box::new(found.into_iter());
            Ok(all)
        })
    }
}

/// What failed, by its innermost cause.
fn failed(error: &reqwest::Error) -> OutboundError {
    let mut cause: &(dyn Error + 'static) = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    match cause.downcast_ref::<OutboundError>() {
        Some(OutboundError::NotPublic) => OutboundError::NotPublic,
        _ => OutboundError::Failed(cause.to_string()),
    }
}

/// What `Cache-Control` says; `no-store` and `no-cache` are no time at all.
fn freshness(response: &Response) -> Option<i64> {
    let said = response.headers().get(CACHE_CONTROL)?.to_str().ok()?.to_ascii_lowercase();
    let mut directives = said.split(',').map(str::trim);
    if directives.clone().any(|one| matches!(one, "no-store" | "no-cache")) {
        return Some(0);
    }
    let seconds: i64 = directives.find_map(|one| one.strip_prefix("max-age="))?.trim_matches('"').parse().ok()?;
    seconds.checked_mul(1000).filter(|fresh| *fresh >= 0)
}

async fn read(response: Response, media: &[&str]) -> Result<Bytes, OutboundError> {
    if response.status() != StatusCode::OK {
        return Err(OutboundError::Status(response.status()));
    }
    read_body(response, media).await
}

/// The same, whatever the status.
async fn read_body(mut response: Response, media: &[&str]) -> Result<Bytes, OutboundError> {
    let named = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let named = named.split(';').next().unwrap_or_default().trim();
    if !media.iter().any(|expected| named.eq_ignore_ascii_case(expected)) {
        return Err(OutboundError::MediaType);
    }
    let mut body = BytesMut::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| failed(&error))? {
        if body.len() + chunk.len() > LARGEST {
            return Err(OutboundError::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

#[cfg(test)]
mod tests;
