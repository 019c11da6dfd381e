//! What an authorization server needs at least: realms, clients, users, codes, grants, tokens, seats, keys, mail.

/// Step 1.
pub(super) const FIRST: &str = "
-- The last number given out, per sequence. A row rather than a sequence, so that numbers become visible in their order.
CREATE TABLE counter (name TEXT NOT NULL PRIMARY KEY, value BIGINT NOT NULL);
INSERT INTO counter (name, value) VALUES ('change', 0), ('revocation', 0);

CREATE TABLE realm (
    id TEXT NOT NULL PRIMARY KEY,
    doc TEXT NOT NULL,
    version BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE TABLE realm_route (
    authority TEXT NOT NULL,
    realm TEXT NOT NULL,
    PRIMARY KEY (authority, realm)
) {CLUSTERED};
CREATE INDEX realm_route_realm ON realm_route (realm);

CREATE TABLE client (
    realm TEXT NOT NULL,
    id TEXT NOT NULL,
    status TEXT NOT NULL,
    doc TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (realm, id)
);
CREATE INDEX client_waiting ON client (realm, status, id) WHERE status <> 'active';
CREATE TABLE client_secret (
    realm TEXT NOT NULL,
    client TEXT NOT NULL,
    id TEXT NOT NULL,
    kind TEXT NOT NULL,
    hash {BYTES} NOT NULL,
    label TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    retired_at BIGINT,
    PRIMARY KEY (realm, client, id)
) {CLUSTERED};

CREATE TABLE users (
    realm TEXT NOT NULL,
    id TEXT NOT NULL,
    username_key TEXT NOT NULL,
    disabled BIGINT NOT NULL,
    password_hash TEXT,
    doc TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (realm, id)
);
CREATE UNIQUE INDEX users_username ON users (realm, username_key);
CREATE TABLE organisation (
    realm TEXT NOT NULL,
    id TEXT NOT NULL,
    doc TEXT NOT NULL,
    PRIMARY KEY (realm, id)
) {CLUSTERED};

CREATE TABLE session (
    hash {BYTES} NOT NULL PRIMARY KEY,
    realm TEXT NOT NULL,
    user_id TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    auth_time BIGINT NOT NULL,
    last_seen_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
) {CLUSTERED};
CREATE INDEX session_of_user ON session (realm, user_id);
CREATE INDEX session_expiry ON session (expires_at);
CREATE TABLE pending (
    id {BYTES} NOT NULL PRIMARY KEY,
    realm TEXT NOT NULL,
    browser_hash {BYTES} NOT NULL,
    doc TEXT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX pending_expiry ON pending (expires_at);
CREATE TABLE consent (
    realm TEXT NOT NULL,
    user_id TEXT NOT NULL,
    client TEXT NOT NULL,
    scope TEXT NOT NULL,
    organisations TEXT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (realm, user_id, client)
) {CLUSTERED};

CREATE TABLE code (
    id {BYTES} NOT NULL PRIMARY KEY,
    hash {BYTES} NOT NULL,
    realm TEXT NOT NULL,
    client TEXT NOT NULL,
    doc TEXT NOT NULL,
    expires_at BIGINT NOT NULL,
    redeemed_at BIGINT
);
CREATE INDEX code_expiry ON code (expires_at);

-- check_at: when to look whether the grant is over. Not moved by a refresh, so that a refresh touches no index.
CREATE TABLE grants (
    id {BYTES} NOT NULL PRIMARY KEY,
    realm TEXT NOT NULL,
    client TEXT NOT NULL,
    user_id TEXT,
    flow TEXT NOT NULL,
    doc TEXT NOT NULL,
    nonce {BYTES} NOT NULL,
    generation BIGINT NOT NULL,
    turnover TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    refreshed_at BIGINT NOT NULL,
    idle_expires_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    check_at BIGINT NOT NULL,
    revoked_at BIGINT,
    revoked_reason TEXT,
    replay {BYTES},
    replay_until BIGINT,
    replay_generation BIGINT
) {CHANGING};
CREATE INDEX grants_client ON grants (realm, client, id) WHERE revoked_at IS NULL;
CREATE INDEX grants_user ON grants (realm, user_id, id) WHERE revoked_at IS NULL AND user_id IS NOT NULL;
CREATE INDEX grants_check ON grants (check_at);

CREATE TABLE access_token (
    id {BYTES} NOT NULL PRIMARY KEY,
    hash {BYTES} NOT NULL,
    realm TEXT NOT NULL,
    client TEXT NOT NULL,
    user_id TEXT,
    grant_id {BYTES},
    doc TEXT NOT NULL,
    issued_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    revoked_at BIGINT
);
CREATE INDEX access_token_grant ON access_token (grant_id) WHERE grant_id IS NOT NULL;
CREATE INDEX access_token_expiry ON access_token (expires_at);

CREATE TABLE seat_pool (
    realm TEXT NOT NULL,
    pool TEXT NOT NULL,
    organisation TEXT NOT NULL,
    size BIGINT NOT NULL,
    PRIMARY KEY (realm, pool, organisation)
) {CLUSTERED};
CREATE TABLE seat (
    realm TEXT NOT NULL,
    pool TEXT NOT NULL,
    organisation TEXT NOT NULL,
    holder TEXT NOT NULL,
    grant_id {BYTES} NOT NULL,
    client TEXT NOT NULL,
    user_id TEXT,
    claimed_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (realm, pool, organisation, holder, grant_id)
) {CLUSTERED};
CREATE INDEX seat_grant ON seat (grant_id);
CREATE INDEX seat_expiry ON seat (expires_at);

CREATE TABLE revocation (
    seq {SEQ},
    realm TEXT NOT NULL,
    kind TEXT NOT NULL,
    value TEXT NOT NULL,
    before_ms BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX revocation_value ON revocation (realm, kind, value);
CREATE INDEX revocation_expiry ON revocation (expires_at);

CREATE TABLE key_set (realm TEXT NOT NULL PRIMARY KEY, version BIGINT NOT NULL);
CREATE TABLE signing_key (
    realm TEXT NOT NULL,
    kid TEXT NOT NULL,
    alg TEXT NOT NULL,
    sealed {BYTES} NOT NULL,
    public_jwk TEXT NOT NULL,
    state TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    activates_at BIGINT NOT NULL,
    retires_at BIGINT,
    removed_at BIGINT,
    PRIMARY KEY (realm, kid)
);
CREATE TABLE sealed_secret (name TEXT NOT NULL PRIMARY KEY, sealed {BYTES} NOT NULL);

CREATE TABLE mail_outbox (
    id {BYTES} NOT NULL PRIMARY KEY,
    recipient TEXT NOT NULL,
    doc TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    sent_at BIGINT,
    attempts BIGINT NOT NULL,
    next_attempt_at BIGINT NOT NULL
);
CREATE INDEX mail_outbox_due ON mail_outbox (next_attempt_at) WHERE sent_at IS NULL;
CREATE TABLE one_time_link (
    hash {BYTES} NOT NULL PRIMARY KEY,
    realm TEXT NOT NULL,
    client TEXT NOT NULL,
    sealed {BYTES} NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT
);
CREATE INDEX one_time_link_expiry ON one_time_link (expires_at);

CREATE TABLE legacy_use (
    realm TEXT NOT NULL,
    client TEXT NOT NULL,
    legacy TEXT NOT NULL,
    day BIGINT NOT NULL,
    uses BIGINT NOT NULL,
    PRIMARY KEY (realm, client, legacy, day)
) {CLUSTERED};

CREATE TABLE change (
    seq {SEQ},
    kind TEXT NOT NULL,
    realm TEXT NOT NULL,
    id TEXT NOT NULL,
    at BIGINT NOT NULL
);
";
