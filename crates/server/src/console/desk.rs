//! What the console's pages share: who is in front of them and what they may do, their forms, and how a page is answered.

use super::build::{link, query};
use super::wrong;
use crate::admin::roles::Administrator;
use crate::admin::{Actor, Admin, AdminError, Way, realms};
use crate::failure::Failure;
use crate::http::Answer;
use crate::pages::views::Masked;
use crate::pages::views::console::{Block, ConsoleLink, ConsolePage, Notice, Tone, Words, Wrong};
use crate::people::flow::Flow;
use crate::people::page::{Speech, no_store, see_other, view, with_browser};
use crate::people::show;
use crate::state::sites::Target;
use bytes::Bytes;
use claviger_core::permission::{Permission, Resource, Verb};
use claviger_core::{Params, Realm};
use claviger_store::{Fault, SignedIn, Store};

/// Why a page is not shown.
#[derive(Debug)]
pub(super) enum Stop {
    /// There is no such page or thing, or it is not for whoever asks: both look alike.
    NotFound,
    /// They may look, and not do that.
    MayNot(Permission),
    /// The act was not done; `back`: the page that says so, below the console's path.
    Act {
        /// Where they were.
        back: String,
        /// Why.
        error: AdminError,
    },
    /// Our trouble.
    Failure(Failure),
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        Self::Failure(fault.into())
    }
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

impl From<serde_json::Error> for Stop {
    fn from(error: serde_json::Error) -> Self {
        Self::Failure(error.into())
    }
}

impl From<AdminError> for Stop {
    fn from(error: AdminError) -> Self {
        match error {
            AdminError::Store(fault) => fault.into(),
            AdminError::NoSuchApp(_)
            | AdminError::NoSuchUser { .. }
            | AdminError::NoSuchRealm { .. }
            | AdminError::NoSuchOrganisation { .. } => Self::NotFound,
            error => Self::Act { back: String::new(), error },
        }
    }
}

/// Somebody in front of the console.
pub(super) struct Desk<'a> {
    pub(super) flow: &'a Flow<'a>,
    pub(super) who: SignedIn,
    pub(super) admin: Administrator,
    pub(super) actor: Actor,
    /// The path of the console.
    pub(super) base: String,
    /// The file that came with a form.
    pub(super) file: Option<Bytes>,
}

impl<'a> Desk<'a> {
    pub(super) fn new(flow: &'a Flow<'a>, who: SignedIn, admin: Administrator, base: String) -> Self {
        let actor = Actor { name: admin.name.clone(), way: Way::Console, reference: flow.incoming.id.to_string() };
        Self { flow, who, admin, actor, base, file: None }
    }

