//! Statements of [`crate::find`].

pub(super) const CLIENTS: &str = "SELECT doc, status FROM client
    WHERE realm = ?1 AND id > ?2 AND LOWER(doc) LIKE ?3 AND (CAST(?4 AS TEXT) IS NULL OR status = ?4)
    ORDER BY id LIMIT ?5";
pub(super) const USERS: &str = "SELECT doc, disabled FROM users
    WHERE realm = ?1 AND ((username_key >= ?2 AND username_key < ?3) OR id = ?4) AND id > ?5 ORDER BY id LIMIT ?6";
