//! The fields of apps: as they are told, as one is registered, as one is changed. Those that RFC 7591 has keep its names.

use crate::api::schema::{Field, Schema, Shape, always, may, may_be_null, or_null};

pub(super) const STATUSES: &[&str] = &["pending", "active", "rejected", "suspended"];
const TEXTS: Shape = Shape::List(&Shape::Text);

pub(super) const APP: Schema = Schema {
    name: "App",
    says: "An app, with all its settings; those that are not named here have their names of the realm file",
    fields: &[
        always("realm", Shape::Text, "Its realm"),
        always("id", Shape::Text, "Its client_id"),
        always("name", Shape::Text, "What people call it"),
        always("status", Shape::OneOf(STATUSES), "Where it stands"),
        always("kind", Shape::Text, "confidential or public"),
        or_null("publisher", Shape::Text, "Who publishes it"),
        or_null("owner_email", Shape::Text, "To whom mails go"),
        always("grants", TEXTS, "Grants that it may use"),
        always("redirect_uris", TEXTS, "Where users may be sent back to"),
        always("post_logout_redirect_uris", TEXTS, "Where users may be sent to after logging out"),
        always("scope", Shape::Text, "Every scope that it may ask for"),
        always("audiences", TEXTS, "The APIs that it may get tokens for"),
        always("legacy", TEXTS, "Old behaviours that it was given"),
        always("addresses", Shape::Map, "The addresses that its developers need, by what they are for"),
        or_null("last_used_at", Shape::Time, "When it was last authenticated, to the minute"),
        always("is_agent", Shape::Bool, "It is an agent: its vendor says so, or nobody does and it came by itself"),
        may(
            "asked_for",
            Shape::List(&Shape::Map),
            "Who asked for it while it waits: user (null: whoever was not signed in), times, first_at, last_at",
        ),
        or_null("managed_by", Shape::Text, "The realm file that manages it: it is changed there, and read-only here"),
    ],
    open: true,
};

const AGENT: &str = "It is an agent, which goes on by itself";
const GRANTS: Field =
    may("grants", TEXTS, "The grants; of a new app, where they are left out: what follows from kind and redirect URIs");
const REDIRECT_URIS: Field = may("redirect_uris", TEXTS, "Where users may be sent back to");
const POST_LOGOUT: Field = may("post_logout_redirect_uris", TEXTS, "Where users may be sent to after logging out");
const SCOPE: Field = may("scope", Shape::Text, "Every scope that it may ask for, with spaces between");
const AUDIENCES: Field = may(
    "audiences",
    TEXTS,
    "The APIs; of a new app, where they are left out: those of its scopes, else the realm's first",
);
const LEGACY: Field = may("legacy", TEXTS, "Old behaviours");
const JWKS: Field = may("jwks", Shape::Map, "Its public keys (RFC 7517 5)");
const JWKS_URI: Field = may("jwks_uri", Shape::Text, "Where its public keys are");
const EXCHANGE: Field = may("token_exchange", Shape::Map, "Whose tokens it may exchange, as a realm file says it");
const FRONT: Field =
    may("frontchannel_logout_uri", Shape::Text, "Loaded in a user's browser who logs out; empty: nothing is");
const BACK: Field =
    may("backchannel_logout_uri", Shape::Text, "Called when somebody was logged out; empty: nothing is");
const SUBJECT: Field = may("subject_type", Shape::OneOf(&["public", "pairwise"]), "How its users are named to it");
const SECTOR: Field = may("sector_identifier_uri", Shape::Text, "Where it is said which redirect URIs belong together");
const DN: Field = may("tls_client_auth_subject_dn", Shape::Text, "The subject of its certificate (RFC 8705 2.1.2)");
const SAN_DNS: Field = may("tls_client_auth_san_dns", Shape::Text, "A host name in its certificate");
const SAN_URI: Field = may("tls_client_auth_san_uri", Shape::Text, "A URI in its certificate");
const SAN_IP: Field = may("tls_client_auth_san_ip", Shape::Text, "An address in its certificate");
const SAN_EMAIL: Field = may("tls_client_auth_san_email", Shape::Text, "A mail address in its certificate");
const BOUND: Field =
    may("tls_client_certificate_bound_access_tokens", Shape::Bool, "Its access tokens are bound to its certificate");

