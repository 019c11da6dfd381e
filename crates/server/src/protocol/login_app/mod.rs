//! What the app of the vendor's own pages asks and says: the challenge API that such apps are written against, below
//! `/realms/ID` of the management address, so that its paths are as the libraries have them.

mod consent;
mod login;
mod logout;
mod sessions;
mod shapes;
mod subject;

use crate::failure::{Failure, SOON, json};
use crate::http::{Answer, Incoming, trace};
use crate::people::login_app::challenge::{Challenge, Outcome, Settled, put, read, settled, verifier};
use crate::people::login_app::said::Rejection;
use crate::state::State;
use crate::state::sites::{Site, Target};
use claviger_core::Params;
use claviger_core::realm::LoginApp;
use http::header::{AUTHORIZATION, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, Method, StatusCode};
use serde::de::DeserializeOwned;
use serde_json::{Value, json as value};

/// Why a call is not answered as it wishes.
#[derive(Debug)]
pub(crate) enum Problem {
    /// The app's mistake: status, code, what is wrong and what to do.
    Wrong(StatusCode, &'static str, String),
    /// It was said before, or is over: the browser goes there.
    Gone(String),
    /// Our trouble.
    Ours(Failure),
}

impl<E: Into<Failure>> From<E> for Problem {
    fn from(error: E) -> Self {
        Self::Ours(error.into())
    }
}

impl Problem {
    /// What was sent is not as it must be.
    fn request(description: impl Into<String>) -> Self {
        Self::Wrong(StatusCode::BAD_REQUEST, "invalid_request", description.into())
    }

    fn answer(self, incoming: &Incoming) -> Answer {
        match self {
            Self::Wrong(status, error, description) => {
                tracing::info!(status = status.as_u16(), error, description, "refused the login app");
                wrong(status, error, &description)
            }
            Self::Gone(redirect_to) => json(StatusCode::GONE, value!({ "redirect_to": redirect_to }).to_string()),
            Self::Ours(failure) => {
                let (code, description) = failure.log(incoming.id);
                let is_busy = matches!(failure, Failure::Busy(_) | Failure::Database(_));
                let status = match failure {
                    Failure::Refusal(_) => StatusCode::BAD_REQUEST,
                    _ if is_busy => StatusCode::SERVICE_UNAVAILABLE,
                    _ => StatusCode::INTERNAL_SERVER_ERROR,
                };
                let mut answer = wrong(status, code.name(), &description);
                answer.headers_mut().extend(is_busy.then_some((RETRY_AFTER, SOON)));
                answer
            }
        }
    }
}

/// An error as such apps read it.
fn wrong(status: StatusCode, error: &str, description: &str) -> Answer {
    let body = value!({ "error": error, "error_description": description, "status_code": status.as_u16() });
    json(status, body.to_string())
}

/// Answers a call; `None` where the path is none of the API's.
pub(crate) async fn answer(state: &State, incoming: &Incoming) -> Option<Answer> {
    let (realm, rest) = incoming.path().strip_prefix("/realms/")?.split_once('/')?;
    let rest = rest.strip_prefix("admin/").unwrap_or(rest).strip_prefix("oauth2/auth/")?;
    Some(respond(state, incoming, realm, rest).await.unwrap_or_else(|problem| problem.answer(incoming)))
}

async fn respond(state: &State, incoming: &Incoming, realm: &str, rest: &str) -> Result<Answer, Problem> {
    state.follower().current().await.map_err(Failure::from)?;
    let found = state.sites.of_realm(&state.store, &state.keys, realm).await?;
    let Some((site, app)) = found.as_ref().and_then(|site| Some((site, site.realm.login_app.as_ref()?))) else {
        let why = "there is no realm of this name with a login app; the realm file has a [login-app] for it";
        return Err(Problem::Wrong(StatusCode::NOT_FOUND, "not_found", why.to_owned()));
    };
    trace::place(&site.realm.id, "login-app", false);
    if !app.is_app(token(incoming)) {
        return Ok(no_token());
    }
    let params = Params::form(incoming.query().as_bytes())?;
    let call = Call { state, site, app, incoming, params: &params };
    match (&incoming.head.method, rest) {
        (&Method::GET, "requests/login") => login::tell(&call).await,
        (&Method::PUT, "requests/login/accept") => login::accept(&call).await,
        (&Method::PUT, "requests/login/reject") => login::reject(&call).await,
        (&Method::GET, "requests/consent") => consent::tell(&call).await,
        (&Method::PUT, "requests/consent/accept") => consent::accept(&call).await,
        (&Method::PUT, "requests/consent/reject") => consent::reject(&call).await,
        (&Method::GET, "requests/logout") => logout::tell(&call).await,
        (&Method::PUT, "requests/logout/accept") => logout::accept(&call).await,
        (&Method::PUT, "requests/logout/reject") => logout::reject(&call),
        (&Method::GET, "sessions/consent") => sessions::consents(&call).await,
        (&Method::DELETE, "sessions/consent") => sessions::take_back(&call).await,
        (&Method::DELETE, "sessions/login") => sessions::sign_out(&call).await,
        (_, rest) => Err(nothing(rest)),
    }
}

/// There is no such call, or not with this method.
fn nothing(rest: &str) -> Problem {
    let known = ["login", "consent", "logout"].iter().find_map(|kind| {
        let rest = rest.strip_prefix("requests/")?.strip_prefix(kind)?;
        match rest {
            "" => Some("GET"),
            "/accept" | "/reject" => Some("PUT"),
            _ => None,
        }
    });
    let sessions = match rest {
        "sessions/consent" => Some("GET and DELETE"),
        "sessions/login" => Some("DELETE"),
        _ => None,
    };
    match known.or(sessions) {
        Some(method) => {
            Problem::Wrong(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", format!("this call is for {method}"))
        }
        None => Problem::Wrong(StatusCode::NOT_FOUND, "not_found", "there is no such call".to_owned()),
    }
}

/// The bearer token of a call (RFC 6750 2.1).
fn token(incoming: &Incoming) -> Option<&str> {
    let (scheme, token) = incoming.header(AUTHORIZATION.as_str())?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}

fn no_token() -> Answer {
    tracing::info!("a call of the login app without a right token");
    let why = "the call needs the realm's token for its login app: Authorization: Bearer TOKEN";
    let mut answer = wrong(StatusCode::UNAUTHORIZED, "request_unauthorized", why);
    answer.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"login app\""));
    answer
}

