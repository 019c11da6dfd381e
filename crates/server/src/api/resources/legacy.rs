//! Who uses what the standards have left behind.

use crate::admin::realms;
use crate::api::call::Call;
use crate::api::operation::{About, Answers, Operation, Reply, param};
use crate::api::problem::Problem;
use crate::api::schema::{Schema, Shape, always};
use crate::api::times::time;
use claviger_core::permission::Resource;
use serde_json::json;

const DAY: i64 = 86_400_000;
/// Days that are looked at where nothing is said.
const USUAL: i64 = 30;

const USE: Schema = Schema {
    name: "LegacyUse",
    says: "How often an app used an old behaviour",
    fields: &[
        always("app", Shape::Text, "The app"),
        always("legacy", Shape::Text, "The behaviour"),
        always("uses", Shape::Int, "How often"),
        always("last_day", Shape::Time, "The last day, at its beginning"),
    ],
    open: false,
};

const USES: Schema = Schema {
    name: "LegacyUses",
    says: "Who uses old behaviours",
    fields: &[always("items", Shape::List(&Shape::Object(&USE)), "Most of it first")],
    open: false,
};

pub(super) const OPERATIONS: &[Operation] = &[Operation::get(
    "listLegacyUses",
    "/realms/{realm}/legacy-uses",
    "Who uses old behaviours, so that they can be retired",
    (Resource::Legacy, About::Realm),
    Answers::One(200, &USES),
    |call| Box::pin(list(call)),
)
.query(&[param("since", Shape::Time, "From this day on; left out: the last 30 days")])];

async fn list(call: &Call<'_>) -> Result<Reply, Problem> {
    let since = call.asked_time("since")?.unwrap_or(call.now - USUAL * DAY).div_euclid(DAY);
    let found = realms::legacy_uses(&call.state.store, call.realm()?, since).await?;
    let items = found.iter().map(|one| {
        json!({ "app": one.client, "legacy": one.legacy, "uses": one.uses, "last_day": time(one.last_day * DAY) })
    });
    Ok(Reply::ok(json!({ "items": items.collect::<Vec<_>>() })))
}
