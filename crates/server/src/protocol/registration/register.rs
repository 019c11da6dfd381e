//! A new client (RFC 7591 3).

use super::{Refused, actor, information, metadata, secret};
use crate::failure::json;
use crate::http::{Answer, Incoming};
use crate::ids;
use crate::protocol::bearer::{self, Sent};
use crate::state::State;
use crate::state::rates::Counted;
use crate::state::sites::Site;
use claviger_core::Client;
use claviger_core::bearer::Reason;
use claviger_core::claims::id_text;
use claviger_core::client::ClientStatus;
use claviger_core::realm::RegistrationMode;
use claviger_core::registration::{self, Allowance, RegistrationRefusal, TokenAllows, wrong};
use claviger_core::token::{self, Kind};
use claviger_store::{Act, Masked, RegisteredBy, Registering};
use http::StatusCode;

/// Registers a client.
pub(super) async fn register(state: &State, site: &Site, incoming: &Incoming) -> Result<Answer, Refused> {
    let (realm, now) = (&site.realm, state.clock.now());
    let token = initial_token(state, site, incoming).await?;
    let metadata = registration::believed(metadata(incoming)?, realm, now)?;
    let mut allows = token.as_ref().map(|(_, allows)| allows.clone()).unwrap_or_default();
    allows.approval |= token.is_none() && realm.registration.mode == RegistrationMode::Approval;
    let allowance = Allowance::of(realm, Some(&allows));
    let id = id_text(&ids::new(now));
    let status = if allows.approval { ClientStatus::Pending } else { ClientStatus::Active };
    let client = registration::client(&metadata, (&id, status), realm, &allowance)?;
    reachable(state, site, &client, &allowance)?;
    if token.is_none() {
        counted(state, site, incoming, now)?;
    }
    sector(state, site, &client).await?;
    let (row_id, random) = ids::new_with_secret(now);
    let access = token::mint(Kind::Registration, &row_id, &random);
    let (shown, stored) = secret::made(state, (realm, &client), now)?.unzip();
    let policy = &realm.registration;
    let first_look = if allows.approval { policy.unused_ttl } else { policy.never_used_ttl };
    let asked = Registering {
        client: client.clone(),
        secret: stored,
        token_hash: Masked(access.hash()),
        allows: serde_json::to_string(&allows).map_err(crate::failure::Failure::from)?,
        initial_token: token.map(|(id, _)| id),
        most: i64::from(policy.most_clients),
        check_at: now + first_look.as_millis(),
    };
    let store = state.store.audited(&actor(incoming), Act::AppCreate);
    match store.register_by_itself(&realm.id, asked, now).await? {
        RegisteredBy::Done => {}
        RegisteredBy::TokenSpent => return Err(Refused::Token(Reason::Invalid)),
        RegisteredBy::Full | RegisteredBy::IdTaken => return Err(full()),
    }
    state.clients.forget(&realm.id, &client.id);
    tracing::info!(client = client.id, "a client registered itself");
    Ok(json(StatusCode::CREATED, information(site, &client, &access, (shown.as_ref(), Some(now)))?))
}

/// The initial access token that came along: its id and what it allows. One that is wrong is refused even where none is needed: its
/// sender believes that it counts.
async fn initial_token(
    state: &State,
    site: &Site,
    incoming: &Incoming,
) -> Result<Option<(String, TokenAllows)>, Refused> {
    let text = match bearer::sent(incoming) {
        Sent::Once(text, _) => text,
        Sent::Wrongly(why) => return Err(Refused::Token(why)),
        Sent::Nowhere if site.realm.registration.mode == RegistrationMode::InitialAccessToken => {
            return Err(Refused::Token(Reason::NoCredentials));
        }
        Sent::Nowhere => return Ok(None),
    };
    let invalid = || Refused::Token(Reason::Invalid);
    let id = id_text(&token::row_id(Kind::InitialAccess, &text).ok_or_else(invalid)?);
    let found = state.store.initial_token(&site.realm.id, &id).await?.ok_or_else(invalid)?;
    if !token::hash_is(&text, found.hash.as_slice()) || !found.is_live(state.clock.now()) {
        return Err(invalid());
    }
    let allows = serde_json::from_str(&found.doc).map_err(crate::failure::Failure::from)?;
    Ok(Some((found.id, allows)))
}

/// Counts a registration that nobody vouches for.
fn counted(state: &State, site: &Site, incoming: &Incoming, now: i64) -> Result<(), Refused> {
    let (realm, policy) = (&site.realm.id, &site.realm.registration);
    let by_address = Counted::of_address("register", realm, incoming.client, policy.hourly_per_address);
    let all = Counted::of_realm("register", realm, policy.hourly);
    let each: Vec<Counted> = by_address.into_iter().chain([all]).collect();
    state.rates.take(&each, now).map_err(|seconds| {
        let why = "too many clients were registered within the hour; try again later";
        Refused::NotNow(StatusCode::TOO_MANY_REQUESTS, "temporarily_unavailable", why, Some(seconds))
    })
}

fn full() -> Refused {
    let why = "there is no room for another registration; try again later";
    Refused::NotNow(StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable", why, Some(3600))
}

/// Addresses that are private ones by themselves are refused at once; what a name leads to is looked at with each call.
pub(crate) fn reachable(
    state: &State,
    site: &Site,
    client: &Client,
    allowance: &Allowance,
) -> Result<(), RegistrationRefusal> {
    let is_public = |host: &str| state.outbound.may_call(&format!("https://{host}/"), false);
    for uri in &client.redirect_uris {
        if !allowance.allows_redirect(uri.as_str(), is_public) {
            return Err(wrong("redirect_uris", "clients that register themselves here have none at this host"));
        }
    }
    let loopback = site.realm.requests.loopback;
    let registered = &client.registered;
    let named = [
        ("jwks_uri", &client.jwks_uri),
        ("logo_uri", &registered.logo_uri),
        ("client_uri", &registered.client_uri),
        ("policy_uri", &registered.policy_uri),
        ("tos_uri", &registered.tos_uri),
        ("initiate_login_uri", &registered.initiate_login_uri),
        ("sector_identifier_uri", &client.identity.sector_identifier_uri),
        ("backchannel_logout_uri", &client.logout.backchannel_logout_uri),
    ];
    let named = named.into_iter().filter_map(|(member, uri)| Some((member, uri.as_deref()?)));
    let listed = client.requests.request_uris.iter().map(|uri| ("request_uris", uri.as_str()));
    for (member, uri) in named.chain(listed) {
        if !state.outbound.may_call(uri, loopback) {
            return Err(wrong(member, "the address is not a public one"));
        }
    }
    Ok(())
}

/// What is said at its sector identifier URI names all its redirect URIs (OpenID Connect Dynamic Registration 1.0 5).
pub(super) async fn sector(state: &State, site: &Site, client: &Client) -> Result<(), Refused> {
    let checked = state.outbound.check_sector(&site.realm, client).await;
    checked.map_err(|why| wrong("sector_identifier_uri", why).into())
}
