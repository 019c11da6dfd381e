//! A realm file as it is written, key by key.

use super::source_entries::{DirectoryEntry, UserCheckEntry};
use crate::secret::SecretText;
use claviger_core::brand::Links;
use claviger_core::claim_rule::ClaimRule;
use claviger_core::client::rules::{ActsAs, BroughtSecret, Description, Found};
use claviger_core::client::{
    ApplicationType, AssertionAlgorithm, AuthMethod, Authentication, CertificateOf, Ciba, ClientKind, ClientStatus,
    DeliveryMode, Dpop, ExchangePolicy, GrantType, IdTokenClaims, Identity, Logout, Protection, Requests, SubjectType,
};
use claviger_core::dialect::{Legacy, Pkce, Turnover};
use claviger_core::dpop::Nonces;
use claviger_core::jose::Algorithm;
use claviger_core::jose::jwe::{ContentEncryption, KeyManagement};
use claviger_core::limits::{ClientLimits, LimitPolicy, Plan};
use claviger_core::mutual_tls::MutualTls;
use claviger_core::profile::Profile;
use claviger_core::realm::{
    AccessTokenFormat, AccountPolicy, Administration, AgentPolicy, Api, AssertionIssuer, CibaPolicy, DpopPolicy,
    GuidePolicy, Host, IdentityProvider, LoginApp, Portal, RegistrationPolicy, RequestPolicy, Scope, SeatPool,
    SessionPolicy, TokenPolicy,
};
use claviger_core::request_object::ObjectAlgorithm;
use claviger_core::response::ResponseType;
use claviger_core::scope::ScopeSet;
use claviger_core::sign_in::{Demand, FactorKind, SignInPolicy};
use claviger_core::span::Span;
use claviger_core::user::{Details, Organisation, User};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// A whole file.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct RealmDocument {
    pub(super) realm: Head,
    #[serde(default)]
    pub(super) brand: BrandEntry,
    #[serde(default)]
    pub(super) tokens: TokenPolicy,
    #[serde(default)]
    pub(super) sessions: SessionPolicy,
    #[serde(default)]
    pub(super) requests: RequestPolicy,
    #[serde(default)]
    pub(super) mtls: MutualTls,
    #[serde(default)]
    pub(super) registration: RegistrationPolicy,
    #[serde(default)]
    pub(super) dpop: DpopPolicy,
    #[serde(default)]
    pub(super) user_check: Option<UserCheckEntry>,
    #[serde(default)]
    pub(super) directory: Option<DirectoryEntry>,
    #[serde(default)]
    pub(super) sign_in: SignInPolicy,
    #[serde(default)]
    pub(super) account: AccountPolicy,
    #[serde(default)]
    pub(super) guide: GuidePolicy,
    #[serde(default)]
    pub(super) login_app: Option<LoginApp>,
    #[serde(default)]
    pub(super) administration: Option<Administration>,
    #[serde(default)]
    pub(super) portal: Option<Portal>,
    #[serde(default)]
    pub(super) identity_provider: Vec<IdentityProvider>,
    #[serde(default)]
    pub(super) limits: LimitPolicy,
    #[serde(default)]
    pub(super) agents: AgentPolicy,
    #[serde(default)]
    pub(super) ciba: CibaPolicy,
    #[serde(default)]
    pub(super) plan: Vec<Plan>,
    #[serde(default)]
    pub(super) api: Vec<Api>,
    #[serde(default)]
    pub(super) scope: Vec<Scope>,
    #[serde(default)]
    pub(super) claim: Vec<ClaimRule>,
    #[serde(default)]
    pub(super) seat_pool: Vec<SeatPool>,
    #[serde(default)]
    pub(super) assertion_issuer: Vec<AssertionIssuer>,
    #[serde(default)]
    pub(super) organisation: Vec<Organisation>,
    #[serde(default)]
    pub(super) user: Vec<UserEntry>,
    #[serde(default)]
    pub(super) client: Vec<ClientEntry>,
}

/// A piece of a file's users.
#[derive(Debug, Deserialize)]
pub(super) struct UserList {
    #[serde(default)]
    pub(super) user: Vec<UserEntry>,
}

/// `[realm]`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Head {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) dialect: String,
    pub(super) issuer: String,
    pub(super) authorities: Vec<String>,
    #[serde(default)]
    pub(super) hosts: BTreeMap<String, Host>,
    #[serde(default)]
    pub(super) languages: Vec<String>,
    #[serde(default)]
    pub(super) claims_locales: Vec<String>,
    #[serde(default)]
    pub(super) profile: Option<Profile>,
}

