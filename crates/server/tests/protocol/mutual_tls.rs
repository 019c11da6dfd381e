//! Mutual TLS (RFC 8705): clients that prove themselves with a certificate, and tokens that are bound to one; by our own TLS and by
//! a trusted proxy's header.

use crate::common::doors::{Doorway, HOST, Socket, behind_proxy, tls};
use crate::common::{Browser, CALLBACK, SECRET, Server, authorize_query, claims, client, redemption, user};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use claviger_core::Client;
use claviger_core::client::{AuthMethod, Authentication, CertificateOf, ClientKind};
use claviger_core::mutual_tls::MutualTls;
use claviger_core::realm::AccessTokenFormat;
use claviger_server::certificate::Certificate;
use claviger_server::http::{CertificateHeader, Front, Limits};
use claviger_testing::certificates::{Maker, Pair};
use serde_json::{Value, json};

const MTLS: &str = "mtls.login.example";
const MINE: [(&str, &str); 2] = [("grant_type", "client_credentials"), ("client_id", "c1")];

fn by_authority(id: &str, names: CertificateOf) -> Client {
    let certificate = CertificateOf { binds_tokens: true, ..names };
    let authentication = Authentication { certificate, ..Authentication::by(AuthMethod::TlsClientAuth) };
    Client { authentication, ..client(id) }
}

fn dns(name: &str) -> CertificateOf {
    CertificateOf { san_dns: Some(name.to_owned()), ..CertificateOf::NOTHING }
}

/// A realm that trusts one authority and asks for certificates at [`MTLS`].
async fn serve(socket: &Socket, authority: &Pair) -> Server {
    let (mtls, login) = (socket.authority(MTLS), socket.authority(HOST));
    Server::with(|realm| {
        realm.authorities.extend([mtls.clone(), login]);
        realm.mtls = MutualTls { authority: Some(mtls), authorities: authority.pem() };
    })
    .await
}

/// The answer's status and body.
async fn post(http: &reqwest::Client, url: &str, form: &[(&str, &str)]) -> (u16, Value) {
    let answer = http.post(url).form(form).send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap_or_default())
}

fn with_identity(door: &Doorway, server: &Pair, identity: Option<&str>) -> reqwest::Client {
    let mut builder = door.client(server);
    if let Some(pem) = identity {
        builder = builder.identity(reqwest::Identity::from_pem(pem.as_bytes()).unwrap());
    }
    builder.build().unwrap()
}

#[tokio::test]
async fn a_certificate_of_a_trusted_authority_proves_a_client_and_binds_its_tokens() {
    let maker = Maker::default();
    let own = maker.self_signed("own", "/CN=x", "DNS:login.example,DNS:mtls.login.example");
    let (authority, stranger) = (maker.authority("authority"), maker.authority("stranger"));
    let intermediate = maker.intermediate(&authority, "intermediate");
    let right = maker.issued(&authority, "right", "/CN=c1", "DNS:c1.example", 7300);
    let other_name = maker.issued(&authority, "other", "/CN=c2", "DNS:c2.example", 7300);
    let wrong_authority = maker.issued(&stranger, "wrong", "/CN=c1", "DNS:c1.example", 7300);
    let below = maker.issued(&intermediate, "below", "/CN=c1", "DNS:c1.example", 7300);
    let socket = Socket::bind().await;
    let server = serve(&socket, &authority).await;
    server.add_client(&by_authority("c1", dns("c1.example"))).await;
    let door = socket.open(&server, Some(tls(&[&own], &[MTLS])), Limits::default());
    let url = door.url(MTLS, "/token");
    let with = |identity: Option<&str>| with_identity(&door, &own, identity);

    let (status, body) = post(&with(Some(&right.identity())), &url, &MINE).await;
    assert_eq!(status, 200, "{body}");
    assert_eq!(body["token_type"], "Bearer");
    let token = body["access_token"].as_str().unwrap();
    let bound = claims(token)["cnf"]["x5t#S256"].as_str().unwrap().to_owned();
    assert_eq!(bound.len(), 43);
    let long = right.identity() + &intermediate.pem();
    assert_eq!(post(&with(Some(&long)), &url, &MINE).await.0, 200, "what else is shown does no harm");
    let chained = below.identity() + &intermediate.pem();
    assert_eq!(post(&with(Some(&chained)), &url, &MINE).await.0, 200);

    for (what, identity) in [
        ("none", None),
        ("another authority", Some(wrong_authority.identity())),
        ("another name", Some(other_name.identity())),
        ("no chain", Some(below.identity())),
    ] {
        let (status, body) = post(&with(identity.as_deref()), &url, &MINE).await;
        assert_eq!((status, body["error"].as_str()), (401, Some("invalid_client")), "{what}: {body}");
        server.pass(120);
    }
    // Where no certificate is asked for, none arrives; and its secret is of no use to it.
    let elsewhere = door.url(HOST, "/token");
    assert_eq!(post(&with(Some(&right.identity())), &elsewhere, &MINE).await.0, 401);
    server.pass(120);
    let secret = [MINE[0], MINE[1], ("client_secret", SECRET)];
    assert_eq!(post(&with(Some(&right.identity())), &url, &secret).await.0, 401);
    // It ends.
    server.pass(30 * 365 * 86_400);
    assert_eq!(post(&with(Some(&right.identity())), &url, &MINE).await.0, 401, "it has ended");
}

