//! Organisations of a realm: the companies or sites, their members, and which apps may act for them.

use crate::admin::{organisation_apps, organisations, users};
use crate::api::call::Call;
use crate::api::operation::{About, Answers, Guard, Method, Operation, Reply};
use crate::api::page::{AFTER, LIMIT};
use crate::api::problem::Problem;
use crate::api::schema::{Schema, Shape, always, may, or_null};
use crate::api::times::time;
use claviger_core::permission::{Resource, Verb};
use claviger_core::user::Organisation;
use serde_json::{Value, json};

const ORGANISATION: Schema = Schema {
    name: "Organisation",
    says: "A company or site",
    fields: &[
        always("id", Shape::Text, "Its id"),
        always("name", Shape::Text, "What people call it"),
        always("kind", Shape::Text, "What it is, like `company`"),
    ],
    open: true,
};

const NEW: Schema = Schema {
    name: "NewOrganisation",
    says: "An organisation that is to be added",
    fields: &[
        always("id", Shape::Name(200), "Its id"),
        always("name", Shape::Name(200), "What people call it"),
        may("kind", Shape::Text, "What it is; left out: `company`"),
    ],
    open: false,
};

const CHANGE: Schema = Schema {
    name: "OrganisationChange",
    says: "What shall be different",
    fields: &[may("name", Shape::Name(200), "What people call it"), may("kind", Shape::Text, "What it is")],
    open: false,
};

const MEMBER: Schema = Schema {
    name: "Member",
    says: "A member of an organisation",
    fields: &[
        always("id", Shape::Text, "The user's id"),
        always("username", Shape::Text, "What they type"),
        or_null("name", Shape::Text, "What people call them"),
        always("disabled", Shape::Bool, "They sign in no more"),
        always("roles", Shape::List(&Shape::Text), "Their roles in the organisation"),
    ],
    open: false,
};

const MEMBERS: Schema = Schema {
    name: "Members",
    says: "The members of an organisation",
    fields: &[always("items", Shape::List(&Shape::Object(&MEMBER)), "By id")],
    open: false,
};

const ROLES: Schema = Schema {
    name: "MemberRoles",
    says: "Roles in an organisation",
    fields: &[may("roles", Shape::List(&Shape::Text), "Roles that they get beside those that they have")],
    open: false,
};

const ACTING: Schema = Schema {
    name: "ActingApp",
    says: "An app that acts for an organisation in a member's name",
    fields: &[
        always("app", Shape::Text, "The app"),
        or_null("app_name", Shape::Text, "What people call it"),
        or_null("user", Shape::Text, "The member, by id; null: it acts for itself"),
        or_null("username", Shape::Text, "What people call them"),
        always("since", Shape::Time, "Since when"),
        always("last_used_at", Shape::Time, "When it was last given tokens"),
    ],
    open: false,
};

const RULE: Schema = Schema {
    name: "AppRule",
    says: "What an organisation says of an app",
    fields: &[always("app", Shape::Text, "The app"), always("allowed", Shape::Bool, "It may act for the organisation")],
    open: false,
};

const APPS: Schema = Schema {
    name: "OrganisationApps",
    says: "Which apps act for an organisation, and which may",
    fields: &[
        always("only_listed", Shape::Bool, "Only apps that are allowed by name may"),
        always("rules", Shape::List(&Shape::Object(&RULE)), "What it says of apps"),
        always("acting", Shape::List(&Shape::Object(&ACTING)), "The apps that do"),
    ],
    open: false,
};

const ALLOWED: Schema = Schema {
    name: "Allowed",
    says: "Whether an app may act",
    fields: &[always("allowed", Shape::Bool, "It may")],
    open: false,
};

const ONLY_LISTED: Schema = Schema {
    name: "OnlyListed",
    says: "Whether only apps may act that are allowed by name",
    fields: &[always("only_listed", Shape::Bool, "Only those may")],
    open: false,
};

const END: Schema = Schema {
    name: "EndAccess",
    says: "Whose access ends",
    fields: &[may("app", Shape::Name(2000), "The app; left out: every one")],
    open: false,
};

const ENDED: Schema = Schema {
    name: "EndedGrants",
    says: "What ended",
    fields: &[always("grants", Shape::Int, "From how many grants it was taken")],
    open: false,
};

