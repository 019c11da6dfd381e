//! Connections: made, prepared, and thrown away when they are no longer trusted.

use super::combined::Combined;
use super::spelling::spelled;
use super::{fault, plans, tls};
use crate::statements::Statement;
use crate::{Fault, Options};
use deadpool::managed::{Metrics, RecycleError, RecycleResult};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};
use tokio_postgres::{Client, Config};
use tokio_postgres_rustls::MakeRustlsConnect;

/// A connection with the statements that were prepared on it.
pub(crate) struct Connection {
    pub(crate) client: Client,
    /// By their places in [`Statement::ALL`] and [`Combined::ALL`]; filled in at their first use.
    prepared: Vec<OnceLock<tokio_postgres::Statement>>,
    combined: Vec<OnceLock<tokio_postgres::Statement>>,
    plans_since: Instant,
    trusted: u64,
}

/// Makes connections. A clone makes the same kind; when those of one are suspected, those of all are.
#[derive(Clone)]
pub(crate) struct Manager {
    config: Config,
    tls: MakeRustlsConnect,
    patience: Duration,
    lock_timeout: Duration,
    /// Goes up when all connections that are open are suspected.
    trusted: Arc<AtomicU64>,
}

impl Manager {
    /// Prepares to connect; connects to nobody yet.
    ///
    /// # Errors
    /// The certificates cannot be read.
    pub(super) fn new(config: Config, options: &Options) -> Result<Self, Fault> {
        let tls = tls::connector(options.ca_file.as_deref())?;
        let patience = options.patience;
        Ok(Self { config, tls, patience, lock_timeout: patience, trusted: Arc::default() })
    }

    /// The same database, for connections that wait no longer than `patience`.
    pub(super) fn with_patience(&self, patience: Duration) -> Self {
        let mut config = self.config.clone();
        config.tcp_user_timeout(patience);
        Self { config, tls: self.tls.clone(), patience, lock_timeout: patience, trusted: Arc::default() }
    }

    /// The same for connections that wait no longer than `timeout` for a row that somebody else has locked.
    pub(super) fn with_lock_timeout(&self, timeout: Duration) -> Self {
        Self { lock_timeout: timeout.min(self.patience), ..self.clone() }
    }

    /// The connections that are open are not used any more.
    pub(super) fn suspect_all(&self) {
        self.trusted.fetch_add(1, Ordering::Relaxed);
    }

    /// A new connection.
    ///
    /// # Errors
    /// Nobody answers, or lets us in.
    pub(super) async fn connect(&self) -> Result<Connection, Fault> {
        let trusted = self.trusted.load(Ordering::Relaxed);
        let (client, wire) = self.config.connect(self.tls.clone()).await.map_err(|error| unreachable(&error))?;
        tokio::spawn(async move {
            if let Err(error) = wire.await {
                tracing::debug!(%error, "a connection to the database ended");
            }
        });
        client.batch_execute(&self.settings()).await?;
        let prepared = Statement::ALL.iter().map(|_| OnceLock::new()).collect();
        let combined = Combined::ALL.iter().map(|_| OnceLock::new()).collect();
        Ok(Connection { client, prepared, combined, plans_since: Instant::now(), trusted })
    }

    /// What must hold on each connection whatever the server is set to: bounded waits, locks that fall when we are cut
    /// off, an answer only after the write is on disk, and [plans that do not look at the values](plans).
    fn settings(&self) -> String {
        let (patience, lock_timeout) = (self.patience.as_millis(), self.lock_timeout.as_millis());
        format!(
            "SET statement_timeout = {patience}; SET lock_timeout = {lock_timeout};
             SET idle_in_transaction_session_timeout = {patience};
             SET default_transaction_isolation = 'read committed'; SET client_min_messages = 'warning';
             SELECT set_config('synchronous_commit', 'on', false)
                 WHERE current_setting('synchronous_commit') = 'off';
             {}",
            plans::SETTINGS
        )
    }
}

/// Why there is no connection, with the cause of it.
fn unreachable(error: &tokio_postgres::Error) -> Fault {
    let mut detail = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        detail = format!("{detail}: {inner}");
        cause = inner.source();
    }
    if error.code().is_some_and(fault::is_of_authorization) {
        Fault::NotLetIn(detail)
    } else {
        Fault::Unavailable(detail)
    }
}

impl deadpool::managed::Manager for Manager {
    type Type = Connection;
    type Error = Fault;

    async fn create(&self) -> Result<Connection, Fault> {
        self.connect().await
    }

    async fn recycle(&self, connection: &mut Connection, _: &Metrics) -> RecycleResult<Fault> {
        if connection.client.is_closed() || connection.trusted != self.trusted.load(Ordering::Relaxed) {
            return Err(RecycleError::message("the connection is gone"));
        }
        if connection.plans_since.elapsed() > plans::KEPT {
            plans::discard(&connection.client).await.map_err(Fault::from)?;
            connection.plans_since = Instant::now();
        }
        Ok(())
    }
}

impl Connection {
    /// A statement of the registry, prepared where this is its first time here.
    ///
    /// # Errors
    /// As of any statement.
    pub(super) async fn prepared(&self, statement: Statement) -> Result<&tokio_postgres::Statement, Fault> {
        self.ready(self.prepared.get(statement as usize), spelled(statement)?).await
    }

    /// A statement for many callers, prepared where this is its first time here.
    ///
    /// # Errors
    /// As of any statement.
    pub(super) async fn combined(&self, statement: Combined) -> Result<&tokio_postgres::Statement, Fault> {
        self.ready(self.combined.get(statement as usize), statement.sql()).await
    }

    async fn ready<'c>(
        &self,
        place: Option<&'c OnceLock<tokio_postgres::Statement>>,
        sql: &str,
    ) -> Result<&'c tokio_postgres::Statement, Fault> {
        let place = place.ok_or_else(|| Fault::other("no such statement"))?;
        if let Some(ready) = place.get() {
            return Ok(ready);
        }
        let ready = self.client.prepare(sql).await?;
        Ok(place.get_or_init(|| ready))
    }
}
