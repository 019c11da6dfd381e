//! What should happen to a realm's keys now. Pure: keys, policy and time in, changes out.
//!
//! A key is published, then signs, then is retired, then leaves the set. It is published for [`Policy::prepublish`]
//! before it signs, so that every API has learnt it; it stays in the set for [`Policy::longest_token`] after it stopped,
//! so that everything it signed is verified to its end. Only the first key of an algorithm signs at once: nobody can have
//! cached a set without it.
//!
//! Keys that decrypt go the same way, with other words for it: every server knows one before it is published, clients encrypt to the
//! active one, and a retired one still reads what was encrypted to it.

use super::purpose::Purpose;
use claviger_core::jose::Algorithm;
use claviger_core::realm::Realm;
use claviger_core::span::Span;
use claviger_store::KeyState;
use std::collections::BTreeSet;

/// A client's own token lifetime is at most a day.
const LONGEST_OF_A_CLIENT: i64 = 86_400_000;
/// Another process may sign with a retired key until it notices, and clocks differ.
const SLACK: i64 = 300_000;
/// A key from further in the future than this was made while a clock was wrong.
const IMPLAUSIBLE: i64 = 86_400_000;

/// What a realm asks of its keys; times in milliseconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Policy {
    pub(super) purposes: BTreeSet<Purpose>,
    /// What access tokens are signed with, which comes first in the set.
    pub(super) usual: Algorithm,
    /// How long a browser session can last: for so long an ID token may be shown as a hint.
    pub(super) longest_session: i64,
    pub(super) age: i64,
    pub(super) prepublish: i64,
    pub(super) longest_token: i64,
}

impl Policy {
    pub(super) fn of(realm: &Realm) -> Self {
        let Realm { tokens, apis, .. } = realm;
        let lifetimes = apis.iter().filter_map(|api| api.access_token_ttl);
        let lifetimes = lifetimes.chain([tokens.access_token_ttl, tokens.id_token_ttl]).map(Span::as_millis);
        let prepublish = tokens.key_prepublish.as_millis();
        Self {
            purposes: purposes(realm),
            usual: tokens.signing,
            longest_session: realm.sessions.absolute.as_millis(),
            // A key that is replaced sooner than its successor can be published would never rest.
            age: tokens.key_age.as_millis().max(2 * prepublish).max(60_000),
            prepublish,
            longest_token: lifetimes.max().unwrap_or_default().max(LONGEST_OF_A_CLIENT) + SLACK,
        }
    }
}

/// What a realm has keys for, whatever its clients ask for.
fn purposes(realm: &Realm) -> BTreeSet<Purpose> {
    let signing = realm.signing_algorithms().into_iter().map(Purpose::Sign);
    signing.chain(realm.requests.object_encryption.iter().copied().map(Purpose::Decrypt)).collect()
}

/// What matters about a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct KeyInfo {
    pub(super) kid: String,
    pub(super) purpose: Purpose,
    pub(super) state: KeyState,
    pub(super) activates_at: i64,
    pub(super) retires_at: Option<i64>,
}

/// One thing to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// A new key is needed: to sign at once, or later.
    Make { purpose: Purpose, state: KeyState, activates_at: i64 },
    /// It signs from now on.
    Activate(String),
    /// It signs no more.
    Retire(String),
    /// It leaves the set.
    Remove(String),
}

/// What is due at `now`. `rotate`: every key in use gets a successor, whatever its age.
pub(super) fn plan(keys: &[KeyInfo], policy: &Policy, now: i64, rotate: bool) -> Vec<Step> {
    let mut steps = Vec::new();
    for purpose in Purpose::all() {
        let of = |state| {
            let mut found: Vec<&KeyInfo> = keys.iter().filter(|k| k.purpose == purpose && k.state == state).collect();
            found.sort_by_key(|key| key.activates_at);
            found
        };
        let (published, active, retired) = (of(KeyState::Published), of(KeyState::Active), of(KeyState::Retired));
        if policy.purposes.contains(&purpose) {
            keep_going(&mut steps, purpose, &published, &active, policy, now, rotate);
        } else {
            steps.extend(active.iter().map(|key| Step::Retire(key.kid.clone())));
            steps.extend(published.iter().map(|key| Step::Remove(key.kid.clone())));
        }
        // When its successor began to sign says the same as `retires_at`, and a wrong clock may have spoilt that.
        let succeeded_at = active.last().map_or(i64::MAX, |key| key.activates_at);
        let is_over = |key: &&&KeyInfo| {
            let stopped_at = key.retires_at.unwrap_or(i64::MAX).min(succeeded_at);
            now.saturating_sub(stopped_at) >= policy.longest_token
        };
        steps.extend(retired.iter().filter(is_over).map(|key| Step::Remove(key.kid.clone())));
    }
    steps
}

