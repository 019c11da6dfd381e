//! Statements about what is over.

pub(super) const PURGE_SESSIONS: &str =
    "DELETE FROM session WHERE hash IN (SELECT hash FROM session WHERE expires_at < ?1 LIMIT ?2)";
pub(super) const PURGE_SIGNED_IN_TO: &str = "DELETE FROM signed_in_to
    WHERE (session, sid) IN (SELECT session, sid FROM signed_in_to WHERE expires_at < ?1 LIMIT ?2)";
pub(super) const PURGE_PENDING: &str =
    "DELETE FROM pending WHERE id IN (SELECT id FROM pending WHERE expires_at < ?1 LIMIT ?2)";
pub(super) const PURGE_DEVICES: &str =
    "DELETE FROM device WHERE id IN (SELECT id FROM device WHERE expires_at < ?1 LIMIT ?2)";
pub(super) const PURGE_SPENT: &str =
    "DELETE FROM spent WHERE digest IN (SELECT digest FROM spent WHERE expires_at < ?1 LIMIT ?2)";
pub(super) const PURGE_ANSWERED: &str =
    "DELETE FROM answered WHERE id IN (SELECT id FROM answered WHERE expires_at < ?1 LIMIT ?2)";
/// This and the next two go on where they stopped: what has just left still stands in an index until it is vacuumed,
/// and whoever begins at its end walks over all of it.
pub(super) const PURGE_CODES: &str = "DELETE FROM code WHERE id IN (SELECT id FROM code
        WHERE expires_at < ?1 AND expires_at >= ?3 ORDER BY expires_at LIMIT ?2)
    RETURNING expires_at";
pub(super) const PURGE_TOKENS: &str = "DELETE FROM access_token WHERE id IN (SELECT id FROM access_token
        WHERE expires_at < ?1 AND expires_at >= ?3 ORDER BY expires_at LIMIT ?2)
    RETURNING expires_at";
pub(super) const PURGE_GRANTS: &str = "DELETE FROM grants WHERE id IN (SELECT id FROM grants
        WHERE check_at < ?1 AND check_at >= ?3 ORDER BY check_at LIMIT ?2)
    AND (revoked_at IS NOT NULL OR idle_expires_at < ?1 OR expires_at < ?1)
    RETURNING check_at";
/// Those that were refreshed since: look again when they may be over next.
pub(super) const RECHECK_GRANTS: &str =
    "UPDATE grants SET check_at = CASE WHEN idle_expires_at < expires_at THEN idle_expires_at
        ELSE expires_at END
    WHERE id IN (SELECT id FROM grants
            WHERE check_at < ?1 AND check_at >= ?3 ORDER BY check_at LIMIT ?2)
        AND revoked_at IS NULL AND idle_expires_at >= ?1 AND expires_at >= ?1";
pub(super) const PURGE_SEATS: &str = "DELETE FROM seat WHERE (realm, pool, organisation, holder, grant_id) IN (
    SELECT realm, pool, organisation, holder, grant_id FROM seat
    WHERE (realm, pool, organisation, holder, grant_id) IN (
        SELECT realm, pool, organisation, holder, grant_id FROM seat WHERE expires_at <= ?1 LIMIT ?2)
    ORDER BY realm, pool, organisation, holder, grant_id{LOCKED})";
pub(super) const PURGE_REVOCATIONS: &str =
    "DELETE FROM revocation WHERE seq IN (SELECT seq FROM revocation WHERE expires_at < ?1 LIMIT ?2)";
pub(super) const PURGE_LINKS: &str =
    "DELETE FROM one_time_link WHERE hash IN (SELECT hash FROM one_time_link WHERE expires_at < ?1 LIMIT ?2)";
pub(super) const PURGE_FAILURES: &str =
    "DELETE FROM brake WHERE subject IN (SELECT subject FROM brake WHERE expires_at < ?1 LIMIT ?2)";
pub(super) const PURGE_PARCELS: &str =
    "DELETE FROM outbox WHERE id IN (SELECT id FROM outbox WHERE closed_at < ?1 LIMIT ?2)";
pub(super) const PURGE_GIVEN_UP: &str =
    "DELETE FROM outbox WHERE id IN (SELECT id FROM outbox WHERE given_up_at < ?1 LIMIT ?2)";
pub(super) const PURGE_MAILS: &str = "DELETE FROM mail_outbox
    WHERE id IN (SELECT id FROM mail_outbox WHERE sent_at < ?1 OR refused_at < ?1 LIMIT ?2)";
