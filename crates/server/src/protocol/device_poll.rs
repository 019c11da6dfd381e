//! A device asks whether its user has decided (RFC 8628 3.4, 3.5).
//!
//! What a user approves becomes a code under the id and the hash of the device code, so its redemption is that of any code:
//! once. Until then the device is told to wait, and to wait longer where it asks too often.

use crate::failure::Failure;
use crate::people::waiting::Kept;
use crate::protocol::call::Call;
use crate::protocol::exchange::Exchange;
use claviger_core::Refusal;
use claviger_core::authorize::device::{INTERVAL, LONGEST_INTERVAL};
use claviger_core::refusal::Further;
use claviger_core::token::{Id, Plain, hash_is};
use claviger_store::{Answered, DeviceRow, PollPolicy, Polled};

/// Timers are not exact: so many milliseconds too early is in time.
const SLACK: i64 = 1000;

/// How polls are measured.
pub(super) const POLICY: PollPolicy =
    PollPolicy { slack: SLACK, step: INTERVAL * 1000, longest: LONGEST_INTERVAL * 1000 };

/// The answer's body, for a device that its user approved.
///
/// # Errors
/// What the device is told until then; as [`Exchange::answer`] afterwards.
pub(super) async fn answer(call: Call<'_>, id: &Id, code: &Plain) -> Result<Vec<u8>, Failure> {
    match (Exchange { call, id, code }).answer().await {
        Err(Failure::Refusal(Refusal::CodeUnknown)) => Err(waits(call, id, code).await?.into()),
        Err(Failure::Refusal(Refusal::CodeExpired)) => Err(Refusal::from(Further::DeviceExpired).into()),
        other => other,
    }
}

/// What a device is told whose code is no code yet.
async fn waits(call: Call<'_>, id: &Id, code: &Plain) -> Result<Refusal, Failure> {
    let Call { state, site, client, .. } = call;
    let is_mine = |row: &DeviceRow| {
        hash_is(code.expose(), row.hash.as_slice()) && row.realm == site.realm.id && row.client == client.client().id
    };
    let Some(row) = state.store.device(id).await?.filter(is_mine) else { return Ok(Further::DeviceUnknown.into()) };
    let now = state.clock.now();
    if let Some(sealed) = row.answered {
        let answered = Answered { id: *id, realm: row.realm, sealed, expires_at: row.expires_at };
        let allowed = Kept::open(&answered, &state.secrets, &site.realm.id)?.allowed;
        // What was allowed is a code, which is forgotten only after it is over.
        return Ok(if allowed { Further::DeviceExpired.into() } else { Refusal::Denied });
    }
    if row.expires_at <= now {
        return Ok(Further::DeviceExpired.into());
    }
    Ok(match state.store.poll_device(id, POLICY, now).await? {
        Polled::InTime => Further::Pending.into(),
        Polled::TooEarly(interval) => Further::SlowDown(interval / 1000).into(),
    })
}
