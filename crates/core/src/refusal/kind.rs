//! What a refusal is called, which check it failed, and how to mend it: the words by which a request log groups what went wrong.

use super::{Further, Refusal};

/// A check of a request, in the order in which they are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Check {
    /// The request can be read: media type, size, parameters.
    Shape,
    /// It names a client, in one way.
    ClientNamed,
    /// The client proves who it is.
    ClientProved,
    /// The client is served: active, within the realm's profile.
    ClientServed,
    /// The client has not asked too often.
    Limit,
    /// The client may use the endpoint, the grant, the response type.
    GrantAllowed,
    /// It shows the key or certificate that it must show.
    Possession,
    /// The redirect URI is the right one.
    Redirect,
    /// The code, token, assertion or password is genuine and good.
    Presented,
    /// What was granted still stands.
    GrantStands,
    /// PKCE.
    Pkce,
    /// The scope may be had.
    Scope,
    /// The API may be had.
    Audience,
    /// The user signed in, and allowed it.
    User,
    /// A licence is free.
    Seat,
}

impl Check {
    /// All of them, in order.
    pub const ALL: [Self; 15] = [
        Self::Shape,
        Self::ClientNamed,
        Self::ClientProved,
        Self::ClientServed,
        Self::Limit,
        Self::GrantAllowed,
        Self::Possession,
        Self::Redirect,
        Self::Presented,
        Self::GrantStands,
        Self::Pkce,
        Self::Scope,
        Self::Audience,
        Self::User,
        Self::Seat,
    ];

    /// A word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Shape => "shape",
            Self::ClientNamed => "client-named",
            Self::ClientProved => "client-proved",
            Self::ClientServed => "client-served",
            Self::Limit => "limit",
            Self::GrantAllowed => "grant-allowed",
            Self::Possession => "possession",
            Self::Redirect => "redirect-uri",
            Self::Presented => "presented",
            Self::GrantStands => "grant-stands",
            Self::Pkce => "pkce",
            Self::Scope => "scope",
            Self::Audience => "audience",
            Self::User => "user",
            Self::Seat => "seat",
        }
    }

    /// What is checked, as a sentence.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Shape => "the request can be read",
            Self::ClientNamed => "it names one client, in one way",
            Self::ClientProved => "the client proves who it is",
            Self::ClientServed => "the client is active",
            Self::Limit => "the client keeps to its limit",
            Self::GrantAllowed => "the client may use this grant here",
            Self::Possession => "the key or certificate that is needed is shown",
            Self::Redirect => "the redirect URI is the registered one",
            Self::Presented => "the code, token, assertion or password is good",
            Self::GrantStands => "what was granted still stands",
            Self::Pkce => "the code verifier belongs to the challenge",
            Self::Scope => "the scope may be had",
            Self::Audience => "the API may be had",
            Self::User => "the user signed in and allowed it",
            Self::Seat => "a licence is free",
        }
    }
}

/// A kind of refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RefusalKind {
    /// Its name: stable, for logs and programs.
    pub name: &'static str,
    /// The check that failed.
    pub check: Check,
    /// What to do about it.
    pub mend: &'static str,
}

/// Declares every kind once: the refusals that are of it, its name, its check, how to mend it.
macro_rules! kinds {
    ($($refusal:pat => $name:literal, $check:ident, $mend:literal;)*) => {
        /// All kinds.
        const KINDS: &[RefusalKind] = &[$(RefusalKind { name: $name, check: Check::$check, mend: $mend }),*];

        impl Refusal {
            /// What it is called, and how to mend it.
            pub const fn kind(&self) -> RefusalKind {
                match self {
                    $($refusal => RefusalKind { name: $name, check: Check::$check, mend: $mend }),*
                }
            }
        }
    };
}

impl RefusalKind {
    /// All of them.
    pub const ALL: &'static [Self] = KINDS;

    /// The kind of this name.
    pub fn named(name: &str) -> Option<Self> {
        KINDS.iter().find(|kind| kind.name == name).copied()
    }
}

