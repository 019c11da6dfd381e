//! Views become pages.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use minijinja::value::{Serde, Value};
use minijinja::{AutoEscape, Environment, Error, Output, State, UndefinedBehavior, context, escape_formatter};
use serde::Serialize;
use unic_langid::LanguageIdentifier;

use super::brand::Brand;
use super::colour::coloured;
use super::escape::escape;
use super::functions;
use super::language::Languages;
use super::locale::{Locale, fallback};
use super::script::ByItself;
use super::sources::{PagesError, Sources};
use super::views::View;

/// The operator's templates: the file of each by its name.
pub(super) type Replaced = BTreeMap<String, PathBuf>;

/// A rendered page.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Page {
    /// The HTTP status.
    pub status: u16,
    /// The whole document.
    pub html: String,
    /// Whether its form may end at an app, and from there anywhere.
    pub leaves: bool,
    /// Whether it loads the script.
    pub has_script: bool,
    /// What it may do by itself.
    pub by_itself: Option<ByItself>,
    /// Whether its script asks this origin for more of it.
    pub asks_for_more: bool,
    /// The origins of what it shows in frames.
    pub frames: Vec<String>,
    /// Seconds for `Retry-After`.
    pub retry_after: Option<u64>,
}

/// A page may hold a secret, so its text is not printed.
impl fmt::Debug for Page {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = formatter.debug_struct("Page");
        debug.field("status", &self.status).field("html", &format_args!("{} bytes", self.html.len()));
        debug.field("leaves", &self.leaves).finish_non_exhaustive()
    }
}

/// A rendered mail.
#[derive(Clone)]
pub struct Mail {
    /// One line without control characters.
    pub subject: String,
    /// The plain-text part.
    pub text: String,
    /// The HTML part.
    pub html: String,
}

/// The mail holds a link that is worth a secret.
impl fmt::Debug for Mail {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Mail").field("subject", &self.subject).finish_non_exhaustive()
    }
}

/// All templates and strings, compiled once.
pub struct Pages {
    /// By language; English is always there.
    environments: BTreeMap<LanguageIdentifier, Environment<'static>>,
    languages: Languages,
    /// What was compiled in, for the case that an operator's template fails with a real visitor's data.
    embedded: Environment<'static>,
    stylesheet: String,
    stylesheet_tag: String,
}

impl fmt::Debug for Pages {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Pages").field("languages", &self.languages).finish_non_exhaustive()
    }
}

impl Pages {
    /// Compiles the built-in files, with those of the operator's folder `overrides` in their place; nothing is rendered yet.
    /// Also the operator's templates: the file of each by its name.
    ///
    /// # Errors
    /// The first thing that is wrong with the folder, with file and line: see [`PagesError`].
    pub(super) fn compile(overrides: Option<&Path>) -> Result<(Self, Replaced), PagesError> {
        let mut sources = Sources::embedded()?;
        let embedded = environment(&sources, &fallback())?;
        if let Some(folder) = overrides {
            sources.replace_from(folder)?;
        }
        let mut environments = BTreeMap::new();
        for lang in sources.locales.keys() {
            environments.insert(lang.clone(), environment(&sources, lang)?);
        }
        let known: Vec<_> = environments.keys().cloned().collect();
        let languages = Languages { usual: vec![fallback()], known };
        let pages = Self {
            environments,
            languages,
            embedded,
            stylesheet_tag: tag(&sources.stylesheet),
            stylesheet: sources.stylesheet,
        };
        Ok((pages, sources.replaced))
    }

    /// The same with `usual` as the languages of a realm that names none.
    ///
    /// # Errors
    /// There are no strings for one of them.
    pub fn with_usual_languages(mut self, usual: &[LanguageIdentifier]) -> Result<Self, PagesError> {
        if let Some(unknown) = usual.iter().find(|tag| !self.languages.knows(tag)) {
            let known: Vec<_> = self.languages.known.iter().map(ToString::to_string).collect();
            return Err(PagesError::NoSuchLanguage { language: unknown.to_string(), known: known.join(", ") });
        }
        usual.clone_into(&mut self.languages.usual);
        Ok(self)
    }

    /// Renders `view`. Should an operator's template fail, the built-in one is shown and the log says why.
    pub fn page<V: View>(&self, brand: &Brand, view: &V) -> Page {
        let html = self.try_page(brand, view).or_else(|error| {
            tracing::error!(template = V::TEMPLATE, %error, "a template failed; the built-in one is shown");
            render(&self.embedded, V::TEMPLATE, of(brand, view))
        });
        let html = html.unwrap_or_else(|error| {
            tracing::error!(template = V::TEMPLATE, %error, "a built-in template failed");
            "<!doctype html><html lang=\"en\"><title>Error</title><p>This page cannot be shown.</p></html>".to_owned()
        });
        Page {
            status: view.status(),
            html,
            leaves: view.leaves(),
            has_script: brand.script_url.is_some(),
            by_itself: view.by_itself(),
            asks_for_more: view.asks_for_more(),
            frames: view.frames(),
            retry_after: view.retry_after(),
        }
    }

