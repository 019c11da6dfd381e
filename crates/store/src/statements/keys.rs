//! Statements about keys and secrets of the server's own.

pub(super) const KEY_SET_VERSION: &str = "SELECT version FROM key_set WHERE realm = ?1";
pub(super) const START_KEY_SET: &str =
    "INSERT INTO key_set (realm, version) VALUES (?1, 1) ON CONFLICT (realm) DO NOTHING";
pub(super) const NEXT_KEY_SET: &str = "UPDATE key_set SET version = version + 1 WHERE realm = ?1 AND version = ?2";
pub(super) const BUMP_KEY_SET: &str = "INSERT INTO key_set (realm, version) VALUES (?1, 1)
    ON CONFLICT (realm) DO UPDATE SET version = key_set.version + 1";
pub(super) const PUT_KEY: &str =
    "INSERT INTO signing_key (realm, kid, alg, sealed, public_jwk, state, created_at, activates_at, retires_at)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
pub(super) const KEYS: &str = "SELECT realm, kid, alg, sealed, public_jwk, state, created_at, activates_at, retires_at
    FROM signing_key WHERE realm = ?1 AND removed_at IS NULL ORDER BY created_at, kid";
pub(super) const ACTIVATE_KEY: &str =
    "UPDATE signing_key SET state = 'active', activates_at = ?3 WHERE realm = ?1 AND kid = ?2";
pub(super) const RETIRE_KEY: &str =
    "UPDATE signing_key SET state = 'retired', retires_at = ?3 WHERE realm = ?1 AND kid = ?2";
/// A key that is never used again keeps nothing that could sign.
pub(super) const REMOVE_KEY: &str =
    "UPDATE signing_key SET state = 'retired', removed_at = ?3, sealed = ?4 WHERE realm = ?1 AND kid = ?2";
/// All keys that are in a set, of every realm.
pub(super) const KEYS_AFTER: &str =
    "SELECT realm, kid, alg, sealed, public_jwk, state, created_at, activates_at, retires_at
    FROM signing_key WHERE (realm, kid) > (?1, ?2) AND removed_at IS NULL ORDER BY realm, kid LIMIT ?3";
/// Those that left the set and were not revoked: their public halves.
pub(super) const KEYS_THAT_LEFT: &str =
    "SELECT public_jwk, removed_at FROM signing_key AS gone WHERE realm = ?1 AND removed_at > ?2 AND NOT EXISTS (
        SELECT 1 FROM revocation WHERE revocation.realm = gone.realm AND kind = ?3 AND value = gone.kid
    ) ORDER BY removed_at DESC LIMIT ?4";
pub(super) const HAD_KEY: &str = "SELECT removed_at FROM signing_key WHERE realm = ?1 AND kid = ?2";
pub(super) const RESEAL_KEY: &str = "UPDATE signing_key SET sealed = ?4
    WHERE realm = ?1 AND kid = ?2 AND sealed = ?3 AND removed_at IS NULL";
pub(super) const REWRITE_SECRET: &str = "UPDATE client_secret SET hash = ?5
    WHERE realm = ?1 AND client = ?2 AND id = ?3 AND hash = ?4 AND retired_at IS NULL";
pub(super) const PUT_SEALED: &str =
    "INSERT INTO sealed_secret (name, sealed) VALUES (?1, ?2) ON CONFLICT (name) DO NOTHING";
pub(super) const SEALED: &str = "SELECT sealed FROM sealed_secret WHERE name = ?1";
pub(super) const REPLACE_SEALED: &str = "UPDATE sealed_secret SET sealed = ?3 WHERE name = ?1 AND sealed = ?2";
