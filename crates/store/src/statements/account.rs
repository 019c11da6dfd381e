//! Statements behind the account pages: what apps may do for somebody, their sessions, what happened, what they agreed to.

pub(super) const NOTE_ORIGIN: &str = "UPDATE session SET browser = ?2, address = ?3 WHERE hash = ?1";
pub(super) const SESSIONS: &str =
    "SELECT hash, realm, user_id, created_at, auth_time, last_seen_at, expires_at, how, browser, address
    FROM session WHERE realm = ?1 AND user_id = ?2 AND expires_at > ?3 ORDER BY last_seen_at DESC, hash LIMIT ?4";
/// Apps with a consent or a live grant. Each of the user's grants is looked at twice, however many apps there are; the order in which
/// they are read keeps the database at the index of the user's.
pub(super) const APPS: &str =
    "SELECT own.client, k.doc, c.scope, c.organisations, c.updated_at, c.created_at, g.used_at, g.began_at, c.until_at
    FROM (SELECT client FROM consent WHERE realm = ?1 AND user_id = ?2 AND (until_at IS NULL OR until_at > ?4
)            UNION SELECT client FROM (SELECT client FROM grants
                WHERE realm = ?1 AND user_id = ?2 AND user_id IS NOT NULL AND revoked_at IS NULL
                    AND idle_expires_at > ?4 AND expires_at > ?4 ORDER BY id LIMIT 10000) AS mine) AS own
        LEFT JOIN consent c ON c.realm = ?1 AND c.user_id = ?2 AND c.client = own.client AND (c.until_at IS NULL OR c.until_at > ?4
)        LEFT JOIN client k ON k.realm = ?1 AND k.id = own.client
        LEFT JOIN (SELECT client, MAX(refreshed_at) AS used_at, MIN(created_at) AS began_at
            FROM (SELECT client, refreshed_at, created_at FROM grants
                WHERE realm = ?1 AND user_id = ?2 AND user_id IS NOT NULL AND revoked_at IS NULL
                    AND idle_expires_at > ?4 AND expires_at > ?4 ORDER BY id LIMIT 10000) AS mine
            GROUP BY client) AS g ON g.client = own.client
    WHERE own.client > ?3 ORDER BY own.client LIMIT ?5";
pub(super) const APP: &str = "SELECT k.id, k.doc, c.scope, c.organisations, c.updated_at, c.created_at,
        (SELECT MAX(refreshed_at) FROM (SELECT refreshed_at FROM grants
            WHERE realm = ?1 AND user_id = ?2 AND user_id IS NOT NULL AND revoked_at IS NULL AND client = ?3
                AND idle_expires_at > ?4 AND expires_at > ?4 ORDER BY id LIMIT 10000) AS mine),
        (SELECT MIN(created_at) FROM (SELECT created_at FROM grants
            WHERE realm = ?1 AND user_id = ?2 AND user_id IS NOT NULL AND revoked_at IS NULL AND client = ?3
                AND idle_expires_at > ?4 AND expires_at > ?4 ORDER BY id LIMIT 10000) AS mine), c.until_at
    FROM client k LEFT JOIN consent c ON c.realm = ?1 AND c.user_id = ?2 AND c.client = k.id AND (c.until_at IS NULL OR c.until_at > ?4
)    WHERE k.realm = ?1 AND k.id = ?3";
/// What the grants of apps from ?3 to ?4 cover.
pub(super) const GRANTS_OF_APPS: &str = "SELECT client, id, doc FROM grants
    WHERE realm = ?1 AND user_id = ?2 AND user_id IS NOT NULL AND client >= ?3 AND client <= ?4
        AND revoked_at IS NULL AND idle_expires_at > ?5 AND expires_at > ?5 ORDER BY id LIMIT ?6";
pub(super) const SET_COMPANIES: &str = "UPDATE consent SET organisations = ?4, updated_at = ?5
    WHERE realm = ?1 AND user_id = ?2 AND client = ?3";
pub(super) const SET_GRANT_DOC: &str = "UPDATE grants SET doc = ?2 WHERE id = ?1 AND COALESCE(revoked_at, 0) = 0";
/// Those that are still good.
pub(super) const DROP_CODES: &str = "DELETE FROM code
    WHERE expires_at > ?4 AND realm = ?1 AND user_id = ?2 AND client = ?3 AND redeemed_at IS NULL";
pub(super) const SEATS: &str =
    "SELECT s.realm, s.pool, s.organisation, s.holder, s.grant_id, s.client, s.user_id, s.claimed_at,
        s.expires_at, c.doc, o.doc
    FROM seat s LEFT JOIN client c ON c.realm = s.realm AND c.id = s.client
        LEFT JOIN organisation o ON o.realm = s.realm AND o.id = s.organisation
    WHERE s.realm = ?1 AND s.user_id = ?2 AND s.expires_at > ?3
    ORDER BY s.pool, s.organisation, s.claimed_at, s.holder LIMIT ?4";

pub(super) const ADD_ACTIVITY: &str =
    "INSERT INTO activity (id, realm, user_id, kind, about, browser, address, at, expires_at)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT (id) DO NOTHING";
/// All but the newest so many; those of kind ?4 are counted apart.
pub(super) const TRIM_ACTIVITY: &str = "DELETE FROM activity WHERE realm = ?1 AND user_id = ?2 AND kind <> ?4
    AND id <= (SELECT id FROM activity WHERE realm = ?1 AND user_id = ?2 AND kind <> ?4 ORDER BY id DESC LIMIT 1 OFFSET ?3)";
