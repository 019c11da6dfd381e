//! When those who wait for a driver leave with it.
//!
//! A statement for several callers costs the database, the network and this server little more than one for a single
//! caller, and its commit costs the same. Callers that keep coming back come back together, since they were answered
//! together: a driver that leaves with the first of them leaves the others behind for all the time its commit takes, and
//! each gets a commit to itself. So whoever writes waits until as many are there as were under way when the last crowd came
//! back, for a part of what that one's answer took. Where they are many they are two crowds that take turns: while one is
//! on its way to the disk, the other gathers.
//!
//! Nobody waits where nobody else was seen lately; and where those who were seen did not come back, but others come when
//! they like, waiting for them is tried less and less often.

use std::time::{Duration, Instant};

/// How many travel together at most.
pub(super) const MOST: usize = 64;

/// As many leave behind others who are on their way, at least: fewer are better off with a larger crowd. Twice as many
/// under way are two crowds.
const SECOND_CROWD: usize = 4;

/// What takes longer than this to answer is not waited for.
pub(super) const SLOW: Duration = Duration::from_millis(20);

/// What part of the time that an answer takes is spent on waiting for others, and how much at most.
const PART: u32 = 2;
const LONGEST: Duration = Duration::from_millis(1);

/// For how many departures at most nobody is waited for, once that was in vain.
const DISCOURAGED: u32 = 64;

/// Who is on their way, and what was seen of those before them.
#[derive(Debug)]
pub(super) struct Departures {
    /// Whether a crowd is waited for when nobody is on their way.
    gathers: bool,
    /// How many are on their way.
    carried: usize,
    /// When the last of them left.
    left: Option<Instant>,
    /// How many make a crowd, as far as was seen.
    usual: usize,
    /// How long the last answer took.
    answer: Duration,
    /// For how many departures nobody was waited for when that was in vain the last time; 0 where it was not.
    discouraged: u32,
    /// For how many more nobody is.
    hurried: u32,
}

/// What a free driver is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    /// Take those who wait.
    Go,
    /// Take them when this has passed, or when more have come.
    Gather(Duration),
    /// Leave them to those who are on their way, and come back.
    Wait,
}

impl Departures {
    pub(super) fn new(gathers: bool) -> Self {
        let (left, answer) = (None, Duration::ZERO);
        Self { gathers, carried: 0, left, usual: 0, answer, discouraged: 0, hurried: 0 }
    }

    /// What a driver is to do where so many wait.
    pub(super) fn turn(&self, waiting: usize, now: Instant) -> Turn {
        let is_slow = self.left.is_some_and(|left| now.saturating_duration_since(left) > SLOW);
        if waiting == 0 {
            Turn::Wait
        } else if is_slow {
            Turn::Go
        } else if self.carried > 0 {
            if waiting >= self.carried.max(self.least_behind_others()) { Turn::Go } else { Turn::Wait }
        } else if waiting >= self.usual || self.hurried > 0 {
            Turn::Go
        } else {
            Turn::Gather((self.answer / PART).min(LONGEST))
        }
    }

    fn least_behind_others(&self) -> usize {
        if self.gathers { self.usual.max(SECOND_CROWD) } else { 1 }
    }

    /// Some leave; where they were gathered, so many came meanwhile.
    pub(super) fn leave(&mut self, count: usize, came: Option<usize>, now: Instant) {
        self.carried += count;
        self.left = Some(now);
        self.hurried = self.hurried.saturating_sub(1);
        match came {
            Some(0) => {
                self.discouraged = (self.discouraged * 2).clamp(1, DISCOURAGED);
                self.hurried = self.discouraged;
            }
            Some(_) => self.discouraged = 0,
            None => {}
        }
    }

    /// Some are answered, after so long, while so many wait.
    pub(super) fn answered(&mut self, count: usize, took: Duration, waiting: usize) {
        if self.gathers {
            let under_way = self.carried + waiting;
            let is_one_crowd = under_way < 2 * SECOND_CROWD;
            self.usual = if is_one_crowd { under_way } else { under_way.div_ceil(2).min(MOST) };
            self.answer = took;
        }
        self.over(count);
    }

    /// Some are not on their way any more.
    pub(super) fn over(&mut self, count: usize) {
        self.carried = self.carried.saturating_sub(count);
    }
}

#[cfg(test)]
mod tests {
    use super::{DISCOURAGED, Departures, LONGEST, MOST, PART, SECOND_CROWD, SLOW, Turn};
    use std::time::{Duration, Instant};

    const ANSWER: Duration = Duration::from_micros(800);

    /// Some that have seen so many leave, and be answered while so many waited.
    fn having_seen(count: usize, waiting: usize, now: Instant) -> Departures {
        let mut departures = Departures::new(true);
        departures.leave(count, None, now);
        departures.answered(count, ANSWER, waiting);
        departures
    }

