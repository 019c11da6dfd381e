//! What is done through it, and how twice is as once.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn an_app_is_registered_approved_changed_and_stopped() {
    let world = World::new().await;
    let token = world.operator().await;
    let script = "<script>alert(1)</script>\"'&";
    let made = world
        .post(
            &token,
            "/realms/live/apps",
            json!({
                "id": "new", "name": script, "redirect_uris": ["https://new.example/cb"], "scope": "read",
            }),
        )
        .await;
    assert_eq!((made.status.as_u16(), made.header("content-type")), (201, "application/json"), "{}", made.body);
    assert_eq!(made.header("x-content-type-options"), "nosniff");
    assert_eq!((made.text("status"), made.text("name")), ("pending".into(), script.into()));
    let again = world
        .post(
            &token,
            "/realms/live/apps",
            json!({ "id": "new", "name": "Again", "redirect_uris": ["https://new.example/cb"] }),
        )
        .await;
    problem(&again, 409, "conflict");
    let approved = world.post(&token, "/realms/live/apps/new/approve", json!({})).await.json();
    assert_eq!((&approved["app"]["status"], &approved["mailed"]), (&json!("active"), &json!(false)));
    assert!(approved["link"].as_str().unwrap().contains("/-/secret?link="), "nobody gets a mail: {approved}");
    problem(&world.post(&token, "/realms/live/apps/new/approve", json!({})).await, 409, "conflict");
    let secrets = world.get(&token, "/realms/live/apps/new/secrets").await.json();
    assert_eq!((secrets["items"].as_array().unwrap().len(), &secrets["items"][0]["state"]), (1, &json!("live")));
    let second = world.post(&token, "/realms/live/apps/new/secrets", json!({ "label": "second" })).await;
    assert_eq!(second.status, 201);
    assert!(second.text("secret").starts_with("cvs_"));
    problem(&world.post(&token, "/realms/live/apps/new/secrets", json!({})).await, 409, "conflict");
    let gone = world
        .call(&token, Method::DELETE, &format!("/realms/live/apps/new/secrets/{}", second.text("id")), &[], None)
        .await;
    assert_eq!((gone.status.as_u16(), gone.body.as_str()), (204, ""));
    let suspended = world.post(&token, "/realms/live/apps/new/suspend", json!({})).await;
    assert_eq!(suspended.text("status"), "suspended");
    assert_eq!(world.post(&token, "/realms/live/apps/new/resume", json!({})).await.text("status"), "active");
    let checked = world
        .get(&token, "/realms/live/apps/new/redirect-check?redirect_uri=https%3A%2F%2Fnew.example%2FCB")
        .await
        .json();
    assert_eq!((&checked["matches"], &checked["registered"]), (&json!(false), &json!("https://new.example/cb")));
    let lines = world.get(&token, "/audit?realm=live&subject=app/new").await.json();
    let acts: Vec<_> = lines["items"].as_array().unwrap().iter().map(|line| line["act"].as_str().unwrap()).collect();
    assert_eq!(acts, ["app.resume", "app.suspend", "app.approve", "app.create"]);
    let first = &lines["items"][0];
    assert_eq!((&first["actor"], &first["way"]), (&json!("operator"), &json!("api")));
    assert_eq!(world.get(&token, "/audit/verification").await.json()["whole"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_says_which_version_it_changes() {
    let world = World::new().await;
    let token = world.operator().await;
    let change = async |tag: Option<&str>, name: &str| {
        let more: Vec<(&str, &str)> = tag.map(|tag| ("if-match", tag)).into_iter().collect();
        world.call(&token, Method::PATCH, "/realms/live/apps/shop", &more, Some(json!({ "name": name }))).await
    };
    problem(&change(None, "A").await, 428, "match-required");
    let read = world.get(&token, "/realms/live/apps/shop").await;
    let changed = change(Some(read.header("etag")), "A").await;
    assert_eq!((changed.status.as_u16(), changed.text("name")), (200, "A".into()), "{}", changed.body);
    problem(&change(Some(read.header("etag")), "B").await, 412, "stale");
    assert_eq!(world.get(&token, "/realms/live/apps/shop").await.text("name"), "A");
    let anew = world.get(&token, "/realms/live/apps/shop").await;
    assert_eq!(anew.header("etag"), changed.header("etag"), "what is answered to a change is what is read then");
    assert_eq!(change(Some(changed.header("etag")), "B").await.status, 200);
    let gone =
        world.call(&token, Method::DELETE, "/realms/live/apps/shop", &[("if-match", read.header("etag"))], None).await;
    problem(&gone, 412, "stale");
    // Acts may say it.
    let stale = [("if-match", read.header("etag"))];
    problem(&world.call(&token, Method::POST, "/realms/live/apps/shop/suspend", &stale, None).await, 412, "stale");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_change_one_version_one_wins() {
    let world = World::new().await;
    let token = world.operator().await;
    let tag = world.get(&token, "/realms/live/apps/shop").await.header("etag").to_owned();
    let change = async |name: &str| {
        let more = [("if-match", tag.as_str())];
        world.call(&token, Method::PATCH, "/realms/live/apps/shop", &more, Some(json!({ "name": name }))).await
    };
    let (one, other) = tokio::join!(change("One"), change("Other"));
    let name = world.get(&token, "/realms/live/apps/shop").await.text("name");
    let won: Vec<_> = [&one, &other].into_iter().filter(|reply| reply.status == 200).collect();
    assert!(!won.is_empty() && won.iter().any(|reply| reply.text("name") == name));
    for lost in [&one, &other].into_iter().filter(|reply| reply.status != 200) {
        problem(lost, 412, "stale");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_under_one_key_is_done_once() {
    let world = World::new().await;
    let token = world.operator().await;
    let secret = async |token: &str, key: &str, label: &str| {
        let more = [("idempotency-key", key)];
        world.call(token, Method::POST, "/realms/live/apps/shop/secrets", &more, Some(json!({ "label": label }))).await
    };
    let first = secret(&token, "k-1", "one").await;
    assert_eq!(first.status, 201, "{}", first.body);
    let again = secret(&token, "k-1", "one").await;
    assert_eq!((again.status, &again.body), (first.status, &first.body), "the very same secret");
    problem(&secret(&token, "k-1", "two").await, 422, "key-used");
    let all = world.get(&token, "/realms/live/apps/shop/secrets").await.json();
    assert_eq!(all["items"].as_array().unwrap().len(), 1, "one was made: {all}");
    for wrong in ["", "a b"] {
        problem(&secret(&token, wrong, "one").await, 400, "invalid");
    }
    // Another caller's key is another one.
    let other = world.client("other", Some((Role::Operator, "*", ""))).await;
    assert_ne!(secret(&other, "k-1", "one").await.body, first.body);
    // What was refused may be asked again.
    problem(&secret(&token, "k-2", "three").await, 409, "conflict");
    let id = first.text("id");
    world.call(&token, Method::DELETE, &format!("/realms/live/apps/shop/secrets/{id}"), &[], None).await;
    assert_eq!(secret(&token, "k-2", "three").await.status, 201);
    // What is kept says nothing to whoever reads the database.
    let at_once = tokio::join!(secret(&other, "k-9", "x"), secret(&other, "k-9", "x"));
    assert!(at_once.0.status == at_once.1.status || at_once.0.status == 409 || at_once.1.status == 409);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_later_a_key_is_free() {
    let world = World::new().await;
    let token = world.operator().await;
    let revoke = async |token: &str, body: Value| {
        world.call(token, Method::POST, "/realms/live/grants/revoke", &[("idempotency-key", "k")], Some(body)).await
    };
    assert_eq!(revoke(&token, json!({ "user": "ada" })).await.json(), json!({ "ended": 0 }));
    problem(&revoke(&token, json!({ "user": "bob" })).await, 422, "key-used");
    world.server.pass(86_400);
    let token =
        world.server.token("operator", &[("grant_type", "client_credentials"), ("scope", "grants:revoke")]).await;
    assert_eq!(revoke(&token.text("access_token"), json!({ "user": "bob" })).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_are_told_in_pages() {
    let world = World::new().await;
    let token = world.operator().await;
    for n in 0..7 {
        world.server.store.put_client("live", &client(&format!("c{n}")), NOW).await.unwrap();
        world
            .server
            .store
            .put_user("live", &User { email: None, ..user(&format!("n{n}"), &format!("nina{n}")) }, None, NOW)
            .await
            .unwrap();
    }
    for (list, count) in
        [("apps", 9), ("users", 9), ("users?search=NINA", 7), ("apps?search=app%20c", 7), ("organisations", 2)]
    {
        let (mut ids, mut next): (Vec<String>, _) = (Vec::new(), Some(String::new()));
        while let Some(after) = next {
            let join = if list.contains('?') { '&' } else { '?' };
            let after = if after.is_empty() { after } else { format!("&after={after}") };
            let page = world.get(&token, &format!("/realms/live/{list}{join}limit=2{after}")).await.json();
            let items = page["items"].as_array().unwrap();
            assert!(items.len() <= 2 && !items.is_empty());
            ids.extend(items.iter().map(|item| item["id"].as_str().unwrap().to_owned()));
            next = page["next"].as_str().map(str::to_owned);
        }
        assert_eq!(ids.len(), count, "{list}: {ids:?}");
        assert!(ids.is_sorted(), "{list}: {ids:?}");
    }
    let mine = world.get(&token, "/audit?limit=1").await.json();
    assert!(mine["next"].is_string() || mine["items"].as_array().unwrap().len() <= 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_realm_file_is_planned_and_applied_and_what_it_manages_is_read_only() {
    let world = World::new().await;
    let token = world.operator().await;
    let toml = "[realm]\nid = \"new\"\nname = \"New\"\ndialect = \"standard\"\nissuer = \"https://new.example\"\nauthorities = [\"new.example\"]\n\
        [[api]]\naudience = \"a\"\nname = \"A\"\n[[scope]]\nname = \"read\"\nsentence = \"Read.\"\n\
        [[client]]\nid = \"c\"\nname = \"${name}\"\ngrants = [\"client_credentials\"]\nscope = \"read\"\n";
    let files = json!({ "files": [{ "name": "new.toml", "toml": toml }], "variables": { "name": "See" } });
    let planned = world.post(&token, "/realms/plan", files.clone()).await;
    assert_eq!(planned.status, 200, "{}", planned.body);
    assert_eq!((planned.json()["changes"].as_array().unwrap().len(), &planned.json()["secrets"]), (2, &json!([])));
    problem(&world.get(&token, "/realms/new").await, 404, "not-found");
    let applied = world.post(&token, "/realms/apply", files.clone()).await.json();
    assert!(applied["secrets"][0]["secret"].as_str().unwrap().starts_with("cvs_"), "{applied}");
    assert_eq!(world.get(&token, "/realms/new").await.text("issuer"), "https://new.example");
    let again = world.post(&token, "/realms/plan", files).await.json();
    assert_eq!(again["changes"], json!([]));
    let app = world.get(&token, "/realms/new/apps/c").await.json();
    assert_eq!((&app["managed_by"], &app["name"]), (&json!("new.toml"), &json!("See")));
    let more = [("if-match", "*")];
    let reply = world.call(&token, Method::PATCH, "/realms/new/apps/c", &more, Some(json!({ "name": "Other" }))).await;
    problem(&reply, 409, "managed-by-file");
    assert!(reply.json()["detail"].as_str().unwrap().contains("new.toml"));
    let exported = world.post(&token, "/realms/new/export", json!({})).await;
    assert_eq!((exported.status.as_u16(), exported.header("content-type")), (200, "application/toml"));
    assert!(exported.body.contains("issuer = \"https://new.example\""), "{}", exported.body);
    let wrong = json!({ "files": [{ "name": "new.toml", "toml": "[realm]\nid = 1" }] });
    problem(&world.post(&token, "/realms/plan", wrong).await, 400, "invalid");
}

#[tokio::test(flavor = "multi_thread")]
async fn users_and_organisations_are_kept() {
    let world = World::new().await;
    let token = world.operator().await;
    let added = world.post(&token, "/realms/live/users", json!({
        "username": "carl", "email": "carl@example.com", "organisations": ["acme"], "claims": { "nickname": "C" },
    })).await;
    assert_eq!(added.status, 201, "{}", added.body);
    let path = format!("/realms/live/users/{}", added.text("id"));
    assert_eq!(world.post(&token, &format!("{path}/invite"), json!({})).await.status, 204);
    assert_eq!(world.post(&token, &format!("{path}/disable"), json!({})).await.json()["disabled"], true);
    assert_eq!(world.post(&token, &format!("{path}/enable"), json!({})).await.json()["disabled"], false);
    problem(&world.post(&token, &format!("{path}/reset-factors"), json!({})).await, 409, "conflict");
    let weak =
        world.call(&token, Method::PATCH, &path, &[("if-match", "*")], Some(json!({ "password": "short" }))).await;
    problem(&weak, 400, "invalid");
    let renamed =
        world.call(&token, Method::PATCH, &path, &[("if-match", "*")], Some(json!({ "username": "bob" }))).await;
    problem(&renamed, 409, "conflict");
    let member = "/realms/live/organisations/other/members/carl";
    let joined = world.call(&token, Method::PUT, member, &[], Some(json!({ "roles": ["buyer"] }))).await;
    assert_eq!(joined.json()["roles"], json!(["buyer"]));
    let members = world.get(&token, "/realms/live/organisations/other/members").await.json();
    assert_eq!(members["items"].as_array().unwrap().len(), 2);
    assert_eq!(world.call(&token, Method::DELETE, member, &[], None).await.status, 204);
    let rule = "/realms/live/organisations/acme/apps/shop";
    let ruled = world.call(&token, Method::PUT, rule, &[], Some(json!({ "allowed": false }))).await.json();
    assert_eq!(ruled["rules"], json!([{ "app": "shop", "allowed": false }]));
    problem(
        &world.call(&token, Method::DELETE, "/realms/live/organisations/acme", &[("if-match", "*")], None).await,
        409,
        "conflict",
    );
    assert_eq!(world.call(&token, Method::DELETE, &path, &[("if-match", "*")], None).await.status, 204);
    problem(&world.get(&token, &path).await, 404, "not-found");
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_rotated_and_health_is_told() {
    let world = World::new().await;
    let token = world.client("owner", Some((Role::Owner, "*", ""))).await;
    let before = world.get(&token, "/realms/test/keys").await.json()["items"].as_array().unwrap().len();
    let after = world.post(&token, "/realms/test/keys/rotate", json!({})).await;
    assert_eq!(after.status, 200, "{}", after.body);
    assert!(after.json()["items"].as_array().unwrap().len() > before, "{}", after.body);
    assert!(!after.body.contains("\"d\""), "no private part");
    problem(&world.post(&token, "/realms/test/keys/no-such/revoke", json!({})).await, 404, "not-found");
    let health = world.get(&token, "/health").await.json();
    assert_eq!((&health["ready"], &health["trouble"]), (&json!(true), &Value::Null));
}
