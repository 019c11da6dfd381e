//! A code with PKCE: exchanged once, refreshed from then on.

use claviger_client::{Builder, Error, FileStorage, Grant, Pkce};
use serde_json::json;

use crate::server::{Folder, Server, TestClock, refusal, token};

const BACK: &str = "https://app.example/cb";

fn with_code(server: &Server, clock: &TestClock, code: &str, pkce: Option<&Pkce>) -> Builder {
    let grant = Grant::AuthorizationCode { code: code.into(), redirect_uri: BACK.to_owned(), pkce: pkce.cloned() };
    server.client(clock).scope("not sent").grant(grant)
}

#[test]
fn a_challenge_is_made_of_its_verifier_and_no_two_are_alike() {
    // RFC 7636 appendix B.
    let known = Pkce::of("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
    assert_eq!(known.challenge(), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    let (one, other) = (Pkce::new(), Pkce::new());
    assert_eq!(one.verifier().expose().len(), 43);
    assert_ne!(one.verifier(), other.verifier());
    assert_eq!(format!("{one:?}"), "Pkce(***)");
}

#[tokio::test]
async fn a_code_is_exchanged_with_its_verifier_once_and_then_the_refresh_token_is_used() {
    let server = Server::start(|_, before| async move {
        token(before + 1, &json!({ "refresh_token": format!("refresh-{}", before + 1) }))
    })
    .await;
    let (clock, pkce) = (TestClock::new(), Pkce::of("v".repeat(43)));
    let tokens = with_code(&server, &clock, "c0de", Some(&pkce)).build().unwrap();
    assert_eq!(tokens.bearer().await.unwrap().expose(), "access-1");
    let first = server.seen().remove(0);
    let expected = [
        ("grant_type", "authorization_code"),
        ("code", "c0de"),
        ("redirect_uri", BACK),
        ("code_verifier", pkce.verifier().expose()),
    ];
    assert_eq!(first.form(), expected.map(|(name, value)| (name.to_owned(), value.to_owned())).into());
    clock.pass(3600);
    assert_eq!(tokens.bearer().await.unwrap().expose(), "access-2");
    assert_eq!(server.seen()[1].parameter("refresh_token"), "refresh-1");
}

#[tokio::test]
async fn a_code_without_a_challenge_has_no_verifier() {
    let server = Server::generous().await;
    with_code(&server, &TestClock::new(), "c0de", None).build().unwrap().bearer().await.unwrap();
    assert!(!server.seen()[0].body.contains("code_verifier"));
}

#[tokio::test]
async fn a_code_is_never_sent_twice_once_it_gave_a_token() {
    let (server, clock) = (Server::generous().await, TestClock::new());
    let tokens = with_code(&server, &clock, "c0de", None).build().unwrap();
    tokens.bearer().await.unwrap();
    clock.pass(3600);
    let error = tokens.bearer().await.unwrap_err();
    assert!(matches!(error, Error::CodeSpent) && error.needs_consent() && !error.is_temporary(), "{error:?}");
    assert_eq!(server.count(), 1);
}

#[tokio::test]
async fn the_refresh_token_of_a_code_that_is_over_needs_the_user() {
    let server = Server::start(|seen, _| async move {
        match seen.parameter("grant_type").as_str() {
            "refresh_token" => refusal(400, "invalid_grant", "over"),
            _ => token(1, &json!({ "refresh_token": "refresh-1" })),
        }
    })
    .await;
    let clock = TestClock::new();
    let tokens = with_code(&server, &clock, "c0de", None).build().unwrap();
    tokens.bearer().await.unwrap();
    clock.pass(3600);
    assert!(tokens.bearer().await.unwrap_err().needs_consent());
    assert_eq!(server.count(), 2, "the code is not tried again");
}

#[tokio::test]
async fn a_program_that_is_started_again_goes_on_with_what_it_kept_and_another_code_starts_anew() {
    let server = Server::start(|_, before| async move {
        token(before + 1, &json!({ "refresh_token": format!("refresh-{}", before + 1) }))
    })
    .await;
    let (clock, folder) = (TestClock::new(), Folder::new("code"));
    let build = |code| with_code(&server, &clock, code, None).storage(FileStorage::new(folder.file())).build().unwrap();
    build("one").bearer().await.unwrap();
    clock.pass(3600);
    build("one").bearer().await.unwrap();
    build("two").bearer().await.unwrap();
    let asked: Vec<_> = server.seen().iter().map(|seen| seen.parameter("grant_type")).collect();
    assert_eq!(asked, ["authorization_code", "refresh_token", "authorization_code"]);
}
