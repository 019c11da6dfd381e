//! Statements about codes, grants and tokens.

/// Only while the session is not over and user and consent have the versions that the caller names.
pub(super) const PUT_CODE: &str = "INSERT INTO code (id, hash, realm, client, doc, expires_at, user_id)
    SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7
    WHERE (CAST(?9 AS BIGINT) IS NULL OR ?9 = (SELECT u.version FROM session s
            JOIN users u ON u.realm = s.realm AND u.id = s.user_id
            WHERE s.hash = ?8 AND s.expires_at > ?11 AND s.realm = ?3 AND u.id = ?7 AND u.disabled = 0))
        AND (CAST(?10 AS BIGINT) IS NULL OR ?10 = (SELECT c.version FROM consent c
            WHERE c.realm = ?3 AND c.user_id = ?7 AND c.client = ?4 AND (c.until_at IS NULL OR c.until_at > ?11)))
    ON CONFLICT (id) DO NOTHING";
/// With the user who gave it and their consent: one round trip.
pub(super) const CODE: &str = "SELECT c.id, c.hash, c.realm, c.client, c.doc, c.expires_at, c.user_id, c.redeemed_at,
        u.doc, u.disabled, u.password_hash, n.scope, n.organisations, n.updated_at, u.version, n.version, n.until_at
    FROM code c LEFT JOIN users u ON u.realm = c.realm AND u.id = c.user_id
        LEFT JOIN consent n ON n.realm = c.realm AND n.user_id = c.user_id AND n.client = c.client
    WHERE c.id = ?1";
pub(super) const REDEEM_CODE: &str = "UPDATE code SET redeemed_at = ?3
    WHERE id = ?1 AND hash = ?2 AND redeemed_at IS NULL AND expires_at > ?3";
pub(super) const SPEND: &str = "INSERT INTO spent (digest, holder, expires_at) VALUES (?1, ?2, ?3)
    ON CONFLICT (digest) DO UPDATE SET expires_at = excluded.expires_at WHERE spent.holder = excluded.holder";
/// Whether a grant is the one that an attempt began: nobody else has its nonce.
pub(super) const IS_MY_GRANT: &str = "SELECT 1 FROM grants WHERE id = ?1 AND nonce = ?2";
pub(super) const IS_MY_CODE: &str = "SELECT 1 FROM code WHERE id = ?1 AND hash = ?2";
pub(super) const IS_MY_TOKEN: &str = "SELECT 1 FROM access_token WHERE id = ?1 AND hash = ?2";
pub(super) const CODE_REDEEMED_AT: &str =
    "SELECT redeemed_at FROM code WHERE id = ?1 AND hash = ?2 AND redeemed_at IS NOT NULL";
/// Only for a client that is active and a user who is not disabled; and only while user and consent have the versions
/// that the caller names.
pub(super) const ADD_GRANT: &str =
    "INSERT INTO grants (id, realm, client, user_id, flow, doc, nonce, generation, turnover, created_at,
        refreshed_at, idle_expires_at, expires_at, check_at)
    SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?10, ?11, ?12, ?11 FROM client c
    WHERE c.realm = ?2 AND c.id = ?3 AND c.status = 'active' AND (CAST(?4 AS TEXT) IS NULL
        OR EXISTS (SELECT 1 FROM users u WHERE u.realm = ?2 AND u.id = ?4 AND u.disabled = 0
            AND (CAST(?13 AS BIGINT) IS NULL OR u.version = ?13)))
        AND (CAST(?14 AS BIGINT) IS NULL OR ?14 = (SELECT n.version FROM consent n
            WHERE n.realm = ?2 AND n.user_id = ?4 AND n.client = ?3 AND (n.until_at IS NULL OR n.until_at > ?10)))
    ON CONFLICT (id) DO NOTHING";
/// As revoking one, spelled so that no index of the grants that stand seems to help: the row is found by its id. Only
/// while user and consent have the versions that the caller names.
pub(super) const ROTATE_GRANT: &str = "UPDATE grants
    SET generation = CASE WHEN generation < ?3 THEN ?3 ELSE generation END, refreshed_at = ?4,
        idle_expires_at = ?5, replay = ?6, replay_until = ?7, replay_generation = ?8
    WHERE id = ?1 AND (CAST(?2 AS BIGINT) IS NULL OR generation = ?2) AND COALESCE(revoked_at, 0) = 0
        AND expires_at > ?4 AND idle_expires_at > ?4
        AND (CAST(?9 AS BIGINT) IS NULL OR ?9 = (SELECT u.version FROM users u
            WHERE u.realm = grants.realm AND u.id = grants.user_id AND u.disabled = 0))
        AND (CAST(?10 AS BIGINT) IS NULL OR ?10 = (SELECT c.version FROM consent c
            WHERE c.realm = grants.realm AND c.user_id = grants.user_id AND c.client = grants.client
                AND (c.until_at IS NULL OR c.until_at > ?4)))";
