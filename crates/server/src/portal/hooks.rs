//! The webhooks of an app: where it is told what happens to it, what it was told, tried, told again, ended.

use super::app::{Place, made, places};
use super::desk::{Desk, fault, refused};
use crate::admin::AdminError;
use crate::admin::webhooks::{self, Owner, WebhookEdit};
use crate::failure::Failure;
use crate::http::Answer;
use crate::pages::Moment;
use crate::pages::views::{
    DeliveryLine, EventChoice, Masked, PortalBody, PortalError, WebhookLine, WebhookPage, WebhooksPage,
};
use crate::webhooks::Caller;
use claviger_core::Params;
use claviger_core::claims::{id_from_text, id_text};
use claviger_core::span::Span;
use claviger_store::{Delivery, EVENTS, Replayed, Tried, Webhook};

/// How many deliveries are on a page.
const PAGE: i64 = 50;
/// For so long the earlier secret signs as well.
const KEEP: Span = Span::seconds(86_400);

/// What is shown once on the page of a webhook.
#[derive(Default)]
struct Shown {
    secret: Option<Masked>,
    tried: Option<Tried>,
    errors: Vec<PortalError>,
}

fn line(url: &str, environment: &'static str, webhook: &Webhook) -> WebhookLine {
    WebhookLine {
        url: format!("{url}/webhooks/{}", webhook.id),
        address: webhook.url.clone(),
        environment,
        status: match (webhook.is_active, webhook.failing_since) {
            (false, _) => "off",
            (true, Some(_)) => "failing",
            (true, None) => "active",
        },
        events: webhook.events.clone(),
        last: webhook.last.as_ref().map(|(at, ..)| Moment::of(*at)),
        outcome: webhook.last.as_ref().map(|(.., outcome)| outcome.clone()).unwrap_or_default(),
    }
}

pub(super) async fn open(desk: &Desk<'_>, id: &str) -> Result<Answer, Failure> {
    list(desk, id, (String::new(), &[]), Vec::new()).await
}

async fn list(
    desk: &Desk<'_>,
    id: &str,
    (address, chosen): (String, &[String]),
    errors: Vec<PortalError>,
) -> Result<Answer, Failure> {
    let Some((app, _)) = made(desk, id).await? else { return Ok(desk.not_found()) };
    let (lands, url) = (desk.lands().await?, format!("{}/apps/{id}", desk.base));
    let (places, store) = (places(&lands, &app), &desk.flow.state.store);
    let mut all = Vec::new();
    for place in &places {
        let (realm, client) = place.key();
        let found = webhooks::list(store, Some(realm), Some(client)).await.map_err(fault)?;
        all.extend(found.iter().map(|one| line(&url, place.environment, one)));
    }
    let events = EVENTS.iter().filter(|event| event.of_apps && event.name != "test");
    let choice = |event: &claviger_store::WebhookEvent| EventChoice {
        name: event.name.to_owned(),
        about: event.about.to_owned(),
        checked: chosen.iter().any(|name| name == event.name),
    };
    let page = WebhooksPage {
        name: app.app.name.clone(),
        environments: places.iter().map(|place| place.environment).collect(),
        webhooks: all,
        events: events.map(choice).collect(),
        address,
        url,
    };
    Ok(desk.show(PortalBody::Webhooks(page), errors))
}

pub(super) async fn add(desk: &Desk<'_>, id: &str, params: &Params<'_>) -> Result<Answer, Failure> {
    let Some((app, _)) = made(desk, id).await? else { return Ok(desk.not_found()) };
    let lands = desk.lands().await?;
    let places = places(&lands, &app);
    let wanted = params.get("environment");
    let Some(place) = places.iter().find(|place| Some(place.environment) == wanted) else {
        return Ok(desk.not_found());
    };
    let events: Vec<String> = params.all("event").map(str::to_owned).collect();
    let address = params.get("url").map_or("", str::trim);
    let owner = Owner { realm: Some(place.realm), app: Some(place.client) };
    let caller = Caller::of(desk.flow.state);
    match webhooks::add(&desk.admin(), &caller, owner, address, &events).await {
        Ok(made) => {
            let shown = Shown { secret: Some(made.secret.expose().into()), ..Shown::default() };
            show(desk, id, (place, &made.webhook), "", shown).await
        }
        Err(error) => list(desk, id, (address.to_owned(), &events), refused(error)?).await,
    }
}

/// The webhook of this id, if it is this app's, in whichever realm.
async fn theirs<'p, 'l>(
    desk: &Desk<'_>,
    places: &'p [Place<'l>],
    webhook: &str,
) -> Result<Option<(&'p Place<'l>, Webhook)>, Failure> {
    for place in places {
        let (realm, client) = place.key();
        match webhooks::find_of_app(&desk.flow.state.store, realm, client, webhook).await {
            Ok(found) => return Ok(Some((place, found))),
            Err(AdminError::NoSuchWebhook(_)) => {}
            Err(error) => return Err(fault(error)),
        }
    }
    Ok(None)
}