    #[test]
    fn one_that_comes_alone_leaves_alone_and_at_once() {
        let now = Instant::now();
        assert_eq!(Departures::new(true).turn(0, now), Turn::Wait);
        assert_eq!(Departures::new(true).turn(1, now), Turn::Go);
        assert_eq!(having_seen(1, 0, now).turn(1, now), Turn::Go);
    }

    #[test]
    fn a_crowd_that_was_seen_is_waited_for_but_not_long() {
        let now = Instant::now();
        let mut departures = having_seen(1, 2, now);
        assert_eq!(departures.turn(1, now), Turn::Gather(ANSWER / PART));
        assert_eq!(departures.turn(2, now), Turn::Gather(ANSWER / PART));
        assert_eq!(departures.turn(3, now), Turn::Go);
        departures.leave(2, Some(1), now);
        departures.answered(2, Duration::from_secs(1), 1);
        assert_eq!(departures.turn(1, now), Turn::Gather(LONGEST));
    }

    #[test]
    fn one_that_did_not_come_back_is_waited_for_once() {
        let now = Instant::now();
        let mut departures = having_seen(3, 0, now);
        assert_eq!(departures.turn(2, now), Turn::Gather(ANSWER / PART));
        departures.leave(2, Some(1), now);
        departures.answered(2, ANSWER, 0);
        assert_eq!(departures.turn(2, now), Turn::Go);
    }

    #[test]
    fn where_nobody_comes_they_are_waited_for_less_and_less_often() {
        let now = Instant::now();
        let mut departures = having_seen(2, 1, now);
        let mut between = Vec::new();
        for _ in 0..8 {
            assert_eq!(departures.turn(1, now), Turn::Gather(ANSWER / PART));
            departures.leave(1, Some(0), now);
            departures.answered(1, ANSWER, 1);
            let mut hurried = 0;
            while departures.turn(1, now) == Turn::Go {
                departures.leave(1, None, now);
                departures.answered(1, ANSWER, 1);
                hurried += 1;
            }
            between.push(hurried);
        }
        assert_eq!(between, [1, 2, 4, 8, 16, 32, DISCOURAGED, DISCOURAGED]);
        departures.leave(2, Some(1), now);
        departures.answered(2, ANSWER, 1);
        departures.leave(1, Some(0), now);
        departures.answered(1, ANSWER, 1);
        assert_eq!(departures.turn(1, now), Turn::Go);
        departures.leave(1, None, now);
        departures.answered(1, ANSWER, 1);
        assert_eq!(departures.turn(1, now), Turn::Gather(ANSWER / PART));
    }

    #[test]
    fn only_a_crowd_leaves_behind_those_who_are_on_their_way() {
        let now = Instant::now();
        let mut departures = Departures::new(true);
        departures.leave(1, None, now);
        assert_eq!(departures.turn(SECOND_CROWD - 1, now), Turn::Wait);
        assert_eq!(departures.turn(SECOND_CROWD, now), Turn::Go);
        departures.leave(SECOND_CROWD, None, now);
        assert_eq!(departures.turn(SECOND_CROWD, now), Turn::Wait);
        assert_eq!(departures.turn(SECOND_CROWD + 1, now), Turn::Go);
    }

    #[test]
    fn a_few_are_one_crowd_and_many_are_two() {
        let now = Instant::now();
        let mut few = having_seen(4, 3, now);
        few.leave(1, None, now);
        assert_eq!(few.turn(6, now), Turn::Wait);
        assert_eq!(few.turn(7, now), Turn::Go);
        let mut many = having_seen(8, 6, now);
        many.leave(3, None, now);
        assert_eq!(many.turn(6, now), Turn::Wait);
        assert_eq!(many.turn(7, now), Turn::Go);
        assert_eq!(having_seen(MOST, 4 * MOST, now).turn(MOST, now), Turn::Go);
    }

    #[test]
    fn those_who_take_long_are_not_waited_for() {
        let now = Instant::now();
        let mut departures = Departures::new(true);
        departures.leave(5, None, now);
        assert_eq!(departures.turn(1, now + SLOW), Turn::Wait);
        assert_eq!(departures.turn(1, now + SLOW + Duration::from_micros(1)), Turn::Go);
    }

    #[test]
    fn a_crowd_of_long_ago_is_not_waited_for() {
        let now = Instant::now();
        assert_eq!(having_seen(6, 0, now).turn(1, now + SLOW * 2), Turn::Go);
    }

    #[test]
    fn whoever_reads_does_not_wait_for_a_crowd() {
        let (mut departures, now) = (Departures::new(false), Instant::now());
        departures.leave(6, None, now);
        departures.answered(6, ANSWER, 0);
        assert_eq!(departures.turn(1, now), Turn::Go);
        departures.leave(2, None, now);
        assert_eq!(departures.turn(1, now), Turn::Wait);
        assert_eq!(departures.turn(2, now), Turn::Go);
    }
}
