//! What each vendor told the integrator: addresses, credentials, and how their guide wants things sent.

use crate::demo::lines::bearer_header;
use crate::demo::manifest::{password_of, secret_of};
use crate::files::realm::RealmFile;
use anyhow::Context;
use claviger_core::client::GrantType;
use claviger_core::dialect::Endpoint;

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
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Asking {
    /// `response_type=code`.
    Plain,
    /// That, and PKCE with S256.
    Pkce,
    /// Neither: this vendor's page knows no `response_type`.
    Bare,
}

/// How id and secret are sent to the token endpoint.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Sending {
    /// In the form.
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

/// A line of [`RECIPES`].
struct Recipe {
    id: &'static str,
    realm: &'static str,
    client: &'static str,
    words: &'static str,
    grant: GrantType,
    asking: Asking,
    sending: Sending,
    scope: Option<&'static str>,
    api: &'static str,
    header: &'static str,
}

/// What is common; each vendor says how it differs.
const USUAL: Recipe = Recipe {
    id: "",
    realm: "",
    client: "",
    words: "Authorization code",
    grant: GrantType::AuthorizationCode,
    asking: Asking::Plain,
    sending: Sending::Form,
    scope: None,
    api: "",
    header: "Authorization",
};

const RECIPES: [Recipe; 10] = [
    Recipe {
        id: "audaconnect",
        realm: "audaconnect",
        client: "demo-workshop",
        scope: Some("BMS.Basic BMS.Extended"),
        api: "/AudaAPI.WebAPI/api/users/me",
        ..USUAL
    },
    Recipe {
        id: "audaconnect-implicit",
        realm: "audaconnect",
        client: "demo-tablet",
        words: "Implicit, for an app on a device",
        grant: GrantType::Implicit,
        scope: Some("BMS.Basic"),
        api: "/AudaAPI.WebAPI/api/users/me",
        ..USUAL
    },
    Recipe {
        id: "jim2",
        realm: "jim2",
        client: "TestClientId",
        words: "Client credentials, with a licence",
        grant: GrantType::ClientCredentials,
        sending: Sending::Basic,
        api: "/Jim_Test/api/items",
        ..USUAL
    },
    Recipe {
        id: "blastiq-unattended",
        realm: "blastiq",
        client: "external.customer",
        words: "Password of a service user, unattended",
        grant: GrantType::Password,
        api: "/api/sites/{site}/blasts",
        ..USUAL
    },
    Recipe {
        id: "blastiq",
        realm: "blastiq",
        client: "demo-fieldapp",
        words: "Authorization code with PKCE, attended",
        asking: Asking::Pkce,
        scope: Some("openid profile offline_access cosmos"),
        api: "/api/sites/{site}/blasts",
        ..USUAL
    },
    Recipe {
        id: "aurora-dev",
        realm: "aurora-dev",
        client: "demo-integrator-dev",
        words: "Client credentials for an audience",
        grant: GrantType::ClientCredentials,
        api: "/Accounts?orderBy=id%20asc",
        header: "Authentication",
        ..USUAL
    },
    Recipe {
        id: "aurora-live",
        realm: "aurora-live",
        client: "demo-integrator-live",
        words: "Client credentials for an audience",
        grant: GrantType::ClientCredentials,
        api: "/Accounts?orderBy=id%20asc",
        header: "Authentication",
        ..USUAL
    },
    Recipe {
        id: "billit-sandbox",
        realm: "billit-sandbox",
        client: "demo-invoicing",
        words: "Login page, then a code and JSON",
        asking: Asking::Bare,
        sending: Sending::Json,
        api: "/v1/orders",
        ..USUAL
    },
    Recipe {
        id: "billit-live",
        realm: "billit-live",
        client: "demo-invoicing",
        words: "Login page, then a code and JSON",
        asking: Asking::Bare,
        sending: Sending::Json,
        api: "/v1/orders",
        ..USUAL
    },
    Recipe {
        id: "standard",
        realm: "standard",
        client: "demo-web",
        words: "Authorization code with PKCE",
        asking: Asking::Pkce,
        sending: Sending::Basic,
        scope: Some("openid profile offline_access notes:read"),
        api: "/api/orders",
        ..USUAL
    },
];

/// The ids of a realm's vendors at which a person signs in.
pub(in crate::demo) fn pages_of(realm: &str) -> Vec<&'static str> {
    let signs_in = |grant| matches!(grant, GrantType::AuthorizationCode | GrantType::Implicit);
    RECIPES.iter().filter(|recipe| recipe.realm == realm && signs_in(recipe.grant)).map(|recipe| recipe.id).collect()
}

/// Every vendor.
///
/// # Errors
/// The files have not what a recipe needs.
pub(super) fn all(origin: &str, files: &[RealmFile]) -> anyhow::Result<Vec<Vendor>> {
    RECIPES.iter().map(|recipe| vendor(origin, files, recipe)).collect()
}

fn vendor(origin: &str, files: &[RealmFile], recipe: &Recipe) -> anyhow::Result<Vendor> {
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
            let password = password_of(user).with_context(missing)?;
            Flow::Password { username: user.user.username.clone(), password }
        }
        GrantType::AuthorizationCode | GrantType::RefreshToken => Flow::Code(recipe.asking),
    };
    debug_assert!(bearer_header(file) == recipe.header, "the guide and the dialect name the same header");
    let signs_in = matches!(flow, Flow::Code(_) | Flow::Implicit);
    Ok(Vendor {
        id: recipe.id,
        name: realm.name.trim_end_matches(" (demo)").to_owned(),
        words: recipe.words,
        flow,
        sending: recipe.sending,
        issuer: realm.issuer.clone(),
        client_id: entry.client.id.clone(),
        secret: secret_of(file, entry),
        authorization: realm.url(Endpoint::Authorization).unwrap_or_default(),
        token: realm.url(Endpoint::Token).unwrap_or_default(),
        redirect_uri: format!("{origin}/callback/{}", recipe.id),
        scope: recipe.scope,
        audience: required.then(|| claviger_core::granted::default_audience(realm, &entry.client).to_owned()),
        api: format!("{api_origin}{}", recipe.api),
        bearer_header: recipe.header,
        revocation: realm.url(Endpoint::Revocation),
        logoff: realm.url(Endpoint::Logoff),
        person: crate::demo::lines::person(file).filter(|_| signs_in),
    })
}
