//! How often the apps of a realm may call.

use super::Realm;
use crate::limits::{ClientLimits, Plan};

impl Realm {
    /// The plan of this name.
    pub fn plan(&self, name: &str) -> Option<&Plan> {
        self.plans.iter().find(|plan| plan.name == name)
    }

    /// How often in a minute an app with these limits may call the token endpoint: its own word, then its plan's, then the realm's.
    /// `None`: as often as it likes.
    pub fn token_calls_per_minute(&self, own: &ClientLimits) -> Option<u32> {
        let of_plan = || own.plan.as_deref().and_then(|name| self.plan(name));
        let said = own.token_calls_per_minute.or_else(|| of_plan().map(|plan| plan.token_calls_per_minute));
        said.or(self.limits.token_calls_per_minute).filter(|limit| *limit > 0)
    }
}
