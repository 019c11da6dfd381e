//! The apps that act for somebody: what each may do, and how that ends.

use super::desk::Desk;
use crate::failure::Failure;
use crate::http::Answer;
use crate::pages::Moment;
use crate::pages::views::{self, AccountNotice, Ago, Companies, ConsentScope, OwnApp, OwnApps, TakeBack};
use claviger_core::dialect::OrganisationChoice;
use claviger_core::granted::Granted;
use claviger_core::params::form_encode;
use claviger_core::unique::Members;
use claviger_core::user::Organisation;
use claviger_core::{Client, Params, ScopeSet};
use claviger_store::{Act, ActivityKind, ConnectedApp, GrantOfApp};
use std::collections::BTreeMap;

/// How many apps a page has, and how many grants are looked into for what they cover.
const PAGE: i64 = 20;
const GRANTS: i64 = 2_000;

/// What the grants of an app cover together.
#[derive(Default)]
struct Covered {
    scope: ScopeSet,
    organisations: Vec<String>,
}

pub(super) async fn list(desk: &Desk<'_>, params: &Params<'_>) -> Result<Answer, Failure> {
    let (realm, user) = desk.owner();
    let after = params.get("after").unwrap_or_default();
    let mut found = desk.flow.state.store.connected_apps(realm, user, after, desk.now(), PAGE + 1).await?;
    let has_more = found.len() > usize::try_from(PAGE).unwrap_or(usize::MAX);
    if has_more {
        found.pop();
    }
    let next_url = found.last().filter(|_| has_more).map(|last| address(desk, "/apps", "after", &last.id));
    // Agents stand apart.
    let (agents, others): (Vec<_>, Vec<_>) = found.into_iter().partition(is_agent);
    Ok(desk.show(&OwnApps {
        base: desk.base.clone(),
        notice: Desk::notice(params),
        agents: shown(desk, agents).await?,
        apps: shown(desk, others).await?,
        translate_scopes: translates(desk),
        next_url,
    }))
}

/// Asks before it is done.
pub(super) async fn ask_back(desk: &Desk<'_>, params: &Params<'_>) -> Result<Answer, Failure> {
    let Some(app) = find(desk, params).await? else { return Ok(desk.not_found()) };
    let Some(app) = shown(desk, vec![app]).await?.pop() else { return Ok(desk.not_found()) };
    Ok(desk.show(&TakeBack {
        base: desk.base.clone(),
        notice: Desk::notice(params),
        app,
        translate_scopes: translates(desk),
        action: format!("{}/apps/take-back", desk.base),
        csrf: desk.csrf(),
    }))
}

/// Ends what the app has: consent, grants, tokens and licences, and what the vendor's own page remembers.
pub(super) async fn take_back(desk: &Desk<'_>, params: &Params<'_>) -> Result<Answer, Failure> {
    if !desk.is_own(params) {
        return Ok(desk.go("/apps", Some(AccountNotice::Again)));
    }
    let Some(app) = find(desk, params).await? else { return Ok(desk.not_found()) };
    let (realm, user) = desk.owner();
    let store = desk.flow.state.store.audited(&desk.actor(), Act::ConsentWithdraw);
    let ended = store.disconnect_app_by_act(realm, user, &app.id, desk.now(), desk.tokens_until()).await?;
    if ended.is_some() {
        desk.note(ActivityKind::AppTakenBack, name(&app)).await;
    }
    desk.flow.state.follower().catch_up().await?;
    Ok(desk.go("/apps", Some(AccountNotice::TakenBack)))
}

/// The companies that an app acts for, to choose anew.
pub(super) async fn companies(desk: &Desk<'_>, params: &Params<'_>) -> Result<Answer, Failure> {
    let Some(app) = find(desk, params).await?.filter(|_| chooses_many(desk)) else { return Ok(desk.not_found()) };
    let Some(consent) = &app.consent else { return Ok(desk.not_found()) };
    let (realm, own) = (&desk.flow.site.realm.id, &desk.who.user.organisations);
    let chosen = Members::of(&consent.organisations);
    let organisation = |one: Organisation| views::Organisation {
        checked: chosen.contain(&one.id),
        id: one.id,
        name: one.name,
        kind: one.kind,
    };
    let organisations = desk.flow.state.store.organisations(realm, own).await?;
    Ok(desk.show(&Companies {
        base: desk.base.clone(),
        notice: Desk::notice(params),
        app_id: app.id.clone(),
        app_name: name(&app).to_owned(),
        organisations: organisations.into_iter().map(organisation).collect(),
        action: format!("{}/apps/companies", desk.base),
        csrf: desk.csrf(),
    }))
}

pub(super) async fn change_companies(desk: &Desk<'_>, params: &Params<'_>) -> Result<Answer, Failure> {
    if !desk.is_own(params) {
        return Ok(desk.go("/apps", Some(AccountNotice::Again)));
    }
    let Some(app) = find(desk, params).await?.filter(|_| chooses_many(desk)) else { return Ok(desk.not_found()) };
    let user = &desk.who.user;
    let own = Members::of(&user.organisations);
    let mut chosen: Vec<String> = params.all("organisation").map(str::to_owned).collect();
    if app.consent.is_none() || chosen.iter().any(|id| !own.contain(id)) {
        return Ok(desk.not_found());
    }
    chosen.sort_unstable();
    chosen.dedup();
    if chosen.is_empty() {
        let page = address(desk, "/apps/companies", "app", &app.id);
        let tail = page.strip_prefix(&desk.base).unwrap_or_default();
        return Ok(desk.go(tail, Some(AccountNotice::NeedsOne)));
    }
    let (realm, id) = desk.owner();
    let store = desk.flow.state.store.audited(&desk.actor(), Act::ConsentEdit);
    let changed = store.change_companies(realm, (id, &app.id), &chosen, desk.now(), desk.tokens_until()).await?;
    if changed {
        desk.note(ActivityKind::CompaniesChanged, name(&app)).await;
    }
    desk.flow.state.follower().catch_up().await?;
    Ok(desk.go("/apps", Some(AccountNotice::Companies)))
}

