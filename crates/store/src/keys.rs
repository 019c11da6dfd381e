//! A realm's signing keys, and secrets of the server's own. Both come and go sealed.

use crate::audit::act::{Subject, SubjectKind};
use crate::audit::log::AuditLog;
use crate::audit::values::Values;
use crate::changes::{ChangeKind, note};
use crate::events::{self, Event};
use crate::revocations::{self, RevocationKind};
use crate::statements::Statement;
use crate::store::{read, write};
use crate::tx::{End::Keep, End::Undo, Tx};
use crate::value::{Row, values};
use crate::{Fault, Masked, Store};
use claviger_core::jose::Algorithm;
use serde_json::json;

/// Where a key stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyState {
    /// In the key set, but does not sign yet: APIs learn it first.
    Published,
    /// Signs.
    Active,
    /// Signs no more; what it signed is still verified.
    Retired,
}

impl KeyState {
    /// As the column spells it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Published => "published",
            Self::Active => "active",
            Self::Retired => "retired",
        }
    }

    fn parse(name: &str) -> Result<Self, Fault> {
        [Self::Published, Self::Active, Self::Retired]
            .into_iter()
            .find(|state| state.name() == name)
            .ok_or_else(|| Fault::other("an unknown state of a signing key"))
    }
}

/// A signing key.
#[derive(Debug, Clone)]
pub struct SigningKeyRow {
    /// The realm.
    pub realm: String,
    /// Its id in the key set, unique in the realm.
    pub kid: String,
    /// Its algorithm, as JOSE spells it.
    pub alg: String,
    /// The private key, sealed under the master key.
    pub sealed: Masked<Vec<u8>>,
    /// The public key as a JWK.
    pub public_jwk: String,
    /// Where it stands.
    pub state: KeyState,
    /// When it was made.
    pub created_at: i64,
    /// When it begins or began to sign.
    pub activates_at: i64,
    /// When it stops or stopped signing.
    pub retires_at: Option<i64>,
}

/// The keys of a realm that are in its key set.
#[derive(Debug, Clone)]
pub struct KeySet {
    /// Counts the changes of the set; 0 for a realm that never had one.
    pub version: i64,
    /// From the oldest to the newest.
    pub keys: Vec<SigningKeyRow>,
}

/// A key that has left its set, to verify what it signed where that does no harm.
#[derive(Debug, Clone)]
pub struct KeyThatLeft {
    /// The public key as a JWK.
    pub public_jwk: String,
    /// When it left.
    pub removed_at: i64,
}

/// Later than any time of a token, and whole in every program that reads JSON (2^53 - 1).
const FOREVER: i64 = 9_007_199_254_740_991;

/// What the changes of a key set rest on, and what goes with them.
#[derive(Debug, Clone)]
pub struct KeyChanges {
    /// The version of the set that they were decided on.
    pub version: i64,
    /// In order.
    pub changes: Vec<KeyChange>,
    /// A sealed secret, by name and content, that must be what it was: it says under which master key new keys are sealed.
    pub condition: Option<(&'static str, Vec<u8>)>,
    /// The key whose signatures count no more, by id, in this realm: from now on and for ever.
    pub revoked: Option<String>,
}

/// A change of a key set.
#[derive(Debug, Clone)]
pub enum KeyChange {
    /// A new key.
    Add(Box<SigningKeyRow>),
    /// A key begins to sign.
    Activate {
        /// Which.
        kid: String,
    },
    /// A key stops signing.
    Retire {
        /// Which.
        kid: String,
    },
    /// A key leaves the set, and its private part is erased.
    Remove {
        /// Which.
        kid: String,
    },
}

impl Store {
    /// The keys of a realm that are in its key set, and the set's version for [`Store::rotate_keys`].
    ///
    /// # Errors
    /// The store cannot read.
    pub async fn keys(&self, realm: &str) -> Result<KeySet, Fault> {
        read!(self, |tx| { set(tx, realm).await })
    }

