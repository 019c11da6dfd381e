//! The vendors' sample APIs: what an integrator calls with the token. Each is behind a guard of its own that asks the
//! realm over HTTP, as an API on another machine would.
//!
//! Which headers may carry the token and how a refusal is spelled comes from the realm's dialect; what is here is what
//! the vendors' own servers would hold.

use super::manifest::{Route, secret_of};
use anyhow::Context;
use axum::extract::{Path, Query};
use axum::handler::Handler;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get, post};
use axum::{Extension, Json, Router};
use claviger_core::dialect::Endpoint;
use claviger_files::realm::{FileClient, RealmFile};
use claviger_guard::{Caller, Guard, GuardBuilder, Reason};
use claviger_store::Store;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::LazyLock;

/// A sample API: where it answers, and how.
#[derive(Debug)]
pub(super) struct SampleApi {
    /// The authorities (`host:port`) at which it is.
    pub(super) authorities: Vec<String>,
    /// The routes.
    pub(super) router: Router,
    /// The same for the manifest and the printed lines; the first is the one to try first.
    pub(super) routes: Vec<Route>,
}

/// The sample API of a realm.
///
/// # Errors
/// The realm's file has no client for the API itself, or no sample API is known for this realm.
pub(super) fn of(file: &RealmFile, store: &Store, http: &reqwest::Client) -> anyhow::Result<SampleApi> {
    let realm = &file.realm;
    let (origin, authorities) = match realm.hosts.get("api") {
        Some(host) => (host.origin.as_str(), host.authorities.clone()),
        None => (realm.origin(), realm.authorities.clone()),
    };
    let guard = guard_of(file, None, http)?.build()?;
    let people = People { store: store.clone(), realm: realm.id.clone() };
    let mut app = Router::new();
    let mut routes = Vec::new();
    let is_served = |row: &&Row| row.whom != For::Another || realm.apis.len() > 1;
    for row in table()?.iter().filter(|row| row.dialect == realm.dialect.name).filter(is_served) {
        app = app.route(&row.path, row.guarded(file, &guard, http)?);
        routes.push(Route {
            name: &row.name,
            method: row.method.name(),
            url: format!(
                "{origin}{}{}",
                row.path,
                row.query.as_ref().map(|query| format!("?{query}")).unwrap_or_default()
            ),
            for_apps: row.whom == For::All,
        });
    }
    if routes.is_empty() {
        anyhow::bail!("there is no sample API for the dialect {}", realm.dialect.name);
    }
    Ok(SampleApi { authorities, router: app.layer(Extension(guard)).layer(Extension(people)), routes })
}

/// The rows of `demo/sample/apis.toml`, read once.
fn table() -> anyhow::Result<&'static [Row]> {
    #[derive(Deserialize)]
    struct Table {
        route: Vec<Row>,
    }
    static TABLE: LazyLock<Result<Table, toml::de::Error>> =
        LazyLock::new(|| toml::from_str(include_str!("../../../demo/sample/apis.toml")));
    match &*TABLE {
        Ok(table) => Ok(&table.route),
        Err(error) => anyhow::bail!("demo/sample/apis.toml: {error}"),
    }
}

/// A route of a vendor's sample API, as the file has it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Row {
    dialect: String,
    name: String,
    #[serde(default)]
    method: Method,
    path: String,
    /// What the printed line and the manifest add to the path.
    query: Option<String>,
    answer: Stock,
    #[serde(default, rename = "for")]
    whom: For,
    /// The scope that it takes.
    scope: Option<String>,
    /// A8: no tokens that came through implicit.
    #[serde(default)]
    refuse_implicit: bool,
}

impl Row {
    /// What answers, behind the guard that the row asks for.
    fn guarded(&self, file: &RealmFile, guard: &Guard, http: &reqwest::Client) -> anyhow::Result<MethodRouter> {
        let mut layer = if self.whom == For::Another { vault_guard(file, http)?.layer() } else { guard.layer() };
        if let Some(scope) = &self.scope {
            layer = layer.require_scope(scope);
        }
        if self.refuse_implicit {
            layer = layer.refuse_implicit();
        }
        let answers = match self.answer {
            Stock::UsersMe => self.method.of(users_me),
            Stock::DamageClaims => self.method.of(damage_claims),
            Stock::Items => self.method.of(items),
            Stock::NewItem => self.method.of(new_item),
            Stock::Blasts => self.method.of(blasts),
            Stock::Accounts => self.method.of(accounts),
            Stock::CompanyOrders => self.method.of(company_orders),
            Stock::Vault => self.method.of(vault),
            Stock::Orders => self.method.of(orders),
        };
        Ok(answers.layer(layer))
    }
}

