//! Group commit: what many callers write at the same time is one transaction.
//!
//! Callers put their requests into a bounded queue. One worker, with one connection, takes everything that is queued, sends
//! it as one transaction in one round trip, and answers each caller. Meanwhile the queue fills again, so that batches form
//! by themselves: a lone caller never waits, and the more callers there are, the larger the batches.
//!
//! * **Two requests for the same row are never in one batch**: the second one stays queued.
//! * **A batch that fails is not sent again.** Nothing of it was written; each of its callers is told so and writes by
//!   itself, step by step, on a connection of the pool. So a bad request spoils nobody else's, and a row that somebody
//!   holds locked keeps the others waiting for [`LOCK_TIMEOUT`] only.
//! * **A batch that is not answered is in doubt**: its connection is thrown away, and each caller is told that nobody knows.

use super::borrow;
use super::combined::Combined;
use super::pool::{Connection, Manager};
use super::tx::{BEGIN, everything};
use super::types::Owned;
use crate::turn::Turn;
use crate::{Fault, Id};
use deadpool::managed::{Object, Pool};
use futures_util::future;
use std::collections::btree_map::{BTreeMap, Entry};
use std::collections::{HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, oneshot};
use tokio::time::timeout;
use tokio_postgres::types::ToSql;

/// How many requests are in one batch at most.
const MOST: usize = 128;

/// How long a batch waits for a row that somebody else has locked. Longer than most commits take.
pub(super) const LOCK_TIMEOUT: Duration = Duration::from_millis(100);

/// What one caller wants written.
struct Request {
    statement: Combined,
    row: Id,
    /// The statement's parameters.
    values: Vec<Owned>,
    /// Whether it was written.
    reply: oneshot::Sender<Result<bool, Fault>>,
    turn: Turn,
}

/// The callers' side. The worker ends with it.
pub(super) struct Batcher {
    queue: Arc<Queue>,
    patience: Duration,
}

impl Batcher {
    /// Starts the worker, which uses one connection of `pool` at a time. At most `capacity` requests wait.
    ///
    /// # Errors
    /// There is no runtime.
    pub(super) fn start(pool: Pool<Manager>, patience: Duration, capacity: usize) -> Result<Self, Fault> {
        let queue = Arc::new(Queue { capacity, state: Mutex::default(), filled: Notify::new() });
        let worker = Worker { queue: Arc::clone(&queue), pool, patience };
        tokio::runtime::Handle::try_current().map_err(Fault::other)?.spawn(worker.run());
        Ok(Self { queue, patience })
    }

    /// Writes what one caller wants, with what others want. False where nothing was written: a condition did not hold, or
    /// the batch failed; the statements for one caller tell which.
    ///
    /// # Errors
    /// [`Fault::Busy`] where too many wait or it was in no batch in time, and then never is; [`Fault::Unavailable`] where
    /// there is no database, [`Fault::InDoubt`] where it did not answer in time.
    pub(super) async fn write(&self, statement: Combined, row: Id, values: Vec<Owned>) -> Result<bool, Fault> {
        let (reply, mut answer) = oneshot::channel();
        let turn = Turn::default();
        self.queue.push(Request { statement, row, values, reply, turn: turn.clone() })?;
        let answered = match timeout(self.patience, &mut answer).await {
            Ok(answered) => answered,
            Err(_) if turn.take() => return Err(Fault::Busy),
            // The worker waits no longer than that for the database.
            Err(_) => answer.await,
        };
        answered.unwrap_or(Err(Fault::InDoubt))
    }
}

impl Drop for Batcher {
    fn drop(&mut self) {
        self.queue.close();
    }
}

/// The requests that wait, in the order in which they came.
struct Queue {
    capacity: usize,
    state: Mutex<State>,
    filled: Notify,
}

#[derive(Default)]
struct State {
    requests: VecDeque<Request>,
    closed: bool,
}

impl Queue {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, request: Request) -> Result<(), Fault> {
        let mut state = self.state();
        if state.closed {
            return Err(Fault::Unavailable("the store is closed".into()));
        }
        if state.requests.len() >= self.capacity {
            return Err(Fault::Busy);
        }
        state.requests.push_back(request);
        drop(state);
        self.filled.notify_one();
        Ok(())
    }

    /// Waits for requests; none where there will be no more.
    async fn next_batch(&self) -> Option<Vec<Request>> {
        loop {
            {
                let mut state = self.state();
                if state.closed {
                    return None;
                }
                let batch = take_batch(&mut state.requests);
                if !batch.is_empty() {
                    return Some(batch);
                }
            }
            self.filled.notified().await;
        }
    }

    /// Lets other tasks run for as long as that makes the queue longer: who has just been answered may be on its way back,
    /// and one batch more is what a short one costs.
    async fn let_callers_come(&self) {
        let mut before = 0;
        loop {
            tokio::task::yield_now().await;
            let queued = self.state().requests.len();
            if queued <= before || queued >= MOST {
                return;
            }
            before = queued;
        }
    }

    fn close(&self) {
        let mut state = self.state();
        state.closed = true;
        state.requests.clear();
        drop(state);
        self.filled.notify_one();
    }
}

