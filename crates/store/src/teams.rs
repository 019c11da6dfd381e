//! Teams of partners: who belongs to one, and who is invited.

use crate::app_events::named;
use crate::audit::act::{Subject, SubjectKind};
use crate::audit::log::AuditLog;
use crate::audit::values::Values;
use crate::mail::{Mail, queue};
use crate::statements::Statement;
use crate::store::{read, write};
use crate::tx::{End::Keep, End::Undo, Tx};
use crate::value::{Row, values};
use crate::{Fault, Hash, Masked, Store};
use claviger_core::User;
use serde_json::json;

/// How many teams one user is in at most, how many belong to a team, and how many are invited to one.
const MOST_TEAMS: i64 = 20;
const MOST_MEMBERS: i64 = 100;
const MOST_INVITED: i64 = 50;

named! {
    /// What a member may do.
    TeamRole {
        /// Everything, who belongs to the team included.
        Owner = "owner",
        /// Everything about the team's apps.
        Member = "member",
    }
}

/// A team.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Team {
    /// Its id in its realm.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// Since when it is there.
    pub created_at: i64,
}

/// Somebody who belongs to a team.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TeamMember {
    /// Their id.
    pub user: String,
    /// What they may do.
    pub role: TeamRole,
    /// Since when.
    pub joined_at: i64,
    /// Who they are; none where they are gone.
    pub person: Option<User>,
}

/// An invitation that was not used.
#[derive(Debug, Clone)]
pub struct TeamInvitation {
    /// SHA-256 of what is in the link.
    pub hash: Masked<Hash>,
    /// The realm.
    pub realm: String,
    /// The team.
    pub team: String,
    /// To whom it was sent.
    pub email: String,
    /// What they will be.
    pub role: TeamRole,
    /// Since when.
    pub created_at: i64,
    /// When it is over.
    pub expires_at: i64,
}

/// What became of a change of a team.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TeamChange {
    /// It is as was asked.
    Done,
    /// There is no such team, member or invitation.
    NotThere,
    /// It would have no owner any more.
    LastOwner,
    /// There are as many as there may be.
    Full,
}

impl Store {
    /// Makes a team with its first owner.
    ///
    /// # Errors
    /// The store cannot write; nothing was written.
    pub async fn add_team(&self, realm: &str, team: &Team, owner: &str) -> Result<TeamChange, Fault> {
        let (realm, team, owner, audit) = (realm.to_owned(), team.clone(), owner.to_owned(), self.audit.clone());
        write!(self, Several, |tx| {
            let log = AuditLog::open(tx, audit.as_deref()).await?;
            let now = team.created_at;
            let params = values![&realm, &team.id, &team.name, now, &owner, MOST_TEAMS];
            if tx.execute(Statement::AddTeam, params).await? == 0 {
                return Ok(Undo(TeamChange::Full));
            }
            add(tx, (&realm, &team.id), &owner, TeamRole::Owner, now).await?;
            let changed = Values::added(json!({ "name": team.name, "owner": owner }));
            log.write(tx, &realm, &subject(&team.id), changed, now).await?;
            Ok(Keep(TeamChange::Done))
        })
    }

    /// Calls a team something else.
    ///
    /// # Errors
    /// The store cannot write; nothing was written.
    pub async fn rename_team(&self, realm: &str, team: &str, name: &str, now: i64) -> Result<TeamChange, Fault> {
        let [realm, team, name] = [realm, team, name].map(str::to_owned);
        let audit = self.audit.clone();
        write!(self, Several, |tx| {
            let log = AuditLog::open(tx, audit.as_deref()).await?;
            let Some(was) = find(tx, &realm, &team).await? else { return Ok(Undo(TeamChange::NotThere)) };
            if tx.execute(Statement::RenameTeam, values![&realm, &team, &name]).await? == 0 {
                return Ok(Undo(TeamChange::Done));
            }
            let changed = Values::change(json!({ "name": was.name }), json!({ "name": name }));
            log.write(tx, &realm, &subject(&team), changed, now).await?;
            Ok(Keep(TeamChange::Done))
        })
    }

    /// The team of this id.
    ///
    /// # Errors
    /// The store cannot read.
    pub async fn team(&self, realm: &str, id: &str) -> Result<Option<Team>, Fault> {
        read!(self, |tx| { find(tx, realm, id).await })
    }

    /// The teams that somebody belongs to, with what they may do there.
    ///
    /// # Errors
    /// The store cannot read.
    pub async fn teams_of(&self, realm: &str, user: &str) -> Result<Vec<(Team, TeamRole)>, Fault> {
        read!(self, |tx| {
            let params = values![realm, user, MOST_TEAMS];
            tx.query(Statement::TeamsOf, params, |row| Ok((read_team(row)?, role(row.text(3)?)))).await
        })
    }

