//! What is good for one use and carries its own name: the `jti` of an assertion or of a proof (RFC 7523 3, RFC 9449 11.1).
//!
//! A use is one insert whose row count is checked, in the transaction of what the use gives, or by itself where that writes
//! nothing. Whoever made the row has its mark in it, so that a second attempt at the very same use, after nobody heard how the
//! first one ended, is not taken for a second use.

use crate::statements::Statement;
use crate::tx::Tx;
use crate::value::{Value, values};
use crate::{Fault, Hash, Id};
use claviger_core::crypto::entropy::random_bytes;
use claviger_core::crypto::sha256;

/// What is used once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpendKind {
    /// By which a client authenticates (RFC 7523 2.2).
    ClientAssertion,
    /// For which a token is given (RFC 7523 2.1).
    Grant,
    /// That shows a key (RFC 9449 4).
    Proof,
    /// Which a passkey answers (Web Authentication 13.4.3).
    Challenge,
}

impl SpendKind {
    /// So that one name means another thing for another kind.
    const fn name(self) -> &'static str {
        match self {
            Self::ClientAssertion => "client assertion",
            Self::Grant => "assertion grant",
            Self::Proof => "proof",
            Self::Challenge => "passkey challenge",
        }
    }
}

/// One use.
#[derive(Debug, Clone)]
pub struct Spend {
    /// What is used.
    pub kind: SpendKind,
    /// Of realm, kind, issuer and name.
    digest: Hash,
    /// Who made the row.
    holder: Id,
    /// When it is good for nothing any more, and need not be remembered.
    expires_at: i64,
}

impl Spend {
    /// The use of `name`, which `issuer` gave it, in a realm; good until `expires_at`, in milliseconds.
    pub fn new(kind: SpendKind, realm: &str, issuer: &str, name: &str, expires_at: i64) -> Self {
        let mut text = Vec::with_capacity(64 + realm.len() + issuer.len() + name.len());
        for part in [realm, kind.name(), issuer, name] {
            text.extend_from_slice(&(part.len() as u64).to_be_bytes());
            text.extend_from_slice(part.as_bytes());
        }
        Self { kind, digest: sha256(&text), holder: random_bytes(), expires_at }
    }

    /// Names its row among the callers of one batch.
    pub(crate) fn row(&self) -> Id {
        self.digest.first_chunk().copied().unwrap_or_default()
    }

    pub(crate) fn values(&self) -> [Value<'_>; 3] {
        *values![&self.digest, &self.holder, self.expires_at]
    }
}

/// Uses up each of these; the kind of the first that was used before.
pub(crate) async fn all(tx: &mut impl Tx, spends: &[Spend]) -> Result<Option<SpendKind>, Fault> {
    // In one order, so that two who use the same never wait for each other.
    let mut sorted: Vec<&Spend> = spends.iter().collect();
    sorted.sort_unstable_by_key(|spend| spend.digest);
    for spend in sorted {
        if tx.execute(Statement::Spend, &spend.values()).await? == 0 {
            return Ok(Some(spend.kind));
        }
    }
    Ok(None)
}
