//! Apps' secrets: two may be live, so that one can replace the other.

use crate::admin::apps;
use crate::api::call::Call;
use crate::api::operation::{About, Answers, Method, Operation, Reply};
use crate::api::problem::Problem;
use crate::api::schema::{Schema, Shape, always, may, or_null};
use crate::api::times::{or_null as time_or_null, parse, time};
use claviger_core::permission::{Resource, Verb};
use claviger_store::{ClientSecret, SecretUse};
use serde_json::{Value, json};

const SECRET: Schema = Schema {
    name: "Secret",
    says: "A secret of an app; never its value",
    fields: &[
        always("id", Shape::Text, "Names it among the app's secrets"),
        always("label", Shape::Text, "What its owner calls it"),
        always("state", Shape::OneOf(&["live", "expired", "retired"]), "Whether it works"),
        always("kind", Shape::Text, "How it is kept"),
        always("created_at", Shape::Time, "When it was made"),
        or_null("expires_at", Shape::Time, "When it stops by itself"),
        or_null("retired_at", Shape::Time, "When it was stopped"),
        or_null("last_used_at", Shape::Time, "When it was last used, to the minute"),
    ],
    open: false,
};

const SECRETS: Schema = Schema {
    name: "Secrets",
    says: "The secrets of an app",
    fields: &[always("items", Shape::List(&Shape::Object(&SECRET)), "From the oldest to the newest")],
    open: false,
};

const NEW: Schema = Schema {
    name: "NewSecret",
    says: "A secret that is to be made",
    fields: &[
        may("label", Shape::Name(200), "What its owner calls it"),
        may("expires_at", Shape::Time, "When it stops by itself"),
    ],
    open: false,
};

const MADE: Schema = Schema {
    name: "MadeSecret",
    says: "A secret that was made; this is the only time that it is told",
    fields: &[
        always("id", Shape::Text, "Names it among the app's secrets"),
        always("secret", Shape::Text, "The secret"),
        or_null("expires_at", Shape::Time, "When it stops by itself"),
    ],
    open: false,
};

const WRITE: (Resource, Verb, About) = (Resource::Secrets, Verb::Write, About::Realm);
const PATH: &str = "/realms/{realm}/apps/{app}/secrets";

pub(super) const OPERATIONS: &[Operation] = &[
    Operation::get(
        "listSecrets",
        PATH,
        "The secrets of an app, with their last use",
        (Resource::Secrets, About::Realm),
        Answers::One(200, &SECRETS),
        |call| Box::pin(list(call)),
    ),
    Operation::act(
        "addSecret",
        (Method::Post, PATH),
        "Makes an app one more secret",
        WRITE,
        Answers::One(201, &MADE),
        |call| Box::pin(add(call)),
    )
    .body(&NEW),
    Operation::act(
        "retireSecret",
        (Method::Delete, "/realms/{realm}/apps/{app}/secrets/{secret}"),
        "Stops a secret at once",
        WRITE,
        Answers::Nothing,
        |call| Box::pin(retire(call)),
    ),
];

fn shown(secret: &ClientSecret, uses: &[SecretUse], now: i64) -> Value {
    let state = match (secret.retired_at, secret.is_live(now)) {
        (Some(_), _) => "retired",
        (None, false) => "expired",
        (None, true) => "live",
    };
    let last = uses.iter().find(|one| one.secret == secret.id).map(|one| one.used_at);
    json!({
        "id": secret.id, "label": secret.label, "state": state, "kind": secret.kind.name(),
        "created_at": time(secret.created_at), "expires_at": time_or_null(secret.expires_at),
        "retired_at": time_or_null(secret.retired_at), "last_used_at": time_or_null(last),
    })
}

async fn list(call: &Call<'_>) -> Result<Reply, Problem> {
    let (realm, store, app) = (call.realm()?, &call.state.store, call.named("app"));
    let (_, secrets) = apps::secrets_of(store, realm, app).await?;
    let uses = apps::last_uses(store, realm, Some(app)).await?;
    let items: Vec<_> = secrets.iter().map(|secret| shown(secret, &uses, call.now)).collect();
    Ok(Reply::ok(json!({ "items": items })))
}

async fn add(call: &Call<'_>) -> Result<Reply, Problem> {
    let expires_at = call.text("expires_at").and_then(parse);
    if expires_at.is_some_and(|at| at <= call.now) {
        return Err(Problem::field("/expires_at", "this is over already"));
    }
    let label = call.text("label").unwrap_or("made by the API").to_owned();
    let (secrets, realm) = (&call.state.secrets, call.realm()?);
    let made = apps::add_secret(&call.admin(), secrets, realm, call.named("app"), label, expires_at).await?;
    let told = json!({ "id": made.id, "secret": made.secret.expose(), "expires_at": time_or_null(expires_at) });
    Ok(Reply::made(told))
}

async fn retire(call: &Call<'_>) -> Result<Reply, Problem> {
    apps::retire_secret(&call.admin(), call.realm()?, call.named("app"), call.named("secret")).await?;
    Ok(Reply::nothing())
}
