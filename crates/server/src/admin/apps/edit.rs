//! An app as it shall be: some of its fields changed, and the whole checked by the rules that a registration is checked by.

use super::find;
use super::parts::{CertificateEdit, LogoutEdit, text};
use super::registration::{complaint, sector};
use super::spelled::{given, key_set};
use crate::admin::apply::changes::Change;
use crate::admin::{Act, Admin, AdminError, SubjectKind};
use claviger_core::client::rules::{self, Description, Found};
use claviger_core::client::{
    AssertionAlgorithm, AuthMethod, Authentication, Ciba, DeliveryMode, ExchangePolicy, GrantType, Identity,
    SubjectType,
};
use claviger_core::dialect::Legacy;
use claviger_core::limits::ClientLimits;
use claviger_core::span::Span;
use claviger_core::{Client, Realm, ScopeSet};
use claviger_store::{Edited, Fault, Store};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What shall be different; `None`: as it is.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Edit {
    /// Whose tokens it may exchange.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_exchange: Option<Box<ExchangePolicy>>,
    /// What consent calls it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Who publishes it; empty: nobody.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub publisher: Option<String>,
    /// To whom mails go; empty: to nobody.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner_email: Option<String>,
    /// The grants.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grants: Option<BTreeSet<GrantType>>,
    /// Where users may be sent back to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redirect_uris: Option<Vec<String>>,
    /// More of them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub add_redirect_uris: Vec<String>,
    /// Fewer of them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub remove_redirect_uris: Vec<String>,
    /// Where users may be sent to after logging out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub post_logout_redirect_uris: Option<Vec<String>>,
    /// Where it is told that somebody signed out.
    #[serde(flatten)]
    pub logout: LogoutEdit,
    /// Every scope that it may ask for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// More scopes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub add_scope: Vec<String>,
    /// Fewer scopes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub remove_scope: Vec<String>,
    /// The audiences.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audiences: Option<Vec<String>>,
    /// Legacy behaviours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub legacy: Option<BTreeSet<Legacy>>,
    /// How long its access tokens live; `Some(None)`: as long as the realm says.
    #[serde(deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    pub access_token_ttl: Option<Option<Span>>,
    /// The plan that its limits are of; empty: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan: Option<String>,
    /// Whether it is an agent; `Some(None)`: it is where it came by itself.
    #[serde(deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    pub agent: Option<Option<bool>>,
    /// How it hears what users said who were elsewhere.
    #[serde(rename = "backchannel_token_delivery_mode", skip_serializing_if = "Option::is_none")]
    pub token_delivery_mode: Option<DeliveryMode>,
    /// Where it is told that they did; empty: nowhere.
    #[serde(rename = "backchannel_client_notification_endpoint", skip_serializing_if = "Option::is_none")]
    pub notification_endpoint: Option<String>,
    /// How often in a minute it may call the token endpoint; `Some(None)`: as its plan or its realm says.
    #[serde(deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    pub token_calls_per_minute: Option<Option<u32>>,
    /// How it proves who it is; `Some(None)`: by its secret, in the header or in the body.
    #[serde(
        rename = "token_endpoint_auth_method",
        deserialize_with = "given",
        skip_serializing_if = "Option::is_none"
    )]
    pub auth_method: Option<Option<AuthMethod>>,
    /// What signs its assertions; `Some(None)`: any algorithm that the method has.
    #[serde(
        rename = "token_endpoint_auth_signing_alg",
        deserialize_with = "given",
        skip_serializing_if = "Option::is_none"
    )]
    pub auth_signing_alg: Option<Option<AssertionAlgorithm>>,
    /// Whom its certificate names.
    #[serde(flatten)]
    pub certificate: CertificateEdit,
    /// Its public keys, in place of those that it has.
    #[serde(with = "key_set", skip_serializing_if = "Option::is_none")]
    pub jwks: Option<String>,
    /// Where they are, in place of those that it has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jwks_uri: Option<String>,
    /// How its users are named to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject_type: Option<SubjectType>,
    /// Where it is said which redirect URIs belong together; empty: nowhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sector_identifier_uri: Option<String>,
}

/// What an edit comes to.
#[derive(Debug, Clone)]
pub struct Edition {
    /// The app as it is now.
    pub client: Client,
    /// What is different.
    pub change: Change,
}

/// Changes an app. One that comes from a realm file is changed there, unless `despite_file`.
///
/// # Errors
/// There is no such app, a file manages it, something is wrong with what it would be, somebody else changed it meanwhile, or the
/// store cannot write.
pub async fn edit(
    admin: &Admin<'_>,
    realm: &Realm,
    id: &str,
    edit: Edit,
    despite_file: bool,
) -> Result<Edition, AdminError> {
    let before = find(admin.store, realm, id).await?;
    if !despite_file && let Some(file) = admin.store.managed_by(&realm.id, SubjectKind::App, id).await? {
        return Err(AdminError::Managed { what: format!("the app `{id}`"), file });
    }
    let Edition { client: after, change } = changed(admin.store, realm, &before, edit).await?;
    if after.identity.sector_identifier_uri != before.identity.sector_identifier_uri
        || after.redirect_uris != before.redirect_uris
    {
        sector(realm, &after).await?;
    }
    match admin.act(Act::AppEdit).edit_client(&realm.id, &before, &after, admin.now).await? {
        Edited::Done | Edited::Same => Ok(Edition { client: after, change }),
        Edited::Changed | Edited::NameTaken => Err(AdminError::ChangedMeanwhile(format!("the app `{id}`"))),
    }
}

