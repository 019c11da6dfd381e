//! How long things may live.

use super::check::Check;
use claviger_core::profile_rules::{Outside, outside_realm};
use claviger_core::realm::LONGEST_ACCESS_TOKEN;
use claviger_core::span::Span;

/// RFC 6749 4.1.2.
const LONGEST_CODE: i64 = 600;
/// Whoever has a phone at hand needs no longer (RFC 8628 6.1).
const LONGEST_DEVICE: i64 = 1800;
/// Long enough for a browser to come, and no longer (RFC 9126 2.2, FAPI 2.0 Security Profile 5.3.2.2).
const PUSHED: std::ops::RangeInclusive<i64> = 60..=600;
/// A grant ends some day.
const LONGEST_GRANT: i64 = 3650 * 86_400;

impl Check<'_> {
    pub(super) fn policy(&mut self) {
        let tokens = self.raw.tokens.clone();
        let sessions = self.raw.sessions.clone();
        for (table, key, span) in [
            ("tokens", "access-token-ttl", tokens.access_token_ttl),
            ("tokens", "code-ttl", tokens.code_ttl),
            ("tokens", "device-code-ttl", tokens.device_code_ttl),
            ("tokens", "id-token-ttl", tokens.id_token_ttl),
            ("tokens", "refresh-idle", tokens.refresh_idle),
            ("tokens", "refresh-absolute", tokens.refresh_absolute),
            ("tokens", "key-age", tokens.key_age),
            ("sessions", "idle", sessions.idle),
            ("sessions", "absolute", sessions.absolute),
            ("sessions", "pending", sessions.pending),
        ] {
            if span == Span::seconds(0) {
                self.say(&[table.into(), key.into()], "what lives for no time cannot be used", None);
            }
        }
        self.at_most("device-code-ttl", tokens.device_code_ttl, LONGEST_DEVICE, "a device waits 30 minutes at most");
        self.at_most("code-ttl", tokens.code_ttl, LONGEST_CODE, "a code lives 10 minutes at most (RFC 6749 4.1.2)");
        self.at_most(
            "access-token-ttl",
            tokens.access_token_ttl,
            LONGEST_ACCESS_TOKEN.as_seconds(),
            "an access token lives a day at most",
        );
        self.at_most("refresh-absolute", tokens.refresh_absolute, LONGEST_GRANT, "a grant lives 10 years at most");
        if tokens.refresh_idle > tokens.refresh_absolute {
            let help = format!("refresh-absolute is {}", tokens.refresh_absolute);
            self.say(&["tokens".into(), "refresh-idle".into()], "a grant would be over before it is idle", Some(help));
        }
        if sessions.idle > sessions.absolute {
            let help = format!("absolute is {}", sessions.absolute);
            self.say(&["sessions".into(), "idle".into()], "a session would be over before it is idle", Some(help));
        }
        self.requests();
        self.profile();
        if tokens.key_prepublish >= tokens.key_age {
            let help = format!("key-age is {}", tokens.key_age);
            self.say(
                &["tokens".into(), "key-prepublish".into()],
                "a key would be replaced before it signs",
                Some(help),
            );
        }
    }

    fn requests(&mut self) {
        let (requests, acr) = (self.raw.requests.clone(), self.raw.sessions.acr.clone());
        if acr.is_empty() || acr.len() > 200 || !acr.bytes().all(|byte| byte.is_ascii_graphic()) {
            let help = Some("like \"1\" or \"urn:example:password\"".to_owned());
            self.say(&["sessions".into(), "acr".into()], "`acr` is one word of printable ASCII", help);
        }
        if !PUSHED.contains(&requests.pushed_ttl.as_seconds()) {
            let message = "a pushed request is good for 60 to 600 seconds";
            self.say(&["requests".into(), "pushed-ttl".into()], message, None);
        }
        let here = super::url::parse(&self.raw.realm.issuer).is_ok_and(|parts| parts.is_loopback());
        if requests.loopback && !here {
            let message = "only a realm whose issuer is on this machine lets clients name addresses of this machine";
            self.say(&["requests".into(), "loopback".into()], message, Some("leave it out".into()));
        }
    }

    /// What the realm's profile does not let be.
    fn profile(&mut self) {
        for Outside { field: (table, key), why, help } in outside_realm(self.realm) {
            self.say(&[table.into(), key.into()], why, Some(help.into()));
        }
    }

    fn at_most(&mut self, key: &str, span: Span, most: i64, message: &str) {
        if span.as_seconds() > most {
            self.say(&["tokens".into(), key.into()], message, None);
        }
    }
}
