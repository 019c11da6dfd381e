//! Authorization requests that wait for a person, and what they come to.
//!
//! A request that waits is stored nowhere: anybody can send one, and would fill the database. It travels sealed in the page
//! and comes back with its form. Inside stand the realm's answer to "whose": the browser that it was shown to; and until when.
//! What is remembered is the answer ([`Kept`]), and nobody who has not signed in gives one.

use crate::failure::Failure;
use crate::ids;
use crate::people::browser::Browser;
use crate::state::secrets::Secrets;
use claviger_core::answer::Delivery;
use claviger_core::authorize::AuthorizationRequest;
use claviger_core::jose::{base64url, from_base64url};
use claviger_core::token::Id;
use claviger_store::Answered;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;

/// How long the same form gets the same answer, in milliseconds: for somebody who clicks twice, not for who comes back.
const REPEATED: i64 = 10_000;

/// A request that waits.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Waiting {
    /// Its own; travels in front of the seal, because the key follows from it.
    #[serde(skip)]
    pub(crate) id: Id,
    /// The hash of the browser's secret, in base64url.
    browser: String,
    /// When it is over, in milliseconds.
    pub(crate) expires_at: i64,
    /// What its person has done until now.
    #[serde(default)]
    steps: Vec<Done>,
    /// The request.
    pub(crate) request: AuthorizationRequest,
}

/// A step of a sign-in that was done.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Done {
    step: SignInStep,
    /// When, in milliseconds.
    at: i64,
}

/// What a sign-in is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SignInStep {
    /// The right password.
    Password,
    /// What a provider says, or the password that made somebody there a user.
    Provider,
    /// What was asked for beside it.
    SecondFactor,
    /// A passkey in place of both.
    Passkey,
}

impl Waiting {
    /// A request that begins to wait in `browser`, for so many milliseconds.
    pub(crate) fn new(request: AuthorizationRequest, browser: &Browser, now: i64, patience: i64) -> Self {
        let browser = base64url(&browser.hash());
        let (id, expires_at) = match &request.device {
            Some(device) => (device.id, device.expires_at),
            None => (ids::new(now), now + patience),
        };
        let mut waiting = Self { id, browser, expires_at, steps: Vec::new(), request };
        // Whatever was confirmed was so in another browser.
        if let Some(device) = &mut waiting.request.device {
            device.confirmed = false;
        }
        waiting
    }

    /// The same after one step more.
    pub(crate) fn after(mut self, step: SignInStep, at: i64) -> Self {
        self.steps.push(Done { step, at });
        self
    }

    /// Whether it was shown to this browser, in constant time.
    pub(crate) fn is_of(&self, browser: &Browser) -> bool {
        self.browser.as_bytes().ct_eq(base64url(&browser.hash()).as_bytes()).into()
    }

    /// A pushed request that begins to wait in `browser`. It keeps its id, so that of all browsers in which it waits one answers it.
    pub(crate) fn of_pushed(pushed: Pushed, browser: &Browser, now: i64, patience: i64) -> Self {
        let request = AuthorizationRequest { arrived_at: now, ..pushed.request };
        Self { id: pushed.id, ..Self::new(request, browser, now, patience) }
    }

    /// What travels.
    ///
    /// # Errors
    /// The library fails.
    pub(crate) fn seal(&self, secrets: &Secrets, realm: &str) -> Result<String, Failure> {
        seal(self, &self.id, "waits", secrets, realm)
    }

    /// Reads what came back; `None` for everything that this realm did not seal. It may be over, or another browser's.
    pub(crate) fn open(text: &str, secrets: &Secrets, realm: &str) -> Option<Self> {
        let (id, waiting) = open::<Self>(text, "waits", secrets, realm)?;
        Some(Self { id, ..waiting })
    }
}

/// What a `request_uri` that was given out begins with (RFC 9126 2.2).
pub(crate) const PUSHED: &str = "urn:ietf:params:oauth:request_uri:";

/// A pushed authorization request (RFC 9126): checked, and not yet in any browser.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Pushed {
    /// Its own; that of the request which waits because of it.
    #[serde(skip)]
    pub(crate) id: Id,
    /// When it is over, in milliseconds.
    pub(crate) expires_at: i64,
    /// The request.
    pub(crate) request: AuthorizationRequest,
}

