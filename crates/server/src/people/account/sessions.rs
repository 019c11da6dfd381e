//! Where somebody is signed in, and the browsers that do not ask for the second step.

use super::desk::Desk;
use crate::failure::Failure;
use crate::http::Answer;
use crate::pages::Moment;
use crate::pages::views::{AccountNotice, Ago, OwnBrowser, OwnSessionEntry, OwnSessions};
use claviger_core::Params;
use claviger_core::jose::{base64url, from_base64url};
use claviger_store::{Act, ActivityKind, Hash, OwnSession, session_name};

/// How many are shown, and end in one transaction.
const MOST: i64 = 100;

pub(super) async fn open(desk: &Desk<'_>, params: &Params<'_>) -> Result<Answer, Failure> {
    let (store, (realm, user), now) = (&desk.flow.state.store, desk.owner(), desk.now());
    let sessions = store.sessions_of_user(realm, user, now, MOST).await?;
    let remembered = store.remembered_browsers(realm, user, now).await?;
    let entry = |one: &OwnSession| OwnSessionEntry {
        id: session_name(&one.session.hash),
        browser: one.browser.clone(),
        address: one.address.clone(),
        since: Moment::of(one.session.created_at),
        seen: Ago::of(now - one.session.last_seen_at),
        is_this: is_this(desk, one),
    };
    let browser = |name: String, hash: &Hash, used_at: i64| OwnBrowser {
        id: base64url(hash),
        name,
        used: Ago::of(now - used_at),
    };
    Ok(desk.show(&OwnSessions {
        base: desk.base.clone(),
        notice: Desk::notice(params),
        has_others: sessions.iter().any(|one| !is_this(desk, one)),
        sessions: sessions.iter().map(entry).collect(),
        remembered: remembered.into_iter().map(|one| browser(one.name, &one.hash, one.used_at)).collect(),
        action: format!("{}/sessions", desk.base),
        csrf: desk.csrf(),
    }))
}

pub(super) async fn take(desk: &Desk<'_>, params: &Params<'_>) -> Result<Answer, Failure> {
    if !desk.is_own(params) {
        return Ok(desk.go("/sessions", Some(AccountNotice::Again)));
    }
    if let Some(name) = params.get("end") {
        return end_one(desk, name).await;
    }
    if let Some(name) = params.get("forget") {
        return forget(desk, name).await;
    }
    if params.get("others").is_some() {
        return end_others(desk).await;
    }
    Ok(desk.not_found())
}

async fn end_one(desk: &Desk<'_>, name: &str) -> Result<Answer, Failure> {
    let (realm, user) = desk.owner();
    let all = desk.flow.state.store.sessions_of_user(realm, user, desk.now(), i64::from(u16::MAX)).await?;
    let found = all.into_iter().find(|one| session_name(&one.session.hash) == name && !is_this(desk, one));
    let Some(found) = found else { return Ok(desk.not_found()) };
    end(desk, vec![found]).await?;
    Ok(desk.go("/sessions", Some(AccountNotice::Ended)))
}

async fn end_others(desk: &Desk<'_>) -> Result<Answer, Failure> {
    let (realm, user) = desk.owner();
    loop {
        let some = desk.flow.state.store.sessions_of_user(realm, user, desk.now(), MOST).await?;
        let others: Vec<_> = some.into_iter().filter(|one| !is_this(desk, one)).collect();
        if others.is_empty() || end(desk, others).await? == 0 {
            return Ok(desk.go("/sessions", Some(AccountNotice::OthersEnded)));
        }
    }
}

/// Ends sessions, and has the apps told that hang on them.
async fn end(desk: &Desk<'_>, sessions: Vec<OwnSession>) -> Result<u64, Failure> {
    let (realm, user) = desk.owner();
    let store = desk.flow.state.store.audited(&desk.actor(), Act::SessionEnd);
    let hashes = sessions.into_iter().map(|one| (one.session.hash, user.to_owned())).collect();
    let ended = store.end_sessions_by_act(realm, hashes, desk.now()).await?;
    desk.flow.state.handed_in.notify_one();
    if ended > 0 {
        desk.note(ActivityKind::SessionsEnded, "").await;
    }
    Ok(ended)
}

async fn forget(desk: &Desk<'_>, name: &str) -> Result<Answer, Failure> {
    let hash = from_base64url(name).and_then(|bytes| Hash::try_from(bytes).ok());
    let Some(hash) = hash else { return Ok(desk.not_found()) };
    let (realm, user) = desk.owner();
    if !desk.flow.state.store.forget_browser(realm, user, &hash).await? {
        return Ok(desk.not_found());
    }
    Ok(desk.go("/sessions", Some(AccountNotice::Forgotten)))
}

fn is_this(desk: &Desk<'_>, one: &OwnSession) -> bool {
    desk.flow.browser.session() == Some(&one.session.hash)
}
