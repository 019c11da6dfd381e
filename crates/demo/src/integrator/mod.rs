//! The sample integrator: an app of its own that connects to every vendor, written as an integrator would write it from
//! the vendor's guide. It knows nothing of the server but the addresses and the credentials that the vendor mailed.
//!
//! 1. `GET /connect/ID` starts: it sends the browser to the vendor's login page, or asks for a token at once.
//! 2. `GET /callback/ID` is where the vendor sends the browser back to: the `state` is checked, the code exchanged.
//!    An implicit answer stands behind the `#`, which only a script on the page can read (`/fragment.js`).
//! 3. `GET /connection/ID` shows the answer, the decoded token and every request that was sent.
//! 4. `POST /connection/ID/{call,refresh,disconnect}` use the token.

mod browser;
mod page;
mod steps;
mod vendors;
mod wire;

use axum::Router;
use axum::extract::{Form, Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use browser::{Browsers, Visit};
use claviger_core::Params;
use claviger_files::realm::RealmFile;
use claviger_server::pages::Pages;
use serde::Deserialize;
use std::sync::Arc;
use vendors::{Flow, Vendor};

pub(super) use vendors::pages_of;

/// The app.
pub(super) struct Integrator {
    vendors: Vec<Vendor>,
    browsers: Browsers,
    http: reqwest::Client,
    pages: Pages,
}

impl Integrator {
    /// The app at `origin`, with what the vendors told it.
    ///
    /// # Errors
    /// The pages' templates are broken, or the files have no client for it.
    pub(super) fn new(origin: &str, files: &[RealmFile], http: reqwest::Client) -> anyhow::Result<Self> {
        Ok(Self {
            vendors: vendors::all(origin, files)?,
            browsers: Browsers::default(),
            http,
            pages: Pages::new(None)?,
        })
    }

    /// Its routes.
    pub(super) fn router(self) -> Router {
        Router::new()
            .route("/", get(home))
            .route("/claviger.css", get(stylesheet))
            .route("/fragment.js", get(script))
            .route("/connect/{id}", get(connect))
            .route("/connection/{id}", get(connection))
            .route("/connection/{id}/call", post(call))
            .route("/connection/{id}/refresh", post(refresh))
            .route("/connection/{id}/disconnect", post(disconnect))
            .route("/connection/{id}/fragment", post(fragment))
            .fallback(get(callback))
            .method_not_allowed_fallback(nothing_to_read)
            .with_state(Arc::new(self))
    }

    fn vendor(&self, id: &str) -> Option<&Vendor> {
        self.vendors.iter().find(|vendor| vendor.id == id)
    }
}

type App = State<Arc<Integrator>>;

async fn home(State(app): App, headers: HeaderMap) -> Response {
    let visit = app.browsers.visit(&headers);
    let answer = page::home(&app, &visit);
    visit.cookie(answer)
}

/// Somebody opened a button's address.
async fn nothing_to_read(State(app): App, headers: HeaderMap) -> Response {
    let mut answer = not_found(&app, &headers);
    *answer.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
    answer
}

async fn stylesheet(State(app): App) -> Response {
    let mut text = app.pages.stylesheet().to_owned();
    let mut known = std::collections::BTreeSet::new();
    for (name, rules) in app.vendors.iter().map(|vendor| &vendor.accent) {
        text.extend(rules.as_deref().filter(|_| known.insert(name)));
    }
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], text).into_response()
}

async fn script() -> Response {
    ([(header::CONTENT_TYPE, "text/javascript; charset=utf-8")], page::FRAGMENT_SCRIPT).into_response()
}

/// The button: to the vendor's page, or straight to the token endpoint where nobody signs in.
async fn connect(State(app): App, Path(id): Path<String>, headers: HeaderMap) -> Response {
    let Some(vendor) = app.vendor(&id) else { return not_found(&app, &headers) };
    let visit = app.browsers.visit(&headers);
    let next = match &vendor.flow {
        Flow::Code(_) | Flow::Implicit => steps::authorization_url(vendor, &visit),
        Flow::ClientCredentials | Flow::Password { .. } => {
            if vendor.logoff.is_some() {
                // The session that there is holds a licence.
                steps::disconnect(&app.http, vendor, &visit).await;
            }
            steps::ask_at_once(&app.http, vendor, &visit).await;
            vendor.connection_path()
        }
    };
    visit.cookie(see_other(&next))
}

