//! `prompt` (OpenID Connect Core 3.1.2.1).

use crate::params::Params;
use crate::refusal::Refusal;
use serde::{Deserialize, Serialize};

/// What the person must be asked, or must not.
#[expect(clippy::struct_excessive_bools, reason = "each is a word that the parameter has or has not")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Prompt {
    /// Nothing may be shown.
    pub none: bool,
    /// The user must sign in again.
    pub login: bool,
    /// Consent must be asked for again.
    pub consent: bool,
    /// The user chooses with which account to go on; false as soon as they have.
    #[serde(default)]
    pub select_account: bool,
}

impl Prompt {
    /// Reads the parameter. Values that nobody defined are for those who know them; `none` stands alone all the same.
    ///
    /// # Errors
    /// `none` beside another value.
    pub(super) fn read(params: &Params<'_>) -> Result<Self, Refusal> {
        let (mut prompt, mut others) = (Self::default(), false);
        for word in params.get("prompt").unwrap_or("").split(' ') {
            match word {
                "none" => prompt.none = true,
                "login" => prompt.login = true,
                "consent" => prompt.consent = true,
                "select_account" => prompt.select_account = true,
                "" => {}
                _ => others = true,
            }
        }
        if prompt.none && (prompt.login || prompt.consent || prompt.select_account || others) {
            return Err(Refusal::WrongParameter { name: "prompt", why: "none cannot stand with other values" });
        }
        Ok(prompt)
    }

    /// The parameter's value.
    pub(super) fn words(self) -> String {
        let words = [
            (self.none, "none"),
            (self.login, "login"),
            (self.consent, "consent"),
            (self.select_account, "select_account"),
        ];
        words.into_iter().filter(|(is_set, _)| *is_set).map(|(_, word)| word).collect::<Vec<_>>().join(" ")
    }
}
