//! `claviger seat` at a server.

use crate::cli::ask;
use crate::cli::context::Context;
use crate::cli::place::{Server, member, put};
use crate::cli::seat::{self, SeatCommand};
use crate::cli::trouble::Trouble;
use serde::Deserialize;
use serde_json::{Value, json};

/// Who holds the licences of a realm.
#[derive(Deserialize)]
struct Seats {
    pools: Vec<seat::Pool>,
    items: Vec<seat::Listed>,
}

/// Does it.
pub(crate) async fn run(command: SeatCommand, context: &Context, server: &Server) -> Result<(), Trouble> {
    let realm = server.realm().await?;
    match command {
        SeatCommand::List { pool } => {
            let query: Vec<_> = pool.iter().map(|pool| ("pool", pool.as_str())).collect();
            let Seats { pools, items } = realm.get(&["seats"], &query).await?;
            seat::listed(context, &pools, &items)
        }
        SeatCommand::Release { pool, holder, organisation, yes } => {
            ask::confirm(yes, &seat::release_question(&pool, &holder))?;
            let mut wanted = json!({ "pool": pool, "holder": holder });
            if !organisation.is_empty() {
                put(&mut wanted, "organisation", organisation);
            }
            let ended: Value = realm.post(&["seats", "release"], wanted).await?;
            let ended = member(&ended, "ended").as_u64().and_then(|count| count.try_into().ok()).unwrap_or_default();
            seat::released(context, &realm.id, (&pool, &holder), ended)
        }
    }
}
