//! Who is told what happened in a realm: the operator's webhooks, what they were told, and a try.

use super::build::{check, fact, facts, form, heading, hidden, hinted, line, query, required, table, text};
use super::desk::{At, Of, Stop};
use crate::admin::webhooks::{self, Owner, WebhookEdit};
use crate::http::Answer;
use crate::pages::views::console::{Block, Cell, ConsoleLink, Form, Tone, Words};
use crate::webhooks::Caller;
use claviger_core::Params;
use claviger_core::claims::{id_from_text, id_text};
use claviger_core::permission::{Resource, Verb};
use claviger_core::span::Span;
use claviger_store::{Delivery, EVENTS, Replayed, Webhook};

/// How many deliveries are shown.
const MOST: i64 = 50;
/// For so long the earlier secret signs as well.
const KEEP: Span = Span::seconds(86_400);

pub(super) async fn open(of: &Of<'_>, params: &Params<'_>) -> Result<Answer, Stop> {
    of.must(Resource::Webhooks, Verb::Read)?;
    let all = webhooks::list(of.desk.store(), Some(&of.realm.id), None).await?;
    let rows = all.iter().map(|one| {
        [
            Cell::link(one.url.as_str(), of.url_of("/webhook", &one.id)),
            Cell::codes(one.events.iter().map(String::as_str)),
            if one.client.is_empty() {
                Cell::of("console-webhook-ours")
            } else {
                Cell::link(one.client.as_str(), of.url_of("/app", &one.client))
            },
            standing(one),
            Cell::maybe_at(one.last.as_ref().map(|(at, ..)| *at)),
        ]
    });
    let head = ["console-url", "console-events", "console-webhook-of", "console-status", "console-last-called"];
    let mut blocks =
        vec![text("console-webhooks-message"), table("console-webhooks", head, rows.collect(), "console-no-webhooks")];
    if of.may(Resource::Webhooks, Verb::Write) {
        let mut fields = vec![hinted(required(line("url", "console-url", "")), "console-url-hint")];
        let events = EVENTS.iter().filter(|event| event.name != "test");
        fields.extend(
            events.map(|event| {
                hinted(check("event", Words::text(event.name), event.name, false), Words::text(event.about))
            }),
        );
        blocks.push(heading("console-webhook-add"));
        blocks.push(text("console-webhook-add-what"));
        let form = form(of.url("/webhooks"), "add", "console-webhook-add", Tone::Good, fields);
        blocks.push(Block::Form { form });
    }
    Ok(of.show("console-webhooks", Vec::new(), params, blocks))
}

fn standing(webhook: &Webhook) -> Cell {
    match (webhook.is_active, webhook.failing_since) {
        (false, _) => Cell::tag("console-webhook-off", Tone::Bad),
        (true, Some(_)) => Cell::tag("console-webhook-failing", Tone::Warn),
        (true, None) => Cell::tag("console-status-active", Tone::Good),
    }
}

pub(super) async fn add(of: &Of<'_>, params: &Params<'_>) -> Result<Answer, Stop> {
    of.must(Resource::Webhooks, Verb::Write)?;
    let caller = Caller::of(of.desk.flow.state);
    let events: Vec<String> = params.all("event").map(str::to_owned).collect();
    let owner = Owner { realm: Some(&of.realm), app: None };
    let url = params.get("url").unwrap_or_default().trim();
    let made = webhooks::add(&of.desk.acting(), &caller, owner, url, &events).await.at(of.tail("/webhooks"))?;
    Ok(once(of, made.secret.expose()))
}

/// The secret, which is seen this once.
fn once(of: &Of<'_>, secret: &str) -> Answer {
    of.show_once("console-webhook-secret", trail(of), "console-webhook-secret-what", secret)
}

fn trail(of: &Of<'_>) -> Vec<ConsoleLink> {
    vec![ConsoleLink::new("console-webhooks", of.url("/webhooks"))]
}

/// The webhook that is meant, if it is of this realm.
async fn meant(of: &Of<'_>, params: &Params<'_>) -> Result<Webhook, Stop> {
    let found = webhooks::find(of.desk.store(), params.get("id").unwrap_or_default()).await;
    found.ok().filter(|webhook| webhook.realm == of.realm.id).ok_or(Stop::NotFound)
}

