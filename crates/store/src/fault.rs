//! What can go wrong with the database itself; never a peer's mistake, never shown to a peer.

/// The store could not do what it was asked. Callers see `server_error` or 503 and nothing of this.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// More work is queued than is let in, another process holds the database, or the answer took too long.
    #[error("the database is busy")]
    Busy,
    /// The database cannot be reached, opened, read or written.
    #[error("the database is not available: {0}")]
    Unavailable(String),
    /// The database knows neither our name nor our password, or does not let us in from here.
    #[error("the database does not let this program in: {0}")]
    NotLetIn(String),
    /// Two transactions stood in each other's way again and again; nothing was written.
    #[error("too many others write the same")]
    Collided,
    /// The database went away before it said whether what was written is kept.
    #[error("the database went away before it said whether it kept what was written")]
    InDoubt,
    /// The disk is full.
    #[error("the disk is full")]
    Full,
    /// The file is damaged, or is not a database.
    #[error("the database is damaged: {0}")]
    Corrupt(String),
    /// A newer program has changed the schema in a way this one does not understand.
    #[error("the database has schema {found}, which is newer than this program's {known}")]
    SchemaTooNew {
        /// The schema of the database.
        found: i64,
        /// The newest schema that this program knows.
        known: i64,
    },
    /// The database must not be served: a copy or a restore into it is not complete, or it is a backup.
    #[error("the database cannot be served: {0}")]
    Unfinished(String),
    /// Another server serves this data already.
    #[error("another server is using {0}")]
    Locked(String),
    /// A client was to get the id of a user of its realm, or a user that of a client; nothing was written.
    #[error(
        "the id `{0}` belongs to a user and would belong to a client of the same realm, and a token could not tell them apart"
    )]
    SameId(String),
    /// What was to be changed is not as whoever changes it saw it; nothing was written.
    #[error("{0} was changed meanwhile; nothing was written")]
    Changed(String),
    /// Anything else: a mistake in this program, or a document that cannot be read. The detail is for the log.
    #[error("the store failed: {0}")]
    Other(String),
}

impl Fault {
    /// Whether the same request may succeed a little later: 503 with `Retry-After` instead of 500.
    pub const fn is_transient(&self) -> bool {
        matches!(
            self,
            Self::Busy | Self::Unavailable(_) | Self::NotLetIn(_) | Self::Full | Self::Collided | Self::InDoubt
        )
    }

    /// Names the id, for which the database has no place.
    pub(crate) fn of_id(self, id: &str) -> Self {
        if let Self::SameId(_) = self { Self::SameId(id.to_owned()) } else { self }
    }

    /// A mistake in this program or a document that cannot be read.
    pub(crate) fn other(detail: impl std::fmt::Display) -> Self {
        Self::Other(detail.to_string())
    }
}

impl From<serde_json::Error> for Fault {
    fn from(error: serde_json::Error) -> Self {
        Self::Other(format!("a stored document cannot be read: {error}"))
    }
}
