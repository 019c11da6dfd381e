//! What an app does: its calls, what went wrong with them and how to mend it, what is left of its limit, how much it calls.

use super::app::{ERROR_DAYS, Place, client, made, places};
use super::desk::{Desk, fault};
use crate::admin::AdminError;
use crate::admin::log::{self, ErrorGroup, LoggedCall, RequestFilter};
use crate::admin::replay::{self, Outcome};
use crate::failure::Failure;
use crate::http::Answer;
use crate::pages::Moment;
use crate::pages::views::console::{Chart, Words};
use crate::pages::views::{
    CallLine, CallPage, CallsPage, CheckLine, DayLine, ErrorLine, LimitLine, PortalBody, PortalError,
};
use crate::people::page::see_other;
use claviger_core::Params;
use claviger_core::dialect::Endpoint;
use claviger_core::params::form_encode;
use claviger_store::{RequestDay, RequestLog};

/// How many calls are on a page.
const PAGE: usize = 50;
/// The chart has so many.
const CHART_DAYS: i64 = 30;
const DAY: i64 = 86_400_000;
/// Who watches without scripts sees the page again after so many seconds.
const WATCH: u32 = 5;
/// Where calls are logged.
const ENDPOINTS: [Endpoint; 6] = [
    Endpoint::Token,
    Endpoint::Authorization,
    Endpoint::Introspection,
    Endpoint::Revocation,
    Endpoint::PushedAuthorization,
    Endpoint::DeviceAuthorization,
];

/// What a list is asked for.
struct Asked<'p> {
    only: &'p str,
    endpoint: &'p str,
    before: &'p str,
    after: &'p str,
    watch: bool,
}

impl<'p> Asked<'p> {
    fn of(params: &'p Params<'_>) -> Self {
        let field = |name: &str| params.get(name).unwrap_or_default();
        let known = |name: &&str| ENDPOINTS.iter().any(|one| one.name() == *name);
        Self {
            only: Some(field("only")).filter(|only| *only == "refused").unwrap_or_default(),
            endpoint: Some(field("endpoint")).filter(known).unwrap_or_default(),
            before: field("before"),
            after: field("after"),
            watch: field("watch") == "1",
        }
    }

    fn filter(&self) -> RequestFilter {
        let endpoint = Some(self.endpoint.to_owned()).filter(|name| !name.is_empty());
        RequestFilter { refused: self.only == "refused", endpoint, ..RequestFilter::default() }
    }

    fn lets(&self, call: &LoggedCall) -> bool {
        let refused = call.status == 0 || call.status >= 400 || !call.error.is_empty();
        (refused || self.only.is_empty()) && (self.endpoint.is_empty() || call.endpoint == self.endpoint)
    }

    /// The calls that are shown, the newest first.
    async fn calls(&self, log: &RequestLog, app: (&str, &str), now: i64) -> Result<Vec<LoggedCall>, AdminError> {
        if self.after.is_empty() {
            let before = Some(self.before).filter(|id| !id.is_empty());
            return log::calls(log, app, &self.filter(), before, PAGE).await;
        }
        let mut newer = log::calls_after(log, app, Some(self.after), now, PAGE).await?;
        newer.reverse();
        Ok(newer)
    }

    /// The address of a list that is asked for alike, but for `more`.
    fn url(&self, place: &str, environment: &str, more: &[(&str, &str)]) -> String {
        let kept = [("in", environment), ("only", self.only), ("endpoint", self.endpoint)];
        query(place, &[&kept, more].concat())
    }
}

/// An address with these parameters, but for empty ones.
fn query(place: &str, params: &[(&str, &str)]) -> String {
    let mut out = String::new();
    for (name, value) in params.iter().filter(|(_, value)| !value.is_empty()) {
        form_encode(&mut out, name, value);
    }
    format!("{place}?{}", out.trim_start_matches('&'))
}

