//! The parts of a realm's looks, and where each comes from: its file, an operator, or nowhere.

use super::{Accent, Brand, LEAST_CONTRAST};
use serde::{Deserialize, Serialize};
use std::fmt;

/// One part of how a realm looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// What pages and mails call it, in place of its name.
    Name,
    /// The colour of buttons and links.
    Accent,
    /// The picture.
    Logo,
    /// The mail address that people can ask.
    Contact,
    /// The page for whoever has forgotten their password.
    ForgottenPassword,
    /// Help.
    Help,
    /// What is done with personal data.
    Privacy,
    /// The terms of use.
    Terms,
}

impl Part {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Name,
        Self::Accent,
        Self::Logo,
        Self::Contact,
        Self::ForgottenPassword,
        Self::Help,
        Self::Privacy,
        Self::Terms,
    ];

    /// As files, commands and the admin API spell it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Accent => "accent",
            Self::Logo => "logo",
            Self::Contact => "contact",
            Self::ForgottenPassword => "forgotten-password",
            Self::Help => "help",
            Self::Privacy => "privacy",
            Self::Terms => "terms",
        }
    }

    /// Whether it is a page elsewhere.
    pub const fn is_link(self) -> bool {
        matches!(self, Self::ForgottenPassword | Self::Help | Self::Privacy | Self::Terms)
    }
}

impl fmt::Display for Part {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl std::str::FromStr for Part {
    type Err = String;

    /// # Errors
    /// There is none of this name; says which there are.
    fn from_str(name: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|part| part.name() == name);
        found.ok_or_else(|| format!("there is: {}", Self::ALL.map(Self::name).join(", ")))
    }
}

/// Where a part comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// Nobody said it: it follows from the realm.
    Default,
    /// The realm's file says it.
    File,
    /// An operator set it, and the file leaves it out.
    Here,
}

impl Origin {
    /// As the admin API and commands spell it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::File => "file",
            Self::Here => "here",
        }
    }
}

impl Brand {
    /// Where a part comes from.
    pub fn origin(&self, part: Part) -> Origin {
        match (self.value(part), self.here.contains(&part)) {
            (None, _) => Origin::Default,
            (Some(_), true) => Origin::Here,
            (Some(_), false) => Origin::File,
        }
    }

    /// A part in words; a picture by what it is.
    pub fn value(&self, part: Part) -> Option<String> {
        match part {
            Part::Name => self.name.clone(),
            Part::Accent => self.accent.map(|accent| accent.to_string()),
            Part::Logo => self.logo.as_ref().map(|logo| format!("{}, {} bytes", logo.media_type, logo.len())),
            Part::Contact => self.contact.clone(),
            Part::ForgottenPassword => self.links.forgotten_password.clone(),
            Part::Help => self.links.help.clone(),
            Part::Privacy => self.links.privacy.clone(),
            Part::Terms => self.links.terms.clone(),
        }
    }

    /// Takes a part as another one has it.
    pub fn take(&mut self, part: Part, from: &Self) {
        match part {
            Part::Name => self.name.clone_from(&from.name),
            Part::Accent => self.accent = from.accent,
            Part::Logo => self.logo.clone_from(&from.logo),
            Part::Contact => self.contact.clone_from(&from.contact),
            Part::ForgottenPassword => self.links.forgotten_password.clone_from(&from.links.forgotten_password),
            Part::Help => self.links.help.clone_from(&from.links.help),
            Part::Privacy => self.links.privacy.clone_from(&from.links.privacy),
            Part::Terms => self.links.terms.clone_from(&from.links.terms),
        }
    }

    /// What a file says, with what operators set of `stored` where the file says nothing. What either was before that is no matter:
    /// to do it twice is to do it once.
    #[must_use]
    pub fn keeping(&self, stored: &Self) -> Self {
        let mut kept = self.clone();
        let nothing = Self::default();
        for part in std::mem::take(&mut kept.here) {
            kept.take(part, &nothing);
        }
        for part in stored.here.iter().copied() {
            if kept.value(part).is_none() && stored.value(part).is_some() {
                kept.take(part, stored);
                kept.here.insert(part);
            }
        }
        kept
    }
}

/// What is wrong with a colour: white text on it cannot be read. The nearest one of its hue on which it can is named.
pub fn unreadable(accent: Accent) -> Option<String> {
    let ratio = accent.contrast(Accent::WHITE);
    if ratio >= LEAST_CONTRAST {
        return None;
    }
    let ratio = (ratio * 100.0).floor() / 100.0;
    Some(format!(
        "white text on {accent} has a contrast of {ratio:.2}; WCAG 2.2 (1.4.3) asks for {LEAST_CONTRAST}: the nearest colour that has it is {}",
        accent.darkened()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::brand::Logo;

    fn accent(text: &str) -> Accent {
        Accent::parse(text).unwrap()
    }

    #[test]
    fn what_operators_set_stays_where_the_file_says_nothing() {
        let file = Brand { contact: Some("file@x.example".into()), ..Brand::default() };
        let stored = Brand {
            accent: Some(accent("#0a5fb4")),
            contact: Some("here@x.example".into()),
            logo: Some(Logo { media_type: "image/png".into(), data: "AAAA".into() }),
            here: [Part::Accent, Part::Contact, Part::Terms].into(),
            ..Brand::default()
        };
        let kept = file.keeping(&stored);
        assert_eq!(kept.origin(Part::Accent), Origin::Here);
        assert_eq!((kept.origin(Part::Contact), kept.contact.as_deref()), (Origin::File, Some("file@x.example")));
        assert_eq!(kept.origin(Part::Logo), Origin::Default, "the file had it, and has it no more");
        assert_eq!(kept.here, [Part::Accent].into(), "a part without a value is not set");
        assert_eq!(kept.keeping(&stored), kept);
        // It was set back meanwhile: what was read before does not bring it back.
        assert_eq!(kept.keeping(&Brand::default()), file);
    }

    #[test]
    fn an_unreadable_colour_is_told_with_its_ratio_and_the_nearest_readable_one() {
        assert_eq!(unreadable(accent("#0a5fb4")), None);
        let why = unreadable(accent("#4f9bff")).unwrap();
        assert!(why.contains("2.81") && why.contains("4.5"), "{why}");
        for colour in ["#4f9bff", "#ffffff", "#ffff00", "#777777", "#00ff00", "#ff8080", "#f0c0e0"] {
            let nearest = accent(colour).darkened();
            let ratio = nearest.contrast(Accent::WHITE);
            assert!((LEAST_CONTRAST..LEAST_CONTRAST + 0.15).contains(&ratio), "{colour} {nearest} {ratio}");
        }
        let [_, _, hue] = accent("#4f9bff").darkened().oklch();
        assert!((hue - accent("#4f9bff").oklch()[2]).abs() < 6.0, "the hue is the same: {hue}");
    }

    #[test]
    fn parts_are_read_by_their_names() {
        for part in Part::ALL {
            assert_eq!(part.name().parse(), Ok(part));
            assert_eq!(serde_json::to_value(part).unwrap(), part.name());
        }
        assert!("colour".parse::<Part>().unwrap_err().contains("accent"));
    }
}
