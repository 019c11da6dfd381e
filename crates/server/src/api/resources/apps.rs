//! Apps: registered, approved, changed, stopped.

use super::app_fields::{APP, CHANGE, NEW, STATUSES};
use crate::admin::apps::{self, Edit, Registration};
use crate::admin::partner_letters::Desk;
use crate::api::call::Call;
use crate::api::operation::{About, Answers, Guard, Method, Operation, Reply, param};
use crate::api::page::{AFTER, LIMIT};
use crate::api::problem::Problem;
use crate::api::schema::{Schema, Shape, always, may, or_null};
use crate::api::times::{or_null as time_or_null, time};
use crate::pages::{Pages, RedirectComparison, nearest_redirect};
use claviger_core::client::ClientStatus;
use claviger_core::permission::{Resource, Verb};
use claviger_core::redirect::RedirectUri;
use claviger_core::{Client, Realm};
use claviger_store::{AskedFor, SubjectKind};
use serde_json::{Value, json};
use std::collections::HashMap;

/// Of how many people it is said that they asked for an app, the last first.
const ASKED: i64 = 100;
const TEXTS: Shape = Shape::List(&Shape::Text);

pub(super) const APPROVED: Schema = Schema {
    name: "Approved",
    says: "An approval",
    fields: &[
        always("app", Shape::Object(&APP), "The app as it is now"),
        always("mailed", Shape::Bool, "Its owner gets a mail with the link to its secret"),
        or_null(
            "link",
            Shape::Text,
            "The one-time link, where no mail carries it: it shows the secret once, within seven days",
        ),
    ],
    open: false,
};

const REASON: Schema = Schema {
    name: "Reason",
    says: "Why",
    fields: &[may("reason", Shape::Name(2000), "What the owner is told")],
    open: false,
};

const COMPARED: Schema = Schema {
    name: "RedirectAnswer",
    says: "Whether an app may be redirected there",
    fields: &[
        always("matches", Shape::Bool, "It may"),
        or_null("registered", Shape::Text, "The registered address that it matches, or the nearest"),
        always("differs", TEXTS, "The parts of the address that differ from the nearest"),
    ],
    open: false,
};

const READ: (Resource, About) = (Resource::Apps, About::Realm);
const WRITE: (Resource, Verb, About) = (Resource::Apps, Verb::Write, About::Realm);
const APPROVE: (Resource, Verb, About) = (Resource::Apps, Verb::Approve, About::Realm);
const ONE: Answers = Answers::One(200, &APP);
const PATH: &str = "/realms/{realm}/apps/{app}";

pub(super) const OPERATIONS: &[Operation] = &[
    Operation::get(
        "listApps",
        "/realms/{realm}/apps",
        "The apps of a realm, by id",
        READ,
        Answers::Page(&APP),
        |call| Box::pin(list(call)),
    )
    .query(&[
        LIMIT,
        AFTER,
        param("status", Shape::OneOf(STATUSES), "Only those that stand so"),
        param("search", Shape::Text, "Only those in whose settings this stands: id, name, owner, redirect URIs, .."),
    ]),
    Operation::act(
        "registerApp",
        (Method::Post, "/realms/{realm}/apps"),
        "Registers an app",
        WRITE,
        Answers::One(201, &APP),
        |call| Box::pin(register(call)),
    )
    .body(&NEW),
    Operation::get("getApp", PATH, "An app", READ, ONE, |call| Box::pin(get(call))),
    Operation::act("changeApp", (Method::Patch, PATH), "Changes an app", WRITE, ONE, |call| Box::pin(change(call)))
        .body(&CHANGE)
        .guard(Guard::Must(|call| Box::pin(get(call)))),
    Operation::act(
        "deleteApp",
        (Method::Delete, PATH),
        "Removes an app with all that it was given",
        WRITE,
        Answers::Nothing,
        |call| Box::pin(delete(call)),
    )
    .guard(Guard::Must(|call| Box::pin(get(call)))),
    Operation::act(
        "approveApp",
        (Method::Post, "/realms/{realm}/apps/{app}/approve"),
        "Approves an app that waits or was rejected",
        APPROVE,
        Answers::One(200, &APPROVED),
        |call| Box::pin(approve(call)),
    )
    .guard(Guard::May(|call| Box::pin(get(call)))),
    Operation::act(
        "rejectApp",
        (Method::Post, "/realms/{realm}/apps/{app}/reject"),
        "Rejects an app that waits",
        APPROVE,
        ONE,
        |call| Box::pin(reject(call)),
    )
    .body(&REASON)
    .guard(Guard::May(|call| Box::pin(get(call)))),
    Operation::act(
        "suspendApp",
        (Method::Post, "/realms/{realm}/apps/{app}/suspend"),
        "Stops an app, and revokes all that it was given",
        WRITE,
        ONE,
        |call| Box::pin(suspend(call)),
    )
    .guard(Guard::May(|call| Box::pin(get(call)))),
    Operation::act(
        "resumeApp",
        (Method::Post, "/realms/{realm}/apps/{app}/resume"),
        "Serves a suspended app again",
        WRITE,
        ONE,
        |call| Box::pin(resume(call)),
    )
    .guard(Guard::May(|call| Box::pin(get(call)))),
    Operation::get(
        "checkRedirect",
        "/realms/{realm}/apps/{app}/redirect-check",
        "Whether an app may be redirected somewhere, and what differs",
        READ,
        Answers::One(200, &COMPARED),
        |call| Box::pin(compare(call)),
    )
    .query(&[param("redirect_uri", Shape::Text, "The address, as the app sent it")]),
];

