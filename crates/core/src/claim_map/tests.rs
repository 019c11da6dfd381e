//! Which claims come of which rules.

use super::{Owner, Telling, owner, tell};
use crate::claim_rule::{ClaimRule, Place, Why, check};
use crate::client::Client;
use crate::realm::Realm;
use crate::scope::ScopeSet;
use crate::user::User;
use serde_json::{Map, Value, json};

fn parts(rules: &Value, own: &Value) -> (Realm, Client) {
    let realm = json!({
        "id": "r", "name": "R", "issuer": "https://r.example", "authorities": [], "dialect": crate::Dialect::default(),
        "scopes": [{ "name": "groups", "sentence": "See your groups." }], "claims": { "rules": rules }
    });
    let client = json!({ "id": "c", "name": "C", "kind": "public", "grants": [], "identity": { "claims": own } });
    (serde_json::from_value(realm).unwrap(), serde_json::from_value(client).unwrap())
}

fn ada() -> User {
    let user = json!({
        "id": "u1", "username": "ada", "name": "Ada", "organisations": ["acme", "depot"],
        "details": {
            "groups": ["dev", "app:admins"], "roles": ["viewer"],
            "organisation_roles": { "acme": ["editor"], "depot": ["viewer", "clerk"] },
            "attributes": { "cost-centre": 42, "tags": ["a", 1, true] }, "claims": { "nickname": "A" }
        }
    });
    serde_json::from_value(user).unwrap()
}

fn told(rules: &Value, own: &Value, place: Place, scope: &str, organisations: &[&str]) -> Value {
    let (realm, client) = parts(rules, own);
    let organisations: Vec<String> = organisations.iter().map(|id| (*id).to_owned()).collect();
    let (scope, user) = (ScopeSet::parse(scope).unwrap(), ada());
    let telling = Telling { place, user: Some(&user), scope: &scope, organisations: &organisations, names: &[] };
    let mut found = Map::new();
    tell(&realm, &client, &telling, &mut found);
    found.into()
}

#[test]
fn each_source_is_told_where_its_rule_says() {
    let rules = json!([
        { "name": "groups", "from": "groups", "scope": "groups" },
        { "name": "realm_access.roles", "from": "roles", "in": ["access-token"] },
        { "name": "https://acme.example/orgs", "from": "organisations", "in": ["userinfo"] },
        { "name": "by_org", "from": "organisation-roles", "in": ["userinfo"] },
        { "name": "cost.centre", "from": "attribute:cost-centre", "in": ["userinfo"] },
        { "name": "cost.tags", "from": "attribute:tags", "as": "text", "in": ["userinfo"] },
        { "name": "nobody", "from": "attribute:unheard-of", "in": ["userinfo"] },
        { "name": "nick", "from": "claim:nickname", "in": ["userinfo"] },
        { "name": "login", "from": "username", "in": ["userinfo"] },
        { "name": "tenant", "value": { "id": "t", "n": 1 }, "in": ["access-token"] }
    ]);
    let of = |place, scope, organisations: &[&str]| told(&rules, &json!([]), place, scope, organisations);
    assert_eq!(of(Place::IdToken, "openid", &[]), json!({}));
    assert_eq!(of(Place::IdToken, "openid groups", &[]), json!({ "groups": ["dev", "app:admins"] }));
    let access = json!({ "realm_access": { "roles": ["viewer"] }, "tenant": { "id": "t", "n": 1 } });
    assert_eq!(of(Place::AccessToken, "groups", &[]), access);
    let access = of(Place::AccessToken, "", &["depot"]);
    assert_eq!(access["realm_access"]["roles"], json!(["viewer", "clerk"]));
    let userinfo = json!({
        "https://acme.example/orgs": ["acme", "depot"],
        "by_org": { "acme": ["editor"], "depot": ["viewer", "clerk"] },
        "cost": { "centre": 42, "tags": "a 1 true" }, "nick": "A", "login": "ada"
    });
    assert_eq!(of(Place::Userinfo, "openid", &[]), userinfo);
    let narrowed = of(Place::Userinfo, "openid", &["acme"]);
    assert_eq!(narrowed["https://acme.example/orgs"], json!(["acme"]));
    assert_eq!(narrowed["by_org"], json!({ "acme": ["editor"] }));
}

