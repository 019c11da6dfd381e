//! The files that pages are made of: compiled in, and an operator's in their place.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use fluent_bundle::FluentResource;
use unic_langid::LanguageIdentifier;

use super::locale::{self, FALLBACK, Messages};

/// The templates as they were compiled in, by the name that templates use for each other.
pub(super) const TEMPLATES: &[(&str, &str)] = &[
    ("_account.html", include_str!("../../../../templates/_account.html")),
    ("_console.html", include_str!("../../../../templates/_console.html")),
    ("_parts.html", include_str!("../../../../templates/_parts.html")),
    ("account.html", include_str!("../../../../templates/account.html")),
    ("account_activity.html", include_str!("../../../../templates/account_activity.html")),
    ("account_apps.html", include_str!("../../../../templates/account_apps.html")),
    ("account_companies.html", include_str!("../../../../templates/account_companies.html")),
    ("account_company.html", include_str!("../../../../templates/account_company.html")),
    ("account_data.html", include_str!("../../../../templates/account_data.html")),
    ("account_delete.html", include_str!("../../../../templates/account_delete.html")),
    ("account_deleted.html", include_str!("../../../../templates/account_deleted.html")),
    ("account_licences.html", include_str!("../../../../templates/account_licences.html")),
    ("account_requests.html", include_str!("../../../../templates/account_requests.html")),
    ("account_sessions.html", include_str!("../../../../templates/account_sessions.html")),
    ("account_take_back.html", include_str!("../../../../templates/account_take_back.html")),
    ("accounts.html", include_str!("../../../../templates/accounts.html")),
    ("base.html", include_str!("../../../../templates/base.html")),
    ("console.html", include_str!("../../../../templates/console.html")),
    ("consent.html", include_str!("../../../../templates/consent.html")),
    ("device.html", include_str!("../../../../templates/device.html")),
    ("demo/base.html", include_str!("../../../../templates/demo/base.html")),
    ("demo/connection.html", include_str!("../../../../templates/demo/connection.html")),
    ("demo/home.html", include_str!("../../../../templates/demo/home.html")),
    ("demo/own_page.html", include_str!("../../../../templates/demo/own_page.html")),
    ("error.html", include_str!("../../../../templates/error.html")),
    ("expired.html", include_str!("../../../../templates/expired.html")),
    ("form_post.html", include_str!("../../../../templates/form_post.html")),
    ("guide.html", include_str!("../../../../templates/guide.html")),
    ("guide/guide.md", include_str!("../../../../templates/guide/guide.md")),
    ("guide/llms.txt", include_str!("../../../../templates/guide/llms.txt")),
    ("guide/snippets.md", include_str!("../../../../templates/guide/snippets.md")),
    ("home.html", include_str!("../../../../templates/home.html")),
    ("link_account.html", include_str!("../../../../templates/link_account.html")),
    ("logout_confirm.html", include_str!("../../../../templates/logout_confirm.html")),
    ("mail/approval.html", include_str!("../../../../templates/mail/approval.html")),
    ("mail/approval.txt", include_str!("../../../../templates/mail/approval.txt")),
    ("mail/frame.html", include_str!("../../../../templates/mail/frame.html")),
    ("mail/link.html", include_str!("../../../../templates/mail/link.html")),
    ("mail/link.txt", include_str!("../../../../templates/mail/link.txt")),
    ("mail/rejection.html", include_str!("../../../../templates/mail/rejection.html")),
    ("mail/rejection.txt", include_str!("../../../../templates/mail/rejection.txt")),
    ("mail/portal.html", include_str!("../../../../templates/mail/portal.html")),
    ("mail/portal.txt", include_str!("../../../../templates/mail/portal.txt")),
    ("mail/notice.html", include_str!("../../../../templates/mail/notice.html")),
    ("mail/notice.txt", include_str!("../../../../templates/mail/notice.txt")),
    ("no_organisation.html", include_str!("../../../../templates/no_organisation.html")),
    ("not_approved.html", include_str!("../../../../templates/not_approved.html")),
    ("not_found.html", include_str!("../../../../templates/not_found.html")),
    ("_portal.html", include_str!("../../../../templates/_portal.html")),
    ("portal.html", include_str!("../../../../templates/portal.html")),
    ("portal_app.html", include_str!("../../../../templates/portal_app.html")),
    ("portal_call.html", include_str!("../../../../templates/portal_call.html")),
    ("portal_calls.html", include_str!("../../../../templates/portal_calls.html")),
    ("portal_credentials.html", include_str!("../../../../templates/portal_credentials.html")),
    ("portal_home.html", include_str!("../../../../templates/portal_home.html")),
    ("portal_kind.html", include_str!("../../../../templates/portal_kind.html")),
    ("portal_redirects.html", include_str!("../../../../templates/portal_redirects.html")),
    ("portal_sandbox.html", include_str!("../../../../templates/portal_sandbox.html")),
    ("portal_secret.html", include_str!("../../../../templates/portal_secret.html")),
    ("portal_sign_up.html", include_str!("../../../../templates/portal_sign_up.html")),
    ("portal_step.html", include_str!("../../../../templates/portal_step.html")),
    ("portal_team.html", include_str!("../../../../templates/portal_team.html")),
    ("portal_terms.html", include_str!("../../../../templates/portal_terms.html")),
    ("portal_try.html", include_str!("../../../../templates/portal_try.html")),
    ("portal_webhook.html", include_str!("../../../../templates/portal_webhook.html")),
    ("portal_webhooks.html", include_str!("../../../../templates/portal_webhooks.html")),
    ("second_factor.html", include_str!("../../../../templates/second_factor.html")),
    ("secret_once.html", include_str!("../../../../templates/secret_once.html")),
    ("security.html", include_str!("../../../../templates/security.html")),
    ("sign_in.html", include_str!("../../../../templates/sign_in.html")),
    ("signed_in.html", include_str!("../../../../templates/signed_in.html")),
    ("signed_out.html", include_str!("../../../../templates/signed_out.html")),
    ("user_link.html", include_str!("../../../../templates/user_link.html")),
];

