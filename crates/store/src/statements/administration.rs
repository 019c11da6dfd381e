//! Statements about who may administer, and about what the admin API answered.

pub(super) const ROLES_OF: &str = "SELECT realm, kind, id, over_realm, organisation, role, since FROM admin_role
    WHERE realm = ?1 AND kind = ?2 AND id = ?3 ORDER BY over_realm, organisation, role";
pub(super) const ALL_ROLES: &str = "SELECT realm, kind, id, over_realm, organisation, role, since FROM admin_role
    WHERE realm = ?1 ORDER BY kind, id, over_realm, organisation, role";
pub(super) const PUT_ROLE: &str = "INSERT INTO admin_role (realm, kind, id, over_realm, organisation, role, since)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (realm, kind, id, over_realm, organisation, role) DO NOTHING";
pub(super) const DROP_ROLE: &str = "DELETE FROM admin_role
    WHERE realm = ?1 AND kind = ?2 AND id = ?3 AND over_realm = ?4 AND organisation = ?5 AND role = ?6";
/// A user who is an owner of everything, other than ?2.
pub(super) const OTHER_OWNER: &str = "SELECT id FROM admin_role
    WHERE realm = ?1 AND kind = 'user' AND id <> ?2 AND over_realm = '*' AND organisation = '' AND role = 'owner' LIMIT 1";
pub(super) const DROP_ROLES_OF_USER: &str = "DELETE FROM admin_role WHERE realm = ?1 AND kind = 'user' AND id = ?2";
pub(super) const DROP_ROLES_OF_CLIENT: &str = "DELETE FROM admin_role WHERE realm = ?1 AND kind = 'client' AND id = ?2";

/// Users in whose documents ?4 stands; ?5 is where their organisations name one, which is looked into afterwards.
pub(super) const SEARCH_USERS: &str = "SELECT doc, disabled FROM users
    WHERE realm = ?1 AND id > ?2 AND LOWER(doc) LIKE ?4 ESCAPE '!' AND doc LIKE ?5 ORDER BY id LIMIT ?3";

/// One that is over counts as none.
pub(super) const CLAIM: &str = "INSERT INTO api_answer (digest, request, sealed, expires_at)
    VALUES (?1, ?2, NULL, ?4)
    ON CONFLICT (digest) DO UPDATE SET request = excluded.request, sealed = NULL, expires_at = excluded.expires_at
    WHERE api_answer.expires_at <= ?3";
pub(super) const ANSWER: &str = "SELECT request, sealed FROM api_answer WHERE digest = ?1";
pub(super) const PUT_ANSWER: &str =
    "UPDATE api_answer SET sealed = ?3 WHERE digest = ?1 AND request = ?2 AND sealed IS NULL";
pub(super) const RELEASE: &str = "DELETE FROM api_answer WHERE digest = ?1 AND request = ?2 AND sealed IS NULL";
pub(super) const PURGE: &str =
    "DELETE FROM api_answer WHERE digest IN (SELECT digest FROM api_answer WHERE expires_at < ?1 LIMIT ?2)";
