//! The first page: what waits, what is wrong, what ends soon.

use super::build::{fact, facts, heading, table, text};
use super::desk::{Desk, Stop};
use super::trouble::{self, DAY};
use crate::admin::mails;
use crate::http::Answer;
use crate::pages::views::console::{Cell, Tone, Words};
use claviger_core::Params;
use claviger_core::permission::{Permission, Resource, Verb};

/// How many waiting apps of a realm are counted at most.
pub(super) const MOST: i64 = 100;
/// Days for which the use of old behaviours is summed up.
pub(super) const DAYS: i64 = 30;

pub(super) async fn open(desk: &Desk<'_>, params: &Params<'_>) -> Result<Answer, Stop> {
    let realms = desk.realms().await?;
    let (store, since) = (desk.store(), desk.now() / DAY - DAYS);
    let (waits, used) = (store.waiting_by_realm().await?, store.legacy_by_realm(since).await?);
    let (mut rows, mut waiting) = (Vec::new(), 0);
    for realm in &realms {
        let count = waits.get(&realm.id).copied().and_then(|count| usize::try_from(count).ok()).unwrap_or_default();
        waiting += count;
        let url = |place: &str| format!("{}/r/{}{place}", desk.base, realm.id);
        let waits = match count {
            0 => Cell::None,
            count => Cell::tag(Words::of("console-waiting").count("count", count), Tone::Warn),
        };
        rows.push([
            Cell::link(realm.name.as_str(), url("")),
            Cell::code(realm.issuer.as_str()),
            Cell::code(realm.dialect.name.as_str()),
            waits,
            used.get(&realm.id).map_or(Cell::None, |count| Cell::link(count.to_string(), url("/dialect"))),
        ]);
    }
    let head = ["console-realm", "console-issuer", "console-dialect", "console-approvals", "console-legacy-calls"];
    let mut blocks = vec![match waiting {
        0 => text("console-none-waits"),
        count => text(Words::of("console-some-wait").count("count", count)),
    }];
    blocks.extend(trouble::blocks(desk, &realms).await?);
    blocks.push(heading("console-realms"));
    blocks.push(table("console-realms", head, rows, "console-no-realms"));
    if desk.admin.may_everywhere(Permission::new(Resource::Health, Verb::Read)) {
        blocks.push(heading("console-health"));
        blocks.push(facts(vec![
            fact("console-version", Cell::code(env!("CARGO_PKG_VERSION"))),
            fact("console-database", database(desk)),
            fact("console-mails", unsent(desk).await?),
        ]));
    }
    Ok(desk.show("console-home", params, blocks))
}

fn database(desk: &Desk<'_>) -> Cell {
    let is_current = desk.flow.state.follower().is_current();
    if is_current { Cell::tag("console-well", Tone::Good) } else { Cell::tag("console-behind", Tone::Bad) }
}

/// Mails that nobody got.
async fn unsent(desk: &Desk<'_>) -> Result<Cell, Stop> {
    let failed = mails::list(desk.store()).await?.iter().filter(|mail| mail.given_up_at.is_some()).count();
    Ok(match failed {
        0 => Cell::tag("console-well", Tone::Good),
        count => Cell::tag(Words::of("console-mails-failed").count("count", count), Tone::Bad),
    })
}
