//! Statements of the request log.

/// Whoever is asked for all columns answers them in this order.
macro_rules! lines {
    ($behind:literal) => {
        concat!(
            "SELECT id, realm, client, at, reference, endpoint, grant_type, status, error, kind, detail, doc ",
            "FROM request_line ",
            $behind
        )
    };
}

pub(super) const ADD: &str =
    "INSERT INTO request_line (id, realm, client, refused, at, reference, endpoint, grant_type, status,
        error, kind, detail, doc, bytes)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)";
/// Adds to the sums of an app, or takes away from them; never below nothing.
pub(super) const SUM: &str = "INSERT INTO request_use (realm, client, refused, lines, bytes)
    VALUES (?1, ?2, ?3, CASE WHEN CAST(?4 AS BIGINT) < 0 THEN 0 ELSE CAST(?4 AS BIGINT) END,
        CASE WHEN CAST(?5 AS BIGINT) < 0 THEN 0 ELSE CAST(?5 AS BIGINT) END)
    ON CONFLICT (realm, client, refused) DO UPDATE
    SET lines = CASE WHEN request_use.lines + ?4 < 0 THEN 0 ELSE request_use.lines + ?4 END,
        bytes = CASE WHEN request_use.bytes + ?5 < 0 THEN 0 ELSE request_use.bytes + ?5 END
    RETURNING lines, bytes";
pub(super) const USE: &str = "SELECT lines, bytes FROM request_use WHERE realm = ?1 AND client = ?2 AND refused = ?3";
pub(super) const DROP_USE: &str =
    "DELETE FROM request_use WHERE realm = ?1 AND client = ?2 AND refused = ?3 AND lines <= 0";
pub(super) const TRIM: &str = "DELETE FROM request_line WHERE id IN (SELECT id FROM request_line
        WHERE realm = ?1 AND client = ?2 AND refused = ?3 ORDER BY id LIMIT ?4)
    RETURNING bytes";
pub(super) const PURGE: &str = "DELETE FROM request_line
    WHERE id IN (SELECT id FROM request_line WHERE id < ?1 ORDER BY id LIMIT ?2)
    RETURNING realm, client, refused, bytes";
pub(super) const OF_APP: &str = lines!(
    "WHERE realm = ?1 AND client = ?2 AND refused = ?3 AND id < ?4 AND id > ?5 AND at < ?6 AND at >= ?7
        AND (CAST(?8 AS TEXT) IS NULL OR endpoint = ?8) AND (CAST(?9 AS TEXT) IS NULL OR error = ?9)
        AND (CAST(?10 AS TEXT) IS NULL OR kind = ?10) AND status >= ?11 AND status < ?12
    ORDER BY id DESC LIMIT ?13"
);
pub(super) const AFTER: &str =
    lines!("WHERE realm = ?1 AND client = ?2 AND refused = ?3 AND id > ?4 ORDER BY id LIMIT ?5");
/// The same of whatever app of a realm: by the order in which lines were written, since there is no index for it.
pub(super) const OF_REALM: &str = lines!(
    "WHERE realm = ?1 AND (CAST(?2 AS BIGINT) = 0 OR refused = 1) AND id < ?3 AND id > ?4 AND at < ?5 AND at >= ?6
        AND (CAST(?7 AS TEXT) IS NULL OR endpoint = ?7) AND (CAST(?8 AS TEXT) IS NULL OR error = ?8)
        AND (CAST(?9 AS TEXT) IS NULL OR kind = ?9) AND status >= ?10 AND status < ?11
    ORDER BY id DESC LIMIT ?12"
);
pub(super) const OF_REALM_AFTER: &str = lines!("WHERE realm = ?1 AND id > ?2 ORDER BY id LIMIT ?3");
pub(super) const REFUSED: &str = lines!("WHERE reference = ?1 AND refused = 1 ORDER BY id DESC LIMIT 1");
/// Among the newest calls of an app that went well.
pub(super) const SERVED: &str =
    lines!("WHERE realm = ?1 AND client = ?2 AND refused = 0 AND reference = ?3 ORDER BY id DESC LIMIT 1");
/// Newer than a line.
pub(super) const ANY: &str = lines!("WHERE id > ?1 AND reference = ?2 ORDER BY id DESC LIMIT 1");
/// How many calls of an app there are of each day, in days since the epoch; a line that says how many are missing is no call.
pub(super) const DAYS: &str = "SELECT at / 86400000, COUNT(*) FROM request_line
    WHERE realm = ?1 AND client = ?2 AND refused = ?3 AND id > ?4 AND status > 0
    GROUP BY at / 86400000";
pub(super) const ERRORS: &str = "SELECT kind, error, endpoint, at, reference, detail FROM request_line
    WHERE realm = ?1 AND client = ?2 AND refused = 1 AND id > ?3 AND at >= ?4 ORDER BY id DESC LIMIT ?5";
/// Of whatever app, the newest first.
pub(super) const NEWEST: &str = lines!("WHERE id > ?1 AND status > 0 ORDER BY id DESC LIMIT ?2");
