//! Sessions: the browsers in which somebody is signed in.

use super::grants::{ENDED, WHOSE, asked, whose};
use crate::admin::given;
use crate::api::call::Call;
use crate::api::operation::{About, Answers, Method, Operation, Reply, param};
use crate::api::page::{AFTER, LIMIT};
use crate::api::problem::Problem;
use crate::api::schema::{Schema, Shape, always, or_null};
use crate::api::times::time;
use claviger_core::jose::{base64url, from_base64url};
use claviger_core::permission::{Resource, Verb};
use claviger_store::{Session, SessionLine, session_name};
use serde_json::{Value, json};

const SESSION: Schema = Schema {
    name: "Session",
    says: "A browser in which somebody is signed in",
    fields: &[
        always("id", Shape::Text, "Its id"),
        always("user", Shape::Text, "Who, by id"),
        or_null("username", Shape::Text, "What people call them"),
        always("created_at", Shape::Time, "When it began"),
        always("authenticated_at", Shape::Time, "When they last proved who they are"),
        always("last_seen_at", Shape::Time, "When it was last used"),
        always("expires_at", Shape::Time, "When it is over"),
    ],
    open: false,
};

const END: (Resource, Verb, About) = (Resource::Sessions, Verb::Revoke, About::Realm);

pub(super) const OPERATIONS: &[Operation] = &[
    Operation::get(
        "listSessions",
        "/realms/{realm}/sessions",
        "Where users of a realm are signed in",
        (Resource::Sessions, About::Realm),
        Answers::Page(&SESSION),
        |call| Box::pin(list(call)),
    )
    .query(&[
        LIMIT,
        AFTER,
        param("user", Shape::Text, "Only of this user, by id or user name"),
        param("app", Shape::Text, "Only of users who let this app act for them"),
    ]),
    Operation::act(
        "endSession",
        (Method::Delete, "/realms/{realm}/sessions/{session}"),
        "Signs one browser out; what apps were given there goes on",
        END,
        Answers::Nothing,
        |call| Box::pin(end(call)),
    ),
    Operation::act(
        "endSessions",
        (Method::Post, "/realms/{realm}/sessions/end"),
        "Signs all browsers of a user, or of an app's users, out",
        END,
        Answers::One(200, &ENDED),
        |call| Box::pin(end_all(call)),
    )
    .body(&WHOSE),
];

fn shown(line: SessionLine) -> Value {
    let SessionLine { session, username } = line;
    json!({
        "id": session_name(&session.hash), "user": session.user, "username": username,
        "created_at": time(session.created_at), "authenticated_at": time(session.auth_time),
        "last_seen_at": time(session.last_seen_at), "expires_at": time(session.expires_at),
    })
}

/// A line of which only the place counts.
fn place(realm: &str, user: String, hash: &str) -> Option<SessionLine> {
    let hash = from_base64url(hash)?.try_into().ok()?;
    let session = Session {
        hash,
        realm: realm.to_owned(),
        user,
        created_at: 0,
        auth_time: 0,
        last_seen_at: 0,
        expires_at: 0,
        how: None,
    };
    Some(SessionLine { session, username: None })
}

async fn list(call: &Call<'_>) -> Result<Reply, Problem> {
    let (realm, page, of) = (call.realm()?, call.page()?, asked(call).await?);
    let [user, hash] = page.parts()?;
    let wrong = || Problem::field("after", "this is no `next` of a page of this list: begin anew without it");
    let after = if hash.is_empty() { None } else { Some(place(&realm.id, user, &hash).ok_or_else(wrong)?) };
    let found = call.state.store.list_sessions(&realm.id, &of, after.as_ref(), call.now, page.read()).await?;
    // A hash of a cookie opens nothing.
    Ok(page.reply(found, |one| vec![one.session.user.clone(), base64url(&one.session.hash)], shown))
}

async fn end(call: &Call<'_>) -> Result<Reply, Problem> {
    given::end_session(&call.admin(), call.realm()?, call.named("session")).await?;
    Ok(Reply::nothing())
}

async fn end_all(call: &Call<'_>) -> Result<Reply, Problem> {
    let ended = given::end_sessions(&call.admin(), call.realm()?, &whose(call).await?).await?;
    Ok(Reply::ok(json!({ "ended": ended })))
}
