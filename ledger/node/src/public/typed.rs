//! What people type, and what they had better not.

use unicode_normalization::UnicodeNormalization as _;

/// A text for comparing: width, case and spaces do not matter, and neither does which of two words for the same is used.
pub(super) fn folded(text: &str) -> String {
    let text: String = text.nfkc().flat_map(char::to_lowercase).collect();
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    // The page says 撤销; many say 吊销.
    text.replace("吊销", "撤销")
}

/// Whether there is something in a text that looks like a citizen's number: 18 signs with a date of birth, or 15 as in the old
/// form. Spaces and hyphens between the digits do not hide it.
pub(super) fn has_identity_number(text: &str) -> bool {
    let joined: String = folded(text).chars().filter(|c| !matches!(c, ' ' | '-' | '·')).collect();
    joined.split(|c: char| !c.is_ascii_digit() && c != 'x').any(is_identity_number)
}

fn is_identity_number(run: &str) -> bool {
    let is_number = |digits: &str| digits.bytes().all(|digit| digit.is_ascii_digit());
    match run.len() {
        18 => {
            let (digits, _) = run.split_at(17);
            is_number(digits)
                && matches!(digits.get(6..8), Some("18" | "19" | "20"))
                && is_day(digits.get(10..14).unwrap_or_default())
        }
        15 => is_number(run) && is_day(run.get(8..12).unwrap_or_default()),
        _ => false,
    }
}

/// A month and a day.
fn is_day(text: &str) -> bool {
    let number = |range| text.get(range).and_then(|part: &str| part.parse::<u8>().ok());
    number(0..2).is_some_and(|month| (1..=12).contains(&month))
        && number(2..4).is_some_and(|day| (1..=31).contains(&day))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_is_folded() {
        assert_eq!(folded("  ＨＯＵＳＩＮＧ　/1 "), "housing /1");
        assert_eq!(folded("吊销"), folded("撤销"));
    }

    #[test]
    fn identity_numbers_are_known_in_any_writing() {
        for text in [
            "45019920010203001X",
            "450199 20010203 001x",
            "４５０１９９２００１０２０３００１Ｘ",
            "张三 450199-20010203-0018",
            "450199010203001",
        ] {
            assert!(has_identity_number(text), "{text}");
        }
        for text in [
            "5821",
            "b3bd-cd37-e191",
            "450199200113030011",
            &"ab12".repeat(16),
            "公安局",
            "12345678901234567890",
        ] {
            assert!(!has_identity_number(text), "{text}");
        }
    }
}
