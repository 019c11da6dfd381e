//! What a realm's contract weakens: who needs it, what it risks, how often it was used lately.

use super::build::{heading, query, table, text};
use super::desk::{Of, Stop};
use super::home::DAYS;
use crate::http::Answer;
use crate::pages::views::console::{Block, Cell, Chart, Tone, Words};
use claviger_core::Params;
use claviger_core::dialect::Legacy;
use claviger_core::permission::{Resource, Verb};
use claviger_store::{LegacyDeadline, LegacyUse};
use std::collections::BTreeMap;

/// How many deadlines are shown at most, the first to end first.
pub(super) const MOST_DEADLINES: i64 = 500;

pub(super) async fn open(of: &Of<'_>, params: &Params<'_>) -> Result<Answer, Stop> {
    of.must(Resource::Legacy, Verb::Read)?;
    let today = of.desk.now() / 86_400_000;
    let uses = of.desk.store().legacy_uses(&of.realm.id, today - DAYS).await?;
    let deadlines = of.desk.store().deadlines_by_end(&of.realm.id, MOST_DEADLINES).await?;
    let may = of.may(Resource::Apps, Verb::Write);
    let weakenings = of.realm.dialect.weakenings();
    let rows = weakenings.iter().map(|one| {
        let name = one.key.strip_prefix("permits: ").unwrap_or_default();
        let calls: i64 = uses.iter().filter(|used| used.legacy == name).map(|used| used.count).sum();
        [
            Cell::code(one.key.as_str()),
            Cell::of(if one.per_client { "console-per-client" } else { "console-for-everyone" }),
            Cell::text(one.risk.as_str()),
            if name.is_empty() { Cell::None } else { Cell::text(calls.to_string()) },
            if may && Legacy::ALL.iter().any(|one| one.name() == name) {
                let url = format!("{}?{}", of.url("/deadline"), query(&[("legacy", name)]));
                Cell::Link { words: "console-deadline-for-all".into(), url }
            } else {
                Cell::None
            },
        ]
    });
    let head = ["console-weakening", "console-for-whom", "console-risk", "console-calls", "console-deadline"];
    let blocks = vec![
        text(Words::of("console-dialect-message").name("dialect", of.realm.dialect.name.as_str())),
        table("console-weakenings", head, rows.collect(), "console-no-weakenings"),
        heading("console-who-needs-it"),
        by_app(of, &uses, &deadlines),
        Block::Chart { chart: Chart::new("console-calls-by-day", by_day(&uses, today)) },
    ];
    Ok(of.show("console-dialect", Vec::new(), params, blocks))
}

/// Which app used what, how often, when last, and until when it may.
fn by_app(of: &Of<'_>, uses: &[LegacyUse], deadlines: &[LegacyDeadline]) -> Block {
    let mut sums: BTreeMap<(&str, &str), Needs<'_>> = BTreeMap::new();
    for one in uses {
        let sum = sums.entry((&one.client, &one.legacy)).or_default();
        (sum.count, sum.day) = (sum.count + one.count, Some(one.day).max(sum.day));
    }
    for one in deadlines {
        sums.entry((&one.client, &one.legacy)).or_default().deadline = Some(one);
    }
    let may = of.may(Resource::Apps, Verb::Write);
    let row = |((client, legacy), needs): (&(&str, &str), &Needs<'_>)| {
        let url = format!("{}?{}", of.url("/deadline"), query(&[("legacy", legacy), ("app", client)]));
        [
            Cell::link(*client, of.url_of("/app", client)),
            Cell::tag(Words::text(*legacy), Tone::Warn),
            Cell::text(needs.count.to_string()),
            needs.day.map_or(Cell::None, |day| Cell::text(day_text(day))),
            needs.deadline.map_or(Cell::None, ends),
            if may { Cell::Link { words: "console-deadline-change".into(), url } } else { Cell::None },
        ]
    };
    let head =
        ["console-app", "console-weakening", "console-calls", "console-last-used", "console-ends", "console-deadline"];
    table("console-who-needs-it", head, sums.iter().map(row).collect(), "console-nobody-needs-it")
}

/// What is known of an app and a behaviour.
#[derive(Default)]
struct Needs<'a> {
    count: i64,
    day: Option<i64>,
    deadline: Option<&'a LegacyDeadline>,
}

/// When it ends, and what is then.
pub(super) fn ends(one: &LegacyDeadline) -> Cell {
    let (words, tone) = match (one.ended_at.is_some(), one.enforce) {
        (false, false) => ("console-deadline-notice", Tone::Plain),
        (false, true) => ("console-deadline-enforced", Tone::Warn),
        (true, false) => ("console-deadline-over", Tone::Warn),
        (true, true) => ("console-deadline-refused", Tone::Bad),
    };
    Cell::Many { cells: vec![Cell::at(one.ends_at), Cell::tag(words, tone)] }
}

fn by_day(uses: &[LegacyUse], today: i64) -> Vec<(String, i64)> {
    let count = |day| uses.iter().filter(|one| one.day == day).map(|one| one.count).sum();
    (today - DAYS + 1..=today).map(|day| (day_text(day), count(day))).collect()
}

fn day_text(day: i64) -> String {
    crate::pages::Moment::of(day.saturating_mul(86_400_000)).day
}
