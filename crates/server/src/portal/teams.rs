//! Who belongs to a team: shown, invited, made an owner, left.

use super::desk::{Desk, link, refused, with_letters};
use crate::admin::teams;
use crate::failure::Failure;
use crate::http::Answer;
use crate::pages::Moment;
use crate::pages::views::{InvitedLine, MemberLine, PortalBody, PortalError, TeamPage};
use claviger_core::Params;
use claviger_store::{TeamMember, TeamRole};

pub(super) async fn create(desk: &Desk<'_>, params: &Params<'_>) -> Result<Answer, Failure> {
    let name = params.get("name").unwrap_or_default();
    match teams::create(&desk.admin(), desk.realm(), name, &desk.who.user.id).await {
        Ok(team) => Ok(desk.go(&format!("?team={}", team.id), "team")),
        Err(error) => {
            let wrong = refused(error)?;
            let page = crate::pages::views::PortalHome {
                who: desk.who.user.username.clone(),
                teams: Vec::new(),
                team: None,
                apps: Vec::new(),
                more_url: None,
                announcements: Vec::new(),
                has_sandbox: false,
            };
            Ok(desk.show(PortalBody::Home(page), wrong))
        }
    }
}

pub(super) async fn open(desk: &Desk<'_>, id: &str, errors: Vec<PortalError>) -> Result<Answer, Failure> {
    let Some((team, role)) = desk.team(id).await? else { return Ok(desk.not_found()) };
    let store = &desk.flow.state.store;
    let members = store.team_members(&desk.realm().id, id).await?;
    let invited = store.team_invitations(&desk.realm().id, id, desk.now()).await?;
    let me = &desk.who.user.id;
    let is_owner = role == TeamRole::Owner;
    let others = members.iter().any(|one| one.role == TeamRole::Owner && one.user != *me);
    let page = TeamPage {
        team: link(&team, true),
        members: members.iter().map(|one| member(one, me)).collect(),
        invited: invited
            .into_iter()
            .map(|one| InvitedLine {
                email: one.email,
                is_owner: one.role == TeamRole::Owner,
                ends: Moment::of(one.expires_at),
            })
            .collect(),
        is_owner,
        is_last_owner: is_owner && !others,
    };
    Ok(desk.show(PortalBody::Team(page), errors))
}

fn member(one: &TeamMember, me: &str) -> MemberLine {
    let person = one.person.as_ref();
    let name = person.map(|user| user.name.clone().unwrap_or_else(|| user.username.clone()));
    MemberLine {
        id: one.user.clone(),
        name: name.unwrap_or_default(),
        email: person.and_then(|user| user.email.clone()).unwrap_or_default(),
        is_owner: one.role == TeamRole::Owner,
        is_me: one.user == me,
        since: Moment::of(one.joined_at),
    }
}

pub(super) async fn take(desk: &Desk<'_>, id: &str, params: &Params<'_>) -> Result<Answer, Failure> {
    let Some((_, role)) = desk.team(id).await? else { return Ok(desk.not_found()) };
    let act = params.get("act").unwrap_or_default();
    let (admin, realm) = (desk.admin(), desk.realm());
    // What is only an owner's to do is not there for a member.
    if role != TeamRole::Owner && act != "leave" {
        return Ok(desk.not_found());
    }
    let field = |name: &str| params.get(name).unwrap_or_default();
    let done = match act {
        "rename" => teams::rename(&admin, realm, id, field("name")).await.map(|()| "saved"),
        "invite" => {
            let role = if field("role") == "owner" { TeamRole::Owner } else { TeamRole::Member };
            let sent = with_letters(desk.flow, async |letters| {
                teams::invite(&admin, letters, realm, id, (field("email"), role)).await
            })
            .await;
            desk.handed_in();
            sent.map(|()| "invited")
        }
        "uninvite" => {
            desk.flow.state.store.drop_team_invitation(&realm.id, id, field("email")).await?;
            Ok("removed")
        }
        "make-owner" => teams::set_role(&admin, realm, id, field("user"), TeamRole::Owner).await.map(|()| "saved"),
        "make-member" => teams::set_role(&admin, realm, id, field("user"), TeamRole::Member).await.map(|()| "saved"),
        "remove" => teams::leave(&admin, realm, id, field("user"), None).await.map(|()| "removed"),
        "leave" => {
            let successor = Some(field("successor")).filter(|next| !next.is_empty());
            match teams::leave(&admin, realm, id, &desk.who.user.id, successor).await {
                Ok(()) => return Ok(desk.go("", "left")),
                Err(error) => Err(error),
            }
        }
        _ => return Ok(desk.not_found()),
    };
    match done {
        Ok(said) => Ok(desk.go(&format!("/teams/{id}"), said)),
        Err(error) => open(desk, id, refused(error)?).await,
    }
}
