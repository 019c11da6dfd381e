//! What a client may be: the one place that decides it (RFC 7591 2 for the fields, RFC 9700 for the combinations).
//!
//! A [`Description`] is what somebody asks for, in plain values: a realm file, the command line, later a registration over
//! HTTP or an admin API. [`check`] answers the [`Client`] that it becomes, or everything that is wrong with it at once. A
//! [`Problem`] is a variant, so that a realm file can mark its line, the command line can use its own words, and a
//! registration can choose between `invalid_redirect_uri` and `invalid_client_metadata` (RFC 7591 3.2.2).
//!
//! What needs more than one client is not decided here: whether the id is taken.

mod authentication;
mod ciba;
mod description;
mod exchange;
pub(crate) mod field;
mod identity;
mod limits;
mod logout;
mod problem;
mod protection;
mod registered;
mod requests;
#[cfg(test)]
mod tests;

pub use description::{ActsAs, BroughtSecret, Description, Found};
pub use field::Field;
pub use problem::Problem;
pub use registered::LOCALIZED;

use super::{Client, ClientKind, GrantType};
use crate::dialect::{Legacy, Pkce, Turnover};
use crate::document_id::DocumentId;
use crate::profile_rules::{self, Outside};
use crate::realm::{LONGEST_ACCESS_TOKEN, Realm};
use crate::redirect::RedirectUri;
use crate::scope::ScopeSet;
use crate::span::Span;
use crate::user::is_mail_address;
use std::collections::BTreeSet;

/// Longest id, in bytes, and longest name, in characters.
const LONGEST: usize = 100;

/// The client that a description becomes in this realm.
///
/// # Errors
/// Everything that is wrong with it, in the order of the [`Field`]s.
pub fn check(asked: Description, realm: &Realm) -> Result<Client, Vec<Problem>> {
    let mut wrong = Vec::new();
    let redirect_uris = parse_redirect_uris(&asked, realm, &mut wrong);
    let scope = ScopeSet::parse(&asked.scope).unwrap_or_else(|why| {
        wrong.push(Problem::ScopeText(why));
        ScopeSet::default()
    });
    let grants = grants_of(&asked);
    let audiences = audiences_of(&asked, realm, &scope);
    let facts = Facts { asked: &asked, realm, grants: &grants, audiences: &audiences, scope: &scope };
    wrong.extend(facts.names());
    wrong.extend(redirect_uris.iter().filter(|(_, uri)| uri.is_wildcard()).flat_map(|(at, _)| facts.wildcard(*at)));
    wrong.extend(redirect_uris.iter().filter_map(|(at, uri)| facts.page(*at, uri)));
    wrong.extend(facts.after_logout());
    wrong.extend(facts.scopes());
    wrong.extend(facts.audiences());
    wrong.extend(facts.grants());
    wrong.extend(facts.realm_grants());
    wrong.extend(facts.exchange());
    wrong.extend(facts.legacy());
    wrong.extend(facts.lifetimes());
    wrong.extend(facts.limits());
    wrong.extend(facts.acts_as());
    wrong.extend(facts.secrets());
    wrong.extend(facts.authentication());
    wrong.extend(facts.privileges());
    let jwks = facts.jwks().unwrap_or_else(|problem| {
        wrong.push(problem);
        None
    });
    wrong.extend(facts.requests(jwks.is_some()));
    wrong.extend(facts.registered());
    wrong.extend(facts.identity());
    wrong.extend(facts.logout());
    wrong.extend(facts.ciba());
    wrong.extend(facts.protection(jwks.as_ref()));
    if !wrong.is_empty() {
        wrong.sort_by_key(Problem::field);
        return Err(wrong);
    }
    let client = Client {
        id: asked.id,
        name: asked.name.trim().to_owned(),
        publisher: asked.publisher,
        owner_email: asked.owner_email,
        kind: asked.kind,
        status: asked.status,
        grants,
        redirect_uris: redirect_uris.into_iter().map(|(_, uri)| uri).collect(),
        post_logout_redirect_uris: asked.post_logout_redirect_uris,
        scope,
        audiences,
        legacy: asked.legacy,
        legacy_ended: BTreeSet::new(),
        turnover: asked.turnover,
        access_token: asked.access_token,
        access_token_ttl: asked.access_token_ttl,
        acts_as: asked.acts_as.map(|acts_as| acts_as.user),
        secret_is_password: asked.secret_is_password,
        resource_server: asked.resource_server,
        trusted: asked.trusted,
        in_browser: asked.in_browser,
        agent: asked.agent,
        id_token_signing: asked.id_token_signing,
        id_token_claims: asked.id_token_claims,
        pkce: asked.pkce,
        jwks,
        jwks_uri: asked.jwks_uri,
        authentication: asked.authentication,
        requests: asked.requests,
        registered: asked.registered,
        identity: asked.identity,
        logout: asked.logout,
        ciba: asked.ciba,
        dpop: asked.dpop,
        protection: asked.protection,
        token_exchange: asked.token_exchange,
        limits: asked.limits,
    };
    within_profile(realm, client)
}