/// Takes the first request for each row, by statement and in the order of the rows; the others keep their places. A caller
/// that waits no longer is forgotten.
fn take_batch(requests: &mut VecDeque<Request>) -> Vec<Request> {
    let mut batch = BTreeMap::new();
    let mut later = VecDeque::new();
    for request in requests.drain(..).filter(|request| !request.reply.is_closed()) {
        let is_full = batch.len() >= MOST;
        match batch.entry((request.statement, request.row)) {
            Entry::Vacant(place) if !is_full => {
                if request.turn.take() {
                    place.insert(request);
                }
            }
            _ => later.push_back(request),
        }
    }
    *requests = later;
    batch.into_values().collect()
}

/// Sends the batches, one after the other.
struct Worker {
    queue: Arc<Queue>,
    pool: Pool<Manager>,
    patience: Duration,
}

impl Drop for Worker {
    /// Nobody would answer: its runtime ends.
    fn drop(&mut self) {
        self.queue.close();
    }
}

impl Worker {
    async fn run(self) {
        while let Some(batch) = self.queue.next_batch().await {
            let written = match self.send(&batch).await {
                Ok(written) => Ok(written),
                Err(fault @ (Fault::Unavailable(_) | Fault::InDoubt)) => Err(fault),
                Err(fault) => {
                    tracing::debug!(%fault, callers = batch.len(), "a batch failed; each caller writes by itself");
                    Ok(HashSet::new())
                }
            };
            for Request { statement, row, reply, .. } in batch {
                // A caller that is gone needs no answer.
                let written = written.as_ref().map(|written| written.contains(&(statement, row)));
                let _ = reply.send(written.map_err(Fault::clone));
            }
            self.queue.let_callers_come().await;
        }
    }

    /// Sends a batch as one transaction; the requests that were written.
    ///
    /// # Errors
    /// Nothing was written, or [`Fault::InDoubt`].
    async fn send(&self, batch: &[Request]) -> Result<HashSet<(Combined, Id)>, Fault> {
        let connection = borrow(&self.pool).await?;
        let sent = timeout(self.patience, async {
            let groups = prepare(&connection, batch).await?;
            Ok::<_, Fault>(transact(&connection, &groups).await.map_err(|fault| match fault {
                Fault::Unavailable(_) => Fault::InDoubt,
                other => other,
            }))
        });
        let written = sent.await.unwrap_or_else(|_| {
            // A database that does not answer on one connection will not on the others either.
            self.pool.manager().suspect_all();
            Ok(Err(Fault::InDoubt))
        });
        let written = written.flatten();
        if matches!(written, Err(Fault::Unavailable(_) | Fault::InDoubt)) {
            drop(Object::take(connection));
        }
        written
    }
}

/// Requests for the same statement, which is prepared.
struct Group<'b> {
    requests: &'b [Request],
    prepared: &'b tokio_postgres::Statement,
}

async fn prepare<'b>(connection: &'b Connection, batch: &'b [Request]) -> Result<Vec<Group<'b>>, Fault> {
    let mut groups = Vec::new();
    for requests in batch.chunk_by(|one, other| one.statement == other.statement) {
        let Some(first) = requests.first() else { continue };
        groups.push(Group { requests, prepared: connection.combined(first.statement).await? });
    }
    Ok(groups)
}

