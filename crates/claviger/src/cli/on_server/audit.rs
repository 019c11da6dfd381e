//! `claviger audit` at a server.

use super::not_here_since;
use crate::cli::audit::{self, AuditCommand};
use crate::cli::context::Context;
use crate::cli::output;
use crate::cli::place::{Server, member, text};
use crate::cli::trouble::Trouble;
use claviger_core::jose::from_base64url;
use claviger_server::admin::audit::{Shown, hex};
use claviger_server::clock::Clock;
use serde_json::Value;

/// Does it.
pub(crate) async fn run(command: AuditCommand, context: &Context, server: &Server) -> Result<(), Trouble> {
    let AuditCommand::List(wanted) = command else {
        let why = "the whole log is read, or written, where it lies";
        return Err(not_here_since("`claviger audit` but for `list`", why));
    };
    let now = Clock::default().now();
    let which = &wanted.which;
    let time = |when: Option<audit::When>| when.map(|when| output::time(when.millis(now)));
    let all = [
        ("realm", server.realm_wanted().map(str::to_owned)),
        ("act", which.act.map(|act| act.name().to_owned())),
        ("actor", which.actor.clone()),
        ("subject", which.subject.as_ref().map(ToString::to_string)),
        ("since", time(which.since)),
        ("until", time(which.until)),
    ];
    let query: Vec<_> = all.iter().filter_map(|(name, value)| Some((*name, value.as_deref()?))).collect();
    let found = server.all(&["audit"], &query, wanted.limit).await?;
    // The newest last, as at a database.
    audit::listed(context, &found.iter().rev().map(shown).collect::<Vec<_>>())
}

fn shown(line: &Value) -> Shown {
    let value = |name: &str| Some(line[name].clone()).filter(|value| !value.is_null());
    Shown {
        number: member(line, "number").as_i64().unwrap_or_default(),
        time: text(line, "at"),
        realm: text(line, "realm"),
        actor: member(line, "actor").as_str().map(str::to_owned),
        way: text(line, "way"),
        act: text(line, "act"),
        subject: format!("{}/{}", text(line, "subject_kind"), text(line, "subject")),
        before: value("before"),
        after: value("after"),
        personal: value("personal"),
        reference: text(line, "reference"),
        digest: hex(&from_base64url(&text(line, "digest")).unwrap_or_default()),
    }
}
