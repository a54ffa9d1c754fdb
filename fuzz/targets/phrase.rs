#![no_main]

use wallet::phrase::{Phrase, WordList};

// A recovery phrase as a person types it.
libfuzzer_sys::fuzz_target!(|text: &str| {
    if let Ok(phrase) = Phrase::parse(text) {
        for list in [WordList::English, WordList::SimplifiedChinese] {
            assert!(Phrase::parse(&phrase.words(list)).is_ok());
        }
    }
});
