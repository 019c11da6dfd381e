//! A token request as one value with one variant per grant (RFC 6749 4.1.3, 4.3.2, 4.4.2, 6; RFC 7523 2.1; RFC 8628 3.4;
//! RFC 8693 2.1).

use crate::client::{Client, GrantType};
use crate::confirmation::Confirmation;
use crate::dialect::Legacy;
use crate::metadata;
use crate::params::Params;
use crate::realm::Realm;
use crate::refusal::{Further, Refusal};
use crate::scope::ScopeSet;
use crate::token::{self, Id, Kind, Plain, PresentedRefresh};
use crate::token_exchange::TokenExchange;

/// What the client asks the token endpoint for.
#[derive(Debug, Clone)]
pub struct TokenRequest {
    /// The grant and what it needs.
    pub grant: Grant,
    /// `scope`, if it was sent.
    pub scope: Option<ScopeSet>,
    /// `audience` and `resource`, as far as they were sent.
    pub audiences: Vec<String>,
    /// The key that its sender showed; whoever read the request fills it in.
    pub confirmation: Option<Confirmation>,
}

impl TokenRequest {
    /// The APIs that it is for, as the realm spells them.
    pub(crate) fn asked_apis<'a>(&'a self, realm: &'a Realm) -> Vec<&'a str> {
        self.audiences.iter().map(|name| realm.spelled(name)).collect()
    }
}

/// One grant with its own parameters.
#[derive(Debug, Clone)]
pub enum Grant {
    /// RFC 6749 4.1.3.
    AuthorizationCode {
        /// The code's row.
        id: Id,
        /// The code.
        code: Plain,
        /// `redirect_uri`, if it was sent.
        redirect_uri: Option<String>,
        /// `code_verifier`, if it was sent.
        verifier: Option<Plain>,
    },
    /// RFC 6749 6.
    RefreshToken {
        /// Taken apart.
        presented: PresentedRefresh,
        /// The text.
        token: Plain,
    },
    /// RFC 6749 4.4.2.
    ClientCredentials,
    /// RFC 8628 3.4.
    DeviceCode {
        /// The device code's row.
        id: Id,
        /// The device code.
        code: Plain,
    },
    /// CIBA Core 1.0 10.1.
    Ciba {
        /// The row of the request.
        id: Id,
        /// The `auth_req_id`.
        code: Plain,
    },
    /// RFC 6749 4.3.2.
    Password {
        /// `username`.
        username: String,
        /// `password`.
        password: Plain,
    },
    /// RFC 8693 2.1.
    TokenExchange(Box<TokenExchange>),
    /// RFC 7523 2.1.
    JwtBearer {
        /// `assertion`.
        assertion: Plain,
    },
}

/// Longest user name and password that are looked at, in bytes: hashing is bounded before it starts.
const LONGEST_CREDENTIAL: usize = 1024;

impl TokenRequest {
    /// Reads a token request of an authenticated client.
    ///
    /// # Errors
    /// What is missing, malformed, not served in this realm (`unsupported_grant_type`), or not allowed to this client
    /// (`unauthorized_client`).
    pub fn parse(params: &Params<'_>, realm: &Realm, client: &Client) -> Result<Self, Refusal> {
        let grant_type = grant_type(realm, params.required("grant_type")?)?;
        if !realm.serves_grant(grant_type) {
            return Err(Refusal::UnknownGrant(metadata::token_grants(realm)));
        }
        if grant_type == GrantType::Password && !client.has(Legacy::Password) && client.may(grant_type) {
            return Err(Refusal::legacy(client, Legacy::Password));
        }
        if !client.may(grant_type) {
            return Err(Refusal::grant_not_allowed(client));
        }
        let grant = match grant_type {
            GrantType::AuthorizationCode => {
                let code = params.required("code")?;
                Grant::AuthorizationCode {
                    id: token::row_id(Kind::Code, code).ok_or(Refusal::CodeUnknown)?,
                    code: code.into(),
                    redirect_uri: params.get("redirect_uri").map(str::to_owned),
                    verifier: params.get("code_verifier").map(Plain::from),
                }
            }
            GrantType::RefreshToken => {
                let token = params.required("refresh_token")?;
                Grant::RefreshToken {
                    presented: PresentedRefresh::parse(token).ok_or(Refusal::RefreshUnknown)?,
                    token: token.into(),
                }
            }
            GrantType::Password => {
                let (username, password) = (params.required("username")?, params.required("password")?);
                if username.len() > LONGEST_CREDENTIAL || password.len() > LONGEST_CREDENTIAL {
                    return Err(Refusal::WrongPassword);
                }
                Grant::Password { username: username.to_owned(), password: password.into() }
            }
            GrantType::ClientCredentials => Grant::ClientCredentials,
            GrantType::DeviceCode => {
                let code = params.required("device_code")?;
                let id = token::row_id(Kind::Device, code).ok_or(Further::DeviceUnknown)?;
                Grant::DeviceCode { id, code: code.into() }
            }
            GrantType::Ciba => {
                let code = params.required("auth_req_id")?;
                let id = token::row_id(Kind::Backchannel, code).ok_or(Further::AuthReqUnknown)?;
                Grant::Ciba { id, code: code.into() }
            }
            GrantType::TokenExchange => Grant::TokenExchange(Box::new(TokenExchange::parse(params)?)),
            GrantType::JwtBearer => Grant::JwtBearer { assertion: params.required("assertion")?.into() },
            GrantType::Implicit => return Err(Refusal::grant_not_allowed(client)),
        };
        Ok(Self { grant, scope: scope(params)?, audiences: audiences(params), confirmation: None })
    }
}

fn grant_type(realm: &Realm, text: &str) -> Result<GrantType, Refusal> {
    let at_token = GrantType::ALL.into_iter().filter(|grant| *grant != GrantType::Implicit);
    at_token
        .into_iter()
        .find(|grant| grant.name() == text)
        .ok_or_else(|| Refusal::UnknownGrant(metadata::token_grants(realm)))
}

/// `scope`, if it was sent.
///
/// # Errors
/// Characters that a scope cannot have.
pub fn scope(params: &Params<'_>) -> Result<Option<ScopeSet>, Refusal> {
    let Some(text) = params.get("scope") else { return Ok(None) };
    if ScopeSet::is_too_many(text) {
        return Err(Refusal::TooManyScopes);
    }
    ScopeSet::parse(text).map(Some).map_err(|_| Refusal::MalformedScope)
}

/// The APIs that a token is asked for: `audience`, of which an exchange may have several (RFC 8693 2.1), and each `resource`
/// (RFC 8707 2).
pub fn audiences(params: &Params<'_>) -> Vec<String> {
    params.all("audience").chain(params.all("resource")).map(str::to_owned).collect()
}
