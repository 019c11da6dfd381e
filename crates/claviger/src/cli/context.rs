//! What commands share: the configuration, the open database, the keys.

use super::output::Format;
use super::trouble::{Exit, Trouble};
use crate::config::{self, Config, Explained, Source};
use claviger_core::Realm;
use claviger_files::dialect::Dialects;
use claviger_server::admin::{self, Actor, Admin, Way};
use claviger_server::clock::Clock;
use claviger_server::mail::Mailer;
use claviger_server::master_key::MasterKey;
use claviger_server::master_keys::MasterKeys;
use claviger_server::pages::Pages;
use claviger_server::secrets;
use claviger_server::secrets::Secrets;
use claviger_store::Store;
use std::path::{Path, PathBuf};

/// Where the configuration is unless `--config` says otherwise.
const DEFAULT: &str = "claviger.toml";

/// The command line's global options, settled.
#[derive(Debug, Clone)]
pub(crate) struct Context {
    /// How data is printed.
    pub(crate) format: Format,
    pub(super) config: Option<PathBuf>,
    pub(super) database: Option<String>,
    pub(super) realm: Option<String>,
    /// The running server that is meant.
    pub(super) server: Option<String>,
    /// The certificates of a private CA.
    pub(super) ca_file: Option<PathBuf>,
}

impl Context {
    /// The configuration: of `--config`, else of `./claviger.toml`, else of environment and flags alone.
    ///
    /// # Errors
    /// It is wrong.
    pub(crate) fn config(&self) -> Result<Config, Trouble> {
        Ok(self.explained()?.config)
    }

    /// The same, with where each value comes from.
    ///
    /// # Errors
    /// It is wrong.
    pub(crate) fn explained(&self) -> Result<Explained, Trouble> {
        if self.server.is_some() {
            self.refuse_server()?;
        }
        let flags: Vec<(String, String)> =
            self.database.iter().map(|url| ("database.url".to_owned(), url.clone())).collect();
        let environment =
            std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        Ok(config::load(self.file().as_deref(), environment, &flags)?)
    }

    /// The configuration's file, where there is one.
    pub(crate) fn file(&self) -> Option<PathBuf> {
        let default = || Some(PathBuf::from(DEFAULT)).filter(|file| file.exists());
        self.config.clone().or_else(default)
    }

    /// The same context with the configuration that lies beside realm files, in their folder or in one above it, where none
    /// is named: that is the one they were written for.
    ///
    /// # Errors
    /// There are several.
    pub(crate) fn beside(&self, realm_files: &[PathBuf]) -> Result<Self, Trouble> {
        if self.config.is_some() {
            return Ok(self.clone());
        }
        let here = Some(PathBuf::from(DEFAULT)).filter(|file| file.exists());
        let mut found: Vec<PathBuf> = here.into_iter().collect();
        for file in realm_files.iter().filter_map(|path| above(path)) {
            if !found.iter().any(|other| is_same_file(other, &file)) {
                found.push(file);
            }
        }
        if let [one, other, ..] = found.as_slice() {
            let message = format!("there are two configurations: {} and {}", one.display(), other.display());
            return Err(Trouble::new(Exit::Usage, message).help("say which with --config"));
        }
        Ok(Self { config: found.pop(), ..self.clone() })
    }

    /// A configuration for whoever may make the database: something must say where that is, so that nobody gets a second one in
    /// the folder in which they happen to be.
    ///
    /// # Errors
    /// Nothing does.
    pub(crate) fn named(&self) -> Result<Config, Trouble> {
        let Explained { config, settings } = self.explained()?;
        let is_named = settings.iter().any(|one| one.key == "database.url" && one.source != Source::Default);
        if self.file().is_none() && !is_named {
            return Err(Trouble::new(Exit::Configuration, "nothing says which database is meant").help(
                "--config names the configuration, --database the database; `claviger init` writes a new configuration",
            ));
        }
        Ok(config)
    }

    /// Every dialect that realm files may name.
    ///
    /// # Errors
    /// One is wrong, or the configuration is.
    pub(crate) fn dialects(&self) -> Result<Dialects, Trouble> {
        match self.config()?.dialects_folder {
            Some(folder) => Ok(Dialects::with_folder(&folder)?),
            None => Ok(Dialects::embedded()?),
        }
    }

    /// The templates and strings of pages and mails.
    ///
    /// # Errors
    /// One is wrong, or there are none for a language of the configuration.
    pub(crate) fn pages(&self) -> Result<Pages, Trouble> {
        let config = self.config()?;
        let pages = Pages::new(config.templates_folder.as_deref());
        let pages = pages.and_then(|pages| pages.with_usual_languages(&config.languages));
        pages.map_err(|error| Trouble::new(Exit::Configuration, error.to_string()))
    }

