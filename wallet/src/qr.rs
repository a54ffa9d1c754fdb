//! QR codes: drawn on a terminal, as SVG and as PNG; read from a picture.

use std::io::Cursor;

use image::codecs::png::PngEncoder;
use image::imageops::FilterType;
use image::{DynamicImage, ExtendedColorType, GrayImage, ImageEncoder as _, ImageError, ImageReader, Limits};
use qrcode::render::svg;
use qrcode::render::unicode::Dense1x2;
use qrcode::{Color, EcLevel, QrCode};
use rqrr::PreparedImage;

/// A QR code at level M.
pub(crate) struct Code(QrCode);

impl Code {
    /// `None` if the text does not fit.
    pub(crate) fn new(text: &str) -> Option<Self> {
        QrCode::with_error_correction_level(text, EcLevel::M).ok().map(Self)
    }

    /// In half blocks, dark on light whatever the terminal's colours.
    pub(crate) fn terminal(&self) -> String {
        self.0.render::<Dense1x2>().dark_color(Dense1x2::Light).light_color(Dense1x2::Dark).build()
    }

    pub(crate) fn svg(&self) -> String {
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
        let width = self.0.width();
        let modules = self.0.to_colors();
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

/// Why a picture gives no link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PictureError {
    /// Neither PNG nor JPEG, or damaged.
    #[error("the file is not a PNG or JPEG picture, or it is damaged")]
    NotAPicture,
    /// More pixels than are decoded.
    #[error("the picture has more pixels than this program decodes")]
    TooManyPixels,
    /// No QR code was found.
    #[error("no QR code was found in the picture")]
    NoCode,
    /// A QR code was found that cannot be read.
    #[error("the QR code in the picture cannot be read")]
    Unreadable,
    /// Which one is meant is not known.
    #[error("there are several QR codes in the picture")]
    Several,
}

impl PictureError {
    /// Its code, which names its sentence on the pages.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::NotAPicture => "not_a_picture",
            Self::TooManyPixels => "picture_too_large",
            Self::NoCode => "no_code",
            Self::Unreadable => "code_unreadable",
            Self::Several => "several_codes",
        }
    }
}

/// The text of the one QR code in a PNG or JPEG picture.
///
/// Photographs are looked at smaller first: that is quicker, and noise disappears.
pub(crate) fn read_picture(picture: &[u8]) -> Result<String, PictureError> {
    let picture = decode(picture)?;
    let mut found = Err(PictureError::NoCode);
    for edge in EDGES {
        found = read_codes(shrunk(&picture, edge));
        if matches!(found, Ok(_) | Err(PictureError::Several))
            || picture.width().max(picture.height()) <= edge
        {
            break;
        }
    }
    found
}

/// Bounded before anything is allocated for the pixels.
fn decode(picture: &[u8]) -> Result<DynamicImage, PictureError> {
    let mut reader = ImageReader::new(Cursor::new(picture))
        .with_guessed_format()
        .map_err(|_| PictureError::NotAPicture)?;
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_EDGE);
    limits.max_image_height = Some(MAX_EDGE);
    limits.max_alloc = Some(MAX_PIXEL_BYTES);
    reader.limits(limits);
    reader.decode().map_err(|error| match error {
        ImageError::Limits(_) => PictureError::TooManyPixels,
        _ => PictureError::NotAPicture,
    })
}

fn shrunk(picture: &DynamicImage, edge: u32) -> GrayImage {
    let smaller = picture.width().max(picture.height()) > edge;
    if smaller { picture.resize(edge, edge, FilterType::Triangle).to_luma8() } else { picture.to_luma8() }
}

fn read_codes(picture: GrayImage) -> Result<String, PictureError> {
    let width = picture.width() as usize;
    let height = picture.height() as usize;
    let pixels = picture.into_raw();
    let at = |x: usize, y: usize| pixels.get(y * width + x).copied().unwrap_or(u8::MAX);
    let mut prepared = PreparedImage::prepare_from_greyscale(width, height, at);
    let grids = prepared.detect_grids();
    let mut texts: Vec<String> = grids.iter().filter_map(|grid| Some(grid.decode().ok()?.1)).collect();
    texts.sort_unstable();
    texts.dedup();
    match (texts.len(), grids.len()) {
        (1, _) => texts.pop().ok_or(PictureError::Unreadable),
        (0, 0) => Err(PictureError::NoCode),
        (0, _) => Err(PictureError::Unreadable),
        _ => Err(PictureError::Several),
    }
}