/// One call of the app.
pub(crate) struct Call<'a> {
    state: &'a State,
    site: &'a Site,
    app: &'a LoginApp,
    incoming: &'a Incoming,
    params: &'a Params<'a>,
}

impl Call<'_> {
    /// The parameter that a call cannot do without.
    fn needs(&self, name: &'static str) -> Result<&str, Problem> {
        let found = self.params.get(name).filter(|text| !text.is_empty());
        found.ok_or_else(|| Problem::request(format!("the parameter {name} is missing")))
    }

    /// The body, as JSON; an empty one is an empty object.
    fn body<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        let body = if self.incoming.body.trim_ascii().is_empty() { b"{}" } else { &*self.incoming.body };
        serde_json::from_slice(body)
            .map_err(|error| Problem::request(format!("the body is not as it must be: {error}")))
    }

    /// The challenge of a call, under its parameter's name.
    fn challenge<C: Challenge>(&self, name: &'static str) -> Result<C, Problem> {
        let text = self.needs(name)?;
        read(text, self.state, &self.site.realm.id).ok_or_else(|| {
            let why = format!("this realm gave out no such {name}; it was changed on its way, or is of another server");
            Problem::Wrong(StatusCode::NOT_FOUND, "not_found", why)
        })
    }

    /// The same, as long as nothing was said of it and it is not over.
    async fn open_challenge<C: Challenge>(&self, name: &'static str) -> Result<C, Problem> {
        let challenge: C = self.challenge(name)?;
        let realm = &self.site.realm.id;
        if settled::<C>(&challenge.id(), self.state, realm).await?.is_some() {
            return Err(Problem::Gone(self.way_back(&challenge)?));
        }
        self.is_in_time(&challenge)?;
        Ok(challenge)
    }

    /// What is over is told to the person in front of the browser, who can begin again there.
    fn is_in_time<C: Challenge>(&self, challenge: &C) -> Result<(), Problem> {
        if challenge.expires_at() > self.state.clock.now() {
            return Ok(());
        }
        let Some(waiting) = challenge.carries() else { return Err(Problem::Gone(self.way_back(challenge)?)) };
        let sealed = waiting.seal(&self.state.secrets, &self.site.realm.id)?;
        let path = self.site.page_path(Target::SignIn);
        Err(Problem::Gone(format!("{}{path}?request={sealed}", self.site.realm.origin())))
    }

    /// The address at which the browser comes back.
    fn way_back<C: Challenge>(&self, challenge: &C) -> Result<String, Problem> {
        let (state, realm) = (self.state, &self.site.realm);
        let verifier = verifier::<C>(&challenge.id(), state, &realm.id)?;
        let path = self.site.page_path(Target::LoginApp);
        Ok(format!("{}{path}?{}_verifier={verifier}", realm.origin(), C::KIND))
    }

    /// Keeps what the app says, once, and answers where the browser goes. Who says the very same once more is answered the same.
    async fn settle<C: Challenge>(&self, challenge: C, outcome: Outcome<C::Said>) -> Result<Answer, Problem> {
        let (state, realm) = (self.state, &self.site.realm.id);
        let redirect_to = self.way_back(&challenge)?;
        self.is_in_time(&challenge)?;
        let said = Settled { challenge, outcome };
        if !put(&said, state, realm).await? {
            let before = settled::<C>(&said.challenge.id(), state, realm).await?;
            if before.is_none_or(|before| before.outcome != said.outcome) {
                let why = "this challenge was answered before, and otherwise; what was said first counts";
                return Err(Problem::Wrong(StatusCode::CONFLICT, "conflict", why.to_owned()));
            }
        }
        Ok(json(StatusCode::OK, value!({ "redirect_to": redirect_to }).to_string()))
    }

    /// Says no to a challenge.
    async fn reject<C: Challenge>(&self, name: &'static str) -> Result<Answer, Problem> {
        let challenge: C = self.challenge(name)?;
        let rejection: Rejection = self.body()?;
        self.settle(challenge, Outcome::Rejected(rejection)).await
    }
}

/// An answer of JSON.
fn told(body: &Value) -> Answer {
    json(StatusCode::OK, body.to_string())
}

/// An answer without a body.
fn done() -> Answer {
    crate::failure::empty(StatusCode::NO_CONTENT)
}
