//! Statements of the partners' portal: teams, their apps, what is said about apps, terms and announcements.

/// Whoever changes who belongs to a team holds its row first, so that two at once do not both leave it without an owner.
pub(super) const LOCK_TEAM: &str = "UPDATE team SET name = name WHERE realm = ?1 AND id = ?2";
pub(super) const ADD_TEAM: &str = "INSERT INTO team (realm, id, name, created_at)
    SELECT ?1, ?2, ?3, ?4 WHERE (SELECT COUNT(*) FROM team_member WHERE realm = ?1 AND user_id = ?5) < ?6
    ON CONFLICT (realm, id) DO NOTHING";
pub(super) const TEAM: &str = "SELECT id, name, created_at FROM team WHERE realm = ?1 AND id = ?2";
/// A team that lost its owners is every member's.
pub(super) const TEAMS_OF: &str = "SELECT t.id, t.name, t.created_at,
        CASE WHEN m.role = 'owner' OR NOT EXISTS (SELECT 1 FROM team_member o
            WHERE o.realm = t.realm AND o.team = t.id AND o.role = 'owner') THEN 'owner' ELSE 'member' END
    FROM team_member m JOIN team t ON t.realm = m.realm AND t.id = m.team
    WHERE m.realm = ?1 AND m.user_id = ?2 ORDER BY t.id LIMIT ?3";
pub(super) const LIST_TEAMS: &str =
    "SELECT id, name, created_at FROM team WHERE realm = ?1 AND id > ?2 ORDER BY id LIMIT ?3";
pub(super) const RENAME_TEAM: &str = "UPDATE team SET name = ?3 WHERE realm = ?1 AND id = ?2 AND name <> ?3";
pub(super) const TEAM_MEMBERS: &str = "SELECT m.user_id, m.role, m.joined_at, u.doc
    FROM team_member m LEFT JOIN users u ON u.realm = m.realm AND u.id = m.user_id
    WHERE m.realm = ?1 AND m.team = ?2 ORDER BY m.joined_at, m.user_id LIMIT ?3";
pub(super) const TEAM_ROLE: &str = "SELECT CASE WHEN m.role = 'owner' OR NOT EXISTS (SELECT 1 FROM team_member o
        WHERE o.realm = m.realm AND o.team = m.team AND o.role = 'owner') THEN 'owner' ELSE 'member' END
    FROM team_member m WHERE m.realm = ?1 AND m.team = ?2 AND m.user_id = ?3";
pub(super) const OTHER_OWNERS: &str = "SELECT user_id FROM team_member
    WHERE realm = ?1 AND team = ?2 AND user_id <> ?3 AND role = 'owner' ORDER BY user_id LIMIT 1";
pub(super) const ADD_MEMBER: &str = "INSERT INTO team_member (realm, team, user_id, role, joined_at)
    SELECT ?1, ?2, ?3, ?4, ?5 WHERE (SELECT COUNT(*) FROM team_member WHERE realm = ?1 AND team = ?2) < ?6
    ON CONFLICT (realm, team, user_id) DO NOTHING";
pub(super) const SET_ROLE: &str =
    "UPDATE team_member SET role = ?4 WHERE realm = ?1 AND team = ?2 AND user_id = ?3 AND role <> ?4";
pub(super) const REMOVE_MEMBER: &str = "DELETE FROM team_member WHERE realm = ?1 AND team = ?2 AND user_id = ?3";
pub(super) const LEAVE_TEAMS: &str = "DELETE FROM team_member WHERE realm = ?1 AND user_id = ?2";

pub(super) const ADD_INVITATION: &str =
    "INSERT INTO team_invitation (hash, realm, team, email, role, created_at, expires_at)
    SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7
        WHERE (SELECT COUNT(*) FROM team_invitation WHERE realm = ?2 AND team = ?3) < ?8";
pub(super) const INVITATIONS: &str = "SELECT hash, realm, team, email, role, created_at, expires_at
    FROM team_invitation WHERE realm = ?1 AND team = ?2 AND expires_at > ?3 ORDER BY created_at, email LIMIT ?4";
