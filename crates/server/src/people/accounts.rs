//! The accounts that were used in this browser.
//!
//! The browser itself remembers them, in a cookie that it cannot read: users' ids, and when each signed in last. It is no
//! session: whoever chooses an account that is not signed in is asked for its password.

use crate::failure::Failure;
use crate::pages::views::{Account, Ago, KnownAccount};
use crate::people::browser::Browser;
use crate::people::sealed;
use crate::state::State;
use crate::state::sites::Site;
use claviger_core::user::User;
use claviger_store::SignedIn;
use http::HeaderValue;
use serde::{Deserialize, Serialize};

const PURPOSE: &str = "accounts that were used";
/// How many are remembered.
const MOST: usize = 6;
/// The longest cookie, in bytes; browsers drop those beyond 4 KiB.
const LONGEST: usize = 3500;

/// An account that was used.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Used {
    /// The user's id.
    user: String,
    /// When they signed in last, in milliseconds.
    at: i64,
}

/// What a browser remembers, the last used first.
#[derive(Debug, Default)]
pub(crate) struct Accounts(Vec<Used>);

impl Accounts {
    /// Reads what the browser brought.
    pub(crate) fn of(state: &State, site: &Site, browser: &Browser) -> Self {
        let opened =
            browser.accounts().and_then(|text| sealed::open(text, PURPOSE, &site.realm.id, browser, &state.secrets));
        Self(opened.unwrap_or_default())
    }

    /// Whether somebody signed in here before.
    pub(crate) fn knows(&self, user: &User) -> bool {
        self.0.iter().any(|used| used.user == user.id)
    }

    /// The same after `user` signed in.
    pub(crate) fn after(self, user: &User, now: i64) -> Self {
        let mut accounts = self.without(&user.id).0;
        accounts.insert(0, Used { user: user.id.clone(), at: now });
        accounts.truncate(MOST);
        Self(accounts)
    }

    /// The same without one.
    pub(crate) fn without(mut self, user: &str) -> Self {
        self.0.retain(|used| used.user != user);
        self
    }

    /// The cookies that keep it; of many with long ids, those that fit.
    ///
    /// # Errors
    /// The library fails.
    pub(crate) fn cookies(
        mut self,
        state: &State,
        site: &Site,
        browser: &Browser,
    ) -> Result<Vec<HeaderValue>, Failure> {
        loop {
            let sealed = sealed::seal(&self.0, PURPOSE, &site.realm.id, browser, &state.secrets, state.clock.now())?;
            if sealed.len() <= LONGEST || self.0.pop().is_none() {
                return Ok(browser.remember(&site.realm, &sealed).into_iter().flatten().collect());
            }
        }
    }

    /// Those who can still sign in, as they are shown; first the one who is signed in.
    ///
    /// # Errors
    /// The store cannot read.
    pub(crate) async fn shown(
        &self,
        state: &State,
        site: &Site,
        who: Option<&SignedIn>,
    ) -> Result<Vec<KnownAccount>, Failure> {
        let now = state.clock.now();
        let known = |user: &User, is_signed_in, at: i64| KnownAccount {
            id: user.id.clone(),
            account: account(user),
            is_signed_in,
            last_used: Ago::of(now - at),
        };
        let mut shown: Vec<_> = who.iter().map(|who| known(&who.user, true, who.session.last_seen_at)).collect();
        for used in &self.0 {
            if who.is_some_and(|who| who.user.id == used.user) {
                continue;
            }
            let found = state.store.user(&site.realm.id, &used.user).await?;
            shown.extend(found.filter(|found| !found.user.disabled).map(|found| known(&found.user, false, used.at)));
        }
        Ok(shown)
    }
}

/// A user as pages show them.
pub(crate) fn account(user: &User) -> Account {
    Account { name: user.name.clone().unwrap_or_else(|| user.username.clone()), username: user.username.clone() }
}
