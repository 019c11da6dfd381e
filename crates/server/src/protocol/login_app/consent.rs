//! Challenges to ask what somebody allows.

use super::{Call, Problem, shapes, subject, told};
use crate::http::Answer;
use crate::people::login_app::challenge::{ConsentChallenge, LoginChallenge, Outcome, Settled, settled};
use crate::people::login_app::said::{ConsentSaid, LoginSaid};
use crate::people::waiting::Waiting;
use claviger_core::authorize::picked;
use claviger_core::jose::base64url;
use claviger_core::user::User;
use http::StatusCode;
use serde_json::json;

const CHALLENGE: &str = "consent_challenge";

/// What is asked.
pub(super) async fn tell(call: &Call<'_>) -> Result<Answer, Problem> {
    let challenge: ConsentChallenge = call.open_challenge(CHALLENGE).await?;
    let (waiting, said) = signed_in(call, &challenge).await?;
    let mut body = shapes::request(call, &waiting.request).await?;
    body.insert("challenge".to_owned(), call.needs(CHALLENGE)?.into());
    body.insert("skip".to_owned(), challenge.skip.into());
    body.insert("subject".to_owned(), said.subject.as_str().into());
    body.insert("login_challenge".to_owned(), base64url(&challenge.login()).into());
    body.insert("login_session_id".to_owned(), base64url(&challenge.session()).into());
    body.insert("amr".to_owned(), said.amr.into());
    let more = [("acr", said.acr.map(Into::into)), ("context", said.context)];
    body.extend(more.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))));
    if let Some(user) = call.state.store.user(&call.site.realm.id, &said.subject).await? {
        let known = call.state.store.organisations(&call.site.realm.id, &user.user.organisations).await?;
        body.insert("organisations".to_owned(), json!(known));
    }
    Ok(told(&json!(body)))
}

/// The request, and what was said of who signed in for it.
async fn signed_in(call: &Call<'_>, challenge: &ConsentChallenge) -> Result<(Waiting, LoginSaid), Problem> {
    let login = settled::<LoginChallenge>(&challenge.login(), call.state, &call.site.realm.id).await?;
    if let Some(Settled { challenge, outcome: Outcome::Accepted(said) }) = login {
        return Ok((challenge.waiting(), said));
    }
    let why = "nobody knows this sign-in any more; the person begins again".to_owned();
    Err(Problem::Wrong(StatusCode::NOT_FOUND, "not_found", why))
}

/// Somebody allowed.
pub(super) async fn accept(call: &Call<'_>) -> Result<Answer, Problem> {
    let challenge: ConsentChallenge = call.challenge(CHALLENGE)?;
    let said: ConsentSaid = call.body()?;
    let (waiting, by) = signed_in(call, &challenge).await?;
    let asked = waiting.request.asked_scope();
    if let Some(stray) = said.grant_scope.iter().find(|scope| !asked.contains(scope)) {
        return Err(Problem::request(format!("grant_scope: `{}` was not asked for", shapes::short(stray))));
    }
    let apis = &said.grant_access_token_audience;
    if let Some(stray) = apis.iter().find(|name| !waiting.request.audience.contains(name)) {
        let why = format!("grant_access_token_audience: `{}` was not asked for", shapes::short(stray));
        return Err(Problem::request(why));
    }
    shapes::small("session.access_token", &said.session.access_token)?;
    shapes::small("session.id_token", &said.session.id_token)?;
    shapes::small("context", &said.context)?;
    picks(call, &by.subject, &waiting.request.client, &said).await?;
    call.settle(challenge, Outcome::Accepted(said)).await
}

/// The organisations that the token will be for: those that are named, which are the user's from then on.
async fn picks(call: &Call<'_>, subject: &str, client: &str, said: &ConsentSaid) -> Result<(), Problem> {
    let named = said
        .organisations()
        .map_err(|error| Problem::request(format!("organisations is no list of ids or organisations: {error}")))?;
    let user = match named.as_deref() {
        Some(named) => subject::add_organisations(call, subject, named).await?,
        None => subject::known(call, subject).await?,
    };
    let (store, realm) = (&call.state.store, &call.site.realm);
    let chosen: Vec<String> = if let Some(named) = named {
        named.iter().map(|named| named.id().to_owned()).collect()
    } else {
        let before = store.consent(&realm.id, subject, client).await?.unwrap_or_else(no_consent);
        before.organisations.into_iter().filter(|id| user.organisations.contains(id)).collect()
    };
    match picked(realm.dialect.organisation, &user, chosen.iter().map(String::as_str)) {
        Ok(_) => Ok(()),
        Err(_) => Err(Problem::request(unpicked(&user))),
    }
}

fn no_consent() -> claviger_store::Consent {
    claviger_store::Consent {
        scope: claviger_core::ScopeSet::default(),
        organisations: Vec::new(),
        updated_at: 0,
        until: None,
    }
}

/// Which organisations could be named.
fn unpicked(user: &User) -> String {
    let known = user.organisations.join(", ");
    format!("the token is for one or more of the user's organisations: name them in session.organisations ({known})")
}

/// Somebody did not, or may not.
pub(super) async fn reject(call: &Call<'_>) -> Result<Answer, Problem> {
    call.reject::<ConsentChallenge>(CHALLENGE).await
}
