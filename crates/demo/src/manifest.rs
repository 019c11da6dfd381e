//! What tools are told of a running demo: a JSON file with every address, client and user.

use crate::{directory, login_app};
use anyhow::Context;
use claviger_core::Realm;
use claviger_core::client::GrantType;
use claviger_core::dialect::Endpoint;
use claviger_files::realm::{FileUser, Password, RealmFile};
use serde_json::{Map, Value, json};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// A route of a sample API.
#[derive(Debug, Clone)]
pub(super) struct Route {
    /// What it shows, in a word.
    pub(super) name: &'static str,
    /// Its method.
    pub(super) method: &'static str,
    /// Its whole URL.
    pub(super) url: String,
    /// A token that stands for an app opens it as well.
    pub(super) for_apps: bool,
}

/// The document.
pub(super) fn document(realms: &[(&RealmFile, Vec<Route>)], integrator: &str, mails: &Path) -> Value {
    let realms: Map<String, Value> =
        realms.iter().map(|(file, routes)| (file.realm.id.clone(), realm(file, routes))).collect();
    json!({ "realms": realms, "integrator": integrator, "mails": mails })
}

fn realm(file: &RealmFile, routes: &[Route]) -> Value {
    let realm = &file.realm;
    let endpoints: Map<String, Value> = Endpoint::ALL
        .into_iter()
        .filter_map(|endpoint| Some((endpoint.name().replace('-', "_"), realm.url(endpoint)?.into())))
        .collect();
    let hosts: Map<String, Value> =
        realm.hosts.iter().map(|(name, host)| (name.clone(), host.origin.clone().into())).collect();
    let apis: Vec<Value> =
        routes.iter().map(|route| json!({ "name": route.name, "url": route.url, "method": route.method })).collect();
    let clients: Vec<Value> = file.clients.iter().map(|entry| client(file, entry)).collect();
    let users: Vec<Value> = file
        .users
        .iter()
        .map(|entry| {
            json!({
                "username": entry.user.username,
                "password": password_of(&entry),
                "name": entry.user.name,
                "service": entry.user.service,
                "organisations": entry.user.organisations,
            })
        })
        .collect();
    json!({
        "name": realm.name,
        "issuer": realm.issuer,
        "hosts": hosts,
        "admin_api": realm.admin_api(),
        "console": realm.console(),
        "portal": portal(realm),
        "endpoints": endpoints,
        "apis": apis,
        "clients": clients,
        "users": users,
        "person": person(file).map(|(username, password)| json!({ "username": username, "password": password })),
    })
}

/// The address of the partners' portal, where the realm has one.
pub(super) fn portal(realm: &Realm) -> Option<String> {
    realm.portal.as_ref().map(|_| format!("{}/portal", realm.base()))
}

fn client(file: &RealmFile, entry: &claviger_files::realm::FileClient) -> Value {
    let client = &entry.client;
    json!({
        "id": client.id,
        "secret": secret_of(file, entry),
        "redirect_uris": client.redirect_uris.iter().map(claviger_core::redirect::RedirectUri::as_str).collect::<Vec<_>>(),
        "grants": client.grants,
        "scopes": client.scope.iter().collect::<Vec<_>>(),
        "audiences": client.audiences,
        "kind": client.kind,
        "acts_as": client.acts_as,
        "resource_server": client.resource_server,
    })
}

/// A client's secret as its integrator has it: its own, or the password of the user that it stands for.
pub(super) fn secret_of(file: &RealmFile, entry: &claviger_files::realm::FileClient) -> Option<String> {
    if entry.client.secret_is_password {
        let name = entry.client.acts_as.as_deref()?;
        let user = file.users.iter().find(|user| user.user.username.eq_ignore_ascii_case(name))?;
        return password_of(&user);
    }
    entry.secret.as_ref().map(|secret| secret.expose().to_owned())
}

/// A user's password, where the file has it in plain.
pub(super) fn password_of(user: &FileUser) -> Option<String> {
    match &user.password {
        Some(Password::Plain(plain)) => Some(plain.expose().to_owned()),
        Some(Password::Hash(_)) | None => None,
    }
}

/// A person who signs in on a page: one of the file, or one whom only the vendor's own pages or its directory know.
pub(super) fn person(file: &RealmFile) -> Option<(String, String)> {
    let elsewhere = match file.realm.id.as_str() {
        login_app::REALM => Some(login_app::PERSON),
        directory::REALM => Some(directory::PERSON),
        _ => None,
    };
    if let Some((username, password)) = elsewhere {
        return Some((username.to_owned(), password.to_owned()));
    }
    let people =
        file.users.iter().filter(|entry| !entry.user.service && !entry.user.administrator && !entry.user.disabled);
    let has_code = file.clients.iter().any(|entry| entry.client.may(GrantType::AuthorizationCode));
    people.filter(|_| has_code).find_map(|entry| Some((entry.user.username.clone(), password_of(&entry)?)))
}

/// The header in which this vendor's guide puts the token.
pub(super) fn bearer_header(file: &RealmFile) -> &str {
    file.realm.dialect.api.bearer_headers.last().map_or("Authorization", String::as_str)
}

/// Writes it so that a reader finds the file whole, and only its owner can read it.
///
/// # Errors
/// The folder cannot be written.
pub(super) fn write(path: &Path, document: &Value) -> anyhow::Result<()> {
    let mut draft = path.as_os_str().to_owned();
    draft.push(format!(".{}", std::process::id()));
    let draft = std::path::PathBuf::from(draft);
    let text = format!("{document:#}\n");
    let written = std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&draft)
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .and_then(|()| std::fs::rename(&draft, path));
    if written.is_err() {
        let _ = std::fs::remove_file(&draft);
    }
    written.with_context(|| format!("cannot write the manifest {}", path.display()))
}
