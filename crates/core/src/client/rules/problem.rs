//! What can be wrong with a client: a variant each, with its field, what is wrong and what to do.

mod help;
mod rule;

use super::field::Field;
use crate::client::{AssertionAlgorithm, AuthMethod, GrantType, IdentityProblem};
use crate::dialect::Legacy;
use crate::jose::jwe::KeyManagement;
use crate::profile::Profile;
use crate::redirect::NotARedirectUri;
use crate::scope::NotAScope;
use std::collections::BTreeSet;

/// One thing that is wrong with a client. It prints as what is wrong; [`Problem::help`] says what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// It does not fit into URLs, logs and HTTP Basic in every reading.
    #[error(
        "a client's id is 1 to 100 of the letters a to z, digits, `-`, `_` and `.`, or the https:// address of its document"
    )]
    Id,
    /// Empty, too long, or with control characters.
    #[error("a client's name is 1 to 100 printable characters: people are shown it")]
    Name,
    /// Too long, or with characters that steer what shows them.
    #[error("a publisher is at most 100 printable characters: people are shown it")]
    Publisher,
    /// Mails could not be sent there.
    #[error("`{address}` is not a mail address")]
    OwnerEmail {
        /// What was given.
        address: String,
    },
    /// A redirect URI that cannot be registered.
    #[error("`{uri}`: {why}")]
    RedirectUri {
        /// Its place in the list.
        index: usize,
        /// What was given.
        uri: String,
        /// Why.
        why: NotARedirectUri,
    },
    /// A grant that goes through the browser, and no way back.
    #[error("users must be sent back somewhere: the client has no redirect URI")]
    NoRedirectUri,
    /// A wildcard without its legacy behaviour.
    #[error("`{uri}` holds a wildcard, which is given to single clients only")]
    WildcardNotGiven {
        /// Its place in the list.
        index: usize,
        /// The URI.
        uri: String,
    },
    /// A wildcard of a client that is public or uses more than the code flow.
    #[error("a wildcard is for confidential clients that use the code flow and nothing else")]
    WildcardBesidesCode {
        /// Its place in the list.
        index: usize,
        /// The URI.
        uri: String,
    },
    /// A page in a browser at an address that is not known to the byte.
    #[error("`{uri}` is not the address of a page: a browser client has https, or http on this machine with its port")]
    NotAPage {
        /// Its place in the list.
        index: usize,
        /// The URI.
        uri: String,
    },
    /// Its user is asked while they are elsewhere, by whoever says that they are this client.
    #[error("a public client cannot ask users who are elsewhere: it has nothing to prove itself with")]
    PublicCiba,
    /// Ping mode without an address.
    #[error("in ping mode the client is told at an address, and has none")]
    NoNotificationEndpoint,
    /// An address that cannot be called.
    #[error("`{uri}` is not an https:// address without a user name and a fragment")]
    NotificationEndpoint {
        /// What was given.
        uri: String,
    },
    /// An address after logging out that cannot be registered.
    #[error("`{uri}`: {why}")]
    PostLogoutUri {
        /// Its place in the list.
        index: usize,
        /// What was given.
        uri: String,
        /// Why.
        why: NotARedirectUri,
    },
    /// An address after logging out with a wildcard.
    #[error("after logging out, users go to exact URIs only")]
    PostLogoutWildcard {
        /// Its place in the list.
        index: usize,
        /// The URI.
        uri: String,
    },
    /// The scope cannot be read (RFC 6749 3.3).
    #[error("{0}")]
    ScopeText(NotAScope),
    /// A scope that the realm does not have.
    #[error("there is no scope `{name}`")]
    UnknownScope {
        /// What was given.
        name: String,
    },
    /// A scope of an API that is not among the audiences.
    #[error("the scope `{name}` belongs to an API that this client gets no tokens for")]
    ScopeElsewhere {
        /// The scope.
        name: String,
        /// The API's audience.
        api: String,
    },
    /// An audience that is no API's.
    #[error("there is no API with the audience `{name}`")]
    UnknownAudience {
        /// Its place in the list.
        index: usize,
        /// What was given.
        name: String,
    },
    /// No grant, and not an API that only introspects.
    #[error("a client without grants can do nothing")]
    NoGrant,
    /// A public client with the client credentials grant (RFC 6749 4.4).
    #[error("a public client has no credentials for client_credentials (RFC 6749 4.4)")]
    PublicClientCredentials,
    /// The refresh token grant, with no grant that gives out refresh tokens.
    #[error("none of its grants comes with a refresh token")]
    NothingToRefresh {
        /// It can ask with client credentials again.
        asks_again: bool,
    },
    /// A grant that needs a legacy behaviour.
    #[error("the grant {} is given to single clients only", grant.name())]
    GrantNotGiven {
        /// The grant.
        grant: GrantType,
        /// What it needs.
        legacy: Legacy,
    },
    /// A grant that the dialect does not serve.
    #[error("the dialect `{dialect}` does not serve the grant {}", grant.name())]
    GrantNotServed {
        /// The grant.
        grant: GrantType,
        /// The dialect's name.
        dialect: String,
    },
    /// A grant that the realm is not ready for.
    #[error("the grant {} needs {needs} in its realm", grant.word())]
    GrantNeeds {
        /// The grant.
        grant: GrantType,
        /// What is missing.
        needs: &'static str,
    },
    /// Tokens that it may or may not exchange.
    #[error("{why}")]
    Exchange {
        /// What is wrong.
        why: String,
    },
    /// A legacy behaviour that the dialect does not permit.
    #[error("the dialect `{dialect}` does not permit {}", legacy.name())]
    NotPermitted {
        /// The behaviour.
        legacy: Legacy,
        /// The dialect's name.
        dialect: String,
        /// What it does permit.
        permitted: BTreeSet<Legacy>,
    },
    /// A legacy behaviour that no public client gets (RFC 9700 2.1.1, 4.14.2).
    #[error("{}", not_for_public(*legacy))]
    NotForPublic {
        /// The behaviour.
        legacy: Legacy,
    },
    /// Refresh tokens that stay valid, without the legacy behaviour.
    #[error("refresh tokens that stay valid are given to single clients only")]
    TurnoverNotGiven,
    /// It may leave PKCE out, and must not.
    #[error("PKCE is required of it (pkce = \"required\"), so it cannot leave it out")]
    NoPkceInVain,
    /// No time, or longer than [`crate::realm::LONGEST_ACCESS_TOKEN`].
    #[error("an access token lives between a second and a day")]
    AccessTokenTtl,
    /// Its plan is none of the realm's.
    #[error("there is no plan `{name}`")]
    UnknownPlan {
        /// What was given.
        name: String,
    },
    /// More than [`crate::limits::HIGHEST`].
    #[error("a limit is at most 1000000 calls a minute; 0 is none")]
    LimitTooHigh,
    /// It stands for a user and does not use client credentials.
    #[error("only a client that uses client_credentials stands for a user")]
    ActsAsWithoutClientCredentials,
    /// It stands for nobody who is there.
    #[error("there is no user `{name}`")]
    UnknownUser {
        /// What was given.
        name: String,
    },
    /// It stands for an administrator.
    #[error("a client cannot stand for an administrator")]
    ActsAsAdministrator,
    /// A secret that is empty or not printable ASCII (RFC 6749 A.2).
    #[error("a secret is one or more characters of printable ASCII")]
    SecretText,
    /// A public client with a secret.
    #[error("a public client has no secret")]
    PublicSecret,
    /// A secret, and its user's password as well.
    #[error("this client's secret is its user's password: it has none of its own")]
    SecretBesidesPassword,
    /// A public client whose secret were its user's password.
    #[error("a public client has no secret")]
    PublicPassword,
    /// Its secret were a password, and it stands for nobody.
    #[error("whose password? the client stands for no user")]
    PasswordOfNobody,
    /// It is an API that the realm does not have.
    #[error("there is no API with the audience `{name}`")]
    UnknownResourceServer {
        /// What was given.
        name: String,
    },
    /// A public client that introspects (RFC 7662 2.1).
    #[error("an API that introspects tokens says who it is (RFC 7662 2.1)")]
    PublicResourceServer,
    /// A public client without consent.
    #[error("anybody can pretend to be a public client: users are asked")]
    PublicTrusted,
    /// Keys that cannot be read, are private, or are of no use.
    #[error("this is no JWK set of public keys: {why}")]
    Jwks {
        /// Why.
        why: String,
    },
    /// Both a key set and where one is (RFC 7591 2).
    #[error("its keys stand here and at jwks-uri: only one of the two can be")]
    TwoKeySets,
    /// Keys could not be fetched from there.
    #[error("`{uri}` is not an https:// address without a user name")]
    JwksUri {
        /// What was given.
        uri: String,
    },
    /// A public client that is to prove something.
    #[error("a public client has nothing to prove itself with, and {method} is a proof")]
    MethodOfPublic {
        /// The method.
        method: AuthMethod,
    },
    /// A confidential client that proves nothing.
    #[error("only a public client proves nothing (none)")]
    MethodNone,
    /// It is known by its keys, and has none.
    #[error("it is known by its keys, and has none")]
    MethodWithoutKeys,
    /// Not exactly one name in the certificate (RFC 8705 2.1.2).
    #[error("tls_client_auth needs exactly one name of the certificate, and there are {names}")]
    CertificateNames {
        /// How many there are.
        names: usize,
    },
    /// A name in a certificate that nobody looks at.
    #[error("a name of the certificate is for tls_client_auth")]
    CertificateNameInVain,
    /// An address that is none.
    #[error("`{address}` is no IP address")]
    CertificateAddress {
        /// What was given.
        address: String,
    },
    /// A secret that is too short to sign with (RFC 7518 3.2).
    #[error("client_secret_jwt signs with the secret: it has 32 characters at least")]
    ShortSecret,
    /// A secret, and a method that uses none.
    #[error("{method} uses no secret")]
    SecretInVain {
        /// The method.
        method: AuthMethod,
    },
    /// Its user's password, and a method that cannot be checked with the password's hash.
    #[error("a user's password is known as a hash only, and {method} cannot be checked with that")]
    PasswordOfMethod {
        /// The method.
        method: AuthMethod,
    },
    /// An algorithm for assertions that it does not make.
    #[error("{} is not an algorithm of {}", algorithm.name(), method.map_or("a client without assertions", AuthMethod::name))]
    AssertionAlgorithm {
        /// The algorithm.
        algorithm: AssertionAlgorithm,
        /// The method.
        method: Option<AuthMethod>,
    },
    /// A request object could not be fetched from there.
    #[error("`{uri}` is not an https:// address without a user name")]
    RequestUri {
        /// Its place in the list.
        index: usize,
        /// What was given.
        uri: String,
    },
    /// More addresses than a client needs.
    #[error("a client has at most 20 addresses for request objects")]
    TooManyRequestUris,
    /// Signed requests, and nothing to check them with.
    #[error("its requests are to be signed, and it has no keys")]
    NoKeys,
    /// Requests that must be signed and are not.
    #[error("its requests must be signed, and are said not to be")]
    UnsignedAndSigned,
    /// Requests that are signed with a secret which the server does not know.
    #[error("its requests are to be signed with its secret, which is not kept: only `client_secret_jwt` needs that")]
    SecretNotKnown,
    /// The realm's profile does not let it be.
    #[error("{why}: `{}`", profile.name())]
    OutsideProfile {
        /// The profile.
        profile: Profile,
        /// The field.
        field: Field,
        /// What is wrong.
        why: &'static str,
        /// What to change.
        help: &'static str,
    },
    /// It says with what content is encrypted, and not how the key comes to it.
    #[error("an enc needs its alg: {} is missing", field.name())]
    EncryptedWithoutAlg {
        /// The field that is missing.
        field: Field,
    },
    /// Something is to be encrypted to it, and it has no key for that.
    #[error("none of its keys is one to encrypt to with {alg}")]
    NoKeyToEncrypt {
        /// What says that it is to be encrypted.
        field: Field,
        /// How.
        alg: KeyManagement,
    },
    /// It encrypts its request objects in a way that the realm does not read.
    #[error("the realm reads no request objects that are encrypted with {alg}")]
    ObjectEncryption {
        /// How.
        alg: KeyManagement,
    },
    /// Something that it says about itself.
    #[error("{why}")]
    Registered {
        /// Its key in realm files.
        key: &'static str,
        /// What is wrong.
        why: String,
    },
    /// How its users are named to it, or what it is told of them.
    #[error("{0}")]
    Identity(IdentityProblem),
    /// It cannot be told there that somebody signed out.
    #[error("`{uri}`: {why}")]
    LogoutUri {
        /// By which of the two ways.
        field: Field,
        /// What was given.
        uri: String,
        /// Why.
        why: &'static str,
    },
}