/// The method of a route.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum Method {
    #[default]
    Get,
    Post,
}

impl Method {
    const fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
        }
    }

    fn of<H: Handler<T, ()>, T: 'static>(self, handler: H) -> MethodRouter {
        match self {
            Self::Get => get(handler),
            Self::Post => post(handler),
        }
    }
}

/// What stands behind a route.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Stock {
    UsersMe,
    DamageClaims,
    Items,
    NewItem,
    Blasts,
    Accounts,
    CompanyOrders,
    Vault,
    Orders,
}

/// Which tokens a route is for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum For {
    /// Any of the realm's first API.
    #[default]
    All,
    /// Those that stand for a person.
    People,
    /// Those for another API of the realm.
    Another,
}

/// The second API of the strict realm, whose tokens only introspection can read.
fn vault_guard(file: &RealmFile, http: &reqwest::Client) -> anyhow::Result<Guard> {
    let audiences = file.clients.iter().filter_map(|entry| entry.client.resource_server.as_deref());
    Ok(guard_of(file, audiences.clone().nth(1), http)?.build()?)
}

/// A guard as the vendor would set it up: with the API's own client, and words and headers of the dialect.
pub(super) fn guard_of(
    file: &RealmFile,
    audience: Option<&str>,
    http: &reqwest::Client,
) -> anyhow::Result<GuardBuilder> {
    let realm = &file.realm;
    let is_it = |mine: &&str| audience.is_none_or(|audience| audience == *mine);
    let own = |entry: &&FileClient| entry.client.resource_server.as_deref().as_ref().is_some_and(is_it);
    let own =
        file.clients.iter().find(own).with_context(|| format!("{}: no client is a resource-server", file.file))?;
    let secret = secret_of(file, own).with_context(|| format!("{}: {} has no secret", file.file, own.client.id))?;
    let mut builder = Guard::builder(&realm.issuer)
        .audience(own.client.resource_server.as_deref().unwrap_or_default())
        .credentials(&own.client.id, &secret)
        .realm(&realm.name)
        .dialect(&realm.dialect.api)
        // The realm and its API run on one machine, by one clock.
        .leeway(std::time::Duration::ZERO)
        .http_client(http.clone());
    if let Some(feed) = realm.url(Endpoint::Revocations) {
        builder = builder.revocation_feed(feed);
    }
    Ok(builder)
}

/// The vendor's own directory: who a token's `sub` is.
#[derive(Debug, Clone)]
struct People {
    store: Store,
    realm: String,
}

async fn users_me(Extension(caller): Extension<Caller>, Extension(people): Extension<People>) -> Response {
    let sub = caller.sub.clone().unwrap_or_default();
    match people.store.user(&people.realm, &sub).await {
        Ok(Some(found)) => Json(json!({
            "id": found.user.id,
            "userName": found.user.username,
            "name": found.user.name,
            "email": found.user.email,
            "app": caller.client_id,
            "scopes": caller.scopes,
        }))
        .into_response(),
        // A client that acts for itself is nobody.
        Ok(None) => answer(StatusCode::NOT_FOUND, json!({ "error": "this token stands for an app, not for a person" })),
        Err(fault) => {
            tracing::error!(%fault, "the sample API cannot read the directory");
            answer(StatusCode::SERVICE_UNAVAILABLE, json!({ "error": "temporarily_unavailable" }))
        }
    }
}

async fn damage_claims() -> Json<Value> {
    Json(stock_of_claims())
}

pub(super) fn stock_of_claims() -> Value {
    json!({ "claims": [
        { "number": "AX-1041", "registration": "KX21 ABD", "part": "front bumper", "status": "estimated" },
        { "number": "AX-1042", "registration": "LM70 CDE", "part": "nearside door", "status": "repairing" },
    ]})
}

