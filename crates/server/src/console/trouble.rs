//! What somebody should look at, of all realms that they see: errors by app, unusual use, what ends soon.

use super::build::{heading, query, table, text};
use super::desk::{Desk, Stop};
use crate::certificate::Certificate;
use crate::pages::views::console::{Block, Cell, Tone, Words};
use claviger_core::Realm;
use claviger_core::permission::{Permission, Resource, Verb};
use claviger_store::{Ending, EndingKind};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use std::collections::{BTreeMap, HashMap};

pub(super) const DAY: i64 = 86_400_000;

/// So many of the newest calls are looked at.
const LOOKED_AT: usize = 5_000;
/// How many rows a list has here.
const ROWS: usize = 10;
/// What ends within so many days ends soon.
const SOON: i64 = 30;
/// An app with fewer calls is not called unusual.
const FEW: usize = 20;

pub(super) async fn blocks(desk: &Desk<'_>, realms: &[Realm]) -> Result<Vec<Block>, Stop> {
    let mut blocks = calls(desk, realms).await?;
    blocks.extend(ending(desk, realms).await?);
    Ok(blocks)
}

/// The calls of an app.
#[derive(Default)]
struct Calls {
    all: usize,
    refused: usize,
    errors: HashMap<String, usize>,
    last_at: i64,
}

impl Calls {
    fn frequent(&self) -> String {
        let most = self.errors.iter().max_by_key(|(name, count)| (**count, std::cmp::Reverse(name.as_str())));
        most.map(|(name, _)| name.clone()).unwrap_or_default()
    }

    fn is_unusual(&self) -> bool {
        self.all >= FEW && 2 * self.refused > self.all
    }
}

async fn calls(desk: &Desk<'_>, realms: &[Realm]) -> Result<Vec<Block>, Stop> {
    let may = |realm: &Realm| desk.admin.may(Permission::new(Resource::Log, Verb::Read), realm, None);
    let seen: HashMap<&str, &Realm> =
        realms.iter().filter(|realm| may(realm)).map(|realm| (realm.id.as_str(), realm)).collect();
    let Some(log) = desk.flow.state.request_log().filter(|_| !seen.is_empty()) else { return Ok(Vec::new()) };
    let mut apps: BTreeMap<(String, String), Calls> = BTreeMap::new();
    for line in log.newest(desk.now() - DAY, LOOKED_AT).await? {
        if !seen.contains_key(line.realm.as_str()) {
            continue;
        }
        let refused = line.is_refused();
        let app = apps.entry((line.realm, line.client)).or_default();
        app.all += 1;
        app.last_at = app.last_at.max(line.at);
        if refused {
            app.refused += 1;
            *app.errors.entry(line.error).or_default() += 1;
        }
    }
    let mut wrong: Vec<_> = apps.into_iter().filter(|(_, calls)| calls.refused > 0).collect();
    wrong.sort_by_key(|(_, calls)| std::cmp::Reverse(calls.refused));
    let row = |((realm, app), calls): &((String, String), Calls)| {
        let url = format!("{}/r/{realm}/calls?{}", desk.base, query(&[("app", app), ("only", "refused")]));
        let name = if app.is_empty() { Words::of("console-no-app") } else { Words::text(app.as_str()) };
        [
            Cell::Link { words: name, url },
            Cell::text(seen.get(realm.as_str()).map(|realm| realm.name.clone()).unwrap_or_default()),
            Cell::tag(share(calls), if calls.is_unusual() { Tone::Bad } else { Tone::Plain }),
            Cell::code(calls.frequent()),
            Cell::at(calls.last_at),
        ]
    };
    let head = ["console-app", "console-realm", "console-refused", "console-frequent-error", "console-last"];
    let unusual: Vec<_> = wrong.iter().filter(|(_, calls)| calls.is_unusual()).take(ROWS).map(row).collect();
    let errors: Vec<_> = wrong.iter().take(ROWS).map(row).collect();
    Ok(vec![
        heading("console-errors-by-app"),
        text(Words::of("console-errors-by-app-message").count("most", LOOKED_AT)),
        table("console-errors-by-app", head, errors, "console-no-errors-by-app"),
        heading("console-unusual"),
        text(Words::of("console-unusual-message").count("few", FEW)),
        table("console-unusual", head, unusual, "console-nothing-unusual"),
    ])
}

fn share(calls: &Calls) -> Words {
    Words::of("console-refused-of").count("refused", calls.refused).count("all", calls.all)
}

/// What ends within a month.
async fn ending(desk: &Desk<'_>, realms: &[Realm]) -> Result<Vec<Block>, Stop> {
    let (now, until) = (desk.now(), desk.now() + SOON * DAY);
    let found = desk.store().ending(now, until, 100).await?;
    let may = |one: &Ending| {
        let resource = match one.kind {
            EndingKind::Secret => Resource::Secrets,
            EndingKind::Certificate => Resource::Apps,
            EndingKind::Legacy => Resource::Legacy,
            EndingKind::Key => Resource::Keys,
        };
        let realm = realms.iter().find(|realm| realm.id == one.realm)?;
        let may = desk.admin.may(Permission::new(resource, Verb::Read), realm, None);
        may.then_some(realm)
    };
    let place = |realm: &Realm, tail: &str| format!("{}/r/{}{tail}", desk.base, realm.id);
    let row = |(one, realm): (&Ending, &Realm)| {
        let app = place(realm, &format!("/app?{}", query(&[("id", &one.id)])));
        let (kind, url) = match one.kind {
            EndingKind::Secret => ("console-ending-secret", app),
            EndingKind::Certificate => ("console-ending-certificate", app),
            EndingKind::Legacy => ("console-ending-legacy", app),
            EndingKind::Key => ("console-ending-key", place(realm, "/keys")),
        };
        let cells = [
            Cell::of(kind),
            Cell::link(one.id.as_str(), url),
            Cell::code(one.name.as_str()),
            Cell::text(realm.name.as_str()),
            Cell::at(one.at),
        ];
        (one.at, cells)
    };
    let mut rows: Vec<(i64, [Cell; 5])> = found.iter().filter_map(|one| Some((one, may(one)?))).map(row).collect();
    let reads = |realm: &&Realm| desk.admin.may(Permission::new(Resource::Realms, Verb::Read), realm, None);
    for realm in realms.iter().filter(reads) {
        for (subject, at) in authorities(realm).into_iter().filter(|(_, at)| (now..=until).contains(at)) {
            let cells = [
                Cell::of("console-ending-authority"),
                Cell::link(realm.id.as_str(), place(realm, "/settings")),
                Cell::code(subject),
                Cell::text(realm.name.as_str()),
                Cell::at(at),
            ];
            rows.push((at, cells));
        }
    }
    rows.sort_by_key(|(at, _)| *at);
    let rows = rows.into_iter().map(|(_, cells)| cells).take(2 * ROWS).collect();
    let head = ["console-what", "console-id", "console-name", "console-realm", "console-ends"];
    Ok(vec![heading("console-ending"), table("console-ending", head, rows, "console-nothing-ends")])
}

/// The certificates of the authorities that a realm trusts for its clients: whom each names, and when it ends.
fn authorities(realm: &Realm) -> Vec<(String, i64)> {
    let all = CertificateDer::pem_slice_iter(realm.mtls.authorities.as_bytes());
    let read = all.filter_map(|der| Certificate::read(&der.ok()?));
    read.map(|certificate| (certificate.subject(), certificate.ends())).collect()
}
