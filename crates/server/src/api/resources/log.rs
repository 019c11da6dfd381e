//! The request log: what became of apps' calls, and how to mend what went wrong.

use crate::admin::log::{self, ErrorGroup, LoggedCall, RequestFilter};
use crate::admin::{apps, replay};
use crate::api::call::Call;
use crate::api::operation::{About, Answers, Operation, Param, Reply, param};
use crate::api::page::{AFTER, LIMIT, cursor};
use crate::api::problem::{self, Problem};
use crate::api::schema::{Schema, Shape, always};
use crate::api::times::time;
use claviger_core::claims::id_from_text;
use claviger_core::permission::Resource;
use claviger_store::RequestLog;
use serde_json::{Value, json};

const DAY: i64 = 86_400_000;

const CALL: Schema = Schema {
    name: "LoggedCall",
    says: "A call of an app. No secret, code, token, password or user name is in it",
    fields: &[
        always("id", Shape::Text, "Its place in the log"),
        always("at", Shape::Time, "When"),
        always("realm", Shape::Text, "The realm"),
        always("app", Shape::Text, "The app; empty where none of the realm was named"),
        always("reference", Shape::Text, "The name of the request, as its answer carries it"),
        always("endpoint", Shape::Text, "The endpoint"),
        always("grant_type", Shape::Text, "The grant type"),
        always("status", Shape::Int, "The status of the answer; 0: a line that says how many are missing"),
        always("error", Shape::Text, "The protocol's word for what went wrong; empty where it went well"),
        always("kind", Shape::Text, "Its kind, which is finer than the word"),
        always("detail", Shape::Text, "What the answer said of it"),
        always("mend", Shape::Text, "What to do about it"),
        always("said", Shape::Map, "What else is known: address, proof, scope, the parameters as lengths and digests"),
    ],
    open: false,
};

const ERROR: Schema = Schema {
    name: "ErrorGroup",
    says: "What went wrong with an app's calls, and how often",
    fields: &[
        always("kind", Shape::Text, "The kind of refusal"),
        always("error", Shape::Text, "The protocol's word for it"),
        always("count", Shape::Int, "How often"),
        always("first_at", Shape::Time, "When first"),
        always("last_at", Shape::Time, "When last"),
        always("endpoint", Shape::Text, "Where it was last"),
        always("reference", Shape::Text, "The reference of the last"),
        always("detail", Shape::Text, "What its answer said"),
        always("mend", Shape::Text, "What to do about it"),
    ],
    open: false,
};

const ERRORS: Schema = Schema {
    name: "ErrorGroups",
    says: "What went wrong with an app's calls",
    fields: &[always("items", Shape::List(&Shape::Object(&ERROR)), "The most frequent first")],
    open: false,
};

const CHECK: Schema = Schema {
    name: "ReplayedCheck",
    says: "One check of a request",
    fields: &[
        always("check", Shape::Text, "Its name"),
        always("what", Shape::Text, "What is checked"),
        always("outcome", Shape::OneOf(&["passed", "failed", "not-reached"]), "How it ended"),
        always("compared", Shape::Text, "What was compared, with what is registered now"),
        always("mend", Shape::Text, "What to do, where it failed"),
    ],
    open: false,
};

const REPLAY: Schema = Schema {
    name: "ReplayedCall",
    says: "A refused call that was gone through once more; nothing was done again",
    fields: &[
        always("call", Shape::Object(&CALL), "The call, as it is in the log"),
        always("checks", Shape::List(&Shape::Object(&CHECK)), "The checks, in their order"),
    ],
    open: false,
};

const READ: (Resource, About) = (Resource::Log, About::Realm);
const APP: Param = param("app", Shape::Text, "Only of this app; left out: of the whole realm");
const NAMELESS: Param =
    param("nameless", Shape::OneOf(&["true", "false"]), "Only what named no app of the realm; in place of `app`");

