//! Statements about clients and their secrets.

pub(super) const PUT_CLIENT: &str =
    "INSERT INTO client (realm, id, status, doc, created_at, updated_at) VALUES (?1, ?2, ?3, ?4, ?5, ?5)
    ON CONFLICT (realm, id) DO UPDATE SET doc = excluded.doc, updated_at = excluded.updated_at
    WHERE client.doc <> excluded.doc";
pub(super) const REGISTER_CLIENT: &str = "INSERT INTO client (realm, id, status, doc, created_at, updated_at)
    VALUES (?1, ?2, ?3, ?4, ?5, ?5) ON CONFLICT (realm, id) DO NOTHING";
pub(super) const CLIENT_STATUS: &str = "SELECT status FROM client WHERE realm = ?1 AND id = ?2";
pub(super) const CLIENT: &str =
    "SELECT c.doc, c.status, s.id, s.kind, s.hash, s.label, s.created_at, s.expires_at, s.retired_at,
        c.legacy_ended
    FROM client c LEFT JOIN client_secret s ON s.realm = c.realm AND s.client = c.id
    WHERE c.realm = ?1 AND c.id = ?2";
pub(super) const LIST_CLIENTS: &str =
    "SELECT doc, status FROM client WHERE realm = ?1 AND id > ?2 ORDER BY id LIMIT ?3";
pub(super) const LIST_CLIENTS_BY_STATUS: &str = "SELECT doc, status FROM client
    WHERE realm = ?1 AND status = ?2 AND id > ?3 ORDER BY id LIMIT ?4";
/// Perhaps: the document is looked into afterwards.
pub(super) const CLIENTS_BY_PASSWORD: &str = "SELECT doc, status FROM client
    WHERE realm = ?1 AND doc LIKE '%\"secret_is_password\":true%'";
pub(super) const SOME_CLIENT_WITH: &str =
    "SELECT 1 FROM client WHERE realm = ?1 AND (doc LIKE ?2 OR doc LIKE ?3) LIMIT 1";
pub(super) const LOCK_CLIENT: &str = "UPDATE client SET updated_at = ?3 WHERE realm = ?1 AND id = ?2";
pub(super) const SET_CLIENT_STATUS: &str =
    "UPDATE client SET status = ?3, updated_at = ?4 WHERE realm = ?1 AND id = ?2 AND status <> ?3";
pub(super) const DELETE_CLIENT: &str = "DELETE FROM client WHERE realm = ?1 AND id = ?2";
pub(super) const ADD_SECRET: &str =
    "INSERT INTO client_secret (realm, client, id, kind, hash, label, created_at, expires_at)
    SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8
    WHERE (SELECT COUNT(*) FROM client_secret WHERE realm = ?1 AND client = ?2 AND retired_at IS NULL
        AND (expires_at IS NULL OR expires_at > ?7)) < 2";
pub(super) const PUT_SECRET: &str =
    "INSERT INTO client_secret (realm, client, id, kind, hash, label, created_at, expires_at)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
    ON CONFLICT (realm, client, id) DO UPDATE
    SET kind = excluded.kind, hash = excluded.hash, label = excluded.label, expires_at = excluded.expires_at,
        retired_at = NULL
    WHERE client_secret.hash <> excluded.hash OR client_secret.retired_at IS NOT NULL";
pub(super) const RETIRE_SECRET: &str = "UPDATE client_secret SET retired_at = ?4
    WHERE realm = ?1 AND client = ?2 AND id = ?3 AND retired_at IS NULL";
pub(super) const DELETE_SECRETS: &str = "DELETE FROM client_secret WHERE realm = ?1 AND client = ?2";
pub(super) const DELETE_CONSENTS_OF_CLIENT: &str = "DELETE FROM consent WHERE realm = ?1 AND client = ?2";
/// Perhaps: the document is looked into afterwards.
pub(super) const CLIENTS_THAT_ACT_AS: &str = "SELECT doc, status FROM client
    WHERE realm = ?1 AND doc LIKE '%\"acts_as\":\"%'";