async fn items() -> Json<Value> {
    Json(stock_of_items())
}

pub(super) fn stock_of_items() -> Value {
    json!({ "items": [
        { "code": "DESK-160", "description": "Desk, 160 cm", "onHand": 4 },
        { "code": "LAMP-LED", "description": "Desk lamp", "onHand": 23 },
    ]})
}

#[derive(Deserialize)]
struct NewItem {
    code: String,
    #[serde(default)]
    description: String,
}

/// Nothing is kept: the next caller of the demo finds it as it was.
async fn new_item(Json(item): Json<NewItem>) -> Response {
    answer(StatusCode::CREATED, stock_of_new_item(&item.code, &item.description))
}

pub(super) fn stock_of_new_item(code: &str, description: &str) -> Value {
    json!({ "code": code, "description": description, "onHand": 0 })
}

/// B4: a site's data is for tokens of that site.
async fn blasts(
    Path(site): Path<String>,
    Extension(caller): Extension<Caller>,
    Extension(guard): Extension<Guard>,
) -> Response {
    if !caller.is_for(&site) {
        return guard.reject(Reason::InsufficientScope).to_response().map(axum::body::Body::from);
    }
    answer(StatusCode::OK, stock_of_blasts(&site))
}

pub(super) fn stock_of_blasts(site: &str) -> Value {
    json!({ "site": site, "blasts": [
        { "id": 311, "name": "North wall 4", "holes": 124, "fired": "2026-02-11T04:30:00Z" },
        { "id": 312, "name": "Ramp 2", "holes": 88, "fired": null },
    ]})
}

#[derive(Deserialize)]
struct Order {
    #[serde(rename = "orderBy")]
    order_by: Option<String>,
}

const ACCOUNTS: [(i32, &str); 3] = [(101, "Bramley Foods"), (102, "Aldous Freight"), (103, "Castle Lettings")];

pub(super) fn stock_of_accounts() -> Vec<Value> {
    ACCOUNTS.iter().map(|(id, name)| json!({ "id": id, "name": name })).collect()
}

async fn accounts(Query(order): Query<Order>) -> Response {
    let mut accounts = ACCOUNTS;
    let order = order.order_by.unwrap_or_else(|| "id asc".to_owned());
    match order.split_whitespace().collect::<Vec<_>>().as_slice() {
        ["id"] | ["id", "asc"] => {}
        ["id", "desc"] => accounts.reverse(),
        ["name"] | ["name", "asc"] => accounts.sort_by_key(|(_, name)| *name),
        ["name", "desc"] => accounts.sort_by_key(|(_, name)| std::cmp::Reverse(*name)),
        _ => return answer(StatusCode::BAD_REQUEST, json!({ "error": "orderBy is id or name, asc or desc" })),
    }
    let accounts: Vec<Value> = accounts.iter().map(|(id, name)| json!({ "id": id, "name": name })).collect();
    Json(accounts).into_response()
}

/// L7: orders of the companies that the user picked, and of no other.
async fn company_orders(Extension(caller): Extension<Caller>) -> Json<Value> {
    let orders = caller.organisations.iter().zip(1..).flat_map(|(company, number)| {
        [
            json!({ "OrderID": number * 1000 + 1, "CompanyID": company, "OrderType": "Invoice", "TotalIncl": 121.0 }),
            json!({ "OrderID": number * 1000 + 2, "CompanyID": company, "OrderType": "Offer", "TotalIncl": 60.5 }),
        ]
    });
    Json(json!({ "Items": orders.collect::<Vec<_>>() }))
}

async fn vault() -> Json<Value> {
    Json(stock_of_vault())
}

pub(super) fn stock_of_vault() -> Value {
    json!({ "vault": ["deed", "will"] })
}

async fn orders() -> Json<Value> {
    Json(stock_of_orders())
}

pub(super) fn stock_of_orders() -> Value {
    json!({ "orders": [{ "id": 1, "total": "12.40" }, { "id": 2, "total": "3.15" }] })
}

fn answer(status: StatusCode, body: Value) -> Response {
    (status, Json(body)).into_response()
}
