//! Seats: who holds the licences.

use super::grants::ENDED;
use crate::admin::seats;
use crate::api::call::Call;
use crate::api::operation::{About, Answers, Method, Operation, Reply, param};
use crate::api::problem::Problem;
use crate::api::schema::{Schema, Shape, always, may, or_null};
use crate::api::times::time;
use claviger_core::permission::{Resource, Verb};
use claviger_core::realm::{SeatPool, SeatScope};
use claviger_store::{SeatLine, id_text};
use serde_json::{Value, json};
use std::collections::BTreeSet;

const SEAT: Schema = Schema {
    name: "Seat",
    says: "A seat that is held",
    fields: &[
        always("pool", Shape::Text, "The pool"),
        or_null("organisation", Shape::Text, "The organisation whose pool it is; null: the realm's"),
        always("holder", Shape::Text, "Who holds it, as the pool counts: a grant or a user"),
        always("app", Shape::Text, "Through which app"),
        or_null("app_name", Shape::Text, "What people call it"),
        or_null("user", Shape::Text, "The user, by id"),
        or_null("username", Shape::Text, "What people call them"),
        always("grant", Shape::Text, "The grant behind it"),
        always("claimed_at", Shape::Time, "Since when"),
        always("expires_at", Shape::Time, "When it falls back by itself"),
    ],
    open: false,
};

const POOL: Schema = Schema {
    name: "SeatPool",
    says: "A pool of licences",
    fields: &[
        always("name", Shape::Text, "Its name"),
        always("size", Shape::Int, "How many may be held at once"),
        always("per_organisation", Shape::Bool, "Each organisation has so many"),
        always("in_use", Shape::Int, "How many are held"),
    ],
    open: false,
};

const SEATS: Schema = Schema {
    name: "Seats",
    says: "Who holds the licences of a realm",
    fields: &[
        always("pools", Shape::List(&Shape::Object(&POOL)), "The pools"),
        always("items", Shape::List(&Shape::Object(&SEAT)), "The seats that are held"),
    ],
    open: false,
};

const RELEASE: Schema = Schema {
    name: "SeatRelease",
    says: "A seat that is to be taken from its holder",
    fields: &[
        always("pool", Shape::Name(200), "The pool"),
        always("holder", Shape::Name(200), "The holder"),
        may("organisation", Shape::Text, "The organisation whose pool it is"),
    ],
    open: false,
};

pub(super) const OPERATIONS: &[Operation] = &[
    Operation::get(
        "listSeats",
        "/realms/{realm}/seats",
        "Who holds the licences of a realm",
        (Resource::Seats, About::Realm),
        Answers::One(200, &SEATS),
        |call| Box::pin(list(call)),
    )
    .query(&[param("pool", Shape::Text, "Only this pool")]),
    Operation::act(
        "releaseSeat",
        (Method::Post, "/realms/{realm}/seats/release"),
        "Takes a seat from its holder: the sessions behind it end",
        (Resource::Seats, Verb::Revoke, About::Realm),
        Answers::One(200, &ENDED),
        |call| Box::pin(release(call)),
    )
    .body(&RELEASE),
];

fn shown(line: &SeatLine) -> Value {
    let seat = &line.seat;
    json!({
        "pool": seat.pool, "organisation": Some(&seat.organisation).filter(|id| !id.is_empty()), "holder": seat.holder,
        "app": seat.client, "app_name": line.client_name, "user": seat.user, "username": line.username,
        "grant": id_text(&seat.grant), "claimed_at": time(seat.claimed_at), "expires_at": time(seat.expires_at),
    })
}

async fn list(call: &Call<'_>) -> Result<Reply, Problem> {
    let (realm, wanted) = (call.realm()?, call.asked("pool"));
    let held = seats::list(&call.state.store, realm, wanted, call.now).await?;
    let pool = |pool: &SeatPool| {
        let of_pool = held.iter().filter(|line| line.seat.pool == pool.name);
        let holders: BTreeSet<_> = of_pool.map(|line| (&line.seat.organisation, &line.seat.holder)).collect();
        json!({
            "name": pool.name, "size": pool.size, "per_organisation": pool.per == SeatScope::Organisation,
            "in_use": holders.len(),
        })
    };
    let pools = realm.seat_pools.iter().filter(|pool| wanted.is_none_or(|name| name == pool.name)).map(pool);
    Ok(Reply::ok(json!({
        "pools": pools.collect::<Vec<_>>(), "items": held.iter().map(shown).collect::<Vec<_>>(),
    })))
}

async fn release(call: &Call<'_>) -> Result<Reply, Problem> {
    let text = |name: &str| call.text(name).unwrap_or_default();
    let (admin, realm) = (call.admin(), call.realm()?);
    let ended = seats::release(&admin, realm, text("pool"), text("organisation"), text("holder")).await?;
    Ok(Reply::ok(json!({ "ended": ended })))
}
