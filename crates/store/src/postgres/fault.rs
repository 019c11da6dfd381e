//! PostgreSQL's errors in the store's words. Its `detail` is left out: it quotes rows.

use crate::Fault;
use tokio_postgres::error::SqlState;

impl From<tokio_postgres::Error> for Fault {
    fn from(error: tokio_postgres::Error) -> Self {
        let Some(state) = error.code() else {
            return if error.is_closed() || is_of_the_network(&error) {
                Self::Unavailable(error.to_string())
            } else {
                Self::Other(error.to_string())
            };
        };
        let said = || {
            let message = error.as_db_error().map_or_else(|| error.to_string(), |db| db.message().to_owned());
            format!("{message} ({})", state.code())
        };
        match state {
            &SqlState::T_R_SERIALIZATION_FAILURE | &SqlState::T_R_DEADLOCK_DETECTED => Self::Collided,
            &SqlState::DISK_FULL => Self::Full,
            &SqlState::QUERY_CANCELED
            | &SqlState::LOCK_NOT_AVAILABLE
            | &SqlState::TOO_MANY_CONNECTIONS
            | &SqlState::OUT_OF_MEMORY
            | &SqlState::INSUFFICIENT_RESOURCES => Self::Busy,
            &SqlState::DATA_CORRUPTED | &SqlState::INDEX_CORRUPTED => Self::Corrupt(said()),
            // Connection exceptions, operator intervention, a primary that became a standby, errors of its disk.
            state
                if ["08", "57", "58"].iter().any(|class| state.code().starts_with(class))
                    || *state == SqlState::READ_ONLY_SQL_TRANSACTION
                    || *state == SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT =>
            {
                Self::Unavailable(said())
            }
            state if is_of_authorization(state) => Self::NotLetIn(said()),
            // Our own, out of a trigger.
            state if state.code() == "CV001" => Self::SameId(String::new()),
            _ => Self::Other(said()),
        }
    }
}

/// Invalid authorization: an unknown user, a wrong password, a host that may not connect.
pub(super) fn is_of_authorization(state: &SqlState) -> bool {
    state.code().starts_with("28")
}

fn is_of_the_network(error: &tokio_postgres::Error) -> bool {
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        if inner.is::<std::io::Error>() {
            return true;
        }
        cause = inner.source();
    }
    false
}
