//! A running server: calls of its admin API, with a token that renews itself.

use super::logins::{API_PATH, Login, Logins};
use crate::cli::context::Context;
use crate::cli::trouble::{Exit, Trouble};
use claviger_core::crypto::entropy::random_bytes;
use claviger_core::jose::base64url;
use claviger_server::clock::Clock;
use reqwest::{Method, RequestBuilder, StatusCode, Url};
use serde::Deserialize as _;
use serde_json::{Value, json};
use std::time::Duration;

/// How long a call takes at most.
const PATIENCE: Duration = Duration::from_mins(1);
/// A token that is over so soon is renewed first, in seconds.
const MARGIN: i64 = 30;
/// A token of a program's own, in place of a login.
const TOKEN: &str = "CLAVIGER_ACCESS_TOKEN";

/// A server that somebody is logged in to.
pub(crate) struct Server {
    api: Url,
    client: reqwest::Client,
    token: String,
    realm: Option<String>,
}

/// A text of an answer; empty where there is none.
pub(crate) fn text(value: &Value, name: &str) -> String {
    value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// Reads a text that may be null, as an empty one.
///
/// # Errors
/// It is none.
pub(crate) fn or_empty<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Option::<String>::deserialize(deserializer).map(Option::unwrap_or_default)
}

/// Reads an answer as what it stands for.
///
/// # Errors
/// It is something else: the server is of another version.
pub(crate) fn answered<T: serde::de::DeserializeOwned>(value: Value) -> Result<T, Trouble> {
    serde_json::from_value(value).map_err(|error| {
        Trouble::new(Exit::Failure, format!("the server answers what this program does not know: {error}"))
            .help("use the program of the server's version")
    })
}

/// Nobody answers.
pub(crate) fn unreachable(error: &reqwest::Error) -> Trouble {
    use std::error::Error;
    let causes = std::iter::successors(error.source(), |error| (*error).source()).map(|error| format!(": {error}"));
    let message = format!("the server does not answer: {}{}", error, causes.collect::<String>());
    Trouble::new(Exit::Unreachable, message)
        .help("compare --server with the admin realm's issuer; --ca-file names a private CA")
}

impl Context {
    /// What calls servers: with the certificates of `--ca-file`, and without following redirects.
    ///
    /// # Errors
    /// The file cannot be read.
    pub(crate) fn http(&self) -> Result<reqwest::Client, Trouble> {
        let mut builder = reqwest::Client::builder()
            .timeout(PATIENCE)
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("claviger/", env!("CARGO_PKG_VERSION")));
        if let Some(file) = &self.ca_file {
            let wrong = |why: String| Trouble::new(Exit::Configuration, format!("{}: {why}", file.display()));
            let pem = std::fs::read(file).map_err(|error| wrong(error.to_string()))?;
            let certificates = reqwest::Certificate::from_pem_bundle(&pem).map_err(|error| wrong(error.to_string()))?;
            if certificates.is_empty() {
                return Err(wrong("there is no certificate in it".to_owned()));
            }
            builder = builder.tls_certs_merge(certificates);
        }
        builder.build().map_err(|error| Trouble::new(Exit::Failure, format!("no client: {error}")))
    }
}

impl Server {
    /// The server at this address, with the token of the environment or of a login.
    ///
    /// # Errors
    /// Nobody is logged in there.
    pub(crate) async fn of(context: &Context, url: &str) -> Result<Self, Trouble> {
        let client = context.http()?;
        let (api, token) = if let Some(token) = std::env::var(TOKEN).ok().filter(|token| !token.is_empty()) {
            (format!("{url}{API_PATH}"), token)
        } else {
            let login = renewed(&client, url).await?;
            (login.api, login.access_token)
        };
        let api = Url::parse(&api).map_err(|error| Trouble::new(Exit::Usage, format!("--server: {error}")))?;
        Ok(Self { api, client, token, realm: context.realm.clone() })
    }

    /// The realm of `--realm`, if it was said.
    pub(crate) fn realm_wanted(&self) -> Option<&str> {
        self.realm.as_deref()
    }

