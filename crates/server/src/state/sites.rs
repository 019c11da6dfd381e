//! Where a request belongs: authority and path → (site, target).
//!
//! A [`Site`] is a realm made ready to serve: its routes, its keys, its discovery document as bytes. Sites are made when
//! their first request arrives and live until the realm changes, so a hundred thousand stored realms cost nothing at the
//! start. Paths and their case differ by realm, so this is the router; there is no other.

use crate::pages::Languages;
use crate::state::company_rules::CompanyRules;
use crate::state::keys::{KeyRing, Keys};
use arc_swap::ArcSwap;
use bytes::Bytes;
use claviger_core::authority::{is_same, without_default_port};
use claviger_core::crypto::sha256;
use claviger_core::dialect::{Endpoint, PathCase};
use claviger_core::jose::{base64url, from_base64url};
use claviger_core::metadata;
use claviger_core::realm::Realm;
use claviger_store::{Fault, Store};
use quick_cache::sync::Cache;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use unic_langid::LanguageIdentifier;

/// What answers a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target {
    /// An endpoint of the protocol.
    Endpoint(Endpoint),
    /// Either well-known document.
    Discovery,
    /// The login form's target, and the ordinary login page.
    SignIn,
    /// What is asked for beside the password.
    SecondFactor,
    /// What somebody signs in with.
    Security,
    /// The other pages of somebody's account.
    Account,
    /// Where administrators do so in a browser.
    Console,
    /// The admin API of an admin realm.
    Api,
    /// The partners' portal.
    Portal,
    /// Who forgot their password asks for a link.
    Forgotten,
    /// A link that somebody got by mail.
    UserLink,
    /// The consent form's target.
    Consent,
    /// The accounts of this browser: another one is chosen for the waiting request.
    SwitchAccount,
    /// To an identity provider, and back from there.
    Provider,
    /// Where the vendor's own pages send a browser back to.
    LoginApp,
    /// Asks the operator for an app that waits for approval.
    AskForApp,
    /// The one-time link of the approval mail.
    Secret,
    /// The guide for integrators, in any of its forms.
    Guide,
    /// Where the realm's pages begin.
    Home,
    /// The style sheet.
    Stylesheet,
    /// The script.
    Script,
    /// The script of pages that ask for a passkey.
    PasskeyScript,
    /// What keeps parts of pages up to date.
    LiveScript,
    /// The realm's logo.
    Logo,
    /// An app's picture.
    AppLogo,
}

impl Target {
    /// As the log calls it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Endpoint(endpoint) => endpoint.name(),
            Self::Discovery => "discovery",
            Self::SignIn => "sign-in",
            Self::SecondFactor => "second-factor",
            Self::Security => "security",
            Self::Account => "account",
            Self::Console => "console",
            Self::Api => "api",
            Self::Portal => "portal",
            Self::Forgotten => "forgotten",
            Self::UserLink => "user-link",
            Self::Consent => "consent",
            Self::SwitchAccount => "switch-account",
            Self::Provider => "provider",
            Self::LoginApp => "login-app",
            Self::AskForApp => "ask-for-app",
            Self::Secret => "secret",
            Self::Guide => "guide",
            Self::Home => "home",
            Self::Stylesheet => "stylesheet",
            Self::Script => "script",
            Self::PasskeyScript => "passkey-script",
            Self::LiveScript => "live-script",
            Self::Logo => "logo",
            Self::AppLogo => "app-logo",
        }
    }

    /// Answered from what is in memory, as long as need be: what APIs need to check tokens. Introspection tells of what was
    /// revoked as far as is known.
    pub(crate) const fn is_from_memory(self) -> bool {
        matches!(
            self,
            Self::Discovery
                | Self::Stylesheet
                | Self::Script
                | Self::PasskeyScript
                | Self::LiveScript
                | Self::Logo
                | Self::Endpoint(
                    Endpoint::Jwks | Endpoint::Introspection | Endpoint::Userinfo | Endpoint::CheckSession
                )
        )
    }
}

/// Paths of the pages below the issuer's own path.
const PAGES: [(&str, Target); 20] = [
    ("/", Target::Home),
    ("/-/sign-in", Target::SignIn),
    ("/-/second-factor", Target::SecondFactor),
    ("/account/security", Target::Security),
    ("/account", Target::Account),
    ("/portal", Target::Portal),
    ("/-/forgotten", Target::Forgotten),
    ("/-/link", Target::UserLink),
    ("/-/consent", Target::Consent),
    ("/-/switch-account", Target::SwitchAccount),
    ("/-/provider", Target::Provider),
    ("/-/login-app", Target::LoginApp),
    ("/-/ask-for-app", Target::AskForApp),
    ("/-/secret", Target::Secret),
    ("/-/claviger.css", Target::Stylesheet),
    ("/-/claviger.js", Target::Script),
    ("/-/passkey.js", Target::PasskeyScript),
    ("/-/live.js", Target::LiveScript),
    ("/-/logo", Target::Logo),
    ("/-/app-logo", Target::AppLogo),
];

