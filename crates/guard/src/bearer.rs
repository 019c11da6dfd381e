//! Where the token is: exactly one, in a header where this API looks (RFC 6750 section 2).

use claviger_core::bearer::has_access_token;
use http::HeaderMap;
use http::header::HeaderName;

use crate::Reason;

/// As what a token was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scheme {
    /// RFC 6750.
    Bearer,
    /// RFC 9449 section 7.1.
    Dpop,
}

/// Finds the token of a request.
///
/// Headers of other schemes are as good as none: the caller may be on their way to another kind of authentication. Where an
/// API reads two headers, both may be there when they are the same.
///
/// `dpop`: whether the scheme `DPoP` is understood.
pub(crate) fn find<'a>(
    headers: &'a HeaderMap,
    query: Option<&str>,
    names: &[HeaderName],
    dpop: bool,
) -> Result<(&'a str, Scheme), Reason> {
    if query.is_some_and(has_access_token) {
        return Err(Reason::InQuery);
    }
    let mut found: Option<&[u8]> = None;
    for name in names {
        let mut values = headers.get_all(name).iter();
        let Some(value) = values.next() else { continue };
        if values.next().is_some() {
            return Err(Reason::TwoTokens);
        }
        let value = value.as_bytes().trim_ascii();
        match found {
            Some(first) if !same(first, value) => return Err(Reason::TwoTokens),
            Some(_) => {}
            None => found = Some(value),
        }
    }
    let value = found.ok_or(Reason::NoCredentials)?;
    let (scheme, token) = split_scheme(value);
    let scheme = if scheme.eq_ignore_ascii_case(b"bearer") {
        Scheme::Bearer
    } else if dpop && scheme.eq_ignore_ascii_case(b"dpop") {
        Scheme::Dpop
    } else {
        return Err(Reason::NoCredentials);
    };
    match std::str::from_utf8(token) {
        Ok(token) if is_token(token) => Ok((token, scheme)),
        _ => Err(Reason::Malformed),
    }
}

/// The scheme, and what follows it after one or more spaces.
fn split_scheme(value: &[u8]) -> (&[u8], &[u8]) {
    let end = value.iter().position(u8::is_ascii_whitespace).unwrap_or(value.len());
    let (scheme, rest) = value.split_at(end);
    (scheme, rest.trim_ascii_start())
}

/// Whether two header values are the same credentials: the scheme's case does not count.
fn same(one: &[u8], other: &[u8]) -> bool {
    let ((scheme, token), (other_scheme, other_token)) = (split_scheme(one), split_scheme(other));
    scheme.eq_ignore_ascii_case(other_scheme) && token == other_token
}

