//! Users of an organisation, or in what is known of whom a text stands, for whoever looks for one of many.

use crate::statements::Statement;
use crate::store::read;
use crate::tx::Tx;
use crate::value::values;
use crate::{Fault, Store, organisations};
use claviger_core::User;

/// What LIKE finds a text by, in whatever case, as JSON spells it.
fn pattern(text: &str) -> Result<String, Fault> {
    let quoted = serde_json::to_string(&text.to_lowercase())?;
    let spelled = quoted.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or_default();
    Ok(format!("%{}%", spelled.replace('!', "!!").replace('%', "!%").replace('_', "!_")))
}

impl Store {
    /// The users of a realm behind `after` in what is known of whom a text stands, at most `limit`; only members of an organisation,
    /// where one is named.
    ///
    /// # Errors
    /// The store cannot read.
    pub async fn search_users(
        &self,
        realm: &str,
        organisation: Option<&str>,
        text: &str,
        after: &str,
        limit: i64,
    ) -> Result<Vec<User>, Fault> {
        let text = pattern(text)?;
        let members = organisation.map_or_else(|| Ok("%".to_owned()), organisations::pattern)?;
        let (mut found, mut after) = (Vec::new(), after.to_owned());
        loop {
            let page: Vec<User> = read!(self, |tx| {
                tx.query(Statement::SearchUsers, values![realm, &after, limit, &text, &members], |row| {
                    Ok(User { disabled: row.flag(1)?, ..serde_json::from_str(row.text(0)?)? })
                })
                .await
            })?;
            let Some(last) = page.last() else { return Ok(found) };
            after.clone_from(&last.id);
            let is_member =
                |user: &User| organisation.is_none_or(|id| user.organisations.iter().any(|known| known == id));
            found.extend(page.into_iter().filter(is_member));
            let most = usize::try_from(limit).unwrap_or(usize::MAX);
            if found.len() >= most {
                found.truncate(most);
                return Ok(found);
            }
        }
    }
}
