//! What the portal's pages share: who is in front of them, their forms, what is said after one was sent.

use crate::admin::partner_apps::{self, Lands};
use crate::admin::partner_letters::Desk as Letters;
use crate::admin::{Actor, Admin, AdminError, Complaint, Way};
use crate::failure::Failure;
use crate::http::Answer;
use crate::pages::views::console::Words;
use crate::pages::views::{PortalBody, PortalError, PortalPage, TeamLink};
use crate::people::flow::Flow;
use crate::people::page::{Speech, no_store, see_other, view, with_browser};
use crate::people::show;
use crate::state::sites::Target;
use claviger_core::{Params, Realm};
use claviger_store::{SignedIn, Speaker, SpeakerKind, Team, TeamRole};

/// What a page's address can say was done.
const NOTICES: [&str; 15] = [
    "team",
    "saved",
    "invited",
    "joined",
    "left",
    "discarded",
    "created",
    "answered",
    "withdrawn",
    "submitted",
    "retired",
    "asked",
    "removed",
    "told-again",
    "again",
];

/// A partner in front of a page.
pub(super) struct Desk<'a> {
    pub(super) flow: &'a Flow<'a>,
    pub(super) who: SignedIn,
    /// The path of the first page.
    pub(super) base: String,
    pub(super) actor: Actor,
    said: Option<&'static str>,
}

impl<'a> Desk<'a> {
    pub(super) fn new(flow: &'a Flow<'a>, who: SignedIn, params: &Params<'_>) -> Self {
        let reference = flow.incoming.id.to_string();
        let actor = Actor { name: who.user.id.clone(), way: Way::Portal, reference };
        let said = params.get("said");
        let said = NOTICES.into_iter().find(|name| Some(*name) == said);
        Self { flow, who, base: flow.site.page_path(Target::Portal), actor, said }
    }

    pub(super) fn realm(&self) -> &'a Realm {
        &self.flow.site.realm
    }

    pub(super) fn now(&self) -> i64 {
        self.flow.state.clock.now()
    }

    pub(super) fn admin(&self) -> Admin<'_> {
        Admin { store: &self.flow.state.store, actor: &self.actor, now: self.now() }
    }

    pub(super) async fn lands(&self) -> Result<Lands, Failure> {
        partner_apps::lands(&self.flow.state.store, self.realm()).await.map_err(fault)
    }

    /// They, as the app's timeline names them.
    pub(super) fn speaker(&self) -> Speaker {
        let user = &self.who.user;
        let name = user.name.clone().unwrap_or_else(|| user.username.clone());
        Speaker { kind: SpeakerKind::Partner, name, user: Some((self.realm().id.clone(), user.id.clone())) }
    }

    /// Where mails about their apps go.
    pub(super) fn owner(&self) -> &str {
        self.who.user.email.as_deref().unwrap_or_default()
    }

    /// Their team of this id, and what they may do there; `None` for one that is not theirs.
    pub(super) async fn team(&self, id: &str) -> Result<Option<(Team, TeamRole)>, Failure> {
        let teams = self.flow.state.store.teams_of(&self.realm().id, &self.who.user.id).await?;
        Ok(teams.into_iter().find(|(team, _)| team.id == id))
    }

    /// Whether a form came from a page of this session's.
    pub(super) fn is_own(&self, params: &Params<'_>) -> bool {
        let (flow, token) = (self.flow, params.get("csrf").unwrap_or_default());
        flow.browser.is_own_consent(flow.site, flow.incoming, &flow.state.secrets.forms, None, token)
    }

    /// A page, which nobody keeps.
    pub(super) fn show(&self, body: PortalBody, errors: Vec<PortalError>) -> Answer {
        let chosen = self.who.user.details.claims.get("locale").and_then(serde_json::Value::as_str);
        let page = PortalPage {
            base: self.base.clone(),
            csrf: self.flow.browser.consent_token(&self.flow.state.secrets.forms, None).into(),
            notice: self.said.filter(|_| errors.is_empty()),
            errors,
            body,
        };
        let speech = Speech::of_browser(self.flow.browser, chosen);
        let mut answer = view(self.flow.state, self.flow.site, speech, &page);
        no_store(&mut answer);
        with_browser(answer, self.flow.site, self.flow.browser)
    }

    /// On to a page, which says what was done.
    pub(super) fn go(&self, tail: &str, said: &str) -> Answer {
        let between = if tail.contains('?') { '&' } else { '?' };
        let said = if said.is_empty() { String::new() } else { format!("{between}said={said}") };
        see_other(&format!("{}{tail}{said}", self.base))
    }

    /// There is no such thing, or it is another team's: nobody is told which.
    pub(super) fn not_found(&self) -> Answer {
        show::not_found(self.flow.state, self.flow.site, self.flow.incoming)
    }

    /// A mail was put into the outbox.
    pub(super) fn handed_in(&self) {
        self.flow.state.handed_in.notify_one();
    }
}

