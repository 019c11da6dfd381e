//! Statements about webhooks: who is told, what they were told, and how that ended.

/// Those that may want an event of a realm; `?2` is the app that it is about, or empty.
pub(super) const THAT_LISTEN: &str = "SELECT id, events FROM webhook
    WHERE realm IN (?1, '') AND client IN (?2, '') AND status = 'active' ORDER BY id";
pub(super) const FIND: &str =
    "SELECT id, realm, client, url, events, status, secret, old_secret, old_until, created_at,
        failing_since, last_at, last_code, last_outcome
    FROM webhook WHERE id = ?1";
pub(super) const LIST: &str =
    "SELECT id, realm, client, url, events, status, secret, old_secret, old_until, created_at,
        failing_since, last_at, last_code, last_outcome
    FROM webhook WHERE id > ?1 AND (CAST(?2 AS TEXT) IS NULL OR realm = ?2)
        AND (CAST(?3 AS TEXT) IS NULL OR client = ?3) ORDER BY id LIMIT ?4";
pub(super) const ADD: &str = "INSERT INTO webhook (id, realm, client, url, events, status, secret, created_at)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
/// What failed before counts no more.
pub(super) const EDIT: &str =
    "UPDATE webhook SET url = ?2, events = ?3, status = ?4, failing_since = NULL WHERE id = ?1";
pub(super) const ROTATE: &str = "UPDATE webhook SET old_secret = secret, old_until = ?3, secret = ?2 WHERE id = ?1";
pub(super) const DISABLE: &str = "UPDATE webhook SET status = 'disabled' WHERE id = ?1 AND status = 'active'";
pub(super) const DELETE: &str = "DELETE FROM webhook WHERE id = ?1";
pub(super) const DELETE_OF_CLIENT: &str = "DELETE FROM webhook WHERE realm = ?1 AND client = ?2 AND client <> ''";
pub(super) const DELETE_DELIVERIES: &str = "DELETE FROM webhook_delivery WHERE webhook = ?1";
/// `?2`: when it failed, or nothing where it was heard.
pub(super) const NOTE: &str = "UPDATE webhook SET failing_since = CASE WHEN CAST(?2 AS BIGINT) IS NULL THEN NULL
            ELSE COALESCE(failing_since, CAST(?2 AS BIGINT)) END,
        last_at = ?3, last_code = ?4, last_outcome = ?5
    WHERE id = ?1 RETURNING COALESCE(failing_since, ?3)";
pub(super) const ADD_DELIVERY: &str = "INSERT INTO webhook_delivery
        (id, webhook, realm, event, doc, created_at, queued_at, status, attempts, expires_at)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6, 'waiting', 0, ?7)";
pub(super) const DELIVERY: &str = "SELECT id, webhook, realm, event, doc, created_at, queued_at, status, attempts,
        tried_at, code, outcome
    FROM webhook_delivery WHERE id = ?1";
pub(super) const DELIVERIES: &str = "SELECT id, webhook, realm, event, doc, created_at, queued_at, status, attempts,
        tried_at, code, outcome
    FROM webhook_delivery WHERE webhook = ?1 AND (created_at, id) < (?2, ?3)
    ORDER BY created_at DESC, id DESC LIMIT ?4";
pub(super) const NOTE_DELIVERY: &str =
    "UPDATE webhook_delivery SET status = ?2, attempts = attempts + 1, tried_at = ?3,
        code = ?4, outcome = ?5
    WHERE id = ?1";
/// What waits already is not queued twice.
pub(super) const QUEUE: &str = "UPDATE webhook_delivery SET status = 'waiting', queued_at = ?3, expires_at = ?4
    WHERE id = ?1 AND webhook = ?2 AND status <> 'waiting'";
pub(super) const SINCE: &str = "SELECT id, realm FROM webhook_delivery
    WHERE webhook = ?1 AND created_at >= ?2 AND status <> 'waiting' AND event <> 'test' ORDER BY created_at, id LIMIT ?3";
/// All but the newest; what waits is kept.
pub(super) const TRIM: &str = "DELETE FROM webhook_delivery WHERE webhook = ?1 AND status <> 'waiting'
    AND created_at < (SELECT created_at FROM webhook_delivery WHERE webhook = ?1
        ORDER BY created_at DESC, id DESC LIMIT 1 OFFSET ?2)";
pub(super) const PURGE: &str = "DELETE FROM webhook_delivery
    WHERE id IN (SELECT id FROM webhook_delivery WHERE expires_at < ?1 LIMIT ?2)";
pub(super) const ENDING_SECRETS: &str = "SELECT realm, client, id, label, expires_at FROM client_secret
    WHERE expires_at > ?1 AND expires_at <= ?2 AND expires_at IS NOT NULL AND retired_at IS NULL AND told_ending_at IS NULL
    ORDER BY expires_at LIMIT ?3";
/// By one alone, and once.
pub(super) const TELL_OF_ENDING: &str = "UPDATE client_secret SET told_ending_at = ?4
    WHERE realm = ?1 AND client = ?2 AND id = ?3 AND told_ending_at IS NULL";
