//! Signing keys of a realm.

use crate::admin::keys;
use crate::api::call::Call;
use crate::api::operation::{About, Answers, Method, Operation, Reply};
use crate::api::problem::Problem;
use crate::api::schema::{Schema, Shape, always, or_null};
use crate::api::times::{or_null as time_or_null, time};
use claviger_core::permission::{Resource, Verb};
use claviger_store::SigningKeyRow;
use serde_json::{Value, json};

const KEY: Schema = Schema {
    name: "Key",
    says: "A signing key of a realm; never its private part",
    fields: &[
        always("kid", Shape::Text, "Its id in the key set"),
        always("alg", Shape::Text, "Its algorithm"),
        always("state", Shape::Text, "Whether it signs"),
        always("created_at", Shape::Time, "When it was made"),
        always("activates_at", Shape::Time, "When it begins or began to sign"),
        or_null("retires_at", Shape::Time, "When it stops or stopped signing"),
        always("public_jwk", Shape::Map, "The public key (RFC 7517)"),
    ],
    open: false,
};

const KEYS: Schema = Schema {
    name: "Keys",
    says: "The key set of a realm",
    fields: &[always("items", Shape::List(&Shape::Object(&KEY)), "From the oldest to the newest")],
    open: false,
};

const WRITE: (Resource, Verb, About) = (Resource::Keys, Verb::Write, About::Realm);
const ALL: Answers = Answers::One(200, &KEYS);

pub(super) const OPERATIONS: &[Operation] = &[
    Operation::get(
        "listKeys",
        "/realms/{realm}/keys",
        "The keys in a realm's key set",
        (Resource::Keys, About::Realm),
        ALL,
        |call| Box::pin(list(call)),
    ),
    Operation::act(
        "rotateKeys",
        (Method::Post, "/realms/{realm}/keys/rotate"),
        "Gives every active key a successor, which signs once APIs had time to learn it",
        WRITE,
        ALL,
        |call| Box::pin(rotate(call)),
    ),
    Operation::act(
        "revokeKey",
        (Method::Post, "/realms/{realm}/keys/{kid}/revoke"),
        "Takes a key that leaked out of the key set, for ever",
        WRITE,
        ALL,
        |call| Box::pin(revoke(call)),
    ),
];

fn shown(key: &SigningKeyRow) -> Value {
    let public: Value = serde_json::from_str(&key.public_jwk).unwrap_or_default();
    json!({
        "kid": key.kid, "alg": key.alg, "state": key.state.name(), "created_at": time(key.created_at),
        "activates_at": time(key.activates_at), "retires_at": time_or_null(key.retires_at), "public_jwk": public,
    })
}

async fn list(call: &Call<'_>) -> Result<Reply, Problem> {
    let found = keys::list(&call.state.store, call.realm()?).await?;
    Ok(Reply::ok(json!({ "items": found.iter().map(shown).collect::<Vec<_>>() })))
}

async fn rotate(call: &Call<'_>) -> Result<Reply, Problem> {
    let state = call.state;
    keys::rotate(&call.admin(), state.keys.masters(), state.clock.clone(), call.realm()?).await?;
    list(call).await
}

async fn revoke(call: &Call<'_>) -> Result<Reply, Problem> {
    let (state, realm, kid) = (call.state, call.realm()?, call.named("kid"));
    keys::known(&state.store, realm, kid).await?;
    keys::revoke(&call.admin(), state.keys.masters(), state.clock.clone(), realm, kid).await?;
    list(call).await
}
