//! The page of what somebody signs in with: `/account/security`.
//!
//! It is for somebody who signed in just now, and has proved what they have; others sign in once more first.

use crate::failure::{Failure, wrong_method};
use crate::http::{Answer, Incoming};
use crate::pages::views::{Ago, OwnBrowser, OwnFactor, Security, SecurityNotice};
use crate::people::account::owner::recent_owner;
use crate::people::accounts::account;
use crate::people::browser::Browser;
use crate::people::factor::made::recovery_codes;
use crate::people::factor::{Face, Onward, has_any};
use crate::people::flow::Flow;
use crate::people::forgotten::post;
use crate::people::new_password::choose;
use crate::people::page::{Speech, no_store, security_page, view};
use crate::people::passkey;
use crate::people::password::{Verified, check_password};
use crate::people::provider::own;
use crate::people::second_factor::passkeys::{MOST, name_typed};
use crate::people::session::begin_session;
use crate::people::show::{self, with_browser};
use crate::state::State;
use crate::state::brakes::Peer;
use crate::state::rates::Counted;
use crate::state::sites::{Site, Target};
use claviger_core::jose::{base64url, from_base64url};
use claviger_core::password::{Strength, Weakness};
use claviger_core::realm::AccountMail;
use claviger_core::sign_in::{FactorKind, How};
use claviger_core::token::Plain;
use claviger_core::user::{User, is_mail_address};
use claviger_core::{Params, Refusal};
use claviger_store::{ActivityKind, Factor, LinkKind, RememberedBrowser, SignedIn};
use http::Method;
use http::header::SET_COOKIE;

/// How often within an hour somebody may try another address.
const HOURLY_ADDRESSES: u32 = 5;

/// Shows the page; takes its forms.
pub(crate) async fn answer(state: &State, site: &Site, incoming: &Incoming) -> Answer {
    let browser = Browser::read(&site.realm, incoming);
    let flow = Flow::new(state, site, incoming, &browser);
    let result = match incoming.head.method {
        Method::GET => open(&flow).await,
        Method::POST => take(&flow).await,
        _ => return wrong_method("GET, POST"),
    };
    result.unwrap_or_else(|failure| show::failure(state, site, incoming, &failure))
}

async fn open(flow: &Flow<'_>) -> Result<Answer, Failure> {
    let (who, factors) = match recent_owner(flow, Onward::Security).await? {
        Ok(owner) => owner,
        Err(answer) => return Ok(answer),
    };
    let params = Params::form(flow.incoming.query().as_bytes())?;
    let said = params.get("said");
    let notice = SecurityNotice::ALL.into_iter().find(|notice| Some(notice.name()) == said);
    let (state, site) = (flow.state, flow.site);
    let now = state.clock.now();
    let browsers = state.store.remembered_browsers(&site.realm.id, &who.user.id, now).await?;
    let stored = state.store.user(&site.realm.id, &who.user.id).await?;
    let has_password = stored.is_some_and(|stored| stored.password_hash.is_some());
    let (providers, more_providers) = own::shown(flow, &who.user).await?;
    let page = Security { has_password, providers, more_providers, ..page(flow, &who, &factors, &browsers, notice) };
    let mut answer = view(state, site, Speech::of_browser(flow.browser, None), &page);
    no_store(&mut answer);
    Ok(with_browser(answer, site, flow.browser))
}

fn page(
    flow: &Flow<'_>,
    who: &SignedIn,
    factors: &[Factor],
    browsers: &[RememberedBrowser],
    notice: Option<SecurityNotice>,
) -> Security {
    let (state, site, now) = (flow.state, flow.site, flow.state.clock.now());
    let own = |factor: &Factor| OwnFactor {
        id: factor.id.clone(),
        label: factor.label.clone(),
        added: Ago::of(now - factor.created_at),
        used: factor.used_at.map(|at| Ago::of(now - at)),
    };
    let of_kind = |kind| factors.iter().filter(move |factor: &&Factor| factor.kind == kind);
    let left = of_kind(FactorKind::RecoveryCode).filter(|code| code.used_at.is_none()).count();
    let policy = &site.realm.sign_in;
    let may_add_passkeys = passkey::form::party(site).is_some() && of_kind(FactorKind::Passkey).count() < MOST;
    let may_have = |kind| policy.is_on() && policy.second_factor_kinds.contains(&kind);
    let set_up = format!("{}?to={}&act=set-up", site.page_path(Target::SecondFactor), Onward::Security.name());
    Security {
        account: account(&who.user),
        notice,
        has_password: false,
        email: who.user.email.clone(),
        has_second_factors: policy.is_on(),
        is_required: site.realm.demanded(None, &who.user).is_required,
        apps: of_kind(FactorKind::Totp).map(own).collect(),
        passkeys: of_kind(FactorKind::Passkey).map(own).collect(),
        codes_left: (has_any(factors) && may_have(FactorKind::RecoveryCode)).then_some(left),
        passkey_url: may_add_passkeys.then(|| format!("{set_up}&kind={}", FactorKind::Passkey.name())),
        set_up_url: may_have(FactorKind::Totp).then_some(set_up),
        browsers: browsers
            .iter()
            .map(|one| OwnBrowser {
                id: base64url(&one.hash),
                name: one.name.clone(),
                used: Ago::of(now - one.used_at),
            })
            .collect(),
        providers: Vec::new(),
        more_providers: Vec::new(),
        action: site.page_path(Target::Security),
        csrf: flow.browser.consent_token(&state.secrets.forms, None).into(),
    }
}

