//! Statements of the log of acts.

pub(super) const HOLD_NUMBER: &str = "UPDATE counter SET value = value WHERE name = ?1";
pub(super) const AUDIT_DIGEST: &str = "SELECT digest FROM audit WHERE seq = ?1";
pub(super) const ADD_AUDIT: &str =
    "INSERT INTO audit (seq, at, realm, way, act, subject_kind, subject, reference, before_doc, after_doc,
        actor_digest, personal_digest, digest)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)";
pub(super) const ADD_AUDIT_PART: &str = "INSERT INTO audit_part (seq, part, salt, doc) VALUES (?1, ?2, ?3, ?4)";
pub(super) const AUDIT_LINES: &str =
    "SELECT a.seq, a.at, a.realm, a.way, a.act, a.subject_kind, a.subject, a.reference, a.before_doc,
        a.after_doc, a.digest, w.doc, s.doc
    FROM audit a LEFT JOIN audit_part w ON w.seq = a.seq AND w.part = 'actor'
        LEFT JOIN audit_part s ON s.seq = a.seq AND s.part = 'subject'
    WHERE a.seq < ?1 AND (CAST(?3 AS TEXT) IS NULL OR a.realm = ?3) AND (CAST(?4 AS TEXT) IS NULL OR a.act = ?4)
        AND (CAST(?5 AS TEXT) IS NULL OR w.doc = ?5) AND (CAST(?6 AS TEXT) IS NULL OR a.subject_kind = ?6)
        AND (CAST(?7 AS TEXT) IS NULL OR a.subject = ?7) AND a.at >= ?8 AND a.at < ?9
    ORDER BY a.seq DESC LIMIT ?2";
pub(super) const AUDIT_ONWARD: &str =
    "SELECT a.seq, a.at, a.realm, a.way, a.act, a.subject_kind, a.subject, a.reference, a.before_doc,
        a.after_doc, a.digest, w.doc, s.doc
    FROM audit a LEFT JOIN audit_part w ON w.seq = a.seq AND w.part = 'actor'
        LEFT JOIN audit_part s ON s.seq = a.seq AND s.part = 'subject'
    WHERE a.seq > ?1 AND (CAST(?3 AS TEXT) IS NULL OR a.realm = ?3) AND (CAST(?4 AS TEXT) IS NULL OR a.act = ?4)
        AND (CAST(?5 AS TEXT) IS NULL OR w.doc = ?5) AND (CAST(?6 AS TEXT) IS NULL OR a.subject_kind = ?6)
        AND (CAST(?7 AS TEXT) IS NULL OR a.subject = ?7) AND a.at >= ?8 AND a.at < ?9
    ORDER BY a.seq LIMIT ?2";
pub(super) const AUDIT_CHAIN: &str =
    "SELECT a.seq, a.at, a.realm, a.way, a.act, a.subject_kind, a.subject, a.reference, a.before_doc,
        a.after_doc, a.actor_digest, a.personal_digest, a.digest, w.salt, w.doc, s.salt, s.doc
    FROM audit a LEFT JOIN audit_part w ON w.seq = a.seq AND w.part = 'actor'
        LEFT JOIN audit_part s ON s.seq = a.seq AND s.part = 'subject'
    WHERE a.seq > ?1 ORDER BY a.seq LIMIT ?2";
pub(super) const AUDIT_LAST: &str = "SELECT seq FROM audit WHERE seq > 0 ORDER BY seq DESC LIMIT 1";
pub(super) const ERASE_AUDIT: &str = "DELETE FROM audit_part WHERE part = 'subject' AND seq IN (SELECT seq FROM audit
    WHERE realm = ?1 AND subject_kind = ?2 AND subject = ?3)";
pub(super) const AUDIT_CUT: &str = "SELECT seq, digest FROM audit_cut WHERE seq > 0 ORDER BY seq DESC LIMIT 1";
pub(super) const CUT_AUDIT_AT: &str =
    "SELECT seq, digest FROM audit WHERE seq <= ?1 AND at < ?2 ORDER BY seq DESC LIMIT 1";
pub(super) const PUT_AUDIT_CUT: &str = "INSERT INTO audit_cut (seq, digest, cut_at) VALUES (?1, ?2, ?3)";
pub(super) const DROP_AUDIT_CUTS: &str = "DELETE FROM audit_cut WHERE seq < ?1";
pub(super) const CUT_AUDIT: &str = "DELETE FROM audit WHERE seq <= ?1";
pub(super) const CUT_AUDIT_PARTS: &str = "DELETE FROM audit_part WHERE seq <= ?1";
