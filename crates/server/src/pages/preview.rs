//! How a sign-in page looks with a name, a colour and a logo: drawn as one picture, light and dark, so that a page's policy lets it be shown before
//! anything is set.

use super::brand::initials;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use claviger_core::brand::Accent;
use minijinja::HtmlEscape;

/// What the style sheet has where a realm has no colour of its own.
const USUAL: Accent = Accent::USUAL;

/// The picture as an address that holds it. `logo`: an address that holds one, too.
pub(crate) fn sign_in(name: &str, accent: Option<Accent>, logo: Option<&str>) -> String {
    let accent = accent.unwrap_or(USUAL);
    let [lightness, chroma, hue] = accent.oklch();
    let of = |lightness: f64, most: f64| format!("oklch({lightness:.3} {:.3} {hue:.1})", chroma.min(most));
    let light = Colours {
        ground: of(0.972, 0.006),
        surface: "#ffffff".to_owned(),
        ink: of(0.23, 0.03),
        button: accent.to_string(),
        link: of(lightness.min(0.46), 0.165),
    };
    let dark = Colours {
        ground: of(0.175, 0.014),
        surface: of(0.22, 0.016),
        ink: of(0.95, 0.006),
        button: of(lightness.clamp(0.42, 0.505), 0.16),
        link: of(0.79, 0.105),
    };
    let svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 640 220\" width=\"640\" height=\"220\" font-family=\"system-ui, sans-serif\">{}<g transform=\"translate(320 0)\">{}</g></svg>",
        card(name, &light, logo),
        card(name, &dark, logo)
    );
    format!("data:image/svg+xml;base64,{}", STANDARD.encode(svg))
}

struct Colours {
    ground: String,
    surface: String,
    ink: String,
    button: String,
    link: String,
}

fn card(name: &str, colours: &Colours, logo: Option<&str>) -> String {
    let Colours { ground, surface, ink, button, link } = colours;
    let mark = match logo {
        Some(url) => format!(
            "<image x=\"44\" y=\"40\" width=\"110\" height=\"36\" preserveAspectRatio=\"xMinYMid meet\" href=\"{}\"/>",
            HtmlEscape(url)
        ),
        None => format!(
            "<rect x=\"44\" y=\"40\" width=\"36\" height=\"36\" rx=\"10\" fill=\"{button}\"/><text x=\"62\" y=\"63\" font-size=\"14\" font-weight=\"600\" text-anchor=\"middle\" fill=\"#ffffff\">{}</text>",
            HtmlEscape(&initials(name))
        ),
    };
    let name = HtmlEscape(name);
    format!(
        "<rect width=\"320\" height=\"220\" fill=\"{ground}\"/><rect x=\"24\" y=\"20\" width=\"272\" height=\"180\" rx=\"16\" fill=\"{surface}\"/>{mark}\
         <text x=\"44\" y=\"104\" font-size=\"16\" font-weight=\"600\" fill=\"{ink}\">{name}</text>\
         <rect x=\"44\" y=\"120\" width=\"232\" height=\"36\" rx=\"10\" fill=\"{button}\"/><circle cx=\"150\" cy=\"138\" r=\"3\" fill=\"#ffffff\"/>\
         <circle cx=\"160\" cy=\"138\" r=\"3\" fill=\"#ffffff\"/><circle cx=\"170\" cy=\"138\" r=\"3\" fill=\"#ffffff\"/>\
         <rect x=\"44\" y=\"172\" width=\"120\" height=\"4\" rx=\"2\" fill=\"{link}\"/>"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(name: &str, accent: Option<&str>, logo: Option<&str>) -> String {
        let url = sign_in(name, accent.and_then(Accent::parse), logo);
        let data = url.strip_prefix("data:image/svg+xml;base64,").unwrap();
        String::from_utf8(STANDARD.decode(data).unwrap()).unwrap()
    }

    #[test]
    fn the_picture_has_the_name_the_colour_and_the_logo_and_no_markup_of_others() {
        let svg = picture("A<b> & Co", Some("#0a5fb4"), None);
        assert!(
            svg.contains("fill=\"#0a5fb4\"") && svg.contains("A&lt;b&gt; &amp; Co") && !svg.contains("<image"),
            "{svg}"
        );
        let svg = picture("A", None, Some("data:image/png;base64,AAAA\"/><script>"));
        assert!(svg.contains("<image") && !svg.contains("<script>") && svg.contains(&USUAL.to_string()), "{svg}");
    }
}
