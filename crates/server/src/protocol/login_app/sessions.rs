//! What users allowed, and where they are signed in: told, and taken back.

use super::{Call, Problem, done, shapes, told};
use crate::failure::Failure;
use crate::http::Answer;
use crate::people::login_app::challenge::hash;
use claviger_store::{AppConsent, ConsentLine, Of};
use serde_json::{Map, Value, json};

/// How many apps of one user are told of at most.
const MOST: i64 = 500;

/// What a user allows which app.
pub(super) async fn consents(call: &Call<'_>) -> Result<Answer, Problem> {
    let subject = call.needs("subject")?;
    let (store, realm) = (&call.state.store, &call.site.realm.id);
    let said = store.app_consents(realm, subject).await?;
    let mut list = Vec::new();
    for line in lines(call, subject, None).await? {
        let said = said.iter().find(|said| said.client == line.client);
        list.push(consent(call, &line, said).await?);
    }
    Ok(told(&Value::from(list)))
}

async fn lines(call: &Call<'_>, subject: &str, client: Option<&str>) -> Result<Vec<ConsentLine>, Problem> {
    let of = Of { app: client.map(str::to_owned), user: Some(subject.to_owned()) };
    Ok(call.state.store.list_consents(&call.site.realm.id, &of, None, MOST).await?)
}

/// One of them, with what the app said when it was given.
async fn consent(call: &Call<'_>, line: &ConsentLine, said: Option<&AppConsent>) -> Result<Value, Problem> {
    let mut body: Map<String, Value> = match said {
        Some(said) => serde_json::from_str(&said.doc)?,
        None => Map::new(),
    };
    let handled_at = body.get("handled_at").and_then(Value::as_i64).unwrap_or(line.consent.updated_at);
    body.insert("handled_at".to_owned(), shapes::moment(handled_at).into());
    body.insert("grant_scope".to_owned(), json!(line.consent.scope.iter().collect::<Vec<_>>()));
    let request = json!({
        "subject": line.user,
        "client": shapes::client(call, &line.client).await?,
        "requested_scope": body.get("grant_scope"),
        "skip": false,
    });
    body.insert("consent_request".to_owned(), request);
    Ok(body.into())
}

/// Takes back what a user allowed one app, or all.
pub(super) async fn take_back(call: &Call<'_>) -> Result<Answer, Problem> {
    let subject = call.needs("subject")?;
    let client = call.params.get("client").filter(|client| !client.is_empty());
    if client.is_none() && call.params.get("all") != Some("true") {
        return Err(Problem::request("name one app with client, or all of them with all=true"));
    }
    let (store, realm) = (&call.state.store, &call.site.realm);
    let now = call.state.clock.now();
    let until = now + realm.longest_token();
    for line in lines(call, subject, client).await? {
        store.withdraw_consent_by_act(&realm.id, subject, &line.client, now, until).await?;
        store.forget_app_consent(&realm.id, subject, &line.client).await?;
    }
    call.state.follower().catch_up().await.map_err(Failure::from)?;
    Ok(done())
}

/// Signs a user out: in one browser (`sid`), or in all (`subject`).
pub(super) async fn sign_out(call: &Call<'_>) -> Result<Answer, Problem> {
    let (store, realm, now) = (&call.state.store, &call.site.realm.id, call.state.clock.now());
    if let Some(sid) = call.params.get("sid").filter(|sid| !sid.is_empty()) {
        let session = hash(sid);
        if store.session(&session, now).await?.is_some_and(|found| found.realm == *realm) {
            store.end_session(&session, now).await?;
        }
    } else {
        store.end_sessions_of_user(realm, call.needs("subject")?, now).await?;
    }
    call.state.handed_in.notify_one();
    Ok(done())
}