async fn take(flow: &Flow<'_>) -> Result<Answer, Failure> {
    let (who, factors) = match recent_owner(flow, Onward::Security).await? {
        Ok(owner) => owner,
        Err(answer) => return Ok(answer),
    };
    let (state, site) = (flow.state, flow.site);
    let params = Params::form(&flow.incoming.body)?;
    let token = params.get("csrf").unwrap_or_default();
    if !flow.browser.is_own_consent(site, flow.incoming, &state.secrets.forms, None, token) {
        return Ok(back(flow, Some(SecurityNotice::Again)));
    }
    if let Some(id) = params.get("remove") {
        return remove(flow, &who, &factors, id).await;
    }
    if let Some(id) = params.get("rename") {
        return rename(flow, &who, &factors, id, &name_typed(params.get("name").unwrap_or_default())).await;
    }
    if let Some(browser) = params.get("forget") {
        let hash = from_base64url(browser).and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
        if let Some(hash) = hash {
            state.store.forget_browser(&site.realm.id, &who.user.id, &hash).await?;
        }
        return Ok(back(flow, Some(SecurityNotice::Forgotten)));
    }
    if let Some(name) = params.get("unlink") {
        return own::remove(flow, &who.user, name).await;
    }
    if let Some(id) = params.get("connect") {
        return own::connect(flow, &who.user, id).await;
    }
    if params.get("password").is_some() {
        return change_password(flow, &who, &params).await;
    }
    if params.get("email").is_some() {
        return change_email(flow, &who, &params).await;
    }
    if params.get("codes").is_some() && has_any(&factors) {
        return new_codes(flow, &who).await;
    }
    Ok(back(flow, None))
}

fn back(flow: &Flow<'_>, notice: Option<SecurityNotice>) -> Answer {
    security_page(flow.site, notice)
}

/// Takes something away that they signed in with.
async fn remove(flow: &Flow<'_>, who: &SignedIn, factors: &[Factor], id: &str) -> Result<Answer, Failure> {
    let (state, realm) = (flow.state, &flow.site.realm);
    let demanded = realm.demanded(None, &who.user);
    let will_do = |factor: &Factor| factor.kind != FactorKind::RecoveryCode && demanded.kinds.contains(&factor.kind);
    let others = factors.iter().any(|factor| will_do(factor) && factor.id != id);
    if !others && demanded.is_required {
        return Ok(back(flow, Some(SecurityNotice::Needed)));
    }
    let is_own = factors.iter().any(|factor| factor.kind != FactorKind::RecoveryCode && factor.id == id);
    if is_own && state.store.remove_factor(&realm.id, &who.user.id, id, state.clock.now()).await? {
        tracing::info!("a second factor was removed");
        flow.scene().note(&who.user.id, ActivityKind::FactorRemoved, "").await;
    }
    Ok(back(flow, Some(SecurityNotice::Removed)))
}

/// Calls a passkey something else.
async fn rename(flow: &Flow<'_>, who: &SignedIn, factors: &[Factor], id: &str, name: &str) -> Result<Answer, Failure> {
    let is_own = factors.iter().any(|factor| factor.kind == FactorKind::Passkey && factor.id == id);
    let is_renamed = is_own && flow.state.store.rename_factor(&flow.site.realm.id, &who.user.id, id, name).await?;
    Ok(back(flow, is_renamed.then_some(SecurityNotice::Renamed)))
}

