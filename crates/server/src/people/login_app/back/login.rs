//! Back from the sign-in page.

use super::{client_of, parts, reject, said_of};
use crate::failure::Failure;
use crate::http::Answer;
use crate::pages::views::Ended;
use crate::people::browser::{self, Browser};
use crate::people::check_session::in_step;
use crate::people::flow::{Flow, consent_on_record};
use crate::people::login_app::challenge::{ConsentChallenge, LoginChallenge, Outcome, Settled, hash, use_up};
use crate::people::login_app::leave::{TOO_LONG, to_consent, to_login};
use crate::people::login_app::said::LoginSaid;
use crate::people::show;
use crate::people::waiting::Waiting;
use crate::state::State;
use crate::state::sites::Site;
use claviger_core::authorize::{self, Step};
use claviger_core::realm::LoginApp;
use claviger_core::{Client, Refusal};
use claviger_store::{Hash, Session, SignedIn};
use http::HeaderValue;
use http::header::SET_COOKIE;

/// Signs in whom the app named, and goes on to the consent page.
pub(super) async fn go_on(flow: &Flow<'_>, app: &LoginApp, text: &str) -> Result<Answer, Failure> {
    let (state, site) = (flow.state, flow.site);
    let Settled { challenge, outcome } = match said_of::<LoginChallenge>(flow, text).await? {
        Ok(settled) => settled,
        Err(answer) => return Ok(answer),
    };
    let waiting = challenge.waiting();
    let entry = match client_of(flow, &waiting).await? {
        Ok(entry) => entry,
        Err(answer) => return Ok(answer),
    };
    let client = &entry.client;
    if !use_up(&challenge, state, &site.realm.id).await? {
        return Ok(flow.ended(Ended::Used, client, &waiting.request));
    }
    let said = match outcome {
        Outcome::Accepted(said) => said,
        Outcome::Rejected(rejection) => return reject(flow, client, &waiting, &rejection).await,
    };
    let Some(Begun { session, cookies }) = begin(flow, &challenge, &said).await? else {
        return Ok(flow.ended(Ended::TooLong, client, &waiting.request));
    };
    let now = state.clock.now();
    let found = state.store.signed_in(&session, &client.id, now).await?;
    let Some(who) = found.filter(|who| who.session.realm == site.realm.id && !who.user.disabled) else {
        return Ok(flow.ended(Ended::TooLong, client, &waiting.request));
    };
    let mut answer = next(flow, app, (client, &challenge, waiting), (&who, &said)).await?;
    answer.headers_mut().extend(cookies.into_iter().map(|cookie| (SET_COOKIE, cookie)));
    Ok(in_step(answer, site, flow.browser, Some(&session)))
}

/// A session that was begun, or that goes on.
struct Begun {
    session: Hash,
    cookies: Vec<HeaderValue>,
}

/// The session that was known already, or a new one; `None` where the user is gone, or was changed meanwhile.
async fn begin(flow: &Flow<'_>, challenge: &LoginChallenge, said: &LoginSaid) -> Result<Option<Begun>, Failure> {
    let (state, site) = (flow.state, flow.site);
    let now = state.clock.now();
    if let Some(known) = &challenge.known {
        let session = hash(&known.session);
        if said.remember && said.extend_session_lifespan {
            state.store.touch_session(&session, now, until(site, now, said)).await?;
        }
        return Ok(Some(Begun { session, cookies: Vec::new() }));
    }
    let Some((found, precondition)) = state.store.user_to_verify(&site.realm.id, &said.subject).await? else {
        return Ok(None);
    };
    let age = u32::try_from(said.remember_for).ok().filter(|age| *age > 0);
    let (hash, cookie) = browser::new_session_for(&site.realm, age);
    let session = Session {
        hash,
        realm: site.realm.id.clone(),
        user: found.user.id,
        created_at: now,
        auth_time: now,
        last_seen_at: now,
        expires_at: if said.remember { until(site, now, said) } else { challenge.waiting().expires_at },
        how: None,
    };
    let user = session.user.clone();
    let begun = put(state, flow.browser, session, precondition).await?;
    if begun {
        flow.scene().session(&user, &hash, true).await;
    }
    // A session that is not to be remembered is the request's alone: the browser has nothing of it.
    let cookie = if said.remember { cookie } else { flow.browser.session().and(browser::no_session(&site.realm)) };
    Ok(begun.then(|| Begun { session: hash, cookies: cookie.into_iter().collect() }))
}

