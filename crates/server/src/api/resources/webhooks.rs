//! Webhooks: who is told what happens. The operator's, of one realm or of all, and those of apps.

use crate::admin::webhooks::{self, Owner, WebhookEdit};
use crate::api::call::Call;
use crate::api::operation::{About, Answers, Guard, Method, Operation, Reply, param};
use crate::api::page::{AFTER, LIMIT};
use crate::api::problem::{self, Problem};
use crate::api::schema::{Schema, Shape, always, may, or_null};
use crate::api::times::{or_null as time_or_null, time};
use crate::webhooks::Caller;
use claviger_core::Realm;
use claviger_core::permission::{Permission, Resource, Verb};
use claviger_core::span::Span;
use claviger_store::{Tried, Webhook};
use serde_json::{Value, json};

const TEXTS: Shape = Shape::List(&Shape::Text);

const WEBHOOK: Schema = Schema {
    name: "Webhook",
    says: "An address that is called when something happens; never its secret",
    fields: &[
        always("id", Shape::Text, "Its id"),
        or_null("realm", Shape::Text, "The realm that it is told of; null: every realm"),
        or_null("app", Shape::Text, "The app whose it is, which is told of itself alone; null: the operator's"),
        always("url", Shape::Text, "Where it is called"),
        always("events", TEXTS, "What it is told; `*`: everything that its owner may be told"),
        always("active", Shape::Bool, "It is called"),
        always("created_at", Shape::Time, "When it was made"),
        or_null("failing_since", Shape::Time, "Since when no call was heard"),
        or_null("last_at", Shape::Time, "The last call"),
        or_null("last_code", Shape::Int, "Its status; null: there was no answer"),
        or_null("last_outcome", Shape::Text, "What came of it"),
    ],
    open: false,
};

const NEW: Schema = Schema {
    name: "NewWebhook",
    says: "A webhook that is to be made",
    fields: &[
        may("realm", Shape::Name(200), "The realm that it is told of; left out: every realm"),
        may("app", Shape::Name(2000), "The app of the realm whose it is"),
        always("url", Shape::Name(2000), "Where it is called: https, at no private address"),
        may("events", TEXTS, "What it is told; left out: everything that its owner may be told"),
    ],
    open: false,
};

const MADE: Schema = Schema {
    name: "MadeWebhook",
    says: "A webhook that was made, with the secret that signs its calls; this is the only time that it is told",
    fields: &[
        always("webhook", Shape::Object(&WEBHOOK), "The webhook"),
        always("secret", Shape::Text, "The secret, as Standard Webhooks spells it"),
    ],
    open: false,
};

const CHANGE: Schema = Schema {
    name: "WebhookChange",
    says: "What shall be different; what is left out stays (RFC 7396)",
    fields: &[
        may("url", Shape::Name(2000), "Where it is called"),
        may("events", TEXTS, "What it is told"),
        may("active", Shape::Bool, "It is called; one that is called again begins with what happens from then on"),
    ],
    open: false,
};

const TRIED: Schema = Schema {
    name: "WebhookTried",
    says: "What came of a call",
    fields: &[
        always("state", Shape::OneOf(&["delivered", "waiting", "failed"]), "Whether it was heard"),
        or_null("code", Shape::Int, "The status of the answer; null: there was none"),
        always("outcome", Shape::Text, "What came of it"),
    ],
    open: false,
};

const ROTATE: Schema = Schema {
    name: "WebhookRotation",
    says: "How a secret is replaced",
    fields: &[may("keep_seconds", Shape::Int, "For so long the old secret signs as well; left out: a day")],
    open: false,
};

const ROTATED: Schema = Schema {
    name: "WebhookSecret",
    says: "A secret that was made; this is the only time that it is told",
    fields: &[
        always("secret", Shape::Text, "The secret, as Standard Webhooks spells it"),
        always("old_until", Shape::Time, "Until then the one before signs as well"),
    ],
    open: false,
};

