//! Every answer of the authorization endpoint names its issuer, line by line of RFC 9207.

use crate::common::{Browser, Reply, Server, authorize_query, claims, client, with, without};
use claviger_core::Client;
use claviger_core::client::GrantType;
use claviger_core::dialect::Legacy;
use reqwest::Method;
use serde_json::Value;

async fn started() -> Server {
    let server = Server::with(|realm| realm.dialect.permits = [Legacy::Implicit].into()).await;
    let grants = [GrantType::AuthorizationCode, GrantType::Implicit].into();
    server.add_client(&Client { grants, legacy: [Legacy::Implicit].into(), ..client("app") }).await;
    server
}

fn named(server: &Server, answer: &Reply) {
    assert_eq!(answer.redirect_params()["iss"], server.realm.issuer, "{}", answer.header("location"));
}

/// 2, 2.1, 2.2: with a success and with an error, in the query and in the fragment, once and encoded.
#[tokio::test(flavor = "multi_thread")]
async fn success_and_error_name_it_wherever_they_go() {
    let server = started().await;
    let code = authorize_query("app", "openid read");
    let front = with(with(without(code.clone(), "code_challenge"), "response_type", "id_token token"), "nonce", "n");
    let front = without(front, "code_challenge_method");
    for query in [code.clone(), with(code.clone(), "response_mode", "fragment"), front.clone()] {
        let answer = Browser::of("alice").authorize(&server, &query).await;
        named(&server, &answer);
        assert_eq!(answer.header("location").matches("iss=").count(), 1);
        for wrong in [("scope", "nowhere"), ("prompt", "none")] {
            let refused = Browser::of("alice").ask(&server, &with(query.clone(), wrong.0, wrong.1)).await;
            assert!(refused.redirect_params().contains_key("error"), "{}", refused.header("location"));
            named(&server, &refused);
        }
    }
    let (server, browser) = (started().await, Browser::of("alice"));
    let page = browser.ask(&server, &code).await;
    let page = browser.get_past_sign_in(&server, page).await;
    let denied = browser.decide(&server, &page, "deny").await;
    assert_eq!(denied.redirect_params()["error"], "access_denied");
    named(&server, &denied);
}

/// 2.4: a client compares it with what it knows; an ID token of the same answer says the very same.
#[tokio::test(flavor = "multi_thread")]
async fn the_id_token_of_an_answer_names_the_same_issuer() {
    let server = started().await;
    let query = with(authorize_query("app", "openid read"), "response_type", "code id_token");
    let answer = Browser::of("alice").authorize(&server, &with(query, "nonce", "n")).await.redirect_params();
    assert_eq!(claims(&answer["id_token"])["iss"], answer["iss"].as_str());
}

/// 2, and JARM 2.1: in a form as a field; in a signed answer as a claim, and not beside it.
#[tokio::test(flavor = "multi_thread")]
async fn a_form_has_it_as_a_field_and_a_signed_answer_as_a_claim() {
    let server = started().await;
    let query = authorize_query("app", "openid read");
    let form = Browser::of("alice").authorize(&server, &with(query.clone(), "response_mode", "form_post")).await;
    assert_eq!(form.hidden("iss").as_deref(), Some(server.realm.issuer.as_str()));
    let signed = Browser::of("alice").authorize(&server, &with(query, "response_mode", "jwt")).await.redirect_params();
    assert_eq!(signed.keys().collect::<Vec<_>>(), ["response"]);
    assert_eq!(claims(&signed["response"])["iss"], server.realm.issuer);
}

/// 3, and RFC 8414 2: metadata say that it is there, and name the same issuer, which has neither query nor fragment.
#[tokio::test(flavor = "multi_thread")]
async fn metadata_say_so() {
    let server = started().await;
    for path in ["/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"] {
        let found = server.send(Method::GET, path, &[], "").await.json();
        assert_eq!(found["authorization_response_iss_parameter_supported"], Value::Bool(true));
        assert_eq!(found["issuer"], server.realm.issuer);
        assert!(!server.realm.issuer.contains(['?', '#']));
    }
}
