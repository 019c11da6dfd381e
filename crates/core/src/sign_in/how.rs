//! How somebody signed in.

use super::FactorKind;
use crate::realm::Realm;
use serde::{Deserialize, Serialize};

/// What somebody proved beside their password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Proved {
    /// A code that changes with the time.
    Totp,
    /// A code that was shown once.
    RecoveryCode,
    /// A passkey.
    Passkey(PasskeyUse),
}

/// How a passkey was used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PasskeyUse {
    /// The authenticator knew its user, by a PIN or a part of them.
    pub verified: bool,
    /// It may be copied to other devices of its user, so that no single piece of hardware has it.
    pub synced: bool,
}

impl Proved {
    /// What kind of factor that is.
    pub const fn kind(self) -> FactorKind {
        match self {
            Self::Totp => FactorKind::Totp,
            Self::RecoveryCode => FactorKind::RecoveryCode,
            Self::Passkey(_) => FactorKind::Passkey,
        }
    }

    /// RFC 8176 2: a passkey proves that somebody has a key, and that somebody was there.
    const fn words(self) -> &'static [&'static str] {
        match self {
            Self::Totp | Self::RecoveryCode => &["otp"],
            Self::Passkey(PasskeyUse { synced: false, .. }) => &["hwk", "pop", "user"],
            Self::Passkey(PasskeyUse { synced: true, .. }) => &["swk", "pop", "user"],
        }
    }

    /// Whether it is two factors by itself.
    const fn is_two(self) -> bool {
        matches!(self, Self::Passkey(PasskeyUse { verified: true, .. }))
    }
}

/// How somebody signed in; kept with the session. The default is: with a password, and nothing else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct How {
    /// With a password.
    pub password: bool,
    /// At a provider, in place of a password: its id in the realm.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// What else they proved.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub proved: Vec<Proved>,
    /// When they proved that last, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proved_at: Option<i64>,
    /// In a browser in which they are not asked again; that counts for what is required, and is no proof.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub remembered: bool,
    /// `acr`, where somebody else signed them in and says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acr: Option<String>,
    /// `amr`, likewise.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub amr: Vec<String>,
}

impl Default for How {
    fn default() -> Self {
        Self {
            password: true,
            provider: None,
            proved: Vec::new(),
            proved_at: None,
            remembered: false,
            acr: None,
            amr: Vec::new(),
        }
    }
}

/// What tokens say of a sign-in.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Proof {
    /// How strong it was (OpenID Connect Core 2).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acr: Option<String>,
    /// What it was made of (RFC 8176).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub amr: Vec<String>,
}

impl How {
    /// The same with one thing more proved at `now`.
    #[must_use]
    pub fn with(mut self, proved: Proved, now: i64) -> Self {
        if !self.proved.contains(&proved) {
            self.proved.push(proved);
        }
        self.proved_at = Some(now);
        self
    }

    /// Whether somebody else signed them in.
    pub fn is_told(&self) -> bool {
        self.acr.is_some() || !self.amr.is_empty()
    }

    /// Whether what they proved here came behind something else: a password, or a provider's word.
    const fn has_first(&self) -> bool {
        self.password || self.provider.is_some()
    }

    /// Whether there were two factors: something beside the first one, or a passkey that knew its user.
    fn has_several(&self) -> bool {
        self.has_first() && !self.proved.is_empty() || self.proved.iter().any(|proved| proved.is_two())
    }

    /// How strong it is: 1 for a password or a provider alone, 2 with a second factor.
    pub fn level(&self, realm: &Realm) -> usize {
        let told = self.acr.as_deref().and_then(|acr| realm.level_of(acr)).unwrap_or_default();
        let several = self.amr.iter().any(|word| word == "mfa") || self.has_several();
        told.max(if several { 2 } else { 1 })
    }

    /// Whether it has one of these kinds, as far as one is asked for because it is required.
    pub fn meets(&self, realm: &Realm, kinds: &[FactorKind]) -> bool {
        let proved = self.proved.iter().any(|proved| kinds.contains(&proved.kind()));
        proved || self.remembered || self.is_told() && self.level(realm) > 1
    }

    /// What it was made of (RFC 8176). There is no word for a provider: where it tells nothing that is believed, nothing is told.
    pub fn amr(&self) -> Vec<String> {
        let first = (self.password && self.amr.is_empty()).then_some("pwd");
        let proved = self.proved.iter().flat_map(|proved| proved.words()).copied();
        let several = self.has_several().then_some("mfa");
        let mut words = self.amr.clone();
        for word in first.into_iter().chain(proved).chain(several) {
            if !words.iter().any(|known| known == word) {
                words.push(word.to_owned());
            }
        }
        words
    }

    /// The realm's word for it.
    pub fn acr<'a>(&'a self, realm: &'a Realm) -> Option<&'a str> {
        match &self.acr {
            Some(told) => Some(told),
            // A realm that has no word for it says the strongest that it has.
            None => realm.acr_values().into_iter().take(self.level(realm)).next_back(),
        }
    }

    /// What tokens say of it; `asked`: the words that the request would rather hear, of which the strongest is told that is true.
    pub fn proof(&self, realm: &Realm, asked: &[String]) -> Proof {
        let level = self.level(realm);
        let fitting = asked.iter().filter_map(|word| Some((realm.level_of(word)?, word)));
        let best = fitting.filter(|(wanted, _)| *wanted <= level).max_by_key(|(wanted, _)| *wanted);
        let acr = best.map(|(_, word)| word.as_str()).filter(|_| self.acr.is_none()).or_else(|| self.acr(realm));
        Proof { acr: acr.map(str::to_owned), amr: self.amr() }
    }
}
