//! The recovery phrase: 24 BIP-39 words that are the wallet.
//!
//! The holder's secrets are derived from the *entropy* behind the words, not from BIP-39's seed, which depends on the
//! spelling. So the same wallet can be written down in English or in Chinese, and either restores it.

use bip39::Mnemonic;
use circuits::credential::{DeviceSecret, HolderSecrets, PersonSecret};
use circuits::typed;
use hkdf::Hkdf;
use rand::{CryptoRng, RngCore};
use sha2::Sha512;
use zeroize::{Zeroize, Zeroizing};

/// 32 bytes of entropy, shown to its owner as 24 words. No `Debug`, zeroized on drop.
#[derive(Clone)]
pub struct Phrase(Zeroizing<[u8; ENTROPY]>);

/// In which words a phrase is written down. Either list restores the same wallet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WordList {
    /// The English word list.
    English,
    /// The simplified Chinese list: one character a word.
    SimplifiedChinese,
}

/// Why words are not a phrase of this wallet. Never contains a word of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PhraseError {
    /// Not 24 words.
    #[error("a recovery phrase has 24 words, not {0}")]
    WordCount(usize),
    /// A word is in neither list; counted from 1.
    #[error("word {0} is not in the list of recovery words")]
    UnknownWord(usize),
    /// The last word does not fit the others.
    #[error("the words are all known but do not belong together: one is wrong or two have changed places")]
    Checksum,
}

impl Phrase {
    /// A new wallet.
    pub fn generate<R: RngCore + CryptoRng>(rng: &mut R) -> Self {
        let mut entropy = Zeroizing::new([0; ENTROPY]);
        rng.fill_bytes(entropy.as_mut());
        Self(entropy)
    }

    /// The phrase of the given entropy, which must be uniform.
    pub fn from_entropy(entropy: &[u8; ENTROPY]) -> Self {
        Self(Zeroizing::new(*entropy))
    }

    /// Reads 24 words of either language, as they are typed or pasted. Case, width, spacing, and the numbers and points of a
    /// list do not matter; Chinese needs no spaces at all.
    pub fn parse(words: &str) -> Result<Self, PhraseError> {
        let spaced = spaced(words);
        let count = spaced.split_whitespace().count();
        if count != WORDS {
            return Err(PhraseError::WordCount(count));
        }
        let mnemonic = read(&spaced)?;
        let (mut bytes, _) = mnemonic.to_entropy_array();
        let mut entropy = Zeroizing::new([0; ENTROPY]);
        entropy.copy_from_slice(&bytes[..ENTROPY]);
        bytes.zeroize();
        Ok(Self(entropy))
    }

    /// The 24 words, one space between two.
    pub fn words(&self, list: WordList) -> Zeroizing<String> {
        let mnemonic = Mnemonic::from_entropy_in(list.bip39(), self.0.as_ref())
            .expect("32 bytes are a length that BIP-39 knows");
        let mut words = Zeroizing::new(String::with_capacity(LONGEST));
        for (i, word) in mnemonic.words().enumerate() {
            if i > 0 {
                words.push(' ');
            }
            words.push_str(word);
        }
        words
    }

    /// `sk` and `psk`: HKDF-SHA-512 of the entropy, without salt, info `yong/device/v2` and `yong/person/v2`, each reduced from
    /// 64 bytes. A wallet that was paired proves with the first alone: its `psk` is another wallet's.
    pub fn holder_secrets(&self) -> HolderSecrets {
        HolderSecrets {
            device: DeviceSecret::from_uniform_bytes(&self.derive(DEVICE_INFO)),
            person: PersonSecret::from_uniform_bytes(&self.derive(PERSON_INFO)),
        }
    }

    fn derive(&self, info: &[u8]) -> Zeroizing<[u8; 64]> {
        let mut wide = Zeroizing::new([0; 64]);
        Hkdf::<Sha512>::new(None, self.0.as_ref())
            .expand(info, wide.as_mut())
            .expect("64 bytes are one block of HKDF-SHA-512");
        wide
    }

    /// The entropy, for the sealed store only.
    pub(crate) fn expose(&self) -> &[u8; ENTROPY] {
        &self.0
    }
}

impl WordList {
    fn bip39(self) -> bip39::Language {
        match self {
            Self::English => bip39::Language::English,
            Self::SimplifiedChinese => bip39::Language::SimplifiedChinese,
        }
    }
}

