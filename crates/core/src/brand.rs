//! How a realm looks, and where else it sends people: its accent, its logo, its links.

mod parts;

use crate::jose::{base64url, from_base64url};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
pub use parts::{Origin, Part, unreadable};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt;

/// The least contrast of text with what is behind it (WCAG 2.2, 1.4.3).
pub const LEAST_CONTRAST: f64 = 4.5;

/// What a realm's pages and mails show of it, beside its name.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Brand {
    /// What people read in place of the realm's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The colour of buttons and links; none: one that follows from the realm's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accent: Option<Accent>,
    /// The picture in place of initials.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logo: Option<Logo>,
    /// The mail address that people can ask.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<String>,
    /// Pages elsewhere.
    #[serde(default)]
    pub links: Links,
    /// What of it an operator set, because the file leaves it out.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub here: BTreeSet<Part>,
}

impl Brand {
    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Pages of the realm's own that its people may need: `https` addresses, or `mailto`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct Links {
    /// For whoever has forgotten their password.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub forgotten_password: Option<String>,
    /// Help.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// What is done with personal data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub privacy: Option<String>,
    /// The terms of use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub terms: Option<String>,
}

impl Links {
    /// Each with the key by which a realm file names it.
    pub fn named(&self) -> [(&'static str, Option<&str>); 4] {
        [
            ("forgotten-password", self.forgotten_password.as_deref()),
            ("help", self.help.as_deref()),
            ("privacy", self.privacy.as_deref()),
            ("terms", self.terms.as_deref()),
        ]
    }
}

/// A picture.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Logo {
    /// `image/svg+xml` and the like.
    pub media_type: String,
    /// Its bytes, in base64url without padding.
    pub data: String,
}

impl Logo {
    /// A picture of these bytes.
    pub fn new(media_type: &str, bytes: &[u8]) -> Self {
        Self { media_type: media_type.to_owned(), data: base64url(bytes) }
    }

    /// Its bytes; none where what is stored is damaged.
    pub fn bytes(&self) -> Option<Vec<u8>> {
        from_base64url(&self.data)
    }

    /// How many bytes it has.
    pub const fn len(&self) -> usize {
        self.data.len() * 3 / 4
    }

    /// Whether it has none.
    pub const fn is_empty(&self) -> bool {
        self.data.is_empty()
    }

    /// It as an address that holds all of it (RFC 2397).
    pub fn data_url(&self) -> Option<String> {
        Some(format!("data:{};base64,{}", self.media_type, STANDARD.encode(self.bytes()?)))
    }

    /// The picture that such an address holds.
    pub fn of_data_url(url: &str) -> Option<Self> {
        let (media_type, data) = url.strip_prefix("data:")?.split_once(";base64,")?;
        Some(Self::new(media_type, &STANDARD.decode(data).ok()?))
    }
}

impl fmt::Debug for Logo {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Logo({}, {} characters)", self.media_type, self.data.len())
    }
}

/// A colour of sRGB, spelled `#rrggbb`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Accent {
    red: u8,
    green: u8,
    blue: u8,
}

impl Accent {
    /// What white text is written in.
    pub const WHITE: Self = Self { red: 255, green: 255, blue: 255 };

    /// What the built-in pages have where nobody says otherwise.
    pub const USUAL: Self = Self { red: 0x4a, green: 0x3f, blue: 0xc4 };

