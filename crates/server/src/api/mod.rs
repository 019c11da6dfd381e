//! The admin API: what operators do, for programs. Each operation stands in a table ([`resources`]), of which both the dispatch here
//! and the document ([`mod@document`]) are made; what it does is an act of [`crate::admin`].
//!
//! A call passes: the address, the access token ([`caller`]), the limit, the scope, query and body, the role, the version that it
//! changes, whether it was done before ([`once`]), and the operation.

mod call;
mod caller;
mod document;
mod once;
mod operation;
mod page;
mod problem;
mod reply;
mod resources;
mod schema;
mod times;

pub use document::document;

use crate::admin::roles::Administrator;
use crate::admin::{Actor, Subject, SubjectKind, Way, realms, users};
use crate::failure::json;
use crate::http::{Answer, Incoming};
use crate::state::State;
use crate::state::calls::{Left, MOST, WINDOW};
use crate::state::sites::Site;
use call::Call;
use claviger_core::crypto::sha256;
use claviger_core::jose::base64url;
use claviger_core::params::form_decode;
use claviger_core::permission::Permission;
use claviger_core::{Realm, User};
use http::header::{ALLOW, CONTENT_TYPE, ETAG, HeaderName, IF_MATCH, RETRY_AFTER, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderValue, StatusCode};
use operation::{About, Body, Guard, Method, Operation, Reply};
use problem::Problem;
use serde_json::Value;
use std::collections::BTreeMap;

const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// Answers a call.
pub(crate) async fn answer(state: &State, site: &Site, incoming: &Incoming) -> Answer {
    let base = site.realm.admin_api().unwrap_or_default();
    let mut limit = None;
    let mut answer = match respond(state, site, incoming, &mut limit).await {
        Ok(answer) => answer,
        Err(problem) => problem.answer(&base),
    };
    let headers = answer.headers_mut();
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Some(left) = limit {
        tell_limit(headers, left);
    }
    answer
}

/// How many calls are left (draft-ietf-httpapi-ratelimit-headers).
fn tell_limit(headers: &mut http::HeaderMap, left: Left) {
    let policy = format!("\"caller\";q={MOST};w={}", WINDOW / 1000);
    let now = format!("\"caller\";r={};t={}", left.calls, left.seconds);
    for (name, text) in [(RATE_LIMIT_POLICY, policy), (RATE_LIMIT, now)] {
        if let Ok(value) = HeaderValue::try_from(text) {
            headers.insert(name, value);
        }
    }
}

async fn respond(state: &State, site: &Site, incoming: &Incoming, limit: &mut Option<Left>) -> Result<Answer, Problem> {
    let path = below(&site.realm, incoming.path()).unwrap_or_default();
    if incoming.head.method == http::Method::GET {
        match path {
            document::PATH => return Ok(json(StatusCode::OK, document(site.realm.admin_api().as_deref()))),
            problem::KINDS_PATH => return Ok(json(StatusCode::OK, document::kinds().to_string())),
            _ => {}
        }
    }
    let (operation, given) = find(&incoming.head.method, path)?;
    let (caller, scope) = caller::of(state, site, incoming, operation.permission).await?;
    let now = state.clock.now();
    let left = state.calls.count(&caller.realm, caller.holder.kind.name(), &caller.holder.id, now);
    *limit = Some(left);
    if !left.served {
        let why = format!("there may be {MOST} calls a minute; try again in {} s", left.seconds);
        return Err(Problem::new(problem::TOO_MANY, why).with(RETRY_AFTER, HeaderValue::from(left.seconds)));
    }
    scope?;
    let key = once::key(incoming)?;
    let mut call = Call {
        state,
        store: state.store.clone(),
        home: &site.realm,
        caller: &caller,
        actor: Actor { name: caller.name.clone(), way: Way::Api, reference: incoming.id.to_string() },
        now,
        path: decoded(&given)?,
        query: query(operation, incoming.query())?,
        body: body(operation, incoming)?,
        realm: None,
        user: None,
    };
    allow(operation, &mut call).await?;
    let version = guarded(operation, incoming, &mut call).await?;
    let reply = match key {
        Some(key) if operation.method == Method::Post => once::once(&call, incoming, &key, operation).await?,
        _ => (operation.does)(&call).await?,
    };
    // What is read is told with its version; so is what was changed.
    let tells = operation.method == Method::Get || version;
    spelled(reply, tells)
}

/// A path below the API's; `None` where it is not below.
fn below<'p>(realm: &Realm, path: &'p str) -> Option<&'p str> {
    let api = &realm.administration.as_ref()?.api_path;
    path.strip_prefix(realm.base_path())?.strip_prefix(api.as_str())
}

type Given<'p> = Vec<(&'static str, &'p str)>;