/// Tries both lists; of two failures the one that got further is told.
fn read(words: &str) -> Result<Mnemonic, PhraseError> {
    let english = match Mnemonic::parse_in_normalized(bip39::Language::English, words) {
        Ok(mnemonic) => return Ok(mnemonic),
        Err(error) => why(&error),
    };
    let chinese = match Mnemonic::parse_in_normalized(bip39::Language::SimplifiedChinese, words) {
        Ok(mnemonic) => return Ok(mnemonic),
        Err(error) => why(&error),
    };
    Err(if reach(chinese) > reach(english) { chinese } else { english })
}

fn why(error: &bip39::Error) -> PhraseError {
    match error {
        bip39::Error::UnknownWord(i) => PhraseError::UnknownWord(i + 1),
        bip39::Error::BadWordCount(n) => PhraseError::WordCount(*n),
        _ => PhraseError::Checksum,
    }
}

fn reach(error: PhraseError) -> usize {
    match error {
        PhraseError::UnknownWord(i) => i,
        PhraseError::WordCount(_) => 0,
        PhraseError::Checksum => usize::MAX,
    }
}

/// Lower case, every Chinese character a word of its own, and a space for all that is in no word.
fn spaced(words: &str) -> Zeroizing<String> {
    let mut out = Zeroizing::new(String::with_capacity(words.len().saturating_mul(3)));
    for c in typed::folded(words) {
        if ('\u{4e00}'..='\u{9fff}').contains(&c) {
            out.push(c);
            out.push(' ');
        } else if c.is_alphabetic() {
            out.extend(c.to_lowercase());
        } else {
            out.push(' ');
        }
    }
    out
}

/// Bytes of entropy behind 24 words.
pub const ENTROPY: usize = 32;
const WORDS: usize = 24;
/// 24 words of at most 8 letters with spaces; a Chinese phrase is shorter.
const LONGEST: usize = 24 * 9;
const DEVICE_INFO: &[u8] = b"yong/device/v2";
const PERSON_INFO: &[u8] = b"yong/person/v2";

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn both_languages_restore_the_same_entropy(entropy: [u8; 32]) {
            let phrase = Phrase::from_entropy(&entropy);
            for language in [WordList::English, WordList::SimplifiedChinese] {
                let words = phrase.words(language);
                prop_assert!(words.len() <= LONGEST);
                prop_assert_eq!(words.split(' ').count(), 24);
                let restored = Phrase::parse(&words).unwrap();
                prop_assert_eq!(restored.expose(), &entropy);
            }
        }

        #[test]
        fn no_text_panics(text in ".{0,300}") {
            let _ = Phrase::parse(&text);
        }
    }

    #[test]
    fn words_are_the_standards() {
        // The first 256-bit vector of BIP-39.
        let phrase = Phrase::from_entropy(&[0; 32]);
        assert_eq!(*phrase.words(WordList::English), format!("{}art", "abandon ".repeat(23)));
    }

    #[test]
    fn case_and_spacing_do_not_matter() {
        let phrase = Phrase::from_entropy(&[7; 32]);
        let english = phrase.words(WordList::English).to_uppercase().replace(' ', "  \n");
        assert_eq!(Phrase::parse(&english).unwrap().expose(), &[7; 32]);
        let numbered: String = phrase
            .words(WordList::English)
            .split(' ')
            .zip(1..)
            .map(|(word, n)| format!("{n}. {word}\r\n"))
            .collect::<Vec<_>>()
            .concat();
        assert_eq!(Phrase::parse(&numbered).unwrap().expose(), &[7; 32]);
        let wide = phrase.words(WordList::English).replace(' ', "　").replace('a', "ａ");
        assert_eq!(Phrase::parse(&wide).unwrap().expose(), &[7; 32]);
        let listed = phrase.words(WordList::SimplifiedChinese).replace(' ', "、");
        assert_eq!(Phrase::parse(&listed).unwrap().expose(), &[7; 32]);
        let chinese = phrase.words(WordList::SimplifiedChinese).replace(' ', "");
        assert_eq!(Phrase::parse(&chinese).unwrap().expose(), &[7; 32]);
    }

    #[test]
    fn twelve_words_are_refused() {
        let twelve = format!("{}about", "abandon ".repeat(11));
        assert_eq!(Phrase::parse(&twelve).err(), Some(PhraseError::WordCount(12)));
    }

    #[test]
    fn an_unknown_word_is_named_by_its_place() {
        let words = format!("{}yong {}", "abandon ".repeat(4), "abandon ".repeat(19));
        assert_eq!(Phrase::parse(&words).err(), Some(PhraseError::UnknownWord(5)));
    }

    #[test]
    fn a_wrong_last_word_is_refused() {
        let words = "abandon ".repeat(24);
        assert_eq!(Phrase::parse(&words).err(), Some(PhraseError::Checksum));
    }
}
