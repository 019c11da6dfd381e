//! Until when apps may use old behaviours.

use crate::admin::deadlines::{self, New};
use crate::admin::partner_letters::Desk;
use crate::api::call::Call;
use crate::api::operation::{About, Answers, Method, Operation, Reply};
use crate::api::page::{AFTER, LIMIT};
use crate::api::problem::Problem;
use crate::api::schema::{Schema, Shape, always, may, or_null};
use crate::api::times::{or_null as time_or_null, parse, time};
use claviger_core::dialect::Legacy;
use claviger_core::permission::{Resource, Verb};
use claviger_store::LegacyDeadline;
use serde_json::{Value, json};

const DEADLINE: Schema = Schema {
    name: "LegacyDeadline",
    says: "Until when an app may use an old behaviour",
    fields: &[
        always("app", Shape::Text, "The app"),
        always("legacy", Shape::Text, "The behaviour"),
        always("ends_at", Shape::Time, "When it ends"),
        always("note", Shape::Text, "What the owner is told of it"),
        always("enforce", Shape::Bool, "Whether it is refused from then on; else the date is a notice"),
        always("set_at", Shape::Time, "When it was set"),
        or_null("ended_at", Shape::Time, "When the date came"),
    ],
    open: false,
};

const NEW: Schema = Schema {
    name: "NewLegacyDeadline",
    says: "Until when an app may use an old behaviour",
    fields: &[
        always("ends_at", Shape::Time, "When it ends"),
        may("note", Shape::Text, "What the owner is told of it: 1000 characters at most"),
        may("enforce", Shape::Bool, "Whether it is refused from then on; left out: it is not"),
    ],
    open: false,
};

const FOR_ALL: Schema = Schema {
    name: "LegacyDeadlineForAll",
    says: "Until when all apps may use an old behaviour that were given it",
    fields: &[
        always("legacy", Shape::Text, "The behaviour"),
        always("ends_at", Shape::Time, "When it ends"),
        may("note", Shape::Text, "What the owners are told of it: 1000 characters at most"),
        may("enforce", Shape::Bool, "Whether it is refused from then on; left out: it is not"),
    ],
    open: false,
};

const SET: Schema = Schema {
    name: "LegacyDeadlinesSet",
    says: "How many apps have the deadline now",
    fields: &[always("apps", Shape::Int, "How many")],
    open: false,
};

const REMOVED: Schema = Schema {
    name: "LegacyDeadlinesRemoved",
    says: "How many apps had the deadline",
    fields: &[always("apps", Shape::Int, "How many")],
    open: false,
};

const WRITE: (Resource, Verb, About) = (Resource::Apps, Verb::Write, About::Realm);
const ALL: &str = "/realms/{realm}/legacy-deadlines";
const OF_ALL: &str = "/realms/{realm}/legacy-deadlines/{legacy}";
const ONE: &str = "/realms/{realm}/apps/{app}/legacy-deadlines/{legacy}";

pub(super) const OPERATIONS: &[Operation] = &[
    Operation::get(
        "listLegacyDeadlines",
        ALL,
        "Until when apps may use old behaviours",
        (Resource::Legacy, About::Realm),
        Answers::Page(&DEADLINE),
        |call| Box::pin(list(call)),
    )
    .query(&[LIMIT, AFTER]),
    Operation::act(
        "setLegacyDeadlineForAll",
        (Method::Post, ALL),
        "Sets a date after which an old behaviour ends, for every app that was given it; the owners are told",
        WRITE,
        Answers::One(200, &SET),
        |call| Box::pin(set_for_all(call)),
    )
    .body(&FOR_ALL),
    Operation::act(
        "setLegacyDeadline",
        (Method::Put, ONE),
        "Sets a date after which an old behaviour ends for an app; its owner is told",
        WRITE,
        Answers::One(200, &DEADLINE),
        |call| Box::pin(set(call)),
    )
    .body(&NEW),
    Operation::act(
        "removeLegacyDeadline",
        (Method::Delete, ONE),
        "Takes such a date back; what ended with it is allowed again",
        WRITE,
        Answers::Nothing,
        |call| Box::pin(remove(call)),
    ),
    Operation::act(
        "removeLegacyDeadlineForAll",
        (Method::Delete, OF_ALL),
        "Takes the dates of an old behaviour back, for every app that has one",
        WRITE,
        Answers::One(200, &REMOVED),
        |call| Box::pin(remove_for_all(call)),
    ),
];

fn shown(one: &LegacyDeadline) -> Value {
    json!({
        "app": one.client, "legacy": one.legacy, "ends_at": time(one.ends_at), "note": one.note,
        "enforce": one.enforce, "set_at": time(one.set_at), "ended_at": time_or_null(one.ended_at),
    })
}

async fn list(call: &Call<'_>) -> Result<Reply, Problem> {
    let page = call.page()?;
    let [app, legacy] = page.parts()?;
    let found = deadlines::list(&call.state.store, call.realm()?, (&app, &legacy), page.read()).await?;
    Ok(page.reply(found, |one| vec![one.client.clone(), one.legacy.clone()], |one| shown(&one)))
}

/// What the body asks for.
fn asked<'c>(call: &'c Call<'_>, legacy: Legacy) -> Result<New<'c>, Problem> {
    let wrong = || Problem::field("/ends_at", "this must be a time of RFC 3339, like 2026-11-28T09:30:00Z");
    let ends_at = call.text("ends_at").and_then(parse).ok_or_else(wrong)?;
    let enforce = call.body.get("enforce").and_then(Value::as_bool).unwrap_or_default();
    Ok(New { legacy, ends_at, note: call.text("note").unwrap_or_default(), enforce })
}

async fn set(call: &Call<'_>) -> Result<Reply, Problem> {
    let new = asked(call, deadlines::behaviour(call.named("legacy"))?)?;
    let pages = call.state.pages.load_full();
    let desk = Desk { secrets: &call.state.secrets, pages: &pages };
    let set = deadlines::set(&call.admin(), desk, call.realm()?, call.named("app"), &new).await?;
    call.state.handed_in.notify_one();
    Ok(Reply::ok(shown(&set)))
}

async fn set_for_all(call: &Call<'_>) -> Result<Reply, Problem> {
    let new = asked(call, deadlines::behaviour(call.text("legacy").unwrap_or_default())?)?;
    let pages = call.state.pages.load_full();
    let desk = Desk { secrets: &call.state.secrets, pages: &pages };
    let apps = deadlines::set_for_all(&call.admin(), desk, call.realm()?, &new).await?;
    call.state.handed_in.notify_one();
    Ok(Reply::ok(json!({ "apps": apps })))
}

async fn remove(call: &Call<'_>) -> Result<Reply, Problem> {
    deadlines::remove(&call.admin(), call.realm()?, call.named("app"), call.named("legacy")).await?;
    Ok(Reply::nothing())
}

async fn remove_for_all(call: &Call<'_>) -> Result<Reply, Problem> {
    let legacy = deadlines::behaviour(call.named("legacy"))?;
    let apps = deadlines::remove_for_all(&call.admin(), call.realm()?, legacy).await?;
    Ok(Reply::ok(json!({ "apps": apps })))
}
