//! Providers at which users sign in: what is read and written, and what is refused at its place.

use super::{GOOD, complaints, parse_one};
use crate::realm::written::{Written, text};

const ENTRY: &str = r#"
[[identity-provider]]
id = "entra"
name = "Work account"
issuer = "https://idp.example/tenant/v2.0"
client-id = "us"
secret-file = "/run/secrets/idp"
scope = "openid email"
trust-email = true
trust-amr = true
second-factor-acr = ["2"]
organisations = ["acme"]
create-users = false
[identity-provider.domains]
"acme.example" = ["acme"]
[identity-provider.claims]
email = "upn"
"#;

#[test]
fn a_provider_is_read_and_written_as_the_same() {
    let entries = format!(
        "{GOOD}{ENTRY}[[identity-provider]]\nid = \"b\"\nname = \"B\"\nissuer = \"https://b.example\"\nclient-id = \"us\"\n"
    );
    let realm = parse_one(&entries).unwrap_or_else(|problems| panic!("{problems}")).remove(0);
    let [entra, other] = &realm.realm.identity_providers[..] else { panic!("{:?}", realm.realm.identity_providers) };
    assert_eq!((entra.claims.email.as_str(), entra.claims.name.as_str()), ("upn", "name"));
    assert_eq!(entra.organisations_of(Some("a@ACME.example")), Some(vec!["acme".to_owned()]));
    assert!(other.create_users && !other.trust_email && !other.trust_amr && other.secret_file.is_none());
    assert_eq!(other.scope, "openid profile email");
    let written = Written {
        realm: realm.realm.clone(),
        organisations: realm.organisations.clone(),
        users: Vec::new(),
        clients: Vec::new(),
    };
    let written = text(&written).unwrap();
    let again = parse_one(&written).unwrap_or_else(|problems| panic!("{problems}\n{written}")).remove(0);
    assert_eq!(again.realm.identity_providers, realm.realm.identity_providers, "{written}");
}

#[test]
fn what_cannot_be_is_refused_at_its_place() {
    for (from, to, line, message) in [
        ("id = \"entra\"", "id = \"En tra\"", "id = \"En tra\"", "a provider's id is"),
        ("https://idp.example/tenant/v2.0", "http://idp.example", "issuer = \"http://idp.example\"", "over https://"),
        ("client-id = \"us\"", "client-id = \"\"", "client-id = \"\"", "cannot be empty"),
        ("\"/run/secrets/idp\"", "\"secret\"", "secret-file", "absolute"),
        ("\"openid email\"", "\"email\"", "scope = \"email\"", "without the scope openid"),
        ("\"acme.example\" =", "\"@acme.example\" =", "", "is no domain"),
        (
            "organisations = [\"acme\"]\ncreate",
            "organisations = [\"amce\"]\ncreate",
            "",
            "there is no organisation `amce`",
        ),
        ("trust-amr", "trust-arm", "", "unknown key `trust-arm`"),
        (
            "[[identity-provider]]",
            "[login-app]\nlogin-url = \"https://a.example/\"\nconsent-url = \"https://a.example/\"\ntrust-network = true\n[[identity-provider]]",
            "",
            "nobody sees the sign-in page",
        ),
    ] {
        let file = format!("{GOOD}{}", ENTRY.replacen(from, to, 1));
        let found = complaints(&file);
        assert!(found.iter().any(|(at, said, _)| said.contains(message) && at.contains(line)), "{from}: {found:?}");
    }
    let twice = complaints(&format!("{GOOD}{ENTRY}{ENTRY}"));
    assert!(twice.iter().any(|(_, said, _)| said.contains("entra")), "{twice:?}");
}