/// Modules of white around a code (ISO/IEC 18004).
const QUIET: usize = 4;
/// The longer edge at each look, pixels.
const EDGES: [u32; 3] = [900, 1800, 3600];
const MAX_EDGE: u32 = 12_000;
/// Enough for the 48 megapixels of a telephone.
const MAX_PIXEL_BYTES: u64 = 192 * 1024 * 1024;

#[cfg(test)]
mod tests {
    use image::Luma;

    use super::*;

    /// As long as an answer with one credential.
    fn text() -> String {
        let base45 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
        format!("yong:1:{}", base45.chars().cycle().take(362).collect::<String>())
    }

    fn read(width: usize, height: usize, grey: impl FnMut(usize, usize) -> u8) -> String {
        let mut image = PreparedImage::prepare_from_greyscale(width, height, grey);
        let [grid] = &image.detect_grids()[..] else { panic!("not one code") };
        grid.decode().unwrap().1
    }

    #[test]
    fn the_picture_is_read_back() {
        let png = Code::new(&text()).unwrap().png(8).unwrap();
        let picture = image::load_from_memory(&png).unwrap().into_luma8();
        let width = picture.width() as usize;
        let height = picture.height() as usize;
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

    fn png(text: &str, scale: usize) -> Vec<u8> {
        Code::new(text).unwrap().png(scale).unwrap()
    }

    #[test]
    fn the_text_of_a_clean_and_of_a_dim_tilted_picture_is_read() {
        let text =
            "openid4vp://?client_id=x509_hash%3Aabc&request_uri=http%3A%2F%2F127.0.0.1%3A7003%2Frequest%2F1";
        assert_eq!(read_picture(&png(text, 4)).unwrap(), text);
        assert_eq!(read_picture(&photograph(text)).unwrap(), text);
    }

    #[test]
    fn what_is_no_picture_or_has_no_code_is_told_apart() {
        assert_eq!(read_picture(b"%PDF-1.7").err(), Some(PictureError::NotAPicture));
        let whole = png("yong", 4);
        assert_eq!(read_picture(&whole[..whole.len() / 2]).err(), Some(PictureError::NotAPicture));
        assert_eq!(read_picture(&blank(200, 200)).err(), Some(PictureError::NoCode));
    }

    #[test]
    fn two_codes_are_not_guessed_between() {
        let one = image::load_from_memory(&png("one", 6)).unwrap().to_luma8();
        let two = image::load_from_memory(&png("two", 6)).unwrap().to_luma8();
        let mut both = GrayImage::from_pixel(one.width() * 2, one.height(), Luma([255]));
        image::imageops::overlay(&mut both, &one, 0, 0);
        image::imageops::overlay(&mut both, &two, i64::from(one.width()), 0);
        assert_eq!(read_picture(&encoded(&both)).err(), Some(PictureError::Several));
    }

    #[test]
    fn a_small_file_with_endless_pixels_is_refused_before_they_are_in_memory() {
        assert_eq!(read_picture(&blank(MAX_EDGE + 1, 1)).err(), Some(PictureError::TooManyPixels));
        let mut header = blank(8, 8);
        // The header of a PNG says 11,000 by 11,000 pixels of sixteen bits in four channels.
        header[16..20].copy_from_slice(&11_000u32.to_be_bytes());
        header[20..24].copy_from_slice(&11_000u32.to_be_bytes());
        header[24..26].copy_from_slice(&[16, 6]);
        let crc = crc(&header[12..29]);
        header[29..33].copy_from_slice(&crc.to_be_bytes());
        assert_eq!(read_picture(&header).err(), Some(PictureError::TooManyPixels));
    }

    /// Grey on grey, with an uneven edge, and larger than the first look.
    fn photograph(text: &str) -> Vec<u8> {
        let code = image::load_from_memory(&png(text, 12)).unwrap().to_luma8();
        let mut picture = GrayImage::from_pixel(2_400, 2_000, Luma([150]));
        for (x, y, pixel) in code.enumerate_pixels() {
            let shade = 60 + pixel.0[0] / 3 + ((x * 7 + y * 13) % 9) as u8;
            picture.put_pixel(700 + x + y / 40, 500 + y, Luma([shade]));
        }
        encoded(&picture)
    }

    fn blank(width: u32, height: u32) -> Vec<u8> {
        encoded(&GrayImage::from_pixel(width, height, Luma([255])))
    }

    fn encoded(picture: &GrayImage) -> Vec<u8> {
        let mut png = Vec::new();
        PngEncoder::new(&mut png)
            .write_image(picture, picture.width(), picture.height(), ExtendedColorType::L8)
            .unwrap();
        png
    }

    fn crc(bytes: &[u8]) -> u32 {
        let step = |crc: u32, _| if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 };
        !bytes.iter().fold(u32::MAX, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), step))
    }
}
