//! `claviger app`: registered, approved, turned down, stopped.

pub(super) mod about;
mod certificate;
pub(super) mod edit;
mod exchange;
mod identity;
mod logout;
pub(super) mod mailed;
mod protection;
mod requests;
pub(super) mod review;
mod words;

use super::context::{Context, Data};
use super::redirect;
use super::trouble::{Exit, Trouble};
use super::{ask, output};
use clap::{Args, Subcommand};
use claviger_core::client::{AssertionAlgorithm, AuthMethod, Authentication, IdTokenClaims};
use claviger_core::dialect::{Legacy, Pkce};
use claviger_core::jose::Algorithm;
use claviger_core::{Client, Realm};
use claviger_server::admin::SubjectKind;
use claviger_server::admin::apps::{self, Approved, Registration};
use claviger_server::admin::partner_letters::Desk;
use claviger_server::admin::reviews;
use claviger_server::mail::Mailer;
use claviger_server::secrets::Secrets;
use serde::Serialize;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
pub(crate) use words::{Grant, Status, auth_method, legacy};

/// What is done with apps.
#[derive(Debug, Subcommand)]
pub(crate) enum AppCommand {
    /// Register an app; it waits for approval
    #[command(after_help = "\
Examples:
  claviger app create --realm orders --name \"Fleet Planner\" --owner dev@fleet.example \\
      --redirect-uri https://fleet.example/callback --scope orders:read
  claviger app create --realm orders --name Nightly --owner ops@x.example --approve

Without --grant the grants follow: with a redirect URI the code flow with refresh tokens, without one client
credentials. With --approve the app is approved at once, as by `claviger app approve`.")]
    Create(Create),
    /// List the apps of a realm
    List {
        /// Only those that stand so
        #[arg(long, value_enum)]
        status: Option<Status>,
    },
    /// Show an app: settings, secrets, addresses
    Show {
        /// The client id
        id: String,
    },
    /// Say whether an app may be redirected to a URI, and what differs from the nearest one that it registered
    #[command(after_help = "\
Examples:
  claviger app check-redirect fleet-planner https://fleet.example/callback/

The visitor of an app with a wrong redirect URI sees a page that does not say what is registered; this does. It ends
with 0 where the URI matches, and with 6 where it does not.")]
    CheckRedirect {
        /// The client id
        id: String,
        /// The redirect URI, as the app sends it
        uri: String,
    },
    /// Approve an app: it gets a secret, and its owner a mail with a link that shows the secret once
    #[command(after_help = "\
Examples:
  claviger app list --status pending
  claviger app approve fleet-planner --realm orders

The mail goes out over the SMTP server of the configuration. Without one it is written into a folder, and this
command says where. Without an owner's address the link is printed, for you to pass on.")]
    Approve {
        /// The client id
        id: String,
    },
    /// List the apps that wait for approval, the oldest first, with what was said last
    Queue,
    /// Show what happened to an app: requests, questions, answers, decisions
    Timeline {
        /// The client id
        id: String,
    },
    /// Ask an app's owner something; they get a mail, and answer in the partners' portal
    #[command(after_help = "\
Example:
  claviger app queue --realm orders
  claviger app ask fleet-planner \"What is orders:write for?\" --realm orders")]
    Ask {
        /// The client id
        id: String,
        /// The question
        text: String,
    },
    /// Write down what an app's owner answered, by telephone or by mail; in the partners' portal they answer themselves
    #[command(after_help = "\
Example:
  claviger app answer fleet-planner \"For the orders of the night.\" --realm orders")]
    Answer {
        /// The client id
        id: String,
        /// The answer
        text: String,
    },
    /// Send the mail of an approval once more, where it was lost: with another secret behind another link
    #[command(after_help = "\
Example:
  claviger app edit fleet-planner --owner dev@new.example
  claviger app resend fleet-planner

