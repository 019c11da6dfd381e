//! Token exchange (RFC 8693), as far as it needs the server: the tokens are read, and what they rest on is loaded again.
//!
//! A token that is given under a grant carries that grant's id, so whatever ends the grant ends it too. An ID token and a JWT of
//! another issuer belong to no grant: with them one begins, which lives as long as the new token.

use crate::failure::Failure;
use crate::issue::{self, Origin};
use crate::protocol::call::Call;
use crate::protocol::{assertion, bearer, id_token};
use crate::state::clients::Entry;
use claviger_core::audience::Audience;
use claviger_core::claims::id_text;
use claviger_core::client::{ClientStatus, ExchangePolicy, GrantType};
use claviger_core::grant::{self, Subject, still_granted};
use claviger_core::granted::Granted;
use claviger_core::jose::from_base64url;
use claviger_core::refusal::{ErrorCode, Further};
use claviger_core::scope::ScopeSet;
use claviger_core::token::Id;
use claviger_core::token_claims::says_agent;
use claviger_core::token_exchange::{Presented, TokenExchange, TokenType};
use claviger_core::{Refusal, User};
use claviger_store::{Precondition, Spend};
use serde_json::Value;
use std::sync::Arc;

/// A subject token that is good.
struct Found {
    subject: Subject,
    /// The grant that it belongs to.
    grant: Option<Id>,
    /// It begins one.
    begins: bool,
    /// Its use, where it is good once.
    spend: Option<Spend>,
}

/// The answer's body.
///
/// # Errors
/// A token that is not good or that the client may not exchange (`invalid_request`, RFC 8693 2.2.2); as
/// [`grant::token_exchange`]; the store's faults.
pub(super) async fn answer(call: Call<'_>, exchange: &TokenExchange) -> Result<Vec<u8>, Failure> {
    let Call { state, site, client, request } = call;
    let not_allowed = || Refusal::grant_not_allowed(client.client());
    let policy = client.client().token_exchange.as_deref().filter(|_| client.proved).ok_or_else(not_allowed)?;
    let Found { mut subject, grant, begins, spend } = subject(call, policy, &exchange.subject).await?;
    let met = |user| site.company_rules.meet(user, &client.client().id);
    subject.user = subject
        .user
        .map(met)
        .transpose()
        .map_err(|_| unacceptable("its organisation does not let this client act for it"))?;
    let actor = match &exchange.actor {
        Some(presented) => Some(actor(call, presented).await?),
        None => None,
    };
    let now = state.clock.now();
    let decision = grant::token_exchange(&site.realm, client.client(), request, policy, subject, actor, now)?;
    if let Some(spend) = spend {
        client.spending.add_assertion(spend);
    }
    let origin =
        if begins { Origin::Fresh { backed_by: Precondition::default() } } else { Origin::Exchanged { grant } };
    let answer = issue::token_answer(call.issuer(), client.client(), decision, origin).await;
    answer.map_err(|failure| match failure {
        Failure::Refusal(Refusal::GrantUnbacked) => unacceptable("its user or its client is gone"),
        Failure::Refusal(Refusal::Further(Further::Assertion(why))) => unacceptable(why),
        other => other,
    })
}

fn unacceptable(why: &'static str) -> Failure {
    Failure::Refusal(Further::SubjectToken(why).into())
}

/// Whom a JWT names as its issuer; nothing of it is believed.
fn issuer_of(jwt: &str) -> Option<String> {
    let claims = from_base64url(jwt.split('.').nth(1)?)?;
    let claims: Value = serde_json::from_slice(&claims).ok()?;
    claims.get("iss")?.as_str().map(str::to_owned)
}

/// Reads the subject token as what it is said to be.
async fn subject(call: Call<'_>, policy: &ExchangePolicy, presented: &Presented) -> Result<Found, Failure> {
    let text = presented.token.expose();
    match presented.kind {
        TokenType::AccessToken => of_access_token(call, policy, text).await,
        TokenType::IdToken => of_id_token(call, policy, text).await,
        TokenType::Jwt => match issuer_of(text) {
            Some(issuer) if issuer == call.site.realm.issuer => match of_access_token(call, policy, text).await {
                Err(Failure::Refusal(Refusal::Further(Further::SubjectToken(UNREADABLE)))) => {
                    of_id_token(call, policy, text).await
                }
                other => other,
            },
            Some(issuer) if policy.issuers.contains(&issuer) => of_assertion(call, text).await,
            _ => Err(unacceptable("this client may not exchange JWTs of its issuer")),
        },
    }
}

