//! The bare server: what a flow cannot do without, and nothing else.
//!
//! Per flow one route: the same HTTP (a form body parsed, an answer of the same size), the same hash
//! of the caller's secret, the same signature, the same durable rows and reads, on the same
//! libraries. No realms, no policy, no grants beyond the row, no limits, no log. What Claviger adds
//! to this is what Claviger costs.

mod database;
mod keys;
pub(crate) mod password;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use aws_lc_rs::signature::ParsedPublicKey;
use aws_lc_rs::{digest, hmac, rand};
use axum::Router;
use axum::extract::{Form, Query, State};
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, COOKIE, LOCATION, PRAGMA};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::serve::ListenerExt;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use bytes::Bytes;
use serde::Deserialize;

use database::{Database, Write};
use keys::{Algorithm, Keys};
use password::Hashers;

/// The secret every caller of the bare server presents.
pub(crate) const SECRET: &str = "kZ0q7mC1p8WbV5yT2nXs9dLr4hJf6gAe3uQiOoRtYwE";
/// The id that goes with it.
pub(crate) const CLIENT: &str = "bench-client";
const SUBJECT: &str = "0192f0c1-0000-7000-8000-000000000001";
const CALLBACK: &str = "https://client.example/callback";

/// What the bare server is started with.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// An empty folder for the database.
    #[arg(long)]
    data: PathBuf,
    /// Bytes that every answer of a token is to have, at least.
    #[arg(long, default_value_t = 0)]
    token_bytes: usize,
    /// Bytes of the discovery document.
    #[arg(long, default_value_t = 2000)]
    discovery_bytes: usize,
    /// Bytes of the key set.
    #[arg(long, default_value_t = 900)]
    jwks_bytes: usize,
    /// Bytes of the answers of introspection and userinfo, at least.
    #[arg(long, default_value_t = 0)]
    facts_bytes: usize,
}

/// What every request needs; made once.
struct Bare {
    keys: Keys,
    client: ParsedPublicKey,
    database: Database,
    hashers: Hashers,
    secret: hmac::Key,
    secret_tag: hmac::Tag,
    refresh: hmac::Key,
    token_bytes: usize,
    facts_bytes: usize,
    discovery: Bytes,
    jwks: Bytes,
}

type Shared = State<Arc<Bare>>;

/// Serves until standard input ends.
///
/// # Errors
/// No port, no folder, no thread.
pub(crate) fn run(args: &Args) -> Result<()> {
    let cores = std::thread::available_parallelism()?.get();
    let secret = hmac::Key::new(hmac::HMAC_SHA256, &[7; 32]);
    let bare = Bare {
        keys: Keys::generate()?,
        client: keys::client()?,
        database: Database::create(&args.data.join("bare.db"))?,
        hashers: Hashers::start(cores)?,
        secret_tag: hmac::sign(&secret, SECRET.as_bytes()),
        secret,
        refresh: hmac::Key::new(hmac::HMAC_SHA256, &[9; 32]),
        token_bytes: args.token_bytes,
        facts_bytes: args.facts_bytes,
        discovery: filler(args.discovery_bytes),
        jwks: filler(args.jwks_bytes),
    };
    // Whoever started this process holds the other end: when that is gone, so is this.
    std::thread::spawn(|| {
        let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
        std::process::exit(0);
    });
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await?;
        println!("{}", listener.local_addr()?);
        let listener = listener.tap_io(|stream| {
            let _ = stream.set_nodelay(true);
        });
        axum::serve(listener, router(bare)).await?;
        Ok(())
    })
}