A link that nobody opened works no more, nor does the secret behind it. Once the link was opened, its owner has the
secret: `claviger secret add` makes another one.")]
    Resend {
        /// The client id
        id: String,
    },
    /// Turn down an app that waits; its owner gets a mail
    Reject {
        /// The client id
        id: String,
        /// Why, in a sentence: part of the mail
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
    },
    /// Change an app: names, redirect URIs, scopes, grants and so on, by the same rules as a registration
    #[command(after_help = "\
Examples:
  claviger app edit fleet-planner --add-redirect-uri https://fleet.example/new --remove-scope orders:write
  claviger app edit fleet-planner --name \"Fleet Planner 2\" --owner dev@new.example

What is different is printed. An app that comes from a realm file is changed there.")]
    Edit(edit::EditArgs),
    /// Stop an app: its grants, seats and tokens end at once, at a running server too
    Suspend {
        /// The client id
        id: String,
        /// Do not ask
        #[arg(long, short)]
        yes: bool,
    },
    /// Serve a suspended app again; what was revoked stays revoked
    Resume {
        /// The client id
        id: String,
    },
    /// Remove an app and all that belongs to it
    Delete {
        /// The client id
        id: String,
        /// Do not ask
        #[arg(long, short)]
        yes: bool,
    },
}

/// A new app.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of the command line")]
pub(crate) struct Create {
    /// What users are asked to trust
    #[arg(long)]
    name: String,
    /// The client id; made if it is left out
    #[arg(long)]
    id: Option<String>,
    /// Where mails to its owner go
    #[arg(long, value_name = "EMAIL")]
    owner: Option<String>,
    /// Who publishes it
    #[arg(long)]
    publisher: Option<String>,
    /// It runs on people's devices and can keep no secret
    #[arg(long)]
    public: bool,
    /// It is a page in a browser: public, at https addresses or at ports of this machine; consent is remembered
    #[arg(long)]
    browser: bool,
    /// It is an agent, which goes on by itself: consent is bounded in time, tokens say that an agent acts
    #[arg(long)]
    agent: bool,
    /// What signs its ID tokens; left out: RS256
    #[arg(long, value_name = "ALGORITHM")]
    id_token_signing: Option<Algorithm>,
    /// Put the claims of its scopes (name, e-mail address) into its ID tokens, for apps that never ask at userinfo
    #[arg(long)]
    claims_in_id_token: bool,
    /// Refuse its codes without PKCE, also where a nonce would do
    #[arg(long)]
    require_pkce: bool,
    /// A grant that it may use; may be repeated
    #[arg(long, value_enum, value_name = "GRANT")]
    grant: Vec<Grant>,
    /// Where users are sent back to; may be repeated
    #[arg(long, value_name = "URI")]
    redirect_uri: Vec<String>,
    /// The scopes that it may ask for, separated by spaces
    #[arg(long, default_value = "")]
    scope: String,
    /// An audience that it may get tokens for; may be repeated. Left out: those of its scopes, else the realm's first
    #[arg(long)]
    audience: Vec<String>,
    /// A legacy behaviour that it needs and the dialect permits; may be repeated
    #[arg(long, value_parser = legacy, value_name = "BEHAVIOUR")]
    legacy: Vec<Legacy>,
    /// A file with its public keys, a JWK set
    #[arg(long, value_name = "FILE", conflicts_with = "jwks_uri")]
    jwks: Option<PathBuf>,
    /// Where its public keys are
    #[arg(long, value_name = "URL")]
    jwks_uri: Option<String>,
    /// How it proves who it is: `client_secret_basic`, `client_secret_post`, `client_secret_jwt`, `private_key_jwt`,
    /// `tls_client_auth`, `self_signed_tls_client_auth` or `none`; left out: by its secret, as HTTP Basic or in the body
    #[arg(long, value_parser = auth_method, value_name = "METHOD")]
    token_endpoint_auth_method: Option<AuthMethod>,
    /// What signs its assertions; left out: any algorithm that the method has
    #[arg(long, value_name = "ALGORITHM")]
    token_endpoint_auth_signing_alg: Option<AssertionAlgorithm>,
    #[command(flatten)]
    requests: requests::RequestArgs,
    #[command(flatten)]
    identity: identity::IdentityArgs,
    #[command(flatten)]
    certificate: certificate::CertificateArgs,
    #[command(flatten)]
    logout: logout::LogoutArgs,
    #[command(flatten)]
    protection: protection::ProtectionArgs,
    #[command(flatten)]
    exchange: exchange::ExchangeArgs,
    /// Approve it at once
    #[arg(long)]
    approve: bool,
}

