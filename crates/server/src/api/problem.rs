//! What is answered to a call that is not served: problem details (RFC 9457), with the reference under which the log has it.

use super::schema::{Field, FieldError, Schema, Shape, always, may};
use crate::admin::AdminError;
use crate::admin::apply::ApplyError;
use crate::failure::{Failure, json};
use crate::http::{Answer, trace};
use claviger_store::Fault;
use http::header::{CONTENT_TYPE, HeaderName, RETRY_AFTER};
use http::{HeaderValue, StatusCode};
use serde_json::json;

/// Where the kinds are told, below the API's own address.
pub(super) const KINDS_PATH: &str = "/problems";

/// A kind of problem.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Kind {
    /// The name in its `type`.
    pub(super) name: &'static str,
    pub(super) status: u16,
    /// The same for each of its kind.
    pub(super) title: &'static str,
}

const fn kind(name: &'static str, status: u16, title: &'static str) -> Kind {
    Kind { name, status, title }
}

pub(super) const INVALID: Kind = kind("invalid", 400, "Something of the request is wrong");
pub(super) const UNAUTHENTICATED: Kind = kind("unauthenticated", 401, "There is no good access token");
pub(super) const INSUFFICIENT_SCOPE: Kind = kind("insufficient-scope", 403, "The access token lacks the scope");
pub(super) const FORBIDDEN: Kind = kind("forbidden", 403, "The role does not allow it");
pub(super) const NOT_FOUND: Kind = kind("not-found", 404, "There is no such thing");
pub(super) const WRONG_METHOD: Kind = kind("wrong-method", 405, "The address is for other methods");
pub(super) const CONFLICT: Kind = kind("conflict", 409, "What is there stands against it");
pub(super) const MANAGED: Kind = kind("managed-by-file", 409, "A realm file manages it");
pub(super) const UNDER_WAY: Kind = kind("under-way", 409, "A request with this key is under way");
pub(super) const STALE: Kind = kind("stale", 412, "It was changed meanwhile");
pub(super) const TOO_LARGE: Kind = kind("too-large", 413, "The body is too large");
pub(super) const UNSUPPORTED: Kind = kind("unsupported-media-type", 415, "The body must be JSON");
pub(super) const OTHER_REQUEST: Kind = kind("key-used", 422, "The key was used for another request");
pub(super) const MATCH_REQUIRED: Kind = kind("match-required", 428, "The request must say which version it changes");
pub(super) const TOO_MANY: Kind = kind("too-many-requests", 429, "There were too many requests");
pub(super) const FAILED: Kind = kind("failed", 500, "The server failed");
pub(super) const UNAVAILABLE: Kind = kind("unavailable", 503, "The server cannot do it now");

/// All that there are.
pub(super) const KINDS: &[Kind] = &[
    INVALID,
    UNAUTHENTICATED,
    INSUFFICIENT_SCOPE,
    FORBIDDEN,
    NOT_FOUND,
    WRONG_METHOD,
    CONFLICT,
    MANAGED,
    UNDER_WAY,
    STALE,
    TOO_LARGE,
    UNSUPPORTED,
    OTHER_REQUEST,
    MATCH_REQUIRED,
    TOO_MANY,
    FAILED,
    UNAVAILABLE,
];

const FIELD_ERROR: Schema = Schema {
    name: "FieldError",
    says: "A field that is wrong",
    fields: &[
        always("field", Shape::Text, "Where: a JSON pointer into the body, or the name of a parameter"),
        always("detail", Shape::Text, "What is wrong"),
    ],
    open: false,
};

const FIELDS: &[Field] = &[
    always("type", Shape::Text, "The kind of problem: an address at which it is told"),
    always("title", Shape::Text, "The kind in words"),
    always("status", Shape::Int, "The HTTP status"),
    always("detail", Shape::Text, "What is wrong this time, and what to do"),
    may("errors", Shape::List(&Shape::Object(&FIELD_ERROR)), "Each field that is wrong"),
    may("reference", Shape::Text, "Under which the server's log has the request"),
];

/// As the document says it.
pub(super) const PROBLEM: Schema =
    Schema { name: "Problem", says: "Why a call was not served (RFC 9457)", fields: FIELDS, open: true };

/// What is said where something is not as the caller saw it.
pub(super) const MEANWHILE: &str = "it is not as it was read any more: read it anew, and decide again";

/// Why a call is not served.
#[derive(Debug)]
pub(super) struct Problem {
    pub(super) kind: Kind,
    pub(super) detail: String,
    pub(super) errors: Vec<FieldError>,
    pub(super) headers: Vec<(HeaderName, HeaderValue)>,
}

impl Problem {
    pub(super) fn new(kind: Kind, detail: impl Into<String>) -> Self {
        Self { kind, detail: detail.into(), errors: Vec::new(), headers: Vec::new() }
    }

