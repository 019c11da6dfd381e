//! What webhooks were told, and what was answered.

use super::webhooks::found;
use crate::admin::webhooks;
use crate::api::call::Call;
use crate::api::operation::{About, Answers, Method, Operation, Reply};
use crate::api::page::{AFTER, LIMIT};
use crate::api::problem::Problem;
use crate::api::schema::{Schema, Shape, always, may, or_null};
use crate::api::times::{or_null as time_or_null, parse, time};
use claviger_core::claims::{id_from_text, id_text};
use claviger_core::permission::{Resource, Verb};
use claviger_store::{Delivery, Replayed};
use serde_json::{Value, json};

const DELIVERY: Schema = Schema {
    name: "Delivery",
    says: "Something that a webhook is told",
    fields: &[
        always("id", Shape::Text, "Its id: `webhook-id`, the same each time that it is sent"),
        always("event", Shape::Text, "What happened"),
        always("realm", Shape::Text, "In which realm"),
        always("state", Shape::OneOf(&["waiting", "delivered", "failed"]), "Whether it was heard"),
        always("attempts", Shape::Int, "How often it was sent"),
        always("happened_at", Shape::Time, "When it happened"),
        or_null("tried_at", Shape::Time, "When it was sent last"),
        or_null("code", Shape::Int, "The status of the last answer; null: there was none"),
        or_null("outcome", Shape::Text, "What came of it"),
    ],
    open: false,
};

const WHICH: Schema = Schema {
    name: "DeliveryReplay",
    says: "What is told again, under its ids of before: one delivery, or all since a time",
    fields: &[
        may("delivery", Shape::Name(200), "This one"),
        may("since", Shape::Time, "All that happened since then and wait for nothing, a thousand at most"),
    ],
    open: false,
};

const COUNTED: Schema = Schema {
    name: "DeliveriesReplayed",
    says: "What is told again",
    fields: &[always("deliveries", Shape::Int, "How many; they are sent within seconds")],
    open: false,
};

pub(super) const OPERATIONS: &[Operation] = &[
    Operation::get(
        "listDeliveries",
        "/webhooks/{webhook}/deliveries",
        "What a webhook was told, the newest first, and what was answered",
        (Resource::Webhooks, About::Some),
        Answers::Page(&DELIVERY),
        |call| Box::pin(list(call)),
    )
    .query(&[LIMIT, AFTER]),
    Operation::act(
        "replayDeliveries",
        (Method::Post, "/webhooks/{webhook}/replay"),
        "Tells a webhook again",
        (Resource::Webhooks, Verb::Write, About::Some),
        Answers::One(200, &COUNTED),
        |call| Box::pin(replay(call)),
    )
    .body(&WHICH),
];

fn shown(one: &Delivery) -> Value {
    json!({
        "id": id_text(&one.id), "event": one.event, "realm": one.realm, "state": one.status, "attempts": one.attempts,
        "happened_at": time(one.created_at), "tried_at": time_or_null(one.tried_at), "code": one.code,
        "outcome": one.outcome,
    })
}

async fn list(call: &Call<'_>) -> Result<Reply, Problem> {
    let (page, webhook) = (call.page()?, found(call, Verb::Read).await?);
    let [at, id] = page.parts()?;
    let wrong = || Problem::field("after", "this is no `next` of a page of this list: begin anew without it");
    let below = if id.is_empty() {
        None
    } else {
        Some((at.parse().map_err(|_| wrong())?, id_from_text(&id).ok_or_else(wrong)?))
    };
    let found = webhooks::deliveries(&call.state.store, &webhook.id, below, page.read()).await?;
    Ok(page.reply(found, |one| vec![one.created_at.to_string(), id_text(&one.id)], |one| shown(&one)))
}

async fn replay(call: &Call<'_>) -> Result<Reply, Problem> {
    let webhook = found(call, Verb::Write).await?;
    let which = match (call.text("delivery"), call.text("since").and_then(parse)) {
        (Some(id), None) => {
            let digits = id.strip_prefix("msg_").unwrap_or(id);
            Replayed::One(id_from_text(digits).ok_or_else(|| Problem::field("/delivery", "this is no delivery's id"))?)
        }
        (None, Some(since)) => Replayed::Since(since),
        _ => return Err(Problem::field("/delivery", "name one delivery, or a time with `since`")),
    };
    let count = webhooks::replay(&call.admin(), &webhook.id, which).await?;
    Ok(Reply::ok(json!({ "deliveries": count })))
}