/// `[brand]`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub(super) struct BrandEntry {
    pub(super) name: Option<String>,
    pub(super) accent: Option<String>,
    pub(super) logo: Option<String>,
    pub(super) contact: Option<String>,
    pub(super) links: Links,
}

/// `[[user]]`.
#[expect(clippy::struct_excessive_bools, reason = "each says one thing about a person, and files name it")]
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct UserEntry {
    #[serde(default)]
    pub(super) id: Option<String>,
    pub(super) username: String,
    #[serde(default)]
    pub(super) name: Option<String>,
    #[serde(default)]
    pub(super) email: Option<String>,
    #[serde(default)]
    pub(super) email_verified: bool,
    #[serde(default)]
    pub(super) given_name: Option<String>,
    #[serde(default)]
    pub(super) family_name: Option<String>,
    #[serde(default)]
    pub(super) service: bool,
    #[serde(default)]
    pub(super) administrator: bool,
    #[serde(default)]
    pub(super) disabled: bool,
    #[serde(default)]
    pub(super) organisations: Vec<String>,
    #[serde(default)]
    pub(super) claims: Map<String, Value>,
    #[serde(default)]
    pub(super) groups: Vec<String>,
    #[serde(default)]
    pub(super) roles: Vec<String>,
    #[serde(default)]
    pub(super) organisation_roles: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    pub(super) attributes: Map<String, Value>,
    #[serde(default)]
    pub(super) password: Option<SecretText>,
    #[serde(default)]
    pub(super) password_hash: Option<String>,
    #[serde(default)]
    pub(super) password_file: Option<String>,
}

impl UserEntry {
    /// The user that it describes; the id is empty where the file leaves it out.
    pub(super) fn user(&self) -> User {
        User {
            id: self.id.clone().unwrap_or_default(),
            username: self.username.clone(),
            name: self.name.clone(),
            email: self.email.clone(),
            email_verified: self.email_verified,
            given_name: self.given_name.clone(),
            family_name: self.family_name.clone(),
            service: self.service,
            administrator: self.administrator,
            disabled: self.disabled,
            organisations: self.organisations.clone(),
            details: Details {
                claims: self.claims.clone(),
                groups: self.groups.clone(),
                roles: self.roles.clone(),
                organisation_roles: self.organisation_roles.clone(),
                attributes: self.attributes.clone(),
                updated_at: None,
            },
        }
    }
}

