//! Challenges to sign in.

use super::{Call, Problem, shapes, subject, told};
use crate::http::Answer;
use crate::people::login_app::challenge::{LoginChallenge, Outcome};
use crate::people::login_app::said::{LoginSaid, organisations};
use serde_json::json;

const CHALLENGE: &str = "login_challenge";

/// What is asked.
pub(super) async fn tell(call: &Call<'_>) -> Result<Answer, Problem> {
    let challenge: LoginChallenge = call.open_challenge(CHALLENGE).await?;
    let waiting = challenge.waiting();
    let mut body = shapes::request(call, &waiting.request).await?;
    body.insert("challenge".to_owned(), call.needs(CHALLENGE)?.into());
    body.insert("skip".to_owned(), challenge.known.is_some().into());
    body.insert("subject".to_owned(), challenge.known.as_ref().map_or("", |known| &known.user).into());
    if let Some(known) = &challenge.known {
        body.insert("session_id".to_owned(), known.session.as_str().into());
    }
    Ok(told(&json!(body)))
}

/// Somebody signed in.
pub(super) async fn accept(call: &Call<'_>) -> Result<Answer, Problem> {
    let challenge: LoginChallenge = call.challenge(CHALLENGE)?;
    let said: LoginSaid = call.body()?;
    if challenge.known.as_ref().is_some_and(|known| known.user != said.subject) {
        return Err(Problem::request(
            "skip was true: the subject is the one that the challenge names, or it is rejected",
        ));
    }
    shapes::small("context", &said.context)?;
    subject::check_words(said.acr.as_deref(), &said.amr, said.force_subject_identifier.as_deref())?;
    let named = organisations(said.context.as_ref()).map_err(|error| {
        Problem::request(format!("context.organisations is no list of ids or organisations: {error}"))
    })?;
    subject::settle(call, &said.subject, named.as_deref()).await?;
    call.settle(challenge, Outcome::Accepted(said)).await
}

/// Somebody did not, or may not.
pub(super) async fn reject(call: &Call<'_>) -> Result<Answer, Problem> {
    call.reject::<LoginChallenge>(CHALLENGE).await
}