pub(super) const OPERATIONS: &[Operation] = &[
    Operation::get(
        "listCalls",
        "/realms/{realm}/log",
        "The calls of a realm or of one app, the newest first",
        READ,
        Answers::Page(&CALL),
        |call| Box::pin(list(call)),
    )
    .query(&[
        LIMIT,
        AFTER,
        APP,
        NAMELESS,
        param("before", Shape::Text, "Only those behind the call of this id; in place of `after`"),
        param("endpoint", Shape::Text, "Only at this endpoint, like `token`"),
        param("error", Shape::Text, "Only with this error, like `invalid_grant`"),
        param("kind", Shape::Text, "Only of this kind, like `wrong_client`"),
        param("status", Shape::OneOf(&["2", "3", "4", "5"]), "Only with a status of this class"),
        param("refused", Shape::OneOf(&["true", "false"]), "Only what was refused"),
        param("since", Shape::Time, "Only then or later"),
        param("until", Shape::Time, "Only before"),
    ]),
    Operation::get(
        "followCalls",
        "/realms/{realm}/log/newer",
        "The calls that came since, the oldest first: for whoever watches. `next` is always there; with it come those that come later",
        READ,
        Answers::Page(&CALL),
        |call| Box::pin(newer(call)),
    )
    .query(&[
        LIMIT,
        AFTER,
        APP,
        NAMELESS,
        param("since", Shape::Time, "On the first page: from then on; left out: from now on"),
    ]),
    Operation::get(
        "listCallErrors",
        "/realms/{realm}/log/errors",
        "What went wrong with an app's calls, how often, and how to mend it",
        READ,
        Answers::One(200, &ERRORS),
        |call| Box::pin(errors(call)),
    )
    .query(&[
        param("app", Shape::Text, "The app; without one, calls that named no app of the realm"),
        param("since", Shape::Time, "From then on; left out: the last day"),
    ]),
    Operation::get(
        "getCall",
        "/realms/{realm}/log/calls/{reference}",
        "One call, by the reference that its answer carries",
        READ,
        Answers::One(200, &CALL),
        |call| Box::pin(get(call)),
    ),
    Operation::get(
        "replayCall",
        "/realms/{realm}/log/calls/{reference}/replay",
        "Each check of a refused call, passed or failed, and what was compared",
        READ,
        Answers::One(200, &REPLAY),
        |call| Box::pin(replayed(call)),
    ),
];

fn shown(one: &LoggedCall) -> Value {
    json!({
        "id": one.id, "at": time(one.at), "realm": one.realm, "app": one.app, "reference": one.reference,
        "endpoint": one.endpoint, "grant_type": one.grant_type, "status": one.status, "error": one.error,
        "kind": one.kind, "detail": one.detail, "mend": one.mend, "said": one.said,
    })
}

fn group(one: &ErrorGroup) -> Value {
    json!({
        "kind": one.kind, "error": one.error, "count": one.count, "first_at": time(one.first_at),
        "last_at": time(one.last_at), "endpoint": one.endpoint, "reference": one.reference, "detail": one.detail,
        "mend": one.mend,
    })
}

/// The log, where this server writes one.
fn opened(call: &Call<'_>) -> Result<RequestLog, Problem> {
    let why = "this server writes no request log: `[request-log] enabled = false` in its configuration";
    call.state.request_log().ok_or_else(|| Problem::new(problem::CONFLICT, why))
}

/// Of what the calls are: of one app, which is there, of what named none (an empty name), or of all of the realm.
async fn of<'a>(call: &'a Call<'_>) -> Result<Option<&'a str>, Problem> {
    match (call.asked("app"), call.asked("nameless") == Some("true")) {
        (Some(_), true) => Err(Problem::field("nameless", "either an app, or what named none")),
        (None, true) => Ok(Some("")),
        (None, false) => Ok(None),
        (Some(app), false) => {
            apps::find(&call.state.store, call.realm()?, app).await.map(|_| Some(app)).map_err(Into::into)
        }
    }
}

