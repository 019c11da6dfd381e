//! What agents ask for while their users are away, and until when they may act.

/// `consent.until_at`: when what somebody consented to ends by itself. `backchannel`: requests of clients whose users are elsewhere
/// (OpenID CIBA); `user_id` is empty where nobody has the name that was given, which the client is not told. How one ended is in
/// `answered`, and what it gave in `code`, under the same id. `backchannel_block`: apps that may not ask somebody any more.
macro_rules! agent_tables {
    () => {
        "
ALTER TABLE consent ADD COLUMN until_at BIGINT;
CREATE INDEX consent_until ON consent (until_at) WHERE until_at IS NOT NULL;
CREATE TABLE backchannel (
    id {BYTES} NOT NULL PRIMARY KEY,
    hash {BYTES} NOT NULL,
    realm TEXT NOT NULL,
    client TEXT NOT NULL,
    user_id TEXT NOT NULL,
    doc TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    interval_ms BIGINT NOT NULL,
    polled_at BIGINT
) {CHANGING};
CREATE INDEX backchannel_user ON backchannel (realm, user_id, created_at);
CREATE INDEX backchannel_expiry ON backchannel (expires_at);
CREATE TABLE backchannel_block (
    realm TEXT NOT NULL,
    user_id TEXT NOT NULL,
    client TEXT NOT NULL,
    since BIGINT NOT NULL,
    PRIMARY KEY (realm, user_id, client)
) {CLUSTERED};
"
    };
}

pub(super) use agent_tables;