fn find<'p>(method: &http::Method, path: &'p str) -> Result<(&'static Operation, Given<'p>), Problem> {
    let mut others = Vec::new();
    for operation in resources::all() {
        let Some(given) = operation.fits(path) else { continue };
        if operation.method.name() == method.as_str() {
            return Ok((operation, given));
        }
        others.push((given.len(), operation.method.name()));
    }
    // What is named goes before what is a parameter.
    let fewest = others.iter().map(|(parameters, _)| *parameters).min();
    others.retain(|(parameters, _)| Some(*parameters) == fewest);
    if others.is_empty() {
        return Err(Problem::new(problem::NOT_FOUND, "the API has nothing at this address"));
    }
    let allow = others.into_iter().map(|(_, method)| method).collect::<Vec<_>>().join(", ");
    let problem = Problem::new(problem::WRONG_METHOD, format!("this address is for {allow}"));
    Err(match HeaderValue::try_from(allow) {
        Ok(allow) => problem.with(ALLOW, allow),
        Err(_) => problem,
    })
}

/// A part of a path without its percent-encoding (RFC 3986 2.1); a plus is a plus there.
fn decoded(given: &Given<'_>) -> Result<BTreeMap<&'static str, String>, Problem> {
    let mut found = BTreeMap::new();
    for (name, text) in given {
        let text = text.replace('+', "%2B");
        let text = form_decode(text.as_bytes()).map_err(|_| Problem::field(name, "this is no text"))?.into_owned();
        if text.contains('\0') {
            return Err(Problem::field(name, "a text has no zero character"));
        }
        found.insert(*name, text);
    }
    Ok(found)
}

fn query(operation: &Operation, text: &str) -> Result<BTreeMap<String, String>, Problem> {
    let mut found = BTreeMap::new();
    for pair in text.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let decode = |text: &str| form_decode(text.as_bytes()).map(std::borrow::Cow::into_owned);
        let (Ok(name), Ok(value)) = (decode(name), decode(value)) else {
            return Err(Problem::new(problem::INVALID, "the query is no text in UTF-8"));
        };
        if value.contains('\0') {
            return Err(Problem::field(&name, "a text has no zero character"));
        }
        let Some(param) = operation.query.iter().find(|param| param.name == name) else {
            let known: Vec<_> = operation.query.iter().map(|param| param.name).collect();
            let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
            return Err(Problem::field(&name, format!("there is no such parameter; there is: {known}")));
        };
        if let schema::Shape::OneOf(words) = param.shape
            && !words.contains(&value.as_str())
        {
            return Err(Problem::field(&name, format!("there is: {}", words.join(", "))));
        }
        if found.insert(name.clone(), value).is_some() {
            return Err(Problem::field(&name, "this stands in the query twice"));
        }
    }
    Ok(found)
}

fn body(operation: &Operation, incoming: &Incoming) -> Result<Value, Problem> {
    let Some(schema) = operation.body else {
        return match incoming.body.is_empty() {
            true => Ok(Value::Null),
            false if incoming.body.trim_ascii() == b"{}" => Ok(Value::Null),
            false => Err(Problem::new(problem::INVALID, "this operation takes no body")),
        };
    };
    let media = incoming.header(CONTENT_TYPE.as_str()).and_then(|media| media.split(';').next()).unwrap_or_default();
    let is_json =
        ["application/json", "application/merge-patch+json"].contains(&media.trim().to_ascii_lowercase().as_str());
    let body = match incoming.body.is_empty() {
        true => Value::Object(serde_json::Map::new()),
        false if !is_json => {
            return Err(Problem::new(problem::UNSUPPORTED, "the body must be JSON, as content type application/json"));
        }
        false => serde_json::from_slice(&incoming.body)
            .map_err(|error| Problem::new(problem::INVALID, format!("the body is no JSON: {error}")))?,
    };
    match schema::check(schema, &body) {
        errors if errors.is_empty() => Ok(body),
        errors => Err(Problem::fields(errors)),
    }
}

fn forbidden(caller: &Administrator, permission: Permission, what: &str) -> Problem {
    let roles: Vec<_> = caller.roles.iter().map(|one| format!("{} over {}", one.role, one.over)).collect();
    let why = format!("{what} needs a role with {permission} there; the caller is {}", roles.join(", "));
    Problem::new(problem::FORBIDDEN, why)
}

