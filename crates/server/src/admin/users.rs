//! Users: passwords, and who may sign in.

use super::apply::changes::Change;
use super::letters::Post;
use super::{Act, Admin, AdminError, Complaint, Subject, SubjectKind};
use crate::hashing::Hasher;
use crate::ids;
use crate::pages::Pages;
use crate::secrets::Secrets;
use crate::state::hashing::normal_form;
use claviger_core::password;
use claviger_core::sign_in::FactorKind;
use claviger_core::token::Plain;
use claviger_core::user::rules;
use claviger_core::{Realm, User};
use claviger_store::{Alike, Edited, Fault, Masked, Place, Store, id_text};

/// The shortest password that is taken (NIST SP 800-63B-4, 3.1.1.2: no rules of composition).
pub const SHORTEST_PASSWORD: usize = password::SHORTEST;

/// The user of this name, or else of this id.
///
/// # Errors
/// There is none, or the store cannot be read.
pub async fn find(store: &Store, realm: &Realm, username: &str) -> Result<User, AdminError> {
    let found = match store.user_by_username(&realm.id, username).await? {
        Some(found) => Some(found),
        None => store.user(&realm.id, username).await?,
    };
    found.map(|stored| stored.user).ok_or_else(|| no_such_user(realm, username))
}

/// Which kinds of second factors a user has, and how many of each; of codes that are good once, those that are left.
///
/// # Errors
/// The store cannot be read.
pub async fn factors(store: &Store, realm: &Realm, id: &str) -> Result<Vec<(FactorKind, usize)>, AdminError> {
    let factors = store.factors(&realm.id, id).await?;
    let left = |kind| {
        let of_kind = factors.iter().filter(|factor| factor.kind == kind);
        of_kind.filter(|factor| kind != FactorKind::RecoveryCode || factor.used_at.is_none()).count()
    };
    Ok(FactorKind::ALL.map(|kind| (kind, left(kind))).into_iter().filter(|(_, count)| *count > 0).collect())
}

/// The users of a realm, in order of their ids.
///
/// # Errors
/// The store cannot be read.
pub async fn list(store: &Store, realm: &Realm) -> Result<Vec<User>, AdminError> {
    const PAGE: i64 = 500;
    let mut all: Vec<User> = Vec::new();
    loop {
        let after = all.last().map(|user| user.id.clone()).unwrap_or_default();
        let page = store.list_users(&realm.id, &after, PAGE).await?;
        if page.is_empty() {
            return Ok(all);
        }
        all.extend(page);
    }
}

/// Gives a user another password, and ends what the old one gave: sessions, grants of the password grant, and all that clients
/// were given whose secret it is. `id`: the user's.
///
/// # Errors
/// It is too short, there is no such user, nothing can be hashed now, or the store cannot write.
pub async fn set_password(
    admin: &Admin<'_>,
    hasher: &Hasher,
    realm: &Realm,
    id: &str,
    password: Plain,
) -> Result<(), AdminError> {
    long_enough(&password)?;
    let hash = Masked(hasher.hash(normal_form(&password)).await?);
    let until = admin.now + realm.longest_token();
    let known = admin.act(Act::UserPassword).set_password(&realm.id, id, hash, admin.now, until).await?;
    if known { Ok(()) } else { Err(no_such_user(realm, id)) }
}

/// Sends a user a link by mail behind which they choose their password.
///
/// # Errors
/// They have no address, or the store cannot write.
pub async fn invite(
    admin: &Admin<'_>,
    secrets: &Secrets,
    pages: &Pages,
    realm: &Realm,
    user: &User,
) -> Result<(), AdminError> {
    Post { store: admin.store, secrets, pages, realm, now: admin.now }.invite(user).await
}

