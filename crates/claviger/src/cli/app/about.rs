//! What `claviger app show` tells of an app, line by line.

use super::{kind, protection};
use crate::cli::context::Context;
use crate::cli::output;
use crate::cli::secret;
use crate::cli::trouble::Trouble;
use claviger_core::{Client, Realm};
use claviger_server::admin::apps;
use claviger_store::{AskedFor, Fault, Store};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// How many of those who asked for an app are shown.
const SHOWN: i64 = 20;

/// Who asked for an app, as it is shown, and as the admin API tells it.
#[derive(Serialize, Deserialize)]
pub(crate) struct Asked {
    user: Option<String>,
    times: i64,
    first_at: String,
    last_at: String,
}

impl From<AskedFor> for Asked {
    fn from(one: AskedFor) -> Self {
        let (first_at, last_at) = (output::time(one.first_at), output::time(one.last_at));
        Self { user: one.user, times: one.times, first_at, last_at }
    }
}

/// What is shown of an app beside its settings.
pub(crate) struct About {
    pub(crate) secrets: Vec<secret::Listed>,
    pub(crate) last_used_at: Option<String>,
    /// The realm file that manages it.
    pub(crate) realm_file: Option<String>,
    /// Who asked the operator for it while it waits.
    pub(crate) asked_for: Vec<Asked>,
}

/// Who asked the operator for it while it waits for approval; nothing where nobody did.
///
/// # Errors
/// The database cannot be read.
pub(super) async fn asked_for(store: &Store, realm: &str, client: &str) -> Result<Vec<AskedFor>, Fault> {
    store.asked_for_client(realm, client, SHOWN).await
}

/// The same, a line each.
fn asked_lines(asked: &[Asked]) -> String {
    let line = |one: &Asked| {
        let who = one.user.as_deref().unwrap_or("somebody who was not signed in");
        format!("{who}: {} times, last {}", one.times, one.last_at)
    };
    asked.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// Prints an app: its settings, its secrets, the addresses that its developers need.
///
/// # Errors
/// It cannot be printed.
pub(crate) fn shown(context: &Context, realm: &Realm, client: &Client, about: &About) -> Result<(), Trouble> {
    let About { secrets, last_used_at, realm_file, asked_for } = about;
    let addresses = apps::addresses(realm, client);
    let shown = SHOWN.try_into().unwrap_or(usize::MAX).min(asked_for.len());
    let asked_for = asked_for.get(..shown).unwrap_or_default();
    let item = json!({
        "realm": realm.id,
        "client": client,
        "secrets": secrets,
        "last_used_at": last_used_at,
        "realm_file": realm_file,
        "asked_for": asked_for,
        "addresses": addresses.iter().map(|(name, url)| ((*name).to_owned(), url.clone().into())).collect::<Map<String, Value>>(),
    });
    let lines = |items: Vec<String>| items.join("\n");
    let or_none = |text: &Option<String>| text.clone().unwrap_or_default();
    let mut pairs = vec![
        ("client id", client.id.clone()),
        ("name", client.name.clone()),
        ("status", client.status.name().to_owned()),
        ("kind", kind(client).to_owned()),
        ("publisher", or_none(&client.publisher)),
        ("owner", or_none(&client.owner_email)),
        ("last used", or_none(last_used_at)),
        ("realm file", or_none(realm_file)),
        ("acts as", or_none(&client.acts_as)),
        ("grants", lines(client.grants.iter().map(|grant| grant.name().to_owned()).collect())),
        ("redirect URIs", lines(client.redirect_uris.iter().map(|uri| uri.as_str().to_owned()).collect())),
        ("scope", client.scope.to_string()),
        ("audiences", lines(client.audiences.clone())),
        ("legacy", lines(client.legacy.iter().map(|legacy| legacy.name().to_owned()).collect())),
    ];
    pairs.extend(client.authentication.method.map(|method| ("authentication", method.name().to_owned())));
    pairs.push(("asked for by", asked_lines(asked_for)));
    pairs.extend(limits(realm, client));
    pairs.extend(self::pairs(client));
    pairs.extend(protection::openid(realm, client));
    pairs.push(("secrets", lines(secrets.iter().map(secret::Listed::line).collect())));
    pairs.extend(addresses.iter().map(|(name, url)| (*name, url.clone())));
    context.format.one(&item, &pairs)
}

/// The limits of an app, where it has any.
fn limits(realm: &Realm, client: &Client) -> Vec<(&'static str, String)> {
    let plan = client.limits.plan.clone().map(|plan| ("plan", plan));
    let calls = realm.token_calls_per_minute(&client.limits);
    plan.into_iter().chain(calls.map(|calls| ("token calls", format!("{calls} a minute")))).collect()
}

/// What there is to say, with what it is called.
fn pairs(client: &Client) -> Vec<(&'static str, String)> {
    let said = &client.registered;
    let optional = |name, text: &Option<String>| text.clone().map(|text| (name, text));
    let listed = |name, items: &[String]| (!items.is_empty()).then(|| (name, items.join("\n")));
    let types = said.response_types.as_ref().map(|types| types.iter().map(|one| one.name()).collect::<Vec<_>>());
    let localized = said.localized.iter().map(|(name, text)| format!("{name}: {text}")).collect::<Vec<_>>();
    let vouched = if said.software_statement.is_some() { "by itself, with a software statement" } else { "by itself" };
    [
        said.self_registered.then(|| ("registered", vouched.to_owned())),
        types.map(|types| ("response types", types.join("\n"))),
        said.application_type.map(|one| ("application type", one.name().to_owned())),
        listed("contacts", &said.contacts),
        optional("home page", &said.client_uri),
        optional("privacy policy", &said.policy_uri),
        optional("terms of service", &said.tos_uri),
        optional("logo", &said.logo_uri),
        listed("in other languages", &localized),
        optional("software id", &said.software_id),
        optional("software version", &said.software_version),
        optional("sign-in begins at", &said.initiate_login_uri),
        said.default_max_age.map(|age| ("default max_age", age.to_string())),
        said.require_auth_time.then(|| ("auth_time", "required".to_owned())),
        listed("default acr_values", &said.default_acr_values),
    ]
    .into_iter()
    .flatten()
    .collect()
}
