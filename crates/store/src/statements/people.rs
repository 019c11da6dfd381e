//! Statements about users who come along.

/// Does nothing where the id or the name is there already, or a client has the id.
pub(super) const IMPORT: &str = "INSERT INTO users
        (realm, id, username_key, disabled, password_hash, doc, created_at, updated_at, email_key)
    SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7, ?8
    WHERE NOT EXISTS (SELECT 1 FROM client WHERE realm = ?1 AND id = ?2)
    ON CONFLICT DO NOTHING";
pub(super) const IN_THE_WAY: &str = "SELECT id, username_key, doc FROM users
    WHERE realm = ?1 AND (id = ?2 OR username_key = ?3) LIMIT 2";
/// On condition that it is the one that was read.
pub(super) const REPLACE_HASH: &str = "UPDATE users SET password_hash = ?4, updated_at = ?5
    WHERE realm = ?1 AND id = ?2 AND password_hash = ?3";
pub(super) const PERHAPS_MEMBERS: &str = "SELECT doc, disabled FROM users
    WHERE realm = ?1 AND id > ?2 AND doc LIKE ?4 ORDER BY id LIMIT ?3";
pub(super) const DELETE_ORGANISATION: &str = "DELETE FROM organisation WHERE realm = ?1 AND id = ?2";
pub(super) const DELETE: &str = "DELETE FROM users WHERE realm = ?1 AND id = ?2";
pub(super) const DELETE_CONSENTS: &str = "DELETE FROM consent WHERE realm = ?1 AND user_id = ?2";
