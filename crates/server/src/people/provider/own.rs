//! The accounts at providers that somebody can sign in with, on the page of what they sign in with.

use super::{Before, begin, provider_of};
use crate::failure::Failure;
use crate::http::Answer;
use crate::pages::views::{Ago, OwnProvider, ProviderButton, SecurityNotice};
use crate::people::factor::{Onward, face};
use crate::people::flow::Flow;
use crate::people::notice::Why;
use crate::people::page::security_page;
use crate::people::session::signed_in;
use claviger_core::crypto::sha256;
use claviger_core::jose::base64url;
use claviger_core::openid_provider::Person;
use claviger_core::realm::IdentityProvider;
use claviger_core::user::User;
use claviger_store::{LinkedAccount, ProviderAccount};

/// What the page shows: what there is, and where there could be more.
pub(crate) async fn shown(flow: &Flow<'_>, user: &User) -> Result<(Vec<OwnProvider>, Vec<ProviderButton>), Failure> {
    let (realm, now) = (&flow.site.realm, flow.state.clock.now());
    let linked = flow.state.store.provider_accounts(&realm.id, &user.id).await?;
    let is_there = |provider: &&IdentityProvider| linked.iter().any(|one| one.issuer == provider.issuer);
    let more = realm.identity_providers.iter().filter(|provider| !is_there(provider)).map(Into::into).collect();
    let named = |one: &LinkedAccount| {
        let provider = realm.identity_providers.iter().find(|provider| provider.issuer == one.issuer);
        OwnProvider {
            id: name_of(one),
            name: provider.map_or_else(|| one.issuer.clone(), |provider| provider.name.clone()),
            added: Ago::of(now - one.created_at),
        }
    };
    Ok((linked.iter().map(named).collect(), more))
}

/// As forms name an account.
fn name_of(one: &LinkedAccount) -> String {
    base64url(&sha256(format!("{}\0{}", one.issuer, one.subject).as_bytes()))
}

/// Takes one away, where it is not all that they can sign in with.
pub(crate) async fn remove(flow: &Flow<'_>, user: &User, name: &str) -> Result<Answer, Failure> {
    let (store, realm, now) = (&flow.state.store, &flow.site.realm.id, flow.state.clock.now());
    let linked = store.provider_accounts(realm, &user.id).await?;
    let Some(one) = linked.into_iter().find(|one| name_of(one) == name) else {
        return Ok(security_page(flow.site, Some(SecurityNotice::Removed)));
    };
    let account = ProviderAccount { realm: realm.clone(), issuer: one.issuer, subject: one.subject };
    if !store.unlink_provider(&account, &user.id, now).await? {
        return Ok(security_page(flow.site, Some(SecurityNotice::LastWay)));
    }
    tracing::info!(issuer = account.issuer, "somebody at a provider is this user no more");
    Ok(security_page(flow.site, Some(SecurityNotice::Removed)))
}

/// Sends somebody who is signed in to a provider, to connect their account there.
pub(crate) async fn connect(flow: &Flow<'_>, user: &User, id: &str) -> Result<Answer, Failure> {
    let Some(provider) = provider_of(flow.site, id) else { return Ok(security_page(flow.site, None)) };
    let before = Before { front: None, onward: Some(Onward::Security) };
    match begin::go(flow, &before, provider, Some(&user.id)).await? {
        Ok(answer) => Ok(answer),
        Err(why) => Ok(not_connected(flow, why)),
    }
}

/// They come back: the account is theirs from now on, where they are still signed in, since just now, and it is nobody else's.
pub(super) async fn connect_back(
    flow: &Flow<'_>,
    provider: &IdentityProvider,
    person: &Person,
    user: &str,
) -> Result<Answer, Failure> {
    let (state, realm, now) = (flow.state, &flow.site.realm.id, flow.state.clock.now());
    let who = signed_in(state, flow.site, flow.browser, "").await?;
    if !who.is_some_and(|who| who.user.id == user && face::is_recent(&who, now)) {
        return Ok(security_page(flow.site, Some(SecurityNotice::Again)));
    }
    if provider.organisations_of(person.email.as_deref()).is_none() {
        return Ok(not_connected(flow, Why::NotLetIn));
    }
    let (issuer, subject) = (provider.issuer.clone(), person.subject.clone());
    let account = ProviderAccount { realm: realm.clone(), issuer, subject };
    let is_own = async || Ok::<_, Failure>(state.store.provider_user(&account).await?.as_deref() == Some(user));
    if state.store.link_provider(&account, user, now).await? || is_own().await? {
        tracing::info!(user, issuer = account.issuer, "somebody at a provider is this user from now on");
        return Ok(security_page(flow.site, Some(SecurityNotice::Connected)));
    }
    Ok(security_page(flow.site, Some(SecurityNotice::ConnectedElsewhere)))
}

/// The page, which says why nothing was connected.
pub(super) fn not_connected(flow: &Flow<'_>, why: Why) -> Answer {
    tracing::info!(?why, "an account at a provider was not connected");
    security_page(flow.site, Some(SecurityNotice::NotConnected))
}
