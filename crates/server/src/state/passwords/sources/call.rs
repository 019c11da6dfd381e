//! A call to the vendor: `{"identifier", "password"}` is posted with the shared secret; 200 `{"status": "password_match"}` says that the
//! password is right, 403 that it is not, and everything else that nobody knows.

use super::{Profile, Unsaid};
use crate::outbound::Outbound;
use claviger_core::realm::UserCheck;
use claviger_core::token::Plain;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

#[derive(Serialize)]
struct Question<'a> {
    identifier: &'a str,
    password: &'a str,
}

#[derive(Deserialize)]
struct Answer {
    status: String,
    #[serde(flatten)]
    profile: Profile,
}

/// Asks once. Neither the question nor the answer is logged.
pub(super) async fn ask(
    outbound: &Outbound,
    check: &UserCheck,
    secret: &Plain,
    typed: &str,
    password: &Plain,
) -> Result<Option<Profile>, Unsaid> {
    let unsaid = |why: String| Unsaid(format!("the call to {} failed: {why}", check.url));
    let question = Question { identifier: typed, password: password.expose() };
    let body = Zeroizing::new(serde_json::to_vec(&question).map_err(|error| unsaid(error.to_string()))?);
    let (status, answer) = outbound.ask(&check.url, secret, &body).await.map_err(|error| unsaid(error.to_string()))?;
    match status.as_u16() {
        200 => {}
        403 => return Ok(None),
        other => return Err(unsaid(format!("the answer's status is {other}"))),
    }
    // What it says may name people: only that it cannot be read is told.
    let answer: Answer = serde_json::from_slice(&answer)
        .map_err(|_| unsaid("the answer is not the JSON that is expected".to_owned()))?;
    if answer.status != "password_match" {
        return Err(unsaid("the answer's `status` is not password_match".to_owned()));
    }
    Ok(Some(answer.profile))
}