    /// The teams of a realm behind `after`, in the order of their ids, at most `limit`.
    ///
    /// # Errors
    /// The store cannot read.
    pub async fn list_teams(&self, realm: &str, after: &str, limit: i64) -> Result<Vec<Team>, Fault> {
        read!(self, |tx| { tx.query(Statement::ListTeams, values![realm, after, limit], read_team).await })
    }

    /// Who belongs to a team, from the first to the last who joined.
    ///
    /// # Errors
    /// The store cannot read.
    pub async fn team_members(&self, realm: &str, team: &str) -> Result<Vec<TeamMember>, Fault> {
        read!(self, |tx| {
            tx.query(Statement::TeamMembers, values![realm, team, MOST_MEMBERS], |row| {
                let person = row.text_or_null(3)?.map(serde_json::from_str::<User>).transpose()?;
                Ok(TeamMember { user: row.string(0)?, role: role(row.text(1)?), joined_at: row.int(2)?, person })
            })
            .await
        })
    }

    /// What somebody may do in a team; none where they do not belong to it.
    ///
    /// # Errors
    /// The store cannot read.
    pub async fn team_role(&self, realm: &str, team: &str, user: &str) -> Result<Option<TeamRole>, Fault> {
        read!(self, |tx| {
            tx.optional(Statement::TeamRole, values![realm, team, user], |row| Ok(role(row.text(0)?))).await
        })
    }

    /// Makes an invitation in the place of one to the same address, with the mail that brings it.
    ///
    /// # Errors
    /// The store cannot write; nothing was written.
    pub async fn invite_to_team(&self, invitation: TeamInvitation, mail: Mail, now: i64) -> Result<TeamChange, Fault> {
        let audit = self.audit.clone();
        write!(self, Several, |tx| {
            let log = AuditLog::open(tx, audit.as_deref()).await?;
            let TeamInvitation { hash, realm, team, email, role, created_at, expires_at } = &invitation;
            if tx.execute(Statement::LockTeam, values![realm, team]).await? == 0 {
                return Ok(Undo(TeamChange::NotThere));
            }
            tx.execute(Statement::DropTeamInvitations, values![realm, team, email]).await?;
            let params = values![hash, realm, team, email, role.name(), *created_at, *expires_at, MOST_INVITED];
            if tx.execute(Statement::AddTeamInvitation, params).await? == 0 {
                return Ok(Undo(TeamChange::Full));
            }
            queue(tx, &mail, now).await?;
            let changed = Values::added(json!({ "invited": role.name() })).named(email);
            log.write(tx, realm, &subject(team), changed, now).await?;
            Ok(Keep(TeamChange::Done))
        })
    }

    /// The invitations to a team that are good.
    ///
    /// # Errors
    /// The store cannot read.
    pub async fn team_invitations(&self, realm: &str, team: &str, now: i64) -> Result<Vec<TeamInvitation>, Fault> {
        read!(self, |tx| {
            tx.query(Statement::TeamInvitations, values![realm, team, now, MOST_INVITED], read_invitation).await
        })
    }

    /// An invitation that was not used and is not over.
    ///
    /// # Errors
    /// The store cannot read.
    pub async fn team_invitation(&self, hash: &Hash, now: i64) -> Result<Option<TeamInvitation>, Fault> {
        read!(self, |tx| { tx.optional(Statement::TeamInvitation, values![hash, now], read_invitation).await })
    }

    /// Takes an invitation back.
    ///
    /// # Errors
    /// The store cannot write.
    pub async fn drop_team_invitation(&self, realm: &str, team: &str, email: &str) -> Result<bool, Fault> {
        let [realm, team, email] = [realm, team, email].map(str::to_owned);
        write!(self, Single, |tx| {
            Ok(Keep(tx.execute(Statement::DropTeamInvitations, values![&realm, &team, &email]).await? > 0))
        })
    }

    /// Uses an invitation up: somebody belongs to the team from now on. One caller only does.
    ///
    /// # Errors
    /// The store cannot write; nothing was written.
    pub async fn join_team(&self, invitation: &TeamInvitation, user: &str, now: i64) -> Result<TeamChange, Fault> {
        let (invitation, user, audit) = (invitation.clone(), user.to_owned(), self.audit.clone());
        write!(self, Several, |tx| {
            let log = AuditLog::open(tx, audit.as_deref()).await?;
            let TeamInvitation { hash, realm, team, role, .. } = &invitation;
            if tx.execute(Statement::LockTeam, values![realm, team]).await? == 0
                || tx.execute(Statement::UseTeamInvitation, values![hash, now]).await? == 0
            {
                return Ok(Undo(TeamChange::NotThere));
            }
            let belongs = tx.optional(Statement::TeamRole, values![realm, team, &user], |_| Ok(())).await?.is_some();
            if !belongs && !add(tx, (realm, team), &user, *role, now).await? {
                return Ok(Undo(TeamChange::Full));
            }
            let changed = Values::added(json!({ "member": user, "role": role.name() }));
            log.write(tx, realm, &subject(team), changed, now).await?;
            Ok(Keep(TeamChange::Done))
        })
    }

