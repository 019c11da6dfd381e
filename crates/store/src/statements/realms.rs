//! Statements about realms and where they are served.

pub(super) const PUT_REALM: &str = "INSERT INTO realm (id, doc, version, updated_at) VALUES (?1, ?2, 1, ?3)
    ON CONFLICT (id) DO UPDATE SET doc = excluded.doc, version = realm.version + 1, updated_at = excluded.updated_at
    WHERE realm.doc <> excluded.doc";
pub(super) const DELETE_ROUTES: &str = "DELETE FROM realm_route WHERE realm = ?1";
pub(super) const ADD_ROUTE: &str =
    "INSERT INTO realm_route (authority, realm) VALUES (?1, ?2) ON CONFLICT (authority, realm) DO NOTHING";
pub(super) const REALM: &str = "SELECT doc FROM realm WHERE id = ?1";
pub(super) const REALMS_AT: &str =
    "SELECT r.doc FROM realm_route t JOIN realm r ON r.id = t.realm WHERE t.authority = ?1 ORDER BY r.id";
pub(super) const LIST_REALMS: &str = "SELECT id FROM realm WHERE id > ?1 ORDER BY id LIMIT ?2";