    fn request(&self, method: Method, path: &[&str], query: &[(&str, &str)]) -> Result<RequestBuilder, Trouble> {
        let mut url = self.api.clone();
        url.path_segments_mut()
            .map_err(|()| Trouble::new(Exit::Usage, "--server: this is no address of a server"))?
            .pop_if_empty()
            .extend(path);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        Ok(self.client.request(method, url).bearer_auth(&self.token))
    }

    /// Reads something.
    ///
    /// # Errors
    /// The server refuses it or does not answer.
    pub(crate) async fn get(&self, path: &[&str], query: &[(&str, &str)]) -> Result<Value, Trouble> {
        self.act(&Method::GET, path, query, None).await
    }

    /// Reads a list to its end, or `limit` of it.
    ///
    /// # Errors
    /// As [`Server::get`].
    pub(crate) async fn all(&self, path: &[&str], query: &[(&str, &str)], limit: usize) -> Result<Vec<Value>, Trouble> {
        let (mut found, mut after) = (Vec::new(), None::<String>);
        loop {
            let wanted = limit.saturating_sub(found.len()).clamp(1, 200).to_string();
            let mut asked = query.to_vec();
            asked.push(("limit", &wanted));
            asked.extend(after.as_deref().map(|after| ("after", after)));
            let page = self.get(path, &asked).await?;
            found.extend(answered::<Vec<Value>>(member(&page, "items").clone())?);
            match member(&page, "next").as_str() {
                Some(next) if found.len() < limit => after = Some(next.to_owned()),
                _ => break,
            }
        }
        found.truncate(limit);
        Ok(found)
    }

    /// Does something; what is changed or removed is so as it is now. A `POST` says by a key of its own which act it is, so that it can
    /// be sent once more where the connection was lost: it is done once (draft-ietf-httpapi-idempotency-key-header).
    ///
    /// # Errors
    /// As [`Server::get`].
    pub(crate) async fn act(
        &self,
        method: &Method,
        path: &[&str],
        query: &[(&str, &str)],
        wanted: Option<&Value>,
    ) -> Result<Value, Trouble> {
        let said = self.send(method, path, query, wanted).await?;
        Ok(serde_json::from_slice(&said).unwrap_or_default())
    }

    /// Does something that is answered by a text.
    ///
    /// # Errors
    /// As [`Server::get`].
    pub(crate) async fn text(&self, path: &[&str]) -> Result<String, Trouble> {
        let said = self.send(&Method::POST, path, &[], None).await?;
        String::from_utf8(said).map_err(|_| Trouble::new(Exit::Failure, "the server answers what is no text"))
    }

    async fn send(
        &self,
        method: &Method,
        path: &[&str],
        query: &[(&str, &str)],
        wanted: Option<&Value>,
    ) -> Result<Vec<u8>, Trouble> {
        let key = (*method == Method::POST).then(|| base64url(&random_bytes::<16>()));
        let request = || {
            let mut request = self.request(method.clone(), path, query)?;
            if [Method::PATCH, Method::PUT, Method::DELETE].contains(method) {
                request = request.header("if-match", "*");
            }
            if let Some(key) = &key {
                request = request.header("idempotency-key", key);
            }
            Ok::<_, Trouble>(if let Some(wanted) = wanted { request.json(wanted) } else { request })
        };
        let (status, said) = match answer(request()?).await {
            Err(error) if key.is_some() && is_lost(&error) => answer(request()?).await,
            other => other,
        }
        .map_err(|error| unreachable(&error.without_url()))?;
        if status.is_success() {
            return Ok(said);
        }
        Err(refused(status, &serde_json::from_slice(&said).unwrap_or_default()))
    }
}

async fn answer(request: RequestBuilder) -> Result<(StatusCode, Vec<u8>), reqwest::Error> {
    let answer = request.send().await?;
    Ok((answer.status(), answer.bytes().await?.to_vec()))
}

