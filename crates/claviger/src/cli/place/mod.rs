//! Where acts are done: in the database that the configuration names, or at a running server through its admin API.
//!
//! Whoever dispatches the commands asks [`Context::place`] once. At a database a group does what it does by [`claviger_server::admin`]; at
//! a server the file of the same name in `on_server` makes the calls of the API. Both hand what they found to the same functions that print:
//! the words on the command line and what it prints are the same at both. A command that asks [`Context::data`] works at a database
//! alone, and says so where a server is meant.
//!
//! A server is meant by `--server` or `CLAVIGER_SERVER`, or by `claviger login` where nothing names a configuration or a database.

mod in_realm;
pub(crate) mod logins;
mod server;

use super::context::{Context, Data};
use super::trouble::{Exit, Trouble};
pub(crate) use in_realm::InRealm;
pub(crate) use server::{Server, answered, member, or_empty, put, put_some, text, unreachable};

/// What to do about a command that works at a database alone.
pub(crate) const DATABASE_ALONE: &str = "it needs the database itself, or keys and files that lie beside it: run it there, with \
                                         --config or --database and without --server";

/// Where a command acts.
pub(crate) enum Place {
    /// A database that was opened.
    Database(Box<Data>),
    /// A running server.
    Server(Box<Server>),
}

impl Context {
    /// Where this command acts.
    ///
    /// # Errors
    /// The database cannot be opened; nobody is logged in to the server.
    pub(crate) async fn place(&self) -> Result<Place, Trouble> {
        match self.server().await? {
            Some(server) => Ok(Place::Server(server)),
            None => Ok(Place::Database(Box::new(self.data().await?))),
        }
    }

    /// The server where this command acts, if it acts at one.
    ///
    /// # Errors
    /// Nobody is logged in there.
    pub(crate) async fn server(&self) -> Result<Option<Box<Server>>, Trouble> {
        match self.server_meant()? {
            Some(url) => Ok(Some(Box::new(Server::of(self, &url).await?))),
            None => Ok(None),
        }
    }

    /// The server that is meant, if one is.
    ///
    /// # Errors
    /// What was logged in to cannot be read.
    pub(crate) fn server_meant(&self) -> Result<Option<String>, Trouble> {
        if let Some(url) = &self.server {
            return Ok(Some(url.trim_end_matches('/').to_owned()));
        }
        if self.database.is_some() || self.file().is_some() {
            return Ok(None);
        }
        Ok(logins::Logins::read()?.current)
    }

    /// Says that a command works at a database alone.
    ///
    /// # Errors
    /// A server is meant.
    pub(crate) fn refuse_server(&self) -> Result<(), Trouble> {
        let Some(url) = &self.server_meant()? else { return Ok(()) };
        Err(Trouble::new(Exit::Usage, format!("this command works on the database, and not through the server {url}"))
            .help(DATABASE_ALONE))
    }
}
