//! Every page, looked at by a machine: it renders, escapes, is well formed, and names its fields.

mod messages;
mod overrides;

use claviger_testing::html::{Element, parse};

use super::samples::{approval_mail, brand, each, each_mail, plain};
use super::script::ByItself;
use super::sources::LOCALES;
use super::*;

/// What must not come out of a page as it went in.
const HOSTILE: &str = "<script>\"'&</script>";

/// Every sample as text, with each string of its context passed through `x`.
fn rendered(brand: &Brand, x: &dyn Fn(&str) -> String) -> Vec<(&'static str, String)> {
    let pages = Pages::new(None).unwrap();
    let mut all = Vec::new();
    each::<()>(&pages, brand, x, |name, html| {
        all.push((name, html.unwrap_or_else(|error| panic!("{name}: {error:#}"))));
        Ok(())
    })
    .unwrap();
    let mails = each_mail(&pages, &brand.lang, x).unwrap_or_else(|error| panic!("a mail: {error:#}"));
    all.extend(mails.into_iter().map(|(name, mail)| (name, mail.html)));
    all
}

/// Every sample as it is, in every language that the program comes with.
fn rendered_everywhere() -> Vec<(String, &'static str, String)> {
    let of = |(lang, _): &(&str, &str)| {
        let pages = rendered(&brand().in_language(*lang), &plain);
        pages.into_iter().map(|(name, html)| (format!("{name} in {lang}"), name, html)).collect::<Vec<_>>()
    };
    LOCALES.iter().flat_map(of).collect()
}

#[test]
fn every_page_renders_and_is_well_formed() {
    for (name, _, html) in rendered_everywhere() {
        assert!(html.starts_with("<!doctype html>"), "{name}: {}", html.get(..40).unwrap_or(&html));
        parse(&html).unwrap_or_else(|error| panic!("{name}: {error}\n{html}"));
    }
}

fn without_scripts(html: &str) -> String {
    let html = html.replace(&ByItself::Send.element(), "").replace(&ByItself::GoOn.element(), "");
    let html = html.replace("<script src=\"/live.js\" defer></script>", "");
    let html = html.replace("<script src=\"/portal/portal.js\" defer></script>", "");
    html.replace("<script src=\"/passkey.js\" defer></script>", "")
}

#[test]
fn everything_is_escaped() {
    let hostile = |text: &str| format!("{text}{HOSTILE}");
    let brand = Brand {
        realm_name: HOSTILE.to_owned(),
        logo_initials: HOSTILE.to_owned(),
        stylesheet_url: HOSTILE.to_owned(),
        lang: HOSTILE.to_owned(),
        ..brand()
    };
    let harmless = rendered(&super::samples::brand(), &plain);
    for ((name, html), (_, harmless)) in rendered(&brand, &hostile).into_iter().zip(harmless) {
        let own = "<script src=\"/claviger.js\" defer></script>";
        let html = without_scripts(&html);
        assert!(!html.replace(own, "").contains("<script"), "{name} lets markup through:\n{html}");
        assert!(html.contains("&lt;script&gt;&quot;&#x27;&amp;"), "{name} shows nothing of what it was given");
        // Quotes that break out of an attribute would leave the document malformed or with new attributes.
        let elements = parse(&html).unwrap_or_else(|error| panic!("{name}: {error}"));
        let tags: Vec<_> = elements.iter().map(|element| element.name.as_str()).collect();
        let expected = parse(&without_scripts(&harmless)).unwrap();
        let expected: Vec<_> = expected.iter().map(|element| element.name.as_str()).collect();
        if !name.starts_with("error") {
            assert_eq!(tags, expected, "{name}: text became elements");
        }
    }
}

