//! What apps ask somebody who was elsewhere (OpenID CIBA Core 1.0): looked at, refused, and apps that may not ask again.
//!
//! Whoever looks at a request goes on to the page of consent, as if the app had sent them: who they are, what they prove beside their
//! password and what they allow is decided there.

use super::desk::Desk;
use crate::failure::Failure;
use crate::http::Answer;
use crate::issue::ping;
use crate::pages::Moment;
use crate::pages::views::{AccountNotice, Ago, BlockedEntry, OwnRequest, OwnRequests};
use crate::people::page::see_other;
use crate::people::waiting::{Kept, Waiting};
use crate::state::sites::Target;
use claviger_core::answer::Delivery;
use claviger_core::authorize::AuthorizationRequest;
use claviger_core::claims::id_text;
use claviger_core::client::GrantType;
use claviger_core::{Client, Params};
use claviger_store::BackchannelRow;

/// How many are shown; nobody has more, because of the brakes.
const MOST: i64 = 100;

/// How many wait, where apps can ask.
pub(super) async fn count(desk: &Desk<'_>) -> Result<Option<usize>, Failure> {
    if !desk.flow.site.realm.serves_grant(GrantType::Ciba) {
        return Ok(None);
    }
    let (realm, user) = desk.owner();
    Ok(Some(desk.flow.state.store.backchannel_of_user(realm, user, desk.now(), MOST).await?.len()))
}

pub(super) async fn open(desk: &Desk<'_>, params: &Params<'_>) -> Result<Answer, Failure> {
    if !desk.flow.site.realm.serves_grant(GrantType::Ciba) {
        return Ok(desk.not_found());
    }
    let (store, (realm, user)) = (&desk.flow.state.store, desk.owner());
    let mut requests = Vec::new();
    for row in store.backchannel_of_user(realm, user, desk.now(), MOST).await? {
        let entry = desk.flow.state.clients.load(store, realm, &row.request.client).await?;
        if let Some(entry) = entry {
            requests.push(shown(desk, &row, &entry.client)?);
        }
    }
    let blocked = store.backchannel_blocks(realm, user, MOST).await?.into_iter().map(|one| BlockedEntry {
        name: one.name.unwrap_or_else(|| one.client.clone()),
        id: one.client,
        since: Moment::of(one.since),
    });
    let said = match (params.get("done"), params.get("error")) {
        (Some(_), _) => Some(AccountNotice::RequestAllowed),
        (None, Some("access_denied")) => Some(AccountNotice::RequestRefused),
        (None, Some(_)) => Some(AccountNotice::RequestFailed),
        (None, None) => Desk::notice(params),
    };
    Ok(desk.show(&OwnRequests {
        base: desk.base.clone(),
        notice: said,
        requests,
        blocked: blocked.collect(),
        translate_scopes: super::apps::translates(desk),
        action: format!("{}/requests", desk.base),
        csrf: desk.csrf(),
    }))
}

fn shown(desk: &Desk<'_>, row: &BackchannelRow, client: &Client) -> Result<OwnRequest, Failure> {
    let request: AuthorizationRequest = serde_json::from_str(&row.request.doc)?;
    Ok(OwnRequest {
        id: id_text(&row.request.id),
        name: client.name.clone(),
        publisher: client.publisher.clone(),
        is_agent: client.is_agent(),
        binding_message: request.backchannel().and_then(|asked| asked.binding_message.clone()),
        scopes: super::apps::sentences(desk, &request.scope),
        asked: Ago::of(desk.now() - row.request.created_at),
        until: Moment::of(row.request.expires_at),
    })
}

pub(super) async fn take(desk: &Desk<'_>, params: &Params<'_>) -> Result<Answer, Failure> {
    if !desk.is_own(params) {
        return Ok(desk.go("/requests", Some(AccountNotice::Again)));
    }
    if let Some(client) = params.get("unblock") {
        let (realm, user) = desk.owner();
        let was = desk.flow.state.store.unblock_backchannel(realm, user, client).await?;
        return Ok(if was { desk.go("/requests", Some(AccountNotice::Unblocked)) } else { desk.not_found() });
    }
    match (params.get("look"), params.get("refuse"), params.get("block")) {
        (Some(id), None, None) => look(desk, id).await,
        (None, Some(id), None) => refuse(desk, id, false).await,
        (None, None, Some(id)) => refuse(desk, id, true).await,
        _ => Ok(desk.not_found()),
    }
}

/// The request that is named, if it waits for whoever asks.
async fn find(desk: &Desk<'_>, name: &str) -> Result<Option<BackchannelRow>, Failure> {
    let (realm, user) = desk.owner();
    let all = desk.flow.state.store.backchannel_of_user(realm, user, desk.now(), MOST).await?;
    Ok(all.into_iter().find(|row| id_text(&row.request.id) == name))
}

/// On to the page of consent.
async fn look(desk: &Desk<'_>, name: &str) -> Result<Answer, Failure> {
    let Some(row) = find(desk, name).await? else {
        return Ok(desk.go("/requests", Some(AccountNotice::RequestOver)));
    };
    let flow = desk.flow;
    let waiting = Waiting::new(serde_json::from_str(&row.request.doc)?, flow.browser, desk.now(), 0);
    if let Some(address) = flow.address(Target::Consent, &waiting, None)? {
        return Ok(see_other(&address));
    }
    let entry = flow.state.clients.load(&flow.state.store, &row.request.realm, &row.request.client).await?;
    let Some(entry) = entry else { return Ok(desk.go("/requests", Some(AccountNotice::RequestOver))) };
    flow.advance(&entry.client, &waiting.request, Some(&waiting), None).await
}

/// No; and the app may not ask again, where that is said.
async fn refuse(desk: &Desk<'_>, name: &str, blocks: bool) -> Result<Answer, Failure> {
    let Some(row) = find(desk, name).await? else {
        return Ok(desk.go("/requests", Some(AccountNotice::RequestOver)));
    };
    let (flow, now) = (desk.flow, desk.now());
    let (state, realm) = (flow.state, &flow.site.realm.id);
    let request: AuthorizationRequest = serde_json::from_str(&row.request.doc)?;
    let ping = ping::parcel(realm, &request, now)?;
    let waiting = Waiting::new(request, flow.browser, now, 0);
    let delivery = Delivery::Redirect(format!("{}/requests", desk.base));
    let kept = Kept::new(desk.who.session.hash, now, delivery, false, None);
    let answered = kept.seal(&waiting, &state.secrets, realm)?;
    let block = blocks.then(|| (desk.who.user.id.clone(), row.request.client));
    let done = state.store.refuse_backchannel(answered, ping, block, now).await?;
    state.handed_in.notify_one();
    let said = match (blocks, done) {
        (true, _) => AccountNotice::Blocked,
        (false, true) => AccountNotice::RequestRefused,
        (false, false) => AccountNotice::RequestOver,
    };
    Ok(desk.go("/requests", Some(said)))
}
