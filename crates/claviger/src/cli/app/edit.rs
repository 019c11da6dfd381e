//! `claviger app edit`.

use super::super::context::{Context, Data};
use super::super::plan;
use super::super::trouble::{Exit, Trouble};
use super::certificate::CertificateArgs;
use super::identity::IdentityArgs;
use super::logout::LogoutArgs;
use super::{Grant, auth_method, legacy, read_keys};
use clap::Args;
use claviger_core::Realm;
use claviger_core::client::{AssertionAlgorithm, AuthMethod, DeliveryMode};
use claviger_core::dialect::Legacy;
use claviger_core::span::Span;
use claviger_server::admin::apps;
use std::path::PathBuf;

/// What shall be different.
#[derive(Debug, Args)]
pub(crate) struct EditArgs {
    /// The client id
    id: String,
    /// What users are asked to trust
    #[arg(long)]
    name: Option<String>,
    /// Who publishes it; empty: nobody
    #[arg(long)]
    publisher: Option<String>,
    /// Where mails to its owner go; empty: nowhere
    #[arg(long, value_name = "EMAIL")]
    owner: Option<String>,
    /// The grants that it may use, in the place of the present ones; may be repeated
    #[arg(long, value_enum, value_name = "GRANT")]
    grant: Vec<Grant>,
    /// Where users are sent back to, in the place of the present ones; may be repeated
    #[arg(long, value_name = "URI")]
    redirect_uri: Vec<String>,
    /// One more redirect URI; may be repeated
    #[arg(long, value_name = "URI")]
    add_redirect_uri: Vec<String>,
    /// One redirect URI less; may be repeated
    #[arg(long, value_name = "URI")]
    remove_redirect_uri: Vec<String>,
    /// The scopes that it may ask for, in the place of the present ones, separated by spaces
    #[arg(long)]
    scope: Option<String>,
    /// One more scope; may be repeated
    #[arg(long, value_name = "SCOPE")]
    add_scope: Vec<String>,
    /// One scope less; may be repeated
    #[arg(long, value_name = "SCOPE")]
    remove_scope: Vec<String>,
    /// The audiences, in the place of the present ones; may be repeated
    #[arg(long)]
    audience: Vec<String>,
    /// The legacy behaviours, in the place of the present ones; may be repeated
    #[arg(long, value_parser = legacy, value_name = "BEHAVIOUR", conflicts_with = "no_legacy")]
    legacy: Vec<Legacy>,
    /// No legacy behaviour any more
    #[arg(long)]
    no_legacy: bool,
    /// How long its access tokens live, like `10m`; `realm`: as long as the realm says
    #[arg(long, value_parser = ttl, value_name = "TIME")]
    access_token_ttl: Option<Ttl>,
    /// The plan of the realm that its limits are of; empty: none
    #[arg(long, value_name = "PLAN")]
    plan: Option<String>,
    /// Whether it is an agent: `yes`, `no`, or `usual`: it is where it came by itself
    #[arg(long, value_parser = agent, value_name = "WORD")]
    agent: Option<Agent>,
    /// How it hears what users said who were elsewhere (CIBA): `poll` or `ping`
    #[arg(long, value_parser = delivery_mode, value_name = "MODE")]
    backchannel_token_delivery_mode: Option<DeliveryMode>,
    /// Where it is told that they did, in ping mode; empty: nowhere
    #[arg(long, value_name = "URL")]
    backchannel_client_notification_endpoint: Option<String>,
    /// How often in a minute it may call the token endpoint; 0: as often as it likes; `realm`: as its plan or its realm says
    #[arg(long, value_parser = limit, value_name = "NUMBER")]
    token_calls_per_minute: Option<Limit>,
    /// How it proves who it is, as for `app create`; `any`: by its secret, as HTTP Basic or in the body
    #[arg(long, value_parser = method, value_name = "METHOD")]
    token_endpoint_auth_method: Option<Method>,
    /// What signs its assertions; `any`: any algorithm that the method has
    #[arg(long, value_parser = algorithm, value_name = "ALGORITHM")]
    token_endpoint_auth_signing_alg: Option<SigningAlg>,
    /// A file with its public keys, a JWK set, in the place of those that it has
    #[arg(long, value_name = "FILE", conflicts_with = "jwks_uri")]
    jwks: Option<PathBuf>,
    /// Where its public keys are, in the place of those that it has
    #[arg(long, value_name = "URL")]
    jwks_uri: Option<String>,
    #[command(flatten)]
    exchange: super::exchange::ExchangeArgs,
    #[command(flatten)]
    identity: IdentityArgs,
    #[command(flatten)]
    logout: LogoutArgs,
    #[command(flatten)]
    certificate: CertificateArgs,
    /// Change it here although a realm file says something else, until that file is applied again
    #[arg(long)]
    despite_file: bool,
}

/// A lifetime of its own, or the realm's.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ttl(Option<Span>);

