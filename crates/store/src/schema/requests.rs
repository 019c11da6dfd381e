//! The tables of the request log: in a file of their own beside a SQLite database, among the others on PostgreSQL.

/// `request_line`: one call of an app. `refused` is 1 where it was refused, so that calls that went well never push those out;
/// `client` is empty where no app of the realm was named, and `doc` holds what is only shown. `request_use`: how many lines there
/// are of an app, and how large they are together; the sums of all have empty names and 2 for `refused`.
pub(crate) const REQUESTS: &str = "
CREATE TABLE request_line (
    id {BYTES} NOT NULL PRIMARY KEY,
    realm TEXT NOT NULL,
    client TEXT NOT NULL,
    refused BIGINT NOT NULL,
    at BIGINT NOT NULL,
    reference TEXT NOT NULL,
    endpoint TEXT NOT NULL,
    grant_type TEXT NOT NULL,
    status BIGINT NOT NULL,
    error TEXT NOT NULL,
    kind TEXT NOT NULL,
    detail TEXT NOT NULL,
    doc TEXT NOT NULL,
    bytes BIGINT NOT NULL
) {CLUSTERED};
CREATE INDEX request_line_app ON request_line (realm, client, refused, id);
CREATE INDEX request_line_reference ON request_line (reference) WHERE refused = 1;
CREATE TABLE request_use (
    realm TEXT NOT NULL,
    client TEXT NOT NULL,
    refused BIGINT NOT NULL,
    lines BIGINT NOT NULL,
    bytes BIGINT NOT NULL,
    PRIMARY KEY (realm, client, refused)
) {CLUSTERED};
";
