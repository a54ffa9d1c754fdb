//! Text whose source is a person's fingers, clipboard or scanner: which spellings mean the same, and which characters
//! cannot be seen.
//!
//! Codes, numbers and links are brought to one form by [`folded`], names by [`name`]. Neither is for passwords, and
//! neither is for bytes that a program wrote: those have one spelling.

use unicode_normalization::UnicodeNormalization;

use crate::schema::{hidden_name, is_private_use, is_variation_selector};

/// Bytes that one character of a code, number or link has in full width: so many times its own bound is the bound of what
/// is read before it is folded.
pub const FULL_WIDTH_BYTES: usize = 3;

/// The characters of a code, number or link as it is meant: Unicode NFKC (full-width letters and digits, the wide space,
/// circled digits), one hyphen and one colon for all that look so, the full stop of an input method as a point, and
/// nothing that cannot be seen, nor what chooses a shape. Line ends and tabs stay, because what they mean depends on the
/// code.
pub fn folded(text: &str) -> impl Iterator<Item = char> + '_ {
    let meant =
        |c: &char| matches!(c, '\t' | '\n' | '\r') || (hidden(*c).is_none() && !is_variation_selector(*c));
    text.nfkc().filter(meant).map(|c| match c {
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{2043}' | '\u{30fc}' => '-',
        '\u{2236}' | '\u{a789}' => ':',
        '\u{3002}' => '.',
        '\u{2044}' | '\u{2215}' => '/',
        other => other,
    })
}

/// [`folded`], without what stands before and after.
pub fn line(text: &str) -> String {
    folded(text).collect::<String>().trim().to_owned()
}

/// [`folded`], without any space, tab or line end: a number, or a code that has none.
pub fn compact(text: &str) -> String {
    folded(text).filter(|c| !c.is_whitespace()).collect()
}

/// What a text would be with Caps Lock off: a scanner that types for a keyboard writes each letter in its other case.
pub fn other_case(text: &str) -> String {
    let other = |c: char| {
        if c.is_ascii_lowercase() { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() }
    };
    text.chars().map(other).collect()
}

/// A link or a code in which letters of both cases matter: without any space, and with Caps Lock off where `start`, which
/// is in small letters, was typed in capitals.
pub fn cased(text: &str, start: &str) -> String {
    let text = compact(text);
    if text.starts_with(&start.to_ascii_uppercase()) { other_case(&text) } else { text }
}

/// Base45 (RFC 9285), which has no small letters, with what stands before it: in capitals, without line ends, and with
/// the dollar where an input method types the sign for yuan. A space may be a character of it, except at the end.
pub fn base45(text: &str) -> String {
    let kept = folded(text).filter(|c| !matches!(c, '\t' | '\n' | '\r'));
    let meant = kept.map(|c| match c {
        '\u{a5}' => '$',
        '\u{3001}' => '/',
        c => c.to_ascii_uppercase(),
    });
    meant.collect::<String>().trim().to_owned()
}

/// A name as it is kept: Unicode NFC, in which a compatibility ideograph (U+F900 to U+FAFF) is the unified one that it
/// stands for, and a radical (U+2F00 to U+2FD5, as copied from a PDF) is the ideograph that it looks like.
///
/// Not NFKC: that would also change what somebody's name may have, such as a superscript or a ligature, and names would
/// differ from the register's for no gain.
pub fn name(text: &str) -> String {
    text.trim().chars().map(radical).nfc().collect()
}

/// A radical is its ideograph; everything else is itself.
fn radical(c: char) -> char {
    match c {
        '\u{2e9f}' | '\u{2ef3}' | '\u{2f00}'..='\u{2fd5}' => std::iter::once(c).nfkc().next().unwrap_or(c),
        other => other,
    }
}

/// A character that cannot be seen, or makes others stand elsewhere than they are; `Display` names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hidden(char);

/// The first character of a text that cannot be seen where it stands.
pub fn first_hidden(text: &str) -> Option<Hidden> {
    judged(text).find_map(|(_, hidden)| hidden)
}

/// A text without the characters that cannot be seen.
pub fn visible(text: &str) -> impl Iterator<Item = char> {
    judged(text).filter(|(_, hidden)| hidden.is_none()).map(|(c, _)| c)
}

/// A text in which each character that cannot be seen is U+FFFD.
pub fn marked(text: &str) -> impl Iterator<Item = char> {
    judged(text).map(|(c, hidden)| if hidden.is_some() { '\u{fffd}' } else { c })
}

