//! The browser in front of a request: its cookies, and the proof that a form came from our own page.
//!
//! Three cookies a realm, all host-only, `HttpOnly`, `SameSite=Lax`: `…_browser` ties waiting requests and forms to the
//! browser that they were shown to, `…_session` says who signed in, `…_accounts` who did before ([`super::accounts`]).
//! `…_language` is there where somebody chose one; `…_remembered` is there where no second factor is asked for ([`super::factor`]);
//! `…_state` is one more, for the script of a frame ([`super::check_session`]): it says no more than whether the session is another.
//! Cookies know no ports, so the realm's name is in their names. None is stored, only hashes of the first two are.

use crate::http::Incoming;
use crate::state::secrets::FormKeys;
use crate::state::sites::Site;
use claviger_core::authority::is_same;
use claviger_core::crypto::entropy::random_bytes;
use claviger_core::crypto::{HmacKey, sha256};
use claviger_core::jose::base64url;
use claviger_core::realm::Realm;
use claviger_core::token::Id;
use http::HeaderValue;
use http::header::COOKIE;
use subtle::ConstantTimeEq;

/// What a browser's cookies say, and which languages its user reads.
#[derive(Debug, Clone)]
pub(crate) struct Browser {
    secret: String,
    is_new: bool,
    session: Option<[u8; 32]>,
    accounts: Option<String>,
    state: Option<String>,
    accept_language: Option<String>,
}

/// How long a browser remembers the accounts that were used in it, in seconds.
const REMEMBERED: u32 = 180 * 86_400;

impl Browser {
    /// Reads a request's cookies; a browser without ours gets a new secret.
    pub(crate) fn read(realm: &Realm, incoming: &Incoming) -> Self {
        let secret = cookie(incoming, &name(realm, "browser")).filter(|text| text.len() == 43);
        let session = cookie(incoming, &name(realm, "session")).map(|text| sha256(text.as_bytes()));
        let accounts = cookie(incoming, &name(realm, "accounts")).map(str::to_owned);
        let state = cookie(incoming, &name(realm, "state")).map(str::to_owned);
        let accepted = incoming.header("accept-language");
        // What somebody chose goes before what their browser says.
        let accept_language = match cookie(incoming, &name(realm, "language")).filter(|tag| is_tag(tag)) {
            Some(chosen) => Some(format!("{chosen}, {}", accepted.unwrap_or_default())),
            None => accepted.map(str::to_owned),
        };
        let is_new = secret.is_none();
        let secret = secret.map_or_else(|| base64url(&random_bytes::<32>()), str::to_owned);
        Self { secret, is_new, session, accounts, state, accept_language }
    }

    /// Whether the browser kept its cookies back, as it does with a form of another site's (`SameSite=Lax`): then what it has
    /// is not known, and must not be replaced.
    pub(crate) fn keeps_cookies_back(&self, incoming: &Incoming) -> bool {
        self.is_new
            && self.session.is_none()
            && incoming.head.method == http::Method::POST
            && incoming.header("sec-fetch-site") == Some("cross-site")
    }

    /// The same browser once somebody has signed in there.
    pub(crate) fn with_session(&self, session: [u8; 32]) -> Self {
        Self { session: Some(session), ..self.clone() }
    }

    /// The languages that it asks for (RFC 9110 12.5.4).
    pub(crate) fn accept_language(&self) -> Option<&str> {
        self.accept_language.as_deref()
    }

    /// The hash of the session cookie, if there is one.
    pub(crate) const fn session(&self) -> Option<&[u8; 32]> {
        self.session.as_ref()
    }

    /// The accounts that it remembers, sealed.
    pub(crate) fn accounts(&self) -> Option<&str> {
        self.accounts.as_deref()
    }

    /// What the frame's script finds of its session.
    pub(crate) fn state(&self) -> Option<&str> {
        self.state.as_deref()
    }

    /// The cookies by which it remembers accounts: what they are, sealed, and itself, for as long.
    pub(crate) fn remember(&self, realm: &Realm, accounts: &str) -> [Option<HeaderValue>; 2] {
        [
            set_cookie(realm, "accounts", accounts, Some(REMEMBERED)),
            set_cookie(realm, "browser", &self.secret, Some(REMEMBERED)),
        ]
    }

    /// The cookie by which it remembers the language that its user chose.
    pub(crate) fn speak(realm: &Realm, tag: &str) -> Option<HeaderValue> {
        is_tag(tag).then(|| set_cookie(realm, "language", tag, Some(REMEMBERED))).flatten()
    }

    /// What a waiting request carries of this browser.
    pub(crate) fn hash(&self) -> [u8; 32] {
        sha256(self.secret.as_bytes())
    }

    /// The `Set-Cookie` of a browser that is new to us.
    pub(crate) fn set_cookie(&self, realm: &Realm) -> Option<HeaderValue> {
        self.is_new.then(|| set_cookie(realm, "browser", &self.secret, None)).flatten()
    }

    /// What a form carries to show that it was on a page of ours, in this browser, for this waiting request.
    pub(crate) fn form_token(&self, keys: &FormKeys, pending: Option<&Id>) -> String {
        keys.make(|key| self.token(key, pending, None))
    }

