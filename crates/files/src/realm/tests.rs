use super::*;
use claviger_core::client::IdTokenClaims;
use claviger_core::dialect::Pkce;
use claviger_core::jose::Algorithm;
use claviger_core::realm::AccessTokenTyp;
use claviger_testing::folder::Folder;

/// A good realm file, to be spoilt.
const GOOD: &str = r#"
[realm]
id = "r"
name = "R"
dialect = "standard"
issuer = "https://login.example"
authorities = ["login.example"]

[[api]]
audience = "api"
name = "The API"

[[scope]]
name = "read"
sentence = "Read."
api = "api"

[[organisation]]
id = "acme"
name = "Acme"

[[user]]
id = "u1"
username = "Alice"
password = "pw"
organisations = ["acme"]

[[client]]
id = "web"
name = "Web"
secret = "s"
grants = ["authorization_code", "refresh_token"]
redirect-uris = ["https://app.example/cb"]
scope = "read"
audiences = ["api"]
"#;

/// Dialects that allow what the standard one does not.
fn dialects() -> &'static Dialects {
    static DIALECTS: std::sync::OnceLock<Dialects> = std::sync::OnceLock::new();
    DIALECTS.get_or_init(|| {
        Dialects::with_texts(&[
            "name = \"seats\"\n[endpoints]\nplain-http = true\n[token]\ndefault-scope = \"all\"\n",
            "name = \"hosts\"\npermits = [\"wildcard-redirect\"]\n[endpoints]\ntoken = { paths = [\"/token\"], host = \"api\" }\n",
            "name = \"reissuing\"\npermits = [\"implicit\", \"no-pkce\", \"reusable-refresh\"]\n",
            "name = \"sites\"\norganisation = \"one\"\n",
        ])
    })
}

fn parse_one(text: &str) -> Result<Vec<RealmFile>, Problems> {
    parse(&[(Path::new("r.toml"), text.as_bytes())], dialects(), &Variables::new())
}

/// The mistakes of the good file after a replacement: (text of the marked line, message, help).
fn spoilt(from: &str, to: &str) -> Vec<(String, String, String)> {
    assert!(GOOD.contains(from), "{from}");
    complaints(&GOOD.replacen(from, to, 1))
}

fn complaints(text: &str) -> Vec<(String, String, String)> {
    match parse_one(text) {
        Ok(_) => vec![],
        Err(problems) => problems
            .0
            .into_iter()
            .map(|p| (p.place.map(|place| place.text).unwrap_or_default(), p.message, p.help.unwrap_or_default()))
            .collect(),
    }
}

/// That there is exactly one mistake, in a line with `line`, that says `message` and helps with `help`.
fn one(found: &[(String, String, String)], line: &str, message: &str, help: &str) {
    let [(shown, said, helped)] = found else { panic!("one mistake expected ({message}): {found:#?}") };
    assert!(shown.contains(line) && said.contains(message) && helped.contains(help), "{found:#?}");
}

/// The good file with other lines for its client's grants and further keys.
fn client(lines: &str) -> Vec<(String, String, String)> {
    let (head, _) = GOOD.split_once("[[client]]").unwrap();
    complaints(&format!("{head}[[client]]\nid = \"c\"\nname = \"C\"\naudiences = [\"api\"]\n{lines}\n"))
}

#[test]
fn a_good_file_is_read() {
    let files = parse_one(GOOD).unwrap_or_else(|problems| panic!("{problems}"));
    let file = &files[0];
    assert_eq!((file.realm.id.as_str(), file.realm.issuer.as_str()), ("r", "https://login.example"));
    assert_eq!(file.users.iter().next().unwrap().user.id, "u1");
    assert!(
        matches!(&file.users.iter().next().unwrap().password, Some(Password::Plain(plain)) if plain.expose() == "pw")
    );
    assert_eq!(file.clients[0].secret.as_ref().unwrap().expose(), "s");
    assert!(file.clients[0].needs_secret());
    assert!(!format!("{file:?}").contains("\"pw\""));
}

