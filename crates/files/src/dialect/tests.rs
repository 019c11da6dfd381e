use super::*;

fn complaints(text: &str) -> Vec<(usize, String, Option<String>)> {
    let with_name = format!("name = \"x\"\n{text}");
    match parse("x.toml", with_name.as_bytes()) {
        Ok(_) => vec![],
        Err(problems) => problems.0.into_iter().map(|p| (p.line(), p.message, p.help)).collect(),
    }
}

/// What each dialect of the program differs in and weakens stands in a file beside it, so that no change of a contract
/// goes unseen.
#[test]
fn the_embedded_dialects_are_good_and_as_explained() {
    let all = Dialects::embedded().unwrap_or_else(|problems| panic!("{problems}"));
    assert_eq!(all.names().count(), EMBEDDED.len());
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../dialects/explained");
    for (name, dialect) in &all.0 {
        let file = folder.join(format!("{name}.txt"));
        if std::env::var_os("CLAVIGER_EXPLAIN_ANEW").is_some() {
            std::fs::write(&file, explain(dialect)).unwrap();
        }
        let expected = std::fs::read_to_string(&file).unwrap_or_default();
        assert_eq!(explain(dialect), expected, "{name}: if that is meant, set CLAVIGER_EXPLAIN_ANEW and test again");
    }
}

#[test]
fn the_standard_file_says_what_an_empty_one_means() {
    let all = Dialects::embedded().unwrap();
    let mut standard = all.named("standard").unwrap().clone();
    for (endpoint, place) in std::mem::take(&mut standard.endpoints.at) {
        assert_eq!(Some(place.paths.as_slice()), endpoint.default_path().map(|p| vec![p.to_owned()]).as_deref());
    }
    // What is left out permits nothing; what this one permits is for programs of before (OpenID's older profiles).
    assert_eq!(standard.permits, [Legacy::Implicit, Legacy::NoPkce].into());
    standard.permits.clear();
    assert_eq!(standard, Dialect::default());
}

/// The standard file is the reference of all keys.
#[test]
fn the_standard_file_names_every_key() {
    let (_, text) = EMBEDDED.iter().find(|(name, _)| name.ends_with("/standard.toml")).unwrap();
    let mut keys = BTreeMap::new();
    flatten("", &serde_json::to_value(Dialect::default()).unwrap(), &mut keys);
    for key in keys.keys().filter_map(|key| key.rsplit('.').next()) {
        assert!(text.lines().any(|line| line.trim_start_matches("# ").starts_with(&format!("{key} ="))), "{key}");
    }
}

#[test]
fn unknown_keys_and_words_are_told_with_a_suggestion() {
    let text = "permits = [\"implict\"]\n[endpoints]\ntokn = { paths = [\"/t\"] }\npath_case = \"any\"\n\
                [refresh]\nturnover = \"reisue\"\ngrace = \"soon\"\n[api]\nerrors.codes = { invalid = \"a\", expired = \"b\" }\n";
    let found = complaints(text);
    let said: Vec<_> = found.iter().map(|(line, message, help)| (*line, message.as_str(), help.as_deref())).collect();
    assert_eq!(
        said,
        [
            (
                2,
                "`implict` is not one of implicit, remembered-implicit, password, wildcard-redirect, no-pkce, raw-basic, json-body, reusable-refresh",
                Some("did you mean `implicit`?")
            ),
            (4, "unknown key `tokn`", Some("did you mean `token`?")),
            (5, "unknown key `path_case`", Some("did you mean `path-case`?")),
            (7, "`turnover`: `reisue` is not one of rotate, reissue, stable", Some("did you mean `reissue`?")),
            (
                8,
                "`grace`: `soon` is not a length of time; write seconds or a number with s, m, h or d, like \"30m\"",
                None
            ),
            (10, "`revoked` is missing", None),
        ]
    );
}

/// The never-list: what has a key is refused by value, what has none is refused as unknown.
#[test]
fn nothing_of_the_never_list_can_be_said() {
    for (text, needle) in [
        ("[refresh]\ngrace = \"61s\"", "too long"),
        ("[refresh]\nturnover = \"reissue\"", "not permitted"),
        ("[token]\ngrants = [\"password\"]", "a legacy behaviour"),
        ("[token]\ngrants = [\"implicit\"]", "a legacy behaviour"),
        ("[token]\ngrants = [\"none\"]", "not one of"),
        ("[token]\nignore = [\"redirect_uri\"]", "cannot be ignored"),
        ("[token]\nignore = [\"client_id\"]", "cannot be ignored"),
        ("[token]\nignore = [\"code_verifier\"]", "cannot be ignored"),
        ("[token]\nignore = [\"scope\"]", "cannot be ignored"),
        ("[token]\nignore = [\"audience\"]\naudience = \"required\"", "ignored and required"),
        ("[authorization]\ndefault-response-type = \"token\"", "can only mean `code`"),
        ("[api]\nbearer-headers = [\"Cookie\"]", "not a header"),
        ("[api]\nbearer-query = \"access_token\"", "unknown key"),
        ("permits = [\"prefix-redirect\"]", "not one of"),
        ("permits = [\"regex-redirect\"]", "not one of"),
        ("[token]\nsigning = \"none\"", "unknown key"),
        ("[refresh]\nabsolute = \"never\"", "unknown key"),
        ("[endpoints]\nissuer-from-host = true", "unknown key"),
    ] {
        let found = complaints(text);
        assert!(found.iter().any(|(line, message, _)| *line > 1 && message.contains(needle)), "{text}: {found:?}");
    }
}

