//! What is kept of a passkey: sealed for its user, so that a row that somebody wrote into the database is none.

use crate::failure::Failure;
use crate::state::secrets::Secrets;
use claviger_core::crypto::sha256;
use claviger_core::jose::base64url;
use claviger_core::sign_in::FactorKind;
use claviger_core::webauthn::{Credential, Registered};
use claviger_store::{Factor, Masked};

/// The factor's id: of that of the credential (in base64url), which may be long.
pub(crate) fn factor_id(credential: &str) -> String {
    format!("passkey-{}", base64url(&sha256(credential.as_bytes())))
}

/// What is stored of a credential.
///
/// # Errors
/// The library fails.
pub(crate) fn seal(
    secrets: &Secrets,
    [realm, user, id]: [&str; 3],
    credential: &Credential,
) -> Result<Masked<Vec<u8>>, Failure> {
    Ok(Masked(secrets.seal_factor([realm, user, id], &serde_json::to_vec(credential)?)?))
}

/// The credential that was stored so; `None` where no key opens it, or it is another user's.
pub(crate) fn open(secrets: &Secrets, [realm, user]: [&str; 2], factor: &Factor) -> Option<Credential> {
    let opened = secrets.open_factor([realm, user, &factor.id], &factor.content)?;
    serde_json::from_slice(&opened).ok()
}

/// The credentials among these factors of a user.
pub(crate) fn all_of<'f>(
    secrets: &Secrets,
    owner: [&str; 2],
    factors: impl IntoIterator<Item = &'f Factor>,
) -> Vec<Credential> {
    let passkeys = factors.into_iter().filter(|factor| factor.kind == FactorKind::Passkey);
    passkeys.filter_map(|factor| open(secrets, owner, factor)).collect()
}

/// A passkey that was just made, as it is stored.
///
/// # Errors
/// The library fails.
pub(crate) fn factor(
    secrets: &Secrets,
    [realm, user]: [&str; 2],
    made: &Registered,
    label: String,
    now: i64,
) -> Result<Factor, Failure> {
    let id = factor_id(&made.credential.id);
    let content = seal(secrets, [realm, user, &id], &made.credential)?;
    let (kind, counter) = (FactorKind::Passkey, i64::from(made.counter));
    Ok(Factor { id, kind, label, content, counter, created_at: now, used_at: None })
}

#[cfg(test)]
mod tests {
    use super::*;
    use claviger_core::webauthn::CredentialKey;

    #[test]
    fn a_passkey_opens_for_its_user_in_its_realm_alone() {
        let secrets = Secrets::new(&[3; 32]);
        let credential = Credential {
            id: base64url(b"an id"),
            key: CredentialKey::EdDsa { x: base64url(&[5; 32]) },
            backup_eligible: true,
            backed_up: false,
            transports: vec!["usb".into()],
        };
        let made = Registered { credential: credential.clone(), counter: 7, verified: true };
        let factor = factor(&secrets, ["r", "u"], &made, "Key".into(), 5).unwrap();
        assert_eq!((factor.kind, factor.counter, factor.label.as_str()), (FactorKind::Passkey, 7, "Key"));
        assert!(!factor.content.0.windows(5).any(|part| part == b"EdDSA"), "it is sealed");
        assert_eq!(all_of(&secrets, ["r", "u"], [&factor]), [credential]);
        for other in [["s", "u"], ["r", "v"]] {
            assert!(all_of(&secrets, other, [&factor]).is_empty());
        }
    }
}
