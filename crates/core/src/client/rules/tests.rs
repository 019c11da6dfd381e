use super::*;
use crate::client::{
    AssertionAlgorithm, AuthMethod, Authentication, Ciba, ClientStatus, Dpop, IdTokenClaims, Identity, Logout,
    Protection, Requests,
};
use crate::jose::Algorithm;
use crate::realm::AccessTokenFormat;
use crate::redirect::NotARedirectUri;
use crate::scope::NotAScope;
use crate::token::Plain;

mod logout;

const CODE: &str = "https://app.example/cb";

fn realm() -> Realm {
    serde_json::from_value(serde_json::json!({
        "id": "r", "name": "R", "issuer": "https://login.example", "authorities": ["login.example"],
        "dialect": { "name": "lax", "permits": Legacy::ALL },
        "apis": [
            { "audience": "one", "name": "One" },
            { "audience": "two", "name": "Two" },
            { "audience": "three", "name": "Three" },
        ],
        "scopes": [
            { "name": "any", "sentence": "Any." },
            { "name": "read", "sentence": "Read.", "api": "two" },
            { "name": "write", "sentence": "Write.", "api": "three" },
        ],
    }))
    .unwrap()
}

/// A client of the code flow that breaks no rule.
fn web() -> Description {
    Description {
        redirect_uris: vec![CODE.to_owned()],
        scope: "any read".to_owned(),
        audiences: Some(vec!["two".to_owned()]),
        ..Description::new("web", "Web")
    }
}

/// A client that acts for itself and breaks no rule.
fn job() -> Description {
    Description::new("job", "Job")
}

fn public() -> Description {
    Description { kind: ClientKind::Public, ..web() }
}

fn set<T: Ord, const N: usize>(items: [T; N]) -> BTreeSet<T> {
    items.into()
}

fn problems_of(asked: Description) -> Vec<Problem> {
    check(asked, &realm()).err().unwrap_or_default()
}

#[test]
fn a_good_client_is_taken_over_field_by_field() {
    let asked = Description {
        publisher: Some("Acme".to_owned()),
        owner_email: Some("dev@acme.example".to_owned()),
        status: ClientStatus::Pending,
        grants: Some(set([GrantType::AuthorizationCode, GrantType::ClientCredentials])),
        post_logout_redirect_uris: vec!["https://app.example/bye".to_owned()],
        legacy: set([Legacy::NoPkce, Legacy::ReusableRefresh]),
        turnover: Some(Turnover::Stable),
        access_token: Some(AccessTokenFormat::Opaque),
        access_token_ttl: Some(Span::seconds(60)),
        acts_as: Some(ActsAs { user: "robot".to_owned(), found: Found::User }),
        secret: Some(BroughtSecret::Text(Plain::from("s"))),
        resource_server: Some("two".to_owned()),
        trusted: true,
        id_token_signing: Some(Algorithm::Es256),
        id_token_claims: IdTokenClaims::Scope,
        name: " Web ".to_owned(),
        ..web()
    };
    let client = check(asked, &realm()).unwrap();
    let expected = Client {
        id: "web".to_owned(),
        name: "Web".to_owned(),
        publisher: Some("Acme".to_owned()),
        owner_email: Some("dev@acme.example".to_owned()),
        kind: ClientKind::Confidential,
        status: ClientStatus::Pending,
        grants: set([GrantType::AuthorizationCode, GrantType::ClientCredentials]),
        redirect_uris: vec![RedirectUri::parse(CODE).unwrap()],
        post_logout_redirect_uris: vec!["https://app.example/bye".to_owned()],
        scope: ScopeSet::parse("any read").unwrap(),
        audiences: vec!["two".to_owned()],
        legacy: set([Legacy::NoPkce, Legacy::ReusableRefresh]),
        legacy_ended: set([]),
        turnover: Some(Turnover::Stable),
        access_token: Some(AccessTokenFormat::Opaque),
        access_token_ttl: Some(Span::seconds(60)),
        acts_as: Some("robot".to_owned()),
        secret_is_password: false,
        resource_server: Some("two".to_owned()),
        trusted: true,
        in_browser: false,
        agent: None,
        ciba: Ciba::default(),
        id_token_signing: Some(Algorithm::Es256),
        id_token_claims: IdTokenClaims::Scope,
        pkce: Pkce::UnlessNonce,
        jwks: None,
        jwks_uri: None,
        authentication: Authentication::default(),
        requests: Requests::default(),
        registered: crate::client::Registered::default(),
        identity: Identity::default(),
        logout: Logout::default(),
        dpop: Dpop::default(),
        protection: Protection::default(),
        token_exchange: None,
        limits: crate::limits::ClientLimits::default(),
    };
    assert_eq!(client, expected);
}

