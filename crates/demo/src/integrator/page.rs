//! The integrator's pages.

use super::Integrator;
use super::browser::Visit;
use super::steps::part;
use super::vendors::Vendor;
use super::wire::Exchanged;
use crate::{page_response, views};
use axum::body::Body;
use axum::http::{HeaderValue, Response, header};
use claviger_server::pages::Brand;
use claviger_server::pages::views::{NotFound, Pair, View};
use std::fmt::Write;

/// Hands what stands behind the `#` on as soon as the page is there; the fragment itself never goes over the wire.
pub(super) const FRAGMENT_SCRIPT: &str = r#""use strict";
const field = document.getElementById("fragment");
if (location.hash.length > 1) {
  field.value = location.hash.slice(1);
  history.replaceState(null, "", location.pathname);
  field.form.submit();
}
"#;

pub(super) fn home(app: &Integrator, visit: &Visit) -> Response<Body> {
    let vendors = app.vendors.iter().map(|vendor| tile(vendor, visit)).collect();
    render(app, &views::Home { vendors })
}

pub(super) fn connection(app: &Integrator, vendor: &Vendor, visit: &Visit) -> Response<Body> {
    let tile = tile(vendor, visit);
    let view = visit.with(vendor.id, |connection| {
        let connected = connection.access_token.is_some();
        let path = |what: &str, there: bool| there.then(|| format!("/connection/{}/{what}", vendor.id));
        let can_end = vendor.logoff.is_some() || vendor.revocation.is_some();
        views::Connection {
            vendor: tile,
            home_url: "/".into(),
            problem: connection.problem.clone(),
            raw_answer: connection.raw_answer.clone().map(Into::into),
            access_token_decoded: connection.access_token.as_deref().and_then(decoded),
            api_answer: connection.api_answer.clone().map(Into::into),
            exchanges: connection.exchanges.iter().map(exchange).collect(),
            actions: views::Actions {
                call_api: path("call", connected),
                refresh: path("refresh", connection.refresh_token.is_some()),
                disconnect: path("disconnect", connected && can_end),
            },
            csrf: visit.csrf().into(),
        }
    });
    render(app, &view)
}

fn tile(vendor: &Vendor, visit: &Visit) -> views::Vendor {
    let connected = visit.with(vendor.id, |connection| connection.access_token.is_some());
    views::Vendor {
        id: vendor.id.to_owned(),
        name: vendor.name.clone(),
        flow: vendor.words.to_owned(),
        connected,
        connect_url: format!("/connect/{}", vendor.id),
        connection_url: vendor.connection_path(),
        sign_in: vendor.person.as_ref().filter(|_| !connected).map(|(name, password)| Pair::new(name, password)),
        passkey_url: vendor.passkeys.clone(),
        accent: vendor.accent.0.clone(),
    }
}

fn exchange(exchanged: &Exchanged) -> views::Exchange {
    views::Exchange {
        title: exchanged.title.to_owned(),
        request: exchanged.request.as_str().into(),
        response: exchanged.response.as_str().into(),
        status: exchanged.status,
    }
}

fn decoded(token: &str) -> Option<views::Decoded> {
    let pretty = |index| serde_json::to_string_pretty(&part(token, index)?).ok();
    Some(views::Decoded { header: pretty(0)?, payload: pretty(1)?.into() })
}

/// The page to which an implicit answer comes: the fragment stays in the browser, so this page has the one script of the
/// app. Without scripts the person pastes the address.
pub(super) fn fragment(vendor: &Vendor, visit: &Visit) -> Response<Body> {
    let mut html = String::new();
    let _ = write!(
        html,
        r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Implicit answer · Sample integrator</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/claviger.css">
</head>
<body class="plain">
<main class="sheet">
<h1>The answer is behind the #</h1>
<p>The token came in the fragment of this page's address, which a browser never sends. A script hands it on; without
scripts, copy the whole address from the address bar and paste it here.</p>
<form method="post" action="{path}/fragment" class="stack">
<input type="hidden" name="csrf" value="{csrf}">
<div class="field"><label for="fragment">Address or fragment</label>
<textarea id="fragment" name="fragment" rows="4" cols="60" required autocomplete="off" spellcheck="false"></textarea></div>
<div class="actions"><button class="button small primary" type="submit">Go on</button></div>
</form>
</main>
<script src="/fragment.js"></script>
</body>
</html>
"#,
        path = vendor.connection_path(),
        csrf = visit.csrf(),
    );
    let page = claviger_server::pages::Page { status: 200, html, ..claviger_server::pages::Page::default() };
    let mut answer = page_response(&page);
    let policy = "default-src 'none'; style-src 'self'; script-src 'self'; img-src data:; form-action 'self'; \
                  frame-ancestors 'none'; base-uri 'none'";
    answer.headers_mut().insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    answer
}

/// There is nothing at this address, or nothing to read.
pub(super) fn not_found(app: &Integrator) -> Response<Body> {
    render(app, &NotFound {})
}

fn render<V: View>(app: &Integrator, view: &V) -> Response<Body> {
    let brand = Brand { home_url: Some("/".to_owned()), ..Brand::new("Sample integrator", "/claviger.css") };
    page_response(&app.pages.page(&brand, view))
}
