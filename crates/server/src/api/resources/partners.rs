//! Partners: their teams, the apps of these, and what partners are told.

use crate::admin::announcements::{self, About as Concerns};
use crate::admin::{partner_apps, teams, users};
use crate::api::call::Call;
use crate::api::operation::{About, Answers, Method, Operation, Reply};
use crate::api::page::{AFTER, LIMIT};
use crate::api::problem::Problem;
use crate::api::schema::{Schema, Shape, always, may, or_null};
use crate::api::times::{parse, time};
use claviger_core::dialect::Legacy;
use claviger_core::permission::{Resource, Verb};
use claviger_store::{Announcement, PartnerApp, Team};
use serde_json::{Value, json};

const DAY: i64 = 86_400_000;

const TEAM: Schema = Schema {
    name: "Team",
    says: "A team of partners",
    fields: &[
        always("id", Shape::Text, "Its id"),
        always("name", Shape::Text, "What people call it"),
        always("created_at", Shape::Time, "When it was made"),
    ],
    open: false,
};

const MEMBER: Schema = Schema {
    name: "TeamMember",
    says: "Who belongs to a team",
    fields: &[
        always("user", Shape::Text, "Their id"),
        or_null("username", Shape::Text, "What they type; null: they are gone"),
        always("role", Shape::Text, "What they may do there"),
        always("since", Shape::Time, "Since when"),
    ],
    open: false,
};

const APP: Schema = Schema {
    name: "PartnerApp",
    says: "An app of a team, with its clients in both realms",
    fields: &[
        always("id", Shape::Text, "Its id"),
        always("name", Shape::Text, "What people call it"),
        always("kind", Shape::Text, "web, page, native or machine"),
        always("state", Shape::Text, "Whether it is drawn up still, or has its clients"),
        or_null("sandbox_realm", Shape::Text, "The realm in which it has credentials at once"),
        always("sandbox", Shape::Text, "Its client_id there"),
        always("production_realm", Shape::Text, "The realm in which it waits for approval"),
        always("production", Shape::Text, "Its client_id there"),
    ],
    open: false,
};

const SHOWN: Schema = Schema {
    name: "TeamDetails",
    says: "A team with its members and its apps",
    fields: &[
        always("team", Shape::Object(&TEAM), "The team"),
        always("members", Shape::List(&Shape::Object(&MEMBER)), "Who belongs to it"),
        always("apps", Shape::List(&Shape::Object(&APP)), "Its apps, 200 at most"),
    ],
    open: false,
};

const NEW_TEAM: Schema = Schema {
    name: "NewTeam",
    says: "A team that is to be made",
    fields: &[
        always("name", Shape::Name(200), "What people call it"),
        always("owner", Shape::Name(2000), "Its first owner: a user of the realm, by id or user name"),
    ],
    open: false,
};

const ANNOUNCEMENT: Schema = Schema {
    name: "Announcement",
    says: "What partners are told in their portal",
    fields: &[
        always("id", Shape::Text, "Its id"),
        always("about", Shape::OneOf(&["all", "scope", "legacy"]), "Whom it concerns"),
        or_null("name", Shape::Text, "The scope or the legacy behaviour; null: everybody"),
        always("text", Shape::Text, "What it says"),
        always("from", Shape::Time, "From when it is shown"),
        always("until", Shape::Time, "Until when"),
    ],
    open: false,
};

const NEW_ANNOUNCEMENT: Schema = Schema {
    name: "NewAnnouncement",
    says: "What partners are to be told: all of them, or those whose apps have a scope or a legacy behaviour",
    fields: &[
        always("text", Shape::Name(4000), "What it says"),
        may("scope", Shape::Name(200), "Only for apps that may have this scope"),
        may("legacy", Shape::Name(200), "Only for apps with this legacy behaviour"),
        may("until", Shape::Time, "Until when it is shown; left out: for thirty days"),
    ],
    open: false,
};

const ANNOUNCEMENTS: Schema = Schema {
    name: "Announcements",
    says: "What partners are told; those that are over are among them",
    fields: &[always("items", Shape::List(&Shape::Object(&ANNOUNCEMENT)), "In the order in which they were written")],
    open: false,
};

const READ: (Resource, About) = (Resource::Apps, About::Realm);
const WRITE: (Resource, Verb, About) = (Resource::Apps, Verb::Write, About::Realm);