    /// How mails leave.
    ///
    /// # Errors
    /// The configuration is wrong.
    pub(crate) fn mailer(&self) -> Result<Mailer, Trouble> {
        let mail = self.config()?.mail;
        Ok(Mailer::new(&mail.from, &mail.outlet)?)
    }

    /// The database, which must be there.
    ///
    /// # Errors
    /// It is not, or cannot be opened.
    pub(crate) async fn data(&self) -> Result<Data, Trouble> {
        self.refuse_server()?;
        self.open(&self.present()?).await
    }

    /// The configuration of a database that is there, as far as can be said without opening it.
    ///
    /// # Errors
    /// It is not.
    pub(crate) fn present(&self) -> Result<Config, Trouble> {
        let config = self.config()?;
        if let Some(file) = config.database.file()
            && !file.exists()
        {
            let trouble = Trouble::new(Exit::Configuration, format!("there is no database {}", file.display()));
            return Err(match self.file() {
                None => trouble.help("--config names the configuration, --database the database"),
                Some(_) => trouble.help(
                    "compare database.url with where your data is; `claviger apply --create realms/` makes a new one",
                ),
            });
        }
        Ok(config)
    }

    /// Where this configuration's master key is.
    pub(crate) fn key_place(&self, config: &Config) -> KeyPlace {
        let beside = |file: PathBuf| file.with_file_name("master.key");
        KeyPlace {
            configured: config.master_key_file.clone(),
            beside_config: self.file().map(beside),
            beside_database: config.database.file().map(beside),
            in_memory: *config.database.url == "sqlite::memory:",
        }
    }

    /// The database, made where it is not there yet.
    ///
    /// # Errors
    /// It cannot be opened.
    pub(crate) async fn open(&self, config: &Config) -> Result<Data, Trouble> {
        let store = Store::connect(&config.database.url, &config.database.options).await?;
        let clock = Clock::of(&store).await?;
        Ok(Data {
            actor: actor(Way::Cli, clock.now()),
            clock,
            store,
            key_place: self.key_place(config),
            realm: self.realm.clone(),
        })
    }
}

/// The configuration in the folder of a file, in the folder itself, or in the nearest one above.
fn above(path: &Path) -> Option<PathBuf> {
    let whole = path.canonicalize().ok()?;
    whole.ancestors().map(|folder| folder.join(DEFAULT)).find(|file| file.is_file())
}

fn is_same_file(one: &Path, other: &Path) -> bool {
    matches!((one.canonicalize(), other.canonicalize()), (Ok(one), Ok(other)) if one == other)
}

/// Where the master key is looked for: in the environment, in the configured file, else as `master.key` beside the
/// configuration and beside a SQLite database. Every server on a database needs the same one.
#[derive(Debug, Clone)]
pub(crate) struct KeyPlace {
    configured: Option<PathBuf>,
    beside_config: Option<PathBuf>,
    beside_database: Option<PathBuf>,
    /// The database ends with the process.
    in_memory: bool,
}

impl KeyPlace {
    /// The files that a key is read from, where they are there.
    pub(crate) fn files(&self) -> Vec<PathBuf> {
        let places = match &self.configured {
            Some(file) => vec![Some(file)],
            None => vec![self.beside_config.as_ref(), self.beside_database.as_ref()],
        };
        let mut files: Vec<PathBuf> = places.into_iter().flatten().filter(|file| file.exists()).cloned().collect();
        files.dedup();
        files
    }

    /// The master key. Nothing is made.
    ///
    /// # Errors
    /// It is missing, of no use, or there are two that differ.
    pub(crate) fn read(&self) -> Result<MasterKeys, Trouble> {
        if let Some(keys) = MasterKeys::from_environment()? {
            return Ok(keys);
        }
        if let Some(file) = &self.configured {
            return if file.exists() { Ok(MasterKeys::read(file)?) } else { Err(missing(file)) };
        }
        if self.in_memory {
            return Ok(MasterKey::generate().into());
        }
        let there = |file: &&PathBuf| file.exists();
        match (self.beside_config.as_ref().filter(there), self.beside_database.as_ref().filter(there)) {
            (Some(one), Some(other)) => {
                let keys = MasterKeys::read(one)?;
                if keys.is_same(&MasterKeys::read(other)?) {
                    return Ok(keys);
                }
                let message = format!("{} and {} are different master keys", one.display(), other.display());
                Err(Trouble::new(Exit::Configuration, message)
                    .help("set master-key.file to the one that this database was made with"))
            }
            (Some(only), None) | (None, Some(only)) => Ok(MasterKeys::read(only)?),
            (None, None) => Err(self.beside_database.as_deref().map_or_else(unconfigured, missing)),
        }
    }