#[test]
fn a_user_has_names_and_an_address_that_was_verified() {
    let more =
        "username = \"Alice\"\nemail = \"a@b.example\"\nemail-verified = true\ngiven-name = \"A\"\nfamily-name = \"B\"";
    let files = parse_one(&GOOD.replacen("username = \"Alice\"", more, 1)).unwrap();
    let user = files[0].users.iter().next().unwrap().user;
    assert_eq!(
        (user.given_name.as_deref(), user.family_name.as_deref(), user.email_verified),
        (Some("A"), Some("B"), true)
    );
    assert!(!parse_one(GOOD).unwrap()[0].users.iter().next().unwrap().user.email_verified);
}

#[test]
fn what_a_client_needs_as_its_documentation_says_is_read() {
    let lines = "kind = \"browser\"\nredirect-uris = [\"http://localhost:5173/cb\"]\nid-token-signing = \"EdDSA\"\n\
                 id-token-claims = \"scope\"\npkce = \"required\"";
    let (head, tail) = GOOD.split_once("id = \"web\"").unwrap();
    let tail = tail.replace("secret = \"s\"\n", "").replace("redirect-uris = [\"https://app.example/cb\"]\n", "");
    let files =
        parse_one(&format!("{head}id = \"web\"\n{lines}{tail}")).unwrap_or_else(|problems| panic!("{problems}"));
    let client = &files[0].clients[0].client;
    assert!(client.in_browser && !client.is_confidential());
    assert_eq!((client.id_token_signing, client.pkce), (Some(Algorithm::EdDsa), Pkce::Required));
    assert_eq!(client.id_token_claims, IdTokenClaims::Scope);
    one(
        &spoilt("id = \"web\"", "id = \"web\"\nid-token-encrypted-response-alg = \"ECDH-ES\""),
        "id-token-encrypted-response-alg",
        "none of its keys is one to encrypt to with ECDH-ES",
        "a key on P-256",
    );
    one(&client_of_kind_browser("http://localhost/cb"), "redirect-uris", "not the address of a page", "");
}

#[test]
fn how_answers_are_signed_and_encrypted_is_read() {
    use claviger_core::jose::jwe::{ContentEncryption, KeyManagement};
    let keys = "userinfo-signed-response-alg = \"PS256\"\n\
                id-token-encrypted-response-alg = \"RSA-OAEP-256\"\nid-token-encrypted-response-enc = \"A256GCM\"\n\
                userinfo-encrypted-response-alg = \"ECDH-ES\"\nuserinfo-encrypted-response-enc = \"A128GCM\"\n\
                authorization-encrypted-response-alg = \"ECDH-ES+A256KW\"\n\
                authorization-encrypted-response-enc = \"A256CBC-HS512\"\n\
                jwks-uri = \"https://app.example/keys\"";
    let realm = format!("{GOOD}\n[requests]\nobject-encryption = [\"RSA-OAEP\", \"ECDH-ES\"]\n");
    let files = parse_one(&realm.replacen("id = \"web\"", &format!("id = \"web\"\n{keys}"), 1))
        .unwrap_or_else(|problems| panic!("{problems}"));
    assert_eq!(files[0].realm.requests.object_encryption, [KeyManagement::RsaOaep, KeyManagement::EcdhEs]);
    let protection = &files[0].clients[0].client.protection;
    assert_eq!(protection.userinfo_signed_response_alg, Some(Algorithm::Ps256));
    assert_eq!(protection.id_token(), Some((KeyManagement::RsaOaep256, ContentEncryption::A256Gcm)));
    assert_eq!(protection.userinfo(), Some((KeyManagement::EcdhEs, ContentEncryption::A128Gcm)));
    assert_eq!(protection.authorization(), Some((KeyManagement::EcdhEsA256Kw, ContentEncryption::A256CbcHs512)));
    for (wrong, said) in [
        ("id-token-encrypted-response-alg = \"RSA1_5\"", "RSA1_5"),
        ("userinfo-encrypted-response-alg = \"dir\"", "dir"),
        ("userinfo-signed-response-alg = \"none\"", "none"),
        ("id-token-encrypted-response-enc = \"A192GCM\"", "A192GCM"),
    ] {
        let key = wrong.split(' ').next().unwrap();
        one(&spoilt("id = \"web\"", &format!("id = \"web\"\n{wrong}")), key, said, "");
    }
    one(
        &spoilt("id = \"web\"", "id = \"web\"\nuserinfo-encrypted-response-enc = \"A128GCM\""),
        "[[client]]",
        "an enc needs its alg: userinfo-encrypted-response-alg is missing",
        "",
    );
}

