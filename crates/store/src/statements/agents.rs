//! Statements about what ends by itself because its user said so, and about what agents ask for while their users are away.

/// ?7: where the version of a new one begins. What is over adds nothing to what is agreed to now.
pub(super) const LOCK_CONSENT: &str = "INSERT INTO consent
        (realm, user_id, client, scope, organisations, updated_at, version, created_at, until_at)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?6, ?8)
    ON CONFLICT (realm, user_id, client) DO UPDATE SET organisations = excluded.organisations,
        scope = CASE WHEN consent.until_at <= excluded.updated_at THEN '' ELSE consent.scope END,
        created_at = CASE WHEN consent.until_at <= excluded.updated_at THEN excluded.created_at ELSE consent.created_at END,
        updated_at = excluded.updated_at, until_at = excluded.until_at
    RETURNING scope";
/// Before the consents leave.
pub(super) const END_EVIDENCE: &str = "UPDATE consent_evidence SET ended_at = ?1, expires_at = ?1 + kept_ms
    WHERE ended_at IS NULL AND id IN (SELECT e.id FROM consent c
        JOIN consent_evidence e ON e.realm = c.realm AND e.user_id = c.user_id AND e.client = c.client
        WHERE c.until_at < ?1 AND e.ended_at IS NULL LIMIT ?2)";
pub(super) const PURGE_CONSENTS: &str = "DELETE FROM consent WHERE (realm, user_id, client) IN
    (SELECT realm, user_id, client FROM consent WHERE until_at < ?1 LIMIT ?2) AND until_at < ?1";

/// Two requests for one person are counted one after the other, whichever servers they reach.
pub(super) const LOCK_ASKED: &str = "SELECT 1 FROM users WHERE realm = ?1 AND id = ?2{LOCKED}";
/// As long as fewer than ?10 of the client wait for this user, it asked fewer than ?11 times since ?12, and all clients together
/// fewer than ?13 times.
pub(super) const ADD: &str = "INSERT INTO backchannel
        (id, hash, realm, client, user_id, doc, created_at, expires_at, interval_ms)
    SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9
    WHERE (SELECT COUNT(*) FROM backchannel b LEFT JOIN answered a ON a.id = b.id WHERE b.realm = ?3 AND b.user_id = ?5
            AND b.client = ?4 AND b.expires_at > ?7 AND a.id IS NULL) < ?10
        AND (SELECT COUNT(*) FROM backchannel b WHERE b.realm = ?3 AND b.user_id = ?5 AND b.client = ?4
            AND b.created_at > ?12) < ?11
        AND (SELECT COUNT(*) FROM backchannel b WHERE b.realm = ?3 AND b.user_id = ?5 AND b.created_at > ?12) < ?13
    ON CONFLICT DO NOTHING";
pub(super) const FIND: &str =
    "SELECT b.id, b.hash, b.realm, b.client, b.user_id, b.doc, b.created_at, b.expires_at, b.interval_ms,
        b.polled_at, a.sealed
    FROM backchannel b LEFT JOIN answered a ON a.id = b.id WHERE b.id = ?1";
/// Those that wait.
pub(super) const OF_USER: &str = "SELECT b.id, b.hash, b.realm, b.client, b.user_id, b.doc, b.created_at, b.expires_at, b.interval_ms,
        b.polled_at, a.sealed
    FROM backchannel b LEFT JOIN answered a ON a.id = b.id
    WHERE b.realm = ?1 AND b.user_id = ?2 AND b.expires_at > ?3 AND a.id IS NULL ORDER BY b.created_at DESC, b.id LIMIT ?4";
/// Only where it comes in time; ?3: how much too early still is.
pub(super) const NOTE_POLL: &str = "UPDATE backchannel SET polled_at = ?2
    WHERE id = ?1 AND (polled_at IS NULL OR polled_at + interval_ms - ?3 <= ?2)";
pub(super) const SLOW_DOWN: &str = "UPDATE backchannel SET polled_at = ?2, interval_ms = interval_ms + ?3
    WHERE id = ?1 AND interval_ms < ?4 RETURNING interval_ms";
pub(super) const BLOCK: &str = "INSERT INTO backchannel_block (realm, user_id, client, since) VALUES (?1, ?2, ?3, ?4)
    ON CONFLICT (realm, user_id, client) DO NOTHING";
pub(super) const UNBLOCK: &str = "DELETE FROM backchannel_block WHERE realm = ?1 AND user_id = ?2 AND client = ?3";
pub(super) const IS_BLOCKED: &str = "SELECT 1 FROM backchannel_block WHERE realm = ?1 AND user_id = ?2 AND client = ?3";
pub(super) const BLOCKS: &str = "SELECT b.client, k.doc, b.since FROM backchannel_block b
        LEFT JOIN client k ON k.realm = b.realm AND k.id = b.client
    WHERE b.realm = ?1 AND b.user_id = ?2 ORDER BY b.client LIMIT ?3";
pub(super) const FORGET: &str = "DELETE FROM backchannel WHERE realm = ?1 AND user_id = ?2";
pub(super) const FORGET_BLOCKS: &str = "DELETE FROM backchannel_block WHERE realm = ?1 AND user_id = ?2";
pub(super) const FORGET_ALL: &str = "DELETE FROM backchannel";
pub(super) const PURGE: &str =
    "DELETE FROM backchannel WHERE id IN (SELECT id FROM backchannel WHERE expires_at < ?1 LIMIT ?2)";
