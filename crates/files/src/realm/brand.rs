//! `[brand]`: how a realm looks.

use super::check::Check;
use super::entries::BrandEntry;
use super::url;
use crate::document::at;
use crate::picture::{self, LARGEST_LOGO, NoPicture};
use claviger_core::brand::{Accent, Brand, Logo, Part, unreadable};
use claviger_core::text::{NOT_A_NAME, is_name};
use claviger_core::user::is_mail_address;
use std::path::Path;

/// The largest file that a picture may be in, in bytes; of what is drawn of it less is kept.
pub const LARGEST_PICTURE: usize = 512 * 1024;
/// The longest name, in characters.
const LONGEST_NAME: usize = 60;

const SVG: &str = "image/svg+xml";

/// The pictures that browsers show, and how they are told by the file's name.
const PICTURES: [(&str, &str); 5] =
    [("svg", SVG), ("png", "image/png"), ("webp", "image/webp"), ("jpg", "image/jpeg"), ("jpeg", "image/jpeg")];

impl BrandEntry {
    /// What it comes to; a logo is read by [`logo`].
    pub(super) fn brand(&self) -> Brand {
        Brand {
            name: self.name.clone(),
            accent: self.accent.as_deref().and_then(Accent::parse),
            contact: self.contact.clone(),
            links: self.links.clone(),
            ..Brand::default()
        }
    }
}

/// Whether a `logo` names no file: it is a picture that is drawn anew, in an address of its own.
pub(super) fn is_drawn_address(logo: &str) -> bool {
    logo.starts_with("data:image/") && !logo.starts_with("data:image/svg")
}

/// Reads the picture `name` of `folder`; a text that begins with `<svg` is the picture itself, and an address `data:` holds it. An SVG stays as it
/// is: whoever writes the file answers for it. Everything else is drawn anew.
///
/// # Errors
/// What is wrong with it, in words that follow its name.
pub(super) fn logo(folder: &Path, name: &str) -> Result<Logo, String> {
    if name.trim_start().starts_with("<svg") {
        return vector(name.trim().as_bytes());
    }
    if name.starts_with("data:") {
        let held = Logo::of_data_url(name)
            .ok_or("is no address that holds a picture: data:image/png;base64, and its bytes")?;
        let bytes = held.bytes().unwrap_or_default();
        return if held.media_type == SVG { vector(&bytes) } else { drawn_logo(&bytes) };
    }
    let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).unwrap_or_default();
    let Some((_, media_type)) = PICTURES.iter().find(|(known, _)| *known == ending) else {
        return Err("is no picture that browsers show; it ends in .svg, .png, .webp or .jpg".to_owned());
    };
    let bytes = std::fs::read(folder.join(name)).map_err(|error| format!("cannot be read: {error}"))?;
    if *media_type == SVG { vector(&bytes) } else { drawn_logo(&bytes) }
}

fn vector(bytes: &[u8]) -> Result<Logo, String> {
    if bytes.is_empty() || bytes.len() > LARGEST_LOGO {
        return Err(format!("has {} bytes; an SVG has 1 to {LARGEST_LOGO}", bytes.len()));
    }
    Ok(Logo::new(SVG, bytes))
}

/// A realm's logo of the bytes of a PNG, JPEG or WebP, drawn anew.
///
/// # Errors
/// It is none, or too large; what is wrong, in words that follow what it is called.
pub fn drawn_logo(bytes: &[u8]) -> Result<Logo, String> {
    if bytes.is_empty() || bytes.len() > LARGEST_PICTURE {
        return Err(format!("has {} bytes; a picture has 1 to {LARGEST_PICTURE}: save it smaller", bytes.len()));
    }
    let png = picture::logo(bytes).map_err(|error| match error {
        NoPicture::Format => "is neither PNG nor JPEG nor WebP: save it as one of these".to_owned(),
        NoPicture::Unreadable(error) => {
            format!("cannot be drawn ({error}): save it anew, with 2048 pixels a side at most")
        }
    })?;
    Ok(Logo::new("image/png", &png))
}

/// What is wrong with a part of a realm's looks that is a text, and an example of one that is not.
pub fn wrong_part(part: Part, text: &str) -> Option<(String, Option<&'static str>)> {
    match part {
        Part::Name if text.trim().is_empty() || text.chars().count() > LONGEST_NAME => {
            Some((format!("a name has 1 to {LONGEST_NAME} characters"), None))
        }
        Part::Name => (!is_name(text)).then(|| (NOT_A_NAME.to_owned(), None)),
        Part::Accent => match Accent::parse(text) {
            None => Some(("a colour is written as #rrggbb".to_owned(), Some("like \"#0a5fb4\""))),
            Some(accent) => unreadable(accent).map(|why| (why, None)),
        },
        Part::Contact => (!is_mail_address(text)).then(|| ("this is not a mail address".to_owned(), None)),
        Part::Logo => None,
        Part::ForgottenPassword | Part::Help | Part::Privacy | Part::Terms => {
            wrong_link(text).map(|why| (why.to_owned(), Some("like \"https://acme.example/help\"")))
        }
    }
}

