//! How a realm looks, by the admin API.

use super::*;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use image::{ImageFormat, RgbaImage};
use std::io::Cursor;

const BRANDING: &str = "/realms/live/branding";

#[tokio::test(flavor = "multi_thread")]
async fn parts_are_set_set_back_and_refused_by_name() {
    let world = World::new().await;
    let token = world.operator().await;
    let patch = |body: Value| world.call(&token, Method::PATCH, BRANDING, &[], Some(body));

    let before = world.get(&token, BRANDING).await;
    assert_eq!(before.status, 200, "{}", before.body);
    assert_eq!(before.json()["accent"], json!({ "value": null, "from": "default" }));

    let mut png = Cursor::new(Vec::new());
    RgbaImage::new(300, 300).write_to(&mut png, ImageFormat::Png).unwrap();
    // Larger than any other body may be.
    let sent = [png.into_inner(), vec![b'x'; 100 * 1024]].concat();
    let body =
        json!({ "accent": "#0a5fb4", "forgotten_password": "https://x.example/f", "logo": STANDARD.encode(&sent) });
    let changed = patch(body).await;
    assert_eq!(changed.status, 200, "{}", changed.body);
    let said = changed.json();
    assert_eq!(said["accent"], json!({ "value": "#0a5fb4", "from": "here" }));
    assert_eq!(said["forgotten_password"]["from"], "here");
    let logo = said["logo"]["value"].as_str().unwrap();
    let drawn = STANDARD.decode(logo.strip_prefix("data:image/png;base64,").unwrap()).unwrap();
    assert_eq!(image::load_from_memory(&drawn).unwrap().width(), 192);
    assert!(!drawn.ends_with(b"xxxx"), "it was drawn anew");

    for (wrong, field) in [
        (json!({ "accent": "#4f9bff" }), "/accent"),
        (json!({ "forgotten_password": "javascript:x" }), "/forgotten_password"),
        (json!({ "logo": "?" }), "/logo"),
        (json!({ "logo": STANDARD.encode("<svg/>") }), "/logo"),
        (json!({ "colour": "#000000" }), "/colour"),
    ] {
        let refused = patch(wrong).await;
        problem(&refused, 400, "invalid");
        assert_eq!(refused.json()["errors"][0]["field"], field, "{}", refused.body);
    }
    let back = patch(json!({ "accent": null })).await;
    assert_eq!(back.json()["accent"]["from"], "default", "{}", back.body);

    let mut live = world.server.store.realm("live").await.unwrap().unwrap();
    live.brand.contact = Some("file@x.example".to_owned());
    world.server.store.put_realm(&live, NOW).await.unwrap();
    problem(&patch(json!({ "contact": "me@x.example" })).await, 409, "managed-by-file");

    let reviewer = world.client("reviewer", Some((Role::Reviewer, "*", ""))).await;
    problem(&world.call(&reviewer, Method::PATCH, BRANDING, &[], Some(json!({ "name": "x" }))).await, 403, "forbidden");
    assert_eq!(world.get(&reviewer, BRANDING).await.status, 200);
}
