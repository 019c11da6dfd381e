//! A realm's own colours, as the end of its style sheet.

use claviger_core::brand::Accent;

/// Sets the style sheet's colours, where `data-accent` is `name`, from one: the buttons have it as it is, and everything else is made of its hue, as light
/// or dark as the built-in hues are, so that what can be read in those can be read in this one.
pub fn rules(name: &str, accent: Accent) -> String {
    let [lightness, chroma, hue] = accent.oklch();
    let of = |lightness: f64, most: f64| format!("oklch({lightness:.3} {:.3} {hue:.1})", chroma.min(most));
    // Not so dark that a button is lost in a dark page, nor so light that its white text is.
    let dark = lightness.clamp(0.42, 0.505);
    format!(
        "\n@supports (color: oklch(0.5 0.1 0)) {{\n[data-accent=\"{name}\"] {{\n  --hue: {hue:.1};\n  --accent: {accent};\n  --accent-hover: {hover};\n  --accent-soft: {soft};\n  \
         --accent-text: {text};\n  --glow: {glow};\n}}\n@media (prefers-color-scheme: dark) {{\n  [data-accent=\"{name}\"] {{\n    \
         --accent: {dark_accent};\n    --accent-hover: {dark_hover};\n    --accent-soft: {dark_soft};\n    --accent-text: \
         {dark_text};\n    --glow: {dark_glow};\n  }}\n}}\n}}\n",
        hover = of((lightness - 0.06).max(0.0), chroma),
        soft = of(0.955, 0.022),
        text = of(lightness.min(0.46), 0.165),
        glow = of(0.925, 0.045),
        dark_accent = of(dark, 0.16),
        dark_hover = of(dark + 0.02, 0.16),
        dark_soft = of(0.3, 0.055),
        dark_text = of(0.79, 0.105),
        dark_glow = of(0.26, 0.06),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_buttons_have_the_realms_colour_and_the_rest_its_hue() {
        let rules = rules("own", Accent::parse("#0a5fb4").unwrap());
        assert_eq!(rules.matches("[data-accent=\"own\"] {").count(), 2);
        assert!(rules.contains("--accent: #0a5fb4;") && rules.contains("--hue: 254."), "{rules}");
        assert_eq!(rules.matches('{').count(), rules.matches('}').count());
        // Grey stays grey.
        let grey = super::rules("own", Accent::parse("#444444").unwrap());
        assert!(grey.contains("--accent-soft: oklch(0.955 0.000 "), "{grey}");
    }

    /// The relative luminance (WCAG 2.2) of a colour of `oklch()`, with what screens do not have cut off.
    fn luminance(text: &str) -> f64 {
        if let Some(accent) = Accent::parse(text) {
            return 1.05 / accent.contrast(Accent::WHITE) - 0.05;
        }
        let numbers = text.strip_prefix("oklch(").unwrap().strip_suffix(')').unwrap();
        let [light, chroma, hue] =
            <[f64; 3]>::try_from(numbers.split(' ').map(|n| n.parse().unwrap()).collect::<Vec<_>>()).unwrap();
        let (a, b) = (chroma * hue.to_radians().cos(), chroma * hue.to_radians().sin());
        let long = (light + 0.396_337_777_4 * a + 0.215_803_757_3 * b).powi(3);
        let middle = (light - 0.105_561_345_8 * a - 0.063_854_172_8 * b).powi(3);
        let short = (light - 0.089_484_177_5 * a - 1.291_485_548 * b).powi(3);
        let red = 4.076_741_662_1 * long - 3.307_711_591_3 * middle + 0.230_969_929_2 * short;
        let green = -1.268_438_004_6 * long + 2.609_757_401_1 * middle - 0.341_319_396_5 * short;
        let blue = -0.004_196_086_3 * long - 0.703_418_614_7 * middle + 1.707_614_701 * short;
        0.2126 * red.clamp(0.0, 1.0) + 0.7152 * green.clamp(0.0, 1.0) + 0.0722 * blue.clamp(0.0, 1.0)
    }

    fn contrast(one: &str, two: &str) -> f64 {
        let (one, two) = (luminance(one), luminance(two));
        (one.max(two) + 0.05) / (one.min(two) + 0.05)
    }

    #[test]
    fn whatever_colour_is_taken_its_text_can_be_read_on_the_ground_of_light_and_dark_pages() {
        for number in 0..729_u32 {
            let part = |at: u32| (number / 9_u32.pow(at) % 9 * 255 / 8).min(255);
            let colour = format!("#{:02x}{:02x}{:02x}", part(0), part(1), part(2));
            let accent = Accent::parse(&colour).unwrap().darkened();
            let hue = accent.oklch()[2];
            let rules = super::rules("own", accent);
            let of = |name: &str, at: usize| {
                let marked = format!(" --{name}: ");
                rules.split(&marked).nth(at + 1).unwrap().split(';').next().unwrap().to_owned()
            };
            // The grounds and surfaces of the style sheet.
            let light = ["#ffffff".to_owned(), format!("oklch(0.972 0.006 {hue:.1})"), of("accent-soft", 0)];
            let dark =
                [format!("oklch(0.22 0.016 {hue:.1})"), format!("oklch(0.175 0.014 {hue:.1})"), of("accent-soft", 1)];
            for (scheme, grounds) in [light, dark].iter().enumerate() {
                for ground in grounds {
                    let ratio = contrast(&of("accent-text", scheme), ground);
                    assert!(ratio >= 4.5, "{accent}: text on {ground} has {ratio:.2}");
                }
                let ratio = contrast(&of("accent", scheme), "#ffffff");
                assert!(ratio >= 4.49, "{accent}: white text on a button has {ratio:.2}");
            }
        }
    }
}
