//! What the API can do: one entry for each operation, of which both the dispatch and the document are made.

use super::call::Call;
use super::problem::Problem;
pub(super) use super::reply::{Body, Reply};
use super::schema::Schema;
pub(super) use super::schema::{Param, param};
use claviger_core::permission::{Permission, Resource, Verb};
use std::pin::Pin;

/// What is under way.
pub(super) type Doing<'a> = Pin<Box<dyn Future<Output = Result<Reply, Problem>> + Send + 'a>>;

/// Does an operation.
pub(super) type Does = for<'a> fn(&'a Call<'a>) -> Doing<'a>;

/// How it is called (RFC 9110 9.3, RFC 5789).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    Get,
    Post,
    Put,
    Patch,
    Delete,
}

impl Method {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

/// What it concerns, and with that who may do it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum About {
    /// Nothing but the caller.
    Caller,
    /// Everything, or no realm in particular.
    Everything,
    /// Whatever the caller may see; the operation looks itself.
    Some,
    /// The realm of the path.
    Realm,
    /// The organisation that path or query names; all of the realm's without one.
    Organisation,
    /// The user of the path: all of their organisations.
    User,
}

/// What is answered where it went well.
#[derive(Debug, Clone, Copy)]
pub(super) enum Answers {
    /// An object.
    One(u16, &'static Schema),
    /// A page of objects.
    Page(&'static Schema),
    /// Nothing (204).
    Nothing,
    /// A text of this media type.
    Text(&'static str),
}

/// Whether the caller says which version they change.
#[derive(Clone, Copy)]
pub(super) enum Guard {
    /// Nothing is changed, or something is made, or it cannot be changed meanwhile.
    None,
    /// They may; what the version is of.
    May(Does),
    /// They must.
    Must(Does),
}

/// One operation.
pub(super) struct Operation {
    /// Its name in generated clients.
    pub(super) id: &'static str,
    pub(super) method: Method,
    /// Below the API's path; `{name}` is a parameter.
    pub(super) path: &'static str,
    pub(super) says: &'static str,
    /// What the token and the role must allow; none: any good token.
    pub(super) permission: Option<Permission>,
    pub(super) about: About,
    pub(super) query: &'static [Param],
    pub(super) body: Option<&'static Schema>,
    pub(super) answers: Answers,
    pub(super) guard: Guard,
    pub(super) does: Does,
}

impl Operation {
    /// A reading operation.
    pub(super) const fn get(
        id: &'static str,
        path: &'static str,
        says: &'static str,
        (resource, about): (Resource, About),
        answers: Answers,
        does: Does,
    ) -> Self {
        let permission = Some(Permission::new(resource, Verb::Read));
        let (query, body, guard) = (&[] as &[Param], None, Guard::None);
        Self { id, method: Method::Get, path, says, permission, about, query, body, answers, guard, does }
    }

    /// An operation that changes something.
    pub(super) const fn act(
        id: &'static str,
        (method, path): (Method, &'static str),
        says: &'static str,
        (resource, verb, about): (Resource, Verb, About),
        answers: Answers,
        does: Does,
    ) -> Self {
        let permission = Some(Permission::new(resource, verb));
        let (query, body, guard) = (&[] as &[Param], None, Guard::None);
        Self { id, method, path, says, permission, about, query, body, answers, guard, does }
    }

    pub(super) const fn query(mut self, query: &'static [Param]) -> Self {
        self.query = query;
        self
    }

    pub(super) const fn body(mut self, body: &'static Schema) -> Self {
        self.body = Some(body);
        self
    }

    pub(super) const fn guard(mut self, guard: Guard) -> Self {
        self.guard = guard;
        self
    }

    /// The parameters of a path, where it is this operation's; percent-encoding is left as it is.
    pub(super) fn fits<'p>(&self, path: &'p str) -> Option<Vec<(&'static str, &'p str)>> {
        let (mut wanted, mut given) = (self.path.split('/'), path.split('/'));
        let mut found = Vec::new();
        loop {
            match (wanted.next(), given.next()) {
                (None, None) => return Some(found),
                (Some(wanted), Some(given)) => match wanted.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
                    Some(name) if !given.is_empty() => found.push((name, given)),
                    None if wanted == given => {}
                    _ => return None,
                },
                _ => return None,
            }
        }
    }
}
