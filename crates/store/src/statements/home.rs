//! Statements about all realms at once: what somebody sees first.

pub(super) const WAITING: &str =
    "SELECT realm, COUNT(*) FROM client WHERE status = 'pending' AND realm > '' GROUP BY realm ORDER BY realm";
pub(super) const LEGACY: &str =
    "SELECT realm, SUM(uses) FROM legacy_use WHERE realm > '' AND day >= ?1 GROUP BY realm ORDER BY realm";
pub(super) const ENDING_SECRETS: &str = "SELECT realm, client, label, expires_at FROM client_secret
    WHERE expires_at IS NOT NULL AND retired_at IS NULL AND expires_at > ?1 AND expires_at <= ?2
    ORDER BY expires_at LIMIT ?3";
pub(super) const ENDING_LEGACY: &str = "SELECT realm, client, legacy, ends_at FROM legacy_deadline
    WHERE next_at IS NOT NULL AND next_at <= ?1 AND ended_at IS NULL AND ends_at <= ?1 ORDER BY ends_at LIMIT ?2";
pub(super) const ENDING_KEYS: &str = "SELECT realm, kid, alg, retires_at FROM signing_key
    WHERE removed_at IS NULL AND retires_at IS NOT NULL AND retires_at > ?1 AND retires_at <= ?2
    ORDER BY retires_at LIMIT ?3";
/// What a client proved itself with last, where that was a certificate.
pub(super) const ENDING_CERTIFICATES: &str = "SELECT realm, client, secret, ends_at FROM secret_use
    WHERE ends_at IS NOT NULL AND ends_at > ?1 AND ends_at <= ?2 ORDER BY ends_at LIMIT ?3";
