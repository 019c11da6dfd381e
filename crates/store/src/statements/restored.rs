//! Statements about a database that was brought back from a copy.

pub(super) const NOTE: &str = "SELECT doc FROM unfinished WHERE name = ?1";
pub(super) const PUT_NOTE: &str =
    "INSERT INTO unfinished (name, doc) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET doc = excluded.doc";
pub(super) const REMOVE_NOTE: &str = "DELETE FROM unfinished WHERE name = ?1";
pub(super) const FORGET_CODES: &str = "DELETE FROM code";
pub(super) const FORGET_PENDING: &str = "DELETE FROM pending";
pub(super) const FORGET_DEVICES: &str = "DELETE FROM device";
pub(super) const FORGET_SESSIONS: &str = "DELETE FROM session";
pub(super) const FORGET_SIGNED_IN_TO: &str = "DELETE FROM signed_in_to";
pub(super) const FORGET_SEATS: &str = "DELETE FROM seat";
pub(super) const FORGET_LINKS: &str = "DELETE FROM one_time_link";
pub(super) const FORGET_UNSENT: &str = "DELETE FROM outbox WHERE topic = 'mail' AND closed_at IS NULL";
pub(super) const FORGET_BRAKES: &str = "DELETE FROM brake";
pub(super) const FORGET_LEASES: &str = "DELETE FROM lease";
pub(super) const GRANTS_UP_TO: &str = "SELECT id FROM grants WHERE id > ?1 ORDER BY id LIMIT 1 OFFSET ?2";
pub(super) const REVOKE_GRANTS_UP_TO: &str =
    "UPDATE grants SET revoked_at = ?3, revoked_reason = 'restore', replay = NULL, check_at = ?4
    WHERE id > ?1 AND id <= ?2 AND revoked_at IS NULL
    RETURNING CASE WHEN idle_expires_at > ?3 AND expires_at > ?3 THEN 1 ELSE 0 END";
pub(super) const TOKENS_UP_TO: &str = "SELECT id FROM access_token WHERE id > ?1 ORDER BY id LIMIT 1 OFFSET ?2";
pub(super) const REVOKE_TOKENS_UP_TO: &str =
    "UPDATE access_token SET revoked_at = ?3 WHERE id > ?1 AND id <= ?2 AND revoked_at IS NULL
    RETURNING CASE WHEN expires_at > ?3 THEN 1 ELSE 0 END";
