//! What commands do at a running server: a file for each group, with the calls of the admin API. What is found is printed by the
//! functions of the group itself.

pub(super) mod app;
pub(super) mod audit;
pub(super) mod files;
pub(super) mod given;
pub(super) mod key;
pub(super) mod log;
pub(super) mod organisation;
pub(super) mod partners;
pub(super) mod realm;
pub(super) mod role;
pub(super) mod seat;
pub(super) mod secret;
pub(super) mod token;
pub(super) mod user;
pub(super) mod webhook;

use super::place::DATABASE_ALONE;
use super::trouble::{Exit, Trouble};

/// What the API cannot do.
fn not_here(what: &str) -> Trouble {
    Trouble::new(Exit::Usage, format!("{what} works on the database, and not through a server")).help(DATABASE_ALONE)
}

/// The same, with the reason.
fn not_here_since(what: &str, why: &str) -> Trouble {
    Trouble::new(Exit::Usage, format!("{what} works on the database, and not through a server: {why}"))
        .help("run it where the database is, with --config or --database and without --server")
}