/// One statement is a transaction by itself; several are sent between a `BEGIN` and a `COMMIT`, without waiting for the
/// answers in between. Where one of them fails, that `COMMIT` undoes all.
async fn transact(connection: &Connection, groups: &[Group<'_>]) -> Result<HashSet<(Combined, Id)>, Fault> {
    let client = &connection.client;
    let statements = future::join_all(groups.iter().map(|group| group.execute(connection)));
    let written = if groups.len() > 1 {
        let (begun, written, committed) =
            future::join3(client.batch_execute(BEGIN), statements, client.batch_execute("COMMIT")).await;
        begun?;
        // What the first failed statement says is the cause; the commit does not say that it failed.
        let written = written.into_iter().collect::<Result<Vec<_>, Fault>>()?;
        committed?;
        written
    } else {
        statements.await.into_iter().collect::<Result<Vec<_>, Fault>>()?
    };
    Ok(written.into_iter().flatten().collect())
}

impl Group<'_> {
    /// Those that were written.
    async fn execute(&self, connection: &Connection) -> Result<Vec<(Combined, Id)>, Fault> {
        let Some(first) = self.requests.first() else { return Ok(Vec::new()) };
        let column = |index: usize| self.requests.iter().map(|request| request.values.get(index)).collect::<Vec<_>>();
        let columns: Vec<_> = (0..first.values.len()).map(column).collect();
        let parameters = columns.iter().map(|column| column as &(dyn ToSql + Sync));
        let (rows, _) = everything(connection.client.query_raw(self.prepared, parameters).await?).await?;
        rows.iter()
            .map(|row| {
                let id = row.try_get::<_, &[u8]>(0)?.try_into().map_err(Fault::other)?;
                Ok((first.statement, id))
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{Combined, MOST, Queue, Request, take_batch};
    use crate::Fault;
    use crate::turn::Turn;
    use Combined::{PutCodes, RotateGrants};
    use std::collections::VecDeque;
    use std::sync::Mutex;
    use tokio::sync::{Notify, oneshot};

    type Answer = oneshot::Receiver<Result<bool, Fault>>;

    fn request(statement: Combined, row: u8) -> (Request, Answer) {
        let (reply, answer) = oneshot::channel();
        (Request { statement, row: [row; 16], values: Vec::new(), reply, turn: Turn::default() }, answer)
    }

    fn queued(wanted: &[(Combined, u8)]) -> (VecDeque<Request>, Vec<Answer>) {
        wanted.iter().map(|(statement, row)| request(*statement, *row)).unzip()
    }

    fn shown<'r>(requests: impl IntoIterator<Item = &'r Request>) -> Vec<(Combined, u8)> {
        requests.into_iter().map(|request| (request.statement, request.row[0])).collect()
    }

    #[test]
    fn a_batch_is_sorted_by_statement_and_row() {
        let (mut requests, _answers) = queued(&[(RotateGrants, 7), (PutCodes, 3), (RotateGrants, 1), (PutCodes, 2)]);
        let batch = take_batch(&mut requests);
        assert_eq!(shown(&batch), [(PutCodes, 2), (PutCodes, 3), (RotateGrants, 1), (RotateGrants, 7)]);
        assert!(requests.is_empty());
    }

    #[test]
    fn a_second_request_for_a_row_waits_for_the_next_batch() {
        let (mut requests, _answers) =
            queued(&[(RotateGrants, 3), (RotateGrants, 3), (RotateGrants, 3), (RotateGrants, 2)]);
        assert_eq!(shown(&take_batch(&mut requests)), [(RotateGrants, 2), (RotateGrants, 3)]);
        assert_eq!(shown(&requests), [(RotateGrants, 3), (RotateGrants, 3)]);
        assert_eq!(shown(&take_batch(&mut requests)), [(RotateGrants, 3)]);
    }

    #[test]
    fn a_batch_has_a_limit_and_the_others_keep_their_places() {
        let wanted: Vec<_> = (0..=u8::MAX).map(|row| (PutCodes, row)).collect();
        let (mut requests, _answers) = queued(&wanted);
        assert_eq!(shown(&take_batch(&mut requests)), wanted[..MOST]);
        assert_eq!(shown(&requests), wanted[MOST..]);
    }

    #[test]
    fn a_caller_that_is_gone_is_not_served() {
        let (mut requests, mut answers) = queued(&[(PutCodes, 1), (PutCodes, 2)]);
        drop(answers.remove(0));
        assert_eq!(shown(&take_batch(&mut requests)), [(PutCodes, 2)]);
    }

    #[test]
    fn what_was_taken_back_is_in_no_batch_and_what_is_in_one_is_not_taken_back() {
        let (mut requests, _answers) = queued(&[(PutCodes, 1), (PutCodes, 2)]);
        assert!(requests[0].turn.take());
        let batch = take_batch(&mut requests);
        assert_eq!(shown(&batch), [(PutCodes, 2)]);
        assert!(!batch[0].turn.take());
    }

    #[test]
    fn the_queue_is_bounded() {
        let queue = Queue { capacity: 2, state: Mutex::default(), filled: Notify::new() };
        let (requests, _answers) = queued(&[(PutCodes, 1), (PutCodes, 2), (PutCodes, 3)]);
        let pushed: Vec<_> = requests.into_iter().map(|request| queue.push(request)).collect();
        assert_eq!(pushed, [Ok(()), Ok(()), Err(Fault::Busy)]);
    }

    #[tokio::test]
    async fn a_closed_queue_takes_nothing_and_ends_the_worker() {
        let queue = Queue { capacity: 2, state: Mutex::default(), filled: Notify::new() };
        let (waiting, answer) = request(PutCodes, 1);
        queue.push(waiting).unwrap();
        queue.close();
        assert!(queue.next_batch().await.is_none());
        assert!(answer.await.is_err(), "its caller hears at once");
        assert!(matches!(queue.push(request(PutCodes, 2).0), Err(Fault::Unavailable(_))));
    }
}
