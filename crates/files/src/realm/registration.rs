//! Who may register clients, and what a client says about itself.

use super::check::Check;
use super::entries::ClientEntry;
use crate::tree::Step;
use claviger_core::ScopeSet;
use claviger_core::client::{GrantType, Registered};
use claviger_core::dialect::Legacy;
use claviger_core::jose::{JwkSet, VerifyingKeys};
use claviger_core::metadata::authentication_methods;
use claviger_core::realm::{DocumentPolicy, RegistrationPolicy, SoftwareIssuer};
use claviger_core::redirect::is_short_scheme;
use claviger_core::span::Span;

/// What a client that registers itself may be given of what the standards have left behind.
const LEGACY: [Legacy; 2] = [Legacy::NoPkce, Legacy::Implicit];

fn at(key: &str) -> [Step<'_>; 2] {
    ["registration".into(), key.into()]
}

impl Check<'_> {
    pub(super) fn registration(&mut self) {
        let policy = self.raw.registration.clone();
        self.registered_scopes(&policy);
        self.registered_ways(&policy);
        self.registered_hosts(&policy);
        self.private_schemes(&policy);
        for (key, span) in [("never-used-ttl", policy.never_used_ttl), ("unused-ttl", policy.unused_ttl)] {
            if span == Span::seconds(0) {
                self.say(&at(key), "what lives for no time cannot be used", None);
            }
        }
        for (i, issuer) in policy.software_issuers.iter().enumerate() {
            self.software_issuer(i, issuer);
        }
        self.documents(&policy.documents);
        if policy.require_software_statement && policy.software_issuers.is_empty() {
            let help = Some("add [[registration.software-issuer]] with issuer and jwks".to_owned());
            self.say(&at("require-software-statement"), "no statement could be right: nobody may make one", help);
        }
    }

    fn documents(&mut self, policy: &DocumentPolicy) {
        const LIST: &str = "documents";
        let of_domains = policy.domains.iter().flat_map(|domain| &domain.scopes);
        let unknown =
            policy.scopes.iter().chain(of_domains).find(|name| !self.known.scopes.contains_key(name.as_str()));
        if let Some(name) = unknown.cloned() {
            self.unknown(&["registration".into(), LIST.into(), "scopes".into()], "scope", &name, self.scope_names());
        }
        if policy.is_on() && self.realm.profile.is_some() {
            let message = "a realm with a profile has no public clients, and a document's client is one";
            self.say(&["registration".into(), LIST.into(), "mode".into()], message, None);
        }
        for (i, domain) in policy.domains.iter().enumerate() {
            let host = domain.name.strip_prefix("*.").unwrap_or(&domain.name);
            let good = !host.is_empty()
                && host.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-.".contains(&b));
            if !good {
                let help = Some("like app.example or *.app.example".to_owned());
                let place = ["registration".into(), LIST.into(), "domain".into(), i.into(), "name".into()];
                self.say(&place, "this is no host in lower case", help);
            }
        }
    }

    fn registered_scopes(&mut self, policy: &RegistrationPolicy) {
        for (i, name) in policy.scopes.iter().enumerate() {
            if !self.known.scopes.contains_key(name.as_str()) {
                let place = ["registration".into(), "scopes".into(), i.into()];
                self.unknown(&place, "scope", name, self.scope_names());
            }
        }
        let Some(usual) = &policy.default_scope else { return };
        match ScopeSet::parse(usual) {
            Err(why) => self.say(&at("default-scope"), why.to_string(), None),
            Ok(scope) => {
                let stray =
                    scope.iter().find(|name| !policy.scopes.is_empty() && !policy.scopes.iter().any(|one| one == name));
                if let Some(name) = stray.map(str::to_owned) {
                    let help = Some("name it in scopes as well, or leave it out".to_owned());
                    self.say(&at("default-scope"), format!("`{name}` is not among the scopes"), help);
                }
            }
        }
    }

    fn registered_ways(&mut self, policy: &RegistrationPolicy) {
        let dialect = self.dialect;
        for grant in &policy.grants {
            if matches!(grant, GrantType::Password | GrantType::Implicit | GrantType::TokenExchange) {
                let help = (*grant == GrantType::Implicit).then(|| "legacy = [\"implicit\"] gives it".to_owned());
                let message = format!("the grant {} is not for clients that register themselves", grant.name());
                self.say(&at("grants"), message, help);
            }
        }
        for legacy in &policy.legacy {
            if !LEGACY.contains(legacy) {
                let help = Some("there is: no-pkce, implicit".to_owned());
                let message = format!("{} is not for clients that register themselves", legacy.name());
                self.say(&at("legacy"), message, help);
            } else if !dialect.permits.contains(legacy) {
                let message = format!("the dialect `{}` does not permit {}", dialect.name, legacy.name());
                self.say(&at("legacy"), message, None);
            }
        }
        let known = authentication_methods(self.realm);
        if let Some(method) = policy.auth_methods.iter().find(|method| !known.contains(&method.as_str())) {
            let help = Some(format!("there is: {}", known.join(", ")));
            self.say(&at("auth-methods"), format!("there is no `{method}` here"), help);
        }
    }

    fn registered_hosts(&mut self, policy: &RegistrationPolicy) {
        for (i, named) in policy.redirect_hosts.iter().enumerate() {
            let host = named.strip_prefix("*.").or_else(|| named.strip_suffix(':')).unwrap_or(named);
            let good = !host.is_empty()
                && host.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-._[]:".contains(&b));
            if !good {
                let help = Some("like app.example, *.app.example, or com.example.app: for a scheme".to_owned());
                let place = ["registration".into(), "redirect-hosts".into(), i.into()];
                self.say(&place, "this is no host in lower case", help);
            }
        }
    }

    fn private_schemes(&mut self, policy: &RegistrationPolicy) {
        for (i, scheme) in policy.private_schemes.iter().enumerate() {
            if !is_short_scheme(scheme) {
                let help = Some("like cursor; schemes with a dot (com.example.app) need no entry, and javascript, data, file and the like get none".to_owned());
                let place = ["registration".into(), "private-schemes".into(), i.into()];
                self.say(&place, "this is no scheme of a program's own, in lower case and without a dot", help);
            }
        }
    }

    fn software_issuer(&mut self, i: usize, issuer: &SoftwareIssuer) {
        let set: Result<JwkSet, _> = serde_json::from_str(&issuer.jwks);
        let keys = set
            .map_err(|error| error.to_string())
            .and_then(|set| VerifyingKeys::from_set(&set).map_err(|error| error.to_string()));
        let why = match keys {
            Ok(keys) if keys.is_empty() => "none of its keys can be used".to_owned(),
            Ok(_) => return,
            Err(why) => why,
        };
        let place = ["registration".into(), "software-issuer".into(), i.into(), "jwks".into()];
        self.say(&place, format!("this is no JWK set of public keys: {why}"), None);
    }
}

impl ClientEntry {
    /// What the entry says about the client itself.
    pub(super) fn registered(&self) -> Registered {
        let localized = self.localized.iter().map(|(name, text)| (as_member(name), text.clone()));
        Registered {
            response_types: self.response_types.clone(),
            application_type: self.application_type,
            contacts: self.contacts.clone(),
            client_uri: self.client_uri.clone(),
            policy_uri: self.policy_uri.clone(),
            tos_uri: self.tos_uri.clone(),
            logo_uri: self.logo_uri.clone(),
            localized: localized.collect(),
            software_id: self.software_id.clone(),
            software_version: self.software_version.clone(),
            software_statement: self.software_statement.clone(),
            initiate_login_uri: self.initiate_login_uri.clone(),
            default_max_age: self.default_max_age,
            require_auth_time: self.require_auth_time,
            default_acr_values: self.default_acr_values.clone(),
            usual_scope: self.usual_scope.clone(),
            self_registered: self.self_registered,
        }
    }
}

/// `client-name#de` as the protocol spells it.
fn as_member(name: &str) -> String {
    match name.split_once('#') {
        Some((member, tag)) => format!("{}#{tag}", member.replace('-', "_")),
        None => name.to_owned(),
    }
}