/// The client, where the realm's profile lets it be.
fn within_profile(realm: &Realm, client: Client) -> Result<Client, Vec<Problem>> {
    let Some(profile) = realm.profile else { return Ok(client) };
    let problem = |Outside { field, why, help }| Problem::OutsideProfile { profile, field, why, help };
    let mut wrong: Vec<Problem> = profile_rules::outside(&client).into_iter().map(problem).collect();
    wrong.sort_by_key(Problem::field);
    if wrong.is_empty() { Ok(client) } else { Err(wrong) }
}

/// The redirect URIs that can be read, each with its place in the list.
fn parse_redirect_uris(asked: &Description, realm: &Realm, wrong: &mut Vec<Problem>) -> Vec<(usize, RedirectUri)> {
    let mut good = Vec::new();
    for (index, uri) in asked.redirect_uris.iter().enumerate() {
        match RedirectUri::parse_with(uri, &realm.registration.private_schemes) {
            Ok(parsed) => good.push((index, parsed)),
            Err(why) => wrong.push(Problem::RedirectUri { index, uri: uri.clone(), why }),
        }
    }
    good
}

/// The grants that were named, or what follows: users are sent back somewhere, or the client acts for itself.
fn grants_of(asked: &Description) -> BTreeSet<GrantType> {
    match &asked.grants {
        Some(named) => named.clone(),
        None if asked.kind == ClientKind::Public || !asked.redirect_uris.is_empty() => {
            BTreeSet::from([GrantType::AuthorizationCode, GrantType::RefreshToken])
        }
        None => BTreeSet::from([GrantType::ClientCredentials]),
    }
}

/// The audiences that were named, or those of the scopes' APIs in the realm's order, or the realm's first.
fn audiences_of(asked: &Description, realm: &Realm, scope: &ScopeSet) -> Vec<String> {
    if let Some(named) = &asked.audiences {
        return named.clone();
    }
    let audiences = || realm.apis.iter().map(|api| &api.audience);
    let belongs = |audience: &&String| {
        realm.scopes.iter().any(|known| scope.contains(&known.name) && known.api.as_ref() == Some(*audience))
    };
    let named: Vec<String> = audiences().filter(belongs).cloned().collect();
    if named.is_empty() { audiences().take(1).cloned().collect() } else { named }
}

/// What the rules look at: what was asked for, with what follows where nothing was said.
#[derive(Clone, Copy)]
struct Facts<'a> {
    asked: &'a Description,
    realm: &'a Realm,
    grants: &'a BTreeSet<GrantType>,
    audiences: &'a [String],
    scope: &'a ScopeSet,
}

impl<'a> Facts<'a> {
    fn may(self, grant: GrantType) -> bool {
        self.grants.contains(&grant)
    }

    fn has(self, legacy: Legacy) -> bool {
        self.asked.legacy.contains(&legacy)
    }

    fn is_public(self) -> bool {
        self.asked.kind == ClientKind::Public
    }

