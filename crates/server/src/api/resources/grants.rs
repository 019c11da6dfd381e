//! Grants: which apps may act, for whom.

use crate::admin::given::{self, Grant};
use crate::api::call::Call;
use crate::api::operation::{About, Answers, Method, Operation, Reply, param};
use crate::api::page::{AFTER, LIMIT};
use crate::api::problem::Problem;
use crate::api::schema::{Schema, Shape, always, may, or_null};
use crate::api::times::time;
use claviger_core::claims::id_from_text;
use claviger_core::permission::{Resource, Verb};
use claviger_store::{GrantLine, Of, id_text};
use serde_json::{Value, json};

const GRANT: Schema = Schema {
    name: "Grant",
    says: "What an app was given",
    fields: &[
        always("id", Shape::Text, "Its id"),
        always("app", Shape::Text, "To which app"),
        or_null("user", Shape::Text, "For which user, by id; null: it acts for itself"),
        or_null("username", Shape::Text, "What people call them"),
        always("flow", Shape::Text, "How it came about"),
        or_null("scope", Shape::Text, "What it may do"),
        always("audience", Shape::List(&Shape::Text), "At which APIs"),
        always("organisations", Shape::List(&Shape::Text), "For which organisations"),
        always("created_at", Shape::Time, "When it began"),
        always("refreshed_at", Shape::Time, "When it was last refreshed, or began"),
        always("expires_at", Shape::Time, "When it is over"),
    ],
    open: false,
};

pub(super) const WHOSE: Schema = Schema {
    name: "Whose",
    says: "Of which user and which app; both where both are named, one at least, unless all of the realm is meant",
    fields: &[
        may("all", Shape::Bool, "All of the realm, in place of a user and an app"),
        may("user", Shape::Name(200), "Of this user, by id or user name"),
        may("app", Shape::Name(2000), "Of this app"),
    ],
    open: false,
};

pub(super) const ENDED: Schema =
    Schema { name: "Ended", says: "What ended", fields: &[always("ended", Shape::Int, "How many")], open: false };

const PATH: &str = "/realms/{realm}/grants/{grant}";

pub(super) const OPERATIONS: &[Operation] = &[
    Operation::get(
        "listGrants",
        "/realms/{realm}/grants",
        "The live grants of a realm",
        (Resource::Grants, About::Realm),
        Answers::Page(&GRANT),
        |call| Box::pin(list(call)),
    )
    .query(&[
        LIMIT,
        AFTER,
        param("user", Shape::Text, "Only of this user, by id or user name"),
        param("app", Shape::Text, "Only of this app"),
        param("organisation", Shape::Text, "Only for this organisation; a page may then have fewer than asked for"),
        param("since", Shape::Time, "Only those that began then or later"),
        param("until", Shape::Time, "Only those that began before"),
    ]),
    Operation::act(
        "revokeGrant",
        (Method::Delete, PATH),
        "Ends a grant with its tokens and seats",
        (Resource::Grants, Verb::Revoke, About::Realm),
        Answers::Nothing,
        |call| Box::pin(revoke(call)),
    ),
    Operation::act(
        "revokeGrants",
        (Method::Post, "/realms/{realm}/grants/revoke"),
        "Ends all grants of a user, of an app, or of a user's app, in batches",
        (Resource::Grants, Verb::Revoke, About::Realm),
        Answers::One(200, &ENDED),
        |call| Box::pin(revoke_all(call)),
    )
    .body(&WHOSE),
];

/// Whose things are looked through: as the query says it.
pub(super) async fn asked(call: &Call<'_>) -> Result<Of, Problem> {
    Ok(given::of(&call.state.store, call.realm()?, call.asked("app"), call.asked("user")).await?)
}

/// Whose things end: as the body says it.
pub(super) async fn whose(call: &Call<'_>) -> Result<Of, Problem> {
    let (app, user) = (call.text("app"), call.text("user"));
    let all = call.body.get("all").and_then(Value::as_bool).unwrap_or_default();
    match (all, app.is_some() || user.is_some()) {
        (false, false) => {
            return Err(Problem::field("/user", "name a user, an app, or both; or say that `all` is meant"));
        }
        (true, true) => return Err(Problem::field("/all", "either all, or those of a user or an app")),
        _ => {}
    }
    Ok(given::of(&call.state.store, call.realm()?, app, user).await?)
}

fn shown(grant: Grant) -> Value {
    let Grant { line, granted } = grant;
    let organisations = granted.as_ref().map(|granted| granted.organisations.clone()).unwrap_or_default();
    json!({
        "id": id_text(&line.id), "app": line.client, "user": line.user, "username": line.username, "flow": line.flow,
        "scope": granted.as_ref().map(|granted| granted.scope.to_string()),
        "audience": granted.iter().flat_map(|granted| granted.audience.iter()).collect::<Vec<_>>(),
        "organisations": organisations,
        "created_at": time(line.created_at), "refreshed_at": time(line.refreshed_at), "expires_at": time(line.expires_at),
    })
}

/// A line of which only the place counts.
fn place(client: String, id: &str) -> Option<GrantLine> {
    Some(GrantLine {
        id: id_from_text(id)?,
        client,
        user: None,
        username: None,
        flow: String::new(),
        doc: String::new(),
        created_at: 0,
        refreshed_at: 0,
        expires_at: 0,
    })
}

async fn list(call: &Call<'_>) -> Result<Reply, Problem> {
    let (realm, page, of) = (call.realm()?, call.page()?, asked(call).await?);
    let (since, until) = (call.asked_time("since")?, call.asked_time("until")?);
    let [client, id] = page.parts()?;
    let wrong = || Problem::field("after", "this is no `next` of a page of this list: begin anew without it");
    let after = if id.is_empty() { None } else { Some(place(client, &id).ok_or_else(wrong)?) };
    let found = call.state.store.list_grants(&realm.id, &of, after.as_ref(), call.now, page.read()).await?;
    let wanted = |grant: &Grant| {
        let for_it = |id: &str| grant.granted.as_ref().is_some_and(|all| all.organisations.iter().any(|one| one == id));
        call.asked("organisation").is_none_or(for_it)
            && since.is_none_or(|at| grant.line.created_at >= at)
            && until.is_none_or(|at| grant.line.created_at < at)
    };
    let grants = found.into_iter().map(|line| Grant { granted: serde_json::from_str(&line.doc).ok(), line });
    let place = |one: &Grant| vec![one.line.client.clone(), id_text(&one.line.id)];
    // What does not pass is left out of the page, and the cursor goes on behind it.
    Ok(page.reply_some(grants.collect(), place, |one| if wanted(&one) { Some(shown(one)) } else { None }))
}

async fn revoke(call: &Call<'_>) -> Result<Reply, Problem> {
    given::revoke_grant(&call.admin(), call.realm()?, call.named("grant")).await?;
    Ok(Reply::nothing())
}

async fn revoke_all(call: &Call<'_>) -> Result<Reply, Problem> {
    let ended = given::revoke_grants(&call.admin(), call.realm()?, &whose(call).await?).await?;
    Ok(Reply::ok(json!({ "ended": ended })))
}