pub(super) const NEW: Schema = Schema {
    name: "NewApp",
    says: "An app that is to be registered; it waits for approval",
    fields: &[
        may("id", Shape::Name(200), "Its client_id; made where it is left out"),
        always("name", Shape::Name(200), "What people call it"),
        may("publisher", Shape::Text, "Who publishes it"),
        may("owner_email", Shape::Text, "To whom mails go"),
        may("public", Shape::Bool, "It cannot keep a secret"),
        may("in_browser", Shape::Bool, "It is a page in a browser"),
        may("agent", Shape::Bool, AGENT),
        may("id_token_signing", Shape::Text, "What signs its ID tokens; left out: RS256"),
        may("id_token_claims", Shape::OneOf(&["minimal", "scope"]), "Which claims about the user they carry"),
        may("pkce", Shape::OneOf(&["required", "unless-nonce"]), "Whether every code needs PKCE"),
        GRANTS,
        REDIRECT_URIS,
        POST_LOGOUT,
        SCOPE,
        AUDIENCES,
        LEGACY,
        JWKS,
        JWKS_URI,
        may("token_endpoint_auth_method", Shape::Text, "How it proves who it is"),
        may("token_endpoint_auth_signing_alg", Shape::Text, "What signs its assertions"),
        DN,
        SAN_DNS,
        SAN_URI,
        SAN_IP,
        SAN_EMAIL,
        BOUND,
        may("request_uris", TEXTS, "Where its request objects may lie"),
        may("request_object_signing_alg", Shape::Text, "What signs its request objects"),
        may("request_object_encryption_alg", Shape::Text, "How the key of its request objects is encrypted"),
        may("request_object_encryption_enc", Shape::Text, "What encrypts their content"),
        may("require_signed_request_object", Shape::Bool, "Its authorization requests are signed"),
        may("require_pushed_authorization_requests", Shape::Bool, "Its authorization requests are pushed"),
        may("authorization_signed_response_alg", Shape::Text, "What signs the answers to them"),
        may("authorization_encrypted_response_alg", Shape::Text, "How the key of these answers is encrypted"),
        may("authorization_encrypted_response_enc", Shape::Text, "What encrypts their content"),
        may("introspection_signed_response_alg", Shape::Text, "What signs the answers to its introspections"),
        may("userinfo_signed_response_alg", Shape::Text, "What signs userinfo"),
        may("userinfo_encrypted_response_alg", Shape::Text, "How the key of userinfo is encrypted"),
        may("userinfo_encrypted_response_enc", Shape::Text, "What encrypts its content"),
        may("id_token_encrypted_response_alg", Shape::Text, "How the key of its ID tokens is encrypted"),
        may("id_token_encrypted_response_enc", Shape::Text, "What encrypts their content"),
        may("second_factor", Shape::Text, "Whether who comes to it needs a second factor, whatever the realm asks for"),
        may("second_factor_kinds", TEXTS, "Which second factors will do"),
        SUBJECT,
        SECTOR,
        may("claims", Shape::List(&Shape::Map), "What it is told of its users, as a realm file says it"),
        FRONT,
        may("frontchannel_logout_session_required", Shape::Bool, "It wants `iss` and `sid` there"),
        BACK,
        may("backchannel_logout_session_required", Shape::Bool, "It wants `sid` there"),
        EXCHANGE,
    ],
    open: false,
};

pub(super) const CHANGE: Schema = Schema {
    name: "AppChange",
    says: "What shall be different; what is left out stays (RFC 7396)",
    fields: &[
        may("name", Shape::Name(200), "What people call it"),
        may("publisher", Shape::Text, "Who publishes it; empty: nobody"),
        may("owner_email", Shape::Text, "To whom mails go; empty: to nobody"),
        may_be_null("agent", Shape::Bool, "It is an agent; null: it is one where it came by itself"),
        GRANTS,
        REDIRECT_URIS,
        may("add_redirect_uris", TEXTS, "More redirect URIs"),
        may("remove_redirect_uris", TEXTS, "Redirect URIs that it has, which go"),
        POST_LOGOUT,
        SCOPE,
        may("add_scope", TEXTS, "More scopes"),
        may("remove_scope", TEXTS, "Scopes that it has, which go"),
        AUDIENCES,
        LEGACY,
        may_be_null(
            "access_token_ttl",
            Shape::Int,
            "How long its access tokens live, in seconds; null: as the realm says",
        ),
        may("plan", Shape::Text, "The plan that its limits are of; empty: none"),
        may_be_null(
            "token_calls_per_minute",
            Shape::Int,
            "How often in a minute it may call the token endpoint; 0: as often as it likes; null: as its plan or its realm says",
        ),
        JWKS,
        JWKS_URI,
        may_be_null(
            "token_endpoint_auth_method",
            Shape::Text,
            "How it proves who it is; null: by its secret, in header or body",
        ),
        may_be_null(
            "token_endpoint_auth_signing_alg",
            Shape::Text,
            "What signs its assertions; null: any algorithm of its method",
        ),
        DN,
        SAN_DNS,
        SAN_URI,
        SAN_IP,
        SAN_EMAIL,
        BOUND,
        SUBJECT,
        SECTOR,
        FRONT,
        BACK,
        may(
            "backchannel_token_delivery_mode",
            Shape::Text,
            "How it hears what users said who were elsewhere (CIBA): `poll` or `ping`",
        ),
        may("backchannel_client_notification_endpoint", Shape::Text, "Where it is told that they did; empty: nowhere"),
        EXCHANGE,
    ],
    open: false,
};
