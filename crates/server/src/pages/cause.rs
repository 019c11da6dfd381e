//! Why a request ended on a page of ours, in words that a locale file has.

use claviger_core::Refusal;
use serde::Serialize;

/// The message that says it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cause {
    /// The message's id, for developers.
    message: &'static str,
    /// The id of the one for the person in front of the page, where more can be said than the error code does.
    person: Option<&'static str>,
    /// The parameter that is meant, as the protocol calls it; or the client's id, as it was sent.
    name: Option<String>,
    /// The parameter that is wrong: a developer reads it on the page without opening anything.
    parameter: Option<String>,
}

impl Cause {
    /// The cause of a refusal that can be shown before anything is known of where an answer could go; `None` for the others,
    /// whose error code says enough.
    pub fn of(refusal: &Refusal) -> Option<Self> {
        let (message, name) = match refusal {
            Refusal::Duplicate(name) => ("error-cause-duplicate", Some(name.clone())),
            Refusal::MissingParameter(name) => ("error-cause-missing-parameter", Some((*name).to_owned())),
            Refusal::TooManyParameters => ("error-cause-too-many-parameters", None),
            Refusal::UnknownClient(id) => ("error-cause-unknown-client", Some(id.clone())),
            Refusal::WrongClient => ("error-cause-wrong-client", None),
            Refusal::ClientInactive(_) => ("error-cause-client-inactive", None),
            Refusal::RedirectMissing => ("error-cause-redirect-missing", None),
            Refusal::RedirectUnregistered => ("error-cause-redirect-unregistered", None),
            _ => return None,
        };
        let person = match refusal {
            Refusal::WrongClient | Refusal::UnknownClient(_) => Some("error-person-wrong-client"),
            Refusal::ClientInactive(_) => Some("error-person-client-inactive"),
            Refusal::RedirectUnregistered => Some("error-person-redirect-unregistered"),
            _ => None,
        };
        let parameter = match refusal {
            Refusal::Duplicate(name) => Some(name.clone()),
            Refusal::MissingParameter(name) => Some((*name).to_owned()),
            Refusal::UnknownClient(_) | Refusal::ClientInactive(_) | Refusal::WrongClient => {
                Some("client_id".to_owned())
            }
            Refusal::RedirectMissing | Refusal::RedirectUnregistered => Some("redirect_uri".to_owned()),
            _ => None,
        };
        Some(Self { message, person, name, parameter })
    }
}
