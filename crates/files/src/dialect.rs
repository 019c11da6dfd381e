//! Dialect files: read, checked against what no dialect may say, explained.

use super::document::{Document, at};
use super::problem::{Problem, Problems, did_you_mean};
use super::tree::Variables;
use claviger_core::dialect::{AudienceParameter, Dialect, Endpoint, ErrorVocabulary, Legacy, PathCase, Turnover};
use claviger_core::grant_type::GrantType;
use claviger_core::response::ResponseType;
use claviger_core::scope::ScopeSet;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

/// The dialects that come with the program: file name and text of everything in `dialects/`.
const EMBEDDED: &[(&str, &str)] = &include!(concat!(env!("OUT_DIR"), "/dialects.rs"));

/// Parameters without which a request would not be bound to its client, its code or its user any more.
const NEVER_IGNORED: [&str; 9] = [
    "client_id",
    "code",
    "code_verifier",
    "grant_type",
    "password",
    "redirect_uri",
    "refresh_token",
    "scope",
    "username",
];

/// Headers that cannot carry a bearer token: browsers send them by themselves, or they mean something else.
const NEVER_BEARER: [&str; 6] = ["cookie", "host", "content-type", "content-length", "transfer-encoding", "connection"];

/// The longest time for which a spent refresh token may be answered once more.
const LONGEST_GRACE: i64 = 60;

/// Every dialect that realm files may name.
#[derive(Debug, Clone, Default)]
pub struct Dialects(BTreeMap<String, Dialect>);

impl Dialects {
    /// The dialects that come with the program.
    ///
    /// # Errors
    /// None that a test has not caught: the files are part of the program.
    pub fn embedded() -> Result<Self, Problems> {
        let mut problems = vec![];
        let mut all = BTreeMap::new();
        for (name, text) in EMBEDDED {
            if let Some(dialect) = read(name, text.as_bytes(), &mut problems) {
                all.insert(dialect.name.clone(), dialect);
            }
        }
        if problems.is_empty() { Ok(Self(all)) } else { Err(Problems(problems)) }
    }

    /// The program's own dialects and those of the `*.toml` in `folder`, which win over one of the same name.
    ///
    /// # Errors
    /// Everything that is wrong with the folder's files.
    pub fn with_folder(folder: &Path) -> Result<Self, Problems> {
        let mut all = Self::embedded()?;
        all.0.extend(Self::of_folder(folder)?.0);
        Ok(all)
    }

    /// Those of the `*.toml` in `folder` alone.
    ///
    /// # Errors
    /// Everything that is wrong with them.
    pub fn of_folder(folder: &Path) -> Result<Self, Problems> {
        let mut all = Self::default();
        let mut problems = vec![];
        for file in super::toml_files(folder)? {
            let name = file.display().to_string();
            let dialect = match std::fs::read(&file) {
                Ok(content) => read(&name, &content, &mut problems),
                Err(error) => {
                    problems.push(Problem::with_file(&name, format!("cannot be read: {error}")));
                    None
                }
            };
            let Some(dialect) = dialect else { continue };
            if file.file_stem().is_some_and(|stem| stem != dialect.name.as_str()) {
                let message = format!("the dialect in it calls itself `{}`", dialect.name);
                problems.push(Problem::with_file(&name, message).with_help("give the file the dialect's name"));
                continue;
            }
            all.0.insert(dialect.name.clone(), dialect);
        }
        if problems.is_empty() { Ok(all) } else { Err(Problems(problems)) }
    }

    /// The program's own dialects and those of the texts.
    #[cfg(test)]
    pub(crate) fn with_texts(texts: &[&str]) -> Self {
        let mut all = Self::embedded().unwrap_or_else(|problems| panic!("{problems}"));
        for text in texts {
            let dialect = parse("test.toml", text.as_bytes()).unwrap_or_else(|problems| panic!("{problems}"));
            all.0.insert(dialect.name.clone(), dialect);
        }
        all
    }

    /// The dialect of this name.
    pub fn named(&self, name: &str) -> Option<&Dialect> {
        self.0.get(name)
    }