fn router(bare: Bare) -> Router {
    Router::new()
        .route(
            "/token/es256",
            post(|State(bare): Shared, headers, form| async move { token(&bare, &headers, &form, Algorithm::Es256) }),
        )
        .route(
            "/token/eddsa",
            post(|State(bare): Shared, headers, form| async move { token(&bare, &headers, &form, Algorithm::EdDsa) }),
        )
        .route(
            "/token/rs256",
            post(|State(bare): Shared, headers, form| async move { token(&bare, &headers, &form, Algorithm::Rs256) }),
        )
        .route("/token/opaque", post(opaque))
        .route("/token/refresh", post(refresh))
        .route("/token/code", post(redeem))
        .route("/token/code-openid", post(redeem_openid))
        .route("/token/dpop", post(dpop))
        .route("/token/asserted", post(asserted))
        .route("/token/password", post(login))
        .route("/authorize", get(authorize))
        .route("/introspect", post(introspect))
        .route("/userinfo", get(userinfo))
        .route(
            "/.well-known/openid-configuration",
            get(|State(bare): Shared| async move { json(bare.discovery.clone()) }),
        )
        .route("/jwks", get(|State(bare): Shared| async move { json(bare.jwks.clone()) }))
        .route("/seed/refresh", post(seed_refresh))
        .with_state(Arc::new(bare))
}

/// A JSON document of this many bytes.
fn filler(length: usize) -> Bytes {
    Bytes::from(format!("{{\"pad\":\"{}\"}}", "x".repeat(length.saturating_sub(10))))
}

/// What goes wrong in the bare server: a refusal without a reason, or a fault.
enum Failure {
    Refused,
    Fault(anyhow::Error),
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self::Fault(error)
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        match self {
            Self::Refused => (StatusCode::BAD_REQUEST, "{\"error\":\"invalid_request\"}").into_response(),
            Self::Fault(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
        }
    }
}

type Outcome = Result<Response, Failure>;

#[derive(Deserialize)]
struct Params {
    grant_type: Option<String>,
    scope: Option<String>,
    code: Option<String>,
    redirect_uri: Option<String>,
    code_verifier: Option<String>,
    refresh_token: Option<String>,
    username: Option<String>,
    password: Option<String>,
    token: Option<String>,
    client_assertion: Option<String>,
}

/// The caller's secret, from HTTP Basic, hashed and compared.
fn authenticate(bare: &Bare, headers: &HeaderMap) -> Result<(), Failure> {
    let given = headers.get(AUTHORIZATION).map(HeaderValue::as_bytes).and_then(|value| value.strip_prefix(b"Basic "));
    let decoded = STANDARD.decode(given.ok_or(Failure::Refused)?).map_err(|_| Failure::Refused)?;
    let at = decoded.iter().position(|byte| *byte == b':').ok_or(Failure::Refused)?;
    let (client, secret) = decoded.split_at(at);
    let secret = secret.get(1..).unwrap_or_default();
    if client != CLIENT.as_bytes() || hmac::verify(&bare.secret, secret, bare.secret_tag.as_ref()).is_err() {
        return Err(Failure::Refused);
    }
    Ok(())
}

fn token(bare: &Bare, headers: &HeaderMap, form: &Form<Params>, algorithm: Algorithm) -> Outcome {
    authenticate(bare, headers)?;
    if form.grant_type.as_deref() != Some("client_credentials") {
        return Err(Failure::Refused);
    }
    let scope = form.scope.as_deref().unwrap_or("orders.read");
    let token = jwt(bare, algorithm, CLIENT, scope)?;
    Ok(answer(
        bare.token_bytes,
        &format!("\"access_token\":\"{token}\",\"token_type\":\"Bearer\",\"expires_in\":3600,\"scope\":\"{scope}\""),
    ))
}

async fn opaque(State(bare): Shared, headers: HeaderMap, form: Form<Params>) -> Outcome {
    authenticate(&bare, &headers)?;
    let scope = form.scope.as_deref().unwrap_or("orders.read");
    let (id, token) = opaque_token()?;
    bare.database.commit(Write::Token { id, hash: sha256(token.as_bytes()), now: now() }).await?;
    Ok(answer(
        0,
        &format!("\"access_token\":\"{token}\",\"token_type\":\"Bearer\",\"expires_in\":3600,\"scope\":\"{scope}\""),
    ))
}