pub(super) const GRANT: &str =
    "SELECT id, realm, client, user_id, flow, doc, nonce, generation, turnover, created_at, refreshed_at,
        idle_expires_at, expires_at, revoked_at, revoked_reason, replay, replay_until, replay_generation
    FROM grants WHERE id = ?1";
/// With all that a refresh has to know: one round trip.
pub(super) const GRANT_WITH_USER: &str =
    "SELECT g.id, g.realm, g.client, g.user_id, g.flow, g.doc, g.nonce, g.generation, g.turnover,
        g.created_at, g.refreshed_at, g.idle_expires_at, g.expires_at, g.revoked_at, g.revoked_reason, g.replay,
        g.replay_until, g.replay_generation, u.doc, u.disabled, u.password_hash,
        c.scope, c.organisations, c.updated_at, u.version, c.version, c.until_at
    FROM grants g LEFT JOIN users u ON u.realm = g.realm AND u.id = g.user_id
        LEFT JOIN consent c ON c.realm = g.realm AND c.user_id = g.user_id AND c.client = g.client
    WHERE g.id = ?1";
pub(super) const REVOKE_GRANT: &str =
    "UPDATE grants SET revoked_at = ?2, revoked_reason = ?3, replay = NULL, check_at = ?4
    WHERE id = ?1 AND COALESCE(revoked_at, 0) = 0";
pub(super) const REVOKE_GRANTS_OF_CLIENT: &str =
    "UPDATE grants SET revoked_at = ?3, revoked_reason = ?4, replay = NULL, check_at = ?5
    WHERE revoked_at IS NULL AND id IN (SELECT id FROM grants WHERE id IN (SELECT id FROM grants
        WHERE realm = ?1 AND client = ?2 AND revoked_at IS NULL LIMIT ?6) ORDER BY id{LOCKED})";
pub(super) const REVOKE_GRANTS_OF_USER: &str = "UPDATE grants SET revoked_at = ?3, revoked_reason = ?4, replay = NULL, check_at = ?5
    WHERE revoked_at IS NULL AND id IN (SELECT id FROM grants WHERE id IN (SELECT id FROM grants
        WHERE realm = ?1 AND user_id = ?2 AND revoked_at IS NULL AND user_id IS NOT NULL LIMIT ?6) ORDER BY id{LOCKED})";
pub(super) const GRANTS_BY_PASSWORD: &str = "SELECT id FROM grants
    WHERE realm = ?1 AND user_id = ?2 AND revoked_at IS NULL AND user_id IS NOT NULL AND flow = 'password' ORDER BY id";
pub(super) const ADD_ACCESS_TOKEN: &str =
    "INSERT INTO access_token (id, hash, realm, client, user_id, grant_id, doc, issued_at, expires_at)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT (id) DO NOTHING";
/// A token of a client or user whose tokens were revoked as a whole is not touched by that; it is seen here.
pub(super) const ACCESS_TOKEN: &str =
    "SELECT t.id, t.hash, t.realm, t.client, t.user_id, t.grant_id, t.doc, t.issued_at, t.expires_at,
        CASE WHEN t.revoked_at IS NOT NULL
            OR EXISTS (SELECT 1 FROM revocation r WHERE r.realm = t.realm AND r.kind = 'client'
                AND r.value = t.client AND r.before_ms >= t.issued_at)
            OR EXISTS (SELECT 1 FROM revocation r WHERE r.realm = t.realm AND r.kind = 'user'
                AND r.value = t.user_id AND r.before_ms >= t.issued_at)
        THEN 1 ELSE 0 END
    FROM access_token t WHERE t.id = ?1";
pub(super) const REVOKE_ACCESS_TOKEN: &str =
    "UPDATE access_token SET revoked_at = ?2 WHERE id = ?1 AND revoked_at IS NULL";
pub(super) const REVOKE_TOKENS_OF_GRANT: &str =
    "UPDATE access_token SET revoked_at = ?2 WHERE grant_id = ?1 AND revoked_at IS NULL";
