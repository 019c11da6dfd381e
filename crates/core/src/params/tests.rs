use super::*;
use proptest::prelude::*;

#[test]
fn an_empty_parameter_counts_as_absent() {
    let params = Params::form(b"a=&b=1&&c&d=x+y%20z&e=100%").unwrap();
    assert_eq!(params.get("a"), None);
    assert_eq!(params.get("c"), None);
    assert_eq!(params.get("b"), Some("1"));
    assert_eq!(params.get("d"), Some("x y z"));
    assert_eq!(params.get("e"), Some("100%"));
}

#[test]
fn a_pair_a_line_is_read_as_it_is_printed() {
    let params = Params::form(b"a=1&\nb=2&\r\nc=3%0A\r\n").unwrap();
    assert_eq!((params.get("a"), params.get("b"), params.get("c")), (Some("1"), Some("2"), Some("3\n")));
}

#[test]
fn repeated_names_are_found_but_resource_may_repeat() {
    assert_eq!(Params::form(b"a=1&b=2&a=3").unwrap().duplicate(), Some("a"));
    assert_eq!(Params::form(b"resource=1&resource=2").unwrap().duplicate(), None);
    assert_eq!(Params::form(b"a=&a=3").unwrap().duplicate(), None);
    assert_eq!(Params::form(b"state=%ff&state=%fe").unwrap().duplicate(), Some("state"));
    assert_eq!(Params::json(br#"{"code":"1","code":"2"}"#).unwrap().duplicate(), Some("code"));
}

#[test]
fn json_is_an_object_whose_members_are_strings_where_they_are_read() {
    let params = Params::json(br#" {"grant_type":"refresh_token","scope":null} "#).unwrap();
    assert_eq!(params.get("grant_type"), Some("refresh_token"));
    assert_eq!(params.get("scope"), None);
    for bad in [
        &b"[]"[..],
        b"{",
        b"{\"scope\":1}",
        b"{\"scope\":true}",
        b"{\"scope\":{}}",
        b"{\"scope\":[\"b\"]}",
        b"{} x",
        b"\"a\"",
        b"",
        b"\xEF\xBB\xBF",
        b"{\"scope\":\"\\u0000\"}",
    ] {
        assert!(Params::json(bad).is_err(), "{}", String::from_utf8_lossy(bad));
    }
    let deep = "{\"a\":".repeat(100_000);
    assert!(Params::json(deep.as_bytes()).is_err());
}

#[test]
fn a_byte_order_mark_before_json_is_skipped() {
    let params = Params::json(b"\xEF\xBB\xBF{\"code\":\"x\"}").unwrap();
    assert_eq!(params.get("code"), Some("x"));
    assert!(looks_like_json(b"\xEF\xBB\xBF \n{}") && !looks_like_json(b"code=x") && !looks_like_json(b""));
}

#[test]
fn what_nobody_reads_is_ignored_whatever_it_holds() {
    let form = b"%ff=%fe&x%ff=1&x=%ff&y=%00&\xff\xfe=\xff&code=c";
    let params = Params::form(form).unwrap();
    assert_eq!((params.get("code"), params.duplicate()), (Some("c"), None));
    let long = format!("x={}&code=c", "v".repeat(LONGEST_VALUE + 1));
    assert_eq!(Params::form(long.as_bytes()).unwrap().get("code"), Some("c"));
    for other in [
        "1",
        "-1.5e3",
        "true",
        "null",
        "[]",
        "{}",
        "[1,[2,{\"code\":\"no\"}]]",
        "{\"code\":\"no\"}",
        "\"\\ud800\"",
        "\"\\u0000\"",
        "1e999999",
    ] {
        let body = format!("{{\"x\":{other},\"code\":\"c\",\"x\":1}}");
        let params = Params::json(body.as_bytes()).unwrap();
        assert_eq!((params.get("code"), params.iter().count()), (Some("c"), 1), "{other}");
    }
}

#[test]
fn what_is_read_and_is_not_text_or_too_long_is_refused_and_never_absent() {
    for name in READ.into_iter().filter(|name| *name != STATE) {
        let longest = if name == PENDING { LONGEST_PENDING } else { LONGEST_VALUE };
        for value in ["%ff", "%00", &"v".repeat(longest + 1)] {
            assert!(Params::form(format!("{name}={value}").as_bytes()).is_err(), "{name}");
        }
    }
    let longest = format!("scope={}", "v".repeat(LONGEST_VALUE));
    assert!(Params::form(longest.as_bytes()).unwrap().get("scope").is_some());
    // A field of a page that is not listed above: it is there, and it is nothing.
    assert_eq!(Params::form(b"other=%ff").unwrap().get("other"), Some(UNREADABLE));
    assert!(Params::form("a=1&".repeat(65).as_bytes()).is_err());
    assert!(Params::form("a=&".repeat(65).as_bytes()).is_err());
}

#[test]
fn state_is_any_bytes_up_to_8_kib() {
    let state = |form: &str| Params::form(form.as_bytes()).map(|params| params.state());
    assert_eq!(state("state="), Ok(None));
    assert_eq!(state("state=a%20b"), Ok(Some(Opaque::Text("a b".into()))));
    assert_eq!(state("state=%E9%00"), Ok(Some(Opaque::Bytes(vec![0xE9, 0]))));
    for byte in ["x", "%E9"] {
        let found = state(&format!("state={}", byte.repeat(LONGEST_VALUE))).unwrap().unwrap();
        assert_eq!(found.as_bytes().len(), LONGEST_VALUE);
        assert!(state(&format!("state={}", byte.repeat(LONGEST_VALUE + 1))).is_err());
    }
}

#[test]
fn an_opaque_value_is_kept_as_it_is_and_an_old_record_is_read() {
    for value in [Opaque::Text("a \"b".into()), Opaque::Bytes(vec![0xE9, 0])] {
        let kept = serde_json::to_string(&value).unwrap();
        assert_eq!(serde_json::from_str::<Opaque>(&kept).unwrap(), value);
    }
    assert_eq!(serde_json::from_str::<Opaque>("\"x\"").unwrap(), Opaque::Text("x".into()));
}

proptest! {
    #[test]
    fn encoding_and_decoding_are_inverse(name in "[a-z]{1,8}", value in "[^\0]{1,40}") {
        let mut out = String::new();
        form_encode(&mut out, &name, &value);
        let params = Params::form(out.as_bytes()).unwrap();
        prop_assert_eq!(params.get(&name), Some(value.as_str()));
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = Params::form(&bytes);
        let _ = Params::json(&bytes);
    }
}
