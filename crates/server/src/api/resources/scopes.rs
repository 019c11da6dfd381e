//! Scopes and APIs of a realm; a realm file changes them.

use crate::api::call::Call;
use crate::api::operation::{About, Answers, Operation, Reply};
use crate::api::problem::Problem;
use crate::api::schema::{Schema, Shape, always, or_null};
use claviger_core::permission::Resource;
use serde_json::json;

const SCOPE: Schema = Schema {
    name: "Scope",
    says: "A scope of a realm",
    fields: &[
        always("name", Shape::Text, "The scope token"),
        always("sentence", Shape::Text, "What an app with it may do"),
        always("sensitive", Shape::Bool, "The consent page sets it apart"),
        or_null("api", Shape::Text, "The audience that it belongs to"),
        or_null("seat", Shape::Text, "The pool from which it takes a seat"),
    ],
    open: false,
};

const SCOPES: Schema = Schema {
    name: "Scopes",
    says: "The scopes of a realm",
    fields: &[always("items", Shape::List(&Shape::Object(&SCOPE)), "As the realm file lists them")],
    open: false,
};

const API: Schema = Schema {
    name: "Api",
    says: "An API for which a realm gives tokens",
    fields: &[
        always("audience", Shape::Text, "Its `aud`"),
        always("name", Shape::Text, "What people call it"),
        or_null("access_token", Shape::Text, "The form of its tokens; null: the realm's"),
        or_null("access_token_ttl", Shape::Int, "How long they live, in seconds; null: as the realm says"),
    ],
    open: false,
};

const APIS: Schema = Schema {
    name: "Apis",
    says: "The APIs of a realm",
    fields: &[always("items", Shape::List(&Shape::Object(&API)), "The first is the default audience")],
    open: false,
};

pub(super) const OPERATIONS: &[Operation] = &[
    Operation::get(
        "listScopes",
        "/realms/{realm}/scopes",
        "The scopes of a realm",
        (Resource::Scopes, About::Realm),
        Answers::One(200, &SCOPES),
        |call| Box::pin(async { scopes(call) }),
    ),
    Operation::get(
        "listApis",
        "/realms/{realm}/apis",
        "The APIs of a realm",
        (Resource::Apis, About::Realm),
        Answers::One(200, &APIS),
        |call| Box::pin(async { apis(call) }),
    ),
];

fn scopes(call: &Call<'_>) -> Result<Reply, Problem> {
    let scopes = call.realm()?.scopes.iter().map(|one| {
        json!({
            "name": one.name, "sentence": one.sentence, "sensitive": one.sensitive, "api": one.api, "seat": one.seat,
        })
    });
    Ok(Reply::ok(json!({ "items": scopes.collect::<Vec<_>>() })))
}

fn apis(call: &Call<'_>) -> Result<Reply, Problem> {
    let apis = call.realm()?.apis.iter().map(|one| {
        json!({
            "audience": one.audience, "name": one.name, "access_token": one.access_token,
            "access_token_ttl": one.access_token_ttl.map(claviger_core::span::Span::as_seconds),
        })
    });
    Ok(Reply::ok(json!({ "items": apis.collect::<Vec<_>>() })))
}