/// Another password in place of the present one: every session ends, and this browser has a new one.
async fn change_password(flow: &Flow<'_>, who: &SignedIn, params: &Params<'_>) -> Result<Answer, Failure> {
    let (state, site, now) = (flow.state, flow.site, flow.state.clock.now());
    let (realm, user) = (&site.realm, &who.user);
    let [current, new] = ["current", "new_password"].map(|name| Plain::from(params.get(name).unwrap_or_default()));
    let from = Peer { address: flow.incoming.client, proof: Some(flow.browser.hash()) };
    let is_own = |found: &User| found.id == user.id;
    let known = check_password(state, realm, (user.username.as_str(), &current), from, is_own).await;
    match known {
        Ok(Some(_)) => {}
        Ok(None) => return Ok(back(flow, Some(SecurityNotice::PasswordWrong))),
        Err(Failure::Refusal(Refusal::Braked { .. })) => return Ok(back(flow, Some(SecurityNotice::PasswordLocked))),
        Err(failure) => return Err(failure),
    }
    let chosen = match choose(state, realm, user, &new).await? {
        Ok(chosen) => chosen,
        Err(weakness) => return Ok(back(flow, Some(not_taken(weakness)))),
    };
    let until = now + realm.longest_token();
    if !state.store.set_password(&realm.id, &user.id, chosen.hash, now, until).await? {
        return Ok(back(flow, Some(SecurityNotice::Again)));
    }
    state.handed_in.notify_one();
    tracing::info!("somebody changed their password");
    flow.scene().note(&user.id, ActivityKind::PasswordChanged, "").await;
    flow.scene().tell(user, AccountMail::PasswordChanged, "").await;
    let notice = match chosen.strength {
        Strength::Fair => SecurityNotice::PasswordFair,
        Strength::Good => SecurityNotice::PasswordGood,
        Strength::Strong => SecurityNotice::PasswordStrong,
    };
    let mut answer = back(flow, Some(notice));
    let Some((user, precondition)) = state.store.user_to_verify(&realm.id, &user.id).await? else { return Ok(answer) };
    let verified = Verified { user: user.user, precondition };
    let how = who.session.how.as_deref().cloned().unwrap_or_default();
    // Who proved a second factor a moment ago need not do so again; and what is remembered ended with the password.
    let how = How { remembered: false, ..how };
    if let Some((_, cookies)) = begin_session(state, site, (flow.incoming, flow.browser), &verified, how).await? {
        answer.headers_mut().extend(cookies.into_iter().map(|cookie| (SET_COOKIE, cookie)));
    }
    Ok(answer)
}

/// A link to the address that somebody wants to have; theirs is another one when they have followed it.
async fn change_email(flow: &Flow<'_>, who: &SignedIn, params: &Params<'_>) -> Result<Answer, Failure> {
    let (state, site) = (flow.state, flow.site);
    let email = params.get("new_email").unwrap_or_default().trim();
    if !is_mail_address(email) {
        return Ok(back(flow, Some(SecurityNotice::EmailWrong)));
    }
    let counted = Counted::of_realm(&format!("address\0{}", who.user.id), &site.realm.id, HOURLY_ADDRESSES);
    if state.rates.take(&[counted], state.clock.now()).is_err() {
        return Ok(back(flow, Some(SecurityNotice::EmailLocked)));
    }
    let pages = state.pages.load_full();
    post(state, site, &pages).send_link(&who.user, LinkKind::Email, email).await?;
    Ok(back(flow, Some(SecurityNotice::EmailSent)))
}

const fn not_taken(weakness: Weakness) -> SecurityNotice {
    match weakness {
        Weakness::Short => SecurityNotice::PasswordShort,
        Weakness::Guessable => SecurityNotice::PasswordGuessable,
        Weakness::OwnName => SecurityNotice::PasswordOwnName,
        Weakness::Known => SecurityNotice::PasswordKnown,
    }
}

/// New recovery codes in place of the old ones.
async fn new_codes(flow: &Flow<'_>, who: &SignedIn) -> Result<Answer, Failure> {
    let (state, realm, now) = (flow.state, &flow.site.realm, flow.state.clock.now());
    let (codes, factors): (Vec<_>, Vec<_>) =
        recovery_codes(&state.secrets, (&realm.id, &who.user.id), now).into_iter().unzip();
    if !state.store.add_factors(&realm.id, &who.user.id, factors, now, now + realm.longest_token()).await? {
        return Ok(back(flow, Some(SecurityNotice::Again)));
    }
    tracing::info!("new recovery codes were made");
    flow.scene().note(&who.user.id, ActivityKind::CodesMade, "").await;
    Face {
        state,
        site: flow.site,
        browser: flow.browser,
        front: None,
        half: None,
        user: &who.user,
        onward: Some(Onward::Security),
        may_skip: false,
        trouble: None,
    }
    .codes(&codes)
}
