//! `claviger webhook` at a server.

use crate::cli::ask;
use crate::cli::context::Context;
use crate::cli::output;
use crate::cli::place::{Server, answered, member, put, put_some, text};
use crate::cli::trouble::Trouble;
use crate::cli::webhook::shown::{self, Listed, Outcome};
use crate::cli::webhook::{Add, Edit, Replay, WebhookCommand};
use claviger_core::span::Span;
use claviger_server::clock::Clock;
use reqwest::Method;
use serde_json::{Value, json};

/// Does it.
pub(crate) async fn run(command: WebhookCommand, context: &Context, server: &Server) -> Result<(), Trouble> {
    let format = context.format;
    let act = async |id: &str, what: &str, wanted: Value| {
        server.act(&Method::POST, &["webhooks", id, what], &[], Some(&wanted)).await
    };
    match command {
        WebhookCommand::List { app } => {
            let all = [("realm", server.realm_wanted()), ("app", app.as_deref())];
            let query: Vec<_> = all.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
            let found = server.all(&["webhooks"], &query, usize::MAX).await?;
            shown::list(format, &found.into_iter().map(Listed::known).collect::<Result<Vec<_>, _>>()?)
        }
        WebhookCommand::Add(add) => added(add, context, server).await,
        WebhookCommand::Edit(Edit { id, url, events, active }) => {
            let mut wanted = json!({});
            put_some(&mut wanted, "url", url);
            put_some(&mut wanted, "active", active);
            if !events.is_empty() {
                put(&mut wanted, "events", events);
            }
            let after = server.act(&Method::PATCH, &["webhooks", &id], &[], Some(&wanted)).await?;
            let after = Listed::known(after)?;
            format.one(&after, &after.pairs())
        }
        WebhookCommand::Remove { id, yes } => {
            let webhook = Listed::known(server.get(&["webhooks", &id], &[]).await?)?;
            ask::confirm(yes, &shown::removal_question(&id, webhook.url()))?;
            server.act(&Method::DELETE, &["webhooks", &id], &[], None).await?;
            shown::removed(format, &id)
        }
        WebhookCommand::Test { id } => {
            let came: Outcome = answered(act(&id, "test", json!({})).await?)?;
            shown::tried(format, &id, &came)
        }
        WebhookCommand::Deliveries { id, limit } => {
            let limit = usize::try_from(limit).unwrap_or(usize::MAX);
            let told = server.all(&["webhooks", &id, "deliveries"], &[], limit).await?;
            shown::told(format, &told.into_iter().map(answered).collect::<Result<Vec<_>, _>>()?)
        }
        WebhookCommand::Replay(Replay { id, delivery, since }) => {
            let wanted = match delivery {
                Some(delivery) => json!({ "delivery": delivery }),
                None => json!({ "since": output::time(Clock::default().now() - since.map_or(0, Span::as_millis)) }),
            };
            let told = act(&id, "replay", wanted).await?;
            shown::replayed(format, &id, member(&told, "deliveries").as_u64().unwrap_or_default())
        }
        WebhookCommand::RotateSecret { id, keep } => {
            let made = act(&id, "rotate-secret", json!({ "keep_seconds": keep.as_seconds() })).await?;
            shown::rotated(format, (&id, keep), &text(&made, "secret"))
        }
        // Of which no server is asked.
        WebhookCommand::Events { .. } => Ok(()),
    }
}

async fn added(add: Add, context: &Context, server: &Server) -> Result<(), Trouble> {
    let mut wanted = json!({ "url": add.url });
    if !add.all_realms {
        put(&mut wanted, "realm", server.realm().await?.id);
    }
    put_some(&mut wanted, "app", add.app);
    if !add.events.is_empty() {
        put(&mut wanted, "events", add.events);
    }
    let made = server.act(&Method::POST, &["webhooks"], &[], Some(&wanted)).await?;
    shown::added(context.format, &Listed::known(member(&made, "webhook").clone())?, &text(&made, "secret"))
}