/// The forms of the guide, where the realm has one.
const GUIDE: [&str; 5] = ["/guide", "/guide.md", "/llms.txt", "/guide/postman.json", "/guide/openapi.json"];

/// A realm, ready to serve.
#[derive(Debug)]
pub(crate) struct Site {
    /// The realm.
    pub(crate) realm: Realm,
    /// Its signing keys.
    pub(crate) keys: Arc<KeyRing>,
    /// The languages of its pages; the first is the default.
    pub(crate) languages: Vec<LanguageIdentifier>,
    /// The discovery document.
    pub(crate) discovery: Bytes,
    /// Its logo's bytes.
    pub(crate) logo: Option<Bytes>,
    /// Changes whenever its brand does; for addresses that are cached.
    pub(crate) look: String,
    /// Which apps may act for which organisations.
    pub(crate) company_rules: CompanyRules,
    routes: HashMap<String, Route>,
}

#[derive(Debug)]
struct Route {
    target: Target,
    host: Option<String>,
}

impl Site {
    fn new(realm: Realm, keys: Arc<KeyRing>, languages: Vec<LanguageIdentifier>, company_rules: CompanyRules) -> Self {
        let tags: Vec<String> = languages.iter().map(ToString::to_string).collect();
        let discovery = Bytes::from(metadata::discovery(&realm, &tags));
        let routes = routes(&realm);
        let logo = realm.brand.logo.as_ref().and_then(|logo| from_base64url(&logo.data)).map(Bytes::from);
        let look = sha256(&serde_json::to_vec(&realm.brand).unwrap_or_default());
        let look = base64url(look.get(..6).unwrap_or_default());
        Self { realm, keys, languages, discovery, logo, look, company_rules, routes }
    }

    /// Whether requests for this authority are for the issuer itself.
    pub(crate) fn is_at(&self, authority: &str) -> bool {
        self.realm.authorities.iter().any(|mine| is_same(mine, authority, self.realm.is_https()))
    }

    /// Whether they are for one of the realm's further hosts.
    fn is_at_a_host(&self, authority: &str) -> bool {
        let mut hosts = self.realm.hosts.values();
        hosts.any(|host| {
            let https = host.origin.starts_with("https://");
            host.authorities.iter().any(|mine| is_same(mine, authority, https))
        })
    }

