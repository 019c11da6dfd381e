//! `claviger grant`, `claviger consent`, `claviger session`: what was given to whom, and how it ends.

pub(super) mod evidence;

use super::context::{Context, Data};
use super::place::or_empty;
use super::trouble::{Exit, Trouble};
use super::{ask, output};
use clap::{Args, Subcommand};
use claviger_core::Realm;
use claviger_server::admin::given::{self, Grant};
use claviger_store::{ConsentLine, Of, SessionLine, id_text, session_name};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Whose.
#[derive(Debug, Args)]
pub(crate) struct Filter {
    /// Only of this app, by its client id
    #[arg(long, value_name = "ID")]
    app: Option<String>,
    /// Only of this user, by name or id
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
}

/// Which of them are listed.
#[derive(Debug, Args)]
pub(crate) struct Listing {
    #[command(flatten)]
    pub(super) filter: Filter,
    /// At most so many
    #[arg(long, default_value_t = 1000, value_name = "NUMBER")]
    pub(super) limit: usize,
}

/// Which of them end.
#[derive(Debug, Args)]
pub(crate) struct Ending {
    #[command(flatten)]
    pub(super) filter: Filter,
    /// All of the realm
    #[arg(long, conflicts_with_all = ["app", "user"])]
    all: bool,
    /// Do not ask
    #[arg(long, short)]
    pub(super) yes: bool,
}

/// What is done with grants.
#[derive(Debug, Subcommand)]
pub(crate) enum GrantCommand {
    /// List the live grants: which app may act, for whom, since when, when it was used last
    List(Listing),
    /// End a grant, or all of an app or a user: their tokens and seats end with them
    #[command(after_help = "\
Examples:
  claviger grant list --user ada@example.com
  claviger grant revoke 0199c3e6b1f7d3a9d4e0c5b8a7f2e11a
  claviger grant revoke --app fleet-planner --user ada@example.com
  claviger grant revoke --app fleet-planner --yes

What users consented to stays: the app may ask for a new grant, and gets one without a question. `claviger consent
withdraw` ends both; `claviger app suspend` stops the app as well.")]
    Revoke {
        /// The grant's id, from `claviger grant list`
        id: Option<String>,
        #[command(flatten)]
        which: Ending,
    },
}

/// What is done with consents.
#[derive(Debug, Subcommand)]
pub(crate) enum ConsentCommand {
    /// List what users let apps do
    List(Listing),
    /// List what users agreed to, as it was shown to them: the sentences, their language, when, from which address
    #[command(after_help = "\
Examples:
  claviger consent evidence --user ada@example.com
  claviger consent evidence --app fleet-planner -o json

It is kept while the consent stands, and for as long after as the realm says: [account] consent-evidence-ttl.")]
    Evidence(Listing),
    /// Take back what a user lets an app do; the grants that came of it end, and what the vendor's own page remembers is forgotten
    #[command(after_help = "\
Examples:
  claviger consent withdraw --user ada@example.com --app fleet-planner
  claviger consent withdraw --app fleet-planner --yes          of all users

The app has to ask anew. Their sign-in goes on.")]
    Withdraw(Ending),
}

/// What is done with sessions.
#[derive(Debug, Subcommand)]
pub(crate) enum SessionCommand {
    /// List the browsers in which somebody is signed in; with --app: of the users who let that app act for them
    List(Listing),
    /// Sign a browser out, or all of a user
    #[command(after_help = "\
Examples:
  claviger session list --user ada@example.com
  claviger session end --user ada@example.com
  claviger session end --all --yes

What apps were given there goes on: `claviger grant revoke` ends that.")]
    End {
        /// The session's id, from `claviger session list`
        id: Option<String>,
        #[command(flatten)]
        which: Ending,
    },
}

/// A grant as it is listed; what the admin API calls otherwise is named beside it.
#[derive(Serialize, Deserialize)]
pub(super) struct ListedGrant {
    id: String,
    app: String,
    #[serde(rename(deserialize = "username"))]
    user: Option<String>,
    #[serde(rename(deserialize = "user"))]
    user_id: Option<String>,
    flow: String,
    #[serde(deserialize_with = "or_empty")]
    scope: String,
    audience: Vec<String>,
    organisations: Vec<String>,
    created_at: String,
    #[serde(rename(deserialize = "refreshed_at"))]
    last_used_at: String,
    expires_at: String,
}

