//! What operators look for by a part of its text.

use crate::clients::read_client;
use crate::statements::Statement;
use crate::store::read;
use crate::tx::Tx;
use crate::value::values;
use crate::{Fault, Store};
use claviger_core::client::ClientStatus;
use claviger_core::{Client, User};

impl Store {
    /// The clients of a realm behind `after` that have a text in their id, name, publisher, owner or addresses, in whatever case,
    /// in order of their ids, at most `limit`; only those of `status` where one is given.
    ///
    /// # Errors
    /// The store cannot read.
    pub async fn find_clients(
        &self,
        realm: &str,
        status: Option<ClientStatus>,
        text: &str,
        after: &str,
        limit: i64,
    ) -> Result<Vec<Client>, Fault> {
        let (status, pattern) = (status.map(ClientStatus::name), anywhere(text));
        read!(self, |tx| {
            let params = values![realm, after, &pattern, status, limit];
            tx.query(Statement::FindClients, params, read_client).await
        })
    }

    /// The users of a realm behind `after` (an id) whose name begins with a text, or whose id it is, at most `limit`.
    ///
    /// # Errors
    /// The store cannot read.
    pub async fn find_users(&self, realm: &str, text: &str, after: &str, limit: i64) -> Result<Vec<User>, Fault> {
        let from = User::username_key(text);
        let to = format!("{from}\u{10FFFF}");
        read!(self, |tx| {
            tx.query(Statement::FindUsers, values![realm, &from, &to, text, after, limit], |row| {
                Ok(User { disabled: row.flag(1)?, ..serde_json::from_str(row.text(0)?)? })
            })
            .await
        })
    }
}

/// What `LIKE` finds a text by, in whatever case. What means something to `LIKE` or to JSON stands for anything, and what has a case that
/// databases do not know for any character: more than was asked for is found then, never less.
fn anywhere(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len() + 2);
    pattern.push('%');
    for character in text.chars() {
        match character {
            '"' | '\\' => pattern.push('%'),
            '%' | '_' => pattern.push('_'),
            character if character.is_control() => pattern.push('%'),
            character if character.is_ascii() => pattern.push(character.to_ascii_lowercase()),
            _ => pattern.push('_'),
        }
    }
    pattern.push('%');
    pattern
}
