//! Until when apps may use what is old.

/// `legacy_deadline`: until when an app may use a legacy behaviour, as an operator said. `enforce`: it is refused from then on.
/// `next_at`: when its owner is told of it next, or when it ends; empty once that is done. `ended_at`: the date came, and what was to
/// happen then was done. `legacy_ended` of a client: the behaviours that ended for it, as JSON; empty for most. `ends_at` of
/// `secret_use`: when the certificate ends that a client showed last.
macro_rules! deadline_tables {
    () => {
        "
CREATE TABLE legacy_deadline (
    realm TEXT NOT NULL,
    client TEXT NOT NULL,
    legacy TEXT NOT NULL,
    ends_at BIGINT NOT NULL,
    note TEXT NOT NULL,
    enforce BIGINT NOT NULL,
    set_at BIGINT NOT NULL,
    next_at BIGINT,
    ended_at BIGINT,
    PRIMARY KEY (realm, client, legacy)
);
CREATE INDEX legacy_deadline_next ON legacy_deadline (next_at) WHERE next_at IS NOT NULL;
CREATE INDEX legacy_deadline_ends ON legacy_deadline (realm, ends_at, client, legacy);
ALTER TABLE client ADD COLUMN legacy_ended TEXT;
CREATE INDEX client_secret_expiry ON client_secret (expires_at) WHERE expires_at IS NOT NULL AND retired_at IS NULL;
CREATE INDEX signing_key_retires ON signing_key (retires_at) WHERE retires_at IS NOT NULL AND removed_at IS NULL;
ALTER TABLE secret_use ADD COLUMN ends_at BIGINT;
CREATE INDEX secret_use_ends ON secret_use (ends_at) WHERE ends_at IS NOT NULL;
"
    };
}

pub(super) use deadline_tables;