/// Sees to it that one key of a needed algorithm signs, and that its successor is ready in time.
fn keep_going(
    steps: &mut Vec<Step>,
    purpose: Purpose,
    published: &[&KeyInfo],
    active: &[&KeyInfo],
    policy: &Policy,
    now: i64,
    rotate: bool,
) {
    let Some(current) = active.last() else {
        steps.push(match published.first() {
            Some(ready) => Step::Activate(ready.kid.clone()),
            None => Step::Make { purpose, state: KeyState::Active, activates_at: now },
        });
        return;
    };
    let is_due = |key: &&&KeyInfo| key.activates_at <= now || key.activates_at - now > policy.prepublish + IMPLAUSIBLE;
    if let Some(successor) = published.iter().find(is_due) {
        steps.push(Step::Activate(successor.kid.clone()));
        steps.extend(active.iter().map(|key| Step::Retire(key.kid.clone())));
        return;
    }
    // Two that sign: the older one stops.
    let others = active.iter().filter(|key| key.kid != current.kid);
    steps.extend(others.map(|key| Step::Retire(key.kid.clone())));
    let age = now.saturating_sub(current.activates_at);
    let is_old = age >= policy.age - policy.prepublish || age < -IMPLAUSIBLE;
    if published.is_empty() && (is_old || rotate) {
        let activates_at = now.saturating_add(policy.prepublish);
        steps.push(Step::Make { purpose, state: KeyState::Published, activates_at });
    }
}

#[cfg(test)]
mod tests {
    use super::{IMPLAUSIBLE, KeyInfo, Policy, Step, plan};
    use crate::state::keys::purpose::Purpose;
    use claviger_core::jose::Algorithm;
    use claviger_store::KeyState;
    use proptest::prelude::*;
    use std::collections::{BTreeSet, HashMap};

    const HOUR: i64 = 3_600_000;
    const DAY: i64 = 24 * HOUR;

    fn policy() -> Policy {
        Policy {
            purposes: BTreeSet::from([Algorithm::Es256, Algorithm::Rs256].map(Purpose::Sign)),
            usual: Algorithm::Es256,
            longest_session: 7 * DAY,
            age: 90 * DAY,
            prepublish: HOUR,
            longest_token: DAY,
        }
    }

    /// A key set that does what the plan says, and remembers when things happened.
    #[derive(Default)]
    struct World {
        keys: Vec<KeyInfo>,
        made: usize,
        log: Vec<String>,
        published_at: HashMap<String, i64>,
        retired_at: HashMap<String, i64>,
    }

    impl World {
        fn tick(&mut self, policy: &Policy, now: i64, rotate: bool) {
            for step in plan(&self.keys, policy, now, rotate) {
                match step {
                    Step::Make { purpose, state, activates_at } => {
                        self.made += 1;
                        let kid = format!("{purpose}-{}", self.made);
                        self.log.push(format!("make {kid}"));
                        self.published_at.insert(kid.clone(), now);
                        self.keys.push(KeyInfo { kid, purpose, state, activates_at, retires_at: None });
                    }
                    Step::Activate(kid) => {
                        self.log.push(format!("activate {kid}"));
                        let key = self.key(&kid);
                        key.state = KeyState::Active;
                        key.activates_at = now;
                    }
                    Step::Retire(kid) => {
                        self.log.push(format!("retire {kid}"));
                        self.retired_at.insert(kid.clone(), now);
                        let key = self.key(&kid);
                        key.state = KeyState::Retired;
                        key.retires_at = Some(now);
                    }
                    Step::Remove(kid) => {
                        self.log.push(format!("remove {kid}"));
                        self.keys.retain(|key| key.kid != kid);
                    }
                }
            }
            for purpose in &policy.purposes {
                let signing = self.keys.iter().filter(|k| k.purpose == *purpose && k.state == KeyState::Active);
                assert_eq!(signing.count(), 1, "{purpose} at {now}: {:?}", self.log);
            }
        }

        fn key(&mut self, kid: &str) -> &mut KeyInfo {
            self.keys.iter_mut().find(|key| key.kid == kid).unwrap()
        }

        fn take_log(&mut self) -> Vec<String> {
            std::mem::take(&mut self.log)
        }
    }

    #[test]
    fn a_new_realm_signs_at_once_and_then_rests() {
        let mut world = World::default();
        world.tick(&policy(), 0, false);
        assert_eq!(world.take_log(), ["make ES256-1", "make RS256-2"]);
        world.tick(&policy(), 80 * DAY, false);
        assert_eq!(world.take_log(), Vec::<String>::new());
    }

