//! What is made for a user: the secret of an authenticator app, and codes for the case that all else is lost.

use crate::failure::Failure;
use crate::people::browser::Browser;
use crate::people::sealed;
use crate::state::State;
use crate::state::secrets::Secrets;
use crate::state::sites::Site;
use claviger_core::crypto::entropy::random_bytes;
use claviger_core::crypto::sha256;
use claviger_core::jose::base64url;
use claviger_core::sign_in::FactorKind;
use claviger_core::totp::TotpSecret;
use claviger_store::{Factor, Masked};
use data_encoding::Encoding;
use serde::{Deserialize, Serialize};
use std::sync::LazyLock;
use zeroize::Zeroizing;

const PURPOSE: &str = "an authenticator that is being set up";
/// How long a secret is shown, in milliseconds.
const PATIENCE: i64 = 1_800_000;
/// How many recovery codes there are.
const CODES: usize = 10;

/// Letters and digits that nobody takes for another one (Crockford's base32), in lower case.
static LETTERS: LazyLock<Option<Encoding>> = LazyLock::new(|| {
    let mut alphabet = data_encoding::Specification::new();
    alphabet.symbols.push_str("0123456789abcdefghjkmnpqrstvwxyz");
    alphabet.encoding().ok()
});

/// A secret that a page shows, and that nobody has confirmed yet. It travels sealed; nothing is stored.
#[derive(Serialize, Deserialize)]
pub(crate) struct Shown {
    user: String,
    secret: Vec<u8>,
    at: i64,
}

impl Shown {
    /// A new one for a user.
    pub(crate) fn new(user: &str, now: i64) -> Self {
        Self { user: user.to_owned(), secret: random_bytes::<{ TotpSecret::LENGTH }>().to_vec(), at: now }
    }

    /// The secret.
    pub(crate) fn secret(&self) -> TotpSecret {
        TotpSecret::new(&self.secret)
    }

    /// What travels.
    ///
    /// # Errors
    /// The library fails.
    pub(crate) fn seal(&self, state: &State, site: &Site, browser: &Browser) -> Result<String, Failure> {
        sealed::seal(self, PURPOSE, &site.realm.id, browser, &state.secrets, state.clock.now())
    }

    /// Reads what came back; `None` where it is over, or another user's.
    pub(crate) fn open(text: &str, state: &State, site: &Site, browser: &Browser, user: &str) -> Option<Self> {
        let opened: Self = sealed::open(text, PURPOSE, &site.realm.id, browser, &state.secrets)?;
        (opened.user == user && state.clock.now() - opened.at <= PATIENCE).then_some(opened)
    }
}

/// An authenticator app as it is stored; `step`: whose code confirmed it, which is used by that.
///
/// # Errors
/// The library fails.
pub(crate) fn authenticator(
    secrets: &Secrets,
    (realm, user): (&str, &str),
    secret: &TotpSecret,
    step: i64,
    now: i64,
) -> Result<Factor, Failure> {
    let digest = sha256(secret.expose());
    let id = format!("totp-{}", base64url(digest.get(..9).unwrap_or_default()));
    let content = Masked(secrets.seal_factor([realm, user, &id], secret.expose())?);
    let (kind, label) = (FactorKind::Totp, String::new());
    Ok(Factor { id, kind, label, content, counter: step, created_at: now, used_at: Some(now) })
}

/// The secret of an authenticator app that was stored so.
pub(crate) fn secret_of(secrets: &Secrets, (realm, user): (&str, &str), factor: &Factor) -> Option<TotpSecret> {
    let opened = secrets.open_factor([realm, user, &factor.id], &factor.content)?;
    Some(TotpSecret::new(&opened))
}

/// New recovery codes: as they are shown, and as they are stored.
pub(crate) fn recovery_codes(
    secrets: &Secrets,
    (realm, user): (&str, &str),
    now: i64,
) -> Vec<(Zeroizing<String>, Factor)> {
    let set = base64url(&random_bytes::<6>());
    (0..CODES).filter_map(|n| recovery_code(secrets, (realm, user), &format!("code-{set}-{n}"), now)).collect()
}

fn recovery_code(
    secrets: &Secrets,
    (realm, user): (&str, &str),
    id: &str,
    now: i64,
) -> Option<(Zeroizing<String>, Factor)> {
    // Ten letters: fifty bits.
    let random = Zeroizing::new(random_bytes::<10>());
    let mut plain = Zeroizing::new(LETTERS.as_ref()?.encode(random.as_slice()));
    plain.truncate(10);
    let content = Masked(secrets.client_secret_tag(&tagged((realm, user), &plain)));
    let (kind, label) = (FactorKind::RecoveryCode, String::new());
    let factor = Factor { id: id.to_owned(), kind, label, content, counter: 0, created_at: now, used_at: None };
    let (first, second) = plain.split_at_checked(5)?;
    Some((Zeroizing::new(format!("{first}-{second}")), factor))
}

/// The one of these recovery codes that was typed.
pub(crate) fn typed_code<'f>(
    secrets: &Secrets,
    owner: (&str, &str),
    factors: &[&'f Factor],
    typed: &str,
) -> Option<&'f Factor> {
    // As people read the letters that the alphabet leaves out.
    let plain: Zeroizing<String> = Zeroizing::new(
        typed
            .chars()
            .map(|letter| match letter.to_ascii_lowercase() {
                'o' => '0',
                'i' | 'l' => '1',
                other => other,
            })
            .collect(),
    );
    let tagged = tagged(owner, &plain);
    let mut tags = secrets.client_secret_tags(&tagged);
    let mut codes = factors.iter().filter(|factor| factor.kind == FactorKind::RecoveryCode);
    codes.find(|factor| tags.fits(&factor.content)).copied()
}

/// A code is its user's alone.
fn tagged((realm, user): (&str, &str), plain: &str) -> Zeroizing<String> {
    Zeroizing::new(format!("recovery code\0{realm}\0{user}\0{plain}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recovery_codes_are_found_as_people_type_them_and_are_their_users() {
        let secrets = Secrets::new(&[3; 32]);
        let made = recovery_codes(&secrets, ("r", "u"), 5);
        assert_eq!(made.len(), CODES);
        let factors: Vec<&Factor> = made.iter().map(|(_, factor)| factor).collect();
        for (shown, factor) in &made {
            assert!(shown.len() == 11 && !shown.contains(['i', 'l', 'o', 'u']), "{}", shown.as_str());
            let typed = shown.replace('-', "").to_uppercase().replace('0', "O").replace('1', "L");
            assert_eq!(typed_code(&secrets, ("r", "u"), &factors, &typed).unwrap().id, factor.id);
            assert!(typed_code(&secrets, ("r", "other"), &factors, &typed).is_none());
            assert!(typed_code(&secrets, ("other", "u"), &factors, &typed).is_none());
        }
        assert!(typed_code(&secrets, ("r", "u"), &factors, "").is_none());
    }

    #[test]
    fn the_secret_of_an_app_opens_for_its_user_alone() {
        let secrets = Secrets::new(&[3; 32]);
        let secret = Shown::new("u", 5).secret();
        let factor = authenticator(&secrets, ("r", "u"), &secret, 7, 5).unwrap();
        assert_eq!(secret_of(&secrets, ("r", "u"), &factor).unwrap().expose(), secret.expose());
        assert!(secret_of(&secrets, ("r", "other"), &factor).is_none());
        let moved = Factor { id: "totp-x".into(), ..factor.clone() };
        assert!(secret_of(&secrets, ("r", "u"), &moved).is_none());
        assert_eq!((factor.counter, factor.used_at), (7, Some(5)));
    }
}
