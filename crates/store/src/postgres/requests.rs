//! Lines of the request log, many in one statement.

use super::Engine;
use super::combined::Combined;
use crate::Fault;
use crate::value::Value;
use tokio_postgres::types::ToSql;

impl Engine {
    /// Adds lines, given by column; all or none.
    ///
    /// # Errors
    /// As of any statement; [`Fault::Unavailable`] where there was no answer in time.
    pub(crate) async fn add_request_lines(&self, columns: &[Vec<Value<'_>>]) -> Result<(), Fault> {
        let added = tokio::time::timeout(self.patience, async {
            let connection = self.connection(&self.writers).await?;
            let prepared = connection.combined(Combined::AddRequests).await?;
            let parameters: Vec<&(dyn ToSql + Sync)> =
                columns.iter().map(|column| column as &(dyn ToSql + Sync)).collect();
            connection.client.execute(prepared, &parameters).await?;
            Ok::<_, Fault>(())
        });
        added.await.unwrap_or_else(|_| Err(Fault::Unavailable(format!("{}: no answer in time", self.shown))))
    }
}