#[test]
fn a_client_that_is_described_anew_is_the_same() {
    let key = r#"{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;
    let asked = Description {
        jwks: Some(key.to_owned()),
        requests: Requests { require_signed_request_object: true, ..Requests::default() },
        protection: Protection { userinfo_signed_response_alg: Some(Algorithm::EdDsa), ..Protection::default() },
        ..web()
    };
    let client = check(asked, &realm()).unwrap();
    assert_eq!(check(Description::of(&client, Found::Nobody), &realm()).unwrap(), client);
    let elsewhere = Description { jwks_uri: Some("https://app.example/keys".to_owned()), ..web() };
    let client = check(elsewhere, &realm()).unwrap();
    assert_eq!(check(Description::of(&client, Found::Nobody), &realm()).unwrap(), client);
}

#[test]
fn keys_are_public_usable_and_in_one_place() {
    let der = crate::jose::SigningKey::generate(crate::jose::Algorithm::EdDsa).unwrap();
    let key = crate::jose::SigningKey::from_pkcs8(crate::jose::Algorithm::EdDsa, Some("k"), der.expose()).unwrap();
    let set = |key: &serde_json::Value| serde_json::json!({ "keys": [key] }).to_string();
    let public = serde_json::to_value(key.public_jwk()).unwrap();
    let keyed = |jwks: &str| Description { jwks: Some(jwks.to_owned()), ..web() };
    assert_eq!(check(keyed(&set(&public)), &realm()).unwrap().jwks.unwrap().keys, [key.public_jwk().clone()]);
    let mut private = public.clone();
    private["d"] = "AAAA".into();
    let problem = problems_of(keyed(&set(&private))).remove(0);
    assert!(problem.to_string().contains("a private key where a public one belongs"), "{problem}");
    for useless in [
        "",
        "{}",
        "[]",
        "{\"keys\":[]}",
        "{\"keys\":[{\"kty\":\"oct\"}]}",
        "{\"keys\":[{\"kty\":\"oct\",\"k\":\"AA\"}]}",
    ] {
        assert!(matches!(problems_of(keyed(useless))[..], [Problem::Jwks { .. }]), "{useless}");
    }
    let uri = |uri: &str| Description { jwks_uri: Some(uri.to_owned()), ..web() };
    assert!(check(uri("https://app.example:8443/keys?x=1"), &realm()).is_ok());
    for bad in [
        "http://app.example/keys",
        "https://a@app.example/",
        "ftp://x",
        "https://",
        "http://127.0.0.1/",
        "https://a b/",
    ] {
        assert_eq!(problems_of(uri(bad)), [Problem::JwksUri { uri: bad.to_owned() }], "{bad}");
    }
    let mut here = realm();
    here.requests.loopback = true;
    assert!(check(uri("http://127.0.0.1:9000/keys"), &here).is_ok());
    assert!(check(uri("http://app.example/keys"), &here).is_err());
    let both = Description { jwks_uri: Some("https://app.example/keys".to_owned()), ..keyed(&set(&public)) };
    assert_eq!(problems_of(both), [Problem::TwoKeySets]);
    let with = |requests: Requests| Description { requests, ..web() };
    let signed = Requests { require_signed_request_object: true, ..Requests::default() };
    assert_eq!(problems_of(with(signed.clone())), [Problem::NoKeys]);
    let none = Requests { request_object_signing_alg: Some(crate::request_object::ObjectAlgorithm::None), ..signed };
    let contradicts = Description { requests: none, ..keyed(&set(&public)) };
    assert_eq!(problems_of(contradicts), [Problem::UnsignedAndSigned]);
    let uris = Requests {
        request_uris: vec!["https://app.example/r".to_owned(), "http://x/".to_owned()],
        ..Requests::default()
    };
    assert!(matches!(problems_of(with(uris))[..], [Problem::RequestUri { index: 1, .. }]));
}

#[test]
fn grants_follow_from_kind_and_redirect_uris() {
    let code = set([GrantType::AuthorizationCode, GrantType::RefreshToken]);
    assert_eq!(check(web(), &realm()).unwrap().grants, code);
    assert_eq!(check(public(), &realm()).unwrap().grants, code);
    assert_eq!(check(job(), &realm()).unwrap().grants, set([GrantType::ClientCredentials]));
    assert_eq!(problems_of(Description { kind: ClientKind::Public, ..job() }), [Problem::NoRedirectUri]);
}

