//! Who may administer: roles of users and clients of an admin realm, and what they allow.

use super::letters::PATH;
use super::{Act, Admin, AdminError, apps, users};
use crate::hashing::Hasher;
use crate::ids;
use claviger_core::client::ClientStatus;
use claviger_core::permission::{Permission, Role};
use claviger_core::realm::EVERY_REALM;
use claviger_core::token::{self, Kind, Plain};
use claviger_core::{Realm, User};
use claviger_store::{AdminRole, Fault, Given, HolderKind, LinkKind, Masked, RoleHolder, Store, Taken, UserLink};

/// How long the link of the first owner works, in milliseconds.
const LINK_MILLIS: i64 = 86_400_000;

/// Whoever administers, with what they may.
#[derive(Debug, Clone)]
pub struct Administrator {
    /// The admin realm.
    pub realm: String,
    /// The user, or the client that acts for itself.
    pub holder: RoleHolder,
    /// What people call them; for the log of acts.
    pub name: String,
    /// What they hold, as far as their realm administers it.
    pub roles: Vec<AdminRole>,
}

impl Administrator {
    /// A user of an admin realm, by id; `None` where there is none such, they are disabled, or they may do nothing.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn of_user(store: &Store, realm: &Realm, id: &str) -> Result<Option<Self>, Fault> {
        let Some(stored) = store.user(&realm.id, id).await? else { return Ok(None) };
        if stored.user.disabled {
            return Ok(None);
        }
        Self::of(store, realm, RoleHolder::user(id), stored.user.username).await
    }

    /// A client of an admin realm that acts for itself; `None` where there is none such, it is not active, or it may do nothing.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn of_client(store: &Store, realm: &Realm, id: &str) -> Result<Option<Self>, Fault> {
        let Some((client, _)) = store.client_with_secrets(&realm.id, id).await? else { return Ok(None) };
        if client.status != ClientStatus::Active {
            return Ok(None);
        }
        Self::of(store, realm, RoleHolder::client(id), client.id).await
    }

    async fn of(store: &Store, realm: &Realm, holder: RoleHolder, name: String) -> Result<Option<Self>, Fault> {
        let Some(administration) = &realm.administration else { return Ok(None) };
        let mut roles = store.roles_of(&realm.id, &holder).await?;
        roles.retain(|role| role.over == EVERY_REALM || administration.covers(&role.over));
        if !administration.covers_all() {
            // All that there are is then all that the realm administers.
            roles = roles.into_iter().flat_map(|role| narrowed(role, &administration.realms)).collect();
        }
        Ok(Some(Self { realm: realm.id.clone(), holder, name, roles }).filter(|one| !one.roles.is_empty()))
    }

    /// Whether they may do something in a realm; `organisation`: what it is about, where it is about one alone. In an admin realm
    /// only its owners change anything: whoever gave an owner another password would be one.
    pub fn may(&self, permission: Permission, over: &Realm, organisation: Option<&str>) -> bool {
        self.over(&over.id, organisation).any(|role| {
            let only_owners = over.is_admin() && !permission.only_reads();
            if only_owners { role == Role::Owner } else { role.may(permission) }
        })
    }

    /// Whether they may do what concerns no realm in particular, or all.
    pub fn may_everywhere(&self, permission: Permission) -> bool {
        let everywhere = self.roles.iter().filter(|one| one.over == EVERY_REALM && one.organisation.is_empty());
        everywhere.map(|one| one.role).any(|role| role.may(permission))
    }

    /// Whether they may do it in some realm, or for some organisation there.
    pub fn may_somewhere(&self, permission: Permission) -> bool {
        self.roles.iter().any(|one| one.role.may(permission))
    }

    /// Whether they may do it for any organisation of a realm, if not for all.
    pub fn may_for_some(&self, permission: Permission, over: &str) -> bool {
        self.roles.iter().any(|one| (one.over == EVERY_REALM || one.over == over) && one.role.may(permission))
    }

    /// Whether they may say who else may administer this: nobody gives what they do not hold.
    pub fn may_give(&self, over: &str, organisation: &str) -> bool {
        self.roles.iter().any(|one| {
            one.role == Role::Owner
                && (one.over == EVERY_REALM || one.over == over)
                && (one.organisation.is_empty() || one.organisation == organisation)
        })
    }

    fn over<'a>(&'a self, realm: &'a str, organisation: Option<&'a str>) -> impl Iterator<Item = Role> + use<'a> {
        let counts = move |one: &&AdminRole| {
            (one.over == EVERY_REALM || one.over == realm)
                && (one.organisation.is_empty() || organisation == Some(one.organisation.as_str()))
        };
        self.roles.iter().filter(counts).map(|one| one.role)
    }
}

