//! `claviger mail`: which mails wait, which were refused and why.

use super::context::Context;
use super::output;
use super::trouble::Trouble;
use clap::Subcommand;
use claviger_server::admin::mails;
use claviger_store::{ParcelLine, id_text};
use serde::Serialize;

/// What is done with mails.
#[derive(Debug, Subcommand)]
pub(crate) enum MailCommand {
    /// List the mails of the last days: sent, waiting, refused for good, given up; and why
    List {
        /// Only those that did not leave
        #[arg(long)]
        unsent: bool,
    },
    /// Have a mail tried again that waits, was refused or was given up
    #[command(after_help = "\
Examples:
  claviger mail list --unsent
  claviger mail retry 0199c3e6b1f7d3a9d4e0c5b8a7f2e11a

A running server sends it within ten seconds. Where the address was wrong, change it (`claviger app edit ID --owner ..`)
and send another mail: `claviger app resend ID`.")]
    Retry {
        /// The mail's id, from `claviger mail list`
        id: String,
    },
}

#[derive(Serialize)]
struct Listed {
    id: String,
    to: String,
    state: &'static str,
    queued_at: String,
    sent_at: Option<String>,
    attempts: u32,
    next_attempt_at: Option<String>,
    refused_at: Option<String>,
    error: Option<String>,
}

impl From<ParcelLine> for Listed {
    fn from(mail: ParcelLine) -> Self {
        let state = match (mail.closed_at, mail.given_up_at) {
            (Some(_), _) => "sent",
            (None, Some(_)) => "refused",
            (None, None) => "waiting",
        };
        let next = Some(mail.due_at).filter(|_| state == "waiting");
        Self {
            id: id_text(&mail.id),
            to: mail.addressee,
            state,
            queued_at: output::time(mail.created_at),
            sent_at: mail.closed_at.map(output::time),
            attempts: mail.attempts,
            next_attempt_at: next.map(output::time),
            refused_at: mail.given_up_at.map(output::time),
            error: mail.last_error.filter(|_| state != "sent"),
        }
    }
}

/// Does it.
pub(crate) async fn run(command: MailCommand, context: &Context) -> Result<(), Trouble> {
    let data = context.data().await?;
    match command {
        MailCommand::List { unsent } => {
            let found = mails::list(&data.store).await?;
            let listed: Vec<Listed> =
                found.into_iter().filter(|mail| !unsent || mail.closed_at.is_none()).map(Into::into).collect();
            context.format.list(["id", "to", "state", "queued", "attempts", "next", "error"], &listed, |mail| {
                let dash = || "-".to_owned();
                [
                    mail.id.clone(),
                    mail.to.clone(),
                    mail.state.to_owned(),
                    mail.queued_at.clone(),
                    mail.attempts.to_string(),
                    mail.next_attempt_at.clone().unwrap_or_else(dash),
                    mail.error.clone().unwrap_or_else(dash),
                ]
            })
        }
        MailCommand::Retry { id } => {
            mails::retry(&data.admin(), &id).await?;
            let item = serde_json::json!({ "id": id, "state": "waiting" });
            context.format.one(&item, &[("mail", id.clone()), ("state", "waiting".to_owned())])
        }
    }
}
