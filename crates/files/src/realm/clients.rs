//! What a client in a realm file must not be: a reference that leads nowhere, or a combination that no standard and no
//! contract allows.

use super::check::{Check, is_address};
use super::entries::ClientEntry;
use crate::document::at;
use crate::problem::did_you_mean;
use claviger_core::User;
use claviger_core::client::{ClientKind, GrantType};
use claviger_core::dialect::{Legacy, Turnover};

impl Check<'_> {
    pub(super) fn clients(&mut self) {
        let raw = self.raw;
        for (i, client) in raw.client.iter().enumerate() {
            self.identity(i, client);
            self.references(i, client);
            self.acts_as(i, client);
            self.legacy(i, client);
            self.grants(i, client);
            self.redirects(i, client);
            self.secrets(i, client);
            if client.kind == ClientKind::Public {
                self.public(i, client);
            }
        }
    }

    fn identity(&mut self, i: usize, client: &ClientEntry) {
        let printable = client.id.bytes().all(|b| matches!(b, 0x20..=0x7E));
        if !printable || client.id.len() > 200 {
            self.say(at!["client", i, "id"], "a client's id is at most 200 characters of printable ASCII", None);
        }
        if client.legacy.contains(&Legacy::RawBasic) && client.id.contains(':') {
            let help = "HTTP Basic ends the id at the first colon".to_owned();
            self.say(at!["client", i, "id"], "an id with a colon cannot be sent raw", Some(help));
        }
        self.required(at!["client", i, "name"], &client.name);
        self.lifetime(at!["client", i, "access-token-ttl"], client.access_token_ttl);
        if client.owner_email.as_ref().is_some_and(|email| !is_address(email)) {
            self.say(at!["client", i, "owner-email"], "this is not a mail address", None);
        }
    }

    fn references(&mut self, i: usize, client: &ClientEntry) {
        let raw = self.raw;
        for (j, audience) in client.audiences.iter().enumerate() {
            if !self.audiences().any(|known| known == audience) {
                self.unknown(at!["client", i, "audiences", j], "api", audience, self.audiences());
            }
        }
        if let Some(audience) = &client.resource_server
            && !self.audiences().any(|known| known == audience)
        {
            self.unknown(at!["client", i, "resource-server"], "api", audience, self.audiences());
        }
        for name in client.scope.iter() {
            let Some(scope) = raw.scope.iter().find(|scope| scope.name == name) else {
                self.unknown(at!["client", i, "scope"], "scope", name, self.scope_names());
                continue;
            };
            let elsewhere =
                |api: &&String| !client.audiences.contains(*api) && self.audiences().any(|known| known == *api);
            if let Some(api) = scope.api.as_ref().filter(elsewhere) {
                let message = format!("the scope `{name}` belongs to an API that this client gets no tokens for");
                self.say(at!["client", i, "scope"], message, Some(format!("add \"{api}\" to its audiences")));
            }
        }
    }

    fn acts_as(&mut self, i: usize, client: &ClientEntry) {
        let raw = self.raw;
        let Some(username) = &client.acts_as else {
            if client.secret_is_password {
                let message = "whose password? the client stands for no user";
                self.say(at!["client", i, "secret-is-password"], message, Some("add acts-as = \"USERNAME\"".into()));
            }
            return;
        };
        if !client.grants.contains(&GrantType::ClientCredentials) {
            let message = "only a client that uses client_credentials stands for a user";
            self.say(at!["client", i, "acts-as"], message, None);
        }
        let key = User::username_key(username);
        match raw.user.iter().find(|user| User::username_key(&user.username) == key) {
            None => {
                let known: Vec<&str> = raw.user.iter().map(|user| user.username.as_str()).collect();
                self.unknown(at!["client", i, "acts-as"], "user", username, known);
            }
            Some(user) if user.administrator => {
                let help = "an administrator's rights are not for programs; make a user for this one".to_owned();
                self.say(at!["client", i, "acts-as"], "a client cannot stand for an administrator", Some(help));
            }
            Some(_) => {}
        }
    }

    fn legacy(&mut self, i: usize, client: &ClientEntry) {
        for legacy in &client.legacy {
            if !self.dialect.permits.contains(legacy) {
                let message = format!("the dialect `{}` does not permit {}", self.dialect.name, legacy.name());
                let hint = did_you_mean(legacy.name(), self.dialect.permits.iter().map(|l| l.name()));
                let help = hint.filter(|hint| hint.starts_with("there")).or_else(|| Some("it permits nothing".into()));
                self.say(at!["client", i, "legacy"], message, help);
            }
        }
        for (grant, legacy) in [(GrantType::Implicit, Legacy::Implicit), (GrantType::Password, Legacy::Password)] {
            if client.grants.contains(&grant) && !client.legacy.contains(&legacy) {
                let message = format!("the grant {} is given to single clients only", grant.name());
                let help = format!("add \"{}\" to its legacy: {}", legacy.name(), legacy.risk());
                self.say(at!["client", i, "grants"], message, Some(help));
            }
        }
        let reusable = client.turnover.is_some_and(|turnover| turnover != Turnover::Rotate);
        if reusable && !client.legacy.contains(&Legacy::ReusableRefresh) {
            let message = "refresh tokens that stay valid are given to single clients only";
            let help = format!("add \"reusable-refresh\" to its legacy: {}", Legacy::ReusableRefresh.risk());
            self.say(at!["client", i, "turnover"], message, Some(help));
        }
    }

    fn grants(&mut self, i: usize, client: &ClientEntry) {
        let has = |grant| client.grants.contains(&grant);
        if client.grants.is_empty() && client.resource_server.is_none() {
            let message = "a client without grants can do nothing";
            self.say(at!["client", i, "grants"], message, Some("add grants = [\"authorization_code\"]".into()));
        }
        let refreshable = has(GrantType::AuthorizationCode)
            || has(GrantType::Password)
            || (has(GrantType::ClientCredentials) && self.dialect.refresh.for_client_credentials);
        if has(GrantType::RefreshToken) && !refreshable {
            let message = "none of its grants comes with a refresh token";
            let help = if has(GrantType::ClientCredentials) {
                "client credentials are simply asked for again (RFC 6749 4.4.3)"
            } else {
                "leave out refresh_token"
            };
            self.say(at!["client", i, "grants"], message, Some(help.into()));
        }
    }

    fn redirects(&mut self, i: usize, client: &ClientEntry) {
        let has = |grant| client.grants.contains(&grant);
        if client.redirect_uris.is_empty() && (has(GrantType::AuthorizationCode) || has(GrantType::Implicit)) {
            let message = "users must be sent back somewhere: the client has no redirect URI";
            self.say(at!["client", i, "redirect-uris"], message, Some("add redirect-uris = [\"https://...\"]".into()));
        }
        for (j, uri) in client.redirect_uris.iter().enumerate().filter(|(_, uri)| uri.is_wildcard()) {
            let place = at!["client", i, "redirect-uris", j];
            if !client.legacy.contains(&Legacy::WildcardRedirect) {
                let message = format!("`{}` holds a wildcard, which is given to single clients only", uri.as_str());
                let help = format!("add \"wildcard-redirect\" to its legacy: {}", Legacy::WildcardRedirect.risk());
                self.say(place, message, Some(help));
            }
            let code_only = client
                .grants
                .iter()
                .all(|grant| matches!(grant, GrantType::AuthorizationCode | GrantType::RefreshToken));
            if !code_only || client.kind == ClientKind::Public {
                let message = "a wildcard is for confidential clients that use the code flow and nothing else";
                self.say(place, message, Some("register each redirect URI in full".into()));
            }
        }
        for (j, uri) in client.post_logout_redirect_uris.iter().enumerate() {
            if let Err(reason) = claviger_core::redirect::RedirectUri::parse(uri) {
                self.say(at!["client", i, "post-logout-redirect-uris", j], reason.to_string(), None);
            } else if uri.contains('*') {
                let message = "after logging out, users go to exact URIs only";
                self.say(at!["client", i, "post-logout-redirect-uris", j], message, None);
            }
        }
    }

    fn secrets(&mut self, i: usize, client: &ClientEntry) {
        if client.secret.is_some() && client.secret_file.is_some() {
            self.say(at!["client", i, "secret-file"], "one of secret and secret-file is enough", None);
        }
        let given = client.secret.is_some() || client.secret_file.is_some();
        if given && client.secret_is_password {
            let key = if client.secret.is_some() { "secret" } else { "secret-file" };
            let message = "this client's secret is its user's password: it has none of its own";
            self.say(at!["client", i, key], message, Some("leave it out, or secret-is-password".into()));
        }
        let printable = |secret: &str| !secret.is_empty() && secret.bytes().all(|b| matches!(b, 0x20..=0x7E));
        if client.secret.as_ref().is_some_and(|secret| !printable(secret.0.expose())) {
            self.say(at!["client", i, "secret"], "a secret is one or more characters of printable ASCII", None);
        }
    }

    /// What a program that cannot keep a secret must not have.
    fn public(&mut self, i: usize, client: &ClientEntry) {
        let mut wrong = |on: bool, key: &str, message: &str, help: &str| {
            if on {
                self.say(at!["client", i, key], message, Some(help.to_owned()));
            }
        };
        let confidential = "make it kind = \"confidential\", or leave this out";
        wrong(client.secret.is_some(), "secret", "a public client has no secret", confidential);
        wrong(client.secret_file.is_some(), "secret-file", "a public client has no secret", confidential);
        wrong(client.secret_is_password, "secret-is-password", "a public client has no secret", confidential);
        wrong(
            client.grants.contains(&GrantType::ClientCredentials),
            "grants",
            "a public client has no credentials for client_credentials (RFC 6749 4.4)",
            confidential,
        );
        wrong(
            client.legacy.contains(&Legacy::ReusableRefresh),
            "legacy",
            "refresh tokens of public clients are spent by use (RFC 9700 4.14.2)",
            "leave out \"reusable-refresh\"",
        );
        wrong(
            client.legacy.contains(&Legacy::NoPkce),
            "legacy",
            "a public client always uses PKCE (RFC 9700 2.1.1)",
            "leave out \"no-pkce\"",
        );
        wrong(
            client.trusted,
            "trusted",
            "anybody can pretend to be a public client: users are asked",
            "leave out trusted",
        );
        wrong(
            client.resource_server.is_some(),
            "resource-server",
            "an API that introspects tokens says who it is (RFC 7662 2.1)",
            confidential,
        );
    }
}
