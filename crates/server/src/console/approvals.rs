//! The apps of all realms that wait for somebody to decide.

use super::build::{table, text};
use super::conversation;
use super::desk::{Desk, Stop};
use super::home::MOST;
use crate::admin::reviews;
use crate::http::Answer;
use crate::pages::views::console::{Block, Cell};
use claviger_core::permission::{Permission, Resource, Verb};
use claviger_core::{Params, Realm};
use claviger_store::WaitingApp;

pub(super) async fn open(desk: &Desk<'_>, params: &Params<'_>) -> Result<Answer, Stop> {
    let mut waiting = Vec::new();
    for realm in desk.realms().await? {
        if !desk.admin.may(Permission::new(Resource::Apps, Verb::Approve), &realm, None) {
            continue;
        }
        let queue = reviews::queue(desk.store(), &realm, None).await?;
        waiting.extend(queue.apps.into_iter().map(|app| (realm.clone(), app)));
    }
    // Whoever waits longest comes first, in whatever realm.
    waiting.sort_by_key(|(_, app)| app.created_at);
    let mut rows = Vec::new();
    for (realm, app) in &waiting {
        rows.push(row(desk, realm, app).await?);
    }
    let head = [
        "console-app",
        "console-realm",
        "console-publisher",
        "console-owner",
        "console-since",
        "console-last-event",
        "console-asked-for",
    ];
    let waits = table("console-approvals", head, rows, "console-none-waits");
    let blocks = vec![text("console-approvals-message"), Block::Live { id: "waiting", blocks: vec![waits] }];
    Ok(desk.show("console-approvals", params, blocks))
}

async fn row(desk: &Desk<'_>, realm: &Realm, app: &WaitingApp) -> Result<[Cell; 7], Stop> {
    let client = &app.client;
    let asked = desk.store().asked_for_client(&realm.id, &client.id, MOST).await?;
    let times: i64 = asked.iter().map(|one| one.times).sum();
    let query = super::build::query(&[("id", &client.id)]);
    Ok([
        Cell::link(client.name.as_str(), format!("{}/r/{}/app?{query}", desk.base, realm.id)),
        Cell::text(realm.name.as_str()),
        Cell::text(client.publisher.clone().unwrap_or_default()),
        Cell::text(client.owner_email.clone().unwrap_or_default()),
        Cell::at(app.created_at),
        app.last.as_ref().map_or(Cell::None, conversation::kind),
        if times == 0 { Cell::None } else { Cell::text(times.to_string()) },
    ])
}