/// Adds a user. The id is made where it is empty.
///
/// # Errors
/// Everything that is wrong with them; the password is too short, the name or the id is taken, nothing can be hashed now, or the
/// store cannot write.
pub async fn add(
    admin: &Admin<'_>,
    hasher: &Hasher,
    realm: &Realm,
    mut user: User,
    password: Option<Plain>,
) -> Result<User, AdminError> {
    if user.id.is_empty() {
        user.id = id_text(&ids::new(admin.now));
    }
    user.details.updated_at = Some(admin.now / 1000);
    check(admin.store, realm, &user).await?;
    let hash = hashed(hasher, password).await?;
    match admin.act(Act::UserCreate).register_user(&realm.id, &user, hash, admin.now).await? {
        Edited::Done | Edited::Same => Ok(user),
        Edited::NameTaken => Err(AdminError::NameTaken { realm: realm.id.clone(), username: user.username }),
        Edited::Changed => Err(Fault::SameId(user.id).into()),
    }
}

/// Changes a user to what `change` makes of them, and their password where one is given; that ends what the old one gave. Whether
/// they are disabled stays ([`disable`], [`enable`]). One who comes from a realm file is changed there, unless `despite_file`. The
/// user as they are now, and what is different. `id`: the user's.
///
/// # Errors
/// There is no such user, a file manages them, something is wrong with what they would be, the name is taken, somebody else changed
/// them meanwhile, nothing can be hashed now, or the store cannot write.
pub async fn edit(
    admin: &Admin<'_>,
    hasher: &Hasher,
    realm: &Realm,
    id: &str,
    (change, password): (impl FnOnce(User) -> User, Option<Plain>),
    despite_file: bool,
) -> Result<(User, Change), AdminError> {
    let stored = admin.store.user(&realm.id, id).await?.ok_or_else(|| no_such_user(realm, id))?;
    let before = stored.user;
    if !despite_file && let Some(file) = admin.store.managed_by(&realm.id, SubjectKind::User, id).await? {
        return Err(AdminError::Managed { what: format!("the user `{}`", before.username), file });
    }
    let mut after = User { id: before.id.clone(), disabled: before.disabled, ..change(before.clone()) };
    if after != before {
        after.details.updated_at = Some(admin.now / 1000);
    }
    check(admin.store, realm, &after).await?;
    let hash = hashed(hasher, password).await?;
    let word = hash.as_ref().map(|_| if stored.password_hash.is_some() { "replaced" } else { "set" });
    let change = Change::of_user(&realm.id, Some(&before), &after, word).map_err(Fault::from)?;
    let until = admin.now + realm.longest_token();
    let edited = admin.act(Act::UserEdit).edit_user(&realm.id, (&before, &after), hash, admin.now, until).await?;
    match edited {
        Edited::Done | Edited::Same => Ok((after, change)),
        Edited::NameTaken => Err(AdminError::NameTaken { realm: realm.id.clone(), username: after.username }),
        Edited::Changed => Err(AdminError::ChangedMeanwhile(format!("the user `{}`", before.username))),
    }
}

/// Gives all names the form in which they are compared now, where a server has not done so yet.
///
/// # Errors
/// The store fails; to be called again.
pub async fn bring_names_up_to_date(store: &Store) -> Result<(), AdminError> {
    const PAGE: i64 = 200;
    let mut after = Place::default();
    while let Some(next) = store.bring_names_up_to_date(&after, PAGE).await? {
        after = next;
    }
    Ok(())
}

/// The users whose names are another user's in the form in which names are compared; of one realm where it is named. Each signs in
/// by their own spelling.
///
/// # Errors
/// The store cannot be read.
pub async fn alike(store: &Store, realm: Option<&str>) -> Result<Vec<Alike>, AdminError> {
    const PAGE: i64 = 500;
    let (mut all, mut after) = (Vec::new(), Some(Place::default()));
    while let Some(place) = after {
        let (found, next) = store.names_alike(&place, PAGE).await?;
        all.extend(found.into_iter().filter(|user| realm.is_none_or(|realm| realm == user.realm)));
        after = next;
    }
    Ok(all)
}

