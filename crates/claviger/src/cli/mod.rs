//! The command line: one file per group of commands. Data goes to stdout, all else to stderr; the exit code says what
//! kind of failure it was ([`trouble`]). Every command but `serve` and `demo` may run while a server is running on the
//! same database: the server notices.

mod announcement;
mod api;
mod app;
mod apply;
mod ask;
mod audit;
mod config;
mod context;
mod db;
mod demo;
mod dialect;
mod doctor;
mod given;
mod guard;
mod health;
mod init;
mod key;
mod legacy;
mod log;
mod login;
mod mail;
mod master_key;
mod member;
mod on_server;
mod organisation;
mod output;
mod place;
mod plan;
mod realm;
mod redirect;
mod registration_token;
mod request_log;
mod role;
mod scope;
mod seat;
mod secret;
mod serve;
mod team;
mod token;
mod token_key;
mod trouble;
mod user;
mod webhook;

use clap::{CommandFactory, Parser, Subcommand};
use context::Context;
use on_server as at;
use output::Format;
use place::Place;
use std::path::PathBuf;
use std::process::ExitCode;
use trouble::{Exit, Trouble};

/// An OAuth 2.0 and OpenID Connect authorization server.
#[derive(Debug, Parser)]
#[command(
    name = "claviger",
    version,
    propagate_version = true,
    arg_required_else_help = true,
    after_help = "\
Begin:
  claviger demo                       fourteen realms with sample apps, in a temporary folder
  claviger init /etc/claviger         a commented configuration, a master key, an example realm
  claviger apply realms/              realm files into the database: all or nothing
  claviger serve                      serve them

Exit codes: 0 done, 1 failure, 2 usage, 3 configuration, 4 authentication (the database or another server does not let
this program in), 5 not found, 6 conflict, 7 unreachable (the database or the server does not answer), 8 schema, 10
changes pending (`claviger plan`)."
)]
struct Cli {
    /// The configuration [default: ./claviger.toml, if there is one]
    #[arg(long, global = true, help_heading = "Everywhere", value_name = "FILE", env = "CLAVIGER_CONFIG")]
    config: Option<PathBuf>,
    /// The database, in place of the configuration's, like `sqlite:///var/lib/claviger/claviger.db`
    #[arg(long, global = true, help_heading = "Everywhere", value_name = "URL")]
    database: Option<String>,
    /// The realm; may be left out where there is only one
    #[arg(long, short, global = true, help_heading = "Everywhere", value_name = "ID")]
    realm: Option<String>,
    /// How data is printed
    #[arg(long, short, global = true, help_heading = "Everywhere", value_enum, default_value_t, value_name = "FORMAT")]
    output: Format,
    /// A running server, by the issuer of its admin realm: the command works through its admin API (`claviger login`)
    #[arg(
        long,
        global = true,
        help_heading = "Everywhere",
        value_name = "URL",
        env = "CLAVIGER_SERVER",
        conflicts_with = "database"
    )]
    server: Option<String>,
    /// Certificates (PEM) of a private CA, which the server's is of
    #[arg(long, global = true, help_heading = "Everywhere", value_name = "FILE", env = "CLAVIGER_CA_FILE")]
    ca_file: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Fourteen sample realms with their APIs and a sample integrator, on loopback ports
    Demo(demo::DemoArgs),
    /// Serve the realms of the database
    #[command(after_help = "\
Examples:
  claviger serve --config /etc/claviger/claviger.toml
  CLAVIGER_SERVER__LISTEN='[\"0.0.0.0:8080\"]' claviger serve

SIGTERM and Ctrl-C let requests under way end. SIGHUP reads the configuration again: the level of the log, pages and
languages, dialects, the numbers of the brakes, the certificates of [tls] (of which new connections hear); where it is wrong, the log says so and everything stays as it was. The log
goes to stderr, as JSON when that is no terminal.")]
    Serve,
    /// Answer proxies that ask before they pass a request on to an API (nginx, Traefik, Caddy, Envoy)
    #[command(after_help = "\
Examples:
  claviger guard --issuer https://login.example.com --audience https://api.example.com --scope orders.read

The proxy asks at /check, or at /check?scope=orders.write where a route needs that scope; the API's own metadata (RFC 9728)
is at /.well-known/oauth-protected-resource. See docs/let-assistants-in.md.")]
    Guard(guard::GuardArgs),
    /// Write a commented configuration, a master key and an example realm; never overwrites
    Init(init::InitArgs),
    /// Bring realm files into the database: all or nothing, as often as you like
    #[command(after_help = "\
Examples:
  claviger apply realms/
  claviger plan realms/                                  what would change, field by field
  claviger apply realms/live.toml --set host=login.example.com

Without --config and CLAVIGER_CONFIG, the configuration is the claviger.toml beside the files or in a folder above them.
The database must be there (`claviger init` makes it), unless --create says that a new one is wanted. Mistakes are named with file, line and a suggestion, and nothing is changed then. What is not in a file is kept.")]
    Apply(apply::ApplyOptions),
    /// Say what `claviger apply` would change, field by field; ends with 0 where nothing would, with 10 where something would
    #[command(after_help = "\
