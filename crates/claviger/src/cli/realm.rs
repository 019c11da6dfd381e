//! `claviger realm` and `claviger legacy`: what is served, and what it is served with that should go.

pub(super) mod branding;

use super::context::{Context, Data};
use super::output;
use super::trouble::Trouble;
use clap::{Args, Subcommand};
use claviger_core::Realm;
use claviger_core::dialect::{Endpoint, Legacy};
use claviger_core::realm::{AccessTokenTyp, Api};
use claviger_server::admin::{export, realms};
use serde::{Deserialize, Serialize};

/// A day, in milliseconds.
pub(super) const DAY: i64 = 86_400_000;

/// What is done with realms.
#[derive(Debug, Subcommand)]
pub(crate) enum RealmCommand {
    /// List the realms
    List,
    /// Print a realm as a realm file; applied again, it changes nothing
    #[command(after_help = "\
Examples:
  claviger realm export orders > realms/orders.toml
  claviger realm export orders --with-password-hashes > move.toml     to take the users elsewhere

Secrets and passwords are not part of it: whoever applies it keeps those that are stored. Elsewhere, apps get new
secrets.")]
    Export {
        /// The realm's id
        id: String,
        /// With the hashes of the users' passwords: keep such a file as you keep the database
        #[arg(long)]
        with_password_hashes: bool,
    },
    /// Show how a realm looks, or set what its file leaves out: name, colour, logo, contact, links
    #[command(after_help = "\
Examples:
  claviger realm branding --realm orders
  claviger realm branding --realm orders --accent '#0a5fb4' --logo logo.png --link privacy=https://acme.example/privacy
  claviger realm branding --realm orders --reset accent

What the realm file says under [brand] is changed there; claviger apply keeps the rest as it was set.")]
    Branding(branding::BrandingArgs),
    /// Show a realm: issuer, endpoints, dialect, scopes, pools. As JSON: all of it
    Show {
        /// The realm's id
        id: String,
    },
}

/// Which uses are reported.
#[derive(Debug, Args)]
pub(crate) struct LegacyReport {
    /// How far back
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u16).range(1..))]
    pub(super) days: u16,
}

/// Does it, in the database.
pub(crate) async fn run(command: RealmCommand, context: &Context, data: &Data) -> Result<(), Trouble> {
    match command {
        RealmCommand::Branding(args) => branding::run(args, context, data).await,
        RealmCommand::List => {
            let realms = realms::list(&data.store).await?;
            let listed: Vec<Listed> = realms
                .into_iter()
                .map(|realm| Listed {
                    id: realm.id,
                    name: realm.name,
                    issuer: realm.issuer,
                    dialect: realm.dialect.name,
                })
                .collect();
            self::listed(context, &listed)
        }
        RealmCommand::Export { id, with_password_hashes } => {
            let realm = data.realm_named(&id).await?;
            let file = export::realm(&data.store, &realm, with_password_hashes).await?;
            let same = context.dialects()?.named(&realm.dialect.name).is_some_and(|known| *known == realm.dialect);
            if !same {
                eprintln!(
                    "The dialect `{}` of this program is not what is stored: applying the file brings it up to date.",
                    realm.dialect.name
                );
            }
            output::put(&export::text(&file)?)
        }
        RealmCommand::Show { id } => shown(context, &realms::without_secrets(data.realm_named(&id).await?)),
    }
}

/// Prints a realm.
pub(super) fn shown(context: &Context, realm: &Realm) -> Result<(), Trouble> {
    let list = |items: Vec<String>| items.join("\n");
    let mut pairs = vec![
        ("id", realm.id.clone()),
        ("name", realm.name.clone()),
        ("issuer", realm.issuer.clone()),
        ("arrives at", list(realm.authorities.clone())),
        ("dialect", realm.dialect.name.clone()),
        ("APIs", list(realm.apis.iter().map(api).collect())),
        ("scopes", list(realm.scopes.iter().map(|scope| scope.name.clone()).collect())),
    ];
    let pools = realm.seat_pools.iter().map(|pool| format!("{}: {}", pool.name, pool.size));
    pairs.push(("seat pools", list(pools.collect())));
    pairs.push(("access tokens", realm.tokens.access_token_ttl.to_string()));
    let endpoints = Endpoint::ALL.into_iter().filter_map(|endpoint| Some((endpoint.name(), realm.url(endpoint)?)));
    pairs.extend(endpoints);
    context.format.one(realm, &pairs)
}

/// An API, and what its tokens say that they are where that is not the standard's word.
fn api(api: &Api) -> String {
    let typ = match api.typ {
        AccessTokenTyp::AtJwt => "",
        AccessTokenTyp::Jwt => " (its tokens say JWT, RFC 9068 2.1 at+jwt: it must check aud)",
    };
    format!("{}: {}{typ}", api.audience, api.name)
}

/// Prints realms.
pub(super) fn listed(context: &Context, listed: &[Listed]) -> Result<(), Trouble> {
    context.format.list(["id", "name", "issuer", "dialect"], listed, |realm| {
        [realm.id.clone(), realm.name.clone(), realm.issuer.clone(), realm.dialect.clone()]
    })
}

#[derive(Serialize, Deserialize)]
pub(super) struct Listed {
    id: String,
    name: String,
    issuer: String,
    dialect: String,
}

/// How often an app used a legacy behaviour.
#[derive(Serialize, Deserialize)]
pub(super) struct Used {
    #[serde(rename(deserialize = "app"))]
    client_id: String,
    #[serde(rename(deserialize = "legacy"))]
    behaviour: String,
    uses: i64,
    #[serde(deserialize_with = "day_of")]
    last_day: String,
    #[serde(default)]
    risk: String,
}

/// The day of a time, as [`output::day`] spells it.
fn day_of<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let time = String::deserialize(deserializer)?;
    Ok(time.split('T').next().unwrap_or_default().to_owned())
}

/// The first day of a report, in days since the epoch; `now` in milliseconds.
pub(super) fn first_day(report: &LegacyReport, now: i64) -> i64 {
    now / DAY - i64::from(report.days) + 1
}

/// Says who uses what, most of it first, by the database.
pub(crate) async fn legacy(report: &LegacyReport, context: &Context, data: &Data) -> Result<(), Trouble> {
    let realm = data.realm().await?;
    let totals = realms::legacy_uses(&data.store, &realm, first_day(report, data.now())).await?;
    let used = totals.into_iter().map(|total| Used {
        client_id: total.client,
        uses: total.uses,
        last_day: output::day(total.last_day),
        behaviour: total.legacy,
        risk: String::new(),
    });
    legacy_uses(context, &realm.id, report, used.collect())
}

/// Prints who uses what, with the risk of it.
pub(super) fn legacy_uses(
    context: &Context,
    realm: &str,
    report: &LegacyReport,
    mut used: Vec<Used>,
) -> Result<(), Trouble> {
    for one in &mut used {
        let legacy = Legacy::ALL.into_iter().find(|legacy| legacy.name() == one.behaviour);
        legacy.map_or("", Legacy::risk).clone_into(&mut one.risk);
    }
    if used.is_empty() {
        eprintln!("Nobody used a legacy behaviour of `{realm}` in {} days.", report.days);
    }
    context.format.list(["client", "behaviour", "uses", "last"], &used, |one| {
        [one.client_id.clone(), one.behaviour.clone(), one.uses.to_string(), one.last_day.clone()]
    })
}
