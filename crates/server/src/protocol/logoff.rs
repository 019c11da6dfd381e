//! Log-off: a client ends the session of the token that it presents; its seat is free at once (J6).

use crate::failure::{Failure, empty, wrong_method};
use crate::http::{Answer, Incoming};
use crate::protocol::revoke::revoke_token;
use crate::protocol::userinfo::{presented, refuse};
use crate::state::State;
use crate::state::sites::Site;
use claviger_core::bearer::Reason;
use http::{Method, StatusCode};

/// Ends the session of the presented bearer token: 204.
pub(crate) async fn answer(state: &State, site: &Site, incoming: &Incoming) -> Answer {
    if incoming.head.method != Method::POST {
        return wrong_method("POST");
    }
    match respond(state, site, incoming).await {
        Ok(Ok(())) => empty(StatusCode::NO_CONTENT),
        Ok(Err(why)) => refuse(state, site, incoming, why, None),
        Err(failure) => failure.to_json(&site.realm.dialect, false, incoming.id),
    }
}

async fn respond(state: &State, site: &Site, incoming: &Incoming) -> Result<Result<(), Reason>, Failure> {
    let token = match presented(state, site, incoming).await? {
        Ok(token) => token,
        Err(why) => return Ok(Err(why)),
    };
    revoke_token(state, site, &token, true).await?;
    Ok(Ok(()))
}
