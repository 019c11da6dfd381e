//! What an act may rest on: the rows of a thing, as whoever acts saw them; and the same, held until the act is done.

macro_rules! seen_and_held {
    ($seen:ident, $held:ident, $sql:literal) => {
        pub(super) const $seen: &str = $sql;
        pub(super) const $held: &str = concat!($sql, "{LOCKED}");
    };
}

seen_and_held!(APP, APP_HELD, "SELECT doc, status FROM client WHERE realm = ?1 AND id = ?2");
seen_and_held!(
    USER,
    USER_HELD,
    "SELECT CAST(version AS TEXT), CAST(disabled AS TEXT) FROM users WHERE realm = ?1 AND id = ?2"
);
seen_and_held!(ORGANISATION, ORGANISATION_HELD, "SELECT doc, '' FROM organisation WHERE realm = ?1 AND id = ?2");
pub(super) const RULES: &str = "SELECT client, CAST(allowed AS TEXT) FROM organisation_app
    WHERE realm = ?1 AND organisation = ?2 ORDER BY client";
seen_and_held!(
    WEBHOOK,
    WEBHOOK_HELD,
    "SELECT url || ' ' || status, events FROM webhook WHERE CAST(?1 AS TEXT) IS NOT NULL AND id = ?2"
);
