//! B1 … B6.

use crate::audaconnect::base64;
use crate::demo::Demo;
use crate::wire::{Choice, Person, claims, form, send, with_token};
use claviger_core::jose::{JwkSet, Typ, VerifyingKeys, verify_jwt};

const REALM: &str = "blastiq";

fn get(port: u16, path: &str) -> crate::wire::Answer {
    send(port, format!("GET {path} HTTP/1.1\r\nHost: localhost:{port}\r\nAccept: application/json\r\n\r\n").as_bytes())
}

fn password_body(demo: &Demo, extra: &str) -> String {
    let password = demo.password(REALM, "north.service");
    format!("grant_type=password&username=north.service&password={password}{extra}")
}

/// B1.
#[test]
fn discovery_lies_under_the_authority() {
    let demo = Demo::get();
    let port = demo.port(REALM);
    let document = get(port, "/identity/.well-known/openid-configuration").json();
    let issuer = format!("http://localhost:{port}/identity");
    assert_eq!(document["issuer"], issuer.as_str());
    assert_eq!(document["token_endpoint"], format!("{issuer}/connect/token").as_str());
    for (name, value) in document.as_object().unwrap() {
        if name.ends_with("_endpoint") || name == "jwks_uri" {
            assert!(value.as_str().unwrap().starts_with(&format!("{issuer}/")), "{name}: {value}");
        }
    }
}

/// B2, B3, B4.
#[test]
fn a_service_user_gets_a_readable_token_for_its_site() {
    let demo = Demo::get();
    let port = demo.port(REALM);
    let answer = form(port, "/identity/connect/token", &password_body(&demo, "&client_id=external.customer"));
    answer.token_answer();
    for name in ["access_token", "refresh_token", "token_type", "expires_in"] {
        assert!(!answer.json()[name].is_null(), "{name}");
    }
    let token = answer.text("access_token");
    let keys: JwkSet = serde_json::from_str(
        &get(
            port,
            &get(port, "/identity/.well-known/openid-configuration")
                .text("jwks_uri")
                .replace(&format!("http://localhost:{port}"), ""),
        )
        .body,
    )
    .unwrap();
    let decoded = verify_jwt(&token, &VerifyingKeys::from_set(&keys).unwrap(), Some(Typ::AccessToken)).unwrap();
    assert_eq!(decoded.header.algorithm.name(), "RS256");
    assert_eq!(claims(&token)["org"], serde_json::json!(["north-pit"]));
    assert_eq!(with_token(port, "GET", "/api/sites/north-pit/blasts", "Authorization", &token).status, 200);
    assert_eq!(with_token(port, "GET", "/api/sites/south-pit/blasts", "Authorization", &token).status, 403, "B4");
    // What the guide says not to send, and what libraries send all the same.
    let extra = "&client_id=external.customer&scope=cosmos&audience=whatever&client_secret=whatever";
    form(port, "/identity/connect/token", &password_body(&demo, extra)).token_answer();
    let body = password_body(&demo, "");
    // An empty secret, and one that somebody made up.
    for credentials in ["external.customer:", "external.customer:x"] {
        let basic = send(
            port,
            format!("POST /identity/connect/token HTTP/1.1\r\nHost: localhost:{port}\r\nAuthorization: Basic {}\r\nContent-Type: application/x-www-form-urlencoded;charset=UTF-8\r\nContent-Length: {}\r\n\r\n{body}", base64(credentials), body.len()).as_bytes(),
        );
        assert!(!basic.token_answer().iter().any(|member| member == "scope"), "B4");
    }
    let refresh = answer.text("refresh_token");
    let next = form(
        port,
        "/identity/connect/token",
        &format!("grant_type=refresh_token&refresh_token={refresh}&client_id=external.customer"),
    );
    next.token_answer();
    assert_ne!(next.text("refresh_token"), refresh);
}

/// B4.
#[test]
fn people_and_administrators_may_not_use_the_password_grant() {
    let demo = Demo::get();
    for username in ["alice", "admin"] {
        let password = demo.password(REALM, username);
        let body = format!("grant_type=password&username={username}&password={password}&client_id=external.customer");
        form(demo.port(REALM), "/identity/connect/token", &body).refused(400, "invalid_grant");
    }
}

/// B5.
#[test]
fn a_person_uses_the_code_flow_and_gets_all_of_their_sites() {
    let demo = Demo::get();
    let port = demo.port(REALM);
    let mut person = Person::new(port, "alice", &demo.password(REALM, "alice"));
    let path = "/identity/connect/authorize?response_type=code&client_id=demo-fieldapp&redirect_uri=http%3A%2F%2F127.0.0.1%3A49152%2Fcallback&scope=openid%20cosmos&state=s&nonce=n&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256";
    let (seen, answer) = person.authorize(path, Choice::Allow);
    assert_eq!(seen, ["sign in", "consent"]);
    let code = answer.redirect('?', "code").unwrap();
    let body = format!(
        "grant_type=authorization_code&code={code}&client_id=demo-fieldapp&redirect_uri=http%3A%2F%2F127.0.0.1%3A49152%2Fcallback&code_verifier=dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    );
    let tokens = form(port, "/identity/connect/token", &body);
    tokens.token_answer();
    assert_eq!(claims(&tokens.text("id_token"))["nonce"], "n");
    let token = tokens.text("access_token");
    assert_eq!(with_token(port, "GET", "/api/sites/south-pit/blasts", "Authorization", &token).status, 200);
    assert_eq!(with_token(port, "GET", "/api/sites/north-pit/blasts", "Authorization", &token).status, 200);
    assert_eq!(claims(&token)["org"], serde_json::json!(["north-pit", "south-pit"]));
    // Who has one site gets that one.
    let mut other = Person::new(port, "bob", &demo.password(REALM, "bob"));
    let (_, answer) = other.authorize(path, Choice::Allow);
    let body = body.replacen(&code, &answer.redirect('?', "code").unwrap(), 1);
    let token = form(port, "/identity/connect/token", &body).text("access_token");
    assert_eq!(claims(&token)["org"], serde_json::json!(["south-pit"]));
    assert_eq!(with_token(port, "GET", "/api/sites/north-pit/blasts", "Authorization", &token).status, 403);
}

/// B6.
#[test]
fn a_public_client_reads_its_errors_from_a_400() {
    let demo = Demo::get();
    let port = demo.port(REALM);
    let wrong = "grant_type=password&username=south.service&password=wrong&client_id=external.customer";
    form(port, "/identity/connect/token", wrong).refused(400, "invalid_grant");
    let unknown = "grant_type=password&username=south.service&password=wrong&client_id=nobody";
    form(port, "/identity/connect/token", unknown).refused(400, "invalid_client");
}
