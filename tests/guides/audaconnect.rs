//! A1 … A9.

use crate::demo::Demo;
use crate::wire::{Choice, Person, claims, form, send, with_token};
use claviger_core::params::form_encode;

const REALM: &str = "audaconnect";
const CLIENT: &str = "demo-workshop";
const CALLBACK: &str = "https://integrator.example/audaconnect/callback";

fn alice(demo: &Demo) -> Person {
    Person::new(demo.port(REALM), "alice", &demo.password(REALM, "alice"))
}

fn authorize_path(scope: &str) -> String {
    let mut redirect_uri = String::new();
    form_encode(&mut redirect_uri, "redirect_uri", CALLBACK);
    format!("/AudaAPI.Portal/OAuth20?client_id={CLIENT}&{redirect_uri}&scope={scope}&response_type=code")
}

/// The token answer for a new code.
fn tokens(demo: &Demo, person: &mut Person) -> crate::wire::Answer {
    let (_, answer) = person.authorize(&authorize_path("BMS.Basic%20BMS.Extended"), Choice::Allow);
    let code = answer.redirect('?', "code").unwrap();
    let (port, secret) = (demo.port(REALM), demo.secret(REALM, CLIENT));
    let body = format!(
        "code={code}&\nclient_id={CLIENT}&\nclient_secret={secret}&\nredirect_uri={CALLBACK}&\ngrant_type=authorization_code"
    );
    let length = body.len();
    send(
        port,
        format!("POST /AudaAPI.Portal/OAuth20/token HTTP/1.1\r\nHost: localhost:{port}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {length}\r\n\r\n{body}").as_bytes(),
    )
}

/// A2.
#[test]
fn the_user_signs_in_consents_once_and_returns_with_a_code_or_an_error() {
    let demo = Demo::get();
    let mut person = alice(&demo);
    let (seen, denied) = person.authorize(&authorize_path("ReferenceData.My"), Choice::Deny);
    assert_eq!(seen, ["sign in", "consent"]);
    assert!(denied.header("location").starts_with(&format!("{CALLBACK}?")));
    assert_eq!(denied.redirect('?', "error").as_deref(), Some("access_denied"));
    let (seen, _) = person.authorize(&authorize_path("ReferenceData.My+BMS.Basic"), Choice::Allow);
    assert_eq!(seen, ["consent"]);
    let (seen, answer) = person.authorize(&authorize_path("BMS.Basic%20ReferenceData.My"), Choice::Deny);
    assert_eq!(seen, [""; 0], "consent was given already");
    assert!(answer.redirect('?', "code").is_some());
}

/// A3, A6.
#[test]
fn the_code_is_exchanged_and_the_api_answers_the_user() {
    let demo = Demo::get();
    let answer = tokens(&demo, &mut alice(&demo));
    assert_eq!(answer.token_answer(), ["access_token", "token_type", "expires_in", "refresh_token"]);
    assert_eq!(answer.json()["token_type"], "Bearer");
    assert_eq!(answer.json()["expires_in"], 1800);
    let port = demo.port(REALM);
    let me = send(
        port,
        format!(
            "GET /AudaAPI.WebAPI/api/users/me HTTP/1.1\r\nHost: localhost:{port}\r\nAuthorization: Bearer {}\r\n\r\n",
            answer.text("access_token")
        )
        .as_bytes(),
    );
    assert_eq!(me.status, 200, "{}", me.body);
    assert!(me.body.contains("alice") || me.body.contains("Alice"), "{}", me.body);
    assert_eq!(with_token(port, "GET", "/AudaAPI.WebAPI/api/users/me", "Authorization", "nonsense").status, 401);
}

