//! Statements about the deadlines of legacy behaviours.

pub(super) const PUT: &str =
    "INSERT INTO legacy_deadline (realm, client, legacy, ends_at, note, enforce, set_at, next_at, ended_at)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, NULL)
    ON CONFLICT (realm, client, legacy) DO UPDATE SET ends_at = excluded.ends_at, note = excluded.note,
        enforce = excluded.enforce, set_at = excluded.set_at, next_at = excluded.next_at, ended_at = NULL";
pub(super) const FIND: &str = "SELECT realm, client, legacy, ends_at, note, enforce, set_at, next_at, ended_at
    FROM legacy_deadline WHERE realm = ?1 AND client = ?2 AND legacy = ?3";
pub(super) const OF_CLIENT: &str = "SELECT realm, client, legacy, ends_at, note, enforce, set_at, next_at, ended_at
    FROM legacy_deadline WHERE realm = ?1 AND client = ?2 ORDER BY ends_at, legacy";
pub(super) const LIST: &str = "SELECT realm, client, legacy, ends_at, note, enforce, set_at, next_at, ended_at
    FROM legacy_deadline WHERE realm = ?1 AND (client, legacy) > (?2, ?3) ORDER BY client, legacy LIMIT ?4";
/// The first to end come first.
pub(super) const BY_END: &str = "SELECT realm, client, legacy, ends_at, note, enforce, set_at, next_at, ended_at
    FROM legacy_deadline WHERE realm = ?1 ORDER BY ends_at, client, legacy LIMIT ?2";
pub(super) const DELETE: &str = "DELETE FROM legacy_deadline WHERE realm = ?1 AND client = ?2 AND legacy = ?3";
pub(super) const DELETE_OF_CLIENT: &str = "DELETE FROM legacy_deadline WHERE realm = ?1 AND client = ?2";
pub(super) const DUE: &str = "SELECT realm, client, legacy, ends_at, note, enforce, set_at, next_at, ended_at
    FROM legacy_deadline WHERE next_at IS NOT NULL AND next_at <= ?1 ORDER BY next_at LIMIT ?2";
/// Only of the row that was read: two servers tell of it once. `?5`: what comes next; `?6`: it ends now.
pub(super) const TELL: &str = "UPDATE legacy_deadline SET next_at = ?5, ended_at = ?6
    WHERE realm = ?1 AND client = ?2 AND legacy = ?3 AND next_at = ?4";
pub(super) const ENDED: &str = "SELECT legacy FROM legacy_deadline
    WHERE realm = ?1 AND client = ?2 AND enforce = 1 AND ended_at IS NOT NULL ORDER BY legacy";
/// What ended for a client; nothing is written where it is so already.
pub(super) const SET_ENDED: &str = "UPDATE client SET legacy_ended = ?3, updated_at = ?4
    WHERE realm = ?1 AND id = ?2 AND COALESCE(legacy_ended, '') <> COALESCE(CAST(?3 AS TEXT), '')";
/// Perhaps: the document is looked into afterwards.
pub(super) const CLIENTS_WITH: &str = "SELECT doc, status FROM client
    WHERE realm = ?1 AND id > ?2 AND doc LIKE ?3 ORDER BY id LIMIT ?4";
