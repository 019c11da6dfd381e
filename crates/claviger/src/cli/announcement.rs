//! `claviger announcement`: what partners are told in their portal.

use super::context::{Context, Data};
use super::output;
use super::place::text;
use super::trouble::Trouble;
use clap::Subcommand;
use claviger_core::dialect::Legacy;
use claviger_core::span::Span;
use claviger_server::admin::announcements::{self, About};
use claviger_store::Announcement;
use serde::Serialize;
use serde_json::Value;

/// What is done with announcements.
#[derive(Debug, Subcommand)]
pub(crate) enum AnnouncementCommand {
    /// List the announcements of a partners' realm; those that are over are among them
    List,
    /// Tell partners something: all of them, or those whose apps it concerns
    #[command(after_help = "\
Examples:
  claviger announcement add \"Maintenance on Sunday from 6 to 7 UTC.\" --for 5d --realm partners
  claviger announcement add \"Orders can be written from May on.\" --scope orders:read --for 30d --realm partners
  claviger announcement add \"Codes without PKCE end on 1 June.\" --legacy no-pkce --for 90d --realm partners")]
    Add {
        /// What it says
        text: String,
        /// Only for apps that may have this scope
        #[arg(long, conflicts_with = "legacy")]
        scope: Option<String>,
        /// Only for apps with this legacy behaviour
        #[arg(long, value_parser = legacy, value_name = "BEHAVIOUR")]
        legacy: Option<Legacy>,
        /// For how long it is shown, from now on
        #[arg(long = "for", value_name = "TIME", default_value = "30d")]
        lasts: Span,
    },
    /// Remove an announcement
    Remove {
        /// The id, from `claviger announcement list`
        id: String,
    },
}

fn legacy(name: &str) -> Result<Legacy, String> {
    let found = Legacy::ALL.into_iter().find(|legacy| legacy.name() == name);
    found.ok_or_else(|| format!("there is: {}", Legacy::ALL.map(Legacy::name).join(", ")))
}

/// An announcement as it is listed.
#[derive(Serialize)]
pub(super) struct Listed {
    id: String,
    about: String,
    text: String,
    from: String,
    until: String,
}

/// Whom it concerns: the kind, and of a scope or a legacy behaviour its name.
fn about(kind: &str, name: &str) -> String {
    if name.is_empty() { kind.to_owned() } else { format!("{kind} {name}") }
}

impl From<Announcement> for Listed {
    fn from(one: Announcement) -> Self {
        Self {
            about: about(one.about_kind.name(), &one.about),
            id: one.id,
            text: one.words,
            from: output::time(one.from_at),
            until: output::time(one.until_at),
        }
    }
}

impl Listed {
    /// As the admin API tells it.
    pub(super) fn known(found: &Value) -> Self {
        Self {
            id: text(found, "id"),
            about: about(&text(found, "about"), &text(found, "name")),
            text: text(found, "text"),
            from: text(found, "from"),
            until: text(found, "until"),
        }
    }
}

/// Does it, in the database.
pub(crate) async fn run(command: AnnouncementCommand, context: &Context, data: &Data) -> Result<(), Trouble> {
    let realm = data.realm().await?;
    match command {
        AnnouncementCommand::List => {
            let found = announcements::list(&data.store, &realm).await?;
            listed(context, &found.into_iter().map(Into::into).collect::<Vec<_>>())
        }
        AnnouncementCommand::Add { text, scope, legacy, lasts } => {
            let about = match (scope, legacy) {
                (Some(scope), _) => About::Scope(scope),
                (None, Some(legacy)) => About::Legacy(legacy),
                (None, None) => About::All,
            };
            let admin = data.admin();
            let shown = (admin.now, admin.now + lasts.as_millis());
            added(context, &announcements::add(&admin, &realm, &about, &text, shown).await?.into())
        }
        AnnouncementCommand::Remove { id } => {
            announcements::remove(&data.admin(), &realm, &id).await?;
            removed(context, &id)
        }
    }
}

/// Prints announcements.
pub(super) fn listed(context: &Context, listed: &[Listed]) -> Result<(), Trouble> {
    context.format.list(["id", "about", "from", "until", "text"], listed, |one| {
        [one.id.clone(), one.about.clone(), one.from.clone(), one.until.clone(), one.text.clone()]
    })
}

/// Says what partners are told from now on.
pub(super) fn added(context: &Context, made: &Listed) -> Result<(), Trouble> {
    context.format.one(made, &[("id", made.id.clone()), ("until", made.until.clone())])
}

/// Says that one is gone.
pub(super) fn removed(context: &Context, id: &str) -> Result<(), Trouble> {
    context.format.one(&serde_json::json!({ "id": id, "removed": true }), &[("id", id.to_owned())])
}
