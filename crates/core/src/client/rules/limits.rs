//! How often a client may call.

use super::{Facts, Problem, problems};
use crate::limits::HIGHEST;

impl<'a> Facts<'a> {
    /// A plan is one of the realm's, and a limit is a number that means something.
    pub(super) fn limits(self) -> impl Iterator<Item = Problem> + use<'a> {
        let limits = &self.asked.limits;
        let unknown = limits.plan.as_ref().filter(|name| self.realm.plan(name).is_none());
        problems([
            unknown.map(|name| Problem::UnknownPlan { name: name.clone() }),
            limits.token_calls_per_minute.is_some_and(|limit| limit > HIGHEST).then_some(Problem::LimitTooHigh),
        ])
    }
}
