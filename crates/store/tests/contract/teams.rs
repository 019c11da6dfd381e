//! Teams of partners: an invitation is used once, a team keeps an owner, what there may be of them is bounded.

use crate::fixtures::{HOUR, NOW, at_once, id, set_up, user};
use claviger_store::{Mail, Masked, Store, Team, TeamChange, TeamInvitation, TeamRole};

fn team(id: &str) -> Team {
    Team { id: id.into(), name: format!("Team {id}"), created_at: NOW }
}

fn invitation(hash: u8, email: &str) -> TeamInvitation {
    TeamInvitation {
        hash: Masked([hash; 32]),
        realm: "r".into(),
        team: "t".into(),
        email: email.into(),
        role: TeamRole::Member,
        created_at: NOW,
        expires_at: NOW + HOUR,
    }
}

fn mail(to: &str) -> Mail {
    Mail { id: id(), recipient: to.into(), doc: "{}".into() }
}

async fn role(store: &Store, user: &str) -> Option<TeamRole> {
    store.team_role("r", "t", user).await.unwrap()
}

pub(crate) async fn a_team_has_a_name_an_owner_and_a_bound(store: Store) {
    set_up(&store).await;
    assert_eq!(store.add_team("r", &team("t"), "u").await.unwrap(), TeamChange::Done);
    assert_eq!(store.teams_of("r", "u").await.unwrap(), [(team("t"), TeamRole::Owner)]);
    assert!(store.teams_of("other", "u").await.unwrap().is_empty(), "a team is of its realm");
    assert_eq!(store.rename_team("r", "t", "Fleet", NOW).await.unwrap(), TeamChange::Done);
    assert_eq!(store.rename_team("r", "x", "Fleet", NOW).await.unwrap(), TeamChange::NotThere);
    assert_eq!(store.team("r", "t").await.unwrap().unwrap().name, "Fleet");
    let members = store.team_members("r", "t").await.unwrap();
    assert_eq!((members.len(), members[0].user.as_str(), members[0].role), (1, "u", TeamRole::Owner));
    assert_eq!(members[0].person.as_ref().map(|person| person.id.as_str()), Some("u"));
    for number in 1..20 {
        assert_eq!(store.add_team("r", &team(&format!("t{number:02}")), "u").await.unwrap(), TeamChange::Done);
    }
    assert_eq!(store.add_team("r", &team("one-more"), "u").await.unwrap(), TeamChange::Full);
    assert!(store.team("r", "one-more").await.unwrap().is_none(), "nothing was written");
    let listed = store.list_teams("r", "t01", 2).await.unwrap();
    assert_eq!(listed.iter().map(|one| one.id.as_str()).collect::<Vec<_>>(), ["t02", "t03"]);
}

pub(crate) async fn of_64_who_use_an_invitation_one_joins(store: Store) {
    set_up(&store).await;
    store.add_team("r", &team("t"), "u").await.unwrap();
    let invite = |hash, email| store.invite_to_team(invitation(hash, email), mail(email), NOW);
    assert_eq!(invite(1, "carl@example.com").await.unwrap(), TeamChange::Done);
    // Another one to the same address takes the place of the first.
    assert_eq!(invite(2, "carl@example.com").await.unwrap(), TeamChange::Done);
    assert!(store.team_invitation(&[1; 32], NOW).await.unwrap().is_none());
    assert!(store.team_invitation(&[2; 32], NOW + 2 * HOUR).await.unwrap().is_none(), "it is over");
    assert_eq!(store.team_invitations("r", "t", NOW).await.unwrap().len(), 1);
    let found = store.team_invitation(&[2; 32], NOW).await.unwrap().unwrap();
    let late = store.join_team(&found, "late", NOW + 2 * HOUR).await.unwrap();
    assert_eq!(late, TeamChange::NotThere);
    let joined = at_once(|caller| {
        let (store, found) = (store.clone(), found.clone());
        async move { store.join_team(&found, &format!("u{caller}"), NOW).await.unwrap() }
    })
    .await;
    assert_eq!(joined.iter().filter(|one| **one == TeamChange::Done).count(), 1);
    assert!(joined.iter().all(|one| matches!(one, TeamChange::Done | TeamChange::NotThere)), "{joined:?}");
    assert_eq!(store.team_members("r", "t").await.unwrap().len(), 2);
    assert!(store.team_invitations("r", "t", NOW).await.unwrap().is_empty());

    // One that is taken back opens nothing; nobody is invited to a team that is not there.
    invite(3, "dora@example.com").await.unwrap();
    assert!(store.drop_team_invitation("r", "t", "dora@example.com").await.unwrap());
    assert!(!store.drop_team_invitation("r", "t", "dora@example.com").await.unwrap());
    assert_eq!(store.join_team(&invitation(3, "dora@example.com"), "dora", NOW).await.unwrap(), TeamChange::NotThere);
    let elsewhere = TeamInvitation { team: "x".into(), ..invitation(4, "dora@example.com") };
    assert_eq!(store.invite_to_team(elsewhere, mail("dora@example.com"), NOW).await.unwrap(), TeamChange::NotThere);
}

pub(crate) async fn a_team_keeps_an_owner(store: Store) {
    set_up(&store).await;
    store.put_user("r", &user("v"), None, NOW).await.unwrap();
    store.add_team("r", &team("t"), "u").await.unwrap();
    let to = ("r", "t");
    assert_eq!(store.set_team_role(to, "u", TeamRole::Member, NOW).await.unwrap(), TeamChange::LastOwner);
    assert_eq!(store.leave_team(to, "u", None, NOW).await.unwrap(), TeamChange::LastOwner);
    assert_eq!(
        store.leave_team(to, "u", Some("v"), NOW).await.unwrap(),
        TeamChange::NotThere,
        "v does not belong to it"
    );
    assert_eq!(store.set_team_role(to, "v", TeamRole::Owner, NOW).await.unwrap(), TeamChange::NotThere);
    store.invite_to_team(invitation(1, "v@example.com"), mail("v@example.com"), NOW).await.unwrap();
    let invited = store.team_invitation(&[1; 32], NOW).await.unwrap().unwrap();
    store.join_team(&invited, "v", NOW + 1).await.unwrap();
    assert_eq!(role(&store, "v").await, Some(TeamRole::Member));
    assert_eq!(store.leave_team(to, "u", Some("v"), NOW + 2).await.unwrap(), TeamChange::Done);
    assert_eq!((role(&store, "u").await, role(&store, "v").await), (None, Some(TeamRole::Owner)));
    assert_eq!(store.leave_team(to, "u", None, NOW + 2).await.unwrap(), TeamChange::NotThere);
}

pub(crate) async fn of_two_owners_who_leave_at_once_one_stays(store: Store) {
    set_up(&store).await;
    store.add_team("r", &team("t"), "u").await.unwrap();
    let both = TeamInvitation { role: TeamRole::Owner, ..invitation(1, "v@example.com") };
    store.invite_to_team(both.clone(), mail("v@example.com"), NOW).await.unwrap();
    store.join_team(&both, "v", NOW).await.unwrap();
    let leave = |user: &'static str| {
        let store = store.clone();
        tokio::spawn(async move { store.leave_team(("r", "t"), user, None, NOW).await.unwrap() })
    };
    let (one, other) = (leave("u"), leave("v"));
    let mut ends = [one.await.unwrap(), other.await.unwrap()];
    ends.sort_by_key(|end| *end != TeamChange::Done);
    assert_eq!(ends, [TeamChange::Done, TeamChange::LastOwner]);
    assert_eq!(store.team_members("r", "t").await.unwrap().len(), 1);
}