/// An app as the API tells it.
fn shown(realm: &Realm, client: &Client, used_at: Option<i64>, file: Option<&String>) -> Value {
    let mut app = serde_json::to_value(client).unwrap_or_default();
    if let Some(members) = app.as_object_mut() {
        members.insert("realm".to_owned(), realm.id.as_str().into());
        let addresses = apps::addresses(realm, client);
        let addresses = addresses.into_iter().map(|(name, url)| (name.to_owned(), url.into()));
        members.insert("addresses".to_owned(), Value::Object(addresses.collect()));
        members.insert("last_used_at".to_owned(), time_or_null(used_at));
        members.insert("is_agent".to_owned(), client.is_agent().into());
        members.insert("managed_by".to_owned(), json!(file));
    }
    app
}

async fn one(call: &Call<'_>, client: &Client) -> Result<Value, Problem> {
    let (realm, store) = (call.realm()?, &call.state.store);
    let uses = apps::last_uses(store, realm, Some(&client.id)).await?;
    let file = store.managed_by(&realm.id, SubjectKind::App, &client.id).await?;
    let mut app = shown(realm, client, uses.iter().map(|one| one.used_at).max(), file.as_ref());
    let asked = store.asked_for_client(&realm.id, &client.id, ASKED).await?;
    if let Some(members) = app.as_object_mut().filter(|_| !asked.is_empty()) {
        let one = |one: &AskedFor| json!({ "user": one.user, "times": one.times, "first_at": time(one.first_at), "last_at": time(one.last_at) });
        members.insert("asked_for".to_owned(), asked.iter().map(one).collect());
    }
    Ok(app)
}

async fn found(call: &Call<'_>) -> Result<Client, Problem> {
    Ok(apps::find(&call.state.store, call.realm()?, call.named("app")).await?)
}

async fn get(call: &Call<'_>) -> Result<Reply, Problem> {
    Ok(Reply::ok(one(call, &found(call).await?).await?))
}

async fn list(call: &Call<'_>) -> Result<Reply, Problem> {
    let (realm, store, page) = (call.realm()?, &call.state.store, call.page()?);
    let [after] = page.parts()?;
    let status = call.asked("status");
    let status = ClientStatus::ALL.into_iter().find(|one| Some(one.name()) == status);
    let found = match call.asked("search").map(str::trim).filter(|text| !text.is_empty()) {
        Some(text) => store.find_clients(&realm.id, status, text, &after, page.read()).await?,
        None => store.list_clients(&realm.id, status, &after, page.read()).await?,
    };
    let (mut used, managed) = (HashMap::<String, i64>::new(), store.managed(&realm.id).await?);
    for one in apps::last_uses(store, realm, None).await? {
        let at = used.entry(one.client).or_insert(one.used_at);
        *at = one.used_at.max(*at);
    }
    let file = |id: &str| managed.get(&(SubjectKind::App.name().to_owned(), id.to_owned()));
    Ok(page.reply(
        found,
        |one| vec![one.id.clone()],
        |one| shown(realm, &one, used.get(&one.id).copied(), file(&one.id)),
    ))
}