#[tokio::test]
async fn when_the_certificate_ends_that_was_shown_is_noted() {
    let maker = Maker::default();
    let own = maker.self_signed("own", "/CN=x", "DNS:login.example,DNS:mtls.login.example");
    let authority = maker.authority("authority");
    let right = maker.issued(&authority, "right", "/CN=c1", "DNS:c1.example", 7300);
    let socket = Socket::bind().await;
    let server = serve(&socket, &authority).await;
    server.add_client(&by_authority("c1", dns("c1.example"))).await;
    let door = socket.open(&server, Some(tls(&[&own], &[MTLS])), Limits::default());
    let http = with_identity(&door, &own, Some(&right.identity()));
    assert_eq!(post(&http, &door.url(MTLS, "/token"), &MINE).await.0, 200);
    let ends = Certificate::read(&STANDARD.decode(right.base64()).unwrap()).unwrap().ends();
    let store = server.store.clone();
    server.stop().await;
    let uses = store.secret_uses("test", Some("c1")).await.unwrap();
    assert_eq!(uses.iter().map(|one| (one.secret.as_str(), one.ends_at)).collect::<Vec<_>>(), [("", Some(ends))]);
}

#[tokio::test]
async fn a_chain_that_is_too_long_ends_the_handshake() {
    let maker = Maker::default();
    let own = maker.self_signed("own", "/CN=x", "DNS:login.example,DNS:mtls.login.example");
    let authority = maker.authority("authority");
    let right = maker.issued(&authority, "right", "/CN=c1", "DNS:c1.example", 7300);
    let socket = Socket::bind().await;
    let server = serve(&socket, &authority).await;
    let door = socket.open(&server, Some(tls(&[&own], &[MTLS])), Limits::default());
    let chain = right.identity() + &authority.pem().repeat(8);
    let client = with_identity(&door, &own, Some(&chain));
    assert!(client.post(door.url(MTLS, "/token")).form(&MINE).send().await.is_err());
}

