//! From what a client sent to what it asks for: what follows where it said nothing, and what the realm leaves of the rest.

use super::members::Draft;
use super::{Allowance, RegistrationRefusal, wrong};
use crate::authority::host_of;
use crate::client::rules::Description;
use crate::client::{ApplicationType, AuthMethod, ClientKind, ClientStatus, GrantType};
use crate::dialect::{Legacy, Pkce};
use crate::metadata;
use crate::realm::Realm;
use crate::response::ResponseType;
use crate::scope::ScopeSet;
use crate::unique::distinct;
use std::collections::BTreeSet;

/// More redirect URIs than a client needs.
const MOST_URIS: usize = 50;

/// What the client asks for, all in all.
///
/// # Errors
/// What it cannot have.
pub(super) fn settle(draft: Draft, realm: &Realm, allowance: &Allowance) -> Result<Description, RegistrationRefusal> {
    let Draft { mut asked, name, redirect_uris, grants, scope } = draft;
    // Of a client that says nothing either place of its secret is taken.
    asked.kind = kind(asked.authentication.method.unwrap_or(AuthMethod::ClientSecretBasic), realm)?;
    let types = response_types(asked.registered.response_types.take(), grants.as_ref(), realm)?;
    let grants = grant_types(grants, &types, realm)?;
    asked.redirect_uris =
        distinct(redirect_uris.iter().flatten().map(String::as_str)).into_iter().map(str::to_owned).collect();
    bounded(&asked)?;
    bound_to_certificate(&asked, realm)?;
    asked.name = name.unwrap_or_else(|| usual_name(&asked));
    let named = self::scope(scope, realm, allowance)?;
    asked.scope = within_reach(&named, &mut asked, allowance);
    asked.legacy = legacy(asked.kind, &types, &grants, realm);
    let is_native = asked.redirect_uris.iter().any(|uri| !uri.starts_with("https://"));
    let usual = if is_native { ApplicationType::Native } else { ApplicationType::Web };
    asked.registered.application_type.get_or_insert(usual);
    asked.registered.response_types = Some(types).filter(|types| !types.is_empty());
    asked.registered.self_registered = true;
    if asked.status == ClientStatus::Pending {
        asked.owner_email = asked.registered.contacts.first().cloned();
    }
    asked.grants = Some(grants);
    Ok(asked)
}

fn bounded(asked: &Description) -> Result<(), RegistrationRefusal> {
    for (member, uris) in
        [("redirect_uris", &asked.redirect_uris), ("post_logout_redirect_uris", &asked.post_logout_redirect_uris)]
    {
        if uris.len() > MOST_URIS {
            return Err(wrong(member, "there are at most 50"));
        }
    }
    Ok(())
}

/// Tokens that are bound to a certificate are for realms that see one.
fn bound_to_certificate(asked: &Description, realm: &Realm) -> Result<(), RegistrationRefusal> {
    if asked.authentication.certificate.binds_tokens && realm.mtls.authority.is_none() {
        return Err(wrong("tls_client_certificate_bound_access_tokens", "no certificates are asked for here"));
    }
    Ok(())
}

/// Whether it can keep a secret follows from how it authenticates (RFC 7591 2).
fn kind(method: AuthMethod, realm: &Realm) -> Result<ClientKind, RegistrationRefusal> {
    let permitted = &realm.registration.auth_methods;
    let known = metadata::authentication_methods(realm).into_iter();
    let known: Vec<&str> = known.filter(|name| permitted.is_empty() || permitted.contains(*name)).collect();
    if !known.contains(&method.name()) {
        return Err(wrong("token_endpoint_auth_method", format!("there is: {}", known.join(", "))));
    }
    Ok(if method == AuthMethod::None { ClientKind::Public } else { ClientKind::Confidential })
}

/// Those that it named; else the code, unless its grants need no browser.
fn response_types(
    named: Option<BTreeSet<ResponseType>>,
    grants: Option<&BTreeSet<String>>,
    realm: &Realm,
) -> Result<BTreeSet<ResponseType>, RegistrationRefusal> {
    let has = |grant: GrantType| grants.is_none_or(|grants| grants.contains(grant.name()));
    let types = match named {
        Some(types) => types,
        None if has(GrantType::AuthorizationCode) => BTreeSet::from([ResponseType::CODE]),
        None => BTreeSet::new(),
    };
    let policy = &realm.registration;
    let served = metadata::response_types(realm);
    let implicit = policy.legacy.contains(&Legacy::Implicit);
    let refused = types.iter().find(|one| {
        !served.contains(&one.name())
            || one.has_token() && !implicit
            || !(policy.response_types.is_empty() || policy.response_types.contains(one))
    });
    match refused {
        Some(one) => Err(wrong("response_types", format!("`{one}` is not for clients that register themselves here"))),
        None => Ok(types),
    }
}

