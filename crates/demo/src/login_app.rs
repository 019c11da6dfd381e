//! The vendor's own pages of the realm `own-pages`: an app that answers login, consent and logout challenges, as one that was
//! written for Ory Hydra does. It knows nothing of Claviger but the base URL of the challenge API and a token.
//!
//! A page is shown for a GET, and answered by a POST to the same address; where there is nothing to ask (`skip`), the
//! answer is sent at once.

use crate::views::OwnPage;
use anyhow::{Context, bail};
use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Form, Router, routing};
use claviger_server::pages::{Brand, Pages};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// The realm whose pages these are.
pub(super) const REALM: &str = "own-pages";

/// Who can sign in there: the vendor's own user, whom the realm file does not know.
pub(super) const PERSON: (&str, &str) = ("oskar", "demo-oskar-of-the-vendor");

/// The same, as tokens know him.
const SUBJECT: &str = "vendor-user-17";

/// What the realm file has the SHA-256 of.
const TOKEN: &str = "demo-token-of-the-login-app";

/// The app.
struct LoginApp {
    /// The base URL of the challenge API.
    api: String,
    http: reqwest::Client,
    pages: Pages,
}

/// Its routes. `management`: the origin of the server's management address.
///
/// # Errors
/// The templates of the pages are broken.
pub(super) fn router(management: &str, http: reqwest::Client) -> anyhow::Result<Router> {
    let app = LoginApp { api: format!("{management}/realms/{REALM}"), http, pages: Pages::new(None)? };
    let css = app.pages.stylesheet().to_owned();
    let stylesheet = move || async move { ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], css) };
    Ok(Router::new()
        .route("/claviger.css", routing::get(stylesheet))
        .route("/stayed", routing::get(async || "You are still signed in."))
        .route("/{kind}", routing::get(show).post(take))
        .with_state(Arc::new(app)))
}

/// What a challenge asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Login,
    Consent,
    Logout,
}