#[tokio::test]
async fn each_kind_of_name_is_compared_with_its_own_kind() {
    let maker = Maker::default();
    let authority = maker.authority("authority");
    let names = "DNS:a.example,URI:https://a.example/x,IP:192.0.2.7,IP:2001:db8::7,email:a@a.example";
    let shown = maker.issued(&authority, "shown", "/C=DE/O=A, B & C/CN=Client", names, 7300);
    let socket = Socket::bind().await;
    let server = serve(&socket, &authority).await;
    let nothing = || CertificateOf::NOTHING;
    let some = |text: &str| Some(text.to_owned());
    let cases = [
        (CertificateOf { subject_dn: some("CN=Client,O=A\\, B & C,C=DE"), ..nothing() }, true),
        (CertificateOf { subject_dn: some("cn=client, o=A\\, B & C, c=DE"), ..nothing() }, true),
        (CertificateOf { subject_dn: some("CN=Client,C=DE"), ..nothing() }, false),
        (CertificateOf { subject_dn: some("C=DE,O=A\\, B & C,CN=Client"), ..nothing() }, false),
        (CertificateOf { san_dns: some("A.example"), ..nothing() }, true),
        (CertificateOf { san_dns: some("https://a.example/x"), ..nothing() }, false),
        (CertificateOf { san_uri: some("https://a.example/x"), ..nothing() }, true),
        (CertificateOf { san_uri: some("https://a.example/"), ..nothing() }, false),
        (CertificateOf { san_ip: some("192.0.2.7"), ..nothing() }, true),
        (CertificateOf { san_ip: some("2001:DB8:0::7"), ..nothing() }, true),
        (CertificateOf { san_ip: some("192.0.2.8"), ..nothing() }, false),
        (CertificateOf { san_email: some("a@a.example"), ..nothing() }, true),
        (CertificateOf { san_email: some("b@a.example"), ..nothing() }, false),
    ];
    let front = Front { certificate_header: Some(CertificateHeader::ClientCert), ..Front::default() };
    let door = socket.open(&server, None, behind_proxy(front));
    let url = format!("http://{}/token", door.address);
    for (n, (registered, expected)) in cases.into_iter().enumerate() {
        let id = format!("c{n}");
        server.add_client(&by_authority(&id, registered.clone())).await;
        let form = [("grant_type", "client_credentials"), ("client_id", &id)];
        let request = server.http.post(&url).header("host", server.address.to_string()).form(&form);
        let answer = request.header("client-cert", format!(":{}:", shown.base64())).send().await.unwrap();
        assert_eq!(answer.status() == 200, expected, "{registered:?}");
    }
}

/// RFC 8705 2.2: the key counts, whoever issued the certificate.
#[tokio::test]
async fn a_self_signed_certificate_is_known_by_its_key() {
    let maker = Maker::default();
    let own = maker.self_signed("own", "/CN=x", "DNS:login.example,DNS:mtls.login.example");
    let authority = maker.authority("authority");
    let (mine, strange) =
        (maker.self_signed("mine", "/CN=c1", "DNS:a"), maker.self_signed("strange", "/CN=c1", "DNS:a"));
    let socket = Socket::bind().await;
    let server = serve(&socket, &authority).await;
    let der = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, mine.base64()).unwrap();
    let key = claviger_server::certificate::Certificate::read(&der).unwrap().jwk().unwrap();
    let jwks = serde_json::from_value(json!({ "keys": [key] })).unwrap();
    let authentication = Authentication::by(AuthMethod::SelfSignedTlsClientAuth);
    server.add_client(&Client { jwks: Some(jwks), authentication, ..client("c1") }).await;
    let door = socket.open(&server, Some(tls(&[&own], &[MTLS])), Limits::default());
    let url = door.url(MTLS, "/token");
    let (status, body) = post(&with_identity(&door, &own, Some(&mine.identity())), &url, &MINE).await;
    assert_eq!(status, 200, "{body}");
    assert_eq!(claims(body["access_token"].as_str().unwrap()).get("cnf"), None, "it did not ask for bound tokens");
    for identity in [None, Some(strange.identity())] {
        let (status, body) = post(&with_identity(&door, &own, identity.as_deref()), &url, &MINE).await;
        assert_eq!((status, body["error"].as_str()), (401, Some("invalid_client")));
    }
}