fn client_of_kind_browser(uri: &str) -> Vec<(String, String, String)> {
    client(&format!("kind = \"browser\"\ngrants = [\"authorization_code\"]\nredirect-uris = [\"{uri}\"]"))
}

#[test]
fn an_api_may_ask_for_jwt_in_its_access_tokens() {
    let files = parse_one(&GOOD.replacen("name = \"The API\"", "name = \"The API\"\ntyp = \"JWT\"", 1)).unwrap();
    assert_eq!(files[0].realm.apis[0].typ, AccessTokenTyp::Jwt);
    one(
        &spoilt("name = \"The API\"", "name = \"The API\"\ntyp = \"jwt\""),
        "typ",
        "`jwt` is not one of at+jwt, JWT",
        "JWT",
    );
}

#[test]
fn the_realm_itself_is_checked() {
    one(&spoilt("\"r\"", "\"R!\""), "id =", "a realm's id is", "");
    one(
        &spoilt("\"standard\"", "\"standart\""),
        "dialect =",
        "there is no dialect `standart`",
        "did you mean `standard`?",
    );
    assert_eq!(spoilt("https://login.example", "https://login.example/"), []);
    for issuer in ["https://login.example/a/", "https://login.example//"] {
        one(&spoilt("https://login.example", issuer), "issuer", "does not end in `/`", "write");
    }
    one(&spoilt("https://login.example", "https://login.example?x=1"), "issuer", "no query", "");
    one(&spoilt("https://login.example", "http://login.example"), "issuer", "http:// on this machine only", "https");
    assert_eq!(spoilt("https://login.example", "http://localhost:8080"), []);
    one(
        &spoilt("[\"login.example\"]", "[\"https://login.example/x\"]"),
        "authorities",
        "not a URL",
        "write \"login.example\"",
    );
    one(&spoilt("[\"login.example\"]", "[]"), "authorities", "the list is empty", "");
    one(
        &spoilt("id = \"r\"", "id = \"r\"\nhosts.api = { origin = \"https://x\", authorities = [\"x\"] }"),
        "hosts",
        "no endpoint on a host",
        "",
    );
    let wrong = spoilt("id = \"r\"", "id = \"r\"\nlanguages = [\"de-AT\", \"German, please\"]");
    one(&wrong, "languages", "`German, please` is not a language tag", "pt-BR");
}

#[test]
fn languages_come_in_the_order_of_the_file() {
    let named = parse_one(&GOOD.replacen("id = \"r\"", "id = \"r\"\nlanguages = [\"de\", \"en\"]", 1));
    assert_eq!(named.unwrap()[0].realm.languages, ["de", "en"]);
    assert!(parse_one(GOOD).unwrap()[0].realm.languages.is_empty());
}

#[test]
fn plain_http_is_for_dialects_that_allow_it() {
    let text = "[realm]\nid = \"j\"\nname = \"J\"\ndialect = \"seats\"\nissuer = \"http://office:80/x\"\nauthorities = [\"office\"]\n\
                [[scope]]\nname = \"all\"\nsentence = \"All.\"\n";
    one(&complaints(text), "issuer", "the usual port is left out", "");
    assert_eq!(complaints(&text.replace(":80", "")), []);
    one(
        &complaints(&text.replace(":80", "").replace("\"all\"", "\"al\"")),
        "dialect",
        "default scope is `all`",
        "name = \"all\"",
    );
}

#[test]
fn hosts_that_the_dialect_names_must_be_there() {
    let text = "[realm]\nid = \"b\"\nname = \"B\"\ndialect = \"hosts\"\nissuer = \"https://my.example\"\nauthorities = [\"my.example\"]\n";
    one(&complaints(text), "dialect", "needs the host `api`", "[realm.hosts.api]");
    let with =
        format!("{text}[realm.hosts.api]\norigin = \"https://api.example/v1\"\nauthorities = [\"api.example\"]\n");
    one(&complaints(&with), "origin", "an origin has no path", "");
}

