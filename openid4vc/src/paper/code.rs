//! The citizen's code: eight characters in two groups, without those that look alike.

use circuits::typed;
use zeroize::Zeroizing;

/// Characters of a code.
pub const CODE_CHARS: usize = 8;

/// A code, as it is typed in. It is told to the citizen and printed nowhere; no `Debug`, zeroized when dropped.
pub struct PaperCode(Zeroizing<String>);

/// The text is no code: it has eight letters and digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a code: eight letters or digits, such as K7QM-3XPT")]
pub struct NotACode;

impl PaperCode {
    /// A code of 40 random bits, drawn by the caller.
    pub fn from_random(bits: &[u8; 5]) -> Self {
        let number = bits.iter().fold(0_u64, |number, byte| (number << 8) | u64::from(*byte));
        let index = |place: usize| usize::try_from((number >> (5 * place)) & 31).expect("five bits");
        Self(Zeroizing::new((0..CODE_CHARS).map(|place| char::from(ALPHABET[index(place)])).collect()))
    }

    /// The code in two groups, to be read out.
    pub fn spoken(&self) -> Zeroizing<String> {
        let (first, second) = self.0.split_at(CODE_CHARS / 2);
        Zeroizing::new(format!("{first}-{second}"))
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

/// Small letters are as good as large ones, and full-width ones as others; spaces and hyphens of any kind are dropped; what
/// looks like a digit is read as one.
impl std::str::FromStr for PaperCode {
    type Err = NotACode;
    fn from_str(text: &str) -> Result<Self, NotACode> {
        let mut code = Zeroizing::new(String::with_capacity(CODE_CHARS));
        for c in typed::folded(text).filter(|c| !c.is_whitespace() && !matches!(c, '-' | '_' | '.')) {
            let c = read(c).filter(|_| code.len() < CODE_CHARS).ok_or(NotACode)?;
            code.push(c);
        }
        if code.len() == CODE_CHARS { Ok(Self(code)) } else { Err(NotACode) }
    }
}

fn read(c: char) -> Option<char> {
    let c = match c.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        other => other,
    };
    u8::try_from(c).ok().filter(|byte| ALPHABET.contains(byte)).map(char::from)
}

/// Crockford's 32: digits and letters without I, L, O and U.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