/// What an edit would come to; nothing is written.
///
/// # Errors
/// There is no such app, something is wrong with what it would be, or the store cannot be read.
pub async fn look(store: &Store, realm: &Realm, id: &str, edit: Edit) -> Result<Edition, AdminError> {
    let before = find(store, realm, id).await?;
    changed(store, realm, &before, edit).await
}

async fn changed(store: &Store, realm: &Realm, before: &Client, edit: Edit) -> Result<Edition, AdminError> {
    let description = edit.description(before, found(store, realm, before).await?)?;
    let checked = rules::check(description, realm);
    let client = checked
        .map_err(|problems| AdminError::Invalid(problems.iter().map(|problem| complaint(problem, realm)).collect()))?;
    let change = Change::of_client(&realm.id, Some(before), &client, None).map_err(Fault::from)?;
    Ok(Edition { client, change })
}

/// Whom the app's `acts_as` leads to.
async fn found(store: &Store, realm: &Realm, client: &Client) -> Result<Found, AdminError> {
    let Some(user) = &client.acts_as else { return Ok(Found::Nobody) };
    Ok(match store.user(&realm.id, user).await? {
        None => Found::Nobody,
        Some(stored) if stored.user.administrator => Found::Administrator,
        Some(_) => Found::User,
    })
}

impl Edit {
    fn description(self, client: &Client, found: Found) -> Result<Description, AdminError> {
        let was = Description::of(client, found);
        let mut redirect_uris = self.redirect_uris.unwrap_or(was.redirect_uris);
        for gone in &self.remove_redirect_uris {
            let at = redirect_uris.iter().position(|uri| uri == gone);
            redirect_uris.remove(at.ok_or_else(|| AdminError::not_there("redirect-uri", gone))?);
        }
        for new in self.add_redirect_uris {
            if !redirect_uris.contains(&new) {
                redirect_uris.push(new);
            }
        }
        let scope = self.scope.unwrap_or(was.scope);
        let (jwks, jwks_uri) = match (self.jwks, self.jwks_uri) {
            (None, None) => (was.jwks, was.jwks_uri),
            new => new,
        };
        Ok(Description {
            name: self.name.unwrap_or(was.name),
            token_exchange: self.token_exchange.or(was.token_exchange),
            publisher: text(self.publisher, was.publisher),
            owner_email: text(self.owner_email, was.owner_email),
            grants: self.grants.or(was.grants),
            redirect_uris,
            post_logout_redirect_uris: self.post_logout_redirect_uris.unwrap_or(was.post_logout_redirect_uris),
            scope: edited_scope(scope, &self.add_scope, &self.remove_scope)?,
            audiences: self.audiences.or(was.audiences),
            legacy: self.legacy.unwrap_or(was.legacy),
            access_token_ttl: self.access_token_ttl.unwrap_or(was.access_token_ttl),
            agent: self.agent.unwrap_or(was.agent),
            ciba: Ciba {
                backchannel_token_delivery_mode: self
                    .token_delivery_mode
                    .unwrap_or(was.ciba.backchannel_token_delivery_mode),
                backchannel_client_notification_endpoint: text(
                    self.notification_endpoint,
                    was.ciba.backchannel_client_notification_endpoint,
                ),
            },
            limits: ClientLimits {
                plan: text(self.plan, was.limits.plan),
                token_calls_per_minute: self.token_calls_per_minute.unwrap_or(was.limits.token_calls_per_minute),
            },
            jwks,
            jwks_uri,
            authentication: Authentication {
                method: self.auth_method.unwrap_or(was.authentication.method),
                signing_alg: self.auth_signing_alg.unwrap_or(was.authentication.signing_alg),
                certificate: self.certificate.of(was.authentication.certificate),
            },
            logout: self.logout.of(was.logout),
            identity: Identity {
                subject_type: self.subject_type.unwrap_or(was.identity.subject_type),
                sector_identifier_uri: text(self.sector_identifier_uri, was.identity.sector_identifier_uri),
                claims: was.identity.claims,
            },
            ..was
        })
    }
}

/// The scope with some more and some fewer; one that cannot be read goes to the rules as it is.
fn edited_scope(scope: String, more: &[String], fewer: &[String]) -> Result<String, AdminError> {
    let Ok(set) = ScopeSet::parse(&scope) else { return Ok(scope) };
    if let Some(absent) = fewer.iter().find(|name| !set.contains(name)) {
        return Err(AdminError::not_there("scope", absent));
    }
    let kept = set.iter().filter(|name| !fewer.iter().any(|gone| gone == name)).map(str::to_owned);
    let added = more.iter().filter(|name| !set.contains(name)).cloned();
    Ok(kept.chain(added).collect::<Vec<_>>().join(" "))
}