impl From<Grant> for ListedGrant {
    fn from(Grant { line, granted }: Grant) -> Self {
        Self {
            id: id_text(&line.id),
            app: line.client,
            user: line.username,
            user_id: line.user,
            flow: line.flow,
            scope: granted.as_ref().map(|granted| granted.scope.to_string()).unwrap_or_default(),
            audience: granted.iter().flat_map(|granted| granted.audience.iter()).map(str::to_owned).collect(),
            organisations: granted.map(|granted| granted.organisations).unwrap_or_default(),
            created_at: output::time(line.created_at),
            last_used_at: output::time(line.refreshed_at),
            expires_at: output::time(line.expires_at),
        }
    }
}

/// A consent as it is listed, and as the admin API tells it.
#[derive(Serialize, Deserialize)]
pub(super) struct ListedConsent {
    app: String,
    #[serde(rename(deserialize = "username"))]
    user: Option<String>,
    #[serde(rename(deserialize = "user"))]
    user_id: String,
    scope: String,
    organisations: Vec<String>,
    updated_at: String,
}

impl From<ConsentLine> for ListedConsent {
    fn from(line: ConsentLine) -> Self {
        Self {
            app: line.client,
            user: line.username,
            user_id: line.user,
            scope: line.consent.scope.to_string(),
            organisations: line.consent.organisations,
            updated_at: output::time(line.consent.updated_at),
        }
    }
}

/// A session as it is listed, and as the admin API tells it.
#[derive(Serialize, Deserialize)]
pub(super) struct ListedSession {
    id: String,
    #[serde(rename(deserialize = "username"))]
    user: Option<String>,
    #[serde(rename(deserialize = "user"))]
    user_id: String,
    #[serde(rename(deserialize = "authenticated_at"))]
    signed_in_at: String,
    last_seen_at: String,
    expires_at: String,
}

impl From<SessionLine> for ListedSession {
    fn from(line: SessionLine) -> Self {
        Self {
            id: session_name(&line.session.hash),
            user: line.username,
            user_id: line.session.user,
            signed_in_at: output::time(line.session.auth_time),
            last_seen_at: output::time(line.session.last_seen_at),
            expires_at: output::time(line.session.expires_at),
        }
    }
}

/// Does it with grants, in the database.
pub(crate) async fn grant(command: GrantCommand, context: &Context, data: &Data) -> Result<(), Trouble> {
    let realm = data.realm().await?;
    match command {
        GrantCommand::List(listing) => {
            let of = listing.filter.of(data, &realm).await?;
            let found = given::grants(&data.store, &realm, &of, data.now(), listing.limit).await?;
            grants(context, &found.into_iter().map(Into::into).collect::<Vec<_>>(), listing.limit)
        }
        GrantCommand::Revoke { id: Some(id), which } => {
            which.only_one()?;
            ask::confirm(which.yes, &END_GRANT.question(&id, &realm.name))?;
            given::revoke_grant(&data.admin(), &realm, &id).await?;
            ended(context, &realm.id, &END_GRANT, 1)
        }
        GrantCommand::Revoke { id: None, which } => {
            let of = which.of(data, &realm).await?;
            let count = given::grants(&data.store, &realm, &of, data.now(), usize::MAX).await?.len();
            ask::confirm(which.yes, &END_GRANT.question_of_all(count, &which, &realm.name))?;
            let count = given::revoke_grants(&data.admin(), &realm, &of).await?;
            ended(context, &realm.id, &END_GRANT, count)
        }
    }
}

/// Prints grants.
pub(super) fn grants(context: &Context, listed: &[ListedGrant], limit: usize) -> Result<(), Trouble> {
    say_limit(listed.len(), limit, "grants");
    let columns = ["id", "app", "user", "flow", "scope", "since", "last used", "until"];
    context.format.list(columns, listed, |grant| {
        [
            grant.id.clone(),
            grant.app.clone(),
            grant.user.clone().or_else(|| grant.user_id.clone()).unwrap_or_else(|| "-".to_owned()),
            grant.flow.clone(),
            grant.scope.clone(),
            grant.created_at.clone(),
            grant.last_used_at.clone(),
            grant.expires_at.clone(),
        ]
    })
}

