//! What became of a mail that a command has queued.

use super::super::context::Data;
use super::super::trouble::Trouble;
use claviger_core::token::Id;
use claviger_server::mail::{Delivered, MailError, Mailer, deliver_due};
use claviger_server::secrets::Secrets;
use serde::Serialize;

/// Where it went.
#[derive(Serialize)]
pub(crate) struct Mailed {
    to: String,
    /// `sent`, `written`, `waiting` where the server did not take it yet, `refused` where it never will.
    state: &'static str,
    file: Option<String>,
    error: Option<String>,
}

impl Mailed {
    /// One that a running server has in hand.
    pub(crate) fn in_hand(to: Option<&str>) -> Option<Self> {
        to.map(|to| Self::of(to.to_owned(), None))
    }

    fn of(to: String, outcome: Option<Result<Delivered, MailError>>) -> Self {
        match outcome {
            Some(Ok(Delivered::Accepted)) => Self { to, state: "sent", file: None, error: None },
            Some(Ok(Delivered::Written(file))) => {
                Self { to, state: "written", file: Some(file.display().to_string()), error: None }
            }
            Some(Err(error)) => {
                let state = if error.is_for_good() { "refused" } else { "waiting" };
                Self { to, state, file: None, error: Some(error.to_string()) }
            }
            // A running server was quicker and has it in hand.
            None => Self { to, state: "waiting", file: None, error: None },
        }
    }

    /// The same in a line.
    pub(crate) fn line(&self) -> String {
        match (&self.file, &self.error) {
            (Some(file), _) => format!("for {}, written to {file}", self.to),
            (None, Some(error)) if self.state == "refused" => {
                format!("for {}, refused for good: {error} (`claviger mail list` shows it)", self.to)
            }
            (None, Some(error)) => format!("for {}, waits to be sent: {error}", self.to),
            (None, None) if self.state == "sent" => format!("sent to {}", self.to),
            (None, None) => format!("for {}, being sent by the server", self.to),
        }
    }
}

/// Sends what is due; what became of this mail, where there is one.
pub(super) async fn deliver(
    data: &Data,
    secrets: &Secrets,
    mailer: &Mailer,
    mail: Option<Id>,
    owner: Option<String>,
) -> Result<Option<Mailed>, Trouble> {
    let Some(mail) = mail else { return Ok(None) };
    let attempts = deliver_due(&data.store, secrets, mailer, data.now()).await?;
    let mine = attempts.into_iter().find(|attempt| attempt.id == mail);
    Ok(Some(Mailed::of(owner.unwrap_or_default(), mine.map(|attempt| attempt.outcome))))
}
