//! Statements about legacy behaviours in use.

pub(super) const ADD_LEGACY_USES: &str =
    "INSERT INTO legacy_use (realm, client, legacy, day, uses) VALUES (?1, ?2, ?3, ?4, ?5)
    ON CONFLICT (realm, client, legacy, day) DO UPDATE SET uses = legacy_use.uses + excluded.uses";
pub(super) const LEGACY_USES: &str = "SELECT realm, client, legacy, day, uses FROM legacy_use
    WHERE realm = ?1 AND day >= ?2 ORDER BY client, legacy, day";
