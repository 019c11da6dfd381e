//! Providers at which a realm's users sign in.

use super::check::Check;
use super::url;
use crate::document::at;
use claviger_core::realm::IdentityProvider;
use claviger_core::text::shortened;
use claviger_core::user::is_mail_address;

impl Check<'_> {
    pub(super) fn identity_providers(&mut self) {
        let providers = self.raw.identity_provider.clone();
        let ids = providers.iter().map(|provider| provider.id.clone()).collect();
        self.unique_in("identity-provider", "id", ids);
        if !providers.is_empty() && self.raw.login_app.is_some() {
            let message = "with a [login-app] nobody sees the sign-in page that has the buttons";
            self.say(at!["identity-provider", 0, "id"], message, Some("leave one of them out".to_owned()));
        }
        for (i, provider) in providers.iter().enumerate() {
            self.identity_provider(i, provider);
        }
    }

    fn identity_provider(&mut self, i: usize, provider: &IdentityProvider) {
        const LIST: &str = "identity-provider";
        if !crate::is_name(&provider.id) {
            self.say(at![LIST, i, "id"], "a provider's id is 1 to 40 of a-z, 0-9 and -", None);
        }
        self.required(at![LIST, i, "name"], &provider.name);
        let own = provider.issuer == self.raw.realm.issuer;
        match url::parse(provider.issuer.trim_end_matches('/')) {
            Err((message, help)) => self.say(at![LIST, i, "issuer"], message, help),
            Ok(_) if own => self.say(at![LIST, i, "issuer"], "a realm is no provider for itself", None),
            Ok(parts) if !(parts.https || parts.is_loopback() && self.raw.requests.loopback) => {
                let help = "[requests] loopback = true lets it be on this machine, for trying out";
                self.say(at![LIST, i, "issuer"], "a provider is asked over https:// alone", Some(help.to_owned()));
            }
            Ok(_) => {}
        }
        if provider.client_id.is_empty() {
            self.say(at![LIST, i, "client-id"], "what the provider calls this realm cannot be empty", None);
        }
        if provider.secret_file.as_deref().is_some_and(|file| !std::path::Path::new(file).is_absolute()) {
            let help = "the servers read it each time, whatever folder they run in".to_owned();
            self.say(at![LIST, i, "secret-file"], "the path of the secret is absolute", Some(help));
        }
        if !provider.scope.split(' ').any(|scope| scope == "openid") {
            let help = "the usual one is \"openid profile email\"".to_owned();
            self.say(
                at![LIST, i, "scope"],
                "without the scope openid a provider says nothing of who signed in",
                Some(help),
            );
        }
        if let Some(domain) = provider.domains.keys().find(|domain| !is_mail_address(&format!("a@{domain}"))) {
            let message = format!("`{}` is no domain of e-mail addresses", shortened(domain, 60));
            self.say(at![LIST, i, "domains"], message, Some("what stands behind the @: acme.example".to_owned()));
        }
        let by_domain = provider.domains.values().flatten();
        let unknown =
            by_domain.chain(&provider.organisations).find(|id| !self.known.organisations.contains(id.as_str()));
        if let Some(id) = unknown.cloned() {
            let known: Vec<&str> = self.known.organisations.iter().copied().collect();
            self.unknown(at![LIST, i, "organisations"], "organisation", &id, known);
        }
    }
}