/// A4, A5.
#[test]
fn a_refresh_works_in_the_other_casing_and_the_old_token_stays_valid() {
    let demo = Demo::get();
    let refresh = tokens(&demo, &mut alice(&demo)).text("refresh_token");
    let (port, secret) = (demo.port(REALM), demo.secret(REALM, CLIENT));
    let body =
        format!("client_id={CLIENT}&\nclient_secret={secret}&\nrefresh_token={refresh}&\ngrant_type=refresh_token");
    for path in ["/AudaAPI.Portal/oauth20/token", "/AUDAAPI.PORTAL/OAUTH20/TOKEN", "/AudaAPI.Portal/oauth20/token"] {
        let answer = form(port, path, &body);
        answer.token_answer();
        assert_eq!(answer.json()["expires_in"], 1800);
        assert_eq!(answer.json()["token_type"], "Bearer");
        let newer = answer.text("refresh_token");
        assert_ne!(newer, refresh);
        let next = form(port, path, &body.replace(&refresh, &newer));
        next.token_answer();
    }
    let credentials = base64(&format!("{CLIENT}:{secret}"));
    let body = format!("refresh_token={refresh}&grant_type=refresh_token");
    let answer = send(
        port,
        format!("POST /AudaAPI.Portal/oauth20/token HTTP/1.1\r\nHost: localhost:{port}\r\nAuthorization: Basic {credentials}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}", body.len()).as_bytes(),
    );
    answer.token_answer();
}

/// A7, A8.
#[test]
fn implicit_answers_in_the_fragment_and_some_apis_refuse_it() {
    let demo = Demo::get();
    let mut person = alice(&demo);
    let path = |scope: &str, client: &str| {
        format!(
            "/AudaAPI.Portal/OAuth20?client_id={client}&redirect_uri=http%3A%2F%2Flocalhost%2F&scope={scope}&response_type=token&state=itsme"
        )
    };
    let (_, answer) = person.authorize(&path("ReferenceData.My", "demo-tablet"), Choice::Allow);
    let location = answer.header("location");
    assert!(location.starts_with("http://localhost/#token_type=bearer&access_token="), "{location}");
    let names: Vec<&str> =
        location.split_once('#').unwrap().1.split('&').map(|pair| pair.split('=').next().unwrap()).collect();
    assert_eq!(names, ["token_type", "access_token", "scope", "expires_in", "state"], "A2: nothing follows `state`");
    let (seen, _) = person.authorize(&path("ReferenceData.My", "demo-tablet"), Choice::Allow);
    assert_eq!(seen, [""; 0], "A7: who has allowed it is not asked again");
    assert_eq!(answer.redirect('#', "scope").as_deref(), Some("ReferenceData.My"));
    assert_eq!(answer.redirect('#', "expires_in").as_deref(), Some("1800"));
    assert_eq!(answer.redirect('#', "state").as_deref(), Some("itsme"));
    assert_eq!(answer.redirect('#', "refresh_token"), None);
    assert!(!location.contains('?'), "nothing in the query");
    let token = answer.redirect('#', "access_token").unwrap();
    assert_eq!(claims(&token)["flow"], "implicit");
    let port = demo.port(REALM);
    assert_eq!(with_token(port, "GET", "/AudaAPI.WebAPI/api/users/me", "Authorization", &token).status, 200);
    assert_eq!(with_token(port, "GET", "/AudaAPI.WebAPI/api/claims", "Authorization", &token).status, 403, "A8");

    let (_, barred) = person.authorize(&path("BMS.Extended", "demo-tablet"), Choice::Allow);
    assert_eq!(barred.redirect('#', "error").as_deref(), Some("invalid_scope"));
    let refused = person.request("GET", &path("BMS.Basic", CLIENT), "");
    assert_eq!(refused.status, 400, "http://localhost/ is not this client's, so nothing is sent there");
}

/// A9.
#[test]
fn the_third_flow_is_client_credentials() {
    let demo = Demo::get();
    let secret = demo.secret(REALM, "demo-nightly");
    let body = format!("grant_type=client_credentials&client_id=demo-nightly&client_secret={secret}&scope=BMS.Basic");
    let answer = form(demo.port(REALM), "/AudaAPI.Portal/OAuth20/token", &body);
    assert_eq!(answer.token_answer(), ["access_token", "token_type", "expires_in"]);
}

/// Base64 as HTTP Basic wants it.
pub fn base64(text: &str) -> String {
    use base64::{Engine, engine::general_purpose::STANDARD};
    STANDARD.encode(text)
}