/// Those that it named, or what its response types need. Extensions that the realm does not give are left out, and so is a refresh
/// token that no grant comes with.
fn grant_types(
    named: Option<BTreeSet<String>>,
    types: &BTreeSet<ResponseType>,
    realm: &Realm,
) -> Result<BTreeSet<GrantType>, RegistrationRefusal> {
    let implicit = types.iter().any(|one| one.has_token());
    let mut grants = BTreeSet::new();
    let Some(named) = named else {
        grants.extend(types.iter().any(|one| one.code).then_some(GrantType::AuthorizationCode));
        grants.extend(implicit.then_some(GrantType::Implicit));
        return Ok(grants);
    };
    let policy = &realm.registration;
    for name in named {
        let known = GrantType::ALL.into_iter().find(|grant| grant.name() == name);
        let given = known.filter(|grant| match grant {
            GrantType::Implicit => implicit || policy.legacy.contains(&Legacy::Implicit),
            // Whose tokens it may exchange, nobody could say.
            GrantType::TokenExchange => false,
            grant => policy.grants.contains(grant) && realm.serves_grant(*grant),
        });
        match given {
            Some(grant) => grants.extend([grant]),
            None if name.contains(':') => {}
            None => {
                return Err(wrong("grant_types", format!("`{name}` is not for clients that register themselves here")));
            }
        }
    }
    let refreshable = [GrantType::AuthorizationCode, GrantType::DeviceCode, GrantType::Password]
        .iter()
        .any(|grant| grants.contains(grant));
    if !refreshable {
        grants.remove(&GrantType::RefreshToken);
    }
    if !implicit {
        // Without a response type that uses it, it says nothing.
        grants.remove(&GrantType::Implicit);
    }
    if grants.is_empty() {
        return Err(wrong("grant_types", "none of them is for clients that register themselves here"));
    }
    Ok(grants)
}

/// The legacy behaviours that it cannot do without, and the realm gives to such clients.
fn legacy(
    kind: ClientKind,
    types: &BTreeSet<ResponseType>,
    grants: &BTreeSet<GrantType>,
    realm: &Realm,
) -> BTreeSet<Legacy> {
    let given = &realm.registration.legacy;
    let mut legacy = BTreeSet::new();
    if types.iter().any(|one| one.has_token()) {
        legacy.insert(Legacy::Implicit);
    }
    let said = [realm.dialect.authorization.pkce, realm.tokens.pkce];
    if given.contains(&Legacy::NoPkce)
        && realm.dialect.permits.contains(&Legacy::NoPkce)
        && kind == ClientKind::Confidential
        && grants.contains(&GrantType::AuthorizationCode)
        && !said.contains(&Pkce::Required)
    {
        legacy.insert(Legacy::NoPkce);
    }
    legacy
}

/// What is left of the scopes that it named: clients send all that metadata lists. Else the usual ones.
fn scope(named: Option<Vec<String>>, realm: &Realm, allowance: &Allowance) -> Result<String, RegistrationRefusal> {
    let Some(named) = named else {
        let usual = realm.registration.default_scope.clone();
        let usual = usual.map(|usual| usual.split(' ').map(str::to_owned).collect::<Vec<_>>());
        let all = usual.unwrap_or_else(|| allowance.scopes.clone());
        let some: Vec<_> = all.into_iter().filter(|name| allowance.scopes.contains(name)).collect();
        return Ok(some.join(" "));
    };
    let asked = distinct(named.iter().map(String::as_str));
    let some: Vec<_> =
        asked.iter().copied().filter(|name| allowance.scopes.iter().any(|known| known == name)).collect();
    if some.is_empty() && !asked.is_empty() {
        return Err(wrong("scope", "none of these scopes is for clients that register themselves here"));
    }
    Ok(some.join(" "))
}

/// The scopes that it may ask for. One that is served at once may come back for more than it named, as it could register anew; what
/// it named is its usual scope. One that waits for approval is approved for what it named.
fn within_reach(named: &str, asked: &mut Description, allowance: &Allowance) -> String {
    let all: ScopeSet = allowance.scopes.iter().map(String::as_str).collect();
    let usual: ScopeSet = named.split(' ').filter(|name| !name.is_empty()).collect();
    if asked.status != ClientStatus::Active || usual.same(&all) {
        return named.to_owned();
    }
    asked.registered.usual_scope = Some(usual);
    all.to_string()
}

/// What people see of a client that has no name: where it sends them.
fn usual_name(asked: &Description) -> String {
    let first = asked.redirect_uris.first().map(String::as_str).unwrap_or_default();
    let host = first.split_once("://").map(|(_, rest)| host_of(rest));
    let name = host.or_else(|| first.split_once(':').map(|(scheme, _)| scheme)).filter(|name| !name.is_empty());
    name.unwrap_or(&asked.id).chars().take(100).collect()
}
