//! What several realm files must not say together.

use super::RealmFile;
use crate::document::{Document, at};
use crate::problem::Problem;
use claviger_core::Realm;
use claviger_core::dialect::Endpoint;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// A place at which requests arrive: authority and path, both in lower case.
type Site = (String, String);

/// Checks that ids are unique and that no two realms are at one place.
pub(super) fn check(files: &[(Arc<Document>, RealmFile)], problems: &mut Vec<Problem>) {
    let mut ids: HashMap<&str, &RealmFile> = HashMap::new();
    let mut sites: HashMap<Site, usize> = HashMap::new();
    let mut clashes = HashSet::new();
    for (i, (document, file)) in files.iter().enumerate() {
        if let Some(first) = ids.insert(&file.realm.id, file) {
            let message = format!("the realm `{}` is already in {}", file.realm.id, first.file);
            problems.push(
                document.problem(at!["realm", "id"], message).with_help("each realm has a file and an id of its own"),
            );
        }
        for (site, own_path) in sites_of(&file.realm) {
            let (authority, path) = site.clone();
            let Some(other) = sites.insert(site, i).filter(|other| *other != i) else { continue };
            if !clashes.insert((other, i)) {
                continue;
            }
            let Some((_, first)) = files.get(other) else { continue };
            let (key, message) = if own_path {
                let shown = if path.is_empty() { "/" } else { &path };
                ("issuer", format!("`{authority}` with the path `{shown}` is the realm `{}` already", first.realm.id))
            } else {
                ("authorities", format!("`{authority}{path}` is an endpoint of the realm `{}` already", first.realm.id))
            };
            let help = format!("give one of them another port, host or path; the other one is in {}", first.file);
            problems.push(document.problem(at!["realm", key], message).with_help(help));
        }
    }
}

/// Every place of a realm; whether it is the issuer's own.
fn sites_of(realm: &Realm) -> Vec<(Site, bool)> {
    let base = realm.base_path();
    let mut found = vec![];
    for authority in &realm.authorities {
        found.push(((authority.clone(), base.to_ascii_lowercase()), true));
    }
    for endpoint in Endpoint::ALL {
        let place = realm.dialect.endpoints.at.get(&endpoint);
        let host = place.and_then(|place| place.host.as_deref()).and_then(|name| realm.hosts.get(name));
        let authorities = host.map_or(&realm.authorities, |host| &host.authorities);
        let paths: Vec<&str> = match place {
            Some(place) => place.paths.iter().map(String::as_str).collect(),
            None => endpoint.default_path().into_iter().collect(),
        };
        for authority in authorities {
            found.extend(
                paths.iter().map(|path| ((authority.clone(), format!("{base}{path}").to_ascii_lowercase()), false)),
            );
        }
    }
    found
}
