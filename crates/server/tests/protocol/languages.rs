//! The language of the pages: `ui_locales` (OpenID Connect Core 3.1.2.1), `Accept-Language` (RFC 9110 12.5.4), the realm's.

use crate::common::{Browser, Reply, Server, authorize_query, client, with};
use claviger_core::Client;
use reqwest::Method;

async fn speaking(languages: &[&str]) -> Server {
    let languages = languages.iter().map(|tag| (*tag).to_owned()).collect();
    let server = Server::with(|realm| realm.languages = languages).await;
    let back = vec!["https://app.example/bye".into()];
    server.add_client(&Client { post_logout_redirect_uris: back, ..client("app") }).await;
    server
}

fn query() -> Vec<(String, String)> {
    authorize_query("app", "openid read")
}

fn says(page: &Reply, lang: &str, words: &str) {
    assert!(page.body.contains(&format!("<html lang=\"{lang}\" dir=\"ltr\"")), "not in {lang}: {}", page.body);
    assert!(page.body.contains(words), "{words}: {}", page.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_browsers_language_is_used_where_the_realm_has_it() {
    let both = speaking(&["en", "de"]).await;
    let english = speaking(&[]).await;
    for (accepted, lang, words) in [
        ("de", "de", ">Anmelden</button>"),
        ("de-AT,de;q=0.9,en;q=0.5", "de", ">Anmelden</button>"),
        ("en-GB,en;q=0.9,de;q=0.5", "en", ">Sign in</button>"),
        ("fr, it;q=0.5", "en", ">Sign in</button>"),
        ("", "en", ">Sign in</button>"),
    ] {
        says(&Browser::reading(accepted).ask(&both, &query()).await, lang, words);
        says(&Browser::reading(accepted).ask(&english, &query()).await, "en", ">Sign in</button>");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_language_of_a_realm_is_its_default() {
    let server = speaking(&["de", "en"]).await;
    says(&Browser::default().ask(&server, &query()).await, "de", ">Anmelden</button>");
    says(&Browser::reading("fr").ask(&server, &query()).await, "de", ">Anmelden</button>");
    says(&Browser::reading("en").ask(&server, &query()).await, "en", ">Sign in</button>");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_app_asks_for_goes_before_the_browser_until_the_answer() {
    let server = speaking(&["en", "de"]).await;
    let browser = Browser::reading("en");
    let german = with(with(query(), "ui_locales", "fr de"), "response_mode", "form_post");
    let page = browser.ask(&server, &german).await;
    says(&page, "de", ">Anmelden</button>");
    let again = browser.sign_in(&server, &page, "alice", "wrong").await;
    says(&again, "de", "Der Benutzername oder das Passwort stimmt nicht.");
    let consent = browser.get_past_sign_in(&server, again).await;
    says(&consent, "de", "Feststellen, dass Sie sich angemeldet haben");
    says(&consent, "de", "use read");
    let answer = browser.decide(&server, &consent, "allow").await;
    says(&answer, "de", ">Weiter</button>");
    server.pass(10);
    says(&browser.ask(&server, &with(query(), "prompt", "login")).await, "en", ">Sign in</button>");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_and_a_logout_are_in_the_language_that_was_asked_for() {
    let server = speaking(&["en", "de"]).await;
    let browser = Browser::reading("en");
    let stranger = with(with(query(), "client_id", "stranger"), "ui_locales", "de");
    let page = browser.ask(&server, &stranger).await;
    page.is_page();
    says(&page, "de", "gibt es hier nicht");
    assert!(page.body.contains("invalid_client"), "{}", page.body);

    browser.authorize(&server, &query()).await.code();
    let page = browser.get(&server, "/logout?ui_locales=de").await;
    says(&page, "de", ">Abmelden</button>");
    let form = [("csrf", page.hidden("csrf").unwrap()), ("ui_locales", page.hidden("ui_locales").unwrap())];
    let form = form.each_ref().map(|(name, value)| (*name, value.as_str()));
    says(&browser.send(&server, Method::POST, "/logout", Some(&form)).await, "de", "Sie sind abgemeldet");
}

#[tokio::test(flavor = "multi_thread")]
async fn nonsense_in_the_language_is_no_error() {
    let server = speaking(&["en", "de"]).await;
    let long = "de-".repeat(2000);
    for nonsense in ["<script>", "\u{ff}", "* * *", long.as_str()] {
        let page = Browser::default().ask(&server, &with(query(), "ui_locales", nonsense)).await;
        says(&page, "en", ">Sign in</button>");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn discovery_names_the_languages_that_there_are() {
    for (languages, expected) in [(&["de", "en"][..], vec!["de", "en"]), (&[], vec!["en"]), (&["fr", "de"], vec!["de"])]
    {
        let server = speaking(languages).await;
        let found = server.send(Method::GET, "/.well-known/openid-configuration", &[], "").await;
        assert_eq!(found.json()["ui_locales_supported"], serde_json::json!(expected));
    }
}
