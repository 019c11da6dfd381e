//! Repetitions in lists of any length, found in one pass: a list may come from a stranger.

use std::collections::HashSet;
use std::hash::Hash;

/// The items without repetitions, each where it stood first.
pub fn distinct<T: Eq + Hash + Copy>(items: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut seen = HashSet::new();
    items.into_iter().filter(|item| seen.insert(*item)).collect()
}

/// The first item that is there for the second time.
pub fn repeated<T: Eq + Hash + Copy>(items: impl IntoIterator<Item = T>) -> Option<T> {
    let mut seen = HashSet::new();
    items.into_iter().find(|item| !seen.insert(*item))
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
    fn work_grows_with_the_length_and_not_with_its_square() {
        for count in [1_000, 20_000] {
            assert!(comparisons(count, |items| drop(distinct(items))) <= count);
            assert!(comparisons(count, |items| assert!(repeated(items).is_none(), "none repeats")) <= count);
        }
    }
}
