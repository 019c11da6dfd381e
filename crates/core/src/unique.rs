//! Repetitions in lists of any length, found in one pass: a list may come from a stranger.

use std::collections::HashSet;
use std::hash::Hash;

/// Up to so many items, comparing each with each is quicker than hashing them.
const FEW: usize = 16;

/// The items without repetitions, each where it stood first.
pub fn distinct<T: Eq + Hash + Copy>(items: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut seen = Seen::default();
    items.into_iter().filter(|item| seen.insert(*item)).collect()
}

/// The first item that is there for the second time.
pub fn repeated<T: Eq + Hash + Copy>(items: impl IntoIterator<Item = T>) -> Option<T> {
    let mut seen = Seen::default();
    items.into_iter().find(|item| !seen.insert(*item))
}

/// What has been seen of a list.
struct Seen<T> {
    first: Vec<T>,
    /// All, once they are more than a few.
    all: HashSet<T>,
}

impl<T> Default for Seen<T> {
    fn default() -> Self {
        Self { first: Vec::new(), all: HashSet::new() }
    }
}

impl<T: Eq + Hash + Copy> Seen<T> {
    /// Whether the item is a new one.
    fn insert(&mut self, item: T) -> bool {
        if self.first.len() < FEW {
            let new = !self.first.contains(&item);
            if new {
                self.first.push(item);
            }
            return new;
        }
        if self.all.is_empty() {
            self.all.extend(self.first.iter().copied());
        }
        self.all.insert(item)
    }
}

/// The members of a list, to be asked for one after the other.
#[derive(Debug)]
pub enum Members<'a> {
    /// So few that they are compared one by one.
    Few(&'a [String]),
    /// More of them.
    Many(HashSet<&'a str>),
}

impl<'a> Members<'a> {
    /// Those of a list.
    pub fn of(list: &'a [String]) -> Self {
        if list.len() <= FEW { Self::Few(list) } else { Self::Many(list.iter().map(String::as_str).collect()) }
    }

    /// Whether `item` is one of them.
    pub fn contain(&self, item: &str) -> bool {
        match self {
            Self::Few(list) => list.iter().any(|mine| mine == item),
            Self::Many(set) => set.contains(item),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;
    use std::hash::Hasher;

    /// A number that counts how often it is compared.
    #[derive(Clone, Copy)]
    struct Counted<'a>(u32, &'a Cell<u32>);

    impl PartialEq for Counted<'_> {
        fn eq(&self, other: &Self) -> bool {
            self.1.set(self.1.get() + 1);
            self.0 == other.0
        }
    }

    impl Eq for Counted<'_> {}

    impl Hash for Counted<'_> {
        fn hash<H: Hasher>(&self, state: &mut H) {
            self.0.hash(state);
        }
    }

    fn comparisons(count: u32, work: impl Fn(Vec<Counted<'_>>)) -> u32 {
        let counter = Cell::new(0);
        work((0..count).map(|n| Counted(n, &counter)).collect());
        counter.get()
    }

    #[test]
    fn the_first_of_each_stays_in_its_place() {
        assert_eq!(distinct(["b", "a", "b", "c", "a"]), ["b", "a", "c"]);
        assert_eq!(repeated(["b", "a", "c"]), None);
        assert_eq!(repeated(["b", "a", "c", "a", "b"]), Some("a"));
    }

    #[test]
    fn few_and_many_are_found_alike() {
        for count in [3_usize, 16, 17, 500] {
            let list: Vec<String> = (0..count).map(|n| n.to_string()).collect();
            let twice = list.iter().chain(&list).map(String::as_str);
            assert_eq!(distinct(twice), list);
            let members = Members::of(&list);
            assert!(list.iter().all(|item| members.contain(item)) && !members.contain("x"));
            assert_eq!(matches!(members, Members::Few(_)), count <= FEW);
        }
    }

    #[test]
    fn work_grows_with_the_length_and_not_with_its_square() {
        for count in [1_000, 20_000] {
            assert!(comparisons(count, |items| drop(distinct(items))) <= 2 * count);
            assert!(comparisons(count, |items| assert!(repeated(items).is_none(), "none repeats")) <= 2 * count);
        }
    }
}
