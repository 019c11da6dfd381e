//! A registered redirect URI and a received one, separated by a line end.
#![no_main]

use claviger_core::redirect::RedirectUri;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &str| {
    let (registered, received) = input.split_once('\n').unwrap_or((input, input));
    let Ok(uri) = RedirectUri::parse(registered) else { return };
    assert!(!registered.contains('#') && registered.is_ascii());
    assert_eq!(uri.matches(registered), !uri.is_wildcard());
    if uri.matches(received) && received != registered {
        let last = received.rsplit('/').next().unwrap_or_default();
        let loopback = ["http://127.0.0.1", "http://[::1]"].iter().any(|start| registered.starts_with(start));
        let segment = last.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'));
        assert!(loopback || (uri.is_wildcard() && segment && (1..=64).contains(&last.len())), "{input}");
    }
});
