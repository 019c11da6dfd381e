//! Users and companies that a team of partners makes for its tests, in the sandbox realm: bounded in number, put back by the team alone.

use super::{Admin, AdminError, Broken, organisations, users};
use crate::hashing::Hasher;
use crate::ids;
use claviger_core::Realm;
use claviger_core::claims::id_text;
use claviger_core::crypto::entropy::random_bytes;
use claviger_core::jose::base64url;
use claviger_core::text::is_name;
use claviger_core::token::Plain;
use claviger_core::user::{Organisation, User};
use claviger_store::{Fault, InSandbox, SandboxKind, Store};

/// The longest name of a user or a company of the sandbox, in characters.
const LONGEST_NAME: usize = 60;

/// What somebody signs in with; the only time that the password is seen.
#[derive(Debug)]
pub struct NewPassword {
    /// The user name.
    pub username: String,
    /// The password.
    pub password: Plain,
}

/// What a team made in sandboxes.
///
/// # Errors
/// The store cannot be read.
pub async fn list(store: &Store, realm: &Realm, team: &str) -> Result<Vec<InSandbox>, AdminError> {
    Ok(store.in_sandbox(&realm.id, team).await?)
}

/// Makes a user; `companies` are ids of companies that the team made.
///
/// # Errors
/// The name is none, a company is not the team's, there are as many as there may be, or the store cannot write.
pub async fn add_user(
    admin: &Admin<'_>,
    hasher: &Hasher,
    (realm, sandbox): (&Realm, &Realm),
    team: &str,
    (name, companies): (&str, Vec<String>),
) -> Result<NewPassword, AdminError> {
    let name = named(name)?;
    let made = list(admin.store, realm, team).await?;
    let is_own = |id: &String| made.iter().any(|one| one.kind == SandboxKind::Organisation && one.id == *id);
    if let Some(stray) = companies.iter().find(|id| !is_own(id)) {
        return Err(AdminError::NoSuchOrganisation { realm: sandbox.id.clone(), id: stray.clone() });
    }
    let username = format!("{}-{}", slug(&name), suffix());
    let user =
        User { name: Some(name), organisations: companies, ..User::new(id_text(&ids::new(admin.now)), username) };
    let doc = serde_json::to_string(&user).map_err(Fault::from)?;
    keep(admin, realm, team, (SandboxKind::User, &user.id, &sandbox.id, doc)).await?;
    let password = new_password();
    let made = users::add(admin, hasher, sandbox, user.clone(), Some(password.clone())).await;
    if let Err(error) = made {
        admin.store.forget_in_sandbox(&realm.id, team, SandboxKind::User, &user.id).await?;
        return Err(error);
    }
    Ok(NewPassword { username: user.username, password })
}

/// Puts a user back to how they were made, with a new password: their sessions, grants and second factors end.
///
/// # Errors
/// The team has no such user, or the store cannot write.
pub async fn reset_user(
    admin: &Admin<'_>,
    hasher: &Hasher,
    (realm, sandbox): (&Realm, &Realm),
    team: &str,
    id: &str,
) -> Result<NewPassword, AdminError> {
    let made = own(admin.store, realm, team, (SandboxKind::User, id)).await?;
    let was: User = serde_json::from_str(&made.doc).map_err(Fault::from)?;
    users::disable(admin, sandbox, id).await?;
    users::enable(admin, sandbox, id).await?;
    match users::reset_factors(admin, sandbox, &was).await {
        Ok(_) | Err(AdminError::NoFactor(_)) => {}
        Err(error) => return Err(error),
    }
    let password = new_password();
    let back = was.clone();
    users::edit(admin, hasher, sandbox, id, (move |_| back, Some(password.clone())), true).await?;
    Ok(NewPassword { username: was.username, password })
}

/// Removes a user.
///
/// # Errors
/// The team has no such user, or the store cannot write.
pub async fn remove_user(
    admin: &Admin<'_>,
    (realm, sandbox): (&Realm, &Realm),
    team: &str,
    id: &str,
) -> Result<(), AdminError> {
    own(admin.store, realm, team, (SandboxKind::User, id)).await?;
    if let Some(stored) = admin.store.user(&sandbox.id, id).await? {
        users::delete(admin, sandbox, &stored.user, false, true).await?;
    }
    admin.store.forget_in_sandbox(&realm.id, team, SandboxKind::User, id).await?;
    Ok(())
}

/// Makes a company.
///
/// # Errors
/// The name is none, there are as many as there may be, or the store cannot write.
pub async fn add_company(
    admin: &Admin<'_>,
    (realm, sandbox): (&Realm, &Realm),
    team: &str,
    name: &str,
) -> Result<(), AdminError> {
    let name = named(name)?;
    let id = format!("{}-{}", slug(&name), suffix());
    let company = Organisation { id: id.clone(), name, kind: "company".to_owned() };
    let doc = serde_json::to_string(&company).map_err(Fault::from)?;
    keep(admin, realm, team, (SandboxKind::Organisation, &id, &sandbox.id, doc)).await?;
    organisations::add(admin, sandbox, company).await
}

/// Removes a company that nobody belongs to.
///
/// # Errors
/// The team has no such company, somebody belongs to it, or the store cannot write.
pub async fn remove_company(
    admin: &Admin<'_>,
    (realm, sandbox): (&Realm, &Realm),
    team: &str,
    id: &str,
) -> Result<(), AdminError> {
    own(admin.store, realm, team, (SandboxKind::Organisation, id)).await?;
    match organisations::remove(admin, sandbox, id).await {
        Ok(()) | Err(AdminError::NoSuchOrganisation { .. }) => {}
        Err(error) => return Err(error),
    }
    admin.store.forget_in_sandbox(&realm.id, team, SandboxKind::Organisation, id).await?;
    Ok(())
}

async fn own(
    store: &Store,
    realm: &Realm,
    team: &str,
    (kind, id): (SandboxKind, &str),
) -> Result<InSandbox, AdminError> {
    let made = list(store, realm, team).await?;
    let found = made.into_iter().find(|one| one.kind == kind && one.id == id);
    found.ok_or_else(|| AdminError::NoSuchTeam(team.to_owned()))
}

async fn keep(
    admin: &Admin<'_>,
    realm: &Realm,
    team: &str,
    (kind, id, of_realm, doc): (SandboxKind, &str, &str, String),
) -> Result<(), AdminError> {
    let made = InSandbox { kind, id: id.to_owned(), of_realm: of_realm.to_owned(), doc, created_at: admin.now };
    if admin.store.add_in_sandbox(&realm.id, team, &made).await? {
        return Ok(());
    }
    Err(AdminError::Full("as many of these in the sandbox"))
}

fn named(name: &str) -> Result<String, AdminError> {
    let name = name.trim();
    if is_name(name) && (1..=LONGEST_NAME).contains(&name.chars().count()) {
        return Ok(name.to_owned());
    }
    Err(AdminError::invalid("name", &Broken::Name { longest: LONGEST_NAME }))
}

/// The letters and digits of a name.
fn slug(name: &str) -> String {
    let plain = name.to_lowercase().chars().filter(char::is_ascii_alphanumeric).take(20).collect::<String>();
    if plain.is_empty() { "test".to_owned() } else { plain }
}

/// What tells apart what two teams call the same.
fn suffix() -> String {
    format!("{:08x}", u32::from_be_bytes(random_bytes()))
}

fn new_password() -> Plain {
    Plain::new(base64url(&random_bytes::<15>()))
}