    /// The names of all, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

/// Reads one dialect file; `name` is what mistakes call it.
///
/// # Errors
/// Everything that is wrong with it.
pub fn parse(name: &str, content: &[u8]) -> Result<Dialect, Problems> {
    let mut problems = vec![];
    match read(name, content, &mut problems) {
        Some(dialect) => Ok(dialect),
        None => Err(Problems(problems)),
    }
}

/// Reads and checks a dialect; `None` when something was wrong.
fn read(name: &str, content: &[u8], problems: &mut Vec<Problem>) -> Option<Dialect> {
    let before = problems.len();
    let document = Document::read(name, content, &Variables::new(), problems)?;
    let dialect = document.decode(problems)?;
    Check { document: &document, dialect: &dialect, problems }.all();
    Some(dialect).filter(|_| problems.len() == before)
}

struct Check<'a> {
    document: &'a Document,
    dialect: &'a Dialect,
    problems: &'a mut Vec<Problem>,
}

impl Check<'_> {
    fn all(&mut self) {
        self.names();
        self.paths();
        self.duplicates();
        self.authorization();
        self.token();
        self.refresh();
        self.api();
    }

    fn add(&mut self, problem: Problem) {
        self.problems.push(problem);
    }

    fn names(&mut self) {
        if !super::is_name(&self.dialect.name) {
            self.add(
                self.document
                    .problem(at!["name"], "a dialect's name is 1 to 40 of a-z, 0-9 and -")
                    .with_help("realm files name the dialect by it"),
            );
        }
        let long = self.dialect.authorization.invalid_request_title.as_ref().is_some_and(|title| title.len() > 100);
        if long {
            self.add(
                self.document.problem(
                    at!["authorization", "invalid-request-title"],
                    "a heading of more than 100 bytes is not one",
                ),
            );
        }
    }

    fn paths(&mut self) {
        for (endpoint, place) in &self.dialect.endpoints.at {
            if !place.served && !place.paths.is_empty() {
                let place = at!["endpoints", endpoint.name(), "served"];
                let problem = self.document.problem(place, "an endpoint that is not served has no paths");
                self.problems.push(problem.with_help("leave out one of the two"));
            }
            if place.served && place.paths.is_empty() {
                let problem =
                    self.document.problem(at!["endpoints", endpoint.name(), "paths"], "the list of paths is empty");
                self.problems.push(problem.with_help("leave the endpoint out to serve it at its default path"));
            }
            for (i, text) in place.paths.iter().enumerate() {
                if let Err(reason) = check_path(text) {
                    let place = at!["endpoints", endpoint.name(), "paths", i];
                    self.problems.push(self.document.problem(place, reason).with_help(
                        "a path begins with `/` and is relative to the issuer's own, like \"/oauth/token\"",
                    ));
                }
            }
            if place.host.as_ref().is_some_and(|host| !super::is_name(host)) {
                let place = at!["endpoints", endpoint.name(), "host"];
                self.problems.push(
                    self.document
                        .problem(place, "a host's name here is 1 to 40 of a-z, 0-9 and -")
                        .with_help("it is not the host itself: the realm says under [realm.hosts.NAME] where that is"),
                );
            }
        }
    }

    /// No two endpoints may be at one place.
    fn duplicates(&mut self) {
        let mut seen: BTreeMap<(Option<&str>, String), Endpoint> = BTreeMap::new();
        for endpoint in Endpoint::ALL {
            let place = self.dialect.endpoints.at.get(&endpoint);
            let paths: Vec<&str> = match place {
                Some(place) => place.paths.iter().map(String::as_str).collect(),
                None => endpoint.default_path().into_iter().collect(),
            };
            for (i, text) in paths.into_iter().enumerate() {
                let any = self.dialect.endpoints.path_case == PathCase::Any;
                let key = if any { text.to_ascii_lowercase() } else { text.to_owned() };
                let host = place.and_then(|place| place.host.as_deref());
                if let Some(other) = seen.insert((host, key), endpoint) {
                    let (named, with) = if place.is_some() { (endpoint, other) } else { (other, endpoint) };
                    let place = at!["endpoints", named.name(), "paths", i];
                    let message = if named == with {
                        format!("`{text}` is listed twice")
                    } else {
                        format!("`{text}` is already the {} endpoint", with.name())
                    };
                    let problem = self.document.problem(place, message);
                    self.problems.push(if any && named == with {
                        problem.with_help("path-case = \"any\" serves every casing of one spelling")
                    } else {
                        problem
                    });
                }
            }
        }
    }

    fn authorization(&mut self) {
        if self.dialect.authorization.default_response_type.is_some_and(|named| named != ResponseType::CODE) {
            let place = at!["authorization", "default-response-type"];
            self.add(
                self.document
                    .problem(place, "a request that names no flow can only mean `code`")
                    .with_help("apps that use the implicit grant say response_type=token"),
            );
        }
        self.default_scope("authorization", self.dialect.authorization.default_scope.as_deref());
        self.default_scope("token", self.dialect.token.default_scope.as_deref());
    }

    fn default_scope(&mut self, table: &str, scope: Option<&str>) {
        let Some(scope) = scope else { return };
        if ScopeSet::parse(scope).map_or(true, |set| set.is_empty()) {
            let place = at![table, "default-scope"];
            self.add(self.document.problem(place, "this is not a list of scopes separated by spaces"));
        }
    }

    fn token(&mut self) {
        for (i, grant) in self.dialect.token.grants.iter().enumerate() {
            if matches!(grant, GrantType::Password | GrantType::Implicit) {
                let message = format!("`{}` is a legacy behaviour, given to single clients", grant.name());
                let problem = self.document.problem(at!["token", "grants", i], message);
                self.add(problem.with_help(format!("name it in permits: [\"{}\"]", grant.name())));
            }
        }
        for (i, name) in self.dialect.token.ignore.iter().enumerate() {
            if NEVER_IGNORED.contains(&name.as_str()) {
                let message = format!("`{name}` cannot be ignored: it binds a request to its client, code or user");
                let problem = self.document.problem(at!["token", "ignore"], message);
                self.add(problem.with_help("only what integrators send without need, like audience, can be ignored"));
            }
            let required = self.dialect.token.audience == AudienceParameter::Required;
            if name == "audience" && required {
                let problem = self.document.problem(at!["token", "ignore", i], "`audience` is ignored and required");
                self.add(problem.with_help("leave out one of token.ignore and token.audience"));
            }
        }
    }

    fn refresh(&mut self) {
        let refresh = &self.dialect.refresh;
        if refresh.grace.as_seconds() > LONGEST_GRACE {
            let message = format!("a grace of {} is too long", refresh.grace);
            self.add(
                self.document
                    .problem(at!["refresh", "grace"], message)
                    .with_help("60s at most: within it a stolen refresh token goes unnoticed"),
            );
        }
        let reusable = refresh.turnover != Turnover::Rotate;
        if reusable && !self.dialect.permits.contains(&Legacy::ReusableRefresh) {
            let message = "no client can have this turnover: refresh tokens that stay valid are not permitted";
            self.add(
                self.document
                    .problem(at!["refresh", "turnover"], message)
                    .with_help("add \"reusable-refresh\" to permits; each client must be given it as well"),
            );
        }
    }

    fn api(&mut self) {
        if self.dialect.api.bearer_headers.is_empty() {
            let problem = self.document.problem(at!["api", "bearer-headers"], "the list of headers is empty");
            self.add(problem.with_help("leave it out for Authorization"));
        }
        for (i, header) in self.dialect.api.bearer_headers.iter().enumerate() {
            let name = !header.is_empty() && header.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
            if !name || NEVER_BEARER.contains(&header.to_ascii_lowercase().as_str()) {
                let message = format!("`{header}` is not a header that can carry a bearer token");
                let problem = self.document.problem(at!["api", "bearer-headers", i], message);
                self.add(problem.with_hint(did_you_mean(header, ["Authorization", "Authentication"])));
            }
        }
        if let ErrorVocabulary::Codes { invalid, expired, revoked } = &self.dialect.api.errors {
            for (key, code) in [("invalid", invalid), ("expired", expired), ("revoked", revoked)] {
                if code.is_empty() || !code.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b'"' | b'\\')) {
                    let place = at!["api", "errors", "codes", key];
                    self.add(self.document.problem(place, "a code is a word of printable ASCII"));
                }
            }
        }
    }
}

