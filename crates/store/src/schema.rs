//! The tables, as migrations that only ever go forward.
//!
//! Written once for all engines; what they spell differently is a word in braces: `{BYTES}` a column of bytes, `{SEQ}` a
//! whole number as the only primary key, `{CLUSTERED}` a table that lies in its key's order, `{CHANGING}` one whose rows
//! change all the time, `{VERSION_TRIGGERS}` what raises a row's version, `{SUBJECT_TRIGGERS}` what keeps the ids of users and
//! clients apart, `{REQUESTS}` the tables of the request log; and the word `TEXT`. Wide tables are not clustered: a wide row in the inner nodes of a tree costs
//! depth.
//!
//! Times are milliseconds since the epoch. What expires has an index on when, so that it leaves in small batches.

mod agents;
mod deadlines;
mod portal;
mod requests;

use agents::agent_tables;
use deadlines::deadline_tables;
use portal::portal_tables;
pub(crate) use requests::REQUESTS;

/// One step.
pub(crate) struct Migration {
    /// The schema it leads to.
    pub(crate) version: i64,
    /// The oldest program (by its newest known schema) that may go on using the database.
    pub(crate) readable_by: i64,
    /// Statements separated by semicolons.
    pub(crate) ddl: &'static str,
}

/// The newest schema that this program knows.
pub(crate) const KNOWN: i64 = 10;

/// Every step, in order.
pub(crate) const MIGRATIONS: &[Migration] = &[
    Migration { version: 1, readable_by: 1, ddl: FIRST },
    Migration { version: 2, readable_by: 1, ddl: SEVERAL_SERVERS },
    Migration { version: 3, readable_by: 1, ddl: VERSIONS },
    Migration { version: 4, readable_by: 1, ddl: AUDIT },
    Migration { version: 5, readable_by: 1, ddl: SUBJECTS },
    Migration { version: 6, readable_by: 1, ddl: ANSWERED },
    Migration { version: 7, readable_by: 1, ddl: DAILY_WORK },
    Migration { version: 8, readable_by: 1, ddl: OUTBOX },
    Migration { version: 9, readable_by: 1, ddl: PROVIDER },
    Migration { version: 10, readable_by: 1, ddl: BOUNDED },
];

/// What engines spell differently.
pub(crate) struct Words {
    /// A column of text, compared byte for byte.
    pub(crate) text: &'static str,
    /// A column of bytes.
    pub(crate) bytes: &'static str,
    /// A whole number as the only primary key.
    pub(crate) seq: &'static str,
    /// After a table that lies in its key's order.
    pub(crate) clustered: &'static str,
    /// After a table whose rows change all the time.
    pub(crate) changing: &'static str,
    /// Triggers that raise the `version` of a row of `users` and `consent` with each update, whoever makes it.
    pub(crate) version_triggers: &'static str,
    /// Triggers that refuse a client with a user's id, and a user with a client's, in one realm.
    pub(crate) subject_triggers: &'static str,
}

/// The words of one engine, put into a migration.
pub(crate) fn spell(ddl: &str, words: &Words) -> String {
    ddl.replace("{REQUESTS}", REQUESTS)
        .replace(" TEXT", &format!(" {}", words.text))
        .replace("{BYTES}", words.bytes)
        .replace("{SEQ}", words.seq)
        .replace("{CLUSTERED}", words.clustered)
        .replace("{CHANGING}", words.changing)
        .replace("{VERSION_TRIGGERS}", words.version_triggers)
        .replace("{SUBJECT_TRIGGERS}", words.subject_triggers)
}

const FIRST: &str = "
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

/// What several servers on one database share beside what one remembers alone.
const SEVERAL_SERVERS: &str = "
-- Who does a job, until when by the database's clock.
CREATE TABLE lease (
    name TEXT NOT NULL PRIMARY KEY,
    holder {BYTES} NOT NULL,
    until BIGINT NOT NULL
);

-- Who gave the code, so that it and its user are read at once. A code of an older program has none here.
ALTER TABLE code ADD COLUMN user_id TEXT;