impl Check<'_> {
    /// The colour can be read upon, and the links lead somewhere.
    pub(super) fn brand(&mut self) {
        let brand = &self.raw.brand;
        let texts = [
            (Part::Name, brand.name.as_deref()),
            (Part::Accent, brand.accent.as_deref()),
            (Part::Contact, brand.contact.as_deref()),
            (Part::ForgottenPassword, brand.links.forgotten_password.as_deref()),
            (Part::Help, brand.links.help.as_deref()),
            (Part::Privacy, brand.links.privacy.as_deref()),
            (Part::Terms, brand.links.terms.as_deref()),
        ];
        for (part, text) in texts {
            let Some((message, help)) = text.and_then(|text| wrong_part(part, text)) else { continue };
            let help = help.map(str::to_owned);
            if part.is_link() {
                self.say(at!["brand", "links", part.name()], message, help);
            } else {
                self.say(at!["brand", part.name()], message, help);
            }
        }
    }
}

fn wrong_link(link: &str) -> Option<&'static str> {
    if let Some(address) = link.strip_prefix("mailto:") {
        return (!is_mail_address(address)).then_some("this is not a mail address");
    }
    if link.chars().any(|c| c.is_whitespace() || c.is_control() || "\"<>\\".contains(c)) {
        return Some("a link has no spaces, quotes and angle brackets");
    }
    let origin = link.split_once("://").map(|(scheme, rest)| {
        let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
        format!("{scheme}://{host}")
    });
    match origin.as_deref().map(url::parse) {
        Some(Ok(parts)) if parts.https || parts.is_loopback() => None,
        Some(Ok(_)) => Some("a link begins with https://"),
        _ => Some("this is not an address"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_leads_to_https_this_machine_or_a_mail_address() {
        for good in [
            "https://acme.example/help?a=b#c",
            "https://acme.example",
            "mailto:help@acme.example",
            "http://localhost:8080/x",
        ] {
            assert_eq!(wrong_link(good), None, "{good}");
        }
        for wrong in
            ["", "help", "javascript:alert(1)", "data:text/html,x", "http://acme.example/", "https://a b/", "mailto:x"]
        {
            assert!(wrong_link(wrong).is_some(), "{wrong}");
        }
    }

    #[test]
    fn a_logo_is_a_picture_of_its_own_or_beside_the_file() {
        let here = Path::new("");
        assert_eq!(
            logo(here, "<svg/>\n").unwrap(),
            Logo { media_type: "image/svg+xml".into(), data: "PHN2Zy8-".into() }
        );
        assert!(logo(here, "logo.exe").unwrap_err().contains(".svg"));
        assert!(logo(here, "no-such.png").unwrap_err().contains("cannot be read"));
        assert!(logo(here, &format!("<svg>{}</svg>", "x".repeat(LARGEST_LOGO))).unwrap_err().contains("65536"));
    }

    #[test]
    fn every_picture_but_an_svg_is_drawn_anew_whatever_it_is_called() {
        let folder = claviger_testing::folder::Folder::new("logo");
        let here = folder.path();
        let mut png = std::io::Cursor::new(Vec::new());
        image::RgbaImage::new(8, 8).write_to(&mut png, image::ImageFormat::Png).unwrap();
        let mut png = png.into_inner();
        png.extend_from_slice(b"<script>");
        std::fs::write(here.join("logo.jpg"), &png).unwrap();
        std::fs::write(here.join("logo.png"), "<svg/>").unwrap();
        let drawn = logo(here, "logo.jpg").unwrap();
        assert_eq!(drawn.media_type, "image/png");
        assert!(!drawn.bytes().unwrap().windows(8).any(|some| some == b"<script>"));
        assert!(logo(here, "logo.png").unwrap_err().contains("neither PNG nor JPEG nor WebP"));
        let address = drawn.data_url().unwrap();
        assert!(is_drawn_address(&address) && !is_drawn_address("data:image/svg+xml;base64,PHN2Zy8+"));
        assert_eq!(logo(here, &address).unwrap(), drawn, "drawn again, it is the same");
        let large = vec![0; LARGEST_PICTURE + 1];
        assert!(drawn_logo(&large).unwrap_err().contains("524288"));
    }
}
