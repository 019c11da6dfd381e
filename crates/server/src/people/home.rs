//! What a browser sees at an address that is nobody's: the realm's first page, or that there is nothing.

use crate::failure::Failure;
use crate::http::{Answer, Incoming};
use crate::people::about::launches;
use crate::people::browser::Browser;
use crate::people::session::signed_in;
use crate::people::show;
use crate::state::State;
use crate::state::sites::Site;

/// The first page of the site, or a page that says what to do.
pub(crate) async fn answer(state: &State, site: &Site, incoming: &Incoming) -> Answer {
    if !site.is_home(incoming.path()) || !site.is_at(&incoming.authority()) {
        return show::not_found(state, site, incoming);
    }
    first(state, site, incoming).await.unwrap_or_else(|failure| show::failure(state, site, incoming, &failure))
}

async fn first(state: &State, site: &Site, incoming: &Incoming) -> Result<Answer, Failure> {
    let browser = Browser::read(&site.realm, incoming);
    Ok(match signed_in(state, site, &browser, "").await? {
        Some(who) => {
            let apps = launches(state, site, &who.user.id).await?;
            show::signed_in(state, site, &browser, &who.user, apps)
        }
        None => show::home(state, site, incoming),
    })
}