/// Begins a session in the place of the browser's old one.
async fn put(
    state: &State,
    browser: &Browser,
    session: Session,
    backed_by: claviger_store::Precondition,
) -> Result<bool, Failure> {
    let Some(old) = browser.session() else { return Ok(state.store.create_session(session, backed_by).await?) };
    let begun = state.store.replace_session(old, session, backed_by).await?;
    state.handed_in.notify_one();
    Ok(begun)
}

/// When a session that is remembered is over; never later than the realm lets one last.
fn until(site: &Site, now: i64, said: &LoginSaid) -> i64 {
    let longest = now + site.realm.sessions.absolute.as_millis();
    match said.remember_for {
        asked if asked > 0 => now.saturating_add(asked.saturating_mul(1000)).min(longest),
        _ => longest,
    }
}

/// What the browser sees after the sign-in: nearly always the consent page, which knows what is allowed already.
async fn next(
    flow: &Flow<'_>,
    app: &LoginApp,
    (client, challenge, mut waiting): (&Client, &LoginChallenge, Waiting),
    (who, said): (&SignedIn, &LoginSaid),
) -> Result<Answer, Failure> {
    let (state, site) = (flow.state, flow.site);
    let now = state.clock.now();
    waiting.request.prompt.select_account = false;
    let request = &waiting.request;
    if request.claims.acr.as_ref().is_some_and(|acr| !acr.is_met_by(said.acr.as_deref().unwrap_or_default())) {
        return flow.refuse(client, request, &Refusal::AcrUnmet).await;
    }
    let session = authorize::Session { user: &who.user, auth_time: who.session.auth_time, how: None };
    let consent = consent_on_record(Some(who), now);
    let step = authorize::next_step(&site.realm, client, request, Some(session), &consent, false, now);
    let skip = match step {
        Step::Refuse(refusal) => return flow.refuse(client, request, &refusal).await,
        Step::SelectAccount | Step::SignIn | Step::SecondFactor(_) => {
            return match to_login(parts(flow, app), flow.browser, &waiting, None)? {
                Some(answer) => Ok(answer),
                None => flow.refuse(client, request, &TOO_LONG).await,
            };
        }
        Step::NoOrganisation => {
            return show::no_organisation(state, site, flow.browser, (client, &waiting), &who.user);
        }
        Step::Consent { .. } => false,
        Step::Approve { .. } => is_remembered(state, site, client, who, request, now).await?,
    };
    if request.prompt.none && !skip {
        return flow.refuse(client, request, &Refusal::ConsentRequired).await;
    }
    let challenge = ConsentChallenge::new(challenge, &who.session.hash, skip, now);
    match to_consent(parts(flow, app), flow.browser, &challenge)? {
        Some(answer) => Ok(answer),
        None => flow.refuse(client, request, &TOO_LONG).await,
    }
}

/// Whether the app said that it need not ask again.
async fn is_remembered(
    state: &State,
    site: &Site,
    client: &Client,
    who: &SignedIn,
    request: &authorize::AuthorizationRequest,
    now: i64,
) -> Result<bool, Failure> {
    if client.trusted && client.is_confidential() {
        return Ok(true);
    }
    let found = state.store.app_consent(&site.realm.id, &who.user.id, &client.id).await?;
    let consent = who.consent.as_ref().filter(|consent| consent.stands(now));
    let consented = consent.is_some_and(|consent| request.asked_scope().is_subset(&consent.scope));
    Ok(consented && found.is_some_and(|found| found.remembered_until > now))
}