/// Whether a path can be an endpoint's: it is compared with what clients send, so it must have one spelling only.
fn check_path(text: &str) -> Result<(), String> {
    if !text.starts_with('/') {
        return Err(format!("`{text}` does not begin with `/`"));
    }
    if text.len() < 2 || text.ends_with('/') {
        return Err("a path needs a last segment".into());
    }
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'.' | b'-' | b'_' | b'~');
    if let Some(odd) = text.chars().find(|c| !c.is_ascii() || !plain(*c as u8)) {
        return Err(format!("`{odd}` cannot be in an endpoint's path"));
    }
    if text.split('/').skip(1).any(|segment| matches!(segment, "" | "." | "..")) {
        return Err("a path cannot hold empty, `.` or `..` segments".into());
    }
    if text.starts_with("/.well-known/") {
        return Err("/.well-known/ is where discovery is".into());
    }
    if text.starts_with("/-/") {
        return Err("/-/ is where the pages are".into());
    }
    Ok(())
}

/// What `claviger dialect check` prints: what the contract is, where it differs from the standard, what it weakens.
pub fn explain(dialect: &Dialect) -> String {
    let mut out = format!("{}: {}\n", dialect.name, dialect.summary);
    let differences = differences(dialect);
    out.push_str("\nDiffers from the standard dialect\n");
    if differences.is_empty() {
        out.push_str("  in nothing\n");
    }
    let width = differences.iter().map(|(key, ..)| key.len()).max().unwrap_or(0);
    for (key, here, standard) in &differences {
        let _ = writeln!(out, "  {key:width$}  {here}   (standard: {standard})");
    }
    let (per_client, for_all): (Vec<_>, Vec<_>) = dialect.weakenings().into_iter().partition(|w| w.per_client);
    let mut list = |heading: &str, found: &[claviger_core::dialect::Weakening]| {
        let _ = writeln!(out, "\n{heading}");
        if found.is_empty() {
            out.push_str("  nothing\n");
        }
        for weakening in found {
            let _ = writeln!(out, "  {}\n      {}", weakening.key, weakening.risk);
        }
    };
    list("Weakens for every client of a realm", &for_all);
    list("Permits to the clients that are given it", &per_client);
    out
}

