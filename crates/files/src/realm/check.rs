//! What one realm file must not say: names that mean nothing, references that lead nowhere.

use super::entries::{RealmDocument, UserEntry};
use super::url;
use super::users::{KnownUsers, each_entry};
use crate::document::{Document, at};
use crate::problem::{MOST, Problem, did_you_mean};
use crate::tree::Step;
use claviger_core::dialect::Dialect;
use claviger_core::realm::{LONGEST_ACCESS_TOKEN, Scope};
use claviger_core::span::Span;
use claviger_core::text::{NOT_A_NAME, is_name, shortened};
use claviger_core::user::rules;
use claviger_core::{Client, Realm, ScopeSet, User};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use unic_langid::LanguageIdentifier;

/// One file under examination.
pub(super) struct Check<'a> {
    pub(super) document: &'a Document,
    pub(super) raw: &'a RealmDocument,
    pub(super) dialect: &'a Dialect,
    /// The file's realm as it will be, good or not.
    pub(super) realm: &'a Realm,
    pub(super) problems: &'a mut Vec<Problem>,
    /// How many mistakes of other files were there before.
    before: usize,
    /// What the file defines, for those who refer to it.
    pub(super) known: Known<'a>,
    /// Its users, once they have been looked at.
    pub(super) users: KnownUsers,
    /// Which of them have their password in a file of its own, and which.
    pub(super) password_files: Vec<(usize, String)>,
}

/// The names that a file defines, to be looked up: a file refers to each as often as it has users and clients.
pub(super) struct Known<'a> {
    pub(super) audiences: HashSet<&'a str>,
    pub(super) scopes: HashMap<&'a str, &'a Scope>,
    pub(super) organisations: HashSet<&'a str>,
    pools: HashSet<&'a str>,
}

impl<'a> Known<'a> {
    fn of(raw: &'a RealmDocument) -> Self {
        Self {
            audiences: raw.api.iter().map(|api| api.audience.as_str()).collect(),
            // Of two with one name, which is a mistake of its own, the first.
            scopes: raw.scope.iter().rev().map(|scope| (scope.name.as_str(), scope)).collect(),
            organisations: raw.organisation.iter().map(|organisation| organisation.id.as_str()).collect(),
            pools: raw.seat_pool.iter().map(|pool| pool.name.as_str()).collect(),
        }
    }
}

impl<'a> Check<'a> {
    pub(super) fn new(
        document: &'a Document,
        raw: &'a RealmDocument,
        dialect: &'a Dialect,
        realm: &'a Realm,
        problems: &'a mut Vec<Problem>,
    ) -> Self {
        let before = problems.len();
        let (known, users) = (Known::of(raw), KnownUsers::default());
        Self { document, raw, dialect, realm, problems, before, known, users, password_files: vec![] }
    }

    /// As many mistakes of this file as are told have been found.
    pub(super) fn is_full(&self) -> bool {
        self.problems.len() - self.before >= MOST
    }

    /// Notes every mistake, and answers the clients; see [`Check::clients`].
    pub(super) fn all(&mut self) -> Vec<Option<Client>> {
        self.head();
        self.brand();
        self.hosts();
        self.policy();
        self.registration();
        self.assertion_issuers();
        self.sources();
        self.sign_in();
        self.account();
        self.login_app();
        self.administration();
        self.portal();
        self.identity_providers();
        self.limits();
        self.agents();
        self.unique();
        self.apis_and_scopes();
        self.claims();
        self.organisations();
        self.users();
        self.clients()
    }

