//! A JSON body, where a dialect allows one.
#![no_main]

use claviger_core::Params;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|body: &[u8]| {
    if let Ok(params) = Params::json(body) {
        assert!(params.iter().count() <= 64);
        assert!(params.iter().all(|(_, value)| !value.is_empty()));
    }
});
