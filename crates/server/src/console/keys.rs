//! The keys that a realm signs with: each from when it is published until it verifies no more.

use super::build::{form, heading, table, text};
use super::desk::{At, Of, Stop};
use crate::admin::keys;
use crate::http::Answer;
use crate::pages::views::console::{Block, Cell, ConsoleLink, Tone};
use claviger_core::Params;
use claviger_core::permission::{Resource, Verb};
use claviger_store::KeyState;

pub(super) async fn open(of: &Of<'_>, params: &Params<'_>) -> Result<Answer, Stop> {
    of.must(Resource::Keys, Verb::Read)?;
    if params.get("confirm") == Some("rotate") {
        let form = form(of.url("/keys"), "rotate", "console-rotate", Tone::Good, Vec::new());
        let back = ConsoleLink::new("console-go-back", of.url("/keys"));
        let blocks = vec![text("console-rotate-what"), Block::Links { links: vec![back] }, Block::Form { form }];
        let trail = vec![ConsoleLink::new("console-keys", of.url("/keys"))];
        return Ok(of.show("console-rotate", trail, params, blocks));
    }
    let mut found = keys::list(of.desk.store(), &of.realm).await?;
    found.sort_by_key(|key| (key.alg.clone(), key.activates_at));
    let rows = found.iter().map(|key| {
        let state = match key.state {
            KeyState::Published => Cell::tag("console-key-published", Tone::Plain),
            KeyState::Active => Cell::tag("console-key-active", Tone::Good),
            KeyState::Retired => Cell::tag("console-key-retired", Tone::Plain),
        };
        [
            Cell::code(key.kid.as_str()),
            Cell::code(key.alg.as_str()),
            state,
            Cell::at(key.created_at),
            Cell::at(key.activates_at),
            Cell::maybe_at(key.retires_at),
        ]
    });
    let head = [
        "console-id",
        "console-algorithm",
        "console-status",
        "console-created",
        "console-signs-from",
        "console-signs-until",
    ];
    let mut blocks = vec![text("console-keys-message"), table("console-keys", head, rows.collect(), "console-no-keys")];
    if of.may(Resource::Keys, Verb::Write) {
        blocks.push(heading("console-acts"));
        let url = format!("{}?confirm=rotate", of.url("/keys"));
        blocks.push(Block::Links { links: vec![ConsoleLink::new("console-rotate", url)] });
    }
    Ok(of.show("console-keys", Vec::new(), params, blocks))
}

pub(super) async fn take(of: &Of<'_>, params: &Params<'_>) -> Result<Answer, Stop> {
    of.must(Resource::Keys, Verb::Write)?;
    if params.get("act") != Some("rotate") {
        return Err(Stop::NotFound);
    }
    let state = of.desk.flow.state;
    keys::rotate_held(&of.desk.acting(), &state.keys, &of.realm).await.at(of.tail("/keys"))?;
    Ok(of.desk.go(&of.tail("/keys"), "rotated"))
}
