//! A connection that is driven by the task that uses it: what is sent and what comes back wakes nobody else.

use super::form::{Callers, Steps, spelled};
use super::plans::{self, Plans};
use super::pool::{Manager, Wire};
use crate::Fault;
use futures_util::future;
use std::collections::HashMap;
use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use tokio_postgres::types::Type;
use tokio_postgres::{Client, Statement};

/// An open connection, and what was prepared on it.
pub(super) struct Link {
    client: Client,
    line: Line,
    believed: u64,
    plans: Plans,
    forms: HashMap<Steps, Forms>,
}

/// The forms in which some steps were prepared.
#[derive(Default)]
struct Forms {
    for_one: Option<Statement>,
    for_many: Option<Statement>,
}

impl Forms {
    fn of(&mut self, callers: Callers) -> &mut Option<Statement> {
        match callers {
            Callers::One => &mut self.for_one,
            Callers::Many => &mut self.for_many,
        }
    }
}

impl Link {
    /// Connects.
    ///
    /// # Errors
    /// Nobody answers, or lets us in.
    pub(super) async fn open(manager: &Manager) -> Result<Self, Fault> {
        let (client, wire, believed) = manager.open().await?;
        let mut line = Line { wire, is_over: false };
        line.drive(client.batch_execute(&manager.settings())).await??;
        Ok(Self { client, line, believed, plans: Plans::new(), forms: HashMap::new() })
    }

    /// Whether it is open and not suspected.
    pub(super) fn is_believed(&self, manager: &Manager) -> bool {
        !self.line.is_over && manager.is_believed(self.believed)
    }

    /// Waits for something, and sees when the connection ends meanwhile.
    ///
    /// # Errors
    /// It ended.
    pub(super) async fn idle(&mut self, until: impl Future<Output = ()>) -> Result<(), Fault> {
        self.line.drive(until).await
    }

    /// Prepares some steps for one caller or for many, unless that was done before.
    ///
    /// # Errors
    /// As of any statement; nothing was done.
    pub(super) async fn prepare(&mut self, steps: Steps, callers: Callers) -> Result<(), Fault> {
        let prepared = self.forms.entry(steps).or_default().of(callers);
        if prepared.is_some() {
            return Ok(());
        }
        let client = &self.client;
        let work = async {
            *prepared = Some(client.prepare(&form(client, steps, callers).await?).await?);
            Ok(())
        };
        self.line.drive(work).await?
    }

    /// Does some work with the client, and with what was prepared.
    ///
    /// # Errors
    /// The connection ended.
    pub(super) async fn work<'l, T, W>(&'l mut self, work: impl FnOnce(Ready<'l>) -> W) -> Result<T, Fault>
    where
        W: Future<Output = T>,
    {
        let Self { client, line, plans, forms, .. } = self;
        let old = plans.are_old();
        let plan_anew = async {
            if old {
                plans::forget(client).await;
            }
        };
        line.drive(async { future::join(plan_anew, work(Ready { client, forms })).await.1 }).await
    }
}

/// What works on a connection.
#[derive(Clone, Copy)]
pub(super) struct Ready<'l> {
    pub(super) client: &'l Client,
    forms: &'l HashMap<Steps, Forms>,
}

impl<'l> Ready<'l> {
    /// What was prepared.
    ///
    /// # Errors
    /// It was not.
    pub(super) fn prepared(self, steps: Steps, callers: Callers) -> Result<&'l Statement, Fault> {
        let form = self.forms.get(&steps).and_then(|forms| match callers {
            Callers::One => forms.for_one.as_ref(),
            Callers::Many => forms.for_many.as_ref(),
        });
        form.ok_or_else(|| Fault::other("a statement that was not prepared"))
    }
}

/// The text of some steps, with the types that the database finds for each alone.
pub(super) async fn form(client: &Client, steps: Steps, callers: Callers) -> Result<String, Fault> {
    if let Some(statement) = steps.as_spelled(callers) {
        return spelled(statement).map(str::to_owned);
    }
    let mut types: Vec<Vec<Type>> = Vec::new();
    for statement in steps.iter() {
        types.push(client.prepare(spelled(statement)?).await?.params().to_vec());
    }
    steps.form(callers, &types.iter().map(Vec::as_slice).collect::<Vec<_>>())
}

/// What a client's messages travel on.
struct Line {
    wire: Wire,
    /// The database, or the network, ended it.
    is_over: bool,
}

impl Line {
    /// Does some work while the messages that it needs are kept going.
    ///
    /// # Errors
    /// The connection ended before the work did.
    async fn drive<T>(&mut self, work: impl Future<Output = T>) -> Result<T, Fault> {
        let mut work = pin!(work);
        poll_fn(|context| {
            // What the work has to say is sent before anybody waits, and what came in is taken before anybody sleeps.
            loop {
                if let Poll::Ready(done) = work.as_mut().poll(context) {
                    return Poll::Ready(Ok(done));
                }
                let ended = match self.wire.poll_message(context) {
                    Poll::Ready(Some(Ok(_))) => continue,
                    Poll::Pending => return work.as_mut().poll(context).map(Ok),
                    Poll::Ready(Some(Err(error))) => error.into(),
                    Poll::Ready(None) => Fault::Unavailable("the connection to the database ended".into()),
                };
                self.is_over = true;
                let done = work.as_mut().poll(context);
                return Poll::Ready(if let Poll::Ready(done) = done { Ok(done) } else { Err(ended) });
            }
        })
        .await
    }
}
