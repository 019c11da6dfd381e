//! Tokens that are bound to a key (RFC 9449 7): who sends one proves with each request that they hold the key.

use claviger_core::confirmation::Confirmation;
use claviger_core::dpop::{Expected, NonceKey, Nonces, Proof, ProofError, Seen};
use claviger_core::dpop_challenge::Schemes;
use claviger_core::jose::Algorithm;
use http::header::HeaderName;
use http::{HeaderMap, HeaderValue, Method, Uri};

use crate::bearer::Scheme;
use crate::{Caller, ClientCertificate, Reason};

/// The proof of a request.
const DPOP: HeaderName = HeaderName::from_static("dpop");
/// The nonce for the next one.
pub(crate) const DPOP_NONCE: HeaderName = HeaderName::from_static("dpop-nonce");
/// What may sign a proof.
pub(crate) const ALGORITHMS: [Algorithm; 4] = Algorithm::ALL;

/// A request, as far as a proof is about it, and the certificate that came with it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Target<'a> {
    pub(crate) method: &'a Method,
    pub(crate) uri: &'a Uri,
    pub(crate) certificate: Option<ClientCertificate>,
}

/// Checks proofs for one API.
#[derive(Debug)]
pub(crate) struct Proofs {
    /// Where clients reach the API: scheme and authority.
    origin: String,
    /// What stands in front of the path that the API sees.
    prefix: String,
    nonces: Option<NonceKey>,
    seen: Seen,
}

impl Proofs {
    /// `url`: where clients reach the API; `None` where it is no http or https URL. `nonces`: where proofs need one.
    pub(crate) fn new(url: &str, nonces: Option<NonceKey>) -> Option<Self> {
        let parsed = reqwest::Url::parse(url).ok()?;
        let plain = parsed.query().is_none() && parsed.fragment().is_none() && parsed.username().is_empty();
        let http = matches!(parsed.scheme(), "http" | "https") && parsed.host().is_some();
        (plain && http).then(|| Self {
            origin: parsed.origin().ascii_serialization(),
            prefix: parsed.path().trim_end_matches('/').to_owned(),
            nonces,
            seen: Seen::default(),
        })
    }

    /// The nonce for the next proof.
    pub(crate) fn nonce(&self, now: i64) -> Option<HeaderValue> {
        HeaderValue::try_from(self.nonces.as_ref()?.make(&self.origin, now)).ok()
    }

    /// Whether a request's proof is good for it, and of the key that its token is bound to.
    fn check(
        &self,
        headers: &HeaderMap,
        target: Target<'_>,
        token: &str,
        bound: Confirmation,
        now: i64,
    ) -> Result<(), Reason> {
        let mut all = headers.get_all(DPOP).iter();
        let text = all.next().ok_or(Reason::ProofMissing)?;
        if all.next().is_some() {
            return Err(Reason::ProofInvalid);
        }
        let text = text.to_str().map_err(|_| Reason::ProofInvalid)?;
        let path = format!("{}{}", self.prefix, target.uri.path());
        let proof = self.read(text.trim(), target.method, &path, token, now).map_err(|why| {
            tracing::debug!(%why, "proof of possession refused");
            if why == ProofError::Nonce { Reason::NonceNeeded } else { Reason::ProofInvalid }
        })?;
        if Confirmation::Key(proof.key) == bound { Ok(()) } else { Err(Reason::OtherKey) }
    }

    fn read(&self, text: &str, method: &Method, path: &str, token: &str, now: i64) -> Result<Proof, ProofError> {
        let proof = Proof::open(text, &ALGORITHMS)?;
        proof.check(&Expected {
            method: method.as_str(),
            path,
            origins: &[&self.origin],
            token: Some(token),
            nonces: if self.nonces.is_some() { Nonces::Required } else { Nonces::Off },
            is_nonce: |nonce: &str| self.nonces.as_ref().is_some_and(|key| key.is_good(nonce, &self.origin, now)),
            now,
        })?;
        if self.seen.is_new(&proof.digest(), now) { Ok(proof) } else { Err(ProofError::Replayed) }
    }
}

/// Whether a caller may use the token: one that is bound to a key comes in the scheme `DPoP` with a proof of that key, any other
/// as a bearer token (RFC 9449 7.1, 7.2), and with its certificate where it is bound to one (RFC 8705 3).
pub(crate) fn check_binding(
    proofs: Option<&Proofs>,
    (headers, target): (&HeaderMap, Option<Target<'_>>),
    (token, scheme): (&str, Scheme),
    caller: &Caller,
    now: i64,
) -> Result<(), Reason> {
    let bound = match (caller.claims.get("cnf"), scheme) {
        (None, Scheme::Bearer) => return Ok(()),
        (None, Scheme::Dpop) => return Err(Reason::WrongScheme),
        (Some(bound), _) => serde_json::from_value::<Confirmation>(bound.clone()).map_err(|_| Reason::Invalid)?,
    };
    match (proofs, target, bound, scheme) {
        (Some(proofs), Some(target), Confirmation::Key(_), Scheme::Dpop) => {
            proofs.check(headers, target, token, bound, now)
        }
        (_, target, Confirmation::Certificate(bound), Scheme::Bearer) => {
            let shown = target.and_then(|target| target.certificate);
            if shown.is_some_and(|shown| shown.thumbprint() == bound) { Ok(()) } else { Err(Reason::OtherKey) }
        }
        (None, _, Confirmation::Key(_), _) => {
            tracing::debug!(
                "a token is bound to a key; this guard checks that once it is told its address with dpop()"
            );
            Err(Reason::WrongScheme)
        }
        _ => Err(Reason::WrongScheme),
    }
}

/// In which schemes a refused request is asked for a token.
pub(crate) fn schemes(enabled: bool, headers: &HeaderMap, names: &[HeaderName]) -> Schemes {
    let mut sent = names.iter().filter_map(|name| headers.get(name)).map(|value| value.as_bytes().trim_ascii());
    let is_dpop = |value: &[u8]| value.get(..5).is_some_and(|scheme| scheme.eq_ignore_ascii_case(b"dpop "));
    match sent.next() {
        _ if !enabled => Schemes::Bearer,
        None => Schemes::Both,
        Some(first) if is_dpop(first) => Schemes::Dpop,
        Some(_) => Schemes::Bearer,
    }
}
