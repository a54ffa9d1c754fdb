//! Characters that are not seen, or that move what stands beside them: a name that has one is not what it looks like.
//!
//! The ranges are those of `Default_Ignorable_Code_Point` and of the explicit bidirectional formatting characters
//! (Unicode Standard Annexes 44 and 9), the controls, and what no font shows: unassigned for ever or of private use.

use unicode_normalization::is_nfc;

/// Why a text is not accepted as one that people read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Disguise {
    /// A character that is not seen, or that changes the direction of others.
    #[error("it has U+{:04X} {}, which readers do not see", u32::from(*.0), hidden_name(*.0).unwrap_or("UNKNOWN"))]
    Hidden(char),
    /// A letter that is written from right to left, in a language that is not.
    #[error("it has U+{:04X}, a letter that is written from right to left and moves what stands beside it", u32::from(*.0))]
    RightToLeft(char),
    /// Another spelling of the same letters: two names that look alike would be two.
    #[error("it is not in Unicode normalization form C")]
    NotNfc,
}

/// The direction that a text's language is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Left to right only.
    LeftToRight,
    /// Either: the language has letters of its own that are written from right to left.
    Any,
}

/// Checks that a text of one line shows as what it is.
pub fn check_plain(text: &str, direction: Direction) -> Result<(), Disguise> {
    if let Some(hidden) = text.chars().find(|c| hidden_name(*c).is_some()) {
        return Err(Disguise::Hidden(hidden));
    }
    let against = |c: &char| direction == Direction::LeftToRight && is_right_to_left(*c);
    if let Some(letter) = text.chars().find(against) {
        return Err(Disguise::RightToLeft(letter));
    }
    if is_nfc(text) { Ok(()) } else { Err(Disguise::NotNfc) }
}

/// The name of a character that readers do not see, or of the group that it is of; `None` for all others.
pub fn hidden_name(c: char) -> Option<&'static str> {
    let code = u32::from(c);
    let at = HIDDEN.partition_point(|(first, _, _)| *first <= code);
    let range = at.checked_sub(1).and_then(|at| HIDDEN.get(at)).filter(|(_, last, _)| code <= *last);
    // The last two places of every plane are no characters.
    range.map(|(_, _, name)| *name).or_else(|| (code & 0xfffe == 0xfffe).then_some(NONCHARACTER))
}

/// Whether a character only chooses between the shapes of the one before it, as names of people may need.
pub fn is_variation_selector(c: char) -> bool {
    matches!(c, '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}')
}

/// Whether a character is one of private use, as files in older encodings write rare characters of names.
pub fn is_private_use(c: char) -> bool {
    matches!(c, '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..='\u{ffffd}' | '\u{100000}'..='\u{10fffd}')
}

/// Whether the character is of a block whose letters are written from right to left.
fn is_right_to_left(c: char) -> bool {
    matches!(c, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdcf}' | '\u{fdf0}'..='\u{fdff}' | '\u{fe70}'..='\u{fefe}'
        | '\u{10800}'..='\u{10fff}' | '\u{1e800}'..='\u{1efff}')
}

const NONCHARACTER: &str = "NONCHARACTER";

