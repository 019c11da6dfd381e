//! The feed by which APIs that check tokens offline learn of revocations: `GET …/revocations?after=N&wait=SECONDS`.
//!
//! An API asks for what is behind the last number that it knows; if there is nothing, its call waits until there is, for
//! 25 seconds at most. Only an API's own client (`resource_server`) may ask.

use crate::failure::{Failure, json, wrong_method};
use crate::http::{Answer, Incoming};
use crate::protocol::authenticate::authenticate_by_secret;
use crate::protocol::read::read_credentials;
use crate::state::State;
use crate::state::sites::Site;
use claviger_core::{Params, Refusal};
use claviger_store::Revocations;
use http::header::AUTHORIZATION;
use http::{Method, StatusCode};
use std::time::Duration;

/// The most that one answer carries.
const PAGE: i64 = 1000;

/// The longest that a call waits, in seconds.
const LONGEST_WAIT: u64 = 25;

/// Answers with the revocations behind a number.
pub(crate) async fn answer(state: &State, site: &Site, incoming: &Incoming) -> Answer {
    if incoming.head.method != Method::GET {
        return wrong_method("GET");
    }
    match respond(state, site, incoming).await {
        Ok(body) => json(StatusCode::OK, body),
        Err(failure) => {
            let basic = incoming.head.headers.contains_key(AUTHORIZATION);
            failure.to_json(&site.realm.dialect, basic, incoming.id)
        }
    }
}

async fn respond(state: &State, site: &Site, incoming: &Incoming) -> Result<String, Failure> {
    let credentials = read_credentials(&site.realm.dialect, incoming, &Params::default())?;
    let caller = authenticate_by_secret(state, &site.realm, &credentials, incoming.client).await?;
    if caller.client().resource_server.is_none() {
        return Err(Refusal::EndpointNotAllowed.into());
    }
    let params = Params::form(incoming.query().as_bytes())?;
    let number = |name: &'static str| {
        let wrong = Refusal::WrongParameter { name, why: "it must be a number" };
        params.get(name).map(|text| text.parse::<u64>().map_err(|_| wrong)).transpose()
    };
    // A number that nobody gave out is ahead of the database: the answer is to start over.
    let after = i64::try_from(number("after")?.unwrap_or(0)).unwrap_or(i64::MAX);
    let wait = number("wait")?.unwrap_or(0).min(LONGEST_WAIT);
    let mut seq = state.revoked.watch();
    let mut found = state.store.revocations_after(Some(&site.realm.id), after, PAGE).await?;
    if found.items.is_empty() && !found.reset && wait > 0 {
        let patience = Duration::from_secs(wait);
        let _ = tokio::time::timeout(patience, seq.wait_for(|seq| *seq > found.seq.max(after))).await;
        found = state.store.revocations_after(Some(&site.realm.id), after, PAGE).await?;
    }
    Ok(spell(&found))
}

fn spell(found: &Revocations) -> String {
    let items: Vec<_> = found
        .items
        .iter()
        .map(|item| {
            serde_json::json!({
                "kind": item.kind.name(),
                "value": item.value,
                "before": item.before,
                "expires": item.expires_at,
            })
        })
        .collect();
    serde_json::json!({ "seq": found.seq, "items": items, "reset": found.reset }).to_string()
}