    fn names(self) -> impl Iterator<Item = Problem> + use<'a> {
        let Description { id, name, publisher, owner_email, .. } = self.asked;
        let id_is_good = (1..=LONGEST).contains(&id.len())
            && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
            || DocumentId::parse(id, true).is_some();
        let name_is_good =
            !name.trim().is_empty() && name.trim().chars().count() <= LONGEST && crate::text::is_name(name);
        let publisher_is_good = publisher
            .as_ref()
            .is_none_or(|publisher| publisher.chars().count() <= LONGEST && crate::text::is_name(publisher));
        let address = owner_email.as_ref().filter(|address| !is_mail_address(address));
        problems([
            (!id_is_good).then_some(Problem::Id),
            (!name_is_good).then_some(Problem::Name),
            (!publisher_is_good).then_some(Problem::Publisher),
            address.map(|address| Problem::OwnerEmail { address: address.clone() }),
        ])
    }

    /// A `*` in a redirect URI: for confidential clients that were given it and use the code flow alone.
    fn wildcard(self, index: usize) -> impl Iterator<Item = Problem> + use<'a> {
        let uri = || self.asked.redirect_uris.get(index).cloned().unwrap_or_default();
        let code_only =
            self.grants.iter().all(|grant| matches!(grant, GrantType::AuthorizationCode | GrantType::RefreshToken));
        problems([
            (!self.has(Legacy::WildcardRedirect)).then(|| Problem::WildcardNotGiven { index, uri: uri() }),
            (self.is_public() || !code_only).then(|| Problem::WildcardBesidesCode { index, uri: uri() }),
        ])
    }

    /// A page in a browser has an address that is known to the byte.
    fn page(self, index: usize, uri: &RedirectUri) -> Option<Problem> {
        let wrong = self.asked.in_browser && !uri.is_of_page();
        wrong.then(|| Problem::NotAPage { index, uri: uri.as_str().to_owned() })
    }

    fn after_logout(self) -> impl Iterator<Item = Problem> + use<'a> {
        self.asked.post_logout_redirect_uris.iter().enumerate().filter_map(|(index, uri)| {
            match RedirectUri::parse(uri) {
                Err(why) => Some(Problem::PostLogoutUri { index, uri: uri.clone(), why }),
                Ok(parsed) => parsed.is_wildcard().then(|| Problem::PostLogoutWildcard { index, uri: uri.clone() }),
            }
        })
    }

    fn scopes(self) -> impl Iterator<Item = Problem> + use<'a> {
        self.scope.iter().filter_map(move |name| match self.realm.scope(name) {
            None => Some(Problem::UnknownScope { name: name.to_owned() }),
            Some(known) => known
                .api
                .as_ref()
                .filter(|api| self.realm.api(api).is_some() && !self.audiences.contains(api))
                .map(|api| Problem::ScopeElsewhere { name: name.to_owned(), api: api.clone() }),
        })
    }

    fn audiences(self) -> impl Iterator<Item = Problem> + use<'a> {
        let unknown = move |(_, name): &(usize, &String)| self.realm.api(name).is_none();
        let audiences = self.audiences.iter().enumerate().filter(unknown);
        let audiences = audiences.map(|(index, name)| Problem::UnknownAudience { index, name: name.clone() });
        let own = self.asked.resource_server.iter().filter(move |name| self.realm.api(name).is_none());
        audiences.chain(own.map(|name| Problem::UnknownResourceServer { name: name.clone() }))
    }

    fn grants(self) -> impl Iterator<Item = Problem> + use<'a> {
        let refreshable = self.may(GrantType::AuthorizationCode)
            || self.may(GrantType::Password)
            || self.may(GrantType::DeviceCode)
            || self.may(GrantType::Ciba)
            || (self.may(GrantType::ClientCredentials) && self.realm.dialect.refresh.for_client_credentials);
        let browser = self.may(GrantType::AuthorizationCode) || self.may(GrantType::Implicit);
        let needs =
            |grant, legacy| (self.may(grant) && !self.has(legacy)).then_some(Problem::GrantNotGiven { grant, legacy });
        let dialect = &self.realm.dialect;
        let of_itself = |grant: &GrantType| !matches!(grant, GrantType::Password | GrantType::Implicit);
        let unserved = GrantType::ALL
            .into_iter()
            .filter(of_itself)
            .filter(move |grant| self.may(*grant) && !dialect.serves_grant(*grant));
        let unserved = unserved.map(|grant| Problem::GrantNotServed { grant, dialect: dialect.name.clone() });
        unserved.chain(problems([
            (self.grants.is_empty() && self.asked.resource_server.is_none()).then_some(Problem::NoGrant),
            (browser && self.asked.redirect_uris.is_empty()).then_some(Problem::NoRedirectUri),
            (self.is_public() && self.may(GrantType::ClientCredentials)).then_some(Problem::PublicClientCredentials),
            (self.may(GrantType::RefreshToken) && !refreshable)
                .then(|| Problem::NothingToRefresh { asks_again: self.may(GrantType::ClientCredentials) }),
            needs(GrantType::Password, Legacy::Password),
            needs(GrantType::Implicit, Legacy::Implicit),
        ]))
    }

    /// A legacy behaviour needs the dialect's permission; some are never for public clients.
    fn legacy(self) -> impl Iterator<Item = Problem> + use<'a> {
        let dialect = &self.realm.dialect;
        let unpermitted = self.asked.legacy.iter().filter(|legacy| !dialect.permits.contains(legacy));
        let unpermitted = unpermitted.map(|legacy| Problem::NotPermitted {
            legacy: *legacy,
            dialect: dialect.name.clone(),
            permitted: dialect.permits.clone(),
        });
        let not_for_public = [Legacy::NoPkce, Legacy::ReusableRefresh]
            .into_iter()
            .filter(move |legacy| self.is_public() && self.has(*legacy))
            .map(|legacy| Problem::NotForPublic { legacy });
        let reusable = self.asked.turnover.is_some_and(|turnover| turnover != Turnover::Rotate);
        let turnover = (reusable && !self.has(Legacy::ReusableRefresh)).then_some(Problem::TurnoverNotGiven);
        let said = [dialect.authorization.pkce, self.realm.tokens.pkce, self.asked.pkce];
        let in_vain = (self.has(Legacy::NoPkce) && said.contains(&Pkce::Required)).then_some(Problem::NoPkceInVain);
        unpermitted.chain(not_for_public).chain(turnover).chain(in_vain)
    }

    fn lifetimes(self) -> Option<Problem> {
        let allowed = Span::seconds(1)..=LONGEST_ACCESS_TOKEN;
        self.asked.access_token_ttl.is_some_and(|ttl| !allowed.contains(&ttl)).then_some(Problem::AccessTokenTtl)
    }

    /// A client stands for a user only by client credentials, and never for an administrator.
    fn acts_as(self) -> impl Iterator<Item = Problem> + use<'a> {
        let acts_as = self.asked.acts_as.as_ref();
        problems([
            (acts_as.is_some() && !self.may(GrantType::ClientCredentials))
                .then_some(Problem::ActsAsWithoutClientCredentials),
            acts_as.and_then(|acts_as| match acts_as.found {
                Found::Nobody => Some(Problem::UnknownUser { name: acts_as.user.clone() }),
                Found::Administrator => Some(Problem::ActsAsAdministrator),
                Found::User => None,
            }),
        ])
    }

    fn secrets(self) -> impl Iterator<Item = Problem> + use<'a> {
        let Description { secret, secret_is_password, acts_as, .. } = self.asked;
        let public = self.is_public();
        let printable = |text: &str| !text.is_empty() && text.bytes().all(|byte| matches!(byte, b' '..=b'~'));
        let unprintable = matches!(secret, Some(BroughtSecret::Text(text)) if !printable(text.expose()));
        problems([
            unprintable.then_some(Problem::SecretText),
            (public && secret.is_some()).then_some(Problem::PublicSecret),
            (!public && secret.is_some() && *secret_is_password).then_some(Problem::SecretBesidesPassword),
            (public && *secret_is_password).then_some(Problem::PublicPassword),
            (*secret_is_password && acts_as.is_none()).then_some(Problem::PasswordOfNobody),
        ])
    }

    /// Anybody can pretend to be a public client.
    fn privileges(self) -> impl Iterator<Item = Problem> + use<'a> {
        let Description { trusted, resource_server, .. } = self.asked;
        problems([
            (self.is_public() && *trusted).then_some(Problem::PublicTrusted),
            (self.is_public() && resource_server.is_some()).then_some(Problem::PublicResourceServer),
        ])
    }
}

fn problems<const N: usize>(found: [Option<Problem>; N]) -> impl Iterator<Item = Problem> + use<N> {
    found.into_iter().flatten()
}
