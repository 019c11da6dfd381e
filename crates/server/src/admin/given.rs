//! What was given and to whom: grants, consents, sessions; looked through, and ended one by one or all that pass a filter.
//!
//! What is many ends in batches, each a transaction with its line in the log, so that no request waits long behind it. What
//! comes to be while they end stays: it is of after the act.

use super::{Act, Admin, AdminError, apps, users};
use claviger_core::Realm;
use claviger_core::claims::id_from_text;
use claviger_core::granted::Granted;
use claviger_store::{ConsentLine, EvidenceLine, GrantLine, Of, SessionLine, Store, session_name};

/// Read at a time.
const PAGE: i64 = 500;

/// A live grant, with what it covers.
#[derive(Debug, Clone)]
pub struct Grant {
    /// To whom, by whom, when.
    pub line: GrantLine,
    /// Scope, API, organisations.
    pub granted: Option<Granted>,
}

/// The filter for an app and a user, by name or id, who must exist.
///
/// # Errors
/// There is none such, or the store cannot be read.
pub async fn of(store: &Store, realm: &Realm, app: Option<&str>, user: Option<&str>) -> Result<Of, AdminError> {
    if let Some(app) = app {
        apps::find(store, realm, app).await?;
    }
    let user = match user {
        Some(user) => Some(users::find(store, realm, user).await?.id),
        None => None,
    };
    Ok(Of { app: app.map(str::to_owned), user })
}

/// The live grants that pass the filter, at most `limit`; `now` in milliseconds.
///
/// # Errors
/// The store cannot be read.
pub async fn grants(store: &Store, realm: &Realm, of: &Of, now: i64, limit: usize) -> Result<Vec<Grant>, AdminError> {
    let mut all: Vec<GrantLine> = Vec::new();
    while all.len() < limit {
        let page = store.list_grants(&realm.id, of, all.last(), now, page(limit - all.len())).await?;
        if page.is_empty() {
            break;
        }
        all.extend(page);
    }
    let granted = |line: GrantLine| Grant { granted: serde_json::from_str(&line.doc).ok(), line };
    Ok(all.into_iter().map(granted).collect())
}

/// Ends one grant, with its tokens and seats.
///
/// # Errors
/// There is no such live grant, or the store cannot write.
pub async fn revoke_grant(admin: &Admin<'_>, realm: &Realm, id: &str) -> Result<(), AdminError> {
    let unknown = || AdminError::NoSuchGrant { realm: realm.id.clone(), id: id.to_owned() };
    let parsed = id_from_text(id).ok_or_else(unknown)?;
    let until = admin.now + realm.longest_token();
    let ended = admin.act(Act::GrantRevoke).revoke_grant_by_act(&realm.id, &parsed, admin.now, until).await?;
    if ended { Ok(()) } else { Err(unknown()) }
}

/// Ends all live grants that pass the filter; how many did.
///
/// # Errors
/// The store cannot write; what ended until then stays so.
pub async fn revoke_grants(admin: &Admin<'_>, realm: &Realm, of: &Of) -> Result<u64, AdminError> {
    let until = admin.now + realm.longest_token();
    let mut ended = 0;
    loop {
        match admin.act(Act::GrantRevoke).revoke_some_grants(&realm.id, of, admin.now, until).await? {
            0 => return Ok(ended),
            some => ended += some,
        }
    }
}

/// What users let apps do, as far as it passes the filter, at most `limit`.
///
/// # Errors
/// The store cannot be read.
pub async fn consents(store: &Store, realm: &Realm, of: &Of, limit: usize) -> Result<Vec<ConsentLine>, AdminError> {
    let mut all: Vec<ConsentLine> = Vec::new();
    while all.len() < limit {
        let page = store.list_consents(&realm.id, of, all.last(), page(limit - all.len())).await?;
        if page.is_empty() {
            break;
        }
        all.extend(page);
    }
    Ok(all)
}

/// What users agreed to, as it was shown to them, as far as it passes the filter and is still kept, at most `limit`.
///
/// # Errors
/// The store cannot be read.
pub async fn evidence(store: &Store, realm: &Realm, of: &Of, limit: usize) -> Result<Vec<EvidenceLine>, AdminError> {
    let mut all: Vec<EvidenceLine> = Vec::new();
    while all.len() < limit {
        let page = store.list_evidence(&realm.id, of, all.last(), page(limit - all.len())).await?;
        if page.is_empty() {
            break;
        }
        all.extend(page);
    }
    Ok(all)
}

