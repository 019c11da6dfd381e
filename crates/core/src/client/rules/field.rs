//! The fields of a description, in the order in which their problems are told.

/// The field of a description that a problem is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Field {
    /// `client_id`.
    Id,
    /// What consent calls it.
    Name,
    /// Who publishes it; consent shows it too.
    Publisher,
    /// To whom mails go.
    OwnerEmail,
    /// Whether it can keep a secret.
    Kind,
    /// Where users are sent back to.
    RedirectUris,
    /// Where users are sent to after logging out.
    PostLogoutRedirectUris,
    /// The scopes.
    Scope,
    /// The audiences.
    Audiences,
    /// The grants.
    Grants,
    /// The legacy behaviours.
    Legacy,
    /// The turnover of refresh tokens.
    Turnover,
    /// The lifetime of access tokens.
    AccessTokenTtl,
    /// What signs ID tokens.
    IdTokenSigning,
    /// The user it stands for.
    ActsAs,
    /// A secret that was brought along.
    Secret,
    /// Whether its secret is its user's password.
    SecretIsPassword,
    /// The audience that it is.
    ResourceServer,
    /// Whether consent is left out.
    Trusted,
    /// Its public keys.
    Jwks,
    /// Where they are.
    JwksUri,
    /// How it proves who it is.
    TokenEndpointAuthMethod,
    /// What signs its assertions.
    TokenEndpointAuthSigningAlg,
    /// Where its request objects may lie.
    RequestUris,
    /// What signs its request objects.
    RequestObjectSigningAlg,
    /// What signs its answers.
    AuthorizationSignedResponseAlg,
    /// How its ID tokens are encrypted.
    IdTokenEncryption,
    /// How userinfo is encrypted for it.
    UserinfoEncryption,
    /// How its answers are encrypted.
    AuthorizationEncryption,
    /// How it encrypts its request objects.
    RequestObjectEncryption,
    /// Something that it says about itself, by its key in realm files.
    Registered(&'static str),
    /// How its users are named to it, and what it is told of them; by the key.
    Identity(&'static str),
    /// Whose tokens it may exchange.
    TokenExchange,
    /// The plan that its limits are of.
    Plan,
    /// How often it may call the token endpoint.
    TokenCallsPerMinute,
    /// Where its users' browsers tell it that they signed out.
    FrontchannelLogoutUri,
    /// Where the server does.
    BackchannelLogoutUri,
    /// Where it is told that its user answered.
    NotificationEndpoint,
}

impl Field {
    /// Its name, as realm files spell it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::Name => "name",
            Self::Publisher => "publisher",
            Self::OwnerEmail => "owner-email",
            Self::Kind => "kind",
            Self::RedirectUris => "redirect-uris",
            Self::PostLogoutRedirectUris => "post-logout-redirect-uris",
            Self::Scope => "scope",
            Self::Audiences => "audiences",
            Self::Grants => "grants",
            Self::Legacy => "legacy",
            Self::Turnover => "turnover",
            Self::AccessTokenTtl => "access-token-ttl",
            Self::IdTokenSigning => "id-token-signing",
            Self::ActsAs => "acts-as",
            Self::Secret => "secret",
            Self::SecretIsPassword => "secret-is-password",
            Self::ResourceServer => "resource-server",
            Self::Trusted => "trusted",
            Self::Jwks => "jwks",
            Self::JwksUri => "jwks-uri",
            Self::TokenEndpointAuthMethod => "token-endpoint-auth-method",
            Self::TokenEndpointAuthSigningAlg => "token-endpoint-auth-signing-alg",
            Self::RequestUris => "request-uris",
            Self::RequestObjectSigningAlg => "request-object-signing-alg",
            Self::AuthorizationSignedResponseAlg => "authorization-signed-response-alg",
            Self::IdTokenEncryption => "id-token-encrypted-response-alg",
            Self::UserinfoEncryption => "userinfo-encrypted-response-alg",
            Self::AuthorizationEncryption => "authorization-encrypted-response-alg",
            Self::RequestObjectEncryption => "request-object-encryption-alg",
            Self::Registered(key) | Self::Identity(key) => key,
            Self::TokenExchange => "token-exchange",
            Self::Plan => "plan",
            Self::TokenCallsPerMinute => "token-calls-per-minute",
            Self::FrontchannelLogoutUri => "frontchannel-logout-uri",
            Self::BackchannelLogoutUri => "backchannel-logout-uri",
            Self::NotificationEndpoint => "backchannel-client-notification-endpoint",
        }
    }
}