pub(super) const OPERATIONS: &[Operation] = &[
    Operation::get(
        "listTeams",
        "/realms/{realm}/teams",
        "The teams of a partners' realm",
        READ,
        Answers::Page(&TEAM),
        |call| Box::pin(list_teams(call)),
    )
    .query(&[LIMIT, AFTER]),
    Operation::act(
        "addTeam",
        (Method::Post, "/realms/{realm}/teams"),
        "Makes a team of partners",
        WRITE,
        Answers::One(201, &TEAM),
        |call| Box::pin(add_team(call)),
    )
    .body(&NEW_TEAM),
    Operation::get(
        "getTeam",
        "/realms/{realm}/teams/{team}",
        "A team with its members and its apps",
        READ,
        Answers::One(200, &SHOWN),
        |call| Box::pin(get_team(call)),
    ),
    Operation::get(
        "listAnnouncements",
        "/realms/{realm}/announcements",
        "What partners are told",
        READ,
        Answers::One(200, &ANNOUNCEMENTS),
        |call| Box::pin(list_announcements(call)),
    ),
    Operation::act(
        "addAnnouncement",
        (Method::Post, "/realms/{realm}/announcements"),
        "Tells partners something",
        WRITE,
        Answers::One(201, &ANNOUNCEMENT),
        |call| Box::pin(announce(call)),
    )
    .body(&NEW_ANNOUNCEMENT),
    Operation::act(
        "removeAnnouncement",
        (Method::Delete, "/realms/{realm}/announcements/{announcement}"),
        "Takes back what partners are told",
        WRITE,
        Answers::Nothing,
        |call| Box::pin(take_back(call)),
    ),
];

fn team(one: &Team) -> Value {
    json!({ "id": one.id, "name": one.name, "created_at": time(one.created_at) })
}

fn app(one: &PartnerApp) -> Value {
    json!({
        "id": one.id, "name": one.name, "kind": one.kind, "state": one.state.name(), "sandbox_realm": one.sandbox_realm,
        "sandbox": one.sandbox, "production_realm": one.production_realm, "production": one.production,
    })
}

async fn list_teams(call: &Call<'_>) -> Result<Reply, Problem> {
    let (realm, page) = (call.realm()?, call.page()?);
    partner_apps::portal(realm)?;
    let [after] = page.parts()?;
    let found = call.state.store.list_teams(&realm.id, &after, page.read()).await?;
    Ok(page.reply(found, |one| vec![one.id.clone()], |one| team(&one)))
}

async fn add_team(call: &Call<'_>) -> Result<Reply, Problem> {
    let realm = call.realm()?;
    let owner = users::find(&call.state.store, realm, call.text("owner").unwrap_or_default()).await?;
    let made = teams::create(&call.admin(), realm, call.text("name").unwrap_or_default(), &owner.id).await?;
    Ok(Reply::made(team(&made)))
}

async fn get_team(call: &Call<'_>) -> Result<Reply, Problem> {
    const MOST: i64 = 200;
    let (realm, store) = (call.realm()?, &call.state.store);
    let (found, members) = teams::show(store, realm, call.named("team")).await?;
    let apps = partner_apps::list(store, realm, &found.id, "", MOST).await?;
    let member = |one: &claviger_store::TeamMember| {
        json!({
            "user": one.user, "username": one.person.as_ref().map(|user| &user.username), "role": one.role.name(),
            "since": time(one.joined_at),
        })
    };
    Ok(Reply::ok(json!({
        "team": team(&found), "members": members.iter().map(member).collect::<Vec<_>>(),
        "apps": apps.iter().map(app).collect::<Vec<_>>(),
    })))
}

fn announcement(one: &Announcement) -> Value {
    json!({
        "id": one.id, "about": one.about_kind.name(), "name": Some(&one.about).filter(|name| !name.is_empty()),
        "text": one.words, "from": time(one.from_at), "until": time(one.until_at),
    })
}

async fn list_announcements(call: &Call<'_>) -> Result<Reply, Problem> {
    let found = announcements::list(&call.state.store, call.realm()?).await?;
    Ok(Reply::ok(json!({ "items": found.iter().map(announcement).collect::<Vec<_>>() })))
}

async fn announce(call: &Call<'_>) -> Result<Reply, Problem> {
    let about = match (call.text("scope"), call.text("legacy")) {
        (None, None) => Concerns::All,
        (Some(scope), None) => Concerns::Scope(scope.to_owned()),
        (None, Some(name)) => {
            let known = Legacy::ALL.into_iter().find(|one| one.name() == name);
            let all = Legacy::ALL.map(Legacy::name).join(", ");
            Concerns::Legacy(known.ok_or_else(|| Problem::field("/legacy", format!("there is: {all}")))?)
        }
        (Some(_), Some(_)) => return Err(Problem::field("/legacy", "either a scope or a legacy behaviour")),
    };
    let until = call.text("until").and_then(parse).unwrap_or(call.now + 30 * DAY);
    let text = call.text("text").unwrap_or_default();
    let made = announcements::add(&call.admin(), call.realm()?, &about, text, (call.now, until)).await?;
    Ok(Reply::made(announcement(&made)))
}

async fn take_back(call: &Call<'_>) -> Result<Reply, Problem> {
    announcements::remove(&call.admin(), call.realm()?, call.named("announcement")).await?;
    Ok(Reply::nothing())
}
