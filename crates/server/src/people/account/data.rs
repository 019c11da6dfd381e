//! What is kept about somebody: downloaded as one file, or erased with their account.

use super::desk::Desk;
use crate::admin::{Admin, AdminError, users};
use crate::failure::{Failure, empty};
use crate::http::Answer;
use crate::pages::views::{AccountNotice, DeleteAccount, Deleted, OwnData};
use crate::people::accounts::account;
use crate::people::browser::no_session;
use crate::people::factor::{check, has_any};
use crate::people::page::no_store;
use crate::people::password::check_password;
use crate::state::brakes::Peer;
use bytes::Bytes;
use claviger_core::token::Plain;
use claviger_core::user::User;
use claviger_core::{Params, Refusal};
use claviger_store::Factor;
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, SET_COOKIE, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderValue, StatusCode};
use http_body_util::Full;

mod collected;

pub(super) fn open(desk: &Desk<'_>, params: &Params<'_>) -> Answer {
    let realm = &desk.flow.site.realm;
    desk.show(&OwnData {
        base: desk.base.clone(),
        notice: Desk::notice(params),
        may_delete: may_delete(desk),
        contact: realm.brand.contact.clone(),
        action: format!("{}/data", desk.base),
        csrf: desk.csrf(),
    })
}

/// The realm lets them, and nobody else brings them back: a user whom the vendor's own page knows is deleted there.
fn may_delete(desk: &Desk<'_>) -> bool {
    let realm = &desk.flow.site.realm;
    realm.account.deletion && realm.login_app.is_none()
}

/// Everything, as one file.
pub(super) async fn download(desk: &Desk<'_>, params: &Params<'_>) -> Result<Answer, Failure> {
    if !desk.is_own(params) {
        return Ok(desk.go("/data", Some(AccountNotice::Again)));
    }
    let text = serde_json::to_vec_pretty(&collected::of(desk).await?)?;
    let mut answer = empty(StatusCode::OK);
    *answer.body_mut() = Full::new(Bytes::from(text));
    no_store(&mut answer);
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"account.json\""));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    Ok(answer)
}

/// Asks before it is done.
pub(super) async fn ask(desk: &Desk<'_>, params: &Params<'_>, factors: &[Factor]) -> Result<Answer, Failure> {
    if !may_delete(desk) {
        return Ok(desk.not_found());
    }
    let (realm, user) = desk.owner();
    let stored = desk.flow.state.store.user(realm, user).await?;
    Ok(desk.show(&DeleteAccount {
        account: account(&desk.who.user),
        base: desk.base.clone(),
        notice: Desk::notice(params),
        has_password: stored.is_some_and(|stored| stored.password_hash.is_some()),
        has_factor: has_factor(desk, factors),
        action: format!("{}/delete", desk.base),
        csrf: desk.csrf(),
    }))
}

fn has_factor(desk: &Desk<'_>, factors: &[Factor]) -> bool {
    desk.flow.site.realm.sign_in.is_on() && has_any(factors)
}

/// The end of an account, after its owner has proved once more who they are.
pub(super) async fn delete(desk: &Desk<'_>, params: &Params<'_>, factors: &[Factor]) -> Result<Answer, Failure> {
    if !may_delete(desk) {
        return Ok(desk.not_found());
    }
    if !desk.is_own(params) || params.get("sure").is_none() {
        return Ok(desk.go("/delete", Some(AccountNotice::Again)));
    }
    match is_proved(desk, params, factors).await {
        Ok(true) => {}
        Ok(false) => return Ok(desk.go("/delete", Some(AccountNotice::Wrong))),
        Err(Failure::Refusal(Refusal::Braked { .. })) => return Ok(desk.go("/delete", Some(AccountNotice::Locked))),
        Err(failure) => return Err(failure),
    }
    let (state, site) = (desk.flow.state, desk.flow.site);
    let actor = desk.actor();
    let admin = Admin { store: &state.store, actor: &actor, now: desk.now() };
    match users::delete(&admin, &site.realm, &desk.who.user, true, true).await {
        Ok(()) => {}
        Err(AdminError::Store(fault)) => return Err(fault.into()),
        // An app acts as this very user: whoever runs it has to end that first.
        Err(refused) => {
            tracing::warn!(%refused, "somebody could not delete their account");
            return Ok(desk.go("/data", Some(AccountNotice::InUse)));
        }
    }
    state.handed_in.notify_one();
    state.follower().catch_up().await?;
    tracing::info!("somebody deleted their account");
    let mut answer = desk.show(&Deleted {});
    answer.headers_mut().extend(no_session(&site.realm).map(|cookie| (SET_COOKIE, cookie)));
    Ok(answer)
}

/// Whether the password is right, where they have one, and the code, where they have something that shows one.
async fn is_proved(desk: &Desk<'_>, params: &Params<'_>, factors: &[Factor]) -> Result<bool, Failure> {
    let (state, site, user) = (desk.flow.state, desk.flow.site, &desk.who.user);
    let stored = state.store.user(&site.realm.id, &user.id).await?;
    if stored.is_some_and(|stored| stored.password_hash.is_some()) {
        let password = Plain::from(params.get("current").unwrap_or_default());
        let from = Peer { address: desk.flow.incoming.client, proof: Some(desk.flow.browser.hash()) };
        let is_own = |found: &User| found.id == user.id;
        if check_password(state, &site.realm, (user.username.as_str(), &password), from, is_own).await?.is_none() {
            return Ok(false);
        }
    }
    if has_factor(desk, factors) {
        let (typed, kinds) = (params.get("code").unwrap_or_default(), &site.realm.sign_in.second_factor_kinds);
        return Ok(check::prove(state, site, user, typed, kinds, desk.flow.incoming.client).await?.is_some());
    }
    Ok(true)
}
