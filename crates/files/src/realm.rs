//! Realm files: read together, so that what one says can be checked against the others.
//!
//! A file holds one realm: `[realm]`, `[brand]`, `[tokens]`, `[sessions]`, `[administration]`, and lists of `[[api]]`, `[[scope]]`, `[[claim]]`,
//! `[[seat-pool]]`, `[[assertion-issuer]]`, `[[plan]]`, `[[organisation]]`, `[[user]]` and `[[client]]`. `${name}` in a text is replaced by a variable's value.

mod administration;
mod assertions;
mod brand;
mod check;
mod claims;
mod clients;
mod entries;
mod identity_providers;
mod limits;
mod login_app;
mod policy;
mod portal;
mod registration;
mod set;
mod sign_in;
mod source_entries;
mod sources;
mod url;
mod users;
pub mod written;

pub use brand::{LARGEST_PICTURE, drawn_logo, wrong_part};

use super::dialect::Dialects;
use super::document::{Document, at};
use super::problem::{MOST, Problem, Problems, Source, did_you_mean};
use super::secret::read_secret;
use super::tree::Variables;
use claviger_core::Dialect;
use claviger_core::authority::without_default_port;
use claviger_core::claim_rule::ClaimPolicy;
use claviger_core::client::Client;
use claviger_core::jose::MacKey;
use claviger_core::mutual_tls::MutualTls;
use claviger_core::realm::{Host, Realm};
use claviger_core::text::shortened;
use claviger_core::token::Plain;
use claviger_core::user::{Organisation, User};
use entries::{ClientEntry, RealmDocument, UserList};
pub use sources::RealmSecrets;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
pub use users::FileUsers;

/// What one realm file says, checked.
#[derive(Debug, Clone)]
pub struct RealmFile {
    /// The file's name as it was given.
    pub file: String,
    /// The realm.
    pub realm: Realm,
    /// Its companies or sites.
    pub organisations: Vec<Organisation>,
    /// Its users.
    pub users: FileUsers,
    /// Its clients.
    pub clients: Vec<FileClient>,
    /// The realm's own secrets.
    pub secrets: RealmSecrets,
}

/// A user as a file describes them.
#[derive(Debug, Clone)]
pub struct FileUser {
    /// The user. The id is empty where the file leaves it out: it is then made when the user is.
    pub user: User,
    /// Their password; `None`: the one they have stays.
    pub password: Option<Password>,
}

/// A password in a file.
#[derive(Debug, Clone)]
pub enum Password {
    /// In plain, to be hashed.
    Plain(Plain),
    /// An Argon2id PHC string.
    Hash(String),
}

/// A client as a file describes it.
#[derive(Debug, Clone)]
pub struct FileClient {
    /// The client. `acts_as` is a username here.
    pub client: Client,
    /// Its secret; `None` for a confidential client: one is made when it has none.
    pub secret: Option<Plain>,
}

impl FileClient {
    /// Whether a secret of its own belongs to it.
    pub fn needs_secret(&self) -> bool {
        self.client.has_own_secret()
    }
}

/// Reads realm files and the `*.toml` of folders, all together.
///
/// # Errors
/// Everything that is wrong with any of them.
pub fn read(paths: &[PathBuf], dialects: &Dialects, variables: &Variables) -> Result<Vec<RealmFile>, Problems> {
    let (texts, mut problems) = found(paths);
    match parse_each(texts.into_iter(), dialects, variables) {
        Ok(files) if problems.is_empty() => Ok(files),
        Ok(_) => Err(Problems(problems)),
        Err(found) => {
            problems.extend(found.0);
            Err(Problems(problems))
        }
    }
}

/// The same files as they are: name and content of each.
///
/// # Errors
/// What cannot be read.
pub fn contents(paths: &[PathBuf]) -> Result<Vec<(PathBuf, Vec<u8>)>, Problems> {
    let (texts, problems) = found(paths);
    if problems.is_empty() { Ok(texts) } else { Err(Problems(problems)) }
}

fn found(paths: &[PathBuf]) -> (Vec<(PathBuf, Vec<u8>)>, Vec<Problem>) {
    let mut problems = vec![];
    let mut files = vec![];
    for path in paths {
        if path.is_dir() {
            match super::toml_files(path) {
                Ok(found) if found.is_empty() => {
                    problems.push(Problem::with_file(&path.display().to_string(), "there is no *.toml in this folder"));
                }
                Ok(found) => files.extend(found),
                Err(found) => problems.extend(found.0),
            }
        } else {
            files.push(path.clone());
        }
    }
    let mut texts = vec![];
    for file in files {
        match std::fs::read(&file) {
            Ok(content) => texts.push((file, content)),
            Err(error) => {
                problems.push(Problem::with_file(&file.display().to_string(), format!("cannot be read: {error}")));
            }
        }
    }
    (texts, problems)
}

