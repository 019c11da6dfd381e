//! What is asked under a key is done once (draft-ietf-httpapi-idempotency-key-header): the same again gets the same answer, something
//! else under the same key is refused. The answer is kept sealed, since there may be a secret in it.

use super::call::Call;
use super::operation::{Body, Operation, Reply};
use super::problem::{self, Problem};
use crate::http::Incoming;
use claviger_core::crypto::sha256;
use claviger_core::token::Id;
use claviger_store::{ApiAnswer, Hash};
use http::StatusCode;
use http::header::RETRY_AFTER;
use serde_json::{Value, json};

/// For so long an answer is kept, in milliseconds.
const KEPT: i64 = 86_400_000;
/// The longest key.
const LONGEST: usize = 255;
const HEADER: &str = "idempotency-key";
const PURPOSE: &[u8] = b"answer of the admin API";

/// The key of a request.
///
/// # Errors
/// It is none.
pub(super) fn key(incoming: &Incoming) -> Result<Option<String>, Problem> {
    if !incoming.head.headers.contains_key(HEADER) {
        return Ok(None);
    }
    let mut all = incoming.head.headers.get_all(HEADER).iter();
    let (first, second) = (all.next().and_then(|value| value.to_str().ok()), all.next());
    let good = first.filter(|key| {
        second.is_none() && (1..=LONGEST).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic())
    });
    match good {
        Some(key) => Ok(Some(key.to_owned())),
        None => {
            Err(Problem::field("Idempotency-Key", format!("this is 1 to {LONGEST} characters of visible ASCII, once")))
        }
    }
}

/// Does an operation, or answers what was answered when it was done.
///
/// # Errors
/// The key was used for something else, or what was asked under it is under way; the operation's own.
pub(super) async fn once(
    call: &Call<'_>,
    incoming: &Incoming,
    key: &str,
    operation: &Operation,
) -> Result<Reply, Problem> {
    let holder = &call.caller.holder;
    let digest = sha256([call.home.id.as_str(), holder.kind.name(), &holder.id, key].join("\0").as_bytes());
    let target = incoming.head.uri.path_and_query().map(http::uri::PathAndQuery::as_str).unwrap_or_default();
    let asked = [operation.method.name().as_bytes(), target.as_bytes(), &incoming.body];
    let request = sha256(&asked.map(sha256).concat());
    let store = &call.state.store;
    match store.claim_api_answer(&digest, &request, call.now, call.now + KEPT).await? {
        ApiAnswer::Claimed => {}
        ApiAnswer::Known(sealed) => return known(call, &digest, &sealed),
        ApiAnswer::UnderWay => {
            let why = "a request with this key is under way, or nobody knows what became of it: look, before it is asked under another one";
            return Err(Problem::new(problem::UNDER_WAY, why).with(RETRY_AFTER, crate::failure::SOON));
        }
        ApiAnswer::OtherRequest => {
            let why = "this key was used for another request: take a new key for each thing that is to be done";
            return Err(Problem::new(problem::OTHER_REQUEST, why));
        }
    }
    match (operation.does)(call).await {
        Ok(reply) => {
            let sealed = seal(call, &digest, &reply)?;
            store.put_api_answer(&digest, &request, sealed).await?;
            Ok(reply)
        }
        // Nobody knows whether it was done: whoever asks again hears that, and not a second act.
        Err(problem) if problem.kind.status >= 500 => Err(problem),
        Err(problem) => {
            store.release_api_answer(&digest, &request).await?;
            Err(problem)
        }
    }
}

fn seal_id(digest: &Hash) -> Id {
    digest.first_chunk().copied().unwrap_or_default()
}

fn seal(call: &Call<'_>, digest: &Hash, reply: &Reply) -> Result<Vec<u8>, Problem> {
    let body = match &reply.body {
        Body::Nothing => json!({}),
        Body::Json(body) => json!({ "json": body }),
        Body::Text(media, text) => json!({ "media": media, "text": text }),
    };
    let kept = json!({ "status": reply.status.as_u16(), "body": body });
    let key = call.state.secrets.request_key(&seal_id(digest)).map_err(crate::failure::Failure::from)?;
    Ok(key.seal(PURPOSE, kept.to_string().as_bytes()).map_err(crate::failure::Failure::from)?)
}

fn known(call: &Call<'_>, digest: &Hash, sealed: &[u8]) -> Result<Reply, Problem> {
    let opened = call.state.secrets.open_request(&seal_id(digest), PURPOSE, sealed);
    let lost = || Problem::new(problem::UNDER_WAY, "it was done, and what was answered cannot be read any more");
    let mut kept: Value = serde_json::from_slice(&opened.ok_or_else(lost)?)?;
    let status = kept.get("status").and_then(Value::as_u64).and_then(|status| u16::try_from(status).ok());
    let status = status.and_then(|status| StatusCode::from_u16(status).ok()).unwrap_or(StatusCode::OK);
    let body = match kept.pointer_mut("/body/json").map(Value::take) {
        Some(body) => Body::Json(body),
        None => match kept.pointer("/body/text").and_then(Value::as_str) {
            Some(text) => Body::Text("application/toml", text.to_owned()),
            None => Body::Nothing,
        },
    };
    Ok(Reply { status, body })
}