const READ: (Resource, About) = (Resource::Organisations, About::Organisation);
const WRITE: (Resource, Verb, About) = (Resource::Organisations, Verb::Write, About::Organisation);
const ALL: (Resource, Verb, About) = (Resource::Organisations, Verb::Write, About::Realm);
const ONE: Answers = Answers::One(200, &ORGANISATION);
const PATH: &str = "/realms/{realm}/organisations/{organisation}";
const MEMBER_PATH: &str = "/realms/{realm}/organisations/{organisation}/members/{member}";

pub(super) const OPERATIONS: &[Operation] = &[
    Operation::get(
        "listOrganisations",
        "/realms/{realm}/organisations",
        "The organisations of a realm, by id",
        (Resource::Organisations, About::Realm),
        Answers::Page(&ORGANISATION),
        |call| Box::pin(list(call)),
    )
    .query(&[LIMIT, AFTER]),
    Operation::act(
        "addOrganisation",
        (Method::Post, "/realms/{realm}/organisations"),
        "Adds an organisation",
        ALL,
        Answers::One(201, &ORGANISATION),
        |call| Box::pin(add(call)),
    )
    .body(&NEW),
    Operation::get("getOrganisation", PATH, "An organisation", READ, ONE, |call| Box::pin(get(call))),
    Operation::act("changeOrganisation", (Method::Patch, PATH), "Changes what it is called", ALL, ONE, |call| {
        Box::pin(change(call))
    })
    .body(&CHANGE)
    .guard(Guard::Must(|call| Box::pin(get(call)))),
    Operation::act(
        "deleteOrganisation",
        (Method::Delete, PATH),
        "Removes an organisation to which nobody belongs",
        ALL,
        Answers::Nothing,
        |call| Box::pin(delete(call)),
    )
    .guard(Guard::Must(|call| Box::pin(get(call)))),
    Operation::get(
        "listMembers",
        "/realms/{realm}/organisations/{organisation}/members",
        "Who belongs to it",
        READ,
        Answers::One(200, &MEMBERS),
        |call| Box::pin(members(call)),
    ),
    Operation::act(
        "addMember",
        (Method::Put, MEMBER_PATH),
        "Lets a user belong to it, or gives a member more roles",
        ALL,
        Answers::One(200, &MEMBER),
        |call| Box::pin(join(call)),
    )
    .body(&ROLES),
    Operation::act(
        "removeMember",
        (Method::Delete, MEMBER_PATH),
        "Lets a user belong to it no more",
        WRITE,
        Answers::Nothing,
        |call| Box::pin(leave(call)),
    ),
    Operation::get(
        "listOrganisationApps",
        "/realms/{realm}/organisations/{organisation}/apps",
        "Which apps act for it, and which may",
        READ,
        Answers::One(200, &APPS),
        |call| Box::pin(apps(call)),
    ),
    Operation::act(
        "changeOrganisationApps",
        (Method::Patch, "/realms/{realm}/organisations/{organisation}/apps"),
        "Lets only apps act for it that are allowed by name, or every one that is not blocked",
        WRITE,
        Answers::One(200, &APPS),
        |call| Box::pin(only_listed(call)),
    )
    .body(&ONLY_LISTED)
    .guard(Guard::May(|call| Box::pin(apps(call)))),
    Operation::act(
        "setAppRule",
        (Method::Put, "/realms/{realm}/organisations/{organisation}/apps/{app}"),
        "Lets an app act for it, or not",
        WRITE,
        Answers::One(200, &APPS),
        |call| Box::pin(set_rule(call)),
    )
    .body(&ALLOWED)
    .guard(Guard::May(|call| Box::pin(apps(call)))),
    Operation::act(
        "endAccess",
        (Method::Post, "/realms/{realm}/organisations/{organisation}/end-access"),
        "Ends what apps may do for it",
        WRITE,
        Answers::One(200, &ENDED),
        |call| Box::pin(end(call)),
    )
    .body(&END),
];

fn shown(organisation: &Organisation) -> Result<Value, Problem> {
    Ok(serde_json::to_value(organisation)?)
}

async fn get(call: &Call<'_>) -> Result<Reply, Problem> {
    let found = organisations::find(&call.state.store, call.realm()?, call.named("organisation")).await?;
    Ok(Reply::ok(shown(&found)?))
}

async fn list(call: &Call<'_>) -> Result<Reply, Problem> {
    let (realm, page) = (call.realm()?, call.page()?);
    let [after] = page.parts()?;
    let found = call.state.store.list_organisations(&realm.id, &after, page.read()).await?;
    Ok(page.reply(found, |one| vec![one.id.clone()], |one| serde_json::to_value(one).unwrap_or_default()))
}