/// What is said of everything that is no access token of this realm.
const UNREADABLE: &str = "it is no access token of this realm";

/// An access token, with the grant that it belongs to.
async fn of_access_token(call: Call<'_>, policy: &ExchangePolicy, text: &str) -> Result<Found, Failure> {
    let Call { state, site, .. } = call;
    let token = bearer::read(state, site, text).await?.ok_or_else(|| unacceptable(UNREADABLE))?;
    if !token.is_active(state.clock.now()) {
        return Err(unacceptable("it is over, or was revoked"));
    }
    if token.claims.flow.as_deref() == Some("implicit") {
        return Err(unacceptable("it came through a browser, where others may have seen it"));
    }
    if !policy.admits(&token.claims.client_id, Some(&token.claims.aud)) {
        return Err(unacceptable("this client may not exchange tokens of its client, nor for its API"));
    }
    active_client(call, &token.claims.client_id).await?;
    let made = token.made();
    let subject = (token.user.is_none()).then(|| token.claims.sub.clone().into_owned());
    let claims = token.claims;
    let scope = ScopeSet::parse(&claims.scope).map_err(|_| unacceptable(UNREADABLE))?;
    let mut granted = Granted {
        organisations: claims.org.into_owned(),
        auth_time: claims.auth_time.map(|time| time.saturating_mul(1000)),
        acr: claims.acr.map(std::borrow::Cow::into_owned),
        confirmation: claims.cnf,
        act: claims.act,
        subject,
        agent: says_agent(&site.realm, &made),
        ..Granted::bare(GrantType::TokenExchange, scope, claims.aud.into_owned())
    };
    let user = match (&token.grant, &token.user) {
        (Some(grant), _) => {
            let (still, user) = under_grant(call, grant, granted).await?;
            granted = still;
            user
        }
        (None, Some(id)) => Some(user(call, id).await?),
        (None, None) => None,
    };
    let may_act = made.get("may_act").cloned();
    let has_grant = token.grant.is_some();
    let subject = Subject { granted, user, may_act, expires_at: token.expires_at, has_grant };
    Ok(Found { subject, grant: token.grant, begins: false, spend: None })
}

/// What a token still carries, now that its grant is as it is: revoked it carries nothing, and of a scope that its user consented to
/// what they still consent to. With that user.
async fn under_grant(call: Call<'_>, id: &Id, granted: Granted) -> Result<(Granted, Option<User>), Failure> {
    let Call { state, site, .. } = call;
    let revoked = || unacceptable("its grant was revoked, or is over");
    let loaded = state.store.grant_with_user(id).await?.ok_or_else(revoked)?;
    let row = &loaded.row;
    if row.revoked.is_some() || row.grant.realm != site.realm.id || row.grant.expires_at <= state.clock.now() {
        tracing::info!(grant = id_text(id), "a token is not exchanged: its grant is over");
        return Err(revoked());
    }
    let giver = active_client(call, &row.grant.client).await?;
    let begun: Granted = serde_json::from_str(&row.grant.doc)?;
    let consent = loaded.consent.as_ref().filter(|consent| consent.stands(state.clock.now()));
    let consented = consent.map(|consent| &consent.scope);
    let flow = granted.flow;
    let still = still_granted(&site.realm, &giver.client, Granted { flow: begun.flow, ..granted }, consented)
        .map_err(|_| unacceptable("its user does not consent to it any more"))?;
    let user = match &row.grant.user {
        None => None,
        Some(_) => Some(
            loaded
                .user
                .map(|stored| stored.user)
                .filter(|user| !user.disabled)
                .ok_or_else(|| unacceptable("its user is gone, or may not sign in"))?,
        ),
    };
    Ok((Granted { flow, ..still }, user))
}

/// A user who may sign in.
async fn user(call: Call<'_>, id: &str) -> Result<User, Failure> {
    let found = call.state.store.user(&call.site.realm.id, id).await?.map(|stored| stored.user);
    found.filter(|user| !user.disabled).ok_or_else(|| unacceptable("its user is gone, or may not sign in"))
}

/// A client that is served.
async fn active_client(call: Call<'_>, id: &str) -> Result<Arc<Entry>, Failure> {
    let Call { state, site, .. } = call;
    let found = state.clients.load(&state.store, &site.realm.id, id).await?;
    let active = found.filter(|entry| entry.client.status == ClientStatus::Active);
    active.ok_or_else(|| unacceptable("the client that it was given to is not served any more"))
}

