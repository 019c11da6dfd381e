//! A JWT by which a client authenticates (RFC 7523 2.2 and 3, RFC 7521 4.2, OpenID Connect Core 9).
//!
//! 1. [`ClientAssertion::read`] takes it apart. Nothing of it is believed.
//! 2. [`ClientAssertion::check`] looks at what needs neither the client nor a key: who, for whom, until when. What cannot be
//!    right is refused here, before it costs a signature or a look into the database, and says nothing of any client.
//! 3. The signature is checked by whoever has the client's keys.

use crate::params::Params;
use crate::refusal::Refusal;
use crate::token::Plain;
use serde::de::{Error as _, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::fmt;

/// The one type that there is (RFC 7523 2.2).
pub const TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// Longer ones are not looked at, in bytes.
const LONGEST: usize = 8 * 1024;
/// More names of this server than it has.
const MOST_AUDIENCES: usize = 8;
/// An assertion lives so many seconds at most: libraries make them for a minute, some for an hour.
const LONGEST_LIFE: i64 = 3600;
/// A client's clock may be ahead by so many seconds (FAPI 2.0 Security Profile 5.3.2.1: 10 at least, less than 60).
const AHEAD: i64 = 30;

/// An assertion as it was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientAssertion {
    /// The client that it is about: its `iss` and its `sub`.
    pub client: String,
    /// Names it among those of its client.
    pub jti: String,
    /// When it is over, in seconds.
    pub exp: i64,
    /// The whole of it: whoever has it is the client until it was used.
    pub jwt: Plain,
    audiences: Audiences,
    iat: Option<i64>,
    nbf: Option<i64>,
}

/// What it must say.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    /// The realm's issuer.
    pub issuer: &'a str,
    /// Other names of this server, for older clients; none where only the issuer counts, alone.
    pub others: &'a [String],
    /// Now, in milliseconds.
    pub now: i64,
}

impl ClientAssertion {
    /// The assertion of a request; `None` where there is none.
    ///
    /// # Errors
    /// Half of it is missing; it is of another type; it is no JWT with the claims that each has.
    pub fn read(params: &Params<'_>) -> Result<Option<Self>, Refusal> {
        let jwt = match (params.get("client_assertion_type"), params.get("client_assertion")) {
            (None, None) => return Ok(None),
            (None, Some(_)) => return Err(Refusal::MissingParameter("client_assertion_type")),
            (Some(_), None) => return Err(Refusal::MissingParameter("client_assertion")),
            (Some(TYPE), Some(jwt)) => jwt,
            (Some(_), Some(_)) => return wrong("its client_assertion_type is not the one for JWTs"),
        };
        let assertion = Self::parse(jwt)?;
        match params.get("client_id") {
            Some(named) if named != assertion.client => wrong("client_id is another client than its sub"),
            _ => Ok(Some(assertion)),
        }
    }

    fn parse(jwt: &str) -> Result<Self, Refusal> {
        if jwt.len() > LONGEST {
            return wrong("it is longer than 8 KiB");
        }
        let mut parts = jwt.split('.');
        let (Some(_), Some(claims), Some(_), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
            return wrong("it is no signed JWT");
        };
        let Some(claims) = crate::jose::from_base64url(claims) else { return wrong("its claims are not base64url") };
        let Ok(claims) = serde_json::from_slice::<Claims>(&claims) else {
            return wrong("its claims are no JSON object with iss, sub, aud, exp and jti of their types");
        };
        let (Some(iss), Some(sub), Some(audiences)) = (claims.iss, claims.sub, claims.aud) else {
            return wrong("it must say iss, sub and aud");
        };
        let (Some(exp), Some(jti)) = (claims.exp, claims.jti.filter(|jti| !jti.is_empty())) else {
            return wrong("it must say exp and jti");
        };
        if iss != sub {
            return wrong("its iss and its sub are not the same client");
        }
        let [iat, nbf] = [claims.iat, claims.nbf].map(|time| time.map(|Seconds(time)| time));
        Ok(Self { client: sub, jti, exp: exp.0, jwt: jwt.into(), audiences, iat, nbf })
    }

    /// Whether it is for this server and good now.
    ///
    /// # Errors
    /// What is wrong with it; the same for every client.
    pub fn check(&self, expected: Expected<'_>) -> Result<(), Refusal> {
        let now = expected.now / 1000;
        if !self.is_for(expected) {
            return wrong("its aud is not this issuer");
        }
        if self.exp <= now {
            return wrong("its exp is over");
        }
        if self.exp > now + LONGEST_LIFE {
            return wrong("its exp is more than an hour ahead");
        }
        let ahead = |time: Option<i64>| time.is_some_and(|time| time > now + AHEAD);
        if ahead(self.iat) || ahead(self.nbf) {
            return wrong("its iat or nbf is not there yet");
        }
        Ok(())
    }

