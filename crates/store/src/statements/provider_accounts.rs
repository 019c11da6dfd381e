//! Statements about who signs in at a provider.

pub(super) const FIND: &str = "SELECT user_id FROM provider_account WHERE realm = ?1 AND issuer = ?2 AND subject = ?3";
/// Only for a user that there is, and who may sign in.
pub(super) const PUT: &str = "INSERT INTO provider_account (realm, issuer, subject, user_id, created_at)
    SELECT ?1, ?2, ?3, ?4, ?5 WHERE EXISTS (SELECT 1 FROM users WHERE realm = ?1 AND id = ?4 AND disabled = 0)
    ON CONFLICT (realm, issuer, subject) DO NOTHING";
pub(super) const OF_USER: &str = "SELECT issuer, subject, created_at FROM provider_account
    WHERE realm = ?1 AND user_id = ?2 ORDER BY created_at, issuer, subject";
/// Not the only one of somebody who has no password either; but one of somebody who is gone.
pub(super) const DELETE: &str = "DELETE FROM provider_account
    WHERE realm = ?1 AND issuer = ?2 AND subject = ?3 AND user_id = ?4
        AND (EXISTS (SELECT 1 FROM users WHERE realm = ?1 AND id = ?4 AND password_hash IS NOT NULL)
            OR NOT EXISTS (SELECT 1 FROM users WHERE realm = ?1 AND id = ?4)
            OR EXISTS (SELECT 1 FROM provider_account other WHERE other.realm = ?1 AND other.user_id = ?4
                AND (other.issuer <> ?2 OR other.subject <> ?3)))";
pub(super) const DELETE_OF_USER: &str = "DELETE FROM provider_account WHERE realm = ?1 AND user_id = ?2";
