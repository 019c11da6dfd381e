//! Codes that change with the time (RFC 6238, on RFC 4226): what authenticator apps show.
//!
//! SHA-1, six digits, thirty seconds: the one choice that every app knows. HMAC-SHA-1 is not touched by what is known against
//! SHA-1 (RFC 4226 7.2, RFC 6151 by analogy), and the code is good for a minute and a half.

use crate::crypto::hmac_sha1;
use crate::params::form_encode;
use data_encoding::BASE32_NOPAD;
use std::fmt;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// How long a step is, in milliseconds (RFC 6238 4.1).
const STEP: i64 = 30_000;
/// How many steps a clock may be off, either way (RFC 6238 5.2).
const SKEW: i64 = 1;
/// How many digits a code has.
pub const DIGITS: usize = 6;

/// What an authenticator app and the server share.
pub struct TotpSecret(Zeroizing<Vec<u8>>);

impl TotpSecret {
    /// So many bytes: as many as SHA-1 has (RFC 4226 4, R6).
    pub const LENGTH: usize = 20;

    /// From bytes.
    pub fn new(bytes: &[u8]) -> Self {
        Self(Zeroizing::new(bytes.to_vec()))
    }

    /// Its bytes, to be sealed.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// As people type it: base32 in groups of four.
    pub fn text(&self) -> Zeroizing<String> {
        let plain = Zeroizing::new(BASE32_NOPAD.encode(&self.0));
        let mut grouped = Zeroizing::new(String::with_capacity(plain.len() + plain.len() / 4));
        for (at, letter) in plain.chars().enumerate() {
            if at > 0 && at % 4 == 0 {
                grouped.push(' ');
            }
            grouped.push(letter);
        }
        grouped
    }

    /// The address that is in the QR code, as apps read it: `issuer` and `account` say whose it is.
    pub fn uri(&self, issuer: &str, account: &str) -> Zeroizing<String> {
        let mut label = String::new();
        form_encode(&mut label, "l", &format!("{issuer}:{account}"));
        let mut query = Zeroizing::new(String::new());
        form_encode(&mut query, "secret", &BASE32_NOPAD.encode(&self.0));
        form_encode(&mut query, "issuer", issuer);
        let label = label.trim_start_matches("l=").replace('+', "%20");
        Zeroizing::new(format!("otpauth://totp/{label}?{}", query.replace('+', "%20")))
    }

    /// The step whose code this is, of those that are good at `now`; behind `last`, the newest step whose code was used.
    pub fn step_of(&self, code: &str, now: i64, last: i64) -> Option<i64> {
        let present = now.div_euclid(STEP);
        // All are looked at, so that the time tells nothing.
        let fits = |step: &i64| self.code(*step).as_bytes().ct_eq(code.as_bytes()).into();
        let fitting: Vec<i64> = (present - SKEW..=present + SKEW).filter(fits).collect();
        fitting.into_iter().find(|step| *step > last)
    }

    /// The code of a step (RFC 4226 5.3).
    pub fn code(&self, step: i64) -> String {
        let mac = hmac_sha1(&self.0, &step.to_be_bytes());
        let offset = mac.last().map_or(0, |last| usize::from(last & 15));
        let four = mac.get(offset..).and_then(|rest| rest.first_chunk::<4>()).copied().unwrap_or_default();
        let number = u32::from_be_bytes(four) & 0x7fff_ffff;
        format!("{:06}", number % 1_000_000)
    }

    /// The step of a time, in milliseconds.
    pub const fn step_at(now: i64) -> i64 {
        now.div_euclid(STEP)
    }
}

impl fmt::Debug for TotpSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TotpSecret(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238 appendix B, the last six of the eight digits; and RFC 4226 appendix D.
    #[test]
    fn the_vectors_of_the_standards() {
        let secret = TotpSecret::new(b"12345678901234567890");
        for (seconds, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(secret.code(TotpSecret::step_at(seconds * 1000)), code, "{seconds}");
        }
        let hotp = ["755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489"];
        for (counter, code) in (0..).zip(hotp) {
            assert_eq!(secret.code(counter), code, "{counter}");
        }
    }

    #[test]
    fn a_code_is_good_a_step_early_and_late_and_only_behind_the_last_used() {
        let secret = TotpSecret::new(&[7; TotpSecret::LENGTH]);
        let now = 1_800_000_000_000;
        let step = TotpSecret::step_at(now);
        for (at, good) in [(-2, false), (-1, true), (0, true), (1, true), (2, false)] {
            let found = secret.step_of(&secret.code(step + at), now, 0);
            assert_eq!(found, good.then_some(step + at), "{at}");
        }
        assert_eq!(secret.step_of(&secret.code(step), now, step), None, "used");
        assert_eq!(secret.step_of(&secret.code(step + 1), now, step), Some(step + 1));
        for wrong in ["", "12345", "1234567", "abcdef"] {
            assert_eq!(secret.step_of(wrong, now, 0), None, "{wrong}");
        }
    }

    #[test]
    fn apps_and_people_can_read_it() {
        let secret = TotpSecret::new(b"12345678901234567890");
        assert_eq!(secret.text().as_str(), "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ");
        assert_eq!(
            secret.uri("Harbour & Co", "ada@example.com").as_str(),
            "otpauth://totp/Harbour%20%26%20Co%3Aada%40example.com\
             ?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Harbour%20%26%20Co"
        );
        assert_eq!(format!("{secret:?}"), "TotpSecret(***)");
    }
}