#[test]
fn a_client_has_its_own_in_place_of_the_realms() {
    let rules = json!([
        { "name": "groups", "from": "groups" }, { "name": "roles", "from": "roles" }
    ]);
    let own = json!([
        { "name": "groups", "from": "groups", "prefix": "app:", "as": "first" }, { "name": "roles", "from": "none" },
        { "name": "extra", "value": true }
    ]);
    assert_eq!(told(&rules, &own, Place::IdToken, "openid", &[]), json!({ "groups": "admins", "extra": true }));
}

#[test]
fn a_claim_belongs_to_the_scope_of_its_rule() {
    let rules = json!([
        { "name": "groups", "from": "groups", "scope": "groups" }, { "name": "realm_access.roles", "from": "roles" }
    ]);
    let (realm, client) = parts(&rules, &json!([]));
    assert_eq!(owner(&realm, &client, "groups"), Owner::Scope("groups"));
    assert_eq!(owner(&realm, &client, "realm_access"), Owner::Free);
    assert_eq!(owner(&realm, &client, "email"), Owner::Scope("email"));
    assert_eq!(owner(&realm, &client, "other"), Owner::Nobody);
}

#[test]
fn what_a_rule_must_not_say_is_refused() {
    let wrong = |rule: Value, of_client: bool| {
        let rule: ClaimRule = serde_json::from_value(rule).unwrap();
        check(&[rule], of_client, |scope| scope == "groups").into_iter().map(|problem| problem.why).collect::<Vec<_>>()
    };
    let groups = |name: &str| wrong(json!({ "name": name, "from": "groups" }), false);
    for name in ["groups", "realm_access.roles", "https://a.b/c", "urn:acme:x.y", "preferred_username", "a.iss"] {
        assert!(groups(name).is_empty(), "{name}");
    }
    for name in ["", "a b", ".", "a..b", "a.", "ä", &"x".repeat(201)] {
        assert_eq!(groups(name), [Why::Name], "{name}");
    }
    for name in
        ["iss", "sub", "aud", "exp", "client_id", "scope", "cnf", "cnf.jkt", "act", "acr", "nonce", "azp", "org"]
    {
        let first = name.split('.').next().unwrap().to_owned();
        assert_eq!(groups(name), [Why::Reserved(first)], "{name}");
    }
    for name in ["email", "email_verified", "phone_number"] {
        assert_eq!(groups(name), [Why::VouchedFor(name.to_owned())], "{name}");
        assert!(wrong(json!({ "name": name, "from": format!("claim:{name}") }), false).is_empty());
        assert!(wrong(json!({ "name": name, "from": "none" }), true).is_empty());
    }
    for (rule, why) in [
        (json!({ "name": "x" }), Why::Source),
        (json!({ "name": "x", "from": "groups", "value": 1 }), Why::Source),
        (json!({ "name": "x", "from": "none" }), Why::NoneOfRealm),
        (json!({ "name": "x", "from": "attribute:a b" }), Why::Attribute),
        (json!({ "name": "x", "from": "claim:sub" }), Why::Claim("sub".to_owned())),
        (json!({ "name": "x", "value": "y".repeat(4096) }), Why::Value),
        (json!({ "name": "x", "from": "groups", "scope": "no" }), Why::Scope("no".to_owned())),
        (json!({ "name": "x", "from": "groups", "in": [] }), Why::Nowhere),
    ] {
        assert_eq!(wrong(rule.clone(), false), [why], "{rule}");
    }
    for (one, other) in [("a", "a"), ("a", "a.b"), ("a.b.c", "a.b")] {
        let rules: Vec<ClaimRule> =
            [one, other].map(|name| serde_json::from_value(json!({ "name": name, "value": 1 })).unwrap()).into();
        assert_eq!(check(&rules, false, |_| true)[0].why, Why::Twice(other.to_owned()));
    }
    for text in ["", "group", "attribute:", "claims:x"] {
        assert!(serde_json::from_value::<ClaimRule>(json!({ "name": "x", "from": text })).is_err(), "{text}");
    }
}