/// Takes back what a user lets an app do: the app asks again, and the grants that came of it end; how many did.
///
/// # Errors
/// There is no such consent, or the store cannot write.
pub async fn withdraw(admin: &Admin<'_>, realm: &Realm, user: &str, app: &str) -> Result<u64, AdminError> {
    let until = admin.now + realm.longest_token();
    let store = admin.act(Act::ConsentWithdraw);
    let ended = store.withdraw_consent_by_act(&realm.id, user, app, admin.now, until).await?;
    ended.ok_or_else(|| AdminError::NoSuchConsent { user: user.to_owned(), app: app.to_owned() })
}

/// Takes back all that passes the filter; how many consents, and how many grants ended with them.
///
/// # Errors
/// The store cannot write; what was taken back until then stays so.
pub async fn withdraw_all(admin: &Admin<'_>, realm: &Realm, of: &Of) -> Result<(u64, u64), AdminError> {
    let (mut taken, mut ended) = (0, 0);
    for line in consents(admin.store, realm, of, usize::MAX).await? {
        match withdraw(admin, realm, &line.user, &line.client).await {
            Ok(grants) => {
                taken += 1;
                ended += grants;
            }
            // Somebody else was quicker.
            Err(AdminError::NoSuchConsent { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Ok((taken, ended))
}

/// The sessions that pass the filter, at most `limit`; `now` in milliseconds.
///
/// # Errors
/// The store cannot be read.
pub async fn sessions(
    store: &Store,
    realm: &Realm,
    of: &Of,
    now: i64,
    limit: usize,
) -> Result<Vec<SessionLine>, AdminError> {
    let mut all: Vec<SessionLine> = Vec::new();
    while all.len() < limit {
        let page = store.list_sessions(&realm.id, of, all.last(), now, page(limit - all.len())).await?;
        if page.is_empty() {
            break;
        }
        all.extend(page);
    }
    Ok(all)
}

/// Signs one browser out; `id` as [`session_name`] spells it. What apps were given there goes on.
///
/// # Errors
/// There is no such session, or the store cannot write.
pub async fn end_session(admin: &Admin<'_>, realm: &Realm, id: &str) -> Result<(), AdminError> {
    let all = sessions(admin.store, realm, &Of::default(), admin.now, usize::MAX).await?;
    let found: Vec<_> = all.into_iter().filter(|line| session_name(&line.session.hash) == id).collect();
    match end_each(admin, realm, found).await? {
        0 => Err(AdminError::NoSuchSession { realm: realm.id.clone(), id: id.to_owned() }),
        _ => Ok(()),
    }
}

/// The same of one user's.
///
/// # Errors
/// They have no such session, or the store cannot write.
pub async fn end_session_of(admin: &Admin<'_>, realm: &Realm, user: &str, id: &str) -> Result<(), AdminError> {
    let of = Of { app: None, user: Some(user.to_owned()) };
    let mut found = sessions(admin.store, realm, &of, admin.now, usize::MAX).await?;
    found.retain(|line| session_name(&line.session.hash) == id);
    match end_each(admin, realm, found).await? {
        0 => Err(AdminError::NoSuchSession { realm: realm.id.clone(), id: id.to_owned() }),
        _ => Ok(()),
    }
}

/// Signs out all that pass the filter; how many. What apps were given goes on.
///
/// # Errors
/// The store cannot write; what ended until then stays so.
pub async fn end_sessions(admin: &Admin<'_>, realm: &Realm, of: &Of) -> Result<u64, AdminError> {
    let all = sessions(admin.store, realm, of, admin.now, usize::MAX).await?;
    end_each(admin, realm, all).await
}

async fn end_each(admin: &Admin<'_>, realm: &Realm, sessions: Vec<SessionLine>) -> Result<u64, AdminError> {
    const AT_ONCE: usize = 100;
    let mut ended = 0;
    for some in sessions.chunks(AT_ONCE) {
        let some = some.iter().map(|line| (line.session.hash, line.session.user.clone())).collect();
        ended += admin.act(Act::SessionEnd).end_sessions_by_act(&realm.id, some, admin.now).await?;
    }
    Ok(ended)
}

fn page(left: usize) -> i64 {
    i64::try_from(left).map_or(PAGE, |left| left.min(PAGE))
}