fn ttl(text: &str) -> Result<Ttl, String> {
    if text == "realm" { Ok(Ttl(None)) } else { text.parse().map(|span| Ttl(Some(span))) }
}

/// A limit of its own, or its plan's or realm's.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limit(Option<u32>);

fn limit(text: &str) -> Result<Limit, String> {
    if text == "realm" {
        return Ok(Limit(None));
    }
    text.parse().map(|limit| Limit(Some(limit))).map_err(|_| "a number of calls, or `realm`".to_owned())
}

/// Whether an app is an agent, or what is usual.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Agent(Option<bool>);

fn agent(text: &str) -> Result<Agent, String> {
    match text {
        "yes" => Ok(Agent(Some(true))),
        "no" => Ok(Agent(Some(false))),
        "usual" => Ok(Agent(None)),
        _ => Err("`yes`, `no` or `usual`".to_owned()),
    }
}

fn delivery_mode(text: &str) -> Result<DeliveryMode, String> {
    serde_json::from_value(text.into()).map_err(|_| format!("`{}`", DeliveryMode::NAMES.join("` or `")))
}

/// One method, or none in particular.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Method(Option<AuthMethod>);

fn method(text: &str) -> Result<Method, String> {
    if text == "any" { Ok(Method(None)) } else { auth_method(text).map(|method| Method(Some(method))) }
}

/// One algorithm, or none in particular.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SigningAlg(Option<AssertionAlgorithm>);

fn algorithm(text: &str) -> Result<SigningAlg, String> {
    if text == "any" {
        return Ok(SigningAlg(None));
    }
    text.parse().map(|algorithm| SigningAlg(Some(algorithm))).map_err(|error| format!("{error}"))
}

impl EditArgs {
    /// The app, what of it shall be different, and whether a file may say otherwise.
    ///
    /// # Errors
    /// Its keys cannot be read.
    pub(crate) fn edit(self) -> Result<(String, apps::Edit, bool), Trouble> {
        let some = |given: Vec<String>| Some(given).filter(|given| !given.is_empty());
        let grants: std::collections::BTreeSet<_> = self.grant.into_iter().map(Into::into).collect();
        let legacy: std::collections::BTreeSet<_> = self.legacy.into_iter().collect();
        let edit = apps::Edit {
            name: self.name,
            publisher: self.publisher,
            owner_email: self.owner,
            grants: Some(grants).filter(|grants| !grants.is_empty()),
            redirect_uris: some(self.redirect_uri),
            add_redirect_uris: self.add_redirect_uri,
            remove_redirect_uris: self.remove_redirect_uri,
            logout: self.logout.edit(),
            post_logout_redirect_uris: some(self.logout.post_logout_redirect_uri),
            scope: self.scope,
            add_scope: self.add_scope,
            remove_scope: self.remove_scope,
            audiences: some(self.audience),
            legacy: Some(legacy).filter(|legacy| self.no_legacy || !legacy.is_empty()),
            access_token_ttl: self.access_token_ttl.map(|Ttl(span)| span),
            plan: self.plan,
            agent: self.agent.map(|Agent(agent)| agent),
            token_delivery_mode: self.backchannel_token_delivery_mode,
            notification_endpoint: self.backchannel_client_notification_endpoint,
            token_calls_per_minute: self.token_calls_per_minute.map(|Limit(limit)| limit),
            auth_method: self.token_endpoint_auth_method.map(|Method(method)| method),
            auth_signing_alg: self.token_endpoint_auth_signing_alg.map(|SigningAlg(algorithm)| algorithm),
            jwks: self.jwks.as_deref().map(read_keys).transpose()?,
            certificate: self.certificate.edit(),
            jwks_uri: self.jwks_uri,
            subject_type: self.identity.subject_type,
            sector_identifier_uri: self.identity.sector_identifier_uri,
            token_exchange: self.exchange.policy(),
        };
        Ok((self.id, edit, self.despite_file))
    }
}

/// Changes it, and says what is different.
pub(super) async fn run(args: EditArgs, context: &Context, data: &Data, realm: &Realm) -> Result<(), Trouble> {
    let (id, edit, despite_file) = args.edit()?;
    let edition = apps::edit(&data.admin(), realm, &id, edit, despite_file).await?;
    edited(context, &realm.id, &edition)
}

/// Says what is different; that nothing is, is a mistake of whoever asked for it.
///
/// # Errors
/// Nothing is.
pub(crate) fn edited(context: &Context, realm: &str, edition: &apps::Edition) -> Result<(), Trouble> {
    let id = &edition.client.id;
    if edition.change.fields.is_empty() {
        return Err(Trouble::new(Exit::Usage, format!("nothing of `{id}` would be different"))
            .help("name what shall be: `claviger app edit --help`"));
    }
    let item = serde_json::json!({
        "realm": realm, "client_id": id, "fields": edition.change.fields, "client": edition.client,
    });
    context.format.one(&item, &[("client id", id.clone()), ("changed", plan::fields(&edition.change))])
}