/// First, last, name; ascending.
const HIDDEN: [(u32, u32, &str); 44] = [
    (0x0000, 0x001f, "CONTROL CHARACTER"),
    (0x007f, 0x009f, "CONTROL CHARACTER"),
    (0x00ad, 0x00ad, "SOFT HYPHEN"),
    (0x034f, 0x034f, "COMBINING GRAPHEME JOINER"),
    (0x061c, 0x061c, "ARABIC LETTER MARK"),
    (0x115f, 0x115f, "HANGUL CHOSEONG FILLER"),
    (0x1160, 0x1160, "HANGUL JUNGSEONG FILLER"),
    (0x17b4, 0x17b5, "KHMER INHERENT VOWEL"),
    (0x180b, 0x180d, "MONGOLIAN FREE VARIATION SELECTOR"),
    (0x180e, 0x180e, "MONGOLIAN VOWEL SEPARATOR"),
    (0x180f, 0x180f, "MONGOLIAN FREE VARIATION SELECTOR"),
    (0x200b, 0x200b, "ZERO WIDTH SPACE"),
    (0x200c, 0x200c, "ZERO WIDTH NON-JOINER"),
    (0x200d, 0x200d, "ZERO WIDTH JOINER"),
    (0x200e, 0x200e, "LEFT-TO-RIGHT MARK"),
    (0x200f, 0x200f, "RIGHT-TO-LEFT MARK"),
    (0x2028, 0x2028, "LINE SEPARATOR"),
    (0x2029, 0x2029, "PARAGRAPH SEPARATOR"),
    (0x202a, 0x202a, "LEFT-TO-RIGHT EMBEDDING"),
    (0x202b, 0x202b, "RIGHT-TO-LEFT EMBEDDING"),
    (0x202c, 0x202c, "POP DIRECTIONAL FORMATTING"),
    (0x202d, 0x202d, "LEFT-TO-RIGHT OVERRIDE"),
    (0x202e, 0x202e, "RIGHT-TO-LEFT OVERRIDE"),
    (0x2060, 0x2060, "WORD JOINER"),
    (0x2061, 0x2064, "INVISIBLE OPERATOR"),
    (0x2065, 0x2065, "RESERVED IGNORABLE"),
    (0x2066, 0x2069, "DIRECTIONAL ISOLATE"),
    (0x206a, 0x206f, "DEPRECATED FORMAT CHARACTER"),
    (0x2800, 0x2800, "BRAILLE PATTERN BLANK"),
    (0x3164, 0x3164, "HANGUL FILLER"),
    (0xe000, 0xf8ff, "PRIVATE USE CHARACTER"),
    (0xfdd0, 0xfdef, NONCHARACTER),
    (0xfe00, 0xfe0f, "VARIATION SELECTOR"),
    (0xfeff, 0xfeff, "ZERO WIDTH NO-BREAK SPACE"),
    (0xffa0, 0xffa0, "HALFWIDTH HANGUL FILLER"),
    (0xfff0, 0xfff8, "RESERVED IGNORABLE"),
    (0xfff9, 0xfffb, "INTERLINEAR ANNOTATION CHARACTER"),
    (0x1bca0, 0x1bca3, "SHORTHAND FORMAT CHARACTER"),
    (0x1d173, 0x1d17a, "MUSICAL SYMBOL FORMAT CHARACTER"),
    (0xe0000, 0xe00ff, "TAG CHARACTER"),
    (0xe0100, 0xe01ef, "VARIATION SELECTOR"),
    (0xe01f0, 0xe0fff, "RESERVED IGNORABLE"),
    (0xf0000, 0xffffd, "PRIVATE USE CHARACTER"),
    (0x10_0000, 0x10_fffd, "PRIVATE USE CHARACTER"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_ascending() {
        assert!(HIDDEN.iter().all(|(first, last, _)| first <= last));
        assert!(HIDDEN.windows(2).all(|pair| pair[0].1 < pair[1].0));
    }

    #[test]
    fn a_hidden_character_is_named() {
        for (c, name) in [
            ('\u{ad}', "SOFT HYPHEN"),
            ('\u{61c}', "ARABIC LETTER MARK"),
            ('\u{115f}', "HANGUL CHOSEONG FILLER"),
            ('\u{1160}', "HANGUL JUNGSEONG FILLER"),
            ('\u{3164}', "HANGUL FILLER"),
            ('\u{ffa0}', "HALFWIDTH HANGUL FILLER"),
            ('\u{180e}', "MONGOLIAN VOWEL SEPARATOR"),
            ('\u{200b}', "ZERO WIDTH SPACE"),
            ('\u{202e}', "RIGHT-TO-LEFT OVERRIDE"),
            ('\u{2067}', "DIRECTIONAL ISOLATE"),
            ('\u{feff}', "ZERO WIDTH NO-BREAK SPACE"),
            ('\u{e0041}', "TAG CHARACTER"),
            ('\u{e0101}', "VARIATION SELECTOR"),
            ('\u{2800}', "BRAILLE PATTERN BLANK"),
            ('\u{1fffe}', "NONCHARACTER"),
            ('\0', "CONTROL CHARACTER"),
        ] {
            assert_eq!(hidden_name(c), Some(name));
            let refusal = check_plain(&format!("市民{c}中心"), Direction::Any).unwrap_err();
            assert_eq!(refusal, Disguise::Hidden(c));
            assert!(refusal.to_string().contains(name) && refusal.to_string().contains("U+"), "{refusal}");
        }
    }

    #[test]
    fn the_two_groups_are_those_of_the_table() {
        for c in ('\0'..=char::MAX).filter(|c| is_private_use(*c)) {
            assert_eq!(hidden_name(c), Some("PRIVATE USE CHARACTER"));
        }
        for c in ('\0'..=char::MAX).filter(|c| is_variation_selector(*c)) {
            assert_eq!(hidden_name(c), Some("VARIATION SELECTOR"));
        }
        let named = |name| ('\0'..=char::MAX).filter(|c| hidden_name(*c) == Some(name)).count();
        assert_eq!(named("PRIVATE USE CHARACTER"), ('\0'..=char::MAX).filter(|c| is_private_use(*c)).count());
        let selectors = ('\0'..=char::MAX).filter(|c| is_variation_selector(*c)).count();
        assert_eq!(named("VARIATION SELECTOR"), selectors);
    }

    #[test]
    fn what_people_write_is_plain() {
        for text in [
            "市民中心一号窗口",
            "Citizens’ centre, counter 1",
            "Gvangjsih Bouxcuengh",
            "𠮷野家",
            "é ü ñ",
            "a\u{3000}b",
        ] {
            assert_eq!(check_plain(text, Direction::LeftToRight), Ok(()), "{text}");
        }
    }

    #[test]
    fn letters_from_right_to_left_are_for_languages_that_have_them() {
        let uyghur = "ئۇيغۇرچە";
        assert_eq!(check_plain(uyghur, Direction::Any), Ok(()));
        assert!(matches!(check_plain(uyghur, Direction::LeftToRight), Err(Disguise::RightToLeft(_))));
        assert!(matches!(check_plain("bank א", Direction::LeftToRight), Err(Disguise::RightToLeft('א'))));
    }

    #[test]
    fn a_text_has_one_spelling() {
        assert_eq!(check_plain("e\u{301}", Direction::Any), Err(Disguise::NotNfc));
        assert_eq!(
            check_plain("\u{f900}", Direction::Any),
            Err(Disguise::NotNfc),
            "a compatibility ideograph"
        );
    }
}
