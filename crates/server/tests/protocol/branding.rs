//! How a realm looks, set in the console and by the admin API: what is refused, what is drawn anew, what the file keeps.

use crate::common::{Browser, Reply, Server};
use crate::console::{enter, give, own_token, send, started};
use claviger_core::brand::{Accent, Brand, Origin, Part};
use claviger_core::permission::Role;
use claviger_store::AuditFilter;
use image::{ImageFormat, Rgba, RgbaImage};
use reqwest::Method;
use std::io::Cursor;

const PAGE: &str = "/console/r/neighbour/settings";
const LOGO: &str = "/console/r/neighbour/settings/logo";

fn png(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    RgbaImage::from_pixel(width, height, Rgba([200, 20, 20, 255])).write_to(&mut bytes, ImageFormat::Png).unwrap();
    bytes.into_inner()
}

/// Sends a picture as a browser does.
async fn upload(browser: &Browser, server: &Server, csrf: &str, picture: &[u8]) -> Reply {
    let mut body = format!(
        "--edge\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\n{csrf}\r\n--edge\r\n\
         Content-Disposition: form-data; name=\"logo\"; filename=\"logo.png\"\r\nContent-Type: image/png\r\n\r\n"
    )
    .into_bytes();
    body.extend_from_slice(picture);
    body.extend_from_slice(b"\r\n--edge\r\nContent-Disposition: form-data; name=\"act\"\r\n\r\nlogo\r\n--edge--\r\n");
    browser.send_body(server, Method::POST, LOGO, ("multipart/form-data; boundary=edge", body)).await
}

async fn brand(server: &Server) -> Brand {
    server.store.realm("neighbour").await.unwrap().unwrap().brand
}