const WRITE: (Resource, Verb, About) = (Resource::Webhooks, Verb::Write, About::Some);
const READ: (Resource, About) = (Resource::Webhooks, About::Some);
const ONE: Answers = Answers::One(200, &WEBHOOK);
const PATH: &str = "/webhooks/{webhook}";
/// For so long the old secret signs where nothing is said, and at most, in seconds.
const KEEP: i64 = 86_400;
const LONGEST_KEEP: i64 = 30 * 86_400;

pub(super) const OPERATIONS: &[Operation] = &[
    Operation::get("listWebhooks", "/webhooks", "Webhooks, by id", READ, Answers::Page(&WEBHOOK), |call| {
        Box::pin(list(call))
    })
    .query(&[
        LIMIT,
        AFTER,
        param("realm", Shape::Text, "Only those of this realm; must be said by whoever administers some only"),
        param("app", Shape::Text, "Only those of this app; needs `realm`"),
    ]),
    Operation::act(
        "addWebhook",
        (Method::Post, "/webhooks"),
        "Makes a webhook",
        WRITE,
        Answers::One(201, &MADE),
        |call| Box::pin(add(call)),
    )
    .body(&NEW),
    Operation::get("getWebhook", PATH, "A webhook", READ, ONE, |call| Box::pin(get(call))),
    Operation::act("changeWebhook", (Method::Patch, PATH), "Changes a webhook", WRITE, ONE, |call| {
        Box::pin(change(call))
    })
    .body(&CHANGE)
    .guard(Guard::Must(|call| Box::pin(get(call)))),
    Operation::act(
        "removeWebhook",
        (Method::Delete, PATH),
        "Removes a webhook with what it was told",
        WRITE,
        Answers::Nothing,
        |call| Box::pin(remove(call)),
    )
    .guard(Guard::Must(|call| Box::pin(get(call)))),
    Operation::act(
        "testWebhook",
        (Method::Post, "/webhooks/{webhook}/test"),
        "Sends a `test` event now, and says what came of it",
        WRITE,
        Answers::One(200, &TRIED),
        |call| Box::pin(test(call)),
    ),
    Operation::act(
        "rotateWebhookSecret",
        (Method::Post, "/webhooks/{webhook}/rotate-secret"),
        "Gives a webhook another secret; the one before signs beside it for a while",
        WRITE,
        Answers::One(200, &ROTATED),
        |call| Box::pin(rotate(call)),
    )
    .body(&ROTATE),
];

fn shown(webhook: &Webhook) -> Value {
    let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    let (at, code, outcome) = match &webhook.last {
        Some((at, code, outcome)) => (Some(*at), *code, some(outcome)),
        None => (None, None, None),
    };
    json!({
        "id": webhook.id, "realm": some(&webhook.realm), "app": some(&webhook.client), "url": webhook.url,
        "events": webhook.events, "active": webhook.is_active, "created_at": time(webhook.created_at),
        "failing_since": time_or_null(webhook.failing_since), "last_at": time_or_null(at), "last_code": code,
        "last_outcome": outcome,
    })
}

/// The realm that a webhook is told of, where the caller may do this there; `None`: every realm. Whoever reaches it not learns
/// nothing of it.
async fn reached(call: &Call<'_>, verb: Verb, id: Option<&str>) -> Result<Option<Realm>, Problem> {
    let permission = Permission::new(Resource::Webhooks, verb);
    let Some(id) = id else {
        let why = "this is told of every realm; the caller administers some only: say which with `realm`";
        return if call.caller.may_everywhere(permission) { Ok(None) } else { Err(forbidden(why)) };
    };
    match call.state.store.realm(id).await? {
        Some(realm) if call.caller.may(permission, &realm, None) => Ok(Some(realm)),
        _ => Err(forbidden(format!("no role of the caller reaches the realm `{id}`"))),
    }
}

