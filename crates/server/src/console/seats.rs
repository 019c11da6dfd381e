//! Who holds which licence, and how one is taken back.

use super::build::{button, fact, facts, form, hidden, table};
use super::desk::{At, Of, Stop};
use crate::admin::seats;
use crate::http::Answer;
use crate::pages::views::console::{Cell, Tone, Words};
use claviger_core::Params;
use claviger_core::permission::{Resource, Verb};

pub(super) async fn open(of: &Of<'_>, params: &Params<'_>) -> Result<Answer, Stop> {
    of.must(Resource::Seats, Verb::Read)?;
    let found = seats::list(of.desk.store(), &of.realm, None, of.desk.now()).await?;
    let pools = of.realm.seat_pools.iter().map(|pool| {
        let held = found.iter().filter(|line| line.seat.pool == pool.name).count();
        fact(Words::text(pool.name.as_str()), Cell::of(Words::of("console-seats-held").count("count", held)))
    });
    let may = of.may(Resource::Seats, Verb::Revoke);
    let rows = found.iter().map(|line| {
        let seat = &line.seat;
        let fields = vec![
            hidden("pool", seat.pool.as_str()),
            hidden("organisation", seat.organisation.as_str()),
            hidden("holder", seat.holder.as_str()),
        ];
        let release = form(of.url("/seats"), "release", "console-release", Tone::Plain, fields);
        let holder = line.username.clone().or_else(|| line.client_name.clone()).unwrap_or_else(|| seat.holder.clone());
        [
            Cell::text(seat.pool.as_str()),
            Cell::code(seat.organisation.as_str()),
            Cell::text(holder.as_str()),
            Cell::link(seat.client.as_str(), of.url_of("/app", &seat.client)),
            Cell::at(seat.claimed_at),
            Cell::at(seat.expires_at),
            if may { button(release, holder) } else { Cell::None },
        ]
    });
    let head = [
        "console-pool",
        "console-organisation",
        "console-holder",
        "console-app",
        "console-since",
        "console-ends",
        "console-act",
    ];
    let blocks = vec![facts(pools.collect()), table("console-seats", head, rows.collect(), "console-no-seats")];
    Ok(of.show("console-seats", Vec::new(), params, blocks))
}

pub(super) async fn take(of: &Of<'_>, params: &Params<'_>) -> Result<Answer, Stop> {
    of.must(Resource::Seats, Verb::Revoke)?;
    let said = |name: &str| params.get(name).unwrap_or_default();
    let (pool, organisation, holder) = (said("pool"), said("organisation"), said("holder"));
    seats::release(&of.desk.acting(), &of.realm, pool, organisation, holder).await.at(of.tail("/seats"))?;
    Ok(of.desk.go(&of.tail("/seats"), "released"))
}
