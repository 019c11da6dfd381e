//! An API in axum behind the guard: `/me` for every good token, `/orders` for those with the scope `orders:read`.
//!
//! Needs `ISSUER`, `AUDIENCE`, and in `API_CLIENT_ID` and `API_CLIENT_SECRET` the API's own client at the issuer, by which the
//! guard asks about tokens and hears of revocations. Listens at 127.0.0.1:3000.

use std::env;
use std::error::Error;

use axum::http::StatusCode;
use axum::routing::get;
use axum::{Extension, Json, Router};
use claviger_guard::{Caller, Guard};
use serde_json::{Value, json};
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let guard = Guard::builder(env::var("ISSUER")?)
        .audience(env::var("AUDIENCE")?)
        .credentials(&env::var("API_CLIENT_ID")?, &env::var("API_CLIENT_SECRET")?)
        .build()?;
    let listener = TcpListener::bind("127.0.0.1:3000").await?;
    println!("http://{}", listener.local_addr()?);
    axum::serve(listener, app(&guard)).await?;
    Ok(())
}

fn app(guard: &Guard) -> Router {
    let any_token = Router::new().route("/me", get(me)).layer(guard.layer());
    let readers = Router::new().route("/orders", get(orders)).layer(guard.layer().require_scope("orders:read"));
    let health = Router::new().route("/health", get(health)).with_state(guard.clone());
    any_token.merge(readers).merge(health)
}

/// The layer has put the caller into the request.
async fn me(Extension(caller): Extension<Caller>) -> Json<Value> {
    Json(json!({ "user": caller.sub, "app": caller.client_id, "scopes": caller.scopes }))
}

async fn orders(Extension(caller): Extension<Caller>) -> Json<Value> {
    Json(json!([{ "number": 1, "for": caller.sub }]))
}

/// Open to everybody: unwell when revocations have not been heard of for a minute.
async fn health(axum::extract::State(guard): axum::extract::State<Guard>) -> StatusCode {
    match guard.feed_age() {
        Some(age) if age.as_secs() < 60 => StatusCode::OK,
        _ => StatusCode::SERVICE_UNAVAILABLE,
    }
}
