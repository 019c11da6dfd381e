//! A sample MCP server behind a guard: streamable HTTP of the Model Context Protocol, one answer to each POST, without sessions and
//! without streams. It speaks the revisions that begin with `initialize`, and that of 2026-07-28, where each request says by itself
//! what it needs.
//!
//! Who may call it at all is the guard's layer's matter. Which scope a tool takes is known only when it is called: then the guard is
//! asked once more, and its refusal tells the client what to ask the person for.

mod tools;

use super::apis::guard_of;
use super::manifest::Route;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderValue, Method, Request, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Extension, Json, Router};
use claviger_files::realm::RealmFile;
use claviger_guard::{Caller, Guard, Needs, ProtectedResource};
use serde_json::{Map, Value, json};
use tools::Tool;

/// The realm that it belongs to.
pub(super) const REALM: &str = "assistants";
/// Where it is.
const PATH: &str = "/mcp";
/// The revisions that it speaks, the newest first; the first knows no `initialize`.
const REVISIONS: [&str; 4] = ["2026-07-28", "2025-11-25", "2025-06-18", "2025-03-26"];
/// Where a request of the newest revision names it.
const REVISION_OF_REQUEST: &str = "io.modelcontextprotocol/protocolVersion";
/// What a client asks for to begin with: enough to look around, and to stay.
const TO_BEGIN_WITH: [&str; 3] = ["claims:read", "stock:read", "orders:read"];

// JSON-RPC 2.0 5.1.
const NOT_A_REQUEST: i64 = -32600;
const NO_SUCH_METHOD: i64 = -32601;
const WRONG_PARAMS: i64 = -32602;
const NOT_JSON: i64 = -32700;

/// The server's address.
pub(super) fn url(file: &RealmFile) -> String {
    format!("{}{PATH}", file.realm.origin())
}

/// The line that an assistant is told it by.
pub(super) fn line(file: &RealmFile) -> String {
    format!("claude mcp add --transport http claviger-demo {}", url(file))
}

/// Where it answers and with what.
///
/// # Errors
/// The realm's file has no client for it, or `demo/sample/tools.toml` is wrong.
pub(super) fn of(file: &RealmFile, http: &reqwest::Client) -> anyhow::Result<(Vec<String>, Router, Vec<Route>)> {
    let address = url(file);
    let described = ProtectedResource::new(&address).scopes(TO_BEGIN_WITH).name("Sample tools of Claviger");
    let guard = guard_of(file, None, http)?.protected_resource(described).build()?;
    let tools = tools::all()?;
    let metadata = guard.resource_metadata().map(|metadata| metadata.path().to_owned()).unwrap_or_default();
    let router = Router::new()
        .route(PATH, post(answer))
        .route(&metadata, post(StatusCode::NOT_FOUND))
        .route_layer(guard.layer())
        .fallback(nothing)
        .layer(middleware::from_fn(from_pages))
        .layer(Extension(guard))
        .layer(Extension(tools));
    let route = Route { name: "mcp", method: "POST", url: address, for_apps: false };
    Ok((file.realm.authorities.clone(), router, vec![route]))
}

async fn nothing() -> impl IntoResponse {
    (StatusCode::NOT_FOUND, "There is nothing here. The MCP server answers at /mcp.\n")
}

/// Pages of this machine may call it, others may not (the specification's security warning about DNS rebinding).
async fn from_pages(request: Request<Body>, next: Next) -> Response {
    let origin = request.headers().get(header::ORIGIN).cloned();
    if origin.as_ref().is_some_and(|origin| !is_here(origin)) {
        return StatusCode::FORBIDDEN.into_response();
    }
    let mut response = if request.method() == Method::OPTIONS {
        StatusCode::NO_CONTENT.into_response()
    } else {
        next.run(request).await
    };
    let headers = response.headers_mut();
    let allow = |name: &'static str, value: &'static str| {
        (header::HeaderName::from_static(name), HeaderValue::from_static(value))
    };
    headers.extend([
        allow("access-control-allow-origin", "*"),
        allow(
            "access-control-allow-headers",
            "authorization, content-type, mcp-protocol-version, mcp-method, mcp-name",
        ),
        allow("access-control-allow-methods", "GET, POST"),
        allow("access-control-expose-headers", "www-authenticate"),
    ]);
    response
}

fn is_here(origin: &HeaderValue) -> bool {
    let host = origin.to_str().ok().and_then(|origin| origin.split_once("://")).map(|(_, authority)| authority);
    host.is_some_and(|authority| matches!(authority.split(':').next(), Some("localhost" | "127.0.0.1")))
}

