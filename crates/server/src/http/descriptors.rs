//! File descriptors: as many as the system gives, and how many of them may be connections.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Descriptors for everything that is no connection of a client: the database's files, mails, templates, the log.
const RESERVE: u64 = 192;

/// Connections of the management address, which are counted by themselves.
pub const MANAGEMENT_CONNECTIONS: u32 = 64;

/// What Linux allows at most unless its administrator says otherwise; for a hard limit of "unlimited".
const MOST: u64 = 1_048_576;

/// The fewest connections that are served, however few descriptors there are.
const FEWEST: u32 = 16;

/// Raises the soft limit of open files to the hard one, and returns what it then is.
pub fn raise_limit() -> u64 {
    let limit = getrlimit(Resource::Nofile);
    let hard = limit.maximum.unwrap_or(MOST);
    let soft = limit.current.unwrap_or(MOST);
    if soft < hard && setrlimit(Resource::Nofile, Rlimit { current: Some(hard), maximum: limit.maximum }).is_ok() {
        return hard;
    }
    soft
}

/// How many connections a server takes with so many descriptors, `others` of which its database needs; and whether that
/// is fewer than were `wished` for.
pub fn connections(descriptors: u64, others: u64, wished: Option<u32>) -> (u32, bool) {
    let free = descriptors.saturating_sub(RESERVE + u64::from(MANAGEMENT_CONNECTIONS) + others);
    let possible = u32::try_from(free).unwrap_or(u32::MAX).max(FEWEST);
    let connections = wished.unwrap_or(super::Limits::CONNECTIONS).min(possible);
    (connections, wished.is_some_and(|wished| wished > connections))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_soft_limit_becomes_the_hard_one() {
        let limit = raise_limit();
        assert_eq!(getrlimit(Resource::Nofile).current, Some(limit));
        assert!(getrlimit(Resource::Nofile).maximum.is_none_or(|hard| hard == limit));
    }

    #[test]
    fn connections_follow_from_the_descriptors() {
        assert_eq!(connections(1_024, 10, None), (758, false));
        assert_eq!(connections(1_048_576, 10, None), (10_000, false));
        assert_eq!(connections(1_048_576, 10, Some(50_000)), (50_000, false));
        assert_eq!(connections(1_024, 10, Some(50_000)), (758, true));
        assert_eq!(connections(1_024, 10, Some(100)), (100, false));
        assert_eq!(connections(64, 10, None), (16, false));
    }
}