    pub(super) fn store(&self) -> &'a Store {
        &self.flow.state.store
    }

    pub(super) fn now(&self) -> i64 {
        self.flow.state.clock.now()
    }

    /// They, as acts want to know it.
    pub(super) fn acting(&self) -> Admin<'_> {
        Admin { store: self.store(), actor: &self.actor, now: self.now() }
    }

    /// The realms that they may look at, in order of their ids.
    pub(super) async fn realms(&self) -> Result<Vec<Realm>, Stop> {
        let mut all = realms::list(self.store()).await?;
        all.retain(|realm| self.sees(realm));
        Ok(all)
    }

    fn sees(&self, realm: &Realm) -> bool {
        self.admin.may_for_some(Permission::new(Resource::Realms, Verb::Read), &realm.id)
    }

    /// The pages of one realm.
    pub(super) async fn realm(&self, id: &str) -> Result<Of<'_>, Stop> {
        let realm = self.store().realm(id).await?.filter(|realm| self.sees(realm)).ok_or(Stop::NotFound)?;
        Ok(Of { desk: self, realm })
    }

    fn csrf(&self) -> Masked {
        self.flow.browser.consent_token(&self.flow.state.secrets.forms, None).into()
    }

    /// Whether a form came from a page of this session's.
    pub(super) fn is_own(&self, params: &Params<'_>) -> bool {
        let (flow, token) = (self.flow, params.get("csrf").unwrap_or_default());
        flow.browser.is_own_consent(flow.site, flow.incoming, &flow.state.secrets.forms, None, token)
    }

    /// To the page of a form that was not of this session: nothing was done.
    pub(super) fn again(&self) -> Answer {
        self.go("", "again")
    }

    /// On to a page, which says what was done. `tail`: below the console's path; `said`: the end of a message's name.
    pub(super) fn go(&self, tail: &str, said: &'static str) -> Answer {
        let between = if tail.contains('?') { '&' } else { '?' };
        see_other(&format!("{}{tail}{between}said={said}", self.base))
    }

    /// What an outcome looks like.
    pub(super) fn end(&self, outcome: Result<Answer, Stop>) -> Result<Answer, Failure> {
        match outcome {
            Ok(answer) => Ok(answer),
            Err(Stop::NotFound) => Ok(self.stopped(404, "console-not-found", Words::of("console-not-found-message"))),
            Err(Stop::MayNot(permission)) => {
                let why = Words::of("console-may-not-message").name("permission", permission.name());
                Ok(self.stopped(403, "console-may-not", why))
            }
            Err(Stop::Act { back, error }) => {
                tracing::info!(%error, "not done");
                Ok(self.not_done(&back, &error))
            }
            Err(Stop::Failure(failure)) => Err(failure),
        }
    }

    fn stopped(&self, status: u16, title: &'static str, why: Words) -> Answer {
        let links = vec![ConsoleLink::new("console-home", self.base.clone())];
        self.page(title, vec![Block::Text { words: why }, Block::Links { links }], status, None)
    }

    /// Why an act was not done, with the way back. Its form is gone: who was sent here by a button presses it again, and who
    /// filled in a form finds it filled in when they go back.
    fn not_done(&self, back: &str, error: &AdminError) -> Answer {
        let notice = Notice::Wrong { all: wrong::said(error) };
        let links = vec![ConsoleLink::new("console-go-back", format!("{}{back}", self.base))];
        self.page("console-not-done", vec![Block::Links { links }], 409, Some(notice))
    }

    /// A page of all realms.
    pub(super) fn show(&self, title: impl Into<Words>, params: &Params<'_>, blocks: Vec<Block>) -> Answer {
        self.page(title, blocks, 200, said(params))
    }

    fn page(&self, title: impl Into<Words>, blocks: Vec<Block>, status: u16, notice: Option<Notice>) -> Answer {
        self.render(&ConsolePage { notice, status, ..self.frame(title.into(), blocks) })
    }

    fn frame(&self, title: Words, blocks: Vec<Block>) -> ConsolePage {
        ConsolePage {
            title,
            trail: Vec::new(),
            places: self.places(),
            realm_places: Vec::new(),
            realm_name: None,
            username: self.admin.name.clone(),
            roles: self.roles(),
            account_url: self.flow.site.page_path(Target::Account),
            notice: None,
            blocks,
            csrf: self.csrf(),
            status: 200,
        }
    }

    fn render(&self, page: &ConsolePage) -> Answer {
        let chosen = self.who.user.details.claims.get("locale").and_then(serde_json::Value::as_str);
        let speech = Speech::of_browser(self.flow.browser, chosen);
        let mut answer = view(self.flow.state, self.flow.site, speech, page);
        no_store(&mut answer);
        with_browser(answer, self.flow.site, self.flow.browser)
    }

    fn roles(&self) -> Vec<Words> {
        let mut all: Vec<_> = self.admin.roles.iter().map(|role| role.role).collect();
        all.sort_unstable();
        all.dedup();
        all.into_iter().map(super::build::role).collect()
    }

    fn places(&self) -> Vec<ConsoleLink> {
        let sees = |resource| self.admin.may_somewhere(Permission::new(resource, Verb::Read));
        let all = [
            (true, "console-home", ""),
            (
                self.admin.may_somewhere(Permission::new(Resource::Apps, Verb::Approve)),
                "console-approvals",
                "/approvals",
            ),
            (sees(Resource::Audit), "console-audit", "/audit"),
            (sees(Resource::Roles), "console-people", "/people"),
        ];
        let path = self.flow.incoming.path();
        let shown = all.into_iter().filter(|(shown, ..)| *shown);
        shown.map(|(_, words, tail)| link(words, format!("{}{tail}", self.base), path)).collect()
    }
}

/// What the page's address says was done.
fn said(params: &Params<'_>) -> Option<Notice> {
    const ALL: [(&str, &str); 23] = [
        ("deadline", "console-said-deadline"),
        ("deadline-removed", "console-said-deadline-removed"),
        ("deadlines-removed", "console-said-deadlines-removed"),
        ("again", "console-said-again"),
        ("added", "console-said-added"),
        ("approved", "console-said-approved"),
        ("asked", "console-said-asked"),
        ("changed", "console-said-changed"),
        ("same", "console-said-same"),
        ("deleted", "console-said-deleted"),
        ("disabled", "console-said-disabled"),
        ("enabled", "console-said-enabled"),
        ("ended", "console-said-ended"),
        ("invited", "console-said-invited"),
        ("rejected", "console-said-rejected"),
        ("released", "console-said-released"),
        ("resumed", "console-said-resumed"),
        ("retired", "console-said-retired"),
        ("rotated", "console-said-rotated"),
        ("suspended", "console-said-suspended"),
        ("question", "console-said-question"),
        ("tried", "console-said-tried"),
        ("replayed", "console-said-replayed"),
    ];
    let said = params.get("said")?;
    let (name, words) = ALL.into_iter().find(|(name, _)| *name == said)?;
    let words = Words::of(words);
    Some(match name {
        "again" => Notice::Wrong { all: vec![Wrong { field: None, words }] },
        _ => Notice::Done { words },
    })
}

/// Somebody in front of the pages of one realm.
pub(super) struct Of<'a> {
    pub(super) desk: &'a Desk<'a>,
    pub(super) realm: Realm,
}