Examples:
  claviger plan realms/
  claviger plan realms/live.toml --set host=login.example.com -o json

Fields have their names of the realm file, with the old and the new value. `!` marks what ends or refuses something that
works today: a scope or a redirect URI that goes, another issuer, a password that is replaced.")]
    Plan(apply::ApplyArgs),
    /// What a contract's dialect says, and what it weakens
    #[command(subcommand)]
    Dialect(dialect::DialectCommand),
    /// Realms, as they are served
    #[command(subcommand)]
    Realm(realm::RealmCommand),
    /// Scopes: what apps may ask for
    #[command(subcommand)]
    Scope(scope::ScopeCommand),
    /// Log in to a running server, so that commands work there: prints an address and a code, and waits
    #[command(after_help = "\
Examples:
  claviger login --server https://admin.example.com
  claviger app list --realm orders                      at the server, where no configuration and no database is named
  claviger app list --realm orders --server https://other.example.com
  claviger logout

What you may do is what your role in the admin realm says. The tokens lie in $XDG_CONFIG_HOME/claviger/login.json (else ~/.config),
which only you can read, and renew themselves. A program hands its own access token over as CLAVIGER_ACCESS_TOKEN, with --server.
At a server there are: app, secret, user (list, show, add, invite, disable, enable, reset-factor, delete), role, organisation, member, grant,
consent, session, seat, team, announcement, key, legacy, webhook, log, token, scope, realm, audit list. All others need the database itself, or
keys and files that lie beside it, and say so.")]
    Login(login::LoginArgs),
    /// Log out of a server: what was given is revoked and forgotten
    Logout,
    /// The admin API of a running server: its description
    #[command(subcommand)]
    Api(api::ApiCommand),
    /// Apps: register, approve, suspend
    #[command(subcommand)]
    App(Box<app::AppCommand>),
    /// Apps' secrets: two may be live, so that one can replace the other
    #[command(subcommand)]
    Secret(secret::SecretCommand),
    /// Tokens with which clients register themselves
    #[command(subcommand)]
    RegistrationToken(registration_token::RegistrationTokenCommand),
    /// Users: passwords, who may sign in
    #[command(subcommand)]
    User(Box<user::UserCommand>),
    /// Roles: who may administer, and what
    #[command(subcommand)]
    Role(role::RoleCommand),
    /// Organisations: the companies or sites that users belong to
    #[command(subcommand)]
    Organisation(organisation::OrganisationCommand),
    /// Members of organisations, and their roles
    #[command(subcommand)]
    Member(member::MemberCommand),
    /// Grants: which apps may act, for whom
    #[command(subcommand)]
    Grant(given::GrantCommand),
    /// Consents: what users let apps do
    #[command(subcommand)]
    Consent(given::ConsentCommand),
    /// Sessions: the browsers in which somebody is signed in
    #[command(subcommand)]
    Session(given::SessionCommand),
    /// Seats: who holds the licences
    #[command(subcommand)]
    Seat(seat::SeatCommand),
    /// Teams of partners
    #[command(subcommand)]
    Team(team::TeamCommand),
    /// What partners are told in their portal
    #[command(subcommand)]
    Announcement(announcement::AnnouncementCommand),
    /// Signing keys: list, replace, revoke
    #[command(subcommand)]
    Key(key::KeyCommand),
    /// The master key, which everything secret in the database is sealed under
    #[command(subcommand)]
    MasterKey(master_key::MasterKeyCommand),
    /// The token key, which refresh tokens are made with
    #[command(subcommand)]
    TokenKey(token_key::TokenKeyCommand),
    /// Who uses which legacy behaviour, and until when they may, so that it can be retired
    Legacy(legacy::LegacyArgs),
    /// Who did what: the log of the operators' acts
    #[command(subcommand)]
    Audit(audit::AuditCommand),
    /// Webhooks: who is told what happens, and what came of it
    #[command(subcommand)]
    Webhook(webhook::WebhookCommand),
    /// The request log: what became of apps' calls, and how to mend what went wrong
    #[command(subcommand)]
    Log(request_log::LogCommand),
    /// Tokens: what one would hold
    #[command(subcommand)]
    Token(token::TokenCommand),
    /// Mails: which wait, which were refused and why
    #[command(subcommand)]
    Mail(mail::MailCommand),
    /// The database: status, backup and restore, copy, migrate
    #[command(subcommand)]
    Db(db::DbCommand),
    /// The configuration: what is in effect, and whether it is right
    #[command(subcommand)]
    Config(config::ConfigCommand),
    /// Look for what is wrong with this server, and say what to do about it
    #[command(after_help = doctor::HELP)]
    Doctor(doctor::DoctorArgs),
    /// Whether the server is ready; for containers
    Healthcheck(health::HealthArgs),
    /// A script that completes commands in your shell
    #[command(after_help = "\