    /// The style sheet, to be served as `text/css` at each brand's `stylesheet_url`.
    pub fn stylesheet(&self) -> &str {
        &self.stylesheet
    }

    /// Changes whenever the style sheet does; for its address or its `ETag`.
    pub fn stylesheet_tag(&self) -> &str {
        &self.stylesheet_tag
    }

    /// The languages that there are strings for.
    pub const fn languages(&self) -> &Languages {
        &self.languages
    }

    /// As [`Self::page`], without a page to fall back on.
    ///
    /// # Errors
    /// A template that fails.
    pub fn try_page<V: View>(&self, brand: &Brand, view: &V) -> Result<String, Error> {
        render(self.environment(&brand.lang), V::TEMPLATE, of(brand, view))
    }

    /// A text that is no page. Should an operator's template fail, the built-in one is used and the log says why.
    pub(crate) fn text(&self, template: &str, facts: &impl Serialize) -> String {
        let made = render(self.environment("en"), template, Value::from(Serde(facts))).or_else(|error| {
            tracing::error!(template, %error, "a template failed; the built-in one is used");
            render(&self.embedded, template, Value::from(Serde(facts)))
        });
        made.unwrap_or_else(|error| {
            tracing::error!(template, %error, "a built-in template failed");
            String::new()
        })
    }

    /// What the speakers of a language call it.
    pub(crate) fn language_name(&self, lang: &str) -> String {
        let said = self.environment(lang).render_str("{{ t('language-name') }}", context! {});
        said.unwrap_or_else(|_| lang.to_owned())
    }

    /// What an app with a scope may do, as a page in this language says it.
    pub fn sentence(&self, lang: &str, scope: &str, sentence: Option<&str>, translate: bool) -> String {
        let given = context! { scope, sentence, translate };
        let said = self.environment(lang).render_str("{{ scope_sentence(scope, sentence, translate) }}", given);
        said.unwrap_or_else(|error| {
            tracing::error!(%error, scope, "a sentence cannot be said");
            sentence.unwrap_or(scope).to_owned()
        })
    }

    /// What was compiled in.
    pub(super) const fn built_in(&self) -> &Environment<'static> {
        &self.embedded
    }

    /// The language's own, or that of the language it is a kind of (`de` for `de-AT`), or English.
    pub(super) fn environment(&self, lang: &str) -> &Environment<'static> {
        let exact: LanguageIdentifier = lang.parse().unwrap_or_default();
        let primary = LanguageIdentifier::from_parts(exact.language, None, None, &[]);
        let found = [exact, primary, fallback()].into_iter().find_map(|lang| self.environments.get(&lang));
        found.unwrap_or(&self.embedded)
    }
}

/// What a page's template sees.
fn of<V: View>(brand: &Brand, view: &V) -> Value {
    context! { brand => Value::from(Serde(brand)), view => Value::from(Serde(view)), live => view.is_live() }
}

/// Escapes with [`escape`] in place of the engine's own.
fn format(out: &mut Output<'_>, state: &mut State<'_, '_>, value: &Value) -> Result<(), Error> {
    match value.as_str() {
        Some(text) if *state.auto_escape() == AutoEscape::Html && !value.is_safe() => {
            escape(out, text).map_err(Error::from)
        }
        _ => escape_formatter(out, state, value),
    }
}

pub(super) fn render(environment: &Environment<'static>, template: &str, context: Value) -> Result<String, Error> {
    environment.get_template(template)?.render(context)
}

/// Compiles all templates with the strings of one language.
fn environment(sources: &Sources, lang: &LanguageIdentifier) -> Result<Environment<'static>, PagesError> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_formatter(format);
    let messages = |lang: &LanguageIdentifier| sources.locales.get(lang).cloned().unwrap_or_default();
    functions::install(&mut environment, &Locale::new(lang, &messages(lang), &messages(&fallback())));
    environment.add_filter("coloured", |text: &str| coloured(text));
    for (name, text) in &sources.templates {
        let added = environment.add_template_owned(name.clone(), text.clone());
        added.map_err(|error| located(&error, &sources.replaced))?;
    }
    Ok(environment)
}

/// The innermost template error, in the operator's terms: a failing macro or block is the cause of its caller's.
pub(super) fn located(error: &Error, replaced: &Replaced) -> PagesError {
    let mut inner = error;
    while let Some(cause) = std::error::Error::source(inner).and_then(|cause| cause.downcast_ref::<Error>()) {
        inner = cause;
    }
    let name = inner.name().unwrap_or_default();
    let file = replaced.get(name).map_or_else(|| name.to_owned(), |path| path.display().to_string());
    let kind = inner.kind();
    let message = inner.detail().map_or_else(|| kind.to_string(), |detail| format!("{kind}: {detail}"));
    PagesError::Template { file, line: inner.line().unwrap_or_default(), message }
}

/// FNV-1a of the text: tells two versions apart, and guards nothing.
fn tag(text: &str) -> String {
    let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    format!("{:016x}", text.bytes().fold(0xcbf2_9ce4_8422_2325, step))
}