/// `[[client]]`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(clippy::struct_excessive_bools, reason = "each is a key of the file")]
pub(super) struct ClientEntry {
    pub(super) id: String,
    pub(super) name: String,
    #[serde(default)]
    pub(super) publisher: Option<String>,
    #[serde(default)]
    pub(super) owner_email: Option<String>,
    #[serde(default)]
    pub(super) kind: Kind,
    #[serde(default)]
    pub(super) status: ClientStatus,
    #[serde(default)]
    pub(super) grants: BTreeSet<GrantType>,
    #[serde(default)]
    pub(super) redirect_uris: Vec<String>,
    #[serde(default)]
    pub(super) post_logout_redirect_uris: Vec<String>,
    #[serde(default)]
    pub(super) scope: String,
    #[serde(default)]
    pub(super) audiences: Vec<String>,
    #[serde(default)]
    pub(super) legacy: BTreeSet<Legacy>,
    #[serde(default)]
    pub(super) turnover: Option<Turnover>,
    #[serde(default)]
    pub(super) access_token: Option<AccessTokenFormat>,
    #[serde(default)]
    pub(super) access_token_ttl: Option<Span>,
    #[serde(default)]
    pub(super) acts_as: Option<String>,
    #[serde(default)]
    pub(super) secret_is_password: bool,
    #[serde(default)]
    pub(super) resource_server: Option<String>,
    #[serde(default)]
    pub(super) trusted: bool,
    #[serde(default)]
    pub(super) id_token_signing: Option<Algorithm>,
    #[serde(default)]
    pub(super) id_token_claims: IdTokenClaims,
    #[serde(default)]
    pub(super) pkce: Pkce,
    #[serde(default)]
    pub(super) secret: Option<SecretText>,
    #[serde(default)]
    pub(super) secret_file: Option<String>,
    #[serde(default)]
    pub(super) jwks: Option<String>,
    #[serde(default)]
    pub(super) jwks_uri: Option<String>,
    #[serde(default)]
    pub(super) token_endpoint_auth_method: Option<AuthMethod>,
    #[serde(default)]
    pub(super) tls_client_auth_subject_dn: Option<String>,
    #[serde(default)]
    pub(super) tls_client_auth_san_dns: Option<String>,
    #[serde(default)]
    pub(super) tls_client_auth_san_uri: Option<String>,
    #[serde(default)]
    pub(super) tls_client_auth_san_ip: Option<String>,
    #[serde(default)]
    pub(super) tls_client_auth_san_email: Option<String>,
    #[serde(default)]
    pub(super) tls_client_certificate_bound_access_tokens: bool,
    #[serde(default)]
    pub(super) token_endpoint_auth_signing_alg: Option<AssertionAlgorithm>,
    #[serde(default)]
    pub(super) request_uris: Vec<String>,
    #[serde(default)]
    pub(super) request_object_signing_alg: Option<ObjectAlgorithm>,
    #[serde(default)]
    pub(super) require_signed_request_object: bool,
    #[serde(default)]
    pub(super) require_pushed_authorization_requests: bool,
    #[serde(default)]
    pub(super) authorization_signed_response_alg: Option<Algorithm>,
    #[serde(default)]
    pub(super) response_types: Option<BTreeSet<ResponseType>>,
    #[serde(default)]
    pub(super) application_type: Option<ApplicationType>,
    #[serde(default)]
    pub(super) contacts: Vec<String>,
    #[serde(default)]
    pub(super) client_uri: Option<String>,
    #[serde(default)]
    pub(super) policy_uri: Option<String>,
    #[serde(default)]
    pub(super) tos_uri: Option<String>,
    #[serde(default)]
    pub(super) logo_uri: Option<String>,
    #[serde(default)]
    pub(super) localized: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) software_id: Option<String>,
    #[serde(default)]
    pub(super) software_version: Option<String>,
    #[serde(default)]
    pub(super) software_statement: Option<String>,
    #[serde(default)]
    pub(super) initiate_login_uri: Option<String>,
    #[serde(default)]
    pub(super) default_max_age: Option<u32>,
    #[serde(default)]
    pub(super) require_auth_time: bool,
    #[serde(default)]
    pub(super) default_acr_values: Vec<String>,
    #[serde(default)]
    pub(super) usual_scope: Option<ScopeSet>,
    #[serde(default)]
    pub(super) self_registered: bool,
    #[serde(default)]
    pub(super) agent: Option<bool>,
    #[serde(default)]
    pub(super) backchannel_token_delivery_mode: DeliveryMode,
    #[serde(default)]
    pub(super) backchannel_client_notification_endpoint: Option<String>,
    #[serde(default)]
    pub(super) subject_type: SubjectType,
    #[serde(default)]
    pub(super) sector_identifier_uri: Option<String>,
    #[serde(default)]
    pub(super) claim: Vec<ClaimRule>,
    #[serde(default)]
    pub(super) frontchannel_logout_uri: Option<String>,
    #[serde(default)]
    pub(super) frontchannel_logout_session_required: bool,
    #[serde(default)]
    pub(super) backchannel_logout_uri: Option<String>,
    #[serde(default)]
    pub(super) backchannel_logout_session_required: bool,
    #[serde(default)]
    pub(super) dpop_bound_access_tokens: bool,
    #[serde(default)]
    pub(super) dpop_nonces: Nonces,
    pub(super) userinfo_signed_response_alg: Option<Algorithm>,
    #[serde(default)]
    pub(super) id_token_encrypted_response_alg: Option<KeyManagement>,
    #[serde(default)]
    pub(super) id_token_encrypted_response_enc: Option<ContentEncryption>,
    #[serde(default)]
    pub(super) userinfo_encrypted_response_alg: Option<KeyManagement>,
    #[serde(default)]
    pub(super) userinfo_encrypted_response_enc: Option<ContentEncryption>,
    #[serde(default)]
    pub(super) authorization_encrypted_response_alg: Option<KeyManagement>,
    #[serde(default)]
    pub(super) authorization_encrypted_response_enc: Option<ContentEncryption>,
    #[serde(default)]
    pub(super) request_object_encryption_alg: Option<KeyManagement>,
    #[serde(default)]
    pub(super) request_object_encryption_enc: Option<ContentEncryption>,
    pub(super) introspection_signed_response_alg: Option<Algorithm>,
    #[serde(default)]
    pub(super) token_exchange: Option<Box<ExchangePolicy>>,
    #[serde(default)]
    pub(super) plan: Option<String>,
    #[serde(default)]
    pub(super) token_calls_per_minute: Option<u32>,
    #[serde(default)]
    pub(super) second_factor: Demand,
    #[serde(default)]
    pub(super) second_factor_kinds: Vec<FactorKind>,
}

/// `kind`: whether it can keep a secret, and what it is where it cannot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Kind {
    /// A program on a server.
    #[default]
    Confidential,
    /// A program on somebody's device.
    Public,
    /// A page in a browser.
    Browser,
}

