//! Statements about links that people get by mail.

pub(super) const PUT: &str = "INSERT INTO user_link (hash, realm, user_id, kind, email, expires_at)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
pub(super) const FIND: &str = "SELECT hash, realm, user_id, kind, email, expires_at FROM user_link
    WHERE hash = ?1 AND expires_at > ?2";
/// One that is used is not there any more.
pub(super) const USE: &str = "DELETE FROM user_link WHERE hash = ?1 AND expires_at > ?2";
pub(super) const FORGET_EMAIL: &str = "DELETE FROM user_link WHERE realm = ?1 AND user_id = ?2 AND kind = 'email'";
pub(super) const FORGET_PASSWORD: &str = "DELETE FROM user_link WHERE realm = ?1 AND user_id = ?2 AND kind <> 'email'";
pub(super) const FORGET_ALL: &str = "DELETE FROM user_link";
pub(super) const PURGE: &str = "DELETE FROM user_link
    WHERE hash IN (SELECT hash FROM user_link WHERE expires_at < ?1 LIMIT ?2)";
