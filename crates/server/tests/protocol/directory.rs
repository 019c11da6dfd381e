//! Users of a directory, against a real `slapd`.

use crate::common::{Browser, Server, claims, client};
use claviger_core::client::GrantType;
use claviger_core::dialect::Legacy;
use claviger_core::realm::{Directory, DirectoryGroup};
use claviger_core::user::Organisation;
use claviger_core::{Client, User};
use claviger_server::secrets::Secrets;
use claviger_testing::certificates::{Maker, Pair};
use claviger_testing::slapd::Slapd;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

const ENTRIES: &str = "\
dn: dc=example,dc=com
objectClass: dcObject
objectClass: organization
o: Example
dc: example

dn: ou=people,dc=example,dc=com
objectClass: organizationalUnit
ou: people

dn: ou=groups,dc=example,dc=com
objectClass: organizationalUnit
ou: groups

dn: cn=reader,dc=example,dc=com
objectClass: person
cn: reader
sn: reader
userPassword: may search

dn: uid=ada,ou=people,dc=example,dc=com
objectClass: inetOrgPerson
uid: ada
cn: Ada Whitlock
sn: Whitlock
givenName: Ada
mail: ada@example.com
userPassword: ada's own

dn: cn=Ana (odd)\\, #1\\+*,ou=people,dc=example,dc=com
objectClass: inetOrgPerson
uid: ana(*)\\x
cn: Ana (odd), #1+*
sn: Odd
userPassword:: cMOkc3N3w7ZyZCAqKSgo

dn: uid=bare,ou=people,dc=example,dc=com
objectClass: inetOrgPerson
uid: bare
cn: Bare
sn: Bare
userPassword: bare's own

dn: cn=first,ou=people,dc=example,dc=com
objectClass: inetOrgPerson
uid: twin
cn: first
sn: Twin
userPassword: twin's own

dn: cn=second,ou=people,dc=example,dc=com
objectClass: inetOrgPerson
uid: twin
cn: second
sn: Twin
userPassword: twin's own

dn: ou=elsewhere,ou=people,dc=example,dc=com
objectClass: referral
objectClass: extensibleObject
ou: elsewhere
ref: ldap://127.0.0.1:9/ou=elsewhere,dc=example,dc=com
";

const GROUPS: &str = "\
dn: cn=acme,ou=groups,dc=example,dc=com
changetype: add
objectClass: groupOfNames
cn: acme
member: uid=ada,ou=people,dc=example,dc=com

dn: cn=staff,ou=groups,dc=example,dc=com
changetype: add
objectClass: groupOfNames
cn: staff
member: uid=ada,ou=people,dc=example,dc=com
member: cn=Ana (odd)\\, #1\\+*,ou=people,dc=example,dc=com
";

fn slapd() -> Slapd {
    Slapd::start(ENTRIES).unwrap()
}

fn directory(slapd: &Slapd) -> Directory {
    Directory {
        urls: vec![slapd.ldaps()],
        authorities: Some(slapd.pem().to_owned()),
        bind_dn: Some("cn=reader,dc=example,dc=com".into()),
        base: "ou=people,dc=example,dc=com".into(),
        ..Directory::usual()
    }
}

/// A server whose realm asks the directory.
async fn serve(mut directory: Directory) -> Server {
    let server = Server::with(|realm| {
        realm.dialect.permits.insert(Legacy::Password);
    })
    .await;
    let secrets = Secrets::load(&server.store, &server.master).await.unwrap();
    directory.sealed_secret = secrets.seal_realm_secret("test", "directory", "may search").unwrap();
    let mut realm = server.realm.clone();
    realm.directory = Some(Box::new(directory));
    server.store.put_realm(&realm, server.now()).await.unwrap();
    let mut old = client("old");
    old.grants.insert(GrantType::Password);
    old.legacy.insert(Legacy::Password);
    server.add_client(&old).await;
    server
}

async fn sign_in(server: &Server, username: &str, password: &str) -> (u16, Option<String>) {
    let form = [("grant_type", "password"), ("username", username), ("password", password), ("scope", "read")];
    let reply = server.token("old", &form).await;
    let sub = (reply.status == 200).then(|| claims(&reply.text("access_token"))["sub"].as_str().unwrap().to_owned());
    (reply.status.as_u16(), sub)
}

