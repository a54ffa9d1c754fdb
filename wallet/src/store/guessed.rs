//! Passphrases that somebody who finds the file tries first. What is told is why, so that the next one is better; this is
//! no measure of strength.

use super::sealed::Passphrase;

/// Why a passphrase is tried first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guessed {
    /// Digits alone: a birthday, a telephone number, the end of an identity number.
    Digits,
    /// Few different characters, a part that repeats, or characters in the order of the alphabet or of the keyboard.
    Pattern,
    /// Everybody's: it is in every list, with a few digits after it too.
    Common,
}

impl Passphrase {
    /// Why it is no good choice, if that can be seen.
    pub fn guessed(&self) -> Option<Guessed> {
        let chars: Vec<char> = self.text().to_lowercase().chars().filter(|c| !c.is_whitespace()).collect();
        if is_pattern(&chars) {
            return Some(Guessed::Pattern);
        }
        if chars.iter().all(|c| c.is_numeric() || matches!(c, '-' | '/' | '.' | '+')) {
            return Some(Guessed::Digits);
        }
        let word: String = chars.iter().collect();
        let word = word.trim_end_matches(|c: char| c.is_ascii_digit() || c.is_ascii_punctuation());
        COMMON.contains(&word).then_some(Guessed::Common)
    }
}

fn is_pattern(chars: &[char]) -> bool {
    let mut different = chars.to_vec();
    different.sort_unstable();
    different.dedup();
    let repeats = (1..=chars.len() / 2)
        .any(|part| chars.iter().skip(part).zip(chars).all(|(later, earlier)| later == earlier));
    different.len() < DIFFERENT || repeats || ROWS.iter().any(|row| is_run(chars, row))
}

/// Whether all of it follows one row, forwards or backwards, beginning anywhere.
fn is_run(chars: &[char], row: &str) -> bool {
    let place = |c: &char| row.chars().position(|of| of == *c);
    let length = row.chars().count();
    let follows = |by: usize| {
        chars.iter().skip(1).zip(chars).all(|(next, c)| match (place(c), place(next)) {
            (Some(at), Some(next)) => (at + by) % length == next,
            _ => false,
        })
    };
    follows(1) || follows(length - 1)
}

/// Different characters at least.
const DIFFERENT: usize = 4;
/// Alphabets, and rows and columns of a keyboard.
const ROWS: [&str; 8] = [
    "0123456789",
    "abcdefghijklmnopqrstuvwxyz",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "1qaz2wsx3edc4rfv",
    "1q2w3e4r5t6y7u8i9o0p",
    "甲乙丙丁戊己庚辛壬癸",
];
/// Without what is put after them.
const COMMON: [&str; 18] = [
    "password",
    "passw0rd",
    "passphrase",
    "iloveyou",
    "woaini",
    "admin",
    "administrator",
    "welcome",
    "qwerty",
    "qwertyui",
    "letmein",
    "nanning",
    "guangxi",
    "woaizhongguo",
    "mima",
    "wodemima",
    "我的密码",
    "我爱你",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn guessed(text: &str) -> Option<Guessed> {
        Passphrase::new(text).unwrap().guessed()
    }

    #[test]
    fn what_everybody_takes_is_known_with_its_reason() {
        for digits in ["19480517", "1983-05-19", "13807711234", "4071 9385 2264", "１９４８０５１７"]
        {
            assert_eq!(guessed(digits), Some(Guessed::Digits), "{digits}");
        }
        for pattern in [
            "12345678",
            "87654321",
            "00000000",
            "abcdefgh",
            "qwertyuiop",
            "abababab",
            "abcdabcd",
            "1q2w3e4r",
            "aaaabbbb",
        ] {
            assert_eq!(guessed(pattern), Some(Guessed::Pattern), "{pattern}");
        }
        for common in ["password", "Password123", "PASSWORD!", "iloveyou1", "woaini520", "nanning2026"] {
            assert_eq!(guessed(common), Some(Guessed::Common), "{common}");
        }
    }

    #[test]
    fn a_sentence_of_ones_own_is_taken() {
        for fine in [
            "osmanthus rain",
            "correct horse battery staple",
            "桂花开了又谢",
            "三街两巷的雨",
            "Nanning rain 7",
        ] {
            assert_eq!(guessed(fine), None, "{fine}");
        }
    }
}
