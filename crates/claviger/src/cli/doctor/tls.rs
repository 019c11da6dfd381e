//! The certificates of our own TLS: whether they are good for a while, and who may read their keys.

use super::super::serve::tls::{SOON, day, open_keys, read};
use super::Finding;
use crate::config::Config;

const CHECK: &str = "certificates";

/// Looks at each.
pub(super) fn look(config: &Config, now: i64) -> Vec<Finding> {
    let Some(files) = &config.tls.files else { return Vec::new() };
    let certificates = match read(config) {
        Ok(Some(certificates)) => certificates,
        Ok(None) => return Vec::new(),
        Err(trouble) => return vec![Finding::trouble(CHECK, &trouble)],
    };
    let ends = certificates.ends().iter().map(|(ends, file)| {
        let (name, ends_at) = (file.display(), day(*ends));
        if *ends < now {
            Finding::problem(CHECK, format!("{name} ended on {ends_at}"), "renew it, and send SIGHUP to the server")
        } else if *ends < now + SOON {
            Finding::warning(CHECK, format!("{name} ends on {ends_at}"), "renew it, and send SIGHUP to the server")
        } else {
            Finding::ok(CHECK, format!("{name} is good until {ends_at}"))
        }
    });
    let open = open_keys(files).into_iter().map(|key| {
        let found = format!("others than its owner and group can read or replace {}", key.display());
        Finding::problem("file modes", found, format!("chmod 640 {}", key.display()))
    });
    ends.chain(open).collect()
}
