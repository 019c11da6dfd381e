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
pub(super) const PUT_USER: &str = "INSERT INTO users (realm, id, username_key, disabled, password_hash, doc, created_at, updated_at, email_key)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7, ?8)
    ON CONFLICT (realm, id) DO UPDATE
    SET username_key = excluded.username_key, email_key = excluded.email_key, disabled = excluded.disabled, doc = excluded.doc,
        password_hash = COALESCE(excluded.password_hash, users.password_hash), updated_at = excluded.updated_at
    WHERE users.doc <> excluded.doc OR users.disabled <> excluded.disabled
        OR COALESCE(excluded.password_hash, '') NOT IN ('', COALESCE(users.password_hash, ''))";
pub(super) const USER: &str = "SELECT doc, disabled, password_hash, version FROM users WHERE realm = ?1 AND id = ?2";
pub(super) const USER_BY_USERNAME: &str =
    "SELECT doc, disabled, password_hash, version FROM users WHERE realm = ?1 AND username_key = ?2";
pub(super) const USERNAME_TAKEN: &str = "SELECT id FROM users WHERE realm = ?1 AND username_key = ?2 AND id <> ?3";
pub(super) const LIST_USERS: &str = "SELECT doc, disabled FROM users WHERE realm = ?1 AND id > ?2 ORDER BY id LIMIT ?3";
pub(super) const SET_PASSWORD: &str =
    "UPDATE users SET password_hash = ?3, updated_at = ?4 WHERE realm = ?1 AND id = ?2";
pub(super) const SET_DISABLED: &str =
    "UPDATE users SET disabled = ?3, updated_at = ?4 WHERE realm = ?1 AND id = ?2 AND disabled <> ?3";
pub(super) const PUT_ORGANISATION: &str = "INSERT INTO organisation (realm, id, doc) VALUES (?1, ?2, ?3)
    ON CONFLICT (realm, id) DO UPDATE SET doc = excluded.doc WHERE organisation.doc <> excluded.doc";
pub(super) const ORGANISATION: &str = "SELECT doc FROM organisation WHERE realm = ?1 AND id = ?2";
pub(super) const USER_KEYS: &str = "SELECT username_key, doc FROM users WHERE realm = ?1 AND id = ?2";
pub(super) const USERS_BY_EMAIL: &str = "SELECT doc, disabled, password_hash, version FROM users
    WHERE realm = ?1 AND email_key = ?2 AND email_key IS NOT NULL LIMIT 2";
pub(super) const USER_KEYS_AFTER: &str = "SELECT realm, id, username_key, doc FROM users WHERE (realm, id) > (?1, ?2)
    ORDER BY realm, id LIMIT ?3";
/// Only while nobody else has the name.
pub(super) const SET_USER_KEYS: &str = "UPDATE users SET username_key = ?3, email_key = ?4
    WHERE realm = ?1 AND id = ?2 AND username_key = ?5
        AND NOT EXISTS (SELECT 1 FROM users o WHERE o.realm = ?1 AND o.username_key = ?3 AND o.id <> ?2)";
