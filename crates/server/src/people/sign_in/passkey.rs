//! A sign-in by a passkey alone.

use crate::failure::Failure;
use crate::people::flow::Flow;
use crate::people::notice::Why;
use crate::people::passkey::challenge::Ceremony;
use crate::people::passkey::prove::{Verdict, prove};
use crate::people::password::Verified;
use crate::people::session::{Begun, begin_session};
use claviger_core::Params;
use claviger_core::sign_in::How;

/// The session of whoever has shown a passkey; or why there is none.
///
/// # Errors
/// The store fails.
pub(super) async fn begin(flow: &Flow<'_>, params: &Params<'_>) -> Result<Result<Begun, Why>, Failure> {
    let (state, site) = (flow.state, flow.site);
    let (user, proved) = match prove(flow, params, Ceremony::SignIn, None).await? {
        Verdict::Proved(user, proved) => (user, proved),
        Verdict::Again => return Ok(Err(Why::Again)),
        Verdict::Wrong => return Ok(Err(Why::Passkey)),
    };
    let found = state.store.user_to_verify(&site.realm.id, &user).await?;
    let Some((stored, precondition)) = found.filter(|(stored, _)| !stored.user.disabled) else {
        return Ok(Err(Why::Passkey));
    };
    let verified = Verified { user: stored.user, precondition };
    let how = How { password: false, ..How::default() }.with(proved, state.clock.now());
    Ok(begin_session(state, site, (flow.incoming, flow.browser), &verified, how).await?.ok_or(Why::Again))
}
