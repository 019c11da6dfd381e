//! A client asks whether its user answered who is elsewhere (OpenID CIBA Core 1.0 10.1, 11): as a device does ([`super::device_poll`]).

use crate::failure::Failure;
use crate::people::waiting::Kept;
use crate::protocol::call::Call;
use crate::protocol::device_poll::POLICY;
use crate::protocol::exchange::Exchange;
use claviger_core::Refusal;
use claviger_core::refusal::Further;
use claviger_core::token::{Id, Plain, hash_is};
use claviger_store::{Answered, BackchannelRow, Polled};

/// The answer's body, for a request that its user approved.
///
/// # Errors
/// What the client is told until then; as [`Exchange::answer`] afterwards.
pub(super) async fn answer(call: Call<'_>, id: &Id, code: &Plain) -> Result<Vec<u8>, Failure> {
    match (Exchange { call, id, code }).answer().await {
        Err(Failure::Refusal(Refusal::CodeUnknown)) => Err(waits(call, id, code).await?.into()),
        Err(Failure::Refusal(Refusal::CodeExpired)) => Err(Refusal::from(Further::AuthReqExpired).into()),
        other => other,
    }
}

/// What a client is told whose request is no code yet.
async fn waits(call: Call<'_>, id: &Id, code: &Plain) -> Result<Refusal, Failure> {
    let Call { state, site, client, .. } = call;
    let is_mine = |row: &BackchannelRow| {
        let request = &row.request;
        hash_is(code.expose(), request.hash.as_slice())
            && request.realm == site.realm.id
            && request.client == client.client().id
    };
    let Some(row) = state.store.backchannel(id).await?.filter(is_mine) else {
        return Ok(Further::AuthReqUnknown.into());
    };
    let (request, now) = (row.request, state.clock.now());
    if let Some(sealed) = row.answered {
        let answered = Answered { id: *id, realm: request.realm, sealed, expires_at: request.expires_at };
        let allowed = Kept::open(&answered, &state.secrets, &site.realm.id)?.allowed;
        // What was allowed is a code, which is forgotten only after it is over.
        return Ok(if allowed { Further::AuthReqExpired.into() } else { Refusal::Denied });
    }
    if request.expires_at <= now {
        return Ok(Further::AuthReqExpired.into());
    }
    Ok(match state.store.poll_backchannel(id, POLICY, now).await? {
        Polled::InTime => Further::Pending.into(),
        Polled::TooEarly(interval) => Further::AskedTooOften(interval / 1000).into(),
    })
}
