//! Until when apps may use legacy behaviours.
//!
//! A deadline is a date and a note. The app's owner is told by mail, by webhook and in the portal: at once, 30, 7 and 1 days before, and
//! when the date has come. Nothing is refused then unless the operator says so ([`New::enforce`]): from the date on, the server
//! treats the app as if it had never been given the behaviour, though its registration keeps it.

use super::apps::find;
use super::partner_letters::{Desk, Said, letter, to_owner_of};
use super::{Act, Admin, AdminError, Broken, Complaint};
use crate::pages::Moment;
use crate::pages::mails::PortalMailKind;
use claviger_core::client::ClientStatus;
use claviger_core::dialect::Legacy;
use claviger_core::{Client, Realm};
use claviger_store::{LegacyDeadline, Mail, Store};

const DAY: i64 = 86_400_000;
/// How long before the date an owner is told again.
const REMINDERS: [i64; 3] = [30 * DAY, 7 * DAY, DAY];
/// How many apps are read, and told, in one transaction.
const AT_ONCE: i64 = 100;
/// The longest note, in characters.
pub const LONGEST_NOTE: usize = 1000;
/// The last day that can be said: the end of the year 9999.
const LATEST: i64 = 253_402_300_799_000;

/// A deadline that is to be set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct New<'a> {
    /// The behaviour.
    pub legacy: Legacy,
    /// When it ends, in milliseconds.
    pub ends_at: i64,
    /// What the owners are told of it; may be empty.
    pub note: &'a str,
    /// Whether it is refused from then on.
    pub enforce: bool,
}

/// The behaviour of this name.
///
/// # Errors
/// There is none; says which there are.
pub fn behaviour(name: &str) -> Result<Legacy, AdminError> {
    let found = Legacy::ALL.into_iter().find(|legacy| legacy.name() == name);
    found.ok_or_else(|| {
        AdminError::invalid("legacy", &Broken::NoSuchBehaviour(Legacy::ALL.map(Legacy::name).join(", ")))
    })
}

/// Sets the deadline of one app, in the place of the one before; its owner is told.
///
/// # Errors
/// There is no such app, it does not have the behaviour, the date is over, the note is too long, or the store cannot write.
pub async fn set(
    admin: &Admin<'_>,
    desk: Desk<'_>,
    realm: &Realm,
    app: &str,
    new: &New<'_>,
) -> Result<LegacyDeadline, AdminError> {
    check(new, admin.now)?;
    let client = find(admin.store, realm, app).await?;
    if !client.legacy.contains(&new.legacy) {
        let broken = Broken::NotGiven { app: app.to_owned(), legacy: new.legacy.name() };
        return Err(AdminError::invalid("legacy", &broken));
    }
    let deadline = deadline(realm, &client, new, admin.now);
    let mail = announced(admin, desk, (realm, &client), &deadline).await?;
    let store = admin.act(Act::LegacyDeadline);
    if store.set_deadlines(vec![(deadline.clone(), mail)], &words(&deadline), admin.now).await? == 0 {
        return Err(AdminError::NoSuchApp(app.to_owned()));
    }
    Ok(deadline)
}

/// The same for every app of the realm that was given the behaviour and was not turned down; how many. An app that is given it later
/// has no deadline.
///
/// # Errors
/// As [`set`]. What was written until then stays; to be called again.
pub async fn set_for_all(admin: &Admin<'_>, desk: Desk<'_>, realm: &Realm, new: &New<'_>) -> Result<usize, AdminError> {
    check(new, admin.now)?;
    let (mut after, mut count) = (String::new(), 0);
    loop {
        let page = admin.store.clients_with_legacy(&realm.id, new.legacy.name(), &after, AT_ONCE).await?;
        let Some(last) = page.last() else { return Ok(count) };
        after.clone_from(&last.id);
        let mut all = Vec::new();
        for client in page.iter().filter(|one| one.legacy.contains(&new.legacy)) {
            if client.status != ClientStatus::Rejected {
                let deadline = deadline(realm, client, new, admin.now);
                let mail = announced(admin, desk, (realm, client), &deadline).await?;
                all.push((deadline, mail));
            }
        }
        if let Some((first, _)) = all.first() {
            let said = words(first);
            count += admin.act(Act::LegacyDeadline).set_deadlines(all, &said, admin.now).await?;
        }
    }
}

/// Takes a deadline back; what ended with it is allowed again.
///
/// # Errors
/// There is none, or the store cannot write.
pub async fn remove(admin: &Admin<'_>, realm: &Realm, app: &str, legacy: &str) -> Result<(), AdminError> {
    let store = admin.act(Act::LegacyDeadlineRemove);
    match store.remove_deadlines(&realm.id, vec![app.to_owned()], legacy, admin.now).await? {
        0 => Err(AdminError::NoSuchDeadline(format!("{app}/{legacy}"))),
        _ => Ok(()),
    }
}