async fn refresh(State(bare): Shared, headers: HeaderMap, form: Form<Params>) -> Outcome {
    authenticate(&bare, &headers)?;
    let given = form.refresh_token.as_deref().ok_or(Failure::Refused)?;
    let (id, generation) = read_refresh(&bare, given)?;
    if !bare.database.commit(Write::Rotate { id, generation, now: now() }).await? {
        return Err(Failure::Refused);
    }
    let access = jwt(&bare, Algorithm::Es256, SUBJECT, "orders.read")?;
    Ok(pair(&bare, &access, &write_refresh(&bare, id, generation + 1)))
}

async fn authorize(State(bare): Shared, headers: HeaderMap, query: Query<Request>) -> Outcome {
    let cookie = headers.get(COOKIE).and_then(|cookie| cookie.to_str().ok()).ok_or(Failure::Refused)?;
    if !cookie.starts_with("session=")
        || query.client_id != CLIENT
        || query.redirect_uri != CALLBACK
        || query.response_type != "code"
    {
        return Err(Failure::Refused);
    }
    let (id, code) = opaque_token()?;
    bare.database.commit(Write::Code { id, hash: sha256(code.as_bytes()), now: now() }).await?;
    let location = format!("{CALLBACK}?code={code}&state={}", query.state);
    let location = HeaderValue::from_str(&location).map_err(|_| Failure::Refused)?;
    Ok((StatusCode::SEE_OTHER, [(LOCATION, location), (CACHE_CONTROL, HeaderValue::from_static("no-store"))])
        .into_response())
}

#[derive(Deserialize)]
struct Request {
    client_id: String,
    redirect_uri: String,
    response_type: String,
    state: String,
}

async fn redeem(State(bare): Shared, headers: HeaderMap, form: Form<Params>) -> Outcome {
    let (access, refresh) = redeemed(&bare, &headers, &form).await?;
    Ok(pair(&bare, &access, &refresh))
}

/// The same with an ID token.
async fn redeem_openid(State(bare): Shared, headers: HeaderMap, form: Form<Params>) -> Outcome {
    let (access, refresh) = redeemed(&bare, &headers, &form).await?;
    let id_token = jwt(&bare, Algorithm::Es256, SUBJECT, "openid")?;
    Ok(answer(
        bare.token_bytes,
        &format!(
            "\"access_token\":\"{access}\",\"token_type\":\"Bearer\",\"expires_in\":3600,\"refresh_token\":\"{refresh}\",\"id_token\":\"{id_token}\""
        ),
    ))
}

/// The proof's signature is checked with the key that comes in it, which has to be parsed for that.
async fn dpop(State(bare): Shared, headers: HeaderMap, form: Form<Params>) -> Outcome {
    let proof = headers.get("dpop").and_then(|proof| proof.to_str().ok()).ok_or(Failure::Refused)?;
    keys::verified(&keys::client()?, proof).ok_or(Failure::Refused)?;
    token(&bare, &headers, &form, Algorithm::Es256)
}

/// The assertion's signature is checked with a key that is known, and that it was used is durable.
async fn asserted(State(bare): Shared, form: Form<Params>) -> Outcome {
    let assertion = form.client_assertion.as_deref().ok_or(Failure::Refused)?;
    keys::verified(&bare.client, assertion).ok_or(Failure::Refused)?;
    bare.database.commit(Write::Token { id: new_id()?, hash: sha256(assertion.as_bytes()), now: now() }).await?;
    let token = jwt(&bare, Algorithm::Es256, CLIENT, "orders.read")?;
    Ok(answer(bare.token_bytes, &format!("\"access_token\":\"{token}\",\"token_type\":\"Bearer\",\"expires_in\":3600")))
}

