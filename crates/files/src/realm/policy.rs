//! How long things may live.

use super::check::Check;
use claviger_core::realm::LONGEST_ACCESS_TOKEN;
use claviger_core::span::Span;

/// RFC 6749 4.1.2.
const LONGEST_CODE: i64 = 600;
/// A grant ends some day.
const LONGEST_GRANT: i64 = 3650 * 86_400;

impl Check<'_> {
    pub(super) fn policy(&mut self) {
        let tokens = self.raw.tokens.clone();
        let sessions = self.raw.sessions.clone();
        for (table, key, span) in [
            ("tokens", "access-token-ttl", tokens.access_token_ttl),
            ("tokens", "code-ttl", tokens.code_ttl),
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
        if tokens.key_prepublish >= tokens.key_age {
            let help = format!("key-age is {}", tokens.key_age);
            self.say(
                &["tokens".into(), "key-prepublish".into()],
                "a key would be replaced before it signs",
                Some(help),
            );
        }
    }

    fn at_most(&mut self, key: &str, span: Span, most: i64, message: &str) {
        if span.as_seconds() > most {
            self.say(&["tokens".into(), key.into()], message, None);
        }
    }
}
