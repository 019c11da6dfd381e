//! What follows a sign-in: the request that waits, or a page of ours.

use crate::failure::Failure;
use crate::http::Answer;
use crate::people::factor::Onward;
use crate::people::flow::{Flow, Front};
use crate::people::session::Begun;
use crate::people::show::see_other;
use crate::people::waiting::SignInStep;
use crate::state::sites::Target;
use http::header::SET_COOKIE;

/// Goes on in the session that has just begun.
pub(crate) async fn go_on(
    flow: &Flow<'_>,
    front: Option<Front>,
    onward: Option<Onward>,
    step: SignInStep,
    (session, cookies): Begun,
) -> Result<Answer, Failure> {
    let (state, site) = (flow.state, flow.site);
    let mut answer = match front {
        None => see_other(&Onward::path(onward, site)),
        Some(Front { waiting, entry }) => {
            let mut waiting = waiting.after(step, state.clock.now());
            waiting.request.prompt.select_account = false;
            if let Some(address) = flow.address(Target::Consent, &waiting, None)? {
                see_other(&address)
            } else {
                let browser = &flow.browser.with_session(session);
                let flow = Flow::new(state, site, flow.incoming, browser);
                Box::pin(flow.advance(&entry.client, &waiting.request, Some(&waiting), None)).await?
            }
        }
    };
    answer.headers_mut().extend(cookies.into_iter().map(|cookie| (SET_COOKIE, cookie)));
    Ok(answer)
}