    /// Whether a path is this realm's, or below it.
    fn is_above(&self, path: &str) -> bool {
        let below = path.strip_prefix(self.realm.base_path());
        below.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    /// What answers `path` at `authority`.
    fn target(&self, authority: &str, path: &str) -> Option<Target> {
        let route = match self.realm.dialect.endpoints.path_case {
            PathCase::Any if path.bytes().any(|b| b.is_ascii_uppercase()) => {
                self.routes.get(&path.to_ascii_lowercase())
            }
            _ => self.routes.get(path),
        };
        let Some(route) = route else { return self.below(authority, path) };
        let is_file = matches!(route.target, Target::Stylesheet | Target::Script | Target::Logo);
        if is_file && !self.is_at(authority) {
            return self.is_at_a_host(authority).then_some(route.target);
        }
        let (authorities, url) = match &route.host {
            None => (&self.realm.authorities, &self.realm.issuer),
            Some(name) => self.realm.hosts.get(name).map(|host| (&host.authorities, &host.origin))?,
        };
        let https = url.starts_with("https://");
        authorities.iter().any(|mine| is_same(mine, authority, https)).then_some(route.target)
    }

    /// What has an address that has no route of its own, by what it is below.
    fn below(&self, authority: &str, path: &str) -> Option<Target> {
        let rest = path.strip_prefix(self.realm.base_path()).filter(|_| self.is_at(authority))?;
        let is_at = |place: &str| rest.strip_prefix(place).is_some_and(|tail| tail.is_empty() || tail.starts_with('/'));
        if rest.starts_with("/account/") {
            return Some(Target::Account);
        }
        if rest.starts_with("/portal/") && self.realm.portal.is_some() {
            return Some(Target::Portal);
        }
        let administration = self.realm.administration.as_ref()?;
        if is_at(&administration.api_path) {
            return Some(Target::Api);
        }
        is_at(&administration.console_path).then_some(Target::Console)
    }

    /// Whether the address is the first page's.
    pub(crate) fn is_home(&self, path: &str) -> bool {
        path.strip_prefix(self.realm.base_path()).is_some_and(|rest| matches!(rest, "" | "/"))
    }

    /// The path of a page of this site.
    pub(crate) fn page_path(&self, target: Target) -> String {
        if let Target::Endpoint(endpoint) = target {
            return self.endpoint_path(endpoint).unwrap_or_default();
        }
        let path = PAGES.iter().find(|(_, page)| *page == target).map_or("/", |(path, _)| path);
        format!("{}{path}", self.realm.base_path())
    }

    /// The path of an endpoint on the issuer's host.
    pub(crate) fn endpoint_path(&self, endpoint: Endpoint) -> Option<String> {
        let url = self.realm.url(endpoint)?;
        let after_scheme = url.split_once("://")?.1;
        after_scheme.find('/').and_then(|at| after_scheme.get(at..)).map(str::to_owned)
    }
}

fn found(sites: &[Arc<Site>], authority: &str, path: &str) -> Option<Found> {
    sites.iter().find_map(|site| Some((Arc::clone(site), site.target(authority, path)?)))
}

fn routes(realm: &Realm) -> HashMap<String, Route> {
    let base = realm.base_path();
    let mut routes = HashMap::new();
    let mut add = |path: String, target: Target, host: Option<String>| {
        let path = match realm.dialect.endpoints.path_case {
            PathCase::Exact => path,
            PathCase::Any => path.to_ascii_lowercase(),
        };
        routes.insert(path, Route { target, host });
    };
    // Whoever else has something at the first page's address goes before it; see the router.
    let is_there = |target: Target| target != Target::Home && (target != Target::Portal || realm.portal.is_some());
    for (path, target) in PAGES.into_iter().filter(|(_, target)| is_there(*target)) {
        add(format!("{base}{path}"), target, None);
    }
    for path in GUIDE.into_iter().filter(|_| realm.guide.is_on()) {
        add(format!("{base}{path}"), Target::Guide, None);
    }
    // One for each: see where they are sent back to.
    for provider in &realm.identity_providers {
        add(format!("{base}/-/provider/{}", provider.id), Target::Provider, None);
    }
    for path in metadata::well_known_paths(realm) {
        add(path, Target::Discovery, None);
    }
    for endpoint in Endpoint::ALL.into_iter().filter(|endpoint| realm.serves(*endpoint)) {
        match realm.dialect.endpoints.at.get(&endpoint) {
            Some(place) => {
                for path in &place.paths {
                    add(format!("{base}{path}"), Target::Endpoint(endpoint), place.host.clone());
                }
            }
            None => {
                if let Some(path) = endpoint.default_path() {
                    add(format!("{base}{path}"), Target::Endpoint(endpoint), None);
                }
            }
        }
    }
    routes
}

/// Where a request belongs.
pub(crate) type Found = (Arc<Site>, Target);

/// All sites that have been asked for.
#[derive(Debug)]
pub(crate) struct Sites {
    at: Cache<String, Arc<[Arc<Site>]>>,
    /// What was found last, for as long as it cannot be read anew.
    old: Cache<String, Arc<[Arc<Site>]>>,
    by_id: Cache<String, Arc<Site>>,
    languages: ArcSwap<Languages>,
    /// Counts what was forgotten, so that what was read before is not kept after.
    forgotten: AtomicU64,
}

/// How many authorities and sites are kept ready.
const KEPT: usize = 10_000;

impl Sites {
    /// No sites yet. `languages`: those that pages can be in.
    pub(crate) fn new(languages: Languages) -> Self {
        let (at, old, by_id) = (Cache::new(KEPT), Cache::new(KEPT), Cache::new(KEPT));
        Self { at, old, by_id, languages: ArcSwap::from_pointee(languages), forgotten: AtomicU64::new(0) }
    }

    /// Other languages from now on.
    pub(crate) fn speak(&self, languages: Languages) {
        self.languages.store(Arc::new(languages));
        self.forget_all();
    }

    /// The site and the target of a request; `None` if no realm knows the path.
    ///
    /// # Errors
    /// The store cannot be read.
    pub(crate) async fn find(
        &self,
        store: &Store,
        keys: &Keys,
        authority: &str,
        path: &str,
    ) -> Result<Option<Found>, Fault> {
        let sites = match self.at.get(authority) {
            Some(sites) => sites,
            None => self.load(store, keys, authority).await?,
        };
        Ok(found(&sites, authority, path))
    }

