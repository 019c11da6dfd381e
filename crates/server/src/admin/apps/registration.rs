//! A registration: what an app's owner asks for, checked against the realm before it is written.

use crate::admin::{Act, Admin, AdminError};
use crate::ids;
use claviger_core::claims::id_text;
use claviger_core::client::{ClientKind, ClientStatus, GrantType};
use claviger_core::dialect::{Legacy, Turnover};
use claviger_core::redirect::RedirectUri;
use claviger_core::{Client, Realm, ScopeSet};
use claviger_files::did_you_mean;
use std::collections::BTreeSet;
use std::fmt;

/// What is asked for; each field as [`Client`] has it.
#[derive(Debug, Clone, Default)]
pub struct Registration {
    /// `client_id`; made where it is absent.
    pub id: Option<String>,
    /// What consent calls it.
    pub name: String,
    /// Who publishes it.
    pub publisher: Option<String>,
    /// To whom mails go.
    pub owner_email: Option<String>,
    /// It cannot keep a secret.
    pub public: bool,
    /// The grants; empty: what follows from kind and redirect URIs.
    pub grants: BTreeSet<GrantType>,
    /// Where users may be sent back to.
    pub redirect_uris: Vec<String>,
    /// Every scope that it may ask for.
    pub scope: String,
    /// The audiences; empty: the realm's first API.
    pub audiences: Vec<String>,
    /// Legacy behaviours.
    pub legacy: BTreeSet<Legacy>,
}

/// One thing that is wrong with a registration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Complaint {
    /// The field.
    pub field: &'static str,
    /// What is wrong, and what to do.
    pub message: String,
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.message)
    }
}

/// Writes a new app that waits for approval.
///
/// # Errors
/// Everything that is wrong with it; the id is taken; the store cannot write.
pub async fn register(admin: &Admin<'_>, realm: &Realm, registration: Registration) -> Result<Client, AdminError> {
    let client = registration.check(realm, admin.now).map_err(AdminError::Invalid)?;
    let registered = admin.act(Act::AppCreate).register_client(&realm.id, &client, admin.now).await?;
    if registered { Ok(client) } else { Err(AdminError::Exists(client.id)) }
}

