//! Statements of [`crate::find`].

pub(super) const CLIENTS: &str = "SELECT doc, status FROM {CLIENT_BY_TEXT}
    WHERE realm = ?1 AND id > ?2 AND {CLIENT_HAS} LIKE ?3 AND (CAST(?4 AS TEXT) IS NULL OR status = ?4)
    ORDER BY id LIMIT ?5";
pub(super) const USERS: &str = "SELECT doc, disabled FROM users
    WHERE realm = ?1 AND ((username_key >= ?2 AND username_key < ?3) OR id = ?4) AND id > ?5 ORDER BY id LIMIT ?6";
/// The last use of each of up to 64 clients; a place that is not needed holds the empty text, which is no client.
pub(super) const LAST_USES: &str = "SELECT client, MAX(used_at) FROM secret_use
    WHERE realm = ?1 AND client IN (?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17,
        ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27, ?28, ?29, ?30, ?31, ?32, ?33,
        ?34, ?35, ?36, ?37, ?38, ?39, ?40, ?41, ?42, ?43, ?44, ?45, ?46, ?47, ?48, ?49,
        ?50, ?51, ?52, ?53, ?54, ?55, ?56, ?57, ?58, ?59, ?60, ?61, ?62, ?63, ?64, ?65)
    GROUP BY client";
