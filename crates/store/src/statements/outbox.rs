//! Statements about mail, what is to be said to others, and one-time links.

pub(super) const OLD_MAILS: &str =
    "SELECT id, recipient, doc, created_at, next_attempt_at, refused_at, last_error FROM mail_outbox
    WHERE sent_at IS NULL AND next_attempt_at <= ?1 ORDER BY next_attempt_at LIMIT ?2";
pub(super) const TAKE_OVER_MAIL: &str = "DELETE FROM mail_outbox WHERE id = ?1 AND sent_at IS NULL";
pub(super) const HAND_IN: &str =
    "INSERT INTO outbox (id, topic, realm, sealed, created_at, due_at, attempts, addressee)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0, ?7) ON CONFLICT (id) DO NOTHING";
pub(super) const DUE_PARCELS: &str =
    "SELECT id, topic, realm, sealed, due_at, addressee, created_at, attempts FROM outbox
    WHERE closed_at IS NULL AND topic = ?1 AND due_at <= ?2 ORDER BY due_at LIMIT ?3";
pub(super) const TAKE_PARCEL: &str = "UPDATE outbox SET attempts = attempts + 1, due_at = ?3
    WHERE id = ?1 AND attempts = ?2 AND closed_at IS NULL";
pub(super) const PUT_OFF_PARCEL: &str = "UPDATE outbox SET last_error = ?2 WHERE id = ?1 AND closed_at IS NULL";
pub(super) const GIVE_UP_PARCEL: &str =
    "UPDATE outbox SET last_error = ?2, given_up_at = ?3, due_at = ?4 WHERE id = ?1 AND closed_at IS NULL";
pub(super) const RETRY_PARCEL: &str =
    "UPDATE outbox SET given_up_at = NULL, due_at = ?3 WHERE id = ?1 AND topic = ?2 AND closed_at IS NULL";
pub(super) const CLOSE_PARCEL: &str =
    "UPDATE outbox SET closed_at = ?3, outcome = ?2, sealed = ?4 WHERE id = ?1 AND closed_at IS NULL";
pub(super) const PARCELS: &str =
    "SELECT id, addressee, created_at, closed_at, attempts, due_at, last_error, given_up_at
    FROM outbox WHERE topic = ?1 AND id > ?2 ORDER BY id LIMIT ?3";
pub(super) const ADDRESSEES: &str =
    "SELECT addressee FROM outbox WHERE topic = ?1 AND closed_at IS NULL ORDER BY id LIMIT ?2";
pub(super) const PUT_LINK: &str = "INSERT INTO one_time_link (hash, realm, client, sealed, expires_at, secret)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
pub(super) const LINKS_OF: &str = "SELECT hash, secret, used_at FROM one_time_link WHERE realm = ?1 AND client = ?2";
pub(super) const DROP_LINK: &str = "DELETE FROM one_time_link WHERE hash = ?1 AND used_at IS NULL";
pub(super) const LINK: &str = "SELECT realm, client, sealed, expires_at FROM one_time_link
    WHERE hash = ?1 AND used_at IS NULL AND expires_at > ?2";
/// What was shown once is gone; the row stays until it would have expired, to say that it was used.
pub(super) const CONSUME_LINK: &str = "UPDATE one_time_link SET used_at = ?2
    WHERE hash = ?1 AND used_at IS NULL AND expires_at > ?2
        AND EXISTS (SELECT 1 FROM client c JOIN client_secret s ON s.realm = c.realm AND s.client = c.id
            WHERE c.realm = one_time_link.realm AND c.id = one_time_link.client AND c.status = 'active'
                AND s.id = ?3 AND s.retired_at IS NULL AND (s.expires_at IS NULL OR s.expires_at > ?2))";
pub(super) const EMPTY_LINK: &str = "UPDATE one_time_link SET sealed = ?2 WHERE hash = ?1";
