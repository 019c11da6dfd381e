//! How the server is.

use crate::api::call::Call;
use crate::api::operation::{About, Answers, Operation, Reply};
use crate::api::problem::Problem;
use crate::api::schema::{Schema, Shape, always, or_null};
use crate::api::times::time;
use claviger_core::permission::Resource;
use serde_json::json;

const HEALTH: Schema = Schema {
    name: "Health",
    says: "How the server is",
    fields: &[
        always("ready", Shape::Bool, "It serves"),
        or_null("trouble", Shape::Text, "What keeps it from serving"),
        always("version", Shape::Text, "Its version"),
        always("database", Shape::Text, "Where the database is, without a password"),
        always("time", Shape::Time, "What time it is by the server's clock"),
    ],
    open: false,
};

pub(super) const OPERATIONS: &[Operation] = &[Operation::get(
    "getHealth",
    "/health",
    "How the server is that answers",
    (Resource::Health, About::Some),
    Answers::One(200, &HEALTH),
    |call| Box::pin(async { Ok(shown(call)) as Result<Reply, Problem> }),
)];

fn shown(call: &Call<'_>) -> Reply {
    let trouble = call.state.health.trouble();
    Reply::ok(json!({
        "ready": trouble.is_none(), "trouble": trouble, "version": env!("CARGO_PKG_VERSION"),
        "database": call.state.store.shown(), "time": time(call.now),
    }))
}