async fn user(server: &Server, id: &str) -> User {
    server.store.user("test", id).await.unwrap().unwrap().user
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_of_the_directory_is_one_of_the_realm_by_the_id_that_never_changes() {
    let slapd = slapd();
    let server = serve(directory(&slapd)).await;
    let (status, sub) = sign_in(&server, "ada", "ada's own").await;
    assert_eq!(status, 200);
    let sub = sub.unwrap();
    assert!(sub.parse::<uuid::Uuid>().is_ok() && sub == sub.to_lowercase(), "{sub}");
    let stored = server.store.user("test", &sub).await.unwrap().unwrap();
    assert!(stored.password_hash.is_none(), "the password stays with the directory");
    let ada = stored.user;
    assert_eq!((ada.name.as_deref(), ada.given_name.as_deref()), (Some("Ada Whitlock"), Some("Ada")));
    assert_eq!((ada.email.as_deref(), ada.email_verified, &*ada.username), (Some("ada@example.com"), false, "ada"));
    assert!(ada.organisations.is_empty());
    for wrong in ["x", "", " ", "ada's own "] {
        assert_ne!(sign_in(&server, "ada", wrong).await.0, 200, "{wrong:?}");
    }
    assert_eq!(sign_in(&server, "nobody", "x").await.0, 400);
    // The name changes, the user does not.
    slapd
        .modify("dn: uid=ada,ou=people,dc=example,dc=com\nchangetype: modrdn\nnewrdn: uid=ada.w\ndeleteoldrdn: 1\n\n\
                 dn: uid=ada.w,ou=people,dc=example,dc=com\nchangetype: modify\nreplace: cn\ncn: Ada W.\n-\ndelete: mail\n")
        .unwrap();
    assert_eq!(sign_in(&server, "ada", "ada's own").await.0, 400);
    assert_eq!(sign_in(&server, "ada.w", "ada's own").await, (200, Some(sub.clone())));
    let ada = user(&server, &sub).await;
    assert_eq!((&*ada.username, ada.name.as_deref(), ada.email), ("ada.w", Some("Ada W."), None));
    // Whoever is disabled here stays so.
    server.store.disable_user("test", &sub, true, server.now(), server.now()).await.unwrap();
    assert_eq!(sign_in(&server, "ada.w", "ada's own").await.0, 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sign_in_page_and_a_client_with_a_users_password_ask_it_too() {
    let slapd = slapd();
    let server = serve(Directory { start_tls: true, urls: vec![slapd.ldap()], ..directory(&slapd) }).await;
    server.add_client(&client("app")).await;
    let page = Browser::of("ada");
    let query = crate::common::encode(&crate::common::authorize_query("app", "read"));
    let shown = page.get(&server, &format!("/authorize?{query}")).await;
    let wrong = page.sign_in(&server, &shown, "ada", "wrong").await;
    assert!(page.cookie("session").is_none(), "{wrong:?}");
    let right = page.sign_in(&server, &shown, "ada", "ada's own").await;
    assert!(right.header("location").contains("consent"), "{right:?}");
    let (_, sub) = sign_in(&server, "ada", "ada's own").await;
    let partner = Client { acts_as: sub, secret_is_password: true, ..client("partner") };
    server.store.put_client("test", &partner, server.now()).await.unwrap();
    let ask = async |secret: &str| {
        let form = [
            ("grant_type", "client_credentials"),
            ("scope", "read"),
            ("client_id", "partner"),
            ("client_secret", secret),
        ];
        server.post("/token", &form).await.status.as_u16()
    };
    assert_eq!([ask("wrong").await, ask("ada's own").await, ask("ada's own").await], [401, 200, 200]);
    slapd.modify("dn: uid=ada,ou=people,dc=example,dc=com\nchangetype: modify\nreplace: userPassword\nuserPassword: another\n").unwrap();
    assert_eq!([ask("ada's own").await, ask("another").await], [401, 200], "it is asked each time");
}

#[tokio::test(flavor = "multi_thread")]
async fn special_characters_are_characters_and_nobody_is_found_by_a_pattern() {
    let slapd = slapd();
    slapd.modify(GROUPS).unwrap();
    let groups = vec![DirectoryGroup {
        dn: "CN=staff, OU=groups, DC=example, DC=com".into(),
        organisation: None,
        group: Some("staff".into()),
        role: None,
    }];
    let group_base = Some("ou=groups,dc=example,dc=com".to_owned());
    let server = serve(Directory { groups, group_base, ..directory(&slapd) }).await;
    let (status, sub) = sign_in(&server, "ana(*)\\x", "pässwörd *)((").await;
    assert_eq!(status, 200);
    let ana = user(&server, &sub.unwrap()).await;
    assert_eq!((ana.name.as_deref(), &*ana.details.groups), (Some("Ana (odd), #1+*"), &["staff".to_owned()][..]));
    for pattern in ["*", "ad*", "ada)(uid=*", "ada)(|(uid=*", "\\2a", "*)(userPassword=*", "ada\0"] {
        let (status, _) = sign_in(&server, pattern, "ada's own").await;
        assert_eq!(status, 400, "{pattern:?}");
    }
    // Two entries of one name are nobody's; which of them would be a guess.
    assert_eq!(sign_in(&server, "twin", "twin's own").await.0, 503);
}

#[tokio::test(flavor = "multi_thread")]
async fn groups_say_which_organisations_a_user_belongs_to_now() {
    let slapd = slapd();
    slapd.modify(GROUPS).unwrap();
    let group = |dn: &str, organisation: &str, role: Option<&str>| DirectoryGroup {
        dn: dn.into(),
        organisation: Some(organisation.into()),
        group: None,
        role: role.map(Into::into),
    };
    let groups = vec![
        group("cn=acme,ou=groups,dc=example,dc=com", "acme", Some("buyer")),
        group("cn=other,ou=groups,dc=example,dc=com", "other", None),
    ];
    // By the entry's memberOf alone.
    let server = serve(Directory { groups, ..directory(&slapd) }).await;
    for id in ["acme", "other"] {
        let organisation = Organisation { id: id.into(), name: id.into(), kind: String::new() };
        server.store.put_organisation("test", &organisation, server.now()).await.unwrap();
    }
    let (_, sub) = sign_in(&server, "ada", "ada's own").await;
    let ada = user(&server, sub.as_ref().unwrap()).await;
    assert_eq!(ada.organisations, ["acme"]);
    assert_eq!(ada.details.organisation_roles["acme"], ["buyer"]);
    slapd.modify("dn: cn=acme,ou=groups,dc=example,dc=com\nchangetype: delete\n").unwrap();
    assert_eq!(sign_in(&server, "ada", "ada's own").await, (200, sub.clone()));
    let ada = user(&server, sub.as_ref().unwrap()).await;
    assert!(ada.organisations.is_empty() && ada.details.organisation_roles.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_server_is_asked_where_one_is_down_or_silent_or_not_who_it_says() {
    let slapd = slapd();
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let silent_at = silent.local_addr().unwrap().port();
    let urls = vec![format!("ldaps://localhost:{closed}"), format!("ldaps://localhost:{silent_at}"), slapd.ldaps()];
    let server = serve(Directory { urls, ..directory(&slapd) }).await;
    assert_eq!(sign_in(&server, "ada", "ada's own").await.0, 200);
    // Its certificate comes from nobody who is trusted.
    let server = serve(Directory { authorities: None, ..directory(&slapd) }).await;
    assert_eq!(sign_in(&server, "ada", "ada's own").await.0, 503);
    // None is left; and users with a password here do not need it.
    let server = serve(Directory { urls: vec![format!("ldaps://localhost:{closed}")], ..directory(&slapd) }).await;
    assert_eq!(sign_in(&server, "ada", "ada's own").await.0, 503);
    assert_eq!(sign_in(&server, "alice", crate::common::PASSWORD).await.0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn referrals_are_not_followed_and_a_wrong_bind_or_base_is_an_error_and_no_wrong_password() {
    let slapd = slapd();
    for wrong in [
        Directory { base: "dc=elsewhere".into(), ..directory(&slapd) },
        Directory { base: "ou=nowhere,dc=example,dc=com".into(), ..directory(&slapd) },
        Directory { bind_dn: Some("cn=nobody,dc=example,dc=com".into()), ..directory(&slapd) },
        Directory { id_attribute: "employeeNumber".into(), ..directory(&slapd) },
    ] {
        let about = format!("{wrong:?}");
        let server = serve(wrong).await;
        assert_eq!(sign_in(&server, "ada", "ada's own").await.0, 503, "{about}");
    }
    // As nobody nothing can be searched here, so nobody is found.
    let server = serve(Directory { bind_dn: None, ..directory(&slapd) }).await;
    assert_ne!(sign_in(&server, "ada", "ada's own").await.0, 200);
}

fn acceptor(pair: &Pair) -> TlsAcceptor {
    let certificate = CertificateDer::from_pem_file(&pair.certificate).unwrap();
    let key = PrivateKeyDer::from_pem_file(&pair.key).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = builder.with_no_client_auth().with_single_cert(vec![certificate], key).unwrap();
    TlsAcceptor::from(Arc::new(config))
}

/// What a hostile server answers to everything.
async fn hostile(answer: &'static [u8], over_and_over: bool) -> (u16, String) {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let maker = Maker::default();
    let pair = maker.self_signed("hostile", "/CN=localhost", "DNS:localhost");
    let acceptor = acceptor(&pair);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            tokio::spawn(async move {
                let mut request = [0; 4096];
                let _ = stream.read(&mut request).await;
                while stream.write_all(answer).await.is_ok() && over_and_over {}
                let _ = stream.shutdown().await;
            });
        }
    });
    (port, pair.pem())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_huge_or_no_ldap_signs_nobody_in() {
    let huge: &[u8] =
        b"\x30\x84\x7f\xff\xff\xff aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    for (answer, over_and_over) in
        [(huge, true), (b"HTTP/1.1 200 OK\r\n\r\n".as_slice(), false), (b"".as_slice(), false)]
    {
        let (port, pem) = hostile(answer, over_and_over).await;
        let server = serve(Directory {
            urls: vec![format!("ldaps://localhost:{port}")],
            authorities: Some(pem),
            bind_dn: Some("cn=reader".into()),
            base: "dc=x".into(),
            ..Directory::usual()
        })
        .await;
        assert_eq!(sign_in(&server, "ada", "ada's own").await.0, 503);
    }
}