/// Does it, in the database.
pub(crate) async fn run(command: AppCommand, context: &Context, data: &Data) -> Result<(), Trouble> {
    let realm = data.realm().await?;
    match command {
        AppCommand::Create(create) => register(create, context, data, &realm).await,
        AppCommand::List { status } => {
            let found = apps::list(&data.store, &realm, status.map(Into::into)).await?;
            list(context, data, &realm, found).await
        }
        AppCommand::Show { id } => show(context, data, &realm, &id).await,
        AppCommand::CheckRedirect { id, uri } => {
            redirect::check(context, &apps::find(&data.store, &realm, &id).await?, &uri)
        }
        AppCommand::Approve { id } => approve(context, data, &realm, &id).await,
        AppCommand::Queue => review::queue(context, data, &realm).await,
        AppCommand::Timeline { id } => review::timeline(context, data, &realm, &id).await,
        AppCommand::Ask { id, text } => review::ask(context, data, &realm, (&id, &text)).await,
        AppCommand::Answer { id, text } => {
            reviews::answer(&data.admin(), &realm, &id, None, &text).await?;
            review::answered(context, &realm.id, (&id, &text))
        }
        AppCommand::Resend { id } => {
            let (secrets, mailer, pages) = (data.secrets().await?, context.mailer()?, context.pages()?);
            let approved = apps::resend(&data.admin(), &secrets, &pages, &realm, &id).await?;
            told(context, data, &realm, approved, (&secrets, &mailer)).await
        }
        AppCommand::Reject { id, reason } => {
            let (secrets, mailer, pages) = (data.secrets().await?, context.mailer()?, context.pages()?);
            let mail = apps::reject(&data.admin(), &secrets, &pages, &realm, &id, reason.as_deref()).await?;
            let owner = apps::find(&data.store, &realm, &id).await?.owner_email;
            let mail = mailed::deliver(data, &secrets, &mailer, mail, owner).await?;
            rejected(context, &realm.id, &id, mail.as_ref())
        }
        AppCommand::Edit(args) => edit::run(args, context, data, &realm).await,
        AppCommand::Suspend { id, yes } => {
            apps::find(&data.store, &realm, &id).await?;
            ask::confirm(yes, &format!("Stop `{id}` of {} and revoke all its tokens?", realm.name))?;
            let (secrets, pages) = (data.secrets().await?, context.pages()?);
            let desk = Desk { secrets: &secrets, pages: &pages };
            apps::suspend_and_tell(&data.admin(), desk, &realm, &id).await?;
            done(context, &realm, &id, "suspended")
        }
        AppCommand::Resume { id } => {
            let (secrets, pages) = (data.secrets().await?, context.pages()?);
            let desk = Desk { secrets: &secrets, pages: &pages };
            apps::resume_and_tell(&data.admin(), desk, &realm, &id).await?;
            done(context, &realm, &id, "active")
        }
        AppCommand::Delete { id, yes } => {
            apps::find(&data.store, &realm, &id).await?;
            ask::confirm(yes, &format!("Remove `{id}` of {} with its secrets, grants and consents?", realm.name))?;
            let (secrets, pages) = (data.secrets().await?, context.pages()?);
            let desk = Desk { secrets: &secrets, pages: &pages };
            apps::delete_and_tell(&data.admin(), desk, &realm, &id).await?;
            done(context, &realm, &id, "deleted")
        }
    }
}

fn done(context: &Context, realm: &Realm, id: &str, status: &str) -> Result<(), Trouble> {
    done_in(context, &realm.id, id, status)
}