/// What pages do in a browser with scripts; without, they work all the same.
pub const SCRIPT: &str = include_str!("../../../../assets/claviger.js");

/// What those do that ask for a passkey: no browser has one without a script.
pub const PASSKEY_SCRIPT: &str = include_str!("../../../../assets/passkey.js");

/// What the pages of the partners' portal do beside that.
pub const PORTAL_SCRIPT: &str = include_str!("../../../../assets/portal.js");
/// What keeps parts of a page up to date while it is looked at (`data-live`); served beside it.
pub const LIVE_SCRIPT: &str = include_str!("../../../../assets/live.js");

const STYLESHEET: &str = include_str!("../../../../assets/claviger.css");

/// The languages as they were compiled in.
pub(super) const LOCALES: &[(&str, &str)] = &[
    ("de", include_str!("../../../../locales/de.ftl")),
    ("de", include_str!("../../../../locales/console/de.ftl")),
    ("de", include_str!("../../../../locales/portal/de.ftl")),
    ("de", include_str!("../../../../locales/mistakes/de.ftl")),
    (FALLBACK, include_str!("../../../../locales/en.ftl")),
    (FALLBACK, include_str!("../../../../locales/console/en.ftl")),
    (FALLBACK, include_str!("../../../../locales/portal/en.ftl")),
    (FALLBACK, include_str!("../../../../locales/mistakes/en.ftl")),
];

/// Why an operator's folder is not accepted.
#[derive(Debug, thiserror::Error)]
pub enum PagesError {
    /// A file or folder cannot be read.
    #[error("{}: {cause}", path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        cause: std::io::Error,
    },
    /// A file that replaces nothing, most likely misspelt.
    #[error("{}: there is no such file to replace; {hint}", path.display())]
    Unknown {
        /// Which.
        path: PathBuf,
        /// What could have been meant.
        hint: String,
    },
    /// A template does not compile, or names something that its page does not have.
    #[error("{file}:{line}: {message}")]
    Template {
        /// The file: the operator's path, or the built-in template's name.
        file: String,
        /// Its line, from 1; 0 when unknown.
        line: usize,
        /// What is wrong.
        message: String,
    },
    /// A file of strings is wrong.
    #[error("{}: {message}", path.display())]
    Locale {
        /// Which.
        path: PathBuf,
        /// What is wrong, with the line if it is known.
        message: String,
    },
    /// A language that pages shall come in, and that there are no strings for.
    #[error(
        "there are no strings for the language {language}; add a file locales/{language}.ftl, or use one of {known}"
    )]
    NoSuchLanguage {
        /// Its tag.
        language: String,
        /// Those that there are.
        known: String,
    },
}

