//! How requests and clients are told to the app.

use super::{Call, Problem};
use claviger_core::authorize::AuthorizationRequest;
use claviger_core::dialect::Endpoint;
use claviger_core::redirect::RedirectUri;
use claviger_core::text::shortened;
use serde::Serialize;
use serde_json::{Map, Value, json};

/// The most that an app may say in one member, in bytes of JSON: it travels in tokens.
const LARGEST: usize = 8192;

/// What a client asks for.
pub(super) async fn request(call: &Call<'_>, request: &AuthorizationRequest) -> Result<Map<String, Value>, Problem> {
    let realm = &call.site.realm;
    let entry = call.state.clients.load(&call.state.store, &realm.id, &request.client).await?;
    let query = entry.as_ref().map(|entry| request.again(realm, &entry.client)).unwrap_or_default();
    let endpoint = realm.url(Endpoint::Authorization).unwrap_or_else(|| realm.issuer.clone());
    let asked = request.asked_scope();
    let acr = request.claims.acr.as_ref().map(|acr| acr.values.clone()).unwrap_or_default();
    let mut context = json!({
        "acr_values": acr,
        "ui_locales": request.ui_locales.as_deref().unwrap_or_default().split_ascii_whitespace().collect::<Vec<_>>(),
    });
    if let Some(members) = context.as_object_mut() {
        members.extend(request.login_hint.as_deref().map(|hint| ("login_hint".to_owned(), hint.into())));
        let hinted = request.hinted_user.as_ref().map(|user| json!({ "sub": user }));
        members.extend(hinted.map(|claims| ("id_token_hint_claims".to_owned(), claims)));
    }
    let members = [
        ("client", client(call, &request.client).await?.unwrap_or_default()),
        ("request_url", format!("{endpoint}?{query}").into()),
        ("requested_scope", json!(asked.iter().collect::<Vec<_>>())),
        ("requested_access_token_audience", json!(request.audience.iter().collect::<Vec<_>>())),
        ("oidc_context", context),
    ];
    Ok(members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

/// A client, as far as the page has something to say of it.
pub(super) async fn client(call: &Call<'_>, id: &str) -> Result<Option<Value>, Problem> {
    let Some(entry) = call.state.clients.load(&call.state.store, &call.site.realm.id, id).await? else {
        return Ok(None);
    };
    let client = &entry.client;
    let said = &client.registered;
    let mut body = json!({
        "client_id": client.id,
        "client_name": client.name,
        "redirect_uris": client.redirect_uris.iter().map(RedirectUri::as_str).collect::<Vec<_>>(),
        "post_logout_redirect_uris": client.post_logout_redirect_uris,
        "grant_types": client.grants.iter().map(|grant| grant.name()).collect::<Vec<_>>(),
        "scope": client.scope.to_string(),
        "audience": client.audiences,
        "contacts": said.contacts,
        "subject_type": client.identity.subject_type.name(),
        "skip_consent": client.trusted && client.is_confidential(),
        "metadata": {},
    });
    let texts = [
        ("owner", client.publisher.as_ref()),
        ("client_uri", said.client_uri.as_ref()),
        ("policy_uri", said.policy_uri.as_ref()),
        ("tos_uri", said.tos_uri.as_ref()),
        ("logo_uri", said.logo_uri.as_ref()),
    ];
    if let Some(members) = body.as_object_mut() {
        let known = texts.into_iter().filter_map(|(name, text)| Some((name.to_owned(), text?.as_str().into())));
        members.extend(known);
    }
    Ok(Some(body))
}

/// Refuses what would make tokens too large.
pub(super) fn small(name: &str, said: &impl Serialize) -> Result<(), Problem> {
    if serde_json::to_vec(said)?.len() > LARGEST {
        return Err(Problem::request(format!("{name} is larger than {LARGEST} bytes")));
    }
    Ok(())
}

/// As much of what an app sent as an answer repeats.
pub(super) fn short(text: &str) -> std::borrow::Cow<'_, str> {
    shortened(text, 60)
}

/// A moment as RFC 3339 spells it.
pub(super) fn moment(millis: i64) -> String {
    jiff::Timestamp::from_millisecond(millis).map(|moment| moment.to_string()).unwrap_or_default()
}
