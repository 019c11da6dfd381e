//! QR codes, as one path of an SVG: no style and no script, so that the policy has nothing against them.

use qrcode::types::QrError;
use qrcode::{Color, EcLevel, QrCode as Code};
use serde::Serialize;
use std::fmt::Write as _;

use super::Masked;

/// How many modules stay empty around it (ISO/IEC 18004 6.3.8).
const QUIET: usize = 4;

/// A QR code, ready to be drawn.
#[derive(Debug, Clone, Serialize)]
pub struct QrCode {
    /// How many modules it is wide and high, with what stays empty around it.
    pub size: usize,
    /// Its dark modules, as the `d` of a path. They hold a secret.
    pub path: Masked,
}

impl QrCode {
    /// The code of a text.
    ///
    /// # Errors
    /// The text is too long.
    pub fn of(text: &str) -> Result<Self, QrError> {
        let code = Code::with_error_correction_level(text, EcLevel::M)?;
        let width = code.width();
        let mut path = String::new();
        for (row, colours) in code.to_colors().chunks(width).enumerate() {
            let mut column = 0;
            for run in colours.chunk_by(|one, other| one == other) {
                if run.first() == Some(&Color::Dark) {
                    // A String takes every write.
                    let _ = write!(path, "M{} {}h{}v1h-{}z", column + QUIET, row + QUIET, run.len(), run.len());
                }
                column += run.len();
            }
        }
        Ok(Self { size: width + 2 * QUIET, path: path.into() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_one_path_with_its_finders() {
        let code = QrCode::of("otpauth://totp/R:u?secret=ABC").unwrap();
        assert_eq!(code.size, 29 + 8);
        let path = code.path.reveal();
        assert!(path.starts_with("M4 4h7v1h-7z"), "{path}");
        assert!(path.chars().all(|letter| "Mhvz -0123456789".contains(letter)));
        assert!(format!("{code:?}").contains("***"));
        assert!(QrCode::of(&"x".repeat(5000)).is_err());
    }
}
