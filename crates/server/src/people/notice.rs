//! What a sign-in page says after a sign-in that did not work: it travels, sealed, in the address that the browser is sent
//! to, so that the page is reached with GET and can be loaded anew.

use crate::failure::Failure;
use crate::pages::views::SignInError;
use crate::people::browser::Browser;
use crate::people::factor::Onward;
use crate::people::sealed;
use crate::state::State;
use crate::state::sites::Site;
use serde::{Deserialize, Serialize};

const PURPOSE: &str = "a sign-in that did not work";

/// What there is to say.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Notice {
    /// What was typed as the user name.
    pub(crate) username: String,
    /// Why it did not work.
    pub(crate) why: Why,
    /// Where somebody goes on without a request.
    #[serde(default)]
    pub(crate) to: Option<String>,
}

/// Why a sign-in did not work.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Why {
    /// Unknown user or wrong password.
    WrongPassword,
    /// The form was not shown in this browser, or its cookies are gone.
    Again,
    /// A passkey that is not known here, or an answer that is none.
    Passkey,
    /// An identity provider did not answer, or not as it must.
    ProviderFailed,
    /// Somebody did not sign in there.
    ProviderRefused,
    /// They signed in there too long ago, or nobody says when.
    ProviderStale,
    /// Who signed in there has no account here, and gets none.
    NotLetIn,
    /// Somebody else has their address, who has no password either.
    AddressTaken,
    /// The brake is on, until then (milliseconds).
    Locked(i64),
}

impl Notice {
    /// What travels.
    ///
    /// # Errors
    /// The library fails.
    pub(crate) fn seal(&self, state: &State, site: &Site, browser: &Browser) -> Result<String, Failure> {
        sealed::seal(self, PURPOSE, &site.realm.id, browser, &state.secrets, state.clock.now())
    }

    /// Reads what came back.
    pub(crate) fn open(text: &str, state: &State, site: &Site, browser: &Browser) -> Option<Self> {
        sealed::open(text, PURPOSE, &site.realm.id, browser, &state.secrets)
    }

    /// Where somebody goes on without a request.
    pub(crate) fn onward(&self) -> Option<Onward> {
        self.to.as_deref().and_then(Onward::named)
    }

    /// What the page says now; a lock that is over is not spoken of.
    pub(crate) fn error(&self, now: i64) -> Option<SignInError> {
        match self.why {
            Why::WrongPassword => Some(SignInError::WrongPassword),
            Why::Again => Some(SignInError::Again),
            Why::Passkey => Some(SignInError::Passkey),
            Why::ProviderFailed => Some(SignInError::ProviderFailed),
            Why::ProviderRefused => Some(SignInError::ProviderRefused),
            Why::ProviderStale => Some(SignInError::ProviderStale),
            Why::NotLetIn => Some(SignInError::NotLetIn),
            Why::AddressTaken => Some(SignInError::AddressTaken),
            Why::Locked(until) => {
                let seconds = u64::try_from((until - now + 999) / 1000).unwrap_or_default();
                (seconds > 0).then_some(SignInError::TooMany { seconds })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_is_spoken_of_until_it_ends() {
        let error = |now| Notice { username: String::new(), why: Why::Locked(90_000), to: None }.error(now);
        assert_eq!(error(0), Some(SignInError::TooMany { seconds: 90 }));
        assert_eq!(error(89_500), Some(SignInError::TooMany { seconds: 1 }));
        assert_eq!((error(90_000), error(200_000)), (None, None));
    }
}
