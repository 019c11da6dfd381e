//! The modules of a crate, the files they lie in, and which file imports which.
//!
//! A path counts for the file in which its name is made: a module that passes a name on (`pub use`) is looked through.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use super::tokens::{self, Token};

/// How often one name may lead to another before it is taken for one without an end.
const STEPS: usize = 32;

/// The files of a crate, and who imports whom.
#[derive(Debug, Default)]
pub(super) struct Imports {
    /// The files; numbers below are places in this list.
    pub(super) files: Vec<PathBuf>,
    /// For each file, those that it imports; never itself.
    pub(super) of: Vec<BTreeSet<usize>>,
    /// For each file, the file of the module that its own is a part of.
    pub(super) parents: Vec<Option<usize>>,
}

/// Reads a crate from its root file on.
///
/// # Errors
/// A file cannot be read, or a module's file is not there.
pub(super) fn imports(root: &Path) -> Result<Imports> {
    let mut tree = Tree::default();
    tree.read(root, None, &folder_of(root))?;
    Ok(tree.resolve())
}

#[derive(Default)]
struct Module {
    file: usize,
    parent: Option<usize>,
    children: BTreeMap<String, usize>,
    /// Names that it makes.
    makes: BTreeSet<String>,
    uses: Vec<Use>,
    /// Paths that stand in its code.
    mentions: Vec<Vec<String>>,
}

/// One leaf of a `use`.
#[derive(Debug, PartialEq, Eq)]
struct Use {
    path: Vec<String>,
    /// The name it goes by here; none for a star.
    name: Option<String>,
}

#[derive(Default)]
struct Tree {
    imports: Imports,
    modules: Vec<Module>,
}

impl Tree {
    /// Reads a file as a module; the files of its modules are looked for in `folder`.
    fn read(&mut self, file: &Path, parent: Option<usize>, folder: &Path) -> Result<usize> {
        let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
        let number = self.imports.files.len();
        self.imports.files.push(file.to_path_buf());
        self.imports.of.push(BTreeSet::new());
        let above = parent.and_then(|parent| self.modules.get(parent)).map(|module| module.file);
        self.imports.parents.push(above);
        let module = self.add(number, parent);
        let tokens = tokens::of_program(&text);
        let mut reader = Reader { tokens: &tokens, at: 0 };
        self.body(&mut reader, module, file, folder)?;
        Ok(module)
    }

    fn add(&mut self, file: usize, parent: Option<usize>) -> usize {
        self.modules.push(Module { file, parent, ..Module::default() });
        self.modules.len() - 1
    }

    fn module(&mut self, number: usize) -> Result<&mut Module> {
        self.modules.get_mut(number).context("no such module")
    }