impl Of<'_> {
    /// Whether they may do something in this realm.
    pub(super) fn may(&self, resource: Resource, verb: Verb) -> bool {
        self.desk.admin.may(Permission::new(resource, verb), &self.realm, None)
    }

    /// The same of one organisation of it.
    pub(super) fn may_for(&self, resource: Resource, verb: Verb, organisation: &str) -> bool {
        self.desk.admin.may(Permission::new(resource, verb), &self.realm, Some(organisation))
    }

    /// They must be able to.
    pub(super) fn must(&self, resource: Resource, verb: Verb) -> Result<(), Stop> {
        let permission = Permission::new(resource, verb);
        let may = self.desk.admin.may(permission, &self.realm, None);
        if may { Ok(()) } else { Err(Stop::MayNot(permission)) }
    }

    /// The path of a place of the realm, below the console's.
    pub(super) fn tail(&self, place: &str) -> String {
        format!("/r/{}{place}", self.realm.id)
    }

    /// The address of a place of the realm.
    pub(super) fn url(&self, place: &str) -> String {
        format!("{}{}", self.desk.base, self.tail(place))
    }

    /// The address of one thing: `/app`, `/user` or `/organisation`.
    pub(super) fn url_of(&self, place: &str, id: &str) -> String {
        format!("{}?{}", self.url(place), query(&[("id", id)]))
    }

    /// A page of the realm. `trail`: the places above it.
    pub(super) fn show(
        &self,
        title: impl Into<Words>,
        trail: Vec<ConsoleLink>,
        params: &Params<'_>,
        blocks: Vec<Block>,
    ) -> Answer {
        self.desk.render(&self.page(title, trail, said(params), blocks))
    }

    /// The same with what is wrong said first.
    pub(super) fn show_wrong(
        &self,
        title: impl Into<Words>,
        trail: Vec<ConsoleLink>,
        error: &AdminError,
        blocks: Vec<Block>,
    ) -> Answer {
        let notice = Some(Notice::Wrong { all: wrong::said(error) });
        self.desk.render(&ConsolePage { status: 422, ..self.page(title, trail, notice, blocks) })
    }

    /// A page that shows a secret, which is seen this once.
    pub(super) fn show_once(
        &self,
        title: &'static str,
        trail: Vec<ConsoleLink>,
        what: &'static str,
        secret: &str,
    ) -> Answer {
        let back = trail.clone();
        let blocks = vec![
            Block::Notice { words: "console-once".into(), tone: Tone::Warn },
            Block::Code { label: what.into(), text: secret.to_owned() },
            Block::Links { links: back },
        ];
        self.desk.render(&self.page(title, trail, None, blocks))
    }

    fn page(
        &self,
        title: impl Into<Words>,
        trail: Vec<ConsoleLink>,
        notice: Option<Notice>,
        blocks: Vec<Block>,
    ) -> ConsolePage {
        let mut above = vec![ConsoleLink::new(Words::text(self.realm.name.as_str()), self.url(""))];
        above.extend(trail);
        ConsolePage {
            trail: above,
            realm_places: self.places(),
            realm_name: Some(self.realm.name.clone()),
            notice,
            ..self.desk.frame(title.into(), blocks)
        }
    }

    fn places(&self) -> Vec<ConsoleLink> {
        let sees = |resource| self.desk.admin.may_for_some(Permission::new(resource, Verb::Read), &self.realm.id);
        let all = [
            (sees(Resource::Realms), "console-realm", ""),
            (sees(Resource::Realms), "console-settings", "/settings"),
            (sees(Resource::Apps), "console-apps", "/apps"),
            (sees(Resource::Users), "console-users", "/users"),
            (sees(Resource::Organisations), "console-organisations", "/organisations"),
            (sees(Resource::Grants), "console-grants", "/grants"),
            (sees(Resource::Seats) && !self.realm.seat_pools.is_empty(), "console-seats", "/seats"),
            (sees(Resource::Keys), "console-keys", "/keys"),
            (sees(Resource::Webhooks), "console-webhooks", "/webhooks"),
            (sees(Resource::Legacy), "console-dialect", "/dialect"),
        ];
        let path = self.desk.flow.incoming.path();
        let shown = all.into_iter().filter(|(shown, ..)| *shown);
        shown.map(|(_, words, place)| link(words, self.url(place), path)).collect()
    }
}

/// An act that was not done, with the page that they were at (below the console's path).
pub(super) trait At<T> {
    fn at(self, back: impl Into<String>) -> Result<T, Stop>;
}

impl<T> At<T> for Result<T, AdminError> {
    fn at(self, back: impl Into<String>) -> Result<T, Stop> {
        self.map_err(|error| match Stop::from(error) {
            Stop::Act { error, .. } => Stop::Act { back: back.into(), error },
            other => other,
        })
    }
}

/// The one page that somebody without a role sees.
pub(super) fn no_role(flow: &Flow<'_>) -> Answer {
    show::not_found(flow.state, flow.site, flow.incoming)
}