pub(super) async fn open(desk: &Desk<'_>, id: &str, params: &Params<'_>) -> Result<Answer, Failure> {
    let Some((app, _)) = made(desk, id).await? else { return Ok(desk.not_found()) };
    let lands = desk.lands().await?;
    let places = places(&lands, &app);
    let wanted = params.get("in").unwrap_or_default();
    let chosen = places.iter().find(|place| wanted.is_empty() || place.environment == wanted);
    let Some(place) = chosen else { return Ok(desk.not_found()) };
    let log = desk.flow.state.request_log();
    let reference = params.get("reference").map_or("", str::trim);
    let mut errors = Vec::new();
    if let Some(log) = log.as_ref().filter(|_| !reference.is_empty()) {
        if let Some(url) = search(desk, log, id, &places, reference).await? {
            return Ok(see_other(&url));
        }
        errors.push(PortalError::about("reference", reference));
    }
    let asked = Asked::of(params);
    let mut page = frame(desk, id, &app.app.name, (place, &asked));
    page.environments = places.iter().map(|place| place.environment).collect();
    page.limit = limit(desk, place).await?;
    if let Some(log) = log {
        fill(desk, &log, &mut page, (place, &asked)).await.map_err(fault)?;
    }
    Ok(desk.show(PortalBody::Calls(page), errors))
}

/// A list without what is in the log.
fn frame(desk: &Desk<'_>, id: &str, name: &str, (place, asked): (&Place<'_>, &Asked<'_>)) -> CallsPage {
    let url = format!("{}/apps/{id}", desk.base);
    let list = format!("{url}/calls");
    let turned = if asked.watch { "" } else { "1" };
    CallsPage {
        name: name.to_owned(),
        url,
        environment: place.environment,
        environments: Vec::new(),
        only_refused: asked.only == "refused",
        endpoint: asked.endpoint.to_owned(),
        endpoints: ENDPOINTS.iter().map(|one| one.name()).collect(),
        calls: Vec::new(),
        more_url: None,
        newer_url: asked.url(&list, place.environment, &[("watch", if asked.watch { "1" } else { "" })]),
        watch: asked.watch.then_some(WATCH),
        watch_url: asked.url(&list, place.environment, &[("watch", turned)]),
        errors: Vec::new(),
        days: Vec::new(),
        limit: None,
        is_logged: false,
    }
}

async fn fill(
    desk: &Desk<'_>,
    log: &RequestLog,
    page: &mut CallsPage,
    (place, asked): (&Place<'_>, &Asked<'_>),
) -> Result<(), AdminError> {
    let (app, now) = (place.key(), desk.now());
    let list = format!("{}/calls", page.url);
    let found = asked.calls(log, app, now).await?;
    let newest = found.first().map_or(asked.after, |call| call.id.as_str());
    let watch = if asked.watch { "1" } else { "" };
    page.newer_url = asked.url(&list, place.environment, &[("watch", watch), ("after", newest)]);
    let older = found.last().filter(|_| asked.after.is_empty() && found.len() == PAGE);
    page.more_url = older.map(|last| asked.url(&list, place.environment, &[("before", &last.id)]));
    let shown = found.iter().filter(|call| asked.lets(call));
    page.calls = shown.map(|call| line(&list, place.environment, call)).collect();
    page.is_logged = true;
    // Who asks for what came since then has the rest already.
    if asked.after.is_empty() {
        let groups = log::errors(log, app, now - ERROR_DAYS * DAY).await?;
        page.errors = groups.into_iter().map(|group| error(&list, place.environment, group)).collect();
        page.days = chart(&log::days(log, app, now, CHART_DAYS).await?);
    }
    Ok(())
}

fn line(list: &str, environment: &str, call: &LoggedCall) -> CallLine {
    CallLine {
        url: call_url(list, environment, &call.reference),
        at: Moment::of(call.at),
        endpoint: call.endpoint.clone(),
        grant: call.grant_type.clone(),
        status: call.status,
        lost: call.said.lost,
        error: call.error.clone(),
        address: call.said.address.clone(),
        reference: call.reference.clone(),
    }
}

fn call_url(list: &str, environment: &str, reference: &str) -> String {
    query(&format!("{list}/call"), &[("in", environment), ("reference", reference)])
}

fn error(list: &str, environment: &str, group: ErrorGroup) -> ErrorLine {
    ErrorLine {
        url: call_url(list, environment, &group.reference),
        error: group.error,
        detail: group.detail,
        mend: Words::mend(&group.kind),
        count: group.count,
        last: Moment::of(group.last_at),
        reference: group.reference,
    }
}

