//! The `Authorization` header of a token request, in the strict dialect and in one that allows empty secrets.
#![no_main]

use claviger_core::client_auth::Credentials;
use claviger_core::{Dialect, Params};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|header: &[u8]| {
    let mut lax = Dialect::default();
    lax.token.empty_basic_secret = true;
    for dialect in [Dialect::default(), lax] {
        let Ok(credentials) = Credentials::read(Some(header), &Params::default(), &dialect) else { continue };
        assert!(credentials.is_basic());
        assert!((1..=2).contains(&credentials.ids().count()));
    }
});
