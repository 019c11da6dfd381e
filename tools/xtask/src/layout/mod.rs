//! The rules of import: which crate may depend on which, and no circle of files within a crate.
//!
//! Crates are known by their folder, so that a rule outlives a package's name. What crates depend on is read from
//! `cargo metadata`; what files import is read from the source by a small scanner ([`tokens`], [`modules`]), which knows paths
//! and nothing else: imports that a macro of another crate writes are not seen, and code under `#[cfg(test)]` does not count.

mod circles;
mod crates;
mod modules;
mod tokens;

use std::path::Path;

use anyhow::{Context, Result, bail};

/// The crates whose files are looked at; those that do not exist are passed over.
const CRATES: [&str; 8] = ["core", "store", "files", "server", "guard", "client", "claviger", "demo"];

/// Checks the whole checkout.
///
/// # Errors
/// What is wrong, one line each; or the checkout cannot be read.
pub(crate) fn check(root: &Path) -> Result<()> {
    let mut wrong = crates::backward(root)?;
    for name in CRATES {
        let source = root.join("crates").join(name).join("src");
        if !source.is_dir() {
            continue;
        }
        let circles = circles_in(&source).with_context(|| format!("the files of crates/{name}"))?;
        wrong.extend(circles.iter().map(|circle| format!("crates/{name} has {circle}")));
    }
    if !wrong.is_empty() {
        bail!("{}", wrong.join("\n"));
    }
    Ok(())
}

