//! U1 … U5.

use crate::audaconnect::base64;
use crate::demo::Demo;
use crate::wire::{Answer, form, send, with_token};

const INSTANCES: [(&str, &str, &str); 2] = [
    ("aurora-dev", "demo-integrator-dev", "https://dev.client.integration.aurora.co.uk"),
    ("aurora-live", "demo-integrator-live", "https://api.client.integration.aurora.co.uk"),
];

fn token(demo: &Demo, (realm, client, audience): (&str, &str, &str)) -> Answer {
    let secret = demo.secret(realm, client);
    let body = format!("client_id={client}&client_secret={secret}&audience={audience}&grant_type=client_credentials");
    form(demo.port(realm), "/oauth/token", &body)
}

/// U1.
#[test]
fn discovery_is_at_the_root_and_no_token_crosses_to_the_other_instance() {
    let demo = Demo::get();
    for (realm, ..) in INSTANCES {
        let port = demo.port(realm);
        let document = send(
            port,
            format!("GET /.well-known/openid-configuration HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n").as_bytes(),
        );
        // Hosts of this kind spell their issuer with a final slash, and clients compare it: one of the two does.
        let slash = if realm == "aurora-live" { "/" } else { "" };
        assert_eq!(document.text("issuer"), format!("http://localhost:{port}{slash}"));
        assert_eq!(document.text("token_endpoint"), format!("http://localhost:{port}/oauth/token"));
    }
    let dev = token(&demo, INSTANCES[0]).text("access_token");
    assert_eq!(
        with_token(demo.port("aurora-dev"), "GET", "/Accounts?orderBy=id%20asc", "Authorization", &dev).status,
        200
    );
    assert_eq!(
        with_token(demo.port("aurora-live"), "GET", "/Accounts?orderBy=id%20asc", "Authorization", &dev).status,
        401
    );
}

/// U2, U3.
#[test]
fn client_credentials_need_an_audience() {
    let demo = Demo::get();
    for (realm, client, audience) in INSTANCES {
        let answer = token(&demo, (realm, client, audience));
        assert_eq!(answer.token_answer(), ["access_token", "token_type", "expires_in"]);
        let (port, secret) = (demo.port(realm), demo.secret(realm, client));
        let body = format!("audience={audience}&grant_type=client_credentials");
        let header = send(
            port,
            format!("POST /oauth/token HTTP/1.1\r\nHost: localhost:{port}\r\nAuthorization: basic {}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}", base64(&format!("{client}:{secret}")), body.len()).as_bytes(),
        );
        assert_eq!(header.token_answer(), ["access_token", "token_type", "expires_in"]);
        let body = serde_json::json!({
            "client_id": client,
            "client_secret": secret,
            "audience": audience,
            "grant_type": "client_credentials",
        })
        .to_string();
        let json = send(
            port,
            format!("POST /oauth/token HTTP/1.1\r\nHost: localhost:{port}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}", body.len()).as_bytes(),
        );
        assert_eq!(json.token_answer(), ["access_token", "token_type", "expires_in"]);
        let rest = format!("client_id={client}&client_secret={secret}&grant_type=client_credentials");
        form(port, "/oauth/token", &rest).refused(400, "invalid_request");
        form(port, "/oauth/token", &format!("{rest}&audience=https://nobody.example")).refused(400, "invalid_target");
    }
}

/// U4.
#[test]
fn the_api_reads_both_headers() {
    let demo = Demo::get();
    for instance in INSTANCES {
        let port = demo.port(instance.0);
        let (one, other) = (token(&demo, instance).text("access_token"), token(&demo, instance).text("access_token"));
        let path = "/Accounts?orderBy=id%20asc";
        assert_eq!(with_token(port, "GET", path, "Authentication", &one).status, 200);
        assert_eq!(with_token(port, "GET", path, "Authorization", &one).status, 200);
        let both = |second: &str| {
            send(port, format!("GET {path} HTTP/1.1\r\nHost: localhost:{port}\r\nAuthorization: Bearer {one}\r\nAuthentication: Bearer {second}\r\n\r\n").as_bytes()).status
        };
        assert_eq!(both(&one), 200);
        assert_eq!(both(&other), 400);
    }
}

/// U5.
#[test]
fn a_token_may_end_early_and_a_new_one_is_issued() {
    let demo = Demo::get();
    let (realm, client, _) = INSTANCES[0];
    let (port, secret) = (demo.port(realm), demo.secret(realm, client));
    let early = token(&demo, INSTANCES[0]).text("access_token");
    assert_eq!(with_token(port, "GET", "/Accounts", "Authorization", &early).status, 200);
    let document = send(
        port,
        format!("GET /.well-known/openid-configuration HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n").as_bytes(),
    );
    let revoke = document.text("revocation_endpoint").replace(&format!("http://localhost:{port}"), "");
    assert_eq!(form(port, &revoke, &format!("client_id={client}&client_secret={secret}&token={early}")).status, 200);
    let patience = std::time::Instant::now() + std::time::Duration::from_secs(10);
    while with_token(port, "GET", "/Accounts", "Authorization", &early).status != 401 {
        assert!(std::time::Instant::now() < patience, "the API does not learn of the revocation");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let next = token(&demo, INSTANCES[0]).text("access_token");
    assert_eq!(with_token(port, "GET", "/Accounts", "Authorization", &next).status, 200);
}
