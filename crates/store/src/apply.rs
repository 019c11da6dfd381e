//! Bringing files into the database: everything or nothing.

use crate::audit::act::{Subject, SubjectKind};
use crate::audit::log::AuditLog;
use crate::audit::values::Values;
use crate::events::Event;
use crate::store::write;
use crate::tx::{End::Keep, Tx};
use crate::users::ByPassword;
use crate::{ClientSecret, Fault, Masked, Store, StoredUser, clients, managed, realms, users};
use claviger_core::user::Organisation;
use claviger_core::{Client, Realm, User};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Something to write; as the method of the same name.
#[derive(Debug, Clone)]
pub enum Put {
    /// [`Store::put_realm`].
    Realm(Box<Realm>),
    /// [`Store::put_client`].
    Client {
        /// The realm's id.
        realm: String,
        /// The client.
        client: Box<Client>,
    },
    /// [`Store::put_secret`].
    Secret {
        /// The realm's id.
        realm: String,
        /// The client's id.
        client: String,
        /// The secret; its id stays the same however often it is applied.
        secret: ClientSecret,
    },
    /// [`Store::put_user`].
    User {
        /// The realm's id.
        realm: String,
        /// The user.
        user: Box<User>,
        /// `None`: the one they have stays.
        password_hash: Option<Masked<String>>,
        /// When the last access token that may be out there expires: another password ends what the old one gave, and a user
        /// who is disabled loses everything, in the same transaction.
        tokens_until: i64,
    },
    /// [`Store::put_organisation`].
    Organisation {
        /// The realm's id.
        realm: String,
        /// The organisation.
        organisation: Organisation,
    },
    /// The file that an app or a user comes from; `None`: no file any more. No change that anybody hears of.
    Managed {
        /// The realm's id.
        realm: String,
        /// [`SubjectKind::App`] or [`SubjectKind::User`].
        kind: SubjectKind,
        /// Its id.
        id: String,
        /// The file.
        file: Option<String>,
    },
}

/// What is applied. It is gone through once for each attempt, so that it need not all be in memory.
pub trait Puts: Send + Sync {
    /// Each of them, always in the same order.
    fn each(&self) -> Box<dyn Iterator<Item = Cow<'_, Put>> + Send + '_>;
    /// How many users there are of each realm.
    fn users(&self) -> BTreeMap<String, usize>;
}

impl Puts for Vec<Put> {
    fn each(&self) -> Box<dyn Iterator<Item = Cow<'_, Put>> + Send + '_> {
        Box::new(self.iter().map(Cow::Borrowed))
    }

    fn users(&self) -> BTreeMap<String, usize> {
        let mut users: BTreeMap<String, usize> = BTreeMap::new();
        for put in self {
            if let Put::User { realm, .. } = put {
                *users.entry(realm.clone()).or_default() += 1;
            }
        }
        users
    }
}

/// Hears how many were written so far.
pub type Told = Arc<dyn Fn(usize) + Send + Sync>;

/// How many users of one realm have lines of their own; of more there is one line for all of them, with these first.
const MOST_USERS: usize = 100;

impl Store {
    /// Writes everything in one transaction; how many of them changed anything.
    ///
    /// Once it has begun its end is waited for, however long it takes.
    ///
    /// # Errors
    /// [`Fault::SameId`] where a client and a user would have one id; the store cannot write. Nothing was written, except
    /// perhaps after [`Fault::InDoubt`]; to apply the same again does no harm.
    pub async fn apply(&self, puts: Vec<Put>, now: i64) -> Result<usize, Fault> {
        self.apply_watched(Box::new(puts), now, Arc::new(|_| {})).await
    }

    /// As [`Store::apply`]; `told` hears how many were written, after each.
    ///
    /// # Errors
    /// As there.
    pub async fn apply_watched(&self, puts: Box<dyn Puts>, now: i64, told: Told) -> Result<usize, Fault> {
        let audit = self.audit.clone();
        write!(self, Several, long_patience, |tx| {
            let log = AuditLog::open(tx, audit.as_deref()).await?;
            let counted: BTreeSet<String> =
                puts.users().into_iter().filter(|(_, count)| *count > MOST_USERS).map(|(realm, _)| realm).collect();
            let mut totals: BTreeMap<String, Total> = BTreeMap::new();
            let mut touched: BTreeMap<String, u64> = BTreeMap::new();
            let mut changed = 0;
            let mut passwords = ByPassword::default();
            for (done, put) in puts.each().enumerate() {
                let line = write_one(tx, &put, log, &mut passwords, now).await?;
                told(done + 1);
                changed += usize::from(line.is_some());
                let Some((realm, subject, values)) = line else { continue };
                *touched.entry(realm.to_owned()).or_default() += 1;
                if subject.kind == SubjectKind::User && counted.contains(realm) {
                    totals.entry(realm.to_owned()).or_default().add(subject.id, &values);
                } else {
                    log.write(tx, realm, &subject, values, now).await?;
                }
            }
            for (realm, total) in totals {
                log.write(tx, &realm, &Subject::new(SubjectKind::Realm, &realm), total.values(), now).await?;
            }
            for (realm, count) in touched {
                let event = Event::of_operators("realm.applied", serde_json::json!({ "changed": count }));
                log.raise(tx, &realm, &[event], now).await?;
            }
            Ok(Keep(changed))
        })
    }
}

