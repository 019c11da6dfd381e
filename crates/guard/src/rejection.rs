//! A refused request, and the answer to it.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use claviger_core::bearer::{Reason, refuse};
use claviger_core::dpop_challenge::Schemes;
use claviger_core::step_up::SignIn;
use http::{HeaderValue, Response, StatusCode};

use crate::Vocabulary;
use crate::dpop::{ALGORITHMS, DPOP_NONCE};

/// What an API says of itself in its refusals.
#[derive(Debug)]
pub(crate) struct Presentation {
    /// The `realm` of the challenge, already fit to stand between quotes.
    pub(crate) realm: String,
    pub(crate) vocabulary: Vocabulary,
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
    presentation: Arc<Presentation>,
}

impl Rejection {
    pub(crate) fn new(reason: Reason, scope: Option<String>, presentation: Arc<Presentation>) -> Self {
        Self { reason, scope, sign_in: None, schemes: Schemes::Bearer, nonce: None, presentation }
    }

    pub(crate) fn in_schemes(self, schemes: Schemes, nonce: Option<HeaderValue>) -> Self {
        Self { schemes, nonce, ..self }
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

    /// The answer: the challenge of RFC 6750 section 3 with a JSON body that says the same, or the vendor's codes.
    pub fn to_response(&self) -> Response<Bytes> {
        let Presentation { realm, vocabulary } = &*self.presentation;
        let answer = refuse(self.reason, realm, self.scope.as_deref(), vocabulary);
        let answer = answer.in_schemes(self.schemes, self.reason, self.scope.as_deref(), &ALGORITHMS);
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