    /// Notes a mistake.
    pub(super) fn say(&mut self, path: &[Step<'_>], message: impl Into<String>, help: Option<String>) {
        if !self.is_full() {
            self.problems.push(self.document.problem(path, message).with_hint(help));
        }
    }

    /// Notes that `name` is not one of `known`.
    pub(super) fn unknown<'n>(
        &mut self,
        path: &[Step<'_>],
        what: &str,
        name: &str,
        known: impl IntoIterator<Item = &'n str>,
    ) {
        if self.is_full() {
            return;
        }
        let hint = did_you_mean(name, known);
        let help = hint.unwrap_or_else(|| format!("add a [[{what}]] to this file"));
        self.say(path, format!("there is no {what} `{}`", shortened(name, 60)), Some(help));
    }

    fn head(&mut self) {
        let head = &self.raw.realm;
        if !crate::is_name(&head.id) {
            self.say(at!["realm", "id"], "a realm's id is 1 to 40 of a-z, 0-9 and -", None);
        }
        self.required(at!["realm", "name"], &head.name);
        match url::parse_issuer(&head.issuer) {
            Err((message, help)) => self.say(at!["realm", "issuer"], message, help),
            Ok(parts) if !parts.https && !parts.is_loopback() && !self.dialect.endpoints.plain_http => {
                let message = format!("the dialect `{}` allows http:// on this machine only", self.dialect.name);
                self.say(at!["realm", "issuer"], message, Some("use https://".into()));
            }
            Ok(_) => {}
        }
        self.authorities(at!["realm", "authorities"], &head.authorities);
        self.mtls();
        for (i, tag) in head.languages.iter().enumerate() {
            if tag.parse::<LanguageIdentifier>().is_err() {
                let message = format!("`{tag}` is not a language tag (BCP 47)");
                self.say(at!["realm", "languages", i], message, Some("like \"en\", \"de\" or \"pt-BR\"".into()));
            }
        }
        let defaults = [&self.dialect.authorization.default_scope, &self.dialect.token.default_scope];
        for defaults in defaults.into_iter().flatten().filter_map(|text| ScopeSet::parse(text).ok()) {
            for name in defaults.iter() {
                if !self.known.scopes.contains_key(name) {
                    let message = format!("this dialect's default scope is `{name}`, and the realm has no such scope");
                    self.say(at!["realm", "dialect"], message, Some(format!("add a [[scope]] with name = \"{name}\"")));
                }
            }
        }
    }

    fn mtls(&mut self) {
        let mtls = &self.raw.mtls;
        if let Some((message, help)) = mtls.authority.as_deref().and_then(|text| url::authority(text).err()) {
            self.say(at!["mtls", "authority"], message, help);
        }
        if !mtls.authorities.is_empty() && !mtls.authorities.contains("-----BEGIN CERTIFICATE-----") {
            self.say(at!["mtls", "authorities"], "there is no certificate in PEM", None);
        }
        if !mtls.authorities.is_empty() && mtls.authority.is_none() {
            let help = "add authority, the host at which clients are asked for a certificate";
            self.say(at!["mtls", "authorities"], "no client is asked for a certificate", Some(help.into()));
        }
    }

    fn authorities(&mut self, path: &[Step<'_>], authorities: &[String]) {
        if authorities.is_empty() {
            self.say(path, "requests must arrive somewhere: the list is empty", None);
        }
        for (i, text) in authorities.iter().enumerate() {
            if let Err((message, help)) = url::authority(text) {
                let mut path = path.to_vec();
                path.push(i.into());
                self.say(&path, message, help);
            }
        }
    }

    fn hosts(&mut self) {
        let needed: BTreeSet<&str> =
            self.dialect.endpoints.at.values().filter_map(|place| place.host.as_deref()).collect();
        let raw = self.raw;
        for name in &needed {
            if !raw.realm.hosts.contains_key(*name) {
                let message = format!("the dialect `{}` needs the host `{name}`", self.dialect.name);
                let help = format!("add [realm.hosts.{name}] with origin and authorities");
                self.say(at!["realm", "dialect"], message, Some(help));
            }
        }
        for (name, host) in &raw.realm.hosts {
            let path = |key: &'static str| [Step::from("realm"), "hosts".into(), name.as_str().into(), key.into()];
            if !needed.contains(name.as_str()) {
                let message = format!("the dialect `{}` has no endpoint on a host `{name}`", self.dialect.name);
                let hint = did_you_mean(name, needed.iter().copied());
                self.say(at!["realm", "hosts", name.as_str()], message, hint);
            }
            match url::parse(&host.origin) {
                Err((message, help)) => self.say(&path("origin"), message, help),
                Ok(parts) if !parts.path.is_empty() => {
                    self.say(&path("origin"), "an origin has no path", None);
                }
                Ok(parts) if !parts.https && !parts.is_loopback() && !self.dialect.endpoints.plain_http => {
                    let message = format!("the dialect `{}` allows http:// on this machine only", self.dialect.name);
                    self.say(&path("origin"), message, Some("use https://".into()));
                }
                Ok(_) => {}
            }
            self.authorities(&path("authorities"), &host.authorities);
        }
    }

    /// Each name is given once.
    fn unique(&mut self) {
        let raw = self.raw;
        let plain = |items: Vec<&'a str>| items.into_iter().map(str::to_owned).collect::<Vec<_>>();
        self.unique_in("api", "audience", plain(raw.api.iter().map(|x| x.audience.as_str()).collect()));
        self.unique_in("scope", "name", plain(raw.scope.iter().map(|x| x.name.as_str()).collect()));
        self.unique_in("seat-pool", "name", plain(raw.seat_pool.iter().map(|x| x.name.as_str()).collect()));
        self.unique_in("organisation", "id", plain(raw.organisation.iter().map(|x| x.id.as_str()).collect()));
        self.unique_in("client", "id", plain(raw.client.iter().map(|x| x.id.as_str()).collect()));
    }

    pub(super) fn unique_in(&mut self, list: &str, key: &str, names: Vec<String>) {
        let mut seen = BTreeMap::new();
        for (i, name) in names.into_iter().enumerate() {
            if name.is_empty() {
                self.say(at![list, i, key], format!("`{key}` is empty"), None);
            } else if let Some(first) = seen.get(&name) {
                if self.is_full() {
                    return;
                }
                self.twice((list, key), i, *first, &name);
            } else {
                seen.insert(name, i);
            }
        }
    }

    fn twice(&mut self, (list, key): (&str, &str), i: usize, first: usize, name: &str) {
        if !self.is_full() {
            let line = self.document.problem(at![list, first, key], "").line();
            let message = format!("`{}` is there already", shortened(name, 60));
            self.say(at![list, i, key], message, Some(format!("the first one is in line {line}")));
        }
    }

    fn apis_and_scopes(&mut self) {
        let raw = self.raw;
        for (i, api) in raw.api.iter().enumerate() {
            if api.audience.chars().any(char::is_whitespace) || !is_name(&api.audience) {
                self.say(at!["api", i, "audience"], "an audience has no spaces", None);
            }
            self.required(at!["api", i, "name"], &api.name);
            self.lifetime(at!["api", i, "access-token-ttl"], api.access_token_ttl);
        }
        for (i, scope) in raw.scope.iter().enumerate() {
            if ScopeSet::parse(&scope.name).map_or(true, |set| set.len() != 1 || set.iter().next() != Some(&scope.name))
            {
                let message = "a scope is printable ASCII without spaces, quotes and backslashes (RFC 6749 3.3)";
                self.say(at!["scope", i, "name"], message, None);
            }
            self.required(at!["scope", i, "sentence"], &scope.sentence);
            if let Some(api) = scope.api.as_ref().filter(|api| !self.known.audiences.contains(api.as_str())) {
                self.unknown(at!["scope", i, "api"], "api", api, raw.api.iter().map(|x| x.audience.as_str()));
            }
            if let Some(pool) = scope.seat.as_ref().filter(|pool| !self.known.pools.contains(pool.as_str())) {
                let pools = raw.seat_pool.iter().map(|pool| pool.name.as_str());
                self.unknown(at!["scope", i, "seat"], "seat-pool", pool, pools);
            }
        }
        for (i, pool) in raw.seat_pool.iter().enumerate() {
            self.name(at!["seat-pool", i, "name"], Some(&pool.name));
            if pool.size == 0 {
                self.say(at!["seat-pool", i, "size"], "nobody can take a seat of a pool without any", None);
            }
        }
    }

    fn organisations(&mut self) {
        let raw = self.raw;
        for (i, organisation) in raw.organisation.iter().enumerate() {
            self.required(at!["organisation", i, "name"], &organisation.name);
            self.name(at!["organisation", i, "id"], Some(&organisation.id));
            self.name(at!["organisation", i, "kind"], Some(&organisation.kind));
        }
    }

    fn users(&mut self) {
        let (document, raw) = (self.document, self.raw);
        each_entry(document, &raw.user, |i, user| {
            if self.is_full() {
                return;
            }
            self.is_there_once(i, user);
            self.user(i, user);
            let passwords = [user.password.is_some(), user.password_hash.is_some()];
            if let (Some(name), [false, false]) = (&user.password_file, passwords) {
                self.password_files.push((i, name.clone()));
            }
        });
    }

    fn is_there_once(&mut self, i: usize, user: &UserEntry) {
        let name = User::username_key(&user.username);
        if name.is_empty() {
            self.say(at!["user", i, "username"], "`username` is empty", None);
        } else if let Some(first) = self.users.add(i, user) {
            self.twice(("user", "username"), i, first, &name);
        }
        if user.id.as_ref().is_some_and(|id| !self.users.add_id(id)) {
            self.say(at!["user", i, "id"], "another user has this id", None);
        }
    }

    fn user(&mut self, i: usize, user: &UserEntry) {
        let raw = self.raw;
        for problem in rules::check(&user.user(), self.realm, |id| self.known.organisations.contains(id)) {
            match &problem {
                rules::Problem::UnknownOrganisation { index, id } => {
                    let known = raw.organisation.iter().map(|organisation| organisation.id.as_str());
                    self.unknown(at!["user", i, "organisations", *index], "organisation", id, known);
                }
                // Said where names are compared with each other.
                rules::Problem::NoUsername => {}
                _ => {
                    let help = problem.help().map(str::to_owned);
                    self.say(at!["user", i, problem.field()], problem.to_string(), help);
                }
            }
        }
        let passwords = [user.password.is_some(), user.password_hash.is_some(), user.password_file.is_some()];
        if passwords.iter().filter(|given| **given).count() > 1 {
            let message = "one of password, password-hash and password-file is enough";
            self.say(at!["user", i, "username"], message, None);
        }
        if user.password.as_ref().is_some_and(|password| password.0.expose().is_empty()) {
            self.say(at!["user", i, "password"], "the password is empty", None);
        }
        if user.password_hash.as_ref().is_some_and(|hash| !hash.starts_with("$argon2id$v=19$")) {
            let message = "this is not a hash that can be checked here";
            let help = "an Argon2id PHC string begins with $argon2id$v=19$".to_owned();
            self.say(at!["user", i, "password-hash"], message, Some(help));
        }
    }

    pub(super) fn required(&mut self, path: &[Step<'_>], text: &str) {
        if text.trim().is_empty() {
            self.say(path, "people are shown this: it cannot be empty", None);
        }
        self.name(path, Some(text));
    }

    /// Refuses what would steer the terminal, the mail or the page that shows it.
    pub(super) fn name(&mut self, path: &[Step<'_>], text: Option<&str>) {
        if text.is_some_and(|text| !is_name(text)) {
            self.say(path, NOT_A_NAME, Some("leave out controls and bidirectional controls".into()));
        }
    }

    pub(super) fn lifetime(&mut self, path: &[Step<'_>], ttl: Option<Span>) {
        if ttl.is_some_and(|ttl| !(Span::seconds(1)..=LONGEST_ACCESS_TOKEN).contains(&ttl)) {
            self.say(path, "an access token lives between a second and a day", None);
        }
    }

    pub(super) fn audiences(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.raw.api.iter().map(|api| api.audience.as_str())
    }

    pub(super) fn scope_names(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.raw.scope.iter().map(|scope| scope.name.as_str())
    }
}