/// `b64token` of RFC 6750 section 2.1, without minding where the `=` stand.
fn is_token(token: &str) -> bool {
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte);
    !token.is_empty() && token.bytes().all(legal)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    const ONE: &[HeaderName] = &[http::header::AUTHORIZATION];

    fn both() -> [HeaderName; 2] {
        [http::header::AUTHORIZATION, HeaderName::from_static("authentication")]
    }

    fn headers(pairs: &[(&'static str, &[u8])]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, HeaderValue::from_bytes(value).unwrap());
        }
        headers
    }

    fn found<'a>(headers: &'a HeaderMap, query: Option<&str>, names: &[HeaderName]) -> Result<&'a str, Reason> {
        find(headers, query, names, false).map(|(token, scheme)| {
            assert_eq!(scheme, Scheme::Bearer);
            token
        })
    }

    #[test]
    fn the_scheme_of_bound_tokens_is_read_where_it_is_understood() {
        for scheme in ["DPoP", "dpop", "DPOP"] {
            let sent = headers(&[("authorization", format!("{scheme} a.b").as_bytes())]);
            assert_eq!(find(&sent, None, ONE, true), Ok(("a.b", Scheme::Dpop)));
            assert_eq!(find(&sent, None, ONE, false), Err(Reason::NoCredentials));
        }
    }

    fn one(value: &[u8]) -> Result<String, Reason> {
        found(&headers(&[("authorization", value)]), None, ONE).map(ToOwned::to_owned)
    }

    #[test]
    fn the_scheme_is_read_in_any_case() {
        for scheme in ["Bearer", "bearer", "BEARER", "bEaReR"] {
            assert_eq!(one(format!("{scheme} a.b-c_d~e+f/g==").as_bytes()), Ok("a.b-c_d~e+f/g==".to_owned()));
        }
        assert_eq!(one(b"Bearer   spaces"), Ok("spaces".to_owned()));
    }

    #[test]
    fn what_is_no_bearer_header_is_no_credentials() {
        assert_eq!(found(&HeaderMap::new(), None, ONE), Err(Reason::NoCredentials));
        for value in [&b"Basic YTpi"[..], b"", b"Bearerx", b"token"] {
            assert_eq!(one(value), Err(Reason::NoCredentials));
        }
    }

    #[test]
    fn a_bearer_header_without_one_token_is_malformed() {
        for value in
            [&b"Bearer"[..], b"Bearer ", b"Bearer a b", b"Bearer a,b", b"Bearer \"a\"", b"Bearer \xff", b"Bearer {}"]
        {
            assert_eq!(one(value), Err(Reason::Malformed), "{value:?}");
        }
    }

    #[test]
    fn two_tokens_are_refused() {
        let twice = headers(&[("authorization", b"Bearer a"), ("authorization", b"Bearer a")]);
        assert_eq!(found(&twice, None, ONE), Err(Reason::TwoTokens));
        let header_and_query = headers(&[("authorization", b"Bearer a")]);
        assert_eq!(found(&header_and_query, Some("x=1&access_token=a"), ONE), Err(Reason::InQuery));
    }

    #[test]
    fn a_token_in_the_query_is_refused_however_it_is_spelled() {
        let none = HeaderMap::new();
        for query in
            ["access_token=a", "access_token", "a=b&access%5ftoken=x", "%61ccess_token=", "x&access%5Ftoken=y&z"]
        {
            assert_eq!(found(&none, Some(query), ONE), Err(Reason::InQuery), "{query}");
        }
        for query in ["", "my_access_token=a", "token=access_token", "access_tokens=1", "%", "%6", "%zz=1"] {
            assert_eq!(found(&none, Some(query), ONE), Err(Reason::NoCredentials), "{query}");
        }
    }

    #[test]
    fn both_headers_are_read_and_must_agree() {
        let names = both();
        let only = headers(&[("authentication", b"Bearer a")]);
        assert_eq!(found(&only, None, &names), Ok("a"));
        assert_eq!(found(&only, None, ONE), Err(Reason::NoCredentials));
        let same = headers(&[("authentication", b"bearer a"), ("authorization", b"Bearer  a")]);
        assert_eq!(found(&same, None, &names), Ok("a"));
        for other in [&b"Bearer b"[..], b"Basic a", b"Bearer A", b""] {
            let different = headers(&[("authentication", b"Bearer a"), ("authorization", other)]);
            assert_eq!(found(&different, None, &names), Err(Reason::TwoTokens), "{other:?}");
        }
    }

    proptest! {
        #[test]
        fn nothing_that_arrives_panics(values in prop::collection::vec(any::<Vec<u8>>(), 0..3), query in any::<String>()) {
            let mut headers = HeaderMap::new();
            for value in values.iter().filter_map(|value| HeaderValue::from_bytes(value).ok()) {
                headers.append(http::header::AUTHORIZATION, value);
            }
            let _ = find(&headers, Some(&query), &both(), true);
        }

        #[test]
        fn what_is_found_is_what_was_sent(token in "[A-Za-z0-9._~+/-]{1,80}=*", scheme in "[Bb][Ee][Aa][Rr][Ee][Rr]") {
            prop_assert_eq!(one(format!("{scheme} {token}").as_bytes()), Ok(token));
        }
    }
}
