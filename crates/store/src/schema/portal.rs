//! The tables of the partners' portal.

/// Teams of partners in the realm that is their own, the apps that they drew up, what was said about apps, and what partners were told
/// and agreed to. `app_event` is of any client: its realm is the client's, `by_realm` and `by_user` are whoever spoke, where that is a
/// partner. `partner_app`: `sandbox` and `production` are the ids that its clients have, or will have, in those realms; `version` counts
/// the changes. `team_sandbox`: users and organisations that a team made in a sandbox realm.
macro_rules! portal_tables {
    () => {
        "
CREATE TABLE team (
    realm TEXT NOT NULL,
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (realm, id)
);
CREATE TABLE team_member (
    realm TEXT NOT NULL,
    team TEXT NOT NULL,
    user_id TEXT NOT NULL,
    role TEXT NOT NULL,
    joined_at BIGINT NOT NULL,
    PRIMARY KEY (realm, team, user_id)
);
CREATE INDEX team_member_user ON team_member (realm, user_id);
CREATE TABLE team_invitation (
    hash {BYTES} NOT NULL PRIMARY KEY,
    realm TEXT NOT NULL,
    team TEXT NOT NULL,
    email TEXT NOT NULL,
    role TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX team_invitation_team ON team_invitation (realm, team);
CREATE INDEX team_invitation_expiry ON team_invitation (expires_at);
CREATE TABLE partner_app (
    realm TEXT NOT NULL,
    id TEXT NOT NULL,
    team TEXT NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    doc TEXT NOT NULL,
    sandbox_realm TEXT,
    sandbox TEXT NOT NULL,
    production_realm TEXT NOT NULL,
    production TEXT NOT NULL,
    state TEXT NOT NULL,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (realm, id)
);
CREATE INDEX partner_app_team ON partner_app (realm, team, id);
CREATE UNIQUE INDEX partner_app_production ON partner_app (production_realm, production);
CREATE UNIQUE INDEX partner_app_sandbox ON partner_app (sandbox_realm, sandbox) WHERE sandbox_realm IS NOT NULL;
CREATE TABLE app_event (
    realm TEXT NOT NULL,
    client TEXT NOT NULL,
    number BIGINT NOT NULL,
    at BIGINT NOT NULL,
    kind TEXT NOT NULL,
    by_kind TEXT NOT NULL,
    by_name TEXT NOT NULL,
    by_realm TEXT,
    by_user TEXT,
    words TEXT NOT NULL,
    PRIMARY KEY (realm, client, number)
);
CREATE INDEX app_event_by ON app_event (by_realm, by_user) WHERE by_user IS NOT NULL;
CREATE INDEX client_asks ON client (realm, created_at, id) WHERE status = 'pending';
CREATE TABLE terms_accepted (
    realm TEXT NOT NULL,
    user_id TEXT NOT NULL,
    version TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (realm, user_id, version)
);
CREATE TABLE announcement (
    realm TEXT NOT NULL,
    id TEXT NOT NULL,
    about_kind TEXT NOT NULL,
    about TEXT NOT NULL,
    words TEXT NOT NULL,
    from_at BIGINT NOT NULL,
    until_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (realm, id)
);
CREATE TABLE team_sandbox (
    realm TEXT NOT NULL,
    team TEXT NOT NULL,
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    of_realm TEXT NOT NULL,
    doc TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (realm, team, kind, id)
);
"
    };
}
pub(super) use portal_tables;
