//! What an admin realm says: which realms it administers, and where its API and its console are.

use super::check::Check;
use super::entries::RealmDocument;
use crate::tree::Step;
use claviger_core::dialect::Endpoint;
use claviger_core::realm::{EVERY_REALM, complete_admin_realm};

/// What every realm has below its issuer's path.
const TAKEN: [&str; 3] = ["/-", "/account", "/.well-known"];

/// Gives an admin realm its API and a scope for each permission, where it does not declare them itself.
pub(super) fn complete(raw: &mut RealmDocument) {
    let Some(administration) = &raw.administration else { return };
    let base = raw.realm.issuer.strip_suffix('/').unwrap_or(&raw.realm.issuer);
    let audience = format!("{base}{}", administration.api_path);
    complete_admin_realm(&audience, &mut raw.api, &mut raw.scope);
}

fn at(key: &str) -> [Step<'_>; 2] {
    ["administration".into(), key.into()]
}

impl Check<'_> {
    pub(super) fn administration(&mut self) {
        let Some(administration) = self.raw.administration.clone() else { return };
        if administration.realms.is_empty() {
            let help = "name them, or write realms = [\"*\"] for all".to_owned();
            self.say(&at("realms"), "it would administer nothing: the list is empty", Some(help));
        }
        for (i, id) in administration.realms.iter().enumerate() {
            if id != EVERY_REALM && !crate::is_name(id) {
                let place = ["administration".into(), "realms".into(), i.into()];
                self.say(&place, "a realm's id is 1 to 40 of a-z, 0-9 and -; * is all realms", None);
            }
        }
        let paths = [("api-path", administration.api_path), ("console-path", administration.console_path)];
        let mut taken: Vec<String> = TAKEN.map(str::to_owned).to_vec();
        taken.extend(self.endpoints());
        for (key, path) in paths {
            if !is_path(&path) {
                let help = Some("like \"/admin/v1\"".to_owned());
                self.say(&at(key), "a path begins with / and has no /, . or .. at its end or between", help);
            } else if let Some(other) = taken.iter().find(|other| is_within(&path, other) || is_within(other, &path)) {
                let message = format!("`{path}` would be in the way of `{other}`");
                self.say(&at(key), message, Some("give it a path of its own".to_owned()));
            }
            taken.push(path);
        }
    }

    /// The paths of the protocol's endpoints, below the issuer's own.
    fn endpoints(&self) -> Vec<String> {
        let paths = Endpoint::ALL.into_iter().flat_map(|endpoint| match self.dialect.endpoints.at.get(&endpoint) {
            Some(place) => place.paths.clone(),
            None => endpoint.default_path().into_iter().map(str::to_owned).collect(),
        });
        paths.collect()
    }
}

/// Whether a text is an absolute path that no browser would read otherwise.
fn is_path(text: &str) -> bool {
    let Some(rest) = text.strip_prefix('/') else { return false };
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    rest.split('/').all(|part| !part.is_empty() && part != "." && part != ".." && part.bytes().all(is_plain))
}

/// Whether a path is another one, or below it, in whatever case.
fn is_within(path: &str, other: &str) -> bool {
    let (path, other) = (path.to_ascii_lowercase(), other.to_ascii_lowercase());
    path.strip_prefix(&other).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