/// RFC 9440: a trusted proxy's word, nobody else's; and what is no certificate is refused.
#[tokio::test]
async fn the_header_of_a_trusted_proxy_counts_and_a_stranger_s_does_not() {
    let maker = Maker::default();
    let authority = maker.authority("authority");
    let right = maker.issued(&authority, "right", "/CN=c1", "DNS:c1.example", 7300);
    let socket = Socket::bind().await;
    let server = serve(&socket, &authority).await;
    server.add_client(&by_authority("c1", dns("c1.example"))).await;
    let front = |kind| Front { certificate_header: Some(kind), ..Front::default() };
    let standard = socket.open(&server, None, behind_proxy(front(CertificateHeader::ClientCert)));
    let stranger = Limits { proxies: [].into(), ..behind_proxy(front(CertificateHeader::ClientCert)) };
    let stranger = Socket::bind().await.open(&server, None, stranger);
    let encoded = Socket::bind().await.open(&server, None, behind_proxy(front(CertificateHeader::XSslClientCert)));
    let off = Socket::bind().await.open(&server, None, behind_proxy(Front::default()));
    let ask = async |door: &Doorway, headers: &[(&str, &str)]| {
        let mut request = server.http.post(format!("http://{}/token", door.address)).form(&MINE);
        request = request.header("host", server.address.to_string());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = request.send().await.unwrap();
        // So that no failure is one too many.
        server.pass(120);
        (answer.status().as_u16(), answer.json::<Value>().await.unwrap_or_default()["error"].clone())
    };
    let item = format!(":{}:", right.base64());
    let pem = right.pem().replace('%', "%25").replace('\n', "%0A").replace('+', "%2B").replace(' ', "%20");
    let (good, nobody, bad) = ((200, Value::Null), (401, json!("invalid_client")), (400, json!("invalid_request")));
    assert_eq!(ask(&standard, &[("client-cert", &item)]).await, good);
    assert_eq!(ask(&encoded, &[("x-ssl-client-cert", &pem)]).await, good);
    assert_eq!(ask(&stranger, &[("client-cert", &item)]).await, nobody);
    assert_eq!(ask(&off, &[("client-cert", &item)]).await, nobody);
    assert_eq!(
        ask(&standard, &[("x-ssl-client-cert", &pem)]).await,
        nobody,
        "another header than the one that is named"
    );
    for none in [&[][..], &[("client-cert", "")], &[("client-cert", "::")]] {
        assert_eq!(ask(&standard, none).await, nobody);
    }
    assert_eq!(ask(&encoded, &[("x-ssl-client-cert", "(null)")]).await, nobody);
    for wrong in [":AAAA:", "rubbish", &item[1..], ":%%:"] {
        assert_eq!(ask(&standard, &[("client-cert", wrong)]).await, bad, "{wrong}");
    }
    assert_eq!(ask(&standard, &[("client-cert", &item), ("client-cert", &item)]).await, bad);
    let chain = [item.as_str(); 9].join(", ");
    assert_eq!(ask(&standard, &[("client-cert", &item), ("client-cert-chain", &chain)]).await, bad);
    for wrong in
        ["rubbish", "-----BEGIN%20CERTIFICATE-----%0AAAAA%0A-----END%20CERTIFICATE-----", "%zz", &pem.repeat(2)]
    {
        assert_eq!(ask(&encoded, &[("x-ssl-client-cert", wrong)]).await, bad, "{wrong:.40}");
    }
}

