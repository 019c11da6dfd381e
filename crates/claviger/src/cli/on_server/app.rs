//! `claviger app` at a server.

use super::not_here;
use crate::cli::app::{self, AppCommand, Create, Listed};
use crate::cli::ask;
use crate::cli::context::Context;
use crate::cli::place::{Server, answered, member, text};
use crate::cli::trouble::{Exit, Trouble};
use claviger_core::Client;
use claviger_server::admin::apps::Registration;
use serde_json::{Value, json};

/// Does it.
pub(crate) async fn run(command: AppCommand, context: &Context, server: &Server) -> Result<(), Trouble> {
    let realm = server.realm().await?;
    let act =
        async |id: &str, what: &str, body: Value| server.post(&["realms", &realm.id, "apps", id, what], body).await;
    let find = async |id: &str| server.get(&["realms", &realm.id, "apps", id], &[]).await;
    match command {
        AppCommand::List { status } => {
            let status = status.map(|status| claviger_core::client::ClientStatus::from(status).name());
            let query: Vec<_> = status.iter().map(|status| ("status", *status)).collect();
            let found = server.all(&["realms", &realm.id, "apps"], &query, usize::MAX).await?;
            app::listed(context, &found.into_iter().map(listed).collect::<Result<Vec<_>, _>>()?)
        }
        AppCommand::Create(create) => {
            let approve = create.is_approved();
            let made = server.post(&["realms", &realm.id, "apps"], wanted(create)?).await?;
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
        AppCommand::Queue => {
            let found = server.get(&["realms", &realm.id, "waiting-apps"], &[]).await?;
            app::review::waiting(context, &answered::<Vec<_>>(member(&found, "items").clone())?)
        }
        AppCommand::Timeline { id } => {
            let found = server.get(&["realms", &realm.id, "apps", &id, "timeline"], &[]).await?;
            app::review::events(context, &answered::<Vec<_>>(member(&found, "items").clone())?)
        }
        AppCommand::Ask { id, text: words } => {
            act(&id, "question", json!({ "text": words })).await?;
            let owner = member(&find(&id).await?, "owner_email").as_str().map(str::to_owned);
            app::review::asked(context, &realm.id, (&id, &words), owner)
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
            server.delete(&["realms", &realm.id, "apps", &id], &[]).await?;
            app::done_in(context, &realm.id, &id, "deleted")
        }
        AppCommand::CheckRedirect { id, uri } => {
            crate::cli::redirect::check(context, &answered::<Client>(find(&id).await?)?, &uri)
        }
        AppCommand::Show { .. } => Err(not_here("`claviger app show`")),
        AppCommand::Edit(_) => Err(not_here("`claviger app edit`")),
    }
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

/// A new app as the API has it.
fn wanted(create: Create) -> Result<Value, Trouble> {
    let new = create.registration()?;
    let usual = Registration::default();
    let has = [
        ("--id-token-signing", new.id_token_signing == usual.id_token_signing),
        ("--claims-in-id-token", new.id_token_claims == usual.id_token_claims),
        ("--require-pkce", new.pkce == usual.pkce),
        ("--token-endpoint-auth-signing-alg", new.authentication.signing_alg.is_none()),
        ("an option of certificates", new.authentication.certificate == usual.authentication.certificate),
        ("an option of signing and encryption", new.protection == usual.protection),
        ("an option of request objects", new.requests == usual.requests),
        ("--subject-type", new.identity == usual.identity),
        ("an option of token exchange", new.token_exchange == usual.token_exchange),
        ("an option of logging out", new.logout == usual.logout),
    ];
    if let Some((option, _)) = has.iter().find(|(_, is_usual)| !is_usual) {
        return Err(not_here(&format!("{option} of `claviger app create`")));
    }
    let keys = new.jwks.map(|keys| serde_json::from_str::<Value>(&keys)).transpose();
    let keys = keys.map_err(|error| Trouble::new(Exit::Configuration, format!("--jwks: {error}")))?;
    let mut body = json!({
        "id": new.id, "name": new.name, "publisher": new.publisher, "owner_email": new.owner_email,
        "public": new.public, "in_browser": new.in_browser, "redirect_uris": new.redirect_uris, "scope": new.scope,
        "audiences": new.audiences, "legacy": new.legacy, "jwks": keys, "jwks_uri": new.jwks_uri,
        "token_endpoint_auth_method": new.authentication.method, "grants": new.grants,
        "post_logout_redirect_uris": new.post_logout_redirect_uris,
    });
    if let Some(members) = body.as_object_mut() {
        members.retain(|_, value| !value.is_null() && !value.as_array().is_some_and(Vec::is_empty));
    }
    Ok(body)
}
