//! The credentials of an app: ids, secrets that are shown once, a look at its key set.

use super::app::{Place, client, made, places};
use super::desk::{Desk, fault, refused};
use super::home::status;
use crate::admin::apps::{self, NewSecret};
use crate::admin::partner_apps::{Lands, TeamApp};
use crate::failure::Failure;
use crate::http::Answer;
use crate::pages::Moment;
use crate::pages::views::{
    CredentialsPage, EnvironmentCredentials, KeySetSeen, PortalBody, PortalError, SecretLine, SecretOnce, SecretPage,
    SecretState,
};
use crate::people::secret::try_it;
use claviger_core::client::ClientStatus;
use claviger_core::jose::{JwkSet, VerifyingKeys};
use claviger_core::{Params, Realm};

/// How many secrets are live at most.
const TWO: usize = 2;
const DAY: i64 = 86_400_000;
/// What key sets are served as.
const MEDIA: &[&str] = &["application/json", "application/jwk-set+json"];

pub(super) async fn open(
    desk: &Desk<'_>,
    id: &str,
    key_set: Option<KeySetSeen>,
    errors: Vec<PortalError>,
) -> Result<Answer, Failure> {
    let Some((app, _)) = made(desk, id).await? else { return Ok(desk.not_found()) };
    let lands = desk.lands().await?;
    let mut shown = Vec::new();
    for place in places(&lands, &app) {
        if let Some(one) = credentials(desk, place.environment, place.realm, place.client).await? {
            shown.push(one);
        }
    }
    let url = format!("{}/apps/{id}", desk.base);
    let page = CredentialsPage { name: app.app.name.clone(), url, environments: shown, key_set };
    Ok(desk.show(PortalBody::Credentials(page), errors))
}

async fn credentials(
    desk: &Desk<'_>,
    environment: &'static str,
    realm: &Realm,
    client_id: &str,
) -> Result<Option<EnvironmentCredentials>, Failure> {
    let store = &desk.flow.state.store;
    let Some((client, secrets)) = store.client_with_secrets(&realm.id, client_id).await? else { return Ok(None) };
    let uses = apps::last_uses(store, realm, Some(client_id)).await.map_err(fault)?;
    let last_use = |id: &str| uses.iter().find(|one| one.secret == id).map(|one| Moment::of(one.used_at));
    let live = secrets.iter().filter(|secret| secret.is_live(desk.now()));
    let secrets: Vec<SecretLine> = live
        .map(|secret| SecretLine {
            id: secret.id.clone(),
            label: secret.label.clone(),
            created: Moment::of(secret.created_at),
            used: last_use(&secret.id),
            ends: secret.expires_at.map(Moment::of),
        })
        .collect();
    let may_add = client.has_own_secret() && client.status == ClientStatus::Active && secrets.len() < TWO;
    Ok(Some(EnvironmentCredentials {
        environment,
        status: status(false, Some(&client)),
        client_id: client.id.clone(),
        secrets,
        may_add,
        jwks_uri: client.jwks_uri.clone(),
        endpoints: apps::address_pairs(realm, &client),
    }))
}

