use super::Entry;
pub(crate) const CASES: &[Entry] = &[];
