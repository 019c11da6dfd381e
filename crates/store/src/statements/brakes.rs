//! Statements about brakes against guessing.

pub(super) const TELL_FAILURES: &str = "INSERT INTO brake (subject, failures, last_failure, told_at, expires_at)
    VALUES (?1, ?2, ?3, {NOW}, ?4)
    ON CONFLICT (subject) DO UPDATE
    SET failures = excluded.failures + CASE WHEN brake.expires_at <= ?5 THEN 0 ELSE brake.failures END,
        last_failure = CASE WHEN brake.last_failure > excluded.last_failure THEN brake.last_failure
            ELSE excluded.last_failure END,
        expires_at = CASE WHEN brake.expires_at > excluded.expires_at THEN brake.expires_at
            ELSE excluded.expires_at END,
        told_at = excluded.told_at
    RETURNING subject, failures, last_failure";
/// One row at least, for its time.
pub(super) const FAILURES_SINCE: &str = "SELECT b.subject, b.failures, b.last_failure, {NOW} FROM counter c
    LEFT JOIN brake b ON b.told_at > ?1 WHERE c.name = 'clock'";
pub(super) const FAILURES_AFTER: &str = "SELECT subject, failures, last_failure FROM brake
    WHERE subject > ?1 AND expires_at > ?2 AND failures > 0 ORDER BY subject LIMIT ?3";
