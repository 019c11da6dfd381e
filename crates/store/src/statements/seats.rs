//! Statements about seats.

pub(super) const EXTEND_SEAT: &str = "UPDATE seat SET expires_at = ?6
    WHERE realm = ?1 AND pool = ?2 AND organisation = ?3 AND holder = ?4 AND grant_id = ?5 AND expires_at > ?7";
pub(super) const LOCK_POOL: &str = "INSERT INTO seat_pool (realm, pool, organisation, size) VALUES (?1, ?2, ?3, ?4)
    ON CONFLICT (realm, pool, organisation) DO UPDATE SET size = excluded.size";
pub(super) const EXPIRE_SEATS: &str = "DELETE FROM seat WHERE (realm, pool, organisation, holder, grant_id) IN (
    SELECT realm, pool, organisation, holder, grant_id FROM seat
    WHERE realm = ?1 AND pool = ?2 AND organisation = ?3 AND expires_at <= ?4
    ORDER BY realm, pool, organisation, holder, grant_id{LOCKED})";
pub(super) const CLAIM_SEAT: &str =
    "INSERT INTO seat (realm, pool, organisation, holder, grant_id, client, user_id, claimed_at, expires_at)
    SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9
    WHERE EXISTS (SELECT 1 FROM seat WHERE realm = ?1 AND pool = ?2 AND organisation = ?3 AND holder = ?4)
        OR (SELECT COUNT(DISTINCT holder) FROM seat WHERE realm = ?1 AND pool = ?2 AND organisation = ?3) < ?10
    ON CONFLICT (realm, pool, organisation, holder, grant_id) DO UPDATE SET expires_at = excluded.expires_at";
pub(super) const COUNT_SEATS: &str = "SELECT COUNT(DISTINCT holder) FROM seat
    WHERE realm = ?1 AND pool = ?2 AND organisation = ?3 AND expires_at > ?4";
pub(super) const SEATS: &str =
    "SELECT realm, pool, organisation, holder, grant_id, client, user_id, claimed_at, expires_at FROM seat
    WHERE realm = ?1 AND expires_at > ?2 ORDER BY pool, organisation, claimed_at, holder";
pub(super) const SEAT_LINES: &str =
    "SELECT s.realm, s.pool, s.organisation, s.holder, s.grant_id, s.client, s.user_id, s.claimed_at,
        s.expires_at, u.doc, c.doc
    FROM seat s LEFT JOIN users u ON u.realm = s.realm AND u.id = s.user_id
        LEFT JOIN client c ON c.realm = s.realm AND c.id = s.client
    WHERE s.realm = ?1 AND s.expires_at > ?2 ORDER BY s.pool, s.organisation, s.claimed_at, s.holder";
pub(super) const SEAT_GRANTS: &str =
    "SELECT grant_id FROM seat WHERE realm = ?1 AND pool = ?2 AND organisation = ?3 AND holder = ?4
    ORDER BY grant_id";
pub(super) const FREE_SEATS_OF_GRANT: &str = "DELETE FROM seat WHERE (realm, pool, organisation, holder, grant_id) IN (
    SELECT realm, pool, organisation, holder, grant_id FROM seat WHERE grant_id = ?1
    ORDER BY realm, pool, organisation, holder, grant_id{LOCKED})";
pub(super) const FREE_SEATS_OF_CLIENT: &str =
    "DELETE FROM seat WHERE (realm, pool, organisation, holder, grant_id) IN (
    SELECT realm, pool, organisation, holder, grant_id FROM seat WHERE realm = ?1 AND client = ?2
    ORDER BY realm, pool, organisation, holder, grant_id{LOCKED})";
pub(super) const FREE_SEATS_OF_USER: &str = "DELETE FROM seat WHERE (realm, pool, organisation, holder, grant_id) IN (
    SELECT realm, pool, organisation, holder, grant_id FROM seat WHERE realm = ?1 AND user_id = ?2
    ORDER BY realm, pool, organisation, holder, grant_id{LOCKED})";
