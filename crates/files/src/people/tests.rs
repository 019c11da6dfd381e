use super::*;
use claviger_hashes::Format;

fn read(kind: Kind, text: &str, settings: Settings) -> Vec<Record> {
    let mut reader = Reader::new(text.as_bytes(), kind, settings).unwrap();
    std::iter::from_fn(|| reader.next_record().unwrap()).collect()
}

fn csv(text: &str) -> Vec<Record> {
    read(Kind::Csv, text, Settings::default())
}

fn json(text: &str) -> Vec<Record> {
    read(Kind::JsonLines, text, Settings::default())
}

fn wrong(record: &Record) -> &str {
    record.entry.as_ref().unwrap_err()
}

fn not_read(text: &str) -> String {
    Reader::new(text.as_bytes(), Kind::Csv, Settings::default()).err().unwrap().to_string()
}

#[test]
fn both_kinds_say_the_same_of_a_user() {
    let of_csv = csv(
        "\u{feff}username,sub,Name,given-name,email,emailVerified,locale,organisations,groups,roles,disabled,\
                      claims.nickname,attributes.cost-centre,password_hash\r\n\
                      ada,u1,\"Whitlock, \"\"Ada\"\"\",Ada,ada@x.example,yes,en-GB,acme; depot-4,dev,editor;acme=owner,0,A,42,*00\r\n",
    );
    let of_json = json(
        r#"{"username":"ada","id":"u1","name":"Whitlock, \"Ada\"","given_name":"Ada","email":"ada@x.example","email_verified":true,
           "locale":"en-GB","organisations":["acme","depot-4"],"groups":["dev"],"roles":["editor","acme=owner"],"disabled":false,
           "claims":{"nickname":"A"},"attributes":{"cost-centre":"42"},"password_hash":"*00"}"#
            .replace('\n', " ")
            .as_str(),
    );
    let [of_csv, of_json] = [of_csv, of_json].map(|mut all| {
        assert_eq!(all.len(), 1);
        all.remove(0).entry.unwrap()
    });
    assert_eq!(of_csv.user.details.claims.len(), 2);
    let sorted = |entry: &Entry| {
        let mut user = serde_json::to_value(&entry.user).unwrap();
        user.sort_all_objects();
        user
    };
    assert_eq!(sorted(&of_csv), sorted(&of_json));
    assert_eq!(of_csv.user.organisations, ["acme", "depot-4"]);
    assert_eq!(of_csv.user.details.organisation_roles["acme"], ["owner"]);
    assert!(of_csv.user.email_verified && !of_csv.user.disabled);
    assert!(matches!(of_csv.password, Some(Password::Hash(given)) if given == Given::of("*00")));
}

use claviger_hashes::Given;

#[test]
fn a_record_that_is_wrong_costs_no_other() {
    let all = csv("username,name\n\
                   a,A\n\
                   b\n\
                   c,C,D\n\
                   \n\
                   d,\"two\nlines\"\n\
                   e,\"never ends\n\
                   f,F\n\
                   ,nobody\n");
    let lines: Vec<u64> = all.iter().map(|record| record.line).collect();
    assert_eq!(lines, [2, 3, 4, 6, 8, 9, 10]);
    let names: Vec<_> =
        all.iter().map(|record| record.entry.as_ref().map(|entry| &*entry.user.username).ok()).collect();
    assert_eq!(names, [Some("a"), None, None, Some("d"), None, Some("f"), None]);
    assert_eq!(wrong(&all[1]), "there are 1 cells, and 2 columns");
    assert_eq!(wrong(&all[4]), "a quote begins here and does not end");
    assert_eq!(wrong(&all[6]), "`username` is missing");
    assert_eq!(all[3].entry.as_ref().unwrap().user.name.as_deref(), Some("two\nlines"));
}

#[test]
fn half_a_line_of_json_and_what_is_not_text_are_told_with_their_lines() {
    let long = format!("{{\"username\":\"{}\"}}", "x".repeat(70_000));
    let text = [
        b"{\"username\":\"a\"}\n{\"username\":\"b\"\n[1]\n{\"username\":\"\xff\"}\n".as_slice(),
        long.as_bytes(),
        b"\n{\"username\":\"z\"}\n{\"username\":\"half",
    ]
    .concat();
    let mut reader = Reader::new(&*text, Kind::JsonLines, Settings::default()).unwrap();
    let all: Vec<_> = std::iter::from_fn(|| reader.next_record().unwrap()).collect();
    assert_eq!(reader.bytes(), text.len() as u64);
    assert_eq!(all.iter().map(|record| record.line).collect::<Vec<_>>(), [1, 2, 3, 4, 5, 6, 7]);
    assert_eq!(all.iter().filter(|record| record.entry.is_ok()).count(), 2);
    assert!(wrong(&all[1]).starts_with("this is no JSON object on one line: "), "{}", wrong(&all[1]));
    assert_eq!(wrong(&all[3]), "the line is not UTF-8");
    assert_eq!(wrong(&all[4]), "the line is longer than 64 KiB");
}