    /// One field is wrong.
    pub(super) fn field(field: &str, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        let errors = vec![FieldError { field: field.to_owned(), detail: detail.clone() }];
        Self { errors, ..Self::new(INVALID, format!("`{field}`: {detail}")) }
    }

    /// Several are.
    pub(super) fn fields(errors: Vec<FieldError>) -> Self {
        Self { errors, ..Self::new(INVALID, "the body is not as it must be; `errors` names each field") }
    }

    #[must_use]
    pub(super) fn with(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// As an answer; `base`: the API's own address.
    pub(super) fn answer(self, base: &str) -> Answer {
        let mut body = json!({
            "type": format!("{base}{KINDS_PATH}#{}", self.kind.name),
            "title": self.kind.title, "status": self.kind.status, "detail": self.detail,
        });
        if let Some(members) = body.as_object_mut() {
            if !self.errors.is_empty() {
                members.insert("errors".to_owned(), json!(self.errors));
            }
            members.extend(trace::reference().map(|id| ("reference".to_owned(), id.to_string().into())));
        }
        let status = StatusCode::from_u16(self.kind.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut answer = json(status, body.to_string());
        answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        answer.headers_mut().extend(self.headers.into_iter().map(|(name, value)| (Some(name), value)));
        answer
    }
}

fn trouble(failure: &Failure) -> Problem {
    match failure {
        Failure::Fault(detail) => {
            tracing::error!(detail, "failed");
            Problem::new(FAILED, "the server failed; the log has the cause under the reference")
        }
        other => {
            tracing::warn!(?other, "not served");
            Problem::new(UNAVAILABLE, "the server is busy, try again in a second")
                .with(RETRY_AFTER, crate::failure::SOON)
        }
    }
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Refusal(refusal) => Self::new(INVALID, refusal.description()),
            other => trouble(&other),
        }
    }
}

impl From<Fault> for Problem {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::SameId(_) => Self::new(CONFLICT, fault.to_string()),
            Fault::Changed(_) => Self::new(STALE, MEANWHILE),
            fault => trouble(&fault.into()),
        }
    }
}

impl From<serde_json::Error> for Problem {
    fn from(error: serde_json::Error) -> Self {
        trouble(&error.into())
    }
}

impl From<AdminError> for Problem {
    fn from(error: AdminError) -> Self {
        use AdminError as E;
        let said = error.to_string();
        let of = |kind| Self::new(kind, said);
        match error {
            E::Store(fault) => fault.into(),
            E::Busy(_) => of(UNAVAILABLE).with(RETRY_AFTER, crate::failure::SOON),
            E::Invalid(complaints) => {
                let error = |one: crate::admin::Complaint| FieldError {
                    field: format!("/{}", one.field.replace('-', "_")),
                    detail: one.message,
                };
                Self::fields(complaints.into_iter().map(error).collect())
            }
            E::ShortPassword(_) | E::ShortSecret(_) | E::OrganisationOfNoRealm(_) | E::NoAddress(_) => of(INVALID),
            E::NoSuchApp(_)
            | E::NoSuchSecret { .. }
            | E::NoSuchRealm { .. }
            | E::NoSuchUser { .. }
            | E::NoSuchSeat { .. }
            | E::NoSuchOrganisation { .. }
            | E::NoSuchKey(_)
            | E::NoSuchGrant { .. }
            | E::NoSuchConsent { .. }
            | E::NoSuchSession { .. }
            | E::NoSuchRole { .. }
            | E::NoSuchMail(_)
            | E::NoSuchWebhook(_)
            | E::NothingToReplay(_)
            | E::NoSuchCall(_)
            | E::NoSuchTeam(_)
            | E::NoSuchAnnouncement(_)
            | E::NoSuchInitialToken(_) => of(NOT_FOUND),
            E::TestedTooOften(seconds) => of(TOO_MANY).with(RETRY_AFTER, HeaderValue::from(seconds)),
            E::Managed { .. } | E::SaidByFile { .. } => of(MANAGED),
            E::ChangedMeanwhile(_) => of(STALE),
            E::Crypto(_) | E::Mail(_) | E::OtherMasterKey | E::UnreadableKeys(_) | E::OneMasterKey => {
                trouble(&Failure::Fault(said_of(&error)))
            }
            _ => of(CONFLICT),
        }
    }
}

fn said_of(error: &AdminError) -> String {
    error.to_string()
}

impl From<ApplyError> for Problem {
    fn from(error: ApplyError) -> Self {
        match error {
            ApplyError::Store(fault) => fault.into(),
            ApplyError::Busy(_) => Self::new(UNAVAILABLE, error.to_string()).with(RETRY_AFTER, crate::failure::SOON),
            ApplyError::Conflict { .. } => Self::new(CONFLICT, error.to_string()),
        }
    }
}
