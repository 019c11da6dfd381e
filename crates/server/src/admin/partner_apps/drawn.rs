//! An app as a partner types it, and the registration that it becomes.

use super::TeamApp;
use crate::admin::apps::Registration;
use crate::admin::{Broken, Complaint};
use claviger_core::client::{AuthMethod, Authentication, GrantType};
use claviger_core::realm::{Portal, Scope};
use claviger_core::{Client, Realm};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What kind of app it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PartnerKind {
    /// It runs on a server, and people sign in.
    Web,
    /// It is a page in a browser.
    Page,
    /// It is installed on a phone or a computer.
    Native,
    /// It runs on a server, and nobody signs in.
    Machine,
}

impl PartnerKind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Web, Self::Page, Self::Native, Self::Machine];

    /// As forms and the store spell it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Web => "web",
            Self::Page => "page",
            Self::Native => "native",
            Self::Machine => "machine",
        }
    }

    /// The kind of this name.
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Whether users are sent back to it.
    pub const fn has_users(self) -> bool {
        !matches!(self, Self::Machine)
    }

    /// Whether it can keep a secret.
    pub const fn is_confidential(self) -> bool {
        matches!(self, Self::Web | Self::Machine)
    }
}

/// What was typed of an app.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Draft {
    /// Who publishes it.
    pub publisher: String,
    /// Where its public keys are; empty: it has a secret.
    pub jwks_uri: String,
    /// Where users may be sent back to.
    pub redirect_uris: Vec<String>,
    /// What it may ask for, each with the reason.
    pub scopes: BTreeMap<String, String>,
    /// The vendor's questions, by their ids.
    pub answers: BTreeMap<String, String>,
}

impl Draft {
    /// The vendor's questions that want an answer, and answers that are too long.
    pub(super) fn unanswered(&self, portal: &Portal) -> Vec<Complaint> {
        let mut wrong = Vec::new();
        for question in &portal.questions {
            let answer = self.answers.get(&question.id).map_or("", |answer| answer.trim());
            let longest = usize::try_from(question.max_length).unwrap_or(usize::MAX);
            if question.required && answer.is_empty() {
                wrong.push(complaint(&Broken::Unanswered { question: question.text.clone() }));
            } else if answer.chars().count() > longest {
                wrong.push(complaint(&Broken::LongAnswer { question: question.text.clone(), longest }));
            }
        }
        wrong
    }

    /// What the reviewer reads first: the reasons for its scopes, and the answers.
    pub(super) fn told(&self, portal: &Portal, production: &Realm) -> String {
        let mut lines = Vec::new();
        for (scope, reason) in &self.scopes {
            let sentence = production.scope(scope).map_or("", |scope| scope.sentence.as_str());
            let reason = if reason.trim().is_empty() { "-" } else { reason.trim() };
            lines.push(format!("{scope} ({sentence}): {reason}"));
        }
        for question in &portal.questions {
            if let Some(answer) = self.answers.get(&question.id).filter(|answer| !answer.trim().is_empty()) {
                lines.push(format!("{}\n{}", question.text, answer.trim()));
            }
        }
        lines.join("\n")
    }
}

fn complaint(broken: &Broken) -> Complaint {
    Complaint::of("answers", broken)
}

impl TeamApp {
    /// What kind of app it is.
    pub fn kind(&self) -> PartnerKind {
        PartnerKind::of(&self.app.kind).unwrap_or(PartnerKind::Web)
    }

    /// The scopes that an app of this kind can have, of those that a realm has.
    pub fn open_scopes<'r>(&self, realm: &'r Realm) -> impl Iterator<Item = &'r Scope> + use<'r> {
        let has_users = self.kind().has_users();
        realm.scopes.iter().filter(move |scope| has_users || !scope.is_of_users())
    }

    /// A program that acts for itself asks for nothing that only a user can allow.
    pub fn scopes_of_users(&self, realm: &Realm) -> Vec<Complaint> {
        let open: Vec<&str> = self.open_scopes(realm).map(|scope| scope.name.as_str()).collect();
        let wrong = |name: &&String| realm.scope(name).is_some() && !open.contains(&name.as_str());
        let complaint = |name: &String| Complaint::of("scope", &Broken::ScopeOfUsers { scope: name.clone() });
        self.draft.scopes.keys().filter(wrong).map(complaint).collect()
    }

    /// The client that this becomes in a realm; of its scopes those that the realm has, where it is the sandbox.
    pub(super) fn client(&self, realm: &Realm, id: &str, owner: &str, now: i64) -> Result<Client, Vec<Complaint>> {
        let is_sandbox = self.app.sandbox_realm.as_deref() == Some(&*realm.id);
        let kind = self.kind();
        let scopes = self.draft.scopes.keys().filter(|name| !is_sandbox || realm.scope(name).is_some());
        let jwks_uri = Some(self.draft.jwks_uri.trim().to_owned()).filter(|uri| !uri.is_empty());
        let method = jwks_uri.as_ref().map(|_| AuthMethod::PrivateKeyJwt);
        let mut registration = Registration {
            id: Some(id.to_owned()),
            name: self.app.name.clone(),
            publisher: Some(self.draft.publisher.clone()).filter(|name| !name.is_empty()),
            owner_email: Some(owner.to_owned()),
            public: !kind.is_confidential(),
            in_browser: kind == PartnerKind::Page,
            redirect_uris: if kind.has_users() { self.draft.redirect_uris.clone() } else { Vec::new() },
            scope: scopes.cloned().collect::<Vec<_>>().join(" "),
            jwks_uri,
            authentication: Authentication { method, ..Authentication::default() },
            ..Registration::default()
        };
        if kind.has_users() {
            registration.grants = [GrantType::AuthorizationCode, GrantType::RefreshToken].into();
        }
        registration.check(realm, now)
    }
}
