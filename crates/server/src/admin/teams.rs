//! Teams of partners: made, called something else; who is invited, joins and leaves.

use super::partner_letters::{Desk, Said, letter};
use super::{Act, Admin, AdminError, Broken};
use crate::ids;
use crate::pages::mails::PortalMailKind;
use claviger_core::Realm;
use claviger_core::claims::id_text;
use claviger_core::text::is_name;
use claviger_core::token::{self, Kind, Plain};
use claviger_core::user::is_mail_address;
use claviger_store::{Masked, Store, Team, TeamChange, TeamInvitation, TeamMember, TeamRole};

/// How long an invitation works.
pub const INVITATION_SECONDS: u64 = 7 * 86_400;
const INVITATION_MILLIS: i64 = 7 * 86_400_000;

/// The longest name of a team, in characters.
const LONGEST_NAME: usize = 100;

/// The teams of a partners' realm, in the order in which they came to be.
///
/// # Errors
/// The realm has no portal, or the store cannot be read.
pub async fn list(store: &Store, realm: &Realm) -> Result<Vec<Team>, AdminError> {
    const PAGE: i64 = 500;
    super::partner_apps::portal(realm)?;
    let mut all: Vec<Team> = Vec::new();
    loop {
        let after = all.last().map(|team| team.id.clone()).unwrap_or_default();
        let page = store.list_teams(&realm.id, &after, PAGE).await?;
        if page.is_empty() {
            return Ok(all);
        }
        all.extend(page);
    }
}

/// A team and who belongs to it.
///
/// # Errors
/// There is no such team, or the store cannot be read.
pub async fn show(store: &Store, realm: &Realm, id: &str) -> Result<(Team, Vec<TeamMember>), AdminError> {
    let team = store.team(&realm.id, id).await?.ok_or_else(|| no_such_team(id))?;
    Ok((team, store.team_members(&realm.id, id).await?))
}

/// Makes a team; `owner`: the id of its first owner.
///
/// # Errors
/// The name is none, its owner is in as many teams as one may be, or the store cannot write.
pub async fn create(admin: &Admin<'_>, realm: &Realm, name: &str, owner: &str) -> Result<Team, AdminError> {
    super::partner_apps::portal(realm)?;
    let team = Team { id: id_text(&ids::new(admin.now)), name: named(name)?, created_at: admin.now };
    done(admin.act(Act::TeamCreate).add_team(&realm.id, &team, owner).await?, &team.id)?;
    Ok(team)
}

/// Calls a team something else.
///
/// # Errors
/// The name is none, there is no such team, or the store cannot write.
pub async fn rename(admin: &Admin<'_>, realm: &Realm, team: &str, name: &str) -> Result<(), AdminError> {
    let name = named(name)?;
    done(admin.act(Act::TeamEdit).rename_team(&realm.id, team, &name, admin.now).await?, team)
}

/// Invites somebody into a team: queues a mail with a link that works once. An invitation to the same address works no more.
///
/// # Errors
/// It is no address, there is no such team, as many are invited as may be, or the store cannot write.
pub async fn invite(
    admin: &Admin<'_>,
    desk: Desk<'_>,
    realm: &Realm,
    team: &str,
    (email, role): (&str, TeamRole),
) -> Result<(), AdminError> {
    let email = email.trim();
    if !is_mail_address(email) {
        return Err(AdminError::invalid("email", &Broken::Address(email.to_owned())));
    }
    let (found, _) = show(admin.store, realm, team).await?;
    let (id, random) = ids::new_with_secret(admin.now);
    let text = token::mint(Kind::Link, &id, &random);
    let url = Plain::new(format!("{}/portal/join?link={}", realm.base(), text.expose()));
    let said = Said {
        kind: PortalMailKind::Invitation,
        about: &found.name,
        words: "",
        link: Some((url, INVITATION_SECONDS)),
        name: None,
        legacy: None,
    };
    let mail = letter(desk, realm, email, &said, admin.now)?;
    let invitation = TeamInvitation {
        hash: Masked(text.hash()),
        realm: realm.id.clone(),
        team: team.to_owned(),
        email: email.to_owned(),
        role,
        created_at: admin.now,
        expires_at: admin.now + INVITATION_MILLIS,
    };
    done(admin.act(Act::TeamEdit).invite_to_team(invitation, mail, admin.now).await?, team)
}

/// Uses an invitation up: `user` belongs to its team from now on.
///
/// # Errors
/// The invitation was used, the team is full, or the store cannot write.
pub async fn join(admin: &Admin<'_>, invitation: &TeamInvitation, user: &str) -> Result<(), AdminError> {
    done(admin.act(Act::TeamEdit).join_team(invitation, user, admin.now).await?, &invitation.team)
}

/// Gives a member another role.
///
/// # Errors
/// They do not belong to the team, they are its last owner, or the store cannot write.
pub async fn set_role(
    admin: &Admin<'_>,
    realm: &Realm,
    team: &str,
    user: &str,
    role: TeamRole,
) -> Result<(), AdminError> {
    done(admin.act(Act::TeamEdit).set_team_role((&realm.id, team), user, role, admin.now).await?, team)
}

/// Lets a member go. The last owner goes only when `successor`, another member, becomes one.
///
/// # Errors
/// They do not belong to the team, they are its last owner, or the store cannot write.
pub async fn leave(
    admin: &Admin<'_>,
    realm: &Realm,
    team: &str,
    user: &str,
    successor: Option<&str>,
) -> Result<(), AdminError> {
    done(admin.act(Act::TeamEdit).leave_team((&realm.id, team), user, successor, admin.now).await?, team)
}

fn named(name: &str) -> Result<String, AdminError> {
    let name = name.trim();
    if is_name(name) && name.chars().count() <= LONGEST_NAME && !name.is_empty() {
        return Ok(name.to_owned());
    }
    Err(AdminError::invalid("name", &Broken::Name { longest: LONGEST_NAME }))
}

fn no_such_team(id: &str) -> AdminError {
    AdminError::NoSuchTeam(id.to_owned())
}

fn done(change: TeamChange, team: &str) -> Result<(), AdminError> {
    match change {
        TeamChange::Done => Ok(()),
        TeamChange::NotThere => Err(no_such_team(team)),
        TeamChange::LastOwner => Err(AdminError::LastTeamOwner(team.to_owned())),
        TeamChange::Full => Err(AdminError::Full("as many teams, members or invitations")),
    }
}
