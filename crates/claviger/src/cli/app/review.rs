//! `claviger app queue`, `app timeline`, `app ask`: apps that wait, and what is said about them.

use crate::cli::context::{Context, Data};
use crate::cli::output;
use crate::cli::trouble::Trouble;
use claviger_core::Realm;
use claviger_server::admin::partner_letters::Desk;
use claviger_server::admin::{apps, reviews};
use claviger_store::AppEvent;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
pub(crate) struct Event {
    number: i64,
    at: String,
    kind: String,
    side: String,
    by: String,
    text: String,
}

impl From<AppEvent> for Event {
    fn from(event: AppEvent) -> Self {
        Self {
            number: event.number,
            at: output::time(event.at),
            kind: event.kind.name().to_owned(),
            side: event.by_kind.name().to_owned(),
            by: event.by_name,
            text: event.words,
        }
    }
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Waiting {
    #[serde(alias = "id")]
    client_id: String,
    name: String,
    #[serde(alias = "owner_email")]
    owner: Option<String>,
    since: String,
    last: Option<Event>,
}

/// Prints the apps that wait.
pub(super) async fn queue(context: &Context, data: &Data, realm: &Realm) -> Result<(), Trouble> {
    let (mut all, mut cursor) = (Vec::new(), None);
    loop {
        let page = reviews::queue(&data.store, realm, cursor.as_deref()).await?;
        all.extend(page.apps.into_iter().map(|app| Waiting {
            client_id: app.client.id,
            name: app.client.name,
            owner: app.client.owner_email,
            since: output::time(app.created_at),
            last: app.last.map(Into::into),
        }));
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    waiting(context, &all)
}

/// Prints apps that wait.
pub(crate) fn waiting(context: &Context, all: &[Waiting]) -> Result<(), Trouble> {
    context.format.list(["client", "name", "owner", "since", "last"], all, |app| {
        let last = app.last.as_ref().map(|event| format!("{} {}", event.at, event.kind)).unwrap_or_default();
        let owner = app.owner.clone().unwrap_or_default();
        [app.client_id.clone(), app.name.clone(), owner, app.since.clone(), last]
    })
}

/// Prints what happened to an app.
pub(super) async fn timeline(context: &Context, data: &Data, realm: &Realm, id: &str) -> Result<(), Trouble> {
    let events = reviews::timeline(&data.store, realm, id).await?;
    self::events(context, &events.into_iter().map(Into::into).collect::<Vec<_>>())
}

/// Prints what happened.
pub(crate) fn events(context: &Context, events: &[Event]) -> Result<(), Trouble> {
    context.format.list(["number", "at", "what", "side", "by", "text"], events, |event| {
        let (kind, side) = (event.kind.clone(), event.side.clone());
        [event.number.to_string(), event.at.clone(), kind, side, event.by.clone(), event.text.clone()]
    })
}

/// Asks an app's owner something.
pub(super) async fn ask(
    context: &Context,
    data: &Data,
    realm: &Realm,
    (id, text): (&str, &str),
) -> Result<(), Trouble> {
    let (secrets, pages) = (data.secrets().await?, context.pages()?);
    reviews::ask(&data.admin(), Desk { secrets: &secrets, pages: &pages }, realm, id, text).await?;
    let owner = apps::find(&data.store, realm, id).await?.owner_email;
    asked(context, &realm.id, (id, text), owner)
}

/// Says what an app's owner was asked.
pub(crate) fn asked(
    context: &Context,
    realm: &str,
    (id, text): (&str, &str),
    owner: Option<String>,
) -> Result<(), Trouble> {
    let item = serde_json::json!({ "realm": realm, "client_id": id, "asked": text, "mail": owner });
    let told = owner.unwrap_or_else(|| "none: the app has no owner's address".to_owned());
    context.format.one(&item, &[("client id", id.to_owned()), ("mail to", told)])
}

/// Says what was written down as an app's answer.
pub(crate) fn answered(context: &Context, realm: &str, (id, text): (&str, &str)) -> Result<(), Trouble> {
    let item = serde_json::json!({ "realm": realm, "client_id": id, "answered": text });
    context.format.one(&item, &[("client id", id.to_owned()), ("answered", text.to_owned())])
}
