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
}
