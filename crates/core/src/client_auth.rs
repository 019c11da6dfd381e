//! How a client says who it is (RFC 6749 2.3): HTTP Basic, the body, a JWT, or only its name.
//!
//! Reading is done once, for all grants, before anything is looked up; what it yields is checked by the server against
//! what is stored. Basic credentials have two readings, because half of the field's clients form-encode them as RFC 6749
//! says and the other half does not; both are tried, as one attempt.

use crate::client_assertion::ClientAssertion;
use crate::dialect::Dialect;
use crate::params::{Params, form_decode, push_escaped};
use crate::refusal::Refusal;
use crate::token::Plain;
use base64::{Engine, alphabet, engine};

/// How a client says who it is. The first reading is the standard's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Credentials {
    /// RFC 6749 2.3.1, in the header.
    Basic {
        /// Form-decoded, as the standard says.
        decoded: Pair,
        /// As it stands, where that reads differently.
        raw: Option<Pair>,
    },
    /// RFC 6749 2.3.1, in the body.
    Body(Pair),
    /// RFC 8705 2: it names itself, and the connection shows a certificate.
    Certified {
        /// `client_id`.
        id: String,
        /// The certificate, and what it was issued with; in DER.
        chain: Vec<Vec<u8>>,
    },
    /// RFC 7523 2.2, in the body.
    Assertion(Box<ClientAssertion>),
    /// RFC 6749 3.2.1: a public client names itself.
    Named {
        /// `client_id`.
        id: String,
        /// It came as HTTP Basic with an empty secret.
        basic: bool,
    },
}

/// A client's name and secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// `client_id`.
    pub id: String,
    /// `client_secret`.
    pub secret: Plain,
}

impl Credentials {
    /// Reads the `Authorization` header, and of the body `client_id`, `client_secret` and `client_assertion`.
    ///
    /// # Errors
    /// No client named; two ways in one request; a header that is not Basic; two different client ids.
    pub fn read(authorization: Option<&[u8]>, params: &Params<'_>, dialect: &Dialect) -> Result<Self, Refusal> {
        let id = params.get("client_id");
        // Beside HTTP Basic, one that a public client sends without need says nothing.
        let is_idle = authorization.is_some() && dialect.token.ignores_public_secret();
        let secret = params.get("client_secret").filter(|_| !is_idle);
        if let Some(assertion) = ClientAssertion::read(params)? {
            let two = authorization.is_some() || params.get("client_secret").is_some();
            return if two { Err(Refusal::TwoAuthentications) } else { Ok(Self::Assertion(Box::new(assertion))) };
        }
        let Some(header) = authorization else {
            return match (id, secret) {
                (Some(id), Some(secret)) => Ok(Self::Body(Pair { id: id.to_owned(), secret: secret.into() })),
                (Some(id), None) => Ok(Self::Named { id: id.to_owned(), basic: false }),
                (None, Some(_)) => Err(Refusal::MissingParameter("client_id")),
                (None, None) => Err(Refusal::NoClient),
            };
        };
        if secret.is_some() {
            return Err(Refusal::TwoAuthentications);
        }
        let basic = basic(header, dialect)?;
        match id {
            Some(id) if !basic.ids().any(|mine| mine == id) => Err(Refusal::TwoAuthentications),
            _ => Ok(basic),
        }
    }

    /// Whether it came in the `Authorization` header; a failure is then a 401 with `WWW-Authenticate` (RFC 6749 5.2).
    pub const fn is_basic(&self) -> bool {
        matches!(self, Self::Basic { .. } | Self::Named { basic: true, .. })
    }

    /// The same, where the connection shows a certificate: who only names itself may prove itself by that.
    #[must_use]
    pub fn with_certificate(self, chain: impl FnOnce() -> Option<Vec<Vec<u8>>>) -> Self {
        match self {
            Self::Named { id, basic: false } => match chain() {
                Some(chain) => Self::Certified { id, chain },
                None => Self::Named { id, basic: false },
            },
            other => other,
        }
    }

    /// The client ids that it may mean, the standard's reading first.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        let (first, second) = match self {
            Self::Basic { decoded, raw } => (decoded.id.as_str(), raw.as_ref().map(|pair| pair.id.as_str())),
            Self::Body(pair) => (pair.id.as_str(), None),
            Self::Assertion(assertion) => (assertion.client.as_str(), None),
            Self::Named { id, .. } | Self::Certified { id, .. } => (id.as_str(), None),
        };
        std::iter::once(first).chain(second.filter(move |id| *id != first))
    }
}