/// The same for every app of the realm that has a deadline for the behaviour; how many. Each has a line of its own in the log of acts.
///
/// # Errors
/// The store cannot write. What was taken back until then stays so; to be called again.
pub async fn remove_for_all(admin: &Admin<'_>, realm: &Realm, legacy: Legacy) -> Result<usize, AdminError> {
    let (mut after, mut count) = ((String::new(), String::new()), 0);
    loop {
        let page = admin.store.list_deadlines(&realm.id, (&after.0, &after.1), AT_ONCE).await?;
        let Some(last) = page.last() else { return Ok(count) };
        after = (last.client.clone(), last.legacy.clone());
        let apps: Vec<String> =
            page.into_iter().filter(|one| one.legacy == legacy.name()).map(|one| one.client).collect();
        if !apps.is_empty() {
            let store = admin.act(Act::LegacyDeadlineRemove);
            count += store.remove_deadlines(&realm.id, apps, legacy.name(), admin.now).await?;
        }
    }
}

/// The deadlines of a realm behind an app and a behaviour (empty: from the first).
///
/// # Errors
/// The store cannot be read.
pub async fn list(
    store: &Store,
    realm: &Realm,
    after: (&str, &str),
    limit: i64,
) -> Result<Vec<LegacyDeadline>, AdminError> {
    Ok(store.list_deadlines(&realm.id, after, limit).await?)
}

/// What is due of a deadline: its owner is told, and where the date came it ends. False where nothing was left to do.
///
/// # Errors
/// The store cannot be read or written.
pub(crate) async fn look_at(admin: &Admin<'_>, desk: Desk<'_>, due: &LegacyDeadline) -> Result<bool, AdminError> {
    let next = next_at(due.ends_at, admin.now);
    let realm = admin.store.realm(&due.realm).await?;
    let client = admin.store.client_with_secrets(&due.realm, &due.client).await?.map(|(client, _)| client);
    let concerned = realm.zip(client).filter(|(_, client)| {
        client.status != ClientStatus::Rejected && client.legacy.iter().any(|one| one.name() == due.legacy)
    });
    let mail = match &concerned {
        Some((realm, client)) => announced(admin, desk, (realm, client), due).await?,
        None => None,
    };
    let told = (concerned.is_some(), mail);
    let store = admin.store.audited(admin.actor, Act::LegacyEnd);
    Ok(store.tell_of_deadline(due, next, told, admin.now).await?)
}

fn check(new: &New<'_>, now: i64) -> Result<(), AdminError> {
    let mut wrong = Vec::new();
    if new.ends_at <= now {
        wrong.push(Complaint::of("ends_at", &Broken::Over));
    }
    if new.ends_at > LATEST {
        wrong.push(Complaint::of("ends_at", &Broken::TooLate));
    }
    if new.note.trim().chars().count() > LONGEST_NOTE {
        wrong.push(Complaint::of("note", &Broken::Note { longest: LONGEST_NOTE }));
    }
    if wrong.is_empty() { Ok(()) } else { Err(AdminError::Invalid(wrong)) }
}

fn deadline(realm: &Realm, client: &Client, new: &New<'_>, now: i64) -> LegacyDeadline {
    LegacyDeadline {
        realm: realm.id.clone(),
        client: client.id.clone(),
        legacy: new.legacy.name().to_owned(),
        ends_at: new.ends_at,
        note: new.note.trim().replace('\0', "\u{fffd}"),
        enforce: new.enforce,
        set_at: now,
        next_at: next_at(new.ends_at, now),
        ended_at: None,
    }
}

/// When an owner is told next: before the date, then at it.
fn next_at(ends_at: i64, now: i64) -> Option<i64> {
    let all = REMINDERS.into_iter().map(|before| ends_at.saturating_sub(before)).chain([ends_at]);
    all.filter(|at| *at > now).min()
}

/// What the timeline says.
fn words(deadline: &LegacyDeadline) -> String {
    let line = format!("{}: {}", deadline.legacy, Moment::of(deadline.ends_at).minute);
    if deadline.note.is_empty() { line } else { format!("{line}\n{}", deadline.note) }
}

/// The mail that says so; none where nobody knows whom to write to.
async fn announced(
    admin: &Admin<'_>,
    desk: Desk<'_>,
    (realm, client): (&Realm, &Client),
    deadline: &LegacyDeadline,
) -> Result<Option<Mail>, AdminError> {
    let Some((to, link)) = to_owner_of(admin.store, (realm, client)).await? else { return Ok(None) };
    let said = Said {
        kind: match (deadline.ends_at <= admin.now, deadline.enforce) {
            (false, false) => PortalMailKind::Deadline,
            (false, true) => PortalMailKind::DeadlineEnforced,
            (true, false) => PortalMailKind::Over,
            (true, true) => PortalMailKind::OverEnforced,
        },
        about: &client.name,
        words: &words(deadline),
        link,
        name: client.publisher.as_deref(),
        legacy: Some(&deadline.legacy),
    };
    letter(desk, realm, to, &said, admin.now).map(Some)
}

#[cfg(test)]
mod tests {
    use super::{DAY, next_at};

    #[test]
    fn an_owner_is_told_thirty_seven_and_one_days_before_and_at_the_end() {
        let end = 1000 * DAY;
        let mut told = Vec::new();
        let mut now = 0;
        while let Some(at) = next_at(end, now) {
            told.push((end - at) / DAY);
            now = at;
        }
        assert_eq!(told, [30, 7, 1, 0]);
        assert_eq!(next_at(end, end - 3 * DAY), Some(end - DAY));
        assert_eq!(next_at(end, end), None);
    }
}
