//! QR codes as SVG, to be put into a page as they are.

use qrcode::render::svg;
use qrcode::types::QrError;
use qrcode::{EcLevel, QrCode};

/// `text` as an SVG element with a quiet zone, black on white.
///
/// # Errors
/// More text than a QR code of version 40 holds at level M.
pub fn qr_svg(text: &str) -> Result<String, QrError> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M)?;
    let image = code.render::<svg::Color<'_>>().quiet_zone(true).min_dimensions(320, 320).build();
    // The XML declaration has no place inside a page.
    Ok(image.split_once("?>").map_or(image.clone(), |(_, element)| element.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_element_begins_with_svg_and_too_much_text_is_an_error() {
        assert!(qr_svg("yong").expect("short").starts_with("<svg"));
        assert!(qr_svg(&"x".repeat(5_000)).is_err());
    }
}
