//! A directory (LDAP): the user's entry is searched, and the password is tried by a bind as that entry.
//!
//! 1. Connect to the first server that answers, encrypted ([`connect()`]). 2. Bind as whoever may search. 3. Search the entry; what was
//!    typed is escaped (RFC 4515 3). Exactly one must be found. 4. Bind as the entry. 5. Search its groups. 6. Read what is known of the
//!    user ([`entry`]).
//!
//! A referral is not followed: whoever controls it would be sent the password.

mod connect;
mod entry;

use super::{Profile, Unsaid};
use claviger_core::realm::{Directory, SearchScope};
use claviger_core::token::Plain;
use connect::connect;
use entry::Found;
use ldap3::{DerefAliases, Ldap, LdapResult, Scope, SearchEntry, SearchOptions, ldap_escape};
use std::time::Duration;
use tokio::time::timeout;

/// The longest that one server takes, all in all.
const PATIENCE: Duration = Duration::from_secs(3);
/// The most groups that are read.
const MOST_GROUPS: i32 = 500;

/// Result codes (RFC 4511 appendix A).
const SUCCESS: u32 = 0;
const SIZE_LIMIT: u32 = 4;
const REFERRAL: u32 = 10;
const INVALID_CREDENTIALS: u32 = 49;
const BUSY: u32 = 51;
const UNAVAILABLE: u32 = 52;
/// The account is locked, or its password too old.
const CONSTRAINT_VIOLATION: u32 = 19;
const UNWILLING: u32 = 53;

/// Why a server said nothing.
enum Silence {
    /// The next one may answer.
    Elsewhere(String),
    /// No other one would answer otherwise.
    Final(String),
}

/// Asks one server after the other until one answers. `bind`: as whom users are searched, with the password.
pub(super) async fn ask(
    directory: &Directory,
    bind: Option<&(String, Plain)>,
    typed: &str,
    password: &Plain,
) -> Result<Option<Profile>, Unsaid> {
    let mut silences = Vec::new();
    for url in &directory.urls {
        let conversation = Conversation {
            directory: directory.clone(),
            bind: bind.cloned(),
            typed: typed.to_owned(),
            password: password.clone(),
        };
        let url_of_task = url.clone();
        // What cannot be read lets the library panic: in a task of its own.
        let mut task = tokio::spawn(async move { conversation.hold(&url_of_task).await });
        let why = match timeout(PATIENCE, &mut task).await {
            Ok(Ok(Ok(said))) => return Ok(said),
            Ok(Ok(Err(Silence::Final(why)))) => return Err(Unsaid(format!("the directory {url}: {why}"))),
            Ok(Ok(Err(Silence::Elsewhere(why)))) => why,
            Ok(Err(_)) => "its answer cannot be read".to_owned(),
            Err(_) => {
                task.abort();
                "there was no answer in time".to_owned()
            }
        };
        tracing::warn!(url, why, "a server of the directory does not answer");
        silences.push(format!("{url}: {why}"));
    }
    Err(Unsaid(format!("no server of the directory answers: {}", silences.join("; "))))
}

/// What is asked of one server.
struct Conversation {
    directory: Directory,
    bind: Option<(String, Plain)>,
    typed: String,
    password: Plain,
}

impl Conversation {
    async fn hold(self, url: &str) -> Result<Option<Profile>, Silence> {
        let mut ldap = connect(&self.directory, url).await.map_err(Silence::Elsewhere)?;
        self.bind_to_search(&mut ldap).await?;
        let Some(entry) = self.entry(&mut ldap).await? else { return Ok(None) };
        let bound = ldap.simple_bind(&entry.dn, self.password.expose()).await.map_err(silent)?;
        match bound.rc {
            SUCCESS => {}
            INVALID_CREDENTIALS | CONSTRAINT_VIOLATION | UNWILLING => return Ok(None),
            _ => return Err(refused("the user's bind", &bound)),
        }
        let groups = self.groups(&mut ldap, &entry).await?;
        let _ = ldap.unbind().await;
        let found = Found { entry: &entry, groups };
        found.profile(&self.directory, &self.typed).map(Some).map_err(Silence::Final)
    }

    async fn bind_to_search(&self, ldap: &mut Ldap) -> Result<(), Silence> {
        let Some((dn, password)) = &self.bind else { return Ok(()) };
        let bound = ldap.simple_bind(dn, password.expose()).await.map_err(silent)?;
        if bound.rc == SUCCESS { Ok(()) } else { Err(refused("the bind as `bind-dn`", &bound)) }
    }

    /// The one entry of whoever typed the name.
    async fn entry(&self, ldap: &mut Ldap) -> Result<Option<SearchEntry>, Silence> {
        let Directory { base, filter, scope, .. } = &self.directory;
        let filter = filter.replace("{username}", &ldap_escape(&*self.typed));
        let scope = match scope {
            SearchScope::Subtree => Scope::Subtree,
            SearchScope::One => Scope::OneLevel,
        };
        let attributes = entry::attributes(&self.directory);
        let options = SearchOptions::new().deref(DerefAliases::Never).sizelimit(2);
        let searched =
            ldap.with_search_options(options).search(base, scope, &filter, attributes).await.map_err(silent)?;
        let ldap3::SearchResult(found, result) = searched;
        if ![SUCCESS, SIZE_LIMIT].contains(&result.rc) {
            return Err(refused("the search", &result));
        }
        let mut entries = found.into_iter().filter(|entry| !entry.is_ref()).map(SearchEntry::construct);
        match (entries.next(), entries.next()) {
            (Some(only), None) if result.rc == SUCCESS => Ok(Some(only)),
            (None, _) => Ok(None),
            _ => Err(Silence::Final("the filter finds several entries for one name".to_owned())),
        }
    }

    /// The names of the groups that the entry belongs to.
    async fn groups(&self, ldap: &mut Ldap, entry: &SearchEntry) -> Result<Vec<String>, Silence> {
        let Some(base) = &self.directory.group_base else { return Ok(Vec::new()) };
        self.bind_to_search(ldap).await?;
        let filter = self.directory.group_filter.replace("{dn}", &ldap_escape(&*entry.dn));
        let filter = filter.replace("{username}", &ldap_escape(&*self.typed));
        let options = SearchOptions::new().deref(DerefAliases::Never).sizelimit(MOST_GROUPS);
        let searched = ldap
            .with_search_options(options)
            .search(base, Scope::Subtree, &filter, vec!["1.1"])
            .await
            .map_err(silent)?;
        let ldap3::SearchResult(found, result) = searched;
        if result.rc != SUCCESS {
            return Err(refused("the search for groups", &result));
        }
        Ok(found.into_iter().filter(|entry| !entry.is_ref()).map(|entry| SearchEntry::construct(entry).dn).collect())
    }
}

#[expect(clippy::needless_pass_by_value, reason = "errors are mapped by it")]
fn silent(error: ldap3::LdapError) -> Silence {
    Silence::Elsewhere(error.to_string())
}

/// What a server said that is no answer. What it says in words may name people, and is not told.
fn refused(what: &str, result: &LdapResult) -> Silence {
    match result.rc {
        BUSY | UNAVAILABLE => Silence::Elsewhere(format!("{what}: it is busy or not available ({})", result.rc)),
        REFERRAL => Silence::Final(format!("{what} refers to another server, which is not followed")),
        rc => Silence::Final(format!("{what} ended with the result code {rc}")),
    }
}
