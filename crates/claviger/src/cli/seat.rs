//! `claviger seat`: who holds the licences.

use super::context::{Context, Data};
use super::place::or_empty;
use super::trouble::Trouble;
use super::{ask, output};
use clap::Subcommand;
use claviger_core::realm::SeatScope;
use claviger_core::text::printable;
use claviger_server::admin::seats;
use claviger_store::{SeatLine, id_text};
use serde::{Deserialize, Serialize};

/// What is done with seats.
#[derive(Debug, Subcommand)]
pub(crate) enum SeatCommand {
    /// List the seats that are held, and how many each pool has
    List {
        /// Only this pool
        #[arg(long)]
        pool: Option<String>,
    },
    /// Take a seat away from its holder: the session behind it ends with all its tokens
    #[command(after_help = "\
Examples:
  claviger seat list --realm desktop
  claviger seat release full 0199c3e6b1f7d3a9d4e0c5b8a7f2e11a --realm desktop")]
    Release {
        /// The pool
        pool: String,
        /// The holder, from `claviger seat list`
        holder: String,
        /// The organisation whose pool it is, where pools are per organisation
        #[arg(long, default_value = "")]
        organisation: String,
        /// Do not ask
        #[arg(long, short)]
        yes: bool,
    },
}

/// A seat as it is listed, and as the admin API tells it.
#[derive(Serialize, Deserialize)]
pub(super) struct Listed {
    pool: String,
    #[serde(deserialize_with = "or_empty")]
    organisation: String,
    holder: String,
    #[serde(rename(deserialize = "app"))]
    client_id: String,
    #[serde(rename(deserialize = "app_name"))]
    client_name: Option<String>,
    user: Option<String>,
    username: Option<String>,
    grant: String,
    claimed_at: String,
    expires_at: String,
}

impl From<SeatLine> for Listed {
    fn from(line: SeatLine) -> Self {
        let row = line.seat;
        Self {
            client_name: line.client_name,
            username: line.username,
            grant: id_text(&row.grant),
            claimed_at: output::time(row.claimed_at),
            expires_at: output::time(row.expires_at),
            pool: row.pool,
            organisation: row.organisation,
            holder: row.holder,
            client_id: row.client,
            user: row.user,
        }
    }
}

/// A pool of seats.
#[derive(Deserialize)]
pub(super) struct Pool {
    name: String,
    size: u32,
    per_organisation: bool,
}

/// Does it, in the database.
pub(crate) async fn run(command: SeatCommand, context: &Context, data: &Data) -> Result<(), Trouble> {
    let realm = data.realm().await?;
    match command {
        SeatCommand::List { pool } => {
            let held = seats::list(&data.store, &realm, pool.as_deref(), data.now()).await?;
            let wanted = |name: &str| pool.as_deref().is_none_or(|pool| pool == name);
            let pools = realm.seat_pools.iter().filter(|pool| wanted(&pool.name)).map(|pool| Pool {
                name: pool.name.clone(),
                size: pool.size,
                per_organisation: pool.per == SeatScope::Organisation,
            });
            listed(context, &pools.collect::<Vec<_>>(), &held.into_iter().map(Into::into).collect::<Vec<_>>())
        }
        SeatCommand::Release { pool, holder, organisation, yes } => {
            ask::confirm(yes, &release_question(&pool, &holder))?;
            let ended = seats::release(&data.admin(), &realm, &pool, &organisation, &holder).await?;
            released(context, &realm.id, (&pool, &holder), ended)
        }
    }
}

/// Prints the seats that are held, and how many of each pool are.
pub(super) fn listed(context: &Context, pools: &[Pool], listed: &[Listed]) -> Result<(), Trouble> {
    for pool in pools {
        let holders: std::collections::BTreeSet<_> =
            listed.iter().filter(|seat| seat.pool == pool.name).map(|seat| &seat.holder).collect();
        let each = if pool.per_organisation { " for each organisation" } else { "" };
        eprintln!("{}: {} of {} in use{each}", printable(&pool.name), holders.len(), pool.size);
    }
    let columns = ["pool", "organisation", "holder", "client", "user", "since", "until"];
    context.format.list(columns, listed, |seat| {
        [
            seat.pool.clone(),
            seat.organisation.clone(),
            seat.holder.clone(),
            seat.client_id.clone(),
            seat.username.clone().or_else(|| seat.user.clone()).unwrap_or_default(),
            seat.claimed_at.clone(),
            seat.expires_at.clone(),
        ]
    })
}

/// Whether a seat shall be taken.
pub(super) fn release_question(pool: &str, holder: &str) -> String {
    format!("End the session of {holder} in the pool `{pool}`?")
}

/// Says how many sessions ended with a seat.
pub(super) fn released(
    context: &Context,
    realm: &str,
    (pool, holder): (&str, &str),
    ended: usize,
) -> Result<(), Trouble> {
    let item = serde_json::json!({ "realm": realm, "pool": pool, "holder": holder, "sessions_ended": ended });
    context.format.one(&item, &[("holder", holder.to_owned()), ("sessions ended", ended.to_string())])
}
