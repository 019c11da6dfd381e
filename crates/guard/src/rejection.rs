//! A refused request, and the answer to it.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use claviger_core::bearer::{BearerAnswer, Reason, refuse};
use claviger_core::dpop_challenge::Schemes;
use claviger_core::step_up::SignIn;
use http::{HeaderValue, Response, StatusCode};

use crate::dpop::{ALGORITHMS, DPOP_NONCE};
use crate::{ResourceMetadata, Vocabulary};

/// What an API says of itself in its refusals.
#[derive(Debug)]
pub(crate) struct Presentation {
    /// The `realm` of the challenge, already fit to stand between quotes.
    pub(crate) realm: String,
    pub(crate) vocabulary: Vocabulary,
    /// What the API says of itself.
    pub(crate) metadata: Option<ResourceMetadata>,
}

/// A refused request.
#[derive(Clone)]
pub struct Rejection {
    reason: Reason,
    /// The scopes that would be needed, for [`Reason::InsufficientScope`].
    scope: Option<String>,
    /// The sign-in that would be enough, for [`Reason::InsufficientAuthentication`].
    sign_in: Option<Box<SignIn>>,
    schemes: Schemes,
    /// The nonce for the next proof.
    nonce: Option<HeaderValue>,
    /// The scopes that the route needs, whatever is wrong.
    wanted: Option<String>,
    presentation: Arc<Presentation>,
}

impl Rejection {
    pub(crate) fn new(reason: Reason, scope: Option<String>, presentation: Arc<Presentation>) -> Self {
        Self { reason, scope, sign_in: None, schemes: Schemes::Bearer, nonce: None, wanted: None, presentation }
    }

    pub(crate) fn in_schemes(self, schemes: Schemes, nonce: Option<HeaderValue>) -> Self {
        Self { schemes, nonce, ..self }
    }

    pub(crate) fn wanting(self, scope: Option<String>) -> Self {
        Self { wanted: scope, ..self }
    }

    pub(crate) fn asking_for(self, sign_in: &SignIn) -> Self {
        Self { sign_in: Some(Box::new(sign_in.clone())), ..self }
    }

    /// What is wrong.
    pub fn reason(&self) -> Reason {
        self.reason
    }

    /// The status of the answer.
    pub fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.reason.status()).unwrap_or(StatusCode::UNAUTHORIZED)
    }

    /// The answer with the document in which the API says what it is. What the route needs is in the challenge of a token that
    /// lacks it already; who has none yet is told what to begin with.
    fn described(&self, answer: BearerAnswer, metadata: Option<&ResourceMetadata>) -> BearerAnswer {
        let Some(metadata) = metadata else { return answer };
        let is_told = self.reason == Reason::InsufficientScope;
        let scope = if is_told { None } else { self.wanted.as_deref().or_else(|| metadata.scope()) };
        answer.described_at(metadata.url(), scope)
    }

    /// The answer: the challenge of RFC 6750 section 3 with a JSON body that says the same, or the vendor's codes.
    pub fn to_response(&self) -> Response<Bytes> {
        let Presentation { realm, vocabulary, metadata } = &*self.presentation;
        let answer = refuse(self.reason, realm, self.scope.as_deref(), vocabulary);
        // Beside a challenge of another scheme, that of `Bearer` says it: clients of this kind look there.
        let is_dpop = self.schemes == Schemes::Dpop;
        let answer = if is_dpop { answer } else { self.described(answer, metadata.as_ref()) };
        let answer = answer.in_schemes(self.schemes, self.reason, self.scope.as_deref(), &ALGORITHMS);
        let answer = if is_dpop { self.described(answer, metadata.as_ref()) } else { answer };
        let answer = match &self.sign_in {
            Some(sign_in) => answer.asking_for(sign_in),
            None => answer,
        };
        let mut response = Response::new(Bytes::new());
        *response.status_mut() = self.status();
        for (name, value) in answer.headers() {
            if let Ok(value) = HeaderValue::try_from(value) {
                response.headers_mut().insert(name, value);
            }
        }
        if let Some(nonce) = &self.nonce {
            response.headers_mut().insert(DPOP_NONCE, nonce.clone());
        }
        *response.body_mut() = answer.body.unwrap_or_default().into();
        response
    }
}

impl fmt::Debug for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Rejection({:?})", self.reason)
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.reason.fmt(f)
    }
}

impl std::error::Error for Rejection {}
