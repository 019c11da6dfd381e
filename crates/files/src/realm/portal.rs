//! Where the apps of partners are served, and what partners are asked.

use super::check::Check;
use super::url;
use crate::tree::Step;
use claviger_core::realm::{Portal, PortalQuestion, PortalTerms};
use std::collections::BTreeSet;

/// How long an answer can be.
const LONGEST_ANSWER: u32 = 4000;
/// How many questions there can be.
const MOST_QUESTIONS: usize = 20;

fn at(key: &str) -> [Step<'_>; 2] {
    ["portal".into(), key.into()]
}

impl Check<'_> {
    pub(super) fn portal(&mut self) {
        let Some(portal) = self.raw.portal.clone() else { return };
        self.portal_realms(&portal);
        let mut ids = BTreeSet::new();
        for (i, question) in portal.questions.iter().enumerate() {
            self.question(i, question, ids.insert(question.id.clone()));
        }
        if portal.questions.len() > MOST_QUESTIONS {
            self.say(&at("question"), format!("there are {MOST_QUESTIONS} questions at most"), None);
        }
        if let Some(terms) = &portal.terms {
            self.terms(terms);
        }
        if self.raw.login_app.is_some() {
            let message =
                "with a [login-app] the vendor's own pages know the users, and the portal cannot sign them up";
            self.say(&["portal".into()], message, None);
        }
    }

    fn portal_realms(&mut self, portal: &Portal) {
        let own = self.realm.id.clone();
        for (key, id) in [("production", Some(&portal.production)), ("sandbox", portal.sandbox.as_ref())] {
            let Some(id) = id else { continue };
            let good = (1..=40).contains(&id.len())
                && id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
            if !good {
                self.say(&at(key), "this is no realm's id", Some("the id of a [realm] that is served".into()));
            } else if *id == own {
                let help = "partners are users of a realm of their own, so that none of them can sign in at an app's";
                self.say(&at(key), "apps do not live in the partners' realm", Some(help.into()));
            }
        }
        if portal.sandbox.as_deref() == Some(portal.production.as_str()) {
            let help = "name a realm of its own, or leave it out: then no app has credentials before its approval";
            self.say(&at("sandbox"), "a sandbox is not where apps are served in earnest", Some(help.into()));
        }
    }

    fn question(&mut self, i: usize, question: &PortalQuestion, is_new: bool) {
        let place =
            |key: &'static str| -> [Step<'static>; 4] { ["portal".into(), "question".into(), i.into(), key.into()] };
        let id = &question.id;
        let good = (1..=40).contains(&id.len())
            && id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if !good {
            self.say(&place("id"), "an id is 1 to 40 of a-z, 0-9 and -", None);
        } else if !is_new {
            self.say(&place("id"), format!("another question is called `{id}` already"), None);
        }
        if question.text.trim().is_empty() || question.text.chars().count() > 300 {
            self.say(&place("text"), "a question has 1 to 300 characters", None);
        }
        if !(1..=LONGEST_ANSWER).contains(&question.max_length) {
            self.say(&place("max-length"), format!("an answer has 1 to {LONGEST_ANSWER} characters"), None);
        }
    }

    fn terms(&mut self, terms: &PortalTerms) {
        let place = |key: &'static str| -> [Step<'static>; 3] { ["portal".into(), "terms".into(), key.into()] };
        if terms.version.trim().is_empty() || terms.version.chars().count() > 40 {
            self.say(&place("version"), "a version has 1 to 40 characters", Some("like 2026-11".into()));
        }
        match (&terms.url, &terms.text) {
            (None, None) => self.say(&place("url"), "nobody could read them: give url or text", None),
            (Some(_), Some(_)) => self.say(&place("text"), "give url or text, not both", None),
            (Some(address), None) => {
                let origin = address.split(['?', '#']).next().unwrap_or_default();
                if let Err((message, help)) = url::parse(origin.trim_end_matches('/')) {
                    self.say(&place("url"), message, help);
                }
            }
            (None, Some(text)) if text.len() > 100_000 => {
                self.say(&place("text"), "terms have 100000 bytes at most", Some("put them at a url".into()));
            }
            (None, Some(_)) => {}
        }
    }
}
