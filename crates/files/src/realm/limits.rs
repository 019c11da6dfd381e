//! How often apps may call: `[limits]`, `[[plan]]`.

use super::check::Check;
use crate::document::at;
use claviger_core::limits::HIGHEST;
use std::collections::BTreeSet;

/// What is said of a number that means nothing.
const TOO_HIGH: &str = "a limit is at most 1000000 calls a minute; 0 is none";

impl Check<'_> {
    pub(super) fn agents(&mut self) {
        if let Some((key, why)) = self.raw.agents.problem() {
            self.say(at!["agents", key], why, None);
        }
        if let Some((key, why)) = self.raw.ciba.problem() {
            self.say(at!["ciba", key], why, None);
        }
    }

    pub(super) fn limits(&mut self) {
        if self.raw.limits.token_calls_per_minute.is_some_and(|limit| limit > HIGHEST) {
            self.say(at!["limits", "token-calls-per-minute"], TOO_HIGH, None);
        }
        if self.raw.limits.self_registered_calls_per_minute.is_some_and(|limit| limit > HIGHEST) {
            self.say(at!["limits", "self-registered-calls-per-minute"], TOO_HIGH, None);
        }
        if self.raw.limits.self_registered_grants.is_some_and(|limit| limit > HIGHEST) {
            let message = "there are at most 1000000; 0 is as many as come";
            self.say(at!["limits", "self-registered-grants"], message, None);
        }
        let raw = self.raw;
        let mut names = BTreeSet::new();
        for (i, plan) in raw.plan.iter().enumerate() {
            if !crate::is_name(&plan.name) {
                self.say(at!["plan", i, "name"], "a plan's name is 1 to 40 of a-z, 0-9 and -", None);
            } else if !names.insert(plan.name.as_str()) {
                self.say(at!["plan", i, "name"], format!("there are two plans `{}`", plan.name), None);
            }
            if plan.token_calls_per_minute > HIGHEST {
                self.say(at!["plan", i, "token-calls-per-minute"], TOO_HIGH, None);
            }
        }
    }
}