/// Each character with whether it cannot be seen. A variation selector is seen in the character before it, and by itself
/// not.
fn judged(text: &str) -> impl Iterator<Item = (char, Option<Hidden>)> {
    let mut has_shapes = false;
    text.chars().map(move |c| {
        let selects = is_variation_selector(c);
        let found = if selects && !has_shapes { Some(Hidden(c)) } else { hidden(c) };
        has_shapes = !selects && found.is_none() && !c.is_whitespace();
        (c, found)
    })
}

/// Whether a character cannot be seen: a control, a bidirectional control, one of no width, a filler, a tag, or the mark that
/// something could not be decoded. The one table of what people wrote or read: desks take into a name, and wallets and the
/// words of a policy show, what is not in it. What departments publish is for everybody's machine and is judged by
/// [`crate::schema::check_plain`], which takes neither private use nor variation selectors.
fn hidden(c: char) -> Option<Hidden> {
    name_of(c).filter(|_| !is_variation_selector(c) && !is_private_use(c)).map(|_| Hidden(c))
}

impl std::fmt::Display for Hidden {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "U+{:04X} {}", u32::from(self.0), name_of(self.0).unwrap_or("CHARACTER"))
    }
}

/// The name in the Unicode Character Database, or of the block.
fn name_of(c: char) -> Option<&'static str> {
    match c {
        '\0' => Some("NULL"),
        '\t' => Some("CHARACTER TABULATION"),
        '\n' => Some("LINE FEED"),
        '\r' => Some("CARRIAGE RETURN"),
        '\u{1b}' => Some("ESCAPE"),
        '\u{7f}' => Some("DELETE"),
        '\u{85}' => Some("NEXT LINE"),
        '\u{fffc}' => Some("OBJECT REPLACEMENT CHARACTER"),
        '\u{fffd}' => Some("REPLACEMENT CHARACTER"),
        c => hidden_name(c),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_input_methods_characters_are_those_that_are_meant() {
        assert_eq!(line("\u{feff} ＹＯＮＧ：１：Ａ－Ｂ。Ｃ／Ｄ\u{200b}\r\n"), "YONG:1:A-B.C/D");
        assert_eq!(compact("4501 99\u{a0}２００１\u{3000}0203\u{202e}001x\n"), "45019920010203001x");
        assert_eq!(line("K7QM–3XPT"), line("k7qm—3xpt").to_uppercase());
    }

    #[test]
    fn compatibility_ideographs_and_radicals_are_unified_and_rare_ones_stay() {
        assert_eq!(name(" \u{f90a}\u{2f2d} "), "\u{91d1}\u{5c71}");
        for kept in ["𠮷野", "王㛃", "阿依古丽·买买提", "Müller", "x²"] {
            assert_eq!(name(kept), kept);
        }
        assert_eq!(name("Mu\u{308}ller"), "Müller");
    }

    #[test]
    fn what_cannot_be_seen_is_named() {
        for (text, named) in [
            ("覃\r\n小", "U+000D CARRIAGE RETURN"),
            ("覃\n小", "U+000A LINE FEED"),
            ("覃\0", "U+0000 NULL"),
            ("\u{202e}覃", "U+202E RIGHT-TO-LEFT OVERRIDE"),
            ("覃\u{200b}小", "U+200B ZERO WIDTH SPACE"),
            ("覃\u{61c}", "U+061C ARABIC LETTER MARK"),
            ("覃\u{ad}", "U+00AD SOFT HYPHEN"),
            ("\u{3164}", "U+3164 HANGUL FILLER"),
            ("\u{e0100}覃", "U+E0100 VARIATION SELECTOR"),
            ("覃 \u{fe00}", "U+FE00 VARIATION SELECTOR"),
            ("覃\u{e0100}\u{e0101}", "U+E0101 VARIATION SELECTOR"),
            ("\u{10ffff}", "U+10FFFF NONCHARACTER"),
            ("\u{fffd}", "U+FFFD REPLACEMENT CHARACTER"),
        ] {
            assert_eq!(first_hidden(text).map(|h| h.to_string()).as_deref(), Some(named));
            assert!(marked(text).any(|c| c == '\u{fffd}'), "{named}");
        }
        // The shape of a character, and rare ones as files in older encodings have them.
        for seen in ["葛\u{e0101}城", "邉\u{fe00}", "王\u{e000}", "\u{f0001}\u{10fffd}"] {
            assert_eq!(first_hidden(seen), None, "{seen:?}");
            assert!(visible(seen).eq(seen.chars()) && marked(seen).eq(seen.chars()) && name(seen) == seen);
        }
        assert_eq!(compact("1\u{fe0f}2\u{e0100}3"), "123", "a number has no shapes");
        for seen in ["阿依古丽·买买提", "𠮷", "Ann O'Neill-李", "王 芳", "أحمد"] {
            assert_eq!(first_hidden(seen), None, "{seen}");
        }
    }
}