impl Kind {
    const fn client_kind(self) -> ClientKind {
        match self {
            Self::Confidential => ClientKind::Confidential,
            Self::Public | Self::Browser => ClientKind::Public,
        }
    }
}

impl ClientEntry {
    /// What the entry asks for; `found` looks a user up.
    pub(super) fn description(&self, found: impl FnOnce(&str) -> Found) -> Description {
        let acts_as = self.acts_as.as_ref();
        let secret = match (&self.secret, &self.secret_file) {
            (Some(secret), _) => Some(BroughtSecret::Text(secret.0.clone())),
            (None, Some(_)) => Some(BroughtSecret::InFile),
            (None, None) => None,
        };
        Description {
            id: self.id.clone(),
            name: self.name.clone(),
            publisher: self.publisher.clone(),
            owner_email: self.owner_email.clone(),
            kind: self.kind.client_kind(),
            status: self.status,
            grants: Some(self.grants.clone()),
            redirect_uris: self.redirect_uris.clone(),
            post_logout_redirect_uris: self.post_logout_redirect_uris.clone(),
            scope: self.scope.clone(),
            audiences: Some(self.audiences.clone()),
            legacy: self.legacy.clone(),
            turnover: self.turnover,
            access_token: self.access_token,
            access_token_ttl: self.access_token_ttl,
            acts_as: acts_as.map(|user| ActsAs { user: user.clone(), found: found(user) }),
            secret,
            secret_is_password: self.secret_is_password,
            resource_server: self.resource_server.clone(),
            trusted: self.trusted,
            in_browser: self.kind == Kind::Browser,
            agent: self.agent,
            id_token_signing: self.id_token_signing,
            id_token_claims: self.id_token_claims,
            pkce: self.pkce,
            jwks: self.jwks.clone(),
            jwks_uri: self.jwks_uri.clone(),
            authentication: Authentication {
                method: self.token_endpoint_auth_method,
                signing_alg: self.token_endpoint_auth_signing_alg,
                certificate: CertificateOf {
                    subject_dn: self.tls_client_auth_subject_dn.clone(),
                    san_dns: self.tls_client_auth_san_dns.clone(),
                    san_uri: self.tls_client_auth_san_uri.clone(),
                    san_ip: self.tls_client_auth_san_ip.clone(),
                    san_email: self.tls_client_auth_san_email.clone(),
                    binds_tokens: self.tls_client_certificate_bound_access_tokens,
                },
            },
            requests: Requests {
                request_uris: self.request_uris.clone(),
                request_object_signing_alg: self.request_object_signing_alg,
                require_signed_request_object: self.require_signed_request_object,
                require_pushed_authorization_requests: self.require_pushed_authorization_requests,
                authorization_signed_response_alg: self.authorization_signed_response_alg,
                introspection_signed_response_alg: self.introspection_signed_response_alg,
                second_factor: self.second_factor,
                second_factor_kinds: self.second_factor_kinds.clone(),
            },
            registered: self.registered(),
            identity: Identity {
                subject_type: self.subject_type,
                sector_identifier_uri: self.sector_identifier_uri.clone(),
                claims: self.claim.clone(),
            },
            logout: Logout {
                frontchannel_logout_uri: self.frontchannel_logout_uri.clone(),
                frontchannel_logout_session_required: self.frontchannel_logout_session_required,
                backchannel_logout_uri: self.backchannel_logout_uri.clone(),
                backchannel_logout_session_required: self.backchannel_logout_session_required,
            },
            ciba: Ciba {
                backchannel_token_delivery_mode: self.backchannel_token_delivery_mode,
                backchannel_client_notification_endpoint: self.backchannel_client_notification_endpoint.clone(),
            },
            dpop: Dpop { dpop_bound_access_tokens: self.dpop_bound_access_tokens, nonces: self.dpop_nonces },
            protection: Protection {
                userinfo_signed_response_alg: self.userinfo_signed_response_alg,
                id_token_encrypted_response_alg: self.id_token_encrypted_response_alg,
                id_token_encrypted_response_enc: self.id_token_encrypted_response_enc,
                userinfo_encrypted_response_alg: self.userinfo_encrypted_response_alg,
                userinfo_encrypted_response_enc: self.userinfo_encrypted_response_enc,
                authorization_encrypted_response_alg: self.authorization_encrypted_response_alg,
                authorization_encrypted_response_enc: self.authorization_encrypted_response_enc,
                request_object_encryption_alg: self.request_object_encryption_alg,
                request_object_encryption_enc: self.request_object_encryption_enc,
            },
            token_exchange: self.token_exchange.clone(),
            limits: ClientLimits { plan: self.plan.clone(), token_calls_per_minute: self.token_calls_per_minute },
        }
    }
}