fn chart(days: &[RequestDay]) -> Vec<DayLine> {
    let all = days.iter().map(|one| (Moment::of(one.day * DAY).day, one.served + one.refused)).collect();
    let Chart { bars, most, .. } = Chart::new("portal-calls-by-day", all);
    let line = |(bar, one): (_, &RequestDay)| DayLine {
        bar,
        refused: one.refused,
        refused_height: one.refused.saturating_mul(100) / most,
    };
    bars.into_iter().zip(days).map(line).collect()
}

/// What is left of the limit of an app, where it is served.
async fn limit(desk: &Desk<'_>, place: &Place<'_>) -> Result<Option<LimitLine>, Failure> {
    let Some(client) = client(desk, place.realm, place.client).await? else { return Ok(None) };
    let calls = place.realm.token_calls_per_minute(&client.limits);
    let left = calls.map(|calls| desk.flow.state.limits.left(place.key(), calls, desk.now()));
    Ok(Some(LimitLine {
        calls,
        left: left.map_or(0, |left| left.calls),
        seconds: left.map_or(0, |left| left.seconds),
        plan: client.limits.plan.clone(),
    }))
}

/// The page of the call of this reference, in whichever realm it was.
async fn search(
    desk: &Desk<'_>,
    log: &RequestLog,
    id: &str,
    places: &[Place<'_>],
    reference: &str,
) -> Result<Option<String>, Failure> {
    for place in places {
        if find(log, place, reference, desk.now()).await?.is_some() {
            let list = format!("{}/apps/{id}/calls", desk.base);
            return Ok(Some(call_url(&list, place.environment, reference)));
        }
    }
    Ok(None)
}

/// The call of this reference, if it is this app's: of another's nobody is told that there is one.
async fn find(log: &RequestLog, place: &Place<'_>, reference: &str, now: i64) -> Result<Option<LoggedCall>, Failure> {
    match log::call(log, reference, Some(place.key()), now).await {
        Ok(call) => Ok(Some(call).filter(|call| call.realm == place.realm.id && call.app == place.client)),
        Err(AdminError::NoSuchCall(_)) => Ok(None),
        Err(error) => Err(fault(error)),
    }
}

/// One call; of a refused one, each check that it went through.
pub(super) async fn one(desk: &Desk<'_>, id: &str, params: &Params<'_>) -> Result<Answer, Failure> {
    let Some((app, _)) = made(desk, id).await? else { return Ok(desk.not_found()) };
    let Some(log) = desk.flow.state.request_log() else { return Ok(desk.not_found()) };
    let lands = desk.lands().await?;
    let (wanted, reference) = (params.get("in"), params.get("reference").map_or("", str::trim));
    let places = places(&lands, &app);
    let Some(place) = places.iter().find(|place| Some(place.environment) == wanted) else {
        return Ok(desk.not_found());
    };
    let Some(call) = find(&log, place, reference, desk.now()).await? else { return Ok(desk.not_found()) };
    let list = format!("{}/apps/{id}/calls", desk.base);
    let page = CallPage {
        name: app.app.name.clone(),
        list_url: query(&list, &[("in", place.environment)]),
        environment: place.environment,
        call: line(&list, place.environment, &call),
        checks: checks(desk, &log, place, &call).await?,
        detail: call.detail,
        mend: Words::mend(&call.kind),
        proof: call.said.proof,
        scope: call.said.scope,
    };
    Ok(desk.show(PortalBody::Call(page), Vec::new()))
}

async fn checks(
    desk: &Desk<'_>,
    log: &RequestLog,
    place: &Place<'_>,
    call: &LoggedCall,
) -> Result<Vec<CheckLine>, Failure> {
    let state = desk.flow.state;
    let gone = replay::replay(&state.store, log, &state.secrets, place.realm, &call.reference, desk.now()).await;
    let replayed = match gone {
        Ok(replayed) if replayed.call.app == place.client => replayed,
        // One that went well, or that failed on our side, has none to go through.
        Ok(_) | Err(AdminError::NotRefused(_) | AdminError::NoSuchCall(_)) => return Ok(Vec::new()),
        Err(error) => return Err(fault(error)),
    };
    let line = |one: replay::Replayed| CheckLine {
        what: Words::check(one.check),
        outcome: match one.outcome {
            Outcome::Passed => "passed",
            Outcome::Failed => "failed",
            Outcome::NotReached => "not-reached",
        },
        compared: one.compared,
        mend: if one.outcome == Outcome::Failed { Words::mend(&call.kind) } else { None },
    };
    Ok(replayed.checks.into_iter().map(line).collect())
}
