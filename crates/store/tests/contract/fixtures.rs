//! Rows to start from.

use claviger_core::user::Organisation;
use claviger_core::{Client, Realm, User};
use claviger_store::{
    ClientSecret, Id, Issue, Masked, NewAccessToken, NewCode, NewGrant, Precondition, Redeem, Rotate, SeatClaim,
    SecretKind, Store, id_text,
};
use std::future::Future;

pub(crate) const NOW: i64 = 1_700_000_000_000;
pub(crate) const MINUTE: i64 = 60_000;
pub(crate) const HOUR: i64 = 60 * MINUTE;

pub(crate) fn id() -> Id {
    *uuid::Uuid::now_v7().as_bytes()
}

pub(crate) fn realm(id: &str, authorities: &[&str]) -> Realm {
    serde_json::from_value(serde_json::json!({
        "id": id, "name": id, "issuer": format!("https://{id}.example"), "authorities": authorities, "dialect": {},
    }))
    .unwrap()
}

pub(crate) fn client(id: &str) -> Client {
    serde_json::from_value(serde_json::json!({
        "id": id, "name": id, "kind": "confidential", "grants": ["authorization_code", "refresh_token"],
    }))
    .unwrap()
}

pub(crate) fn user(id: &str) -> User {
    serde_json::from_value(serde_json::json!({"id": id, "username": format!("{id}@example.com")})).unwrap()
}

pub(crate) fn organisation(id: &str) -> Organisation {
    serde_json::from_value(serde_json::json!({"id": id, "name": id, "kind": "company"})).unwrap()
}

pub(crate) fn secret(id: &str) -> ClientSecret {
    ClientSecret {
        id: id.into(),
        kind: SecretKind::Hmac,
        hash: Masked(vec![1; 32]),
        label: "first".into(),
        created_at: NOW,
        expires_at: None,
        retired_at: None,
    }
}

/// A realm `r` with client `c` and user `u`.
pub(crate) async fn set_up(store: &Store) {
    store.put_realm(&realm("r", &["r.example"]), NOW).await.unwrap();
    store.put_client("r", &client("c"), NOW).await.unwrap();
    store.put_user("r", &user("u"), None, NOW).await.unwrap();
}

pub(crate) fn code(id: Id) -> NewCode {
    NewCode {
        id,
        hash: Masked([5; 32]),
        realm: "r".into(),
        client: "c".into(),
        user: Some("u".into()),
        doc: "{}".into(),
        expires_at: NOW + MINUTE,
    }
}

pub(crate) fn grant(id: Id) -> NewGrant {
    NewGrant {
        id,
        realm: "r".into(),
        client: "c".into(),
        user: Some("u".into()),
        flow: "authorization_code".into(),
        doc: r#"{"scope":"a"}"#.into(),
        nonce: Masked(self::id()),
        generation: 0,
        turnover: "rotate".into(),
        created_at: NOW,
        idle_expires_at: NOW + HOUR,
        expires_at: NOW + 24 * HOUR,
    }
}

pub(crate) fn access(id: Id, grant: Option<Id>) -> NewAccessToken {
    NewAccessToken {
        id,
        hash: Masked([7; 32]),
        realm: "r".into(),
        client: "c".into(),
        user: Some("u".into()),
        grant,
        doc: "{}".into(),
        issued_at: NOW,
        expires_at: NOW + HOUR,
    }
}

/// The exchange of a code for a grant and an opaque access token.
pub(crate) fn exchange(code: Id, access_id: Id, now: i64) -> Issue {
    Issue {
        now,
        redeem: Some(Redeem { code, hash: [5; 32], precondition: Precondition::default() }),
        new_grant: Some(grant(code)),
        access: Some(access(access_id, Some(code))),
        ..Issue::default()
    }
}

/// A grant that begins.
pub(crate) fn begin(grant_id: Id) -> Issue {
    Issue { now: NOW, new_grant: Some(grant(grant_id)), ..Issue::default() }
}

/// A refresh of generation `from`.
pub(crate) fn refresh(grant: Id, from: u32, now: i64) -> Issue {
    let rotate = Rotate {
        grant,
        from: Some(from),
        to: from + 1,
        idle_expires_at: now + HOUR,
        precondition: Precondition::default(),
        replay: None,
    };
    Issue { now, rotate: Some(rotate), ..Issue::default() }
}

/// A seat of pool `p`, counted per session.
pub(crate) fn seat(grant: Id, size: u32, expires_at: i64) -> SeatClaim {
    SeatClaim {
        realm: "r".into(),
        pool: "p".into(),
        organisation: String::new(),
        holder: id_text(&grant),
        grant,
        client: "c".into(),
        user: Some("u".into()),
        size,
        expires_at,
    }
}

/// Does something 64 times at once.
pub(crate) async fn at_once<T, F>(work: impl Fn(u8) -> F) -> Vec<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let tasks: Vec<_> = (0..64).map(|caller| tokio::spawn(work(caller))).collect();
    let mut answers = Vec::new();
    for task in tasks {
        answers.push(task.await.unwrap());
    }
    answers
}
