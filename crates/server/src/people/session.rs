//! Who is signed in, in a browser: sessions with an idle and an absolute limit.

use crate::failure::Failure;
use crate::http::Incoming;
use crate::people::accounts::Accounts;
use crate::people::browser::{self, Browser};
use crate::people::check_session;
use crate::people::happened::Scene;
use crate::people::password::Verified;
use crate::state::State;
use crate::state::sites::Site;
use claviger_core::User;
use claviger_core::realm::AccountMail;
use claviger_core::sign_in::How;
use claviger_store::{Precondition, Session, SignedIn};
use http::HeaderValue;
use std::borrow::Cow;

/// How often a session's idle limit is moved, in milliseconds.
const TOUCHED: i64 = 60_000;

/// The same without looking it up, as far as it is recalled; to be used for nothing but what is written on condition that
/// it still stands ([`SignedIn::session_precondition`]).
pub(crate) fn recalled(state: &State, site: &Site, browser: &Browser, client: &str) -> Option<SignedIn> {
    let who = state.recall.session(browser.session()?, client)?;
    let is_fresh = state.clock.now() - who.session.last_seen_at < TOUCHED;
    (is_fresh && who.session.realm == site.realm.id).then(|| met(site, who, client))
}

/// Who is signed in, as an app meets them: of the organisations for which it may act.
fn met(site: &Site, mut who: SignedIn, client: &str) -> SignedIn {
    if let Cow::Owned(user) = site.company_rules.met_by(&who.user, client) {
        who.user = user;
    }
    who
}

/// Who is signed in, in this browser, and what they let `client` do (empty: no client is asked about). Moves the session's
/// idle limit once a minute.
pub(crate) async fn signed_in(
    state: &State,
    site: &Site,
    browser: &Browser,
    client: &str,
) -> Result<Option<SignedIn>, Failure> {
    let Some(hash) = browser.session() else { return Ok(None) };
    let now = state.clock.now();
    let found = state.store.signed_in(hash, client, now).await?;
    let Some(who) = found.filter(|who| who.session.realm == site.realm.id && !who.user.disabled) else {
        return Ok(None);
    };
    // How long a session of the vendor's own pages lasts, their app says.
    if site.realm.login_app.is_none() && now - who.session.last_seen_at >= TOUCHED {
        state.store.touch_session(hash, now, session_end(site, who.session.created_at, now)).await?;
    }
    Ok(Some(if client.is_empty() { who } else { met(site, who, client) }))
}

fn session_end(site: &Site, created_at: i64, now: i64) -> i64 {
    let policy = &site.realm.sessions;
    (now + policy.idle.as_millis()).min(created_at + policy.absolute.as_millis())
}

/// What a session that began leaves with the browser: its hash, and cookies.
pub(crate) type Begun = ([u8; 32], Vec<HeaderValue>);

/// A new session with a new cookie, whatever the browser carried before; the old one ends, and the browser remembers whose the
/// new one is. `None` where the user was changed since their password was found right.
pub(crate) async fn begin_session(
    state: &State,
    site: &Site,
    (incoming, browser): (&Incoming, &Browser),
    verified: &Verified,
    how: How,
) -> Result<Option<Begun>, Failure> {
    begin_session_of(state, site, (incoming, browser), verified, how, None).await
}

/// The same of somebody who did not prove it just now, but then (milliseconds).
pub(crate) async fn begin_session_of(
    state: &State,
    site: &Site,
    (incoming, browser): (&Incoming, &Browser),
    verified: &Verified,
    how: How,
    auth_time: Option<i64>,
) -> Result<Option<Begun>, Failure> {
    let now = state.clock.now();
    let session = Session {
        hash: [0; 32],
        realm: site.realm.id.clone(),
        user: verified.user.id.clone(),
        created_at: now,
        auth_time: auth_time.unwrap_or(now),
        last_seen_at: now,
        expires_at: session_end(site, now, now),
        how: (how != How::default()).then(|| Box::new(how)),
    };
    let is_known = Accounts::of(state, site, browser).knows(&verified.user);
    let begun = begin(state, site, browser, (session, &verified.user), verified.precondition).await?;
    if let Some((hash, _)) = &begun {
        let scene = Scene { state, site, incoming };
        scene.session(&verified.user.id, hash, true).await;
        if !is_known {
            scene.tell(&verified.user, AccountMail::NewBrowser, "").await;
        }
    }
    Ok(begun)
}

/// The session of somebody who has proved more: another one in its place, which lives no longer, and says when they signed in as
/// before. `None` where the user was changed meanwhile.
pub(crate) async fn step_up(
    state: &State,
    site: &Site,
    (incoming, browser): (&Incoming, &Browser),
    who: &SignedIn,
    how: How,
) -> Result<Option<Begun>, Failure> {
    let now = state.clock.now();
    let session = Session {
        last_seen_at: now,
        expires_at: session_end(site, who.session.created_at, now),
        how: Some(Box::new(how)),
        ..who.session.clone()
    };
    let begun = begin(state, site, browser, (session, &who.user), who.precondition()).await?;
    if let Some((hash, _)) = &begun {
        Scene { state, site, incoming }.session(&who.user.id, hash, false).await;
    }
    Ok(begun)
}

async fn begin(
    state: &State,
    site: &Site,
    browser: &Browser,
    (session, user): (Session, &User),
    backed_by: Precondition,
) -> Result<Option<Begun>, Failure> {
    let (hash, cookie) = browser::new_session(&site.realm);
    let session = Session { hash, ..session };
    let begun = match browser.session() {
        Some(old) => {
            let begun = state.store.replace_session(old, session, backed_by).await?;
            state.handed_in.notify_one();
            begun
        }
        None => state.store.create_session(session, backed_by).await?,
    };
    if !begun {
        return Ok(None);
    }
    let now = state.clock.now();
    let mut cookies = Accounts::of(state, site, browser).after(user, now).cookies(state, site, browser)?;
    cookies.extend(cookie);
    let chosen = user.details.claims.get("locale").and_then(serde_json::Value::as_str);
    cookies.extend(chosen.and_then(|tag| Browser::speak(&site.realm, tag)));
    cookies.extend(check_session::cookie(site, browser, Some(&hash)));
    Ok(Some((hash, cookies)))
}