pub(super) const TRIM_ACTIVITY_OF_KIND: &str = "DELETE FROM activity WHERE realm = ?1 AND user_id = ?2 AND kind = ?4
    AND id <= (SELECT id FROM activity WHERE realm = ?1 AND user_id = ?2 AND kind = ?4 ORDER BY id DESC LIMIT 1 OFFSET ?3)";
pub(super) const ACTIVITY: &str = "SELECT id, kind, about, browser, address, at FROM activity
    WHERE realm = ?1 AND user_id = ?2 AND id < ?3 ORDER BY id DESC LIMIT ?4";
pub(super) const FORGET_ACTIVITY: &str = "DELETE FROM activity WHERE realm = ?1 AND user_id = ?2";
pub(super) const PURGE_ACTIVITY: &str =
    "DELETE FROM activity WHERE id IN (SELECT id FROM activity WHERE expires_at < ?1 LIMIT ?2)";

/// Only where the same was not agreed to already and stands: whoever is asked each time agrees to one thing.
pub(super) const ADD_EVIDENCE: &str =
    "INSERT INTO consent_evidence (id, realm, user_id, client, doc, address, at, kept_ms, expires_at)
    SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9 WHERE NOT EXISTS (SELECT 1 FROM consent_evidence
        WHERE realm = ?2 AND user_id = ?3 AND client = ?4 AND doc = ?5 AND ended_at IS NULL)
    ON CONFLICT (id) DO NOTHING";
pub(super) const EVIDENCE: &str =
    "SELECT e.id, e.user_id, e.client, e.doc, e.address, e.at, e.ended_at, e.expires_at, u.doc
    FROM consent_evidence e LEFT JOIN users u ON u.realm = e.realm AND u.id = e.user_id
    WHERE e.realm = ?1 AND e.user_id >= ?2 AND e.user_id <= ?4 AND (e.user_id, e.id) > (?2, ?3)
        AND (CAST(?5 AS TEXT) IS NULL OR e.client = ?5)
    ORDER BY e.user_id, e.id LIMIT ?6";
pub(super) const END_EVIDENCE: &str = "UPDATE consent_evidence SET ended_at = ?4, expires_at = ?4 + kept_ms
    WHERE realm = ?1 AND user_id = ?2 AND client = ?3 AND ended_at IS NULL";
pub(super) const END_EVIDENCE_OF_CLIENT: &str = "UPDATE consent_evidence SET ended_at = ?3, expires_at = ?3 + kept_ms
    WHERE realm = ?1 AND client = ?2 AND ended_at IS NULL";
pub(super) const FORGET_EVIDENCE: &str = "DELETE FROM consent_evidence WHERE realm = ?1 AND user_id = ?2";
pub(super) const PURGE_EVIDENCE: &str =
    "DELETE FROM consent_evidence WHERE id IN (SELECT id FROM consent_evidence WHERE expires_at < ?1 LIMIT ?2)";

pub(super) const APP_RULES: &str = "SELECT organisation, client, allowed, changed_at FROM organisation_app
    WHERE realm = ?1 ORDER BY organisation, client";
pub(super) const PUT_APP_RULE: &str = "INSERT INTO organisation_app (realm, organisation, client, allowed, changed_at)
    VALUES (?1, ?2, ?3, ?4, ?5)
    ON CONFLICT (realm, organisation, client) DO UPDATE SET allowed = excluded.allowed, changed_at = excluded.changed_at
    WHERE organisation_app.allowed <> excluded.allowed";
pub(super) const DROP_APP_RULE: &str =
    "DELETE FROM organisation_app WHERE realm = ?1 AND organisation = ?2 AND client = ?3";
pub(super) const DROP_APP_RULES: &str = "DELETE FROM organisation_app WHERE realm = ?1 AND organisation = ?2";
/// Live grants that seem to name an organisation (?2, as it stands in a document); the documents are looked into afterwards.
pub(super) const ACTING_FOR: &str = "SELECT g.client, g.user_id, k.doc, u.doc, g.created_at, g.refreshed_at, g.doc
    FROM grants g LEFT JOIN client k ON k.realm = g.realm AND k.id = g.client
        LEFT JOIN users u ON u.realm = g.realm AND u.id = g.user_id
    WHERE g.realm = ?1 AND g.revoked_at IS NULL AND g.doc LIKE ?2 AND g.idle_expires_at > ?3 AND g.expires_at > ?3
    ORDER BY g.client, g.user_id, g.id LIMIT ?4";
pub(super) const GRANTS_FOR_ORGANISATION: &str = "SELECT client, id, doc FROM grants
    WHERE realm = ?1 AND revoked_at IS NULL AND doc LIKE ?2 AND (CAST(?3 AS TEXT) IS NULL OR client = ?3) AND id > ?4
    ORDER BY id LIMIT ?5";
pub(super) const TOUCH_USER_OF_GRANT: &str = "UPDATE users SET updated_at = ?2
    WHERE (realm, id) IN (SELECT realm, user_id FROM grants WHERE id = ?1 AND user_id IS NOT NULL)";
pub(super) const ASKED_BY: &str = "SELECT client, first_at, last_at, times FROM client_asked
    WHERE realm = ?1 AND user_id = ?2 ORDER BY client LIMIT ?3";