#[test]
fn references_are_checked_with_a_suggestion() {
    one(
        &spoilt("scope = \"read\"", "scope = \"raed\""),
        "scope = \"raed\"",
        "there is no scope `raed`",
        "did you mean `read`?",
    );
    one(
        &spoilt("audiences = [\"api\"]", "audiences = [\"api\", \"apy\"]"),
        "audiences",
        "there is no api `apy`",
        "did you mean `api`?",
    );
    one(&spoilt("audiences = [\"api\"]", ""), "scope = \"read\"", "gets no tokens for", "add \"api\" to its audiences");
    one(&spoilt("api = \"api\"", "api = \"apis\""), "api = \"apis\"", "there is no api `apis`", "did you mean");
    one(
        &spoilt("api = \"api\"", "seat = \"pool\""),
        "seat = \"pool\"",
        "there is no seat-pool `pool`",
        "add a [[seat-pool]]",
    );
    one(
        &spoilt("[\"acme\"]", "[\"acne\"]"),
        "organisations",
        "there is no organisation `acne`",
        "did you mean `acme`?",
    );
    one(
        &spoilt("secret = \"s\"", "secret = \"s\"\nresource-server = \"app\""),
        "resource-server",
        "there is no api `app`",
        "`api`",
    );
    one(
        &client("grants = [\"client_credentials\"]\nacts-as = \"alcie\""),
        "acts-as",
        "there is no user `alcie`",
        "did you mean `Alice`?",
    );
    assert_eq!(client("grants = [\"client_credentials\"]\nacts-as = \"alice\""), []);
}

#[test]
fn names_are_unique() {
    let twice = |block: &str| complaints(&format!("{GOOD}\n{block}"));
    one(
        &twice("[[api]]\naudience = \"api\"\nname = \"x\""),
        "audience",
        "`api` is there already",
        "the first one is in line 10",
    );
    one(&twice("[[scope]]\nname = \"read\"\nsentence = \"x\""), "name", "`read` is there already", "");
    one(&twice("[[user]]\nusername = \" aLICE\""), "username", "`alice` is there already", "");
    one(&twice("[[user]]\nid = \"u1\"\nusername = \"x\""), "id", "another user has this id", "");
    one(&twice("[[organisation]]\nid = \"acme\"\nname = \"x\""), "id", "`acme` is there already", "");
    one(
        &twice("[[client]]\nid = \"web\"\nname = \"x\"\nresource-server = \"api\""),
        "id",
        "`web` is there already",
        "",
    );
    one(&twice("[[client]]\nid = \"\"\nname = \"x\"\nresource-server = \"api\""), "id", "`id` is empty", "");
}

#[test]
fn a_legacy_behaviour_needs_the_dialect_and_the_client() {
    let code = "redirect-uris = [\"https://app.example/cb\"]";
    one(
        &client(&format!("{code}\ngrants = [\"authorization_code\"]\nlegacy = [\"raw-basic\"]")),
        "legacy",
        "does not permit raw-basic",
        "it permits: implicit, no-pkce",
    );
    one(&client("grants = [\"password\"]"), "grants", "password is given to single clients only", "\"password\"");
    one(
        &client(&format!("{code}\ngrants = [\"implicit\"]")),
        "grants",
        "implicit is given to single clients",
        "\"implicit\"",
    );
    one(
        &client(&format!("{code}\ngrants = [\"authorization_code\", \"refresh_token\"]\nturnover = \"stable\"")),
        "turnover",
        "stay valid",
        "reusable-refresh",
    );
    one(
        &client("grants = [\"client_credentials\", \"refresh_token\"]"),
        "grants",
        "none of its grants",
        "RFC 6749 4.4.3",
    );
    one(&client("grants = []"), "grants", "can do nothing", "authorization_code");
    one(&client("grants = [\"authorization_code\"]"), "[[client]]", "no redirect URI", "redirect-uris");
}