    /// Whether every audience is this server: one that is for somebody else as well could be used there by us, and here by
    /// them.
    fn is_for(&self, expected: Expected<'_>) -> bool {
        let Audiences { names, is_list } = &self.audiences;
        if expected.others.is_empty() {
            return !is_list && names.iter().all(|name| name == expected.issuer);
        }
        !names.is_empty() && names.iter().all(|name| name == expected.issuer || expected.others.contains(name))
    }
}

fn wrong<T>(why: &'static str) -> Result<T, Refusal> {
    Err(Refusal::ClientAssertion(why))
}

/// Whether a header's `typ` is that of an assertion: none, `JWT`, its own, or a word that names no kind of token.
pub fn is_assertion_type(typ: Option<&str>) -> bool {
    let typ = typ.unwrap_or_default().to_ascii_lowercase();
    let typ = typ.strip_prefix("application/").unwrap_or(&typ);
    !typ.ends_with("+jwt") || typ == "client-authentication+jwt"
}

/// The claims that matter; a member that stands twice is an error.
#[derive(Deserialize)]
struct Claims {
    iss: Option<String>,
    sub: Option<String>,
    aud: Option<Audiences>,
    exp: Option<Seconds>,
    iat: Option<Seconds>,
    nbf: Option<Seconds>,
    jti: Option<String>,
}

/// A time in whole seconds (`NumericDate`, RFC 7519 2). Beyond all numbers is at their end.
pub(crate) struct Seconds(pub(crate) i64);

impl<'de> Deserialize<'de> for Seconds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = serde_json::Number::deserialize(deserializer)?;
        if let Some(whole) = number.as_i64() {
            return Ok(Self(whole));
        }
        let rounded = number.as_f64().filter(|time| time.is_finite()).map(|time| format!("{:.0}", time.trunc()));
        let text = rounded.ok_or_else(|| D::Error::custom("no time"))?;
        let beyond = if text.starts_with('-') { i64::MIN } else { i64::MAX };
        Ok(Self(text.parse().unwrap_or(beyond)))
    }
}

/// `aud`: a text, or a few.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Audiences {
    pub(crate) names: Vec<String>,
    is_list: bool,
}

impl<'de> Deserialize<'de> for Audiences {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OneOrFew)
    }
}

struct OneOrFew;

impl<'de> Visitor<'de> for OneOrFew {
    type Value = Audiences;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an audience or a few")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Audiences, E> {
        Ok(Audiences { names: vec![text.to_owned()], is_list: false })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Audiences, A::Error> {
        let mut names = Vec::new();
        while let Some(name) = items.next_element()? {
            names.push(name);
            if names.len() > MOST_AUDIENCES {
                return Err(A::Error::custom("too many audiences"));
            }
        }
        Ok(Audiences { names, is_list: true })
    }
}

#[cfg(test)]
mod tests {
    use super::{ClientAssertion, Expected, TYPE, is_assertion_type};
    use crate::jose::base64url;
    use crate::params::Params;
    use crate::refusal::Refusal;
    use serde_json::{Value, json};

    const NOW: i64 = 1_800_000_000;
    const ISSUER: &str = "https://as.example";
    const TOKEN: &str = "https://as.example/token";

    fn jwt(claims: &str) -> String {
        format!("{}.{}.c2ln", base64url(b"{\"alg\":\"ES256\"}"), base64url(claims.as_bytes()))
    }

    fn good() -> Value {
        json!({ "iss": "app", "sub": "app", "aud": ISSUER, "exp": NOW + 60, "iat": NOW, "jti": "1" })
    }

    fn with(name: &str, value: Value) -> Value {
        let mut claims = good();
        claims[name] = value;
        claims
    }

    fn without(name: &str) -> Value {
        let mut claims = good();
        claims.as_object_mut().unwrap().remove(name);
        claims
    }

    fn read(more: &[(&str, &str)]) -> Result<Option<ClientAssertion>, Refusal> {
        ClientAssertion::read(
            &Params::of_pairs(more.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect()).unwrap(),
        )
    }

    fn checked(claims: &Value, others: &[String]) -> Result<(), Refusal> {
        let jwt = jwt(&claims.to_string());
        let read = read(&[("client_assertion_type", TYPE), ("client_assertion", &jwt)])?.unwrap();
        read.check(Expected { issuer: ISSUER, others, now: NOW * 1000 })
    }

    fn is_wrong<T: std::fmt::Debug>(result: &Result<T, Refusal>) -> bool {
        matches!(result, Err(Refusal::ClientAssertion(_)))
    }

