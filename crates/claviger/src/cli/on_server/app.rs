//! `claviger app` at a server.

use super::not_here_since;
use super::organisation::unspelled;
use crate::cli::app::about::About;
use crate::cli::app::edit::EditArgs;
use crate::cli::app::{self, AppCommand, Listed};
use crate::cli::ask;
use crate::cli::context::Context;
use crate::cli::place::{InRealm, Server, answered, member, text};
use crate::cli::trouble::{Exit, Trouble};
use claviger_core::Client;
use claviger_server::admin::apply::changes::Change;
use claviger_server::admin::apps::Edition;
use serde_json::{Value, json};

/// Does it.
pub(crate) async fn run(command: AppCommand, context: &Context, server: &Server) -> Result<(), Trouble> {
    let realm = server.realm().await?;
    let act = async |id: &str, what: &str, body: Value| realm.post::<Value>(&["apps", id, what], body).await;
    let find = async |id: &str| realm.get::<Value>(&["apps", id], &[]).await;
    match command {
        AppCommand::List { status } => {
            let status = status.map(|status| claviger_core::client::ClientStatus::from(status).name());
            let query: Vec<_> = status.iter().map(|status| ("status", *status)).collect();
            let found: Vec<Value> = realm.all(&["apps"], &query, usize::MAX).await?;
            app::listed(context, &found.into_iter().map(listed).collect::<Result<Vec<_>, _>>()?)
        }
        AppCommand::Create(create) => {
            let approve = create.is_approved();
            let wanted = serde_json::to_value(create.registration()?).map_err(no_keys)?;
            let made: Value = realm.post(&["apps"], wanted).await?;
            let id = text(&made, "id");
            if approve {
                return approved(context, &realm.id, &act(&id, "approve", json!({})).await?);
            }
            app::done_in(context, &realm.id, &id, &text(&made, "status"))?;
            app::waits(&id, &realm.id);
            Ok(())
        }
        AppCommand::Approve { id } => approved(context, &realm.id, &act(&id, "approve", json!({})).await?),
        AppCommand::Resend { id } => approved(context, &realm.id, &act(&id, "resend", json!({})).await?),
        AppCommand::Queue => app::review::waiting(context, &queue(&realm).await?),
        AppCommand::Timeline { id } => {
            app::review::events(context, &realm.items(&["apps", &id, "timeline"], &[]).await?)
        }
        AppCommand::Ask { id, text: words } => {
            act(&id, "question", json!({ "text": words })).await?;
            let owner = member(&find(&id).await?, "owner_email").as_str().map(str::to_owned);
            app::review::asked(context, &realm.id, (&id, &words), owner)
        }
        AppCommand::Answer { id, text: words } => {
            act(&id, "answer", json!({ "text": words })).await?;
            app::review::answered(context, &realm.id, (&id, &words))
        }
        AppCommand::Reject { id, reason } => {
            let body = reason.map_or_else(|| json!({}), |reason| json!({ "reason": reason }));
            let rejected = act(&id, "reject", body).await?;
            let mail = app::mailed::Mailed::in_hand(member(&rejected, "owner_email").as_str());
            app::rejected(context, &realm.id, &id, mail.as_ref())
        }
        AppCommand::Suspend { id, yes } => {
            find(&id).await?;
            ask::confirm(yes, &format!("Stop `{id}` of {} and revoke all its tokens?", realm.name))?;
            act(&id, "suspend", json!({})).await?;
            app::done_in(context, &realm.id, &id, "suspended")
        }
        AppCommand::Resume { id } => {
            act(&id, "resume", json!({})).await?;
            app::done_in(context, &realm.id, &id, "active")
        }
        AppCommand::Delete { id, yes } => {
            find(&id).await?;
            ask::confirm(yes, &format!("Remove `{id}` of {} with its secrets, grants and consents?", realm.name))?;
            realm.delete(&["apps", &id], &[]).await?;
            app::done_in(context, &realm.id, &id, "deleted")
        }
        AppCommand::CheckRedirect { id, uri } => {
            crate::cli::redirect::check(context, &answered::<Client>(find(&id).await?)?, &uri)
        }
        AppCommand::Show { id } => show(context, &realm, &id).await,
        AppCommand::Edit(args) => edit(context, &realm, args).await,
    }
}

/// Every app that waits; a page has as many as the server likes.
async fn queue(realm: &InRealm<'_>) -> Result<Vec<app::review::Waiting>, Trouble> {
    let (mut all, mut after) = (Vec::new(), None::<String>);
    loop {
        let query: Vec<_> = after.iter().map(|after| ("after", after.as_str())).collect();
        let page: Value = realm.get(&["waiting-apps"], &query).await?;
        all.extend(answered::<Vec<_>>(member(&page, "items").clone())?);
        after = member(&page, "next").as_str().map(str::to_owned);
        if after.is_none() {
            return Ok(all);
        }
    }
}

async fn show(context: &Context, realm: &InRealm<'_>, id: &str) -> Result<(), Trouble> {
    let found: Value = realm.get(&["apps", id], &[]).await?;
    let optional = |name: &str| member(&found, name).as_str().map(str::to_owned);
    let asked = Some(member(&found, "asked_for").clone()).filter(|asked| !asked.is_null());
    let about = About {
        secrets: realm.items(&["apps", id, "secrets"], &[]).await?,
        last_used_at: optional("last_used_at"),
        realm_file: optional("managed_by"),
        asked_for: asked.map(answered).transpose()?.unwrap_or_default(),
    };
    app::about::shown(context, &realm.served().await?, &answered(found)?, &about)
}

async fn edit(context: &Context, realm: &InRealm<'_>, args: EditArgs) -> Result<(), Trouble> {
    let (id, edit, despite_file) = args.edit()?;
    if despite_file {
        let why = "what a file manages is changed by nobody who cannot apply that file";
        return Err(not_here_since("--despite-file", why));
    }
    let before: Client = realm.get(&["apps", &id], &[]).await?;
    let client: Client = realm.patch(&["apps", &id], &serde_json::to_value(edit).map_err(no_keys)?).await?;
    let change = Change::of_client(&realm.id, Some(&before), &client, None).map_err(unspelled)?;
    app::edit::edited(context, &realm.id, &Edition { client, change })
}

/// Of all that is said of an app, only its keys may be what cannot be sent.
#[expect(clippy::needless_pass_by_value, reason = "errors are mapped by it")]
fn no_keys(error: serde_json::Error) -> Trouble {
    Trouble::new(Exit::Configuration, error.to_string())
}

fn listed(found: Value) -> Result<Listed, Trouble> {
    let last_used_at = member(&found, "last_used_at").as_str().map(str::to_owned);
    Ok(Listed { client: answered(found)?, last_used_at })
}

fn approved(context: &Context, realm: &str, said: &Value) -> Result<(), Trouble> {
    let client: Client = answered(member(said, "app").clone())?;
    let addresses: serde_json::Map<String, Value> = answered(member(member(said, "app"), "addresses").clone())?;
    let mail = member(said, "mailed").as_bool().unwrap_or_default();
    let mail = client.owner_email.as_deref().filter(|_| mail);
    let link = member(said, "link").as_str().map(str::to_owned);
    app::approved(context, realm, &client, addresses, app::mailed::Mailed::in_hand(mail), link)
}
