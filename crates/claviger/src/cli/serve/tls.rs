//! The certificates of a running server: read at the start and at SIGHUP, and looked at twice a day.

use super::super::trouble::{Exit, Trouble};
use crate::config::Config;
use claviger_server::http::tls::{Certificates, Files, Tls, TlsError};
use jiff::Timestamp;
use rustix::fs::Mode;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::interval;

/// How long before its end a certificate is told.
pub(in super::super) const SOON: i64 = 14 * 24 * 3600 * 1000;

/// How often somebody looks.
const LOOK_AGAIN: Duration = Duration::from_hours(12);

/// Who beside its owner may do what with a key: read it, as one of its group.
const OTHERS: Mode = Mode::from_raw_mode(0o037);

/// Reads the certificates, if there are any.
pub(in super::super) fn read(config: &Config) -> Result<Option<Certificates>, Trouble> {
    config.tls.files.as_ref().map(Certificates::read).transpose().map_err(|error| trouble(&error))
}

fn trouble(error: &TlsError) -> Trouble {
    let help = match error {
        TlsError::Unreadable { .. } => "name files that this program may read in [tls]",
        TlsError::Key { .. } => "certificate and key are two files of one pair; the certificate comes first in its own",
        TlsError::Empty { .. } | TlsError::Certificate { .. } => {
            "PEM begins with -----BEGIN; the certificate's file holds it and those that it was issued with, in order"
        }
        TlsError::Other(_) => return Trouble::new(Exit::Failure, error.to_string()),
    };
    Trouble::new(Exit::Configuration, error.to_string()).help(help)
}

/// The first certificate that has ended.
pub(in super::super) fn ended(certificates: &Certificates, now: i64) -> Result<(), Trouble> {
    match certificates.first_to_end().filter(|(ends, _)| *ends < now) {
        None => Ok(()),
        Some((ends, file)) => {
            let message = format!("the certificate in {} ended on {}", file.display(), day(ends));
            Err(Trouble::new(Exit::Configuration, message).help("renew it, and send SIGHUP"))
        }
    }
}

/// When something is, in the form of RFC 3339.
pub(in super::super) fn day(millis: i64) -> String {
    Timestamp::from_millisecond(millis).map(|time| time.to_string()).unwrap_or_default()
}

/// The keys that others may read or replace.
pub(in super::super) fn open_keys(files: &Files) -> Vec<&Path> {
    let is_open =
        |key: &Path| std::fs::metadata(key).is_ok_and(|found| Mode::from_raw_mode(found.mode()).intersects(OTHERS));
    files.pairs.iter().map(|(_, key)| key.as_path()).filter(|key| is_open(key)).collect()
}

/// Warns of keys that others may read.
pub(super) fn warn_of_open_keys(config: &Config) {
    for key in config.tls.files.iter().flat_map(open_keys) {
        tracing::warn!(key = %key.display(), "others than its owner and group can read or replace the key of a certificate: chmod 640");
    }
}

/// Warns of each certificate that ends soon or has ended.
pub(super) fn warn_of_ends(certificates: &Certificates, now: i64) {
    for (ends, file) in certificates.ends() {
        let (file, ends_at) = (file.display(), day(*ends));
        if *ends < now {
            tracing::error!(%file, ends = ends_at, "the certificate has ended: renew it, and send SIGHUP");
        } else if *ends < now + SOON {
            tracing::warn!(%file, ends = ends_at, "the certificate ends soon: renew it, and send SIGHUP");
        }
    }
}

/// Looks at the certificates from time to time.
pub(super) async fn look_at(tls: Arc<Tls>, now: impl Fn() -> i64, mut stop: watch::Receiver<bool>) {
    let mut again = interval(LOOK_AGAIN);
    loop {
        tokio::select! {
            _ = again.tick() => warn_of_ends(&tls.certificates(), now()),
            _ = stop.changed() => return,
        }
    }
}