#[tokio::test(flavor = "multi_thread")]
async fn a_colour_is_looked_at_set_shown_and_set_back() {
    let (server, orders) = started().await;
    give(&server, "alice", Role::Operator, "*").await;
    let browser = enter(&server, "alice").await;

    let refused = send(&browser, &server, PAGE, &[("act", "look"), ("accent", "#4f9bff")]).await;
    assert_eq!(refused.status, 422, "{}", refused.body);
    assert!(refused.body.contains("2.81") && refused.body.contains("#3b77c6"), "{}", refused.body);
    for wrong in [("contact", "nobody"), ("help", "javascript:x"), ("name", "a\u{202E}b"), ("accent", "blue")] {
        let refused = send(&browser, &server, PAGE, &[("act", "save"), wrong]).await;
        assert_ne!(refused.status, 303, "{wrong:?}");
    }
    assert_eq!(brand(&server).await, Brand::default());

    let form = [("accent", "#0A5FB4"), ("name", "Orders & Co"), ("privacy", "https://orders.example/privacy")];
    let look = send(&browser, &server, PAGE, &[&[("act", "look")], form.as_slice()].concat()).await;
    assert_eq!(look.status, 200, "{}", look.body);
    assert!(look.body.contains("data:image/svg+xml;base64,"), "{}", look.body);
    let seen = look.hidden("seen").unwrap();
    let save = [&[("act", "save"), ("seen", seen.as_str())], form.as_slice()].concat();
    let saved = send(&browser, &server, PAGE, &save).await;
    assert_eq!(saved.header("location"), format!("{PAGE}?said=changed"), "{}", saved.body);
    let again = send(&browser, &server, PAGE, &save).await;
    assert_eq!(again.status, 409, "what was looked at is over: {}", again.body);

    let stored = brand(&server).await;
    assert_eq!(stored.here, [Part::Name, Part::Accent, Part::Privacy].into());
    let css = Browser::default().get(&orders, "/-/claviger.css").await;
    assert!(css.body.contains("--accent: #0a5fb4;"), "the style sheet has the colour");
    let page = Browser::default().get(&orders, "/-/sign-in").await;
    assert!(page.body.contains("Orders &amp; Co") && page.body.contains("data-accent=\"own\""), "{}", page.body);
    assert!(
        page.body.contains("https:&#x2f;&#x2f;orders.example&#x2f;privacy")
            || page.body.contains("https://orders.example/privacy")
    );
    let settings = browser.get(&server, PAGE).await;
    assert!(settings.body.contains("set here") && settings.body.contains("default"), "{}", settings.body);

    let acts = server.store.audit_lines(&AuditFilter::default(), i64::MAX, 50).await.unwrap();
    let line = acts.iter().find(|line| line.act == "realm.brand").unwrap();
    assert!(line.after.as_ref().unwrap().contains("#0a5fb4"));

    let look = send(&browser, &server, PAGE, &[("act", "look"), ("name", "Orders & Co")]).await;
    let seen = look.hidden("seen").unwrap();
    let back = [("act", "save"), ("seen", seen.as_str()), ("name", "Orders & Co")];
    assert_eq!(send(&browser, &server, PAGE, &back).await.status, 303);
    assert_eq!(brand(&server).await.here, [Part::Name].into(), "a field that is empty goes back to the default");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_is_drawn_anew_and_what_is_none_is_refused() {
    let (server, orders) = started().await;
    give(&server, "alice", Role::Operator, "*").await;
    let browser = enter(&server, "alice").await;
    let csrf = own_token(&browser, &server).await;

    let mut bomb = png(1, 1);
    bomb[16..20].copy_from_slice(&65_535u32.to_be_bytes());
    let svg = b"<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>";
    let large = [png(8, 8), vec![0; 513 * 1024]].concat();
    for wrong in [b"a text".as_slice(), svg, b"GIF89a\xff\xff\xff\xff\x00\x00\x00;", &bomb, &png(2049, 1), b"", &large]
    {
        let refused = upload(&browser, &server, &csrf, wrong).await;
        assert_eq!(refused.status, 422, "{}", refused.body);
        assert!(refused.body.contains("<code dir=\"ltr\">logo</code>"), "{}", refused.body);
    }
    // Two MiB are refused as soon as they are announced.
    let head = format!("POST {LOGO} HTTP/1.1\r\nhost: {}\r\ncontent-length: 2097152\r\n\r\n", server.address);
    assert!(server.raw(head.as_bytes()).await.starts_with("HTTP/1.1 413"));
    assert_eq!(brand(&server).await, Brand::default());

    let mut sent = png(900, 300);
    sent.extend_from_slice(b"<script>alert(1)</script>");
    let done = upload(&browser, &server, &csrf, &sent).await;
    assert_eq!(done.status, 303, "{}", done.body);
    let page = Browser::default().get(&orders, "/-/sign-in").await;
    let address = page.body.split("/-/logo?v=").nth(1).map(|rest| rest.split('"').next().unwrap().to_owned()).unwrap();
    assert!(address.len() >= 8, "its address has a digest: {address}");
    let shown = orders.http.get(orders.url(&format!("/-/logo?v={address}"))).send().await.unwrap();
    assert_eq!(shown.headers()["content-type"], "image/png");
    let shown = shown.bytes().await.unwrap();
    assert!(!shown.windows(8).any(|some| some == b"<script>"));
    let drawn = image::load_from_memory(&shown).unwrap();
    assert_eq!((drawn.width(), drawn.height()), (512, 171));

    let removed = send(&browser, &server, PAGE, &[("act", "reset-logo")]).await;
    assert_eq!(removed.status, 303, "{}", removed.body);
    assert_eq!(brand(&server).await, Brand::default());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reviewer_and_a_form_from_elsewhere_change_nothing() {
    let (server, _orders) = started().await;
    give(&server, "alice", Role::Reviewer, "*").await;
    let browser = enter(&server, "alice").await;
    let csrf = own_token(&browser, &server).await;
    let page = browser.get(&server, PAGE).await;
    assert_eq!(page.status, 200, "{}", page.body);
    assert!(!page.body.contains("type=\"file\""), "{}", page.body);
    assert_eq!(send(&browser, &server, PAGE, &[("act", "look"), ("accent", "#0a5fb4")]).await.status, 403);
    assert_eq!(upload(&browser, &server, &csrf, &png(8, 8)).await.status, 403);
    give(&server, "operator", Role::Operator, "*").await;
    let operator = enter(&server, "operator").await;
    let elsewhere = upload(&operator, &server, "not-mine", &png(8, 8)).await;
    assert!(elsewhere.header("location").ends_with("said=again"), "{} {}", elsewhere.status, elsewhere.body);
    let broken = ("multipart/form-data; boundary=edge", b"--edge\r\n".to_vec());
    assert_eq!(operator.send_body(&server, Method::POST, LOGO, broken).await.status, 400);
    assert_eq!(brand(&server).await, Brand::default());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_file_says_is_the_files() {
    let (server, _orders) = started().await;
    let mut realm = server.store.realm("neighbour").await.unwrap().unwrap();
    realm.brand.accent = Accent::parse("#0a5fb4");
    server.store.put_realm(&realm, server.now()).await.unwrap();
    give(&server, "alice", Role::Operator, "*").await;
    let browser = enter(&server, "alice").await;
    let page = browser.get(&server, PAGE).await;
    assert!(!page.body.contains("name=\"accent\"") && page.body.contains("name=\"contact\""), "{}", page.body);
    // A form that says it all the same sets nothing of it.
    let look =
        send(&browser, &server, PAGE, &[("act", "look"), ("accent", "#000000"), ("contact", "a@x.example")]).await;
    let seen = look.hidden("seen").unwrap();
    let save = [("act", "save"), ("seen", seen.as_str()), ("accent", "#000000"), ("contact", "a@x.example")];
    assert_eq!(send(&browser, &server, PAGE, &save).await.status, 303);
    let stored = brand(&server).await;
    assert_eq!((stored.accent, stored.origin(Part::Contact)), (Accent::parse("#0a5fb4"), Origin::Here));
}
