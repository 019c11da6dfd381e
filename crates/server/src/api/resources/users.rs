//! Users of a realm.

use crate::admin::users;
use crate::api::call::Call;
use crate::api::operation::{About, Answers, Guard, Method, Operation, Reply, param};
use crate::api::page::{AFTER, LIMIT};
use crate::api::problem::{self, Problem};
use crate::api::schema::{Schema, Shape, always, may, or_null};
use crate::api::times::or_null as time_or_null;
use claviger_core::permission::{Permission, Resource, Verb};
use claviger_core::token::Plain;
use claviger_core::user::Details;
use claviger_core::{Realm, User};
use claviger_store::SubjectKind;
use serde_json::{Value, json};

const TEXTS: Shape = Shape::List(&Shape::Text);

const FACTOR: Schema = Schema {
    name: "Factor",
    says: "What a user signs in with beside their password",
    fields: &[
        always("kind", Shape::Text, "The kind"),
        always("count", Shape::Int, "How many; of codes, those that are left"),
    ],
    open: false,
};

const USER: Schema = Schema {
    name: "User",
    says: "A user",
    fields: &[
        always("realm", Shape::Text, "Their realm"),
        always("id", Shape::Text, "Their id: `sub`"),
        always("username", Shape::Text, "What they type"),
        or_null("name", Shape::Text, "What people call them"),
        or_null("email", Shape::Text, "Their mail address"),
        always("email_verified", Shape::Bool, "It was found to be theirs"),
        always("disabled", Shape::Bool, "They sign in no more"),
        always("service", Shape::Bool, "They stand for unattended integration"),
        always("administrator", Shape::Bool, "They administer the realm's own applications"),
        always("organisations", TEXTS, "The organisations that they belong to"),
        always("groups", TEXTS, "Their groups"),
        always("roles", TEXTS, "Their roles in the realm's applications"),
        always("claims", Shape::Map, "Further claims"),
        always("attributes", Shape::Map, "Further attributes"),
        or_null("updated_at", Shape::Time, "When what is known of them changed last"),
        or_null(
            "factors",
            Shape::List(&Shape::Object(&FACTOR)),
            "What they sign in with beside a password; null in lists",
        ),
        or_null(
            "managed_by",
            Shape::Text,
            "The realm file that manages them: they are changed there, and read-only here",
        ),
    ],
    open: true,
};

const NEW: Schema = Schema {
    name: "NewUser",
    says: "A user that is to be added",
    fields: &[
        may("id", Shape::Name(200), "Their id; made where it is left out"),
        always("username", Shape::Name(200), "What they type"),
        may("name", Shape::Text, "What people call them"),
        may("email", Shape::Text, "Their mail address"),
        may("email_verified", Shape::Bool, "It was found to be theirs"),
        may("given_name", Shape::Text, "Their given name"),
        may("family_name", Shape::Text, "Their family name"),
        may("service", Shape::Bool, "They stand for unattended integration"),
        may("organisations", TEXTS, "The organisations that they belong to"),
        may("groups", TEXTS, "Their groups"),
        may("roles", TEXTS, "Their roles"),
        may("claims", Shape::Map, "Further claims"),
        may("attributes", Shape::Map, "Further attributes"),
        may("password", Shape::Text, "Their password; without one they are invited"),
    ],
    open: false,
};

const CHANGE: Schema = Schema {
    name: "UserChange",
    says: "What shall be different; what is left out stays (RFC 7396)",
    fields: &[
        may("username", Shape::Name(200), "What they type"),
        may("name", Shape::Text, "What people call them; empty: nothing"),
        may("email", Shape::Text, "Their mail address; empty: none"),
        may("email_verified", Shape::Bool, "It was found to be theirs"),
        may("given_name", Shape::Text, "Their given name; empty: none"),
        may("family_name", Shape::Text, "Their family name; empty: none"),
        may("organisations", TEXTS, "The organisations that they belong to"),
        may("groups", TEXTS, "Their groups"),
        may("roles", TEXTS, "Their roles"),
        may("claims", Shape::Map, "Further claims"),
        may("attributes", Shape::Map, "Further attributes"),
        may("password", Shape::Text, "Another password: it ends what the old one gave"),
    ],
    open: false,
};

const REMOVED: Schema = Schema {
    name: "RemovedFactors",
    says: "What was removed",
    fields: &[always("removed", Shape::Int, "How many")],
    open: false,
};

const WRITE: (Resource, Verb, About) = (Resource::Users, Verb::Write, About::User);
const ONE: Answers = Answers::One(200, &USER);
const PATH: &str = "/realms/{realm}/users/{user}";