#[test]
fn audiences_follow_from_the_scopes_else_the_realms_first_is_meant() {
    let audiences = |scope: &str| check(Description { scope: scope.to_owned(), ..job() }, &realm()).unwrap().audiences;
    assert_eq!(audiences(""), ["one"]);
    assert_eq!(audiences("any"), ["one"]);
    assert_eq!(audiences("write any read"), ["two", "three"], "in the realm's order");
    let none = Description { audiences: Some(Vec::new()), ..job() };
    assert!(check(none, &realm()).unwrap().audiences.is_empty(), "none is not the same as nothing said");
}

#[test]
fn a_page_in_a_browser_has_an_address_that_is_known_to_the_byte() {
    let page = |uri: &str| Description { in_browser: true, redirect_uris: vec![uri.to_owned()], ..public() };
    for good in [CODE, "http://localhost:5173/cb", "http://127.0.0.1:8080/cb", "http://app.localhost:1/cb"] {
        assert!(check(page(good), &realm()).unwrap().in_browser, "{good}");
    }
    for bad in ["http://localhost/cb", "http://127.0.0.1/cb", "http://[::1]/", "com.example.app:/cb"] {
        assert_eq!(problems_of(page(bad)), [Problem::NotAPage { index: 0, uri: bad.to_owned() }]);
    }
}

#[test]
fn a_grant_that_the_dialect_does_not_serve_is_for_nobody() {
    let mut realm = realm();
    realm.dialect.token.grants = set([GrantType::ClientCredentials]);
    let unserved = |grant| Problem::GrantNotServed { grant, dialect: "lax".to_owned() };
    let expected = [unserved(GrantType::AuthorizationCode), unserved(GrantType::RefreshToken)];
    assert_eq!(check(web(), &realm).unwrap_err(), expected);
    check(job(), &realm).unwrap();
}

#[test]
fn who_must_use_pkce_is_not_given_to_leave_it_out() {
    let lax = || Description { legacy: set([Legacy::NoPkce]), ..web() };
    check(lax(), &realm()).unwrap();
    assert_eq!(problems_of(Description { pkce: Pkce::Required, ..lax() }), [Problem::NoPkceInVain]);
    let mut strict = realm();
    strict.tokens.pkce = Pkce::Required;
    assert_eq!(check(lax(), &strict).unwrap_err(), [Problem::NoPkceInVain]);
}

/// That each client breaks its rule and no other.
fn each_breaks_one(table: Vec<(Description, Problem)>) {
    for (asked, problem) in table {
        assert_eq!(problems_of(asked.clone()), [problem], "{asked:?}");
    }
}

#[test]
fn names_and_addresses_are_checked() {
    use GrantType::{AuthorizationCode, ClientCredentials, Implicit};
    let wild = || "https://app.example/cb/*".to_owned();
    let with_wildcard = || Description { redirect_uris: vec![CODE.to_owned(), wild()], ..web() };
    each_breaks_one(vec![
        (Description { id: String::new(), ..web() }, Problem::Id),
        (Description { id: "a b".to_owned(), ..web() }, Problem::Id),
        (Description { id: "a:b".to_owned(), ..web() }, Problem::Id),
        (Description { id: "x".repeat(101), ..web() }, Problem::Id),
        (Description { name: " ".to_owned(), ..web() }, Problem::Name),
        (Description { name: "a\nb".to_owned(), ..web() }, Problem::Name),
        (Description { name: "ä".repeat(101), ..web() }, Problem::Name),
        (Description { name: "a\u{202e}b".to_owned(), ..web() }, Problem::Name),
        (Description { publisher: Some("a\u{1b}[2J".to_owned()), ..web() }, Problem::Publisher),
        (
            Description { owner_email: Some("nobody".to_owned()), ..web() },
            Problem::OwnerEmail { address: "nobody".to_owned() },
        ),
        (
            Description { redirect_uris: vec![CODE.to_owned(), "http://app.example/".to_owned()], ..web() },
            Problem::RedirectUri { index: 1, uri: "http://app.example/".to_owned(), why: NotARedirectUri::PlainHttp },
        ),
        (
            Description { redirect_uris: Vec::new(), grants: Some(set([AuthorizationCode])), ..web() },
            Problem::NoRedirectUri,
        ),
        (
            Description {
                redirect_uris: Vec::new(),
                grants: Some(set([Implicit])),
                legacy: set([Legacy::Implicit]),
                ..web()
            },
            Problem::NoRedirectUri,
        ),
        (with_wildcard(), Problem::WildcardNotGiven { index: 1, uri: wild() }),
        (
            Description { kind: ClientKind::Public, legacy: set([Legacy::WildcardRedirect]), ..with_wildcard() },
            Problem::WildcardBesidesCode { index: 1, uri: wild() },
        ),
        (
            Description {
                grants: Some(set([AuthorizationCode, ClientCredentials])),
                legacy: set([Legacy::WildcardRedirect]),
                ..with_wildcard()
            },
            Problem::WildcardBesidesCode { index: 1, uri: wild() },
        ),
        (
            Description { post_logout_redirect_uris: vec!["/bye".to_owned()], ..web() },
            Problem::PostLogoutUri { index: 0, uri: "/bye".to_owned(), why: NotARedirectUri::NotAbsolute },
        ),
        (
            Description { post_logout_redirect_uris: vec![CODE.to_owned(), wild()], ..web() },
            Problem::PostLogoutWildcard { index: 1, uri: wild() },
        ),
    ]);
}

