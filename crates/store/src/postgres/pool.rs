//! Connections: made, prepared, and thrown away when they are no longer believed.

use super::form::spelled;
use super::plans::{self, Plans};
use super::tls;
use crate::statements::Statement;
use crate::{Fault, Options};
use deadpool::managed::{Metrics, RecycleError, RecycleResult};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres::{Client, Config, Socket};
use tokio_postgres_rustls::MakeRustlsConnect;

/// A connection with the statements that were prepared on it.
pub(crate) struct Connection {
    pub(crate) client: Client,
    /// By their place in the registry; filled in by whoever comes first.
    prepared: Vec<OnceLock<tokio_postgres::Statement>>,
    plans: Plans,
    believed: u64,
}

/// What carries a client's messages while it is polled.
pub(super) type Wire = tokio_postgres::Connection<Socket, <MakeRustlsConnect as MakeTlsConnect<Socket>>::Stream>;

/// Makes connections.
pub(crate) struct Manager {
    config: Config,
    tls: MakeRustlsConnect,
    patience_ms: u128,
    /// Goes up when all that are open are suspected.
    believed: AtomicU64,
}

impl Manager {
    /// Prepares to connect; connects to nobody yet.
    ///
    /// # Errors
    /// The certificates cannot be read.
    pub(super) fn new(config: Config, options: &Options) -> Result<Self, Fault> {
        let tls = tls::connector(options.ca_file.as_deref())?;
        Ok(Self { config, tls, patience_ms: options.patience.as_millis(), believed: AtomicU64::new(0) })
    }

    /// The same for connections that wait no longer than `patience`.
    pub(super) fn again(&self, patience: Duration) -> Self {
        let mut config = self.config.clone();
        config.tcp_user_timeout(patience);
        Self { config, tls: self.tls.clone(), patience_ms: patience.as_millis(), believed: AtomicU64::new(0) }
    }

    pub(super) fn suspect_all(&self) {
        self.believed.fetch_add(1, Ordering::Relaxed);
    }

    /// Whether a connection that was made when `believed` was counted is not suspected.
    pub(super) fn is_believed(&self, believed: u64) -> bool {
        believed == self.believed.load(Ordering::Relaxed)
    }

    /// A new connection for whoever polls it: nothing is set on it yet.
    ///
    /// # Errors
    /// Nobody answers, or lets us in.
    pub(super) async fn open(&self) -> Result<(Client, Wire, u64), Fault> {
        let believed = self.believed.load(Ordering::Relaxed);
        let (client, wire) = self.config.connect(self.tls.clone()).await.map_err(|error| unreachable(&error))?;
        Ok((client, wire, believed))
    }

    /// What must hold on each connection whatever the server is set to: bounded waits, locks that fall when we are cut
    /// off, an answer only after the write is on disk, and [plans that do not look at the values](plans).
    pub(super) fn settings(&self) -> String {
        let patience = self.patience_ms;
        format!(
            "SET statement_timeout = {patience}; SET lock_timeout = {patience};
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
    Fault::Unavailable(detail)
}

impl deadpool::managed::Manager for Manager {
    type Type = Connection;
    type Error = Fault;

    async fn create(&self) -> Result<Connection, Fault> {
        let (client, wire, believed) = self.open().await?;
        tokio::spawn(async move {
            if let Err(error) = wire.await {
                tracing::debug!(%error, "a connection to the database ended");
            }
        });
        client.batch_execute(&self.settings()).await?;
        let prepared = Statement::ALL.iter().map(|_| OnceLock::new()).collect();
        Ok(Connection { client, prepared, plans: Plans::new(), believed })
    }

    async fn recycle(&self, connection: &mut Connection, _: &Metrics) -> RecycleResult<Fault> {
        if connection.client.is_closed() || !self.is_believed(connection.believed) {
            return Err(RecycleError::message("the connection is gone"));
        }
        if connection.plans.are_old() {
            plans::forget(&connection.client).await;
        }
        Ok(())
    }
}

impl Connection {
    /// A statement, prepared where this is its first time here.
    ///
    /// # Errors
    /// As of any statement.
    pub(super) async fn prepared(&self, statement: Statement) -> Result<&tokio_postgres::Statement, Fault> {
        let slot = self.prepared.get(statement as usize).ok_or_else(|| Fault::other("no such statement"))?;
        if let Some(ready) = slot.get() {
            return Ok(ready);
        }
        let ready = self.client.prepare(spelled(statement)?).await?;
        Ok(slot.get_or_init(|| ready))
    }
}
