//! The tools: what they are called, what they take, what they answer.

use crate::apis::{self, Stock};
use claviger_guard::Caller;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// A tool, as `demo/sample/tools.toml` has it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Tool {
    pub(super) name: String,
    description: String,
    /// What it takes.
    pub(super) scope: String,
    answer: Stock,
    /// Texts, and whether each must be there.
    #[serde(default)]
    arguments: BTreeMap<String, bool>,
}

/// All of them, read once.
pub(super) fn all() -> anyhow::Result<&'static [Tool]> {
    #[derive(Deserialize)]
    struct Table {
        tool: Vec<Tool>,
    }
    static TABLE: LazyLock<Result<Table, toml::de::Error>> =
        LazyLock::new(|| toml::from_str(include_str!("../../../../demo/sample/tools.toml")));
    match &*TABLE {
        Ok(table) => Ok(&table.tool),
        Err(error) => anyhow::bail!("demo/sample/tools.toml: {error}"),
    }
}

impl Tool {
    /// As a client lists it.
    pub(super) fn described(&self) -> Value {
        let properties: Map<String, Value> =
            self.arguments.keys().map(|name| (name.clone(), json!({ "type": "string" }))).collect();
        let required: Vec<&String> =
            self.arguments.iter().filter(|(_, needed)| **needed).map(|(name, _)| name).collect();
        json!({
            "name": self.name,
            "description": self.description,
            "inputSchema": { "type": "object", "properties": properties, "required": required },
        })
    }

    /// What it answers.
    ///
    /// # Errors
    /// An argument is missing, or is no text.
    pub(super) fn call(&self, arguments: &Map<String, Value>, caller: &Caller) -> Result<Value, String> {
        for (name, needed) in &self.arguments {
            match arguments.get(name) {
                Some(Value::String(_)) => {}
                None if !needed => {}
                _ => return Err(format!("the argument `{name}` must be a text")),
            }
        }
        let text = |name: &str| arguments.get(name).and_then(Value::as_str).unwrap_or_default();
        let found = match self.answer {
            Stock::UsersMe => json!({ "id": caller.sub, "app": caller.client_id, "scopes": caller.scopes }),
            Stock::DamageClaims => apis::stock_of_claims(),
            Stock::Items => apis::stock_of_items(),
            Stock::NewItem => apis::stock_of_new_item(text("code"), text("description")),
            Stock::Blasts => apis::stock_of_blasts(text("site")),
            Stock::Accounts => json!({ "accounts": apis::stock_of_accounts() }),
            Stock::CompanyOrders | Stock::Orders => apis::stock_of_orders(),
            Stock::Vault => apis::stock_of_vault(),
        };
        Ok(
            json!({ "content": [{ "type": "text", "text": found.to_string() }], "structuredContent": found, "isError": false }),
        )
    }
}
