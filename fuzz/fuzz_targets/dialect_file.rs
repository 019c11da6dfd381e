//! A dialect file: read or refused with problems that can be shown; what is read can be explained.
#![no_main]

use claviger_files::dialect;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|content: &[u8]| match dialect::parse("fuzz.toml", content) {
    Ok(dialect) => assert!(!dialect::explain(&dialect).is_empty()),
    Err(problems) => assert!(!problems.to_string().is_empty()),
});
