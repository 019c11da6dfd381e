//! A realm file against the dialects that the program carries.
#![no_main]

use claviger_files::dialect::Dialects;
use claviger_files::{Variables, realm};
use libfuzzer_sys::fuzz_target;
use std::path::Path;
use std::sync::LazyLock;

static DIALECTS: LazyLock<Dialects> = LazyLock::new(|| Dialects::embedded().expect("our own files are right"));

fuzz_target!(|content: &[u8]| {
    let files = [(Path::new("fuzz/realm.toml"), content)];
    if let Err(problems) = realm::parse(&files, &DIALECTS, &Variables::new()) {
        assert!(!problems.to_string().is_empty());
    }
});
