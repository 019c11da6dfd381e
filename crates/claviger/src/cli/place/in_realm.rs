//! A realm at a server: what is called there is below the realm's path, which is built here alone.

use super::server::{Server, answered, member};
use crate::cli::trouble::{Exit, Trouble};
use claviger_core::Realm;
use reqwest::Method;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// A realm, as far as commands name it.
#[derive(Deserialize)]
pub(crate) struct RealmName {
    pub(crate) id: String,
    pub(crate) name: String,
}

/// The realm that a command is about, at its server.
pub(crate) struct InRealm<'s> {
    server: &'s Server,
    /// The realm's id.
    pub(crate) id: String,
    /// What people call it.
    pub(crate) name: String,
}

impl Server {
    /// The realm of `--realm`, or the only one that the caller sees.
    ///
    /// # Errors
    /// There is none, or several.
    pub(crate) async fn realm(&self) -> Result<InRealm<'_>, Trouble> {
        if let Some(id) = self.realm_wanted() {
            return self.realm_named(id).await;
        }
        let mut all: Vec<RealmName> = answered(member(&self.get(&["realms"], &[]).await?, "items").clone())?;
        match (all.pop(), all.len()) {
            (Some(RealmName { id, name }), 0) => Ok(InRealm { server: self, id, name }),
            (None, _) => Err(Trouble::not_found("there is no realm that you may see")),
            _ => Err(Trouble::new(Exit::Usage, "there are several realms: say which with --realm")
                .help("`claviger realm list` names them")),
        }
    }

    /// The realm of this id.
    ///
    /// # Errors
    /// There is none that the caller sees.
    pub(crate) async fn realm_named(&self, id: &str) -> Result<InRealm<'_>, Trouble> {
        let RealmName { id, name } = answered(self.get(&["realms", id], &[]).await?)?;
        Ok(InRealm { server: self, id, name })
    }
}

/// What is answered is read as `T`; each call fails as [`Server::get`] does.
impl InRealm<'_> {
    fn path<'p>(&'p self, below: &[&'p str]) -> Vec<&'p str> {
        ["realms", &self.id].into_iter().chain(below.iter().copied()).collect()
    }

    /// Reads something.
    pub(crate) async fn get<T: DeserializeOwned>(&self, path: &[&str], query: &[(&str, &str)]) -> Result<T, Trouble> {
        answered(self.server.get(&self.path(path), query).await?)
    }

    /// Reads the `items` of a list that comes in one piece.
    pub(crate) async fn items<T: DeserializeOwned>(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
    ) -> Result<Vec<T>, Trouble> {
        answered(member(&self.get::<Value>(path, query).await?, "items").clone())
    }

    /// Reads a list that comes in pages to its end, or `limit` of it.
    pub(crate) async fn all<T: DeserializeOwned>(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
        limit: usize,
    ) -> Result<Vec<T>, Trouble> {
        let found = self.server.all(&self.path(path), query, limit).await?;
        found.into_iter().map(answered).collect()
    }

    /// Does something.
    pub(crate) async fn post<T: DeserializeOwned>(&self, path: &[&str], wanted: Value) -> Result<T, Trouble> {
        answered(self.server.act(&Method::POST, &self.path(path), &[], Some(&wanted)).await?)
    }

    /// Does something that needs no more words than its path.
    pub(crate) async fn act<T: DeserializeOwned>(&self, path: &[&str]) -> Result<T, Trouble> {
        self.post(path, json!({})).await
    }

    /// Puts something in its place.
    pub(crate) async fn put<T: DeserializeOwned>(&self, path: &[&str], wanted: &Value) -> Result<T, Trouble> {
        answered(self.server.act(&Method::PUT, &self.path(path), &[], Some(wanted)).await?)
    }

    /// Changes some of it, as it is now.
    pub(crate) async fn patch<T: DeserializeOwned>(&self, path: &[&str], wanted: &Value) -> Result<T, Trouble> {
        answered(self.server.act(&Method::PATCH, &self.path(path), &[], Some(wanted)).await?)
    }

    /// Removes something, as it is now.
    pub(crate) async fn delete(&self, path: &[&str], query: &[(&str, &str)]) -> Result<(), Trouble> {
        self.server.act(&Method::DELETE, &self.path(path), query, None).await.map(drop)
    }

    /// Takes several away; what the server says of it.
    pub(crate) async fn delete_all(&self, path: &[&str]) -> Result<Value, Trouble> {
        self.server.act(&Method::DELETE, &self.path(path), &[], None).await
    }

    /// The realm with all its settings, as the server serves it.
    pub(crate) async fn served(&self) -> Result<Realm, Trouble> {
        self.get(&["served"], &[]).await
    }

    /// Reads its file.
    pub(crate) async fn file(&self) -> Result<String, Trouble> {
        self.server.text(&self.path(&["export"])).await
    }
}
