//! Who may administer: the roles of the admin realm itself.

use crate::admin::roles::{self, Gift};
use crate::api::call::Call;
use crate::api::operation::{About, Answers, Method, Operation, Reply};
use crate::api::problem::{self, Problem};
use crate::api::schema::{Schema, Shape, always, may, or_null};
use crate::api::times::time;
use claviger_core::permission::{Resource, Role, Verb};
use claviger_core::realm::EVERY_REALM;
use claviger_store::{AdminRole, HolderKind};
use serde_json::{Value, json};

const KINDS: &[&str] = &["user", "client"];
const ROLES: &[&str] = &["owner", "operator", "reviewer", "auditor"];

const ROLE: Schema = Schema {
    name: "Role",
    says: "A role that somebody of the admin realm holds",
    fields: &[
        always("kind", Shape::OneOf(KINDS), "A user, or a client that acts for itself"),
        always("id", Shape::Text, "Their id"),
        or_null("name", Shape::Text, "What they type, or what people call the client; null: they are gone"),
        always("role", Shape::OneOf(ROLES), "As what"),
        always("over", Shape::Text, "The realm that they administer; `*`: all"),
        or_null("organisation", Shape::Text, "The only organisation of it that they do; null: all"),
        always("since", Shape::Time, "Since when"),
    ],
    open: false,
};

const ALL: Schema = Schema {
    name: "Roles",
    says: "Who may administer",
    fields: &[always("items", Shape::List(&Shape::Object(&ROLE)), "By whom")],
    open: false,
};

const GIFT: Schema = Schema {
    name: "RoleChange",
    says: "A role that is given or taken",
    fields: &[
        may("kind", Shape::OneOf(KINDS), "A user, or a client; left out: a user"),
        always("holder", Shape::Name(2000), "A user by id or user name, a client by id"),
        always("role", Shape::OneOf(ROLES), "As what"),
        may("over", Shape::Name(200), "The realm; left out: all that the admin realm administers"),
        may("organisation", Shape::Text, "The only organisation of it"),
    ],
    open: false,
};

const WRITE: (Resource, Verb, About) = (Resource::Roles, Verb::Write, About::Some);

pub(super) const OPERATIONS: &[Operation] = &[
    Operation::get(
        "listRoles",
        "/roles",
        "Who may administer",
        (Resource::Roles, About::Some),
        Answers::One(200, &ALL),
        |call| Box::pin(list(call)),
    ),
    Operation::act(
        "giveRole",
        (Method::Post, "/roles/give"),
        "Lets a user or a client of the admin realm administer; nobody gives what they do not own",
        WRITE,
        Answers::One(200, &ALL),
        |call| Box::pin(give(call)),
    )
    .body(&GIFT),
    Operation::act(
        "takeRole",
        (Method::Post, "/roles/take"),
        "Lets them administer no more; the last owner of everything stays one",
        WRITE,
        Answers::One(200, &ALL),
        |call| Box::pin(take(call)),
    )
    .body(&GIFT),
];

fn shown(role: &AdminRole, name: Option<&str>) -> Value {
    json!({
        "kind": role.holder.kind.name(), "id": role.holder.id, "name": name, "role": role.role, "over": role.over,
        "organisation": Some(&role.organisation).filter(|id| !id.is_empty()), "since": time(role.since),
    })
}

/// The roles over what the caller administers.
async fn list(call: &Call<'_>) -> Result<Reply, Problem> {
    let permission = claviger_core::permission::Permission::new(Resource::Roles, Verb::Read);
    let all = roles::list(&call.state.store, call.home).await?;
    let seen = all.iter().filter(|one| match one.over.as_str() {
        EVERY_REALM => call.caller.may_everywhere(permission),
        over => call.caller.may_for_some(permission, over),
    });
    let mut items = Vec::new();
    for one in seen {
        let name = roles::name_of(&call.state.store, call.home, &one.holder).await?;
        items.push(shown(one, name.as_deref()));
    }
    Ok(Reply::ok(json!({ "items": items })))
}

async fn gift(call: &Call<'_>) -> Result<Gift, Problem> {
    let over = call.text("over").unwrap_or(EVERY_REALM).to_owned();
    let organisation = call.text("organisation").unwrap_or_default().to_owned();
    if !call.caller.may_give(&over, &organisation) {
        let why = format!("only an owner over `{over}` says who administers it");
        return Err(Problem::new(problem::FORBIDDEN, why));
    }
    let kind = if call.text("kind") == Some("client") { HolderKind::Client } else { HolderKind::User };
    let name = call.text("holder").unwrap_or_default();
    let holder = roles::holder(&call.state.store, call.home, kind, name).await?;
    let role = call.read::<Role>("role")?.ok_or_else(|| Problem::field("/role", "this is missing"))?;
    Ok(Gift { holder, role, over, organisation })
}

async fn give(call: &Call<'_>) -> Result<Reply, Problem> {
    roles::give(&call.admin(), call.home, gift(call).await?).await?;
    list(call).await
}

async fn take(call: &Call<'_>) -> Result<Reply, Problem> {
    roles::take(&call.admin(), call.home, gift(call).await?, false).await?;
    list(call).await
}