    /// The site of a realm, by its id.
    ///
    /// # Errors
    /// The store cannot be read.
    pub(crate) async fn of_realm(&self, store: &Store, keys: &Keys, id: &str) -> Result<Option<Arc<Site>>, Fault> {
        if let Some(site) = self.by_id.get(id) {
            return Ok(Some(site));
        }
        let Some(realm) = store.realm(id).await? else { return Ok(None) };
        let Some(authority) = realm.authorities.first() else { return Ok(None) };
        let sites = self.load(store, keys, authority).await?;
        Ok(sites.iter().find(|site| site.realm.id == id).cloned())
    }

    /// Whether any realm has this authority, as far as was found last.
    pub(crate) fn knows(&self, authority: &str) -> bool {
        self.at.get(authority).is_some_and(|sites| !sites.is_empty())
    }

    /// The site to which an address belongs that none knows: the one whose path it is below, or else the first at its
    /// authority.
    ///
    /// # Errors
    /// The store cannot be read.
    pub(crate) async fn nearest(
        &self,
        store: &Store,
        keys: &Keys,
        authority: &str,
        path: &str,
    ) -> Result<Option<Arc<Site>>, Fault> {
        let sites = match self.at.get(authority) {
            Some(sites) => sites,
            None => self.load(store, keys, authority).await?,
        };
        let mut here = sites.iter().filter(|site| site.is_at(authority) || site.is_at_a_host(authority)).peekable();
        let first = here.peek().copied();
        Ok(here.find(|site| site.is_above(path)).or(first).cloned())
    }

    /// The same as it was when it was last read, though it may have changed since.
    pub(crate) fn find_old(&self, authority: &str, path: &str) -> Option<Found> {
        found(&self.old.get(authority)?, authority, path)
    }

    async fn load(&self, store: &Store, keys: &Keys, authority: &str) -> Result<Arc<[Arc<Site>]>, Fault> {
        let before = self.forgotten.load(Ordering::SeqCst);
        let mut sites = Vec::new();
        let mut realms = store.realms_at(authority).await?;
        // Which of the two ports is the usual one follows from a realm's scheme; `Site::target` looks at that.
        for bare in [true, false].map(|https| without_default_port(authority, https)) {
            if bare != authority {
                let others = store.realms_at(bare).await?;
                realms.extend(
                    others
                        .into_iter()
                        .filter(|other| realms.iter().all(|known| known.id != other.id))
                        .collect::<Vec<_>>(),
                );
            }
        }
        for realm in realms {
            let known = self.by_id.get(realm.id.as_str()).filter(|site| site.realm == realm);
            let site = if let Some(site) = known {
                site
            } else {
                let keys = keys.ring(&realm).await?;
                let languages = self.languages.load().of_realm(&realm.languages);
                if languages.len() < realm.languages.len() {
                    tracing::warn!(realm = realm.id, "there are no strings for every language that the realm names");
                }
                let rules = CompanyRules::new(store.app_rules(&realm.id).await?);
                let site = Arc::new(Site::new(realm, keys, languages, rules));
                self.by_id.insert(site.realm.id.clone(), Arc::clone(&site));
                site
            };
            sites.push(site);
        }
        // The longest issuer path first: a realm at the root must not hide one below it.
        sites.sort_by_key(|site| std::cmp::Reverse(site.realm.base_path().len()));
        let sites: Arc<[Arc<Site>]> = sites.into();
        self.at.insert(authority.to_owned(), Arc::clone(&sites));
        if sites.is_empty() {
            self.old.remove(authority);
        } else {
            self.old.insert(authority.to_owned(), Arc::clone(&sites));
        }
        if self.forgotten.load(Ordering::SeqCst) != before {
            // A realm or its keys may have changed while they were read.
            self.drop_all();
        }
        Ok(sites)
    }

    /// The sites that are ready.
    pub(crate) fn ready(&self) -> Vec<Arc<Site>> {
        self.by_id.iter().map(|(_, site)| site).collect()
    }

    /// Nobody knows what has changed.
    pub(crate) fn forget_all(&self) {
        self.forgotten.fetch_add(1, Ordering::SeqCst);
        self.drop_all();
    }

    fn drop_all(&self) {
        self.by_id.clear();
        self.at.clear();
    }

    /// A realm has changed, or its keys: what was made of it is made again.
    pub(crate) fn forget(&self, realm: &str) {
        self.forgotten.fetch_add(1, Ordering::SeqCst);
        self.by_id.remove(realm);
        self.at.retain(|_, sites| !sites.is_empty() && sites.iter().all(|site| site.realm.id != realm));
    }
}
