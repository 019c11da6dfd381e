//! Circles of files.
//!
//! A file and the module it is a part of may import each other. So a circle is wrong if none of its files is the module that
//! all the others are part of: such a file is taken out, and what is left is looked at again.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::{Path, PathBuf};

use super::modules::Imports;

/// Files of which each imports another, round and round.
pub(super) struct Circle {
    /// A shortest way round, from a file back to itself; the first file stands once.
    way: Vec<PathBuf>,
    /// All files from which there is a way to all others.
    all: Vec<PathBuf>,
}

impl Circle {
    /// The circle as text, with paths from this folder on.
    pub(super) fn describe(&self, folder: &Path) -> String {
        let shown = |path: &PathBuf| path.strip_prefix(folder).unwrap_or(path).display().to_string();
        let mut way: Vec<String> = self.way.iter().map(shown).collect();
        way.extend(way.first().cloned());
        let text = format!("a circle of {} files: {}", self.all.len(), way.join(" -> "));
        if self.all.len() == self.way.len() {
            return text;
        }
        let all: Vec<String> = self.all.iter().map(shown).collect();
        format!("{text}; all of them: {}", all.join(", "))
    }
}

/// Every set of files that import each other and should not.
pub(super) fn find(imports: &Imports) -> Vec<Circle> {
    let mut open: Vec<BTreeSet<usize>> = vec![(0..imports.files.len()).collect()];
    let mut found = Vec::new();
    while let Some(files) = open.pop() {
        for mut group in groups(imports, &files) {
            match group.iter().copied().find(|top| group.iter().all(|file| is_part_of(imports, *file, *top))) {
                Some(top) => {
                    group.remove(&top);
                    open.push(group);
                }
                None => found.push(circle(imports, &group)),
            }
        }
    }
    found.sort_by(|one, other| one.all.cmp(&other.all));
    found
}

/// Whether a file's module is this one or within it.
fn is_part_of(imports: &Imports, file: usize, top: usize) -> bool {
    let mut at = Some(file);
    while let Some(number) = at {
        if number == top {
            return true;
        }
        at = imports.parents.get(number).copied().flatten();
    }
    false
}

/// The largest sets of at least two files, among these, that all reach each other.
fn groups(imports: &Imports, files: &BTreeSet<usize>) -> Vec<BTreeSet<usize>> {
    let reached: BTreeMap<usize, BTreeSet<usize>> =
        files.iter().map(|file| (*file, ways(imports, files, *file).into_keys().collect())).collect();
    let is_way = |from: usize, to: usize| reached.get(&from).is_some_and(|reached| reached.contains(&to));
    let mut groups: Vec<BTreeSet<usize>> = Vec::new();
    for file in files {
        if groups.iter().any(|group| group.contains(file)) {
            continue;
        }
        let group: BTreeSet<usize> =
            files.iter().copied().filter(|other| is_way(*file, *other) && is_way(*other, *file)).collect();
        if group.len() > 1 {
            groups.push(group);
        }
    }
    groups
}

/// The files that one reaches over these, each with the file before it on a shortest way.
fn ways(imports: &Imports, files: &BTreeSet<usize>, from: usize) -> BTreeMap<usize, usize> {
    let (mut before, mut open) = (BTreeMap::new(), VecDeque::from([from]));
    while let Some(file) = open.pop_front() {
        for next in imports.of.get(file).into_iter().flatten().filter(|next| files.contains(next)) {
            if !before.contains_key(next) {
                before.insert(*next, file);
                open.push_back(*next);
            }
        }
    }
    before
}

/// A shortest circle among files that all reach each other, and that has no file which all the others are part of.
fn circle(imports: &Imports, group: &BTreeSet<usize>) -> Circle {
    let path = |file: &usize| imports.files.get(*file).cloned().unwrap_or_default();
    let round = |start: usize| -> Vec<usize> {
        let before = ways(imports, group, start);
        let (mut way, mut at) = (Vec::new(), start);
        while let Some(previous) = before.get(&at) {
            way.push(*previous);
            if *previous == start {
                break;
            }
            at = *previous;
        }
        way.reverse();
        way
    };
    let is_wrong = |way: &Vec<usize>| !way.iter().any(|top| way.iter().all(|file| is_part_of(imports, *file, *top)));
    let rounds: Vec<Vec<usize>> = group.iter().map(|start| round(*start)).collect();
    let shortest = rounds.iter().filter(|way| is_wrong(way)).min_by_key(|way| way.len());
    let all: Vec<PathBuf> = group.iter().map(path).collect();
    let way = shortest.map_or_else(|| all.clone(), |way| way.iter().map(path).collect());
    Circle { way, all }
}
