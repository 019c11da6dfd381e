//! Statements about what people prove who they are with beside their password.

pub(super) const OF_USER: &str = "SELECT id, kind, label, content, counter, created_at, used_at FROM factor
    WHERE realm = ?1 AND user_id = ?2 ORDER BY created_at, id";
/// Only for a user that there is.
pub(super) const ADD: &str = "INSERT INTO factor (realm, user_id, id, kind, label, content, counter, created_at)
    SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8 WHERE EXISTS (SELECT 1 FROM users WHERE realm = ?1 AND id = ?2 AND disabled = 0)
    ON CONFLICT DO NOTHING";
pub(super) const REMOVE: &str = "DELETE FROM factor WHERE realm = ?1 AND user_id = ?2 AND id = ?3";
pub(super) const REMOVE_ALL: &str = "DELETE FROM factor WHERE realm = ?1 AND user_id = ?2";
pub(super) const REMOVE_KIND: &str = "DELETE FROM factor WHERE realm = ?1 AND user_id = ?2 AND kind = ?3";
/// Only behind what was used last.
pub(super) const USE: &str = "UPDATE factor SET counter = ?4, used_at = ?5
    WHERE realm = ?1 AND user_id = ?2 AND id = ?3 AND counter < ?4";
pub(super) const USE_ONCE: &str = "UPDATE factor SET used_at = ?4
    WHERE realm = ?1 AND user_id = ?2 AND id = ?3 AND used_at IS NULL";
/// Whose a passkey is.
pub(super) const PASSKEY: &str = "SELECT id, kind, label, content, counter, created_at, used_at, user_id FROM factor
    WHERE realm = ?1 AND id = ?2 AND kind = 'passkey'";
/// Only where its counter moved on, or its authenticator has none (Web Authentication 6.1.1); or where this very use wrote it.
pub(super) const USE_PASSKEY: &str = "UPDATE factor SET counter = ?4, used_at = ?5, content = ?6
    WHERE realm = ?1 AND user_id = ?2 AND id = ?3 AND kind = 'passkey'
        AND (counter < ?4 OR (counter = 0 AND ?4 = 0) OR (counter = ?4 AND used_at = ?5 AND content = ?6))";
pub(super) const RENAME: &str = "UPDATE factor SET label = ?4 WHERE realm = ?1 AND user_id = ?2 AND id = ?3";
/// Whatever rests on the user as they were is written no more.
pub(super) const TOUCH_USER: &str = "UPDATE users SET updated_at = ?3 WHERE realm = ?1 AND id = ?2";
pub(super) const WITH_PASSWORD_GRANTS: &str = "SELECT DISTINCT client FROM grants
    WHERE realm = ?1 AND user_id = ?2 AND user_id IS NOT NULL AND flow = 'password' AND revoked_at IS NULL";
pub(super) const REMEMBER: &str = "INSERT INTO remembered_browser
        (hash, realm, user_id, name, created_at, used_at, expires_at)
    VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?6)";
/// Notes the use of one that is not over.
pub(super) const REMEMBERED: &str = "UPDATE remembered_browser SET used_at = ?4
    WHERE hash = ?1 AND realm = ?2 AND user_id = ?3 AND expires_at > ?4";
pub(super) const BROWSERS: &str = "SELECT hash, name, created_at, used_at, expires_at FROM remembered_browser
    WHERE realm = ?1 AND user_id = ?2 AND expires_at > ?3 ORDER BY used_at DESC, hash";
pub(super) const FORGET_BROWSER: &str =
    "DELETE FROM remembered_browser WHERE realm = ?1 AND user_id = ?2 AND hash = ?3";
pub(super) const FORGET_BROWSERS: &str = "DELETE FROM remembered_browser WHERE realm = ?1 AND user_id = ?2";
pub(super) const FORGET_ALL_BROWSERS: &str = "DELETE FROM remembered_browser";
pub(super) const PURGE_BROWSERS: &str = "DELETE FROM remembered_browser
    WHERE hash IN (SELECT hash FROM remembered_browser WHERE expires_at < ?1 LIMIT ?2)";