impl Kind {
    const fn name(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::Consent => "consent",
            Self::Logout => "logout",
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
struct Challenge {
    #[serde(alias = "login_challenge", alias = "consent_challenge", alias = "logout_challenge")]
    challenge: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Filled {
    username: String,
    password: String,
    decision: String,
}

/// A page, or the answer where there is nothing to ask.
async fn show(State(app): State<Arc<LoginApp>>, Path(kind): Path<Kind>, Query(asked): Query<Challenge>) -> Response {
    app.answer(kind, &asked.challenge, None).await
}

/// A page that was filled in.
async fn take(
    State(app): State<Arc<LoginApp>>,
    Path(kind): Path<Kind>,
    Query(asked): Query<Challenge>,
    Form(filled): Form<Filled>,
) -> Response {
    app.answer(kind, &asked.challenge, Some(&filled)).await
}

/// What the challenge API says of a challenge.
enum Asked {
    For(Value),
    /// It was answered, or is over: where the browser goes.
    Answered(String),
}

/// What comes next.
enum Step {
    Show(OwnPage),
    /// `accept` or `reject`, with a body.
    Say(&'static str, Value),
}

fn decide(kind: Kind, asked: &Value, filled: Option<&Filled>) -> Step {
    if filled.is_some_and(|filled| filled.decision == "deny") {
        let body = json!({ "error": "access_denied", "error_description": "The user said no." });
        return Step::Say("reject", body);
    }
    let skip = asked.get("skip").and_then(Value::as_bool).unwrap_or_default();
    match kind {
        Kind::Login if skip => Step::Say("accept", json!({ "subject": asked.get("subject") })),
        Kind::Login => login(asked, filled),
        Kind::Consent if skip || filled.is_some() => Step::Say("accept", consent(asked)),
        Kind::Logout if filled.is_some() => Step::Say("accept", json!({})),
        Kind::Consent => Step::Show(OwnPage::consent(&app_name(asked), words(asked.get("requested_scope")))),
        Kind::Logout => Step::Show(OwnPage::logout()),
    }
}

fn login(asked: &Value, filled: Option<&Filled>) -> Step {
    let right = filled.is_some_and(|filled| (filled.username.as_str(), filled.password.as_str()) == PERSON);
    if !right {
        return Step::Show(OwnPage::login(&app_name(asked), filled.map(|filled| filled.username.as_str())));
    }
    let context = json!({ "name": "Oskar Olsen" });
    let amr = ["pwd"];
    Step::Say(
        "accept",
        json!({ "subject": SUBJECT, "remember": true, "remember_for": 0, "amr": amr, "context": context }),
    )
}

fn consent(asked: &Value) -> Value {
    json!({
        "grant_scope": asked.get("requested_scope"),
        "grant_access_token_audience": asked.get("requested_access_token_audience"),
        // This vendor asks each time.
        "remember": false,
        "session": { "id_token": { "name": asked.pointer("/context/name") } },
    })
}

fn app_name(asked: &Value) -> String {
    text(asked, "/client/client_name").unwrap_or("An app").to_owned()
}

fn text<'v>(value: &'v Value, pointer: &str) -> Option<&'v str> {
    value.pointer(pointer)?.as_str()
}

fn words(list: Option<&Value>) -> Vec<String> {
    let list = list.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    list.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

impl LoginApp {
    async fn answer(&self, kind: Kind, challenge: &str, filled: Option<&Filled>) -> Response {
        let answered = async {
            let asked = match self.ask(kind, challenge).await? {
                Asked::For(asked) => asked,
                Asked::Answered(there) => return Ok(see_other(&there)),
            };
            match decide(kind, &asked, filled) {
                Step::Show(view) => Ok(self.show(&view)),
                Step::Say(verb, body) => Ok(see_other(&self.say(kind, challenge, verb, &body).await?)),
            }
        };
        answered.await.unwrap_or_else(|error: anyhow::Error| {
            (StatusCode::BAD_GATEWAY, format!("The login app got no answer: {error:#}")).into_response()
        })
    }

    fn url(&self, kind: Kind, challenge: &str, verb: &str) -> anyhow::Result<reqwest::Url> {
        let name = kind.name();
        let path = format!("{}/admin/oauth2/auth/requests/{name}{verb}", self.api);
        Ok(reqwest::Url::parse_with_params(&path, [(format!("{name}_challenge"), challenge)])?)
    }

    async fn ask(&self, kind: Kind, challenge: &str) -> anyhow::Result<Asked> {
        let answer = self.http.get(self.url(kind, challenge, "")?).bearer_auth(TOKEN).send().await?;
        let (status, body) = (answer.status(), answer.json::<Value>().await?);
        match status {
            StatusCode::OK => Ok(Asked::For(body)),
            StatusCode::GONE => Ok(Asked::Answered(redirect_to(&body)?)),
            _ => bail!("{status}: {}", text(&body, "/error_description").unwrap_or_default()),
        }
    }

    /// Where the browser goes then.
    async fn say(&self, kind: Kind, challenge: &str, verb: &str, body: &Value) -> anyhow::Result<String> {
        let url = self.url(kind, challenge, &format!("/{verb}"))?;
        let answer = self.http.put(url).bearer_auth(TOKEN).json(body).send().await?;
        if answer.status() == StatusCode::NO_CONTENT {
            // Nobody signs out: there is nowhere to go on to.
            return Ok("/stayed".to_owned());
        }
        redirect_to(&answer.json::<Value>().await?)
    }

    fn show(&self, view: &OwnPage) -> Response {
        let brand = Brand::new("The vendor's own pages", "/claviger.css");
        crate::page_response(&self.pages.page(&brand, view))
    }
}

fn redirect_to(body: &Value) -> anyhow::Result<String> {
    let there = text(body, "/redirect_to").map(str::to_owned);
    there.with_context(|| text(body, "/error_description").unwrap_or("no redirect_to").to_owned())
}

fn see_other(to: &str) -> Response {
    (StatusCode::SEE_OTHER, [(header::LOCATION, to), (header::CACHE_CONTROL, "no-store")]).into_response()
}

#[cfg(test)]
mod tests {
    use super::{Filled, Kind, PERSON, Step, decide};
    use serde_json::json;

    fn said(
        kind: Kind,
        asked: &serde_json::Value,
        filled: Option<&Filled>,
    ) -> Option<(&'static str, serde_json::Value)> {
        match decide(kind, asked, filled) {
            Step::Say(verb, body) => Some((verb, body)),
            Step::Show(_) => None,
        }
    }

    #[test]
    fn nobody_is_signed_in_without_the_password() {
        let asked = json!({ "skip": false, "client": { "client_name": "Shop" } });
        let typed =
            |password: &str| Filled { username: PERSON.0.into(), password: password.into(), ..Filled::default() };
        assert_eq!(said(Kind::Login, &asked, None), None);
        assert_eq!(said(Kind::Login, &asked, Some(&typed("wrong"))), None);
        assert_eq!(said(Kind::Login, &asked, Some(&typed(PERSON.1))).unwrap().1["subject"], "vendor-user-17");
        let known = json!({ "skip": true, "subject": "vendor-user-17" });
        assert_eq!(said(Kind::Login, &known, None).unwrap(), ("accept", json!({ "subject": "vendor-user-17" })));
    }

    #[test]
    fn no_is_no_and_what_was_asked_for_is_given() {
        let asked = json!({ "skip": false, "requested_scope": ["openid"], "requested_access_token_audience": ["a"] });
        let no = || Filled { decision: "deny".into(), ..Filled::default() };
        for kind in [Kind::Login, Kind::Consent, Kind::Logout] {
            assert_eq!(said(kind, &asked, Some(&no())).unwrap().0, "reject");
        }
        assert_eq!(said(Kind::Consent, &asked, None), None);
        let (verb, body) = said(Kind::Consent, &asked, Some(&Filled::default())).unwrap();
        assert_eq!(
            (verb, &body["grant_scope"], &body["grant_access_token_audience"]),
            ("accept", &json!(["openid"]), &json!(["a"]))
        );
        assert_eq!(said(Kind::Logout, &asked, None), None);
        assert_eq!(said(Kind::Logout, &asked, Some(&Filled::default())).unwrap().0, "accept");
    }
}