    /// Reads `#rrggbb`, in either case.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6 && digits.is_ascii())?;
        let part = |at: usize| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok();
        digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then_some(())?;
        Some(Self { red: part(0)?, green: part(2)?, blue: part(4)? })
    }

    /// The contrast ratio with another colour, from 1 to 21 (WCAG 2.2, "contrast ratio").
    pub fn contrast(self, other: Self) -> f64 {
        let (one, two) = (self.luminance(), other.luminance());
        (one.max(two) + 0.05) / (one.min(two) + 0.05)
    }

    /// The lightest colour of the same hue that is no lighter than this one and on which white text can be read.
    #[must_use]
    pub fn darkened(self) -> Self {
        let most = 1.05 / LEAST_CONTRAST - 0.05;
        let share = (most / self.luminance().max(f64::MIN_POSITIVE)).min(1.0);
        let [red, green, blue] = self.linear().map(|part| encoded(part * share));
        Self { red, green, blue }
    }

    /// WCAG 2.2, "relative luminance".
    fn luminance(self) -> f64 {
        let [red, green, blue] = self.linear();
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }

    fn linear(self) -> [f64; 3] {
        [self.red, self.green, self.blue].map(|part| {
            let part = f64::from(part) / 255.0;
            if part <= 0.040_45 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        })
    }

    /// Lightness, chroma and hue in degrees of `oklch()` (CSS Color 4, 9.2).
    pub fn oklch(self) -> [f64; 3] {
        let [red, green, blue] = self.linear();
        let mix = |[r, g, b]: [f64; 3]| (r * red + g * green + b * blue).cbrt();
        let long = mix([0.412_221_470_8, 0.536_332_536_3, 0.051_445_992_9]);
        let middle = mix([0.211_903_498_2, 0.680_699_545_1, 0.107_396_956_6]);
        let short = mix([0.088_302_461_9, 0.281_718_837_6, 0.629_978_700_5]);
        let lightness = 0.210_454_255_3 * long + 0.793_617_785 * middle - 0.004_072_046_8 * short;
        let a = 1.977_998_495_1 * long - 2.428_592_205 * middle + 0.450_593_709_9 * short;
        let b = 0.025_904_037_1 * long + 0.782_771_766_2 * middle - 0.808_675_766 * short;
        [lightness, a.hypot(b), b.atan2(a).to_degrees().rem_euclid(360.0)]
    }
}

/// A linear part as sRGB has it, no lighter.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is between 0 and 255")]
fn encoded(linear: f64) -> u8 {
    let part = if linear <= 0.003_130_8 { linear * 12.92 } else { 1.055 * linear.powf(1.0 / 2.4) - 0.055 };
    (part * 255.0).floor().clamp(0.0, 255.0) as u8
}

impl fmt::Display for Accent {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "#{:02x}{:02x}{:02x}", self.red, self.green, self.blue)
    }
}

impl TryFrom<String> for Accent {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("a colour is written as #rrggbb")
    }
}

impl From<Accent> for String {
    fn from(accent: Accent) -> Self {
        accent.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accent(text: &str) -> Accent {
        Accent::parse(text).unwrap()
    }

    #[test]
    fn colours_are_read_and_spelled() {
        assert_eq!(accent("#0A5fb4").to_string(), "#0a5fb4");
        for wrong in ["", "0a5fb4", "#fff", "#0a5fb4ff", "#0a5fbg", "#+a5fb4", "red", "#é5fb4"] {
            assert!(Accent::parse(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn contrast_is_that_of_wcag() {
        for (one, two, expected) in
            [("#000000", "#ffffff", 21.0), ("#ffffff", "#ffffff", 1.0), ("#767676", "#ffffff", 4.54)]
        {
            assert!((accent(one).contrast(accent(two)) - expected).abs() < 0.01, "{one} on {two}");
            assert!((accent(two).contrast(accent(one)) - expected).abs() < 0.01, "{two} on {one}");
        }
    }

    #[test]
    fn hues_are_those_of_css() {
        for (colour, expected) in [
            ("#ff0000", [0.628, 0.258, 29.2]),
            ("#0000ff", [0.452, 0.313, 264.1]),
            ("#008000", [0.520, 0.177, 142.5]),
            ("#ffffff", [1.0, 0.0, f64::NAN]),
        ] {
            for (found, expected) in accent(colour).oklch().into_iter().zip(expected) {
                assert!(expected.is_nan() || (found - expected).abs() < 0.06, "{colour}: {found} {expected}");
            }
        }
    }
}
