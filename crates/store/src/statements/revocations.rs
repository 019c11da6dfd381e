//! Statements about what was revoked.

pub(super) const REVOCATION: &str =
    "SELECT before_ms, expires_at FROM revocation WHERE realm = ?1 AND kind = ?2 AND value = ?3";
pub(super) const PUT_REVOCATION: &str = "INSERT INTO revocation (seq, realm, kind, value, before_ms, expires_at)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6)
    ON CONFLICT (realm, kind, value) DO UPDATE
    SET seq = excluded.seq, before_ms = excluded.before_ms, expires_at = excluded.expires_at";
/// Of two at once the one that revokes more is kept, whichever comes last.
pub(super) const RAISE_REVOCATION: &str = "INSERT INTO revocation (seq, realm, kind, value, before_ms, expires_at)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6)
    ON CONFLICT (realm, kind, value) DO UPDATE SET seq = excluded.seq,
        before_ms = CASE WHEN excluded.before_ms > revocation.before_ms THEN excluded.before_ms
            ELSE revocation.before_ms END,
        expires_at = CASE WHEN excluded.expires_at > revocation.expires_at THEN excluded.expires_at
            ELSE revocation.expires_at END";
pub(super) const REVOCATIONS_AFTER: &str = "SELECT seq, realm, kind, value, before_ms, expires_at FROM revocation
    WHERE seq > ?2 AND realm = ?1 ORDER BY seq LIMIT ?3";
pub(super) const ALL_REVOCATIONS_AFTER: &str = "SELECT seq, realm, kind, value, before_ms, expires_at FROM revocation
    WHERE seq > ?1 ORDER BY seq LIMIT ?2";
