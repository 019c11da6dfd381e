//! Who calls, and what they may do.

use crate::api::call::Call;
use crate::api::operation::{About, Answers, Guard, Method, Operation, Reply};
use crate::api::problem::Problem;
use crate::api::schema::{Schema, Shape, always, or_null};
use crate::api::times::time;
use claviger_core::permission::Permission;
use serde_json::{Value, json};

const HELD: Schema = Schema {
    name: "HeldRole",
    says: "A role that the caller holds",
    fields: &[
        always("role", Shape::Text, "owner, operator, reviewer or auditor"),
        always("over", Shape::Text, "The realm; `*`: all"),
        or_null("organisation", Shape::Text, "The only organisation of it; null: all"),
        always("since", Shape::Time, "Since when"),
        always("permissions", Shape::List(&Shape::Text), "What it allows"),
    ],
    open: false,
};

const CALLER: Schema = Schema {
    name: "Caller",
    says: "Whom the access token stands for",
    fields: &[
        always("realm", Shape::Text, "The admin realm"),
        always("kind", Shape::OneOf(&["user", "client"]), "A user, or a client that acts for itself"),
        always("id", Shape::Text, "Their id"),
        always("name", Shape::Text, "What people call them"),
        always("roles", Shape::List(&Shape::Object(&HELD)), "Their roles"),
    ],
    open: false,
};

pub(super) const OPERATIONS: &[Operation] = &[Operation {
    id: "getCaller",
    method: Method::Get,
    path: "/caller",
    says: "Who I am, and what I may do",
    permission: None,
    about: About::Caller,
    query: &[],
    body: None,
    answers: Answers::One(200, &CALLER),
    guard: Guard::None,
    does: |call| Box::pin(async { Ok(shown(call)) as Result<Reply, Problem> }),
}];

fn shown(call: &Call<'_>) -> Reply {
    let caller = call.caller;
    let role = |one: &claviger_store::AdminRole| {
        let allowed = Permission::ALL.iter().filter(|permission| one.role.may(**permission));
        json!({
            "role": one.role, "over": one.over, "since": time(one.since),
            "organisation": Some(&one.organisation).filter(|id| !id.is_empty()),
            "permissions": allowed.map(|permission| permission.name()).collect::<Vec<_>>(),
        })
    };
    Reply::ok(json!({
        "realm": caller.realm, "kind": caller.holder.kind.name(), "id": caller.holder.id, "name": caller.name,
        "roles": caller.roles.iter().map(role).collect::<Vec<Value>>(),
    }))
}
