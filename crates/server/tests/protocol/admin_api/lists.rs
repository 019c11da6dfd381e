//! Lists that go over several apps or users, page by page.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn the_log_of_a_realm_has_the_calls_of_all_its_apps() {
    let world = World::new().await;
    let token = world.operator().await;
    for id in ["one", "two"] {
        world.server.add_client(&client(id)).await;
    }
    for id in ["one", "two", "one", "nobody"] {
        let form = [("grant_type", "client_credentials"), ("client_id", id), ("client_secret", "wrong")];
        assert_eq!(world.server.post("/token", &form).await.status, 401);
        world.server.pass(1);
    }
    let list = async |query: &str| world.get(&token, &format!("/realms/test/log?refused=true{query}")).await.json();
    let began = std::time::Instant::now();
    let mut found = list("").await;
    while found["items"].as_array().unwrap().len() < 4 {
        assert!(began.elapsed().as_secs() < 60, "{found}");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        found = list("").await;
    }
    let apps = |found: &Value| -> Vec<String> {
        found["items"].as_array().unwrap().iter().map(|call| call["app"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(apps(&found), ["", "one", "two", "one"], "the newest first");
    assert_eq!(apps(&list("&app=one").await), ["one", "one"]);
    assert_eq!(apps(&list("&nameless=true").await), [""]);
    let first = list("&limit=3").await;
    let next = first["next"].as_str().unwrap();
    assert_eq!((apps(&first).len(), apps(&list(&format!("&limit=3&after={next}")).await)), (3, vec!["one".to_owned()]));
    let second = found["items"][1]["id"].as_str().unwrap();
    assert_eq!(apps(&list(&format!("&before={second}")).await), ["two", "one"]);
    for wrong in ["&before=x", "&after=x", "&app=one&nameless=true"] {
        problem(&world.get(&token, &format!("/realms/test/log?{}", &wrong[1..])).await, 400, "invalid");
    }
    problem(&world.get(&token, "/realms/test/log?app=none").await, 404, "not-found");

    // Whoever watches hears the oldest first, and goes on where they were.
    let newer = async |query: &str| world.get(&token, &format!("/realms/test/log/newer?{query}")).await.json();
    let page = newer("since=2020-01-01T00:00:00Z&limit=200").await;
    let seen = apps(&page).len();
    assert!(seen >= 4, "{page}");
    let next = page["next"].as_str().unwrap();
    let after = newer(&format!("after={next}")).await;
    assert_eq!((apps(&after).len(), &after["next"]), (0, &page["next"]), "nothing came");
}