/// Everything that pages are made of.
#[derive(Debug)]
pub(super) struct Sources {
    /// Templates by name.
    pub(super) templates: BTreeMap<String, String>,
    /// The operator's files among them, by name.
    pub(super) replaced: BTreeMap<String, PathBuf>,
    /// Strings by language.
    pub(super) locales: BTreeMap<LanguageIdentifier, Messages>,
    /// The style sheet.
    pub(super) stylesheet: String,
}

impl Sources {
    /// What was compiled in.
    pub(super) fn embedded() -> Result<Self, PagesError> {
        let mut locales: BTreeMap<LanguageIdentifier, Messages> = BTreeMap::new();
        for (lang, text) in LOCALES {
            let path = || PathBuf::from(format!("locales/{lang}.ftl"));
            locales.entry(tag(lang, path())?).or_default().push(parsed(text, path())?);
        }
        Ok(Self {
            templates: TEMPLATES.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect(),
            replaced: BTreeMap::new(),
            locales,
            stylesheet: STYLESHEET.to_owned(),
        })
    }

    /// Lays the files of `folder` over these. Its shape is the project's: `templates/`, `locales/`,
    /// `assets/claviger.css`. A template of the operator's own, to be included by others, begins with `_`.
    pub(super) fn replace_from(&mut self, folder: &Path) -> Result<(), PagesError> {
        for path in files_below(folder)? {
            let text = fs::read_to_string(&path).map_err(|cause| unreadable(&path, cause))?;
            let name = relative_name(folder, &path);
            if name == "assets/claviger.css" {
                self.stylesheet = text;
            } else if let Some(lang) = name.strip_prefix("locales/").and_then(|file| file.strip_suffix(".ftl")) {
                let messages = parsed(&text, path.clone())?;
                self.locales.entry(tag(lang, path)?).or_default().push(messages);
            } else if let Some(template) = name.strip_prefix("templates/").filter(|name| self.accepts(name)) {
                self.templates.insert(template.to_owned(), text);
                self.replaced.insert(template.to_owned(), path);
            } else {
                return Err(PagesError::Unknown { hint: self.hint(&name), path });
            }
        }
        Ok(())
    }

    fn accepts(&self, template: &str) -> bool {
        let file = template.rsplit('/').next().unwrap_or(template);
        self.templates.contains_key(template) || file.starts_with('_')
    }

    /// Which file could have been meant by `name`.
    fn hint(&self, name: &str) -> String {
        let known = self.templates.keys().map(|template| format!("templates/{template}"));
        let known = known.chain(["locales/en.ftl".to_owned(), "assets/claviger.css".to_owned()]);
        let closest = known.min_by_key(|candidate| distance(name, candidate));
        format!("did you mean {}?", closest.unwrap_or_default())
    }
}

fn parsed(text: &str, path: PathBuf) -> Result<Arc<FluentResource>, PagesError> {
    locale::parse(text).map_err(|message| PagesError::Locale { path, message })
}

/// The language that a file's name says.
fn tag(name: &str, path: PathBuf) -> Result<LanguageIdentifier, PagesError> {
    name.parse().map_err(|_| {
        let message = "the file's name is not a language tag, like de.ftl or pt-BR.ftl".to_owned();
        PagesError::Locale { path, message }
    })
}

fn unreadable(path: &Path, cause: std::io::Error) -> PagesError {
    PagesError::Unreadable { path: path.to_owned(), cause }
}

fn relative_name(folder: &Path, path: &Path) -> String {
    let relative = path.strip_prefix(folder).unwrap_or(path);
    let parts: Vec<_> = relative.components().map(|part| part.as_os_str().to_string_lossy()).collect();
    parts.join("/")
}

/// All files below `folder`, in order, without hidden ones.
fn files_below(folder: &Path) -> Result<Vec<PathBuf>, PagesError> {
    let mut files = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        let entries = fs::read_dir(&folder).map_err(|cause| unreadable(&folder, cause))?;
        for entry in entries {
            let path = entry.map_err(|cause| unreadable(&folder, cause))?.path();
            if path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.')) {
                continue;
            }
            if path.is_dir() {
                open.push(path);
            } else {
                files.push(path);
            }
        }
    }
    files.sort();
    Ok(files)
}

/// How many letters two names do not share at their ends: enough to find a misspelt file name.
fn distance(one: &str, other: &str) -> usize {
    let same = |(a, b): &(u8, u8)| a == b;
    let start = one.bytes().zip(other.bytes()).take_while(same).count();
    let end = one.bytes().rev().zip(other.bytes().rev()).take_while(same).count();
    (one.len() + other.len()).saturating_sub(2 * (start + end))
}