    #[test]
    fn it_names_its_client_and_says_for_whom_and_until_when() {
        let others = [TOKEN.to_owned()];
        for claims in [
            good(),
            with("aud", json!(TOKEN)),
            with("aud", json!([ISSUER])),
            with("aud", json!([ISSUER, TOKEN])),
            with("exp", json!(NOW + 3600)),
            with("exp", json!(1_800_000_060.7)),
            with("iat", json!(NOW + 30)),
            with("nbf", json!(NOW + 10)),
            with("iat", json!(0)),
            with("more", json!({ "deep": [[[{}]]] })),
            without("iat"),
        ] {
            assert_eq!(checked(&claims, &others), Ok(()), "{claims}");
        }
        let many: Vec<String> = (0..200).map(|n| format!("https://as{n}.example")).collect();
        for claims in [
            without("iss"),
            without("sub"),
            without("aud"),
            without("exp"),
            without("jti"),
            with("iss", json!("other")),
            with("sub", json!("other")),
            with("sub", json!(["app"])),
            with("aud", json!("https://other.example")),
            with("aud", json!("https://as.example/")),
            with("aud", json!([])),
            with("aud", json!([ISSUER, "https://other.example"])),
            with("aud", json!(many)),
            with("aud", json!({ "a": ISSUER })),
            with("aud", json!([[ISSUER]])),
            with("aud", Value::Null),
            with("exp", json!(NOW)),
            with("exp", json!(NOW - 1)),
            with("exp", json!(NOW + 3601)),
            with("exp", json!(u64::MAX)),
            with("exp", json!(1e300)),
            with("exp", json!(-1e300)),
            with("exp", json!((NOW + 60).to_string())),
            with("iat", json!(NOW + 31)),
            with("nbf", json!(NOW + 60)),
            with("nbf", json!("soon")),
            with("jti", json!("")),
            with("jti", json!(1)),
        ] {
            assert!(is_wrong(&checked(&claims, &others)), "{claims}");
        }
    }

    #[test]
    fn where_only_the_issuer_counts_it_stands_alone_and_as_a_text() {
        assert_eq!(checked(&good(), &[]), Ok(()));
        for aud in [json!(TOKEN), json!([ISSUER]), json!([ISSUER, TOKEN])] {
            assert!(is_wrong(&checked(&with("aud", aud.clone()), &[])), "{aud}");
        }
    }

    #[test]
    fn what_is_no_assertion_is_refused_before_anything_else() {
        assert_eq!(read(&[]), Ok(None));
        let good = jwt(&good().to_string());
        assert_eq!(read(&[("client_assertion", &good)]), Err(Refusal::MissingParameter("client_assertion_type")));
        assert_eq!(read(&[("client_assertion_type", TYPE)]), Err(Refusal::MissingParameter("client_assertion")));
        let saml = "urn:ietf:params:oauth:client-assertion-type:saml2-bearer";
        assert!(is_wrong(&read(&[("client_assertion_type", saml), ("client_assertion", &good)])));
        let other = [("client_assertion_type", TYPE), ("client_assertion", good.as_str()), ("client_id", "other")];
        assert!(is_wrong(&read(&other)));
        let twice = format!("{{\"iss\":\"evil\",{}", &good_text()[1..]);
        let deep = format!("{{\"x\":{}{},{}", "[".repeat(2000), "]".repeat(2000), &good_text()[1..]);
        for bad in [
            "x".to_owned(),
            "a.b".to_owned(),
            "a.b.c.d".to_owned(),
            "a.b.c.d.e".to_owned(),
            "..".to_owned(),
            "a.!.c".to_owned(),
            jwt("[]"),
            jwt("{}x"),
            jwt(&twice),
            format!("{good}."),
        ] {
            assert!(is_wrong(&read(&[("client_assertion_type", TYPE), ("client_assertion", &bad)])), "{bad}");
        }
        assert!(is_wrong(&ClientAssertion::parse(&"x".repeat(8193))));
        // Deep, and passed over without a stack.
        assert!(read(&[("client_assertion_type", TYPE), ("client_assertion", &jwt(&deep))]).is_ok());
    }

    fn good_text() -> String {
        good().to_string()
    }

    #[test]
    fn a_token_of_another_kind_says_so() {
        for good in
            [None, Some("JWT"), Some("jwt"), Some("client-authentication+jwt"), Some("application/JWT"), Some("JOSE")]
        {
            assert!(is_assertion_type(good), "{good:?}");
        }
        for bad in ["at+jwt", "dpop+jwt", "oauth-authz-req+jwt", "application/logout+JWT"] {
            assert!(!is_assertion_type(Some(bad)), "{bad}");
        }
    }
}
