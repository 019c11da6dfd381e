//! What was added step by step: several servers, versions of rows, the log of acts, answered requests, daily work, the outbox.

/// What several servers on one database share beside what one remembers alone.
pub(super) const SEVERAL_SERVERS: &str = "
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
pub(super) const VERSIONS: &str = "
ALTER TABLE users ADD COLUMN version BIGINT NOT NULL DEFAULT 1;
ALTER TABLE consent ADD COLUMN version BIGINT NOT NULL DEFAULT 1;
{VERSION_TRIGGERS}
";

/// Who did what. What belongs to a person stands apart, so that it can be erased.
pub(super) const AUDIT: &str = "
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
pub(super) const SUBJECTS: &str = "{SUBJECT_TRIGGERS}";

/// Authorization requests that were answered. One that waits is stored nowhere, it travels with its browser; the table
/// `pending` is filled by older programs only.
pub(super) const ANSWERED: &str = "
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
pub(super) const DAILY_WORK: &str = "
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
pub(super) const OUTBOX: &str = "
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