#[test]
fn redirect_uris_are_checked() {
    let with = |uri: &str| spoilt("https://app.example/cb", uri);
    one(&with("http://app.example/cb"), "redirect-uris", "http is only for", "");
    one(&with("https://*.example/cb"), "redirect-uris", "*", "");
    one(&with("javascript:alert(1)"), "redirect-uris", "scheme", "");
    one(&with("https://app.example/cb/*"), "redirect-uris", "holds a wildcard", "wildcard-redirect");
    assert_eq!(with("http://localhost:5000/cb"), []);
    one(
        &spoilt("secret = \"s\"", "secret = \"s\"\npost-logout-redirect-uris = [\"https://app.example/x/*\"]"),
        "post-logout",
        "exact URIs only",
        "",
    );
}

#[test]
fn wildcards_go_with_the_code_flow_alone() {
    let head = "[realm]\nid = \"b\"\nname = \"B\"\ndialect = \"hosts\"\nissuer = \"https://my.example\"\nauthorities = [\"my.example\"]\n\
                [realm.hosts.api]\norigin = \"https://api.example\"\nauthorities = [\"api.example\"]\n\
                [[client]]\nid = \"c\"\nname = \"C\"\nredirect-uris = [\"https://a.example/x/*\"]\nlegacy = [\"wildcard-redirect\"]\n";
    assert_eq!(complaints(&format!("{head}grants = [\"authorization_code\"]")), []);
    let found = complaints(&format!("{head}grants = [\"authorization_code\", \"client_credentials\"]"));
    one(&found, "redirect-uris", "code flow and nothing else", "in full");
    let found = complaints(&format!("{head}kind = \"public\"\ngrants = [\"authorization_code\"]"));
    one(&found, "redirect-uris", "confidential clients", "");
}

#[test]
fn public_clients_have_no_secrets() {
    let code = "kind = \"public\"\nredirect-uris = [\"https://a.example\"]\ngrants = [\"authorization_code\"]\n";
    assert_eq!(client(code), []);
    one(&client(&format!("{code}secret = \"hunter2\"")), "secret = \"*******\"", "has no secret", "confidential");
    one(&client(&format!("{code}trusted = true")), "trusted", "pretend", "");
    one(&client(&format!("{code}resource-server = \"api\"")), "resource-server", "RFC 7662", "");
    one(&client("kind = \"public\"\ngrants = [\"client_credentials\"]"), "grants", "RFC 6749 4.4", "");
    let found =
        client("kind = \"public\"\ngrants = [\"client_credentials\"]\nsecret-is-password = true\nacts-as = \"alice\"");
    assert_eq!(found.len(), 2, "{found:?}");

    let head = "[realm]\nid = \"a\"\nname = \"A\"\ndialect = \"reissuing\"\nissuer = \"https://a.example\"\nauthorities = [\"a.example\"]\n\
                [[client]]\nid = \"c\"\nname = \"C\"\nkind = \"public\"\nredirect-uris = [\"https://a.example\"]\ngrants = [\"authorization_code\", \"refresh_token\"]\n";
    one(&complaints(&format!("{head}legacy = [\"reusable-refresh\"]")), "legacy", "spent by use", "leave out");
    one(&complaints(&format!("{head}legacy = [\"no-pkce\"]")), "legacy", "always uses PKCE", "leave out");
}

#[test]
fn secrets_and_passwords_are_given_once() {
    let grants = "grants = [\"client_credentials\"]";
    one(&client(&format!("{grants}\nsecret-is-password = true")), "secret-is-password", "whose password?", "acts-as");
    one(
        &client(&format!("{grants}\nsecret-is-password = true\nacts-as = \"alice\"\nsecret = \"x\"")),
        "secret = ",
        "none of its own",
        "",
    );
    one(&client(&format!("{grants}\nsecret = \"a\u{e9}\"")), "secret = ", "printable ASCII", "");
    one(&client(&format!("{grants}\nsecret = \"\"")), "secret = ", "printable ASCII", "");
    one(&spoilt("password = \"pw\"", "password = \"\""), "password", "is empty", "");
    one(
        &spoilt("password = \"pw\"", "password-hash = \"$2b$10$x\""),
        "password-hash",
        "can be checked here",
        "Argon2id",
    );
    one(&spoilt("password = \"pw\"", "password = \"pw\"\npassword-file = \"x\""), "username", "is enough", "");
}