kinds! {
    Refusal::MalformedBody(_) => "malformed_body", Shape,
        "send the parameters as application/x-www-form-urlencoded, each name and value percent-encoded";
    Refusal::TooManyParameters => "too_many_parameters", Shape, "leave out the parameters that nobody reads";
    Refusal::Duplicate(_) => "duplicate_parameter", Shape, "send each parameter once";
    Refusal::MissingParameter(_) => "missing_parameter", Shape, "add the parameter that the answer names";
    Refusal::WrongParameter { .. } => "wrong_parameter", Shape, "give the parameter a value as the answer describes it";
    Refusal::WrongMediaType { .. } => "wrong_media_type", Shape,
        "set the Content-Type that the answer names; most HTTP libraries do it when they are given a form";
    Refusal::BodyTooLarge => "body_too_large", Shape, "send less: no request of the protocol is that long";
    Refusal::CredentialsInUri => "credentials_in_url", Shape,
        "move the parameters from the URL into the body, and replace the secret: URLs stand in the logs of proxies";
    Refusal::NoClient => "no_client", ClientNamed, "send client_id and client_secret in the body, or as HTTP Basic";
    Refusal::UnreadableAuthorization => "unreadable_authorization", ClientNamed,
        "send `Authorization: Basic` and base64 of client_id:client_secret";
    Refusal::TwoAuthentications => "two_authentications", ClientNamed,
        "send the secret in the header or in the body, not in both";
    Refusal::WrongClient => "wrong_client", ClientProved,
        "compare the client_id with the app's, and the secret with the one that was handed out; make a new secret if it is lost";
    Refusal::ClientAssertion(_) => "client_assertion", ClientProved,
        "make the assertion as the answer says: iss and sub are the client_id, aud is the issuer, exp is soon";
    Refusal::WrongAssertion => "wrong_assertion", ClientProved,
        "sign with the private key whose public half is registered, and name its kid";
    Refusal::AssertionReplayed => "assertion_replayed", ClientProved, "make a new assertion, with a new jti, for each request";
    Refusal::UnknownClient(_) => "unknown_client", ClientProved, "compare the client_id with the one that the app was given";
    Refusal::ClientInactive(_) => "client_inactive", ClientServed, "ask the vendor why the app is not active";
    Refusal::Braked { .. } => "braked", ClientProved,
        "stop trying with a wrong secret, wait as long as Retry-After says, and try with the right one";
    Refusal::DpopProof(_) => "dpop_proof", Possession, "make the DPoP proof as the answer says";
    Refusal::DpopHeader => "dpop_header", Possession, "send one DPoP header with one proof";
    Refusal::DpopKeyDiffers => "dpop_key_differs", Possession, "sign the proof with the key that dpop_jkt names";
    Refusal::DpopProofMissing => "dpop_proof_missing", Possession, "send a DPoP proof with each request";
    Refusal::SenderUnconstrained => "sender_unconstrained", Possession,
        "send a DPoP proof, or connect with a client certificate";
    Refusal::OutsideProfile(_) => "outside_profile", ClientServed, "change what the answer names, or ask the vendor to";
    Refusal::DpopNonce => "dpop_nonce", Possession,
        "repeat the request with the nonce of the DPoP-Nonce header; a library does this by itself";
    Refusal::UnknownGrant(_) => "unknown_grant", GrantAllowed, "use one of the grant types that the answer names";
    Refusal::GrantNotAllowed(_) => "grant_not_allowed", GrantAllowed,
        "use a grant that the app has, or ask the vendor to add this one";
    Refusal::EndpointNotAllowed => "endpoint_not_allowed", GrantAllowed, "use the client that belongs to the API";
    Refusal::LegacyNotAllowed(_) => "legacy_not_allowed", GrantAllowed,
        "do it as the standard says, or ask the vendor to allow the old behaviour";
    Refusal::CodeUnknown => "code_unknown", Presented, "send the code as it arrived at the redirect URI, percent-decoded once";
    Refusal::CodeExpired => "code_expired", Presented,
        "exchange the code at once when it arrives; send the user to the authorization endpoint again";
    Refusal::CodeReplayed => "code_replayed", Presented,
        "exchange each code once; look for a retry, a page that is loaded twice, or two threads";
    Refusal::CodeOfAnotherClient => "code_of_another_client", Presented, "use the client_id that the authorization request carried";
    Refusal::RedirectDiffers => "redirect_differs", Redirect,
        "send the same redirect_uri in the token request as in the authorization request, to the letter";
    Refusal::VerifierMissing => "verifier_missing", Pkce, "send the code_verifier that the code_challenge was made from";
    Refusal::VerifierWrong => "verifier_wrong", Pkce,
        "keep the code_verifier with the state of the same attempt; the challenge is BASE64URL(SHA-256(code_verifier))";
    Refusal::VerifierUnexpected => "verifier_unexpected", Pkce, "send a code_challenge in the authorization request as well";
    Refusal::RefreshUnknown => "refresh_unknown", Presented,
        "send the newest refresh token of the grant, whole; if it is lost, ask the user again";
    Refusal::RefreshOfAnotherClient => "refresh_of_another_client", Presented,
        "use the client that the refresh token was given to";
    Refusal::KeyDiffers => "key_differs", Possession, "show the key that the code or token was bound to";
    Refusal::CertificateMissing => "certificate_missing", Possession,
        "connect with the client certificate, at the address that asks for one";
    Refusal::RefreshExpired => "refresh_expired", Presented, "send the user to the authorization endpoint again";
    Refusal::RefreshReused => "refresh_reused", Presented,
        "store the new refresh token before the old one is thrown away, and let one process refresh at a time";
    Refusal::GrantRevoked(_) => "grant_revoked", GrantStands, "send the user to the authorization endpoint again";
    Refusal::GrantUnbacked => "grant_unbacked", GrantStands,
        "ask the user again; if nobody can, their account or consent is gone";
    Refusal::WrongPassword => "wrong_password", Presented,
        "compare name and password; administrators and users with a second factor cannot use this grant";
    Refusal::NoFreeSeat { .. } => "no_free_seat", Seat, "log off a session, ask for a scope that needs no licence, or buy more";
    Refusal::MalformedScope => "malformed_scope", Scope, "separate scopes by single spaces";
    Refusal::TooManyScopes => "too_many_scopes", Scope, "ask for the scopes that the call needs";
    Refusal::ScopeNotAllowed(_) => "scope_not_allowed", Scope,
        "compare the scope with those that the app may ask for, or ask the vendor to add it";
    Refusal::ScopeExceedsGrant => "scope_exceeds_grant", Scope,
        "ask for no more than was granted, or send the user to the authorization endpoint for more";
    Refusal::BarredForImplicit(_) => "barred_for_implicit", Scope, "use the authorization code with PKCE";
    Refusal::AudienceMissing => "audience_missing", Audience, "add the parameter audience, which names the API";
    Refusal::AudienceNotAllowed => "audience_not_allowed", Audience,
        "compare audience or resource with the APIs that the app may have, or ask the vendor to add it";
    Refusal::RedirectMissing => "redirect_missing", Redirect, "send redirect_uri, as it is registered";
    Refusal::RedirectUnregistered => "redirect_unregistered", Redirect,
        "register this redirect URI, or send a registered one, to the letter: scheme, host, port, path, final slash";
    Refusal::ResponseTypeMissing => "response_type_missing", GrantAllowed, "send response_type=code";
    Refusal::ResponseTypeUnknown(_) => "response_type_unknown", GrantAllowed, "use a response type that the answer names";
    Refusal::ResponseTypeNotAllowed => "response_type_not_allowed", GrantAllowed,
        "use response_type=code, or ask the vendor for this one";
    Refusal::ChallengeMissing => "challenge_missing", Pkce, "send code_challenge and code_challenge_method=S256";
    Refusal::ChallengeMethod => "challenge_method", Pkce, "send code_challenge_method=S256";
    Refusal::ChallengeMalformed => "challenge_malformed", Pkce,
        "the challenge is BASE64URL(SHA-256(code_verifier)) without padding: 43 characters";
    Refusal::ResponseMode => "response_mode", Shape, "leave response_mode out, or choose one that fits the response type";
    Refusal::RequestObject(_) => "request_object", Shape, "make the request object as the answer says";
    Refusal::RequestUri(_) => "request_uri", Shape, "push the request again, and use each request_uri once and soon";
    Refusal::PushedRequired => "pushed_required", Shape, "send the request to the pushed authorization request endpoint first";
    Refusal::SignedRequired => "signed_required", Shape, "send the request as a signed request object";
    Refusal::AcrUnmet => "acr_unmet", User, "ask for acr values that the realm has";
    Refusal::Registration => "registration", Shape, "leave the parameter registration out";
    Refusal::NoKeyToEncrypt(_) => "no_key_to_encrypt", Possession, "publish a key for encryption in jwks or jwks_uri";
    Refusal::Denied => "denied", User, "the user said no: explain what the app needs, and ask again when they want to";
    Refusal::LoginRequired => "login_required", User, "send the user without prompt=none, so that they can sign in";
    Refusal::ConsentRequired => "consent_required", User, "send the user without prompt=none, so that they can consent";
    Refusal::Further(Further::Pending) => "authorization_pending", User, "nothing: ask again after the interval";
    Refusal::Further(Further::SlowDown(_)) => "slow_down", User, "wait five seconds longer between two requests";
    Refusal::Further(Further::DeviceExpired) => "device_code_expired", Presented, "begin again at the device authorization endpoint";
    Refusal::Further(Further::DeviceUnknown) => "device_code_unknown", Presented,
        "send the device_code as it was answered, with the client that began";
    Refusal::Further(Further::AuthReqUnknown) => "auth_req_id_unknown", Presented,
        "send the auth_req_id as it was answered, with the client that began";
    Refusal::Further(Further::AuthReqExpired) => "auth_req_id_expired", Presented,
        "begin again at the backchannel authentication endpoint";
    Refusal::Further(Further::AskedTooOften(_)) => "asked_too_often", User, "wait five seconds longer between two requests";
    Refusal::Further(Further::UserUnknown) => "user_unknown", User, "ask the user for the name that they sign in with";
    Refusal::Further(Further::BindingMessage) => "binding_message", Shape,
        "send a short text on one line, which the user can compare";
    Refusal::Further(Further::Blocked) => "blocked", User, "ask the user to allow the app again in their account";
    Refusal::Further(Further::TooManyAsked(_)) => "too_many_asked", Limit,
        "ask once and wait for the answer; nobody answers faster because they are asked again";
    Refusal::Further(Further::TooManyTogether { .. }) => "too_many_together", Limit,
        "wait as long as Retry-After says; ask the vendor to register the app, so that it has a limit of its own";
    Refusal::Further(Further::TooManyGrants(_)) => "too_many_grants", Limit,
        "keep the refresh tokens that the app has; ask the vendor to register the app, so that this limit is not for it";
    Refusal::Further(Further::TooMuchConsent(_)) => "too_much_consent", Limit,
        "keep the refresh token and ask for consent only when more is needed";
    Refusal::Further(Further::SubjectToken(_)) => "subject_token", Presented, "exchange a live token that the client may exchange";
    Refusal::Further(Further::ActorToken(_)) => "actor_token", Presented, "send a live token of whoever acts, or none";
    Refusal::Further(Further::Assertion(_)) => "assertion", Presented, "make the assertion as the answer says";
    Refusal::Further(Further::LegacyEnded(_)) => "legacy_ended", GrantAllowed,
        "do it as the standard says; the date was told by mail, and the vendor can set another one";
    Refusal::Further(Further::InteractionRequired) => "interaction_required", User, "send the user without prompt=none";
    Refusal::Further(Further::TooManyDevices(_)) => "too_many_devices", Limit, "wait as long as Retry-After says";
    Refusal::Further(Further::TooManyCalls { .. }) => "too_many_calls", Limit,
        "keep the access token until it expires, and wait as long as Retry-After says; ask the vendor for a higher limit";
}

#[cfg(test)]
mod tests {
    use super::{Check, KINDS, Refusal, RefusalKind};
    use std::collections::HashSet;

    #[test]
    fn each_kind_has_a_name_of_its_own_and_says_what_to_do() {
        let names: HashSet<_> = KINDS.iter().map(|kind| kind.name).collect();
        assert_eq!(names.len(), KINDS.len());
        for kind in KINDS {
            assert!(kind.mend.len() > 15 && !kind.mend.ends_with('.'), "{kind:?}");
            assert_eq!(RefusalKind::named(kind.name), Some(*kind));
        }
        assert_eq!(Refusal::WrongClient.kind().check, Check::ClientProved);
        assert_eq!(RefusalKind::named("no such kind"), None);
    }

    #[test]
    fn the_checks_are_in_the_order_of_their_list() {
        assert!(Check::ALL.is_sorted());
        let names: HashSet<_> = Check::ALL.iter().map(|check| check.name()).collect();
        assert_eq!(names.len(), Check::ALL.len());
    }
}
