//! What a client says about itself: addresses that pages can show, texts of a length, response types that its grants have.

use super::requests::is_reachable;
use super::{Facts, Problem};
use crate::client::{ApplicationType, GrantType, Registered};
use crate::redirect::RedirectUri;
use crate::user::is_mail_address;

/// Longest other text, in bytes.
const LONGEST_TEXT: usize = 200;
/// Longest `max_age` that anybody means: ten years, in seconds.
const LONGEST_AGE: u32 = 315_360_000;
/// More contacts, `acr` values or languages than a client needs.
const MOST: usize = 20;

/// The members that may come in several languages (RFC 7591 2.2).
pub const LOCALIZED: [&str; 5] = ["client_name", "client_uri", "policy_uri", "tos_uri", "logo_uri"];

/// What is wrong with a part of it.
type Wrong = Option<Problem>;

impl Facts<'_> {
    pub(super) fn registered(self) -> Vec<Problem> {
        let said = &self.asked.registered;
        let addresses = [
            ("client-uri", &said.client_uri),
            ("policy-uri", &said.policy_uri),
            ("tos-uri", &said.tos_uri),
            ("logo-uri", &said.logo_uri),
            ("initiate-login-uri", &said.initiate_login_uri),
        ];
        let texts = [("software-id", &said.software_id), ("software-version", &said.software_version)];
        let mut wrong = Vec::new();
        wrong.extend(addresses.into_iter().filter_map(|(key, uri)| self.address(key, uri.as_deref()?)));
        wrong.extend(texts.into_iter().filter_map(|(key, text)| short(key, text.as_deref()?)));
        wrong.extend(said.contacts.iter().enumerate().filter_map(contact));
        wrong.extend(said.localized.iter().filter_map(|(name, text)| self.localized(name, text)));
        wrong.extend(bounded(said));
        wrong.extend(self.response_types());
        wrong.extend(self.application_type());
        wrong
    }

    /// A page that people are led to.
    fn address(self, key: &'static str, uri: &str) -> Wrong {
        (!is_reachable(uri, self.realm.requests.loopback))
            .then(|| told(key, format!("`{}` is not an https:// address", crate::text::shortened(uri, 60))))
    }

    fn localized(self, name: &str, text: &str) -> Wrong {
        let key = "localized";
        let Some((member, tag)) = name.split_once('#') else {
            return Some(told(key, "a member's name, `#` and a language: client_name#de".to_owned()));
        };
        let tag_is_good = (1..=35).contains(&tag.len())
            && tag
                .split('-')
                .all(|part| (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric()));
        if !LOCALIZED.contains(&member) || !tag_is_good {
            return Some(told(key, format!("one of {}, `#` and a language", LOCALIZED.join(", "))));
        }
        if member == "client_name" {
            let good = (1..=100).contains(&text.trim().chars().count()) && crate::text::is_name(text);
            return (!good).then(|| told(key, "a client's name is 1 to 100 printable characters".to_owned()));
        }
        self.address(key, text)
    }

    /// Each needs its grants (OpenID Connect Dynamic Registration 1.0 2).
    fn response_types(self) -> Wrong {
        let types = self.asked.registered.response_types.as_ref()?;
        if types.is_empty() {
            return Some(told("response-types", "a client that has no response types leaves them out".to_owned()));
        }
        let lacks = |grant, needed: bool| needed && !self.may(grant);
        let lacking = types.iter().find_map(|one| {
            if lacks(GrantType::AuthorizationCode, one.code) {
                return Some((one, GrantType::AuthorizationCode));
            }
            lacks(GrantType::Implicit, one.has_token()).then_some((one, GrantType::Implicit))
        });
        lacking.map(|(one, grant)| told("response-types", format!("`{one}` needs the grant {}", grant.name())))
    }

    /// A client on a server has addresses of the web; one that gets tokens from the browser never has them on this machine.
    fn application_type(self) -> Wrong {
        if self.asked.registered.application_type != Some(ApplicationType::Web) {
            return None;
        }
        let schemes = &self.realm.registration.private_schemes;
        let parsed = |uri: &String| RedirectUri::parse_with(uri, schemes).ok();
        let implicit = self.may(GrantType::Implicit);
        let wrong = self.asked.redirect_uris.iter().find(|uri| {
            let is_web = uri.starts_with("https://") || uri.starts_with("http://");
            let is_here = uri.starts_with("http://") || has_local_host(uri);
            parsed(uri).is_some() && (!is_web || implicit && is_here)
        })?;
        let why = if implicit {
            "has https:// redirect URIs whose host is not localhost, because it uses implicit"
        } else {
            "has no redirect URIs of a private-use scheme"
        };
        Some(told("application-type", format!("a client of the type web {why}: not `{wrong}`")))
    }
}

fn has_local_host(uri: &str) -> bool {
    let rest = uri.strip_prefix("https://").unwrap_or(uri);
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    authority.split(':').next() == Some("localhost")
}

fn told(key: &'static str, why: String) -> Problem {
    Problem::Registered { key, why }
}

fn short(key: &'static str, text: &str) -> Wrong {
    let good = (1..=LONGEST_TEXT).contains(&text.len()) && crate::text::is_name(text);
    (!good).then(|| told(key, "1 to 200 bytes without control characters".to_owned()))
}

fn contact((_, text): (usize, &String)) -> Wrong {
    (!is_mail_address(text) || text.len() > LONGEST_TEXT)
        .then(|| told("contacts", format!("`{}` is not a mail address", crate::text::shortened(text, 60))))
}

fn bounded(said: &Registered) -> Vec<Problem> {
    let counts = [
        ("contacts", said.contacts.len()),
        ("localized", said.localized.len()),
        ("default-acr-values", said.default_acr_values.len()),
    ];
    let mut wrong: Vec<Problem> = counts
        .into_iter()
        .filter(|(_, count)| *count > MOST)
        .map(|(key, _)| told(key, "at most 20".to_owned()))
        .collect();
    if said.default_max_age.is_some_and(|age| age > LONGEST_AGE) {
        wrong.push(told("default-max-age", "at most ten years, in seconds".to_owned()));
    }
    let word =
        |text: &&String| text.is_empty() || text.len() > LONGEST_TEXT || !text.bytes().all(|b| b.is_ascii_graphic());
    if said.default_acr_values.iter().any(|text| word(&text)) {
        wrong.push(told("default-acr-values", "words of printable ASCII".to_owned()));
    }
    wrong
}