-- Failed guesses at passwords and secrets, as the servers tell one another.
CREATE TABLE brake (
    subject {BYTES} NOT NULL PRIMARY KEY,
    failures BIGINT NOT NULL,
    last_failure BIGINT NOT NULL,
    told_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX brake_told ON brake (told_at);
CREATE INDEX brake_expiry ON brake (expires_at);

-- What is under way in a database that must not be served: a copy, a restore; or that it is a backup.
CREATE TABLE unfinished (name TEXT NOT NULL PRIMARY KEY, doc TEXT NOT NULL);

-- How often the database was brought back from a copy; and the latest time that any server was told.
INSERT INTO counter (name, value) VALUES ('epoch', 0), ('clock', 0);
";

/// What the preconditions of a write name (see [`Precondition`](crate::Precondition)).
///
/// Triggers raise the versions, so that no statement can forget to: programs of an older version, which may go on serving
/// while the servers are replaced, do not know the column.
const VERSIONS: &str = "
ALTER TABLE users ADD COLUMN version BIGINT NOT NULL DEFAULT 1;
ALTER TABLE consent ADD COLUMN version BIGINT NOT NULL DEFAULT 1;
{VERSION_TRIGGERS}
";

/// Who did what. What belongs to a person stands apart, so that it can be erased.
const AUDIT: &str = "
CREATE TABLE audit (
    seq {SEQ},
    at BIGINT NOT NULL,
    realm TEXT NOT NULL,
    way TEXT NOT NULL,
    act TEXT NOT NULL,
    subject_kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    reference TEXT NOT NULL,
    before_doc TEXT,
    after_doc TEXT,
    actor_digest {BYTES},
    personal_digest {BYTES},
    digest {BYTES} NOT NULL
);
CREATE INDEX audit_subject ON audit (realm, subject_kind, subject);
CREATE TABLE audit_part (
    seq BIGINT NOT NULL,
    part TEXT NOT NULL,
    salt {BYTES} NOT NULL,
    doc TEXT NOT NULL,
    PRIMARY KEY (seq, part)
) {CLUSTERED};
INSERT INTO counter (name, value) VALUES ('audit', 0);
";

/// The subject of a token is a user or a client, so no two of them share an id; aside from a client that stands for just that
/// user. Triggers, so that programs of an older version are held to it as well. What is there already stays, and is copied as
/// it is; it is refused when it is written again.
const SUBJECTS: &str = "{SUBJECT_TRIGGERS}";

/// Authorization requests that were answered. One that waits is stored nowhere, it travels with its browser; the table
/// `pending` is filled by older programs only.
const ANSWERED: &str = "
CREATE TABLE answered (
    id {BYTES} NOT NULL PRIMARY KEY,
    realm TEXT NOT NULL,
    sealed {BYTES} NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX answered_expiry ON answered (expires_at);
";

/// What operators ask for every day: when a secret was used last (to the minute; `secret` is empty for whoever has none of
/// its own), which file an app or a user comes from, why a mail is not sent, which secret lies behind a link. And people
/// are found by their e-mail address; names get the form in which they are compared now, user by user, and the counter `names` says
/// when that is done.
const DAILY_WORK: &str = "
CREATE TABLE secret_use (
    realm TEXT NOT NULL,
    client TEXT NOT NULL,
    secret TEXT NOT NULL,
    used_at BIGINT NOT NULL,
    PRIMARY KEY (realm, client, secret)
) {CLUSTERED};
CREATE TABLE managed (
    realm TEXT NOT NULL,
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    file TEXT NOT NULL,
    PRIMARY KEY (realm, kind, id)
) {CLUSTERED};
ALTER TABLE mail_outbox ADD COLUMN last_error TEXT;
ALTER TABLE mail_outbox ADD COLUMN refused_at BIGINT;
ALTER TABLE one_time_link ADD COLUMN secret TEXT;
CREATE INDEX one_time_link_client ON one_time_link (realm, client);
ALTER TABLE users ADD COLUMN email_key TEXT;
CREATE INDEX users_email ON users (realm, email_key) WHERE email_key IS NOT NULL;
INSERT INTO counter (name, value) VALUES ('names', 0);
";

/// What is to be said to others, until they heard it or it is given up: mails, calls. `addressee`: to whom, where operators look
/// at it. `given_up_at`: nobody tries any more unless an operator says so. Mails were in `mail_outbox` before; it stays for
/// programs of before that still run, and what they put there is taken over.
const OUTBOX: &str = "
CREATE TABLE outbox (
    id {BYTES} NOT NULL PRIMARY KEY,
    topic TEXT NOT NULL,
    realm TEXT NOT NULL,
    sealed {BYTES} NOT NULL,
    created_at BIGINT NOT NULL,
    due_at BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    closed_at BIGINT,
    outcome TEXT,
    addressee TEXT NOT NULL,
    last_error TEXT,
    given_up_at BIGINT
);
CREATE INDEX outbox_given_up ON outbox (given_up_at) WHERE given_up_at IS NOT NULL;
CREATE INDEX outbox_due ON outbox (topic, due_at) WHERE closed_at IS NULL;
CREATE INDEX outbox_closed ON outbox (closed_at) WHERE closed_at IS NOT NULL;
";

/// What a provider keeps beyond codes and grants. `spent`: what is good for one use and carries its own name (the `jti` of an
/// assertion, RFC 7523 3): `digest` is of realm, kind, issuer and name, `holder` the mark of the attempt that made the row.
/// `registration`: clients that registered themselves (RFC 7591); `token_hash` is of the token with which each manages itself, `allows`
/// what it may ask for as its owner spells it, `check_at` when it is looked at next whether anybody uses it. `initial_token`: what lets
/// register; `uses_left` is empty where it may be used as often as one likes. `client_logo`: pictures that clients named, drawn anew.
/// `signed_in_to`: the clients that are told when a session ends; `sid` is the session as that client knows it.
const PROVIDER: &str = concat!(
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

/// What is bounded in time: legacy behaviours of apps, and what agents may do.
const BOUNDED: &str = concat!(deadline_tables!(), agent_tables!());
