//! A client that reads, changes or removes itself (RFC 7592).

use super::register::{reachable, sector};
use super::{Refused, actor, information, metadata, secret};
use crate::failure::{Failure, empty, json};
use crate::http::{Answer, Incoming, trace};
use crate::protocol::bearer::{self, Sent};
use crate::state::State;
use crate::state::sites::Site;
use claviger_core::bearer::Reason;
use claviger_core::client::{ClientStatus, Registered};
use claviger_core::registration::{self, Allowance, TokenAllows, wrong};
use claviger_core::token::{self, Kind, Plain};
use claviger_core::{Client, Params};
use claviger_store::{Act, Edited};
use http::header::{CACHE_CONTROL, PRAGMA};
use http::{HeaderValue, StatusCode};
use serde_json::{Map, Value};

/// For so long a secret works beside the one that took its place, in milliseconds: until all instances of a client have the new one.
const OVERLAP: i64 = 3_600_000;

/// Members that only the server says (RFC 7592 2.2).
const OF_SERVER: [&str; 4] =
    ["registration_access_token", "registration_client_uri", "client_secret_expires_at", "client_id_issued_at"];

/// Whoever asks: a client and the token that it presented.
struct Owner {
    client: Client,
    token: Plain,
    allows: TokenAllows,
}

/// Answers with what is registered.
pub(super) async fn read(state: &State, site: &Site, incoming: &Incoming) -> Result<Answer, Refused> {
    let owner = owner(state, site, incoming).await?;
    Ok(json(StatusCode::OK, information(site, &owner.client, &owner.token, (None, None))?))
}

/// Replaces what is registered.
pub(super) async fn change(state: &State, site: &Site, incoming: &Incoming) -> Result<Answer, Refused> {
    let Owner { client: before, token, allows } = owner(state, site, incoming).await?;
    let now = state.clock.now();
    if matches!(before.status, ClientStatus::Suspended | ClientStatus::Rejected) {
        return Err(forbidden("the operator has stopped this client"));
    }
    let sent = metadata(incoming)?;
    let presented = right_client(state, site, &before, &sent).await?;
    let believed = registration::believed(sent, &site.realm, now)?;
    let allowance = Allowance::of(&site.realm, Some(&allows));
    let after = registration::changed(&believed, &before, &site.realm, &allowance)?;
    reachable(state, site, &after, &allowance)?;
    let is_bound = allows.approval || before.trusted || before.resource_server.is_some();
    if is_bound && before.status == ClientStatus::Active && !is_as_approved(&before, &after) {
        return Err(forbidden("the operator has approved this client as it is; ask them for the change"));
    }
    sector(state, site, &after).await?;
    // A secret that is to be kept in another way is another one.
    let stays = presented.is_some() && before.needs_sealed_secret() == after.needs_sealed_secret();
    let made = if stays { None } else { secret::made(state, (&site.realm, &after), now)? };
    let others_until = match (&made, after.has_own_secret()) {
        (Some(_), _) => Some(now + OVERLAP),
        (None, false) => Some(now),
        (None, true) => None,
    };
    let (shown, stored) = made.unzip();
    let store = state.store.audited(&actor(incoming), Act::AppEdit);
    let edited = store.change_itself(&site.realm.id, (&before, &after), (stored, others_until), now).await?;
    state.clients.forget(&site.realm.id, &after.id);
    match edited {
        Edited::Done | Edited::Same => {}
        Edited::Changed | Edited::NameTaken => return Err(Failure::Busy("a client that changes twice at once").into()),
    }
    Ok(json(
        StatusCode::OK,
        information(site, &after, &token, (shown.or(presented.filter(|_| after.has_own_secret())).as_ref(), None))?,
    ))
}

/// Removes the client and all that it was given.
pub(super) async fn delete(state: &State, site: &Site, incoming: &Incoming) -> Result<Answer, Refused> {
    let owner = owner(state, site, incoming).await?;
    let now = state.clock.now();
    let store = state.store.audited(&actor(incoming), Act::AppDelete);
    store.delete_client(&site.realm.id, &owner.client.id, now, now + site.realm.longest_token()).await?;
    // What it was given is over everywhere before it hears so.
    state.follower().catch_up().await.map_err(Failure::from)?;
    let mut answer = empty(StatusCode::NO_CONTENT);
    answer.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer.headers_mut().insert(PRAGMA, HeaderValue::from_static("no-cache"));
    Ok(answer)
}

/// The client that the address names, if the token is its own. A client that is not there, one that did not register itself and a wrong
/// token are alike (RFC 7592 2.1).
async fn owner(state: &State, site: &Site, incoming: &Incoming) -> Result<Owner, Refused> {
    let text = match bearer::sent(incoming) {
        Sent::Once(text, _) => text,
        Sent::Nowhere => return Err(Refused::Token(Reason::NoCredentials)),
        Sent::Wrongly(why) => return Err(Refused::Token(why)),
    };
    let invalid = || Refused::Token(Reason::Invalid);
    token::row_id(Kind::Registration, &text).ok_or_else(invalid)?;
    let query = Params::form(incoming.query().as_bytes()).map_err(Failure::from)?;
    let id = query.get("client_id").filter(|id| id.len() <= 100 && !query.repeats("client_id")).ok_or_else(invalid)?;
    trace::client(id);
    let kept = state.store.registration(&site.realm.id, id).await?.ok_or_else(invalid)?;
    if !token::hash_is(&text, kept.token_hash.as_slice()) {
        return Err(invalid());
    }
    let (client, _) = state.store.client_with_secrets(&site.realm.id, id).await?.ok_or_else(invalid)?;
    let allows = serde_json::from_str(&kept.allows).map_err(Failure::from)?;
    Ok(Owner { client, token: text.as_ref().into(), allows })
}

/// Whether a change says of itself that it is for this client (RFC 7592 2.2); its secret, where it brought the right one.
async fn right_client(
    state: &State,
    site: &Site,
    before: &Client,
    sent: &Map<String, Value>,
) -> Result<Option<Plain>, Refused> {
    match sent.get("client_id").and_then(Value::as_str) {
        Some(id) if id == before.id => {}
        Some(_) => return Err(wrong("client_id", "it is another client than the one at this address").into()),
        None => return Err(wrong("client_id", "a change names the client that it is for").into()),
    }
    if let Some(member) = OF_SERVER.into_iter().find(|member| sent.contains_key(*member)) {
        return Err(wrong(member, "a change does not hold this member (RFC 7592 2.2)").into());
    }
    let Some(sent) = sent.get("client_secret").filter(|secret| !secret.is_null()) else { return Ok(None) };
    let not_its_own = || Refused::from(wrong("client_secret", "a client does not choose its secret: leave it out"));
    let sent = sent.as_str().ok_or_else(not_its_own)?;
    let entry = state.clients.load(&state.store, &site.realm.id, &before.id).await?.ok_or_else(not_its_own)?;
    let is_right = secret::is_its_own(state, &site.realm, &entry, sent, state.clock.now());
    if is_right { Ok(Some(sent.into())) } else { Err(not_its_own()) }
}

/// Whether a change leaves what an operator looked at: keys, contacts and the version may change.
fn is_as_approved(before: &Client, after: &Client) -> bool {
    let seen = |client: &Client| Client {
        jwks: None,
        jwks_uri: None,
        registered: Registered { contacts: Vec::new(), software_version: None, ..client.registered.clone() },
        ..client.clone()
    };
    seen(before) == seen(after)
}

fn forbidden(why: &'static str) -> Refused {
    Refused::NotNow(StatusCode::FORBIDDEN, "access_denied", why, None)
}
