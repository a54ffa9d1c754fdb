//! A QR code on a terminal, as SVG and as PNG.

use image::codecs::png::PngEncoder;
use image::{ExtendedColorType, ImageEncoder as _, ImageError};
use qrcode::render::svg;
use qrcode::render::unicode::Dense1x2;
use qrcode::{Color, EcLevel, QrCode};

/// Modules of white around the code (ISO/IEC 18004).
const QUIET: usize = 4;

/// A QR code at level M.
pub(crate) struct Code(QrCode);

impl Code {
    /// `None` if the text does not fit.
    pub(crate) fn new(text: &str) -> Option<Self> {
        QrCode::with_error_correction_level(text, EcLevel::M).ok().map(Self)
    }

    /// In half blocks, dark on light whatever the terminal's colours.
    pub(super) fn terminal(&self) -> String {
        self.0.render::<Dense1x2>().dark_color(Dense1x2::Light).light_color(Dense1x2::Dark).build()
    }

    pub(super) fn svg(&self) -> String {
        self.0.render::<svg::Color<'_>>().quiet_zone(true).min_dimensions(480, 480).build()
    }

    /// In grey, one byte a pixel, `scale` pixels a module.
    pub(crate) fn png(&self, scale: usize) -> Result<Vec<u8>, ImageError> {
        let (side, pixels) = self.pixels(scale);
        let mut bytes = Vec::new();
        PngEncoder::new(&mut bytes).write_image(&pixels, side, side, ExtendedColorType::L8)?;
        Ok(bytes)
    }

    /// The side in pixels, and the pixels row by row.
    fn pixels(&self, scale: usize) -> (u32, Vec<u8>) {
        let (width, modules) = (self.0.width(), self.0.to_colors());
        let side = (width + 2 * QUIET) * scale;
        let dark = |pixel: usize| (pixel / scale).checked_sub(QUIET).filter(|module| *module < width);
        let shade = |x: usize, y: usize| {
            let module = dark(y).zip(dark(x)).and_then(|(row, column)| modules.get(row * width + column));
            if module == Some(&Color::Dark) { 0 } else { u8::MAX }
        };
        let pixels = (0..side).flat_map(|y| (0..side).map(move |x| (x, y))).map(|(x, y)| shade(x, y));
        // A code has at most 177 modules a side.
        (side as u32, pixels.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As long as an answer with one credential.
    fn text() -> String {
        let base45 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
        format!("yong:1:{}", base45.chars().cycle().take(362).collect::<String>())
    }

    fn read(width: usize, height: usize, grey: impl FnMut(usize, usize) -> u8) -> String {
        let mut image = rqrr::PreparedImage::prepare_from_greyscale(width, height, grey);
        let [grid] = &image.detect_grids()[..] else { panic!("not one code") };
        grid.decode().unwrap().1
    }

    #[test]
    fn the_picture_is_read_back() {
        let png = Code::new(&text()).unwrap().png(8).unwrap();
        let picture = image::load_from_memory(&png).unwrap().into_luma8();
        let (width, height) = (picture.width() as usize, picture.height() as usize);
        assert_eq!(read(width, height, |x, y| picture.get_pixel(x as u32, y as u32).0[0]), text());
    }

    /// The drawing's path has a square `M x y h n v n H x V y` for each dark module.
    #[test]
    fn the_drawing_is_read_back() {
        let svg = Code::new(&text()).unwrap().svg();
        let side: usize = between(&svg, "width=\"", "\"").parse().unwrap();
        let mut pixels = vec![u8::MAX; side * side];
        for square in between(&svg, " d=\"", "\"").split('M').skip(1) {
            let numbers: Vec<usize> = square
                .split(|c: char| !c.is_ascii_digit())
                .filter(|n| !n.is_empty())
                .map(|n| n.parse().unwrap())
                .collect();
            let [x, y, width, height, ..] = numbers[..] else { panic!("not a square: {square}") };
            for row in y..y + height {
                pixels[row * side + x..row * side + x + width].fill(0);
            }
        }
        assert_eq!(read(side, side, |x, y| pixels[y * side + x]), text());
    }

    fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
        text.split_once(before).unwrap().1.split_once(after).unwrap().0
    }

    #[test]
    fn the_terminal_shows_half_as_many_lines_as_modules_and_a_text_that_is_too_long_has_no_code() {
        let code = Code::new(&text()).unwrap();
        let lines = code.terminal().lines().count();
        assert_eq!(lines, (code.0.width() + 2 * QUIET).div_ceil(2));
        assert!(Code::new(&"x".repeat(5000)).is_none());
    }
}