#[test]
fn administrators_are_not_for_programs() {
    let admin = |lines: &str| {
        let text = GOOD.replace("password = \"pw\"", "password = \"pw\"\nadministrator = true");
        let (head, _) = text.split_once("[[client]]").unwrap();
        complaints(&format!("{head}{lines}"))
    };
    assert_eq!(admin(""), []);
    let found = admin(
        "[[client]]\nid = \"c\"\nname = \"C\"\ngrants = [\"client_credentials\"]\nacts-as = \"alice\"\nsecret-is-password = true",
    );
    one(&found, "acts-as", "administrator", "");
    one(&spoilt("password = \"pw\"", "administrator = true\nservice = true"), "administrator", "service user", "");
}

#[test]
fn a_service_user_is_tied_to_one_organisation() {
    let text = "[realm]\nid = \"b\"\nname = \"B\"\ndialect = \"sites\"\nissuer = \"https://b.example/identity\"\nauthorities = [\"b.example\"]\n\
                [[organisation]]\nid = \"x\"\nname = \"X\"\n[[organisation]]\nid = \"y\"\nname = \"Y\"\n\
                [[user]]\nusername = \"s\"\nservice = true\norganisations = ";
    assert_eq!(complaints(&format!("{text}[\"x\"]")), []);
    one(&complaints(&format!("{text}[\"x\", \"y\"]")), "organisations", "exactly one organisation", "");
    one(&complaints(&format!("{text}[]")), "organisations", "exactly one organisation", "");
}

#[test]
fn lifetimes_are_bounded() {
    let with = |line: &str| complaints(&format!("{GOOD}\n{line}"));
    one(&with("[tokens]\ncode-ttl = \"11m\""), "code-ttl", "10 minutes at most", "");
    one(&with("[tokens]\naccess-token-ttl = 0"), "access-token-ttl", "no time", "");
    one(&with("[tokens]\naccess-token-ttl = \"2d\""), "access-token-ttl", "a day", "");
    one(&with("[tokens]\nrefresh-absolute = \"4000d\""), "refresh-absolute", "10 years", "");
    one(&with("[tokens]\nrefresh-idle = \"400d\""), "refresh-idle", "before it is idle", "365d");
    one(&with("[tokens]\nkey-age = \"30m\""), "[tokens]", "before it signs", "30m");
    one(&with("[sessions]\nidle = \"8d\""), "idle", "before it is idle", "7d");
}

#[test]
fn every_mistake_of_every_file_is_told() {
    let bad_syntax = "[realm\n";
    let bad_value = GOOD.replace("\"r\"", "\"q\"").replace("[\"login.example\"]", "5").replace("grants", "grnts");
    let bad_reference = GOOD.replace("scope = \"read\"", "scope = \"x1234\"").replace("[\"acme\"]", "[\"x\"]");
    let files: Vec<(&Path, &[u8])> = vec![
        (Path::new("a.toml"), bad_syntax.as_bytes()),
        (Path::new("b.toml"), bad_value.as_bytes()),
        (Path::new("c.toml"), bad_reference.as_bytes()),
        (Path::new("d.toml"), b"\xff"),
    ];
    let problems = parse(&files, dialects(), &Variables::new()).unwrap_err();
    let files: Vec<&str> = problems.0.iter().map(|p| &*p.file).collect();
    assert_eq!(files, ["a.toml", "b.toml", "b.toml", "c.toml", "c.toml", "d.toml"], "{problems}");
    assert!(problems.to_string().ends_with("6 mistakes; nothing was changed"));
}

