//! What each rule for clients is called.

use super::Problem;
use crate::client::IdentityProblem;
use crate::client::rules::Field;
use crate::dialect::Legacy;
use crate::redirect::NotARedirectUri as Uri;

crate::rules! { Problem:
    Self::Id => "id";
    Self::Name => "name";
    Self::Publisher => "publisher";
    Self::OwnerEmail { address } => "mail-address", address = address;
    Self::RedirectUri { uri, why: Uri::TooLong, .. } | Self::PostLogoutUri { uri, why: Uri::TooLong, .. } =>
        "uri-too-long", uri = uri;
    Self::RedirectUri { uri, why: Uri::Characters, .. } | Self::PostLogoutUri { uri, why: Uri::Characters, .. } =>
        "uri-characters", uri = uri;
    Self::RedirectUri { uri, why: Uri::NotAbsolute, .. } | Self::PostLogoutUri { uri, why: Uri::NotAbsolute, .. } =>
        "uri-not-absolute", uri = uri;
    Self::RedirectUri { uri, why: Uri::Fragment, .. } | Self::PostLogoutUri { uri, why: Uri::Fragment, .. } =>
        "uri-fragment", uri = uri;
    Self::RedirectUri { uri, why: Uri::UserInfo, .. } | Self::PostLogoutUri { uri, why: Uri::UserInfo, .. } =>
        "uri-user-info", uri = uri;
    Self::RedirectUri { uri, why: Uri::Host, .. } | Self::PostLogoutUri { uri, why: Uri::Host, .. } =>
        "uri-host", uri = uri;
    Self::RedirectUri { uri, why: Uri::PlainHttp, .. } | Self::PostLogoutUri { uri, why: Uri::PlainHttp, .. } =>
        "uri-plain-http", uri = uri;
    Self::RedirectUri { uri, why: Uri::Scheme, .. } | Self::PostLogoutUri { uri, why: Uri::Scheme, .. } =>
        "uri-scheme", uri = uri;
    Self::RedirectUri { uri, why: Uri::Wildcard, .. } | Self::PostLogoutUri { uri, why: Uri::Wildcard, .. } =>
        "uri-wildcard", uri = uri;
    Self::RedirectUri { uri, why: Uri::DotSegments, .. } | Self::PostLogoutUri { uri, why: Uri::DotSegments, .. } =>
        "uri-dot-segments", uri = uri;
    Self::NoRedirectUri => "no-redirect-uri";
    Self::WildcardNotGiven { uri, .. } => "wildcard-not-given", uri = uri;
    Self::WildcardBesidesCode { uri, .. } => "wildcard-besides-code", uri = uri;
    Self::NotAPage { uri, .. } => "not-a-page", uri = uri;
    Self::PublicCiba => "public-ciba";
    Self::NoNotificationEndpoint => "no-notification-endpoint";
    Self::NotificationEndpoint { uri } => "notification-endpoint", uri = uri;
    Self::PostLogoutWildcard { uri, .. } => "post-logout-wildcard", uri = uri;
    Self::ScopeText(_) => "scope-text";
    Self::UnknownScope { name } => "unknown-scope", name = name;
    Self::ScopeElsewhere { name, api } => "scope-elsewhere", name = name, api = api;
    Self::UnknownAudience { name, .. } | Self::UnknownResourceServer { name } => "unknown-audience", name = name;
    Self::NoGrant => "no-grant";
    Self::PublicClientCredentials => "public-client-credentials";
    Self::NothingToRefresh { .. } => "nothing-to-refresh";
    Self::GrantNotGiven { grant, legacy } => "grant-not-given", grant = grant.name(), legacy = legacy.name();
    Self::GrantNotServed { grant, dialect } => "grant-not-served", grant = grant.name(), dialect = dialect;
    Self::GrantNeeds { grant, needs } => "grant-needs", grant = grant.name(), needs = needs;
    Self::Exchange { why } => "exchange", why = why;
    Self::NotPermitted { legacy, dialect, .. } => "not-permitted", legacy = legacy.name(), dialect = dialect;
    Self::NotForPublic { legacy: Legacy::NoPkce } => "public-pkce";
    Self::NotForPublic { legacy: Legacy::ReusableRefresh } => "public-refresh";
    Self::NotForPublic { legacy } => "not-for-public", legacy = legacy.name();
    Self::TurnoverNotGiven => "turnover-not-given";
    Self::NoPkceInVain => "no-pkce-in-vain";
    Self::AccessTokenTtl => "access-token-ttl";
    Self::UnknownPlan { name } => "unknown-plan", name = name;
    Self::LimitTooHigh => "limit-too-high";
    Self::ActsAsWithoutClientCredentials => "acts-as-without-client-credentials";
    Self::UnknownUser { name } => "unknown-user", name = name;
    Self::ActsAsAdministrator => "acts-as-administrator";
    Self::SecretText => "secret-text";
    Self::PublicSecret | Self::PublicPassword => "public-secret";
    Self::SecretBesidesPassword => "secret-besides-password";
    Self::PasswordOfNobody => "password-of-nobody";
    Self::PublicResourceServer => "public-resource-server";
    Self::PublicTrusted => "public-trusted";
    Self::Jwks { why } => "jwks", why = why;
    Self::TwoKeySets => "two-key-sets";
    Self::JwksUri { uri } | Self::RequestUri { uri, .. } => "fetched-address", uri = uri;
    Self::MethodOfPublic { method } => "method-of-public", method = method;
    Self::MethodNone => "method-none";
    Self::MethodWithoutKeys => "method-without-keys";
    Self::CertificateNames { names } => "certificate-names", names = names;
    Self::CertificateNameInVain => "certificate-name-in-vain";
    Self::CertificateAddress { address } => "certificate-address", address = address;
    Self::ShortSecret => "short-secret";
    Self::SecretInVain { method } => "secret-in-vain", method = method;
    Self::PasswordOfMethod { method } => "password-of-method", method = method;
    Self::AssertionAlgorithm { algorithm, .. } => "assertion-algorithm", algorithm = algorithm.name();
    Self::TooManyRequestUris => "too-many-request-uris";
    Self::NoKeys => "no-keys";
    Self::UnsignedAndSigned => "unsigned-and-signed";
    Self::SecretNotKnown => "secret-not-known";
    Self::OutsideProfile { profile, field: Field::Kind, .. } => "profile-kind", profile = profile.name();
    Self::OutsideProfile { profile, field: Field::TokenEndpointAuthMethod, .. } =>
        "profile-method", profile = profile.name();
    Self::OutsideProfile { profile, field: Field::Grants, .. } => "profile-grants", profile = profile.name();
    Self::OutsideProfile { profile, field: Field::RedirectUris, .. } =>
        "profile-redirect-uris", profile = profile.name();
    Self::OutsideProfile { profile, field: Field::Legacy, .. } => "profile-legacy", profile = profile.name();
    Self::OutsideProfile { profile, .. } => "profile-algorithm", profile = profile.name();
    Self::EncryptedWithoutAlg { field } => "encrypted-without-alg", field = field.name();
    Self::NoKeyToEncrypt { alg, .. } => "no-key-to-encrypt", alg = alg;
    Self::ObjectEncryption { alg } => "object-encryption", alg = alg;
    Self::Registered { key, why } => "registered", key = key, why = why;
    Self::Identity(IdentityProblem::SectorIdentifierUri { uri }) => "sector-address", uri = uri;
    Self::Identity(IdentityProblem::SeveralSectors) => "several-sectors";
    Self::Identity(IdentityProblem::NotOfSector { uri, .. }) => "not-of-sector", uri = uri;
    Self::Identity(IdentityProblem::Claim(problem)) => "claim", why = problem;
    Self::LogoutUri { uri, .. } => "logout-address", uri = uri;
}
