//! Users that are read in pieces, and written in other ways.

use super::{GOOD, parse_one};

/// Users are read in pieces; what is said of one in the midst of many is said at its place.
#[test]
fn of_thousands_of_users_the_wrong_one_is_shown() {
    let user = |n: usize| {
        let note = if n == 1_500 { "# a note\n" } else { "" };
        let other = if n == 2_000 { "[[organisation]]\nid = \"in-the-midst\"\nname = \"M\"\n" } else { "" };
        format!("{note}[[user]]\nid = \"id{n}\"\nusername = \"user{n}\"\norganisations = [\n  \"acme\",\n]\n{other}")
    };
    let good: String = (0..3_000).map(user).collect();
    let text = format!("{GOOD}\n{good}");
    let files = parse_one(&text).unwrap();
    let users: Vec<_> = files[0].users.iter().collect();
    assert_eq!((users.len(), files[0].users.len()), (3_001, 3_001));
    assert_eq!(users[2_500].user.username, "user2499");
    assert!(files[0].organisations.iter().any(|organisation| organisation.id == "in-the-midst"));
    let line_of = |text: &str, part: &str| text[..text.rfind(part).unwrap()].lines().count() + 1;
    for (from, to, words, help) in [
        ("username = \"user2777\"", "usrname = \"user2777\"", "unknown key `usrname`", "username"),
        ("id = \"id2001\"", "id = \"id7\"", "another user has this id", ""),
        ("username = \"user1999\"", "username = \"USER1\"", "`user1` is there already", "first one is in line"),
        ("id = \"id2500\"", "id = id2500", "", ""),
        ("id = \"id2500\"", "disabled = \"yes\"", "true or false", ""),
    ] {
        let spoilt = text.replacen(from, to, 1);
        let problems = parse_one(&spoilt).unwrap_err();
        let problem = problems.0.iter().find(|problem| problem.message.contains(words)).unwrap();
        assert_eq!(problem.line(), line_of(&spoilt, to), "{problem}");
        assert!(problem.to_string().contains(to) && problem.to_string().contains(help), "{problem}");
    }
    let spoilt =
        text.replacen("user2999\"\norganisations = [\n  \"acme\",", "user2999\"\norganisations = [\n  \"acne\",", 1);
    let problems = parse_one(&spoilt).unwrap_err().to_string();
    assert!(problems.contains("`acne`") && problems.contains("did you mean `acme`?"), "{problems}");
}

#[test]
fn users_may_be_written_in_every_way_that_toml_has() {
    let list = "user = [{ username = \"one\" }, { username = \"two\" }]\n";
    let without: String = GOOD.split("[[").filter(|part| !part.starts_with("user]]")).collect::<Vec<_>>().join("[[");
    let files = parse_one(&format!("{list}{without}")).map_err(|problems| problems.to_string());
    // A client of the sample acts as its user; nothing else is missed.
    match files {
        Ok(files) => assert_eq!(files[0].users.iter().count(), 2),
        Err(problems) => assert!(!problems.contains("unknown key"), "{problems}"),
    }
    let both = parse_one(&format!("{list}{GOOD}")).unwrap_err();
    assert!(both.to_string().contains("duplicate") || both.to_string().contains("user"), "{both}");
}
