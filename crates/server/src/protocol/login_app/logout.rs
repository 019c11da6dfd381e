//! Challenges to sign out.

use super::{Call, Problem, done, shapes, told};
use crate::http::Answer;
use crate::people::login_app::challenge::{LogoutChallenge, Outcome};
use crate::people::login_app::said::LogoutSaid;
use serde_json::json;

const CHALLENGE: &str = "logout_challenge";

/// What is asked.
pub(super) async fn tell(call: &Call<'_>) -> Result<Answer, Problem> {
    let challenge: LogoutChallenge = call.open_challenge(CHALLENGE).await?;
    let mut body = json!({
        "challenge": call.needs(CHALLENGE)?,
        "subject": challenge.user,
        "sid": challenge.session_name(),
        "request_url": challenge.request_url,
        "rp_initiated": challenge.rp_initiated,
    });
    let client = match &challenge.client {
        Some(client) => shapes::client(call, client).await?,
        None => None,
    };
    if let (Some(client), Some(members)) = (client, body.as_object_mut()) {
        members.insert("client".to_owned(), client);
    }
    Ok(told(&body))
}

/// They do.
pub(super) async fn accept(call: &Call<'_>) -> Result<Answer, Problem> {
    let challenge: LogoutChallenge = call.challenge(CHALLENGE)?;
    call.settle(challenge, Outcome::Accepted(LogoutSaid {})).await
}

/// They stay: nothing happens, and the app shows what it likes.
pub(super) fn reject(call: &Call<'_>) -> Result<Answer, Problem> {
    call.challenge::<LogoutChallenge>(CHALLENGE)?;
    Ok(done())
}