/// The realm and the app that is asked for, which is there; an empty name for what named none.
async fn whose<'a>(call: &'a Call<'_>) -> Result<(&'a str, &'a str), Problem> {
    let (realm, app) = (call.realm()?, call.asked("app").unwrap_or_default());
    if !app.is_empty() {
        apps::find(&call.state.store, realm, app).await?;
    }
    Ok((&realm.id, app))
}

async fn list(call: &Call<'_>) -> Result<Reply, Problem> {
    let (log, page) = (opened(call)?, call.page()?);
    let [before] = page.parts()?;
    let text = |name: &str| call.asked(name).map(str::to_owned);
    let filter = RequestFilter {
        since: call.asked_time("since")?,
        until: call.asked_time("until")?,
        endpoint: text("endpoint"),
        error: text("error"),
        kind: text("kind"),
        status_class: call.asked("status").and_then(|class| class.parse().ok()),
        refused: call.asked("refused") == Some("true"),
    };
    let before = place(&before)?.or(call.asked("before"));
    if before.is_some_and(|id| id_from_text(id).is_none()) {
        return Err(Problem::field("before", "this is no id of a call"));
    }
    let (realm, limit) = (call.realm()?, page.limit.saturating_add(1));
    let found = match of(call).await? {
        Some(app) => log::calls(&log, (&realm.id, app), &filter, before, limit).await?,
        None => log::realm_calls(&log, &realm.id, &filter, before, limit).await?,
    };
    Ok(page.reply(found, |one| vec![one.id.clone()], |one| shown(&one)))
}

/// The call behind which a page begins, where it is not the first.
fn place(id: &str) -> Result<Option<&str>, Problem> {
    let wrong = "this is no `next` of a page of this list: begin anew without it";
    match id {
        "" => Ok(None),
        id if id_from_text(id).is_some() => Ok(Some(id)),
        _ => Err(Problem::field("after", wrong)),
    }
}

async fn newer(call: &Call<'_>) -> Result<Reply, Problem> {
    let (log, page, realm) = (opened(call)?, call.page()?, call.realm()?);
    let [after] = page.parts()?;
    let (seen, since) = (place(&after)?, call.asked_time("since")?.unwrap_or(call.now));
    let found = match of(call).await? {
        Some(app) => log::calls_after(&log, (&realm.id, app), seen, since, page.limit).await?,
        None => log::realm_calls_after(&log, &realm.id, seen, since, page.limit).await?,
    };
    // Where nothing came, the next page begins where this one did: at what was seen last, or at the same time.
    let first = || log::before(since);
    let next = found.last().map_or_else(|| seen.map_or_else(first, str::to_owned), |one| one.id.clone());
    Ok(Reply::ok(json!({ "items": found.iter().map(shown).collect::<Vec<_>>(), "next": cursor(&next) })))
}

async fn errors(call: &Call<'_>) -> Result<Reply, Problem> {
    let since = call.asked_time("since")?.unwrap_or(call.now - DAY);
    let found = log::errors(&opened(call)?, whose(call).await?, since).await?;
    Ok(Reply::ok(json!({ "items": found.iter().map(group).collect::<Vec<_>>() })))
}

async fn get(call: &Call<'_>) -> Result<Reply, Problem> {
    let (realm, reference) = (call.realm()?, call.named("reference"));
    let found = log::call(&opened(call)?, reference, None, call.now).await?;
    if found.realm != realm.id {
        return Err(crate::admin::AdminError::NoSuchCall(reference.to_owned()).into());
    }
    Ok(Reply::ok(shown(&found)))
}

async fn replayed(call: &Call<'_>) -> Result<Reply, Problem> {
    let (log, state, realm) = (opened(call)?, call.state, call.realm()?);
    let reference = call.named("reference");
    let found = replay::replay(&state.store, &log, &state.secrets, realm, reference, call.now).await?;
    Ok(Reply::ok(json!({ "call": shown(&found.call), "checks": found.checks })))
}
