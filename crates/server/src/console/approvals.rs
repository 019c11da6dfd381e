//! The apps of all realms that wait for somebody to decide.

use super::build::{status, table, text};
use super::desk::{Desk, Stop};
use super::home::MOST;
use crate::http::Answer;
use crate::pages::views::console::Cell;
use claviger_core::Params;
use claviger_core::client::ClientStatus;
use claviger_core::permission::{Permission, Resource, Verb};

pub(super) async fn open(desk: &Desk<'_>, params: &Params<'_>) -> Result<Answer, Stop> {
    let mut rows = Vec::new();
    for realm in desk.realms().await? {
        if !desk.admin.may(Permission::new(Resource::Apps, Verb::Approve), &realm, None) {
            continue;
        }
        for client in desk.store().list_clients(&realm.id, Some(ClientStatus::Pending), "", MOST).await? {
            let asked = desk.store().asked_for_client(&realm.id, &client.id, MOST).await?;
            let times: i64 = asked.iter().map(|one| one.times).sum();
            let query = super::build::query(&[("id", &client.id)]);
            rows.push([
                Cell::link(client.name.as_str(), format!("{}/r/{}/app?{query}", desk.base, realm.id)),
                Cell::text(realm.name.as_str()),
                Cell::text(client.publisher.clone().unwrap_or_default()),
                Cell::text(client.owner_email.clone().unwrap_or_default()),
                if times == 0 { Cell::None } else { Cell::text(times.to_string()) },
                status(client.status),
            ]);
        }
    }
    let head =
        ["console-app", "console-realm", "console-publisher", "console-owner", "console-asked-for", "console-status"];
    let blocks = vec![text("console-approvals-message"), table("console-approvals", head, rows, "console-none-waits")];
    Ok(desk.show("console-approvals", params, blocks))
}