/// RFC 8705 3 and 4: a public client's refresh token and everybody's access tokens work with the certificate that they were made
/// with, and with no other.
#[tokio::test]
async fn tokens_are_bound_to_the_certificate() {
    for format in [AccessTokenFormat::Jwt, AccessTokenFormat::Opaque] {
        let maker = Maker::default();
        let own = maker.self_signed("own", "/CN=x", "DNS:login.example,DNS:mtls.login.example");
        let authority = maker.authority("authority");
        let (mine, strange) =
            (maker.self_signed("mine", "/CN=me", "DNS:a"), maker.self_signed("strange", "/CN=me", "DNS:a"));
        let socket = Socket::bind().await;
        let server = serve(&socket, &authority).await;
        let certificate = CertificateOf { binds_tokens: true, ..CertificateOf::NOTHING };
        let authentication = Authentication { certificate, ..Authentication::default() };
        let mut grants = client("spa").grants;
        grants.remove(&claviger_core::client::GrantType::ClientCredentials);
        let access_token = Some(format);
        let spa = Client { kind: ClientKind::Public, authentication, access_token, grants, ..client("spa") };
        server.add_client(&spa).await;
        server.add_client(&client("api")).await;
        let _ = user("u1", "alice");
        let door = socket.open(&server, Some(tls(&[&own], &[MTLS])), Limits::default());
        let (with, without) = (with_identity(&door, &own, Some(&mine.identity())), with_identity(&door, &own, None));
        let other = with_identity(&door, &own, Some(&strange.identity()));
        let token = door.url(MTLS, "/token");

        let browser = Browser::of("alice");
        let code = async || browser.authorize(&server, &authorize_query("spa", "openid offline_access")).await.code();
        let redeemed = code().await;
        let mut form = redemption(&redeemed).to_vec();
        form.push(("client_id", "spa"));
        assert!(form.contains(&("redirect_uri", CALLBACK)));
        let (status, body) = post(&without, &token, &form).await;
        assert_eq!((status, body["error"].as_str()), (400, Some("invalid_request")), "{body}");
        let (status, body) = post(&with, &token, &form).await;
        assert_eq!(status, 200, "{body}");
        let (access, refresh) = (body["access_token"].as_str().unwrap(), body["refresh_token"].as_str().unwrap());
        let asked = server.introspect("api", access).await.json();
        if asked["active"] == true {
            assert!(asked["cnf"]["x5t#S256"].is_string(), "{asked}");
        }

        let userinfo = door.url(MTLS, "/userinfo");
        let ask = async |http: &reqwest::Client| {
            let answer = http.get(&userinfo).bearer_auth(access).send().await.unwrap();
            let challenge = answer.headers().get("www-authenticate").map(|value| value.to_str().unwrap().to_owned());
            (answer.status().as_u16(), challenge.unwrap_or_default())
        };
        assert_eq!(ask(&with).await.0, 200);
        for http in [&without, &other] {
            let (status, challenge) = ask(http).await;
            assert!(status == 401 && challenge.contains("error=\"invalid_token\""), "{status} {challenge}");
        }

        let again = [("grant_type", "refresh_token"), ("refresh_token", refresh), ("client_id", "spa")];
        let (status, body) = post(&other, &token, &again).await;
        assert_eq!((status, body["error"].as_str()), (400, Some("invalid_grant")), "{body}");
        let (status, body) = post(&with, &token, &again).await;
        assert_eq!(status, 200, "{body}");
    }
}

/// RFC 8705 5, 3.3: what metadata says, and what it says without.
#[tokio::test]
async fn metadata_names_the_aliases_where_certificates_are_asked_for() {
    let maker = Maker::default();
    let authority = maker.authority("authority");
    let socket = Socket::bind().await;
    let host = socket.authority(MTLS);
    let server = serve(&socket, &authority).await;
    let document = server.http.get(server.url("/.well-known/openid-configuration")).send().await.unwrap();
    let document: Value = document.json().await.unwrap();
    assert_eq!(document["tls_client_certificate_bound_access_tokens"], true);
    assert_eq!(document["mtls_endpoint_aliases"]["token_endpoint"], format!("https://{host}/token"));
    assert_eq!(document["mtls_endpoint_aliases"]["userinfo_endpoint"], format!("https://{host}/userinfo"));
    let methods = document["token_endpoint_auth_methods_supported"].as_array().unwrap();
    for method in ["tls_client_auth", "self_signed_tls_client_auth"] {
        assert!(methods.contains(&json!(method)), "{methods:?}");
    }
    let plain = Server::start().await;
    let document = plain.http.get(plain.url("/.well-known/openid-configuration")).send().await.unwrap();
    let text = document.text().await.unwrap();
    assert!(!text.contains("mtls") && !text.contains("tls_client"), "{text}");
}
