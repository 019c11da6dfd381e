//! Somebody becomes a partner: by a mail that shows that the address is theirs, or by a team's invitation.
//!
//! Nothing is stored until the link is used: what was typed travels sealed in it. Whoever confirms types the password once more, so that
//! nobody makes an account with somebody else's address and a password of their own.

use super::desk::{fault, refused, with_letters};
use crate::admin::partner_letters::{Said, letter};
use crate::admin::{Actor, Admin, Way, teams, users};
use crate::failure::Failure;
use crate::http::Answer;
use crate::ids;
use crate::pages::mails::PortalMailKind;
use crate::pages::views::{PortalBody, PortalPage, SignUpPage};
use crate::people::flow::Flow;
use crate::people::new_password::choose;
use crate::people::page::{Speech, no_store, see_other, view, with_browser};
use crate::people::session::signed_in;
use crate::people::show;
use crate::state::hashing::normal_form;
use crate::state::rates::Counted;
use crate::state::sites::Target;
use claviger_core::Params;
use claviger_core::claims::id_text;
use claviger_core::jose::{base64url, from_base64url};
use claviger_core::password::Weakness;
use claviger_core::realm::SignUp;
use claviger_core::text::is_name;
use claviger_core::token::{Plain, row_id};
use claviger_core::user::{User, is_mail_address};
use claviger_store::{Edited, Masked, TeamInvitation};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use tokio::time::Instant;

/// How many sign up within an hour with one address for mails, and from one address of the network.
const HOURLY: u32 = 3;
const HOURLY_PER_ADDRESS: u32 = 20;
/// How often a link's password is tried within an hour.
const TRIES: u32 = 10;
/// An answer takes so long, or twice as long and so on.
const UNTIL_ANSWERED: Duration = Duration::from_millis(400);
/// How long the link works.
const LINK_SECONDS: u64 = 86_400;
const LINK_MILLIS: i64 = 86_400_000;
const PURPOSE: &[u8] = b"portal sign-up";

/// What was typed, as the link carries it.
#[derive(Serialize, Deserialize)]
struct Typed {
    realm: String,
    email: String,
    name: String,
    hash: String,
    until: i64,
}

fn page(flow: &Flow<'_>, page: SignUpPage) -> Answer {
    let sign_in_url = format!("{}?to=portal", flow.site.page_path(Target::SignIn));
    let status_is_wrong = page.error.is_some();
    let page = PortalPage {
        base: flow.site.page_path(Target::Portal),
        csrf: flow.browser.form_token(&flow.state.secrets.forms, None).into(),
        notice: None,
        errors: Vec::new(),
        body: PortalBody::SignUp(SignUpPage { sign_in_url, ..page }),
    };
    let mut answer = view(flow.state, flow.site, Speech::of_browser(flow.browser, None), &page);
    if status_is_wrong {
        *answer.status_mut() = http::StatusCode::UNPROCESSABLE_ENTITY;
    }
    no_store(&mut answer);
    with_browser(answer, flow.site, flow.browser)
}

