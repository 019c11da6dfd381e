use super::{Allowance, RegistrationError, TokenAllows, answered, client, parse};
use crate::client::{ApplicationType, ClientStatus, GrantType};
use crate::dialect::{Dialect, Legacy};
use crate::realm::{Realm, RegistrationPolicy, RequestPolicy, Scope, SessionPolicy, TokenPolicy};
use serde_json::{Value, json};

fn realm() -> Realm {
    let scope = |name: &str| Scope {
        name: name.into(),
        sentence: String::new(),
        sensitive: false,
        api: None,
        implicit: true,
        seat: None,
    };
    Realm {
        id: "r".into(),
        name: "R".into(),
        issuer: "https://r.example".into(),
        authorities: vec!["r.example".into()],
        hosts: std::collections::BTreeMap::new(),
        languages: vec![],
        brand: crate::brand::Brand::default(),
        dialect: Dialect { permits: [Legacy::Implicit, Legacy::NoPkce].into(), ..Dialect::default() },
        apis: vec![],
        scopes: ["openid", "profile", "read"].map(scope).to_vec(),
        seat_pools: vec![],
        tokens: TokenPolicy::default(),
        sessions: SessionPolicy::default(),
        requests: RequestPolicy::default(),
        registration: RegistrationPolicy::default(),
        mtls: crate::mutual_tls::MutualTls::default(),
        claims: crate::claim_rule::ClaimPolicy::default(),
        dpop: crate::realm::DpopPolicy::default(),
        profile: None,
    }
}

fn asked(realm: &Realm, metadata: &Value) -> Result<crate::Client, super::RegistrationRefusal> {
    let metadata = parse(metadata.to_string().as_bytes()).unwrap();
    client(&metadata, ("c", ClientStatus::Active), realm, &Allowance::of(realm, None))
}

#[test]
fn what_is_not_said_follows() {
    let client = asked(&realm(), &json!({ "redirect_uris": ["https://app.example/cb"] })).unwrap();
    assert_eq!(client.name, "app.example");
    assert_eq!(client.grants, [GrantType::AuthorizationCode].into());
    assert_eq!(client.scope.to_string(), "openid profile", "no API's scope unless the realm says so");
    let told = Value::Object(answered(&client));
    let expected = json!({
        "client_name": "app.example",
        "redirect_uris": ["https://app.example/cb"],
        "grant_types": ["authorization_code"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "client_secret_basic",
        "scope": "openid profile",
        "application_type": "web",
        "subject_type": "public",
    });
    assert_eq!(told, expected);
    let native = asked(&realm(), &json!({ "redirect_uris": ["http://localhost/callback"] })).unwrap();
    assert_eq!(native.registered.application_type, Some(ApplicationType::Native));
}

#[test]
fn scopes_and_extensions_are_narrowed_and_the_rest_is_refused() {
    let with = |more: Value| {
        let mut all = json!({ "redirect_uris": ["https://app.example/cb"] });
        all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        asked(&realm(), &all)
    };
    let narrowed = with(json!({
        "scope": "openid read unknown",
        "grant_types": ["authorization_code", "urn:ietf:params:oauth:grant-type:jwt-bearer"],
        "something_new": { "deep": [1] },
        "client_uri": "",
        "logo_uri": null,
    }))
    .unwrap();
    assert_eq!((narrowed.scope.to_string().as_str(), narrowed.grants.len()), ("openid", 1));
    for (wrong, code) in [
        (json!({ "redirect_uris": "https://app.example/cb" }), RegistrationError::InvalidRedirectUri),
        (json!({ "redirect_uris": [] }), RegistrationError::InvalidRedirectUri),
        (json!({ "redirect_uris": ["javascript:alert(1)"] }), RegistrationError::InvalidRedirectUri),
        (json!({ "scope": "read" }), RegistrationError::InvalidClientMetadata),
        (json!({ "grant_types": ["password"] }), RegistrationError::InvalidClientMetadata),
        (json!({ "grant_types": ["client_credentials"] }), RegistrationError::InvalidClientMetadata),
        (json!({ "response_types": ["id_token"] }), RegistrationError::InvalidClientMetadata),
        (json!({ "response_types": ["none"] }), RegistrationError::InvalidClientMetadata),
        (json!({ "subject_type": "other" }), RegistrationError::InvalidClientMetadata),
        (json!({ "client_name": "a\u{202e}b" }), RegistrationError::InvalidClientMetadata),
        (json!({ "client_name#de": 5 }), RegistrationError::InvalidClientMetadata),
        (json!({ "client_uri": "javascript:alert(1)" }), RegistrationError::InvalidClientMetadata),
        (json!({ "contacts": ["nobody"] }), RegistrationError::InvalidClientMetadata),
        (json!({ "default_max_age": -1 }), RegistrationError::InvalidClientMetadata),
        (json!({ "id_token_signed_response_alg": "none" }), RegistrationError::InvalidClientMetadata),
        (json!({ "token_endpoint_auth_method": "magic" }), RegistrationError::InvalidClientMetadata),
    ] {
        let refused = with(wrong.clone()).expect_err(&wrong.to_string());
        assert_eq!(refused.code, code, "{wrong}: {refused}");
        assert!(!refused.description.is_empty());
    }
}

#[test]
fn a_realm_says_which_legacy_behaviours_it_gives() {
    let mut realm = realm();
    realm.registration.legacy = [Legacy::Implicit, Legacy::NoPkce].into();
    let hybrid = json!({ "redirect_uris": ["https://app.example/cb"], "response_types": ["code id_token"] });
    let client = asked(&realm, &hybrid).unwrap();
    assert_eq!(client.grants, [GrantType::AuthorizationCode, GrantType::Implicit].into());
    assert_eq!(client.legacy, [Legacy::Implicit, Legacy::NoPkce].into());
    let here =
        json!({ "redirect_uris": ["https://localhost/cb"], "response_types": ["id_token"], "application_type": "web" });
    assert_eq!(asked(&realm, &here).unwrap_err().code, RegistrationError::InvalidClientMetadata);
    let public = json!({ "redirect_uris": ["https://app.example/cb"], "token_endpoint_auth_method": "none" });
    assert!(asked(&realm, &public).unwrap().legacy.is_empty());
}

#[test]
fn hosts_are_named_or_public() {
    let realm = realm();
    let any = Allowance::of(&realm, None);
    let is_public = |host: &str| host != "10.0.0.1";
    assert!(
        any.allows_redirect("https://app.example/cb", is_public)
            && any.allows_redirect("com.example.app:/cb", is_public)
    );
    assert!(!any.allows_redirect("https://10.0.0.1:8443/cb", is_public));
    let hosts = ["app.example", "*.apps.example", "com.example.app:"].map(str::to_owned).to_vec();
    let some = Allowance::of(&realm, Some(&TokenAllows { redirect_hosts: Some(hosts), ..TokenAllows::default() }));
    for good in ["https://app.example/cb", "https://a.b.apps.example:8443/cb", "com.example.app:/cb"] {
        assert!(some.allows_redirect(good, is_public), "{good}");
    }
    for bad in
        ["https://apps.example/", "https://evilapps.example/", "https://evil.example/?app.example", "org.evil.app:/cb"]
    {
        assert!(!some.allows_redirect(bad, is_public), "{bad}");
    }
}
