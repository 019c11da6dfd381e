//! `[brand]`: how a realm looks.

use super::check::Check;
use super::entries::BrandEntry;
use super::url;
use crate::document::at;
use claviger_core::brand::{Accent, Brand, LEAST_CONTRAST, Logo};
use claviger_core::jose::base64url;
use claviger_core::user::is_mail_address;
use std::path::Path;

/// It is read with each page of the realm that is not in somebody's cache.
const LARGEST_LOGO: usize = 64 * 1024;

/// The pictures that browsers show, and how they are told by the file's name.
const PICTURES: [(&str, &str); 5] = [
    ("svg", "image/svg+xml"),
    ("png", "image/png"),
    ("webp", "image/webp"),
    ("jpg", "image/jpeg"),
    ("jpeg", "image/jpeg"),
];

impl BrandEntry {
    /// What it comes to; a logo is read by [`logo`].
    pub(super) fn brand(&self) -> Brand {
        Brand {
            accent: self.accent.as_deref().and_then(Accent::parse),
            logo: None,
            contact: self.contact.clone(),
            links: self.links.clone(),
        }
    }
}

/// Reads the picture `name` of `folder`; a text that begins with `<svg` is the picture itself.
///
/// # Errors
/// What is wrong with it, in words that follow its name.
pub(super) fn logo(folder: &Path, name: &str) -> Result<Logo, String> {
    if name.trim_start().starts_with("<svg") {
        return picture("image/svg+xml", name.trim().as_bytes());
    }
    let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).unwrap_or_default();
    let Some((_, media_type)) = PICTURES.iter().find(|(known, _)| *known == ending) else {
        return Err("is no picture that browsers show; it ends in .svg, .png, .webp or .jpg".to_owned());
    };
    let bytes = std::fs::read(folder.join(name)).map_err(|error| format!("cannot be read: {error}"))?;
    picture(media_type, &bytes)
}

fn picture(media_type: &str, bytes: &[u8]) -> Result<Logo, String> {
    if bytes.is_empty() || bytes.len() > LARGEST_LOGO {
        return Err(format!("has {} bytes; a logo has 1 to {LARGEST_LOGO}", bytes.len()));
    }
    Ok(Logo { media_type: media_type.to_owned(), data: base64url(bytes) })
}

impl Check<'_> {
    /// The colour can be read upon, and the links lead somewhere.
    pub(super) fn brand(&mut self) {
        let raw = self.raw;
        match raw.brand.accent.as_deref().map(Accent::parse) {
            Some(None) => {
                let help = Some("like \"#0a5fb4\"".to_owned());
                self.say(at!["brand", "accent"], "a colour is written as #rrggbb", help);
            }
            Some(Some(accent)) if accent.contrast(Accent::WHITE) < LEAST_CONTRAST => {
                let ratio = (accent.contrast(Accent::WHITE) * 100.0).floor() / 100.0;
                let message = format!(
                    "white text on {accent} has a contrast of {ratio:.2}; WCAG 2.2 (1.4.3) asks for {LEAST_CONTRAST}"
                );
                self.say(at!["brand", "accent"], message, Some("take a darker one".to_owned()));
            }
            _ => {}
        }
        if raw.brand.contact.as_ref().is_some_and(|contact| !is_mail_address(contact)) {
            self.say(at!["brand", "contact"], "this is not a mail address", None);
        }
        for (key, link) in raw.brand.links.named() {
            let Some(link) = link else { continue };
            if let Some(message) = wrong_link(link) {
                self.say(at!["brand", "links", key], message, Some("like \"https://acme.example/help\"".to_owned()));
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
}