#[test]
fn names_that_are_not_known_are_told_once_in_csv_and_by_line_in_json() {
    assert_eq!(
        not_read("username,emial\na,b\n"),
        "line 1: `emial` is no field of a user; did you mean `email`?; `--column emial=-` leaves it out"
    );
    assert_eq!(not_read("username,username\n"), "line 1: the column `username` is there twice");
    assert_eq!(
        not_read("name\n"),
        "line 1: there is no column `username`; `--column THEIRS=username` says which it is"
    );
    assert_eq!(not_read(""), "line 1: the names of the columns are missing");
    let all = json("{\"username\":\"a\",\"e_mail\":\"x\"}\n{\"username\":\"b\"}\n");
    assert!(wrong(&all[0]).starts_with("`e_mail` is no field of a user"), "{}", wrong(&all[0]));
    assert!(all[1].entry.is_ok());
    let names = [("login", "username"), ("notes", "-")].map(|(one, other)| (one.to_owned(), other.to_owned()));
    let settings = Settings { names: names.into(), ..Settings::default() };
    let all = read(Kind::Csv, "login,notes,email\nada,secret,a@x.example\n", settings.clone());
    assert_eq!(all[0].entry.as_ref().unwrap().user.username, "ada");
    let all = read(Kind::JsonLines, "{\"login\":\"ada\",\"notes\":{\"a\":1}}\n", settings);
    assert_eq!(all[0].entry.as_ref().unwrap().user.username, "ada");
}

#[test]
fn hashes_have_their_columns_and_the_files_settings() {
    let settings = Settings { format: Some(Format::Md5SaltFirst), iterations: Some(9), ..Settings::default() };
    let all = read(
        Kind::Csv,
        "username,password_hash,password_salt,password_format,password_salt_encoding\n\
         a,h1,s1,,\n\
         b,h2,s2,sha1-salt-last,hex\n\
         c,$2b$x,,auto,\n\
         d,,,,\n\
         e,h,s,auto,\n\
         f,h,s,md6,\n\
         g,h,s,,octal\n",
        settings,
    );
    let given = |at: usize| match &all[at].entry.as_ref().unwrap().password {
        Some(Password::Hash(given)) => given,
        other => panic!("{other:?}"),
    };
    assert_eq!(
        (given(0).format, given(0).salt.as_deref(), given(0).iterations),
        (Some(Format::Md5SaltFirst), Some("s1"), Some(9))
    );
    assert_eq!((given(1).format, given(1).salt_encoding), (Some(Format::Sha1SaltLast), Some(SaltEncoding::Hex)));
    assert_eq!(given(2).format, None);
    assert!(all[3].entry.as_ref().unwrap().password.is_none());
    assert!(wrong(&all[4]).contains("which hash has its salt beside it"));
    assert!(wrong(&all[5]).contains("`password_format`: there is: md5, "));
    assert!(wrong(&all[6]).contains("there is text, hex and base64"));
    let all = json(
        "{\"username\":\"a\",\"password_hash\":{\"credentialData\":{},\"secretData\":{}}}\n{\"username\":\"b\",\"password\":\"x\",\"password_hash\":\"y\"}\n{\"username\":\"c\",\"password\":\"secret\"}\n",
    );
    assert!(
        matches!(&all[0].entry.as_ref().unwrap().password, Some(Password::Hash(given)) if given.hash.starts_with("{\"credentialData\""))
    );
    assert!(wrong(&all[1]).contains("both"));
    let plain = all[2].entry.as_ref().unwrap();
    assert!(matches!(&plain.password, Some(Password::Plain(_))) && !format!("{plain:?}").contains("secret"));
}

#[test]
fn organisations_may_come_with_their_names() {
    let all = json(
        "{\"username\":\"a\",\"organisations\":[\"x\",{\"id\":\"acme\",\"name\":\"Acme Ltd\",\"kind\":\"company\"},\"x\"]}\n\
         {\"username\":\"b\",\"organisations\":[{\"name\":\"no id\"}]}\n{\"username\":\"c\",\"organisations\":[1]}\n",
    );
    let first = all[0].entry.as_ref().unwrap();
    assert_eq!(first.user.organisations, ["x", "acme"]);
    assert_eq!((first.organisations.len(), first.organisations[0].name.as_str()), (1, "Acme Ltd"));
    assert!(wrong(&all[1]).contains("an id and a name") && wrong(&all[2]).contains("`organisations`"));
}
