//! What a whole provider keeps: devices, clients that register themselves, factors, accounts elsewhere, roles, webhooks, the
//! request log, the partners' portal.

use super::portal::portal_tables;

/// What a provider keeps beyond codes and grants. `spent`: what is good for one use and carries its own name (the `jti` of an
/// assertion, RFC 7523 3): `digest` is of realm, kind, issuer and name, `holder` the mark of the attempt that made the row.
/// `registration`: clients that registered themselves (RFC 7591); `token_hash` is of the token with which each manages itself, `allows`
/// what it may ask for as its owner spells it, `check_at` when it is looked at next whether anybody uses it. `initial_token`: what lets
/// register; `uses_left` is empty where it may be used as often as one likes. `client_logo`: pictures that clients named, drawn anew.
/// `signed_in_to`: the clients that are told when a session ends; `sid` is the session as that client knows it.
pub(super) const PROVIDER: &str = concat!(
    "
CREATE TABLE spent (
    digest {BYTES} NOT NULL PRIMARY KEY,
    holder {BYTES} NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX spent_expiry ON spent (expires_at);

-- Devices that wait for their users (RFC 8628). `user_code`: the digest of realm and code. How one ended is in `answered`, and
-- what it gave in `code`, under the same id.
CREATE TABLE device (
    id {BYTES} NOT NULL PRIMARY KEY,
    hash {BYTES} NOT NULL,
    user_code {BYTES} NOT NULL,
    realm TEXT NOT NULL,
    client TEXT NOT NULL,
    doc TEXT NOT NULL,
    expires_at BIGINT NOT NULL,
    interval_ms BIGINT NOT NULL,
    polled_at BIGINT
) {CHANGING};
CREATE UNIQUE INDEX device_user_code ON device (user_code);
CREATE INDEX device_realm ON device (realm, expires_at);
CREATE INDEX device_expiry ON device (expires_at);
CREATE TABLE registration (
    realm TEXT NOT NULL,
    client TEXT NOT NULL,
    token_hash {BYTES} NOT NULL,
    allows TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    check_at BIGINT NOT NULL,
    PRIMARY KEY (realm, client)
);
CREATE INDEX registration_check ON registration (check_at);
CREATE TABLE initial_token (
    realm TEXT NOT NULL,
    id TEXT NOT NULL,
    hash {BYTES} NOT NULL,
    doc TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    uses_left BIGINT,
    revoked_at BIGINT,
    PRIMARY KEY (realm, id)
);
CREATE INDEX initial_token_expiry ON initial_token (expires_at);
CREATE TABLE client_logo (
    realm TEXT NOT NULL,
    client TEXT NOT NULL,
    source TEXT NOT NULL,
    picture {BYTES} NOT NULL,
    PRIMARY KEY (realm, client)
);
-- Clients whose id is the address of a document; and who asked the operator for one (nobody in particular: an empty user).
CREATE TABLE client_document (
    realm TEXT NOT NULL,
    client TEXT NOT NULL,
    host TEXT NOT NULL,
    digest {BYTES} NOT NULL,
    fetched_at BIGINT NOT NULL,
    fresh_until BIGINT NOT NULL,
    PRIMARY KEY (realm, client)
);
CREATE TABLE client_asked (
    realm TEXT NOT NULL,
    client TEXT NOT NULL,
    user_id TEXT NOT NULL,
    first_at BIGINT NOT NULL,
    last_at BIGINT NOT NULL,
    times BIGINT NOT NULL,
    PRIMARY KEY (realm, client, user_id)
);
CREATE INDEX client_asked_user ON client_asked (realm, user_id);
CREATE INDEX client_launch ON client (realm, id) WHERE doc LIKE '%\"initiate_login_uri\":%';
CREATE TABLE signed_in_to (
    session {BYTES} NOT NULL,
    sid TEXT NOT NULL,
    realm TEXT NOT NULL,
    client TEXT NOT NULL,
    user_id TEXT NOT NULL,
    back_channel BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (session, sid)
) {CLUSTERED};
CREATE INDEX signed_in_to_user ON signed_in_to (realm, user_id);
CREATE INDEX signed_in_to_expiry ON signed_in_to (expires_at);

-- How somebody signed in, where that is more than by a password.
ALTER TABLE session ADD COLUMN how TEXT;
-- What people prove who they are with beside their password. `content`: a sealed secret, or a code's tag. `counter`: what was used
-- last, behind which the next one must be. `used_at` of a code that is good once: it was.
CREATE TABLE factor (
    realm TEXT NOT NULL,
    user_id TEXT NOT NULL,
    id TEXT NOT NULL,
    kind TEXT NOT NULL,
    label TEXT NOT NULL,
    content {BYTES} NOT NULL,
    counter BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    used_at BIGINT,
    PRIMARY KEY (realm, user_id, id)
);
-- A passkey says itself which it is, and is nobody else's in its realm.
CREATE UNIQUE INDEX factor_passkey ON factor (realm, id) WHERE kind = 'passkey';
-- Browsers in which somebody is not asked for their second factor; `hash` is of what the browser keeps.
CREATE TABLE remembered_browser (
    hash {BYTES} NOT NULL PRIMARY KEY,
    realm TEXT NOT NULL,
    user_id TEXT NOT NULL,
    name TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    used_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX remembered_browser_user ON remembered_browser (realm, user_id);
CREATE INDEX remembered_browser_expiry ON remembered_browser (expires_at);
-- Links that people get by mail; one that was used is gone.
CREATE TABLE user_link (
    hash {BYTES} NOT NULL PRIMARY KEY,
    realm TEXT NOT NULL,
    user_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    email TEXT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX user_link_user ON user_link (realm, user_id);
CREATE INDEX user_link_expiry ON user_link (expires_at);
-- Which user somebody at an OpenID provider is.
CREATE TABLE provider_account (
    realm TEXT NOT NULL,
    issuer TEXT NOT NULL,
    subject TEXT NOT NULL,
    user_id TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (realm, issuer, subject)
);
CREATE INDEX provider_account_user ON provider_account (realm, user_id);
-- What people allowed on the vendor's own consent page, and until when it need not ask again.
CREATE TABLE app_consent (
    realm TEXT NOT NULL,
    user_id TEXT NOT NULL,
    client TEXT NOT NULL,
    doc TEXT NOT NULL,
    remembered_until BIGINT NOT NULL,
    PRIMARY KEY (realm, user_id, client)
);

-- What somebody's account pages show: in what browser and from where a session began, since when an app may act.
ALTER TABLE session ADD COLUMN browser TEXT;
ALTER TABLE session ADD COLUMN address TEXT;
ALTER TABLE consent ADD COLUMN created_at BIGINT;
-- What happened to an account, for its owner: the newest of each user. `about`: the app, the new address, as the kind has it.
CREATE TABLE activity (
    id {BYTES} NOT NULL PRIMARY KEY,
    realm TEXT NOT NULL,
    user_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    about TEXT NOT NULL,
    browser TEXT NOT NULL,
    address TEXT NOT NULL,
    at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX activity_user ON activity (realm, user_id, id);
CREATE INDEX activity_expiry ON activity (expires_at);
-- What people agreed to, as they were shown it. It is kept while that stands, and for `kept_ms` after.
CREATE TABLE consent_evidence (
    id {BYTES} NOT NULL PRIMARY KEY,
    realm TEXT NOT NULL,
    user_id TEXT NOT NULL,
    client TEXT NOT NULL,
    doc TEXT NOT NULL,
    address TEXT NOT NULL,
    at BIGINT NOT NULL,
    kept_ms BIGINT NOT NULL,
    ended_at BIGINT,
    expires_at BIGINT NOT NULL
);
CREATE INDEX consent_evidence_user ON consent_evidence (realm, user_id, client, id);
CREATE INDEX consent_evidence_expiry ON consent_evidence (expires_at);
-- Which apps may act for an organisation, where its administrators say so; `client` is empty: those that are not named.
CREATE TABLE organisation_app (
    realm TEXT NOT NULL,
    organisation TEXT NOT NULL,
    client TEXT NOT NULL,
    allowed BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (realm, organisation, client)
) {CLUSTERED};
-- Who may administer what, in an admin realm. `kind`: a user or a client; `over_realm`: a realm's id, `*`: all; `organisation`:
-- of that realm, empty: all.
CREATE TABLE admin_role (
    realm TEXT NOT NULL,
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    over_realm TEXT NOT NULL,
    organisation TEXT NOT NULL,
    role TEXT NOT NULL,
    since BIGINT NOT NULL,
    PRIMARY KEY (realm, kind, id, over_realm, organisation, role)
) {CLUSTERED};
-- What the admin API answered to a request that may come again. `digest`: of realm, caller and key; `request`: of what was asked;
-- `sealed` is empty while it is being done.
CREATE TABLE api_answer (
    digest {BYTES} NOT NULL PRIMARY KEY,
    request {BYTES} NOT NULL,
    sealed {BYTES},
    expires_at BIGINT NOT NULL
);
CREATE INDEX api_answer_expiry ON api_answer (expires_at);

-- Addresses that are told what happened: of the operator (`client` is empty), in one realm or in all (`realm` is empty), or of an
-- app. `events`: their names as JSON. `old_secret` signs beside the new one until `old_until`. `told_ending_at` of a secret: when it was
-- said that it ends soon.
CREATE TABLE webhook (
    id TEXT NOT NULL PRIMARY KEY,
    realm TEXT NOT NULL,
    client TEXT NOT NULL,
    url TEXT NOT NULL,
    events TEXT NOT NULL,
    status TEXT NOT NULL,
    secret TEXT NOT NULL,
    old_secret TEXT,
    old_until BIGINT,
    created_at BIGINT NOT NULL,
    failing_since BIGINT,
    last_at BIGINT,
    last_code BIGINT,
    last_outcome TEXT
);
CREATE INDEX webhook_owner ON webhook (realm, client);
CREATE TABLE webhook_delivery (
    id {BYTES} NOT NULL PRIMARY KEY,
    webhook TEXT NOT NULL,
    realm TEXT NOT NULL,
    event TEXT NOT NULL,
    doc TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    queued_at BIGINT NOT NULL,
    status TEXT NOT NULL,
    attempts BIGINT NOT NULL,
    tried_at BIGINT,
    code BIGINT,
    outcome TEXT,
    expires_at BIGINT NOT NULL
);
CREATE INDEX webhook_delivery_of ON webhook_delivery (webhook, created_at, id);
CREATE INDEX webhook_delivery_expiry ON webhook_delivery (expires_at);
ALTER TABLE client_secret ADD COLUMN told_ending_at BIGINT;
CREATE INDEX client_secret_ending ON client_secret (expires_at)
    WHERE expires_at IS NOT NULL AND retired_at IS NULL AND told_ending_at IS NULL;

-- The log of acts begins behind this line: what was before it has left (`digest` is of that line and all before it).
CREATE TABLE audit_cut (
    seq BIGINT NOT NULL PRIMARY KEY,
    digest {BYTES} NOT NULL,
    cut_at BIGINT NOT NULL
);
CREATE INDEX audit_at ON audit (at);
INSERT INTO counter (name, value) VALUES ('audit-stream', 0);
{REQUESTS}",
    portal_tables!()
);
