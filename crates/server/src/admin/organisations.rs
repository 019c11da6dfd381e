//! Organisations, and who belongs to them.

use super::apply::changes::Change;
use super::users;
use super::{Act, Admin, AdminError, Broken, Complaint};
use crate::hashing::Hasher;
use claviger_core::text::is_name;
use claviger_core::user::Organisation;
use claviger_core::{Realm, User};
use claviger_store::{Edited, Fault, Removed, Store};

/// Longest id, in bytes.
const LONGEST_ID: usize = 200;
/// Read at a time.
const PAGE: i64 = 500;

/// The organisations of a realm, in order of their ids.
///
/// # Errors
/// The store cannot be read.
pub async fn list(store: &Store, realm: &Realm) -> Result<Vec<Organisation>, AdminError> {
    let mut all: Vec<Organisation> = Vec::new();
    loop {
        let after = all.last().map(|organisation| organisation.id.clone()).unwrap_or_default();
        let page = store.list_organisations(&realm.id, &after, PAGE).await?;
        if page.is_empty() {
            return Ok(all);
        }
        all.extend(page);
    }
}

/// The organisation of this id.
///
/// # Errors
/// There is none, or the store cannot be read.
pub async fn find(store: &Store, realm: &Realm, id: &str) -> Result<Organisation, AdminError> {
    let found = store.organisations(&realm.id, &[id.to_owned()]).await?.pop();
    found.ok_or_else(|| AdminError::NoSuchOrganisation { realm: realm.id.clone(), id: id.to_owned() })
}

/// Adds an organisation.
///
/// # Errors
/// Its id or name is none, there is one of this id, or the store cannot write.
pub async fn add(admin: &Admin<'_>, realm: &Realm, organisation: Organisation) -> Result<(), AdminError> {
    check(&organisation)?;
    match admin.act(Act::OrganisationCreate).add_organisation(&realm.id, &organisation, admin.now).await? {
        Edited::Done => Ok(()),
        _ => Err(AdminError::OrganisationExists(organisation.id)),
    }
}

/// Changes what an organisation is called; what is different.
///
/// # Errors
/// There is none, its name is none, somebody else changed it meanwhile, or the store cannot write.
pub async fn edit(
    admin: &Admin<'_>,
    realm: &Realm,
    id: &str,
    change: impl FnOnce(Organisation) -> Organisation,
) -> Result<(Organisation, Change), AdminError> {
    let before = find(admin.store, realm, id).await?;
    let after = Organisation { id: before.id.clone(), ..change(before.clone()) };
    check(&after)?;
    let told = Change::of_organisation(&realm.id, Some(&before), &after).map_err(Fault::from)?;
    match admin.act(Act::OrganisationEdit).edit_organisation(&realm.id, (&before, &after), admin.now).await? {
        Edited::Changed | Edited::NameTaken => Err(AdminError::ChangedMeanwhile(format!("the organisation `{id}`"))),
        Edited::Done | Edited::Same => Ok((after, told)),
    }
}

/// Removes an organisation that nobody belongs to.
///
/// # Errors
/// There is none, somebody belongs to it, or the store cannot write.
pub async fn remove(admin: &Admin<'_>, realm: &Realm, id: &str) -> Result<(), AdminError> {
    match admin.act(Act::OrganisationDelete).remove_organisation(&realm.id, id, admin.now).await? {
        Removed::Done => Ok(()),
        Removed::HasMembers(first) => Err(AdminError::HasMembers { id: id.to_owned(), first }),
        Removed::NotThere => Err(AdminError::NoSuchOrganisation { realm: realm.id.clone(), id: id.to_owned() }),
    }
}

/// Who belongs to an organisation, in order of their ids.
///
/// # Errors
/// There is none such, or the store cannot be read.
pub async fn members(store: &Store, realm: &Realm, id: &str) -> Result<Vec<User>, AdminError> {
    find(store, realm, id).await?;
    let (mut all, mut after) = (Vec::new(), String::new());
    loop {
        let (page, last) = store.members(&realm.id, id, &after, PAGE).await?;
        all.extend(page);
        match last {
            Some(last) => after = last,
            None => return Ok(all),
        }
    }
}

/// Makes a user a member, with these roles in the organisation; one who is one already gets the roles beside their own.
///
/// # Errors
/// As [`users::edit`].
pub async fn add_member(
    admin: &Admin<'_>,
    hasher: &Hasher,
    realm: &Realm,
    (id, user): (&str, &str),
    roles: Vec<String>,
    despite_file: bool,
) -> Result<(User, Change), AdminError> {
    let join = |mut user: User| {
        if !user.organisations.iter().any(|known| known == id) {
            user.organisations.push(id.to_owned());
        }
        if !roles.is_empty() {
            let held = user.details.organisation_roles.entry(id.to_owned()).or_default();
            for role in roles {
                if !held.contains(&role) {
                    held.push(role);
                }
            }
        }
        user
    };
    users::edit(admin, hasher, realm, user, (join, None), despite_file).await
}

/// Lets a user belong to the organisation no more; their roles in it go too.
///
/// # Errors
/// They do not belong to it; as [`users::edit`].
pub async fn remove_member(
    admin: &Admin<'_>,
    hasher: &Hasher,
    realm: &Realm,
    (id, user): (&str, &str),
    despite_file: bool,
) -> Result<(User, Change), AdminError> {
    let stored = admin.store.user(&realm.id, user).await?;
    if stored.is_some_and(|stored| !stored.user.organisations.iter().any(|known| known == id)) {
        return Err(AdminError::not_there("organisations", id));
    }
    let leave = |mut user: User| {
        user.organisations.retain(|known| known != id);
        user.details.organisation_roles.remove(id);
        user
    };
    users::edit(admin, hasher, realm, user, (leave, None), despite_file).await
}

fn check(organisation: &Organisation) -> Result<(), AdminError> {
    let is_id =
        |id: &str| (1..=LONGEST_ID).contains(&id.len()) && id.chars().all(|c| !c.is_whitespace()) && is_name(id);
    let problems: Vec<Complaint> = [
        (!is_id(&organisation.id)).then(|| Complaint::of("id", &Broken::OrganisationId)),
        (organisation.name.trim().is_empty() || !is_name(&organisation.name))
            .then(|| Complaint::of("name", &Broken::NotAName)),
        (!is_name(&organisation.kind)).then(|| Complaint::of("kind", &Broken::NotAName)),
    ]
    .into_iter()
    .flatten()
    .collect();
    if problems.is_empty() { Ok(()) } else { Err(AdminError::Invalid(problems)) }
}