pub(super) const INVITATION: &str = "SELECT hash, realm, team, email, role, created_at, expires_at
    FROM team_invitation WHERE hash = ?1 AND expires_at > ?2";
/// One that is used is not there any more.
pub(super) const USE_INVITATION: &str = "DELETE FROM team_invitation WHERE hash = ?1 AND expires_at > ?2";
pub(super) const DROP_INVITATIONS: &str = "DELETE FROM team_invitation WHERE realm = ?1 AND team = ?2 AND email = ?3";
pub(super) const PURGE_INVITATIONS: &str = "DELETE FROM team_invitation
    WHERE hash IN (SELECT hash FROM team_invitation WHERE expires_at < ?1 LIMIT ?2)";

pub(super) const ADD_APP: &str = "INSERT INTO partner_app (realm, id, team, name, kind, doc, sandbox_realm, sandbox,
        production_realm, production, state, version, created_at, updated_at)
    SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, 1, ?12, ?12
        WHERE (SELECT COUNT(*) FROM partner_app WHERE realm = ?1 AND team = ?3) < ?13
    ON CONFLICT (realm, id) DO NOTHING";
/// Only of the version that was read.
pub(super) const EDIT_APP: &str = "UPDATE partner_app SET name = ?4, kind = ?5, doc = ?6, state = ?7,
        version = version + 1, updated_at = ?8
    WHERE realm = ?1 AND id = ?2 AND version = ?3";
pub(super) const APP: &str =
    "SELECT realm, id, team, name, kind, doc, sandbox_realm, sandbox, production_realm, production,
        state, version, created_at, updated_at
    FROM partner_app WHERE realm = ?1 AND id = ?2";
pub(super) const APPS_OF: &str = "SELECT realm, id, team, name, kind, doc, sandbox_realm, sandbox, production_realm,
        production, state, version, created_at, updated_at
    FROM partner_app WHERE realm = ?1 AND team = ?2 AND id > ?3 ORDER BY id LIMIT ?4";
/// The same with the clients as they stand, when one was given a token last, and when the first of their live secrets ends.
pub(super) const APP_LINES: &str = "SELECT a.realm, a.id, a.team, a.name, a.kind, a.doc, a.sandbox_realm, a.sandbox,
        a.production_realm, a.production, a.state, a.version, a.created_at, a.updated_at, s.doc, s.status, p.doc, p.status,
        (SELECT MAX(used_at) FROM secret_use WHERE realm = a.sandbox_realm AND client = a.sandbox),
        (SELECT MAX(used_at) FROM secret_use WHERE realm = a.production_realm AND client = a.production),
        (SELECT MIN(expires_at) FROM client_secret WHERE realm = a.sandbox_realm AND client = a.sandbox
            AND retired_at IS NULL AND expires_at > ?5),
        (SELECT MIN(expires_at) FROM client_secret WHERE realm = a.production_realm AND client = a.production
            AND retired_at IS NULL AND expires_at > ?5)
    FROM partner_app a LEFT JOIN client s ON s.realm = a.sandbox_realm AND s.id = a.sandbox
        LEFT JOIN client p ON p.realm = a.production_realm AND p.id = a.production
    WHERE a.realm = ?1 AND a.team = ?2 AND a.id > ?3 ORDER BY a.id LIMIT ?4";
pub(super) const APP_BY_PRODUCTION: &str = "SELECT realm, id, team, name, kind, doc, sandbox_realm, sandbox,
        production_realm, production, state, version, created_at, updated_at
    FROM partner_app WHERE production_realm = ?1 AND production = ?2";
pub(super) const APP_BY_SANDBOX: &str = "SELECT realm, id, team, name, kind, doc, sandbox_realm, sandbox,
        production_realm, production, state, version, created_at, updated_at
    FROM partner_app WHERE sandbox_realm = ?1 AND sandbox_realm IS NOT NULL AND sandbox = ?2";
