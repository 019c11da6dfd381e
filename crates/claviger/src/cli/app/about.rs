//! What an app says about itself, line by line.

use crate::cli::output;
use claviger_core::Client;
use claviger_store::{AskedFor, Fault, Store};

/// How many of those who asked for an app are shown.
const SHOWN: i64 = 20;

/// Who asked the operator for it while it waits for approval; nothing where nobody did.
///
/// # Errors
/// The database cannot be read.
pub(super) async fn asked_for(store: &Store, realm: &str, client: &str) -> Result<Vec<AskedFor>, Fault> {
    store.asked_for_client(realm, client, SHOWN).await
}

/// The same, a line each.
pub(super) fn asked_lines(asked: &[AskedFor]) -> String {
    let line = |one: &AskedFor| {
        let who = one.user.as_deref().unwrap_or("somebody who was not signed in");
        format!("{who}: {} times, last {}", one.times, output::time(one.last_at))
    };
    asked.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// The same, as JSON has it.
pub(super) fn asked_json(asked: &[AskedFor]) -> serde_json::Value {
    let one = |one: &AskedFor| {
        serde_json::json!({ "user": one.user, "times": one.times, "first_at": output::time(one.first_at),
            "last_at": output::time(one.last_at) })
    };
    asked.iter().map(one).collect()
}

/// What there is to say, with what it is called.
pub(super) fn pairs(client: &Client) -> Vec<(&'static str, String)> {
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
