//! What the app of the vendor's own pages says, in the words of its API.

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

/// Somebody signed in.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct LoginSaid {
    /// Who.
    pub(crate) subject: String,
    /// The browser need not ask again.
    #[serde(deserialize_with = "or_usual")]
    pub(crate) remember: bool,
    /// For so many seconds; 0: until the browser is closed.
    #[serde(deserialize_with = "or_usual")]
    pub(crate) remember_for: i64,
    /// Where it did not need to ask: for as long again from now on.
    #[serde(deserialize_with = "or_usual")]
    pub(crate) extend_session_lifespan: bool,
    /// How strong the sign-in was.
    pub(crate) acr: Option<String>,
    /// How it was done.
    #[serde(deserialize_with = "or_usual")]
    pub(crate) amr: Vec<String>,
    /// For the consent page; `organisations` in it are the user's from now on.
    pub(crate) context: Option<Value>,
    /// How the user is named to this client, if not as everywhere else.
    pub(crate) force_subject_identifier: Option<String>,
}

/// Somebody allowed.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct ConsentSaid {
    /// Which scopes.
    #[serde(deserialize_with = "or_usual")]
    pub(crate) grant_scope: Vec<String>,
    /// Which APIs; none: all that were asked for.
    #[serde(deserialize_with = "or_usual")]
    pub(crate) grant_access_token_audience: Vec<String>,
    /// The page need not ask again.
    #[serde(deserialize_with = "or_usual")]
    pub(crate) remember: bool,
    /// For so many seconds; 0: for ever.
    #[serde(deserialize_with = "or_usual")]
    pub(crate) remember_for: i64,
    /// What goes into tokens.
    #[serde(deserialize_with = "or_usual")]
    pub(crate) session: SessionSaid,
    /// What the app keeps with it; `organisations` in it are those that the user picked.
    pub(crate) context: Option<Value>,
}

/// What goes into tokens.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct SessionSaid {
    /// Into access tokens.
    #[serde(deserialize_with = "or_usual")]
    pub(crate) access_token: Map<String, Value>,
    /// Into ID tokens.
    #[serde(deserialize_with = "or_usual")]
    pub(crate) id_token: Map<String, Value>,
    /// The organisations that the user picked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) organisations: Option<Value>,
}

/// The user is signed out. Nothing more is said.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct LogoutSaid {}

/// Somebody did not, or may not.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Rejection {
    /// The error that the client gets.
    pub(crate) error: Option<String>,
    /// What it means.
    pub(crate) error_description: Option<String>,
    /// What to do about it.
    pub(crate) error_hint: Option<String>,
    /// For the log.
    pub(crate) error_debug: Option<String>,
    /// Of an answer that is none of HTTP; kept for nobody.
    pub(crate) status_code: Option<i64>,
}

/// `null` is what a program says that has nothing to say.
fn or_usual<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(deserializer: D) -> Result<T, D::Error> {
    Option::<T>::deserialize(deserializer).map(Option::unwrap_or_default)
}

/// An organisation as an app names it: by its id, or with what people call it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub(crate) enum Named {
    /// One that is known.
    Id(String),
    /// One that may be new.
    Whole(claviger_core::user::Organisation),
}

impl Named {
    /// Its id.
    pub(crate) fn id(&self) -> &str {
        match self {
            Self::Id(id) => id,
            Self::Whole(organisation) => &organisation.id,
        }
    }
}

/// The member `organisations` of what an app said; `None`: it says nothing of them.
///
/// # Errors
/// It is no list of ids or organisations.
pub(crate) fn organisations(said: Option<&Value>) -> Result<Option<Vec<Named>>, serde_json::Error> {
    let named = said.and_then(|said| said.get("organisations")).filter(|named| !named.is_null());
    named.map(|named| serde_json::from_value(named.clone())).transpose()
}

impl ConsentSaid {
    /// The organisations that the user picked; `None`: nothing is said of them.
    ///
    /// # Errors
    /// They are no list of ids or organisations.
    pub(crate) fn organisations(&self) -> Result<Option<Vec<Named>>, serde_json::Error> {
        match &self.session.organisations {
            Some(named) => serde_json::from_value(named.clone()).map(Some),
            None => organisations(self.context.as_ref()),
        }
    }
}