    /// What the consent page's forms carry: also for the session in front of it, so that nobody allows what was asked of
    /// somebody else who was signed in before them.
    pub(crate) fn consent_token(&self, keys: &FormKeys, pending: Option<&Id>) -> String {
        keys.make(|key| self.token(key, pending, self.session()))
    }

    fn token(&self, key: &HmacKey, pending: Option<&Id>, session: Option<&[u8; 32]>) -> String {
        let pending: &[u8] = pending.map_or(&[], |id| id);
        let session: &[u8] = session.map_or(&[], |hash| hash);
        base64url(&key.sign_parts(&[&self.hash(), pending, session]))
    }

    /// Whether a form came from our page. A browser that says it came from elsewhere is not believed either.
    pub(crate) fn is_own_form(
        &self,
        site: &Site,
        incoming: &Incoming,
        keys: &FormKeys,
        pending: Option<&Id>,
        token: &str,
    ) -> bool {
        self.is_from_here(site, incoming) && keys.any(|key| same(&self.token(key, pending, None), token))
    }

    /// The same for the forms of the consent page.
    pub(crate) fn is_own_consent(
        &self,
        site: &Site,
        incoming: &Incoming,
        keys: &FormKeys,
        pending: Option<&Id>,
        token: &str,
    ) -> bool {
        self.is_from_here(site, incoming) && keys.any(|key| same(&self.token(key, pending, self.session()), token))
    }

    fn is_from_here(&self, site: &Site, incoming: &Incoming) -> bool {
        let same_site = !matches!(incoming.header("sec-fetch-site"), Some("cross-site" | "same-site"));
        let own_origin = incoming.header("origin").is_none_or(|origin| {
            origin == "null"
                || origin == site.realm.origin()
                || origin
                    .split_once("://")
                    .is_some_and(|(scheme, host)| is_same(host, &incoming.authority(), scheme == "https"))
        });
        !self.is_new && same_site && own_origin
    }
}

/// Whether a text can be a language's tag (BCP 47).
fn is_tag(text: &str) -> bool {
    (2..=35).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// In constant time.
fn same(expected: &str, token: &str) -> bool {
    expected.as_bytes().ct_eq(token.as_bytes()).into()
}

/// A new session cookie: what is stored of it, and the header that sets it.
pub(crate) fn new_session(realm: &Realm) -> ([u8; 32], Option<HeaderValue>) {
    new_session_for(realm, None)
}

/// The same for a cookie that lives for so many seconds; `None`: until the browser is closed.
pub(crate) fn new_session_for(realm: &Realm, max_age: Option<u32>) -> ([u8; 32], Option<HeaderValue>) {
    let secret = base64url(&random_bytes::<32>());
    (sha256(secret.as_bytes()), set_cookie(realm, "session", &secret, max_age))
}

/// The header that takes the session cookie away.
pub(crate) fn no_session(realm: &Realm) -> Option<HeaderValue> {
    set_cookie(realm, "session", "", Some(0))
}

/// The name of the cookie that the frame's script reads.
pub(crate) fn state_name(realm: &Realm) -> String {
    name(realm, "state")
}

/// The header that sets it; frames on other sites' pages read it too (`SameSite=None`), which takes https.
pub(crate) fn set_state(realm: &Realm, value: &str, max_age: Option<u32>) -> Option<HeaderValue> {
    let anywhere = if realm.is_https() { "; SameSite=None; Secure" } else { "" };
    let age = max_age.map(|age| format!("; Max-Age={age}")).unwrap_or_default();
    HeaderValue::from_str(&format!("{}={value}; Path=/{anywhere}{age}", state_name(realm))).ok()
}

/// What a browser keeps under one of our cookies' names.
pub(crate) fn kept<'a>(realm: &Realm, incoming: &'a Incoming, what: &str) -> Option<&'a str> {
    cookie(incoming, &name(realm, what))
}

/// The header by which it keeps that, for so many seconds.
pub(crate) fn keep(realm: &Realm, what: &str, value: &str, max_age: u32) -> Option<HeaderValue> {
    set_cookie(realm, what, value, Some(max_age))
}

fn name(realm: &Realm, what: &str) -> String {
    let prefix = if realm.is_https() { "__Host-" } else { "" };
    format!("{prefix}claviger_{}_{what}", realm.id)
}

fn cookie<'a>(incoming: &'a Incoming, name: &str) -> Option<&'a str> {
    let headers = incoming.head.headers.get_all(COOKIE).iter().filter_map(|header| header.to_str().ok());
    headers
        .flat_map(|header| header.split(';'))
        .find_map(|pair| pair.trim().split_once('=').filter(|(n, _)| *n == name).map(|(_, v)| v))
}

fn set_cookie(realm: &Realm, what: &str, value: &str, max_age: Option<u32>) -> Option<HeaderValue> {
    let secure = if realm.is_https() { "; Secure" } else { "" };
    let age = max_age.map(|age| format!("; Max-Age={age}")).unwrap_or_default();
    HeaderValue::from_str(&format!("{}={value}; Path=/; HttpOnly; SameSite=Lax{secure}{age}", name(realm, what))).ok()
}