impl Pushed {
    /// A request that is good for so many milliseconds.
    pub(crate) fn new(request: AuthorizationRequest, now: i64, ttl: i64) -> Self {
        Self { id: ids::new(now), expires_at: now + ttl, request }
    }

    /// The `request_uri`.
    ///
    /// # Errors
    /// The library fails.
    pub(crate) fn seal(&self, secrets: &Secrets, realm: &str) -> Result<String, Failure> {
        Ok(format!("{PUSHED}{}", seal(self, &self.id, "pushed", secrets, realm)?))
    }

    /// Reads a `request_uri`; `None` for everything that this realm did not give out. It may be over.
    pub(crate) fn open(uri: &str, secrets: &Secrets, realm: &str) -> Option<Self> {
        let (id, pushed) = open::<Self>(uri.strip_prefix(PUSHED)?, "pushed", secrets, realm)?;
        Some(Self { id, ..pushed })
    }
}

/// The id, and behind it what is sealed under a key of its own.
///
/// # Errors
/// The library fails.
pub(crate) fn seal<T: Serialize>(
    what: &T,
    id: &Id,
    use_: &str,
    secrets: &Secrets,
    realm: &str,
) -> Result<String, Failure> {
    let sealed = secrets.request_key(id)?.seal(&purpose(use_, realm), &serde_json::to_vec(what)?)?;
    let mut bytes = id.to_vec();
    bytes.extend_from_slice(&sealed);
    Ok(base64url(&bytes))
}

/// What [`seal`] made, for this use in this realm.
pub(crate) fn open<T: DeserializeOwned>(text: &str, use_: &str, secrets: &Secrets, realm: &str) -> Option<(Id, T)> {
    let bytes = from_base64url(text)?;
    let (id, sealed) = bytes.split_first_chunk::<16>()?;
    let plain = secrets.open_request(id, &purpose(use_, realm), sealed)?;
    Some((*id, serde_json::from_slice(&plain).ok()?))
}

/// How a request was answered: what is kept of it, so that a form that is posted twice has the answer of once.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Kept {
    /// Allowed, not denied.
    pub(crate) allowed: bool,
    /// The code that was given.
    pub(crate) code: Option<Id>,
    /// The answer.
    pub(crate) delivery: Delivery,
    /// Whose session gave it.
    session: [u8; 32],
    /// When, in milliseconds.
    at: i64,
}

impl Kept {
    /// An answer that is being given.
    pub(crate) const fn new(session: [u8; 32], at: i64, delivery: Delivery, allowed: bool, code: Option<Id>) -> Self {
        Self { allowed, code, delivery, session, at }
    }

    /// What is stored.
    ///
    /// # Errors
    /// The library fails.
    pub(crate) fn seal(&self, waiting: &Waiting, secrets: &Secrets, realm: &str) -> Result<Answered, Failure> {
        let key = secrets.request_key(&waiting.id)?;
        let sealed = key.seal(&purpose("answered", realm), &serde_json::to_vec(self)?)?;
        Ok(Answered { id: waiting.id, realm: realm.to_owned(), sealed, expires_at: waiting.expires_at })
    }

    /// Reads what is stored.
    ///
    /// # Errors
    /// It is not what this server, or another one on the database, sealed.
    pub(crate) fn open(stored: &Answered, secrets: &Secrets, realm: &str) -> Result<Self, Failure> {
        let plain = secrets.request_key(&stored.id)?.open(&purpose("answered", realm), &stored.sealed)?;
        Ok(serde_json::from_slice(&plain)?)
    }

    /// Whether who decides the same now, in the same session, has only sent the form twice.
    pub(crate) fn is_repeated(&self, allowed: bool, session: &[u8; 32], now: i64) -> bool {
        self.allowed == allowed && self.session == *session && now - self.at <= REPEATED
    }
}

fn purpose(what: &str, realm: &str) -> Vec<u8> {
    format!("authorization request {what}: {realm}").into_bytes()
}

#[cfg(test)]
#[path = "waiting/tests.rs"]
mod tests;