    /// Reads items up to the end of the file, or the brace that closes an inline module.
    fn body(&mut self, reader: &mut Reader<'_>, module: usize, file: &Path, folder: &Path) -> Result<()> {
        let mut depth = 0_u32;
        let mut path_attribute = None;
        while let Some(token) = reader.next() {
            match token {
                Token::Sign('{') => depth += 1,
                Token::Sign('}') if depth == 0 => return Ok(()),
                Token::Sign('}') => depth -= 1,
                Token::Word(word) if word == "use" => {
                    let uses = &mut self.module(module)?.uses;
                    reader.use_tree(&[], uses);
                }
                // `#[path = "file.rs"]` of the module that follows.
                Token::Sign('[') if reader.peek(0).is_some_and(|next| next.is("path")) => {
                    if let Some(Token::Text(path)) = reader.peek(2) {
                        path_attribute = Some(path.clone());
                    }
                }
                Token::Word(word) if word == "mod" => {
                    let Some(Token::Word(name)) = reader.next() else { continue };
                    let child = if reader.peek(0).is_some_and(|next| next.is_sign('{')) {
                        reader.next();
                        let own = self.module(module)?.file;
                        let child = self.add(own, Some(module));
                        self.body(reader, child, file, &folder.join(name))?;
                        child
                    } else {
                        let (file, folder) = match path_attribute.take() {
                            Some(path) => {
                                let found = file.with_file_name("").join(path);
                                let folder = found.with_file_name("");
                                (found, folder)
                            }
                            None => module_file(folder, name)?,
                        };
                        self.read(&file, Some(module), &folder)?
                    };
                    self.module(module)?.children.insert(name.clone(), child);
                }
                Token::Word(word) => {
                    if MAKES.contains(&word.as_str())
                        && let Some(Token::Word(name)) = reader.peek(0)
                    {
                        self.module(module)?.makes.insert(name.clone());
                    }
                    let path = reader.path(word);
                    if path.len() > 1 {
                        self.module(module)?.mentions.push(path);
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Follows every path to the file in which its name is made.
    fn resolve(mut self) -> Imports {
        for (number, module) in self.modules.iter().enumerate() {
            let mentioned = module.mentions.iter();
            for path in module.uses.iter().map(|found| &found.path).chain(mentioned) {
                let Some(found) = self.follow(number, path, STEPS).and_then(|found| self.modules.get(found)) else {
                    continue;
                };
                if found.file != module.file
                    && let Some(of) = self.imports.of.get_mut(module.file)
                {
                    of.insert(found.file);
                }
            }
        }
        self.imports
    }

    /// The module in which a path ends, seen from a module; none if it leads out of the crate.
    fn follow(&self, from: usize, path: &[String], steps: usize) -> Option<usize> {
        let steps = steps.checked_sub(1)?;
        let (first, mut rest) = path.split_first()?;
        let mut at = match first.as_str() {
            "crate" => 0,
            "self" => from,
            "super" => self.modules.get(from)?.parent?,
            name => self.child_or_use(from, name, steps).or_else(|| self.by_star(from, name, steps))?,
        };
        while let Some((name, after)) = rest.split_first() {
            rest = after;
            at = match name.as_str() {
                "super" => self.modules.get(at)?.parent?,
                "self" => at,
                name => match self.child_or_use(at, name, steps) {
                    Some(found) => found,
                    // An import of another crate's, or a name that is made here: what follows belongs to it.
                    None if self.imports_as(at, name) => return None,
                    None => return Some(self.by_star(at, name, steps).unwrap_or(at)),
                },
            };
        }
        Some(at)
    }

    /// The module that a name means within a module: one of its own, or where one of its imports leads.
    fn child_or_use(&self, at: usize, name: &str, steps: usize) -> Option<usize> {
        let module = self.modules.get(at)?;
        if let Some(child) = module.children.get(name) {
            return Some(*child);
        }
        // `use x;` would lead to itself.
        let mut bound = module.uses.iter().filter(|found| found.name.as_deref() == Some(name) && found.path.len() > 1);
        bound.find_map(|found| self.follow(at, &found.path, steps))
    }

    fn imports_as(&self, at: usize, name: &str) -> bool {
        self.modules.get(at).is_some_and(|module| module.uses.iter().any(|found| found.name.as_deref() == Some(name)))
    }

    /// Where a name comes from that a module has from a star import.
    fn by_star(&self, at: usize, name: &str, steps: usize) -> Option<usize> {
        let steps = steps.checked_sub(1)?;
        let module = self.modules.get(at)?;
        if module.makes.contains(name) {
            return None;
        }
        module.uses.iter().filter(|found| found.name.is_none()).find_map(|found| {
            let target = self.follow(at, &found.path, steps).filter(|target| *target != at)?;
            let makes = self.modules.get(target)?.makes.contains(name);
            let inner = self.child_or_use(target, name, steps);
            if makes { Some(target) } else { inner.or_else(|| self.by_star(target, name, steps)) }
        })
    }
}

/// Keywords after which stands the name of what is made.
const MAKES: [&str; 9] = ["struct", "enum", "trait", "type", "fn", "const", "static", "union", "macro_rules"];

struct Reader<'a> {
    tokens: &'a [Token],
    at: usize,
}

impl<'a> Reader<'a> {
    fn peek(&self, ahead: usize) -> Option<&'a Token> {
        self.tokens.get(self.at + ahead)
    }

    fn next(&mut self) -> Option<&'a Token> {
        let token = self.peek(0)?;
        self.at += 1;
        Some(token)
    }

    fn takes_colons(&mut self) -> bool {
        let both = [0, 1].iter().all(|ahead| self.peek(*ahead).is_some_and(|token| token.is_sign(':')));
        if both {
            self.at += 2;
        }
        both
    }

    /// The path that begins with a word just read: `a::b::c`. What follows a `::<` is not part of it.
    fn path(&mut self, first: &str) -> Vec<String> {
        let mut path = vec![first.to_owned()];
        while let (Some(Token::Sign(':')), Some(Token::Sign(':')), Some(Token::Word(word))) =
            (self.peek(0), self.peek(1), self.peek(2))
        {
            path.push(word.clone());
            self.at += 3;
        }
        path
    }

    /// Reads the tree of a `use` into its leaves.
    fn use_tree(&mut self, before: &[String], into: &mut Vec<Use>) {
        // A path that begins with `::` is another crate's.
        self.takes_colons();
        let mut path = before.to_vec();
        loop {
            match self.next() {
                Some(Token::Word(word)) => {
                    if word != "self" || path.is_empty() {
                        path.push(word.clone());
                    }
                    if self.takes_colons() {
                        continue;
                    }
                    let mut name = path.last().cloned();
                    if self.peek(0).is_some_and(|token| token.is("as")) {
                        self.at += 1;
                        if let Some(Token::Word(other)) = self.next() {
                            name = Some(other.clone());
                        }
                    }
                    into.push(Use { path, name });
                    return;
                }
                Some(Token::Sign('*')) => {
                    into.push(Use { path, name: None });
                    return;
                }
                Some(Token::Sign('{')) => {
                    while self.peek(0).is_some_and(|token| !token.is_sign('}')) {
                        self.use_tree(&path, into);
                        if self.peek(0).is_some_and(|token| token.is_sign(',')) {
                            self.at += 1;
                        }
                    }
                    self.at += 1;
                    return;
                }
                _ => return,
            }
        }
    }
}

/// Where the files of a file's modules lie.
fn folder_of(file: &Path) -> PathBuf {
    let is_root = file.file_name().is_some_and(|name| ["lib.rs", "main.rs", "mod.rs"].iter().any(|root| name == *root));
    if is_root { file.with_file_name("") } else { file.with_extension("") }
}

/// The file of a module, and the folder for its own modules.
fn module_file(folder: &Path, name: &str) -> Result<(PathBuf, PathBuf)> {
    let inside = folder.join(name);
    for file in [folder.join(format!("{name}.rs")), inside.join("mod.rs")] {
        if file.is_file() {
            return Ok((file, inside));
        }
    }
    bail!("no file for the module {}", inside.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uses(text: &str) -> Vec<String> {
        let tokens = tokens::of_program(text);
        let mut found = Vec::new();
        Reader { tokens: &tokens, at: 0 }.use_tree(&[], &mut found);
        found
            .iter()
            .map(|leaf| format!("{} as {}", leaf.path.join("::"), leaf.name.as_deref().unwrap_or("*")))
            .collect()
    }

    #[test]
    fn a_use_is_read_leaf_by_leaf() {
        assert_eq!(uses("crate::a::B;"), ["crate::a::B as B"]);
        assert_eq!(
            uses("super::{a::{self, B as C}, d::*, E,};"),
            ["super::a as a", "super::a::B as C", "super::d as *", "super::E as E"]
        );
        assert_eq!(uses("self::x::Y as _;"), ["self::x::Y as _"]);
    }
}
