//! In which encoding a list is written, and its text.
//!
//! A byte order mark says it, and so do bytes that are text in one encoding only. A short list in GBK may be valid UTF-8
//! by chance (two hanzi of two bytes each are then two or three other letters, `½־ǿ` for 陆志强), and only a person can
//! tell; such a list is not guessed at.

use std::io::{self, BufRead, BufReader, Read};

use encoding_rs::{Decoder, DecoderResult, GB18030, UTF_8, UTF_16BE, UTF_16LE};
use serde::{Deserialize, Serialize};

use super::Unreadable;

/// How the characters of a list are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Encoding {
    /// UTF-8, which spreadsheets call “CSV UTF-8”.
    #[value(name = "utf-8", alias = "utf8")]
    #[serde(rename = "utf-8")]
    Utf8,
    /// GB18030, of which GBK and GB2312 are parts: what a Chinese spreadsheet calls “CSV”.
    #[value(name = "gb18030", alias = "gbk", alias = "gb2312")]
    #[serde(rename = "gb18030")]
    Gb18030,
    /// UTF-16, low byte first, which spreadsheets call “Unicode text”.
    #[value(name = "utf-16", alias = "utf-16le")]
    #[serde(rename = "utf-16")]
    Utf16,
    /// UTF-16, high byte first.
    #[value(name = "utf-16be")]
    #[serde(rename = "utf-16be")]
    Utf16Big,
}

impl Encoding {
    /// Finds the encoding of bytes, which are read to their end.
    pub(super) fn find(bytes: impl Read) -> Result<Self, Unreadable> {
        let mut bytes = BufReader::new(bytes);
        let start = bytes.fill_buf().map_err(Unreadable::Read)?;
        match start {
            // Without a mark, the first letter of an English title tells it.
            [0xff, 0xfe, ..] | [1..=0x7f, 0, 1..=0xff, ..] => return Ok(Self::Utf16),
            [0xfe, 0xff, ..] | [0, 1..=0x7f, ..] => return Ok(Self::Utf16Big),
            _ => {}
        }
        let marked = start.starts_with(&[0xef, 0xbb, 0xbf]);
        let mut seen = Survey { utf8: true, gb18030: !marked, doubt: None };
        let mut line = Vec::new();
        for number in 1.. {
            line.clear();
            let read = bytes.by_ref().take(MAX_LINE).read_until(b'\n', &mut line);
            match read.map_err(Unreadable::Read)? {
                0 => break,
                n if n as u64 == MAX_LINE => return Err(Unreadable::LongLine { line: number }),
                _ => seen.look_at(&line, number)?,
            }
        }
        seen.verdict()
    }

    /// Text of the bytes, with line feeds alone as line ends, the last one included, and without a byte order mark.
    pub(super) fn decode<R: Read>(self, bytes: R) -> Decoded<R> {
        let encoding = match self {
            Self::Utf8 => UTF_8,
            Self::Gb18030 => GB18030,
            Self::Utf16 => UTF_16LE,
            Self::Utf16Big => UTF_16BE,
        };
        Decoded {
            bytes,
            decoder: encoding.new_decoder_with_bom_removal(),
            raw: vec![0; CHUNK],
            text: String::new(),
            at: 0,
            lines: 0,
            last: '\n',
            state: State::Reading,
        }
    }
}

/// What the lines so far can be.
struct Survey {
    utf8: bool,
    gb18030: bool,
    /// A cell that could be either.
    doubt: Option<(String, String)>,
}

impl Survey {
    fn look_at(&mut self, line: &[u8], number: u64) -> Result<(), Unreadable> {
        if line.is_ascii() {
            return Ok(());
        }
        self.utf8 &= std::str::from_utf8(line).is_ok();
        self.gb18030 = self.gb18030 && gb18030(line).is_some();
        if !self.utf8 && !self.gb18030 {
            return Err(Unreadable::NoText { line: number });
        }
        if self.utf8 && self.gb18030 && self.doubt.is_none() {
            self.doubt = line.split(|b| b",;\t\"\r\n".contains(b)).find_map(doubtful);
        }
        Ok(())
    }

    fn verdict(self) -> Result<Encoding, Unreadable> {
        match (self.utf8, self.gb18030, self.doubt) {
            (true, true, Some((utf8, gb18030))) => Err(Unreadable::Ambiguous { utf8, gb18030 }),
            (true, ..) => Ok(Encoding::Utf8),
            (false, ..) => Ok(Encoding::Gb18030),
        }
    }
}