async fn connection(State(app): App, Path(id): Path<String>, headers: HeaderMap) -> Response {
    let Some(vendor) = app.vendor(&id) else { return not_found(&app, &headers) };
    let visit = app.browsers.visit(&headers);
    let answer = page::connection(&app, vendor, &visit);
    visit.cookie(answer)
}

/// The vendor sends the browser back: any path that was registered as a redirect URI.
async fn callback(State(app): App, uri: axum::http::Uri, RawQuery(query): RawQuery, headers: HeaderMap) -> Response {
    let Some(vendor) = app.vendors.iter().find(|vendor| vendor.is_callback(uri.path())) else {
        return not_found(&app, &headers);
    };
    let visit = app.browsers.visit(&headers);
    if matches!(vendor.flow, Flow::Implicit) {
        let query = query.unwrap_or_default();
        if !query.contains("error=") {
            return visit.cookie(page::fragment(vendor, &visit));
        }
    }
    let params = Params::form(query_bytes(&uri)).unwrap_or_default();
    steps::come_back(&app.http, vendor, &visit, &params).await;
    visit.cookie(see_other(&vendor.connection_path()))
}

fn query_bytes(uri: &axum::http::Uri) -> &[u8] {
    uri.query().unwrap_or_default().as_bytes()
}

#[derive(Deserialize)]
struct Button {
    #[serde(default)]
    csrf: String,
    #[serde(default)]
    fragment: String,
}

/// The implicit answer, as the script or the person passed it on.
async fn fragment(State(app): App, Path(id): Path<String>, headers: HeaderMap, Form(form): Form<Button>) -> Response {
    let Some((vendor, visit)) = pressed(&app, &id, &headers, &form) else { return forbidden() };
    steps::take_fragment(vendor, &visit, &form.fragment);
    see_other(&vendor.connection_path())
}

async fn call(State(app): App, Path(id): Path<String>, headers: HeaderMap, Form(form): Form<Button>) -> Response {
    let Some((vendor, visit)) = pressed(&app, &id, &headers, &form) else { return forbidden() };
    steps::call_api(&app.http, vendor, &visit).await;
    see_other(&vendor.connection_path())
}

async fn refresh(State(app): App, Path(id): Path<String>, headers: HeaderMap, Form(form): Form<Button>) -> Response {
    let Some((vendor, visit)) = pressed(&app, &id, &headers, &form) else { return forbidden() };
    steps::refresh(&app.http, vendor, &visit).await;
    see_other(&vendor.connection_path())
}

async fn disconnect(State(app): App, Path(id): Path<String>, headers: HeaderMap, Form(form): Form<Button>) -> Response {
    let Some((vendor, visit)) = pressed(&app, &id, &headers, &form) else { return forbidden() };
    steps::disconnect(&app.http, vendor, &visit).await;
    see_other(&vendor.connection_path())
}

/// The vendor and the browser of a button that was pressed on one of our pages.
fn pressed<'a>(app: &'a Integrator, id: &str, headers: &HeaderMap, form: &Button) -> Option<(&'a Vendor, Visit)> {
    let visit = app.browsers.known(headers)?;
    let vendor = app.vendor(id)?;
    visit.is_csrf(&form.csrf).then_some((vendor, visit))
}

fn see_other(to: &str) -> Response {
    (StatusCode::SEE_OTHER, [(header::LOCATION, to), (header::CACHE_CONTROL, "no-store")]).into_response()
}

/// A page for a browser, a line for a program.
fn not_found(app: &Integrator, headers: &HeaderMap) -> Response {
    let accept = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    if accept.contains("text/html") {
        return page::not_found(app);
    }
    (StatusCode::NOT_FOUND, "There is nothing at this address.").into_response()
}

fn forbidden() -> Response {
    (StatusCode::FORBIDDEN, "This button belongs to another browser or to an old page. Open the page again.")
        .into_response()
}