/// What is said of users who are too many to be named.
#[derive(Default)]
struct Total {
    created: u64,
    changed: u64,
    first: Vec<String>,
}

impl Total {
    fn add(&mut self, id: String, values: &Values) {
        *(if values.before.is_none() { &mut self.created } else { &mut self.changed }) += 1;
        if self.first.len() < MOST_USERS {
            self.first.push(id);
        }
    }

    fn values(self) -> Values {
        let Self { created, changed, first } = self;
        let after = serde_json::json!({ "users": { "created": created, "changed": changed, "first": first } });
        Values::added(after)
    }
}

/// Writes one of them; if that changed anything, what the log says of it.
async fn write_one<'p>(
    tx: &mut impl Tx,
    put: &'p Put,
    log: AuditLog<'_>,
    passwords: &mut ByPassword,
    now: i64,
) -> Result<Option<(&'p str, Subject, Values)>, Fault> {
    let kept = log.is_kept();
    let (news, line) = match put {
        Put::Realm(realm) => {
            let was = realms::find(tx, &realm.id).await?;
            // What an operator set since the file was compared with what was stored stays as well.
            let written = match &was {
                Some(was) => Realm { brand: realm.brand.keeping(&was.brand), ..(**realm).clone() },
                None => (**realm).clone(),
            };
            let news = realms::put(tx, &written, now).await?;
            let subject = Subject::new(SubjectKind::Realm, &realm.id);
            (news, (realm.id.as_str(), subject, Values::of(was.as_ref(), Some(&written))?))
        }
        Put::Client { realm, client } => {
            let was = if kept { clients::find(tx, realm, &client.id).await? } else { None };
            let news = clients::put(tx, realm, client, now).await?;
            let subject = Subject::new(SubjectKind::App, &client.id);
            (news, (realm.as_str(), subject, Values::of_app(was.as_ref(), Some(client))?))
        }
        Put::Secret { realm, client, secret } => {
            let news = clients::put_secret(tx, realm, client, secret, now).await?;
            let values = Values::added(clients::shown(secret));
            (news, (realm.as_str(), clients::secret_of(client, &secret.id), values))
        }
        Put::User { realm, user, password_hash, tokens_until } => {
            let ends = user.disabled || password_hash.is_some();
            let was = if kept || ends { users::find(tx, realm, &user.id).await? } else { None };
            let news = users::put(tx, realm, user, password_hash.as_ref(), now).await?;
            if let Some(was) = was.as_ref().filter(|_| news) {
                if user.disabled && !was.user.disabled {
                    users::end_disabled(tx, realm, &user.id, now, *tokens_until).await?;
                }
                let hash = |hash: Option<&Masked<String>>| hash.map(|hash| hash.0.clone());
                if password_hash.is_some() && hash(password_hash.as_ref()) != hash(was.password_hash.as_ref()) {
                    passwords.end(tx, realm, &user.id, now, *tokens_until).await?;
                }
            }
            let known = || was.as_ref().and_then(|was| was.password_hash.clone());
            let is = StoredUser { user: (**user).clone(), password_hash: password_hash.clone().or_else(known) };
            let subject = Subject::new(SubjectKind::User, &user.id);
            (news, (realm.as_str(), subject, users::difference(was.as_ref(), &is)?))
        }
        Put::Organisation { realm, organisation } => {
            let was = if kept { users::find_organisation(tx, realm, &organisation.id).await? } else { None };
            let news = users::put_organisation(tx, realm, organisation, now).await?;
            let subject = Subject::new(SubjectKind::Organisation, &organisation.id);
            (news, (realm.as_str(), subject, Values::of(was.as_ref(), Some(organisation))?))
        }
        Put::Managed { realm, kind, id, file } => {
            managed::put(tx, realm, (kind.name(), id), file.as_deref()).await?;
            return Ok(None);
        }
    };
    Ok(news.then_some(line))
}
