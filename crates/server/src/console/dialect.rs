//! What a realm's contract weakens: who needs it, what it risks, how often it was used lately.

use super::build::{heading, table, text};
use super::desk::{Of, Stop};
use super::home::DAYS;
use crate::http::Answer;
use crate::pages::views::console::{Block, Cell, Chart, Tone, Words};
use claviger_core::Params;
use claviger_core::permission::{Resource, Verb};
use claviger_store::LegacyUse;
use std::collections::BTreeMap;

pub(super) async fn open(of: &Of<'_>, params: &Params<'_>) -> Result<Answer, Stop> {
    of.must(Resource::Legacy, Verb::Read)?;
    let today = of.desk.now() / 86_400_000;
    let uses = of.desk.store().legacy_uses(&of.realm.id, today - DAYS).await?;
    let weakenings = of.realm.dialect.weakenings();
    let rows = weakenings.iter().map(|one| {
        let name = one.key.strip_prefix("permits: ").unwrap_or_default();
        let calls: i64 = uses.iter().filter(|used| used.legacy == name).map(|used| used.count).sum();
        [
            Cell::code(one.key.as_str()),
            Cell::of(if one.per_client { "console-per-client" } else { "console-for-everyone" }),
            Cell::text(one.risk.as_str()),
            if name.is_empty() { Cell::None } else { Cell::text(calls.to_string()) },
        ]
    });
    let head = ["console-weakening", "console-for-whom", "console-risk", "console-calls"];
    let blocks = vec![
        text(Words::of("console-dialect-message").name("dialect", of.realm.dialect.name.as_str())),
        table("console-weakenings", head, rows.collect(), "console-no-weakenings"),
        heading("console-who-needs-it"),
        by_app(of, &uses),
        Block::Chart { chart: Chart::new("console-calls-by-day", by_day(&uses, today)) },
    ];
    Ok(of.show("console-dialect", Vec::new(), params, blocks))
}

/// Which app used what, how often, when last.
fn by_app(of: &Of<'_>, uses: &[LegacyUse]) -> Block {
    let mut sums: BTreeMap<(&str, &str), (i64, i64)> = BTreeMap::new();
    for one in uses {
        let sum = sums.entry((&one.client, &one.legacy)).or_default();
        *sum = (sum.0 + one.count, sum.1.max(one.day));
    }
    let row = |((client, legacy), (count, day)): (&(&str, &str), &(i64, i64))| {
        [
            Cell::link(*client, of.url_of("/app", client)),
            Cell::tag(Words::text(*legacy), Tone::Warn),
            Cell::text(count.to_string()),
            Cell::text(day_text(*day)),
        ]
    };
    let head = ["console-app", "console-weakening", "console-calls", "console-last-used"];
    table("console-who-needs-it", head, sums.iter().map(row).collect(), "console-nobody-needs-it")
}

fn by_day(uses: &[LegacyUse], today: i64) -> Vec<(String, i64)> {
    let count = |day| uses.iter().filter(|one| one.day == day).map(|one| one.count).sum();
    (today - DAYS + 1..=today).map(|day| (day_text(day), count(day))).collect()
}

fn day_text(day: i64) -> String {
    crate::pages::Moment::of(day.saturating_mul(86_400_000)).day
}
