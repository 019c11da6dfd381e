//! `claviger grant`, `claviger consent`, `claviger session` at a server.

use crate::cli::ask;
use crate::cli::context::Context;
use crate::cli::given::{
    self, ConsentCommand, END_GRANT, END_SESSION, End, Ending, GrantCommand, ListedConsent, ListedGrant, SessionCommand,
};
use crate::cli::place::{InRealm, Server, member};
use crate::cli::trouble::Trouble;
use serde_json::Value;

/// Does it with grants.
pub(crate) async fn grant(command: GrantCommand, context: &Context, server: &Server) -> Result<(), Trouble> {
    let realm = server.realm().await?;
    match command {
        GrantCommand::List(listing) => {
            let found: Vec<ListedGrant> = realm.all(&["grants"], &listing.filter.query(), listing.limit).await?;
            given::grants(context, &found, listing.limit)
        }
        GrantCommand::Revoke { id, which } => end(context, &realm, &END_GRANT, id.as_deref(), &which).await,
    }
}

/// Does it with consents.
pub(crate) async fn consent(command: ConsentCommand, context: &Context, server: &Server) -> Result<(), Trouble> {
    let realm = server.realm().await?;
    match command {
        ConsentCommand::List(listing) => {
            let found: Vec<ListedConsent> = realm.all(&["consents"], &listing.filter.query(), listing.limit).await?;
            given::consents(context, &found, listing.limit)
        }
        ConsentCommand::Evidence(listing) => {
            let found: Vec<_> = realm.all(&["consent-evidence"], &listing.filter.query(), listing.limit).await?;
            given::evidence::listed(context, &found, listing.limit)
        }
        ConsentCommand::Withdraw(which) => {
            let body = which.body()?;
            let count = realm.all::<Value>(&["consents"], &which.filter.query(), usize::MAX).await?.len();
            ask::confirm(which.yes, &which.question_of_consents(count, &realm.name))?;
            let told: Value = realm.post(&["consents", "withdraw"], body).await?;
            given::withdrawn(context, &realm.id, (number(&told, "ended"), number(&told, "grants")))
        }
    }
}

/// Does it with sessions.
pub(crate) async fn session(command: SessionCommand, context: &Context, server: &Server) -> Result<(), Trouble> {
    let realm = server.realm().await?;
    match command {
        SessionCommand::List(listing) => {
            let found: Vec<_> = realm.all(&["sessions"], &listing.filter.query(), listing.limit).await?;
            given::sessions(context, &found, listing.limit)
        }
        SessionCommand::End { id, which } => end(context, &realm, &END_SESSION, id.as_deref(), &which).await,
    }
}

/// Ends one, or all that are meant.
async fn end(
    context: &Context,
    realm: &InRealm<'_>,
    what: &End,
    id: Option<&str>,
    which: &Ending,
) -> Result<(), Trouble> {
    if let Some(id) = id {
        which.only_one()?;
        ask::confirm(which.yes, &what.question(id, &realm.name))?;
        realm.delete(&[what.what, id], &[]).await?;
        return given::ended(context, &realm.id, what, 1);
    }
    let body = which.body()?;
    let count = realm.all::<Value>(&[what.what], &which.filter.query(), usize::MAX).await?.len();
    ask::confirm(which.yes, &what.question_of_all(count, which, &realm.name))?;
    let told: Value = realm.post(&[what.what, what.verb], body).await?;
    given::ended(context, &realm.id, what, number(&told, "ended"))
}

fn number(said: &Value, name: &str) -> u64 {
    member(said, name).as_u64().unwrap_or_default()
}
