//! A registration: what an app's owner asks for, checked against the realm before it is written.

use super::spelled::key_set;
use crate::admin::{Act, Admin, AdminError, Complaint};
use crate::ids;
use crate::outbound::Outbound;
use claviger_core::claims::id_text;
use claviger_core::client::rules::{self, Description, Field, Problem};
use claviger_core::client::{
    Authentication, ClientKind, ClientStatus, ExchangePolicy, GrantType, IdTokenClaims, Identity, Logout, Protection,
    Requests,
};
use claviger_core::dialect::{Legacy, Pkce};
use claviger_core::jose::Algorithm;
use claviger_core::{Client, Realm};
use claviger_files::did_you_mean;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What is asked for; each field as [`Client`] has it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Registration {
    /// `client_id`; made where it is absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// What consent calls it.
    pub name: String,
    /// Who publishes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub publisher: Option<String>,
    /// To whom mails go.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner_email: Option<String>,
    /// It cannot keep a secret.
    pub public: bool,
    /// It is a page in a browser.
    pub in_browser: bool,
    /// Whether it is an agent; absent: it is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent: Option<bool>,
    /// What signs its ID tokens; absent: RS256.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id_token_signing: Option<Algorithm>,
    /// Which claims about the user they carry.
    pub id_token_claims: IdTokenClaims,
    /// Whether every code needs PKCE.
    pub pkce: Pkce,
    /// The grants; empty: what follows from kind and redirect URIs.
    pub grants: BTreeSet<GrantType>,
    /// Where users may be sent back to.
    pub redirect_uris: Vec<String>,
    /// Where users may be sent to after logging out.
    pub post_logout_redirect_uris: Vec<String>,
    /// Every scope that it may ask for.
    pub scope: String,
    /// The audiences; empty: the realm's first API.
    pub audiences: Vec<String>,
    /// Legacy behaviours.
    pub legacy: BTreeSet<Legacy>,
    /// Its public keys, as the JSON of a JWK set.
    #[serde(with = "key_set", skip_serializing_if = "Option::is_none")]
    pub jwks: Option<String>,
    /// Where its public keys are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jwks_uri: Option<String>,
    /// How it proves who it is.
    #[serde(flatten)]
    pub authentication: Authentication,
    /// Its authorization requests and their answers.
    #[serde(flatten)]
    pub requests: Requests,
    /// How its users are named to it, and what it is told of them.
    #[serde(flatten)]
    pub identity: Identity,
    /// Where it is told that somebody signed out.
    #[serde(flatten)]
    pub logout: Logout,
    /// How what is said to it is signed and encrypted.
    #[serde(flatten)]
    pub protection: Protection,
    /// Whose tokens it may exchange.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_exchange: Option<Box<ExchangePolicy>>,
}

/// Writes a new app that waits for approval.
///
/// # Errors
/// Everything that is wrong with it; the id is taken; the store cannot write.
pub async fn register(admin: &Admin<'_>, realm: &Realm, registration: Registration) -> Result<Client, AdminError> {
    let client = registration.check(realm, admin.now).map_err(AdminError::Invalid)?;
    sector(realm, &client).await?;
    let registered = admin.act(Act::AppCreate).register_client(&realm.id, &client, admin.now).await?;
    if registered { Ok(client) } else { Err(AdminError::Exists(client.id)) }
}

/// Whether what is said at its sector identifier URI holds.
///
/// # Errors
/// It does not.
pub(in crate::admin) async fn sector(realm: &Realm, client: &Client) -> Result<(), AdminError> {
    let checked = Outbound::new().check_sector(realm, client).await;
    checked.map_err(|problem| AdminError::Invalid(vec![complaint(&Problem::Identity(problem), realm)]))
}

impl Registration {
    /// The client that this becomes, or everything that is wrong with it.
    pub(in crate::admin) fn check(self, realm: &Realm, now: i64) -> Result<Client, Vec<Complaint>> {
        let checked = rules::check(self.description(now), realm);
        checked.map_err(|problems| problems.iter().map(|problem| complaint(problem, realm)).collect())
    }

    fn description(self, now: i64) -> Description {
        let id = self.id.unwrap_or_else(|| id_text(&ids::new(now)));
        Description {
            publisher: self.publisher,
            owner_email: self.owner_email,
            kind: if self.public { ClientKind::Public } else { ClientKind::Confidential },
            status: ClientStatus::Pending,
            grants: Some(self.grants).filter(|grants| !grants.is_empty()),
            redirect_uris: self.redirect_uris,
            post_logout_redirect_uris: self.post_logout_redirect_uris,
            scope: self.scope,
            audiences: Some(self.audiences).filter(|audiences| !audiences.is_empty()),
            legacy: self.legacy,
            in_browser: self.in_browser,
            agent: self.agent,
            id_token_signing: self.id_token_signing,
            id_token_claims: self.id_token_claims,
            pkce: self.pkce,
            jwks: self.jwks,
            jwks_uri: self.jwks_uri,
            authentication: self.authentication,
            requests: self.requests,
            identity: self.identity,
            logout: self.logout,
            protection: self.protection,
            token_exchange: self.token_exchange,
            ..Description::new(id, self.name)
        }
    }
}

/// A problem in the words of the command line: its options, and apps in place of clients.
pub(super) fn complaint(problem: &Problem, realm: &Realm) -> Complaint {
    let field = match problem.field() {
        Field::OwnerEmail => "owner",
        Field::RedirectUris => "redirect-uri",
        Field::Audiences => "audience",
        Field::Grants => "grant",
        Field::RequestUris => "request-uri",
        field => field.name(),
    };
    let message = match problem {
        Problem::UnknownScope { name } => {
            let scopes = realm.scopes.iter().map(|scope| scope.name.as_str());
            with_help(format!("the realm has no scope `{name}`"), did_you_mean(name, scopes))
        }
        Problem::UnknownAudience { name, .. } => {
            let apis = realm.apis.iter().map(|api| api.audience.as_str());
            with_help(format!("the realm has no API with the audience `{name}`"), did_you_mean(name, apis))
        }
        Problem::ScopeElsewhere { name, api } => {
            format!("`{name}` belongs to an API that is not among the audiences: {api}")
        }
        Problem::PublicClientCredentials => {
            "a public app cannot have `client_credentials`: it has no secret to prove itself with".to_owned()
        }
        Problem::NothingToRefresh { .. } => {
            "`refresh_token`: none of the other grants comes with a refresh token".to_owned()
        }
        Problem::Name => "1 to 100 printable characters: consent shows it".to_owned(),
        Problem::Publisher => "at most 100 printable characters: consent shows it".to_owned(),
        Problem::NoRedirectUri => "users must be sent back somewhere: name at least one redirect URI".to_owned(),
        Problem::GrantNotGiven { grant, legacy } => {
            format!("`{}` needs the legacy behaviour `{}`", grant.name(), legacy.name())
        }
        Problem::NotForPublic { legacy } => {
            format!("`{}` is not for public apps (RFC 9700 2.1.1, 4.14.2)", legacy.name())
        }
        Problem::WildcardNotGiven { uri, .. } => {
            format!("`{uri}`: a `*` needs the legacy behaviour `wildcard-redirect`")
        }
        Problem::WildcardBesidesCode { uri, .. } => {
            format!("`{uri}`: a `*` is for confidential apps that use the code flow and nothing else")
        }
        _ => with_help(problem.to_string(), problem.help()),
    };
    Complaint { field, message, rule: Some(problem.rule()) }
}

fn with_help(what: String, help: Option<String>) -> String {
    match help {
        Some(help) => format!("{what}; {help}"),
        None => what,
    }
}
