//! The clients of a realm file: what a client may be is decided in [`rules`]; here its problems get their places in the file.

use super::check::Check;
use super::entries::ClientEntry;
use crate::document::at;
use crate::tree::Step;
use claviger_core::Client;
use claviger_core::client::IdentityProblem;
use claviger_core::client::rules::{self, Field, Found, Problem};

impl Check<'_> {
    /// The clients in the order of the file; `None` where something is wrong with one.
    pub(super) fn clients(&mut self) -> Vec<Option<Client>> {
        let entries = &self.raw.client;
        entries.iter().enumerate().map(|(i, entry)| self.client(i, entry)).collect()
    }

    fn client(&mut self, i: usize, entry: &ClientEntry) -> Option<Client> {
        if entry.secret.is_some() && entry.secret_file.is_some() {
            self.say(at!["client", i, "secret-file"], "one of secret and secret-file is enough", None);
        }
        let checked = rules::check(entry.description(|username| self.found(username)), self.realm);
        checked.map_err(|problems| problems.iter().for_each(|problem| self.client_problem(i, entry, problem))).ok()
    }

    fn found(&self, username: &str) -> Found {
        match self.users.is_administrator(username) {
            None => Found::Nobody,
            Some(true) => Found::Administrator,
            Some(false) => Found::User,
        }
    }

    fn client_problem(&mut self, i: usize, entry: &ClientEntry, problem: &Problem) {
        let key = match problem.field() {
            // Said where ids are compared with each other.
            Field::Id if entry.id.is_empty() => return,
            Field::Secret if entry.secret.is_none() => "secret-file",
            field => field.name(),
        };
        let mut place = vec![Step::from("client"), i.into(), key.into()];
        place.extend(problem.index().map(Step::from));
        match problem {
            Problem::Identity(IdentityProblem::Claim(wrong)) => {
                place.push(wrong.field.into());
                self.claim(&place, wrong);
            }
            Problem::UnknownPlan { name } => {
                let raw = self.raw;
                self.unknown(&place, "plan", name, raw.plan.iter().map(|plan| plan.name.as_str()));
            }
            Problem::UnknownScope { name } => self.unknown(&place, "scope", name, self.scope_names()),
            Problem::UnknownAudience { name, .. } | Problem::UnknownResourceServer { name } => {
                self.unknown(&place, "api", name, self.audiences());
            }
            Problem::UnknownUser { name } => {
                let first = std::mem::take(&mut self.users.first);
                self.unknown(&place, "user", name, first.iter().map(String::as_str));
                self.users.first = first;
            }
            _ => self.say(&place, problem.to_string(), help(problem)),
        }
    }
}

/// What to do, in the file's spelling.
fn help(problem: &Problem) -> Option<String> {
    match problem {
        Problem::NoRedirectUri => Some("add redirect-uris = [\"https://...\"]".to_owned()),
        Problem::NoGrant => Some("add grants = [\"authorization_code\"]".to_owned()),
        Problem::PasswordOfNobody => Some("add acts-as = \"USERNAME\"".to_owned()),
        _ => problem.help(),
    }
}
