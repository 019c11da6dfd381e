//! What the integrator remembers of each browser, in memory.

use super::wire::Exchanged;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use claviger_core::crypto::entropy::random_bytes;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use subtle::ConstantTimeEq;

/// Named for the app: on one machine all ports share their cookies.
const COOKIE: &str = "sample_integrator";

/// Browsers that are remembered; the first to come is the first to be forgotten.
const MOST: usize = 500;

/// Requests that are kept of one connection.
const MOST_EXCHANGES: usize = 30;

/// A random word: a cookie, a state, a PKCE verifier.
pub(super) fn random_word() -> String {
    URL_SAFE_NO_PAD.encode(random_bytes::<32>())
}

/// What was got from one vendor.
#[derive(Default)]
pub(super) struct Connection {
    /// Of the authorization request that is under way.
    pub(super) waiting: Option<Waiting>,
    /// The access token.
    pub(super) access_token: Option<String>,
    /// The refresh token.
    pub(super) refresh_token: Option<String>,
    /// The token answer as it came.
    pub(super) raw_answer: Option<String>,
    /// What the API said last.
    pub(super) api_answer: Option<String>,
    /// Why the last step did not work.
    pub(super) problem: Option<String>,
    /// Newest first.
    pub(super) exchanges: VecDeque<Exchanged>,
}

impl Connection {
    pub(super) fn note(&mut self, exchanged: Exchanged) {
        self.exchanges.push_front(exchanged);
        self.exchanges.truncate(MOST_EXCHANGES);
    }
}

/// An authorization request that is under way.
#[derive(Clone)]
pub(super) struct Waiting {
    pub(super) state: String,
    pub(super) verifier: Option<String>,
    pub(super) nonce: String,
}

struct Browser {
    csrf: String,
    connections: Mutex<HashMap<&'static str, Connection>>,
}

/// All browsers.
#[derive(Default)]
pub(super) struct Browsers(Mutex<Known>);

#[derive(Default)]
struct Known {
    browsers: HashMap<String, Arc<Browser>>,
    order: VecDeque<String>,
}

/// One request of a browser.
pub(super) struct Visit {
    browser: Arc<Browser>,
    new: Option<String>,
}

impl Browsers {
    /// The browser that asks, new or known.
    pub(super) fn visit(&self, headers: &HeaderMap) -> Visit {
        if let Some(known) = self.known(headers) {
            return known;
        }
        let id = random_word();
        let browser = Arc::new(Browser { csrf: random_word(), connections: Mutex::default() });
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.browsers.insert(id.clone(), Arc::clone(&browser));
        known.order.push_back(id.clone());
        if known.order.len() > MOST
            && let Some(oldest) = known.order.pop_front()
        {
            known.browsers.remove(&oldest);
        }
        Visit { browser, new: Some(id) }
    }

    /// The browser that asks, if it was here before.
    pub(super) fn known(&self, headers: &HeaderMap) -> Option<Visit> {
        let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
        let mut pairs = cookies.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
        let (_, id) = pairs.find(|(name, _)| *name == COOKIE)?;
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let browser = Arc::clone(known.browsers.get(id)?);
        Some(Visit { browser, new: None })
    }
}

impl Visit {
    /// Gives a new browser its cookie.
    pub(super) fn cookie(&self, mut answer: Response) -> Response {
        let value = self.new.as_ref().map(|id| format!("{COOKIE}={id}; Path=/; HttpOnly; SameSite=Lax"));
        if let Some(value) = value.and_then(|value| HeaderValue::try_from(value).ok()) {
            answer.headers_mut().append(header::SET_COOKIE, value);
        }
        answer
    }

    /// What ties a button to this browser.
    pub(super) fn csrf(&self) -> &str {
        &self.browser.csrf
    }

    /// Whether a form carried it.
    pub(super) fn is_csrf(&self, presented: &str) -> bool {
        presented.as_bytes().ct_eq(self.browser.csrf.as_bytes()).into()
    }

    /// Works with the connection to a vendor.
    pub(super) fn with<T>(&self, vendor: &'static str, work: impl FnOnce(&mut Connection) -> T) -> T {
        work(self.connections().entry(vendor).or_default())
    }

    fn connections(&self) -> MutexGuard<'_, HashMap<&'static str, Connection>> {
        self.browser.connections.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
