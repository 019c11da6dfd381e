//! What the demo prints: for each realm, lines that work when they are pasted.

use super::manifest::{Route, bearer_header, password_of, person, portal, secret_of};
use claviger_core::client::GrantType;
use claviger_core::dialect::{AudienceParameter, Endpoint, Legacy};
use claviger_files::realm::{FileClient, RealmFile};
use std::fmt::Write;
use std::path::Path;

/// All lines: the integrator's address, then each realm. What is not to be pasted begins with `#`, as a shell's comment.
pub(super) fn all(realms: &[(&RealmFile, Vec<Route>)], integrator: &str, mails: &Path) -> String {
    let mut out = format!("# The sample integrator, in a browser\n{integrator}/\n");
    let _ = writeln!(out, "# Mails, a file each: {}", mails.display());
    for (file, routes) in realms {
        of_realm(&mut out, file, routes, integrator);
    }
    out
}

fn of_realm(out: &mut String, file: &RealmFile, routes: &[Route], integrator: &str) {
    let realm = &file.realm;
    let _ = writeln!(out, "\n# {}: {}", realm.name, realm.issuer);
    let asks = [GrantType::ClientCredentials, GrantType::Password];
    for grant in asks {
        let Some(client) = client_for(file, grant) else { continue };
        let Some(curl) = token_line(file, client, grant) else { continue };
        let _ = writeln!(out, "{curl}");
        if let Some(route) = routes.iter().find(|route| route.method == "GET" && route.for_apps) {
            let url = url_of(route, file, grant);
            let headers = bearer_header(file);
            let token = r#"sed 's/.*"access_token":"\([^"]*\)".*/\1/'"#;
            let _ = writeln!(out, r#"curl -s -H "{headers}: Bearer $({curl} | {token})" {}"#, quoted(&url));
        }
        if let Some(api) = realm.admin_api() {
            let token = r#"sed 's/.*"access_token":"\([^"]*\)".*/\1/'"#;
            let _ = writeln!(out, r#"curl -s -H "Authorization: Bearer $({curl} | {token})" {api}/realms"#);
        }
        break;
    }
    if realm.id == super::mcp::REALM {
        let _ = writeln!(out, "# an assistant is told of it with\n#   {}", super::mcp::line(file));
    }
    if let Some(console) = realm.console() {
        let _ = writeln!(out, "# in a browser, as {}\n{console}", super::administrators::PEOPLE);
    }
    if let Some(portal) = portal(realm) {
        let _ = writeln!(
            out,
            "# in a browser, as {} or with an account that you make there\n{portal}",
            super::partners::PERSON
        );
    }
    if let Some(person) = person(file) {
        let _ = writeln!(out, "# in a browser, signing in as {} / {}", person.0, person.1);
        for page in super::integrator::pages_of(&realm.id) {
            let _ = writeln!(out, "{integrator}/connect/{page}");
        }
    }
}

/// The client to show a grant with: one that the file gives a secret, or a public one where the grant is the password.
fn client_for(file: &RealmFile, grant: GrantType) -> Option<&FileClient> {
    let usable = |entry: &&FileClient| {
        let client = &entry.client;
        client.may(grant)
            && client.resource_server.is_none()
            && (!client.is_confidential() || secret_of(file, entry).is_some())
    };
    file.clients.iter().find(usable)
}

/// The curl line that gets a token.
fn token_line(file: &RealmFile, entry: &FileClient, grant: GrantType) -> Option<String> {
    let realm = &file.realm;
    let client = &entry.client;
    let url = realm.url(Endpoint::Token)?;
    let mut line = "curl -s".to_owned();
    let mut field = |name: &str, value: &str| {
        let plain = value.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~:/".contains(&b));
        let option = if plain { "-d" } else { "--data-urlencode" };
        let _ = write!(line, " {option} {}", quoted(&format!("{name}={value}")));
    };
    field("grant_type", grant.name());
    if grant == GrantType::Password {
        let user = file.users.iter().find(|user| user.user.service)?;
        field("username", &user.user.username);
        field("password", &password_of(&user)?);
    }
    if realm.dialect.token.audience == AudienceParameter::Required {
        field("audience", claviger_core::granted::default_audience(realm, client));
    }
    if let Some(scope) = seatless_scope(file, client) {
        field("scope", scope);
    }
    match secret_of(file, entry) {
        // Raw Basic is what curl sends; where a client does not have it, both go into the body.
        Some(secret) if client.has(Legacy::RawBasic) => {
            let _ = write!(line, " -u {}", quoted(&format!("{}:{secret}", client.id)));
        }
        Some(secret) => {
            field("client_id", &client.id);
            field("client_secret", &secret);
        }
        None => field("client_id", &client.id),
    }
    let _ = write!(line, " {}", quoted(&url));
    Some(line)
}

/// Where the default scope takes a licence: one that takes none, so that the line works however often it is pasted.
fn seatless_scope<'a>(file: &RealmFile, client: &'a claviger_core::Client) -> Option<&'a str> {
    let takes = |name: &str| file.realm.scope(name).is_some_and(|scope| scope.seat.is_some());
    let default = file.realm.dialect.token.default_scope.as_deref()?;
    if !default.split(' ').any(takes) {
        return None;
    }
    client.scope.iter().find(|name| !takes(name))
}

/// A route's URL with the site of the service user in it.
fn url_of(route: &Route, file: &RealmFile, grant: GrantType) -> String {
    let service = grant == GrantType::Password;
    let user = file.users.iter().find(|entry| entry.user.service == service);
    let site = user.and_then(|entry| entry.user.organisations.first().cloned()).unwrap_or_default();
    route.url.replace("{site}", &site)
}

/// A shell word.
fn quoted(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~:/=@%".contains(&b);
    if !text.is_empty() && text.bytes().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn words_survive_the_shell() {
        assert_eq!(quoted("a=b:c/d"), "a=b:c/d");
        assert_eq!(quoted("a b"), "'a b'");
        assert_eq!(quoted("it's"), r"'it'\''s'");
        assert_eq!(quoted("http://h/A?x=1&y"), "'http://h/A?x=1&y'");
        assert_eq!(quoted(""), "''");
    }
}
