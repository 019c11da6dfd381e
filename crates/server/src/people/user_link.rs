//! Behind a link that somebody got by mail: a new password, or an address that is theirs.
//!
//! GET shows a page and uses nothing up: mail scanners open links. POST, from that page in whatever browser it was opened, uses the link
//! up and does it. A link signs nobody in: the second factor of whoever has one is asked for at the sign-in that follows.

use crate::failure::{Failure, wrong_method};
use crate::http::{Answer, Incoming};
use crate::pages::mails::LinkMailKind;
use crate::pages::views::LinkState;
use crate::people::browser::Browser;
use crate::people::forgotten::{page, post};
use crate::people::happened::Scene;
use crate::people::new_password::choose;
use crate::people::show;
use crate::state::State;
use crate::state::sites::{Site, Target};
use claviger_core::Params;
use claviger_core::password::{Strength, Weakness};
use claviger_core::realm::AccountMail;
use claviger_core::token::{self, Id, Kind, Plain};
use claviger_core::user::User;
use claviger_store::{ActivityKind, LinkKind, Moved, UserLink};
use http::Method;

/// Shows the page; takes its form.
pub(crate) async fn answer(state: &State, site: &Site, incoming: &Incoming) -> Answer {
    let result = match incoming.head.method {
        Method::GET => open(state, site, incoming).await,
        Method::POST => take(state, site, incoming).await,
        _ => return wrong_method("GET, POST"),
    };
    let mut answer = result.unwrap_or_else(|failure| show::failure(state, site, incoming, &failure));
    show::no_store(&mut answer);
    answer
}

/// A link that is good, and its user.
struct Live {
    id: Id,
    text: Plain,
    link: UserLink,
    user: User,
}

/// The link of a request's query, where it is good here.
async fn find(state: &State, site: &Site, incoming: &Incoming) -> Result<Option<Live>, Failure> {
    let params = Params::form(incoming.query().as_bytes())?;
    let text = params.get("link").unwrap_or_default();
    let Some(id) = token::row_id(Kind::Link, text) else { return Ok(None) };
    let text = Plain::from(text);
    let found = state.store.user_link(&text.hash(), state.clock.now()).await?;
    let Some(link) = found.filter(|link| link.realm == site.realm.id) else { return Ok(None) };
    let stored = state.store.user(&site.realm.id, &link.user).await?;
    let user = stored.map(|stored| stored.user).filter(|user| !user.disabled);
    Ok(user.map(|user| Live { id, text, link, user }))
}

fn face(state: &State, site: &Site, browser: &Browser, live: Option<&Live>, error: Option<&'static str>) -> Answer {
    let path = site.page_path(Target::UserLink);
    let Some(live) = live else { return page(state, site, browser, LinkState::Gone, path, None) };
    let shown = match live.link.kind {
        LinkKind::Email => LinkState::Confirm { email: live.link.email.clone() },
        LinkKind::Reset | LinkKind::FirstLogin => LinkState::Choose { username: live.user.username.clone(), error },
    };
    page(state, site, browser, shown, format!("{path}?link={}", live.text.expose()), Some(&live.id))
}

async fn open(state: &State, site: &Site, incoming: &Incoming) -> Result<Answer, Failure> {
    let browser = Browser::read(&site.realm, incoming);
    let live = find(state, site, incoming).await?;
    Ok(face(state, site, &browser, live.as_ref(), None))
}

async fn take(state: &State, site: &Site, incoming: &Incoming) -> Result<Answer, Failure> {
    let browser = Browser::read(&site.realm, incoming);
    let Some(live) = find(state, site, incoming).await? else { return Ok(face(state, site, &browser, None, None)) };
    let params = Params::form(&incoming.body)?;
    let token = params.get("csrf").unwrap_or_default();
    if !browser.is_own_form(site, incoming, &state.secrets.forms, Some(&live.id), token) {
        // Cookies were lost, or the page stood in another browser: nothing is used up, and it is shown anew.
        return Ok(face(state, site, &browser, Some(&live), None));
    }
    match live.link.kind {
        LinkKind::Email => confirm(state, site, (incoming, &browser), &live).await,
        LinkKind::Reset | LinkKind::FirstLogin => {
            let typed = Plain::from(params.get("new_password").unwrap_or_default());
            set_password(state, site, (incoming, &browser), &live, &typed).await
        }
    }
}

async fn set_password(
    state: &State,
    site: &Site,
    (incoming, browser): (&Incoming, &Browser),
    live: &Live,
    typed: &Plain,
) -> Result<Answer, Failure> {
    let chosen = match choose(state, &site.realm, &live.user, typed).await? {
        Ok(chosen) => chosen,
        Err(weakness) => return Ok(face(state, site, browser, Some(live), Some(not_taken(weakness)))),
    };
    let now = state.clock.now();
    let until = now + site.realm.longest_token();
    if !state.store.set_password_by_link(&live.link, chosen.hash, now, until).await? {
        return Ok(face(state, site, browser, None, None));
    }
    state.handed_in.notify_one();
    tracing::info!("a password was chosen behind a link");
    let scene = Scene { state, site, incoming };
    scene.note(&live.user.id, ActivityKind::PasswordChanged, "").await;
    // Whoever chose their first one had none that was changed.
    if live.link.kind != LinkKind::FirstLogin {
        scene.tell(&live.user, AccountMail::PasswordChanged, "").await;
    }
    let strength = match chosen.strength {
        Strength::Fair => "fair",
        Strength::Good => "good",
        Strength::Strong => "strong",
    };
    Ok(page(state, site, browser, LinkState::Chosen { strength }, site.page_path(Target::UserLink), None))
}

/// As the messages call it.
const fn not_taken(weakness: Weakness) -> &'static str {
    match weakness {
        Weakness::Short => "password_short",
        Weakness::Guessable => "password_guessable",
        Weakness::OwnName => "password_own_name",
        Weakness::Known => "password_known",
    }
}

async fn confirm(
    state: &State,
    site: &Site,
    (incoming, browser): (&Incoming, &Browser),
    live: &Live,
) -> Result<Answer, Failure> {
    let before = match state.store.move_email_by_link(&live.link, state.clock.now()).await? {
        Moved::Done(before) => before,
        Moved::Gone => return Ok(face(state, site, browser, None, None)),
    };
    tracing::info!("somebody has another address");
    let scene = Scene { state, site, incoming };
    scene.note(&live.user.id, ActivityKind::EmailChanged, &live.link.email).await;
    let old = before.email.as_deref().filter(|old| *old != live.link.email);
    if let Some(old) = old {
        let pages = state.pages.load_full();
        post(state, site, &pages).tell(Some(&before), LinkMailKind::Moved, old).await?;
    }
    let shown = LinkState::Confirmed { email: live.link.email.clone() };
    Ok(page(state, site, browser, shown, site.page_path(Target::UserLink), None))
}