/// A role over everything, for a realm that administers some realms only.
fn narrowed(role: AdminRole, realms: &[String]) -> Vec<AdminRole> {
    if role.over != EVERY_REALM {
        return vec![role];
    }
    realms.iter().map(|realm| AdminRole { over: realm.clone(), ..role.clone() }).collect()
}

/// A role that is given or taken.
#[derive(Debug, Clone)]
pub struct Gift {
    /// Who.
    pub holder: RoleHolder,
    /// As what.
    pub role: Role,
    /// The realm that they administer; `*`: all.
    pub over: String,
    /// The only organisation of it that they do; empty: all.
    pub organisation: String,
}

/// The roles in an admin realm.
///
/// # Errors
/// It is none, or the store cannot be read.
pub async fn list(store: &Store, realm: &Realm) -> Result<Vec<AdminRole>, AdminError> {
    is_admin(realm)?;
    Ok(store.list_roles(&realm.id).await?)
}

/// What people call a holder of a role: the user by what they type, the client by its name; none where they are gone.
///
/// # Errors
/// The store cannot be read.
pub async fn name_of(store: &Store, realm: &Realm, holder: &RoleHolder) -> Result<Option<String>, Fault> {
    Ok(match holder.kind {
        HolderKind::User => store.user(&realm.id, &holder.id).await?.map(|stored| stored.user.username),
        HolderKind::Client => store.client_with_secrets(&realm.id, &holder.id).await?.map(|(client, _)| client.name),
    })
}

/// Whom a name means in a realm: a user by name or id, a client by id.
///
/// # Errors
/// There is none such, or the store cannot be read.
pub async fn holder(store: &Store, realm: &Realm, kind: HolderKind, name: &str) -> Result<RoleHolder, AdminError> {
    Ok(match kind {
        HolderKind::User => RoleHolder::user(users::find(store, realm, name).await?.id),
        HolderKind::Client => RoleHolder::client(apps::find(store, realm, name).await?.id),
    })
}

/// Gives a role; whether they did not hold it before.
///
/// # Errors
/// The realm administers nothing, or not that; there is no such user, client, realm or organisation; the store cannot write.
pub async fn give(admin: &Admin<'_>, realm: &Realm, gift: Gift) -> Result<bool, AdminError> {
    let administration = is_admin(realm)?;
    if gift.over != EVERY_REALM {
        if !administration.covers(&gift.over) {
            return Err(AdminError::NotAdministered { realm: realm.id.clone(), over: gift.over });
        }
        let over = super::realms::find(admin.store, &gift.over).await?;
        if !gift.organisation.is_empty() {
            super::organisations::find(admin.store, &over, &gift.organisation).await?;
        }
    } else if !gift.organisation.is_empty() {
        return Err(AdminError::OrganisationOfNoRealm(gift.organisation));
    }
    let role = role_of(realm, gift, admin.now);
    given(admin, realm, &role, false).await
}

