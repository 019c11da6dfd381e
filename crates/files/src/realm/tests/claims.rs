//! Claims in a realm file: what is read, and what is refused at its place.

use super::{GOOD, parse_one};
use claviger_core::claim_rule::{Place, Source};
use claviger_core::client::SubjectType;
use serde_json::json;

const MORE: &str = r#"
[[claim]]
name = "groups"
from = "groups"
scope = "read"
in = ["access-token", "id-token"]

[[claim]]
name = "https://acme.example/tenant"
value = { id = "t", n = 1 }

[[user]]
username = "Ada"
groups = ["dev"]
roles = ["editor"]
organisations = ["acme"]
organisation-roles = { acme = ["owner"] }
attributes = { cost-centre = 42, tags = ["a", "b"] }
[user.claims]
nickname = "A"
address = { street_address = "1 Main St", country = "GB" }
"name#de" = "Gräfin"

[[client]]
id = "other"
name = "Other"
secret = "s"
grants = ["authorization_code"]
redirect-uris = ["https://b.example/cb"]
scope = "read"
audiences = ["api"]
subject-type = "pairwise"
[[client.claim]]
name = "groups"
from = "none"
"#;

fn good() -> String {
    format!("{}{MORE}", GOOD.replacen("dialect =", "claims-locales = [\"de\"]\ndialect =", 1))
}

#[test]
fn claims_are_read_where_they_stand() {
    let file = parse_one(&good()).unwrap_or_else(|problems| panic!("{problems}")).remove(0);
    let [groups, tenant] = file.realm.claims.rules.as_slice() else { panic!("{:?}", file.realm.claims) };
    assert_eq!((groups.from.clone(), groups.scope.as_deref()), (Some(Source::Groups), Some("read")));
    assert_eq!(groups.places, [Place::IdToken, Place::AccessToken].into());
    assert_eq!(
        (&tenant.value, &tenant.places),
        (&Some(json!({ "id": "t", "n": 1 })), &[Place::IdToken, Place::Userinfo].into())
    );
    let ada = file.users.iter().find(|user| user.user.username == "Ada").unwrap().user;
    assert_eq!(ada.details.claims["address"]["street_address"], "1 Main St");
    assert_eq!((&ada.details.attributes["cost-centre"], ada.details.organisation_roles["acme"].len()), (&json!(42), 1));
    let client = &file.clients[1].client;
    assert_eq!((client.identity.subject_type, client.sector().as_deref()), (SubjectType::Pairwise, Some("b.example")));
    assert_eq!(client.identity.claims[0].from, Some(Source::None));
}

#[test]
fn what_a_claim_must_not_be_is_shown_at_its_line() {
    for (from, to, words) in [
        ("name = \"groups\"\nfrom = \"groups\"", "name = \"sub\"\nfrom = \"groups\"", "`sub` says what a token is"),
        ("name = \"groups\"\nfrom = \"groups\"", "name = \"cnf.jkt\"\nfrom = \"groups\"", "`cnf` says what a token is"),
        (
            "name = \"groups\"\nfrom = \"groups\"",
            "name = \"email\"\nfrom = \"groups\"",
            "`email` is told as the server knows it",
        ),
        ("from = \"groups\"", "from = \"group\"", "`group` is none of groups, roles"),
        ("from = \"groups\"", "from = \"claim:sub\"", "`sub` is no standard claim"),
        ("from = \"groups\"\nscope", "scope", "one of `from` and `value`"),
        ("from = \"groups\"\nscope", "from = \"none\"\nscope", "`none` is for a client"),
        ("scope = \"read\"\nin", "scope = \"raed\"\nin", "there is no scope `raed`"),
        ("in = [\"access-token\", \"id-token\"]", "in = []", "told nowhere"),
        ("in = [\"access-token\", \"id-token\"]", "in = [\"cookie\"]", "not one of"),
        ("https://acme.example/tenant", "groups.more", "or a part of it"),
        ("nickname = \"A\"", "nickname = 1", "this is a text of 1 to 500"),
        ("nickname = \"A\"", "email = \"a@b.example\"", "a key of its own"),
        ("nickname = \"A\"", "favourite = \"A\"", "no claim of OpenID Connect"),
        ("\"name#de\"", "\"name#fr\"", "claims-locales do not name"),
        ("country = \"GB\"", "land = \"GB\"", "an address is a table"),
        ("claims-locales = [\"de\"]", "claims-locales = [\"german!\"]", "not a language tag"),
        ("groups = [\"dev\"]", "groups = [\"\"]", "a name of 1 to 200"),
        ("organisation-roles = { acme", "organisation-roles = { other", "do not belong to this organisation"),
        ("cost-centre = 42", "cost-centre = { a = 1 }", "an attribute is a text"),
        ("cost-centre = 42", "\"a b\" = 42", "an attribute's name"),
        ("subject-type = \"pairwise\"", "subject-type = \"pair\"", "not one of"),
        ("[\"https://b.example/cb\"]", "[\"https://b.example/cb\", \"https://c.example/cb\"]", "for one sector"),
        ("subject-type = \"pairwise\"", "sector-identifier-uri = \"http://b.example/\"", "is not an https:// address"),
        ("name = \"groups\"\nfrom = \"none\"", "name = \"aud\"\nfrom = \"none\"", "`aud` says what a token is"),
    ] {
        let text = good();
        let spoilt = text.replacen(from, to, 1);
        assert_ne!(text, spoilt, "{from}");
        let problems = parse_one(&spoilt).err().unwrap_or_else(|| panic!("{to} is taken")).to_string();
        assert!(problems.contains(words), "{to}: {problems}");
    }
}