fn is_own(flow: &Flow<'_>, params: &Params<'_>) -> bool {
    let token = params.get("csrf").unwrap_or_default();
    flow.browser.is_own_form(flow.site, flow.incoming, &flow.state.secrets.forms, None, token)
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

pub(super) async fn answer(flow: &Flow<'_>, takes: bool, params: &Params<'_>) -> Result<Answer, Failure> {
    let is_open = flow.site.realm.portal.as_ref().is_some_and(|portal| portal.sign_up == SignUp::Open);
    if !is_open {
        return Ok(show::not_found(flow.state, flow.site, flow.incoming));
    }
    let action = format!("{}/sign-up", flow.site.page_path(Target::Portal));
    let ask = SignUpPage { state: "ask", action: action.clone(), ..SignUpPage::default() };
    if !takes {
        let state = if flow.incoming.query() == "sent" { "sent" } else { "ask" };
        return Ok(page(flow, SignUpPage { state, ..ask }));
    }
    if !is_own(flow, params) {
        return Ok(with_browser(see_other(&action), flow.site, flow.browser));
    }
    let began = Instant::now();
    let field = |name: &str| params.get(name).unwrap_or_default().trim().to_owned();
    let (email, name) = (field("email"), field("name"));
    let typed = SignUpPage { email: email.clone(), name: name.clone(), ..ask };
    if !is_mail_address(&email) || !is_name(&name) || name.is_empty() || name.chars().count() > 100 {
        return Ok(page(flow, SignUpPage { error: Some("again"), ..typed }));
    }
    let user = new_user(String::new(), &email, &name);
    let password = Plain::from(params.get("new_password").unwrap_or_default());
    let chosen = match choose(flow.state, &flow.site.realm, &user, &password).await? {
        Ok(chosen) => chosen,
        Err(weakness) => return Ok(page(flow, SignUpPage { error: Some(not_taken(weakness)), ..typed })),
    };
    let (realm, now) = (&flow.site.realm.id, flow.state.clock.now());
    let named = Counted::of_realm(&format!("sign-up\0{}", User::username_key(&email)), realm, HOURLY);
    let from = Counted::of_address("sign-up", realm, flow.incoming.client, HOURLY_PER_ADDRESS);
    let each: Vec<Counted> = from.into_iter().chain([named]).collect();
    if flow.state.rates.take(&each, now).is_ok() {
        send(flow, &user, chosen.hash.0).await?;
    } else {
        tracing::info!("no link was sent: too many signed up");
    }
    let periods = began.elapsed().as_millis() / UNTIL_ANSWERED.as_millis() + 1;
    tokio::time::sleep_until(began + UNTIL_ANSWERED.saturating_mul(u32::try_from(periods).unwrap_or(1))).await;
    Ok(see_other(&format!("{action}?sent")))
}

/// Sends the link; to an address that has an account, a mail that says so.
async fn send(flow: &Flow<'_>, user: &User, hash: String) -> Result<(), Failure> {
    let (state, realm, now) = (flow.state, &flow.site.realm, flow.state.clock.now());
    let email = user.email.clone().unwrap_or_default();
    let is_known = state.store.login_to_verify(&realm.id, &email).await?.is_some();
    let base = format!("{}/portal", realm.base());
    let (kind, link) = if is_known {
        (PortalMailKind::Known, (Plain::new(base), 0))
    } else {
        let until = now + LINK_MILLIS;
        let name = user.name.clone().unwrap_or_default();
        let typed = Typed { realm: realm.id.clone(), email: email.clone(), name, hash, until };
        let id = ids::new(now);
        let sealed = state.secrets.request_key(&id)?.seal(PURPOSE, &serde_json::to_vec(&typed)?)?;
        let mut bytes = id.to_vec();
        bytes.extend_from_slice(&sealed);
        (PortalMailKind::SignUp, (Plain::new(format!("{base}/confirm?link={}", base64url(&bytes))), LINK_SECONDS))
    };
    let said =
        Said { kind, about: realm.shown_name(), words: "", link: Some(link), name: user.name.as_deref(), legacy: None };
    let mail = with_letters(flow, async |letters| letter(letters, realm, &email, &said, now)).await.map_err(fault)?;
    state.store.queue_mail(mail, now).await?;
    state.handed_in.notify_one();
    Ok(())
}

fn new_user(id: String, email: &str, name: &str) -> User {
    let (name, address) = (Some(name.to_owned()), Some(email.to_owned()));
    User { name, email: address, email_verified: true, ..User::new(id, email) }
}

/// What a link carries, where it is good here.
fn opened(flow: &Flow<'_>, text: &str) -> Option<Typed> {
    let bytes = from_base64url(text)?;
    let (id, sealed) = bytes.split_first_chunk::<16>()?;
    let plain = flow.state.secrets.open_request(id, PURPOSE, sealed)?;
    let typed: Typed = serde_json::from_slice(&plain).ok()?;
    (typed.realm == flow.site.realm.id && flow.state.clock.now() < typed.until).then_some(typed)
}

pub(super) async fn confirm(flow: &Flow<'_>, takes: bool, params: &Params<'_>) -> Result<Answer, Failure> {
    let query = Params::form(flow.incoming.query().as_bytes())?;
    let text = query.get("link").unwrap_or_default();
    let gone = || SignUpPage { state: "gone", ..SignUpPage::default() };
    let Some(typed) = opened(flow, text) else { return Ok(page(flow, gone())) };
    let action = format!("{}/confirm?link={text}", flow.site.page_path(Target::Portal));
    let ask = SignUpPage { state: "confirm", action, email: typed.email.clone(), ..SignUpPage::default() };
    let (state, realm, now) = (flow.state, &flow.site.realm, flow.state.clock.now());
    if state.store.login_to_verify(&realm.id, &typed.email).await?.is_some() {
        return Ok(page(flow, gone()));
    }
    if !takes || !is_own(flow, params) {
        return Ok(page(flow, ask));
    }
    let tries = Counted::of_realm(&format!("confirm\0{}", User::username_key(&typed.email)), &realm.id, TRIES);
    if state.rates.take(&[tries], now).is_err() {
        return Ok(page(flow, SignUpPage { error: Some("locked"), ..ask }));
    }
    let password = Plain::from(params.get("password").unwrap_or_default());
    if !state.hasher.verify(normal_form(&password), &typed.hash).await.map_err(|_| Failure::Busy("password hashing"))? {
        return Ok(page(flow, SignUpPage { error: Some("wrong"), ..ask }));
    }
    let user = new_user(id_text(&ids::new(now)), &typed.email, &typed.name);
    let hash = Some(Masked(typed.hash));
    let actor = Actor { name: user.id.clone(), way: Way::Portal, reference: flow.incoming.id.to_string() };
    let store = state.store.audited(&actor, crate::admin::Act::UserCreate);
    match store.register_user(&realm.id, &user, hash, now).await? {
        Edited::Done => Ok(page(flow, SignUpPage { state: "done", ..SignUpPage::default() })),
        _ => Ok(page(flow, gone())),
    }
}

/// The invitation of a request's query, where it is good here.
async fn invitation(flow: &Flow<'_>) -> Result<Option<(String, TeamInvitation)>, Failure> {
    let query = Params::form(flow.incoming.query().as_bytes())?;
    let text = query.get("link").unwrap_or_default();
    if row_id(claviger_core::token::Kind::Link, text).is_none() {
        return Ok(None);
    }
    let found = flow.state.store.team_invitation(&Plain::from(text).hash(), flow.state.clock.now()).await?;
    Ok(found.filter(|one| one.realm == flow.site.realm.id).map(|one| (text.to_owned(), one)))
}

pub(super) async fn join(flow: &Flow<'_>, takes: bool, params: &Params<'_>) -> Result<Answer, Failure> {
    let gone = || SignUpPage { state: "gone", ..SignUpPage::default() };
    let Some((text, invited)) = invitation(flow).await? else { return Ok(page(flow, gone())) };
    let (state, realm, now) = (flow.state, &flow.site.realm, flow.state.clock.now());
    let team = state.store.team(&realm.id, &invited.team).await?;
    let Some(team) = team else { return Ok(page(flow, gone())) };
    let who = signed_in(state, flow.site, flow.browser, "").await?;
    let ask = SignUpPage {
        state: if who.is_some() { "join" } else { "join_new" },
        action: format!("{}/join?link={text}", flow.site.page_path(Target::Portal)),
        email: invited.email.clone(),
        team: team.name.clone(),
        ..SignUpPage::default()
    };
    if !takes || !is_own(flow, params) {
        return Ok(page(flow, ask));
    }
    let user = match (who, params.get("act")) {
        (Some(who), _) => who.user.id,
        (None, Some("sign-up")) => match make(flow, &invited, params).await? {
            Ok(id) => id,
            Err(why) => {
                let name = params.get("name").unwrap_or_default().to_owned();
                return Ok(page(flow, SignUpPage { error: Some(why), name, ..ask }));
            }
        },
        _ => return Ok(page(flow, ask)),
    };
    let actor = Actor { name: user.clone(), way: Way::Portal, reference: flow.incoming.id.to_string() };
    match teams::join(&Admin { store: &state.store, actor: &actor, now }, &invited, &user).await {
        Ok(()) => Ok(see_other(&format!("{}?team={}&said=joined", flow.site.page_path(Target::Portal), team.id))),
        Err(error) => refused(error).map(|_| page(flow, gone())),
    }
}

/// Makes the account of whoever is invited: the link shows that the address is theirs.
async fn make(
    flow: &Flow<'_>,
    invited: &TeamInvitation,
    params: &Params<'_>,
) -> Result<Result<String, &'static str>, Failure> {
    let name = params.get("name").unwrap_or_default().trim();
    if !is_name(name) || name.is_empty() || name.chars().count() > 100 {
        return Ok(Err("again"));
    }
    let now = flow.state.clock.now();
    let user = new_user(id_text(&ids::new(now)), &invited.email, name);
    let password = Plain::from(params.get("new_password").unwrap_or_default());
    if let Err(weakness) = choose(flow.state, &flow.site.realm, &user, &password).await? {
        return Ok(Err(not_taken(weakness)));
    }
    let actor = Actor { name: user.id.clone(), way: Way::Portal, reference: flow.incoming.id.to_string() };
    let admin = Admin { store: &flow.state.store, actor: &actor, now };
    match users::add(&admin, &flow.state.hasher, &flow.site.realm, user, Some(password)).await {
        Ok(user) => Ok(Ok(user.id)),
        Err(error) => refused(error).map(|_| Err("again")),
    }
}
