//! Statements with which operators look through grants, sessions, consents, uses of secrets and what files manage.

pub(super) const GRANTS_OF_REALM: &str = "SELECT g.id, g.client, g.user_id, u.doc, g.flow, g.doc, g.created_at, g.refreshed_at,
        g.idle_expires_at, g.expires_at
    FROM grants g LEFT JOIN users u ON u.realm = g.realm AND u.id = g.user_id
    WHERE g.realm = ?1 AND (g.client, g.id) > (?2, ?3) AND g.revoked_at IS NULL AND g.idle_expires_at > ?4 AND g.expires_at > ?4
        AND g.created_at <= ?4
    ORDER BY g.client, g.id LIMIT ?5";
pub(super) const GRANTS_OF_APP: &str = "SELECT g.id, g.client, g.user_id, u.doc, g.flow, g.doc, g.created_at, g.refreshed_at,
        g.idle_expires_at, g.expires_at
    FROM grants g LEFT JOIN users u ON u.realm = g.realm AND u.id = g.user_id
    WHERE g.realm = ?1 AND g.client = ?2 AND g.id > ?3 AND g.revoked_at IS NULL AND g.idle_expires_at > ?4 AND g.expires_at > ?4
        AND g.created_at <= ?4
    ORDER BY g.id LIMIT ?5";
pub(super) const GRANTS_OF_USER: &str =
    "SELECT g.id, g.client, g.user_id, u.doc, g.flow, g.doc, g.created_at, g.refreshed_at,
        g.idle_expires_at, g.expires_at
    FROM grants g LEFT JOIN users u ON u.realm = g.realm AND u.id = g.user_id
    WHERE g.realm = ?1 AND g.user_id = ?2 AND g.user_id IS NOT NULL AND g.id > ?3
        AND g.revoked_at IS NULL AND g.idle_expires_at > ?4 AND g.expires_at > ?4
        AND g.created_at <= ?4
        AND (CAST(?6 AS TEXT) IS NULL OR g.client = ?6)
    ORDER BY g.id LIMIT ?5";
pub(super) const GRANTS_OF_PAIR: &str = "SELECT id FROM grants
    WHERE realm = ?1 AND user_id = ?2 AND client = ?3 AND revoked_at IS NULL AND user_id IS NOT NULL ORDER BY id";
/// Of users from ?2 to ?4; ?5: only of users who let this app act for them.
pub(super) const SESSIONS: &str =
    "SELECT s.hash, s.realm, s.user_id, s.created_at, s.auth_time, s.last_seen_at, s.expires_at, s.how, u.doc
    FROM session s LEFT JOIN users u ON u.realm = s.realm AND u.id = s.user_id
    WHERE s.realm = ?1 AND s.user_id >= ?2 AND s.user_id <= ?4 AND (s.user_id, s.hash) > (?2, ?3)
        AND (CAST(?5 AS TEXT) IS NULL OR EXISTS (SELECT 1 FROM consent c
                WHERE c.realm = s.realm AND c.user_id = s.user_id AND c.client = ?5)
            OR EXISTS (SELECT 1 FROM grants g WHERE g.realm = s.realm AND g.user_id = s.user_id
                AND g.client = ?5 AND g.revoked_at IS NULL AND g.user_id IS NOT NULL))
        AND s.expires_at > ?6
    ORDER BY s.user_id, s.hash LIMIT ?7";
pub(super) const END_SESSION_OF: &str = "DELETE FROM session WHERE hash = ?1 AND realm = ?2 AND user_id = ?3";
pub(super) const CONSENTS: &str =
    "SELECT c.scope, c.organisations, c.updated_at, c.user_id, c.client, u.doc, c.until_at
    FROM consent c LEFT JOIN users u ON u.realm = c.realm AND u.id = c.user_id
    WHERE c.realm = ?1 AND c.user_id >= ?2 AND c.user_id <= ?4 AND (c.user_id, c.client) > (?2, ?3)
        AND (CAST(?5 AS TEXT) IS NULL OR c.client = ?5)
    ORDER BY c.user_id, c.client LIMIT ?6";
/// At most once a minute, whoever else notes it.
pub(super) const NOTE_SECRET_USE: &str =
    "INSERT INTO secret_use (realm, client, secret, used_at, ends_at) SELECT ?1, ?2, ?3, ?4, ?5
    WHERE EXISTS (SELECT 1 FROM client WHERE realm = ?1 AND id = ?2)
    ON CONFLICT (realm, client, secret) DO UPDATE SET used_at = excluded.used_at, ends_at = excluded.ends_at
    WHERE secret_use.used_at <= excluded.used_at - 60000";
pub(super) const SECRET_USES: &str = "SELECT client, secret, used_at, ends_at FROM secret_use
    WHERE realm = ?1 AND (CAST(?2 AS TEXT) IS NULL OR client = ?2)";
pub(super) const FORGET_SECRET_USES: &str = "DELETE FROM secret_use WHERE realm = ?1 AND client = ?2";
pub(super) const PUT_MANAGED: &str = "INSERT INTO managed (realm, kind, id, file) VALUES (?1, ?2, ?3, ?4)
    ON CONFLICT (realm, kind, id) DO UPDATE SET file = excluded.file WHERE managed.file <> excluded.file";
pub(super) const REMOVE_MANAGED: &str = "DELETE FROM managed WHERE realm = ?1 AND kind = ?2 AND id = ?3";
pub(super) const MANAGED: &str = "SELECT file FROM managed WHERE realm = ?1 AND kind = ?2 AND id = ?3";
pub(super) const MANAGED_IN_REALM: &str = "SELECT kind, id, file FROM managed WHERE realm = ?1";
pub(super) const LIST_ORGANISATIONS: &str =
    "SELECT doc FROM organisation WHERE realm = ?1 AND id > ?2 ORDER BY id LIMIT ?3";