/// Does it with consents, in the database.
pub(crate) async fn consent(command: ConsentCommand, context: &Context, data: &Data) -> Result<(), Trouble> {
    let realm = data.realm().await?;
    match command {
        ConsentCommand::List(listing) => {
            let of = listing.filter.of(data, &realm).await?;
            let found = given::consents(&data.store, &realm, &of, listing.limit).await?;
            consents(context, &found.into_iter().map(Into::into).collect::<Vec<_>>(), listing.limit)
        }
        ConsentCommand::Evidence(listing) => {
            let of = listing.filter.of(data, &realm).await?;
            let found = given::evidence(&data.store, &realm, &of, listing.limit).await?;
            evidence::listed(context, &found.into_iter().map(Into::into).collect::<Vec<_>>(), listing.limit)
        }
        ConsentCommand::Withdraw(which) => {
            let of = which.of(data, &realm).await?;
            let count = given::consents(&data.store, &realm, &of, usize::MAX).await?.len();
            ask::confirm(which.yes, &which.question_of_consents(count, &realm.name))?;
            let told = match &of {
                Of { app: Some(app), user: Some(user) } => {
                    (1, given::withdraw(&data.admin(), &realm, user, app).await?)
                }
                _ => given::withdraw_all(&data.admin(), &realm, &of).await?,
            };
            withdrawn(context, &realm.id, told)
        }
    }
}

/// Prints consents.
pub(super) fn consents(context: &Context, listed: &[ListedConsent], limit: usize) -> Result<(), Trouble> {
    say_limit(listed.len(), limit, "consents");
    context.format.list(["app", "user", "scope", "organisations", "changed"], listed, |consent| {
        [
            consent.app.clone(),
            consent.user.clone().unwrap_or_else(|| consent.user_id.clone()),
            consent.scope.clone(),
            consent.organisations.join(" "),
            consent.updated_at.clone(),
        ]
    })
}

/// Says what was taken back, and what ended with it.
pub(super) fn withdrawn(context: &Context, realm: &str, (consents, grants): (u64, u64)) -> Result<(), Trouble> {
    let item = json!({ "realm": realm, "consents_withdrawn": consents, "grants_ended": grants });
    let pairs = [("consents withdrawn", consents.to_string()), ("grants ended", grants.to_string())];
    context.format.one(&item, &pairs)
}

/// Does it with sessions, in the database.
pub(crate) async fn session(command: SessionCommand, context: &Context, data: &Data) -> Result<(), Trouble> {
    let realm = data.realm().await?;
    match command {
        SessionCommand::List(listing) => {
            let of = listing.filter.of(data, &realm).await?;
            let found = given::sessions(&data.store, &realm, &of, data.now(), listing.limit).await?;
            sessions(context, &found.into_iter().map(Into::into).collect::<Vec<_>>(), listing.limit)
        }
        SessionCommand::End { id: Some(id), which } => {
            which.only_one()?;
            ask::confirm(which.yes, &END_SESSION.question(&id, &realm.name))?;
            given::end_session(&data.admin(), &realm, &id).await?;
            ended(context, &realm.id, &END_SESSION, 1)
        }
        SessionCommand::End { id: None, which } => {
            let of = which.of(data, &realm).await?;
            let count = given::sessions(&data.store, &realm, &of, data.now(), usize::MAX).await?.len();
            ask::confirm(which.yes, &END_SESSION.question_of_all(count, &which, &realm.name))?;
            let count = given::end_sessions(&data.admin(), &realm, &of).await?;
            ended(context, &realm.id, &END_SESSION, count)
        }
    }
}