/// Runs `act` with what makes mails.
pub(super) async fn with_letters<T>(flow: &Flow<'_>, act: impl AsyncFnOnce(Letters<'_>) -> T) -> T {
    let pages = flow.state.pages.load_full();
    act(Letters { secrets: &flow.state.secrets, pages: &pages }).await
}

pub(super) fn link(team: &Team, is_chosen: bool) -> TeamLink {
    TeamLink { id: team.id.clone(), name: team.name.clone(), is_chosen }
}

/// What a partner reads of an act that was not done; a failure where it is none of theirs.
///
/// # Errors
/// The store or the library failed.
pub(super) fn refused(error: AdminError) -> Result<Vec<PortalError>, Failure> {
    match error {
        AdminError::Invalid(all) => Ok(all.into_iter().map(complaint).collect()),
        AdminError::Store(_) | AdminError::Crypto(_) | AdminError::Mail(_) | AdminError::NoSuchRealm { .. } => {
            Err(fault(error))
        }
        AdminError::Busy(_) => Err(Failure::Busy("password hashing")),
        AdminError::TwoSecrets(_) => Ok(vec![PortalError::of("two-secrets")]),
        AdminError::ChangedMeanwhile(_) => Ok(vec![PortalError::of("changed-meanwhile")]),
        AdminError::LastTeamOwner(_) => Ok(vec![PortalError::of("last-owner")]),
        AdminError::Full(_) => Ok(vec![PortalError::of("full")]),
        AdminError::WrongStatus { .. } => Ok(vec![PortalError::of("wrong-status")]),
        AdminError::HasMembers { .. } => Ok(vec![PortalError::of("has-members")]),
        AdminError::TestedTooOften(seconds) => {
            let seconds = usize::try_from(seconds).unwrap_or_default();
            Ok(vec![PortalError::words(Words::of("portal-error-tested").count("seconds", seconds))])
        }
        AdminError::NothingToReplay(_) => Ok(vec![PortalError::of("nothing-to-tell")]),
        AdminError::NoSuchSecret { .. } => Ok(vec![PortalError::of("no-such-secret")]),
        AdminError::NoSuchTeam(_) => Ok(vec![PortalError::of("no-such-member")]),
        error => Ok(vec![PortalError::words(Words::text(error.to_string()))]),
    }
}

/// What is wrong with a field: what cannot be, and the rule that it breaks.
pub(super) fn complaint(one: Complaint) -> PortalError {
    let key = match one.field {
        "name" => "field-name",
        "publisher" => "field-publisher",
        "email" | "owner" => "field-email",
        "redirect-uri" | "redirect-uris" => "field-redirects",
        "grant" => "field-grants",
        "scope" | "scopes" => "field-scopes",
        "answers" => "field-answers",
        "jwks-uri" | "jwks_uri" => "field-keys",
        "text" | "reason" => "field-text",
        "url" => "field-url",
        "event" => "field-event",
        "webhook" => "field-webhook",
        _ => "any",
    };
    let rule = one.rule.as_ref().map_or_else(|| Words::text(one.message), Words::rule);
    PortalError { rule: Some(rule), ..PortalError::of(key) }
}

/// What went wrong on our side.
pub(super) fn fault(error: AdminError) -> Failure {
    match error {
        AdminError::Store(fault) => fault.into(),
        AdminError::Busy(_) => Failure::Busy("password hashing"),
        error => Failure::Fault(error.to_string()),
    }
}