/// The circles among the files below a crate's `src`, each as text.
fn circles_in(source: &Path) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for root in ["lib.rs", "main.rs"] {
        let file = source.join(root);
        if file.is_file() {
            found.extend(circles::find(&modules::imports(&file)?).iter().map(|circle| circle.describe(source)));
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};

    /// A crate's source in a folder of its own, removed when dropped.
    struct Tree(std::path::PathBuf);

    impl Tree {
        fn new(files: &[(&str, &str)]) -> Self {
            static NEXT: AtomicU32 = AtomicU32::new(0);
            let name = format!("claviger-layout-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
            let tree = Self(std::env::temp_dir().join(name));
            for (path, text) in files {
                let path = tree.0.join(path);
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                std::fs::write(path, text).unwrap();
            }
            tree
        }

        fn circles(&self) -> Vec<String> {
            circles_in(&self.0).unwrap()
        }
    }

    impl Drop for Tree {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    fn circles(files: &[(&str, &str)]) -> Vec<String> {
        Tree::new(files).circles()
    }

    #[test]
    fn this_checkout_keeps_the_rules() {
        check(&claviger_testing::root()).unwrap();
    }

    #[test]
    fn files_that_import_one_way_are_no_circle() {
        let found = circles(&[
            ("lib.rs", "mod a;\nmod b;\npub use a::A;\n"),
            ("a.rs", "use crate::b::B;\npub struct A(B);\n"),
            ("b.rs", "pub struct B;\n"),
        ]);
        assert_eq!(found, [""; 0]);
    }

    #[test]
    fn two_files_that_import_each_other_are_a_circle() {
        let found = circles(&[
            ("lib.rs", "mod a; mod b;"),
            ("a.rs", "use crate::b::B;\npub struct A(B);\n"),
            ("b.rs", "pub struct B;\nfn f() -> crate::a::A { todo!() }\n"),
        ]);
        assert_eq!(found, ["a circle of 2 files: a.rs -> b.rs -> a.rs"]);
    }

    #[test]
    fn a_circle_of_three_is_shown_with_all_its_files() {
        let found = circles(&[
            ("lib.rs", "mod a; mod b; mod c; mod d;"),
            ("a.rs", "use super::b::{self, B as Other};"),
            ("b.rs", "pub struct B; use crate::{c::{C, D}, d};"),
            ("c.rs", "pub struct C; pub struct D; use super::a;"),
            ("d.rs", ""),
        ]);
        assert_eq!(found, ["a circle of 3 files: a.rs -> b.rs -> c.rs -> a.rs"]);
    }

    #[test]
    fn a_file_and_the_module_it_is_part_of_may_import_each_other() {
        let found = circles(&[
            ("lib.rs", "mod a;"),
            ("a/mod.rs", "mod x; mod y; use y::Y; pub struct A;"),
            ("a/x.rs", "use super::A; pub struct X;"),
            ("a/y.rs", "use super::x::X; pub struct Y;"),
        ]);
        assert_eq!(found, [""; 0]);
    }

    #[test]
    fn parts_of_one_module_may_not_import_each_other() {
        let found = circles(&[
            ("lib.rs", "mod a;"),
            ("a.rs", "mod x; mod y;"),
            ("a/x.rs", "use super::y::Y; pub struct X;"),
            ("a/y.rs", "use crate::a::x::X; pub struct Y;"),
        ]);
        assert_eq!(found, ["a circle of 2 files: a/x.rs -> a/y.rs -> a/x.rs"]);
    }

    #[test]
    fn a_circle_through_a_module_and_its_part_is_one() {
        let down = circles(&[
            ("lib.rs", "mod a; mod b;"),
            ("a/mod.rs", "mod x; use x::X; pub struct A;"),
            ("a/x.rs", "use crate::b::B; pub struct X;"),
            ("b.rs", "use crate::a::A; pub struct B;"),
        ]);
        assert_eq!(down, ["a circle of 3 files: a/mod.rs -> a/x.rs -> b.rs -> a/mod.rs"]);
        let up = circles(&[
            ("lib.rs", "mod a; mod b;"),
            ("a/mod.rs", "pub mod x; use crate::b::B; pub struct A;"),
            ("a/x.rs", "use super::A; pub struct X;"),
            ("b.rs", "use crate::a::x::X; pub struct B;"),
        ]);
        assert_eq!(up, ["a circle of 3 files: a/mod.rs -> b.rs -> a/x.rs -> a/mod.rs"]);
    }

    #[test]
    fn a_name_is_looked_up_where_it_is_made_not_where_it_is_passed_on() {
        // Both are reached by way of lib.rs, by name and by a star.
        let found = circles(&[
            ("lib.rs", "mod a; mod b; pub use a::*; pub use b::B;"),
            ("a.rs", "use crate::B; pub struct A;"),
            ("b.rs", "pub struct B(crate::A);"),
        ]);
        assert_eq!(found, ["a circle of 2 files: a.rs -> b.rs -> a.rs"]);
    }

    #[test]
    fn a_path_may_begin_with_an_imported_module() {
        let found = circles(&[
            ("lib.rs", "mod a; mod b;"),
            ("a/mod.rs", "pub mod x;"),
            ("a/x.rs", "use crate::b; fn f() { b::g() }"),
            ("b.rs", "use crate::a; pub fn g() { a::x::f() }"),
        ]);
        assert_eq!(found, ["a circle of 2 files: a/x.rs -> b.rs -> a/x.rs"]);
    }

    #[test]
    fn tests_comments_and_strings_import_nothing() {
        let found = circles(&[
            ("lib.rs", "mod a; mod b; #[cfg(test)] mod only_in_tests;"),
            ("a.rs", "use crate::b::B;"),
            (
                "b.rs",
                "// crate::a::A\n/* /* crate::a */ crate::a::A */\npub struct B; const T: &str = r#\"crate::a::A \" {\"#;\n\
                 fn f<'a>(x: &'a str) -> char { '\"' }\n\
                 #[cfg(test)]\n#[expect(dead_code)]\nmod tests { use crate::a::A; fn f() { crate::a::g() } }\n",
            ),
        ]);
        assert_eq!(found, [""; 0]);
    }

    #[test]
    fn modules_within_a_file_belong_to_it() {
        let found = circles(&[
            ("lib.rs", "mod a; mod b;"),
            ("a.rs", "pub mod inner { use super::super::b::B; pub struct I; }"),
            ("b.rs", "pub use crate::a::inner::I; pub struct B;"),
        ]);
        assert_eq!(found, ["a circle of 2 files: a.rs -> b.rs -> a.rs"]);
    }
}