/// Says how an app of this realm stands.
pub(super) fn done_in(context: &Context, realm: &str, id: &str, status: &str) -> Result<(), Trouble> {
    let item = serde_json::json!({ "realm": realm, "client_id": id, "status": status });
    context.format.one(&item, &[("client id", id.to_owned()), ("status", status.to_owned())])
}

/// Says that an app was turned down.
pub(super) fn rejected(context: &Context, realm: &str, id: &str, mail: Option<&mailed::Mailed>) -> Result<(), Trouble> {
    let item = serde_json::json!({ "realm": realm, "client_id": id, "status": "rejected", "mail": mail });
    let mut pairs = vec![("client id", id.to_owned()), ("status", "rejected".to_owned())];
    pairs.extend(mail.map(|mail| ("mail", mail.line())));
    context.format.one(&item, &pairs)
}

/// Says what an app waits for.
pub(super) fn waits(id: &str, realm: &str) {
    eprintln!("It waits for approval: claviger app approve {id} --realm {realm}");
}

impl Create {
    /// As it is registered.
    pub(super) fn registration(self) -> Result<Registration, Trouble> {
        let create = self;
        let jwks = create.jwks.as_ref().map(|file| read_keys(file)).transpose()?;
        Ok(Registration {
            id: create.id,
            name: create.name,
            publisher: create.publisher,
            owner_email: create.owner,
            public: create.public || create.browser,
            in_browser: create.browser,
            agent: create.agent.then_some(true),
            id_token_signing: create.id_token_signing,
            id_token_claims: if create.claims_in_id_token { IdTokenClaims::Scope } else { IdTokenClaims::Minimal },
            pkce: if create.require_pkce { Pkce::Required } else { Pkce::UnlessNonce },
            grants: create.grant.into_iter().map(Into::into).collect(),
            redirect_uris: create.redirect_uri,
            scope: create.scope,
            audiences: create.audience,
            legacy: create.legacy.into_iter().collect(),
            jwks,
            jwks_uri: create.jwks_uri,
            authentication: Authentication {
                method: create.token_endpoint_auth_method,
                signing_alg: create.token_endpoint_auth_signing_alg,
                certificate: create.certificate.certificate(),
            },
            protection: create.protection.protection(),
            requests: create.requests.requests(create.protection.authorization_signed_response_alg),
            identity: create.identity.new_identity(),
            token_exchange: create.exchange.policy(),
            logout: create.logout.logout(),
            post_logout_redirect_uris: create.logout.post_logout_redirect_uri,
        })
    }

    /// Whether it is approved at once.
    pub(super) const fn is_approved(&self) -> bool {
        self.approve
    }
}

async fn register(create: Create, context: &Context, data: &Data, realm: &Realm) -> Result<(), Trouble> {
    let approved = create.is_approved();
    let client = apps::register(&data.admin(), realm, create.registration()?).await?;
    if approved {
        return approve(context, data, realm, &client.id).await;
    }
    done(context, realm, &client.id, client.status.name())?;
    waits(&client.id, &realm.id);
    Ok(())
}

/// The text of a key set; what is in it is checked with everything else.
fn read_keys(file: &Path) -> Result<String, Trouble> {
    let unreadable = |error| Trouble::new(Exit::Configuration, format!("{} cannot be read: {error}", file.display()));
    std::fs::read_to_string(file).map_err(unreadable)
}

/// What an approval prints; the link only where no mail carries it.
#[derive(Serialize)]
struct Approval<'a> {
    realm: &'a str,
    client_id: &'a str,
    status: &'static str,
    addresses: serde_json::Map<String, serde_json::Value>,
    mail: Option<mailed::Mailed>,
    link: Option<String>,
}

async fn approve(context: &Context, data: &Data, realm: &Realm, id: &str) -> Result<(), Trouble> {
    let secrets = data.secrets().await?;
    // Before anything is written: a wrong mail configuration must not leave an approval that nobody hears of.
    let mailer = context.mailer()?;
    let approved = apps::approve(&data.admin(), &secrets, &context.pages()?, realm, id).await?;
    told(context, data, realm, approved, (&secrets, &mailer)).await
}