/// Everything that is wrong with a user, in the words of the command line.
async fn check(store: &Store, realm: &Realm, user: &User) -> Result<(), AdminError> {
    let known = store.organisations(&realm.id, &user.organisations).await?;
    let problems = rules::check(user, realm, |id| known.iter().any(|organisation| organisation.id == id));
    if problems.is_empty() {
        return Ok(());
    }
    let complaint = |problem: &rules::Problem| Complaint {
        field: problem.field(),
        message: problem.help().map_or_else(|| problem.to_string(), |help| format!("{problem}; {help}")),
        rule: Some(problem.rule()),
    };
    Err(AdminError::Invalid(problems.iter().map(complaint).collect()))
}

async fn hashed(hasher: &Hasher, password: Option<Plain>) -> Result<Option<Masked<String>>, AdminError> {
    let Some(password) = password else { return Ok(None) };
    long_enough(&password)?;
    Ok(Some(Masked(hasher.hash(normal_form(&password)).await?)))
}

fn long_enough(password: &Plain) -> Result<(), AdminError> {
    let long = password.expose().chars().count() >= SHORTEST_PASSWORD;
    if long { Ok(()) } else { Err(AdminError::ShortPassword(SHORTEST_PASSWORD)) }
}

/// Removes what a user signs in with beside their password, because they lost it; how many there were. The next sign-in asks for the
/// password alone, or has them set up another one where the realm requires it.
///
/// # Errors
/// They have none, or the store cannot write.
pub async fn reset_factors(admin: &Admin<'_>, realm: &Realm, user: &User) -> Result<u64, AdminError> {
    match admin.act(Act::UserResetFactor).reset_factors(&realm.id, &user.id, admin.now).await? {
        0 => Err(AdminError::NoFactor(user.username.clone())),
        removed => Ok(removed),
    }
}

/// Lets a user sign in no more, and ends their sessions, grants, seats and tokens at once.
///
/// # Errors
/// The store cannot write.
pub async fn disable(admin: &Admin<'_>, realm: &Realm, id: &str) -> Result<(), AdminError> {
    let until = admin.now + realm.longest_token();
    admin.act(Act::UserDisable).disable_user(&realm.id, id, true, admin.now, until).await?;
    Ok(())
}

/// Lets a disabled user in again.
///
/// # Errors
/// The store cannot write.
pub async fn enable(admin: &Admin<'_>, realm: &Realm, id: &str) -> Result<(), AdminError> {
    admin.act(Act::UserEnable).disable_user(&realm.id, id, false, admin.now, admin.now).await?;
    Ok(())
}

/// Removes a user, with all that was theirs; their sessions, grants, seats and tokens end at once. With `erase` the log forgets
/// their personal values as well.
///
/// # Errors
/// There is no such user, a file manages them and not `despite_file`, an app stands for them, or the store cannot write.
pub async fn delete(
    admin: &Admin<'_>,
    realm: &Realm,
    user: &User,
    erase: bool,
    despite_file: bool,
) -> Result<(), AdminError> {
    if !despite_file && let Some(file) = admin.store.managed_by(&realm.id, SubjectKind::User, &user.id).await? {
        return Err(AdminError::Managed { what: format!("the user `{}`", user.username), file });
    }
    if let Some(app) = admin.store.client_that_acts_as(&realm.id, &user.id).await? {
        return Err(AdminError::ActedAs { user: user.username.clone(), app });
    }
    let until = admin.now + realm.longest_token();
    if !admin.act(Act::UserDelete).delete_user(&realm.id, &user.id, admin.now, until).await? {
        return Err(no_such_user(realm, &user.username));
    }
    if erase {
        super::audit::erase(admin, realm, &Subject::new(SubjectKind::User, &user.id)).await?;
    }
    Ok(())
}

fn no_such_user(realm: &Realm, user: &str) -> AdminError {
    AdminError::NoSuchUser { realm: realm.id.clone(), user: user.to_owned() }
}
