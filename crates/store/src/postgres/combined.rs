//! The statements that write for many callers at once.
//!
//! Each parameter is an array with one value per caller, and `unnest` makes them into one row per caller, `v`. A statement
//! returns the keys of the callers for whom it wrote something.
//!
//! * **All or nothing for each caller.** Every condition is checked in the first step. The steps after it insert the rows
//!   of exactly those callers whom the step before returned; a key that is already there is an error, and undoes the whole
//!   statement. The callers are then served one by one, by the statements of the [registry](crate::statements), whose
//!   conditions are repeated here.
//! * **Rows are found by their keys, and locked in the order of the arrays**, which the [batcher](super::batcher) sorts.
//!   For that a row is found by `= ANY (ARRAY[..])` or in a subquery of its own: a join the planner would turn round while
//!   a table is small, and read all of it.

/// A statement for many callers. In this order they are sent, so that two servers lock rows in the same order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Combined {
    /// Authorization codes are given out.
    PutCodes,
    /// Codes are exchanged for a grant each; for a caller that wants one, with an opaque access token.
    ExchangeCodes,
    /// Grants turn over to their next generation; the same.
    RotateGrants,
    /// Grants begin; the same.
    AddGrants,
    /// Opaque access tokens are given out.
    AddTokens,
    /// What is good once is used up.
    Spend,
    /// Lines of the request log; no caller waits for any.
    AddRequests,
}

impl Combined {
    /// All of them, in order.
    pub(super) const ALL: [Self; 7] = [
        Self::PutCodes,
        Self::ExchangeCodes,
        Self::RotateGrants,
        Self::AddGrants,
        Self::AddTokens,
        Self::Spend,
        Self::AddRequests,
    ];

    /// Its text.
    pub(super) const fn sql(self) -> &'static str {
        match self {
            Self::PutCodes => PUT_CODES,
            Self::ExchangeCodes => EXCHANGE_CODES,
            Self::RotateGrants => ROTATE_GRANTS,
            Self::AddGrants => ADD_GRANTS,
            Self::AddTokens => ADD_TOKENS,
            Self::Spend => SPEND,
            Self::AddRequests => ADD_REQUESTS,
        }
    }
}

