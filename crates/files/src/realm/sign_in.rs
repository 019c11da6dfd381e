//! What is asked of people beside a password.

use super::check::Check;
use crate::tree::Step;
use claviger_core::sign_in::{Demand, FactorKind};
use claviger_core::webauthn::RelyingParty;

/// Nobody is remembered for longer.
const LONGEST_REMEMBERED: i64 = 365 * 86_400;

/// No evidence of a consent is kept for longer after its end.
const LONGEST_EVIDENCE: i64 = 10 * 365 * 86_400;

fn at(key: &str) -> [Step<'_>; 2] {
    ["sign-in".into(), key.into()]
}

impl Check<'_> {
    pub(super) fn sign_in(&mut self) {
        let policy = self.raw.sign_in.clone();
        let acr = &policy.second_factor_acr;
        if acr.is_empty() || acr.len() > 200 || !acr.bytes().all(|byte| byte.is_ascii_graphic()) {
            let help = Some("like \"2\" or \"urn:example:mfa\"".to_owned());
            self.say(&at("second-factor-acr"), "`second-factor-acr` is one word of printable ASCII", help);
        }
        if *acr == self.raw.sessions.acr {
            let help = Some("take another word than [sessions] acr".to_owned());
            self.say(&at("second-factor-acr"), "a second factor would not be told from a password alone", help);
        }
        if policy.remember_browser_ttl.as_seconds() > LONGEST_REMEMBERED {
            self.say(&at("remember-browser-ttl"), "a browser is remembered for a year at most", None);
        }
        self.kinds(&at("second-factor-kinds"), &policy.second_factor_kinds);
        let issuer = &self.raw.realm.issuer;
        if policy.second_factor_kinds.contains(&FactorKind::Passkey) && RelyingParty::of_issuer(issuer).is_none() {
            let help =
                Some("browsers bind them to a host: an https address with a name, or http://localhost".to_owned());
            self.say(&at("second-factor-kinds"), "there are no passkeys at this issuer's address", help);
        }
        for (i, own) in policy.organisations.iter().enumerate() {
            let at = |key: &'static str| [Step::from("sign-in"), "organisation".into(), i.into(), key.into()];
            if !self.raw.organisation.iter().any(|known| known.id == own.id) {
                let names = self.raw.organisation.iter().map(|known| known.id.clone()).collect::<Vec<_>>();
                self.unknown(&at("id"), "organisation", &own.id, names.iter().map(String::as_str));
            }
            self.stricter(&at("second-factor"), own.second_factor);
            self.kinds(&at("second-factor-kinds"), &own.second_factor_kinds);
        }
        let clients: Vec<_> =
            self.raw.client.iter().map(|one| (one.second_factor, one.second_factor_kinds.clone())).collect();
        for (i, (demand, kinds)) in clients.into_iter().enumerate() {
            self.stricter(&["client".into(), i.into(), "second-factor".into()], demand);
            self.kinds(&["client".into(), i.into(), "second-factor-kinds".into()], &kinds);
        }
    }

    pub(super) fn account(&mut self) {
        if self.raw.account.consent_evidence_ttl.as_seconds() > LONGEST_EVIDENCE {
            let place = ["account".into(), "consent-evidence-ttl".into()];
            self.say(&place, "what people agreed to is kept for ten years at most", None);
        }
    }

    /// An organisation or a client asks for more than the realm, of what the realm has.
    fn stricter(&mut self, place: &[Step<'_>], demand: Demand) {
        if demand != Demand::None && !self.raw.sign_in.is_on() {
            let help = Some("[sign-in] second-factor = \"optional\" lets people have one".to_owned());
            self.say(place, "the realm has no second factors", help);
        }
    }

    /// Kinds that the realm has, of which one is more than a code for the case that all else is lost.
    fn kinds(&mut self, place: &[Step<'_>], kinds: &[FactorKind]) {
        let known = &self.raw.sign_in.second_factor_kinds;
        if let Some(kind) = kinds.iter().find(|kind| !known.contains(kind)) {
            let message = format!("the realm does not have `{}`", kind.name());
            self.say(place, message, Some("add it to [sign-in] second-factor-kinds, or leave it out".to_owned()));
        } else if !kinds.is_empty() && kinds.iter().all(|kind| *kind == FactorKind::RecoveryCode) {
            let help = Some(format!("add \"{}\"", FactorKind::Totp.name()));
            self.say(place, "recovery codes go with something that they recover", help);
        }
    }
}