/// Answers one message.
async fn answer(
    Extension(caller): Extension<Caller>,
    Extension(guard): Extension<Guard>,
    Extension(tools): Extension<&'static [Tool]>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let said = headers.get("mcp-protocol-version").and_then(|value| value.to_str().ok());
    if said.is_some_and(|said| !REVISIONS.contains(&said)) {
        return (StatusCode::BAD_REQUEST, failed(&Value::Null, NOT_A_REQUEST, "this revision is not spoken here"))
            .into_response();
    }
    let Ok(message) = serde_json::from_slice::<Value>(&body) else {
        return (StatusCode::BAD_REQUEST, failed(&Value::Null, NOT_JSON, "the body is not JSON")).into_response();
    };
    let Some(method) = message.get("method").and_then(Value::as_str) else {
        return (StatusCode::BAD_REQUEST, failed(&Value::Null, NOT_A_REQUEST, "this is no request")).into_response();
    };
    let Some(id) = message.get("id").filter(|id| id.is_string() || id.is_number()) else {
        // A notification: there is nothing to say.
        return StatusCode::ACCEPTED.into_response();
    };
    let nothing = Map::new();
    let params = message.get("params").and_then(Value::as_object).unwrap_or(&nothing);
    let result = match method {
        "initialize" => Ok(begin(params)),
        "server/discover" => Ok(discovered()),
        "ping" => Ok(json!({})),
        "tools/list" => Ok(json!({ "tools": tools.iter().map(Tool::described).collect::<Vec<_>>() })),
        "tools/call" => {
            let Some(tool) = tools.iter().find(|tool| params.get("name").and_then(Value::as_str) == Some(&tool.name))
            else {
                return failed(id, WRONG_PARAMS, "there is no such tool").into_response();
            };
            if let Err(refused) = guard.admit(&caller, &Needs::new().scope(&tool.scope)) {
                return refused.to_response().map(Body::from);
            }
            tool.call(params.get("arguments").and_then(Value::as_object).unwrap_or(&nothing), &caller)
        }
        _ => return failed(id, NO_SUCH_METHOD, "there is no such method").into_response(),
    };
    match result {
        Ok(result) => Json(json!({ "jsonrpc": "2.0", "id": id, "result": completed(result, params) })).into_response(),
        Err(why) => failed(id, WRONG_PARAMS, &why).into_response(),
    }
}

fn failed(id: &Value, code: i64, why: &str) -> Json<Value> {
    Json(json!({ "jsonrpc": "2.0", "id": id, "error": { "code": code, "message": why } }))
}

fn about() -> Value {
    json!({ "name": "claviger-demo", "title": "Sample tools of Claviger", "version": env!("CARGO_PKG_VERSION") })
}

/// The revision that both speak, or the newest of those that begin like this.
fn begin(params: &Map<String, Value>) -> Value {
    let asked = params.get("protocolVersion").and_then(Value::as_str).unwrap_or_default();
    let [_, newest, older @ ..] = &REVISIONS;
    let revision = older.iter().find(|known| **known == asked).unwrap_or(newest);
    json!({ "protocolVersion": revision, "capabilities": { "tools": {} }, "serverInfo": about() })
}

fn discovered() -> Value {
    json!({
        "supportedVersions": REVISIONS, "capabilities": { "tools": {} },
        "_meta": { "io.modelcontextprotocol/serverInfo": about() },
    })
}

/// With what each result of the newest revision says of itself.
fn completed(mut result: Value, params: &Map<String, Value>) -> Value {
    let is_newest = params.get("_meta").and_then(|meta| meta.get(REVISION_OF_REQUEST)).is_some();
    if let Some(members) = result.as_object_mut().filter(|_| is_newest) {
        members.extend([
            ("resultType".to_owned(), json!("complete")),
            ("ttlMs".to_owned(), json!(0)),
            ("cacheScope".to_owned(), json!("private")),
        ]);
    }
    result
}

#[cfg(test)]
mod tests {
    use super::{begin, completed, is_here};
    use serde_json::json;

    #[test]
    fn a_revision_is_agreed_on() {
        for (asked, agreed) in
            [("2025-06-18", "2025-06-18"), ("2024-11-05", "2025-11-25"), ("2026-07-28", "2025-11-25")]
        {
            let params = json!({ "protocolVersion": asked });
            assert_eq!(begin(params.as_object().unwrap())["protocolVersion"], agreed);
        }
        let newest = json!({ "_meta": { "io.modelcontextprotocol/protocolVersion": "2026-07-28" } });
        assert_eq!(completed(json!({}), newest.as_object().unwrap())["resultType"], "complete");
        assert_eq!(completed(json!({}), json!({}).as_object().unwrap()), json!({}));
    }

    #[test]
    fn only_pages_of_this_machine_call() {
        for (origin, here) in [
            ("http://localhost:6274", true),
            ("http://127.0.0.1", true),
            ("https://evil.example", false),
            ("http://localhost.evil.example", false),
            ("null", false),
        ] {
            assert_eq!(is_here(&origin.parse().unwrap()), here, "{origin}");
        }
    }
}
