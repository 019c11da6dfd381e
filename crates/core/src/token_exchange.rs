//! A request to exchange a token for another one (RFC 8693 2.1), before anything of it is believed.

use crate::params::Params;
use crate::refusal::Refusal;
use crate::token::Plain;

/// What the answer says that it gives, and the only thing that can be asked for (RFC 8693 2.2.1, 3).
pub const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";

/// What a presented token is (RFC 8693 3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenType {
    /// An access token of this realm, signed or a reference.
    AccessToken,
    /// An ID token of this realm.
    IdToken,
    /// A JWT: either of the two, or one of an issuer whom the realm trusts.
    Jwt,
}

impl TokenType {
    fn of(name: &str) -> Option<Self> {
        match name {
            ACCESS_TOKEN => Some(Self::AccessToken),
            "urn:ietf:params:oauth:token-type:id_token" => Some(Self::IdToken),
            "urn:ietf:params:oauth:token-type:jwt" => Some(Self::Jwt),
            _ => None,
        }
    }
}

/// A token, and what it is said to be.
#[derive(Debug, Clone)]
pub struct Presented {
    /// The token.
    pub token: Plain,
    /// What its sender says that it is.
    pub kind: TokenType,
}

/// Which token is to be exchanged, and who will act.
#[derive(Debug, Clone)]
pub struct TokenExchange {
    /// For whom the new token is.
    pub subject: Presented,
    /// Who will act for them.
    pub actor: Option<Presented>,
}

impl TokenExchange {
    /// Reads the parameters that only this grant has.
    ///
    /// # Errors
    /// One is missing, or has its type or its token alone; a type that is not known here; something else than an access token is
    /// asked for.
    pub fn parse(params: &Params<'_>) -> Result<Self, Refusal> {
        if params.get("requested_token_type").is_some_and(|wanted| wanted != ACCESS_TOKEN) {
            let why = "tokens are exchanged for an access token only (urn:ietf:params:oauth:token-type:access_token)";
            return Err(Refusal::WrongParameter { name: "requested_token_type", why });
        }
        let subject = presented(params, ("subject_token", "subject_token_type"))?
            .ok_or(Refusal::MissingParameter("subject_token"))?;
        Ok(Self { subject, actor: presented(params, ("actor_token", "actor_token_type"))? })
    }
}

/// A token with its type; `None` where there is neither.
fn presented(
    params: &Params<'_>,
    (token_name, type_name): (&'static str, &'static str),
) -> Result<Option<Presented>, Refusal> {
    let (token, kind) = match (params.get(token_name), params.get(type_name)) {
        (None, None) => return Ok(None),
        (Some(_), None) => return Err(Refusal::MissingParameter(type_name)),
        (None, Some(_)) => return Err(Refusal::MissingParameter(token_name)),
        (Some(token), Some(kind)) => (token, kind),
    };
    let why = "it is access_token, id_token or jwt, each after urn:ietf:params:oauth:token-type:";
    let kind = TokenType::of(kind).ok_or(Refusal::WrongParameter { name: type_name, why })?;
    Ok(Some(Presented { token: token.into(), kind }))
}

#[cfg(test)]
mod tests {
    use super::{ACCESS_TOKEN, TokenExchange, TokenType};
    use crate::params::Params;
    use crate::refusal::{ErrorCode, Refusal};

    const ID_TOKEN: &str = "urn:ietf:params:oauth:token-type:id_token";

    fn parse(pairs: &[(&str, &str)]) -> Result<TokenExchange, Refusal> {
        let pairs = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        TokenExchange::parse(&Params::of_pairs(pairs).unwrap())
    }

    #[test]
    fn a_token_comes_with_its_type() {
        let subject = [("subject_token", "s"), ("subject_token_type", ACCESS_TOKEN)];
        let read = parse(&subject).unwrap();
        assert_eq!((read.subject.kind, read.actor.is_none()), (TokenType::AccessToken, true));
        let both = [subject.as_slice(), &[("actor_token", "a"), ("actor_token_type", ID_TOKEN)]].concat();
        assert_eq!(parse(&both).unwrap().actor.unwrap().kind, TokenType::IdToken);
        for (half, missing) in [
            (vec![], "subject_token"),
            (vec![("subject_token", "s")], "subject_token_type"),
            (vec![("subject_token_type", ACCESS_TOKEN)], "subject_token"),
            ([subject.as_slice(), &[("actor_token", "a")]].concat(), "actor_token_type"),
            ([subject.as_slice(), &[("actor_token_type", ACCESS_TOKEN)]].concat(), "actor_token"),
        ] {
            assert_eq!(parse(&half).unwrap_err(), Refusal::MissingParameter(missing), "{half:?}");
        }
    }

    #[test]
    fn what_is_not_known_is_refused() {
        for kind in ["refresh_token", "saml1", "saml2", "txn_token", "ACCESS_TOKEN"] {
            let kind = format!("urn:ietf:params:oauth:token-type:{kind}");
            let refused = parse(&[("subject_token", "s"), ("subject_token_type", &kind)]).unwrap_err();
            assert_eq!(refused.code(), ErrorCode::InvalidRequest, "{kind}");
        }
        let with = |wanted| {
            parse(&[("subject_token", "s"), ("subject_token_type", ID_TOKEN), ("requested_token_type", wanted)])
        };
        assert!(with(ACCESS_TOKEN).is_ok());
        for wanted in ["urn:ietf:params:oauth:token-type:refresh_token", ID_TOKEN, "access_token"] {
            assert_eq!(with(wanted).unwrap_err().code(), ErrorCode::InvalidRequest, "{wanted}");
        }
    }
}