/// The access token and the refresh token for a code.
async fn redeemed(bare: &Bare, headers: &HeaderMap, form: &Params) -> Result<(String, String), Failure> {
    authenticate(bare, headers)?;
    let (code, redirect) = (form.code.as_deref().ok_or(Failure::Refused)?, form.redirect_uri.as_deref());
    let verifier = form.code_verifier.as_deref().unwrap_or_default();
    let challenge = sha256(verifier.as_bytes());
    if redirect != Some(CALLBACK) || challenge == [0; 32] {
        return Err(Failure::Refused);
    }
    let id = id_of(code)?;
    if !bare.database.commit(Write::Redeem { id, hash: sha256(code.as_bytes()), now: now() }).await? {
        return Err(Failure::Refused);
    }
    let access = jwt(bare, Algorithm::Es256, SUBJECT, "orders.read")?;
    Ok((access, write_refresh(bare, id, 0)))
}

async fn login(State(bare): Shared, headers: HeaderMap, form: Form<Params>) -> Outcome {
    authenticate(&bare, &headers)?;
    let (user, password) =
        (form.username.clone().ok_or(Failure::Refused)?, form.password.clone().ok_or(Failure::Refused)?);
    let hash = bare.hashers.hash(password).await?;
    if user.is_empty() || hash == [0; 32] {
        return Err(Failure::Refused);
    }
    let access = jwt(&bare, Algorithm::Es256, SUBJECT, "orders.read")?;
    Ok(answer(
        bare.token_bytes,
        &format!("\"access_token\":\"{access}\",\"token_type\":\"Bearer\",\"expires_in\":3600"),
    ))
}

async fn introspect(State(bare): Shared, headers: HeaderMap, form: Form<Params>) -> Outcome {
    authenticate(&bare, &headers)?;
    let token = form.token.as_deref().ok_or(Failure::Refused)?;
    let (hash, scope, expires) = bare.database.token(id_of(token)?)?.ok_or(Failure::Refused)?;
    if hash != sha256(token.as_bytes()) {
        return Err(Failure::Refused);
    }
    Ok(answer(
        bare.facts_bytes,
        &format!("\"active\":true,\"scope\":\"{scope}\",\"client_id\":\"{CLIENT}\",\"exp\":{}", expires / 1000),
    ))
}

async fn userinfo(State(bare): Shared, headers: HeaderMap) -> Outcome {
    #[derive(Deserialize)]
    struct Claims {
        sub: String,
        exp: i64,
    }
    let given = headers
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("Bearer "));
    let claims = given.and_then(|token| bare.keys.verified(token)).ok_or(Failure::Refused)?;
    let claims: Claims = serde_json::from_slice(&claims).map_err(|_| Failure::Refused)?;
    if claims.exp * 1000 < now() {
        return Err(Failure::Refused);
    }
    let (name, email) = bare.database.user(&claims.sub)?.ok_or(Failure::Refused)?;
    Ok(answer(bare.facts_bytes, &format!("\"sub\":\"{}\",\"name\":\"{name}\",\"email\":\"{email}\"", claims.sub)))
}

/// As many first refresh tokens as are asked for, as a JSON array.
async fn seed_refresh(State(bare): Shared, query: Query<Seed>) -> Outcome {
    let mut tokens = Vec::new();
    for _ in 0..query.n {
        let (id, code) = opaque_token()?;
        let hash = sha256(code.as_bytes());
        bare.database.commit(Write::Code { id, hash, now: now() }).await?;
        bare.database.commit(Write::Redeem { id, hash, now: now() }).await?;
        tokens.push(write_refresh(&bare, id, 0));
    }
    Ok(json(Bytes::from(serde_json::to_vec(&tokens).map_err(anyhow::Error::from)?)))
}

#[derive(Deserialize)]
struct Seed {
    n: usize,
}