fn forbidden(why: impl Into<String>) -> Problem {
    Problem::new(problem::FORBIDDEN, why)
}

/// The webhook of the path, where the caller may do this with it.
pub(super) async fn found(call: &Call<'_>, verb: Verb) -> Result<Webhook, Problem> {
    let permission = Permission::new(Resource::Webhooks, verb);
    let found = webhooks::find(&call.state.store, call.named("webhook")).await;
    if call.caller.may_everywhere(permission) {
        return Ok(found?);
    }
    let hidden = || forbidden("no role of the caller reaches this webhook");
    let webhook = found.map_err(|_| hidden())?;
    let realm = Some(webhook.realm.as_str()).filter(|realm| !realm.is_empty()).ok_or_else(hidden)?;
    reached(call, verb, Some(realm)).await.map_err(|_| hidden())?;
    Ok(webhook)
}

async fn list(call: &Call<'_>) -> Result<Reply, Problem> {
    let (page, realm) = (call.page()?, call.asked("realm"));
    if call.asked("app").is_some() && realm.is_none() {
        return Err(Problem::field("realm", "say of which realm the app is"));
    }
    reached(call, Verb::Read, realm).await?;
    let [after] = page.parts()?;
    let found = call.state.store.list_webhooks((realm, call.asked("app")), &after, page.read()).await?;
    Ok(page.reply(found, |one| vec![one.id.clone()], |one| shown(&one)))
}

async fn get(call: &Call<'_>) -> Result<Reply, Problem> {
    Ok(Reply::ok(shown(&found(call, Verb::Read).await?)))
}

async fn add(call: &Call<'_>) -> Result<Reply, Problem> {
    let realm = reached(call, Verb::Write, call.text("realm")).await?;
    let owner = Owner { realm: realm.as_ref(), app: call.text("app") };
    let (url, events) = (call.text("url").unwrap_or_default(), call.texts("events").unwrap_or_default());
    let made = webhooks::add(&call.admin(), &Caller::of(call.state), owner, url, &events).await?;
    Ok(Reply::made(json!({ "webhook": shown(&made.webhook), "secret": made.secret.expose() })))
}

async fn change(call: &Call<'_>) -> Result<Reply, Problem> {
    let webhook = found(call, Verb::Write).await?;
    let edit = WebhookEdit {
        url: call.text("url").map(str::to_owned),
        events: call.texts("events"),
        active: call.body.get("active").and_then(Value::as_bool),
    };
    let after = webhooks::edit(&call.admin(), &Caller::of(call.state), &webhook.id, edit).await?;
    Ok(Reply::ok(shown(&after)))
}

async fn remove(call: &Call<'_>) -> Result<Reply, Problem> {
    let webhook = found(call, Verb::Write).await?;
    webhooks::remove(&call.admin(), &webhook.id).await?;
    Ok(Reply::nothing())
}

async fn test(call: &Call<'_>) -> Result<Reply, Problem> {
    let webhook = found(call, Verb::Write).await?;
    let Tried { status, code, outcome } = webhooks::test(&call.admin(), &Caller::of(call.state), &webhook.id).await?;
    Ok(Reply::ok(json!({ "state": status, "code": code, "outcome": outcome })))
}

async fn rotate(call: &Call<'_>) -> Result<Reply, Problem> {
    let webhook = found(call, Verb::Write).await?;
    let keep = call.body.get("keep_seconds").and_then(Value::as_i64).unwrap_or(KEEP);
    if !(0..=LONGEST_KEEP).contains(&keep) {
        return Err(Problem::field("/keep_seconds", format!("this is a whole number from 0 to {LONGEST_KEEP}")));
    }
    let span = Span::seconds(u32::try_from(keep).unwrap_or_default());
    let secret = webhooks::rotate_secret(&call.admin(), &Caller::of(call.state), &webhook.id, span).await?;
    Ok(Reply::ok(json!({ "secret": secret.expose(), "old_until": time(call.now + keep * 1000) })))
}
