//! Realms that exchange tokens and take assertions: what cannot be so is told with its line.

use super::*;
use crate::realm::written::{Written, text};
use claviger_core::client::{Acting, GrantType};
use claviger_core::realm::{AssertionKind, SubjectIs};
use claviger_core::span::Span;

fn page(page: &str) -> String {
    page.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap().to_owned()
}

fn exchange() -> String {
    page(include_str!("../../../../../docs/token-exchange.md"))
}

fn assertions() -> String {
    page(include_str!("../../../../../docs/assertions.md"))
}

fn spoilt(good: &str, from: &str, to: &str) -> Vec<(String, String, String)> {
    assert!(good.contains(from), "{from}");
    complaints(&good.replacen(from, to, 1))
}

#[test]
fn the_documented_realms_are_read_and_written_as_the_same() {
    for good in [exchange(), assertions()] {
        let file = parse_one(&good).map_err(|problems| problems.to_string()).unwrap().remove(0);
        let written = Written {
            realm: file.realm.clone(),
            organisations: file.organisations.clone(),
            users: vec![],
            clients: file.clients.iter().map(|client| client.client.clone()).collect(),
        };
        let written = text(&written).unwrap();
        let again = parse_one(&written).map_err(|problems| format!("{problems}\n{written}")).unwrap().remove(0);
        assert_eq!(file.realm, again.realm, "{written}");
        let clients = |file: &RealmFile| file.clients.iter().map(|one| one.client.clone()).collect::<Vec<_>>();
        assert_eq!(clients(&file), clients(&again), "{written}");
    }
    let policy = parse_one(&exchange()).unwrap().remove(0).clients[1].client.token_exchange.clone().unwrap();
    assert_eq!((policy.clients.as_slice(), policy.acting), (&["web".to_owned()][..], Acting::Either));
    let issuer = parse_one(&assertions()).unwrap().remove(0).realm.assertion_issuers.remove(0);
    assert_eq!(
        (issuer.kind, issuer.subject, issuer.max_ttl),
        (AssertionKind::Jwt, SubjectIs::Email, Span::seconds(300))
    );
}

#[test]
fn who_exchanges_needs_the_realm_the_grant_and_names_that_exist() {
    let good = exchange();
    for (from, to, line, message) in [
        ("token-exchange = true", "token-exchange = false", "grants", "needs token-exchange = true"),
        ("[\"client_credentials\", \"token_exchange\"]", "[\"client_credentials\"]", "", "does not have the grant"),
        ("clients = [\"web\"] ", "clients = [] ", "", "nobody's are named"),
        ("tokens-for = []", "tokens-for = [\"https://nowhere.example\"]", "", "no API with the audience"),
        (
            "audiences = [\"https://orders.acme.example\"] #",
            "audiences = [\"nowhere\"] #",
            "",
            "no API with the audience",
        ),
        ("issuers = []", "issuers = [\"https://idp.example\"]", "", "no [[assertion-issuer]]"),
        ("scope = \"orders:read\"                       #", "scope = \"openid\" #", "", "not among the client's own"),
        ("acting = \"either\"", "acting = \"both\"", "acting", "either"),
        ("[client.token-exchange]", "[client.token-exchange]\nclient = \"web\"", "client = ", "client"),
    ] {
        let found = spoilt(&good, from, to);
        assert_eq!(found.len(), 1, "{to}: {found:#?}");
        assert!(found[0].0.contains(line), "{to}: {found:#?}");
        assert!(found[0].1.contains(message) || found[0].2.contains(message), "{to}: {found:#?}");
    }
    let public = spoilt(
        &good,
        "name = \"Shop API\"\ngrants = [\"client_credentials\", ",
        "name = \"Shop API\"\nkind = \"public\"\ngrants = [",
    );
    assert!(public.iter().any(|found| found.1.contains("a public client exchanges no tokens")), "{public:#?}");
}

#[test]
fn an_issuer_has_keys_bounds_and_names_that_exist() {
    let good = assertions();
    let uri = "jwks-uri = \"https://idp.north.example/jwks\"";
    for (from, to, line, message) in [
        (uri, "", "issuer", "it has no keys"),
        (uri, &format!("{uri}\njwks = '{{\"keys\":[]}}'"), "jwks-uri", "only one of the two"),
        (uri, "jwks = '{\"keys\":[]}'", "jwks", "none of its keys"),
        (uri, "jwks = 'x'", "jwks", "no JWK set"),
        (uri, "jwks-uri = \"http://idp.north.example/jwks\"", "jwks-uri", "not an https:// address"),
        (
            "issuer = \"https://idp.north.example\"",
            "issuer = \"https://login.acme.example\"",
            "issuer",
            "another issuer",
        ),
        ("max-ttl = \"5m\"", "max-ttl = \"2h\"", "max-ttl", "between a second and an hour"),
        ("max-ttl = \"5m\"", "max-ttl = 0", "max-ttl", "between a second and an hour"),
        ("clients = [\"reports\"]", "clients = [\"report\"]", "clients", "no client `report`"),
        ("scope = \"reports:read\"                      #", "scope = \"reports\" #", "scope", "no scope `reports`"),
        ("organisation = \"north\"", "organisation = \"south\"", "organisation", "no organisation `south`"),
        ("algorithms = [\"ES256\"]", "algorithms = [\"HS256\"]", "algorithms", "HS256"),
        ("subject = \"email\"", "subject = \"phone\"", "subject", "phone"),
        ("kind = \"jwt\"", "kind = \"saml\"", "kind", "saml"),
    ] {
        let found = spoilt(&good, from, to);
        assert!(!found.is_empty(), "{to}");
        assert!(found.iter().any(|found| found.0.contains(line) && found.1.contains(message)), "{to}: {found:#?}");
    }
    let twice =
        format!("{good}\n[[assertion-issuer]]\nissuer = \"https://idp.north.example\"\nsubject = \"id\"\n{uri}\n");
    assert!(complaints(&twice).iter().any(|found| found.1.contains("is there already")));
    let (head, rest) = good.split_once("[[assertion-issuer]]").unwrap();
    let none = format!("{head}[[api]]{}", rest.split_once("[[api]]").unwrap().1);
    assert!(
        complaints(&none).iter().any(|found| found.1.contains("needs an [[assertion-issuer]]")),
        "{:#?}",
        complaints(&none)
    );
    let file = parse_one(&good.replacen("kind = \"jwt\"", "kind = \"id-jag\"", 1)).unwrap().remove(0);
    assert!(file.clients[0].client.may(GrantType::JwtBearer));
}
