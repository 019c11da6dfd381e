//! A short queue that is shared fairly: each realm and address has its turn, one after the other.
//!
//! One turn has half of the places at most. Where all places are taken, who has the fewest waiting displaces the last one
//! of who has the most. So one address that asks without end delays others by one hash each time, and takes nobody's place.

use crate::state::brakes::network;
use claviger_core::crypto::sha256;
use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;

/// Who waits one behind the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Turn([u8; 16]);

impl Turn {
    /// The operator's own: the command line, realm files.
    pub const OURS: Self = Self([0; 16]);

    /// Whoever asks a realm from an address; an IPv6 network (/64) is one.
    pub fn of(realm: &str, address: IpAddr) -> Self {
        let hash = sha256(&[realm.as_bytes(), &network(address)].concat());
        Self(hash.first_chunk().copied().unwrap_or_default())
    }
}

/// What waits, by turns.
#[derive(Debug)]
pub(super) struct Queue<T> {
    waiting: HashMap<Turn, VecDeque<T>>,
    /// Those that something waits for, the next one first.
    order: VecDeque<Turn>,
    len: usize,
    most: usize,
}

impl<T> Queue<T> {
    /// With so many places.
    pub(super) fn new(most: usize) -> Self {
        Self { waiting: HashMap::new(), order: VecDeque::new(), len: 0, most: most.max(1) }
    }

    pub(super) const fn len(&self) -> usize {
        self.len
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Puts something at the end of its turn. What is not wanted any more makes room first.
    ///
    /// # Errors
    /// There is no place; it is given back.
    pub(super) fn push(&mut self, turn: Turn, item: T, is_wanted: impl Fn(&T) -> bool) -> Result<(), T> {
        if !self.has_room(turn, is_wanted) {
            return Err(item);
        }
        if self.len >= self.most
            && let Some((longest, _)) = self.longest()
        {
            self.take(longest, VecDeque::pop_back);
        }
        let mine = self.waiting.entry(turn).or_default();
        if mine.is_empty() {
            self.order.push_back(turn);
        }
        mine.push_back(item);
        self.len += 1;
        Ok(())
    }

    /// Whether something of this turn would find a place.
    pub(super) fn has_room(&mut self, turn: Turn, is_wanted: impl Fn(&T) -> bool) -> bool {
        if self.has_place(turn) {
            return true;
        }
        for items in self.waiting.values_mut() {
            items.retain(&is_wanted);
        }
        self.waiting.retain(|_, items| !items.is_empty());
        self.order.retain(|turn| self.waiting.contains_key(turn));
        self.len = self.waiting.values().map(VecDeque::len).sum();
        self.has_place(turn)
    }

    fn has_place(&self, turn: Turn) -> bool {
        let mine = self.waiting.get(&turn).map_or(0, VecDeque::len);
        mine < self.most.div_ceil(2)
            && (self.len < self.most || self.longest().is_some_and(|(_, longest)| longest > mine + 1))
    }

    /// The next one; whoever had a turn goes to the end.
    pub(super) fn pop(&mut self) -> Option<T> {
        let turn = self.order.front().copied()?;
        let item = self.take(turn, VecDeque::pop_front);
        if self.waiting.contains_key(&turn) {
            self.order.rotate_left(1);
        }
        item
    }

    fn take(&mut self, turn: Turn, which: impl Fn(&mut VecDeque<T>) -> Option<T>) -> Option<T> {
        let items = self.waiting.get_mut(&turn)?;
        let item = which(items);
        self.len -= usize::from(item.is_some());
        if items.is_empty() {
            self.waiting.remove(&turn);
            self.order.retain(|other| *other != turn);
        }
        item
    }

    fn longest(&self) -> Option<(Turn, usize)> {
        self.waiting.iter().map(|(turn, items)| (*turn, items.len())).max_by_key(|(_, len)| *len)
    }
}

#[cfg(test)]
mod tests {
    use super::{Queue, Turn};

    const A: Turn = Turn([1; 16]);
    const B: Turn = Turn([2; 16]);
    const C: Turn = Turn([3; 16]);

    fn all(queue: &mut Queue<u32>) -> Vec<u32> {
        std::iter::from_fn(|| queue.pop()).collect()
    }

    #[test]
    fn each_has_its_turn_whoever_came_first() {
        let mut queue = Queue::new(64);
        for (turn, item) in [(A, 1), (A, 2), (A, 3), (B, 10), (C, 20), (B, 11)] {
            queue.push(turn, item, |_| true).unwrap();
        }
        assert_eq!(queue.len(), 6);
        assert_eq!(all(&mut queue), [1, 10, 20, 2, 11, 3]);
        assert!(queue.is_empty() && queue.waiting.is_empty() && queue.order.is_empty());
    }

    #[test]
    fn one_has_half_of_the_places_and_who_has_most_makes_room() {
        let mut queue = Queue::new(4);
        for item in 1..=2 {
            queue.push(A, item, |_| true).unwrap();
            queue.push(B, 10 + item, |_| true).unwrap();
        }
        assert_eq!(queue.push(A, 3, |_| true), Err(3));
        assert!(queue.has_room(C, |_| true));
        queue.push(C, 20, |_| true).unwrap();
        assert_eq!(queue.len(), 4);
        assert_eq!(queue.push(C, 21, |_| true), Err(21), "as many as the others have");
        let left = all(&mut queue);
        assert!(left.contains(&1) && left.contains(&11) && left.contains(&20), "{left:?}");
    }

    #[test]
    fn what_nobody_waits_for_any_more_takes_no_place() {
        let mut queue = Queue::new(2);
        queue.push(A, 1, |_| true).unwrap();
        assert_eq!(queue.push(A, 2, |_| true), Err(2));
        queue.push(A, 2, |item| *item != 1).unwrap();
        assert_eq!(all(&mut queue), [2]);
    }

    #[test]
    fn a_turn_is_a_realm_and_an_address() {
        let [one, two] = ["192.0.2.1", "192.0.2.2"].map(|text| text.parse().unwrap());
        assert_eq!(Turn::of("r", one), Turn::of("r", one));
        assert_ne!(Turn::of("r", one), Turn::of("r", two));
        assert_ne!(Turn::of("r", one), Turn::of("s", one));
    }
}