/// Takes a role back. The last user who owns everything keeps that, unless `even_last`.
///
/// # Errors
/// They do not hold it, nobody would be an owner any more, the realm administers nothing, or the store cannot write.
pub async fn take(admin: &Admin<'_>, realm: &Realm, gift: Gift, even_last: bool) -> Result<(), AdminError> {
    is_admin(realm)?;
    let role = role_of(realm, gift, admin.now);
    match admin.act(Act::RoleTake).drop_role(&role, even_last, admin.now).await? {
        Taken::Done => Ok(()),
        Taken::NotHeld => Err(AdminError::NoSuchRole { id: role.holder.id, role: role.role, over: role.over }),
        Taken::LastOwner => Err(AdminError::LastOwner(realm.id.clone())),
    }
}

/// Makes somebody the first owner of everything that an admin realm administers: the user is added where there is none of this name.
/// What it gives is a link, good once, behind which they choose their password.
///
/// # Errors
/// Somebody is an owner already and not `forced`, the realm administers nothing, something is wrong with the user, or the store
/// cannot write.
pub async fn first_owner(
    admin: &Admin<'_>,
    hasher: &Hasher,
    realm: &Realm,
    (username, email): (&str, &str),
    forced: bool,
) -> Result<(User, Plain), AdminError> {
    is_admin(realm)?;
    let owners = admin.store.list_roles(&realm.id).await?;
    let is_owner = |one: &AdminRole| one.owns_all() && one.holder.kind == HolderKind::User;
    if !forced && owners.iter().any(is_owner) {
        return Err(AdminError::OwnerExists(realm.id.clone()));
    }
    let user = match users::find(admin.store, realm, username).await {
        Ok(found) => found,
        Err(AdminError::NoSuchUser { .. }) => {
            users::add(admin, hasher, realm, new_administrator(username, email), None).await?
        }
        Err(error) => return Err(error),
    };
    let gift = Gift {
        holder: RoleHolder::user(&user.id),
        role: Role::Owner,
        over: EVERY_REALM.to_owned(),
        organisation: String::new(),
    };
    given(admin, realm, &role_of(realm, gift, admin.now), !forced).await?;
    let link = one_time_link(admin, realm, &user).await?;
    Ok((user, link))
}

async fn one_time_link(admin: &Admin<'_>, realm: &Realm, user: &User) -> Result<Plain, AdminError> {
    let (id, secret) = ids::new_with_secret(admin.now);
    let text = token::mint(Kind::Link, &id, &secret);
    let link = UserLink {
        hash: Masked(text.hash()),
        realm: realm.id.clone(),
        user: user.id.clone(),
        kind: LinkKind::FirstLogin,
        email: String::new(),
        expires_at: admin.now + LINK_MILLIS,
    };
    admin.store.put_user_link(link).await?;
    Ok(Plain::new(format!("{}{PATH}?link={}", realm.base(), text.expose())))
}

async fn given(admin: &Admin<'_>, realm: &Realm, role: &AdminRole, only_first: bool) -> Result<bool, AdminError> {
    match admin.act(Act::RoleGive).put_role(role, only_first, admin.now).await? {
        Given::Done => Ok(true),
        Given::Same => Ok(false),
        Given::OwnerExists => Err(AdminError::OwnerExists(realm.id.clone())),
        Given::NobodyThere => Err(match role.holder.kind {
            HolderKind::User => AdminError::NoSuchUser { realm: realm.id.clone(), user: role.holder.id.clone() },
            HolderKind::Client => AdminError::NoSuchApp(role.holder.id.clone()),
        }),
    }
}

fn role_of(realm: &Realm, gift: Gift, now: i64) -> AdminRole {
    let Gift { holder, role, over, organisation } = gift;
    AdminRole { realm: realm.id.clone(), holder, over, organisation, role, since: now }
}

/// A user who is to administer: no app acts as them.
pub(crate) fn new_administrator(username: &str, email: &str) -> User {
    User { email: Some(email.to_owned()), administrator: true, ..User::new("", username) }
}

fn is_admin(realm: &Realm) -> Result<&claviger_core::realm::Administration, AdminError> {
    realm.administration.as_ref().ok_or_else(|| AdminError::NotAnAdminRealm(realm.id.clone()))
}

#[cfg(test)]
mod tests;