/// Sends the mail of an approval, and prints what the operator has to know.
async fn told(
    context: &Context,
    data: &Data,
    realm: &Realm,
    approved: Approved,
    (secrets, mailer): (&Secrets, &Mailer),
) -> Result<(), Trouble> {
    let owner = approved.client.owner_email.clone();
    let mail = mailed::deliver(data, secrets, mailer, approved.mail, owner).await?;
    let link = approved.link.filter(|_| mail.is_none()).map(|link| link.expose().to_owned());
    let addresses = apps::addresses(realm, &approved.client);
    let addresses = addresses.iter().map(|(name, url)| ((*name).to_owned(), url.clone().into())).collect();
    self::approved(context, &realm.id, &approved.client, addresses, mail, link)
}

/// Says that an app was approved, and what its owner has to know.
pub(super) fn approved(
    context: &Context,
    realm: &str,
    client: &Client,
    addresses: serde_json::Map<String, serde_json::Value>,
    mail: Option<mailed::Mailed>,
    link: Option<String>,
) -> Result<(), Trouble> {
    let item = Approval { realm, client_id: &client.id, status: client.status.name(), addresses, mail, link };
    let mut pairs = vec![("client id", client.id.clone()), ("status", client.status.name().to_owned())];
    pairs.extend(item.mail.as_ref().map(|mail| ("mail", mail.line())));
    if let Some(link) = &item.link {
        pairs.push(("one-time link", link.clone()));
    }
    context.format.one(&item, &pairs)?;
    if item.link.is_some() {
        eprintln!("The app has no owner's address: pass the link on. It shows the secret once, for seven days.");
    }
    Ok(())
}

/// An app in a list: the client with when it was used last.
#[derive(Serialize)]
pub(super) struct Listed {
    #[serde(flatten)]
    pub(super) client: Client,
    pub(super) last_used_at: Option<String>,
}

async fn list(context: &Context, data: &Data, realm: &Realm, found: Vec<Client>) -> Result<(), Trouble> {
    let mut last: HashMap<String, i64> = HashMap::new();
    for one in apps::last_uses(&data.store, realm, None).await? {
        let at = last.entry(one.client).or_insert(one.used_at);
        *at = one.used_at.max(*at);
    }
    let listed: Vec<Listed> = found
        .into_iter()
        .map(|client| Listed { last_used_at: last.get(&client.id).copied().map(output::time), client })
        .collect();
    self::listed(context, &listed)
}

/// Prints apps.
pub(super) fn listed(context: &Context, listed: &[Listed]) -> Result<(), Trouble> {
    context.format.list(["id", "name", "status", "kind", "owner", "last used"], listed, |app| {
        [
            app.client.id.clone(),
            app.client.name.clone(),
            app.client.status.name().to_owned(),
            kind(&app.client).to_owned(),
            app.client.owner_email.clone().unwrap_or_default(),
            app.last_used_at.clone().unwrap_or_else(|| "-".to_owned()),
        ]
    })
}

fn kind(client: &Client) -> &'static str {
    match (client.is_confidential(), client.in_browser) {
        (true, _) => "confidential",
        (false, true) => "browser",
        (false, false) => "public",
    }
}

async fn show(context: &Context, data: &Data, realm: &Realm, id: &str) -> Result<(), Trouble> {
    let (client, secrets) = apps::secrets_of(&data.store, realm, id).await?;
    let uses = apps::last_uses(&data.store, realm, Some(id)).await?;
    let asked = about::asked_for(&data.store, &realm.id, id).await?;
    let about = about::About {
        secrets: secrets.iter().map(|secret| super::secret::Listed::of(secret, &uses, data.now())).collect(),
        last_used_at: uses.iter().map(|one| one.used_at).max().map(output::time),
        realm_file: data.store.managed_by(&realm.id, SubjectKind::App, id).await?,
        asked_for: asked.into_iter().map(Into::into).collect(),
    };
    about::shown(context, realm, &client, &about)
}