/// Parameters as of `PutCode`.
const PUT_CODES: &str = "
INSERT INTO code (id, hash, realm, client, doc, expires_at, user_id)
SELECT v.id, v.hash, v.realm, v.client, v.doc, v.expires_at, v.user_id
FROM unnest($1::bytea[], $2::bytea[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::text[],
        $8::bytea[], $9::bigint[], $10::bigint[], $11::bigint[])
    AS v (id, hash, realm, client, doc, expires_at, user_id, session, user_version, consent_version, now)
WHERE (v.user_version IS NULL OR v.user_version = (SELECT u.version FROM session s
        JOIN users u ON u.realm = s.realm AND u.id = s.user_id
        WHERE s.hash = v.session AND s.expires_at > v.now AND s.realm = v.realm AND u.id = v.user_id AND u.disabled = 0))
    AND (v.consent_version IS NULL OR v.consent_version = (SELECT c.version FROM consent c
        WHERE c.realm = v.realm AND c.user_id = v.user_id AND c.client = v.client
            AND (c.until_at IS NULL OR c.until_at > v.now)))
RETURNING id";

/// Parameters as of `RedeemCode`, `AddGrant` and `AddAccessToken`, the last null for a caller without a token.
const EXCHANGE_CODES: &str = "
WITH allowed AS (
    SELECT v.* FROM unnest($1::bytea[], $2::bytea[], $3::bigint[],
            $4::bytea[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::bytea[], $11::bigint[],
            $12::text[], $13::bigint[], $14::bigint[], $15::bigint[], $16::bigint[], $17::bigint[],
            $18::bytea[], $19::bytea[], $20::text[], $21::text[], $22::text[], $23::bytea[], $24::text[],
            $25::bigint[], $26::bigint[])
        AS v (code, code_hash, now,
            id, realm, client, user_id, flow, doc, nonce, generation,
            turnover, created_at, idle_expires_at, expires_at, user_version, consent_version,
            token, token_hash, token_realm, token_client, token_user, token_grant, token_doc,
            token_issued_at, token_expires_at)
    WHERE (SELECT c.status FROM client c WHERE c.realm = v.realm AND c.id = v.client) = 'active'
        AND (v.user_id IS NULL OR (SELECT u.version = COALESCE(v.user_version, u.version) FROM users u
            WHERE u.realm = v.realm AND u.id = v.user_id AND u.disabled = 0))
        AND (v.consent_version IS NULL OR v.consent_version = (SELECT n.version FROM consent n
            WHERE n.realm = v.realm AND n.user_id = v.user_id AND n.client = v.client
                AND (n.until_at IS NULL OR n.until_at > v.created_at)))
), redeemed AS (
    UPDATE code SET redeemed_at = v.now FROM allowed v
    WHERE code.id = ANY (ARRAY[v.code]) AND code.hash = v.code_hash
        AND code.redeemed_at IS NULL AND code.expires_at > v.now
    RETURNING v.*
), added AS (
    INSERT INTO grants (id, realm, client, user_id, flow, doc, nonce, generation, turnover, created_at,
        refreshed_at, idle_expires_at, expires_at, check_at)
    SELECT id, realm, client, user_id, flow, doc, nonce, generation, turnover, created_at,
        created_at, idle_expires_at, expires_at, idle_expires_at
    FROM redeemed
), issued AS (
    INSERT INTO access_token (id, hash, realm, client, user_id, grant_id, doc, issued_at, expires_at)
    SELECT token, token_hash, token_realm, token_client, token_user, token_grant, token_doc,
        token_issued_at, token_expires_at
    FROM redeemed WHERE token IS NOT NULL
)
SELECT code FROM redeemed";

/// Parameters as of `RotateGrant` and `AddAccessToken`, the last null for a caller without a token.
const ROTATE_GRANTS: &str = "
WITH rotated AS (
    UPDATE grants g
    SET generation = GREATEST(g.generation, v.generation), refreshed_at = v.now, idle_expires_at = v.idle_expires_at,
        replay = v.replay, replay_until = v.replay_until, replay_generation = v.replay_generation
    FROM unnest($1::bytea[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[],
            $6::bytea[], $7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[],
            $11::bytea[], $12::bytea[], $13::text[], $14::text[], $15::text[], $16::bytea[], $17::text[],
            $18::bigint[], $19::bigint[])
        AS v (id, presented, generation, now, idle_expires_at,
            replay, replay_until, replay_generation, user_version, consent_version,
            token, token_hash, token_realm, token_client, token_user, token_grant, token_doc,
            token_issued_at, token_expires_at)
    WHERE g.id = ANY (ARRAY[v.id]) AND (v.presented IS NULL OR g.generation = v.presented)
        AND COALESCE(g.revoked_at, 0) = 0 AND g.expires_at > v.now AND g.idle_expires_at > v.now
        AND (v.user_version IS NULL OR v.user_version = (SELECT u.version FROM users u
            WHERE u.realm = g.realm AND u.id = g.user_id AND u.disabled = 0))
        AND (v.consent_version IS NULL OR v.consent_version = (SELECT n.version FROM consent n
            WHERE n.realm = g.realm AND n.user_id = g.user_id AND n.client = g.client
                AND (n.until_at IS NULL OR n.until_at > v.now)))
    RETURNING v.*
), issued AS (
    INSERT INTO access_token (id, hash, realm, client, user_id, grant_id, doc, issued_at, expires_at)
    SELECT token, token_hash, token_realm, token_client, token_user, token_grant, token_doc,
        token_issued_at, token_expires_at
    FROM rotated WHERE token IS NOT NULL
)
SELECT id FROM rotated";

/// Parameters as of `AddGrant` and `AddAccessToken`, the last null for a caller without a token.
const ADD_GRANTS: &str = "
WITH allowed AS (
    SELECT v.* FROM unnest($1::bytea[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bytea[],
            $8::bigint[], $9::text[], $10::bigint[], $11::bigint[], $12::bigint[], $13::bigint[], $14::bigint[],
            $15::bytea[], $16::bytea[], $17::text[], $18::text[], $19::text[], $20::bytea[], $21::text[],
            $22::bigint[], $23::bigint[])
        AS v (id, realm, client, user_id, flow, doc, nonce,
            generation, turnover, created_at, idle_expires_at, expires_at, user_version, consent_version,
            token, token_hash, token_realm, token_client, token_user, token_grant, token_doc,
            token_issued_at, token_expires_at)
    WHERE (SELECT c.status FROM client c WHERE c.realm = v.realm AND c.id = v.client) = 'active'
        AND (v.user_id IS NULL OR (SELECT u.version = COALESCE(v.user_version, u.version) FROM users u
            WHERE u.realm = v.realm AND u.id = v.user_id AND u.disabled = 0))
        AND (v.consent_version IS NULL OR v.consent_version = (SELECT n.version FROM consent n
            WHERE n.realm = v.realm AND n.user_id = v.user_id AND n.client = v.client
                AND (n.until_at IS NULL OR n.until_at > v.created_at)))
), added AS (
    INSERT INTO grants (id, realm, client, user_id, flow, doc, nonce, generation, turnover, created_at,
        refreshed_at, idle_expires_at, expires_at, check_at)
    SELECT id, realm, client, user_id, flow, doc, nonce, generation, turnover, created_at,
        created_at, idle_expires_at, expires_at, idle_expires_at
    FROM allowed
), issued AS (
    INSERT INTO access_token (id, hash, realm, client, user_id, grant_id, doc, issued_at, expires_at)
    SELECT token, token_hash, token_realm, token_client, token_user, token_grant, token_doc,
        token_issued_at, token_expires_at
    FROM allowed WHERE token IS NOT NULL
)
SELECT id FROM allowed";

/// Parameters as of `AddAccessToken`.
const ADD_TOKENS: &str = "
INSERT INTO access_token (id, hash, realm, client, user_id, grant_id, doc, issued_at, expires_at)
SELECT * FROM unnest($1::bytea[], $2::bytea[], $3::text[], $4::text[], $5::text[], $6::bytea[], $7::text[],
    $8::bigint[], $9::bigint[])
RETURNING id";

/// Parameters as of `Spend`. Two that begin alike are in batches of their own.
const SPEND: &str = "
INSERT INTO spent (digest, holder, expires_at)
SELECT * FROM unnest($1::bytea[], $2::bytea[], $3::bigint[])
ON CONFLICT (digest) DO UPDATE SET expires_at = excluded.expires_at WHERE spent.holder = excluded.holder
RETURNING substring(digest from 1 for 16)";

/// Parameters as of `AddRequest`.
const ADD_REQUESTS: &str = "
INSERT INTO request_line (id, realm, client, refused, at, reference, endpoint, grant_type, status, error, kind, detail, doc, bytes)
SELECT * FROM unnest($1::bytea[], $2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::text[], $7::text[], $8::text[],
    $9::bigint[], $10::text[], $11::text[], $12::text[], $13::text[], $14::bigint[])";

#[cfg(test)]
mod tests {
    use super::Combined;
    use crate::postgres::plans::explain::{connect, explained, walks};

    /// In tables that nobody knows the size of, that are known to be empty, and that are known to be small.
    #[tokio::test]
    async fn every_combined_statement_finds_its_rows_by_an_index() {
        let client = connect().await;
        let fill = "
            INSERT INTO client SELECT 'r', n::text, 'active', '{}', 0, 0 FROM generate_series(1, 5) n;
            INSERT INTO users SELECT 'r', 'u' || n, n::text, 0, NULL, '{}', 0, 0 FROM generate_series(1, 5) n;
            INSERT INTO code SELECT n::text::bytea, '', 'r', '1', '{}', 9 FROM generate_series(1, 5) n;
            INSERT INTO session SELECT n::text::bytea, 'r', '1', 0, 0, 0, 9 FROM generate_series(1, 5) n;
            INSERT INTO grants (id, realm, client, flow, doc, nonce, generation, turnover, created_at, refreshed_at,
                idle_expires_at, expires_at, check_at)
            SELECT n::text::bytea, 'r', '1', '', '{}', '', 0, '', 0, 0, 9, 9, 9 FROM generate_series(1, 5) n;
            ANALYZE";
        for before in ["", "ANALYZE", fill] {
            client.batch_execute(before).await.unwrap();
            for statement in Combined::ALL {
                let plan = explained(&client, statement.sql()).await;
                assert!(!plan.iter().any(walks), "{statement:?}: {plan:#?}");
                let scans = plan.iter().enumerate().filter(|(_, line)| line.contains("Index Scan"));
                for (at, _) in scans {
                    assert!(plan[at + 1].contains("Index Cond"), "{statement:?} reads a whole table: {plan:#?}");
                }
            }
        }
    }
}
