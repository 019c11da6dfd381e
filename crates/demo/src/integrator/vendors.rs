//! What each vendor told the integrator: addresses, credentials, and how their guide wants things sent.

use crate::directory::REALM;
use crate::manifest::{bearer_header, password_of, person, secret_of};
use anyhow::Context;
use claviger_core::client::GrantType;
use claviger_core::dialect::Endpoint;
use claviger_core::realm::Realm;
use claviger_files::realm::RealmFile;
use claviger_server::pages::{Brand, accent_rules};
use serde::Deserialize;
use std::sync::LazyLock;

/// How a token is got.
#[derive(Clone)]
pub(super) enum Flow {
    /// RFC 6749 4.1.
    Code(Asking),
    /// RFC 6749 4.2.
    Implicit,
    /// RFC 6749 4.4.
    ClientCredentials,
    /// RFC 6749 4.3.
    Password {
        /// The service user.
        username: String,
        /// Theirs.
        password: String,
    },
}

/// What the authorization request of a code flow has.
#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Asking {
    /// `response_type=code`.
    #[default]
    Plain,
    /// That, and PKCE with S256.
    Pkce,
    /// Neither: this vendor's page knows no `response_type`.
    Bare,
}

/// How id and secret are sent to the token endpoint.
#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Sending {
    /// In the form.
    #[default]
    Form,
    /// In a JSON body.
    Json,
    /// HTTP Basic, as they are.
    Basic,
}

/// One vendor as its integrator knows it.
pub(super) struct Vendor {
    /// Names it in this app's addresses.
    pub(super) id: &'static str,
    /// What people call it.
    pub(super) name: String,
    /// The colour of its realm's own pages: a name for it, and the rules that make it, where the style sheet has it not.
    pub(super) accent: (String, Option<String>),
    /// The flow in words.
    pub(super) words: &'static str,
    pub(super) flow: Flow,
    pub(super) sending: Sending,
    pub(super) issuer: String,
    pub(super) client_id: String,
    pub(super) secret: Option<String>,
    pub(super) authorization: String,
    pub(super) token: String,
    pub(super) redirect_uri: String,
    pub(super) scope: Option<&'static str>,
    pub(super) audience: Option<String>,
    /// `{site}` stands for the site of the token.
    pub(super) api: String,
    pub(super) bearer_header: &'static str,
    pub(super) revocation: Option<String>,
    pub(super) logoff: Option<String>,
    /// Who can sign in.
    pub(super) person: Option<(String, String)>,
    /// Where they add a passkey.
    pub(super) passkeys: Option<String>,
}

impl Vendor {
    /// Where its connection is shown.
    pub(super) fn connection_path(&self) -> String {
        format!("/connection/{}", self.id)
    }

    /// Whether the browser that comes to this path comes back from this vendor.
    pub(super) fn is_callback(&self, path: &str) -> bool {
        path.strip_prefix("/callback/") == Some(self.id)
    }
}

/// A vendor as `demo/sample/integrator.toml` has it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Recipe {
    id: String,
    realm: String,
    client: String,
    #[serde(default = "usual_words")]
    words: String,
    #[serde(default = "usual_grant")]
    grant: GrantType,
    #[serde(default)]
    asking: Asking,
    #[serde(default)]
    sending: Sending,
    scope: Option<String>,
    api: String,
    #[serde(default = "usual_header")]
    header: String,
}

fn usual_words() -> String {
    "Authorization code".to_owned()
}

const fn usual_grant() -> GrantType {
    GrantType::AuthorizationCode
}

fn usual_header() -> String {
    "Authorization".to_owned()
}

/// What the vendors told the integrator, read once.
fn recipes() -> anyhow::Result<&'static [Recipe]> {
    #[derive(Deserialize)]
    struct File {
        vendor: Vec<Recipe>,
    }
    static FILE: LazyLock<Result<File, toml::de::Error>> =
        LazyLock::new(|| toml::from_str(include_str!("../../../../demo/sample/integrator.toml")));
    match &*FILE {
        Ok(file) => Ok(&file.vendor),
        Err(error) => anyhow::bail!("demo/sample/integrator.toml: {error}"),
    }
}