    /// The keys that left a realm's key set after `since` and were not revoked, the latest first, at most `limit`.
    ///
    /// # Errors
    /// The store cannot read.
    pub async fn keys_that_left(&self, realm: &str, since: i64, limit: i64) -> Result<Vec<KeyThatLeft>, Fault> {
        read!(self, |tx| {
            let params = values![realm, since, RevocationKind::Key.name(), limit];
            tx.query(Statement::KeysThatLeft, params, |row| {
                Ok(KeyThatLeft { public_jwk: row.string(0)?, removed_at: row.int(1)? })
            })
            .await
        })
    }

    /// Adds a key, whatever the set's version.
    ///
    /// # Errors
    /// The store cannot write, or the realm has a key of this id.
    pub async fn put_key(&self, key: SigningKeyRow, now: i64) -> Result<(), Fault> {
        let (realm, change) = (key.realm.clone(), KeyChange::Add(Box::new(key)));
        write!(self, Several, |tx| {
            tx.execute(Statement::BumpKeySet, values![&realm]).await?;
            apply(tx, &realm, &change, now).await?;
            note(tx, ChangeKind::Keys, &realm, &realm, now).await?;
            Ok(Keep(()))
        })
    }

    /// Moves a key to another state, whatever the set's version. `Published` is where keys begin and nothing returns to.
    ///
    /// # Errors
    /// The store cannot write.
    pub async fn set_key_state(&self, realm: &str, kid: &str, state: KeyState, now: i64) -> Result<(), Fault> {
        let (realm, kid) = (realm.to_owned(), kid.to_owned());
        let change = match state {
            KeyState::Published => return Err(Fault::other("a signing key does not become unused again")),
            KeyState::Active => KeyChange::Activate { kid },
            KeyState::Retired => KeyChange::Retire { kid },
        };
        write!(self, Several, |tx| {
            tx.execute(Statement::BumpKeySet, values![&realm]).await?;
            apply(tx, &realm, &change, now).await?;
            note(tx, ChangeKind::Keys, &realm, &realm, now).await?;
            Ok(Keep(()))
        })
    }

    /// Changes a key set that still has the version the changes were decided on; whether it had. Of two processes that
    /// rotate at once, one does: the other reads the set again.
    ///
    /// # Errors
    /// The store cannot write.
    pub async fn rotate_keys(
        &self,
        realm: &str,
        version: i64,
        changes: Vec<KeyChange>,
        now: i64,
    ) -> Result<bool, Fault> {
        self.change_keys(realm, KeyChanges { version, changes, condition: None, revoked: None }, now).await
    }

    /// As [`Store::rotate_keys`], on a further condition and with a revocation in the same transaction. A revocation of a
    /// key that is revoked already, and nothing else, changes nothing.
    ///
    /// # Errors
    /// The store cannot write.
    pub async fn change_keys(&self, realm: &str, wanted: KeyChanges, now: i64) -> Result<bool, Fault> {
        let (realm, audit) = (realm.to_owned(), self.audit.clone());
        write!(self, Several, |tx| {
            let log = AuditLog::open(tx, audit.as_deref()).await?;
            let was = if log.is_kept() { Some(shown(&set(tx, &realm).await?, None)) } else { None };
            if wanted.changes.is_empty()
                && let Some(kid) = &wanted.revoked
                && revocations::known(tx, &realm, RevocationKind::Key, kid).await?.is_some()
            {
                return Ok(Undo(true));
            }
            // An update, not a read: whoever changes it meanwhile waits for the end of this transaction.
            if let Some((name, sealed)) = &wanted.condition
                && tx.execute(Statement::ReplaceSealed, values![*name, sealed, sealed]).await? == 0
            {
                return Ok(Undo(false));
            }
            let mine = match wanted.version {
                0 => tx.execute(Statement::StartKeySet, values![&realm]).await?,
                version => tx.execute(Statement::NextKeySet, values![&realm, version]).await?,
            };
            if mine == 0 {
                return Ok(Undo(false));
            }
            for change in &wanted.changes {
                apply(tx, &realm, change, now).await?;
            }
            if let Some(kid) = &wanted.revoked {
                revocations::put(tx, &realm, RevocationKind::Key, kid, FOREVER, FOREVER, now).await?;
            }
            note(tx, ChangeKind::Keys, &realm, &realm, now).await?;
            // Also where it is by age, which is nobody's act.
            if let Some(event) = rotated(&wanted) {
                events::raise(tx, &realm, &event, now).await?;
            }
            if let Some(was) = was {
                let values = Values::change(was, shown(&set(tx, &realm).await?, wanted.revoked.as_deref()));
                log.write(tx, &realm, &Subject::new(SubjectKind::Realm, &realm), values, now).await?;
            }
            Ok(Keep(true))
        })
    }