impl Registration {
    /// The client that this becomes, or everything that is wrong with it.
    fn check(self, realm: &Realm, now: i64) -> Result<Client, Vec<Complaint>> {
        let mut wrong = Vec::new();
        let mut complain = |field, message: String| wrong.push(Complaint { field, message });
        let id = self.id.clone().unwrap_or_else(|| id_text(&ids::new(now)));
        if id.is_empty() || id.len() > 100 || !id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b)) {
            complain("id", "1 to 100 of the letters a to z, digits, `-`, `_` and `.`".to_owned());
        }
        if self.name.trim().is_empty() || self.name.len() > 100 || self.name.chars().any(char::is_control) {
            complain("name", "1 to 100 printable characters: consent shows it".to_owned());
        }
        if let Some(email) = &self.owner_email
            && email.parse::<lettre::Address>().is_err()
        {
            complain("owner", format!("`{email}` is not an e-mail address"));
        }
        let mut redirect_uris = Vec::new();
        for text in &self.redirect_uris {
            match RedirectUri::parse(text) {
                Ok(uri) => redirect_uris.push(uri),
                Err(reason) => complain("redirect-uri", format!("`{text}`: {reason}")),
            }
        }
        let scope = ScopeSet::parse(&self.scope).unwrap_or_else(|reason| {
            complain("scope", reason.to_string());
            ScopeSet::default()
        });
        let scopes: Vec<&str> = realm.scopes.iter().map(|scope| scope.name.as_str()).collect();
        for unknown in scope.iter().filter(|name| !scopes.contains(name)) {
            complain("scope", unknown_name(unknown, "scope", &scopes));
        }
        let apis: Vec<&str> = realm.apis.iter().map(|api| api.audience.as_str()).collect();
        for unknown in self.audiences.iter().filter(|name| !apis.contains(&name.as_str())) {
            complain("audience", unknown_name(unknown, "API with the audience", &apis));
        }
        let audiences = if self.audiences.is_empty() { audiences_of(realm, &scope) } else { self.audiences.clone() };
        for known in realm.scopes.iter().filter(|known| scope.contains(&known.name)) {
            if let Some(api) = known.api.as_ref().filter(|api| !audiences.contains(api)) {
                complain("scope", format!("`{}` belongs to an API that is not among the audiences: {api}", known.name));
            }
        }
        let grants = self.grants();
        for message in self.grant_complaints(realm, &grants) {
            complain("grant", message);
        }
        for legacy in self.legacy.iter().filter(|legacy| !realm.dialect.permits.contains(legacy)) {
            let dialect = &realm.dialect.name;
            complain("legacy", format!("the dialect `{dialect}` does not permit `{}`", legacy.name()));
        }
        for legacy in [Legacy::NoPkce, Legacy::ReusableRefresh].iter().filter(|one| self.legacy.contains(one)) {
            if self.public {
                complain("legacy", format!("`{}` is not for public apps (RFC 9700 2.1.1, 4.14.2)", legacy.name()));
            }
        }
        if redirect_uris.iter().any(RedirectUri::is_wildcard) {
            let code_only =
                grants.iter().all(|grant| matches!(grant, GrantType::AuthorizationCode | GrantType::RefreshToken));
            if !self.legacy.contains(&Legacy::WildcardRedirect) {
                complain("redirect-uri", "a `*` needs the legacy behaviour `wildcard-redirect`".to_owned());
            } else if self.public || !code_only {
                let message = "a `*` is for confidential apps that use the code flow and nothing else";
                complain("redirect-uri", message.to_owned());
            }
        }
        let client = Client {
            id,
            name: self.name.trim().to_owned(),
            publisher: self.publisher,
            owner_email: self.owner_email,
            kind: if self.public { ClientKind::Public } else { ClientKind::Confidential },
            status: ClientStatus::Pending,
            grants,
            redirect_uris,
            post_logout_redirect_uris: Vec::new(),
            scope,
            audiences,
            turnover: turnover(realm, &self.legacy),
            legacy: self.legacy,
            access_token: None,
            access_token_ttl: None,
            acts_as: None,
            secret_is_password: false,
            resource_server: None,
            trusted: false,
        };
        if wrong.is_empty() { Ok(client) } else { Err(wrong) }
    }

    /// What was named, or what follows from the kind: users are sent back somewhere, or the app acts for itself.
    fn grants(&self) -> BTreeSet<GrantType> {
        if !self.grants.is_empty() {
            return self.grants.clone();
        }
        if self.public || !self.redirect_uris.is_empty() {
            return BTreeSet::from([GrantType::AuthorizationCode, GrantType::RefreshToken]);
        }
        BTreeSet::from([GrantType::ClientCredentials])
    }

    fn grant_complaints(&self, realm: &Realm, grants: &BTreeSet<GrantType>) -> Vec<String> {
        let has = |grant| grants.contains(&grant);
        let needs = |grant, legacy| has(grant) && !self.legacy.contains(&legacy);
        let browser = has(GrantType::AuthorizationCode) || has(GrantType::Implicit);
        let mut wrong = Vec::new();
        if self.public && has(GrantType::ClientCredentials) {
            wrong.push(
                "a public app cannot have `client_credentials`: it has no secret to prove itself with".to_owned(),
            );
        }
        let refreshable = has(GrantType::AuthorizationCode)
            || has(GrantType::Password)
            || (has(GrantType::ClientCredentials) && realm.dialect.refresh.for_client_credentials);
        if has(GrantType::RefreshToken) && !refreshable {
            wrong.push("`refresh_token`: none of the other grants comes with a refresh token".to_owned());
        }
        if browser && self.redirect_uris.is_empty() {
            wrong.push("users must be sent back somewhere: name at least one redirect URI".to_owned());
        }
        if needs(GrantType::Password, Legacy::Password) {
            wrong.push("`password` needs the legacy behaviour of the same name".to_owned());
        }
        if needs(GrantType::Implicit, Legacy::Implicit) {
            wrong.push("`implicit` needs the legacy behaviour of the same name".to_owned());
        }
        wrong
    }
}

/// Where the dialect keeps refresh tokens valid and the app was not given that, they rotate.
fn turnover(realm: &Realm, legacy: &BTreeSet<Legacy>) -> Option<Turnover> {
    let reusable = realm.dialect.refresh.turnover != Turnover::Rotate;
    (reusable && !legacy.contains(&Legacy::ReusableRefresh)).then_some(Turnover::Rotate)
}

/// The audiences where none were named: those of the scopes' APIs, else the realm's first.
fn audiences_of(realm: &Realm, scope: &ScopeSet) -> Vec<String> {
    let named: BTreeSet<&String> = realm
        .scopes
        .iter()
        .filter(|known| scope.contains(&known.name))
        .filter_map(|known| known.api.as_ref())
        .collect();
    if named.is_empty() {
        return realm.apis.first().map(|api| api.audience.clone()).into_iter().collect();
    }
    // In the realm's order: the first is the default.
    realm.apis.iter().map(|api| &api.audience).filter(|audience| named.contains(audience)).cloned().collect()
}

fn unknown_name(name: &str, what: &str, known: &[&str]) -> String {
    let hint = did_you_mean(name, known.iter().copied()).map(|hint| format!("; {hint}")).unwrap_or_default();
    format!("the realm has no {what} `{name}`{hint}")
}
