//! The page of the second factor: a field for a code, or what there is to set up.

use super::half_way::HalfWay;
use super::made::Shown;
use super::{has_any, usable};
use crate::failure::Failure;
use crate::http::Answer;
use crate::pages::views::{FactorError, FactorState, PasskeyForm, QrCode, SecondFactor};
use crate::people::accounts::account;
use crate::people::browser::Browser;
use crate::people::page::{Speech, no_store, view, with_browser};
use crate::people::passkey::form;
use crate::people::waiting::Waiting;
use crate::state::State;
use crate::state::sites::{Site, Target};
use claviger_core::Client;
use claviger_core::params::form_encode;
use claviger_core::sign_in::FactorKind;
use claviger_core::user::User;
use claviger_store::{Factor, SignedIn};
use zeroize::Zeroizing;

/// How long a session counts as just begun, in milliseconds: nobody sets something up in one that was left open.
const RECENT: i64 = 900_000;

/// Where somebody goes on who signs in without an app.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Onward {
    /// To the page of what they sign in with.
    Security,
    /// To where all account pages are.
    Account,
    /// To the apps that act for them.
    Apps,
    /// To what apps ask of them.
    Requests,
    /// To where they are signed in.
    Sessions,
    /// To what happened.
    Activity,
    /// To the licences that they hold.
    Licences,
    /// To what is kept about them.
    Data,
    /// To the end of their account.
    Delete,
    /// To the console.
    Console,
    /// To the partners' portal.
    Portal,
    /// To the guide for integrators.
    Guide,
}

impl Onward {
    const ALL: [Self; 12] = [
        Self::Security,
        Self::Account,
        Self::Apps,
        Self::Requests,
        Self::Sessions,
        Self::Activity,
        Self::Licences,
        Self::Data,
        Self::Delete,
        Self::Console,
        Self::Portal,
        Self::Guide,
    ];

    /// As forms and addresses say it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Security => "security",
            Self::Account => "account",
            Self::Apps => "apps",
            Self::Requests => "requests",
            Self::Sessions => "sessions",
            Self::Activity => "activity",
            Self::Licences => "licences",
            Self::Data => "data",
            Self::Delete => "delete",
            Self::Console => "console",
            Self::Portal => "portal",
            Self::Guide => "guide",
        }
    }

    /// What [`Self::name`] says.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|onward| onward.name() == name)
    }

    /// The path of the page.
    pub(crate) fn path(this: Option<Self>, site: &Site) -> String {
        match this {
            None => site.page_path(Target::Home),
            Some(Self::Security) => site.page_path(Target::Security),
            Some(Self::Account) => site.page_path(Target::Account),
            Some(Self::Console) => {
                let console = site.realm.administration.as_ref().map(|administration| &administration.console_path);
                console.map_or_else(|| site.page_path(Target::Home), |path| format!("{}{path}", site.realm.base_path()))
            }
            Some(Self::Guide) => format!("{}/guide", site.realm.base_path()),
            Some(Self::Portal) => site.page_path(Target::Portal),
            Some(page) => format!("{}/{}", site.page_path(Target::Account), page.name()),
        }
    }
}

/// Why a code did not do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// It is wrong, or was used.
    Wrong,
    /// The form was not shown in this browser, or its cookies are gone.
    Again,
    /// The passkey is not one that was asked for, or could not be set up.
    Passkey,
    /// The brake is on for so many seconds.
    Locked(i64),
}

impl Trouble {
    /// As an address says it.
    pub(crate) fn put(self, address: &mut String) {
        let mut pair = |name, value: &str| form_encode(address, name, value);
        match self {
            Self::Wrong => pair("problem", "wrong"),
            Self::Again => pair("problem", "again"),
            Self::Passkey => pair("problem", "passkey"),
            Self::Locked(seconds) => {
                pair("problem", "wait");
                pair("seconds", &seconds.to_string());
            }
        }
    }

    /// Reads that; anybody can write it.
    pub(crate) fn read(problem: Option<&str>, seconds: Option<&str>) -> Option<Self> {
        match problem? {
            "wrong" => Some(Self::Wrong),
            "again" => Some(Self::Again),
            "passkey" => Some(Self::Passkey),
            "wait" => Some(Self::Locked(seconds.and_then(|text| text.parse().ok()).unwrap_or(1).clamp(1, 3600))),
            _ => None,
        }
    }

    fn error(self) -> FactorError {
        match self {
            Self::Wrong => FactorError::Wrong,
            Self::Again => FactorError::Again,
            Self::Passkey => FactorError::Passkey,
            Self::Locked(seconds) => FactorError::TooMany { seconds: u64::try_from(seconds).unwrap_or(1) },
        }
    }
}

/// The page in front of somebody.
#[derive(Clone, Copy)]
pub(crate) struct Face<'a> {
    pub(crate) state: &'a State,
    pub(crate) site: &'a Site,
    pub(crate) browser: &'a Browser,
    /// The request that waits.
    pub(crate) front: Option<(&'a Client, &'a Waiting)>,
    /// Of somebody who is not signed in yet.
    pub(crate) half: Option<&'a HalfWay>,
    /// Whose it is.
    pub(crate) user: &'a User,
    /// Where they go on without a request.
    pub(crate) onward: Option<Onward>,
    /// The request goes on without it as well.
    pub(crate) may_skip: bool,
    /// Why the last code did not do.
    pub(crate) trouble: Option<Trouble>,
}

