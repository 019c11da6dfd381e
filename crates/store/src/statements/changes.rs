//! Statements about numbers, changes, time and leases: what servers on one database tell one another.

pub(super) const NEXT_NUMBER: &str = "UPDATE counter SET value = value + 1 WHERE name = ?1 RETURNING value";
pub(super) const LAST_NUMBER: &str = "SELECT value FROM counter WHERE name = ?1";
pub(super) const ADD_CHANGE: &str = "INSERT INTO change (seq, kind, realm, id, at) VALUES (?1, ?2, ?3, ?4, ?5)";
pub(super) const CHANGES_AFTER: &str = "SELECT seq, kind, realm, id FROM change WHERE seq > ?1 ORDER BY seq LIMIT ?2";
pub(super) const PURGE_CHANGES: &str =
    "DELETE FROM change WHERE seq IN (SELECT seq FROM change WHERE at < ?1 ORDER BY seq LIMIT ?2)";
pub(super) const HEARTBEAT: &str =
    "SELECT {NOW}, value, (SELECT at FROM change WHERE seq = ?1) FROM counter WHERE name = 'change'";
pub(super) const RAISE_NUMBER: &str = "UPDATE counter SET value = ?2 WHERE name = ?1 AND value < ?2";
pub(super) const TAKE_LEASE: &str = "INSERT INTO lease (name, holder, until) VALUES (?1, ?2, {NOW} + ?3)
    ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until
    WHERE lease.holder = excluded.holder OR lease.until <= {NOW}
        OR lease.until > excluded.until + 1000";
pub(super) const RELEASE_LEASE: &str = "DELETE FROM lease WHERE name = ?1 AND holder = ?2";