/// The keys with which a realm file names other files, in the order in which they stand: whoever takes a file from somewhere else lets
/// it name none. A text that is no TOML names none here, and is refused where it is read.
pub fn files_named(text: &str) -> Vec<String> {
    let Ok(table) = text.parse::<toml::Table>() else { return Vec::new() };
    let mut found = Vec::new();
    let logo = table.get("brand").and_then(|brand| brand.get("logo"));
    let logo = logo.filter(|logo| !logo.as_str().is_some_and(brand::is_drawn_address));
    found.extend(logo.map(|_| "logo".to_owned()));
    named_in(&toml::Value::Table(table), &mut found);
    found
}

fn named_in(value: &toml::Value, found: &mut Vec<String>) {
    match value {
        toml::Value::Table(members) => {
            for (key, value) in members {
                if key.ends_with("-file") || key.ends_with("_file") {
                    found.push(key.clone());
                }
                named_in(value, found);
            }
        }
        toml::Value::Array(items) => items.iter().for_each(|item| named_in(item, found)),
        _ => {}
    }
}

/// Reads the contents of realm files. A `password-file` or `secret-file` is looked for beside its realm file.
///
/// # Errors
/// Everything that is wrong with any of them.
pub fn parse(files: &[(&Path, &[u8])], dialects: &Dialects, variables: &Variables) -> Result<Vec<RealmFile>, Problems> {
    parse_each(files.iter().map(|(path, content)| (path, content.to_vec())), dialects, variables)
}

/// As [`parse`], without a copy of the contents.
fn parse_each<P: AsRef<Path>>(
    files: impl Iterator<Item = (P, Vec<u8>)>,
    dialects: &Dialects,
    variables: &Variables,
) -> Result<Vec<RealmFile>, Problems> {
    let mut problems = vec![];
    let mut good = vec![];
    for (path, content) in files {
        let path = path.as_ref();
        let Some((document, raw)) = read_one(path, content, variables, &mut problems) else { continue };
        let Some(dialect) = dialects.named(&raw.realm.dialect) else {
            let message = format!("there is no dialect `{}`", raw.realm.dialect);
            let hint = did_you_mean(&raw.realm.dialect, dialects.names());
            problems.push(document.problem(at!["realm", "dialect"], message).with_hint(hint));
            continue;
        };
        let before = problems.len();
        let realm = realm_of(&raw, dialect);
        let mut check = check::Check::new(&document, &raw, dialect, &realm, &mut problems);
        let clients = check.all();
        let password_files = std::mem::take(&mut check.password_files);
        let folder = path.parent().unwrap_or(Path::new(""));
        let file = build(&document, raw, realm, (clients, password_files), folder, &mut problems);
        // A realm that is wrong in itself would be wrong in the set once more.
        if problems.len() == before {
            good.push((document, file));
        }
    }
    set::check(&good, &mut problems);
    if problems.is_empty() { Ok(good.into_iter().map(|(_, file)| file).collect()) } else { Err(Problems(problems)) }
}

/// A file as its entries; `None` when something was wrong, in the order of its lines.
fn read_one(
    path: &Path,
    content: Vec<u8>,
    variables: &Variables,
    problems: &mut Vec<Problem>,
) -> Option<(Arc<Document>, RealmDocument)> {
    let before = problems.len();
    let source = Source::owning(&path.display().to_string(), content).map_err(|problem| problems.push(problem)).ok()?;
    let document = Document::with_long_list(source, "user", variables, problems)?;
    let raw = document.decode::<RealmDocument>(problems);
    document.try_pieces::<UserList>(problems);
    if let Some(found) = problems.get_mut(before..).filter(|found| !found.is_empty()) {
        found.sort_by_key(|problem| problem.place.as_ref().map(|place| (place.line, place.column)));
        problems.truncate(before + MOST);
        return None;
    }
    let mut raw = raw?;
    administration::complete(&mut raw);
    Some((Arc::new(document), raw))
}

/// Requests arrive where certificates are asked for as well.
fn at_mtls(mut authorities: Vec<String>, mtls: &MutualTls) -> Vec<String> {
    if let Some(authority) = &mtls.authority {
        let authority = without_default_port(authority, true).to_owned();
        if !authorities.contains(&authority) {
            authorities.push(authority);
        }
    }
    authorities
}

