//! A form, as a body or as a query.
#![no_main]

use claviger_core::Params;
use claviger_core::params::form_encode;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|body: &[u8]| {
    let Ok(params) = Params::form(body) else { return };
    assert!(params.iter().count() <= 64);
    let mut text = String::new();
    for (name, value) in params.iter() {
        assert!(!value.is_empty());
        form_encode(&mut text, name, value);
    }
    // A state that is not text is there as a stand-in beside its bytes.
    if params.state().is_none_or(|state| state.as_text().is_some()) {
        assert_eq!(Params::form(text.as_bytes()).as_ref(), Ok(&params));
    }
});