fn jwt(bare: &Bare, algorithm: Algorithm, subject: &str, scope: &str) -> Result<String> {
    let seconds = now() / 1000;
    let id = URL_SAFE_NO_PAD.encode(new_id()?);
    let claims = format!(
        "{{\"iss\":\"http://localhost:8080/bench\",\"sub\":\"{subject}\",\"aud\":\"https://api.example\",\"client_id\":\"{CLIENT}\",\
         \"scope\":\"{scope}\",\"iat\":{seconds},\"exp\":{},\"jti\":\"{id}\"}}",
        seconds + 3600
    );
    bare.keys.token(algorithm, &claims)
}

fn pair(bare: &Bare, access: &str, refresh: &str) -> Response {
    answer(
        bare.token_bytes,
        &format!(
            "\"access_token\":\"{access}\",\"token_type\":\"Bearer\",\"expires_in\":3600,\"refresh_token\":\"{refresh}\",\"scope\":\"orders.read\""
        ),
    )
}

/// A JSON object of these members, filled up to a size.
fn answer(bytes: usize, members: &str) -> Response {
    let mut text = String::with_capacity(members.len().max(bytes) + 16);
    text.push('{');
    text.push_str(members);
    if bytes > text.len() + 10 {
        text.push_str(",\"pad\":\"");
        (0..bytes - text.len() - 2).for_each(|_| text.push('x'));
        text.push('"');
    }
    text.push('}');
    json(Bytes::from(text))
}

fn json(body: Bytes) -> Response {
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (PRAGMA, HeaderValue::from_static("no-cache")),
    ];
    (headers, body).into_response()
}

/// Milliseconds since the epoch.
fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest::digest(&digest::SHA256, bytes).as_ref());
    hash
}

/// An id in order of time: six bytes of milliseconds, ten at random.
///
/// # Errors
/// There is no randomness.
pub(crate) fn new_id() -> Result<[u8; 16]> {
    let mut id = [0; 16];
    rand::fill(&mut id).ok().context("no randomness")?;
    for (byte, time) in id.iter_mut().zip(now().to_be_bytes().iter().skip(2)) {
        *byte = *time;
    }
    Ok(id)
}

/// A token that is looked up: its id, and id and 32 random bytes as text.
fn opaque_token() -> Result<([u8; 16], String)> {
    let id = new_id()?;
    let mut bytes = [0; 48];
    rand::fill(&mut bytes).ok().context("no randomness")?;
    for (byte, known) in bytes.iter_mut().zip(id) {
        *byte = known;
    }
    Ok((id, format!("cva_{}", URL_SAFE_NO_PAD.encode(bytes))))
}

fn id_of(token: &str) -> Result<[u8; 16], Failure> {
    let text = token.strip_prefix("cva_").ok_or(Failure::Refused)?;
    let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| Failure::Refused)?;
    bytes.first_chunk().copied().ok_or(Failure::Refused)
}

fn write_refresh(bare: &Bare, id: [u8; 16], generation: u32) -> String {
    let mut bytes = Vec::with_capacity(53);
    bytes.push(1);
    bytes.extend_from_slice(&id);
    bytes.extend_from_slice(&generation.to_be_bytes());
    let tag = hmac::sign(&bare.refresh, &bytes);
    bytes.extend_from_slice(tag.as_ref());
    format!("cvr_{}", URL_SAFE_NO_PAD.encode(bytes))
}

fn read_refresh(bare: &Bare, token: &str) -> Result<([u8; 16], u32), Failure> {
    let text = token.strip_prefix("cvr_").ok_or(Failure::Refused)?;
    let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| Failure::Refused)?;
    let (signed, tag) = bytes.split_at_checked(21).ok_or(Failure::Refused)?;
    hmac::verify(&bare.refresh, signed, tag).map_err(|_| Failure::Refused)?;
    let id = signed.get(1..17).and_then(|id| id.first_chunk()).copied();
    let generation = signed.get(17..21).and_then(|part| part.first_chunk()).copied();
    id.zip(generation.map(u32::from_be_bytes)).ok_or(Failure::Refused)
}