async fn add(call: &Call<'_>) -> Result<Reply, Problem> {
    let text = |name: &str| call.text(name).unwrap_or_default().to_owned();
    let kind = call.text("kind").unwrap_or("company").to_owned();
    let organisation = Organisation { id: text("id"), name: text("name"), kind };
    organisations::add(&call.admin(), call.realm()?, organisation.clone()).await?;
    Ok(Reply::made(shown(&organisation)?))
}

async fn change(call: &Call<'_>) -> Result<Reply, Problem> {
    let make = |was: Organisation| Organisation {
        name: call.text("name").map_or(was.name, str::to_owned),
        kind: call.text("kind").map_or(was.kind, str::to_owned),
        ..was
    };
    let (admin, realm) = (call.admin(), call.realm()?);
    let (organisation, _) = organisations::edit(&admin, realm, call.named("organisation"), make).await?;
    Ok(Reply::ok(shown(&organisation)?))
}

async fn delete(call: &Call<'_>) -> Result<Reply, Problem> {
    organisations::remove(&call.admin(), call.realm()?, call.named("organisation")).await?;
    Ok(Reply::nothing())
}

fn member(user: &claviger_core::User, organisation: &str) -> Value {
    let roles = user.details.organisation_roles.get(organisation).cloned().unwrap_or_default();
    json!({ "id": user.id, "username": user.username, "name": user.name, "disabled": user.disabled, "roles": roles })
}

async fn members(call: &Call<'_>) -> Result<Reply, Problem> {
    let id = call.named("organisation");
    let found = organisations::members(&call.state.store, call.realm()?, id).await?;
    Ok(Reply::ok(json!({ "items": found.iter().map(|user| member(user, id)).collect::<Vec<_>>() })))
}

async fn join(call: &Call<'_>) -> Result<Reply, Problem> {
    let (realm, id) = (call.realm()?, call.named("organisation"));
    let user = users::find(&call.state.store, realm, call.named("member")).await?;
    let roles = call.texts("roles").unwrap_or_default();
    let (admin, hasher) = (call.admin(), &call.state.hasher);
    let (user, _) = organisations::add_member(&admin, hasher, realm, (id, &user.id), roles, false).await?;
    Ok(Reply::ok(member(&user, id)))
}

async fn leave(call: &Call<'_>) -> Result<Reply, Problem> {
    let (realm, id) = (call.realm()?, call.named("organisation"));
    let user = users::find(&call.state.store, realm, call.named("member")).await?;
    organisations::remove_member(&call.admin(), &call.state.hasher, realm, (id, &user.id), false).await?;
    Ok(Reply::nothing())
}

async fn apps(call: &Call<'_>) -> Result<Reply, Problem> {
    let (realm, id) = (call.realm()?, call.named("organisation"));
    let (acting, rules) = organisation_apps::list(&call.state.store, realm, id, call.now).await?;
    let only_listed = rules.iter().any(|rule| rule.app.is_empty() && !rule.allowed);
    let rules: Vec<_> = rules
        .iter()
        .filter(|rule| !rule.app.is_empty())
        .map(|rule| json!({ "app": rule.app, "allowed": rule.allowed }))
        .collect();
    let acting: Vec<_> = acting
        .iter()
        .map(|one| {
            json!({
                "app": one.app, "app_name": one.app_name, "user": one.user, "username": one.username,
                "since": time(one.since), "last_used_at": time(one.used_at),
            })
        })
        .collect();
    Ok(Reply::ok(json!({ "only_listed": only_listed, "rules": rules, "acting": acting })))
}

async fn only_listed(call: &Call<'_>) -> Result<Reply, Problem> {
    let only = call.body.get("only_listed").and_then(Value::as_bool).unwrap_or_default();
    organisation_apps::only_listed(&call.admin(), call.realm()?, call.named("organisation"), only).await?;
    apps(call).await
}

async fn set_rule(call: &Call<'_>) -> Result<Reply, Problem> {
    let allowed = call.body.get("allowed").and_then(Value::as_bool).unwrap_or_default();
    let (realm, id, app) = (call.realm()?, call.named("organisation"), call.named("app"));
    organisation_apps::set(&call.admin(), realm, id, app, allowed).await?;
    apps(call).await
}

async fn end(call: &Call<'_>) -> Result<Reply, Problem> {
    let (realm, id) = (call.realm()?, call.named("organisation"));
    let app = call.text("app");
    let ended = organisation_apps::end(&call.admin(), realm, id, app).await?;
    Ok(Reply::ok(json!({ "grants": ended })))
}