    /// Whether a realm has or had a key of this id.
    ///
    /// # Errors
    /// The store cannot read.
    pub async fn had_key(&self, realm: &str, kid: &str) -> Result<bool, Fault> {
        read!(self, |tx| {
            Ok(tx.optional(Statement::HadKey, values![realm, kid], |row| row.int_or_null(0)).await?.is_some())
        })
    }

    /// Whether some client of a realm wants something signed with this algorithm.
    ///
    /// # Errors
    /// The store cannot read.
    pub async fn is_signing_asked(&self, realm: &str, algorithm: Algorithm) -> Result<bool, Fault> {
        let id_tokens = format!("%\"id_token_signing\":\"{algorithm}\"%");
        let others = format!("%signed_response_alg\":\"{algorithm}\"%");
        read!(self, |tx| {
            let with = values![realm, id_tokens.as_str(), others.as_str()];
            Ok(tx.optional(Statement::SomeClientWith, with, |row| row.int(0)).await?.is_some())
        })
    }

    /// The keys that are in the key sets of all realms, behind this realm and id, at most `limit`.
    ///
    /// # Errors
    /// The store cannot read.
    pub async fn keys_after(&self, realm: &str, kid: &str, limit: i64) -> Result<Vec<SigningKeyRow>, Fault> {
        read!(self, |tx| { tx.query(Statement::KeysAfter, values![realm, kid, limit], read_key).await })
    }

    /// Seals a signing key anew, where it is still sealed as it was read; whether it was. What it signs stays the same, so
    /// nobody needs to hear of it.
    ///
    /// # Errors
    /// The store cannot write.
    pub async fn reseal_key(&self, key: &SigningKeyRow, sealed: Vec<u8>) -> Result<bool, Fault> {
        let (realm, kid, before) = (key.realm.clone(), key.kid.clone(), key.sealed.clone());
        write!(self, Single, |tx| {
            Ok(Keep(tx.execute(Statement::ResealKey, values![&realm, &kid, &before, &sealed]).await? > 0))
        })
    }

    /// Puts another sealed secret in the place of `before`, where that is still there; whether it was. Followers hear of
    /// it as a change of keys of no realm. `told`: what an act's line says of the change, before and after; no secret.
    ///
    /// # Errors
    /// The store cannot write.
    pub async fn replace_sealed(
        &self,
        name: &str,
        before: &[u8],
        sealed: Vec<u8>,
        told: [serde_json::Value; 2],
        now: i64,
    ) -> Result<bool, Fault> {
        let (name, before, audit) = (name.to_owned(), before.to_vec(), self.audit.clone());
        write!(self, Several, |tx| {
            let log = AuditLog::open(tx, audit.as_deref()).await?;
            if tx.execute(Statement::ReplaceSealed, values![&name, &before, &sealed]).await? == 0 {
                return Ok(Undo(false));
            }
            note(tx, ChangeKind::Keys, "", &name, now).await?;
            let [was, is] = told.clone();
            log.write(tx, "", &Subject::new(SubjectKind::Database, &name), Values::change(was, is), now).await?;
            Ok(Keep(true))
        })
    }

    /// Stores another hash of the same secret, where `before` is still stored and the secret was not retired; whether so.
    ///
    /// # Errors
    /// The store cannot write.
    pub async fn rewrite_secret(
        &self,
        (realm, client, id): (&str, &str, &str),
        before: &[u8],
        hash: Vec<u8>,
        now: i64,
    ) -> Result<bool, Fault> {
        let (realm, client, id, before) = (realm.to_owned(), client.to_owned(), id.to_owned(), before.to_vec());
        write!(self, Several, |tx| {
            if tx.execute(Statement::RewriteSecret, values![&realm, &client, &id, &before, &hash]).await? == 0 {
                return Ok(Undo(false));
            }
            note(tx, ChangeKind::Client, &realm, &client, now).await?;
            Ok(Keep(true))
        })
    }