pub(super) async fn one(of: &Of<'_>, params: &Params<'_>) -> Result<Answer, Stop> {
    of.must(Resource::Webhooks, Verb::Read)?;
    let webhook = meant(of, params).await?;
    let deliveries = webhooks::deliveries(of.desk.store(), &webhook.id, None, MOST).await?;
    let may = of.may(Resource::Webhooks, Verb::Write);
    let outcome = webhook.last.as_ref().map(|(_, _, outcome)| outcome.clone()).unwrap_or_default();
    let rows = deliveries.iter().map(|one| row(of, &webhook, one, may)).collect();
    let head = [
        "console-when",
        "console-event",
        "console-status",
        "console-attempts",
        "console-code",
        "console-outcome",
        "console-act",
    ];
    let mut blocks = vec![
        facts(vec![
            fact("console-url", Cell::code(webhook.url.as_str())),
            fact("console-events", Cell::codes(webhook.events.iter().map(String::as_str))),
            fact("console-status", standing(&webhook)),
            fact("console-created", Cell::at(webhook.created_at)),
            fact("console-failing-since", Cell::maybe_at(webhook.failing_since)),
            fact("console-outcome", Cell::text(outcome)),
        ]),
        heading("console-deliveries"),
        table("console-deliveries", head, rows, "console-no-deliveries"),
    ];
    if may {
        blocks.push(heading("console-acts"));
        let all: [(&'static str, &'static str, Tone); 4] = [
            ("test", "console-webhook-test", Tone::Good),
            if webhook.is_active {
                ("off", "console-webhook-turn-off", Tone::Plain)
            } else {
                ("on", "console-webhook-turn-on", Tone::Plain)
            },
            ("rotate", "console-webhook-rotate", Tone::Plain),
            ("remove", "console-delete", Tone::Bad),
        ];
        blocks.extend(all.map(|(act, words, tone)| Block::Form { form: about(of, &webhook, act, words, tone) }));
    }
    Ok(of.show(Words::text(webhook.url.as_str()), trail(of), params, blocks))
}

fn about(of: &Of<'_>, webhook: &Webhook, act: &'static str, words: &'static str, tone: Tone) -> Form {
    form(of.url("/webhook"), act, words, tone, vec![hidden("id", webhook.id.as_str())])
}

fn row(of: &Of<'_>, webhook: &Webhook, one: &Delivery, may: bool) -> [Cell; 7] {
    let id = id_text(&one.id);
    let mut again = about(of, webhook, "replay", "console-replay", Tone::Plain);
    again.fields.push(hidden("delivery", id.as_str()));
    [
        Cell::at(one.created_at),
        Cell::code(one.event.as_str()),
        Cell::text(one.status.as_str()),
        Cell::text(one.attempts.to_string()),
        Cell::text(one.code.map(|code| code.to_string()).unwrap_or_default()),
        Cell::text(one.outcome.clone().unwrap_or_default()),
        if may { super::build::button(again, id) } else { Cell::None },
    ]
}

pub(super) async fn take(of: &Of<'_>, params: &Params<'_>) -> Result<Answer, Stop> {
    of.must(Resource::Webhooks, Verb::Write)?;
    let webhook = meant(of, params).await?;
    let back = format!("{}?{}", of.tail("/webhook"), query(&[("id", &webhook.id)]));
    let (admin, state) = (of.desk.acting(), of.desk.flow.state);
    let caller = Caller::of(state);
    let said = match params.get("act").unwrap_or_default() {
        "test" => {
            webhooks::test(&admin, &caller, &webhook.id).await.at(back.as_str())?;
            "tried"
        }
        act @ ("on" | "off") => {
            let edit = WebhookEdit { active: Some(act == "on"), ..WebhookEdit::default() };
            webhooks::edit(&admin, &caller, &webhook.id, edit).await.at(back.as_str())?;
            "changed"
        }
        "rotate" => {
            let secret = webhooks::rotate_secret(&admin, &caller, &webhook.id, KEEP).await.at(back)?;
            return Ok(once(of, secret.expose()));
        }
        "replay" => {
            let delivery = params.get("delivery").and_then(id_from_text).ok_or(Stop::NotFound)?;
            webhooks::replay(&admin, &webhook.id, Replayed::One(delivery)).await.at(back.as_str())?;
            state.handed_in.notify_one();
            "replayed"
        }
        "remove" => {
            webhooks::remove(&admin, &webhook.id).await.at(back)?;
            return Ok(of.desk.go(&of.tail("/webhooks"), "deleted"));
        }
        _ => return Err(Stop::NotFound),
    };
    Ok(of.desk.go(&back, said))
}
