//! Whoever may not, and whatever is wrong.

use super::*;
use crate::common::{Browser, claims};

#[tokio::test(flavor = "multi_thread")]
async fn each_operation_is_for_whoever_has_scope_and_role_and_for_nobody_else() {
    let world = World::new().await;
    // The operator comes last: what is done is not there any more.
    let owner = world.client("owner", Some((Role::Owner, "*", ""))).await;
    let auditor = world.client("auditor", Some((Role::Auditor, "*", ""))).await;
    let mut other = realm("other.example");
    other.id = "other".into();
    world.server.store.put_realm(&other, NOW).await.unwrap();
    let elsewhere = world.client("elsewhere", Some((Role::Operator, "other", ""))).await;
    let unscoped = world.client_with("unscoped", "read", Some((Role::Owner, "*", ""))).await;
    let nobody = world.client("nobody", None).await;
    for (id, method, path, permission) in operations(&world).await {
        let call = async |token: &str| {
            let more: &[(&str, &str)] = if method == Method::GET { &[] } else { &[("if-match", "*")] };
            world.call(token, method.clone(), &path, more, body_for(&id)).await
        };
        problem(&call(&nobody).await, 403, "forbidden");
        let Some(permission) = permission else { continue };
        let refused = call(&unscoped).await;
        problem(&refused, 403, "insufficient-scope");
        let challenge = refused.header("www-authenticate");
        assert!(challenge.contains("insufficient_scope") && challenge.contains(&permission), "{id}: {challenge}");
        if path.contains("/live") {
            problem(&call(&elsewhere).await, 403, "forbidden");
        }
        if method != Method::GET && !permission.ends_with(":read") && id != "planRealms" && id != "applyRealms" {
            problem(&call(&auditor).await, 403, "forbidden");
        }
    }
    for (id, method, path, _) in operations(&world).await {
        if method == Method::DELETE {
            continue;
        }
        let more: &[(&str, &str)] = if method == Method::GET { &[] } else { &[("if-match", "*")] };
        let reply = world.call(&owner, method.clone(), &path, more, body_for(&id)).await;
        let status = reply.status.as_u16();
        assert!(![401, 403, 405, 412, 415, 428].contains(&status) && status < 500, "{id}: {status} {}", reply.body);
        if method == Method::GET && !path.contains("none") && id != "checkRedirect" {
            assert_eq!(status, 200, "{id}: {}", reply.body);
            assert!(reply.header("etag").starts_with('"'), "{id}");
        }
        assert!(reply.header("ratelimit").contains("r="), "{id}");
    }
}