/// Whether nobody knows what became of a request: it was sent, and its connection ended before the answer was whole.
fn is_lost(error: &reqwest::Error) -> bool {
    !error.is_connect() && !error.is_timeout() && !error.is_builder()
}

/// Why the server did not do it, with the exit code that the same has at a database.
fn refused(status: StatusCode, said: &Value) -> Trouble {
    let exit = match status.as_u16() {
        400 | 422 => Exit::Usage,
        401 | 403 => Exit::Authentication,
        404 => Exit::NotFound,
        409 | 412 | 428 => Exit::Conflict,
        503 => Exit::Unreachable,
        _ => Exit::Failure,
    };
    let errors = said.get("errors").and_then(Value::as_array).into_iter().flatten();
    let lines: Vec<String> = errors.map(|one| format!("{}: {}", text(one, "field"), text(one, "detail"))).collect();
    let detail = if lines.is_empty() { text(said, "detail") } else { lines.join("\n") };
    let message = if detail.is_empty() { format!("the server answers {status}") } else { detail };
    let trouble = Trouble::new(exit, message);
    match status {
        StatusCode::UNAUTHORIZED => trouble.help("`claviger login` logs in anew"),
        StatusCode::CONFLICT | StatusCode::BAD_REQUEST | StatusCode::NOT_FOUND => trouble,
        _ => trouble.help(format!("the server's log has it under {}", text(said, "reference"))),
    }
}

/// A member of an answer; null where there is none.
pub(crate) fn member<'v>(said: &'v Value, name: &str) -> &'v Value {
    said.get(name).unwrap_or(&Value::Null)
}

/// Puts a member into what is sent, where there is one.
pub(crate) fn put_some(body: &mut Value, name: &str, value: Option<impl Into<Value>>) {
    if let Some(value) = value {
        put(body, name, value);
    }
}

/// Puts a member into what is sent.
pub(crate) fn put(body: &mut Value, name: &str, value: impl Into<Value>) {
    if let Some(members) = body.as_object_mut() {
        members.insert(name.to_owned(), value.into());
    }
}

/// The login at a server, renewed where its token is about to end.
async fn renewed(client: &reqwest::Client, url: &str) -> Result<Login, Trouble> {
    let mut logins = Logins::read()?;
    let nobody = || {
        Trouble::new(Exit::Authentication, format!("nobody is logged in to {url}"))
            .help(format!("`claviger login --server {url}`"))
    };
    let login = logins.servers.get_mut(url).ok_or_else(nobody)?;
    let now = Clock::default().now() / 1000;
    if login.expires_at - MARGIN > now {
        return Ok(login.clone());
    }
    let Some(refresh_token) = login.refresh_token.clone() else { return Err(nobody()) };
    let form = [("grant_type", "refresh_token"), ("refresh_token", &*refresh_token), ("client_id", &*login.client_id)];
    let sent = client.post(&login.token_endpoint).form(&form).send().await;
    let answer = sent.map_err(|error| unreachable(&error))?;
    if answer.status().is_client_error() {
        return Err(nobody());
    }
    let said: Value = answer.json().await.map_err(|error| unreachable(&error))?;
    login.take(&said, now)?;
    let login = login.clone();
    logins.write()?;
    Ok(login)
}

impl Login {
    /// Takes the tokens of an answer (RFC 6749 5.1).
    ///
    /// # Errors
    /// There is none in it.
    pub(crate) fn take(&mut self, said: &Value, now: i64) -> Result<(), Trouble> {
        let token = said.get("access_token").and_then(Value::as_str);
        let missing = || Trouble::new(Exit::Failure, format!("the server gave no token: {}", json!(said.get("error"))));
        token.ok_or_else(missing)?.clone_into(&mut self.access_token);
        if let Some(refresh) = said.get("refresh_token").and_then(Value::as_str) {
            self.refresh_token = Some(refresh.to_owned());
        }
        self.expires_at = now + said.get("expires_in").and_then(Value::as_i64).unwrap_or_default();
        Ok(())
    }
}
