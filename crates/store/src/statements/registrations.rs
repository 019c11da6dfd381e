//! Statements about clients that registered themselves, and what lets them.

pub(super) const DOCUMENT: &str = "SELECT host, digest, fetched_at, fresh_until FROM client_document
    WHERE realm = ?1 AND client = ?2";
pub(super) const PUT_DOCUMENT: &str =
    "INSERT INTO client_document (realm, client, host, digest, fetched_at, fresh_until)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (realm, client) DO UPDATE SET digest = excluded.digest,
        fetched_at = excluded.fetched_at, fresh_until = excluded.fresh_until";
/// ?4: what the names below the domain ?3 are like.
pub(super) const COUNT_DOCUMENTS: &str = "SELECT COUNT(*), COALESCE(SUM(CASE WHEN host = ?2 THEN 1 ELSE 0 END), 0),
        COALESCE(SUM(CASE WHEN host = ?3 OR host LIKE ?4 THEN 1 ELSE 0 END), 0)
    FROM client_document WHERE realm = ?1";
pub(super) const DELETE_DOCUMENT: &str = "DELETE FROM client_document WHERE realm = ?1 AND client = ?2";
/// On condition that the client waits for approval: nobody fills the table with ids.
pub(super) const ASK_FOR: &str = "INSERT INTO client_asked (realm, client, user_id, first_at, last_at, times)
    SELECT ?1, ?2, ?3, ?4, ?4, 1 WHERE EXISTS (SELECT 1 FROM client WHERE realm = ?1 AND id = ?2 AND status = ?5)
    ON CONFLICT (realm, client, user_id) DO UPDATE SET last_at = excluded.last_at, times = client_asked.times + 1";
pub(super) const ASKED_FOR: &str = "SELECT user_id, first_at, last_at, times FROM client_asked
    WHERE realm = ?1 AND client = ?2 ORDER BY last_at DESC, user_id LIMIT ?3";
pub(super) const DELETE_ASKED: &str = "DELETE FROM client_asked WHERE realm = ?1 AND client = ?2";
pub(super) const DELETE_ASKED_OF_USER: &str = "DELETE FROM client_asked WHERE realm = ?1 AND user_id = ?2";
pub(super) const LAUNCHABLE: &str = "SELECT doc, status FROM client
    WHERE realm = ?1 AND doc LIKE '%\"initiate_login_uri\":%' ORDER BY id LIMIT ?2";
pub(super) const ADD: &str = "INSERT INTO registration (realm, client, token_hash, allows, created_at, check_at)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
pub(super) const COUNT: &str = "SELECT COUNT(*) FROM registration WHERE realm = ?1";
pub(super) const FIND: &str = "SELECT token_hash, allows FROM registration
    WHERE realm = ?1 AND client = ?2";
pub(super) const DUE: &str = "SELECT realm, client, created_at, check_at FROM registration
    WHERE check_at < ?1 ORDER BY check_at LIMIT ?2";
/// On condition that nobody else looked at it meanwhile.
pub(super) const CHECK_LATER: &str = "UPDATE registration SET check_at = ?4
    WHERE realm = ?1 AND client = ?2 AND check_at = ?3";
pub(super) const DELETE: &str = "DELETE FROM registration WHERE realm = ?1 AND client = ?2";
pub(super) const LAST_USE: &str = "SELECT used_at FROM secret_use WHERE realm = ?1 AND client = ?2
    ORDER BY used_at DESC LIMIT 1";
/// Those that end soon, because another took their place before.
pub(super) const DELETE_ENDING_SECRETS: &str = "DELETE FROM client_secret
    WHERE realm = ?1 AND client = ?2 AND expires_at <= ?3";
/// Those beside a new one work for a while yet.
pub(super) const END_OTHER_SECRETS: &str = "UPDATE client_secret
    SET expires_at = CASE WHEN expires_at < ?4 THEN expires_at ELSE ?4 END
    WHERE realm = ?1 AND client = ?2 AND id <> ?3 AND retired_at IS NULL";
pub(super) const ADD_TOKEN: &str = "INSERT INTO initial_token
        (realm, id, hash, doc, created_at, expires_at, uses_left, revoked_at)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, NULL)";
pub(super) const FIND_TOKEN: &str = "SELECT id, hash, doc, created_at, expires_at, uses_left, revoked_at
    FROM initial_token WHERE realm = ?1 AND id = ?2";
pub(super) const LIST_TOKENS: &str = "SELECT id, hash, doc, created_at, expires_at, uses_left, revoked_at
    FROM initial_token WHERE realm = ?1 AND id > ?2 ORDER BY id LIMIT ?3";
pub(super) const USE_TOKEN: &str = "UPDATE initial_token SET uses_left = uses_left - 1
    WHERE realm = ?1 AND id = ?2 AND revoked_at IS NULL AND expires_at > ?3 AND (uses_left IS NULL OR uses_left > 0)";
pub(super) const REVOKE_TOKEN: &str = "UPDATE initial_token SET revoked_at = ?3
    WHERE realm = ?1 AND id = ?2 AND revoked_at IS NULL";
pub(super) const PURGE_TOKENS: &str = "DELETE FROM initial_token
    WHERE (realm, id) IN (SELECT realm, id FROM initial_token WHERE expires_at < ?1 LIMIT ?2)";
pub(super) const PUT_LOGO: &str = "INSERT INTO client_logo (realm, client, source, picture) VALUES (?1, ?2, ?3, ?4)
    ON CONFLICT (realm, client) DO UPDATE SET source = excluded.source, picture = excluded.picture";
pub(super) const LOGO: &str = "SELECT source, picture FROM client_logo WHERE realm = ?1 AND client = ?2";
pub(super) const DELETE_LOGO: &str = "DELETE FROM client_logo WHERE realm = ?1 AND client = ?2";