    /// Keeps a sealed secret of the server's own under a name, unless there is one; whichever is kept is returned.
    ///
    /// # Errors
    /// The store cannot write.
    pub async fn put_sealed_if_absent(&self, name: &str, sealed: Vec<u8>) -> Result<Vec<u8>, Fault> {
        let name = name.to_owned();
        write!(self, Several, |tx| {
            tx.execute(Statement::PutSealed, values![&name, &sealed]).await?;
            let kept = tx.optional(Statement::Sealed, values![&name], |row| Ok(row.bytes(0)?.to_vec())).await?;
            kept.map(Keep).ok_or_else(|| Fault::other("a sealed secret vanished"))
        })
    }

    /// The sealed secret of this name.
    ///
    /// # Errors
    /// The store cannot read.
    pub async fn sealed(&self, name: &str) -> Result<Option<Vec<u8>>, Fault> {
        read!(self, |tx| { tx.optional(Statement::Sealed, values![name], |row| Ok(row.bytes(0)?.to_vec())).await })
    }
}

async fn set(tx: &mut impl Tx, realm: &str) -> Result<KeySet, Fault> {
    // The version first: whoever changes the set meanwhile makes the rotation based on this one fail.
    let version = tx.optional(Statement::KeySetVersion, values![realm], |row| row.int(0)).await?;
    let keys = tx.query(Statement::Keys, values![realm], read_key).await?;
    Ok(KeySet { version: version.unwrap_or(0), keys })
}

/// What webhooks are told of a change: that other keys sign, or that one was revoked.
fn rotated(wanted: &KeyChanges) -> Option<Event> {
    let signs = |change: &KeyChange| match change {
        KeyChange::Activate { kid } => Some(kid.clone()),
        KeyChange::Add(row) => (row.state == KeyState::Active).then(|| row.kid.clone()),
        KeyChange::Retire { .. } | KeyChange::Remove { .. } => None,
    };
    let active: Vec<String> = wanted.changes.iter().filter_map(signs).collect();
    if active.is_empty() && wanted.revoked.is_none() {
        return None;
    }
    Some(Event::of_operators("key.rotated", serde_json::json!({ "active": active, "revoked": wanted.revoked })))
}

/// What a line of the audit log says of a realm's keys. `revoked`: the one that was revoked with the change.
fn shown(set: &KeySet, revoked: Option<&str>) -> serde_json::Value {
    let key = |key: &SigningKeyRow| json!({ "kid": key.kid, "alg": key.alg, "state": key.state.name() });
    let keys: Vec<_> = set.keys.iter().map(key).collect();
    match revoked {
        Some(kid) => json!({ "keys": keys, "revoked": kid }),
        None => json!({ "keys": keys }),
    }
}

async fn apply(tx: &mut impl Tx, realm: &str, change: &KeyChange, now: i64) -> Result<(), Fault> {
    match change {
        KeyChange::Add(key) => {
            let params = values![
                realm,
                &key.kid,
                &key.alg,
                &key.sealed,
                &key.public_jwk,
                key.state.name(),
                key.created_at,
                key.activates_at,
                key.retires_at,
            ];
            tx.execute(Statement::PutKey, params).await?
        }
        KeyChange::Activate { kid } => tx.execute(Statement::ActivateKey, values![realm, kid, now]).await?,
        KeyChange::Retire { kid } => tx.execute(Statement::RetireKey, values![realm, kid, now]).await?,
        KeyChange::Remove { kid } => tx.execute(Statement::RemoveKey, values![realm, kid, now, &[0u8; 0]]).await?,
    };
    Ok(())
}

fn read_key(row: &Row<'_>) -> Result<SigningKeyRow, Fault> {
    Ok(SigningKeyRow {
        realm: row.string(0)?,
        kid: row.string(1)?,
        alg: row.string(2)?,
        sealed: Masked(row.bytes(3)?.to_vec()),
        public_jwk: row.string(4)?,
        state: KeyState::parse(row.text(5)?)?,
        created_at: row.int(6)?,
        activates_at: row.int(7)?,
        retires_at: row.int_or_null(8)?,
    })
}