#[test]
fn scopes_and_audiences_are_the_realms() {
    each_breaks_one(vec![
        (Description { scope: "a\"b".to_owned(), ..web() }, Problem::ScopeText(NotAScope)),
        (Description { scope: "raed".to_owned(), ..web() }, Problem::UnknownScope { name: "raed".to_owned() }),
        (
            Description { scope: "write".to_owned(), ..web() },
            Problem::ScopeElsewhere { name: "write".to_owned(), api: "three".to_owned() },
        ),
        (
            Description { audiences: Some(vec!["two".to_owned(), "four".to_owned()]), ..web() },
            Problem::UnknownAudience { index: 1, name: "four".to_owned() },
        ),
        (
            Description { resource_server: Some("four".to_owned()), ..web() },
            Problem::UnknownResourceServer { name: "four".to_owned() },
        ),
    ]);
}

#[test]
fn grants_and_legacy_behaviours_go_together() {
    use GrantType::{AuthorizationCode, ClientCredentials, Implicit, Password, RefreshToken};
    each_breaks_one(vec![
        (Description { grants: Some(BTreeSet::new()), ..web() }, Problem::NoGrant),
        (
            Description { grants: Some(set([AuthorizationCode, ClientCredentials])), ..public() },
            Problem::PublicClientCredentials,
        ),
        (Description { grants: Some(set([RefreshToken])), ..web() }, Problem::NothingToRefresh { asks_again: false }),
        (
            Description { grants: Some(set([ClientCredentials, RefreshToken])), ..job() },
            Problem::NothingToRefresh { asks_again: true },
        ),
        (
            Description { grants: Some(set([Password])), ..job() },
            Problem::GrantNotGiven { grant: Password, legacy: Legacy::Password },
        ),
        (
            Description { grants: Some(set([Implicit])), ..web() },
            Problem::GrantNotGiven { grant: Implicit, legacy: Legacy::Implicit },
        ),
        (Description { legacy: set([Legacy::NoPkce]), ..public() }, Problem::NotForPublic { legacy: Legacy::NoPkce }),
        (
            Description { legacy: set([Legacy::ReusableRefresh]), ..public() },
            Problem::NotForPublic { legacy: Legacy::ReusableRefresh },
        ),
        (Description { turnover: Some(Turnover::Reissue), ..web() }, Problem::TurnoverNotGiven),
        (Description { access_token_ttl: Some(Span::seconds(0)), ..web() }, Problem::AccessTokenTtl),
        (Description { access_token_ttl: Some(Span::seconds(86_401)), ..web() }, Problem::AccessTokenTtl),
    ]);
}

#[test]
fn who_it_stands_for_and_what_it_keeps_secret_is_checked() {
    let acts_as = |found| Some(ActsAs { user: "u".to_owned(), found });
    let text = |secret: &str| Some(BroughtSecret::Text(Plain::from(secret)));
    each_breaks_one(vec![
        (Description { acts_as: acts_as(Found::User), ..web() }, Problem::ActsAsWithoutClientCredentials),
        (Description { acts_as: acts_as(Found::Nobody), ..job() }, Problem::UnknownUser { name: "u".to_owned() }),
        (Description { acts_as: acts_as(Found::Administrator), ..job() }, Problem::ActsAsAdministrator),
        (Description { secret: text(""), ..web() }, Problem::SecretText),
        (Description { secret: text("ä"), ..web() }, Problem::SecretText),
        (Description { secret: Some(BroughtSecret::InFile), ..public() }, Problem::PublicSecret),
        (
            Description { secret: text("s"), secret_is_password: true, acts_as: acts_as(Found::User), ..job() },
            Problem::SecretBesidesPassword,
        ),
        (Description { secret_is_password: true, ..job() }, Problem::PasswordOfNobody),
        (Description { resource_server: Some("two".to_owned()), ..public() }, Problem::PublicResourceServer),
        (Description { trusted: true, ..public() }, Problem::PublicTrusted),
    ]);
}