/// An ID token, for what its user lets its client do.
async fn of_id_token(call: Call<'_>, policy: &ExchangePolicy, text: &str) -> Result<Found, Failure> {
    let Call { state, site, .. } = call;
    let unreadable = || unacceptable("it is no ID token of this realm, or it is over or was revoked");
    let token = id_token::read(state, site, text).await?.ok_or_else(unreadable)?;
    if !policy.admits(&token.client, None) {
        return Err(unacceptable("this client may not exchange tokens of its client"));
    }
    let giver = active_client(call, &token.client).await?;
    let user = user(call, &token.user).await?;
    let giver = &giver.client;
    let consent = state.store.consent(&site.realm.id, &user.id, &giver.id).await?;
    let consent = consent.filter(|consent| consent.stands(state.clock.now()));
    let until = consent.as_ref().and_then(|consent| consent.until);
    let consent = consent.map(|consent| consent.scope);
    let trusted = giver.trusted && giver.is_confidential();
    let scope = match consent {
        _ if trusted => giver.scope.clone(),
        Some(consented) => giver.scope.within(&consented),
        None => return Err(unacceptable("its user does not consent to anything of its client any more")),
    };
    let organisations = sole(&user.organisations)?;
    let audience = Audience::from(giver.id.as_str());
    let granted = Granted {
        organisations,
        auth_time: token.auth_time,
        acr: token.acr,
        until,
        agent: giver.is_agent(),
        ..Granted::bare(GrantType::TokenExchange, scope, audience)
    };
    let (may_act, expires_at) = (token.may_act, token.expires_at);
    let subject = Subject { granted, user: Some(user), may_act, expires_at, has_grant: false };
    Ok(Found { subject, grant: None, begins: true, spend: None })
}

/// An ID token does not say which organisation its user chose, so there must be nothing to choose.
fn sole(organisations: &[String]) -> Result<Vec<String>, Failure> {
    if organisations.len() > 1 {
        return Err(unacceptable(
            "its user belongs to several organisations; exchange an access token, which names one",
        ));
    }
    Ok(organisations.to_vec())
}

/// A JWT of an issuer whom the realm trusts.
async fn of_assertion(call: Call<'_>, text: &str) -> Result<Found, Failure> {
    let accepted = assertion::accept(call, text).await.map_err(|failure| match failure {
        Failure::Refusal(Refusal::Further(Further::Assertion(why))) => unacceptable(why),
        other => other,
    })?;
    let assertion::Accepted { trusted, assertion, user, organisations, spend } = accepted;
    let own = &call.client.client().scope;
    let scope = if trusted.scope.is_empty() { own.clone() } else { trusted.scope.clone() };
    let scope = assertion.scope.as_ref().map_or(scope.clone(), |said| scope.within(said));
    let audience = Audience::from(call.site.realm.issuer.as_str());
    let granted =
        Granted { organisations, act: assertion.act, ..Granted::bare(GrantType::TokenExchange, scope, audience) };
    let subject = Subject {
        granted,
        user: Some(user),
        may_act: assertion.may_act,
        expires_at: assertion.exp.saturating_mul(1000),
        has_grant: false,
    };
    Ok(Found { subject, grant: None, begins: true, spend: Some(spend) })
}

/// As whom the holder of an actor token is named to the client. It is a token that was given to the client itself: nobody acts
/// with a token of somebody else.
async fn actor(call: Call<'_>, presented: &Presented) -> Result<String, Failure> {
    let Call { client, request, .. } = call;
    let unacceptable = |why| Failure::Refusal(Further::ActorToken(why).into());
    let own = ExchangePolicy { clients: vec![client.client().id.clone()], ..ExchangePolicy::default() };
    let found = subject(call, &own, presented).await.map_err(|failure| match failure {
        Failure::Refusal(Refusal::Further(Further::SubjectToken(why))) => unacceptable(why),
        Failure::Refusal(refusal) if refusal.code() == ErrorCode::InvalidGrant => {
            unacceptable("what it rests on is gone")
        }
        other => other,
    })?;
    let Subject { granted, user, .. } = found.subject;
    if granted.confirmation.is_some() && granted.confirmation != request.confirmation {
        return Err(unacceptable("it is bound to a key, which this request does not show"));
    }
    if granted.act.is_some() {
        return Err(unacceptable("somebody acts with it for its subject already"));
    }
    match (user, granted.subject) {
        (Some(user), _) => {
            let subjects = &call.state.secrets.subjects;
            Ok(subjects.name(&call.site.realm.id, client.client(), &user.id)?.into_owned())
        }
        (None, Some(subject)) => Ok(subject),
        (None, None) => Err(unacceptable(UNREADABLE)),
    }
}