impl Face<'_> {
    /// For somebody half way: what they have, or what there is to set up.
    ///
    /// # Errors
    /// The store fails.
    pub(crate) async fn of_half_way(&self) -> Result<Answer, Failure> {
        let factors = self.state.store.factors(&self.site.realm.id, &self.user.id).await?;
        if has_any(&factors) {
            return self.ask(&usable(&factors, &self.site.realm.sign_in.second_factor_kinds));
        }
        self.set_up().await
    }

    /// For somebody who is signed in and needs more: a field where they have one of these kinds, else what there is to set up;
    /// `None` where they signed in too long ago for that, or would have to prove what they have first.
    ///
    /// # Errors
    /// The store fails.
    pub(crate) async fn of_signed_in(&self, who: &SignedIn, kinds: &[FactorKind]) -> Result<Option<Answer>, Failure> {
        let factors = self.state.store.factors(&self.site.realm.id, &self.user.id).await?;
        let usable = usable(&factors, kinds);
        if usable.iter().any(|one| one.kind != FactorKind::RecoveryCode) {
            return self.ask(&usable).map(Some);
        }
        let is_proved = who.session.how.as_ref().is_some_and(|how| how.level(&self.site.realm) > 1);
        if has_any(&factors) && !is_proved {
            return self.ask(&factors.iter().collect::<Vec<_>>()).map(Some);
        }
        if is_recent(who, self.state.clock.now()) { self.set_up().await.map(Some) } else { Ok(None) }
    }

    fn ask(&self, factors: &[&Factor]) -> Result<Answer, Failure> {
        let has = |kind| factors.iter().any(|factor| factor.kind == kind);
        let passkey = form::second_factor(self.state, self.site, self.browser, self.user, factors)?;
        let days = self.site.realm.sign_in.remember_browser_ttl.as_seconds();
        let shown = FactorState::Ask {
            has_app: has(FactorKind::Totp),
            has_codes: has(FactorKind::RecoveryCode),
            // A session that is there already began with what was proved then.
            remember_seconds: u64::try_from(days).ok().filter(|days| *days > 0 && self.half.is_some()),
        };
        self.page(shown, passkey)
    }

    /// A new passkey, and nothing else.
    ///
    /// # Errors
    /// The store fails.
    pub(crate) async fn set_up_passkey(&self, form: PasskeyForm, name: String) -> Result<Answer, Failure> {
        let programs = self.state.store.programs_by_password(&self.site.realm.id, &self.user.id).await?;
        self.page(FactorState::SetUpPasskey { name, programs }, Some(form))
    }

    /// A new authenticator app, or a passkey in its place; where the realm has no apps, that alone.
    ///
    /// # Errors
    /// The store fails.
    pub(crate) async fn set_up(&self) -> Result<Answer, Failure> {
        if !self.site.realm.sign_in.second_factor_kinds.contains(&FactorKind::Totp) {
            let form = form::set_up(self.state, self.site, self.browser, self.user, &self.factors().await?)?;
            let form = form.ok_or_else(|| Failure::Fault("the realm has no second factor to set up".to_owned()))?;
            return self.set_up_passkey(form, String::new()).await;
        }
        self.set_up_of(&Shown::new(&self.user.id, self.state.clock.now())).await
    }

    /// The same with a secret that was shown already.
    ///
    /// # Errors
    /// The store fails.
    pub(crate) async fn set_up_of(&self, shown: &Shown) -> Result<Answer, Failure> {
        let (state, site) = (self.state, self.site);
        let secret = shown.secret();
        let uri = secret.uri(site.realm.shown_name(), &self.user.username);
        let programs = state.store.programs_by_password(&site.realm.id, &self.user.id).await?;
        let passkey = form::set_up(state, site, self.browser, self.user, &self.factors().await?)?;
        let shown = FactorState::SetUp {
            qr: QrCode::of(&uri).map_err(|error| Failure::Fault(error.to_string()))?,
            secret: secret.text().as_str().into(),
            sealed: shown.seal(state, site, self.browser)?,
            programs,
        };
        self.page(shown, passkey)
    }

    async fn factors(&self) -> Result<Vec<Factor>, Failure> {
        Ok(self.state.store.factors(&self.site.realm.id, &self.user.id).await?)
    }

    /// Recovery codes, this once.
    ///
    /// # Errors
    /// The request cannot be sealed.
    pub(crate) fn codes(&self, codes: &[Zeroizing<String>]) -> Result<Answer, Failure> {
        let lines: Vec<&str> = codes.iter().map(|code| code.as_str()).collect();
        self.page(FactorState::Codes { codes: lines.join("\n").into() }, None)
    }

    fn page(&self, shown: FactorState, passkey: Option<PasskeyForm>) -> Result<Answer, Failure> {
        let (state, site, browser) = (self.state, self.site, self.browser);
        let page = SecondFactor {
            client_name: self.front.map(|(client, _)| client.name.clone()),
            account: account(self.user),
            state: shown,
            error: self.trouble.map(Trouble::error),
            action: site.page_path(Target::SecondFactor),
            csrf: browser.form_token(&state.secrets.forms, self.front.map(|(_, waiting)| &waiting.id)).into(),
            pending: self.front.map(|(_, waiting)| waiting.seal(&state.secrets, &site.realm.id)).transpose()?,
            half: self.half.map(|half| half.seal(state, site, browser)).transpose()?,
            onward: self.onward.map(Onward::name),
            passkey,
            may_skip: self.may_skip,
            switch_account_action: self.front.map(|_| site.page_path(Target::SwitchAccount)),
        };
        let asked = self.front.and_then(|(_, waiting)| waiting.request.ui_locales.as_deref());
        let mut answer = view(state, site, Speech::of_browser(browser, asked), &page);
        no_store(&mut answer);
        Ok(with_browser(answer, site, browser))
    }
}

/// Whether somebody signed in just now.
pub(crate) fn is_recent(who: &SignedIn, now: i64) -> bool {
    now - who.session.auth_time <= RECENT
}
