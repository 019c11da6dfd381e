//! Who may come in: a user of the admin realm, signed in with a second factor, who has a role.

use super::desk::{Desk, no_role};
use crate::admin::roles::Administrator;
use crate::failure::Failure;
use crate::http::Answer;
use crate::people::account::owner;
use crate::people::factor::{Onward, has_any};
use crate::people::flow::Flow;
use crate::people::page::{see_other, with_browser};
use crate::state::sites::Target;

/// Somebody in front of the console; or where they go first.
pub(super) async fn enter<'a>(flow: &'a Flow<'a>) -> Result<Result<Desk<'a>, Answer>, Failure> {
    let (state, site) = (flow.state, flow.site);
    let Some(administration) = &site.realm.administration else { return Ok(Err(no_role(flow))) };
    let who = match owner::owner(flow, Onward::Console).await? {
        Ok(who) => who,
        Err(answer) => return Ok(Err(answer)),
    };
    if who.session.how.as_ref().is_none_or(|how| how.level(&site.realm) <= 1) {
        // Whoever has none sets one up first: the console is never behind a password alone.
        let factors = state.store.factors(&site.realm.id, &who.user.id).await?;
        let act = if has_any(&factors) { "" } else { "&act=set-up" };
        let path = site.page_path(Target::SecondFactor);
        let answer = see_other(&format!("{path}?to={}{act}", Onward::Console.name()));
        return Ok(Err(with_browser(answer, site, flow.browser)));
    }
    let Some(admin) = Administrator::of_user(&state.store, &site.realm, &who.user.id).await? else {
        return Ok(Err(no_role(flow)));
    };
    let base = format!("{}{}", site.realm.base_path(), administration.console_path);
    Ok(Ok(Desk::new(flow, who, admin, base)))
}
