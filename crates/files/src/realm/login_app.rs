//! Where the vendor's own pages are, and by what their app is known.

use super::check::Check;
use super::url;
use crate::tree::Step;

/// The hex digits of a SHA-256.
const DIGITS: usize = 64;

fn at(key: &str) -> [Step<'_>; 2] {
    ["login-app".into(), key.into()]
}

impl Check<'_> {
    pub(super) fn login_app(&mut self) {
        let Some(app) = self.raw.login_app.clone() else { return };
        let logout = app.logout_url.as_deref();
        let pages =
            [("login-url", Some(&*app.login_url)), ("consent-url", Some(&*app.consent_url)), ("logout-url", logout)];
        for (key, address) in pages {
            self.page(key, address);
        }
        for (i, digest) in app.token_sha256.iter().enumerate() {
            if digest.len() != DIGITS || !digest.bytes().all(|byte| byte.is_ascii_hexdigit()) {
                let help = "make a token, and write what `printf %s \"$TOKEN\" | sha256sum` prints".to_owned();
                let place = ["login-app".into(), "token-sha256".into(), i.into()];
                self.say(&place, "this is no SHA-256 in hex", Some(help));
            }
        }
        if app.token_sha256.is_empty() && !app.trust_network {
            let help =
                "add token-sha256; or trust-network = true, where nobody but the app reaches the management address";
            self.say(&at("token-sha256"), "nobody could answer for the pages: the app has no token", Some(help.into()));
        }
        for (i, id) in app.organisations.iter().enumerate() {
            if !self.known.organisations.contains(id.as_str()) {
                let known: Vec<&str> = self.known.organisations.iter().copied().collect();
                let place = ["login-app".into(), "organisations".into(), i.into()];
                self.unknown(&place, "organisation", id, known);
            }
        }
    }

    /// An address to which browsers are sent; a query may stand in it.
    fn page(&mut self, key: &'static str, address: Option<&str>) {
        let Some(address) = address else { return };
        let graphic = address.bytes().all(|byte| byte.is_ascii_graphic());
        let (origin, _) = address.split_once('?').unwrap_or((address, ""));
        match url::parse(origin.trim_end_matches('/')) {
            _ if !graphic || address.contains('#') => {
                self.say(&at(key), "a page's address is printable ASCII without a fragment", None);
            }
            Err((message, help)) => self.say(&at(key), message, help),
            Ok(parts) if !parts.https && !parts.is_loopback() && !self.dialect.endpoints.plain_http => {
                self.say(&at(key), "a page is at http:// on this machine only", Some("use https://".into()));
            }
            Ok(_) => {}
        }
    }
}