    /// The master key of a database that has nothing sealed yet: where there is none, it is made beside the database.
    ///
    /// # Errors
    /// As for [`Self::read`]; it cannot be made.
    fn read_or_create(&self) -> Result<MasterKeys, Trouble> {
        let is_there = |file: &Option<PathBuf>| file.as_ref().is_some_and(|file| file.exists());
        if self.configured.is_none()
            && !is_there(&self.beside_config)
            && let Some(file) = &self.beside_database
            && MasterKeys::from_environment()?.is_none()
        {
            return Ok(MasterKeys::read_or_create(file)?);
        }
        self.read()
    }
}

fn unconfigured() -> Trouble {
    let message = "no master key is configured: every server on this database needs the same one";
    Trouble::new(Exit::Configuration, message)
        .help("set master-key.file (`openssl rand -hex 32 > master.key` makes one), or CLAVIGER_MASTER_KEY")
}

fn missing(file: &Path) -> Trouble {
    Trouble::new(Exit::Configuration, format!("the master key file {} is missing", file.display())).help(
        "put it back from your copy, or set master-key.file; only `claviger init` and `claviger apply --create` make one",
    )
}

/// Who is at the command line: the operating system's user, or whoever became root by `sudo`. What one command does has one
/// reference. `now` is in milliseconds.
pub(crate) fn actor(way: Way, now: i64) -> Actor {
    let uid = rustix::process::getuid();
    let sudo = std::env::var("SUDO_USER").ok().filter(|name| uid.is_root() && !name.is_empty());
    let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let name = sudo.or_else(|| user_name(&users, uid.as_raw())).unwrap_or_else(|| format!("uid {}", uid.as_raw()));
    Actor { name, way, reference: admin::new_reference(now) }
}

/// The name of a user in a file of the form of `/etc/passwd`.
fn user_name(users: &str, uid: u32) -> Option<String> {
    users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)?.parse() == Ok(uid)).then(|| name.to_owned())
    })
}

/// An open database.
pub(crate) struct Data {
    /// The database.
    pub(crate) store: Store,
    key_place: KeyPlace,
    realm: Option<String>,
    /// Who is at the command line.
    pub(crate) actor: Actor,
    /// The clock that goes with it.
    pub(crate) clock: Clock,
}

impl Data {
    /// Now, in milliseconds.
    pub(crate) fn now(&self) -> i64 {
        self.clock.now()
    }

    /// The key that the database's secrets are sealed with.
    pub(crate) fn master_keys(&self) -> Result<MasterKeys, Trouble> {
        self.key_place.read()
    }

    /// The server's own keys.
    pub(crate) async fn secrets(&self) -> Result<Secrets, Trouble> {
        Ok(Secrets::load(&self.store, &self.master_keys()?).await?)
    }

    /// The same for whoever may be the first to put something into the database; `create`: a new one gets a master key.
    pub(crate) async fn first_secrets(&self, create: bool) -> Result<Secrets, Trouble> {
        let is_new = create && !secrets::are_made(&self.store).await?;
        let masters = if is_new { self.key_place.read_or_create()? } else { self.master_keys()? };
        Ok(Secrets::load(&self.store, &masters).await?)
    }

    /// Who acts, at what, when.
    pub(crate) fn admin(&self) -> Admin<'_> {
        Admin { store: &self.store, actor: &self.actor, now: self.now() }
    }

    /// The realm of `--realm`, or the only one that there is.
    pub(crate) async fn realm(&self) -> Result<Realm, Trouble> {
        if let Some(id) = &self.realm {
            return self.realm_named(id).await;
        }
        let few = self.store.list_realms("", 2).await?;
        match few.as_slice() {
            [only] => self.realm_named(only).await,
            [] => {
                Err(Trouble::not_found("there is no realm yet").help("`claviger apply realms/` brings realm files in"))
            }
            _ => Err(Trouble::new(Exit::Usage, "there are several realms: say which with --realm")
                .help("`claviger realm list` names them")),
        }
    }

    /// The realm of this id.
    pub(crate) async fn realm_named(&self, id: &str) -> Result<Realm, Trouble> {
        Ok(admin::realms::find(&self.store, id).await?)
    }

    /// The realm of `--realm`, if it was said.
    pub(crate) fn realm_wanted(&self) -> Option<&str> {
        self.realm.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::user_name;

    #[test]
    fn a_user_has_the_name_of_the_file() {
        let users = "root:x:0:0:root:/root:/bin/sh\nada:x:1000:1000::/home/ada:/bin/sh\n";
        assert_eq!(user_name(users, 1000).as_deref(), Some("ada"));
        assert_eq!(user_name(users, 1), None);
    }
}