/// Prints sessions.
pub(super) fn sessions(context: &Context, listed: &[ListedSession], limit: usize) -> Result<(), Trouble> {
    say_limit(listed.len(), limit, "sessions");
    context.format.list(["id", "user", "signed in", "last seen", "until"], listed, |session| {
        [
            session.id.clone(),
            session.user.clone().unwrap_or_else(|| session.user_id.clone()),
            session.signed_in_at.clone(),
            session.last_seen_at.clone(),
            session.expires_at.clone(),
        ]
    })
}

/// What ends one by one, or all at once.
pub(super) struct End {
    /// What there are several of; also their place in the admin API.
    pub(super) what: &'static str,
    /// The admin API's word for ending all.
    pub(super) verb: &'static str,
    /// Ends one: `{id}` of `{realm}`.
    one: &'static str,
    /// What ends with them.
    with: &'static str,
}

/// Grants end.
pub(super) const END_GRANT: End = End {
    what: "grants",
    verb: "revoke",
    one: "End the grant {id} of {realm} with its tokens?",
    with: " with their tokens",
};
/// Sessions end.
pub(super) const END_SESSION: End =
    End { what: "sessions", verb: "end", one: "Sign out the browser of session {id} of {realm}?", with: "" };

impl End {
    pub(super) fn question(&self, id: &str, realm: &str) -> String {
        self.one.replace("{id}", id).replace("{realm}", realm)
    }

    pub(super) fn question_of_all(&self, count: usize, which: &Ending, realm: &str) -> String {
        format!("End {count} {}{}{}?", self.what, which.whose(realm), self.with)
    }
}

impl Filter {
    async fn of(&self, data: &Data, realm: &Realm) -> Result<Of, Trouble> {
        Ok(given::of(&data.store, realm, self.app.as_deref(), self.user.as_deref()).await?)
    }

    /// As the admin API takes it in a query.
    pub(super) fn query(&self) -> Vec<(&'static str, &str)> {
        let all = [("app", self.app.as_deref()), ("user", self.user.as_deref())];
        all.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
    }
}

impl Ending {
    /// The filter, in the database.
    async fn of(&self, data: &Data, realm: &Realm) -> Result<Of, Trouble> {
        self.said()?;
        self.filter.of(data, realm).await
    }

    /// Nobody ends everything by leaving something out.
    fn said(&self) -> Result<(), Trouble> {
        if !self.all && self.filter.app.is_none() && self.filter.user.is_none() {
            return Err(Trouble::new(Exit::Usage, "say which: an id, --app, --user, or --all"));
        }
        Ok(())
    }

    /// The filter as the admin API takes it in a body.
    pub(super) fn body(&self) -> Result<Value, Trouble> {
        self.said()?;
        if self.all {
            return Ok(json!({ "all": true }));
        }
        Ok(Value::Object(
            self.filter.query().into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect(),
        ))
    }

    /// An id says which; whoever gives a filter as well means something else.
    pub(super) fn only_one(&self) -> Result<(), Trouble> {
        if self.all || self.filter.app.is_some() || self.filter.user.is_some() {
            return Err(Trouble::new(Exit::Usage, "either an id, or --app, --user or --all"));
        }
        Ok(())
    }

    /// Whether so many consents shall be taken back.
    pub(super) fn question_of_consents(&self, count: usize, realm: &str) -> String {
        format!("Take back {count} consents{}, and end the grants?", self.whose(realm))
    }

    fn whose(&self, realm: &str) -> String {
        let part = |word: &str, name: &Option<String>| {
            name.as_ref().map(|name| format!(" {word} `{name}`")).unwrap_or_default()
        };
        let whose = format!("{}{}", part("of the app", &self.filter.app), part("of the user", &self.filter.user));
        if whose.is_empty() { format!(" of the whole realm {realm}") } else { whose }
    }
}

/// Says how many ended.
pub(super) fn ended(context: &Context, realm: &str, end: &End, count: u64) -> Result<(), Trouble> {
    let what = end.what;
    let item = json!({ "realm": realm, format!("{what}_ended"): count });
    let label = format!("{what} ended");
    context.format.one(&item, &[(label.as_str(), count.to_string())])
}

fn say_limit(found: usize, limit: usize, what: &str) {
    if found >= limit {
        eprintln!("The first {limit} {what}; --limit shows more.");
    }
}