async fn nothing(world: &World, token: &str, path: &str) {
    problem(&world.get(token, path).await, 403, "forbidden");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_of_an_organisation_reaches_it_and_nothing_else() {
    let world = World::new().await;
    let token = world.client("acme-it", Some((Role::Operator, "live", "acme"))).await;
    assert_eq!(world.get(&token, "/realms/live/organisations/acme").await.text("name"), "The acme");
    assert_eq!(world.get(&token, "/realms/live/users/ada").await.text("id"), "ada");
    let listed = world.get(&token, "/realms/live/users?organisation=acme").await.json();
    assert_eq!(listed["items"].as_array().unwrap().iter().map(|one| &one["id"]).collect::<Vec<_>>(), ["ada"]);
    for path in [
        "/realms/live/organisations/other",
        "/realms/live/organisations",
        "/realms/live/users/bob",
        "/realms/live/users/no-such-user",
        "/realms/live/users",
        "/realms/live/users?organisation=other",
        "/realms/live/apps",
        "/realms/live/grants?organisation=acme",
        "/realms/test/users/u1",
        "/audit?realm=live",
    ] {
        nothing(&world, &token, path).await;
    }
    let put_elsewhere = json!({ "organisations": ["acme", "other"] });
    let more = [("if-match", "*")];
    let reply = world.call(&token, Method::PATCH, "/realms/live/users/ada", &more, Some(put_elsewhere)).await;
    problem(&reply, 403, "forbidden");
    let reply = world.post(
        &token,
        "/realms/live/users?organisation=acme",
        json!({ "username": "eve", "organisations": ["other"] }),
    );
    problem(&reply.await, 403, "forbidden");
    let reply = world.post(
        &token,
        "/realms/live/users?organisation=acme",
        json!({ "username": "eve", "organisations": ["acme"] }),
    );
    assert_eq!(reply.await.status, 201);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_owners_change_an_admin_realm() {
    let world = World::new().await;
    let operator = world.operator().await;
    let more = [("if-match", "*")];
    let password = json!({ "password": "another good long one" });
    let reply = world.call(&operator, Method::PATCH, "/realms/test/users/u1", &more, Some(password.clone())).await;
    problem(&reply, 403, "forbidden");
    problem(&world.post(&operator, "/realms/test/apps/operator/secrets", json!({})).await, 403, "forbidden");
    let owner = world.client("owner", Some((Role::Owner, "*", ""))).await;
    let reply = world.call(&owner, Method::PATCH, "/realms/test/users/u1", &more, Some(password)).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    // Nobody makes a realm an admin realm, or gives a role, who owns nothing.
    let mine = json!({ "files": [{ "name": "mine.toml", "toml":
        "[realm]\nid = \"live\"\nname = \"L\"\ndialect = \"standard\"\nissuer = \"https://live.example\"\nauthorities = [\"live.example\"]\n[administration]\nrealms = [\"*\"]\n[[api]]\naudience = \"a\"\nname = \"A\"\n" }] });
    problem(&world.post(&operator, "/realms/apply", mine).await, 403, "forbidden");
    let gift = json!({ "kind": "client", "holder": "operator", "role": "owner" });
    problem(&world.post(&operator, "/roles/give", gift).await, 403, "forbidden");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_realm_that_administers_some_reaches_no_other() {
    let world = World::over(&["live"]).await;
    let token = world.operator().await;
    assert_eq!(world.get(&token, "/realms/live").await.text("id"), "live");
    nothing(&world, &token, "/realms/test").await;
    nothing(&world, &token, "/audit").await;
    let listed = world.get(&token, "/realms").await.json();
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_of_others_are_refused() {
    let world = World::new().await;
    let token = world.operator().await;
    problem(&world.server.send(Method::GET, &format!("{API}/realms"), &[], "").await, 401, "unauthenticated");
    problem(&world.get("nonsense", "/realms").await, 401, "unauthenticated");
    problem(&world.get(&format!("{token}x"), "/realms").await, 401, "unauthenticated");
    problem(
        &world.server.send(Method::GET, &format!("{API}/realms?access_token={token}"), &[], "").await,
        400,
        "invalid",
    );
    // Of another audience.
    world.server.add_client(&client("other-api")).await;
    let other = world.server.token("other-api", &[("grant_type", "client_credentials"), ("scope", "read")]).await;
    let refused = world.get(&other.text("access_token"), "/realms").await;
    problem(&refused, 401, "unauthenticated");
    assert!(refused.header("www-authenticate").contains("invalid_token"), "{:?}", refused.headers);
    // Expired.
    let lives = claims(&token)["exp"].as_i64().unwrap() - NOW / 1000;
    world.server.pass(lives + 1);
    problem(&world.get(&token, "/realms").await, 401, "unauthenticated");
    // Of another realm, with keys of its own.
    let stranger = World::new().await;
    problem(&world.get(&stranger.operator().await, "/realms").await, 401, "unauthenticated");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_is_taken_counts_no_more() {
    let world = World::new().await;
    let (owner, token) = (world.client("owner", Some((Role::Owner, "*", ""))).await, world.operator().await);
    assert_eq!(world.get(&token, "/realms").await.status, 200);
    let gift = json!({ "kind": "client", "holder": "operator", "role": "operator" });
    assert_eq!(world.post(&owner, "/roles/take", gift).await.status, 200);
    problem(&world.get(&token, "/realms").await, 403, "forbidden");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_named() {
    let world = World::new().await;
    let token = world.operator().await;
    let wrong =
        world.post(&token, "/realms/live/apps", json!({ "nam": "x", "redirect_uris": "https://a.example" })).await;
    problem(&wrong, 400, "invalid");
    let fields: Vec<String> = wrong.json()["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["field"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(fields, ["/name", "/redirect_uris", "/nam"]);
    let wrong = world
        .post(
            &token,
            "/realms/live/apps",
            json!({ "name": "x", "redirect_uris": ["http://evil.example/*"], "scope": "no-such" }),
        )
        .await;
    problem(&wrong, 400, "invalid");
    assert!(wrong.json()["errors"].as_array().unwrap().len() >= 2, "{}", wrong.body);
    for path in [
        "/realms/live/apps?limit=0",
        "/realms/live/apps?limit=x",
        "/realms/live/apps?after=garbage",
        "/realms/live/grants?after=WyJhIl0",
        "/realms/live/sessions?after=WyJhIiwiYiJd",
        "/realms/live/apps?status=sleeping",
        "/realms/live/apps?no-such=1",
        "/realms/live/apps?limit=1&limit=2",
        "/audit?since=yesterday",
        "/audit?act=no.such",
    ] {
        problem(&world.get(&token, path).await, 400, "invalid");
    }
    problem(&world.get(&token, "/nowhere").await, 404, "not-found");
    problem(&world.get(&token, "/realms/nowhere").await, 404, "not-found");
    problem(&world.get(&token, "/realms/live/apps/no-such").await, 404, "not-found");
    let wrong = world.call(&token, Method::PUT, "/realms/live/apps", &[], Some(json!({}))).await;
    problem(&wrong, 405, "wrong-method");
    assert_eq!(wrong.header("allow"), "GET, POST");
    let headers = [("authorization", format!("Bearer {token}"))];
    let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let plain = world.server.send(Method::POST, &format!("{API}/realms/live/apps"), &headers, "name=x").await;
    problem(&plain, 415, "unsupported-media-type");
    let mut typed = headers.clone();
    typed.push(("content-type", "application/json"));
    let broken = world.server.send(Method::POST, &format!("{API}/realms/live/apps"), &typed, "{\"name\":").await;
    problem(&broken, 400, "invalid");
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_calls_are_refused_until_the_minute_is_over() {
    let world = World::new().await;
    let token = world.operator().await;
    let first = world.get(&token, "/caller").await;
    assert_eq!(first.header("ratelimit-policy"), "\"caller\";q=1200;w=60");
    assert_eq!(first.header("ratelimit"), "\"caller\";r=1199;t=60");
    for _ in 1..1200 {
        assert_eq!(world.get(&token, "/caller").await.status, 200);
    }
    let full = world.get(&token, "/caller").await;
    problem(&full, 429, "too-many-requests");
    assert_eq!((full.header("retry-after"), full.header("ratelimit")), ("60", "\"caller\";r=0;t=60"));
    let other = world.client("other", Some((Role::Auditor, "*", ""))).await;
    assert_eq!(world.get(&other, "/caller").await.status, 200, "somebody else");
    world.server.pass(60);
    assert_eq!(world.get(&token, "/caller").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_reaches_as_far_as_their_role_however_much_the_token_says() {
    let world = World::new().await;
    let all = Permission::ALL.iter().map(|one| one.name()).collect::<Vec<_>>().join(" ");
    let audiences = vec![world.server.realm.admin_api().unwrap()];
    world
        .server
        .add_client(&Client { scope: ScopeSet::parse(&all).unwrap(), audiences, ..client("console-app") })
        .await;
    let actor = Actor { name: "test".into(), way: Way::Cli, reference: "ref".into() };
    let admin = Admin { store: &world.server.store, actor: &actor, now: NOW };
    let gift =
        Gift { holder: RoleHolder::user("u1"), role: Role::Reviewer, over: "live".into(), organisation: String::new() };
    give(&admin, &world.server.realm, gift).await.unwrap();
    let browser = Browser::of("alice");
    let tokens = world.server.code_flow(&browser, "console-app", "apps:read apps:write apps:approve").await;
    let token = tokens.text("access_token");
    let me = world.get(&token, "/caller").await.json();
    assert_eq!(
        (&me["kind"], &me["name"], &me["roles"][0]["role"]),
        (&json!("user"), &json!("alice"), &json!("reviewer"))
    );
    assert_eq!(world.get(&token, "/realms/live/apps").await.status, 200);
    let more = [("if-match", "*")];
    let reply = world.call(&token, Method::PATCH, "/realms/live/apps/shop", &more, Some(json!({ "name": "X" }))).await;
    problem(&reply, 403, "forbidden");
    problem(&world.get(&token, "/realms/live/users").await, 403, "insufficient-scope");
}

#[tokio::test(flavor = "multi_thread")]
async fn files_of_the_servers_machine_are_not_read() {
    let world = World::new().await;
    let token = world.client("owner", Some((Role::Owner, "*", ""))).await;
    let head = "[realm]\nid = \"new\"\nname = \"N\"\ndialect = \"standard\"\nissuer = \"https://new.example\"\nauthorities = [\"new.example\"]\n[[api]]\naudience = \"a\"\nname = \"A\"\n";
    for (wrong, said) in [
        ("[[user]]\nusername = \"a\"\npassword-file = \"/etc/hostname\"\n", "password-file"),
        ("[[client]]\nid = \"c\"\nname = \"C\"\nsecret-file = \"/etc/hostname\"\n", "secret-file"),
        ("[brand]\nlogo = \"/etc/hostname\"\n", "logo"),
        ("[brand]\n\"logo\" = \"/etc/hostname\"\n", "logo"),
    ] {
        let files = json!({ "files": [{ "name": "new.toml", "toml": format!("{head}{wrong}") }] });
        let reply = world.post(&token, "/realms/plan", files).await;
        problem(&reply, 400, "invalid");
        assert!(reply.json()["detail"].as_str().unwrap().contains(said), "{}", reply.body);
    }
}
