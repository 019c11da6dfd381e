//! Where everything is, and the language.

use super::desk::Desk;
use crate::failure::Failure;
use crate::http::Answer;
use crate::pages::views::{AccountHome, AccountNotice, LanguageChoice};
use crate::people::accounts::account;
use crate::people::browser::Browser;
use claviger_core::Params;
use claviger_core::dialect::Endpoint;
use http::header::SET_COOKIE;

pub(super) async fn open(desk: &Desk<'_>, params: &Params<'_>) -> Result<Answer, Failure> {
    let (state, site) = (desk.flow.state, desk.flow.site);
    let (pages, chosen) = (state.pages.load_full(), desk.language());
    let languages = site.languages.iter().map(|tag| LanguageChoice {
        tag: tag.to_string(),
        name: pages.language_name(&tag.to_string()),
        is_chosen: Some(tag) == chosen,
    });
    Ok(desk.show(&AccountHome {
        account: account(&desk.who.user),
        base: desk.base.clone(),
        notice: Desk::notice(params),
        has_security: site.realm.login_app.is_none(),
        requests: super::requests::count(desk).await?,
        email: desk.who.user.email.clone(),
        companies: super::company::links(desk).await?,
        languages: languages.collect(),
        logout_action: site.endpoint_path(Endpoint::EndSession),
        logout_csrf: desk.flow.browser.form_token(&state.secrets.forms, None).into(),
        csrf: desk.csrf(),
    }))
}

/// Keeps the language for the user, and in this browser for whoever is not signed in yet.
pub(super) async fn choose_language(desk: &Desk<'_>, params: &Params<'_>) -> Result<Answer, Failure> {
    if !desk.is_own(params) {
        return Ok(desk.go("", Some(AccountNotice::Again)));
    }
    let (state, site) = (desk.flow.state, desk.flow.site);
    let asked = params.get("language").unwrap_or_default();
    let Some(tag) = site.languages.iter().map(ToString::to_string).find(|tag| tag == asked) else {
        return Ok(desk.not_found());
    };
    let (realm, user) = desk.owner();
    state.store.set_language(realm, user, &tag, desk.now()).await?;
    let mut answer = desk.go("", Some(AccountNotice::Language));
    answer.headers_mut().extend(Browser::speak(&site.realm, &tag).map(|cookie| (SET_COOKIE, cookie)));
    Ok(answer)
}
