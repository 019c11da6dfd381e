//! Providers at which a realm's users sign in, beside the realm's own sign-in page (OpenID Connect Core 3.1).

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct IdentityProvider {
    /// Short name, in addresses and logs. `[a-z0-9-]{1,40}`.
    pub id: String,
    /// What people call it: the word on the button.
    pub name: String,
    /// Its issuer, as its discovery document and its ID tokens spell it.
    pub issuer: String,
    /// What it calls this realm.
    pub client_id: String,
    /// The file with this realm's secret there, on each server; absent: this realm signs with its own key (`private_key_jwt`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_file: Option<String>,
    /// What is asked for.
    #[serde(default = "usual_scope", skip_serializing_if = "is_usual_scope")]
    pub scope: String,
    /// Which of its claims say what.
    #[serde(default, skip_serializing_if = "ProviderClaims::is_usual")]
    pub claims: ProviderClaims,
    /// Its e-mail addresses are known to be their people's, also where it does not say so.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub trust_email: bool,
    /// The domains of e-mail addresses with which one comes in, and the organisations that come with each; none: whoever
    /// the provider lets in.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub domains: BTreeMap<String, Vec<String>>,
    /// The organisations of whoever comes in for the first time.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub organisations: Vec<String>,
    /// What it says of how somebody signed in there (`amr`) counts here: a second factor there is one here, and tokens tell it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub trust_amr: bool,
    /// Words of its own (`acr`) for a sign-in with a second factor, which is one here.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub second_factor_acr: Vec<String>,
    /// Whoever comes in for the first time becomes a user; else only who is one already.
    #[serde(default = "yes", skip_serializing_if = "is_on")]
    pub create_users: bool,
}

/// The names of a provider's claims.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct ProviderClaims {
    /// The e-mail address.
    pub email: String,
    /// Whether it is known to be theirs.
    pub email_verified: String,
    /// What people call them.
    pub name: String,
    /// For `given_name`.
    pub given_name: String,
    /// For `family_name`.
    pub family_name: String,
    /// The name to sign in with that a new user gets, where there is no confirmed address, and nobody else knows users by name.
    pub username: String,
}

impl Default for ProviderClaims {
    fn default() -> Self {
        Self {
            email: "email".to_owned(),
            email_verified: "email_verified".to_owned(),
            name: "name".to_owned(),
            given_name: "given_name".to_owned(),
            family_name: "family_name".to_owned(),
            username: "preferred_username".to_owned(),
        }
    }
}

impl ProviderClaims {
    fn is_usual(&self) -> bool {
        *self == Self::default()
    }
}

impl IdentityProvider {
    /// The organisations of a newcomer with this confirmed address (`None`: there is none); `None`: who has it does not come in.
    pub fn organisations_of(&self, email: Option<&str>) -> Option<Vec<String>> {
        let mut all = self.organisations.clone();
        if self.domains.is_empty() {
            return Some(all);
        }
        let domain = email?.rsplit_once('@')?.1.to_ascii_lowercase();
        let more = self.domains.iter().find(|(named, _)| named.eq_ignore_ascii_case(&domain))?.1;
        all.extend(more.iter().filter(|id| !self.organisations.contains(id)).cloned());
        Some(all)
    }
}

fn usual_scope() -> String {
    "openid profile email".to_owned()
}

fn is_usual_scope(scope: &str) -> bool {
    *scope == usual_scope()
}

const fn yes() -> bool {
    true
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
const fn is_on(on: &bool) -> bool {
    *on
}
