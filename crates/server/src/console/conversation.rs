//! What happened to an app and what was said about it, on its page; and the question that a reviewer asks.

use super::build::{form, heading, hidden, hinted, lines, required, table};
use super::desk::{Of, Stop};
use crate::admin::reviews;
use crate::pages::views::console::{Block, Cell, Tone, Words};
use claviger_core::Client;
use claviger_core::permission::{Resource, Verb};
use claviger_store::{AppEvent, EventKind, SpeakerKind};

/// The timeline of an app; for those who decide, with the form of a question.
pub(super) async fn blocks(of: &Of<'_>, client: &Client) -> Result<Vec<Block>, Stop> {
    let events = reviews::timeline(of.desk.store(), &of.realm, &client.id).await?;
    let rows = events.iter().map(|event| [Cell::at(event.at), kind(event), speaker(event), words(event)]);
    let head = ["console-when", "console-what", "console-who", "console-words"];
    let mut blocks =
        vec![heading("console-timeline"), table("console-timeline", head, rows.collect(), "console-no-timeline")];
    if of.may(Resource::Apps, Verb::Approve) {
        let fields = vec![
            hidden("id", client.id.as_str()),
            hinted(required(lines("words", "console-question", "")), "console-question-hint"),
        ];
        blocks.push(Block::Form { form: form(of.url("/app"), "ask", "console-ask", Tone::Plain, fields) });
    }
    Ok(blocks)
}

/// What it was.
pub(super) fn kind(event: &AppEvent) -> Cell {
    let (words, tone) = match event.kind {
        EventKind::Requested => ("console-event-requested", Tone::Warn),
        EventKind::Question => ("console-event-question", Tone::Warn),
        EventKind::Answer => ("console-event-answer", Tone::Plain),
        EventKind::Approved => ("console-event-approved", Tone::Good),
        EventKind::Rejected => ("console-event-rejected", Tone::Bad),
        EventKind::Withdrawn => ("console-event-withdrawn", Tone::Plain),
        EventKind::Suspended => ("console-event-suspended", Tone::Bad),
        EventKind::Resumed => ("console-event-resumed", Tone::Good),
        EventKind::Changed => ("console-event-changed", Tone::Plain),
        EventKind::ChangeRequested => ("console-event-change-requested", Tone::Warn),
        EventKind::Deadline => ("console-event-deadline", Tone::Warn),
        EventKind::DeadlineRemoved => ("console-event-deadline-removed", Tone::Plain),
        EventKind::LegacyEnded => ("console-event-legacy-ended", Tone::Warn),
        _ => return Cell::tag(Words::text(event.kind.name()), Tone::Plain),
    };
    Cell::tag(words, tone)
}

fn speaker(event: &AppEvent) -> Cell {
    let side = match event.by_kind {
        SpeakerKind::Operator => "console-side-operator",
        SpeakerKind::Partner => "console-side-partner",
        SpeakerKind::App => "console-side-app",
        _ => "console-side-file",
    };
    Cell::Many { cells: vec![Cell::text(event.by_name.as_str()), Cell::of(side)] }
}

fn words(event: &AppEvent) -> Cell {
    if event.words.is_empty() { Cell::None } else { Cell::Lines { text: event.words.clone() } }
}
