//! How often apps may call the token endpoint.

use crate::admin::apps::{self, Edit};
use crate::api::call::Call;
use crate::api::operation::{About, Answers, Guard, Method, Operation, Reply};
use crate::api::problem::Problem;
use crate::api::schema::{Schema, Shape, always, or_null};
use claviger_core::permission::{Resource, Verb};
use claviger_core::{Client, Realm};
use serde_json::{Value, json};

const PLAN: Schema = Schema {
    name: "Plan",
    says: "Limits that have a name, which apps can be given",
    fields: &[
        always("name", Shape::Text, "Its name"),
        always(
            "token_calls_per_minute",
            Shape::Int,
            "How often in a minute an app of it may call the token endpoint; 0: as often as it likes",
        ),
    ],
    open: false,
};

const PLANS: Schema = Schema {
    name: "Plans",
    says: "The plans of a realm",
    fields: &[
        always("items", Shape::List(&Shape::Object(&PLAN)), "In the order of its file"),
        or_null(
            "token_calls_per_minute",
            Shape::Int,
            "What apps without a plan and a limit of their own have; null: no limit",
        ),
    ],
    open: false,
};

const LIMITS: Schema = Schema {
    name: "AppLimits",
    says: "The limits of an app",
    fields: &[
        or_null("plan", Shape::Text, "The plan of the realm that they are of"),
        or_null("token_calls_per_minute", Shape::Int, "In place of what plan and realm say; 0: as often as it likes"),
        or_null(
            "in_effect",
            Shape::Int,
            "How often in a minute it may call the token endpoint; null: as often as it likes",
        ),
    ],
    open: false,
};

const WANTED: Schema = Schema {
    name: "AppLimitsWanted",
    says: "The limits that an app shall have, in place of those that it has",
    fields: &[
        or_null("plan", Shape::Name(200), "The plan of the realm; null: none"),
        or_null(
            "token_calls_per_minute",
            Shape::Int,
            "In place of what plan and realm say; 0: as often as it likes; null: as they say",
        ),
    ],
    open: false,
};

const PATH: &str = "/realms/{realm}/apps/{app}/limits";
const ONE: Answers = Answers::One(200, &LIMITS);

pub(super) const OPERATIONS: &[Operation] = &[
    Operation::get(
        "listPlans",
        "/realms/{realm}/plans",
        "The plans of a realm, and what apps without one have",
        (Resource::Apps, About::Realm),
        Answers::One(200, &PLANS),
        |call| Box::pin(async move { plans(call) }),
    ),
    Operation::get("getAppLimits", PATH, "The limits of an app", (Resource::Apps, About::Realm), ONE, |call| {
        Box::pin(get(call))
    }),
    Operation::act(
        "setAppLimits",
        (Method::Put, PATH),
        "Gives an app other limits; every server goes by them within seconds",
        (Resource::Apps, Verb::Write, About::Realm),
        ONE,
        |call| Box::pin(set(call)),
    )
    .body(&WANTED)
    .guard(Guard::Must(|call| Box::pin(get(call)))),
];

fn plans(call: &Call<'_>) -> Result<Reply, Problem> {
    let realm = call.realm()?;
    let plan = |plan: &claviger_core::limits::Plan| json!({ "name": plan.name, "token_calls_per_minute": plan.token_calls_per_minute });
    let items: Vec<_> = realm.plans.iter().map(plan).collect();
    let usual = realm.token_calls_per_minute(&claviger_core::limits::ClientLimits::default());
    Ok(Reply::ok(json!({ "items": items, "token_calls_per_minute": usual })))
}

fn shown(realm: &Realm, client: &Client) -> Value {
    let limits = &client.limits;
    json!({
        "plan": limits.plan, "token_calls_per_minute": limits.token_calls_per_minute,
        "in_effect": realm.token_calls_per_minute(limits),
    })
}

async fn get(call: &Call<'_>) -> Result<Reply, Problem> {
    let realm = call.realm()?;
    Ok(Reply::ok(shown(realm, &apps::find(&call.state.store, realm, call.named("app")).await?)))
}

async fn set(call: &Call<'_>) -> Result<Reply, Problem> {
    let realm = call.realm()?;
    let wanted = call.body.get("token_calls_per_minute").and_then(Value::as_i64);
    let limit = wanted.map(|limit| {
        u32::try_from(limit).map_err(|_| Problem::field("/token_calls_per_minute", "this is a number of calls"))
    });
    let edit = Edit {
        plan: Some(call.text("plan").unwrap_or_default().to_owned()),
        token_calls_per_minute: Some(limit.transpose()?),
        ..Edit::default()
    };
    let edition = apps::edit(&call.admin(), realm, call.named("app"), edit, false).await?;
    Ok(Reply::ok(shown(realm, &edition.client)))
}
