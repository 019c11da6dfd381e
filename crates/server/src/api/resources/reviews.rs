//! Apps that wait for a decision: which do, what was said about them, what their owners are asked.

use crate::admin::partner_letters::Desk;
use crate::admin::{apps, reviews};
use crate::api::call::Call;
use crate::api::operation::{About, Answers, Method, Operation, Reply, param};
use crate::api::page::AFTER;
use crate::api::problem::Problem;
use crate::api::schema::{Schema, Shape, always, or_null};
use crate::api::times::time;
use claviger_core::permission::{Resource, Verb};
use claviger_store::AppEvent;
use serde_json::{Value, json};

const EVENT: Schema = Schema {
    name: "AppEvent",
    says: "Something that happened to an app, or was said about it",
    fields: &[
        always("number", Shape::Int, "Its number among the app's"),
        always("at", Shape::Time, "When"),
        always("kind", Shape::Text, "What: created, question, answer, approved, .."),
        always("side", Shape::Text, "On whose side: operator, partner or program"),
        always("by", Shape::Text, "Who; empty once they are gone"),
        always("text", Shape::Text, "What they said"),
    ],
    open: false,
};

const TIMELINE: Schema = Schema {
    name: "Timeline",
    says: "What happened to an app",
    fields: &[always("items", Shape::List(&Shape::Object(&EVENT)), "From the oldest to the newest")],
    open: false,
};

const WAITING: Schema = Schema {
    name: "WaitingApp",
    says: "An app that waits for a decision",
    fields: &[
        always("id", Shape::Text, "Its client_id"),
        always("name", Shape::Text, "What people call it"),
        or_null("owner_email", Shape::Text, "To whom mails go"),
        always("since", Shape::Time, "Since when it is known"),
        or_null("last", Shape::Object(&EVENT), "What happened last"),
    ],
    open: false,
};

const WORDS: Schema = Schema {
    name: "Words",
    says: "What is said",
    fields: &[always("text", Shape::Name(reviews::LONGEST_WORDS), "In plain text")],
    open: false,
};

pub(super) const OPERATIONS: &[Operation] = &[
    Operation::get(
        "listWaitingApps",
        "/realms/{realm}/waiting-apps",
        "The apps that wait for a decision, the oldest first, a hundred at once",
        (Resource::Apps, About::Realm),
        Answers::Page(&WAITING),
        |call| Box::pin(waiting(call)),
    )
    .query(&[AFTER]),
    Operation::get(
        "getTimeline",
        "/realms/{realm}/apps/{app}/timeline",
        "What happened to an app and what was said about it",
        (Resource::Apps, About::Realm),
        Answers::One(200, &TIMELINE),
        |call| Box::pin(timeline(call)),
    )
    .query(&[param("after", Shape::Int, "Only what came after this number")]),
    Operation::act(
        "askOwner",
        (Method::Post, "/realms/{realm}/apps/{app}/question"),
        "Asks an app's owner something: it stands in the timeline, and they get a mail",
        (Resource::Apps, Verb::Approve, About::Realm),
        Answers::One(200, &TIMELINE),
        |call| Box::pin(ask(call)),
    )
    .body(&WORDS),
    Operation::act(
        "answerForOwner",
        (Method::Post, "/realms/{realm}/apps/{app}/answer"),
        "Writes down what an app's owner answered",
        (Resource::Apps, Verb::Write, About::Realm),
        Answers::One(200, &TIMELINE),
        |call| Box::pin(answer(call)),
    )
    .body(&WORDS),
    Operation::act(
        "resendLink",
        (Method::Post, "/realms/{realm}/apps/{app}/resend"),
        "Sends the owner of an approved app another link to its secret; the one before works no more",
        (Resource::Apps, Verb::Approve, About::Realm),
        Answers::One(200, &super::apps::APPROVED),
        |call| Box::pin(resend(call)),
    ),
];

fn shown(event: &AppEvent) -> Value {
    json!({
        "number": event.number, "at": time(event.at), "kind": event.kind.name(), "side": event.by_kind.name(),
        "by": event.by_name, "text": event.words,
    })
}

async fn waiting(call: &Call<'_>) -> Result<Reply, Problem> {
    let page = call.page()?;
    let [cursor] = page.parts()?;
    let cursor = Some(cursor.as_str()).filter(|text| !text.is_empty());
    let found = reviews::queue(&call.state.store, call.realm()?, cursor).await?;
    let item = |one: &claviger_store::WaitingApp| {
        json!({
            "id": one.client.id, "name": one.client.name, "owner_email": one.client.owner_email,
            "since": time(one.created_at), "last": one.last.as_ref().map(shown),
        })
    };
    let items: Vec<_> = found.apps.iter().map(item).collect();
    Ok(Reply::ok(json!({ "items": items, "next": found.next.as_deref().map(crate::api::page::cursor) })))
}

async fn told(call: &Call<'_>, after: i64) -> Result<Reply, Problem> {
    let events = reviews::timeline(&call.state.store, call.realm()?, call.named("app")).await?;
    let items: Vec<_> = events.iter().filter(|event| event.number > after).map(shown).collect();
    Ok(Reply::ok(json!({ "items": items })))
}

async fn timeline(call: &Call<'_>) -> Result<Reply, Problem> {
    let after = match call.asked("after") {
        None => 0,
        Some(text) => text.parse().map_err(|_| Problem::field("after", "this is the number of an event"))?,
    };
    told(call, after).await
}

async fn ask(call: &Call<'_>) -> Result<Reply, Problem> {
    let (state, pages) = (call.state, call.state.pages.load_full());
    let desk = Desk { secrets: &state.secrets, pages: &pages };
    let text = call.text("text").unwrap_or_default();
    reviews::ask(&call.admin(), desk, call.realm()?, call.named("app"), text).await?;
    state.handed_in.notify_one();
    told(call, 0).await
}

async fn answer(call: &Call<'_>) -> Result<Reply, Problem> {
    let text = call.text("text").unwrap_or_default();
    reviews::answer(&call.admin(), call.realm()?, call.named("app"), None, text).await?;
    told(call, 0).await
}

async fn resend(call: &Call<'_>) -> Result<Reply, Problem> {
    let (secrets, pages) = (&call.state.secrets, call.state.pages.load_full());
    let approved = apps::resend(&call.admin(), secrets, &pages, call.realm()?, call.named("app")).await?;
    super::apps::told(call, approved).await
}