/// The one rule that cannot be broken alone: a public client has no grant by which it could stand for a user.
#[test]
fn a_public_clients_secret_is_no_password() {
    let asked = Description {
        secret_is_password: true,
        acts_as: Some(ActsAs { user: "u".to_owned(), found: Found::User }),
        ..public()
    };
    assert_eq!(problems_of(asked), [Problem::ActsAsWithoutClientCredentials, Problem::PublicPassword]);
}

#[test]
fn a_legacy_behaviour_needs_the_dialects_permission() {
    let mut realm = realm();
    realm.dialect.permits = set([Legacy::RawBasic]);
    for legacy in Legacy::ALL {
        let wrong = check(Description { legacy: set([legacy]), ..web() }, &realm).err().unwrap_or_default();
        if legacy == Legacy::RawBasic {
            assert_eq!(wrong, []);
        } else {
            let permitted = realm.dialect.permits.clone();
            assert_eq!(wrong, [Problem::NotPermitted { legacy, dialect: "lax".to_owned(), permitted }]);
        }
    }
}

#[test]
fn a_dialect_that_refreshes_client_credentials_allows_the_grant() {
    let mut realm = realm();
    realm.dialect.refresh.for_client_credentials = true;
    let grants = Some(set([GrantType::ClientCredentials, GrantType::RefreshToken]));
    assert!(check(Description { grants, ..job() }, &realm).is_ok());
}

#[test]
fn an_api_that_only_introspects_needs_no_grant() {
    let grants = Some(BTreeSet::new());
    assert_eq!(problems_of(Description { grants, resource_server: Some("two".to_owned()), ..job() }), []);
}

#[test]
fn problems_come_in_the_order_of_the_fields() {
    let asked = Description {
        trusted: true,
        secret: Some(BroughtSecret::InFile),
        legacy: set([Legacy::NoPkce]),
        scope: "raed".to_owned(),
        redirect_uris: vec!["x".to_owned()],
        name: String::new(),
        id: String::new(),
        ..public()
    };
    let fields: Vec<Field> = problems_of(asked).iter().map(Problem::field).collect();
    let expected =
        [Field::Id, Field::Name, Field::RedirectUris, Field::Scope, Field::Legacy, Field::Secret, Field::Trusted];
    assert_eq!(fields, expected);
}

#[test]
fn what_is_given_to_single_clients_is_offered_with_its_risk() {
    let problem = Problem::GrantNotGiven { grant: GrantType::Password, legacy: Legacy::Password };
    assert_eq!(problem.to_string(), "the grant password is given to single clients only");
    let help = problem.help().unwrap();
    assert!(help.starts_with("add \"password\" to its legacy: ") && help.ends_with(Legacy::Password.risk()), "{help}");
    let nothing = Problem::NotPermitted { legacy: Legacy::NoPkce, dialect: "d".to_owned(), permitted: BTreeSet::new() };
    assert_eq!(nothing.help().as_deref(), Some("it permits nothing"));
}

