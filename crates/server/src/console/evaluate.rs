//! What a token would hold: an app, a user, a scope, an API, and the claims that come of them. Nothing is issued.

use super::build::{fact, facts, heading, hinted, line, question, required, text};
use super::desk::{Of, Stop};
use crate::admin::AdminError;
use crate::admin::evaluate::{Evaluated, Wanted, evaluate};
use crate::http::Answer;
use crate::pages::views::console::{Block, Cell, ConsoleLink, Tone, Words};
use claviger_core::Params;
use claviger_core::permission::{Resource, Verb};
use serde_json::{Map, Value};

pub(super) async fn open(of: &Of<'_>, params: &Params<'_>) -> Result<Answer, Stop> {
    of.must(Resource::Apps, Verb::Read)?;
    of.must(Resource::Users, Verb::Read)?;
    let filled = |name: &str| params.get(name).map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
    let typed = |name: &str| filled(name).unwrap_or_default();
    let fields = vec![
        required(line("app", "console-app-id", typed("app"))),
        hinted(line("user", "console-username", typed("user")), "console-evaluate-user-hint"),
        line("scope", "console-scopes", typed("scope")),
        line("audience", "console-audience", typed("audience")),
        line("organisation", "console-organisation", typed("organisation")),
    ];
    let mut blocks =
        vec![text("console-evaluate-message"), question(of.url("/evaluate"), "console-evaluate-do", fields)];
    if let Some(app) = filled("app") {
        let wanted = Wanted {
            app,
            user: filled("user"),
            scope: filled("scope"),
            audiences: filled("audience").into_iter().collect(),
            organisation: filled("organisation"),
        };
        let (state, now) = (of.desk.flow.state, of.desk.now());
        match evaluate(of.desk.store(), &state.secrets, &of.realm, &wanted, now).await {
            Ok(found) => shown(&found, &mut blocks)?,
            Err(AdminError::Store(fault)) => return Err(fault.into()),
            Err(error) => blocks.push(Block::Notice { words: Words::text(error.to_string()), tone: Tone::Bad }),
        }
    }
    let trail = vec![ConsoleLink::new("console-apps", of.url("/apps"))];
    Ok(of.show("console-evaluate", trail, params, blocks))
}

fn shown(found: &Evaluated, blocks: &mut Vec<Block>) -> Result<(), Stop> {
    blocks.push(facts(vec![
        fact("console-grant-type", Cell::code(found.grant_type)),
        fact("console-format", Cell::code(found.access_token_format)),
        fact(
            "console-lifetime",
            Cell::of(
                Words::of("console-seconds")
                    .count("count", found.expires_in.unsigned_abs().try_into().unwrap_or(usize::MAX)),
            ),
        ),
        fact("console-scopes", Cell::code(found.scope.as_str())),
        fact("console-refresh-token", Cell::of(if found.refresh_token { "console-yes" } else { "console-no" })),
        fact("console-seats", Cell::codes(found.seat_pools.iter().map(String::as_str))),
    ]));
    blocks.push(heading("console-claims"));
    let mut claims = |label: &'static str, claims: Option<&Map<String, Value>>| -> Result<(), Stop> {
        if let Some(claims) = claims {
            blocks.push(Block::Code { label: label.into(), text: serde_json::to_string_pretty(claims)? });
        }
        Ok(())
    };
    claims("console-access-token", Some(&found.access_token))?;
    claims("console-id-token", found.id_token.as_ref())?;
    claims("console-userinfo", found.userinfo.as_ref())
}