Examples:
  claviger completions bash > /etc/bash_completion.d/claviger
  claviger completions fish > ~/.config/fish/completions/claviger.fish")]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

/// Does what the command line says; what the process ends with.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let context = Context {
        format: cli.output,
        config: cli.config,
        database: cli.database,
        realm: cli.realm,
        server: cli.server,
        ca_file: cli.ca_file,
    };
    match dispatch(cli.command, &context) {
        Ok(()) => ExitCode::SUCCESS,
        Err(trouble) => trouble.report(),
    }
}

fn dispatch(command: Command, context: &Context) -> Result<(), Trouble> {
    let serving = matches!(command, Command::Serve | Command::Demo(_) | Command::Guard(_));
    let mut builder = if serving {
        tokio::runtime::Builder::new_multi_thread()
    } else {
        tokio::runtime::Builder::new_current_thread()
    };
    let runtime = builder
        .enable_all()
        .build()
        .map_err(|error| Trouble::new(Exit::Failure, format!("the process cannot start: {error}")))?;
    runtime.block_on(Box::pin(run(command, context)))
}

/// Does what a group of commands does where it is meant: in a database by the first function, or at a server by the second one, which is
/// below [`on_server`].
macro_rules! anywhere {
    ($here:path, $there:path, $command:expr, $context:expr) => {
        match $context.place().await? {
            Place::Database(data) => $here($command, $context, &data).await,
            Place::Server(server) => $there($command, $context, &server).await,
        }
    };
}

async fn run(command: Command, context: &Context) -> Result<(), Trouble> {
    match command {
        Command::Demo(args) => Ok(Box::pin(demo::run(args)).await?),
        Command::Serve => serve::run(context).await,
        Command::Guard(args) => guard::run(args).await,
        Command::Init(args) => init::run(&args, context).await,
        Command::Apply(options) => {
            let context = &options.files.beside(context)?;
            match context.server().await? {
                Some(server) => at::files::apply(&options, context, &server).await,
                None if options.dry_run => plan::by_its_other_name(options.files, context).await,
                None => apply::run(options, context).await,
            }
        }
        Command::Plan(args) => {
            let context = &args.beside(context)?;
            match context.server().await? {
                Some(server) => at::files::plan(&args, context, &server).await,
                None => plan::run(args, context).await,
            }
        }
        Command::Dialect(command) => dialect::run(command, context),
        Command::Realm(command) => anywhere!(realm::run, at::realm::run, command, context),
        Command::Scope(command) => anywhere!(scope::run, at::realm::scopes, command, context),
        Command::Api(command) => api::run(command),
        Command::Login(args) => login::login(args, context).await,
        Command::Logout => login::logout(context).await,
        Command::App(command) => anywhere!(app::run, at::app::run, *command, context),
        Command::Secret(command) => anywhere!(secret::run, at::secret::run, command, context),
        Command::RegistrationToken(command) => registration_token::run(command, context).await,
        Command::User(command) => anywhere!(user::run, at::user::run, *command, context),
        Command::Role(command) => anywhere!(role::run, at::role::run, command, context),
        Command::Organisation(command) => anywhere!(organisation::run, at::organisation::run, command, context),
        Command::Member(command) => anywhere!(member::run, at::organisation::members, command, context),
        Command::Grant(command) => anywhere!(given::grant, at::given::grant, command, context),
        Command::Consent(command) => anywhere!(given::consent, at::given::consent, command, context),
        Command::Session(command) => anywhere!(given::session, at::given::session, command, context),
        Command::Seat(command) => anywhere!(seat::run, at::seat::run, command, context),
        Command::Team(command) => anywhere!(team::run, at::partners::teams, command, context),
        Command::Announcement(command) => anywhere!(announcement::run, at::partners::announcements, command, context),
        Command::Key(command) => anywhere!(key::run, at::key::run, command, context),
        Command::MasterKey(command) => master_key::run(command, context).await,
        Command::TokenKey(command) => token_key::run(command, context).await,
        Command::Legacy(args) => anywhere!(legacy::run, at::realm::legacy, args, context),
        Command::Audit(command) => anywhere!(audit::run, at::audit::run, command, context),
        Command::Webhook(webhook::WebhookCommand::Events { name }) => webhook::known_events(name.as_deref(), context),
        Command::Webhook(command) => anywhere!(webhook::run, at::webhook::run, command, context),
        Command::Log(command) => anywhere!(request_log::run, at::log::run, command, context),
        Command::Token(command) => anywhere!(token::run, at::token::run, command, context),
        Command::Mail(command) => mail::run(command, context).await,
        Command::Db(command) => db::run(command, context).await,
        Command::Config(command) => config::run(&command, context),
        Command::Doctor(args) => doctor::run(&args, context).await,
        Command::Healthcheck(args) => health::run(args, context).await,
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "claviger", &mut script);
            output::put(&String::from_utf8_lossy(&script))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Cli;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
