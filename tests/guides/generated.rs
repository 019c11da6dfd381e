//! The guide that Claviger makes of each demo realm, compared with what that vendor's own guide promises: paths, names of
//! fields, lifetimes, words of errors. Each line of a test names its promise.

use crate::demo::Demo;
use crate::wire::{Answer, send};

fn get(port: u16, path: &str) -> Answer {
    send(port, format!("GET {path} HTTP/1.1\r\nHost: localhost:{port}\r\nConnection: close\r\n\r\n").as_bytes())
}

/// The guide of a realm as Markdown, without line breaks.
fn guide(demo: &Demo, realm: &str, base: &str) -> String {
    let answer = get(demo.port(realm), &format!("{base}/guide.md?client_id=my-app"));
    assert_eq!((answer.status, answer.header("content-type")), (200, "text/markdown; charset=utf-8"));
    answer.body.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn says(guide: &str, all: &[(&str, &str)]) {
    for (promise, text) in all {
        assert!(guide.contains(text), "{promise}: `{text}` is not in\n{guide}");
    }
}

fn is_silent_about(guide: &str, all: &[&str]) {
    for text in all {
        assert!(!guide.contains(text), "`{text}` is in\n{guide}");
    }
}

#[test]
fn the_guide_of_audaconnect_says_what_its_vendor_promises() {
    let demo = Demo::get();
    let (guide, port) = (guide(&demo, "audaconnect", ""), demo.port("audaconnect"));
    says(
        &guide,
        &[
            ("A2", &format!("GET http://localhost:{port}/AudaAPI.Portal/OAuth20`")),
            ("A2", "| `response_type` | required | `code`"),
            ("A2", "separated by spaces (`%20` or `+`)"),
            ("A2", "is asked for consent once"),
            ("A3", &format!("POST http://localhost:{port}/AudaAPI.Portal/OAuth20/token`")),
            ("A3", "| `code` | required |"),
            ("A3", "| `redirect_uri` | required |"),
            ("A3", "\"token_type\": \"Bearer\", \"expires_in\": 1800, \"refresh_token\": \"..\" }"),
            ("A4", "Paths are read in any upper and lower case"),
            ("A4", "into the body as `client_secret`"),
            (
                "A5",
                "Each refresh gives a new refresh token. A confidential client that is given it may go on using the old one",
            ),
            ("A7", "`response_type=token`"),
            ("A7", "`token_type=bearer`, `expires_in=1800`, `scope` and your `state`. There is no refresh token"),
            ("A8", "`BMS.Extended` cannot be had this way"),
            ("A9", "### Client credentials"),
            ("my own id", "\"client_id=my-app\""),
        ],
    );
    // A2: no `iss`; and nothing that this realm does not serve.
    is_silent_about(
        &guide,
        &["and `iss`, which", "### Password", "JSON object", "Licences", "picks the", "InvalidAccessToken"],
    );
}

#[test]
fn the_guide_of_jim2_says_what_its_vendor_promises() {
    let demo = Demo::get();
    let port = demo.port("jim2");
    let guide = guide(&demo, "jim2", "/Jim_Test");
    says(
        &guide,
        &[
            ("J1", &format!("POST http://localhost:{port}/Jim_Test/token` with a form")),
            ("J1", "may be reached by `http://`"),
            ("J1", "any other is `unsupported_grant_type`"),
            ("J1", "id and secret may stand as they are (`id:secret` in base64)"),
            ("J3", "Without `scope` it is `all`"),
            ("J3", "`view` takes none"),
            ("J4", "\"refresh_token\": \"..\" }"),
            ("J4", "There is no `scope` in it"),
            ("J4", "Refresh tokens: 20m after their last use"),
            ("J4", "A refresh token stays the same, and each use extends it"),
            ("J4", "Client credentials come with a refresh token as well"),
            ("J5", "Where none is free, the answer is 400 `access_denied`"),
            ("J6", &format!("`POST http://localhost:{port}/Jim_Test/logoff` with the access token in the header")),
            ("J6", "each session takes one"),
        ],
    );
    is_silent_about(&guide, &["Send a person", "authorization_code", "### Password", "JSON object"]);
}

#[test]
fn the_guide_of_blastiq_says_what_its_vendor_promises() {
    let demo = Demo::get();
    let port = demo.port("blastiq");
    let guide = guide(&demo, "blastiq", "/identity");
    says(
        &guide,
        &[
            ("B1", &format!("| Issuer | `http://localhost:{port}/identity` |")),
            ("B1", &format!("`http://localhost:{port}/identity/.well-known/openid-configuration`")),
            ("B1", &format!("POST http://localhost:{port}/identity/connect/token`")),
            ("B1", &format!("| Key set (JWKS) | `http://localhost:{port}/identity/connect/jwks` |")),
            ("B2", "### Password For service users"),
            ("B2", "| `username` | required |"),
            ("B2", "A public client sends no secret"),
            ("B2", "A public client may send `audience` and `client_secret`; it is not looked at"),
            ("B3", "signed with RS256"),
            ("B3", "\"refresh_token\": \"..\""),
            ("B4", "There is no `scope` in it"),
            ("B5", "### Redeem a code"),
            ("B5", "`code_verifier`"),
            ("B5", "the tokens are for every organisation that they belong to"),
            ("B6", "| `invalid_client` | 400 (401 with HTTP Basic) |"),
        ],
    );
    is_silent_about(&guide, &["client_credentials", "Licences", "implicit"]);
}

#[test]
fn the_guide_of_aurora_says_what_its_vendor_promises_of_each_instance() {
    let demo = Demo::get();
    for (realm, audience) in [
        ("aurora-dev", "https://dev.client.integration.aurora.co.uk"),
        ("aurora-live", "https://api.client.integration.aurora.co.uk"),
    ] {
        let (guide, port) = (guide(&demo, realm, ""), demo.port(realm));
        says(
            &guide,
            &[
                ("U1", &format!("`http://localhost:{port}/.well-known/openid-configuration`")),
                ("U2", &format!("POST http://localhost:{port}/oauth/token` with a form")),
                ("U2", "as a JSON object where your client is given that"),
                ("U2", &format!("| `audience` | required | `{audience}` |")),
                (
                    "U2",
                    "without it the answer is 400 `invalid_request`, with one that is not known or not yours 400 `invalid_target`",
                ),
                ("U2", "There are no refresh tokens"),
                ("U3", "\"expires_in\": 3600 }"),
                (
                    "U4",
                    "`Authorization: Bearer ..` or `Authentication: Bearer ..`; both with different tokens is a 400",
                ),
                ("U5", "An API answers 401 then: get a new one, and try once more"),
            ],
        );
        is_silent_about(&guide, &["refresh_token\"", "Send a person", "### Password"]);
    }
}

#[test]
fn the_guide_of_billit_says_what_its_vendor_promises_of_each_instance() {
    let demo = Demo::get();
    for realm in ["billit-sandbox", "billit-live"] {
        let (guide, port) = (guide(&demo, realm, ""), demo.port(realm));
        let api = demo.port(&format!("{realm}-api"));
        says(
            &guide,
            &[
                ("L1", &format!("GET http://localhost:{port}/Account/Logon`")),
                ("L1", "| `response_type` | left out: `code` |"),
                ("L1", "Without `client_id` and `redirect_uri` this is the ordinary sign-in page"),
                ("L1", "a page with status 400, \"Invalid OAuth2 request\""),
                ("L1", "The user is asked each time"),
                ("L2", "any one identifier of letters, digits and `._~@=+-`, 64 at most"),
                ("L2", "| `state` | recommended | comes back unchanged |"),
                ("L3", "`error=access_denied` means that the user said no"),
                ("L4", &format!("POST http://localhost:{api}/OAuth2/token` with a form")),
                ("L4", "\"token_type\": \"Bearer\", \"expires_in\": 3600, \"refresh_token\": \"..\" }"),
                ("L4", "\"grant_type\": \"authorization_code\", \"code\": \"$CODE\""),
                ("L5", "Each refresh gives a new refresh token, and the one before is over"),
                ("L6", "`InvalidAccessToken`, `AccessTokenExpired` or `AccessTokenRevoked`"),
                ("L7", "picks the companies that the tokens are for"),
            ],
        );
        is_silent_about(&guide, &["and `iss`, which", "client_credentials", "### Password", "Licences"]);
    }
}

/// The page, and what tools read.
#[test]
fn the_guide_comes_as_a_page_and_for_tools() {
    let demo = Demo::get();
    let port = demo.port("audaconnect");
    let page = get(port, "/guide?client_id=my-app");
    assert_eq!(page.status, 200);
    assert!(page.body.contains("<h1>Connect to Audaconnect (demo)</h1>") && page.body.contains("my-app"));
    assert!(!page.header("content-security-policy").is_empty());
    // What is no id is no part of the text.
    let odd = get(port, "/guide.md?client_id=%3Cscript%3E%60");
    assert!(!odd.body.contains("<script>") && odd.body.contains("YOUR_CLIENT_ID"));
    let postman = get(port, "/guide/postman.json?client_id=my-app").json();
    assert!(postman["info"]["schema"].as_str().unwrap().contains("v2.1.0"));
    let names: Vec<_> = postman["item"].as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap()).collect();
    assert_eq!(names[..3], ["Redeem a code", "Client credentials", "Refresh"]);
    let openapi = get(port, "/guide/openapi.json").json();
    assert_eq!(openapi["openapi"], "3.1.0");
    let token = &openapi["paths"]["/AudaAPI.Portal/OAuth20/token"]["post"];
    assert_eq!(
        token["responses"]["200"]["content"]["application/json"]["schema"]["properties"]["token_type"]["const"],
        "Bearer"
    );
    assert!(get(port, "/llms.txt").body.starts_with("# Audaconnect (demo)"));
    assert_eq!(
        send(port, format!("POST /guide HTTP/1.1\r\nHost: localhost:{port}\r\nContent-Length: 0\r\n\r\n").as_bytes())
            .status,
        405
    );
}
