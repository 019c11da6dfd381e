//! The claims of a realm file: those that a realm or a client makes, and the languages of users' claims.

use super::check::Check;
use crate::document::at;
use crate::tree::Step;
use claviger_core::claim_rule::{self, Why};
use claviger_core::user::standard::is_language;

impl Check<'_> {
    pub(super) fn claims(&mut self) {
        for (i, tag) in self.raw.realm.claims_locales.iter().enumerate() {
            if !is_language(tag) {
                let message = format!("`{tag}` is not a language tag (BCP 47)");
                self.say(
                    at!["realm", "claims-locales", i],
                    message,
                    Some("like \"en\", \"de\" or \"ja-Kana-JP\"".into()),
                );
            }
        }
        let known = |scope: &str| self.known.scopes.contains_key(scope);
        for problem in claim_rule::check(&self.raw.claim, false, known) {
            self.claim(&[Step::from("claim"), problem.index.into(), problem.field.into()], &problem);
        }
    }

    /// Notes what is wrong with one.
    pub(super) fn claim(&mut self, path: &[Step<'_>], problem: &claim_rule::Problem) {
        match &problem.why {
            Why::Scope(name) => self.unknown(path, "scope", name, self.scope_names()),
            _ => self.say(path, problem.to_string(), None),
        }
    }
}
