//! Which apps may act for which organisations, where the administrators of an organisation say so. It comes with the site, so that a
//! realm without such rules pays for none.

use claviger_core::Refusal;
use claviger_core::user::User;
use claviger_store::AppRule;
use std::borrow::Cow;
use std::collections::HashMap;

/// The rules of a realm.
#[derive(Debug, Default)]
pub(crate) struct CompanyRules(HashMap<String, Rules>);

/// Those of one organisation.
#[derive(Debug, Default)]
struct Rules {
    only_listed: bool,
    apps: HashMap<String, bool>,
}

impl CompanyRules {
    /// As they are stored.
    pub(crate) fn new(rules: Vec<AppRule>) -> Self {
        let mut all: HashMap<String, Rules> = HashMap::new();
        for rule in rules {
            let of = all.entry(rule.organisation).or_default();
            if rule.app.is_empty() {
                of.only_listed = !rule.allowed;
            } else {
                of.apps.insert(rule.app, rule.allowed);
            }
        }
        Self(all)
    }

    /// Whether an app may act for an organisation.
    pub(crate) fn allows(&self, organisation: &str, app: &str) -> bool {
        let Some(rules) = self.0.get(organisation) else { return true };
        rules.apps.get(app).copied().unwrap_or(!rules.only_listed)
    }

    /// The user as an app meets them: of the organisations for which it may act.
    pub(crate) fn met_by<'u>(&self, user: &'u User, app: &str) -> Cow<'u, User> {
        if self.0.is_empty() || user.organisations.iter().all(|id| self.allows(id, app)) {
            return Cow::Borrowed(user);
        }
        let organisations = user.organisations.iter().filter(|id| self.allows(id, app)).cloned().collect();
        Cow::Owned(User { organisations, ..user.clone() })
    }

    /// The same for what is given without asking anybody.
    ///
    /// # Errors
    /// The app may act for none of them.
    pub(crate) fn meet(&self, user: User, app: &str) -> Result<User, Refusal> {
        let met = match self.met_by(&user, app) {
            Cow::Borrowed(_) => return Ok(user),
            Cow::Owned(met) => met,
        };
        if met.organisations.is_empty() { Err(Refusal::GrantUnbacked) } else { Ok(met) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(organisation: &str, app: &str, allowed: bool) -> AppRule {
        AppRule { organisation: organisation.to_owned(), app: app.to_owned(), allowed, changed_at: 0 }
    }

    #[test]
    fn what_is_named_goes_before_the_rest() {
        let rules = CompanyRules::new(vec![
            rule("north", "bad", false),
            rule("south", "", false),
            rule("south", "good", true),
            rule("west", "", true),
        ]);
        for (organisation, app, may) in [
            ("north", "bad", false),
            ("north", "other", true),
            ("south", "good", true),
            ("south", "other", false),
            ("west", "other", true),
            ("east", "other", true),
        ] {
            assert_eq!(rules.allows(organisation, app), may, "{organisation} {app}");
        }
    }
}