#[test]
fn two_realms_are_not_at_one_place() {
    let two = |second: &str| {
        let files: [(&Path, &[u8]); 2] =
            [(Path::new("a.toml"), GOOD.as_bytes()), (Path::new("b.toml"), second.as_bytes())];
        match parse(&files, dialects(), &Variables::new()) {
            Ok(files) => {
                assert_eq!(files.len(), 2);
                vec![]
            }
            Err(problems) => problems.0.into_iter().map(|p| (p.file.to_string(), p.message, p.help.unwrap())).collect(),
        }
    };
    let other_id = GOOD.replace("id = \"r\"", "id = \"s\"");
    one(&two(&other_id), "b.toml", "the realm `r` already", "the other one is in a.toml");
    let other_place = GOOD.replace("login.example", "other.example");
    one(&two(&other_place), "b.toml", "the realm `r` is already in a.toml", "an id of its own");
    assert_eq!(two(&other_id.replace("https://login.example", "https://login.example/two")), []);
    assert_ne!(two(&other_id.replace("https://login.example", "https://login.example/")), []);
    one(
        &two(&other_id.replace("https://login.example", "https://login.example/token")),
        "b.toml",
        "`/token` is the realm `r` already",
        "",
    );
}

#[test]
fn variables_are_put_in_and_unknown_ones_are_told_by_line() {
    let text = GOOD.replace("login.example", "${host}");
    let variables = Variables::from([("host".to_owned(), "h.example".to_owned())]);
    let files = parse(&[(Path::new("r.toml"), text.as_bytes())], dialects(), &variables).unwrap();
    assert_eq!(
        (files[0].realm.issuer.as_str(), files[0].realm.authorities[0].as_str()),
        ("https://h.example", "h.example")
    );
    let found = complaints(&text);
    assert_eq!(found.len(), 2, "{found:#?}");
    assert!(
        found
            .iter()
            .all(|(_, message, help)| message == "the variable `host` has no value" && help.contains("--set host="))
    );
}

#[test]
fn secrets_lie_in_files_beside_the_realm() {
    let folder = Folder::new("realm");
    folder.write("web.secret", "from the file\n");
    folder.write("alice.password", "pa ss\r\n");
    let text = GOOD
        .replace("secret = \"s\"", "secret-file = \"web.secret\"")
        .replace("password = \"pw\"", "password-file = \"alice.password\"");
    folder.write("r.toml", &text);
    let files = read(&[folder.path().to_owned()], dialects(), &Variables::new()).unwrap_or_else(|p| panic!("{p}"));
    assert_eq!(files[0].clients[0].secret.as_ref().unwrap().expose(), "from the file");
    assert!(
        matches!(&files[0].users.iter().next().unwrap().password, Some(Password::Plain(plain)) if plain.expose() == "pa ss")
    );

    folder.write("web.secret", "");
    std::fs::remove_file(folder.path().join("alice.password")).unwrap();
    let problems = read(&[folder.path().to_owned()], dialects(), &Variables::new()).unwrap_err();
    let said: Vec<&str> = problems.0.iter().map(|p| p.message.as_str()).collect();
    assert!(said[0].starts_with("`alice.password` cannot be read") && said[1] == "`web.secret` is empty", "{said:?}");
}

#[test]
fn what_cannot_be_read_is_told() {
    let folder = Folder::new("realm");
    let problems =
        read(&[folder.path().to_owned(), folder.path().join("no.toml")], dialects(), &Variables::new()).unwrap_err();
    assert_eq!(problems.0.len(), 2, "{problems}");
}

proptest::proptest! {
    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..300)) {
        let _ = parse(&[(Path::new("r.toml"), &bytes)], &Dialects::default(), &Variables::new());
    }
}

#[test]
fn names_that_steer_what_shows_them_are_refused() {
    for (from, to) in [
        ("name = \"R\"", "name = \"R\\u001b[2J\""),
        ("name = \"The API\"", "name = \"The \\u202eIPA\""),
        ("sentence = \"Read.\"", "sentence = \"Read.\\u2066\""),
        ("name = \"Acme\"", "name = \"Ac\\u200fme\""),
        ("username = \"Alice\"", "username = \"Ali\\u009bce\""),
        ("name = \"Web\"", "name = \"Web\\nBcc: x\""),
        ("name = \"Web\"", "name = \"Web\"\npublisher = \"a\\tb\""),
    ] {
        let found = spoilt(from, to);
        let is_told =
            |message: &str| message.contains("invisible character") || message.contains("100 printable characters");
        assert!(matches!(found.as_slice(), [(_, message, _)] if is_told(message)), "{found:?}");
    }
}

