//! The apps of a realm: found by name or id, by where they stand.

use super::build::{PAGE, choice, line, listing, query, search, status};
use super::desk::{Of, Stop};
use crate::http::Answer;
use crate::pages::views::console::{Block, Cell, ConsoleLink, Tone, Words};
use claviger_core::client::ClientStatus;
use claviger_core::permission::{Resource, Verb};
use claviger_core::{Client, Params};

/// Where an app can stand.
const ALL: [ClientStatus; 4] =
    [ClientStatus::Pending, ClientStatus::Active, ClientStatus::Rejected, ClientStatus::Suspended];

pub(super) async fn open(of: &Of<'_>, params: &Params<'_>) -> Result<Answer, Stop> {
    of.must(Resource::Apps, Verb::Read)?;
    let wanted = params.get("status").unwrap_or_default();
    let (asked, after) = (params.get("q").unwrap_or_default().trim(), params.get("after").unwrap_or_default());
    let standing = ALL.into_iter().find(|one| one.name() == wanted);
    let store = of.desk.store();
    let found = if asked.is_empty() {
        store.list_clients(&of.realm.id, standing, after, PAGE + 1).await?
    } else {
        store.find_clients(&of.realm.id, standing, asked, after, PAGE + 1).await?
    };
    let ids: Vec<&str> = found.iter().map(|client| client.id.as_str()).collect();
    let last = store.last_uses(&of.realm.id, &ids).await?;
    let more = found.get(usize::try_from(PAGE).unwrap_or_default()).and_then(|_| {
        let end = found.get(usize::try_from(PAGE - 1).unwrap_or_default())?;
        Some(format!("{}?{}", of.url("/apps"), query(&[("q", asked), ("status", wanted), ("after", &end.id)])))
    });
    let shown = found.iter().take(usize::try_from(PAGE).unwrap_or_default());
    let rows = shown.map(|client| row(of, client, last.get(&client.id).copied())).collect();
    let mut blocks = vec![filter(of, asked, wanted)];
    if of.desk.flow.state.request_log().is_some() && of.may(Resource::Log, Verb::Read) {
        blocks.push(super::calls::find(of));
    }
    let head =
        ["console-app", "console-id", "console-publisher", "console-kind", "console-status", "console-last-used"];
    let empty = if asked.is_empty() && standing.is_none() { "console-no-apps" } else { "console-no-such" };
    blocks.push(listing("console-apps", head, rows, empty, more));
    if of.may(Resource::Apps, Verb::Write) {
        blocks.push(Block::Links { links: vec![ConsoleLink::new("console-app-new", of.url("/apps/new"))] });
    }
    Ok(of.show("console-apps", Vec::new(), params, blocks))
}

fn row(of: &Of<'_>, client: &Client, used_at: Option<i64>) -> [Cell; 6] {
    [
        Cell::link(client.name.as_str(), of.url_of("/app", &client.id)),
        Cell::code(client.id.as_str()),
        Cell::text(client.publisher.clone().unwrap_or_default()),
        if client.is_agent() { Cell::tag("console-agent", Tone::Plain) } else { Cell::None },
        status(client.status),
        Cell::maybe_at(used_at),
    ]
}

fn filter(of: &Of<'_>, asked: &str, wanted: &str) -> Block {
    let all = ALL.into_iter().map(|one| (one.name().to_owned(), words(one)));
    let options = std::iter::once((String::new(), Words::of("console-all"))).chain(all);
    let fields = vec![line("q", "console-app-search", asked), choice("status", "console-status", options, wanted)];
    search(of.url("/apps"), fields)
}

fn words(status: ClientStatus) -> Words {
    Words::of(match status {
        ClientStatus::Pending => "console-status-pending",
        ClientStatus::Active => "console-status-active",
        ClientStatus::Rejected => "console-status-rejected",
        ClientStatus::Suspended => "console-status-suspended",
    })
}