/// Every axis on which `dialect` differs from the standard one: key, value here, value there.
fn differences(dialect: &Dialect) -> Vec<(String, String, String)> {
    let flat = |dialect: &Dialect| {
        let mut out = BTreeMap::new();
        flatten("", &serde_json::to_value(dialect).unwrap_or_default(), &mut out);
        out
    };
    // What an empty file means, and what the standard one permits beside that.
    let permits = [Legacy::Implicit, Legacy::NoPkce].into();
    let (here, standard) = (flat(dialect), flat(&Dialect { permits, ..Dialect::default() }));
    let default_path = |key: &str| {
        let endpoint = Endpoint::ALL.into_iter().find(|e| key == format!("endpoints.{}.paths", e.name()))?;
        Some(endpoint.default_path().map_or("not served".into(), |path| format!("[\"{path}\"]")))
    };
    let unset = || "not set".to_owned();
    here.iter()
        .filter(|(key, value)| !matches!(key.as_str(), "name" | "summary") && standard.get(*key) != Some(value))
        .map(|(key, value)| {
            let there = standard.get(key).filter(|there| *there != "null").cloned().or_else(|| default_path(key));
            (key.clone(), value.clone(), there.unwrap_or_else(unset))
        })
        .filter(|(_, value, there)| value != there && value != "null")
        .collect()
}

fn flatten(prefix: &str, value: &serde_json::Value, out: &mut BTreeMap<String, String>) {
    match value {
        serde_json::Value::Object(entries) => {
            for (key, value) in entries {
                let key = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
                flatten(&key, value, out);
            }
        }
        other => {
            out.insert(prefix.to_owned(), other.to_string());
        }
    }
}

#[cfg(test)]
mod tests;
