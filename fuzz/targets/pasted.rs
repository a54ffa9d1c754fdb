#![no_main]

use service::web::Language;

// Records that a person wrote or pasted: read, or refused in words of both languages.
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    match ledger_words::pasted::bodies(bytes) {
        Ok(bodies) => {
            for body in bodies {
                let _ = ledger_words::shape::record(body);
            }
        }
        Err(why) => {
            for language in [Language::Chinese, Language::English] {
                assert!(!why.meaning(language).is_empty() && !why.remedy(language).is_empty());
            }
        }
    }
});