pub(super) async fn one(desk: &Desk<'_>, (id, webhook): (&str, &str), params: &Params<'_>) -> Result<Answer, Failure> {
    let Some((app, _)) = made(desk, id).await? else { return Ok(desk.not_found()) };
    let lands = desk.lands().await?;
    let places = places(&lands, &app);
    let Some((place, found)) = theirs(desk, &places, webhook).await? else { return Ok(desk.not_found()) };
    show(desk, id, (place, &found), params.get("before").unwrap_or_default(), Shown::default()).await
}

async fn show(
    desk: &Desk<'_>,
    id: &str,
    (place, webhook): (&Place<'_>, &Webhook),
    before: &str,
    shown: Shown,
) -> Result<Answer, Failure> {
    let url = format!("{}/apps/{id}", desk.base);
    let deliveries = webhooks::deliveries(&desk.flow.state.store, &webhook.id, below(before), PAGE).await;
    let deliveries = deliveries.map_err(fault)?;
    let is_full = i64::try_from(deliveries.len()).is_ok_and(|count| count == PAGE);
    let last = deliveries.last().filter(|_| is_full);
    let webhook_line = line(&url, place.environment, webhook);
    let tried = shown.tried.map(|tried| DeliveryLine {
        id: String::new(),
        event: "test".to_owned(),
        at: Moment::of(desk.now()),
        status: tried.status.to_owned(),
        attempts: 1,
        code: tried.code.map(i64::from),
        outcome: tried.outcome,
    });
    let page = WebhookPage {
        list_url: format!("{url}/webhooks"),
        is_active: webhook.is_active,
        more_url: last.map(|one| format!("{}?before={}.{}", webhook_line.url, one.created_at, id_text(&one.id))),
        deliveries: deliveries.into_iter().map(delivery).collect(),
        secret: shown.secret,
        tried,
        webhook: webhook_line,
    };
    Ok(desk.show(PortalBody::Webhook(page), shown.errors))
}

/// `1764000000000.ID`: the delivery behind which a page begins.
fn below(before: &str) -> Option<(i64, claviger_core::token::Id)> {
    let (at, id) = before.split_once('.')?;
    Some((at.parse().ok()?, id_from_text(id)?))
}

fn delivery(one: Delivery) -> DeliveryLine {
    DeliveryLine {
        id: id_text(&one.id),
        event: one.event,
        at: Moment::of(one.created_at),
        status: one.status,
        attempts: one.attempts,
        code: one.code,
        outcome: one.outcome.unwrap_or_default(),
    }
}

pub(super) async fn take(desk: &Desk<'_>, (id, webhook): (&str, &str), params: &Params<'_>) -> Result<Answer, Failure> {
    let Some((app, _)) = made(desk, id).await? else { return Ok(desk.not_found()) };
    let lands = desk.lands().await?;
    let places = places(&lands, &app);
    let Some((place, found)) = theirs(desk, &places, webhook).await? else { return Ok(desk.not_found()) };
    let (admin, caller) = (desk.admin(), Caller::of(desk.flow.state));
    let here = format!("/apps/{id}/webhooks/{webhook}");
    let done = match params.get("act").unwrap_or_default() {
        "test" => match webhooks::test(&admin, &caller, webhook).await {
            Ok(tried) => {
                let shown = Shown { tried: Some(tried), ..Shown::default() };
                return show(desk, id, (place, &found), "", shown).await;
            }
            Err(error) => Err(error),
        },
        "rotate" => match webhooks::rotate_secret(&admin, &caller, webhook, KEEP).await {
            Ok(secret) => {
                let shown = Shown { secret: Some(secret.expose().into()), ..Shown::default() };
                return show(desk, id, (place, &found), "", shown).await;
            }
            Err(error) => Err(error),
        },
        act @ ("on" | "off") => {
            let edit = WebhookEdit { active: Some(act == "on"), ..WebhookEdit::default() };
            webhooks::edit(&admin, &caller, webhook, edit).await.map(|_| (here, "saved"))
        }
        "replay" => {
            let Some(one) = params.get("delivery").and_then(id_from_text) else { return Ok(desk.not_found()) };
            let told = webhooks::replay(&admin, webhook, Replayed::One(one)).await;
            desk.handed_in();
            told.map(|_| (here, "told-again"))
        }
        "remove" => webhooks::remove(&admin, webhook).await.map(|()| (format!("/apps/{id}/webhooks"), "removed")),
        _ => return Ok(desk.not_found()),
    };
    match done {
        Ok((to, said)) => Ok(desk.go(&to, said)),
        Err(error) => {
            let shown = Shown { errors: refused(error)?, ..Shown::default() };
            show(desk, id, (place, &found), "", shown).await
        }
    }
}