#[test]
fn a_method_has_what_it_needs_and_nothing_in_vain() {
    let with = |method, more: Description| Description { authentication: Authentication::by(method), ..more };
    let keys = || Description { jwks_uri: Some("https://app.example/keys".to_owned()), ..job() };
    let secret = || Description { secret: Some(BroughtSecret::InFile), ..keys() };
    let password = || Description {
        acts_as: Some(ActsAs { user: "u".to_owned(), found: Found::User }),
        secret_is_password: true,
        ..keys()
    };
    for (method, asked) in [
        (AuthMethod::ClientSecretBasic, job()),
        (AuthMethod::ClientSecretJwt, job()),
        (AuthMethod::PrivateKeyJwt, keys()),
        (AuthMethod::SelfSignedTlsClientAuth, keys()),
        (AuthMethod::None, public()),
        (AuthMethod::ClientSecretPost, password()),
    ] {
        assert_eq!(problems_of(with(method, asked)), [], "{method}");
    }
    let algorithm = |method: Option<AuthMethod>, algorithm| {
        let authentication = Authentication { method, signing_alg: Some(algorithm), ..Authentication::default() };
        (Description { authentication, ..keys() }, Problem::AssertionAlgorithm { algorithm, method })
    };
    let (hs256, es256) = (AssertionAlgorithm::Hs256, AssertionAlgorithm::Signed(Algorithm::Es256));
    each_breaks_one(vec![
        (with(AuthMethod::PrivateKeyJwt, job()), Problem::MethodWithoutKeys),
        (with(AuthMethod::SelfSignedTlsClientAuth, job()), Problem::MethodWithoutKeys),
        (with(AuthMethod::None, job()), Problem::MethodNone),
        (with(AuthMethod::PrivateKeyJwt, public()), Problem::MethodOfPublic { method: AuthMethod::PrivateKeyJwt }),
        (with(AuthMethod::PrivateKeyJwt, secret()), Problem::SecretInVain { method: AuthMethod::PrivateKeyJwt }),
        (
            with(AuthMethod::ClientSecretJwt, password()),
            Problem::PasswordOfMethod { method: AuthMethod::ClientSecretJwt },
        ),
        algorithm(Some(AuthMethod::PrivateKeyJwt), hs256),
        algorithm(Some(AuthMethod::ClientSecretJwt), es256),
        algorithm(Some(AuthMethod::ClientSecretBasic), es256),
        algorithm(None, es256),
        (
            with(
                AuthMethod::ClientSecretJwt,
                Description { secret: Some(BroughtSecret::Text(Plain::from("short"))), ..job() },
            ),
            Problem::ShortSecret,
        ),
    ]);
}

#[test]
fn what_is_encrypted_to_a_client_needs_a_key_of_the_client() {
    use crate::jose::jwe::{ContentEncryption, DecryptingKey, KeyManagement};
    let key = |alg| DecryptingKey::from_pkcs8(alg, None, DecryptingKey::generate(alg).unwrap().expose()).unwrap();
    let set = |key: &DecryptingKey| serde_json::to_string(&serde_json::json!({ "keys": [key.public_jwk()] })).unwrap();
    let point = set(&key(KeyManagement::EcdhEs));
    let to = |alg, jwks: Option<&str>| Description {
        protection: Protection { id_token_encrypted_response_alg: Some(alg), ..Protection::default() },
        jwks: jwks.map(str::to_owned),
        ..web()
    };
    let encrypted = |client: Client| client.protection.id_token();
    let found = check(to(KeyManagement::EcdhEs, Some(&point)), &realm()).map(encrypted).unwrap();
    assert_eq!(found, Some((KeyManagement::EcdhEs, ContentEncryption::A128CbcHs256)), "the standard's default");
    let missing = |alg| [Problem::NoKeyToEncrypt { field: Field::IdTokenEncryption, alg }];
    for (alg, jwks) in [
        (KeyManagement::RsaOaep, Some(point.as_str())),
        (KeyManagement::EcdhEsA256Kw, Some(point.as_str())),
        (KeyManagement::EcdhEs, None),
    ] {
        assert_eq!(problems_of(to(alg, jwks)), missing(alg), "{alg}");
    }
    let elsewhere =
        Description { jwks_uri: Some("https://app.example/keys".to_owned()), ..to(KeyManagement::RsaOaep, None) };
    check(elsewhere, &realm()).unwrap();
    let enc_alone = Protection {
        userinfo_encrypted_response_enc: Some(ContentEncryption::A256Gcm),
        request_object_encryption_enc: Some(ContentEncryption::A256Gcm),
        ..Protection::default()
    };
    let fields = [Field::UserinfoEncryption, Field::RequestObjectEncryption];
    let expected = fields.map(|field| Problem::EncryptedWithoutAlg { field });
    assert_eq!(problems_of(Description { protection: enc_alone, ..web() }), expected);
    let object = |alg| Description {
        protection: Protection { request_object_encryption_alg: Some(alg), ..Protection::default() },
        ..web()
    };
    let unread = Problem::ObjectEncryption { alg: KeyManagement::EcdhEs };
    assert_eq!(problems_of(object(KeyManagement::EcdhEs)), [unread]);
    let mut reads = realm();
    reads.requests.object_encryption = vec![KeyManagement::EcdhEs];
    check(object(KeyManagement::EcdhEs), &reads).unwrap();
}