/// The page that shows a secret once.
pub(super) async fn once(
    desk: &Desk<'_>,
    (environment, realm): (&'static str, &Realm),
    (app, client_id): (&str, &str),
    secret: &NewSecret,
) -> Result<Answer, Failure> {
    let Some(client) = client(desk, realm, client_id).await? else { return Ok(desk.not_found()) };
    let state = desk.flow.state;
    let site = state.sites.of_realm(&state.store, &state.keys, &realm.id).await?;
    let call = site.and_then(|site| try_it(&site, &client));
    let shown = SecretOnce {
        app_name: client.name.clone(),
        client_id: client.id.clone(),
        endpoints: apps::address_pairs(realm, &client),
        state: SecretState::Shown { secret: secret.secret.expose().into(), try_it: call },
    };
    let page = SecretPage { environment, url: format!("{}/apps/{app}", desk.base), once: shown };
    Ok(desk.show(PortalBody::Secret(page), Vec::new()))
}

pub(super) async fn take(desk: &Desk<'_>, id: &str, params: &Params<'_>) -> Result<Answer, Failure> {
    let Some((app, _)) = made(desk, id).await? else { return Ok(desk.not_found()) };
    let lands = desk.lands().await?;
    let act = params.get("act").unwrap_or_default();
    if act == "test-keys" {
        let seen = test(desk, &lands, &app).await;
        return open(desk, id, Some(seen), Vec::new()).await;
    }
    let wanted = params.get("environment");
    let found = places(&lands, &app).into_iter().find(|place| Some(place.environment) == wanted);
    let Some(Place { environment, realm, client: client_id }) = found else { return Ok(desk.not_found()) };
    match act {
        "retire" => {
            let secret = params.get("secret").unwrap_or_default();
            match apps::retire_secret(&desk.admin(), realm, client_id, secret).await {
                Ok(()) => Ok(desk.go(&format!("/apps/{id}/credentials"), "retired")),
                Err(error) => open(desk, id, None, refused(error)?).await,
            }
        }
        "add" => add(desk, (environment, realm), (id, client_id), params).await,
        _ => Ok(desk.not_found()),
    }
}

async fn add(
    desk: &Desk<'_>,
    (environment, realm): (&'static str, &Realm),
    (id, client_id): (&str, &str),
    params: &Params<'_>,
) -> Result<Answer, Failure> {
    let label = params.get("label").unwrap_or_default().trim();
    if label.is_empty() || label.chars().count() > 60 {
        return open(desk, id, None, vec![PortalError::of("label")]).await;
    }
    let expires_at = match params.get("days").map_or("", str::trim) {
        "" => None,
        days => match days.parse::<i64>() {
            Ok(days) if (1..=3650).contains(&days) => Some(desk.now() + days * DAY),
            _ => return open(desk, id, None, vec![PortalError::of("days")]).await,
        },
    };
    // A secret of an app that waits would be no use to anybody.
    let is_active = client(desk, realm, client_id).await?.is_some_and(|one| one.status == ClientStatus::Active);
    if !is_active {
        return open(desk, id, None, vec![PortalError::of("not-active")]).await;
    }
    let secrets = &desk.flow.state.secrets;
    match apps::add_secret(&desk.admin(), secrets, realm, client_id, label.to_owned(), expires_at).await {
        Ok(secret) => once(desk, (environment, realm), (id, client_id), &secret).await,
        Err(error) => open(desk, id, None, refused(error)?).await,
    }
}

/// Fetches the app's key set as the server does when it checks an assertion.
async fn test(desk: &Desk<'_>, lands: &Lands, app: &TeamApp) -> KeySetSeen {
    let at = Moment::of(desk.now());
    let failed = |why: String| KeySetSeen { is_good: false, at: Moment::of(desk.now()), kids: Vec::new(), why };
    let realm = lands.sandbox.as_ref().unwrap_or(&lands.production);
    let fetched = desk.flow.state.outbound.get(&app.draft.jwks_uri, realm.requests.loopback, MEDIA).await;
    let body = match fetched {
        Ok(body) => body,
        Err(error) => return failed(error.to_string()),
    };
    let set: JwkSet = match serde_json::from_slice(&body) {
        Ok(set) => set,
        Err(error) => return failed(format!("this is no JWK set: {error}")),
    };
    match VerifyingKeys::from_set(&set) {
        Err(error) => failed(error.to_string()),
        Ok(keys) if keys.is_empty() => failed("there is no key in it that can check a signature".to_owned()),
        Ok(_) => {
            let kids = set.keys.iter().map(|key| key.kid.clone().unwrap_or_else(|| "(no kid)".to_owned())).collect();
            KeySetSeen { is_good: true, at, kids, why: String::new() }
        }
    }
}