pub(super) const DELETE_APP: &str = "DELETE FROM partner_app WHERE realm = ?1 AND id = ?2 AND version = ?3";

/// The row of the client is held before, so that two at once get two numbers.
pub(super) const ADD_EVENT: &str =
    "INSERT INTO app_event (realm, client, number, at, kind, by_kind, by_name, by_realm, by_user, words)
    SELECT ?1, ?2, COALESCE((SELECT MAX(number) FROM app_event WHERE realm = ?1 AND client = ?2), 0) + 1,
        ?3, ?4, ?5, ?6, ?7, ?8, ?9";
pub(super) const EVENTS: &str = "SELECT number, at, kind, by_kind, by_name, words FROM app_event
    WHERE realm = ?1 AND client = ?2 AND number < ?3 ORDER BY number DESC LIMIT ?4";
pub(super) const WAITING: &str =
    "SELECT c.doc, c.status, c.created_at, c.id, e.number, e.at, e.kind, e.by_kind, e.by_name,
        e.words
    FROM client c LEFT JOIN app_event e ON e.realm = c.realm AND e.client = c.id
        AND e.number = (SELECT MAX(number) FROM app_event l WHERE l.realm = c.realm AND l.client = c.id)
    WHERE c.realm = ?1 AND c.status = 'pending' AND (c.created_at, c.id) > (?2, ?3)
    ORDER BY c.created_at, c.id LIMIT ?4";
pub(super) const FORGET_SPEAKER: &str = "UPDATE app_event SET by_name = '', by_user = NULL
    WHERE by_realm = ?1 AND by_user = ?2 AND by_user IS NOT NULL";
pub(super) const DELETE_EVENTS: &str = "DELETE FROM app_event WHERE realm = ?1 AND client = ?2";

pub(super) const ACCEPT_TERMS: &str = "INSERT INTO terms_accepted (realm, user_id, version, at) VALUES (?1, ?2, ?3, ?4)
    ON CONFLICT (realm, user_id, version) DO NOTHING";
pub(super) const TERMS_ACCEPTED: &str =
    "SELECT version, at FROM terms_accepted WHERE realm = ?1 AND user_id = ?2 ORDER BY at, version LIMIT ?3";
pub(super) const FORGET_TERMS: &str = "DELETE FROM terms_accepted WHERE realm = ?1 AND user_id = ?2";

pub(super) const ADD_ANNOUNCEMENT: &str =
    "INSERT INTO announcement (realm, id, about_kind, about, words, from_at, until_at, created_at)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (realm, id) DO NOTHING";
pub(super) const ANNOUNCEMENTS: &str = "SELECT id, about_kind, about, words, from_at, until_at, created_at
    FROM announcement WHERE realm = ?1 AND id > ?2 ORDER BY id LIMIT ?3";
pub(super) const DELETE_ANNOUNCEMENT: &str = "DELETE FROM announcement WHERE realm = ?1 AND id = ?2";

pub(super) const ADD_SANDBOX: &str = "INSERT INTO team_sandbox (realm, team, kind, id, of_realm, doc, created_at)
    SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7
        WHERE (SELECT COUNT(*) FROM team_sandbox WHERE realm = ?1 AND team = ?2 AND kind = ?3) < ?8
    ON CONFLICT (realm, team, kind, id) DO NOTHING";
pub(super) const SANDBOX: &str = "SELECT kind, id, of_realm, doc, created_at FROM team_sandbox
    WHERE realm = ?1 AND team = ?2 ORDER BY kind, created_at, id LIMIT ?3";
pub(super) const DELETE_SANDBOX: &str =
    "DELETE FROM team_sandbox WHERE realm = ?1 AND team = ?2 AND kind = ?3 AND id = ?4";

pub(super) const LEGACY_USES_OF: &str = "SELECT realm, client, legacy, day, uses FROM legacy_use
    WHERE realm = ?1 AND client = ?2 AND day >= ?3 ORDER BY legacy, day";
