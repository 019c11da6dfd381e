//! Whom the app names: a user of the realm from then on.

use super::{Call, Problem, shapes};
use crate::people::login_app::said::Named;
use claviger_core::text::is_name;
use claviger_core::unique::distinct;
use claviger_core::user::{Organisation, User};
use claviger_store::Fault;
use http::StatusCode;

/// The longest subject, in bytes (OpenID Connect Core 2).
const LONGEST: usize = 255;
/// The longest `acr`, and the longest word of `amr`.
const LONGEST_WORD: usize = 200;
/// The most words of `amr`, and the most organisations of a user that are named at once.
const MOST: usize = 100;

/// The user of a subject, made where there is none; with these organisations, where they are named.
pub(super) async fn settle(call: &Call<'_>, subject: &str, named: Option<&[Named]>) -> Result<User, Problem> {
    if subject.is_empty() || subject.len() > LONGEST || !is_name(subject) || subject.trim() != subject {
        return Err(Problem::request("subject is the user's unchanging id: 1 to 255 bytes without controls"));
    }
    let (store, realm) = (&call.state.store, &call.site.realm.id);
    let found = store.user(realm, subject).await?.map(|found| found.user);
    if found.as_ref().is_some_and(|user| user.disabled) {
        let why = "this user is disabled here; reject the challenge".to_owned();
        return Err(Problem::Wrong(StatusCode::FORBIDDEN, "access_denied", why));
    }
    let is_new = found.is_none();
    let mut user = match found {
        Some(user) => user,
        None => new_user(call, subject).await?,
    };
    let before = user.organisations.clone();
    if let Some(named) = named {
        know(call, named).await?;
        user.organisations = each_once(named.iter().map(Named::id));
    }
    if is_new || user.organisations != before {
        put(call, &user).await?;
    }
    Ok(user)
}

/// The user of a subject that was accepted before.
pub(super) async fn known(call: &Call<'_>, subject: &str) -> Result<User, Problem> {
    let found = call.state.store.user(&call.site.realm.id, subject).await?;
    found.map(|found| found.user).filter(|user| !user.disabled).ok_or_else(|| {
        let why = "this user is not here any more; reject the challenge".to_owned();
        Problem::Wrong(StatusCode::FORBIDDEN, "access_denied", why)
    })
}

/// The same, with further organisations.
pub(super) async fn add_organisations(call: &Call<'_>, subject: &str, named: &[Named]) -> Result<User, Problem> {
    let mut user = known(call, subject).await?;
    know(call, named).await?;
    let before = user.organisations.len();
    user.organisations = each_once(user.organisations.iter().map(String::as_str).chain(named.iter().map(Named::id)));
    if user.organisations.len() > before {
        put(call, &user).await?;
    }
    Ok(user)
}

async fn new_user(call: &Call<'_>, subject: &str) -> Result<User, Problem> {
    let (store, realm) = (&call.state.store, &call.site.realm.id);
    // A name to sign in with that is somebody else's stays theirs.
    let is_taken = store.login_to_verify(realm, &User::username_key(subject)).await?.is_some();
    let username = if is_taken { format!("{subject} ({})", call.site.realm.id) } else { subject.to_owned() };
    Ok(User { organisations: call.app.organisations.clone(), ..User::new(subject, username) })
}

async fn put(call: &Call<'_>, user: &User) -> Result<(), Problem> {
    let written = call.state.store.put_user(&call.site.realm.id, user, None, call.state.clock.now()).await;
    match written {
        Ok(_) => Ok(()),
        Err(Fault::SameId(_)) => {
            let why = "subject is the id of a client of this realm; no user can have it";
            Err(Problem::request(why))
        }
        Err(fault) => Err(fault.into()),
    }
}

/// Makes sure that the organisations are there: one that is named by its id alone must be, another is made or called anew.
async fn know(call: &Call<'_>, named: &[Named]) -> Result<(), Problem> {
    if named.len() > MOST {
        return Err(Problem::request("more than 100 organisations are named"));
    }
    let (store, realm) = (&call.state.store, &call.site.realm.id);
    let ids: Vec<String> = named.iter().map(|named| named.id().to_owned()).collect();
    let known = store.organisations(realm, &ids).await?;
    for named in named {
        match named {
            Named::Id(id) if known.iter().any(|organisation| organisation.id == *id) => {}
            Named::Id(id) => {
                let why = "there is no organisation";
                let how = "name a new one as {\"id\", \"name\"}";
                return Err(Problem::request(format!("{why} `{}`; {how}", shapes::short(id))));
            }
            Named::Whole(organisation) if known.contains(organisation) => {}
            Named::Whole(organisation) => put_organisation(call, organisation).await?,
        }
    }
    Ok(())
}

async fn put_organisation(call: &Call<'_>, organisation: &Organisation) -> Result<(), Problem> {
    let Organisation { id, name, kind } = organisation;
    let fits = |text: &String| is_name(text) && text.len() <= LONGEST;
    if id.is_empty() || name.trim().is_empty() || ![id, name, kind].into_iter().all(fits) {
        return Err(Problem::request("an organisation has an id and a name, each 1 to 255 bytes without controls"));
    }
    call.state.store.put_organisation(&call.site.realm.id, organisation, call.state.clock.now()).await?;
    Ok(())
}

/// Refuses what no token can say.
pub(super) fn check_words(acr: Option<&str>, amr: &[String], forced: Option<&str>) -> Result<(), Problem> {
    let mut words = acr.into_iter().chain(amr.iter().map(String::as_str));
    if amr.len() > MOST || words.any(|word| word.len() > LONGEST_WORD || !is_name(word)) {
        return Err(Problem::request("acr and the words of amr are texts of 200 bytes at most"));
    }
    if forced.is_some_and(|forced| forced.len() > LONGEST || !is_name(forced)) {
        return Err(Problem::request("force_subject_identifier is a text of 255 bytes at most"));
    }
    Ok(())
}

fn each_once<'a>(ids: impl Iterator<Item = &'a str>) -> Vec<String> {
    distinct(ids).into_iter().map(str::to_owned).collect()
}