fn realm_of(raw: &RealmDocument, dialect: &Dialect) -> Realm {
    // Requests are looked up by the authority without its scheme's usual port.
    let usual = |authorities: &[String], url: &str| -> Vec<String> {
        let https = url.starts_with("https://");
        authorities.iter().map(|authority| without_default_port(authority, https).to_owned()).collect()
    };
    let hosts = raw.realm.hosts.iter().map(|(name, host)| {
        let authorities = usual(&host.authorities, &host.origin);
        (name.clone(), Host { authorities, ..host.clone() })
    });
    Realm {
        id: raw.realm.id.clone(),
        name: raw.realm.name.clone(),
        issuer: raw.realm.issuer.clone(),
        authorities: at_mtls(usual(&raw.realm.authorities, &raw.realm.issuer), &raw.mtls),
        hosts: hosts.collect(),
        languages: raw.realm.languages.clone(),
        brand: raw.brand.brand(),
        dialect: dialect.clone(),
        apis: raw.api.clone(),
        scopes: raw.scope.clone(),
        seat_pools: raw.seat_pool.clone(),
        tokens: raw.tokens.clone(),
        sessions: raw.sessions.clone(),
        requests: raw.requests.clone(),
        mtls: raw.mtls.clone(),
        registration: raw.registration.clone(),
        claims: ClaimPolicy { locales: raw.realm.claims_locales.clone(), rules: raw.claim.clone() },
        dpop: raw.dpop.clone(),
        profile: raw.realm.profile,
        assertion_issuers: raw.assertion_issuer.clone(),
        user_check: raw.user_check.as_ref().map(|entry| Box::new(entry.user_check())),
        directory: raw.directory.as_ref().map(|entry| Box::new(entry.directory())),
        sign_in: raw.sign_in.clone(),
        account: raw.account.clone(),
        guide: raw.guide.clone(),
        login_app: raw.login_app.clone(),
        administration: raw.administration.clone(),
        portal: raw.portal.clone().map(Box::new),
        identity_providers: raw.identity_provider.clone(),
        limits: raw.limits.clone(),
        agents: raw.agents.clone(),
        ciba: raw.ciba.clone(),
        plans: raw.plan.clone(),
    }
}

/// `clients`: one for each entry, where it is good; and the users whose passwords are in files of their own.
fn build(
    document: &Arc<Document>,
    raw: RealmDocument,
    mut realm: Realm,
    (clients, password_files): (Vec<Option<Client>>, Vec<(usize, String)>),
    folder: &Path,
    problems: &mut Vec<Problem>,
) -> RealmFile {
    if let Some(name) = &raw.brand.logo {
        match brand::logo(folder, name) {
            Ok(logo) => realm.brand.logo = Some(logo),
            Err(reason) => {
                problems.push(document.problem(at!["brand", "logo"], format!("`{}` {reason}", shortened(name, 60))));
            }
        }
    }
    let secrets = sources::read(document, &raw, &mut realm, folder, problems);
    let mut secret_file = |list: &str, i: usize, key: &str, name: &str| match read_secret(&folder.join(name)) {
        Ok(secret) => Some(secret),
        Err(reason) => {
            problems.push(document.problem(at![list, i, key], format!("`{name}` {reason}")));
            None
        }
    };
    let passwords = password_files
        .iter()
        .filter_map(|(i, name)| secret_file("user", *i, "password-file", name).map(|password| (*i, password)));
    let passwords: HashMap<usize, Plain> = passwords.collect();
    let users = FileUsers::new(Arc::clone(document), raw.user, passwords);
    let mut short_secrets = vec![];
    let client = |(i, (entry, client)): (usize, (ClientEntry, Option<Client>))| {
        let secret = match (&entry.secret, &entry.secret_file) {
            (Some(secret), _) => Some(secret.0.clone()),
            (None, Some(name)) => secret_file("client", i, "secret-file", name),
            (None, None) => None,
        };
        let is_short = |secret: &Plain| secret.expose().len() < MacKey::SHORTEST;
        if client.as_ref().is_some_and(Client::needs_sealed_secret) && secret.as_ref().is_some_and(is_short) {
            let short = "client_secret_jwt signs with the secret: it has 32 characters at least";
            short_secrets.push(document.problem(at!["client", i, "secret-file"], short));
        }
        client.map(|client| FileClient { client, secret })
    };
    let clients = raw.client.into_iter().zip(clients).enumerate().filter_map(client).collect();
    problems.extend(short_secrets);
    RealmFile { file: document.name().to_owned(), realm, organisations: raw.organisation, users, clients, secrets }
}

#[cfg(test)]
mod tests;