/// Both readings of a cell, where either may be meant: as UTF-8 it has letters that are not Chinese, or as GBK all of it
/// is ordinary hanzi. UTF-8 of Chinese text that GBK reads as hanzi at all is nearly always read as rare ones.
fn doubtful(cell: &[u8]) -> Option<(String, String)> {
    if cell.is_ascii() {
        return None;
    }
    let (utf8, gb) = (std::str::from_utf8(cell).ok()?, gb18030(cell)?);
    let chinese = utf8.chars().any(is_han) && utf8.chars().all(is_chinese);
    (!chinese || is_ordinary_gbk(cell)).then(|| (start(utf8), start(&gb)))
}

fn start(text: &str) -> String {
    circuits::typed::visible(text.trim()).take(SAMPLE).collect()
}

fn gb18030(bytes: &[u8]) -> Option<String> {
    GB18030.decode_without_bom_handling_and_without_replacement(bytes).map(std::borrow::Cow::into_owned)
}

fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

/// Hanzi, and what stands beside them in a Chinese text: its punctuation, full-width forms, the dot in names.
fn is_chinese(c: char) -> bool {
    c.is_ascii()
        || is_han(c)
        || matches!(c, '\u{b7}' | '\u{2010}'..='\u{2027}' | '\u{2e80}'..='\u{30ff}' | '\u{ff00}'..='\u{ffef}')
}

/// Whether all that is not ASCII are hanzi of GB2312: lead bytes from B0 to F7, second bytes from A1.
fn is_ordinary_gbk(cell: &[u8]) -> bool {
    let mut bytes = cell.iter();
    while let Some(lead) = bytes.next() {
        let ordinary = lead.is_ascii()
            || ((0xb0..=0xf7).contains(lead) && bytes.next().is_some_and(|second| *second >= 0xa1));
        if !ordinary {
            return false;
        }
    }
    true
}

/// Bytes of a line at most.
const MAX_LINE: u64 = 1 << 20;
/// Bytes decoded at once.
const CHUNK: usize = 16 * 1024;
/// Characters of a cell that a question shows.
const SAMPLE: usize = 24;

/// See [`Encoding::decode`].
pub(super) struct Decoded<R> {
    bytes: R,
    decoder: Decoder,
    raw: Vec<u8>,
    text: String,
    /// How far `text` was given out.
    at: usize,
    /// Line ends so far.
    lines: u64,
    /// The last character of the bytes so far.
    last: char,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Reading,
    Ended,
}

impl<R: Read> Read for Decoded<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while self.at == self.text.len() {
            if self.state == State::Ended {
                return Ok(0);
            }
            self.fill()?;
        }
        let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
        let n = rest.len().min(out.len());
        let (given, from) = (out.split_at_mut(n).0, rest.split_at(n).0);
        given.copy_from_slice(from);
        self.at += n;
        Ok(n)
    }
}

impl<R: Read> Decoded<R> {
    fn fill(&mut self) -> io::Result<()> {
        let n = self.bytes.read(&mut self.raw)?;
        let mut text = String::new();
        let raw = self.raw.get(..n).unwrap_or_default();
        text.reserve(self.decoder.max_utf8_buffer_length_without_replacement(n).unwrap_or(4 * CHUNK));
        let (result, _) = self.decoder.decode_to_string_without_replacement(raw, &mut text, n == 0);
        if result != DecoderResult::InputEmpty {
            let line = self.lines + 1 + text.matches('\n').count() as u64;
            return Err(io::Error::new(io::ErrorKind::InvalidData, NoTextAt(line)));
        }
        self.text.clear();
        self.at = 0;
        for c in text.chars() {
            match (self.last, c) {
                ('\r', '\n') => {}
                (_, '\r' | '\n') => self.text.push('\n'),
                (_, c) => self.text.push(c),
            }
            self.last = c;
        }
        if n == 0 {
            self.state = State::Ended;
            if !matches!(self.last, '\r' | '\n') {
                self.text.push('\n');
            }
        }
        self.lines += self.text.matches('\n').count() as u64;
        Ok(())
    }
}

/// The bytes of this line are no text in the encoding.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("line {0} is not text in this encoding")]
pub(super) struct NoTextAt(pub(super) u64);
