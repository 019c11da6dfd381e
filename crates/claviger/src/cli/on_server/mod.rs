//! What commands do at a running server: a file for each group, with the calls of the admin API. What is found is printed by the
//! functions of the group itself.

pub(super) mod app;
pub(super) mod audit;
pub(super) mod key;
pub(super) mod log;
pub(super) mod role;
pub(super) mod secret;
pub(super) mod user;

use super::context::Context;
use super::place::{Server, answered, member};
use super::realm::{Listed, listed};
use super::trouble::{Exit, Trouble};

/// What the API cannot do.
pub(super) fn not_here(what: &str) -> Trouble {
    Trouble::new(Exit::Usage, format!("{what} works on the database, and not through a server"))
        .help("run it where the database is, with --config or --database and without --server")
}

/// `claviger realm list`.
pub(super) async fn realms(context: &Context, server: &Server) -> Result<(), Trouble> {
    let found = server.get(&["realms"], &[]).await?;
    listed(context, &answered::<Vec<Listed>>(member(&found, "items").clone())?)
}
