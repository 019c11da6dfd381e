//! Redirect URIs: read from a field with one in each line, checked with the rule that one breaks, changed.

use super::app::made;
use super::desk::{Desk, fault, refused};
use crate::admin::partner_apps::{self, RedirectsChanged};
use crate::failure::Failure;
use crate::http::Answer;
use crate::pages::views::{CheckedPage, CheckedUri, PortalBody, PortalError, RedirectsPage};
use claviger_core::Params;
use claviger_core::realm::RedirectChanges;
use claviger_core::redirect::{NotARedirectUri, RedirectUri};

/// How many redirect URIs are read.
const MOST: usize = 50;

/// The lines of a field that have something in them.
pub(super) fn lines(text: &str) -> Vec<String> {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).take(MOST).map(str::to_owned).collect()
}

/// Each with the rule that it breaks.
pub(super) fn checked(uris: &[String]) -> Vec<CheckedUri> {
    let check = |uri: &String| {
        let rule = match RedirectUri::parse(uri) {
            Ok(parsed) if parsed.is_wildcard() => Some("star"),
            Ok(_) => None,
            Err(why) => Some(rule(why)),
        };
        CheckedUri { uri: uri.clone(), rule }
    };
    uris.iter().map(check).collect()
}

/// The rule that a URI breaks, as messages call it.
const fn rule(why: NotARedirectUri) -> &'static str {
    match why {
        NotARedirectUri::TooLong => "too-long",
        NotARedirectUri::Characters => "characters",
        NotARedirectUri::NotAbsolute => "not-absolute",
        NotARedirectUri::Fragment => "fragment",
        NotARedirectUri::UserInfo => "user-info",
        NotARedirectUri::Host => "host",
        NotARedirectUri::PlainHttp => "plain-http",
        NotARedirectUri::Scheme => "scheme",
        NotARedirectUri::Wildcard => "wildcard",
        NotARedirectUri::DotSegments => "dot-segments",
    }
}

/// What was found out about the URIs of a field that is being typed into; nothing is kept.
pub(super) fn check(desk: &Desk<'_>, params: &Params<'_>) -> Answer {
    let checked = checked(&lines(params.get("redirect_uris").unwrap_or_default()));
    desk.show(PortalBody::Checked(CheckedPage { checked }), Vec::new())
}

pub(super) async fn open(desk: &Desk<'_>, id: &str) -> Result<Answer, Failure> {
    let Some((app, _)) = made(desk, id).await? else { return Ok(desk.not_found()) };
    let uris = app.draft.redirect_uris;
    page(desk, (id, &app.app.name), &uris, Vec::new(), Vec::new())
}

fn page(
    desk: &Desk<'_>,
    (id, name): (&str, &str),
    uris: &[String],
    checked: Vec<CheckedUri>,
    errors: Vec<PortalError>,
) -> Result<Answer, Failure> {
    let portal = partner_apps::portal(desk.realm()).map_err(fault)?;
    let page = RedirectsPage {
        name: name.to_owned(),
        url: format!("{}/apps/{id}", desk.base),
        redirects: uris.join("\n"),
        checked,
        is_reviewed: portal.redirect_changes == RedirectChanges::Review,
    };
    Ok(desk.show(PortalBody::Redirects(page), errors))
}

pub(super) async fn take(desk: &Desk<'_>, id: &str, params: &Params<'_>) -> Result<Answer, Failure> {
    let Some((app, _)) = made(desk, id).await? else { return Ok(desk.not_found()) };
    let uris = lines(params.get("redirect_uris").unwrap_or_default());
    let name = app.app.name.clone();
    if params.get("act") == Some("check") {
        return page(desk, (id, &name), &uris, checked(&uris), Vec::new());
    }
    let (lands, by) = (desk.lands().await?, desk.speaker());
    let of = (desk.realm(), &lands);
    match partner_apps::change_redirects(&desk.admin(), of, app, (&by, desk.owner()), uris.clone()).await {
        Ok(RedirectsChanged::Done) => Ok(desk.go(&format!("/apps/{id}/redirects"), "saved")),
        Ok(RedirectsChanged::Asked) => Ok(desk.go(&format!("/apps/{id}/redirects"), "asked")),
        Err(error) => page(desk, (id, &name), &uris, checked(&uris), refused(error)?),
    }
}