    #[test]
    fn a_key_goes_through_its_life_at_the_right_times() {
        let policy = Policy { purposes: [Algorithm::Es256.into()].into(), ..policy() };
        let mut world = World::default();
        let mut at = |now, expected: &[&str]| {
            world.tick(&policy, now, false);
            assert_eq!(world.take_log(), expected, "at {now}");
        };
        at(0, &["make ES256-1"]);
        at(90 * DAY - HOUR - 1, &[]);
        at(90 * DAY - HOUR, &["make ES256-2"]);
        at(90 * DAY - 1, &[]);
        at(90 * DAY, &["activate ES256-2", "retire ES256-1"]);
        at(91 * DAY - 1, &[]);
        at(91 * DAY, &["remove ES256-1"]);
        at(92 * DAY, &[]);
    }

    #[test]
    fn the_command_publishes_a_successor_once() {
        let mut world = World::default();
        world.tick(&policy(), 0, false);
        world.take_log();
        world.tick(&policy(), DAY, true);
        world.tick(&policy(), DAY + 1, true);
        assert_eq!(world.take_log(), ["make ES256-3", "make RS256-4"]);
        world.tick(&policy(), DAY + HOUR - 1, false);
        assert_eq!(world.take_log(), Vec::<String>::new());
        world.tick(&policy(), DAY + HOUR, false);
        assert_eq!(world.take_log(), ["activate ES256-3", "retire ES256-1", "activate RS256-4", "retire RS256-2"]);
    }

    #[test]
    fn an_algorithm_that_is_needed_no_more_leaves_as_a_retired_key_does() {
        let mut world = World::default();
        world.tick(&policy(), 0, false);
        world.tick(&policy(), DAY, true);
        world.take_log();
        let less = Policy { purposes: [Algorithm::Rs256.into()].into(), ..policy() };
        world.tick(&less, DAY + 1, false);
        assert_eq!(world.take_log(), ["retire ES256-1", "remove ES256-3"]);
        world.tick(&less, 2 * DAY + 1, false);
        assert!(world.take_log().contains(&"remove ES256-1".to_owned()));
        // And one that is needed again begins anew.
        world.tick(&policy(), 3 * DAY, false);
        assert_eq!(world.take_log(), ["make ES256-5"]);
    }

    #[test]
    fn keys_made_while_the_clock_was_years_ahead_are_replaced_and_leave() {
        let policy = Policy { purposes: [Algorithm::Es256.into()].into(), ..policy() };
        let (future, now) = (40_000 * DAY, 20_000 * DAY);
        let mut world = World::default();
        world.tick(&policy, future, false);
        world.tick(&policy, future + 1, true);
        // The clock is set right: the successor from the future takes over, and gets a sane successor in its turn.
        world.take_log();
        world.tick(&policy, now, false);
        assert_eq!(world.take_log(), ["activate ES256-2", "retire ES256-1"]);
        world.tick(&policy, now + DAY, false);
        assert_eq!(world.take_log(), ["remove ES256-1"]);
        let mut world = World::default();
        world.tick(&policy, future, false);
        world.tick(&policy, now, false);
        world.tick(&policy, now + HOUR, false);
        assert_eq!(world.take_log(), ["make ES256-1", "make ES256-2", "activate ES256-2", "retire ES256-1"]);
        world.tick(&policy, now + HOUR + DAY, false);
        assert_eq!(world.take_log(), ["remove ES256-1"]);
    }

    #[test]
    fn an_hour_back_and_forth_changes_nothing() {
        let mut world = World::default();
        world.tick(&policy(), 50 * DAY, false);
        world.take_log();
        for now in [50 * DAY - HOUR, 50 * DAY + HOUR, 50 * DAY - HOUR, 50 * DAY] {
            world.tick(&policy(), now, false);
        }
        assert_eq!(world.take_log(), Vec::<String>::new());
    }

    proptest! {
        // Whatever the clock does: one key per algorithm signs (checked at every tick), the set stays small, and in
        // stretches without a step back no key signs unpublished or leaves while its tokens live.
        #[test]
        fn the_set_is_sound_at_all_times(steps in prop::collection::vec((-2 * HOUR..40 * DAY, any::<bool>()), 1..80)) {
            let policy = policy();
            let (mut world, mut now) = (World::default(), 1_000 * DAY);
            world.tick(&policy, now, false);
            let mut set_back = false;
            for (step, rotate) in steps {
                now += step;
                set_back |= step < 0;
                let before = world.keys.clone();
                world.tick(&policy, now, rotate);
                prop_assert!(world.keys.len() <= 8, "{:?}", world.log);
                for key in &before {
                    let now_active = world.keys.iter().any(|k| k.kid == key.kid && k.state == KeyState::Active);
                    if key.state == KeyState::Published && now_active && !set_back {
                        prop_assert!(now - world.published_at[&key.kid] >= policy.prepublish);
                    }
                    let gone = !world.keys.iter().any(|k| k.kid == key.kid);
                    prop_assert!(!gone || key.state == KeyState::Retired);
                    if gone && !set_back {
                        prop_assert!(now - world.retired_at[&key.kid] >= policy.longest_token);
                    }
                }
            }
            prop_assert!(IMPLAUSIBLE > 2 * HOUR);
        }
    }
}