pub(super) const OPERATIONS: &[Operation] = &[
    Operation::get(
        "listUsers",
        "/realms/{realm}/users",
        "The users of a realm, by id",
        (Resource::Users, About::Organisation),
        Answers::Page(&USER),
        |call| Box::pin(list(call)),
    )
    .query(&[
        LIMIT,
        AFTER,
        param(
            "search",
            Shape::Text,
            "Only those of whom this is known: a part of their name, user name or mail address",
        ),
        param("organisation", Shape::Text, "Only members of this one"),
    ]),
    Operation::act(
        "addUser",
        (Method::Post, "/realms/{realm}/users"),
        "Adds a user",
        (Resource::Users, Verb::Write, About::Organisation),
        Answers::One(201, &USER),
        |call| Box::pin(add(call)),
    )
    .query(&[param("organisation", Shape::Text, "The organisation for which the caller acts, where that is one only")])
    .body(&NEW),
    Operation::get("getUser", PATH, "A user, by id or user name", (Resource::Users, About::User), ONE, |call| {
        Box::pin(get(call))
    }),
    Operation::act("changeUser", (Method::Patch, PATH), "Changes a user", WRITE, ONE, |call| Box::pin(change(call)))
        .body(&CHANGE)
        .guard(Guard::Must(|call| Box::pin(get(call)))),
    Operation::act(
        "deleteUser",
        (Method::Delete, PATH),
        "Removes a user with all that was theirs",
        WRITE,
        Answers::Nothing,
        |call| Box::pin(delete(call)),
    )
    .query(&[param("erase", Shape::OneOf(&["true", "false"]), "The log of acts forgets their personal values as well")])
    .guard(Guard::Must(|call| Box::pin(get(call)))),
    Operation::act(
        "inviteUser",
        (Method::Post, "/realms/{realm}/users/{user}/invite"),
        "Sends a user a link behind which they choose their password",
        WRITE,
        Answers::Nothing,
        |call| Box::pin(invite(call)),
    ),
    Operation::act(
        "disableUser",
        (Method::Post, "/realms/{realm}/users/{user}/disable"),
        "Lets a user sign in no more, and ends all that they have",
        WRITE,
        ONE,
        |call| Box::pin(disable(call)),
    )
    .guard(Guard::May(|call| Box::pin(get(call)))),
    Operation::act(
        "enableUser",
        (Method::Post, "/realms/{realm}/users/{user}/enable"),
        "Lets a disabled user in again",
        WRITE,
        ONE,
        |call| Box::pin(enable(call)),
    )
    .guard(Guard::May(|call| Box::pin(get(call)))),
    Operation::act(
        "resetFactors",
        (Method::Post, "/realms/{realm}/users/{user}/reset-factors"),
        "Removes what a user signs in with beside their password",
        WRITE,
        Answers::One(200, &REMOVED),
        |call| Box::pin(reset(call)),
    ),
];

pub(super) fn shown(realm: &Realm, user: &User, factors: &Value, file: Option<&String>) -> Value {
    let Details { claims, groups, roles, organisation_roles, attributes, updated_at } = &user.details;
    json!({
        "realm": realm.id, "id": user.id, "username": user.username, "name": user.name, "email": user.email,
        "email_verified": user.email_verified, "given_name": user.given_name, "family_name": user.family_name,
        "disabled": user.disabled, "service": user.service, "administrator": user.administrator,
        "organisations": user.organisations, "groups": groups, "roles": roles, "organisation_roles": organisation_roles,
        "claims": claims, "attributes": attributes, "factors": factors, "managed_by": file,
        "updated_at": time_or_null(updated_at.map(|seconds| seconds.saturating_mul(1000))),
    })
}

async fn one(call: &Call<'_>, user: &User) -> Result<Value, Problem> {
    let (realm, store) = (call.realm()?, &call.state.store);
    let factors = users::factors(store, realm, &user.id).await?;
    let factors: Vec<_> = factors.into_iter().map(|(kind, count)| json!({ "kind": kind, "count": count })).collect();
    let file = store.managed_by(&realm.id, SubjectKind::User, &user.id).await?;
    Ok(shown(realm, user, &factors.into(), file.as_ref()))
}

async fn get(call: &Call<'_>) -> Result<Reply, Problem> {
    Ok(Reply::ok(one(call, call.user()?).await?))
}

/// The user as they are after an act.
async fn anew(call: &Call<'_>) -> Result<Reply, Problem> {
    let user = users::find(&call.state.store, call.realm()?, &call.user()?.id).await?;
    Ok(Reply::ok(one(call, &user).await?))
}

async fn list(call: &Call<'_>) -> Result<Reply, Problem> {
    let (realm, store, page) = (call.realm()?, &call.state.store, call.page()?);
    let [after] = page.parts()?;
    let text = call.asked("search").map(str::trim).filter(|text| !text.is_empty());
    let found = match (call.asked("organisation"), text) {
        (None, None) => store.list_users(&realm.id, &after, page.read()).await?,
        (organisation, text) => {
            store.search_users(&realm.id, organisation, text.unwrap_or_default(), &after, page.read()).await?
        }
    };
    let managed = store.managed(&realm.id).await?;
    let file = |id: &str| managed.get(&(SubjectKind::User.name().to_owned(), id.to_owned()));
    Ok(page.reply(found, |one| vec![one.id.clone()], |one| shown(realm, &one, &Value::Null, file(&one.id))))
}

