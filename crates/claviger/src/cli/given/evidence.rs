//! `claviger consent evidence`: what users agreed to, as it was shown to them.

use super::say_limit;
use crate::cli::context::Context;
use crate::cli::output;
use crate::cli::trouble::Trouble;
use claviger_store::{EvidenceLine, id_text};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Evidence as it is listed, and as the admin API tells it.
#[derive(Serialize, Deserialize)]
pub(crate) struct ListedEvidence {
    id: String,
    app: String,
    #[serde(rename(deserialize = "username"))]
    user: Option<String>,
    #[serde(rename(deserialize = "user"))]
    user_id: String,
    agreed_to: Value,
    at: String,
    address: String,
    taken_back_at: Option<String>,
    forgotten_at: Option<String>,
}

impl From<EvidenceLine> for ListedEvidence {
    fn from(line: EvidenceLine) -> Self {
        Self {
            id: id_text(&line.id),
            app: line.client,
            user: line.username,
            user_id: line.user,
            agreed_to: serde_json::from_str(&line.doc).unwrap_or_default(),
            at: output::time(line.at),
            address: line.address,
            taken_back_at: line.ended_at.map(output::time),
            forgotten_at: line.expires_at.map(output::time),
        }
    }
}

/// Prints it.
pub(crate) fn listed(context: &Context, listed: &[ListedEvidence], limit: usize) -> Result<(), Trouble> {
    say_limit(listed.len(), limit, "entries");
    let columns = ["app", "user", "language", "sentences", "at", "address", "taken back"];
    context.format.list(columns, listed, |line| {
        [
            line.app.clone(),
            line.user.clone().unwrap_or_else(|| line.user_id.clone()),
            text(&line.agreed_to, "/shown/language").unwrap_or("-").to_owned(),
            sentences(&line.agreed_to),
            line.at.clone(),
            line.address.clone(),
            line.taken_back_at.clone().unwrap_or_else(|| "-".to_owned()),
        ]
    })
}

fn text<'v>(value: &'v Value, place: &str) -> Option<&'v str> {
    value.pointer(place).and_then(Value::as_str)
}

/// The sentences; where the vendor's own page was shown, the scopes.
fn sentences(agreed_to: &Value) -> String {
    let all = agreed_to.pointer("/shown/sentences").and_then(Value::as_array).into_iter().flatten();
    let said = |one: &Value| text(one, "/sentence").or(text(one, "/scope")).unwrap_or_default().to_owned();
    all.map(said).collect::<Vec<_>>().join("; ")
}
