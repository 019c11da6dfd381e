//! What happened to an account, and the licences that its owner holds.

use super::desk::Desk;
use crate::failure::Failure;
use crate::http::Answer;
use crate::pages::Moment;
use crate::pages::views::{AccountNotice, ActivityEntry, OwnActivity, OwnLicences, SeatEntry};
use claviger_core::Params;
use claviger_core::claims::{id_from_text, id_text};
use claviger_core::limits::SELF_REGISTERED_POOL;
use claviger_store::{Act, ActivityKind, ActivityLine, OwnSeat};

/// How many entries a page has.
const PAGE: i64 = 25;
/// How many licences are looked at.
const SEATS: i64 = 1_000;

pub(super) async fn activity(desk: &Desk<'_>, params: &Params<'_>) -> Result<Answer, Failure> {
    let (realm, user) = desk.owner();
    let below = params.get("before").and_then(id_from_text);
    let mut found = desk.flow.state.store.activity(realm, user, below.as_ref(), PAGE + 1).await?;
    let has_more = found.len() > usize::try_from(PAGE).unwrap_or(usize::MAX);
    if has_more {
        found.pop();
    }
    let next = found.last().filter(|_| has_more).map(|last| id_text(&last.id));
    Ok(desk.show(&OwnActivity {
        base: desk.base.clone(),
        entries: found.into_iter().map(entry).collect(),
        next_url: next.map(|id| format!("{}/activity?before={id}", desk.base)),
    }))
}

fn entry(line: ActivityLine) -> ActivityEntry {
    let ActivityLine { kind, about, browser, address, at, .. } = line;
    ActivityEntry { kind, about, browser, address, at: Moment::of(at) }
}

pub(super) async fn licences(desk: &Desk<'_>, params: &Params<'_>) -> Result<Answer, Failure> {
    Ok(desk.show(&OwnLicences {
        base: desk.base.clone(),
        notice: Desk::notice(params),
        seats: held(desk).await?.into_iter().map(|seat| shown(&seat)).collect(),
        action: format!("{}/licences", desk.base),
        csrf: desk.csrf(),
    }))
}

/// Gives a licence back: what uses it ends.
pub(super) async fn release(desk: &Desk<'_>, params: &Params<'_>) -> Result<Answer, Failure> {
    if !desk.is_own(params) {
        return Ok(desk.go("/licences", Some(AccountNotice::Again)));
    }
    let key_asked = params.get("release").unwrap_or_default();
    let found = held(desk).await?.into_iter().find(|seat| key(seat) == key_asked);
    let Some(OwnSeat { seat, .. }) = found else { return Ok(desk.not_found()) };
    let (realm, _) = desk.owner();
    let store = desk.flow.state.store.audited(&desk.actor(), Act::SeatRelease);
    let (pool, organisation, holder) = (&seat.pool, &seat.organisation, &seat.holder);
    let ended = store.release_seat(realm, pool, organisation, holder, desk.now(), desk.tokens_until()).await?;
    if ended > 0 {
        desk.note(ActivityKind::SeatReleased, pool).await;
    }
    desk.flow.state.follower().catch_up().await?;
    Ok(desk.go("/licences", Some(AccountNotice::Released)))
}

/// One entry for each seat, however many grants share it.
async fn held(desk: &Desk<'_>) -> Result<Vec<OwnSeat>, Failure> {
    let (realm, user) = desk.owner();
    let mut seats = desk.flow.state.store.seats_of_user(realm, user, desk.now(), SEATS).await?;
    seats.retain(|seat| seat.seat.pool != SELF_REGISTERED_POOL);
    seats.dedup_by(|one, other| key(one) == key(other));
    Ok(seats)
}

fn shown(seat: &OwnSeat) -> SeatEntry {
    let OwnSeat { seat: row, client_name, organisation_name } = seat;
    SeatEntry {
        key: key(seat),
        pool: row.pool.clone(),
        organisation: organisation_name.clone().or_else(|| Some(row.organisation.clone()).filter(|id| !id.is_empty())),
        app: client_name.clone().unwrap_or_else(|| row.client.clone()),
        since: Moment::of(row.claimed_at),
    }
}

/// Names a seat in a form.
fn key(seat: &OwnSeat) -> String {
    [seat.seat.pool.as_str(), &seat.seat.organisation, &seat.seat.holder].join("/")
}