    /// Gives a member another role; the last owner stays one.
    ///
    /// # Errors
    /// The store cannot write; nothing was written.
    pub async fn set_team_role(
        &self,
        (realm, team): (&str, &str),
        user: &str,
        role: TeamRole,
        now: i64,
    ) -> Result<TeamChange, Fault> {
        let [realm, team, user] = [realm, team, user].map(str::to_owned);
        let audit = self.audit.clone();
        write!(self, Several, |tx| {
            let log = AuditLog::open(tx, audit.as_deref()).await?;
            if tx.execute(Statement::LockTeam, values![&realm, &team]).await? == 0
                || !is_member(tx, &realm, &team, &user).await?
            {
                return Ok(Undo(TeamChange::NotThere));
            }
            if role == TeamRole::Member && !has_other_owner(tx, &realm, &team, &user).await? {
                return Ok(Undo(TeamChange::LastOwner));
            }
            tx.execute(Statement::SetTeamRole, values![&realm, &team, &user, role.name()]).await?;
            let changed = Values::added(json!({ "member": user, "role": role.name() }));
            log.write(tx, &realm, &subject(&team), changed, now).await?;
            Ok(Keep(TeamChange::Done))
        })
    }

    /// Lets a member go. The last owner goes only when `successor`, another member, becomes one.
    ///
    /// # Errors
    /// The store cannot write; nothing was written.
    pub async fn leave_team(
        &self,
        (realm, team): (&str, &str),
        user: &str,
        successor: Option<&str>,
        now: i64,
    ) -> Result<TeamChange, Fault> {
        let [realm, team, user] = [realm, team, user].map(str::to_owned);
        let (successor, audit) = (successor.map(str::to_owned), self.audit.clone());
        write!(self, Several, |tx| {
            let log = AuditLog::open(tx, audit.as_deref()).await?;
            if tx.execute(Statement::LockTeam, values![&realm, &team]).await? == 0
                || !is_member(tx, &realm, &team, &user).await?
            {
                return Ok(Undo(TeamChange::NotThere));
            }
            if let Some(next) = successor.as_ref().filter(|next| **next != user) {
                if !is_member(tx, &realm, &team, next).await? {
                    return Ok(Undo(TeamChange::NotThere));
                }
                tx.execute(Statement::SetTeamRole, values![&realm, &team, next, TeamRole::Owner.name()]).await?;
            }
            if !has_other_owner(tx, &realm, &team, &user).await? {
                return Ok(Undo(TeamChange::LastOwner));
            }
            tx.execute(Statement::RemoveTeamMember, values![&realm, &team, &user]).await?;
            let changed = Values::change(json!({ "member": user }), json!({ "owner": successor }));
            log.write(tx, &realm, &subject(&team), changed, now).await?;
            Ok(Keep(TeamChange::Done))
        })
    }
}

fn subject(team: &str) -> Subject {
    Subject::new(SubjectKind::Team, team)
}

fn role(name: &str) -> TeamRole {
    TeamRole::of(name).unwrap_or(TeamRole::Member)
}

async fn find(tx: &mut impl Tx, realm: &str, id: &str) -> Result<Option<Team>, Fault> {
    tx.optional(Statement::Team, values![realm, id], read_team).await
}

async fn is_member(tx: &mut impl Tx, realm: &str, team: &str, user: &str) -> Result<bool, Fault> {
    Ok(tx.optional(Statement::TeamRole, values![realm, team, user], |_| Ok(())).await?.is_some())
}

async fn has_other_owner(tx: &mut impl Tx, realm: &str, team: &str, user: &str) -> Result<bool, Fault> {
    Ok(tx.optional(Statement::OtherOwners, values![realm, team, user], |_| Ok(())).await?.is_some())
}

async fn add(
    tx: &mut impl Tx,
    (realm, team): (&str, &str),
    user: &str,
    role: TeamRole,
    now: i64,
) -> Result<bool, Fault> {
    let params = values![realm, team, user, role.name(), now, MOST_MEMBERS];
    Ok(tx.execute(Statement::AddTeamMember, params).await? > 0)
}

fn read_team(row: &Row<'_>) -> Result<Team, Fault> {
    Ok(Team { id: row.string(0)?, name: row.string(1)?, created_at: row.int(2)? })
}

fn read_invitation(row: &Row<'_>) -> Result<TeamInvitation, Fault> {
    Ok(TeamInvitation {
        hash: Masked(row.array(0)?),
        realm: row.string(1)?,
        team: row.string(2)?,
        email: row.string(3)?,
        role: role(row.text(4)?),
        created_at: row.int(5)?,
        expires_at: row.int(6)?,
    })
}