const fn not_for_public(legacy: Legacy) -> &'static str {
    match legacy {
        Legacy::NoPkce => "a public client always uses PKCE (RFC 9700 2.1.1)",
        Legacy::ReusableRefresh => "refresh tokens of public clients are spent by use (RFC 9700 4.14.2)",
        _ => "this legacy behaviour is not for public clients",
    }
}

impl Problem {
    /// The field that it is about.
    pub const fn field(&self) -> Field {
        match self {
            Self::Id => Field::Id,
            Self::Name => Field::Name,
            Self::Publisher => Field::Publisher,
            Self::OwnerEmail { .. } => Field::OwnerEmail,
            Self::RedirectUri { .. }
            | Self::NoRedirectUri
            | Self::NotAPage { .. }
            | Self::WildcardNotGiven { .. }
            | Self::WildcardBesidesCode { .. } => Field::RedirectUris,
            Self::PostLogoutUri { .. } | Self::PostLogoutWildcard { .. } => Field::PostLogoutRedirectUris,
            Self::ScopeText(_) | Self::UnknownScope { .. } | Self::ScopeElsewhere { .. } => Field::Scope,
            Self::UnknownAudience { .. } => Field::Audiences,
            Self::NoGrant
            | Self::PublicClientCredentials
            | Self::NothingToRefresh { .. }
            | Self::PublicCiba
            | Self::GrantNotServed { .. }
            | Self::GrantNeeds { .. }
            | Self::GrantNotGiven { .. } => Field::Grants,
            Self::NotPermitted { .. } | Self::NotForPublic { .. } | Self::NoPkceInVain => Field::Legacy,
            Self::Exchange { .. } => Field::TokenExchange,
            Self::TurnoverNotGiven => Field::Turnover,
            Self::AccessTokenTtl => Field::AccessTokenTtl,
            Self::UnknownPlan { .. } => Field::Plan,
            Self::LimitTooHigh => Field::TokenCallsPerMinute,
            Self::ActsAsWithoutClientCredentials | Self::UnknownUser { .. } | Self::ActsAsAdministrator => {
                Field::ActsAs
            }
            Self::SecretText | Self::ShortSecret | Self::PublicSecret | Self::SecretBesidesPassword => Field::Secret,
            Self::PublicPassword | Self::PasswordOfNobody => Field::SecretIsPassword,
            Self::UnknownResourceServer { .. } | Self::PublicResourceServer => Field::ResourceServer,
            Self::PublicTrusted => Field::Trusted,
            Self::Jwks { .. } | Self::NoKeys => Field::Jwks,
            Self::MethodOfPublic { .. }
            | Self::MethodNone
            | Self::MethodWithoutKeys
            | Self::CertificateNames { .. }
            | Self::CertificateNameInVain
            | Self::CertificateAddress { .. }
            | Self::SecretInVain { .. }
            | Self::PasswordOfMethod { .. } => Field::TokenEndpointAuthMethod,
            Self::AssertionAlgorithm { .. } => Field::TokenEndpointAuthSigningAlg,
            Self::TwoKeySets | Self::JwksUri { .. } => Field::JwksUri,
            Self::RequestUri { .. } | Self::TooManyRequestUris => Field::RequestUris,
            Self::UnsignedAndSigned | Self::SecretNotKnown => Field::RequestObjectSigningAlg,
            Self::Registered { key, .. } => Field::Registered(key),
            Self::Identity(problem) => Field::Identity(problem.field()),
            Self::NoNotificationEndpoint | Self::NotificationEndpoint { .. } => Field::NotificationEndpoint,
            Self::LogoutUri { field, .. }
            | Self::OutsideProfile { field, .. }
            | Self::EncryptedWithoutAlg { field }
            | Self::NoKeyToEncrypt { field, .. } => *field,
            Self::ObjectEncryption { .. } => Field::RequestObjectEncryption,
        }
    }

    /// Which item of a list it is about, where the field is one.
    pub const fn index(&self) -> Option<usize> {
        match self {
            Self::RedirectUri { index, .. }
            | Self::WildcardNotGiven { index, .. }
            | Self::WildcardBesidesCode { index, .. }
            | Self::NotAPage { index, .. }
            | Self::PostLogoutUri { index, .. }
            | Self::PostLogoutWildcard { index, .. }
            | Self::UnknownAudience { index, .. }
            | Self::RequestUri { index, .. } => Some(*index),
            Self::Identity(problem) => problem.index(),
            _ => None,
        }
    }
}