#[test]
fn nothing_that_the_policy_forbids() {
    for (name, page, html) in rendered_everywhere() {
        for (script, of) in [(ByItself::Send, "form_post"), (ByItself::GoOn, "signed_out")] {
            assert_eq!(html.matches(&script.element()).count(), usize::from(page == of), "{name}");
        }
        for element in parse(&without_scripts(&html)).unwrap() {
            // A mail has its looks with it, no policy is sent with it.
            let is_mail = page.starts_with("mail");
            let is_ours = element.attribute("src") == Some("/claviger.js") && element.attribute("defer").is_some();
            assert!(element.name != "script" || is_ours, "{name}: a script that is not the one");
            let is_of_app = page == "signed_out" && element.attribute("sandbox").is_some();
            assert!(element.name != "iframe" || is_of_app, "{name}");
            assert!(!["object", "base"].contains(&element.name.as_str()), "{name}");
            assert!(element.name != "style" || is_mail, "{name}");
            for (attribute, _) in &element.attributes {
                assert!(!attribute.starts_with("on"), "{name}: {attribute}");
                assert!(attribute != "style" || is_mail, "{name}: style attribute");
            }
        }
    }
}

#[test]
fn every_field_has_a_label_and_every_reference_a_target() {
    for (name, _, html) in rendered_everywhere() {
        let elements = parse(&html).unwrap();
        let ids: Vec<_> = elements.iter().filter_map(|element| element.attribute("id")).collect();
        for (at, id) in ids.iter().enumerate() {
            assert!(!ids[..at].contains(id), "{name}: id {id} twice");
        }
        for element in elements.iter().filter(|element| is_field(element)) {
            let id = element.attribute("id").unwrap_or_else(|| panic!("{name}: a field without id"));
            let label = |other: &&Element| other.name == "label" && other.attribute("for") == Some(id);
            assert!(elements.iter().any(|other| label(&other)), "{name}: no label for {id}");
        }
        for reference in ["aria-describedby", "aria-labelledby", "for"] {
            let named = elements.iter().filter_map(|element| element.attribute(reference));
            for target in named.flat_map(str::split_whitespace) {
                assert!(ids.contains(&target), "{name}: {reference} names {target}, which is not there");
            }
        }
        assert_eq!(elements.iter().filter(|element| element.name == "h1").count(), 1, "{name}: one h1");
        assert_eq!(elements.iter().filter(|element| element.name == "title").count(), 1, "{name}: one title");
        assert!(elements.iter().filter(|element| element.attribute("autofocus").is_some()).count() <= 1, "{name}");
        let page = elements.iter().find(|element| element.name == "html").unwrap();
        let lang = page.attribute("lang").unwrap();
        assert!(name.ends_with(&format!(" in {lang}")), "{name} says that it is in {lang}");
        assert_eq!(page.attribute("dir"), Some("ltr"), "{name}");
    }
}

fn is_field(element: &Element) -> bool {
    let hidden = element.attribute("type") == Some("hidden");
    ["input", "select", "textarea"].contains(&element.name.as_str()) && !hidden
}

#[test]
fn every_form_is_posted_and_carries_its_token() {
    for (name, page, html) in rendered_everywhere() {
        let elements = parse(&html).unwrap();
        // What only looks for something is a part of an address, which a token must not be.
        let only_asks = |form: &Element| {
            (page == "console" || page.starts_with("portal")) && form.attribute("method") == Some("get")
        };
        let posted = elements.iter().filter(|element| element.name == "form" && !only_asks(element));
        let forms = posted.clone().count();
        let tokens = elements.iter().filter(|element| element.attribute("name") == Some("csrf")).count();
        // What form_post sends goes to the app, which has no use for our token.
        assert_eq!(tokens, if page == "form_post" { 0 } else { forms }, "{name}");
        for form in posted {
            assert_eq!(form.attribute("method"), Some("post"), "{name}");
        }
    }
}

#[test]
fn only_pages_that_ask_for_a_passkey_load_its_script_and_its_button_waits_for_it() {
    for (name, _, html) in rendered_everywhere() {
        let elements = parse(&html).unwrap();
        let button = elements.iter().find(|element| element.attribute("data-passkey").is_some());
        let script = elements.iter().find(|element| element.attribute("src") == Some("/passkey.js"));
        let is_ready = script.is_some_and(|script| script.attribute("defer").is_some());
        assert_eq!(button.is_some(), is_ready, "{name}");
        assert_eq!(button.is_some(), html.contains("id=\"passkey-said\""), "{name}");
        assert!(button.is_none_or(|button| button.attribute("hidden").is_some()), "{name}");
    }
}

