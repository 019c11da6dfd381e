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
        assertion_issuers: vec![],
        user_check: None,
        directory: None,
        sign_in: crate::sign_in::SignInPolicy::default(),
        account: crate::realm::AccountPolicy::default(),
        login_app: None,
        administration: None,
        portal: None,
        identity_providers: Vec::new(),
        guide: crate::realm::GuidePolicy::default(),
        limits: crate::limits::LimitPolicy::default(),
        plans: Vec::new(),
        agents: crate::realm::AgentPolicy::default(),
        ciba: crate::realm::CibaPolicy::default(),
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
    assert_eq!(answered(&narrowed)["scope"], "openid");
    assert_eq!((narrowed.scope.to_string().as_str(), narrowed.grants.len()), ("openid profile", 1), "it may grow");
    let waits = |metadata: &Value| {
        let metadata = parse(metadata.to_string().as_bytes()).unwrap();
        client(&metadata, ("c", ClientStatus::Pending), &realm(), &Allowance::of(&realm(), None)).unwrap()
    };
    let named = waits(&json!({ "redirect_uris": ["https://app.example/cb"], "scope": "openid" }));
    assert_eq!(named.scope.to_string(), "openid", "approved for what it named");
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
fn what_other_standards_have_is_read_checked_and_answered() {
    let with = |more: &Value| {
        let mut all = json!({ "redirect_uris": ["https://app.example/cb"], "jwks_uri": "https://app.example/jwks" });
        all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        asked(&realm(), &all)
    };
    let all = json!({
        "id_token_encrypted_response_alg": "RSA-OAEP-256",
        "id_token_encrypted_response_enc": "A256GCM",
        "userinfo_signed_response_alg": "ES256",
        "userinfo_encrypted_response_alg": "ECDH-ES",
        "userinfo_encrypted_response_enc": "A256GCM",
        "authorization_encrypted_response_alg": "RSA-OAEP",
        "authorization_encrypted_response_enc": "A256GCM",
        "authorization_signed_response_alg": "PS256",
        "introspection_signed_response_alg": "ES256",
        "subject_type": "pairwise",
        "sector_identifier_uri": "https://app.example/sector",
        "frontchannel_logout_uri": "https://app.example/front",
        "frontchannel_logout_session_required": true,
        "backchannel_logout_uri": "https://app.example/back",
        "backchannel_logout_session_required": true,
        "dpop_bound_access_tokens": true,
    });
    let told = answered(&with(&all).unwrap());
    for (name, value) in all.as_object().unwrap() {
        assert_eq!(told.get(name), Some(value), "{name}");
    }
    for wrong in [
        json!({ "id_token_encrypted_response_alg": "RSA1_5" }),
        json!({ "id_token_encrypted_response_enc": "A256GCM" }),
        json!({ "userinfo_signed_response_alg": "none" }),
        json!({ "userinfo_encrypted_response_enc": "rot13" }),
        json!({ "request_object_encryption_alg": "ECDH-ES" }),
        json!({ "sector_identifier_uri": "http://app.example/sector" }),
        json!({ "frontchannel_logout_uri": "https://other.example/front" }),
        json!({ "frontchannel_logout_session_required": "yes" }),
        json!({ "backchannel_logout_uri": "http://app.example/back" }),
        json!({ "tls_client_auth_san_dns": "app.example" }),
        json!({ "token_endpoint_auth_method": "tls_client_auth", "tls_client_auth_san_dns": "app.example" }),
        json!({ "tls_client_certificate_bound_access_tokens": true }),
        json!({ "dpop_bound_access_tokens": 1 }),
    ] {
        let refused = with(&wrong).expect_err(&wrong.to_string());
        assert_eq!(refused.code, RegistrationError::InvalidClientMetadata, "{wrong}: {refused}");
    }
    let sectors = json!({
        "redirect_uris": ["https://app.example/cb", "https://other.example/cb"], "subject_type": "pairwise",
    });
    let refused = asked(&realm(), &sectors).unwrap_err();
    assert_eq!(refused.code, RegistrationError::InvalidClientMetadata);
    assert!(refused.description.starts_with("subject_type: "), "{refused}");
}

#[test]
fn a_clients_certificate_is_named_where_the_realm_asks_for_one() {
    let mut realm = realm();
    realm.mtls.authority = Some("mtls.r.example".into());
    realm.mtls.authorities = "trusted".into();
    let all = json!({
        "redirect_uris": ["https://app.example/cb"],
        "token_endpoint_auth_method": "tls_client_auth",
        "tls_client_auth_subject_dn": "CN=app",
        "tls_client_certificate_bound_access_tokens": true,
    });
    let told = answered(&asked(&realm, &all).unwrap());
    for (name, value) in all.as_object().unwrap() {
        assert_eq!(told.get(name), Some(value), "{name}");
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