/// The ids of a realm's vendors at which a person signs in; none of a file that [`all`] has complained of.
pub(crate) fn pages_of(realm: &str) -> Vec<&'static str> {
    let signs_in = |grant| matches!(grant, GrantType::AuthorizationCode | GrantType::Implicit);
    let all = recipes().unwrap_or_default().iter();
    all.filter(|recipe| recipe.realm == realm && signs_in(recipe.grant)).map(|recipe| recipe.id.as_str()).collect()
}

fn accent(realm: &Realm) -> (String, Option<String>) {
    match realm.brand.accent {
        Some(accent) => (realm.id.clone(), Some(accent_rules(&realm.id, accent))),
        None => (Brand::new(realm.name.as_str(), "").accent, None),
    }
}

/// Every vendor.
///
/// # Errors
/// The files have not what a recipe needs.
pub(super) fn all(origin: &str, files: &[RealmFile]) -> anyhow::Result<Vec<Vendor>> {
    // The directory's realm is there only where slapd is.
    let is_there = |recipe: &&Recipe| recipe.realm != REALM || files.iter().any(|file| file.realm.id == REALM);
    recipes()?.iter().filter(is_there).map(|recipe| vendor(origin, files, recipe)).collect()
}

fn vendor(origin: &str, files: &[RealmFile], recipe: &'static Recipe) -> anyhow::Result<Vendor> {
    let missing = || format!("the demo's files have no {} in the realm {}", recipe.client, recipe.realm);
    let file = files.iter().find(|file| file.realm.id == recipe.realm).with_context(missing)?;
    let entry = file.clients.iter().find(|entry| entry.client.id == recipe.client).with_context(missing)?;
    let realm = &file.realm;
    let required = realm.dialect.token.audience == claviger_core::dialect::AudienceParameter::Required;
    let api_origin = realm.hosts.get("api").map_or(realm.origin(), |host| &host.origin);
    let flow = match recipe.grant {
        GrantType::Implicit => Flow::Implicit,
        GrantType::ClientCredentials => Flow::ClientCredentials,
        GrantType::Password => {
            let user = file.users.iter().find(|user| user.user.service).with_context(missing)?;
            let password = password_of(&user).with_context(missing)?;
            Flow::Password { username: user.user.username.clone(), password }
        }
        GrantType::AuthorizationCode | GrantType::RefreshToken => Flow::Code(recipe.asking),
        other => anyhow::bail!("the sample integrator does not use {}", other.word()),
    };
    debug_assert!(bearer_header(file) == recipe.header, "the guide and the dialect name the same header");
    let signs_in = matches!(flow, Flow::Code(_) | Flow::Implicit);
    Ok(Vendor {
        id: &recipe.id,
        name: realm.name.trim_end_matches(" (demo)").to_owned(),
        accent: accent(realm),
        words: &recipe.words,
        flow,
        sending: recipe.sending,
        issuer: realm.issuer.clone(),
        client_id: entry.client.id.clone(),
        secret: secret_of(file, entry),
        authorization: realm.url(Endpoint::Authorization).unwrap_or_default(),
        token: realm.url(Endpoint::Token).unwrap_or_default(),
        redirect_uri: format!("{origin}/callback/{}", recipe.id),
        scope: recipe.scope.as_deref(),
        audience: required.then(|| claviger_core::granted::default_audience(realm, &entry.client).to_owned()),
        api: format!("{api_origin}{}", recipe.api),
        bearer_header: &recipe.header,
        revocation: realm.url(Endpoint::Revocation),
        logoff: realm.url(Endpoint::Logoff),
        person: person(file).filter(|_| signs_in),
        passkeys: realm.sign_in.has_passkeys().then(|| format!("{}/account/security", realm.issuer)),
    })
}
