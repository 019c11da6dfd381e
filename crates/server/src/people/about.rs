//! What people are shown of an app beside its name: its links, its picture, and the way to a sign-in at it.

use crate::failure::{Failure, empty, wrong_method};
use crate::http::{Answer, Incoming};
use crate::pages::views::{About, AboutLink, AppLink};
use crate::state::State;
use crate::state::logos::wanted;
use crate::state::sites::{Site, Target};
use bytes::Bytes;
use claviger_core::client::ClientStatus;
use claviger_core::params::form_encode;
use claviger_core::{Client, Params};
use claviger_store::Of;
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderValue, Method, StatusCode};
use http_body_util::Full;

/// How many apps the first page offers at most.
const MOST: i64 = 50;

/// The links and the picture of an app, in a language.
///
/// # Errors
/// The store cannot be read.
pub(crate) async fn about(state: &State, site: &Site, client: &Client, language: &str) -> Result<About, Failure> {
    let said = &client.registered;
    let links = [("home", "client_uri"), ("policy", "policy_uri"), ("terms", "tos_uri")];
    let links = links.into_iter().filter_map(|(kind, member)| {
        let url = said.text(member, language)?;
        Some(AboutLink { kind, host: host(url), url: url.to_owned() })
    });
    Ok(About {
        client_name: said.localized_text("client_name", language).unwrap_or(&client.name).to_owned(),
        links: links.collect(),
        logo_url: logo_url(state, site, client).await?,
    })
}

/// Where our own copy of an app's picture is, if people may see it.
async fn logo_url(state: &State, site: &Site, client: &Client) -> Result<Option<String>, Failure> {
    let Some(source) = client.logo_uri() else { return Ok(None) };
    if !site.realm.registration.show_unproven && !client.registered.is_vouched_for("logo_uri") {
        return Ok(None);
    }
    let kept = state.store.logo(&site.realm.id, &client.id).await?;
    if kept.is_none_or(|logo| logo.source != source) {
        let now = state.clock.now();
        state.store.hand_in(vec![wanted(&site.realm.id, &client.id, source, now)], now).await?;
        return Ok(None);
    }
    let mut query = String::new();
    form_encode(&mut query, "client_id", &client.id);
    Ok(Some(format!("{}?{query}", site.page_path(Target::AppLogo))))
}

/// The picture itself: what was drawn here, and nothing that anybody sent.
pub(crate) async fn logo(state: &State, site: &Site, incoming: &Incoming) -> Answer {
    if incoming.head.method != Method::GET {
        return wrong_method("GET, HEAD");
    }
    let query = Params::form(incoming.query().as_bytes()).ok();
    let id = query.as_ref().and_then(|query| query.get("client_id")).filter(|id| id.len() <= 100);
    let Some(id) = id else { return empty(StatusCode::NOT_FOUND) };
    match state.store.logo(&site.realm.id, id).await {
        Ok(Some(logo)) => picture(logo.picture),
        Ok(None) => empty(StatusCode::NOT_FOUND),
        Err(fault) => Failure::from(fault).to_json(&site.realm.dialect, false, incoming.id),
    }
}

fn picture(png: Vec<u8>) -> Answer {
    let mut answer = empty(StatusCode::OK);
    *answer.body_mut() = Full::new(Bytes::from(png));
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("image/png"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=300"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; sandbox"));
    answer
}

/// The apps at which a person may begin a sign-in (OpenID Connect Core 4): those that somebody vouches for, and those that they
/// allowed something.
///
/// # Errors
/// The store cannot be read.
pub(crate) async fn launches(state: &State, site: &Site, user: &str) -> Result<Vec<AppLink>, Failure> {
    let mut found = Vec::new();
    for client in state.store.launchable_clients(&site.realm.id, MOST).await? {
        let Some(uri) = client.registered.initiate_login_uri.as_deref() else { continue };
        if client.status == ClientStatus::Active && may_be_offered(state, site, &client, user).await? {
            found.push(AppLink { app: client.name.clone(), url: launch(site, uri) });
        }
    }
    Ok(found)
}

async fn may_be_offered(state: &State, site: &Site, client: &Client, user: &str) -> Result<bool, Failure> {
    if site.realm.registration.show_unproven || client.registered.is_vouched_for("initiate_login_uri") {
        return Ok(true);
    }
    let of = Of { app: Some(client.id.clone()), user: Some(user.to_owned()) };
    Ok(!state.store.list_consents(&site.realm.id, &of, None, 1).await?.is_empty())
}

/// The address with `iss` (OpenID Connect Core 4).
fn launch(site: &Site, uri: &str) -> String {
    let (address, fragment) = uri.split_once('#').map_or((uri, None), |(address, rest)| (address, Some(rest)));
    let mut query = String::new();
    form_encode(&mut query, "iss", &site.realm.issuer);
    let between = if address.contains('?') { '&' } else { '?' };
    let fragment = fragment.map(|fragment| format!("#{fragment}")).unwrap_or_default();
    format!("{address}{between}{query}{fragment}")
}

fn host(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split(['/', '?', '#']).next().unwrap_or_default().to_owned()
}