/// Sees to it that the caller's roles allow it, and reads what it is about. Whoever may see nothing of a realm learns nothing of it.
async fn allow(operation: &Operation, call: &mut Call<'_>) -> Result<(), Problem> {
    let Some(permission) = operation.permission else { return Ok(()) };
    let (caller, store) = (call.caller, &call.state.store);
    match operation.about {
        About::Caller => return Ok(()),
        About::Everything if caller.may_everywhere(permission) => return Ok(()),
        About::Some if caller.may_somewhere(permission) => return Ok(()),
        About::Everything | About::Some => return Err(forbidden(caller, permission, "this")),
        About::Realm | About::Organisation | About::User => {}
    }
    let id = call.named("realm").to_owned();
    let refused = || forbidden(caller, permission, &format!("the realm `{id}`"));
    if !caller.may_for_some(permission, &id) {
        return Err(refused());
    }
    let realm = realms::find(store, &id).await?;
    let in_all = caller.may(permission, &realm, None);
    match operation.about {
        About::Organisation => {
            let organisation = call.path.get("organisation").map(String::as_str).or_else(|| call.asked("organisation"));
            if !in_all && !organisation.is_some_and(|id| caller.may(permission, &realm, Some(id))) {
                return Err(refused());
            }
        }
        About::User => {
            let user = match users::find(store, &realm, call.named("user")).await {
                Ok(user) if in_all || is_theirs(caller, permission, &realm, &user) => user,
                Err(error) if in_all => return Err(error.into()),
                _ => return Err(refused()),
            };
            call.user = Some(user);
        }
        _ if in_all => {}
        _ => return Err(refused()),
    }
    call.realm = Some(realm);
    Ok(())
}

/// Whether every organisation of a user is one that the caller administers.
fn is_theirs(caller: &Administrator, permission: Permission, realm: &Realm, user: &User) -> bool {
    let is_theirs = |id: &String| caller.may(permission, realm, Some(id));
    !user.organisations.is_empty() && user.organisations.iter().all(is_theirs)
}

/// Sees to it that what is changed is what the caller saw (RFC 9110 13.1.1, RFC 6585 3). Whether it has a version.
async fn guarded(operation: &Operation, incoming: &Incoming, call: &mut Call<'_>) -> Result<bool, Problem> {
    let (read, must) = match operation.guard {
        Guard::None => return Ok(false),
        Guard::May(read) => (read, false),
        Guard::Must(read) => (read, true),
    };
    let Some(wanted) = incoming.header(IF_MATCH.as_str()) else {
        let why = "say with If-Match which version is changed: the ETag of what was read, or * for whatever it is now";
        return if must { Err(Problem::new(problem::MATCH_REQUIRED, why)) } else { Ok(true) };
    };
    let mut wanted = wanted.split(',').map(str::trim);
    // Before it is looked at: what changes from here on is noticed by the act itself, in its transaction.
    let expected = match seen(call) {
        Some((realm, subject)) => call.state.store.as_it_is(&realm, &subject).await?,
        None => None,
    };
    let is = tag(&read(call).await?);
    if wanted.clone().any(|one| one == "*") {
        return Ok(true);
    }
    if !wanted.any(|one| Some(one) == is.as_deref()) {
        return Err(Problem::new(problem::STALE, problem::MEANWHILE));
    }
    if let Some(expected) = expected {
        call.store = call.state.store.expecting(expected);
    }
    Ok(true)
}

/// What the path is about, of what acts can rest on.
fn seen(call: &Call<'_>) -> Option<(String, Subject)> {
    let realm = || call.realm.as_ref().map(|realm| realm.id.clone());
    let named = |name| call.path.get(name).cloned();
    if let Some(id) = named("webhook") {
        return Some((String::new(), Subject::new(SubjectKind::Webhook, id)));
    }
    let subject = match (named("organisation"), &call.user, named("app")) {
        (Some(id), ..) => Subject::new(SubjectKind::Organisation, id),
        (None, Some(user), _) => Subject::new(SubjectKind::User, &user.id),
        (None, None, Some(id)) => Subject::new(SubjectKind::App, id),
        (None, None, None) => return None,
    };
    Some((realm()?, subject))
}

/// The version of what is told: a strong tag of its bytes (RFC 9110 8.8.3).
fn tag(reply: &Reply) -> Option<String> {
    let Body::Json(body) = &reply.body else { return None };
    let digest = sha256(body.to_string().as_bytes());
    Some(format!("\"{}\"", base64url(digest.get(..12).unwrap_or_default())))
}

fn spelled(reply: Reply, tells_version: bool) -> Result<Answer, Problem> {
    let tag = tag(&reply).filter(|_| tells_version);
    let mut answer = match reply.body {
        Body::Nothing => {
            let mut answer = json(reply.status, Vec::new());
            answer.headers_mut().remove(CONTENT_TYPE);
            answer
        }
        Body::Json(body) => json(reply.status, serde_json::to_vec(&body)?),
        Body::Text(media, text) => {
            let mut answer = json(reply.status, text);
            answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media));
            answer
        }
    };
    if let Some(tag) = tag.and_then(|tag| HeaderValue::try_from(tag).ok()) {
        answer.headers_mut().insert(ETAG, tag);
    }
    Ok(answer)
}