/// The app that is named, if it acts for whoever asks.
async fn find(desk: &Desk<'_>, params: &Params<'_>) -> Result<Option<ConnectedApp>, Failure> {
    let Some(app) = params.get("app").filter(|app| app.len() <= 100) else { return Ok(None) };
    let (realm, user) = desk.owner();
    Ok(desk.flow.state.store.connected_app(realm, user, app, desk.now()).await?)
}

/// The apps as they are shown, with two reads for however many there are.
async fn shown(desk: &Desk<'_>, apps: Vec<ConnectedApp>) -> Result<Vec<OwnApp>, Failure> {
    let (Some(first), Some(last)) = (apps.first(), apps.last()) else { return Ok(Vec::new()) };
    let (store, (realm, user)) = (&desk.flow.state.store, desk.owner());
    let grants = store.grants_of_apps(realm, user, (&first.id, &last.id), desk.now(), GRANTS).await?;
    let covered = covered(&grants);
    let own = store.organisations(realm, &desk.who.user.organisations).await?;
    let names: BTreeMap<&str, &str> = own.iter().map(|one| (one.id.as_str(), one.name.as_str())).collect();
    Ok(apps.iter().map(|app| own_app(desk, app, covered.get(app.id.as_str()), &names)).collect())
}

fn own_app(desk: &Desk<'_>, app: &ConnectedApp, covered: Option<&Covered>, names: &BTreeMap<&str, &str>) -> OwnApp {
    let none = Covered::default();
    let covered = covered.unwrap_or(&none);
    let mut scope = covered.scope.clone();
    if let Some(consent) = &app.consent {
        scope.extend(&consent.scope);
    }
    let mut ids: Vec<&str> = covered.organisations.iter().map(String::as_str).collect();
    ids.extend(app.consent.iter().flat_map(|consent| consent.organisations.iter().map(String::as_str)));
    ids.sort_unstable();
    ids.dedup();
    let has_choice = chooses_many(desk) && app.consent.is_some() && desk.who.user.organisations.len() > 1;
    OwnApp {
        id: app.id.clone(),
        name: name(app).to_owned(),
        publisher: app.client.as_ref().and_then(|client| client.publisher.clone()),
        scopes: sentences(desk, &scope),
        companies: ids.into_iter().map(|id| (*names.get(id).unwrap_or(&id)).to_owned()).collect(),
        since: Moment::of(app.since),
        used: app.used_at.map(|at| Ago::of(desk.now() - at)),
        until: app.consent.as_ref().and_then(|consent| consent.until).map(Moment::of),
        take_back_url: address(desk, "/apps/take-back", "app", &app.id),
        companies_url: has_choice.then(|| address(desk, "/apps/companies", "app", &app.id)),
    }
}

pub(super) fn sentences(desk: &Desk<'_>, scope: &ScopeSet) -> Vec<ConsentScope> {
    let realm = &desk.flow.site.realm;
    let mut all: Vec<ConsentScope> = scope
        .iter()
        .map(|name| {
            let known = realm.scope(name);
            ConsentScope {
                name: name.to_owned(),
                sentence: known.map(|scope| scope.sentence.clone()).filter(|sentence| !sentence.is_empty()),
                is_new: false,
                is_sensitive: known.is_some_and(|scope| scope.sensitive),
            }
        })
        .collect();
    all.sort_by_key(|scope| !scope.is_sensitive);
    all
}

fn covered(grants: &[GrantOfApp]) -> BTreeMap<&str, Covered> {
    let mut all: BTreeMap<&str, Covered> = BTreeMap::new();
    for grant in grants {
        // What an older program wrote otherwise is not said here; it ends with the others.
        let Ok(granted) = serde_json::from_str::<Granted>(&grant.doc) else { continue };
        let of = all.entry(&grant.client).or_default();
        of.scope.extend(&granted.scope);
        of.organisations.extend(granted.organisations);
    }
    all
}

fn is_agent(app: &ConnectedApp) -> bool {
    app.client.as_ref().is_some_and(Client::is_agent)
}

fn name(app: &ConnectedApp) -> &str {
    app.client.as_ref().map_or(app.id.as_str(), |client| client.name.as_str())
}

fn chooses_many(desk: &Desk<'_>) -> bool {
    desk.flow.site.realm.dialect.organisation == OrganisationChoice::Many
}

/// Whether the page is in another language than the one in which the realm describes its scopes.
pub(super) fn translates(desk: &Desk<'_>) -> bool {
    desk.language() != desk.flow.site.languages.first()
}

fn address(desk: &Desk<'_>, tail: &str, name: &str, value: &str) -> String {
    let mut query = String::new();
    form_encode(&mut query, name, value);
    format!("{}{tail}?{query}", desk.base)
}