fn sample(wanted: &str) -> Vec<Element> {
    let all = rendered(&brand(), &plain);
    let (_, html) = all.into_iter().find(|(name, _)| *name == wanted).unwrap();
    parse(&html).unwrap()
}

#[test]
fn a_wrong_password_is_announced_and_tied_to_its_fields() {
    let elements = sample("sign_in_wrong");
    let alert = elements.iter().find(|element| element.attribute("role") == Some("alert")).unwrap();
    assert_eq!((alert.attribute("tabindex"), alert.attribute("autofocus")), (None, None), "one calm alert");
    let focused: Vec<_> = elements.iter().filter(|element| element.attribute("autofocus").is_some()).collect();
    assert!(focused.len() == 1 && focused[0].attribute("id") == Some("password"), "{focused:?}");
    for (id, autocomplete) in [("username", "username webauthn"), ("password", "current-password")] {
        let field = elements.iter().find(|element| element.attribute("id") == Some(id)).unwrap();
        assert_eq!(field.attribute("autocomplete"), Some(autocomplete));
        assert_eq!(field.attribute("aria-invalid"), Some("true"));
        assert_eq!(field.attribute("aria-describedby"), alert.attribute("id"));
    }
}

#[test]
fn allow_and_deny_have_equal_weight() {
    let elements = sample("consent_many");
    let buttons: Vec<_> = elements.iter().filter(|element| element.attribute("name") == Some("decision")).collect();
    let values: Vec<_> = buttons.iter().filter_map(|button| button.attribute("value")).collect();
    assert_eq!(
        values,
        ["allow", "deny"],
        "Enter at a company that was just ticked presses the first, and does not deny"
    );
    assert_eq!(buttons[0].attribute("class"), buttons[1].attribute("class"));
}

#[test]
fn organisations_are_radios_or_checkboxes() {
    for (name, kind) in [("consent_one", "radio"), ("consent_many", "checkbox")] {
        let elements = sample(name);
        let choices = elements.iter().filter(|element| element.attribute("name") == Some("organisation"));
        let choices: Vec<_> = choices.map(|c| (c.attribute("type"), c.attribute("value"))).collect();
        assert_eq!(choices, [(Some(kind), Some("c1")), (Some(kind), Some("c2"))]);
    }
}

#[test]
fn the_status_and_the_redirect_follow_from_the_view() {
    use super::views::{Ended, Expired, FormPost, NotFound, SignIn, SignInError};
    let pages = Pages::new(None).unwrap();
    let brand = brand();
    let sign_in = SignIn {
        client_name: None,
        username: "ada".to_owned(),
        error: Some(SignInError::TooMany { seconds: 60 }),
        action: "/login".to_owned(),
        csrf: "c".into(),
        pending: None,
        not_you_action: None,
        onward: None,
        passkey: None,
        account_url: "/account".to_owned(),
        providers: vec![],
        provider_action: String::new(),
    };
    let page = pages.page(&brand, &sign_in);
    assert_eq!((page.status, page.retry_after), (429, Some(60)));
    assert!(page.leaves, "an app's callback may lead anywhere");
    let clock = "Wait <span class=\"countdown\" role=\"timer\" data-seconds=\"60\">1 minute</span>, then try again.";
    assert!(page.html.contains(clock), "{}", page.html);
    let post = FormPost {
        client_name: String::new(),
        action: "https://app.example/cb".to_owned(),
        fields: vec![],
        note: None,
    };
    assert!(pages.page(&brand, &post).leaves && !pages.page(&brand, &NotFound {}).leaves);
    assert_eq!(pages.page(&brand, &NotFound {}).status, 404);
    assert_eq!(pages.page(&brand, &Expired { cause: Ended::TooLong, again_url: None }).status, 400);
}

#[test]
fn a_name_cannot_write_lines_into_a_mail() {
    let pages = Pages::new(None).unwrap();
    let hostile = |text: &str| format!("{text}\r\nBcc: x@example.com\n");
    let mail = pages.mail(&approval_mail(&hostile, "en"));
    assert!(!mail.subject.contains(['\r', '\n']), "{:?}", mail.subject);
    assert!(!mail.text.lines().any(|line| line.starts_with("Bcc:")), "{}", mail.text);
}

