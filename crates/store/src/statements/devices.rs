//! Statements about devices that wait for their users (RFC 8628).

/// As long as fewer than so many wait in the realm.
pub(super) const ADD_DEVICE: &str =
    "INSERT INTO device (id, hash, user_code, realm, client, doc, expires_at, interval_ms)
    SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8
    WHERE (SELECT COUNT(*) FROM (SELECT 1 FROM device d WHERE d.realm = ?4 AND d.expires_at > ?9 LIMIT ?10) AS waiting)
        < ?10
    ON CONFLICT DO NOTHING";
pub(super) const IS_USER_CODE_TAKEN: &str = "SELECT 1 FROM device WHERE user_code = ?1";
pub(super) const DEVICE: &str =
    "SELECT d.id, d.hash, d.realm, d.client, d.doc, d.expires_at, d.interval_ms, d.polled_at, a.sealed
    FROM device d LEFT JOIN answered a ON a.id = d.id WHERE d.id = ?1";
pub(super) const DEVICE_BY_USER_CODE: &str =
    "SELECT d.id, d.hash, d.realm, d.client, d.doc, d.expires_at, d.interval_ms, d.polled_at, a.sealed
    FROM device d LEFT JOIN answered a ON a.id = d.id WHERE d.user_code = ?1";
/// Only where it comes in time; ?3: how much too early still is.
pub(super) const NOTE_POLL: &str = "UPDATE device SET polled_at = ?2
    WHERE id = ?1 AND (polled_at IS NULL OR polled_at + interval_ms - ?3 <= ?2)";
pub(super) const SLOW_DOWN: &str = "UPDATE device SET polled_at = ?2, interval_ms = interval_ms + ?3
    WHERE id = ?1 AND interval_ms < ?4 RETURNING interval_ms";
pub(super) const CONSENT: &str =
    "SELECT scope, organisations, updated_at, until_at FROM consent WHERE realm = ?1 AND user_id = ?2 AND client = ?3";
pub(super) const WIDEN_CONSENT: &str =
    "UPDATE consent SET scope = ?4 WHERE realm = ?1 AND user_id = ?2 AND client = ?3";
pub(super) const WITHDRAW_CONSENT: &str = "DELETE FROM consent WHERE realm = ?1 AND user_id = ?2 AND client = ?3";
pub(super) const PUT_APP_CONSENT: &str =
    "INSERT INTO app_consent (realm, user_id, client, doc, remembered_until) VALUES (?1, ?2, ?3, ?4, ?5)
    ON CONFLICT (realm, user_id, client) DO UPDATE
    SET doc = excluded.doc, remembered_until = excluded.remembered_until";
pub(super) const APP_CONSENT: &str = "SELECT realm, user_id, client, doc, remembered_until FROM app_consent
    WHERE realm = ?1 AND user_id = ?2 AND client = ?3";
pub(super) const APP_CONSENTS: &str = "SELECT realm, user_id, client, doc, remembered_until FROM app_consent
    WHERE realm = ?1 AND user_id = ?2 ORDER BY client";
pub(super) const DELETE_APP_CONSENT: &str = "DELETE FROM app_consent WHERE realm = ?1 AND user_id = ?2 AND client = ?3";
pub(super) const DELETE_APP_CONSENTS_OF_USER: &str = "DELETE FROM app_consent WHERE realm = ?1 AND user_id = ?2";