#[test]
fn authorities_are_kept_without_the_usual_port() {
    let text = GOOD.replace("[\"login.example\"]", "[\"login.example:443\", \"login.example:80\", \"a.example:8443\"]");
    let realm = &parse_one(&text).unwrap()[0].realm;
    assert_eq!(realm.authorities, ["login.example", "login.example:80", "a.example:8443"]);
}

/// How many mistakes are told of a good file with so many further entries, and how many words are compared for them.
fn told(entries: usize, entry: impl Fn(usize) -> String) -> (usize, usize) {
    let text: String = (0..entries).map(entry).collect();
    let before = super::super::problem::COMPARED.get();
    let found = complaints(&format!("{GOOD}\n{text}")).len();
    (found, super::super::problem::COMPARED.get() - before)
}

#[test]
fn mistakes_without_end_cost_no_more_than_the_first_ones() {
    let unknown = |n| format!("[[user]]\nid = \"x{n}\"\nusername = \"x{n}\"\norganisations = [\"nowhere-{n}\"]\n");
    let twice = |_| "[[organisation]]\nid = \"acme\"\nname = \"Again\"\n".to_owned();
    let scopes = |n| {
        format!("[[client]]\nid = \"c{n}\"\nname = \"C\"\ngrants = [\"client_credentials\"]\nscope = \"scope-{n}\"\n")
    };
    for (few, many) in [
        (told(100, unknown), told(5_000, unknown)),
        (told(100, twice), told(5_000, twice)),
        (told(100, scopes), told(5_000, scopes)),
    ] {
        assert_eq!(few, many);
        assert_eq!(few.0, super::super::problem::MOST);
    }
}

#[test]
fn what_requests_must_be_and_whose_keys_check_them_is_read() {
    let code = "redirect-uris = [\"https://app.example/cb\"]\ngrants = [\"authorization_code\"]";
    let jwk = r#"{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;
    one(
        &client(&format!("{code}\njwks = '{}'", jwk.replace("\"x\"", "\"d\":\"AA\",\"x\""))),
        "jwks",
        "a private key where a public one belongs",
        "",
    );
    one(&client(&format!("{code}\njwks-uri = \"http://app.example/\"")), "jwks-uri", "not an https:// address", "");
    let both = format!("{code}\njwks = '{jwk}'\njwks-uri = \"https://app.example/keys\"");
    one(&client(&both), "jwks-uri", "only one of the two", "");
    one(&client(&format!("{code}\nrequire-signed-request-object = true")), "", "it has no keys", "jwks");
    one(&client(&format!("{code}\nrequest-uris = [\"x\"]")), "request-uris", "not an https:// address", "");
}

mod administration;
mod claims;
mod exchange;
mod identity_providers;
mod passkeys;
mod pieces;
mod profile;

#[test]
fn a_brand_is_read_and_its_accent_must_be_readable() {
    let with = |brand: &str| parse_one(&GOOD.replace("[[api]]", &format!("[brand]\n{brand}\n\n[[api]]")));
    let good =
        with("accent = \"#0A5FB4\"\ncontact = \"help@acme.example\"\nlinks = { help = \"https://acme.example/help\" }");
    let brand = &good.unwrap()[0].realm.brand;
    assert_eq!(brand.accent.unwrap().to_string(), "#0a5fb4");
    assert_eq!(brand.links.help.as_deref(), Some("https://acme.example/help"));
    for (wrong, said) in [
        ("accent = \"#4f9bff\"", "contrast of 2.8"),
        ("accent = \"blue\"", "#rrggbb"),
        ("contact = \"nobody\"", "not a mail address"),
        ("links = { terms = \"javascript:x\" }", "not an address"),
        ("links = { term = \"https://acme.example\" }", "term"),
        ("logo = \"no-such.svg\"", "cannot be read"),
        ("colour = \"#000000\"", "colour"),
    ] {
        let problems = with(wrong).unwrap_err().to_string();
        assert!(problems.contains(said), "{wrong}: {problems}");
    }
}