/// Nobody makes somebody a member of what they do not administer.
fn may_join(call: &Call<'_>, organisations: &[String]) -> Result<(), Problem> {
    let (permission, realm) = (Permission::new(Resource::Users, Verb::Write), call.realm()?);
    if call.caller.may(permission, realm, None) {
        return Ok(());
    }
    let may = |id: &String| call.caller.may(permission, realm, Some(id));
    if !organisations.is_empty() && organisations.iter().all(may) {
        return Ok(());
    }
    let why = "the caller administers some organisations only: users belong to those, and to no other";
    Err(Problem::new(problem::FORBIDDEN, why))
}

fn details(call: &Call<'_>, was: Details) -> Result<Details, Problem> {
    Ok(Details {
        groups: call.texts("groups").unwrap_or(was.groups),
        roles: call.texts("roles").unwrap_or(was.roles),
        claims: call.read("claims")?.unwrap_or(was.claims),
        attributes: call.read("attributes")?.unwrap_or(was.attributes),
        ..was
    })
}

async fn add(call: &Call<'_>) -> Result<Reply, Problem> {
    let text = |name: &str| call.text(name).filter(|text| !text.is_empty()).map(str::to_owned);
    let flag = |name: &str| call.body.get(name).and_then(Value::as_bool).unwrap_or_default();
    let user = User {
        id: text("id").unwrap_or_default(),
        username: text("username").unwrap_or_default(),
        name: text("name"),
        email: text("email"),
        email_verified: flag("email_verified"),
        given_name: text("given_name"),
        family_name: text("family_name"),
        service: flag("service"),
        administrator: false,
        disabled: false,
        organisations: call.texts("organisations").unwrap_or_default(),
        details: details(call, Details::default())?,
    };
    may_join(call, &user.organisations)?;
    let password = call.text("password").map(Plain::from);
    let user = users::add(&call.admin(), &call.state.hasher, call.realm()?, user, password).await?;
    Ok(Reply::made(one(call, &user).await?))
}

async fn change(call: &Call<'_>) -> Result<Reply, Problem> {
    if let Some(organisations) = call.texts("organisations") {
        may_join(call, &organisations)?;
    }
    let before = call.user()?;
    let text = |name: &str, was: Option<String>| match call.text(name) {
        Some(text) => Some(text.to_owned()).filter(|text| !text.is_empty()),
        None => was,
    };
    let further = details(call, before.details.clone())?;
    let make = |was: User| User {
        username: call.text("username").map_or(was.username, str::to_owned),
        name: text("name", was.name),
        email: text("email", was.email),
        email_verified: call.body.get("email_verified").and_then(Value::as_bool).unwrap_or(was.email_verified),
        given_name: text("given_name", was.given_name),
        family_name: text("family_name", was.family_name),
        organisations: call.texts("organisations").unwrap_or(was.organisations),
        details: Details { updated_at: was.details.updated_at, ..further },
        ..was
    };
    let password = call.text("password").map(Plain::from);
    let (admin, hasher, realm) = (call.admin(), &call.state.hasher, call.realm()?);
    let (user, _) = users::edit(&admin, hasher, realm, &before.id, (make, password), false).await?;
    Ok(Reply::ok(one(call, &user).await?))
}

async fn delete(call: &Call<'_>) -> Result<Reply, Problem> {
    let erase = call.asked("erase") == Some("true");
    users::delete(&call.admin(), call.realm()?, call.user()?, erase, false).await?;
    Ok(Reply::nothing())
}

async fn invite(call: &Call<'_>) -> Result<Reply, Problem> {
    let (secrets, pages) = (&call.state.secrets, call.state.pages.load_full());
    users::invite(&call.admin(), secrets, &pages, call.realm()?, call.user()?).await?;
    call.state.handed_in.notify_one();
    Ok(Reply::nothing())
}

async fn disable(call: &Call<'_>) -> Result<Reply, Problem> {
    users::disable(&call.admin(), call.realm()?, &call.user()?.id).await?;
    anew(call).await
}

async fn enable(call: &Call<'_>) -> Result<Reply, Problem> {
    users::enable(&call.admin(), call.realm()?, &call.user()?.id).await?;
    anew(call).await
}

async fn reset(call: &Call<'_>) -> Result<Reply, Problem> {
    let removed = users::reset_factors(&call.admin(), call.realm()?, call.user()?).await?;
    Ok(Reply::ok(json!({ "removed": removed })))
}