fn basic(header: &[u8], dialect: &Dialect) -> Result<Credentials, Refusal> {
    let text = std::str::from_utf8(header).map_err(|_| Refusal::UnreadableAuthorization)?;
    let (scheme, encoded) = text.trim().split_once(' ').ok_or(Refusal::UnreadableAuthorization)?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return Err(Refusal::UnreadableAuthorization);
    }
    let bytes = BASE64.decode(encoded.trim()).map_err(|_| Refusal::UnreadableAuthorization)?;
    let plain = std::str::from_utf8(&bytes).map_err(|_| Refusal::UnreadableAuthorization)?;
    let (id, secret) = plain.split_once(':').ok_or(Refusal::UnreadableAuthorization)?;
    if id.is_empty() || plain.contains('\0') {
        return Err(Refusal::UnreadableAuthorization);
    }
    if secret.is_empty() {
        if !dialect.token.empty_basic_secret && !dialect.token.ignores_public_secret() {
            return Err(Refusal::WrongClient);
        }
        return Ok(Credentials::Named { id: id.to_owned(), basic: true });
    }
    let raw = Pair { id: id.to_owned(), secret: secret.into() };
    let decoded = match (form_decode(id.as_bytes()), form_decode(secret.as_bytes())) {
        (Ok(id), Ok(secret)) if !id.contains('\0') => Pair { id: id.into_owned(), secret: secret.as_ref().into() },
        _ => raw.clone(),
    };
    let raw = (raw != decoded).then_some(raw);
    Ok(Credentials::Basic { decoded, raw })
}

/// One half of HTTP Basic credentials as a client sends it, form-encoded (RFC 6749 2.3.1, appendix B).
pub fn form_encoded(text: &str) -> Plain {
    // Room for the worst case: a secret that moves in memory leaves a copy behind.
    let mut out = String::with_capacity(text.len() * 3);
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'*' | b'-' | b'.' | b'_' => out.push(char::from(byte)),
            b' ' => out.push('+'),
            other => push_escaped(&mut out, other),
        }
    }
    Plain::new(out)
}

/// Padded or not: some integrators' code forgets the padding.
const BASE64: engine::GeneralPurpose = engine::GeneralPurpose::new(
    &alphabet::STANDARD,
    engine::GeneralPurposeConfig::new().with_decode_padding_mode(engine::DecodePaddingMode::Indifferent),
);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(header: Option<&str>, body: &str) -> Result<Credentials, Refusal> {
        let params = Params::form(body.as_bytes()).unwrap();
        Credentials::read(header.map(str::as_bytes), &params, &Dialect::default())
    }

    fn header(plain: &str) -> String {
        format!("bAsIc {}", BASE64.encode(plain))
    }

    #[test]
    fn what_is_form_encoded_for_basic_is_read_back() {
        assert_eq!(form_encoded("a b:c%d+é~*-._").expose(), "a+b%3Ac%25d%2B%C3%A9%7E*-._");
        for text in ["", "plain", "a b:c%ü~*", "\u{1F511} & ="] {
            assert_eq!(form_decode(form_encoded(text).expose().as_bytes()).unwrap(), text);
        }
    }

    #[test]
    fn basic_has_two_readings_where_they_differ() {
        let Ok(Credentials::Basic { decoded, raw }) = read(Some(&header("a%20b:p+q%25")), "") else { panic!() };
        assert_eq!((decoded.id.as_str(), decoded.secret.expose()), ("a b", "p q%"));
        let raw = raw.unwrap();
        assert_eq!((raw.id.as_str(), raw.secret.expose()), ("a%20b", "p+q%25"));
        let Ok(Credentials::Basic { raw: None, .. }) = read(Some(&header("TestClientId:pass:word")), "") else {
            panic!()
        };
    }

    #[test]
    fn a_client_authenticates_in_one_way_only_but_may_name_its_id_twice() {
        let app = header("app:secret");
        assert!(read(Some(&app), "client_id=app").is_ok());
        assert_eq!(read(Some(&app), "client_id=app&client_secret=secret"), Err(Refusal::TwoAuthentications));
        assert_eq!(read(Some(&app), "client_id=other"), Err(Refusal::TwoAuthentications));
    }

    #[test]
    fn what_names_no_client_is_refused() {
        assert_eq!(read(None, ""), Err(Refusal::NoClient));
        assert_eq!(read(None, "client_secret=x"), Err(Refusal::MissingParameter("client_id")));
        for bad in ["Basic", "Basic ???", "Bearer abc", "Basic YWJj", &header(":x"), &header("a\0:x")] {
            assert_eq!(read(Some(bad), ""), Err(Refusal::UnreadableAuthorization), "{bad}");
        }
    }

    #[test]
    fn an_empty_secret_names_a_public_client_where_the_dialect_says_so() {
        assert_eq!(read(Some(&header("app:")), ""), Err(Refusal::WrongClient));
        let mut dialect = Dialect::default();
        dialect.token.empty_basic_secret = true;
        let got = Credentials::read(Some(header("app:").as_bytes()), &Params::default(), &dialect);
        assert_eq!(got, Ok(Credentials::Named { id: "app".into(), basic: true }));
    }

    proptest! {
        #[test]
        fn no_header_makes_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Credentials::read(Some(&bytes), &Params::default(), &Dialect::default());
            let basic = format!("Basic {}", BASE64.encode(&bytes));
            let _ = Credentials::read(Some(basic.as_bytes()), &Params::default(), &Dialect::default());
        }
    }
}
