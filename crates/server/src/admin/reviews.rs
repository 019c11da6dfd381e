//! Apps that wait: which do, what was said about one, what its owner is asked.
//!
//! The decisions themselves are in [`super::apps`]; each leaves its line in the app's timeline.

use super::apps::find;
use super::partner_letters::{Desk, to_owner};
use super::{Act, Admin, AdminError, Broken};
use crate::pages::mails::PortalMailKind;
use claviger_core::Realm;
use claviger_core::client::ClientStatus;
use claviger_store::{AppEvent, EventKind, Speaker, Store, WaitingApp};

/// How many apps come at once, and how many events are looked at.
const PAGE: i64 = 100;
const MOST_EVENTS: i64 = 500;
/// The longest thing that somebody says, in characters.
pub const LONGEST_WORDS: usize = 4000;

/// Apps that wait, the oldest first.
#[derive(Debug, Clone)]
pub struct Queue {
    /// The apps of this page.
    pub apps: Vec<WaitingApp>,
    /// Where the next page begins; none at the end.
    pub next: Option<String>,
}

/// The apps of a realm that wait for a decision, the oldest first, each with what happened last. `cursor`: the `next` of the page
/// before.
///
/// # Errors
/// The cursor is none of ours, or the store cannot be read.
pub async fn queue(store: &Store, realm: &Realm, cursor: Option<&str>) -> Result<Queue, AdminError> {
    let from = cursor.map_or(Some((i64::MIN, "")), place);
    let Some(from) = from else {
        return Err(AdminError::invalid("cursor", &Broken::Cursor));
    };
    let apps = store.waiting_apps(&realm.id, from, PAGE).await?;
    let is_full = i64::try_from(apps.len()).is_ok_and(|count| count == PAGE);
    let next = apps.last().filter(|_| is_full).map(|last| format!("{}.{}", last.created_at, last.client.id));
    Ok(Queue { apps, next })
}

fn place(cursor: &str) -> Option<(i64, &str)> {
    let (at, id) = cursor.split_once('.')?;
    Some((at.parse().ok()?, id))
}

/// What happened to an app, from the oldest to the newest; of very many, the newest.
///
/// # Errors
/// There is no such app, or the store cannot be read.
pub async fn timeline(store: &Store, realm: &Realm, app: &str) -> Result<Vec<AppEvent>, AdminError> {
    find(store, realm, app).await?;
    let mut events = store.app_events(&realm.id, app, i64::MAX, MOST_EVENTS).await?;
    events.reverse();
    Ok(events)
}

/// Asks an app's owner something, and queues the mail that says so.
///
/// # Errors
/// There is no such app, the question is empty or too long, or the store cannot write.
pub async fn ask(admin: &Admin<'_>, desk: Desk<'_>, realm: &Realm, app: &str, text: &str) -> Result<(), AdminError> {
    let words = said(text)?;
    let client = find(admin.store, realm, app).await?;
    let about = (PortalMailKind::Question, words);
    let mail = to_owner(desk, admin.store, (realm, &client), about, admin.now).await?;
    let by = Speaker::of(admin.actor);
    let store = admin.act(Act::AppAsk);
    let event = (EventKind::Question, &by, words);
    if store.say_of_app((&realm.id, app), None, event, mail, admin.now).await? {
        Ok(())
    } else {
        Err(AdminError::NoSuchApp(app.to_owned()))
    }
}

/// Answers for an app's owner. `by`: who, where that is not the actor by name.
///
/// # Errors
/// There is no such app, the answer is empty or too long, or the store cannot write.
pub async fn answer(
    admin: &Admin<'_>,
    realm: &Realm,
    app: &str,
    by: Option<&Speaker>,
    text: &str,
) -> Result<(), AdminError> {
    say(admin, (realm, app), (Act::AppAnswer, EventKind::Answer), by, said(text)?).await
}

/// Writes into an app's timeline what its owner says or did.
pub(super) async fn say(
    admin: &Admin<'_>,
    (realm, app): (&Realm, &str),
    (act, kind): (Act, EventKind),
    by: Option<&Speaker>,
    words: &str,
) -> Result<(), AdminError> {
    let by = by.cloned().unwrap_or_else(|| Speaker::of(admin.actor));
    let event = (kind, &by, words);
    if admin.act(act).say_of_app((&realm.id, app), None, event, None, admin.now).await? {
        Ok(())
    } else {
        Err(AdminError::NoSuchApp(app.to_owned()))
    }
}

/// Takes back, for an app's owner, that it waits for approval.
///
/// # Errors
/// There is no such app, it does not wait, or the store cannot write.
pub async fn withdraw(
    admin: &Admin<'_>,
    realm: &Realm,
    app: &str,
    by: Option<&Speaker>,
    text: &str,
) -> Result<(), AdminError> {
    let client = find(admin.store, realm, app).await?;
    if client.status != ClientStatus::Pending {
        return Err(AdminError::WrongStatus { app: client.id, is: client.status });
    }
    let by = by.cloned().unwrap_or_else(|| Speaker::of(admin.actor));
    if admin.act(Act::AppWithdraw).withdraw_client(&realm.id, app, (&by, text.trim()), admin.now).await? {
        Ok(())
    } else {
        Err(AdminError::ChangedMeanwhile(format!("the app `{app}`")))
    }
}

/// What somebody says, without what stands around it.
pub(super) fn said(text: &str) -> Result<&str, AdminError> {
    let words = text.trim();
    if (1..=LONGEST_WORDS).contains(&words.chars().count()) {
        return Ok(words);
    }
    Err(AdminError::invalid("text", &Broken::Text { longest: LONGEST_WORDS }))
}