async fn register(call: &Call<'_>) -> Result<Reply, Problem> {
    let mut registration: Registration = call.read_all()?;
    registration.public |= registration.in_browser;
    let client = apps::register(&call.admin(), call.realm()?, registration).await?;
    Ok(Reply::made(one(call, &client).await?))
}

async fn change(call: &Call<'_>) -> Result<Reply, Problem> {
    let edit: Edit = call.read_all()?;
    let edition = apps::edit(&call.admin(), call.realm()?, call.named("app"), edit, false).await?;
    Ok(Reply::ok(one(call, &edition.client).await?))
}

/// What makes the mails to a team.
fn letters<'c>(call: &'c Call<'_>, pages: &'c Pages) -> Desk<'c> {
    Desk { secrets: &call.state.secrets, pages }
}

async fn delete(call: &Call<'_>) -> Result<Reply, Problem> {
    let pages = call.state.pages.load_full();
    apps::delete_and_tell(&call.admin(), letters(call, &pages), call.realm()?, call.named("app")).await?;
    call.state.handed_in.notify_one();
    Ok(Reply::nothing())
}

async fn approve(call: &Call<'_>) -> Result<Reply, Problem> {
    let (secrets, pages) = (&call.state.secrets, call.state.pages.load_full());
    let approved = apps::approve(&call.admin(), secrets, &pages, call.realm()?, call.named("app")).await?;
    told(call, approved).await
}

/// What an approval, or another link, comes to.
pub(super) async fn told(call: &Call<'_>, approved: apps::Approved) -> Result<Reply, Problem> {
    call.state.handed_in.notify_one();
    let mailed = approved.mail.is_some();
    let link = approved.link.filter(|_| !mailed).map(|link| link.expose().to_owned());
    Ok(Reply::ok(json!({ "app": one(call, &approved.client).await?, "mailed": mailed, "link": link })))
}

async fn reject(call: &Call<'_>) -> Result<Reply, Problem> {
    let (secrets, pages, realm) = (&call.state.secrets, call.state.pages.load_full(), call.realm()?);
    apps::reject(&call.admin(), secrets, &pages, realm, call.named("app"), call.text("reason")).await?;
    call.state.handed_in.notify_one();
    get(call).await
}

async fn suspend(call: &Call<'_>) -> Result<Reply, Problem> {
    let pages = call.state.pages.load_full();
    apps::suspend_and_tell(&call.admin(), letters(call, &pages), call.realm()?, call.named("app")).await?;
    call.state.handed_in.notify_one();
    get(call).await
}

async fn resume(call: &Call<'_>) -> Result<Reply, Problem> {
    let pages = call.state.pages.load_full();
    apps::resume_and_tell(&call.admin(), letters(call, &pages), call.realm()?, call.named("app")).await?;
    call.state.handed_in.notify_one();
    get(call).await
}

async fn compare(call: &Call<'_>) -> Result<Reply, Problem> {
    let received = call.asked("redirect_uri").unwrap_or_default();
    if received.is_empty() {
        return Err(Problem::field("redirect_uri", "this is missing"));
    }
    let client = found(call).await?;
    if let Some(uri) = client.redirect_uris.iter().find(|uri| uri.matches(received)) {
        return Ok(Reply::ok(json!({ "matches": true, "registered": uri.as_str(), "differs": [] })));
    }
    let nearest = nearest_redirect(received, client.redirect_uris.iter().map(RedirectUri::as_str));
    let compared = nearest.map(|nearest| RedirectComparison::new(received, nearest).received).unwrap_or_default();
    let differs: Vec<_> = compared.into_iter().filter(|part| part.differs).map(|part| part.text).collect();
    Ok(Reply::ok(json!({ "matches": false, "registered": nearest, "differs": differs })))
}
