//! The request log of an app: its calls, what went wrong with them and how to mend it, and one refused call gone through again.

use super::build::{PAGE, choice, fact, facts, heading, hidden, line, listing, query, question, table, text};
use super::desk::{Of, Stop};
use crate::admin::log::{self, ErrorGroup, LoggedCall};
use crate::admin::replay::{self, Outcome};
use crate::http::Answer;
use crate::pages::views::console::{Block, Cell, ConsoleLink, Tone, Words};
use claviger_core::Params;
use claviger_core::permission::{Resource, Verb};
use claviger_store::{RequestFilter, RequestLog};

/// Errors are grouped over so many days.
const DAYS: i64 = 7;

/// The log, for those who may see it; where none is written there is no such page.
fn log_of(of: &Of<'_>) -> Result<RequestLog, Stop> {
    of.must(Resource::Log, Verb::Read)?;
    of.desk.flow.state.request_log().ok_or(Stop::NotFound)
}

fn trail(of: &Of<'_>, app: &str) -> Vec<ConsoleLink> {
    let mut trail = vec![ConsoleLink::new("console-apps", of.url("/apps"))];
    if !app.is_empty() {
        trail.push(ConsoleLink::new(Words::text(app), of.url_of("/app", app)));
    }
    trail
}

pub(super) async fn open(of: &Of<'_>, params: &Params<'_>) -> Result<Answer, Stop> {
    let log = log_of(of)?;
    let (app, before) = (params.get("app").unwrap_or_default(), params.get("before").unwrap_or_default());
    let only = params.get("only").unwrap_or_default();
    let key = (of.realm.id.as_str(), app);
    let filter = RequestFilter { refused: only == "refused", ..RequestFilter::default() };
    let limit = usize::try_from(PAGE).unwrap_or_default();
    let calls = log::calls(&log, key, &filter, Some(before).filter(|id| !id.is_empty()), limit).await?;
    let more = calls.last().filter(|_| calls.len() == limit);
    let more = more
        .map(|last| format!("{}?{}", of.url("/calls"), query(&[("app", app), ("only", only), ("before", &last.id)])));
    let groups = log::errors(&log, key, of.desk.now() - DAYS * 86_400_000).await?;
    let options = [("", "console-all"), ("refused", "console-only-refused")];
    let options = options.into_iter().map(|(value, words)| (value.to_owned(), Words::of(words)));
    let head = [
        "console-when",
        "console-endpoint",
        "console-grant-type",
        "console-status",
        "console-error",
        "console-from",
        "console-reference",
    ];
    let rows = calls.iter().map(|call| row(of, call)).collect();
    let listed = listing("console-calls-log", head, rows, "console-no-calls", more);
    let blocks = vec![
        heading("console-errors"),
        Block::Live { id: "errors", blocks: vec![errors(of, &groups)] },
        heading("console-calls-log"),
        question(
            of.url("/calls"),
            "console-filter",
            vec![hidden("app", app), choice("only", "console-status", options, only)],
        ),
        Block::Live { id: "calls", blocks: vec![listed] },
    ];
    Ok(of.show("console-calls-log", trail(of, app), params, blocks))
}

/// What went wrong, the most frequent first, with how to mend each.
fn errors(of: &Of<'_>, groups: &[ErrorGroup]) -> Block {
    let row = |one: &ErrorGroup| {
        [
            Cell::code(one.error.as_str()),
            Cell::text(one.detail.as_str()),
            mend(&one.kind),
            Cell::text(one.count.to_string()),
            Cell::at(one.last_at),
            Cell::link(one.reference.as_str(), reference_url(of, &one.reference)),
        ]
    };
    let head =
        ["console-error", "console-detail", "console-mend", "console-count", "console-last", "console-reference"];
    table("console-errors", head, groups.iter().map(row).collect(), "console-no-errors")
}

/// What to do about a refusal of this kind.
fn mend(kind: &str) -> Cell {
    Words::mend(kind).map_or(Cell::None, Cell::of)
}

fn reference_url(of: &Of<'_>, reference: &str) -> String {
    format!("{}?{}", of.url("/call"), query(&[("reference", reference)]))
}

fn row(of: &Of<'_>, call: &LoggedCall) -> [Cell; 7] {
    [
        Cell::at(call.at),
        Cell::code(call.endpoint.as_str()),
        Cell::code(call.grant_type.as_str()),
        if call.status == 0 {
            let lost = usize::try_from(call.said.lost).unwrap_or(usize::MAX);
            Cell::of(Words::of("console-lost").count("count", lost))
        } else {
            Cell::tag(Words::text(call.status.to_string()), if call.status < 400 { Tone::Good } else { Tone::Bad })
        },
        Cell::code(call.error.as_str()),
        Cell::code(call.said.address.as_str()),
        Cell::link(call.reference.as_str(), reference_url(of, &call.reference)),
    ]
}

/// One call; of a refused one, each check that it went through.
pub(super) async fn one(of: &Of<'_>, params: &Params<'_>) -> Result<Answer, Stop> {
    let log = log_of(of)?;
    let reference = params.get("reference").unwrap_or_default().trim();
    let now = of.desk.now();
    let call = log::call(&log, reference, None, now).await;
    let call = call.ok().filter(|call| call.realm == of.realm.id).ok_or(Stop::NotFound)?;
    let mut blocks = vec![facts(vec![
        fact("console-when", Cell::at(call.at)),
        fact("console-app", Cell::link(call.app.as_str(), of.url_of("/app", &call.app))),
        fact("console-endpoint", Cell::code(call.endpoint.as_str())),
        fact("console-grant-type", Cell::code(call.grant_type.as_str())),
        fact("console-status", Cell::code(call.status.to_string())),
        fact("console-error", Cell::code(call.error.as_str())),
        fact("console-detail", Cell::text(call.detail.as_str())),
        fact("console-mend", mend(&call.kind)),
        fact("console-from", Cell::code(call.said.address.as_str())),
        fact("console-proof", Cell::code(call.said.proof.as_str())),
        fact("console-scopes", Cell::code(call.said.scope.as_str())),
    ])];
    if !call.error.is_empty() {
        let (store, secrets) = (of.desk.store(), &of.desk.flow.state.secrets);
        // What failed on this side has no checks to go through.
        let replay = replay::replay(store, &log, secrets, &of.realm, reference, now).await;
        let checks = replay.map(|replay| replay.checks).unwrap_or_default();
        let rows = checks.iter().map(|one| {
            let outcome = match one.outcome {
                Outcome::Passed => Cell::tag("console-check-passed", Tone::Good),
                Outcome::Failed => Cell::tag("console-check-failed", Tone::Bad),
                Outcome::NotReached => Cell::tag("console-check-not-reached", Tone::Plain),
            };
            let mend = if one.outcome == Outcome::Failed { mend(&call.kind) } else { Cell::None };
            [Cell::of(Words::check(one.check)), outcome, Cell::text(one.compared.as_str()), mend]
        });
        let head = ["console-check", "console-outcome", "console-compared", "console-mend"];
        blocks.push(heading("console-replayed"));
        blocks.push(text("console-replayed-message"));
        blocks.push(table("console-replayed", head, rows.collect(), "console-no-checks"));
    }
    Ok(of.show(Words::text(reference), trail(of, &call.app), params, blocks))
}

/// Finds a call by the reference that an error page or an answer names.
pub(super) fn find(of: &Of<'_>) -> Block {
    question(of.url("/call"), "console-call-find", vec![line("reference", "console-reference", "")])
}
