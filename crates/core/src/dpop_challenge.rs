//! The challenge of the scheme `DPoP` (RFC 9449 7.1), beside that of `Bearer` or in its place.

use crate::bearer::{BearerAnswer, Reason, quotable};
use crate::dpop::names;
use crate::jose::Algorithm;

/// In which schemes an answer asks for a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Schemes {
    /// Bearer tokens alone.
    Bearer,
    /// Tokens that are bound to a key: the request had one, or should have had.
    Dpop,
    /// Either: nothing is known of who asks.
    Both,
}

impl BearerAnswer {
    /// The same answer in these schemes; `algorithms`: what may sign a proof.
    #[must_use]
    pub fn in_schemes(
        mut self,
        schemes: Schemes,
        reason: Reason,
        scope: Option<&str>,
        algorithms: &[Algorithm],
    ) -> Self {
        let Some(bearer) = self.challenge.take() else { return self };
        let algs = names(algorithms);
        self.challenge = Some(match schemes {
            Schemes::Bearer => bearer,
            Schemes::Both => format!(r#"{bearer}, DPoP algs="{algs}""#),
            Schemes::Dpop => {
                let error = |error| format!(r#", error="{error}", error_description="{reason}""#);
                let error = reason.error().map(error).unwrap_or_default();
                let scope = scope.map(|scope| format!(r#", scope="{}""#, quotable(scope))).unwrap_or_default();
                format!(r#"DPoP algs="{algs}"{error}{scope}"#)
            }
        });
        self
    }
}

#[cfg(test)]
mod tests {
    use super::Schemes;
    use crate::bearer::{Reason, refuse};
    use crate::dialect::ErrorVocabulary;
    use crate::jose::Algorithm;

    fn challenge(schemes: Schemes, reason: Reason, scope: Option<&str>) -> Option<String> {
        let answer = refuse(reason, "orders", scope, &ErrorVocabulary::Standard);
        answer.in_schemes(schemes, reason, scope, &[Algorithm::Es256, Algorithm::Ps256]).challenge
    }

    #[test]
    fn each_scheme_has_its_challenge() {
        let no = Reason::NoCredentials;
        assert_eq!(challenge(Schemes::Bearer, no, None).unwrap(), r#"Bearer realm="orders""#);
        assert_eq!(challenge(Schemes::Dpop, no, None).unwrap(), r#"DPoP algs="ES256 PS256""#);
        let both = challenge(Schemes::Both, no, None).unwrap();
        assert_eq!(both, r#"Bearer realm="orders", DPoP algs="ES256 PS256""#);
        let scope = challenge(Schemes::Dpop, Reason::InsufficientScope, Some("a\"b")).unwrap();
        assert!(scope.starts_with(r#"DPoP algs="ES256 PS256", error="insufficient_scope", "#), "{scope}");
        assert!(scope.ends_with(r#", scope="ab""#), "{scope}");
        assert_eq!(challenge(Schemes::Dpop, Reason::Unavailable, None), None);
    }

    #[test]
    fn what_is_wrong_with_a_proof_has_the_standards_word() {
        for (reason, error) in [
            (Reason::WrongScheme, "invalid_token"),
            (Reason::OtherKey, "invalid_token"),
            (Reason::ProofMissing, "invalid_dpop_proof"),
            (Reason::ProofInvalid, "invalid_dpop_proof"),
            (Reason::NonceNeeded, "use_dpop_nonce"),
        ] {
            let found = challenge(Schemes::Dpop, reason, None).unwrap();
            let expected = format!(r#"DPoP algs="ES256 PS256", error="{error}", error_description="{reason}""#);
            assert_eq!((reason.status(), found), (401, expected));
        }
    }
}
