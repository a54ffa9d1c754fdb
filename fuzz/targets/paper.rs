#![no_main]

use openid4vc::paper::{PaperCode, SealedPaper};

// The text of a sealed paper, and the code that a person types.
libfuzzer_sys::fuzz_target!(|text: &str| {
    if let Ok(paper) = text.parse::<SealedPaper>() {
        assert!(text.trim().ends_with(paper.to_string().trim()));
        let _ = paper.name();
    }
    let _ = text.parse::<PaperCode>();
});