#[test]
fn paths_are_checked() {
    for bad in [
        "token",
        "/",
        "/a/",
        "/a//b",
        "/a/../b",
        "/a?b",
        "/a%20b",
        "/a b",
        "/é",
        "/.well-known/jwks",
        "/a#b",
        "/-/consent",
        "",
        "/-/consent",
    ] {
        let found = complaints(&format!("[endpoints]\ntoken = {{ paths = [\"{bad}\"] }}"));
        assert_eq!(found.len(), 1, "{bad}: {found:?}");
        assert_eq!(found[0].0, 3);
    }
    assert_eq!(complaints("[endpoints]\ntoken = { paths = [] }").len(), 1);
    assert_eq!(complaints("[endpoints]\nuserinfo = { served = false }"), []);
    assert_eq!(complaints("[endpoints]\nuserinfo = { served = false, paths = [\"/me\"] }").len(), 1);
}

#[test]
fn no_two_endpoints_share_a_path() {
    let found = complaints("[endpoints]\nauthorization = { paths = [\"/a\", \"/token\"] }");
    assert_eq!(found[0].1, "`/token` is already the token endpoint");
    assert_eq!(complaints("[endpoints]\nauthorization = { paths = [\"/TOKEN\"] }"), []);
    assert_eq!(complaints("[endpoints]\npath-case = \"any\"\nauthorization = { paths = [\"/TOKEN\"] }").len(), 1);
    assert_eq!(complaints("[endpoints]\nauthorization = { paths = [\"/token\"], host = \"login\" }"), []);
    assert_eq!(complaints("[endpoints]\nlogoff = { paths = [\"/off\", \"/off\"] }")[0].1, "`/off` is listed twice");
}

#[test]
fn a_dialect_is_explained() {
    let all = Dialects::embedded().unwrap();
    let text = explain(all.named("standard").unwrap());
    assert!(text.contains("in nothing") && text.matches("  nothing").count() == 1, "{text}");
    assert!(text.contains("permits: implicit") && text.contains("permits: no-pkce"), "{text}");
    let text = "name = \"x\"\npermits = [\"raw-basic\", \"reusable-refresh\"]\n[endpoints]\nplain-http = true\n\
                token = { paths = [\"/token\"] }\nlogoff = { paths = [\"/logoff\"] }\n[token]\ndefault-scope = \"all\"\n\
                [refresh]\nturnover = \"stable\"\nfor-client-credentials = true\n";
    let text = explain(&parse("x.toml", text.as_bytes()).unwrap());
    for line in [
        "  endpoints.logoff.paths          [\"/logoff\"]   (standard: not served)",
        "  endpoints.plain-http            true   (standard: false)",
        "  refresh.for-client-credentials  true   (standard: false)",
        "  refresh.turnover                \"stable\"   (standard: \"rotate\")",
        "  token.default-scope             \"all\"   (standard: not set)",
        "Weakens for every client of a realm\n  refresh.turnover\n",
        "Permits to the clients that are given it\n  permits: raw-basic\n",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    assert!(!text.contains("endpoints.token.paths"), "{text}");
}

#[test]
fn a_folder_wins_over_what_is_embedded() {
    let folder = claviger_testing::folder::Folder::new("dialects");
    folder.write("standard.toml", "name = \"standard\"\nsummary = \"mine\"\n");
    folder.write("other.toml", "name = \"other\"\n");
    folder.write("notes.txt", "not a dialect");
    let all = Dialects::with_folder(folder.path()).unwrap();
    assert_eq!(all.named("standard").unwrap().summary, "mine");
    assert!(all.named("other").is_some() && all.names().count() == EMBEDDED.len() + 1);

    folder.write("another.toml", "name = \"other\"\n");
    folder.write("broken.toml", "name = \"broken\"\ncolour = 1\n");
    let problems = Dialects::with_folder(folder.path()).unwrap_err();
    assert_eq!(problems.0.len(), 2, "{problems}");
    assert!(Dialects::with_folder(&folder.path().join("absent")).is_err());
}

proptest::proptest! {
    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..300)) {
        let _ = parse("x", &bytes);
    }

    #[test]
    fn what_is_read_can_be_written_and_read(case in proptest::bool::ANY, ttl in 0_u32..=60, path in "/[a-z]{1,8}(/[a-zA-Z0-9._~-]{1,6}x)?") {
        let text = format!(
            "name = \"x\"\n[endpoints]\npath-case = \"{}\"\nlogoff = {{ paths = [\"{path}\"] }}\n[refresh]\ngrace = {ttl}\n",
            if case { "any" } else { "exact" },
        );
        if let Ok(dialect) = parse("x", text.as_bytes()) {
            let json = serde_json::to_string(&dialect).unwrap();
            proptest::prop_assert_eq!(serde_json::from_str::<Dialect>(&json).unwrap(), dialect);
        }
    }
}