#[test]
fn a_name_cannot_turn_a_mail_around() {
    let pages = Pages::new(None).unwrap();
    let hostile = |text: &str| format!("\u{202E}{text}\u{1b}[2J\u{2066}");
    let sample = approval_mail(&plain, "en");
    let (owner_name, app_name, realm_name) = (Some(hostile("Ada")), hostile("Fleet"), hostile("Harbour"));
    let head = super::mails::Letterhead { owner_name, realm_name, app_name, ..sample.head };
    let mail = pages.mail(&super::mails::ApprovalMail { head, ..sample });
    for part in [&mail.subject, &mail.text, &mail.html] {
        assert!(!part.contains(['\u{202E}', '\u{1b}', '\u{2066}']), "{part:?}");
    }
}

#[test]
fn the_mail_reads_well_as_text() {
    let mail = Pages::new(None).unwrap().mail(&approval_mail(&plain, "en"));
    assert_eq!(mail.subject, "Fleet Planner is approved for Harbour Freight Online");
    let expected = "Hello Ada Whitlock,

Your app Fleet Planner has been approved. It can now use Harbour Freight Online.

Client id
    fleet-planner

The secret is shown once, behind this link. It works for 3 days:
    https://id.harbour.example/secret/sample

We never send a secret by mail. Opening the link does not use it up; pressing the button there does.

Addresses
    Issuer: https://id.harbour.example
    Authorization endpoint: https://id.harbour.example/authorize
    Token endpoint: https://id.harbour.example/token

Where people may be sent back to (redirect URIs)
    https://fleet.example/callback

What it may ask for (scopes)
    consignments.read: Read your consignments and where they are
    openid

The APIs that its tokens are for (audience)
    https://api.harbour.example

PKCE (RFC 7636, S256) is required.

You get this mail because you registered the app. If you did not, or if something is unclear, write to help@harbour.example.

-- \nHarbour Freight Online";
    assert_eq!(mail.text, expected);
}

#[test]
fn secrets_are_not_printed() {
    use super::views::{SecretOnce, SecretState};
    let state = SecretState::Shown { secret: "hush-hush".into(), try_it: None };
    let view = SecretOnce { app_name: "App".to_owned(), client_id: "app".to_owned(), endpoints: vec![], state };
    assert!(!format!("{view:?}").contains("hush-hush"));
    let page = Pages::new(None).unwrap().page(&brand(), &view);
    assert!(page.html.contains("hush-hush") && !format!("{page:?}").contains("hush-hush"));
}

#[test]
fn the_style_sheet_loads_nothing_from_elsewhere() {
    let pages = Pages::new(None).unwrap();
    for forbidden in ["@import", "http:", "https:", "url(//"] {
        assert!(!pages.stylesheet().contains(forbidden), "{forbidden}");
    }
    for needed in ["prefers-color-scheme: dark", "prefers-reduced-motion", ":focus-visible", "forced-colors"] {
        assert!(pages.stylesheet().contains(needed), "{needed}");
    }
    assert_eq!(pages.stylesheet_tag().len(), 16);
}

/// Writes every page to the folder that `CLAVIGER_SAMPLES` names, to be looked at.
#[test]
fn samples_can_be_looked_at() {
    let Some(folder) = std::env::var_os("CLAVIGER_SAMPLES") else {
        return;
    };
    let folder = std::path::Path::new(&folder);
    let script_url = Some("claviger.js".to_owned());
    let brand = Brand { stylesheet_url: "claviger.css".to_owned(), script_url, ..brand() };
    std::fs::create_dir_all(folder).unwrap();
    std::fs::write(folder.join("claviger.js"), SCRIPT).unwrap();
    std::fs::write(folder.join("claviger.css"), Pages::new(None).unwrap().stylesheet()).unwrap();
    for (lang, _) in LOCALES {
        for (name, html) in rendered(&brand.clone().in_language(*lang), &plain) {
            std::fs::write(folder.join(format!("{name}.{lang}.html")), html).unwrap();
        }
    }
}
