//! Who may administer: the roles of users and clients of an admin realm.

use crate::audit::act::{Subject, SubjectKind};
use crate::audit::log::AuditLog;
use crate::audit::values::Values;
use crate::statements::Statement;
use crate::store::{read, write};
use crate::tx::{End::Keep, End::Undo, Tx};
use crate::value::{Row, values};
use crate::{Fault, Store, clients, users};
use claviger_core::permission::Role;
use claviger_core::realm::EVERY_REALM;
use serde_json::json;

/// What kind of thing holds a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HolderKind {
    /// A user.
    User,
    /// A client, which acts for itself.
    Client,
}

impl HolderKind {
    /// As it is stored and printed.
    pub const fn name(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Client => "client",
        }
    }

    fn named(name: &str) -> Option<Self> {
        [Self::User, Self::Client].into_iter().find(|kind| kind.name() == name)
    }
}

/// Who holds a role, in an admin realm.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RoleHolder {
    /// A user or a client.
    pub kind: HolderKind,
    /// Their id.
    pub id: String,
}

impl RoleHolder {
    /// A user.
    pub fn user(id: impl Into<String>) -> Self {
        Self { kind: HolderKind::User, id: id.into() }
    }

    /// A client.
    pub fn client(id: impl Into<String>) -> Self {
        Self { kind: HolderKind::Client, id: id.into() }
    }

    fn subject(&self) -> Subject {
        let kind = match self.kind {
            HolderKind::User => SubjectKind::User,
            HolderKind::Client => SubjectKind::App,
        };
        Subject::new(kind, &self.id)
    }
}

/// A role that somebody holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdminRole {
    /// The admin realm.
    pub realm: String,
    /// Who.
    pub holder: RoleHolder,
    /// The realm that is administered; `*`: all.
    pub over: String,
    /// The only organisation of that realm that is; empty: all, and what is nobody's in particular.
    pub organisation: String,
    /// As what.
    pub role: Role,
    /// Since when.
    pub since: i64,
}

impl AdminRole {
    /// Whether it is that of an owner of everything.
    pub fn owns_all(&self) -> bool {
        self.role == Role::Owner && self.over == EVERY_REALM && self.organisation.is_empty()
    }
}

/// What became of giving a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Given {
    /// They hold it now.
    Done,
    /// They held it before; nothing was written.
    Same,
    /// There is no such user or client; nothing was written.
    NobodyThere,
    /// Somebody else is an owner already, and nobody was to be; nothing was written.
    OwnerExists,
}

/// What became of taking a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// They hold it no more.
    Done,
    /// They did not hold it; nothing was written.
    NotHeld,
    /// Nobody would be an owner any more; nothing was written.
    LastOwner,
}

impl Store {
    /// The roles that somebody holds.
    ///
    /// # Errors
    /// The store cannot read.
    pub async fn roles_of(&self, realm: &str, holder: &RoleHolder) -> Result<Vec<AdminRole>, Fault> {
        let found = read!(self, |tx| {
            tx.query(Statement::RolesOf, values![realm, holder.kind.name(), &holder.id], read_role).await
        })?;
        Ok(found.into_iter().flatten().collect())
    }

    /// Every role in an admin realm.
    ///
    /// # Errors
    /// The store cannot read.
    pub async fn list_roles(&self, realm: &str) -> Result<Vec<AdminRole>, Fault> {
        let found = read!(self, |tx| { tx.query(Statement::AllRoles, values![realm], read_role).await })?;
        Ok(found.into_iter().flatten().collect())
    }

    /// Gives a role, as an act. `only_first`: where no other user owns everything.
    ///
    /// # Errors
    /// The store cannot write; nothing was written.
    pub async fn put_role(&self, role: &AdminRole, only_first: bool, now: i64) -> Result<Given, Fault> {
        let (role, audit) = (role.clone(), self.audit.clone());
        write!(self, Several, |tx| {
            let log = AuditLog::open(tx, audit.as_deref()).await?;
            let (realm, holder) = (&role.realm, &role.holder);
            if !is_there(tx, realm, holder).await? {
                return Ok(Undo(Given::NobodyThere));
            }
            if only_first && has_other_owner(tx, &role).await? {
                return Ok(Undo(Given::OwnerExists));
            }
            let (kind, name) = (holder.kind.name(), role.role.name());
            let params = values![realm, kind, &holder.id, &role.over, &role.organisation, name, now];
            if tx.execute(Statement::PutRole, params).await? == 0 {
                return Ok(Undo(Given::Same));
            }
            log.write(tx, realm, &holder.subject(), Values::added(told(&role)), now).await?;
            Ok(Keep(Given::Done))
        })
    }

    /// Takes a role back, as an act. The last user who owns everything keeps that, unless `even_last`.
    ///
    /// # Errors
    /// The store cannot write; nothing was written.
    pub async fn drop_role(&self, role: &AdminRole, even_last: bool, now: i64) -> Result<Taken, Fault> {
        let (role, audit) = (role.clone(), self.audit.clone());
        write!(self, Several, |tx| {
            let log = AuditLog::open(tx, audit.as_deref()).await?;
            let (realm, holder) = (&role.realm, &role.holder);
            let params =
                values![realm, holder.kind.name(), &holder.id, &role.over, &role.organisation, role.role.name()];
            if tx.execute(Statement::DropRole, params).await? == 0 {
                return Ok(Undo(Taken::NotHeld));
            }
            if role.owns_all() && holder.kind == HolderKind::User && !even_last && !has_other_owner(tx, &role).await? {
                return Ok(Undo(Taken::LastOwner));
            }
            log.write(tx, realm, &holder.subject(), Values::between(Some(told(&role)), None), now).await?;
            Ok(Keep(Taken::Done))
        })
    }
}

async fn is_there(tx: &mut impl Tx, realm: &str, holder: &RoleHolder) -> Result<bool, Fault> {
    Ok(match holder.kind {
        HolderKind::User => users::find(tx, realm, &holder.id).await?.is_some(),
        HolderKind::Client => clients::find(tx, realm, &holder.id).await?.is_some(),
    })
}

async fn has_other_owner(tx: &mut impl Tx, role: &AdminRole) -> Result<bool, Fault> {
    let other = tx.optional(Statement::OtherOwner, values![&role.realm, &role.holder.id], |row| row.string(0)).await?;
    Ok(other.is_some())
}

fn told(role: &AdminRole) -> serde_json::Value {
    json!({ "role": role.role.name(), "over": role.over, "organisation": role.organisation })
}

/// `None` for what a newer program wrote.
fn read_role(row: &Row<'_>) -> Result<Option<AdminRole>, Fault> {
    let (Some(kind), Ok(role)) = (HolderKind::named(row.text(1)?), row.text(5)?.parse()) else { return Ok(None) };
    Ok(Some(AdminRole {
        realm: row.string(0)?,
        holder: RoleHolder { kind, id: row.string(2)? },
        over: row.string(3)?,
        organisation: row.string(4)?,
        role,
        since: row.int(6)?,
    }))
}
