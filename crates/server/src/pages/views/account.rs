//! Pages about the accounts of the person in front of them.

use super::{AppLink, Masked, View};
use serde::Serialize;

/// A person as they are shown.
#[derive(Debug, Clone, Serialize)]
pub struct Account {
    /// The person's name.
    pub name: String,
    /// What they sign in with.
    pub username: String,
}

/// The accounts that were used in this browser, to go on with one of them.
#[derive(Debug, Clone, Serialize)]
pub struct Accounts {
    /// The app that waits.
    pub client_name: Option<String>,
    /// What there is to choose from.
    pub accounts: Vec<KnownAccount>,
    /// Where the choice goes.
    pub action: String,
    /// Ties the form to this browser.
    pub csrf: Masked,
    /// The request that waits, sealed.
    pub pending: Option<String>,
}

impl View for Accounts {
    const TEMPLATE: &'static str = "accounts.html";

    fn leaves(&self) -> bool {
        true
    }
}

/// An account that was used in this browser.
#[derive(Debug, Clone, Serialize)]
pub struct KnownAccount {
    /// The user's id.
    pub id: String,
    /// Whose it is.
    pub account: Account,
    /// Whether it goes on without a password.
    pub is_signed_in: bool,
    /// When it was last used here.
    pub last_used: Ago,
}

/// How long ago something was, in the largest unit that fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Ago {
    /// The unit: the end of the name of the message that says it.
    pub unit: &'static str,
    /// How many of them.
    pub count: i64,
}

impl Ago {
    /// So many milliseconds ago.
    pub fn of(millis: i64) -> Self {
        let minutes = millis.max(0) / 60_000;
        match (minutes, minutes / 60, minutes / 1440) {
            (0, ..) => Self { unit: "now", count: 0 },
            (count, 0, _) => Self { unit: "minutes", count },
            (_, count, 0) => Self { unit: "hours", count },
            (.., count) => Self { unit: "days", count },
        }
    }
}

/// Tells somebody who belongs to no company, or to no site, that there is nothing to allow.
#[derive(Debug, Clone, Serialize)]
pub struct NoOrganisation {
    /// The app that asks.
    pub client_name: String,
    /// Who has none.
    pub account: Account,
    /// The mail address that they can ask.
    pub contact: Option<String>,
    /// Where the way back to the app posts to.
    pub action: String,
    /// Where "use another account" posts to.
    pub switch_account_action: String,
    /// Ties the forms to this browser.
    pub csrf: Masked,
    /// The request that waits, sealed.
    pub pending: String,
}

impl View for NoOrganisation {
    const TEMPLATE: &'static str = "no_organisation.html";

    fn leaves(&self) -> bool {
        true
    }
}

/// Tells whoever wanted to connect an app that the operator has not approved it.
#[derive(Debug, Clone, Serialize)]
pub struct NotApproved {
    /// What the app calls itself.
    pub client_name: String,
    /// The domain that it comes from.
    pub publisher: String,
    /// It was just asked for.
    pub asked: bool,
    /// Where the button that asks for it posts to.
    pub action: String,
    /// Its id.
    pub client: String,
    /// Ties the form to this browser.
    pub csrf: Masked,
    /// The mail address that they can write to.
    pub contact: Option<String>,
}

impl View for NotApproved {
    const TEMPLATE: &'static str = "not_approved.html";
}

/// Somebody is signed in, and no app asks for anything: the page that "sign in" alone ends at.
#[derive(Debug, Clone, Serialize)]
pub struct SignedIn {
    /// Who is signed in.
    pub account: Account,
    /// Apps at which a sign-in can begin.
    pub apps: Vec<AppLink>,
    /// Where they see and change what their account is used for.
    pub account_url: String,
    /// Where the log-out button posts to; none where the realm has no such address.
    pub logout_action: Option<String>,
    /// Ties the form to this browser.
    pub csrf: Masked,
}

impl View for SignedIn {
    const TEMPLATE: &'static str = "signed_in.html";
}

/// The realm's first page, for somebody who is not signed in.
#[derive(Debug, Clone, Serialize)]
pub struct Home {
    /// Where to sign in; none where nobody can.
    pub sign_in_url: Option<String>,
}

impl View for Home {
    const TEMPLATE: &'static str = "home.html";
}

#[cfg(test)]
mod tests {
    use super::Ago;

    #[test]
    fn the_largest_unit_that_fits_is_said() {
        const MINUTE: i64 = 60_000;
        for (millis, unit, count) in [
            (-5, "now", 0),
            (59_999, "now", 0),
            (MINUTE, "minutes", 1),
            (59 * MINUTE, "minutes", 59),
            (60 * MINUTE, "hours", 1),
            (23 * 60 * MINUTE, "hours", 23),
            (24 * 60 * MINUTE, "days", 1),
            (400 * 24 * 60 * MINUTE, "days", 400),
        ] {
            assert_eq!(Ago::of(millis), Ago { unit, count });
        }
    }
}
