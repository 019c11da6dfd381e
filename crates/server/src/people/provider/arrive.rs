//! Somebody has signed in at a provider: which user of ours that is.

use super::{Before, go_on, link, say};
use crate::failure::Failure;
use crate::http::Answer;
use crate::ids;
use crate::people::factor::First;
use crate::people::flow::Flow;
use crate::people::notice::Why;
use crate::people::password::Verified;
use crate::state::passwords::sources::are_asked;
use claviger_core::claims::id_text;
use claviger_core::crypto::entropy::random_bytes;
use claviger_core::crypto::sha256;
use claviger_core::jose::base64url;
use claviger_core::openid_provider::Person;
use claviger_core::realm::IdentityProvider;
use claviger_core::user::{User, rules};
use claviger_store::{Newcomer, ProviderAccount};
use std::collections::HashSet;

/// How often another name is tried for somebody new.
const TRIES: usize = 3;

/// Signs in whoever is linked, asks whoever could be, and makes a user of everybody else.
pub(super) async fn arrive(
    flow: &Flow<'_>,
    provider: &IdentityProvider,
    before: Before,
    person: Person,
    auth_time: i64,
) -> Result<Answer, Failure> {
    let (store, realm, now) = (&flow.state.store, &flow.site.realm.id, flow.state.clock.now());
    let (issuer, subject) = (provider.issuer.clone(), person.subject.clone());
    let account = ProviderAccount { realm: realm.clone(), issuer, subject };
    let Some(organisations) = provider.organisations_of(person.email.as_deref()) else {
        tracing::info!(provider = provider.id, "their address is not confirmed, or of none of the domains");
        return say(flow, &before, Why::NotLetIn);
    };
    let first = First { how: person.how(provider), auth_time: Some(auth_time), link: None };
    if let Some(id) = store.provider_user(&account).await? {
        if store.user(realm, &id).await?.is_some() {
            return sign_in_as(flow, before, &id, first).await;
        }
        // The user is gone; whoever comes is somebody new.
        store.unlink_provider(&account, &id, now).await?;
    }
    if let Some(email) = &person.email
        && let Some(found) = store.user_by_login(realm, email).await?
    {
        let has_password = found.password_hash.is_some() || are_asked(&flow.site.realm);
        return match found.user {
            user if user.disabled => say(flow, &before, Why::NotLetIn),
            _ if !has_password => say(flow, &before, Why::AddressTaken),
            user => link::ask(flow, provider, &before, (&account, &user)),
        };
    }
    if !provider.create_users {
        return say(flow, &before, Why::NotLetIn);
    }
    match make(flow, provider, &account, &person, organisations).await? {
        Some(id) => sign_in_as(flow, before, &id, first).await,
        None => say(flow, &before, Why::NotLetIn),
    }
}

/// Signs a user in whom nobody asks for a password.
async fn sign_in_as(flow: &Flow<'_>, before: Before, id: &str, first: First) -> Result<Answer, Failure> {
    let found = flow.state.store.user_to_verify(&flow.site.realm.id, id).await?;
    let Some((found, precondition)) = found.filter(|(found, _)| !found.user.disabled) else {
        tracing::info!(user = id, "they are disabled");
        return say(flow, &before, Why::NotLetIn);
    };
    go_on(flow, before, &Verified { user: found.user, precondition }, first).await
}

/// Makes a user of somebody who comes for the first time; their id. `None`: what is said of them cannot be.
async fn make(
    flow: &Flow<'_>,
    provider: &IdentityProvider,
    account: &ProviderAccount,
    person: &Person,
    organisations: Vec<String>,
) -> Result<Option<String>, Failure> {
    let (store, realm, now) = (&flow.state.store, &flow.site.realm, flow.state.clock.now());
    let mut user = newcomer(flow, provider, person, organisations);
    let there = store.organisations(&realm.id, &user.organisations).await?;
    let there: HashSet<&str> = there.iter().map(|organisation| organisation.id.as_str()).collect();
    if let Some(problem) = rules::check(&user, realm, |id| there.contains(id)).first() {
        let (field, problem) = (problem.field(), problem.to_string());
        tracing::warn!(provider = provider.id, field, problem, "no user is made of somebody at an identity provider");
        return Ok(None);
    }
    let wished = user.username.clone();
    for _ in 0..TRIES {
        let is_taken = store.user_by_login(&realm.id, &user.username).await?.is_some();
        if !is_taken && store.create_linked(account, &user, now).await? != Newcomer::NameTaken {
            // Of two at once the other one was first: it is the same person.
            return Ok(store.provider_user(account).await?);
        }
        let number = u32::from_le_bytes(random_bytes()) % 1_000_000;
        user.username = format!("{wished} ({} {number:06})", provider.name);
    }
    Ok(None)
}

/// Somebody who comes for the first time. What they call themselves is no name to sign in with where it looks like an address, which
/// is not known to be theirs, or where others know users by name whom nobody has met here yet.
fn newcomer(flow: &Flow<'_>, provider: &IdentityProvider, person: &Person, organisations: Vec<String>) -> User {
    let called = person.username.as_ref().filter(|name| !name.contains('@') && !are_asked(&flow.site.realm));
    let made = || {
        let digest = base64url(&sha256(person.subject.as_bytes()));
        format!("{}-{}", provider.id, digest.get(..10).unwrap_or_default())
    };
    let username = person.email.as_ref().or(called).cloned().unwrap_or_else(made);
    User {
        name: person.name.clone(),
        email: person.email.clone(),
        email_verified: person.email.is_some(),
        given_name: person.given_name.clone(),
        family_name: person.family_name.clone(),
        organisations,
        ..User::new(id_text(&ids::new(flow.state.clock.now())), username)
    }
}
