//! Statements about browsers: sessions, answered requests, consent.

pub(super) const CREATE_SESSION: &str =
    "INSERT INTO session (hash, realm, user_id, created_at, auth_time, last_seen_at, expires_at, how)
    SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?9
    WHERE CAST(?8 AS BIGINT) IS NULL OR ?8 = (SELECT u.version FROM users u
        WHERE u.realm = ?2 AND u.id = ?3 AND u.disabled = 0)";
pub(super) const SESSION: &str =
    "SELECT hash, realm, user_id, created_at, auth_time, last_seen_at, expires_at, how FROM session
    WHERE hash = ?1 AND expires_at > ?2";
/// With all that an authorization request has to know: one round trip.
pub(super) const SIGNED_IN: &str =
    "SELECT s.hash, s.realm, s.user_id, s.created_at, s.auth_time, s.last_seen_at, s.expires_at, s.how,
        u.doc, u.disabled, u.password_hash, c.scope, c.organisations, c.updated_at, u.version, c.version, c.until_at
    FROM session s JOIN users u ON u.realm = s.realm AND u.id = s.user_id
        LEFT JOIN consent c ON c.realm = s.realm AND c.user_id = s.user_id AND c.client = ?2
    WHERE s.hash = ?1 AND s.expires_at > ?3";
pub(super) const TOUCH_SESSION: &str =
    "UPDATE session SET last_seen_at = ?2, expires_at = ?3 WHERE hash = ?1 AND expires_at > ?2";
pub(super) const END_SESSION: &str = "DELETE FROM session WHERE hash = ?1";
pub(super) const PUT_SIGNED_IN_TO: &str =
    "INSERT INTO signed_in_to (session, sid, realm, client, user_id, back_channel, expires_at)
    SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7 WHERE EXISTS (SELECT 1 FROM session WHERE hash = ?1)
    ON CONFLICT (session, sid) DO UPDATE SET back_channel = excluded.back_channel";
/// Only to a session of the same user.
pub(super) const HAND_OVER_SIGNED_IN_TO: &str = "UPDATE signed_in_to SET session = ?2
    WHERE session = ?1 AND EXISTS (SELECT 1 FROM session one JOIN session other
        ON other.realm = one.realm AND other.user_id = one.user_id
        WHERE one.hash = ?1 AND other.hash = ?2)";
pub(super) const TAKE_SIGNED_IN_TO: &str = "DELETE FROM signed_in_to WHERE session = ?1
    RETURNING session, sid, realm, client, user_id, back_channel, expires_at";
pub(super) const TAKE_SIGNED_IN_TO_OF_USER: &str = "DELETE FROM signed_in_to WHERE realm = ?1 AND user_id = ?2
    RETURNING session, sid, realm, client, user_id, back_channel, expires_at";
pub(super) const END_SESSIONS_OF_USER: &str = "DELETE FROM session WHERE realm = ?1 AND user_id = ?2";
pub(super) const PUT_ANSWERED: &str =
    "INSERT INTO answered (id, realm, sealed, expires_at) VALUES (?1, ?2, ?3, ?4) ON CONFLICT (id) DO NOTHING";
pub(super) const ANSWERED: &str = "SELECT id, realm, sealed, expires_at FROM answered WHERE id = ?1";
