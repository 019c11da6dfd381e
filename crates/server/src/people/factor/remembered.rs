//! Browsers in which somebody is not asked for their second factor.
//!
//! The browser keeps a secret for each user, sealed; the database a hash of it, which goes with the user's password and where they take
//! it away.

use crate::failure::Failure;
use crate::http::Incoming;
use crate::people::browser::{self, Browser};
use crate::people::sealed;
use crate::people::user_agent::browser_of;
use crate::state::State;
use crate::state::sites::Site;
use claviger_core::crypto::entropy::random_bytes;
use claviger_core::crypto::sha256;
use claviger_core::jose::base64url;
use claviger_core::user::User;
use claviger_store::{Hash, RememberedBrowser};
use http::HeaderValue;
use serde::{Deserialize, Serialize};

const PURPOSE: &str = "a browser that is remembered";
const COOKIE: &str = "remembered";
/// How many users are remembered in one browser.
const MOST: usize = 6;

/// One user's secret.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Kept {
    user: String,
    secret: String,
}

impl Kept {
    fn hash(&self) -> Hash {
        sha256(format!("{}\0{}", self.secret, self.user).as_bytes())
    }
}

fn kept(state: &State, site: &Site, incoming: &Incoming, browser: &Browser) -> Vec<Kept> {
    let text = browser::kept(&site.realm, incoming, COOKIE);
    text.and_then(|text| sealed::open(text, PURPOSE, &site.realm.id, browser, &state.secrets)).unwrap_or_default()
}

/// Whether this is a browser in which the user is not asked.
///
/// # Errors
/// The store fails.
pub(crate) async fn is_remembered(
    state: &State,
    site: &Site,
    incoming: &Incoming,
    browser: &Browser,
    user: &User,
) -> Result<bool, Failure> {
    if site.realm.sign_in.remember_browser_ttl.as_seconds() == 0 {
        return Ok(false);
    }
    let kept = kept(state, site, incoming, browser);
    let Some(one) = kept.iter().find(|one| one.user == user.id) else { return Ok(false) };
    Ok(state.store.is_remembered(&site.realm.id, &user.id, &one.hash(), state.clock.now()).await?)
}

/// Remembers this browser for the user from now on; the cookie that keeps it.
///
/// # Errors
/// The store fails.
pub(crate) async fn remember(
    state: &State,
    site: &Site,
    incoming: &Incoming,
    browser: &Browser,
    user: &User,
) -> Result<Option<HeaderValue>, Failure> {
    let ttl = site.realm.sign_in.remember_browser_ttl;
    if ttl.as_seconds() == 0 {
        return Ok(None);
    }
    let now = state.clock.now();
    let one = Kept { user: user.id.clone(), secret: base64url(&random_bytes::<32>()) };
    let row = RememberedBrowser {
        hash: one.hash(),
        name: browser_of(incoming),
        created_at: now,
        used_at: now,
        expires_at: now + ttl.as_millis(),
    };
    let mut all = kept(state, site, incoming, browser);
    all.retain(|other| other.user != user.id);
    all.insert(0, one);
    all.truncate(MOST);
    let sealed = sealed::seal(&all, PURPOSE, &site.realm.id, browser, &state.secrets, now)?;
    state.store.remember_browser(&site.realm.id, &user.id, row).await?;
    let age = u32::try_from(ttl.as_seconds()).unwrap_or(u32::MAX);
    Ok(browser::keep(&site.realm, COOKIE, &sealed, age))
}
